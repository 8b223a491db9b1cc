<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/** Named locks of the database server; they belong to the connection, so a crash frees them. */
final class Locks
{
    /** Runs `$work` under the lock; false when it was not free in time. */
    public static function hold(string $name, int $seconds, callable $work): bool
    {
        // The names are shared by all databases of the server.
        $lock = 'hostler.' . substr(sha1((string) Capsule::connection()->getDatabaseName()), 0, 8) . '.' . $name;
        $got = Capsule::connection()->selectOne('SELECT GET_LOCK(?, ?) AS got', [$lock, $seconds], false);
        if ((int) $got->got !== 1) {
            return false;
        }
        try {
            $work();
        } finally {
            Capsule::connection()->selectOne('SELECT RELEASE_LOCK(?) AS released', [$lock], false);
        }

        return true;
    }
}
