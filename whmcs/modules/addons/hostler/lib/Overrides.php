<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** The operator's own files: `overrides/X` in a module's folder takes the place of its `X`, from one request to the next. */
final class Overrides
{
    /**
     * Stylesheets and scripts in the heads of WHMCS's pages. The panel brings its own from the engine; these are for what
     * stands around it, and are where operators of an original module have put theirs.
     */
    public static function register(string $module): void
    {
        foreach (['ClientAreaHeadOutput' => 'client', 'AdminAreaHeadOutput' => 'admin'] as $hook => $area) {
            Hooks::on($hook, static fn () => self::tag($module, "css/$area.css", '<link rel="stylesheet" href="%s">') . self::tag($module, "js/$area.js", '<script defer src="%s"></script>'));
        }
    }

    /** Which file is used, below the module's folder. */
    public static function path(string $module, string $name): string
    {
        return is_file(self::folder($module) . "/overrides/$name") ? "overrides/$name" : $name;
    }

    /**
     * The address for browsers, null where neither file is there. It names the content, so that no browser keeps a file
     * that has been replaced.
     */
    public static function url(string $module, string $name): ?string
    {
        $path = self::path($module, $name);
        $file = self::folder($module) . "/$path";

        return is_file($file) ? Context::webRoot() . "/modules/servers/$module/$path?" . substr((string) hash_file('sha256', $file), 0, 16) : null;
    }

    private static function tag(string $module, string $name, string $tag): string
    {
        $url = self::url($module, "assets/dist/$name");

        return $url === null ? '' : sprintf($tag, htmlspecialchars($url)) . "\n";
    }

    private static function folder(string $module): string
    {
        return dirname(__DIR__, 3) . "/servers/$module";
    }
}
