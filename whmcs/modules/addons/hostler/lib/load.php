<?php

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

// WHMCS loads lib/ of an active addon by itself; the server modules need these classes also while the addon is not
// active yet, so the same mapping is registered here.
spl_autoload_register(static function (string $class): void {
    $prefix = 'WHMCS\\Module\\Addon\\Hostler\\';
    if (strncmp($class, $prefix, strlen($prefix)) !== 0) {
        return;
    }
    $file = __DIR__ . '/' . substr($class, strlen($prefix)) . '.php';
    if (is_file($file)) {
        require_once $file;
    }
});
