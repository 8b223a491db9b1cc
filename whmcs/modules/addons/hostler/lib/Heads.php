<?php

namespace WHMCS\Module\Addon\Hostler;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/** A module's stylesheet and script in the heads of WHMCS's pages: the operator's own files where there are some. */
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
        $style = htmlspecialchars(Overrides::url($module, "assets/dist/css/$name.css"));
        $script = htmlspecialchars(Overrides::url($module, "assets/dist/js/$name.js"));

        return "<link rel=\"stylesheet\" href=\"$style\">\n<script defer src=\"$script\"></script>";
    }
}
