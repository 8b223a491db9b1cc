<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/** What the modules that ours take the place of have left in WHMCS, in the words of the protocol. It is only read here. */
final class Originals
{
    /** Options of the module katapult are remembered by id, so that they may be renamed: our key, the original's, first name. */
    private const OPTIONS = [
        'data_center' => ['vm_config_option_datacenter_id', 'Data Center'],
        'disk_template' => ['vm_config_option_disk_template_id', 'Disk Template'],
        'disk_size' => ['vm_config_option_custom_disk_size_id', 'Custom Disk Size (GB)'],
    ];

    /** The settings of the addon VirtFusionDns: our name, and the one under which each is stored. */
    private const NAME_SERVER = ['enabled' => 'enabled', 'endpoint' => 'endpoint', 'key' => 'apiKey', 'server_id' => 'serverId', 'ttl' => 'defaultTtl', 'cache' => 'cacheTtl'];

    /** @return array<string,string> key => the operator's own name of the configurable option */
    public static function optionNames(string $module): array
    {
        if ($module === 'katapult') {
            return self::rememberedNames();
        }
        // The file belongs to the operator.
        $file = dirname(__DIR__, 3) . "/servers/$module/config/ConfigOptionMapping.php";
        $mapping = is_file($file) ? include $file : [];

        return is_array($mapping) ? $mapping : [];
    }

    /** @return array<string,int|string|null> the fields of a call that say which machine the original gave the service */
    public static function machine(string $module, int $service): array
    {
        if ($module === 'katapult') {
            $kept = DataStore::ofServices([$service])[$service] ?? [];

            return ['mapped_id' => $kept['vm_id'] ?? null, 'mapped_build' => $kept['vm_build_id'] ?? null];
        }

        return ['mapped_id' => Rows::service($service, true)['mapped_id'] ?? null];
    }

    /** Proposes the original's key and organization once, as if an administrator had typed them into the settings. */
    public static function proposeSettings(): void
    {
        $kept = DataStore::settings(['api_v1_key', 'parent_organization']);
        $key = self::decrypted($kept['api_v1_key'] ?? '');
        $mark = sha1(implode("\n", $kept));
        if ($key !== '' && Settings::stored('katapult_proposed') !== $mark) {
            $typed = ['module' => 'katapult', 'key' => $key, 'organization' => $kept['parent_organization'] ?? null, 'organization_shown' => null, 'resync' => false];
            Events::send('module_settings', $typed, Events::HOOK_MS);
            Settings::remember('katapult_proposed', $mark);
        }
    }

    /**
     * The body of `settings_saved`: what the addon VirtFusionDns has stored, where it has anything. WHMCS keeps its key as
     * it was typed, or encrypted; the engine tells which of the two readings it is.
     */
    public static function nameServer(): array
    {
        $kept = Capsule::table('tbladdonmodules')->where('module', 'virtfusiondns')->whereIn('setting', self::NAME_SERVER)->pluck('value', 'setting')->all();
        $settings = array_map(static fn (string $name) => (string) ($kept[$name] ?? ''), self::NAME_SERVER);

        return $kept === [] ? [] : ['name_server' => $settings + ['key_decrypted' => self::decrypted($settings['key'])]];
    }

    /** What WHMCS makes of a stored text; nothing where it fails. */
    private static function decrypted(string $stored): string
    {
        try {
            return (string) decrypt($stored);
        } catch (\Throwable $e) {
            return '';
        }
    }

    private static function rememberedNames(): array
    {
        $kept = DataStore::settings(array_column(self::OPTIONS, 0));
        $ids = [];
        foreach (self::OPTIONS as $key => [$original]) {
            $ids[$key] = (int) (Settings::stored("option.katapult.$key") ?: $kept[$original] ?? 0);
        }
        $names = Capsule::table('tblproductconfigoptions')->whereIn('id', $ids)->pluck('optionname', 'id')->all();
        $renamed = [];
        foreach (self::OPTIONS as $key => [, $first]) {
            $name = explode('|', (string) ($names[$ids[$key]] ?? $first), 2)[0];
            if ($name !== $first) {
                $renamed[$key] = $name;
            }
        }

        return $renamed;
    }
}
