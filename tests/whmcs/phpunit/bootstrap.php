<?php

/** Boots the stand-in once for all tests of a run; the database and the web server are started by run.sh. */

$_SESSION = [];
require dirname(__DIR__) . '/src/bootstrap.php';
Harness\Session::start();
foreach (['VirtFusionDirect', 'katapult'] as $module) {
    require_once ROOTDIR . "/modules/servers/$module/$module.php";
}
require_once __DIR__ . '/FakeEngine.php';
foreach (['Browsing', 'BridgeTestCase', 'KatapultTestCase'] as $class) {
    require_once __DIR__ . "/$class.php";
}
foreach (['Rig', 'Browser', 'NameServer', 'EngineTestCase'] as $class) {
    require_once dirname(__DIR__) . "/e2e/$class.php";
}
