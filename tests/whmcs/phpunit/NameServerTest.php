<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Hooks;

/** The addon VirtFusionDns: its settings stay where the original stored them, and the engine is told of them. */
final class NameServerTest extends BridgeTestCase
{
    private const KEY = 'an-api-key-of-a-test-0001';
    private const STORED = ['version' => '1.0', 'access' => '1', 'enabled' => 'on', 'endpoint' => 'https://ns1.example.com:8081/', 'apiKey' => self::KEY, 'serverId' => 'localhost', 'defaultTtl' => '7200', 'cacheTtl' => '60'];

    use Browsing;

    public static function setUpBeforeClass(): void
    {
        Hooks::register();
    }

    /** As WHMCS stores what is saved under Configure. */
    private static function stored(array $settings): void
    {
        Capsule::table('tbladdonmodules')->where('module', 'virtfusiondns')->delete();
        foreach ($settings as $setting => $value) {
            Capsule::table('tbladdonmodules')->insert(['module' => 'virtfusiondns', 'setting' => $setting, 'value' => $value]);
        }
    }

    private static function kept(): array
    {
        return Capsule::table('tbladdonmodules')->where('module', 'virtfusiondns')->pluck('value', 'setting')->all();
    }

    /** What is sent when settings are saved: those of any addon, for WHMCS's hook does not say whose they were. */
    private function saved(): object
    {
        run_hook('AddonModuleConfigSave', []);
        $events = $this->engine->requests('event');

        return end($events)->body;
    }

    private static function vector(): object
    {
        $named = array_filter(self::exact('events')->vectors, static fn (object $vector) => $vector->name === 'settings_saved, with a name server');

        return reset($named);
    }

    public function test_vf_258_the_key_is_sent_as_it_is_stored_and_as_whmcs_decrypts_it(): void
    {
        self::stored(self::STORED);
        $sent = $this->saved();
        self::assertSame(['settings_saved', ['name_server']], [$sent->kind, array_keys((array) $sent->body)]);
        $server = (array) $sent->body->name_server;
        self::assertEqualsCanonicalizing(array_keys((array) self::vector()->request->body->name_server), array_keys($server));
        self::assertSame(['on', 'https://ns1.example.com:8081/', self::KEY, 'localhost', '7200', '60'], [$server['enabled'], $server['endpoint'], $server['key'], $server['server_id'], $server['ttl'], $server['cache']]);
        self::assertSame('', $server['key_decrypted'], 'it was not encrypted');

        $encrypted = encrypt(self::KEY);
        self::stored(['apiKey' => $encrypted] + self::STORED);
        $server = $this->saved()->body->name_server;
        self::assertSame([$encrypted, self::KEY], [$server->key, $server->key_decrypted]);
    }

    public function test_vf_258_a_key_that_decrypts_to_no_text_stops_no_message_and_reads_as_no_key(): void
    {
        $plain = base64_encode(str_repeat("\x01\xff", 20));
        self::stored(['apiKey' => $plain] + self::STORED);
        $server = $this->saved()->body->name_server;
        self::assertSame($plain, $server->key);
        self::assertDoesNotMatchRegularExpression('/\A[\x20-\x7e]*\z/', $server->key_decrypted);
    }

    public function test_vf_258_settings_that_are_not_there_are_empty_and_without_any_nothing_is_sent(): void
    {
        self::stored(['version' => '1.0', 'access' => '1']);
        self::assertEquals(new stdClass(), $this->saved()->body);
        self::stored([]);
        self::assertEquals(new stdClass(), $this->saved()->body);
        self::stored(['enabled' => '', 'endpoint' => 'https://ns1.example.com:8081']);
        $server = (array) $this->saved()->body->name_server;
        ksort($server);
        self::assertSame(['cache' => '', 'enabled' => '', 'endpoint' => 'https://ns1.example.com:8081', 'key' => '', 'key_decrypted' => '', 'server_id' => '', 'ttl' => ''], $server);
    }

    public function test_vf_258_an_event_that_carries_a_key_is_not_stored_when_the_engine_is_silent(): void
    {
        self::stored(self::STORED);
        self::connect('unix:' . HARNESS_VAR . '/no-such.sock');
        run_hook('AddonModuleConfigSave', []);
        self::assertSame(0, Capsule::table('mod_hostler_events')->count());
    }

