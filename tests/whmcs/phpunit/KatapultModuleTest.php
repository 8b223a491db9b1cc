<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Context;

/** The functions of the module katapult: section 12 of the protocol, and what WHMCS gets back. */
final class KatapultModuleTest extends KatapultTestCase
{
    private const SERVICE_BLOCK = ['serviceid', 'userid', 'pid', 'serverid', 'orderid', 'domain', 'configoption1', 'configoptions', 'option_mapping', 'customfields', 'clientsdetails', 'mapped_id', 'mapped_build'];
    private const REPLAY = 'Replay detected, please click the button again. You may need to refresh the page first.';

    protected function tearDown(): void
    {
        unset($_SERVER['REQUEST_METHOD']);
    }

    private function params(): array
    {
        return (array) $this->asked()->params;
    }

    public function test_kt_001_metadata_names_katapult_and_its_console(): void
    {
        $meta = katapult_MetaData();
        self::assertSame(['Katapult', 'Open Console', true], [$meta['DisplayName'], $meta['ServiceSingleSignOnLabel'], $meta['RequiresServer']]);
        $options = katapult_ConfigOptions();
        self::assertSame(['Package'], array_keys($options), 'one setting, at the first position');
        self::assertSame(['text', '25', true], [$options['Package']['Type'], (string) $options['Package']['Size'], $options['Package']['SimpleMode']]);
        self::assertSame([], $this->engine->requests());
    }

    public function test_kt_076_four_power_functions_with_labels_and_order_for_admins_and_clients(): void
    {
        $four = [['Start VM', 'StartVm'], ['Shutdown VM', 'ShutdownVm'], ['Stop VM', 'StopVm'], ['Reset VM', 'ResetVm']];
        foreach ([katapult_AdminCustomButtonArray(), katapult_ClientAreaCustomButtonArray()] as $buttons) {
            self::assertSame($four, array_map(null, array_keys($buttons), array_values($buttons)));
        }
        foreach ($four as [, $function]) {
            self::assertTrue(function_exists("katapult_$function"));
        }
    }

    /** @return iterable<string,array{0:string,1:int,2:string[]}> function, budget, further params */
    public function functions(): iterable
    {
        yield 'CreateAccount' => ['CreateAccount', 4000, []];
        yield 'ChangePackage' => ['ChangePackage', 4000, []];
        yield 'SuspendAccount' => ['SuspendAccount', 6000, ['suspendreason']];
        yield 'UnsuspendAccount' => ['UnsuspendAccount', 6000, []];
        yield 'TerminateAccount' => ['TerminateAccount', 6000, []];
        foreach (['StartVm', 'ShutdownVm', 'StopVm', 'ResetVm'] as $power) {
            yield $power => [$power, 8000, ['token']];
        }
        yield 'ServiceSingleSignOn' => ['ServiceSingleSignOn', 8000, []];
        yield 'AdminServicesTabFields' => ['AdminServicesTabFields', 1500, []];
        yield 'AdminServicesTabFieldsSave' => ['AdminServicesTabFieldsSave', 6000, ['modulefields']];
        yield 'ClientArea' => ['ClientArea', 1500, []];
    }

    /** @dataProvider functions */
    public function test_each_function_sends_exactly_what_the_protocol_lists(string $function, int $budget, array $further): void
    {
        ("katapult_$function")($this->given());
        $sent = $this->asked();
        self::assertSame(['module', 'function', 'params', 'domainstatus', 'applying', 'budget_ms', 'context'], array_keys((array) $sent));
        self::assertSame(['katapult', $function, 'Active', null, $budget], [$sent->module, $sent->function, $sent->domainstatus, $sent->applying, $sent->budget_ms]);
        self::assertSame(array_merge(self::SERVICE_BLOCK, $further), array_keys((array) $sent->params));
        self::assertContext($sent->context);
        self::assertSame([601, 1, 4, 'vm601.example.test', 'rock-3', null, null], [$sent->params->serviceid, $sent->params->userid, $sent->params->pid, $sent->params->domain, $sent->params->configoption1, $sent->params->mapped_id, $sent->params->mapped_build]);
        self::assertStringNotContainsString('kept-by-whmcs', json_encode($sent));
    }

    public function test_no_other_function_of_the_module_reaches_the_engine(): void
    {
        $known = array_merge(array_keys(iterator_to_array($this->functions())), ['TestConnection', 'MetaData', 'ConfigOptions', 'AdminCustomButtonArray', 'ClientAreaCustomButtonArray']);
        foreach (get_defined_functions()['user'] as $function) {
            if (strpos($function, 'katapult_') === 0 && substr($function, -6) !== 'loader') {
                self::assertContains(substr($function, 9), array_map('strtolower', $known));
            }
        }
    }

