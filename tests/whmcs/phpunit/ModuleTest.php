<?php

use WHMCS\Database\Capsule;

/** The parts of the server module that WHMCS reads without asking the engine, and what happens without an engine. */
final class ModuleTest extends BridgeTestCase
{
    public function test_vf_001_metadata_returns_the_five_values(): void
    {
        self::assertSame([
            'DisplayName' => 'VirtFusion Direct Provisioning', 'APIVersion' => '1.1', 'RequiresServer' => true,
            'ServiceSingleSignOnLabel' => 'Login to Control Panel', 'AdminSingleSignOnLabel' => false,
        ], VirtFusionDirect_MetaData());
    }

    public function test_vf_002_seven_settings_at_their_positions(): void
    {
        $options = VirtFusionDirect_ConfigOptions();
        self::assertSame(['defaultHypervisorGroupId', 'packageID', 'defaultIPv4', 'selfServiceMode', 'autoTopOffThreshold', 'autoTopOffAmount', 'stockSafetyBufferPct'], array_keys($options));
        self::assertSame(['text', 'text', 'dropdown', 'dropdown', 'text', 'text', 'text'], array_column($options, 'Type'));
        self::assertSame(['1', '1', '1', '0', '0', '100', '10'], array_column($options, 'Default'));
        self::assertSame(['20', '20', '10', '10', '5'], array_column($options, 'Size'));
        self::assertSame('0,1,2,3,4,5,6,7,8,9,10', $options['defaultIPv4']['Options']);
        self::assertSame('0|Disabled,1|Hourly,2|Resource Packs,3|Both', $options['selfServiceMode']['Options']);
        self::assertSame([], $this->engine->requests());
    }

    public function test_vf_004_exactly_two_admin_buttons(): void
    {
        self::assertSame(['Update Server Object' => 'updateServerObject', 'Validate Server Config' => 'validateServerConfig'], VirtFusionDirect_AdminCustomButtonArray());
        self::assertFalse(function_exists('VirtFusionDirect_ClientAreaCustomButtonArray'));
    }

    public function test_vf_073_client_area_has_five_variables_and_an_error_template(): void
    {
        $given = self::vectors('calls')['vectors'][3]['given'];
        $area = VirtFusionDirect_ClientArea($given);
        self::assertSame('templates/overview.tpl', $area['tabOverviewReplacementTemplate']);
        foreach (['systemURL', 'serviceStatus', 'serverHostname', 'selfServiceMode', 'rdnsEnabled'] as $variable) {
            self::assertArrayHasKey($variable, $area['templateVariables']);
        }
        $broken = VirtFusionDirect_ClientArea(['serviceid' => 501]);
        self::assertSame('templates/error.tpl', $broken['tabOverviewReplacementTemplate']);
        foreach (['overview', 'error'] as $template) {
            self::assertFileExists(ROOTDIR . "/modules/servers/VirtFusionDirect/templates/$template.tpl");
        }
    }

    /** @return array<string,int|string> the five columns of a service's usage */
    private function usage(int $service): array
    {
        $row = $this->service($service);

        return ['diskusage' => (int) $row->diskusage, 'disklimit' => (int) $row->disklimit, 'bwusage' => (int) $row->bwusage, 'bwlimit' => (int) $row->bwlimit, 'lastupdate' => (string) $row->lastupdate];
    }

    public function test_vf_083_usage_update_writes_exactly_its_five_columns(): void
    {
        Capsule::table('tblhosting')->where('id', 501)->update(['domainstatus' => 'Active', 'diskusage' => 7, 'bwusage' => 8, 'bwlimit' => 9]);
        $before = (array) $this->service(501);
        $this->engine->answers('call', ['result' => 'success', 'data' => ['services' => [['service' => 501, 'disklimit' => 81920, 'bwusage' => 1763, 'bwlimit' => 0, 'password' => 'x']], 'next' => null], 'effects' => []]);
        self::assertSame('success', VirtFusionDirect_UsageUpdate(['serverid' => 2]));
        $after = (array) $this->service(501);
        $usage = $this->usage(501);
        self::assertSame(date('Y-m-d'), substr($usage['lastupdate'], 0, 10));
        unset($usage['lastupdate']);
        self::assertSame(['diskusage' => 7, 'disklimit' => 81920, 'bwusage' => 1763, 'bwlimit' => 0], $usage);
        $changed = array_keys(array_filter($after, static fn ($value, $column) => $value != $before[$column], ARRAY_FILTER_USE_BOTH));
        sort($changed);
        self::assertSame(['bwlimit', 'bwusage', 'disklimit', 'lastupdate'], $changed);
    }

