<?php

defined('WHMCS') || die('This file cannot be accessed directly');

require_once __DIR__ . '/lib/load.php';

\WHMCS\Module\Addon\Hostler\Hooks::register();
