<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * The data store of the original Katapult module: a table that it shares with other software, and that is not made where
 * it is not. Written is only what the original needs to find a service's machine again.
 */
final class DataStore
{
    public const TABLE = 'mod_salmon_data_store_items';
    private const OF_A_SERVICE = ['vm_id', 'vm_build_id', 'vm_build_started_at', 'vm_build_timeout_reached_at'];

    /** @return array<int,array<string,string>> service => key => value */
    public static function ofServices(array $ids): array
    {
        return self::read('service', $ids, ['vm_id', 'vm_build_id']);
    }

    /** @return array<string,string> the original's settings; it files them under the id 0 */
    public static function settings(array $keys): array
    {
        return self::read('module_setting', [0], $keys)[0] ?? [];
    }

    public static function setMachine(int $service, string $machine): void
    {
        if (self::exists()) {
            $row = ['value' => serialize($machine), 'value_index' => $machine, 'updated_at' => date('Y-m-d H:i:s')];
            Capsule::table(self::TABLE)->updateOrInsert(['rel_type' => 'service', 'rel_id' => $service, 'key' => 'vm_id'], $row);
        }
    }

    /** Takes back what the original knew of a service, and nothing of others. */
    public static function forget(int $service): void
    {
        if (self::exists()) {
            Capsule::table(self::TABLE)->where('rel_type', 'service')->where('rel_id', $service)->whereIn('key', self::OF_A_SERVICE)->delete();
        }
    }

    private static function exists(): bool
    {
        return Capsule::schema()->hasTable(self::TABLE);
    }

    private static function read(string $type, array $ids, array $keys): array
    {
        $found = [];
        if ($ids !== [] && self::exists()) {
            // No key is unique there; of one that was written twice the original reads the first.
            $rows = Capsule::table(self::TABLE)->where('rel_type', $type)->whereIn('rel_id', $ids)->whereIn('key', $keys)->orderByDesc('id')->get(['rel_id', 'key', 'value']);
            foreach ($rows as $row) {
                // Others have written it: whatever it says it is, no object is made of it.
                $value = @unserialize((string) $row->value, ['allowed_classes' => false]);
                if ((is_string($value) || is_int($value)) && (string) $value !== '') {
                    $found[(int) $row->rel_id][$row->key] = (string) $value;
                }
            }
        }

        return $found;
    }
}
