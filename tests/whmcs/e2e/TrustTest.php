<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Context;
use WHMCS\Module\Addon\Hostler\Rows;

/** Who may do what: the gates of the browser's door, a valid signature in wrong hands, and broken messages. */
final class TrustTest extends EngineTestCase
{
    private function envelope(array $answer): array
    {
        self::assertSame('application/json; charset=utf-8', strtolower($answer['headers']['content-type'] ?? ''), $answer['body']);
        $body = json_decode($answer['body'], true);
        self::assertIsBool($body['success'] ?? null, $answer['body']);
        if (!$body['success']) {
            self::assertIsString($body['errors']);
            self::assertArrayNotHasKey('data', $body);
        }

        return $body;
    }

    public function test_vf_089_missing_and_unknown_actions_are_400_and_illegal_characters_are_dropped(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        self::assertSame(400, $browser->get(Browser::CLIENT . "?serviceID=$service")['status']);
        $unknown = $browser->get(Browser::CLIENT . "?serviceID=$service&action=noSuchAction");
        self::assertSame(400, $unknown['status']);
        $this->envelope($unknown);
        self::assertSame(200, $browser->action($service, 'power-Action!!', ['powerAction' => 'restart'])['status']);
    }

    public function test_vf_090_vf_091_changes_need_post_and_an_origin(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        self::assertSame(405, $browser->get(Browser::CLIENT . "?serviceID=$service&action=powerAction&powerAction=boot")['status']);
        self::assertSame(403, $browser->action($service, 'powerAction', ['powerAction' => 'restart'], null, '')['status']);
    }

    public function test_vf_092_vf_094_foreign_and_null_origins_are_refused(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        $token = $browser->actionToken($service);
        $path = Browser::CLIENT . "?serviceID=$service&action=powerAction";
        $fields = ['powerAction' => 'restart', 'hostler_token' => $token];
        self::assertSame(403, $browser->post($path, $fields, ['Origin: https://evil.example', 'Referer: ' . $browser->origin() . '/clientarea.php'])['status']);
        self::assertSame(403, $browser->post($path, $fields, ['Origin: null'])['status']);
    }

    public function test_vf_093_the_own_origin_is_accepted_in_any_case(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        self::assertSame(200, $browser->action($service, 'powerAction', ['powerAction' => 'restart'], null, strtoupper($browser->origin()))['status']);
    }

    public function test_a_missing_or_foreign_token_is_refused(): void
    {
        $service = $this->readyService();
        $other = $this->browser()->actionToken($service);
        self::assertNotSame('', $other);
        foreach (['', 'guess', $other] as $token) {
            self::assertSame(403, $this->browser()->action($service, 'powerAction', ['powerAction' => 'restart'], $token)['status'], "token \"$token\" of another session");
        }
    }

    public function test_vf_095_vf_096_a_service_id_must_be_a_number_and_ones_own(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        self::assertSame(400, $browser->get(Browser::CLIENT . '?serviceID=abc&action=serverData')['status']);
        $stranger = $this->browser($this->newClient());
        $answer = $stranger->action($service, 'powerAction', ['powerAction' => 'shutdown'], 'any');
        self::assertSame(403, $answer['status']);
        self::assertSame('service <> owner mismatch', $this->envelope($answer)['errors']);
        self::assertTrue($this->machines()[0]['running']);
    }

    public function test_vf_097_a_login_without_a_client_account_is_refused(): void
    {
        $service = $this->readyService();
        $email = "nobody-$this->client@example.test";
        Capsule::table('tblusers')->insert(['first_name' => 'No', 'last_name' => 'Body', 'email' => $email, 'password' => password_hash('clientpass', PASSWORD_BCRYPT, ['cost' => 4])]);
        $answer = Browser::client($email)->get(Browser::CLIENT . "?serviceID=$service&action=serverData");
        self::assertSame(403, $answer['status'], $answer['body']);
        self::assertFalse($this->envelope($answer)['success']);
        self::assertSame(401, Browser::nobody()->get(Browser::CLIENT . "?serviceID=$service&action=serverData")['status']);
    }