    public function test_test_connection_brings_the_server_record_and_no_service(): void
    {
        $this->engine->answers('call', ['result' => 'success', 'effects' => []], ['result' => 'HTTP 403: Forbidden', 'effects' => []]);
        $given = ['serverid' => 5, 'serverhostname' => 'api.katapult.io', 'serverusername' => 'org_AbC', 'serverpassword' => 's3cret', 'serveraccesshash' => 'x'];
        self::assertSame(['success' => true, 'error' => ''], katapult_TestConnection($given));
        self::assertSame(['serverid' => 5, 'serverhostname' => 'api.katapult.io', 'serverusername' => 'org_AbC', 'serverpassword' => 's3cret'], $this->params());
        self::assertSame(['success' => false, 'error' => 'HTTP 403: Forbidden'], katapult_TestConnection($given));
    }

    public function test_kt_044_a_create_that_the_platform_took_makes_the_service_active(): void
    {
        Capsule::table('tblhosting')->where('id', 601)->update(['domainstatus' => 'Pending']);
        $this->engine->answers('call', ['result' => 'success', 'effects' => [self::made('log_activity', ['message' => '[Service ID: 601]: Started VM build: vmbuild_AbC', 'client' => 1])]]);
        self::assertSame('success', Harness\ModuleRunner::service(601, 'CreateAccount'));
        self::assertSame('Active', $this->service(601)->domainstatus);
        self::assertSame('Pending', $this->asked()->domainstatus);
        self::assertContains('[Service ID: 601]: Started VM build: vmbuild_AbC', self::log());
    }

    public function test_kt_044_a_create_that_goes_on_leaves_the_service_pending(): void
    {
        Capsule::table('tblhosting')->where('id', 601)->update(['domainstatus' => 'Pending']);
        $this->engine->answers('call', ['result' => 'Create Account: The VM build is queued with Katapult', 'effects' => []]);
        self::assertSame('Create Account: The VM build is queued with Katapult', Harness\ModuleRunner::service(601, 'CreateAccount'));
        self::assertSame('Pending', $this->service(601)->domainstatus);
    }

    public function test_kt_074_shutdown_is_asked_for_and_logged(): void
    {
        $this->presses('ShutdownVm', 'VM shutdown');
    }

    public function test_kt_075_reset_is_asked_for_and_logged(): void
    {
        $this->presses('ResetVm', 'VM reset');
    }

    private function presses(string $function, string $line): void
    {
        $this->engine->answers('call', ['result' => 'success', 'effects' => [self::made('log_activity', ['message' => "[Service ID: 601]: $line", 'client' => 1])]]);
        self::assertSame('success', Harness\ModuleRunner::service(601, $function));
        self::assertSame($function, $this->asked()->function);
        self::assertContains("[Service ID: 601]: $line", self::log());
        self::assertSame('applied', $this->engine->requests('effects/ack')[0]->body->acks[0]->outcome);
    }

    /** In the request of a client who is logged in, as WHMCS calls a button of the sidebar. */
    private function asClient(string $method, array $fields): void
    {
        $_SESSION['harness_user_id'] = 101;
        $_SESSION['uid'] = 1;
        $_SERVER['REQUEST_METHOD'] = $method;
        $method === 'POST' ? $_POST = $fields : $_GET = $fields;
        $_REQUEST = $fields;
        self::forgetStatics();
    }

    public function test_kt_094_kt_096_what_a_client_brought_is_passed_on_and_the_engines_refusal_shown(): void
    {
        $this->engine->answers('call', ['result' => self::REPLAY, 'effects' => []]);
        foreach (['', 'made-up'] as $token) {
            $this->asClient('POST', ['hostler_once' => $token]);
            self::assertSame(self::REPLAY, katapult_StartVm($this->given()));
            self::assertSame(['client', $token], [$this->asked()->context->actor, $this->asked()->params->token]);
        }
        $this->asClient('POST', ['hostler_once' => ['x']]);
        katapult_StartVm($this->given());
        self::assertSame('', $this->asked()->params->token);
    }

    public function test_kt_095_kt_097_tokens_of_several_tabs_pass_unchanged_and_nothing_is_kept_of_them(): void
    {
        foreach (['1.tab-a', '1.tab-b', '1.tab-a'] as $token) {
            $this->asClient('POST', ['hostler_once' => $token]);
            $before = $_SESSION;
            katapult_StopVm($this->given());
            self::assertSame($token, $this->asked()->params->token);
            self::assertSame($before, $_SESSION, 'which one is spent is the engine\'s to know');
        }
    }

    public function test_kt_098_administrators_and_the_cron_bring_no_token(): void
    {
        katapult_ResetVm($this->given());
        self::assertSame(['cron', ''], [$this->asked()->context->actor, $this->asked()->params->token]);
        $_SESSION['adminid'] = 1;
        self::forgetStatics();
        self::assertSame('success', katapult_ResetVm($this->given()));
        self::assertSame(['admin', ''], [$this->asked()->context->actor, $this->asked()->params->token]);
    }

