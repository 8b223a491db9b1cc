<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/** Section 5 of the bridge protocol: WHMCS's present state of services and products. */
final class Rows
{
    public const PAGE = 500;

    /** @return array<string,mixed>|null of our modules only, unless `$any` */
    public static function service(int $id, bool $any = false): ?array
    {
        return self::services(static fn ($query) => $query->where('h.id', $id), $any)[0] ?? null;
    }

    /** @return array<int,array<string,mixed>> */
    public static function ofOrder(int $order, bool $any = false): array
    {
        return $order === 0 ? [] : self::services(static fn ($query) => $query->where('h.orderid', $order), $any);
    }

    /** @return array<int,array<string,mixed>> the next page after a service id */
    public static function pageAfter(int $id): array
    {
        return self::services(static fn ($query) => $query->where('h.id', '>', $id)->limit(self::PAGE), false);
    }

    /** @return array<string,mixed>|null */
    public static function product(int $id): ?array
    {
        return self::products(static fn ($query) => $query->where('p.id', $id))[0] ?? null;
    }

    /** @return array<int,array<string,mixed>> */
    public static function products(?callable $which = null): array
    {
        $query = Capsule::table('tblproducts as p')->leftJoin('tblemailtemplates as e', 'e.id', '=', 'p.welcomeemail')
            ->whereIn('p.servertype', Settings::MODULES)->orderBy('p.id')->select('p.*', 'e.name as welcome_template');

        return ($which === null ? $query : $which($query))->get()->map(static fn ($p) => [
            'product' => (int) $p->id, 'name' => (string) $p->name, 'module' => (string) $p->servertype, 'server_group' => (int) $p->servergroup,
            'settings' => array_map(static fn (int $i) => (string) $p->{"configoption$i"}, range(1, Settings::COUNTS[$p->servertype])),
            'stock_control' => (bool) $p->stockcontrol, 'qty' => (int) $p->qty,
            'welcome_template' => $p->welcome_template === null ? null : (string) $p->welcome_template,
            'auto_setup' => (string) $p->autosetup, 'hidden' => (bool) $p->hidden, 'retired' => (bool) $p->retired,
            'options' => Json::map(self::options((int) $p->id)),
            'option_mapping' => Json::map(Originals::optionNames($p->servertype)),
            'servers' => Capsule::table('tblservergroupsrel')->where('groupid', (int) $p->servergroup)->orderBy('serverid')->pluck('serverid')->map(static fn ($id) => (int) $id)->all(),
        ])->all();
    }

    /** @return array<string,array<int,string>> option => its values, of both what stands before the bar */
    private static function options(int $product): array
    {
        return Capsule::table('tblproductconfiglinks as l')->join('tblproductconfigoptions as o', 'o.gid', '=', 'l.gid')
            ->join('tblproductconfigoptionssub as s', 's.configid', '=', 'o.id')->where('l.pid', $product)->orderBy('s.id')->get(['o.optionname', 's.optionname as value'])
            ->groupBy(static fn ($v) => trim(explode('|', $v->optionname)[0]))->map(static fn ($of) => $of->map(static fn ($v) => trim(explode('|', $v->value)[0]))->all())->all();
    }

    private static function services(callable $which, bool $any): array
    {
        Schema::ensure();
        $query = Capsule::table('tblhosting as h')->join('tblproducts as p', 'p.id', '=', 'h.packageid')
            ->leftJoin('tblorders as o', 'o.id', '=', 'h.orderid')->orderBy('h.id')
            ->select('h.id', 'h.userid', 'h.packageid', 'h.server', 'h.orderid', 'h.domainstatus', 'h.domain', 'h.dedicatedip', 'p.servertype', 'o.status')
            // Not a join: an old table may hold a service twice, and a page must hold it once.
            ->selectSub(Capsule::table(Schema::OLD_TABLE)->selectRaw('MIN(server_id)')->whereColumn('service_id', 'h.id'), 'mapped_id');
        if (!$any) {
            $query->whereIn('p.servertype', Settings::MODULES);
        }
        $found = $which($query)->get();
        $stored = DataStore::ofServices($found->where('servertype', 'katapult')->pluck('id')->all());

        return $found->map(static fn ($h) => [
            'service' => (int) $h->id, 'client' => (int) $h->userid, 'product' => (int) $h->packageid, 'server' => (int) $h->server,
            'order' => (int) $h->orderid, 'order_status' => (string) $h->status,
            'module' => (string) $h->servertype,
            'domainstatus' => (string) $h->domainstatus,
            'domain' => (string) $h->domain,
            'address' => (string) $h->dedicatedip,
            'mapped_id' => $stored[$h->id]['vm_id'] ?? $stored[$h->id]['vm_build_id'] ?? ($h->mapped_id === null ? null : (int) $h->mapped_id),
        ])->all();
    }
}
