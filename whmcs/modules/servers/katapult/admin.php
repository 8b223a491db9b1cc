<?php

// The admin's browser talks to the engine through this file; see docs/bridge-protocol.md, section 8.

require dirname(__DIR__, 3) . '/init.php';
require_once dirname(__DIR__, 2) . '/addons/hostler/lib/load.php';

\WHMCS\Module\Addon\Hostler\Entry::run('katapult', 'admin');