    public function test_vf_098_without_a_machine_409(): void
    {
        [$service] = $this->order();
        $answer = $this->browser()->action($service, 'powerAction', ['powerAction' => 'boot'], 'any');
        self::assertContains($answer['status'], [403, 409], $answer['body']);
        self::assertFalse($this->envelope($answer)['success']);
    }

    public function test_vf_099_a_sub_user_without_the_permission_is_refused(): void
    {
        $service = $this->readyService();
        Capsule::table('tblusers_clients')->where('client_id', $this->client)->update(['owner' => 0, 'permissions' => 'invoices,tickets']);
        $answer = $this->browser()->action($service, 'powerAction', ['powerAction' => 'shutdown']);
        self::assertSame(403, $answer['status']);
        self::assertTrue($this->machines()[0]['running']);
        Capsule::table('tblusers_clients')->where('client_id', $this->client)->update(['permissions' => 'products,manageproducts']);
        self::assertSame(200, $this->browser()->action($service, 'powerAction', ['powerAction' => 'restart'])['status']);
    }

    public function test_vf_100_suspended_and_terminated_services_change_nothing(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        $token = $browser->actionToken($service);
        $this->module($service, 'SuspendAccount');
        $this->until('it is off', fn () => $this->machines()[0]['suspended'] && !$this->machines()[0]['running']);
        foreach (['boot', 'restart'] as $power) {
            $answer = $browser->action($service, 'powerAction', ['powerAction' => $power], $token);
            self::assertGreaterThanOrEqual(400, $answer['status']);
            self::assertStringContainsStringIgnoringCase('suspend', $this->envelope($answer)['errors']);
        }
        // WHMCS may say what it likes: the engine has its own record.
        Capsule::table('tblhosting')->where('id', $service)->update(['domainstatus' => 'Active']);
        self::assertGreaterThanOrEqual(400, $browser->action($service, 'powerAction', ['powerAction' => 'boot'], $token)['status']);
        Capsule::table('tblhosting')->where('id', $service)->update(['domainstatus' => 'Suspended']);
        self::assertFalse($this->machines()[0]['running']);
        $this->module($service, 'TerminateAccount');
        $answer = $browser->action($service, 'powerAction', ['powerAction' => 'boot'], $token);
        self::assertGreaterThanOrEqual(400, $answer['status']);
        self::assertFalse($this->envelope($answer)['success']);
    }

    public function test_vf_116_vf_117_four_power_actions_and_no_other(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        foreach (['explode' => 400, 'BOOT' => 400, 'restart1' => 200] as $power => $status) {
            self::assertSame($status, $browser->action($service, 'powerAction', ['powerAction' => $power])['status'], $power);
        }
        $this->rig->advance(15);
        $answer = $this->envelope($browser->action($service, 'powerAction', ['powerAction' => 'poweroff']));
        self::assertSame('poweroff', $answer['data']['action']);
    }

    public function test_vf_101_vf_102_vf_119_power_is_limited_and_bad_input_does_not_count(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        self::assertSame(400, $browser->action($service, 'powerAction', ['powerAction' => 'explode'])['status']);
        self::assertSame(200, $browser->action($service, 'powerAction', ['powerAction' => 'restart'])['status']);
        self::assertSame(429, $browser->action($service, 'powerAction', ['powerAction' => 'restart'])['status']);
        $this->rig->advance(11);
        self::assertContains($browser->action($service, 'powerAction', ['powerAction' => 'restart'])['status'], [200, 409]);
    }

    public function test_vf_103_two_requests_at_once_cannot_both_pass_the_limit(): void
    {
        $service = $this->readyService();
        $statuses = Browser::atOnce([$this->browser(), $this->browser(), $this->browser()], $service, 'powerAction', ['powerAction' => 'restart']);
        sort($statuses);
        self::assertSame([200, 429, 429], $statuses);
    }

