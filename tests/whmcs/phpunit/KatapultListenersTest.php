<?php

use Carbon\Carbon;
use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Failed;
use WHMCS\Module\Addon\Hostler\Signature;
use WHMCS\Module\Server\Katapult\WHMCS\Service\VirtualMachine;

/** The hooks that others listen to, and the service object that they are given: the README's contract. */
final class KatapultListenersTest extends KatapultTestCase
{
    use Browsing;

    private const HOOKS = ['KatapultVirtualMachineBuildRequested', 'KatapultVirtualMachineBuilt', 'KatapultVirtualMachineBuildTimedOut', 'KatapultVirtualMachineBuildFailed'];
    private const VM = ['id' => 'vm_AbC', 'name' => 'web', 'fqdn' => 'web.acme.example', 'state' => 'started', 'ip_addresses' => [['address' => '192.0.2.7']], 'observed_at' => 1800000100];
    private const FILE = ROOTDIR . '/includes/hooks/katapult-listener.php';

    private static ?Closure $listener = null;

    public static function setUpBeforeClass(): void
    {
        foreach (self::HOOKS as $hook) {
            add_hook($hook, 0, static fn (VirtualMachine $service) => self::$listener === null ? null : (self::$listener)($hook, $service));
        }
    }

    protected function tearDown(): void
    {
        self::$listener = null;
        @unlink(self::FILE);
    }

    /** The effects of a machine that became ready, in the engine's order. */
    private static function ready(): array
    {
        return [
            self::made('set_hosting', ['username' => 'root', 'domain' => 'web.acme.example', 'dedicatedip' => '192.0.2.7', 'assignedips' => "192.0.2.8\n2001:db8::7"], 601, 'eff_k1'),
            self::made('set_password', ['secret' => 'sec_k'], 601, 'eff_k2'),
            self::made('log_activity', ['message' => '[Service ID: 601]: Successfully provisioned', 'client' => 1], 601, 'eff_k3'),
            self::hook('KatapultVirtualMachineBuilt', ['vm_id' => 'vm_AbC', 'vm_state' => 'started', 'hostname' => 'web.acme.example', 'ips' => ['192.0.2.7', '192.0.2.8', '2001:db8::7']], 'eff_k4'),
        ];
    }

    public function test_kt_043_a_listener_of_the_request_sees_the_build_and_no_machine(): void
    {
        $seen = [];
        self::$listener = static function (string $hook, VirtualMachine $service) use (&$seen): void {
            $seen[] = [$hook, $service->id, $service->vm_build_id, $service->vm_id, $service->vm_state, $service->domain];
        };
        self::assertSame(['eff_katapult_hook' => 'applied'], self::apply(self::hook('KatapultVirtualMachineBuildRequested')));
        self::assertSame([['KatapultVirtualMachineBuildRequested', 601, 'vmbuild_AbC', null, 'building', 'vm601.example.test']], $seen);
        self::assertSame([], $this->engine->requests('call'), 'what the effect brought is not asked for');
    }

    public function test_kt_060_the_first_address_is_the_dedicated_one_and_the_others_keep_their_order(): void
    {
        self::apply(self::ready()[0]);
        $row = $this->service(601);
        self::assertSame(['root', 'web.acme.example', '192.0.2.7', "192.0.2.8\n2001:db8::7"], [$row->username, $row->domain, $row->dedicatedip, $row->assignedips]);
        self::assertSame('kept-by-whmcs', decrypt($row->password));
        self::assertSame('vm602.example.test', $this->service(602)->domain);
    }

    public function test_kt_062_kt_064_a_mail_from_the_listener_has_address_and_password_and_the_line_stands_before_it(): void
    {
        $this->engine->answers('secret', ['value' => 'r00t-p4ss']);
        Capsule::table('tblemailtemplates')->updateOrInsert(['id' => 7], ['type' => 'product', 'name' => 'Katapult Server Built Email', 'subject' => 'Built', 'message' => 'ssh root@{$service_dedicated_ip} with {$service_password}']);
        $before = null;
        self::$listener = static function (string $hook, VirtualMachine $service) use (&$before): void {
            $before = self::log();
            sendMessage('Katapult Server Built Email', $service->id);
        };
        self::assertSame(['applied'], array_values(array_unique(self::apply(...self::ready()))));
        self::assertContains('[Service ID: 601]: Successfully provisioned', $before);
        self::assertStringContainsString('ssh root@192.0.2.7 with r00t-p4ss', (string) Capsule::table('tblemails')->value('message'));
    }