    public function test_vf_260_the_addons_page_leads_to_ours_and_prints_what_the_engine_says(): void
    {
        self::stored(self::STORED);
        $this->adminLogin();
        $this->engine->answers('event', (array) json_decode(json_encode(['data' => ['name_server' => 'Proposed as <plt_1> & inert.'] + (array) self::vector()->answer->data] + (array) self::vector()->answer), true));
        $this->page(['status' => 200, 'headers' => ['content-type' => 'text/html'], 'body' => '<p id="engine-page">Names of addresses</p>', 'encoding' => 'text', 'effects' => []]);
        $page = $this->http('/admin/addonmodules.php?module=VirtFusionDns&page=operations&address=192.0.2.7');
        self::assertSame(200, $page['status']);
        self::assertStringContainsString('Connected to the engine 0.1.0', $page['body']);
        self::assertStringContainsString('Proposed as &lt;plt_1&gt; &amp; inert.', $page['body']);
        self::assertStringContainsString('href="addonmodules.php?module=hostler&amp;page=names"', $page['body']);
        self::assertStringContainsString('<p id="engine-page">', $page['body']);
        self::assertStringNotContainsString(self::KEY, $page['body']);
        $events = $this->engine->requests('event');
        $sent = end($events)->body;
        self::assertSame(['settings_saved', self::KEY, 'admin'], [$sent->kind, $sent->body->name_server->key, $sent->context->actor]);
        $asked = $this->forwarded();
        self::assertSame(['hostler', 'admin', 'page', 'names', 'GET'], [$asked->module, $asked->surface, $asked->target->kind, $asked->target->name, $asked->method]);
        self::assertStringNotContainsString(self::KEY, json_encode($asked));

        $ours = $this->http('/admin/addonmodules.php?module=hostler&page=names');
        self::assertStringContainsString('nav-link active', $ours['body']);
        $events = $this->engine->requests('event');
        self::assertEquals(new stdClass(), end($events)->body->body, 'the connection check of the other page carries no key');
    }

    public function test_vf_260_without_an_engine_the_page_is_a_plain_sentence(): void
    {
        self::stored(self::STORED);
        $this->adminLogin();
        self::connect('unix:' . HARNESS_VAR . '/no-such.sock');
        $page = $this->http('/admin/addonmodules.php?module=VirtFusionDns');
        self::assertSame(200, $page['status']);
        self::assertStringContainsString('The provisioning engine is not reachable', $page['body']);
        self::assertStringNotContainsString(self::KEY, $page['body']);
    }

    public function test_vf_260_activating_and_deactivating_keep_the_settings_and_tell_nobody(): void
    {
        self::stored(self::STORED);
        Harness\Addons::load('VirtFusionDns');
        foreach ([VirtFusionDns_activate(), VirtFusionDns_deactivate()] as $said) {
            self::assertSame('success', $said['status']);
            self::assertNotSame('', $said['description']);
        }
        self::assertEquals(self::STORED, self::kept());
        self::assertSame([], $this->engine->requests());
    }

    public function test_vf_258_vf_260_the_fields_are_the_originals_and_stored_values_stay_editable(): void
    {
        Harness\Addons::load('VirtFusionDns');
        $config = VirtFusionDns_config();
        self::assertSame('VirtFusion DNS', $config['name']);
        $fields = array_map(static fn (array $field) => [$field['FriendlyName'], $field['Type'], $field['Default'] ?? ''], $config['fields']);
        self::assertSame([
            'enabled' => ['Enable rDNS Sync', 'yesno', ''],
            'endpoint' => ['PowerDNS API Endpoint', 'text', 'http://ns1.example.com:8081'],
            'apiKey' => ['PowerDNS API Key', 'password', ''],
            'serverId' => ['PowerDNS Server ID', 'text', 'localhost'],
            'defaultTtl' => ['Default PTR TTL (seconds)', 'text', '3600'],
            'cacheTtl' => ['Cache TTL (seconds)', 'text', '60'],
        ], $fields);
        try {
            Harness\Addons::activate('VirtFusionDns', ['enabled' => 'on', 'apiKey' => self::KEY]);
            self::assertSame(self::KEY, $this->saved()->body->name_server->key);
        } finally {
            Harness\Addons::deactivate('VirtFusionDns');
        }
    }
}
