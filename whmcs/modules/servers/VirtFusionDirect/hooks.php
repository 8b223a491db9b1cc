<?php

defined('WHMCS') || die('This file cannot be accessed directly');

require_once dirname(__DIR__, 2) . '/addons/hostler/lib/load.php';

\WHMCS\Module\Addon\Hostler\Hooks::register();