    public function test_kt_063_a_hook_is_fired_once_however_often_its_effect_comes(): void
    {
        $heard = 0;
        self::$listener = static function () use (&$heard): void {
            ++$heard;
        };
        $built = self::hook('KatapultVirtualMachineBuilt');
        foreach ([1, 2, 3] as $time) {
            self::assertSame(['eff_katapult_hook' => 'applied'], self::apply($built), "time $time");
        }
        self::assertSame(1, $heard);
        Capsule::table('mod_hostler_effects')->update(['outcome' => null]);
        self::assertSame(['eff_katapult_hook' => 'unknown'], self::apply($built), 'one that was begun is not begun again');
        self::assertSame(1, $heard);
    }

    public function test_kt_063_a_cron_and_a_page_view_at_the_same_time_fire_it_once(): void
    {
        file_put_contents(self::FILE, "<?php add_hook('KatapultVirtualMachineBuilt', 0, static function (\$service): void { usleep(300000); \$service->log('heard of ' . \$service->vm_id); });");
        $built = self::hook('KatapultVirtualMachineBuilt', ['vm_id' => 'vm_AbC']);
        $this->login();
        $this->engine->answers('effects', ['effects' => [$built], 'more' => false]);
        $this->page(['status' => 200, 'headers' => [], 'body' => 'a page', 'encoding' => 'text', 'effects' => [$built]]);
        $root = rtrim((string) getenv('HARNESS_SYSTEM_URL'), '/');
        $all = curl_multi_init();
        $nudge = curl_init("$root/modules/addons/hostler/nudge.php");
        curl_setopt_array($nudge, [CURLOPT_POSTFIELDS => '', CURLOPT_HTTPHEADER => Signature::headers('main', FakeEngine::KEY, 'POST', '/bridge/v1/nudge', time(), 'nudge-kt063-000001', '')]);
        $views = array_map(static fn () => curl_init("$root/modules/servers/katapult/client.php?serviceID=601&page=status"), [1, 2]);
        foreach (array_merge([$nudge], $views) as $handle) {
            curl_setopt_array($handle, [CURLOPT_RETURNTRANSFER => true, CURLOPT_COOKIEFILE => $this->jar, CURLOPT_TIMEOUT => 30]);
            curl_multi_add_handle($all, $handle);
        }
        do {
            curl_multi_exec($all, $running);
            curl_multi_select($all, 0.2);
        } while ($running > 0);
        self::assertSame(['[Service ID: 601]: heard of vm_AbC'], array_values(preg_grep('/heard of/', self::log())));
    }

    public function test_kt_070_a_listener_that_throws_is_logged_and_nothing_is_taken_back(): void
    {
        $this->engine->answers('secret', ['value' => 'r00t-p4ss']);
        self::$listener = static function (): void {
            throw new RuntimeException('the mail server is down');
        };
        self::assertSame(['eff_k1' => 'applied', 'eff_k2' => 'applied', 'eff_k3' => 'applied', 'eff_k4' => 'applied'], self::apply(...self::ready()));
        self::assertContains('[Service ID: 601]: Failed to run hook: KatapultVirtualMachineBuilt: the mail server is down', self::log());
        self::assertSame(['192.0.2.7', 'r00t-p4ss'], [$this->service(601)->dedicatedip, decrypt($this->service(601)->password)]);
    }

    public function test_a_hook_that_could_not_be_begun_is_not_taken_for_fired(): void
    {
        self::assertSame(['eff_katapult_hook' => 'refused'], self::apply(['service' => 999] + self::hook('KatapultVirtualMachineBuilt')));
        self::assertSame(['eff_other' => 'refused'], self::apply(['service' => 501] + self::hook('KatapultVirtualMachineBuilt', [], 'eff_other')), 'a service of another module has no such object');
    }

    public function test_the_failed_build_says_why(): void
    {
        $why = null;
        self::$listener = static function (string $hook, VirtualMachine $service) use (&$why): void {
            $why = [$hook, $service->vm_build_failure];
        };
        self::apply(self::hook('KatapultVirtualMachineBuildFailed', ['reason' => 'Katapult does not know the build any more.']));
        self::assertSame(['KatapultVirtualMachineBuildFailed', 'Katapult does not know the build any more.'], $why);
    }

    private function describes(array $change = []): void
    {
        $this->engine->answers('call', ['result' => 'success', 'data' => $change + ['vm_id' => 'vm_AbC', 'vm_build_id' => 'vmbuild_AbC', 'vm_build_started_at' => 1800000000, 'vm_state' => 'started', 'vm' => self::VM], 'effects' => []]);
    }

