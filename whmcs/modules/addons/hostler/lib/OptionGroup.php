<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * Generated options by keys that never change: which rows are theirs is remembered by id, and of each value the name that
 * was written last. What is there stays as the operator made it, and nothing is removed. Section 13 of the bridge protocol.
 */
final class OptionGroup
{
    private const GROUPS = 'tblproductconfiggroups';
    private const LINKS = 'tblproductconfiglinks';
    private const OPTIONS = 'tblproductconfigoptions';
    private const VALUES = 'tblproductconfigoptionssub';
    private const WRITTEN = 'mod_hostler_options';
    private const TYPES = ['1' => 'dropdown', '2' => 'radio', '3' => 'yesno', '4' => 'quantity'];
    private const CYCLES = ['msetupfee', 'qsetupfee', 'ssetupfee', 'asetupfee', 'bsetupfee', 'tsetupfee', 'monthly', 'quarterly', 'semiannually', 'annually', 'biennially', 'triennially'];

    public static function ensure(array $body): void
    {
        $module = (string) $body['module'];
        [$group, $isNew] = self::row("options.$module." . $body['key'], (string) $body['original'], self::GROUPS, [], ['name' => (string) $body['label'], 'description' => '']);
        self::give($module, $group, $isNew);
        $values = [];
        foreach (array_values($body['options']) as $place => $option) {
            $columns = ['optionname' => (string) $option['label'], 'optiontype' => (string) array_search($option['option_type'], self::TYPES, true), 'order' => $place + 1];
            [$id, $isNew] = self::row("option.$module." . $option['key'], (string) $option['original'], self::OPTIONS, ['gid' => $group], $columns);
            $values = array_merge($values, self::values($id, $isNew, $option));
        }
        self::prices($values);
    }

    /**
     * What a cart holds for configurable options, for the engine to judge.
     *
     * @param array<int,mixed> $entered option id => a quantity, or a value's id
     */
    public static function choices(string $module, array $entered): array
    {
        $entered = array_map('strval', array_filter($entered, 'is_scalar'));
        $names = Capsule::table(self::VALUES)->whereIn('configid', array_keys($entered))->whereIn('id', array_map('intval', $entered))->get()->keyBy('configid');
        $keys = array_flip(self::ids($module));

        return Capsule::table(self::OPTIONS)->whereIn('id', array_keys($entered))->orderBy('id')->get()->map(static fn ($option) => [
            'key' => $keys[$option->id] ?? null, 'label' => (string) $option->optionname, 'option_type' => self::TYPES[$option->optiontype] ?? '',
            'entered' => $entered[$option->id], 'chosen' => $names[$option->id]->optionname ?? null,
        ])->all();
    }

    /** @return array<string,int> key => the id of the option that is remembered for it */
    public static function ids(string $module): array
    {
        Schema::ensure();
        $ids = [];
        foreach (Capsule::table('mod_hostler_settings')->where('name', 'like', "option.$module.%")->pluck('value', 'name') as $name => $id) {
            $ids[explode('.', $name, 3)[2]] = (int) $id;
        }

        return $ids;
    }

    /** @return array{0:int,1:bool} the row that is remembered, here or by the original module; made where there is none */
    private static function row(string $name, string $original, string $table, array $within, array $columns): array
    {
        $known = [Settings::stored($name), DataStore::settings([$original])[$original] ?? ''];
        $there = Capsule::table($table)->where($within)->whereIn('id', array_map('intval', $known))->pluck('id')->all();
        $id = current(array_intersect(array_map('intval', $known), $there));
        $isNew = $id === false;
        if ($isNew) {
            $id = (int) Capsule::table($table)->insertGetId($within + $columns);
        }
        Settings::remember($name, (string) $id);

        return [$id, $isNew];
    }

    /** Each product is given the group once: one that the operator took it from does not get it again. */
    private static function give(string $module, int $group, bool $isNew): void
    {
        $given = $isNew ? [] : array_filter(explode(',', Settings::stored("options.$module.given")));
        $products = Capsule::table('tblproducts')->where('servertype', $module)->pluck('id')->all();
        foreach (array_diff($products, $given) as $product) {
            Capsule::table(self::LINKS)->updateOrInsert(['gid' => $group, 'pid' => $product], []);
        }
        Settings::remember("options.$module.given", implode(',', array_unique(array_merge($given, $products))));
    }

    /** @return int[] the ids of the values that are named */
    private static function values(int $option, bool $isNew, array $body): array
    {
        $names = Capsule::table(self::VALUES)->where('configid', $option)->orderBy('id')->pluck('optionname', 'id')->all();
        $written = Capsule::table(self::WRITTEN)->whereIn('value_id', array_keys($names))->pluck('name', 'value_id')->all();
        $ids = $named = $fresh = [];
        foreach ($names as $id => $name) {
            $ids[explode('|', (string) $name, 2)[0]] ??= (int) $id;
        }
        foreach (array_values($body['values']) as $place => $value) {
            $name = $value['key'] . '|' . $value['label'];
            $named[] = $id = $ids[$value['key']] ??= (int) Capsule::table(self::VALUES)->insertGetId([
                'configid' => $option, 'optionname' => $name, 'sortorder' => $place, 'hidden' => $isNew ? 0 : 1,
            ]);
            $present = $names[$id] ?? $name;
            // A name that is not the one that was written last is the operator's.
            if ($present !== $name && $present === ($written[$id] ?? null)) {
                Capsule::table(self::VALUES)->where('id', $id)->update(['optionname' => $name]);
                $present = $name;
            }
            if ($present === $name && $name !== ($written[$id] ?? null)) {
                $fresh[] = ['value_id' => $id, 'name' => $name];
            }
        }
        Capsule::table(self::WRITTEN)->whereIn('value_id', array_column($fresh, 'value_id'))->delete();
        foreach (array_chunk($fresh, 200) as $some) {
            Capsule::table(self::WRITTEN)->insert($some);
        }
        Capsule::table(self::VALUES)->whereIn('id', array_values(array_intersect_key($ids, array_flip($body['withdrawn']))))->update(['hidden' => 1]);

        return $named;
    }

    /** One row of zeros per value and currency, where there is none. */
    private static function prices(array $values): void
    {
        $there = Capsule::table('tblpricing')->where('type', 'configoptions')->whereIn('relid', $values)->get(['relid', 'currency'])->map(static fn ($row) => "$row->relid $row->currency")->flip();
        $rows = [];
        foreach (Capsule::table('tblcurrencies')->pluck('id') as $currency) {
            foreach ($values as $value) {
                if (!isset($there["$value $currency"])) {
                    $rows[] = ['type' => 'configoptions', 'currency' => $currency, 'relid' => $value] + array_fill_keys(self::CYCLES, '0.00');
                }
            }
        }
        foreach (array_chunk($rows, 200) as $some) {
            Capsule::table('tblpricing')->insert($some);
        }
    }
}
