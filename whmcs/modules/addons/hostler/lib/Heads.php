<?php

namespace WHMCS\Module\Addon\Hostler;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/**
 * A module's stylesheets and scripts in the heads of WHMCS's pages. The panel brings its own from the engine; these are
 * for what stands around it, and the place where operators of the original module have put theirs.
 */
final class Heads
{
    private const AREAS = ['ClientAreaHeadOutput' => 'client', 'AdminAreaHeadOutput' => 'admin'];

    public static function register(string $module): void
    {
        foreach (self::AREAS as $hook => $name) {
            Hooks::on($hook, static fn () => self::tags($module, $name));
        }
    }

    private static function tags(string $module, string $name): string
    {
        $style = Overrides::url($module, "assets/dist/css/$name.css");
        $script = Overrides::url($module, "assets/dist/js/$name.js");

        return ($style === null ? '' : '<link rel="stylesheet" href="' . htmlspecialchars($style) . "\">\n")
            . ($script === null ? '' : '<script defer src="' . htmlspecialchars($script) . "\"></script>\n");
    }
}