    /** @return iterable<string,array{0:array,1:string}> */
    public function states(): iterable
    {
        yield 'a machine' => [[], 'started'];
        yield 'only a build' => [['vm_id' => null, 'vm' => null, 'vm_state' => 'building'], 'building'];
        yield 'neither' => [['vm_id' => null, 'vm_build_id' => null, 'vm_build_started_at' => null, 'vm' => null, 'vm_state' => 'unknown'], 'unknown'];
    }

    /** @dataProvider states */
    public function test_kt_117_vm_state_is_the_machines_or_building_or_unknown(array $said, string $state): void
    {
        $this->describes($said);
        $service = VirtualMachine::findOrFail(601);
        self::assertSame($state, $service->vm_state);
        self::assertSame(isset($said['vm']) || !array_key_exists('vm', $said), $service->vm !== null);
    }

    public function test_kt_118_the_readmes_accessors_are_answered_by_the_engine_once_per_request(): void
    {
        $this->describes();
        $service = VirtualMachine::findOrFail(601);
        self::assertInstanceOf(WHMCS\Service\Service::class, $service);
        self::assertSame(['vmbuild_AbC', 'vm_AbC', 'started'], [$service->vm_build_id, $service->vm_id, $service->vm_state]);
        self::assertInstanceOf(Carbon::class, $service->vm_build_started_at);
        self::assertSame(1800000000, $service->vm_build_started_at->getTimestamp());
        self::assertSame(['vm_AbC', 'started', 'web.acme.example', '192.0.2.7', false], [$service->vm->id, $service->vm->state, $service->vm->fqdn, $service->vm->ip_addresses[0]['address'], isset($service->vm->nothing)]);
        self::assertInstanceOf('Krystal\\Katapult\\API\\RestfulKatapultApiV1\\Resources\\Organization\\VirtualMachine', $service->vm, 'the name that listeners know');
        self::assertSame($service->vm, VirtualMachine::findOrFail(601)->vm, 'a second instance is given the same machine');
        $calls = $this->engine->requests('call');
        self::assertCount(1, $calls);
        self::assertSame(['DescribeVm', 3000, 601, 1, 'rock-3'], [$calls[0]->body->function, $calls[0]->body->budget_ms, $calls[0]->body->params->serviceid, $calls[0]->body->params->userid, $calls[0]->body->params->configoption1]);
    }

    public function test_kt_118_a_listener_acts_for_the_billing_system_whoevers_request_it_runs_in(): void
    {
        $_SESSION['harness_user_id'] = 101;
        $_SESSION['uid'] = 1;
        $_POST['hostler_once'] = '1.of-the-page';
        $this->engine->answers('call',
            ['result' => 'success', 'data' => ['vm' => self::VM], 'effects' => []],
            ['result' => 'success', 'effects' => []], ['result' => 'success', 'effects' => []], ['result' => 'success', 'effects' => []], ['result' => 'success', 'effects' => []],
            ['result' => 'success', 'data' => ['redirect_to' => 'https://console.katapult.io/x'], 'effects' => []]);
        $console = null;
        self::$listener = static function (string $hook, VirtualMachine $service) use (&$console): void {
            $service->vm->start()->stop();
            $service->vm->shutdown();
            $service->vm->reset();
            $console = $service->vm->createConsoleSession();
        };
        self::apply(self::hook('KatapultVirtualMachineBuilt', ['vm_id' => 'vm_AbC', 'vm_state' => 'started']));
        self::assertSame('https://console.katapult.io/x', $console->url);
        $calls = array_column($this->engine->requests('call'), 'body');
        self::assertSame(['DescribeVm', 'StartVm', 'StopVm', 'ShutdownVm', 'ResetVm', 'ServiceSingleSignOn'], array_column($calls, 'function'));
        foreach ($calls as $call) {
            self::assertSame(['system', null, null, null], [$call->context->actor, $call->context->client_id, $call->context->user_id, $call->context->session]);
            self::assertSame('', $call->params->token ?? '');
        }
    }

    public function test_kt_118_what_the_engine_refuses_is_thrown_in_its_words(): void
    {
        $this->describes();
        $machine = VirtualMachine::findOrFail(601)->vm;
        $this->engine->answers('call', ['result' => 'Module command: This service is not currently active', 'effects' => []]);
        $this->expectException(Failed::class);
        $this->expectExceptionMessage('Module command: This service is not currently active');
        $machine->start();
    }

    public function test_kt_118_without_the_engine_reading_throws_and_makes_nothing_up(): void
    {
        self::connect('unix:' . HARNESS_VAR . '/no-such.sock');
        $this->expectException(WHMCS\Module\Addon\Hostler\EngineError::class);
        VirtualMachine::findOrFail(601)->vm_state;
    }
}
