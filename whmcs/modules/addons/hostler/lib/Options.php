<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/** Configurable options by their natural keys. Prices of the operator are never changed, nothing is deleted. */
final class Options
{
    private const TYPES = ['dropdown' => '1', 'radio' => '2', 'yesno' => '3', 'quantity' => '4'];
    private const CYCLES = ['msetupfee', 'qsetupfee', 'ssetupfee', 'asetupfee', 'bsetupfee', 'tsetupfee', 'monthly', 'quarterly', 'semiannually', 'annually', 'biennially', 'triennially'];

    public static function upsert(array $body): void
    {
        $group = self::row('tblproductconfiggroups', ['name' => (string) $body['group']], []);
        foreach ($body['products'] as $product) {
            Capsule::table('tblproductconfiglinks')->updateOrInsert(['gid' => $group, 'pid' => (int) $product], []);
        }
        $option = self::named('tblproductconfigoptions', 'gid', $group, $body, ['optiontype' => self::TYPES[$body['option_type']], 'order' => (int) $body['sort_order'], 'hidden' => (int) $body['hidden']]);
        foreach ($body['values'] as $value) {
            $sub = self::named('tblproductconfigoptionssub', 'configid', $option, $value, ['sortorder' => (int) $value['sort_order'], 'hidden' => (int) $value['hidden']]);
            self::prices($sub, $value['prices'] ?? []);
        }
    }

    /** A row whose name is `key|label`, found by its key. */
    private static function named(string $table, string $parentColumn, int $parent, array $given, array $columns): int
    {
        $key = (string) $given['key'];
        $columns['optionname'] = $given['label'] === $key ? $key : $key . '|' . $given['label'];
        foreach (Capsule::table($table)->where($parentColumn, $parent)->pluck('optionname', 'id') as $id => $name) {
            if (explode('|', (string) $name, 2)[0] === $key) {
                Capsule::table($table)->where('id', $id)->update($columns);

                return (int) $id;
            }
        }

        return (int) Capsule::table($table)->insertGetId($columns + [$parentColumn => $parent]);
    }

    private static function row(string $table, array $key, array $columns): int
    {
        return (int) (Capsule::table($table)->where($key)->value('id') ?? Capsule::table($table)->insertGetId($key + $columns));
    }

    private static function prices(int $sub, array $prices): void
    {
        foreach (Capsule::table('tblcurrencies')->get() as $currency) {
            $key = ['type' => 'configoptions', 'currency' => $currency->id, 'relid' => $sub];
            if (Capsule::table('tblpricing')->where($key)->exists()) {
                continue;
            }
            $amounts = array_intersect_key($prices[$currency->code] ?? [], array_flip(self::CYCLES));
            Capsule::table('tblpricing')->insert($key + array_map('strval', $amounts) + array_fill_keys(array_slice(self::CYCLES, 6), '0.00'));
        }
    }
}
