<?php

use WHMCS\Database\Capsule;

/** A server's whole life through WHMCS: ordered, used, changed, suspended, ended. */
final class LifeTest extends EngineTestCase
{
    public function test_a_servers_whole_life(): void
    {
        [$service] = $this->order();
        $first = $this->module($service, 'CreateAccount');
        self::assertMatchesRegularExpression('/^success$|Still being set up/', $first);
        $this->untilReady($service);

        $machines = $this->machines();
        self::assertCount(1, $machines);
        $row = $this->service($service);
        self::assertSame($this->hostname(), $row->domain);
        self::assertSame(self::PASSWORD, decrypt($row->password));
        self::assertSame($machines[0]['ipv4'][0], $row->dedicatedip);
        self::assertSame($machines[0]['id'], $this->mapped($service));
        self::assertSame('Active', $this->orderStatus($service));
        self::assertCount(1, $this->mails());
        self::assertTrue($machines[0]['running']);

        Capsule::table('tblhosting')->where('id', $service)->update(['packageid' => Rig::BIGGER]);
        self::assertSame('success', $this->module($service, 'ChangePackage'));
        self::assertSame(2048, $this->machines()[0]['memory']);

        $browser = $this->browser();
        self::assertSame(200, $browser->action($service, 'powerAction', ['powerAction' => 'shutdown'])['status']);
        $this->until('it is off', fn () => !$this->machines()[0]['running']);
        $this->rig->advance(11);
        self::assertSame(200, $browser->action($service, 'powerAction', ['powerAction' => 'boot'])['status']);
        $this->until('it runs', fn () => $this->machines()[0]['running']);

        $this->untilAnswers($service, 'SuspendAccount', 'success');
        $this->until('it is suspended', fn () => $this->machines()[0]['suspended']);
        $refused = $browser->action($service, 'powerAction', ['powerAction' => 'boot'], 'any');
        self::assertGreaterThanOrEqual(400, $refused['status']);
        self::assertFalse(json_decode($refused['body'], true)['success']);

        $this->untilAnswers($service, 'UnsuspendAccount', 'success');
        $this->until('it runs again', fn () => !$this->machines()[0]['suspended'] && $this->machines()[0]['running']);

        $this->untilAnswers($service, 'TerminateAccount', 'success');
        $this->until('it is gone', fn () => $this->machines() === [], 60, 20);
        $this->until('its mapping is gone', fn () => $this->mapped($service) === null);
        self::assertSame('Terminated', $this->service($service)->domainstatus);
        self::assertSame($this->hostname(), $this->service($service)->domain);
        self::assertCount(1, $this->mails());
    }

    /** A core function answers at once or in a sentence; `rerun` makes WHMCS call again at the milestone. */
    private function untilAnswers(int $service, string $function, string $answer): void
    {
        $got = $this->module($service, $function);
        if ($got === $answer) {
            return;
        }
        $status = ['SuspendAccount' => 'Suspended', 'UnsuspendAccount' => 'Active', 'TerminateAccount' => 'Terminated'][$function];
        $this->until("$function (it said: $got)", fn () => $this->service($service)->domainstatus === $status);
    }

    public function test_vf_018_creating_an_active_service_again_makes_nothing(): void
    {
        $service = $this->readyService();
        $calls = $this->rig->countCalls('create_server');
        $answer = $this->module($service, 'CreateAccount');
        self::assertNotSame('success', $answer);
        self::assertSame($calls, $this->rig->countCalls('create_server'));
        self::assertCount(1, $this->machines());
    }

    public function test_vf_170_vf_167_vf_168_an_order_is_accepted_after_its_last_service(): void
    {
        [$first, $second] = $this->order(Rig::PRODUCT, Rig::PRODUCT);
        $this->module($first, 'CreateAccount');
        $this->until('the first is active', fn () => $this->service($first)->domainstatus === 'Active');
        self::assertSame('Pending', $this->orderStatus($first), 'a sibling is not set up');
        $this->module($second, 'CreateAccount');
        $this->until('the order is accepted', fn () => $this->orderStatus($first) === 'Active');
        self::assertSame(1, Capsule::table('tblactivitylog')->where('description', 'like', '%Order Accepted - Order ID: ' . $this->service($first)->orderid)->count());
    }

