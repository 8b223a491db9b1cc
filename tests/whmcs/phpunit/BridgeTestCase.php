<?php

use PHPUnit\Framework\TestCase;
use WHMCS\Database\Capsule;

/** A fresh WHMCS database with one order of two servers, connected to the fake engine. */
abstract class BridgeTestCase extends TestCase
{
    protected FakeEngine $engine;

    /** What the golden vectors' context has besides the principal. */
    protected const CONTEXT = ['protocol', 'module_version', 'whmcs_version', 'actor', 'client_id', 'user_id', 'permissions', 'admin_id', 'admin_role', 'session', 'ip', 'language', 'system_url', 'correlation'];

    protected function setUp(): void
    {
        $this->engine = FakeEngine::running();
        $this->engine->reset();
        $_SESSION = $_POST = $_GET = $_REQUEST = [];
        self::database();
        self::forgetStatics();
        self::connect($this->engine->socket());
    }

    protected static function connect(string $address, string $key = FakeEngine::KEY): void
    {
        foreach (['address' => $address, 'installation' => 'main', 'key' => $key, 'key_file' => '', 'wait' => '1'] as $setting => $value) {
            Capsule::table('tbladdonmodules')->updateOrInsert(['module' => 'hostler', 'setting' => $setting], ['value' => $value]);
        }
        self::forgetStatics();
    }

    /** As a new PHP request: what the module's classes keep in static properties is gone. */
    protected static function forgetStatics(): void
    {
        foreach (glob(ROOTDIR . '/modules/addons/hostler/lib/*.php') as $file) {
            if (in_array(basename($file), ['load.php', 'index.php'], true)) {
                continue;
            }
            $class = new ReflectionClass('WHMCS\\Module\\Addon\\Hostler\\' . basename($file, '.php'));
            $defaults = $class->getDefaultProperties();
            foreach ($class->getProperties(ReflectionProperty::IS_STATIC) as $property) {
                if ($property->getName() !== 'registered') {
                    $property->setAccessible(true);
                    $property->setValue(null, $defaults[$property->getName()] ?? null);
                }
            }
        }
    }

    private static function database(): void
    {
        foreach (['mod_virtfusion_direct', 'mod_hostler_settings', 'mod_hostler_effects', 'mod_hostler_links', 'mod_hostler_events', 'mod_hostler_options'] as $table) {
            Capsule::schema()->dropIfExists($table);
        }
        foreach (['tblservers', 'tblproducts', 'tblhosting', 'tblorders', 'tblcustomfields', 'tblcustomfieldsvalues', 'tbladdonmodules', 'tblemails', 'tblactivitylog', 'tblmodulelog', 'tblmodulequeue', 'tblproductconfiggroups', 'tblproductconfiglinks',
            'tblproductconfigoptions', 'tblproductconfigoptionssub', 'tblpricing', 'tbltodolist', 'tbltickets', 'tblupgrades'] as $table) {
            Capsule::table($table)->truncate();
        }
        Capsule::table('tblservers')->insert(['id' => 2, 'name' => 'Panel', 'hostname' => 'panel.example.test', 'ipaddress' => '192.0.2.1', 'type' => 'VirtFusionDirect', 'password' => encrypt('the-panel-token'), 'secure' => 'on', 'active' => 1]);
        Capsule::table('tblservergroupsrel')->updateOrInsert(['groupid' => 1], ['serverid' => 2]);
        Capsule::table('tblproducts')->insert(['id' => 3, 'type' => 'server', 'gid' => 1, 'name' => 'VPS 4', 'paytype' => 'recurring', 'autosetup' => 'payment', 'servertype' => 'VirtFusionDirect', 'servergroup' => 1, 'stockcontrol' => 1, 'qty' => 12, 'welcomeemail' => 1,
            'configoption1' => '5', 'configoption2' => '12', 'configoption3' => '1', 'configoption4' => '1|Hourly', 'configoption5' => '0', 'configoption6' => '100', 'configoption7' => '10']);
        Capsule::table('tblproducts')->insert(['id' => 8, 'type' => 'hostingaccount', 'gid' => 1, 'name' => 'Web', 'paytype' => 'recurring', 'servertype' => 'otherpanel', 'stockcontrol' => 1, 'qty' => 5]);
        Capsule::table('tblorders')->insert(['id' => 9, 'ordernum' => 1, 'userid' => 1, 'date' => '2026-11-20 08:00:00', 'status' => 'Pending']);
        foreach ([501 => [3, 9, 'web1.example.test'], 502 => [3, 9, 'web2.example.test'], 503 => [8, 0, 'shop.example.test']] as $id => [$product, $order, $domain]) {
            Capsule::table('tblhosting')->insert(['id' => $id, 'userid' => 1, 'orderid' => $order, 'packageid' => $product, 'server' => $product === 3 ? 2 : 0, 'regdate' => '2026-11-20', 'domain' => $domain, 'domainstatus' => 'Pending', 'password' => encrypt('chosen-by-client'), 'nextinvoicedate' => '2026-12-20']);
        }
    }

    protected static function vectors(string $name): array
    {
        return json_decode((string) file_get_contents(getenv('HOSTLER_VECTORS') . "/$name.json"), true, 64, JSON_THROW_ON_ERROR);
    }

    /** The same vectors with objects kept apart from arrays. */
    protected static function exact(string $name): object
    {
        return json_decode((string) file_get_contents(getenv('HOSTLER_VECTORS') . "/$name.json"), false, 64, JSON_THROW_ON_ERROR);
    }

    protected static function assertContext(object $context): void
    {
        self::assertSame(self::CONTEXT, array_keys((array) $context));
        self::assertSame(1, $context->protocol);
        self::assertMatchesRegularExpression('/^[A-Za-z0-9_-]{16,64}$/', $context->correlation);
        self::assertStringEndsWith('/', $context->system_url);
        self::assertIsArray($context->permissions);
    }

    protected function service(int $id): object
    {
        return Capsule::table('tblhosting')->where('id', $id)->first();
    }

    protected function effect(string $kind, array $change = []): array
    {
        foreach (self::vectors('effects')['effects'] as $effect) {
            if ($effect['kind'] === $kind) {
                return array_replace($effect, $change);
            }
        }
        self::fail("no vector for $kind");
    }
}
