<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/** WHMCS's copy of which machine belongs to a service, in our table and in the original module's. */
final class Links
{
    public static function write(int $service, array $body): void
    {
        $now = date('Y-m-d H:i:s');
        $closed = (bool) $body['closed'];
        Capsule::table('mod_hostler_links')->updateOrInsert(['service_id' => $service, 'generation' => (int) $body['generation']], [
            'platform' => (string) $body['platform'], 'server' => (int) $body['server'], 'upstream_id' => (string) $body['upstream_id'],
            'identity' => (string) $body['identity'], 'closed' => $closed, 'updated_at' => $now,
        ]);
        if (Rows::service($service)['module'] === 'katapult') {
            $closed ? DataStore::forget($service) : DataStore::setMachine($service, (string) $body['mapped_id']);

            return;
        }
        $old = Capsule::table(Schema::OLD_TABLE)->where('service_id', $service);
        if ($closed) {
            $old->delete();

            return;
        }
        $machine = ['server_id' => (int) $body['mapped_id'], 'panel_id' => (int) $body['server'] ?: null];
        $other = Capsule::table(Schema::OLD_TABLE)->where($machine)->where('service_id', '<>', $service)->value('service_id');
        if ($other !== null) {
            throw new Refused("The machine is mapped to service $other.");
        }
        $row = $machine + ['updated_at' => $now] + (isset($body['object']) ? ['server_object' => (string) $body['object']] : []);
        if ($old->exists()) {
            $old->update($row);
        } else {
            Capsule::table(Schema::OLD_TABLE)->insert($row + ['service_id' => $service, 'created_at' => $now]);
        }
    }
}