    public function test_vf_170_an_order_with_another_modules_pending_service_is_not_accepted(): void
    {
        [$service] = $this->order();
        Capsule::table('tblhosting')->insert(['userid' => $this->client, 'orderid' => $this->service($service)->orderid, 'packageid' => Rig::FOREIGN_PRODUCT, 'regdate' => '2026-11-20', 'domain' => 'web.test', 'domainstatus' => 'Pending', 'nextinvoicedate' => '2026-12-20']);
        $this->module($service, 'CreateAccount');
        $this->untilReady($service);
        self::assertSame('Pending', $this->orderStatus($service));
    }

    public function test_vf_169_an_order_that_is_not_pending_is_left_alone(): void
    {
        [$service] = $this->order();
        Capsule::table('tblorders')->where('id', $this->service($service)->orderid)->update(['status' => 'Active']);
        $this->module($service, 'CreateAccount');
        $this->untilReady($service);
        self::assertSame(0, Capsule::table('tblactivitylog')->where('description', 'like', '%Order Accepted - Order ID: ' . $this->service($service)->orderid)->count());
    }

    /** WHMCS 9 stops setting an order up once it is no longer pending, so it must not be accepted too early. */
    public function test_vf_167_a_paid_order_of_two_is_created_whole_on_this_whmcs(): void
    {
        Capsule::table('tblproducts')->where('id', Rig::PRODUCT)->update(['autosetup' => 'payment']);
        [$first, $second] = $this->order(Rig::PRODUCT, Rig::PRODUCT);
        $this->until('both are active and the order is accepted', fn () => $this->service($first)->domainstatus === 'Active' && $this->service($second)->domainstatus === 'Active' && $this->orderStatus($first) === 'Active');
        self::assertCount(2, $this->machines());
    }

    public function test_vf_265_the_two_custom_fields_are_made_and_an_admins_changes_are_kept(): void
    {
        $fields = fn () => Capsule::table('tblcustomfields')->where('relid', Rig::PRODUCT)->whereIn('fieldname', ['Initial Operating System', 'Initial SSH Key'])->orderBy('id')->get();
        $this->rig->productEdited(Rig::PRODUCT);
        $this->until('the fields are there', fn () => count($fields()) === 2);
        Capsule::table('tblcustomfields')->where('id', $fields()[0]->id)->update(['description' => 'mine', 'required' => 'on']);
        $this->rig->productEdited(Rig::PRODUCT);
        $this->cron();
        self::assertCount(2, $fields());
        self::assertSame(['mine', 'on'], [$fields()[0]->description, $fields()[0]->required]);
    }

    public function test_a_sign_on_leads_to_the_services_own_panel(): void
    {
        $service = $this->readyService();
        $answer = $this->browser()->get("/clientarea.php?action=productdetails&id=$service&dosinglesignon=1");
        self::assertSame(302, $answer['status'], $this->rig->story());
        self::assertStringStartsWith('https://' . $this->rig->panelHost('a') . '/token_authenticate/', $answer['headers']['location']);
    }

