<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * Where the engine is and by which key it knows us. WHMCS deletes an addon's fields on deactivation and keeps them in
 * clear; so each value is remembered in a table of our own, and the key is moved there encrypted and its field emptied.
 */
final class Settings
{
    public const VERSION = '0.1.0';
    public const PROTOCOL = 1;
    /** The modules whose services and products are ours. */
    public const MODULES = ['VirtFusionDirect', 'katapult'];
    /** How many settings a product of each has. */
    public const COUNTS = ['VirtFusionDirect' => 7, 'katapult' => 1];

    private const DEFAULTS = ['address' => 'unix:/run/hostler/bridge.sock', 'installation' => 'main', 'key' => '', 'key_file' => '', 'wait' => '20'];

    /** @var array<string,string>|null */
    private static ?array $values = null;

    public static function installation(): string
    {
        return self::value('installation');
    }

    /** Seconds that CreateAccount and ChangePackage give the engine; the budget is three seconds longer. */
    public static function wait(): int
    {
        return min(120, max(1, (int) self::value('wait')));
    }

    public static function key(): string
    {
        $file = self::value('key_file');
        if ($file !== '') {
            return is_readable($file) ? trim((string) file_get_contents($file)) : '';
        }
        $stored = self::value('key');

        return $stored === '' ? '' : (string) decrypt($stored);
    }

    /** @return array{0:string,1:string} base URL and socket path ('' over TCP) */
    public static function endpoint(): array
    {
        $address = self::value('address');
        if (strncmp($address, 'unix:', 5) === 0) {
            return ['http://hostler', substr($address, 5)];
        }

        return [rtrim($address, '/'), ''];
    }

    public static function forget(): void
    {
        self::$values = null;
    }

    public static function remember(string $name, string $value): void
    {
        Schema::ensure();
        Capsule::table('mod_hostler_settings')->updateOrInsert(['name' => $name], ['value' => $value]);
        self::$values = null;
    }

    public static function stored(string $name): string
    {
        Schema::ensure();

        return (string) Capsule::table('mod_hostler_settings')->where('name', $name)->value('value');
    }

    private static function value(string $name): string
    {
        return (self::$values ??= self::read())[$name];
    }

    /** @return array<string,string> */
    private static function read(): array
    {
        Schema::ensure();
        $remembered = Capsule::table('mod_hostler_settings')->pluck('value', 'name')->all();
        $typed = Capsule::table('tbladdonmodules')->where('module', 'hostler')->pluck('value', 'setting')->all();
        $values = [];
        foreach (self::DEFAULTS as $name => $default) {
            $value = trim((string) ($typed[$name] ?? ''));
            if ($value === '') {
                $values[$name] = (string) ($remembered[$name] ?? $default);
                continue;
            }
            $values[$name] = $name === 'key' ? encrypt($value) : $value;
            if ($name === 'key' || $value !== ($remembered[$name] ?? null)) {
                Capsule::table('mod_hostler_settings')->updateOrInsert(['name' => $name], ['value' => $values[$name]]);
            }
            if ($name === 'key') {
                Capsule::table('tbladdonmodules')->where('module', 'hostler')->where('setting', 'key')->update(['value' => '']);
            }
        }

        return $values;
    }
}
