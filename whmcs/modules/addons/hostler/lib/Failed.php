<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** An effect that WHMCS did not carry out; it may be tried again. */
final class Failed extends \RuntimeException
{
}
