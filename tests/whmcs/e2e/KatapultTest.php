<?php

use WHMCS\Database\Capsule;

/** A virtual machine's whole life through the module katapult, the real engine and a simulated Katapult. */
final class KatapultTest extends EngineTestCase
{
    private const LISTENER = ROOTDIR . '/includes/hooks/katapult-e2e.php';
    private const ENTRY = '/modules/servers/katapult/client.php';

    protected function setUp(): void
    {
        parent::setUp();
        $this->rig->withKatapult();
        Capsule::schema()->dropIfExists('heard');
        Capsule::connection()->statement('CREATE TABLE heard (id int AUTO_INCREMENT PRIMARY KEY, service int, hook varchar(64), build varchar(64) NULL, vm varchar(64) NULL, address varchar(64), password varchar(64))');
        file_put_contents(self::LISTENER, <<<'PHP'
            <?php
            foreach (['BuildRequested', 'Built', 'BuildTimedOut', 'BuildFailed'] as $hook) {
                add_hook("KatapultVirtualMachine$hook", 0, static function ($service) use ($hook): void {
                    \WHMCS\Database\Capsule::table('heard')->insert(['service' => $service->id, 'hook' => $hook, 'build' => $service->vm_build_id, 'vm' => $service->vm_id, 'address' => $service->dedicatedip, 'password' => decrypt($service->password)]);
                });
            }
            PHP);
    }

    protected function tearDown(): void
    {
        @unlink(self::LISTENER);
    }

    /** @return array<int,array> this test's machines at Katapult that are not in the trash */
    private function machinesAt(string $hostname): array
    {
        return array_values(array_filter($this->rig->books('k')['machines'], static fn ($machine) => $machine['hostname'] === $hostname && $machine['trash'] === null));
    }

    private function heard(int $service): array
    {
        return Capsule::table('heard')->where('service', $service)->orderBy('id')->pluck('hook')->all();
    }

    private function log(int $service): array
    {
        $opening = "[Service ID: $service]: ";
        $lines = Capsule::table('tblactivitylog')->where('userid', $this->client)->orderBy('id')->pluck('description')->all();
        $ours = array_filter($lines, static fn ($line) => strpos($line, $opening) === 0);

        return array_map(static fn ($line) => substr($line, strlen($opening)), array_values($ours));
    }

    public function test_kt_044_kt_062_kt_063_an_order_is_active_at_once_and_its_listeners_hear_of_the_machine_once(): void
    {
        [$service] = $this->order(Rig::PRODUCT_K);
        self::assertSame('success', $this->module($service, 'CreateAccount'));
        self::assertSame('Active', $this->service($service)->domainstatus);
        $this->until('the machine is there', fn () => in_array('Built', $this->heard($service), true));
        $this->cron();
        self::assertSame(['BuildRequested', 'Built'], $this->heard($service));

        $hostname = explode('.', $this->service($service)->domain)[0];
        $machine = $this->machinesAt($hostname)[0];
        $password = $this->rig->machineAtKatapult($machine['id'])['initial_root_password'];
        self::assertNotEmpty($password);
        $row = $this->service($service);
        self::assertSame(['root', $password, $machine['fqdn']], [$row->username, decrypt($row->password), $row->domain]);
        [$asked, $built] = Capsule::table('heard')->where('service', $service)->orderBy('id')->get()->all();
        self::assertSame([$machine['build_id'], null], [$asked->build, $asked->vm]);
        self::assertSame([$machine['build_id'], $machine['id'], $row->dedicatedip, $password], [$built->build, $built->vm, $built->address, $built->password]);
        self::assertContains('Successfully provisioned', $this->log($service));
    }

    public function test_kt_094_kt_095_kt_101_a_clients_button_works_once_and_a_bookmark_never(): void
    {
        [$service] = $this->order(Rig::PRODUCT_K);
        $this->module($service, 'CreateAccount');
        $this->until('the machine is there', fn () => in_array('Built', $this->heard($service), true));
        $hostname = explode('.', $this->service($service)->domain)[0];
        $this->until('it runs', fn () => $this->machinesAt($hostname)[0]['power'] === 'started');

        $browser = $this->browser();
        $link = "/clientarea.php?action=productdetails&id=$service&modop=custom&a=StopVm";
        foreach ([1, 2] as $time) {
            self::assertStringContainsString('Replay detected', $browser->get($link)['body'], "time $time");
        }
        $tabs = [$browser->tokens($service), $browser->tokens($service)];
        $press = fn (array $tab, string $action) => $browser->post(self::ENTRY . "?serviceID=$service&action=powerAction", $tab + ['powerAction' => $action], ['Origin: ' . $browser->origin()])['status'];
        self::assertSame(403, $press(['hostler_once' => ''] + $tabs[0], 'poweroff'));
        self::assertSame(200, $press($tabs[0], 'poweroff'));
        $this->until('it is off', fn () => $this->machinesAt($hostname)[0]['power'] === 'stopped');
        $this->rig->advance(11);
        self::assertSame(403, $press($tabs[0], 'poweroff'), 'the token is spent');
        self::assertSame(200, $press($tabs[1], 'boot'), 'the other tab has one of its own');
        $this->until('it runs again', fn () => $this->machinesAt($hostname)[0]['power'] === 'started');
        self::assertContains('VM stopped', $this->log($service));
    }

    public function test_kt_082_kt_088_suspended_released_and_ended_by_whmcs_alone(): void
    {
        [$service] = $this->order(Rig::PRODUCT_K);
        $this->module($service, 'CreateAccount');
        $this->until('the machine is there', fn () => in_array('Built', $this->heard($service), true));
        $hostname = explode('.', $this->service($service)->domain)[0];
        // What a suspension finds switched off is not switched on by its end; what it finds starting is.
        $this->until('its first run has begun', fn () => !in_array($this->machinesAt($hostname)[0]['power'], ['stopped', 'allocated'], true));
        foreach (['SuspendAccount' => ['Suspended', 'stopped'], 'UnsuspendAccount' => ['Active', 'started']] as $function => [$status, $power]) {
            $this->module($service, $function);
            $this->until($function, fn () => $this->service($service)->domainstatus === $status && $this->machinesAt($hostname)[0]['power'] === $power);
        }
        $this->module($service, 'TerminateAccount');
        $this->until('it is gone', fn () => $this->service($service)->domainstatus === 'Terminated' && $this->machinesAt($hostname) === [], 60, 20);
        $this->until('its link is closed', fn () => (int) Capsule::table('mod_hostler_links')->where('service_id', $service)->value('closed') === 1);
        self::assertContains('VM deleted and local data store cleared', $this->log($service));
    }
}