    public function test_vf_076_vf_077_usage_is_written_page_by_page_to_active_services_of_the_server_only(): void
    {
        Capsule::table('tblhosting')->whereIn('id', [501, 503])->update(['domainstatus' => 'Active']);
        $row = static fn (int $service, $disk = 5) => ['service' => $service, 'diskusage' => $disk];
        $untouched = [$this->usage(502), $this->usage(503)];
        $this->engine->answers(
            'call',
            // The second row cannot be written; the third stands behind another server.
            ['result' => 'success', 'data' => ['services' => [$row(502), $row(501, 'much'), $row(503)], 'next' => 503], 'effects' => []],
            ['result' => 'success', 'data' => ['services' => [$row(501, 6)], 'next' => null], 'effects' => []]
        );
        self::assertSame('success', VirtFusionDirect_UsageUpdate(['serverid' => 2]));
        self::assertSame($untouched, [$this->usage(502), $this->usage(503)]);
        self::assertSame(6, $this->usage(501)['diskusage']);
        self::assertSame([0, 503], array_map(static fn ($request) => $request->body->params->after, $this->engine->requests('call')));
    }

    public function test_usage_update_without_an_engine_says_so_and_changes_nothing(): void
    {
        Capsule::table('tblhosting')->where('id', 501)->update(['domainstatus' => 'Active']);
        $before = $this->usage(501);
        $this->engine->answers('call', ['result' => 'No platform stands behind this server.', 'effects' => []]);
        self::assertSame('No platform stands behind this server.', VirtFusionDirect_UsageUpdate(['serverid' => 9]));
        self::assertSame($before, $this->usage(501));
    }

    public function test_self_service_mode_of_the_page_is_read_by_its_leading_number(): void
    {
        $given = self::vectors('calls')['vectors'][3]['given'];
        foreach (['1|Hourly' => 1, '1' => 1, '3|Both' => 3, '' => 0] as $stored => $mode) {
            $area = VirtFusionDirect_ClientArea(array_replace($given, ['configoption4' => (string) $stored]));
            self::assertSame($mode, $area['templateVariables']['selfServiceMode']);
        }
    }

