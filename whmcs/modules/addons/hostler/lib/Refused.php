<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** An effect that its guard or the ownership rule forbids; it shall not be tried again. */
final class Refused extends \RuntimeException
{
}
