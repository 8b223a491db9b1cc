<?php

namespace WHMCS\Module\Addon\Hostler;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/** Put in the place of the module's clock by run.sh: as far ahead as the tests have moved the engine's. */
final class Clock
{
    public static function now(): int
    {
        $file = HARNESS_VAR . '/clock-ahead';

        return time() + (is_file($file) ? (int) file_get_contents($file) : 0);
    }
}