    public function test_vf_118_a_locked_machine_refuses_with_the_reason(): void
    {
        $service = $this->readyService();
        $this->rig->hand(['do' => 'lock', 'server' => $this->mapped($service), 'seconds' => 3600]);
        $answer = $this->browser()->action($service, 'powerAction', ['powerAction' => 'restart']);
        self::assertGreaterThanOrEqual(400, $answer['status']);
        self::assertStringContainsStringIgnoringCase('lock', $this->envelope($answer)['errors']);
    }

    public function test_vf_104_a_fault_inside_whmcs_is_500_without_internals(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        Capsule::connection()->statement('RENAME TABLE tblhosting TO tblhosting_away');
        try {
            $answer = $browser->get(Browser::CLIENT . "?serviceID=$service&action=serverData");
        } finally {
            Capsule::connection()->statement('RENAME TABLE tblhosting_away TO tblhosting');
        }
        self::assertSame(500, $answer['status']);
        self::assertStringNotContainsString('tblhosting', $answer['body']);
        self::assertFalse($this->envelope($answer)['success']);
    }

    /** A thief of the bridge key speaks to the engine directly. */
    public function test_a_valid_signature_for_another_client_moves_nothing(): void
    {
        $service = $this->readyService();
        $stranger = $this->newClient();
        $answer = $this->rig->bridge('POST', '/bridge/v1/page', [
            'module' => 'VirtFusionDirect', 'surface' => 'client', 'target' => ['kind' => 'action', 'name' => 'powerAction'], 'method' => 'POST',
            'query' => ['serviceID' => (string) $service, 'action' => 'powerAction'], 'form' => ['powerAction' => 'shutdown', 'hostler_token' => 'x'],
            'headers' => ['origin' => rtrim(Context::systemUrl(), '/'), 'referer' => null, 'host' => parse_url(Context::systemUrl(), PHP_URL_HOST) . ':' . parse_url(Context::systemUrl(), PHP_URL_PORT), 'token' => null, 'hx_request' => null],
            'row' => ['client' => $stranger] + Rows::service($service), 'base' => Browser::CLIENT, 'budget_ms' => 8000,
            'context' => ['actor' => 'client', 'client_id' => $stranger, 'user_id' => 1, 'permissions' => ['*'], 'session' => str_repeat('a', 64)] + Context::now(),
        ]);
        self::assertSame(200, $answer['status']);
        self::assertSame(403, $answer['body']['status'], json_encode($answer));
        self::assertTrue($this->machines()[0]['running']);
    }

    public function test_a_stolen_key_cannot_move_a_platform_or_adopt_a_machine(): void
    {
        $service = $this->readyService();
        $before = $this->rig->json('platform', 'list');
        $answer = $this->rig->bridge('POST', '/bridge/v1/call', ['module' => 'VirtFusionDirect', 'function' => 'TestConnection', 'params' => ['serverid' => Rig::SERVER, 'serverhostname' => 'evil.example', 'serverpassword' => 'stolen'],
            'domainstatus' => '', 'applying' => null, 'budget_ms' => 23000, 'context' => Context::now()]);
        self::assertNotSame('success', $answer['body']['result'] ?? '');
        $approved = static fn (array $list) => array_values(array_filter($list, static fn ($platform) => $platform['state'] === 'approved'));
        self::assertGreaterThanOrEqual(2, count($approved($before)));
        self::assertSame($approved($before), $approved($this->rig->json('platform', 'list')));

        $victim = $this->mapped($service);
        $this->client = $this->newClient();
        [$other] = $this->order();
        $this->rig->saveServerId($other, (string) $victim);
        $this->cron();
        self::assertNull($this->mapped($other));
        self::assertSame($victim, $this->mapped($service));
    }


    public function test_a_stolen_key_ends_no_more_machines_in_an_hour_than_the_budget_allows(): void
    {
        $this->rig->speakAs('small', '--destructive-budget', '2');
        $this->rig->attach('small', 'a', Rig::SERVER);
        $services = [$this->readyService(), $this->readyService(), $this->readyService()];
        foreach ($services as $service) {
            $this->module($service, 'TerminateAccount');
        }
        $this->until('two are gone', fn () => count($this->machinesOfSmall()) === 1, 60, 30);
        $this->rig->advance(60);
        $this->cron();
        self::assertCount(1, $this->machinesOfSmall(), 'the third waits');
        self::assertNotSame([], $this->rig->questions());
    }

