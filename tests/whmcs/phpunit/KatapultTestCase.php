<?php

use Illuminate\Database\Schema\Blueprint;
use WHMCS\Database\Capsule;
use WHMCS\Module\Server\Katapult\WHMCS\Service\VirtualMachine;

/** Three services of the module katapult beside those of the other one, as the original module would have left them. */
abstract class KatapultTestCase extends BridgeTestCase
{
    protected const STORE = 'mod_salmon_data_store_items';
    protected const FOLDER = ROOTDIR . '/modules/servers/katapult';

    protected function setUp(): void
    {
        parent::setUp();
        foreach (['told', 'described', 'machines'] as $kept) {
            $property = new ReflectionProperty(VirtualMachine::class, $kept);
            $property->setAccessible(true);
            $property->setValue(null, []);
        }
        Capsule::schema()->dropIfExists(self::STORE);
        Capsule::table('tblproducts')->insert(['id' => 4, 'type' => 'server', 'gid' => 1, 'name' => 'VM Rock', 'paytype' => 'recurring', 'autosetup' => 'payment', 'servertype' => 'katapult', 'servergroup' => 0, 'configoption1' => 'rock-3']);
        foreach ([601 => 1, 602 => 1, 603 => 2] as $id => $client) {
            Capsule::table('tblhosting')->insert(['id' => $id, 'userid' => $client, 'orderid' => 9, 'packageid' => 4, 'server' => 0, 'regdate' => '2026-11-20', 'domain' => "vm$id.example.test", 'domainstatus' => 'Active', 'username' => '', 'password' => encrypt('kept-by-whmcs'), 'nextinvoicedate' => '2026-12-20']);
        }
    }

    protected function given(int $service = 601, array $change = []): array
    {
        return Harness\Params::forService($service, $change);
    }

    /** What the fake engine was asked last. */
    protected function asked(): object
    {
        $calls = $this->engine->requests('call');
        self::assertNotSame([], $calls, 'the engine was called');
        self::assertTrue(end($calls)->good);

        return end($calls)->body;
    }

    /** An effect of the module, as the engine would hand it out. */
    protected static function made(string $kind, array $body, int $service = 601, string $id = 'eff_katapult_1'): array
    {
        $classes = WHMCS\Module\Addon\Hostler\Appliers::CLASSES;

        return ['id' => $id, 'kind' => $kind, 'class' => $classes[$kind], 'module' => 'katapult', 'service' => $service, 'body' => $body];
    }

    protected static function hook(string $name, array $vars = [], string $id = 'eff_katapult_hook'): array
    {
        $vars += ['service' => 601, 'vm_build_id' => 'vmbuild_AbC', 'vm_build_started_at' => 1800000000, 'vm_id' => null, 'vm_state' => 'building', 'hostname' => null, 'ips' => [], 'reason' => ''];

        return self::made('run_hook', ['hook' => $name, 'vars' => $vars], 601, $id);
    }

    /** Applies effects as if a fetch had brought them; answers with id => outcome. */
    protected static function apply(array ...$effects): array
    {
        return array_column(WHMCS\Module\Addon\Hostler\Effects::applyAll($effects), 'outcome', 'id');
    }

    /** @return string[] the activity log, oldest first */
    protected static function log(int $client = 1): array
    {
        return Capsule::table('tblactivitylog')->where('userid', $client)->orderBy('id')->pluck('description')->all();
    }

    /** The original's table, as it makes it. */
    protected static function store(array ...$rows): void
    {
        Capsule::schema()->create(self::STORE, static function (Blueprint $table): void {
            $table->bigIncrements('id');
            $table->string('rel_type')->index();
            $table->unsignedBigInteger('rel_id')->index();
            $table->string('key')->index();
            $table->longText('value');
            $table->string('value_index')->nullable()->index();
            $table->timestamps();
        });
        foreach ($rows as [$type, $id, $key, $value]) {
            $indexed = $type === 'service' && in_array($key, ['vm_id', 'vm_build_id'], true) ? $value : null;
            Capsule::table(self::STORE)->insert(['rel_type' => $type, 'rel_id' => $id, 'key' => $key, 'value' => serialize($value), 'value_index' => $indexed]);
        }
    }

    /** @return array<string,string> "type id key" => stored text, of everything in the original's table */
    protected static function stored(): array
    {
        $stored = [];
        foreach (Capsule::table(self::STORE)->orderBy('id')->get() as $row) {
            $stored["$row->rel_type $row->rel_id $row->key"] = $row->value;
        }

        return $stored;
    }
}
