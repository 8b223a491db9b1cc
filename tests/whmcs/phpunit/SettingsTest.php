<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Schema;
use WHMCS\Module\Addon\Hostler\Settings;

/** Activation, deactivation, the key at rest, and the tables. */
final class SettingsTest extends BridgeTestCase
{
    public function test_the_key_is_moved_to_our_table_encrypted_and_its_field_emptied(): void
    {
        self::assertSame(FakeEngine::KEY, Settings::key());
        $everything = json_encode([Capsule::table('tbladdonmodules')->get(), Capsule::table('mod_hostler_settings')->get()]);
        self::assertStringNotContainsString(FakeEngine::KEY, $everything);
        self::assertSame('', Capsule::table('tbladdonmodules')->where('setting', 'key')->value('value'));
        self::forgetStatics();
        self::assertSame(FakeEngine::KEY, Settings::key());
    }

    public function test_a_key_file_outside_the_web_root_serves_instead(): void
    {
        $file = HARNESS_VAR . '/key-file';
        file_put_contents($file, "hbk_from_a_file\n");
        Capsule::table('tbladdonmodules')->where('setting', 'key_file')->update(['value' => $file]);
        self::forgetStatics();
        self::assertSame('hbk_from_a_file', Settings::key());
        unlink($file);
        self::assertSame('', Settings::key());
    }

    public function test_deactivation_and_activation_lose_nothing(): void
    {
        Settings::key();
        Capsule::table('mod_virtfusion_direct')->insert(['service_id' => 501, 'server_id' => 70]);
        require_once ROOTDIR . '/modules/addons/hostler/hostler.php';
        Harness\Addons::deactivate('hostler');
        self::assertSame(0, Capsule::table('tbladdonmodules')->where('module', 'hostler')->count());
        self::forgetStatics();
        $activated = Harness\Addons::activate('hostler');
        self::assertSame('success', $activated['status']);
        self::assertSame('main', Settings::installation());
        self::assertSame(FakeEngine::KEY, Settings::key());
        self::assertSame(['http://hostler', substr($this->engine->socket(), 5)], Settings::endpoint());
        self::assertSame(70, (int) Capsule::table('mod_virtfusion_direct')->where('service_id', 501)->value('server_id'));
    }

    public function test_activation_sends_the_adoption_batch_as_system(): void
    {
        Schema::ensure();
        Capsule::table('mod_virtfusion_direct')->insert(['service_id' => 502, 'server_id' => 71]);
        require_once ROOTDIR . '/modules/addons/hostler/hostler.php';
        self::assertSame('success', hostler_activate()['status']);
        $batch = $this->engine->requests('event')[0]->body;
        self::assertSame('adoption', $batch->kind);
        self::assertSame('system', $batch->context->actor);
        self::assertSame([501, 502], array_column($batch->body->items, 'service'));
        self::assertSame([null, 71], array_column($batch->body->items, 'mapped_id'));
        self::assertTrue($batch->body->last);
    }

    public function test_vf_263_the_table_is_made_and_an_old_one_gets_server_object(): void
    {
        Schema::migrate();
        foreach (['service_id', 'server_id', 'created_at', 'updated_at', 'server_object'] as $column) {
            self::assertTrue(Capsule::schema()->hasColumn('mod_virtfusion_direct', $column), $column);
        }
        $made = Capsule::connection()->selectOne('SHOW CREATE TABLE mod_virtfusion_direct')->{'Create Table'};
        Schema::migrate();
        self::assertSame($made, Capsule::connection()->selectOne('SHOW CREATE TABLE mod_virtfusion_direct')->{'Create Table'});

        Capsule::schema()->drop('mod_virtfusion_direct');
        Capsule::connection()->statement('CREATE TABLE mod_virtfusion_direct (service_id bigint unsigned NULL, server_id bigint unsigned NULL, created_at timestamp NULL, updated_at timestamp NULL, KEY (service_id))');
        Capsule::table('mod_virtfusion_direct')->insert(['service_id' => 501, 'server_id' => 70]);
        Schema::migrate();
        $row = Capsule::table('mod_virtfusion_direct')->first();
        self::assertSame([501, 70, null, 2], [(int) $row->service_id, (int) $row->server_id, $row->server_object, (int) $row->panel_id]);
    }

    public function test_vf_264_a_service_and_a_machine_of_a_panel_are_mapped_once(): void
    {
        Schema::migrate();
        $table = Capsule::table('mod_virtfusion_direct');
        $table->insert(['service_id' => 501, 'server_id' => 70, 'panel_id' => 2]);
        $table->insert(['service_id' => 502, 'server_id' => 70, 'panel_id' => 3]);
        foreach ([['service_id' => 501, 'server_id' => 71, 'panel_id' => 2], ['service_id' => 503, 'server_id' => 70, 'panel_id' => 2]] as $second) {
            try {
                $table->insert($second);
                self::fail('a second mapping was stored');
            } catch (Illuminate\Database\QueryException $e) {
                self::assertStringContainsString('Duplicate', $e->getMessage());
            }
        }
    }

    public function test_an_old_table_that_contradicts_itself_is_kept_and_named(): void
    {
        Schema::migrate();
        Capsule::schema()->drop('mod_virtfusion_direct');
        Capsule::connection()->statement('CREATE TABLE mod_virtfusion_direct (service_id bigint unsigned NULL, server_id bigint unsigned NULL, created_at timestamp NULL, updated_at timestamp NULL)');
        Capsule::table('mod_virtfusion_direct')->insert([['service_id' => 501, 'server_id' => 70], ['service_id' => 502, 'server_id' => 70], ['service_id' => 502, 'server_id' => 71]]);
        Schema::migrate();
        self::assertSame(['services' => [502], 'machines' => [70]], array_map(static fn ($ids) => array_map('intval', $ids), Schema::conflicts()));
        self::assertSame(3, Capsule::table('mod_virtfusion_direct')->count());
        self::assertSame([501, 502], array_column(WHMCS\Module\Addon\Hostler\Rows::pageAfter(0), 'service'), 'a service mapped twice is one row of a snapshot');
    }
}
