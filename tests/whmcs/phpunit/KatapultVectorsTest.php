<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Effects;
use WHMCS\Module\Addon\Hostler\Settings;
use WHMCS\Module\Server\Katapult\WHMCS\Service\VirtualMachine;

/** The golden messages of section 12: what WHMCS gives becomes exactly their requests, and their effects are applied. */
final class KatapultVectorsTest extends KatapultTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        Capsule::table('tblproducts')->where('id', 3)->update(['servertype' => 'katapult']);
        Capsule::table('tbladdonmodules')->where('setting', 'wait')->update(['value' => '20']);
        Settings::forget();
    }

    /** @return iterable<string,array{0:int}> */
    public function names(): iterable
    {
        foreach (self::vectors('katapult')['vectors'] as $i => $v) {
            yield $v['name'] => [$i];
        }
    }

    /** @dataProvider names */
    public function test_requests_are_the_vectors(int $i): void
    {
        $vector = self::vectors('katapult')['vectors'][$i];
        $exact = self::exact('katapult')->vectors[$i]->request;
        $params = $vector['request']['params'];
        $this->lay($vector['request'], $params);
        $this->engine->answers('call', $vector['answer']);
        // What listeners do is asked by their object; WHMCS gives it no options and no client.
        $listener = $vector['function'] === 'DescribeVm' || strpos($vector['name'], 'listener') !== false;
        if ($listener) {
            $exact->params->configoptions = $exact->params->customfields = new stdClass();
            $exact->params->clientsdetails = (object) array_fill_keys(array_keys((array) $exact->params->clientsdetails), '');
            $this->listens($vector);
        } else {
            $given = $params + ['status' => $vector['request']['domainstatus'], 'password' => 'not-to-be-sent', 'serverpassword' => 'not-to-be-sent', 'serveraccesshash' => 'not-to-be-sent'];
            unset($given['token']);
            $this->returned($vector, ("katapult_{$vector['function']}")($given));
        }
        $calls = $this->engine->requests('call');
        $sent = end($calls)->body;
        self::assertContext($sent->context);
        unset($sent->context, $exact->context);
        self::assertEquals($exact, $sent);
        self::assertSame(array_keys((array) $exact->params), array_keys((array) $sent->params));
        self::assertStringNotContainsString('not-to-be-sent', json_encode($sent));
    }

    /** WHMCS as the request says it was. */
    private function lay(array $request, array $params): void
    {
        if (isset($params['serviceid'])) {
            Capsule::table('tblhosting')->where('id', 501)->update(['userid' => $params['userid'], 'server' => $params['serverid'], 'domain' => $params['domain'], 'domainstatus' => $request['domainstatus']]);
            Capsule::table('tblproducts')->where('id', 3)->update(['configoption1' => $params['configoption1']]);
        }
        $rows = [];
        foreach (['mapped_id' => 'vm_id', 'mapped_build' => 'vm_build_id'] as $field => $key) {
            if (isset($params[$field])) {
                $rows[] = ['service', 501, $key, $params[$field]];
            }
        }
        if (isset($params['option_mapping']['disk_template'])) {
            $rows[] = ['module_setting', 0, 'vm_config_option_disk_template_id', 32];
            Capsule::table('tblproductconfigoptions')->insert(['id' => 32, 'gid' => 1, 'optionname' => $params['option_mapping']['disk_template'] . '|Operating system', 'optiontype' => '1']);
        }
        self::store(...$rows);
        $_REQUEST['modulefields'] = $params['modulefields'] ?? null;
        if ($request['context']['actor'] === 'client') {
            $_SESSION['harness_user_id'] = 101;
            $_SESSION['uid'] = 1;
        }
        if (($params['token'] ?? '') !== '') {
            $_POST['hostler_once'] = $params['token'];
        }
        self::forgetStatics();
    }

    private function listens(array $vector): void
    {
        $service = VirtualMachine::findOrFail(501);
        $data = $vector['answer']['data'] ?? null;
        if ($data === null) {
            $this->engine->answers('call', ['result' => 'success', 'data' => ['vm' => ['id' => 'vm_1']], 'effects' => []], $vector['answer']);
            $service->vm->reset();

            return;
        }
        self::assertSame([$data['vm_id'], $data['vm_build_id'], $data['vm_state']], [$service->vm_id, $service->vm_build_id, $service->vm_state]);
        self::assertSame($data['vm_build_started_at'], $service->vm_build_started_at->getTimestamp());
        self::assertSame($data['vm']['fqdn'] ?? null, $service->vm === null ? null : $service->vm->fqdn);
    }

    private function returned(array $vector, $returned): void
    {
        $data = $vector['answer']['data'] ?? [];
        $expected = [
            'TestConnection' => ['success' => true, 'error' => ''],
            'ServiceSingleSignOn' => ['success' => true, 'redirectTo' => $data['redirect_to'] ?? ''],
            'AdminServicesTabFields' => array_column($data['fields'] ?? [], 'html', 'label'),
            'AdminServicesTabFieldsSave' => null,
        ];
        if ($vector['function'] === 'ClientArea') {
            self::assertSame($data['html'], $returned['vars']['hostlerHtml']);
            self::assertSame(['id' => 501, 'vm_id' => $data['vm_id'], 'vm' => ['state' => $data['vm_state']]], $returned['vars']['katapultVmService']);

            return;
        }
        self::assertSame(array_key_exists($vector['function'], $expected) ? $expected[$vector['function']] : $vector['answer']['result'], $returned);
    }

    public function test_the_effects_of_a_build_are_applied_in_their_order(): void
    {
        self::store();
        $heard = [];
        foreach (['BuildRequested', 'Built'] as $hook) {
            add_hook("KatapultVirtualMachine$hook", 0, static function (VirtualMachine $service) use (&$heard, $hook): void {
                $heard[$hook] = [$service->vm_build_id, $service->vm_id, $service->vm_state, $service->dedicatedip, $service->username, decrypt($service->password)];
            });
        }
        $this->engine->answers('secret', ['value' => 'first-p4ss']);
        $effects = self::vectors('katapult')['effects'];
        $acks = Effects::applyAll($effects);
        self::assertSame(array_column($effects, 'id'), array_column($acks, 'id'));
        self::assertSame(['applied'], array_values(array_unique(array_column($acks, 'outcome'))));
        self::assertSame(['vmbuild_B7sXw2LdKq9fGm1E', null, 'building', '', '', 'chosen-by-client'], $heard['BuildRequested']);
        self::assertSame(['vmbuild_B7sXw2LdKq9fGm1E', 'vm_Qm3kT8Zr1LwYp0Xa', 'started', '192.0.2.10', 'root', 'first-p4ss'], $heard['Built']);
        self::assertSame("2001:db8::1\n192.0.2.11", $this->service(501)->assignedips);
        self::assertSame('web1-example-com.a1b2c3d4.katapult.cloud', $this->service(501)->domain);
        self::assertSame(['service 501 vm_id' => serialize('vm_Qm3kT8Zr1LwYp0Xa')], self::stored());
        self::assertSame(['[Service ID: 501]: Started VM build: vmbuild_B7sXw2LdKq9fGm1E', '[Service ID: 501]: Successfully provisioned'], self::log(77));
    }
}
