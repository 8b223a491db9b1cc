<?php

use WHMCS\Database\Capsule;

/** "Test Connection" in WHMCS's server settings: a proposal at first, a test once the panel is approved. */
final class ConnectionTest extends EngineTestCase
{
    private const PROBES = ['connect', 'list_groups'];

    /** @return array{success:bool,error:string} */
    private function press(int $server, string $host, string $password): array
    {
        return VirtFusionDirect_TestConnection(['serverid' => $server, 'serverhostname' => $host, 'serverpassword' => $password]);
    }

    /** Of the panel that server 2 stands for, with whatever is typed into the password field. */
    private function test(string $password = ''): array
    {
        $this->rig->forgetCalls();

        return $this->press(Rig::SERVER, $this->rig->panelHost('a'), $password);
    }

    private function probes(): array
    {
        return array_column($this->rig->calls(self::PROBES), 'endpoint');
    }

    public function test_vf_005_a_blank_hostname_or_password_fails_without_a_call(): void
    {
        $this->rig->forgetCalls();
        foreach ([['', 'token'], ['panel.example.test', ''], ['', '']] as [$host, $password]) {
            $answer = $this->press(0, $host, $password);
            self::assertFalse($answer['success']);
            self::assertStringContainsString('required', $answer['error']);
        }
        self::assertSame([], $this->probes());
    }

    public function test_vf_006_vf_013_an_approved_panel_is_asked_twice_and_all_is_well(): void
    {
        self::assertSame(['success' => true, 'error' => ''], $this->test());
        self::assertSame(self::PROBES, $this->probes());
        self::assertSame([['results', '1']], $this->rig->calls(['list_groups'])[0]['query']);
    }

    public function test_vf_007_a_refused_token_ends_the_test(): void
    {
        $this->rig->fault(['endpoint' => 'connect', 'fault' => ['kind' => 'error_before', 'status' => 401]]);
        $answer = $this->test();
        self::assertFalse($answer['success']);
        self::assertStringContainsString('token', $answer['error']);
        self::assertNotContains('list_groups', $this->probes());
    }

    public function test_vf_008_a_transport_failure_says_what_failed(): void
    {
        $this->rig->fault(['endpoint' => 'connect', 'fault' => ['kind' => 'reset_before']]);
        $answer = $this->test();
        self::assertFalse($answer['success']);
        self::assertMatchesRegularExpression('/could not be reached: .*reset/i', $answer['error']);
    }

    public function test_vf_009_another_status_is_named(): void
    {
        $this->rig->fault(['endpoint' => 'connect', 'fault' => ['kind' => 'error_before', 'status' => 418]]);
        $answer = $this->test();
        self::assertFalse($answer['success']);
        self::assertStringContainsString('418', $answer['error']);
    }

    public function test_vf_010_vf_011_a_token_without_the_scope_and_a_failing_panel_are_told_apart(): void
    {
        foreach ([401 => true, 403 => true, 500 => false] as $status => $scope) {
            $this->rig->whole();
            $this->rig->fault(['endpoint' => 'list_groups', 'fault' => ['kind' => 'error_before', 'status' => $status]]);
            $answer = $this->test();
            self::assertFalse($answer['success']);
            self::assertStringContainsString((string) $status, $answer['error']);
            self::assertSame($scope, strpos($answer['error'], 'scope') !== false, $answer['error']);
        }
    }

    public function test_a_new_panel_is_only_proposed_and_hears_nothing(): void
    {
        $server = (int) Capsule::table('tblservers')->insertGetId(['name' => 'New', 'hostname' => 'new-panel.example.test', 'ipaddress' => '192.0.2.9', 'type' => 'VirtFusionDirect', 'password' => encrypt('a-new-token'), 'secure' => 'on', 'active' => 1]);
        $answer = $this->press($server, 'new-panel.example.test', 'a-new-token');
        self::assertFalse($answer['success']);
        self::assertStringContainsString('hostler platform approve', $answer['error']);
        self::assertStringNotContainsString('a-new-token', $answer['error'] . $this->rig->log());
        $found = array_values(array_filter($this->rig->json('platform', 'list'), static fn ($platform) => strpos($platform['endpoint'], 'new-panel.example.test') !== false));
        self::assertSame(['proposed'], array_column($found, 'state'));
    }
}
