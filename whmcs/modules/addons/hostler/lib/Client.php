<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * Signed messages to the engine over its socket or loopback address: one kept cURL handle, no redirects, no proxy, and
 * a deadline for every message. An answer is believed only when its signature, nonce and time fit.
 */
final class Client
{
    private const CONNECT_MS = 300;

    /** @var \CurlHandle|null kept between messages of one PHP request, so that the connection is reused */
    private static $handle = null;
    /** A silent engine is not asked again by hooks and pages of the same PHP request: their budgets add up. */
    private static bool $silent = false;

    /** @param array<string,mixed> $body */
    public static function post(string $path, array $body, int $budgetMs, bool $patient = false): array
    {
        return self::send('POST', $path, Json::encode($body), $budgetMs, $patient);
    }

    public static function get(string $path, int $budgetMs): array
    {
        return self::send('GET', $path, '', $budgetMs, true);
    }

    public static function nonce(): string
    {
        return bin2hex(random_bytes(16));
    }

    private static function send(string $method, string $path, string $body, int $budgetMs, bool $patient): array
    {
        $key = Settings::key();
        if ($key === '') {
            throw EngineError::notSetUp();
        }
        if (self::$silent && !$patient) {
            throw EngineError::unreachable('it was silent a moment ago');
        }
        $installation = Settings::installation();
        $nonce = self::nonce();
        $headers = Signature::headers($installation, $key, $method, $path, Clock::now(), $nonce, $body);
        [$status, $answered, $text] = self::exchange($method, $path, $headers, $body, max(1, $budgetMs));
        $timestamp = $answered['hostler-timestamp'] ?? '';
        $believable = ($answered['hostler-nonce'] ?? '') === $nonce
            && Signature::timely($timestamp, Clock::now())
            && Signature::fits($key, Signature::answer($installation, $nonce, $status, (int) $timestamp, $text), $answered['hostler-signature'] ?? '');
        $decoded = Json::decode($text);
        if (!$believable) {
            $code = is_string($decoded['error']['code'] ?? null) ? $decoded['error']['code'] : 'unsigned answer';
            throw EngineError::unreachable("HTTP $status, $code");
        }
        if ($status !== 200) {
            throw EngineError::refused((string) ($decoded['error']['code'] ?? ''), (string) ($decoded['error']['message'] ?? ''));
        }

        return $decoded;
    }

    /** @return array{0:int,1:array<string,string>,2:string} status, headers in lower case, body */
    private static function exchange(string $method, string $path, array $headers, string $body, int $budgetMs): array
    {
        [$base, $socket] = Settings::endpoint();
        self::$handle ??= curl_init();
        curl_reset(self::$handle);
        $received = [];
        curl_setopt_array(self::$handle, [
            CURLOPT_URL => $base . $path, CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => array_merge($headers, ['content-type: application/json', 'accept: application/json', 'expect:']),
            CURLOPT_RETURNTRANSFER => true, CURLOPT_FOLLOWLOCATION => false, CURLOPT_PROTOCOLS => CURLPROTO_HTTP, CURLOPT_PROXY => '',
            CURLOPT_NOSIGNAL => true, CURLOPT_CONNECTTIMEOUT_MS => min(self::CONNECT_MS, $budgetMs), CURLOPT_TIMEOUT_MS => $budgetMs,
            CURLOPT_HEADERFUNCTION => static function ($handle, string $line) use (&$received): int {
                $parts = explode(':', $line, 2);
                if (isset($parts[1])) {
                    $received[strtolower(trim($parts[0]))] = trim($parts[1]);
                }

                return strlen($line);
            },
        ]);
        if ($socket !== '') {
            curl_setopt(self::$handle, CURLOPT_UNIX_SOCKET_PATH, $socket);
        }
        if ($method === 'POST') {
            curl_setopt(self::$handle, CURLOPT_POSTFIELDS, $body);
        }
        $text = curl_exec(self::$handle);
        if ($text === false) {
            $error = curl_errno(self::$handle);
            $sent = curl_getinfo(self::$handle, CURLINFO_CONNECT_TIME) > 0;
            self::$silent = true;
            throw $error === CURLE_OPERATION_TIMEDOUT && $sent ? EngineError::silent($budgetMs) : EngineError::unreachable(curl_strerror($error));
        }
        self::$silent = false;

        return [(int) curl_getinfo(self::$handle, CURLINFO_RESPONSE_CODE), $received, (string) $text];
    }
}
