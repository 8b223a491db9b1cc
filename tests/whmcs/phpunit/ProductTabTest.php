<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Hooks;
use WHMCS\Module\Addon\Hostler\ProductTab;

/** The module's settings on a product's tab Other, and the packages of its product settings. */
final class ProductTabTest extends BridgeTestCase
{
    private const KEY = 'a-key-nobody-may-see';

    public static function setUpBeforeClass(): void
    {
        Hooks::register();
    }

    protected function setUp(): void
    {
        parent::setUp();
        Capsule::table('tblproducts')->insert(['id' => 5, 'type' => 'server', 'gid' => 1, 'name' => 'ROCK', 'paytype' => 'recurring', 'servertype' => 'katapult', 'configoption1' => 'rock-3']);
    }

    public function test_kt_006_other_modules_show_and_send_nothing(): void
    {
        $_POST = ['katapult_api_v1_key' => self::KEY];
        foreach ([3, 8, 99] as $product) {
            self::assertSame([], run_hook('AdminProductConfigFields', ['pid' => $product]));
            self::assertSame([], run_hook('AdminProductConfigFieldsSave', ['pid' => $product]));
        }
        self::assertSame([], $this->engine->requests());
    }

    public function test_kt_007_the_panel_is_what_the_engine_makes_of_it(): void
    {
        $page = ['status' => 200, 'body' => '<div>panel</div>', 'headers' => [], 'encoding' => 'text', 'effects' => []];
        $this->engine->answers('page', ['status' => 200, 'body' => $page]);
        self::assertSame([['' => '<div>panel</div>']], run_hook('AdminProductConfigFields', ['pid' => 5]));
        $sent = $this->engine->requests('page')[0]->body;
        self::assertSame(['hostler', 'admin', 'fragment', 'module-settings', 'GET', 'katapult'], [$sent->module, $sent->surface, $sent->target->kind, $sent->target->name, $sent->method, $sent->query->module]);
    }

    public function test_a_silent_engine_leaves_the_products_page_whole(): void
    {
        $this->engine->answers('page', ['mode' => 'reset']);
        $shown = run_hook('AdminProductConfigFields', ['pid' => 5])[0][''];
        self::assertStringContainsString('not reachable', $shown);
    }

    public function test_kt_002_kt_004_the_key_goes_to_the_engine_and_stays_nowhere_here(): void
    {
        $log = ['id' => 'eff_log', 'kind' => 'log_activity', 'class' => 'telling', 'module' => 'katapult', 'service' => null, 'body' => ['message' => '[Katapult]: Updated API V1 key', 'client' => null]];
        $this->engine->answers('event', ['result' => 'ok', 'effects' => [$log]]);
        $_POST = ['katapult_api_v1_key' => self::KEY, 'katapult_parent_organization' => 'acme', 'katapult_parent_organization_shown' => '', 'katapult_sync_config_options' => '1', 'name' => 'ROCK'];
        run_hook('AdminProductConfigFieldsSave', ['pid' => 5]);
        $sent = $this->engine->requests('event')[0]->body;
        self::assertSame('module_settings', $sent->kind);
        self::assertEquals((object) ['module' => 'katapult', 'key' => self::KEY, 'organization' => 'acme', 'organization_shown' => '', 'resync' => true], $sent->body);
        self::assertSame(1, Capsule::table('tblactivitylog')->where('description', '[Katapult]: Updated API V1 key')->count());
        $this->assertKeyIsNowhere();
    }

    public function test_kt_003_an_empty_form_changes_nothing(): void
    {
        $this->engine->answers('event', ['result' => 'ok', 'effects' => []]);
        $_POST = ['katapult_api_v1_key' => '', 'katapult_parent_organization' => 'acme', 'katapult_parent_organization_shown' => 'acme'];
        run_hook('AdminProductConfigFieldsSave', ['pid' => 5]);
        $sent = $this->engine->requests('event')[0]->body->body;
        self::assertSame(['', false], [$sent->key, $sent->resync]);
        self::assertSame(0, Capsule::table('tblactivitylog')->count());
    }

    public function test_kt_004_what_could_not_be_saved_is_said_and_never_kept_for_later(): void
    {
        $this->engine->answers('event', ['mode' => 'reset']);
        $_POST = ['katapult_api_v1_key' => self::KEY];
        run_hook('AdminProductConfigFieldsSave', ['pid' => 5]);
        self::assertSame(0, Capsule::table('mod_hostler_events')->count());
        self::assertStringContainsString('were not saved', (string) Capsule::table('tblactivitylog')->value('description'));
        $this->assertKeyIsNowhere();
    }

    public function test_kt_025_the_packages_are_the_engines(): void
    {
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['options' => [['value' => 'rock-3', 'label' => 'ROCK-3'], ['value' => 'rock-1', 'label' => 'ROCK-1']], 'error' => null], 'effects' => []]);
        self::assertSame(['rock-3' => 'ROCK-3', 'rock-1' => 'ROCK-1'], ProductTab::packages('katapult'));
        self::assertSame('katapult', $this->engine->requests('event')[0]->body->body->module);
    }

    public function test_kt_026_a_hint_takes_the_place_of_packages_that_could_not_be_read(): void
    {
        $hint = "The packages could not be read: HTTP 403. The API key is set on the product's 'Other' tab.";
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['options' => [], 'error' => $hint], 'effects' => []], ['mode' => 'reset']);
        foreach ([$hint, 'not reachable'] as $expected) {
            try {
                ProductTab::packages('katapult');
                self::fail('there is nothing to choose from');
            } catch (\Exception $e) {
                self::assertStringContainsString($expected, $e->getMessage());
            }
        }
    }

    private function assertKeyIsNowhere(): void
    {
        foreach (['mod_hostler_settings', 'mod_hostler_events', 'mod_hostler_effects', 'tbladdonmodules', 'tblactivitylog', 'tblproducts', 'tblconfiguration'] as $table) {
            self::assertStringNotContainsString(self::KEY, (string) json_encode(Capsule::table($table)->get()), $table);
        }
    }
}
