<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** What a module adds to its products' pages in the admin area. The engine makes it and keeps it; no key is stored here. */
final class ProductTab
{
    /** The settings, on the tab Other of the module's products. */
    public static function fields(string $module, int $product): array
    {
        if (!self::isOf($module, $product)) {
            return [];
        }
        try {
            $target = ['kind' => 'fragment', 'name' => 'module-settings'];
            $html = (string) (Entry::forward(Entry::message('hostler', 'admin', $target, ['module' => $module], [], 'GET'))['body'] ?? '');
        } catch (EngineError $e) {
            $html = htmlspecialchars($e->getMessage());
        }

        return ['' => $html];
    }

    /** The settings as they were posted. They are sent once and not kept: the engine has them, or the log says that it has not. */
    public static function save(string $module, int $product): void
    {
        if (!self::isOf($module, $product)) {
            return;
        }
        $posted = array_filter($_POST, 'is_string');
        try {
            Events::send('module_settings', [
                'module' => $module, 'key' => $posted['katapult_api_v1_key'] ?? '',
                'organization' => $posted['katapult_parent_organization'] ?? null, 'organization_shown' => $posted['katapult_parent_organization_shown'] ?? null,
                'resync' => isset($posted['katapult_sync_config_options']),
            ], Events::HOOK_MS);
        } catch (EngineError $e) {
            logActivity("[Hostler]: The settings of the module $module were not saved: " . $e->getMessage());
        }
    }

    /**
     * The packages that a product may have. What WHMCS is to show in their place is thrown.
     *
     * @return array<string,string> permalink => name
     */
    public static function packages(string $module): array
    {
        $data = Events::send('packages', ['module' => $module], Events::HOOK_MS);
        if (is_string($data['error'] ?? null)) {
            throw new \Exception($data['error']);
        }

        return array_column((array) ($data['options'] ?? []), 'label', 'value');
    }

    private static function isOf(string $module, int $product): bool
    {
        return (Rows::product($product)['module'] ?? '') === $module;
    }
}
