<?php

defined('WHMCS') || die('This file cannot be accessed directly');

// WHMCS loads lib/ of an active module by itself; these classes are needed also while the addon is not active yet, and
// where a listener names the service of a hook before WHMCS has met the module. So the same mapping is registered here.
spl_autoload_register(static function (string $class): void {
    $folders = ['WHMCS\\Module\\Addon\\Hostler\\' => __DIR__, 'WHMCS\\Module\\Server\\Katapult\\' => dirname(__DIR__, 3) . '/servers/katapult/lib'];
    foreach ($folders as $prefix => $folder) {
        $file = $folder . '/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        if (strncmp($class, $prefix, strlen($prefix)) === 0 && is_file($file)) {
            require_once $file;
        }
    }
});