    public function test_kt_082_kt_099_what_whmcs_does_by_itself_has_no_token_whoevers_request_it_is(): void
    {
        foreach (['cron', 'client'] as $actor) {
            foreach (['CreateAccount', 'SuspendAccount', 'UnsuspendAccount', 'TerminateAccount', 'ChangePackage'] as $function) {
                if ($actor === 'client') {
                    $this->asClient('POST', ['hostler_once' => '1.of-another-form']);
                }
                self::assertSame('success', ("katapult_$function")($this->given()));
                self::assertSame($actor, $this->asked()->context->actor);
                self::assertArrayNotHasKey('token', (array) $this->asked()->params);
                self::assertStringNotContainsString('of-another-form', json_encode($this->asked()));
            }
        }
    }

    public function test_kt_101_a_bookmarked_link_carries_no_token_even_when_one_stands_in_it(): void
    {
        $this->engine->answers('call', ['result' => self::REPLAY, 'effects' => []]);
        foreach ([1, 2] as $time) {
            $this->asClient('GET', ['hostler_once' => '1.from-a-bookmark', 'knrp' => 'x', 'modop' => 'custom', 'a' => 'ShutdownVm']);
            self::assertSame(self::REPLAY, katapult_ShutdownVm($this->given()), "time $time");
            self::assertSame('', $this->asked()->params->token);
        }
    }

    public function test_console_answers_in_the_shape_of_single_sign_on(): void
    {
        $this->engine->answers('call', ['result' => 'success', 'data' => ['redirect_to' => 'https://console.katapult.io/x'], 'effects' => []], ['result' => 'Module command: The VM is not running', 'effects' => []], ['result' => 'success', 'effects' => []]);
        self::assertSame(['success' => true, 'redirectTo' => 'https://console.katapult.io/x'], katapult_ServiceSingleSignOn($this->given()));
        self::assertSame(['success' => false, 'errorMsg' => 'Module command: The VM is not running'], katapult_ServiceSingleSignOn($this->given()));
        self::assertFalse(katapult_ServiceSingleSignOn($this->given())['success'], 'no address is no success');
    }

    public function test_without_the_engine_clients_read_a_sentence_of_their_own_and_nothing_breaks(): void
    {
        self::connect('unix:' . HARNESS_VAR . '/no-such.sock');
        $sentence = WHMCS\Module\Addon\Hostler\EngineError::forClients();
        self::assertStringContainsString('provisioning engine', katapult_StartVm($this->given()));
        self::assertSame(['success' => false, 'errorMsg' => $sentence], katapult_ServiceSingleSignOn($this->given()));
        self::assertSame(['Hostler'], array_keys(katapult_AdminServicesTabFields($this->given())));
        self::assertSame($sentence, katapult_ClientArea($this->given())['vars']['hostlerMessage']);
        $this->asClient('POST', []);
        self::assertSame($sentence, katapult_StartVm($this->given()));
    }

    public function test_the_options_are_found_by_the_ids_that_are_remembered(): void
    {
        self::store(['module_setting', 0, 'vm_config_option_datacenter_id', 31], ['module_setting', 0, 'vm_config_option_disk_template_id', 32], ['module_setting', 0, 'vm_config_option_custom_disk_size_id', 99]);
        Capsule::table('tblproductconfigoptions')->insert([['id' => 31, 'gid' => 1, 'optionname' => 'Region|Where', 'optiontype' => '1'], ['id' => 32, 'gid' => 1, 'optionname' => 'Disk Template', 'optiontype' => '1']]);
        katapult_CreateAccount($this->given());
        self::assertSame(['data_center' => 'Region'], (array) $this->params()['option_mapping']);
        WHMCS\Module\Addon\Hostler\Settings::remember('option.katapult.disk_template', '33');
        Capsule::table('tblproductconfigoptions')->insert(['id' => 33, 'gid' => 1, 'optionname' => 'System', 'optiontype' => '1']);
        katapult_CreateAccount($this->given());
        self::assertSame(['data_center' => 'Region', 'disk_template' => 'System'], (array) $this->params()['option_mapping'], 'what this module remembers comes first');
    }

    public function test_choices_are_sent_by_the_options_present_names(): void
    {
        katapult_CreateAccount($this->given(601, ['configoptions' => ['Region' => 'uk-lon-01', 'Disk Template' => 'templates/ubuntu-22-04', 'Custom Disk Size (GB)' => 40]]));
        self::assertSame(['Region' => 'uk-lon-01', 'Disk Template' => 'templates/ubuntu-22-04', 'Custom Disk Size (GB)' => '40'], (array) $this->params()['configoptions']);
    }

    public function test_context_of_an_administrator_is_not_changed_by_what_ran_in_the_systems_name(): void
    {
        $_SESSION['adminid'] = 1;
        $inside = Context::during('system', static fn () => Context::now());
        self::assertSame(['system', null, null, null], [$inside['actor'], $inside['client_id'], $inside['user_id'], $inside['session']]);
        self::assertSame('admin', Context::now()['actor']);
    }
}
