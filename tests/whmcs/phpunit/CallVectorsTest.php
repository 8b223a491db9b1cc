<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Calls;

/** Section 6: what WHMCS gives becomes exactly the vectors' request, and the engine's answer what the function returns. */
final class CallVectorsTest extends BridgeTestCase
{
    private const MAPPING = ROOTDIR . '/modules/servers/VirtFusionDirect/config/ConfigOptionMapping.php';

    protected function tearDown(): void
    {
        @unlink(self::MAPPING);
    }

    /** @return iterable<string,array{0:int}> */
    public function names(): iterable
    {
        foreach (self::vectors('calls')['vectors'] as $i => $v) {
            yield $v['name'] => [$i];
        }
    }

    /** @dataProvider names */
    public function test_request_and_return(int $i): void
    {
        $v = self::vectors('calls')['vectors'][$i];
        $exact = self::exact('calls')->vectors[$i];
        $environment = $v['environment'];
        if ($environment['mapped_id'] !== null) {
            WHMCS\Module\Addon\Hostler\Schema::ensure();
            Capsule::table('mod_virtfusion_direct')->insert(['service_id' => 501, 'server_id' => $environment['mapped_id']]);
        }
        if ($environment['option_mapping'] !== []) {
            file_put_contents(self::MAPPING, '<?php return ' . var_export($environment['option_mapping'], true) . ';');
        }
        if ($environment['modulefields'] !== null) {
            $_REQUEST['modulefields'] = $environment['modulefields'];
        }
        if ($environment['applying'] !== null) {
            $applying = new ReflectionProperty(WHMCS\Module\Addon\Hostler\Effects::class, 'applying');
            $applying->setAccessible(true);
            $applying->setValue(null, ['rerun' => $environment['applying']]);
        }
        Capsule::table('tbladdonmodules')->where('setting', 'wait')->update(['value' => '20']);
        self::forgetSettings();
        $this->engine->answers('call', $v['answer']);

        $returned = ($v['request']['module'] . '_' . $v['function'])($v['given']);

        $requests = $this->engine->requests('call');
        self::assertCount(1, $requests);
        self::assertTrue($requests[0]->good, 'the request was signed');
        $sent = $requests[0]->body;
        self::assertContext($sent->context);
        unset($sent->context, $exact->request->context);
        self::assertSame(self::sorted($exact->request), self::sorted($sent));
        if (isset($v['returns']['templateVariables']['systemURL'])) {
            $v['returns']['templateVariables']['systemURL'] = $returned['templateVariables']['systemURL'];
            self::assertStringEndsWith('/', $returned['templateVariables']['systemURL']);
        }
        self::assertSame($v['returns'], $returned);
        self::assertStringNotContainsString('not-to-be-sent', json_encode($sent));
    }

    private static function forgetSettings(): void
    {
        WHMCS\Module\Addon\Hostler\Settings::forget();
    }

    /** One text per value, so that an empty object and an empty array differ. */
    private static function sorted($value): string
    {
        $sort = static function ($v) use (&$sort) {
            if (is_object($v)) {
                $v = (array) $v;
                ksort($v);

                return (object) array_map($sort, $v);
            }

            return is_array($v) ? array_map($sort, $v) : $v;
        };

        return json_encode($sort($value), JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES);
    }

    public function test_every_function_of_the_module_has_a_vector(): void
    {
        $functions = array_unique(array_column(self::vectors('calls')['vectors'], 'function'));
        $static = ['MetaData', 'ConfigOptions', 'AdminCustomButtonArray'];
        foreach (get_defined_functions()['user'] as $function) {
            if (strpos($function, 'virtfusiondirect_') === 0) {
                $names = array_map('strtolower', array_merge($functions, $static));
                self::assertContains(substr($function, 17), $names);
            }
        }
        self::assertCount(13, $functions);
    }

    public function test_vf_266_the_operators_option_mapping_is_read_and_never_written(): void
    {
        file_put_contents(self::MAPPING, "<?php return ['memory' => 'RAM', 'broken' => ['x']];");
        $before = hash_file('sha256', self::MAPPING);
        $given = self::vectors('calls')['vectors'][3]['given'];
        Calls::text('VirtFusionDirect', 'CreateAccount', $given);
        self::assertSame(['memory' => 'RAM'], (array) $this->engine->requests('call')[0]->body->params->option_mapping);
        self::assertSame($before, hash_file('sha256', self::MAPPING));
        // An upgrade copies the module's files over the installed ones: the operator's file is not among them.
        self::assertFileDoesNotExist(getenv('HOSTLER_WHMCS_SOURCE') . '/modules/servers/VirtFusionDirect/config/ConfigOptionMapping.php');
        self::assertFileExists(getenv('HOSTLER_WHMCS_SOURCE') . '/modules/servers/VirtFusionDirect/config/ConfigOptionMapping-example.php');
    }
}