    public function test_every_file_refuses_to_be_opened_by_itself(): void
    {
        $entries = ['client.php', 'admin.php', 'nudge.php', 'index.php'];
        $files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator(getenv('HOSTLER_WHMCS_SOURCE'), FilesystemIterator::SKIP_DOTS));
        $guarded = 0;
        foreach ($files as $file) {
            if ($file->getExtension() === 'php' && !in_array($file->getFilename(), $entries, true)) {
                self::assertMatchesRegularExpression("/^(defined\\('WHMCS'\\) \\|\\| |if \\(!defined\\('WHMCS'\\)\\) \\{\n    )die\\(/m", (string) file_get_contents((string) $file), (string) $file);
                ++$guarded;
            }
        }
        self::assertGreaterThan(20, $guarded);
    }

    public function test_php_stays_thin(): void
    {
        $lines = 0;
        $files = new RecursiveIteratorIterator(new RecursiveDirectoryIterator(getenv('HOSTLER_WHMCS_SOURCE'), FilesystemIterator::SKIP_DOTS));
        foreach ($files as $file) {
            if (in_array($file->getExtension(), ['php', 'tpl'], true)) {
                $code = $file->getExtension() === 'php' ? php_strip_whitespace_lines((string) $file) : array_filter(array_map('trim', file((string) $file)));
                $lines += count($code);
            }
        }
        self::assertLessThanOrEqual(2500, $lines);
    }

    /** @return iterable<string,array{0:array,1:string}> */
    public function silences(): iterable
    {
        yield 'a reset connection' => [['mode' => 'reset'], 'not reachable'];
        yield 'an unsigned answer' => [['mode' => 'unsigned', 'body' => ['result' => 'success']], 'not reachable'];
        yield 'an answer to another request' => [['mode' => 'foreign-nonce', 'body' => ['result' => 'success']], 'not reachable'];
        yield 'an answer of long ago' => [['mode' => 'late', 'body' => ['result' => 'success']], 'not reachable'];
        yield 'an error of the engine' => [['status' => 503, 'body' => ['error' => ['code' => 'unavailable', 'message' => 'The engine is starting.']]], 'The engine is starting.'];
        yield 'another protocol' => [['status' => 400, 'body' => ['error' => ['code' => 'unsupported_protocol', 'message' => 'The module speaks protocol 1, the engine 3. Upgrade the module.']]], 'Upgrade the module'];
    }

    /** @dataProvider silences */
    public function test_an_answer_that_is_not_the_engines_is_one_plain_sentence(array $answer, string $part): void
    {
        $this->engine->answers('call', $answer);
        $result = VirtFusionDirect_CreateAccount(self::vectors('calls')['vectors'][3]['given']);
        self::assertStringContainsString($part, $result);
        self::assertStringNotContainsString("\n", $result);
    }

    public function test_a_wrong_key_is_not_believed_and_not_shown(): void
    {
        self::connect($this->engine->socket(), 'hbk_wrong');
        $result = VirtFusionDirect_CreateAccount(self::vectors('calls')['vectors'][3]['given']);
        self::assertStringContainsString('not reachable', $result);
        self::assertStringNotContainsString('hbk_wrong', $result);
        self::assertFalse($this->engine->requests('call')[0]->good);
    }

    public function test_a_stopped_engine_is_one_plain_sentence_at_once(): void
    {
        self::connect('unix:' . HARNESS_VAR . '/no-such.sock');
        $given = self::vectors('calls')['vectors'][3]['given'];
        $begin = microtime(true);
        self::assertSame('The provisioning engine is not reachable. Nothing was changed; please try again in a few minutes.', VirtFusionDirect_CreateAccount($given));
        self::assertSame(['success' => false, 'errorMsg' => 'The server control is not reachable right now. Please try again in a few minutes.'], VirtFusionDirect_ServiceSingleSignOn($given));
        self::assertArrayHasKey('Hostler', VirtFusionDirect_AdminServicesTabFields($given));
        self::assertSame('The server control is not reachable right now. Please try again in a few minutes.', VirtFusionDirect_ClientArea($given)['templateVariables']['hostlerMessage']);
        self::assertFalse(VirtFusionDirect_TestConnection($given)['success']);
        self::assertLessThan(1.5, microtime(true) - $begin);
    }

    public function test_the_loopback_address_serves_as_the_socket_does(): void
    {
        self::connect($this->engine->address());
        self::assertSame('success', VirtFusionDirect_SuspendAccount(self::vectors('calls')['vectors'][3]['given']));
    }

    public function test_without_a_key_the_sentence_says_what_to_do(): void
    {
        self::connect($this->engine->socket(), '');
        self::assertStringContainsString('enter the engine\'s key', VirtFusionDirect_CreateAccount(self::vectors('calls')['vectors'][3]['given']));
        self::assertSame([], $this->engine->requests());
    }
}

/** @return string[] the lines of a PHP file that are neither blank nor comment */
function php_strip_whitespace_lines(string $file): array
{
    $code = '';
    foreach (token_get_all((string) file_get_contents($file)) as $token) {
        if (is_array($token) && in_array($token[0], [T_COMMENT, T_DOC_COMMENT], true)) {
            $code .= str_repeat("\n", substr_count($token[1], "\n"));
        } else {
            $code .= is_array($token) ? $token[1] : $token;
        }
    }

    return array_filter(array_map('trim', explode("\n", $code)), 'strlen');
}
