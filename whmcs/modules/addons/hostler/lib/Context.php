<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Authentication\CurrentUser;
use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/** Section 4 of the bridge protocol: in whose request a message is sent. */
final class Context
{
    private static ?string $correlation = null;
    private static ?string $actor = null;
    private static ?array $kept = null;
    private static array $within = [];

    /** Makes this PHP request's messages those of `$actor`: an entry file knows better than the session. */
    public static function actAs(string $actor): void
    {
        self::$actor = $actor;
    }

    /** The same for what `$work` sends. The system is nobody: in its name no login and no account is passed on. */
    public static function during(string $actor, callable $work)
    {
        $before = self::$within;
        self::$within = ['actor' => $actor] + ($actor === 'system' ? ['client_id' => null, 'user_id' => null, 'permissions' => [], 'session' => null] : []);
        try {
            return $work();
        } finally {
            self::$within = $before;
        }
    }

    /** Keeps the present context for the rest of this PHP request: the session is about to be given back. */
    public static function keep(): void
    {
        self::$kept = self::now();
    }

    /** @return array<string,mixed> */
    public static function now(): array
    {
        return array_replace(self::$kept ?? self::read(), self::$within);
    }

    /** @return array<string,mixed> */
    private static function read(): array
    {
        $current = new CurrentUser();
        $admin = $current->admin();
        $user = $current->user();
        $client = $current->client();
        $masquerading = $current->isMasqueradingAdmin();

        return [
            'protocol' => Settings::PROTOCOL, 'module_version' => Settings::VERSION, 'whmcs_version' => self::configuration('Version'),
            'actor' => self::$actor ?? self::actor($admin !== null, $user !== null || $client !== null),
            'client_id' => $client === null ? null : (int) $client->id, 'user_id' => $user === null ? null : (int) $user->id,
            'permissions' => $masquerading ? ['*'] : self::permissions($user, $client),
            'admin_id' => $admin === null ? null : (int) $admin->id, 'admin_role' => $admin === null ? null : self::role((int) $admin->roleid),
            'session' => Signature::session(Settings::key(), (string) session_id()),
            'ip' => $_SERVER['REMOTE_ADDR'] ?? null, 'language' => (string) ($_SESSION['Language'] ?? ''), 'system_url' => self::systemUrl(),
            'correlation' => self::$correlation ??= bin2hex(random_bytes(8)),
        ];
    }

    public static function systemUrl(): string
    {
        return rtrim(self::configuration('SystemURL'), '/') . '/';
    }

    /** The path that WHMCS lives under; empty at the top of its host. */
    public static function webRoot(): string
    {
        return rtrim((string) parse_url(self::systemUrl(), PHP_URL_PATH), '/');
    }

    private static function actor(bool $admin, bool $client): string
    {
        if (basename((string) ($_SERVER['SCRIPT_NAME'] ?? '')) === 'api.php') {
            return 'api';
        }
        if ($admin && (defined('ADMINAREA') || !$client)) {
            return 'admin';
        }
        if ($client) {
            return 'client';
        }

        return PHP_SAPI === 'cli' ? 'cron' : 'system';
    }

    /** @return string[] */
    private static function permissions($user, $client): array
    {
        if ($user === null || $client === null) {
            return [];
        }
        $row = Capsule::table('tblusers_clients')->where('auth_user_id', $user->id)->where('client_id', $client->id)->first();
        if ($row !== null && (int) $row->owner === 1) {
            return ['*'];
        }
        $permissions = $row->permissions ?? '';
        $listed = json_decode((string) $permissions, true);

        return array_values(array_filter(array_map('strval', is_array($listed) ? $listed : explode(',', (string) $permissions)), 'strlen'));
    }

    private static function role(int $id): ?string
    {
        $name = Capsule::table('tbladminroles')->where('id', $id)->value('name');

        return $name === null ? null : (string) $name;
    }

    private static function configuration(string $setting): string
    {
        return (string) Capsule::table('tblconfiguration')->where('setting', $setting)->value('value');
    }
}
