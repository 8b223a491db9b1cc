<?php

// The engine says that effects are waiting: verify that it is the engine, answer, and fetch them.
// The message carries nothing else, so a repeated one does no harm.

require dirname(__DIR__, 3) . '/init.php';
require_once __DIR__ . '/lib/load.php';

\WHMCS\Module\Addon\Hostler\Nudge::run($_SERVER);
