<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** The one place where the time of day is read. */
final class Clock
{
    public static function now(): int
    {
        return time();
    }
}