    public function test_vf_135_vf_136_vf_139_the_console_is_posted_for_and_is_a_page_that_nobody_keeps(): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        self::assertSame(405, $browser->get("/modules/servers/VirtFusionDirect/client.php?serviceID=$service&action=vncViewer")['status']);
        $page = $browser->action($service, 'vncViewer', $browser->tokens($service));
        self::assertSame(200, $page['status'], $this->rig->story());
        self::assertStringContainsString('id="con"', $page['body']);
        self::assertSame('DENY', $page['headers']['x-frame-options']);
        self::assertStringContainsString('no-store', $page['headers']['cache-control']);
        self::assertStringContainsString("connect-src 'self' wss://", $page['headers']['content-security-policy']);
        $again = $browser->action($service, 'vncViewer', $browser->tokens($service));
        self::assertSame(429, $again['status']);
        self::assertStringNotContainsString('id="con"', $again['body'], 'whoever reloads is given nothing');
    }

    public function test_vf_044_without_an_operating_system_nothing_is_made_and_it_is_said(): void
    {
        [$service] = $this->order();
        Capsule::table('tblcustomfieldsvalues')->where('relid', $service)->delete();
        $answer = $this->module($service, 'CreateAccount');
        self::assertStringContainsString('operating system', $answer);
        self::assertSame('Pending', $this->service($service)->domainstatus);
        self::assertSame([], $this->machines());
    }

    public function test_vf_044_a_failed_build_is_seen_and_no_mail_goes_out(): void
    {
        $this->rig->hand(['do' => 'fail_builds', 'count' => 1]);
        [$service] = $this->order();
        $this->module($service, 'CreateAccount');
        $shown = fn () => html_entity_decode($this->browser()->get("/clientarea.php?action=productdetails&id=$service")['body']);
        $this->until('an operator is asked', fn () => array_filter($this->rig->questions(), fn ($question) => strpos($question['text'], "service $service") !== false || strpos(json_encode($question), $this->operation($service)) !== false) !== [], 80, 30);
        self::assertSame([], $this->mails());
        self::assertCount(1, $this->machines(), 'and no second machine was made');
        self::assertMatchesRegularExpression('/id="hostler-power-boot" disabled/', $shown());
        self::assertStringContainsString('Our staff has been told', $shown());
    }

    private function operation(int $service): string
    {
        return $this->rig->json('service', 'show', "main/$service")['operations'][0]['id'];
    }

    public function test_vf_052_vf_057_without_a_machine_each_reason_has_its_own_words(): void
    {
        [$unknown] = $this->order();
        $answers = [
            'never created' => $this->module($unknown, 'TerminateAccount'),
            'no such service' => VirtFusionDirect_SuspendAccount(['serviceid' => 99999] + Harness\Params::forService($unknown)),
        ];
        Capsule::table('tblhosting')->where('id', $unknown)->update(['server' => 0]);
        $answers['no panel'] = $this->module($unknown, 'CreateAccount');
        $ended = $this->readyService();
        $this->module($ended, 'TerminateAccount');
        $this->until('it is gone', fn () => $this->mapped($ended) === null, 60, 20);
        $answers['terminated'] = $this->module($ended, 'SuspendAccount');
        self::assertNotContains('success', $answers);
        self::assertSame($answers, array_unique($answers), json_encode($answers));
        self::assertSame(['Pending', 'Terminated'], [$this->service($unknown)->domainstatus, $this->service($ended)->domainstatus]);
    }

    public function test_a_termination_can_be_taken_back_inside_its_window(): void
    {
        $service = $this->readyService();
        [$machine] = $this->machines();
        $this->rig->cli('product', 'set', 'main', (string) Rig::PRODUCT, '--undo-minutes', '30');
        try {
            self::assertSame('success', $this->module($service, 'TerminateAccount'));
            $this->until('it is off', fn () => !$this->machines()[0]['running']);
            self::assertGreaterThanOrEqual(400, $this->browser()->action($service, 'powerAction', ['powerAction' => 'boot'], 'any')['status']);
            self::assertSame($machine['id'], $this->mapped($service));

            $this->module($service, 'CreateAccount');
            $this->until('it is back', fn () => $this->service($service)->domainstatus === 'Active' && $this->machines()[0]['running']);
            $this->rig->advance(3600);
            $this->cron();
            self::assertSame([$machine['id']], array_column($this->machines(), 'id'), 'the same machine');
            self::assertSame($machine['id'], $this->mapped($service));
            self::assertCount(1, $this->mails(), 'it was welcomed before');

            self::assertSame('success', $this->module($service, 'TerminateAccount'));
            $this->rig->advance(60);
            self::assertCount(1, $this->machines());
            $this->until('the window is over and it is gone', fn () => $this->machines() === [], 40, 120);
        } finally {
            $this->rig->cli('product', 'set', 'main', (string) Rig::PRODUCT, '--undo-minutes', '0');
        }
    }

    public function test_a_nudge_brings_the_effects_without_a_cron(): void
    {
        $this->rig->speakAs('nudged', '--nudge-url', $this->browser()->origin() . '/modules/addons/hostler/nudge.php');
        $this->rig->attach('nudged', 'a', Rig::SERVER);
        [$service] = $this->order();
        $this->module($service, 'CreateAccount');
        // Another process applies them, the mail before the rest.
        for ($i = 0; $i < 60 && ($this->mails() === [] || $this->orderStatus($service) !== 'Active'); ++$i) {
            $this->rig->advance(2);
        }
        self::assertCount(1, $this->mails(), $this->rig->story());
        self::assertSame('Active', $this->service($service)->domainstatus);
        self::assertSame('Active', $this->orderStatus($service));
        self::assertNotSame('', $this->service($service)->dedicatedip);
    }
}