    /** @return array<int,array> machines of clients of the second installation, which are named by text */
    private function machinesOfSmall(): array
    {
        return $this->rig->machinesNamed("small:$this->client");
    }

    public function test_broken_messages_are_refused_by_code_and_change_nothing(): void
    {
        $service = $this->readyService();
        $call = ['module' => 'VirtFusionDirect', 'function' => 'TerminateAccount', 'params' => ['serviceid' => $service], 'domainstatus' => 'Active', 'applying' => null, 'budget_ms' => 6000, 'context' => Context::now()];
        $now = WHMCS\Module\Addon\Hostler\Clock::now();
        $refusals = [
            'other path' => [401, 'bad_signature', ['signed_path' => '/bridge/v1/event']],
            'other method' => [401, 'bad_signature', ['signed_method' => 'PUT']],
            'changed body' => [401, 'bad_signature', ['signed_body' => '{}']],
            'a key of nobody' => [401, 'bad_signature', ['key' => 'hbk_wrong']],
            'unknown installation' => [401, 'unknown_installation', ['installation' => 'nobody']],
            'six minutes old' => [401, 'stale_timestamp', ['timestamp' => $now - 360]],
            'six minutes ahead' => [401, 'stale_timestamp', ['timestamp' => $now + 360]],
            'without signature' => [401, 'unsigned', ['without' => 'hostler-signature']],
            'a short nonce' => [401, 'unsigned', ['nonce' => 'short']],
            'not JSON' => [400, 'bad_request', ['raw' => 'hello']],
            'params incomplete' => [400, 'bad_request', []],
            'unknown function' => [400, 'unknown_function', ['body' => ['function' => 'RunShell'] + $call]],
            'unknown module' => [400, 'unknown_module', ['body' => ['module' => 'cpanel'] + $call]],
            'another protocol' => [400, 'unsupported_protocol', ['body' => ['context' => ['protocol' => 9] + Context::now()] + $call]],
            'too large' => [413, 'too_large', ['raw' => str_repeat('x', 1024 * 1024 + 1)]],
        ];
        foreach ($refusals as $name => [$status, $code, $how]) {
            $answer = $this->rig->bridge('POST', '/bridge/v1/call', $how['body'] ?? $call, $how);
            self::assertSame([$status, $code], [$answer['status'], $answer['body']['error']['code'] ?? ''], $name);
        }
        $unknown = $this->rig->bridge('POST', '/bridge/v1/event', ['event_id' => bin2hex(random_bytes(8)), 'kind' => 'drop_tables', 'occurred_at' => $now, 'body' => new stdClass(), 'context' => Context::now()]);
        self::assertSame([400, 'unknown_kind'], [$unknown['status'], $unknown['body']['error']['code'] ?? '']);

        $nonce = bin2hex(random_bytes(16));
        self::assertSame(200, $this->rig->bridge('GET', '/bridge/v1/effects?protocol=1&limit=1', null, ['nonce' => $nonce])['status']);
        $replayed = $this->rig->bridge('GET', '/bridge/v1/effects?protocol=1&limit=1', null, ['nonce' => $nonce]);
        self::assertSame([401, 'replayed_nonce'], [$replayed['status'], $replayed['body']['error']['code'] ?? '']);

        foreach (array_unique(array_merge(array_column($refusals, 1), ['unknown_kind', 'replayed_nonce'])) as $code) {
            self::assertStringContainsString("\"bridge.code\":\"$code\"", $this->rig->log(), 'it is logged');
        }
        self::assertCount(1, $this->machines());
        self::assertFalse($this->machines()[0]['suspended']);
        self::assertSame('Active', $this->service($service)->domainstatus);
    }
}
