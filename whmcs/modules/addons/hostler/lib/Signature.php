<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** Section 2 of the bridge protocol: who says something, and that nobody changed it on the way. */
final class Signature
{
    public const TOLERANCE_SECONDS = 300;

    /** @return string[] header lines of one request */
    public static function headers(string $installation, string $key, string $method, string $path, int $now, string $nonce, string $body): array
    {
        $signature = self::sign($key, self::request($installation, $method, $path, $now, $nonce, $body));

        return ["hostler-installation: $installation", "hostler-timestamp: $now", "hostler-nonce: $nonce", "hostler-signature: $signature"];
    }

    public static function request(string $installation, string $method, string $path, int $timestamp, string $nonce, string $body): string
    {
        return implode("\n", ['v1', $installation, $method, $path, $timestamp, $nonce, hash('sha256', $body)]);
    }

    public static function answer(string $installation, string $nonce, int $status, int $timestamp, string $body): string
    {
        return implode("\n", ['v1-answer', $installation, $nonce, $status, $timestamp, hash('sha256', $body)]);
    }

    public static function sign(string $key, string $canonical): string
    {
        return 'v1=' . hash_hmac('sha256', $canonical, $key);
    }

    /** Whether one of the signatures of a header fits; during a rotation there are several. */
    public static function fits(string $key, string $canonical, string $header): bool
    {
        $expected = self::sign($key, $canonical);
        $fits = false;
        foreach (explode(',', $header) as $one) {
            $fits = hash_equals($expected, trim($one)) || $fits;
        }

        return $fits;
    }

    public static function timely(string $timestamp, int $now): bool
    {
        return ctype_digit($timestamp) && abs($now - (int) $timestamp) <= self::TOLERANCE_SECONDS;
    }

    /** A session is named by its HMAC, so that its id never leaves WHMCS. */
    public static function session(string $key, string $sessionId): ?string
    {
        return $sessionId === '' ? null : hash_hmac('sha256', "session\n" . $sessionId, $key);
    }
}
