<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** The engine's signed empty message "fetch your effects now". */
final class Nudge
{
    private const PATH = '/bridge/v1/nudge';
    private const BUDGET_MS = 10000;

    /** @param array<string,mixed> $server PHP's $_SERVER */
    public static function run(array $server): void
    {
        Context::actAs('system');
        Context::keep();
        $status = self::check($server);
        session_write_close();
        http_response_code($status);
        if (function_exists('fastcgi_finish_request')) {
            fastcgi_finish_request();
        }
        if ($status !== 204) {
            return;
        }
        try {
            // Whoever comes while another fetches has nothing to do: that one sees the new effects too.
            Locks::hold('nudge', 0, static fn () => Effects::fetch(new Deadline(self::BUDGET_MS)));
        } catch (EngineError $e) {
            return;
        }
    }

    public static function check(array $server): int
    {
        $key = Settings::key();
        if ($key === '' || ($server['REQUEST_METHOD'] ?? '') !== 'POST') {
            return 404;
        }
        $timestamp = (string) ($server['HTTP_HOSTLER_TIMESTAMP'] ?? '');
        $nonce = (string) ($server['HTTP_HOSTLER_NONCE'] ?? '');
        $good = ($server['HTTP_HOSTLER_INSTALLATION'] ?? '') === Settings::installation()
            && preg_match('/^[A-Za-z0-9_-]{16,64}$/D', $nonce) === 1
            && Signature::timely($timestamp, Clock::now())
            && Signature::fits($key, Signature::request(Settings::installation(), 'POST', self::PATH, (int) $timestamp, $nonce, ''), (string) ($server['HTTP_HOSTLER_SIGNATURE'] ?? ''));

        return $good ? 204 : 401;
    }
}
