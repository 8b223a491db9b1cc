<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Deadline;
use WHMCS\Module\Addon\Hostler\Effects;

/** Section 9: each kind does what it says, once, and only to what is ours. */
final class EffectsTest extends BridgeTestCase
{
    /** Applies effects as if a fetch had brought them; answers with id => outcome. */
    private function apply(array ...$effects): array
    {
        return array_column(Effects::applyAll($effects), 'outcome', 'id');
    }

    private function outcome(array $effect): string
    {
        return $this->apply($effect)[$effect['id']];
    }

    private function calledApi(string $words): int
    {
        return Capsule::table('tblactivitylog')->where('description', 'like', "%$words%")->count();
    }

    public function test_every_kind_of_the_vectors_has_its_class(): void
    {
        $classes = array_column(self::vectors('effects')['effects'], 'class', 'kind');
        ksort($classes);
        $ours = WHMCS\Module\Addon\Hostler\Appliers::CLASSES;
        ksort($ours);
        self::assertSame($ours, $classes);
    }

    public function test_set_hosting_fills_the_address_and_keeps_hostname_and_password(): void
    {
        $before = $this->service(501);
        self::assertSame('applied', $this->outcome($this->effect('set_hosting')));
        $after = $this->service(501);
        self::assertSame(['192.0.2.50', "192.0.2.51\n2001:db8::1", 'jane@example.test'], [$after->dedicatedip, $after->assignedips, $after->username]);
        self::assertSame('web1.example.test', $after->domain);
        self::assertSame($before->password, $after->password);
        self::assertSame($before->domainstatus, $after->domainstatus);
    }

    public function test_set_hosting_writes_a_hostname_only_where_there_is_none(): void
    {
        Capsule::table('tblhosting')->where('id', 501)->update(['domain' => '']);
        $this->apply($this->effect('set_hosting'));
        self::assertSame('vps-1.example.test', $this->service(501)->domain);
    }

    public function test_set_link_writes_both_tables_and_closing_removes_the_old_modules_row(): void
    {
        $link = $this->effect('set_link');
        self::assertSame('applied', $this->outcome($link));
        $old = Capsule::table('mod_virtfusion_direct')->where('service_id', 501)->first();
        self::assertSame([70, 2, $link['body']['object']], [(int) $old->server_id, (int) $old->panel_id, $old->server_object]);
        $copy = Capsule::table('mod_hostler_links')->first();
        self::assertSame(['70', '3f5c8a7e-0000-4000-8000-000000000070', 0, 1], [$copy->upstream_id, $copy->identity, (int) $copy->closed, (int) $copy->generation]);

        $moved = ['id' => 'eff_moved', 'body' => array_replace($link['body'], ['mapped_id' => 71, 'upstream_id' => '71', 'object' => null])] + $link;
        self::assertSame('applied', $this->outcome($moved));
        $old = Capsule::table('mod_virtfusion_direct')->where('service_id', 501)->get();
        self::assertSame([71, $link['body']['object']], [(int) $old[0]->server_id, $old[0]->server_object]);
        self::assertCount(1, $old);

        $closed = ['id' => 'eff_closed', 'body' => array_replace($link['body'], ['closed' => true])] + $link;
        self::assertSame('applied', $this->outcome($closed));
        self::assertSame(0, Capsule::table('mod_virtfusion_direct')->count());
        self::assertSame(1, (int) Capsule::table('mod_hostler_links')->value('closed'));
    }

    public function test_a_machine_of_another_service_is_not_mapped_again(): void
    {
        $link = $this->effect('set_link');
        $this->apply($link);
        $second = ['id' => 'eff_second', 'service' => 502] + $link;
        $acks = Effects::applyAll([$second]);
        self::assertSame(['refused', 'The machine is mapped to service 501.'], [$acks[0]['outcome'], $acks[0]['reason']]);
        self::assertSame(1, Capsule::table('mod_virtfusion_direct')->count());
        self::assertSame(1, Capsule::table('mod_hostler_links')->count(), 'the refused effect left nothing behind');
    }

    public function test_vf_265_custom_fields_are_made_once_and_an_admins_changes_are_kept(): void
    {
        $field = $this->effect('ensure_custom_field');
        self::assertSame('applied', $this->outcome($field));
        $made = Capsule::table('tblcustomfields')->first();
        self::assertSame(['product', 3, 'Initial Operating System', 'text', '', '', 'on'], [$made->type, (int) $made->relid, $made->fieldname, $made->fieldtype, $made->adminonly, $made->required, $made->showorder]);
        Capsule::table('tblcustomfields')->update(['fieldname' => 'Initial Operating System|System', 'required' => 'on', 'showorder' => '', 'description' => 'mine']);
        self::assertSame('applied', $this->outcome(['id' => 'eff_again'] + $field));
        $kept = Capsule::table('tblcustomfields')->get();
        self::assertCount(1, $kept);
        self::assertSame(['Initial Operating System|System', 'on', '', 'mine'], [$kept[0]->fieldname, $kept[0]->required, $kept[0]->showorder, $kept[0]->description]);
    }

    public function test_set_custom_field_needs_the_field(): void
    {
        $value = $this->effect('set_custom_field');
        self::assertSame('failed', $this->outcome($value));
        $this->apply($this->effect('ensure_custom_field'));
        self::assertSame('applied', $this->outcome($value), 'a failed effect may be tried again');
        self::assertSame('49', Capsule::table('tblcustomfieldsvalues')->where('relid', 501)->value('value'));
    }

    public function test_set_password_redeems_its_secret_once_and_stores_it_encrypted(): void
    {
        $this->engine->answers('secret', self::vectors('effects')['secret']['answer'], ['status' => 410, 'body' => ['error' => ['code' => 'gone', 'message' => 'The secret was redeemed before.']]]);
        $password = $this->effect('set_password');
        self::assertSame('applied', $this->outcome($password));
        self::assertSame('n3w-p4ssw0rd', decrypt($this->service(501)->password));
        self::assertSame('applied', $this->outcome($password));
        $asked = $this->engine->requests('secret');
        self::assertCount(1, $asked);
        self::assertSame([$password['id'], 'sec_0199c0de00007000a000000000000001'], [$asked[0]->body->effect, $asked[0]->body->secret]);
        self::assertStringNotContainsString('n3w-p4ssw0rd', json_encode([Capsule::table('mod_hostler_effects')->get(), Capsule::table('tblhosting')->get()]));
    }

    public function test_usage_and_stock_are_set_and_stock_control_is_respected(): void
    {
        self::assertSame('applied', $this->outcome($this->effect('set_usage')));
        $row = $this->service(501);
        self::assertSame([1024, 81920, 5, 0], [(int) $row->diskusage, (int) $row->disklimit, (int) $row->bwusage, (int) $row->bwlimit]);
        self::assertNotSame('0000-00-00 00:00:00', $row->lastupdate);
        $stock = $this->effect('set_stock');
        self::assertSame('applied', $this->outcome($stock));
        self::assertSame(7, (int) Capsule::table('tblproducts')->where('id', 3)->value('qty'));
        Capsule::table('tblproducts')->where('id', 3)->update(['stockcontrol' => 0]);
        self::assertSame('refused', $this->outcome(['id' => 'eff_off', 'body' => ['product' => 3, 'qty' => 1]] + $stock));
        self::assertSame(7, (int) Capsule::table('tblproducts')->where('id', 3)->value('qty'));
    }

    public function test_gx_006_what_was_ordered_since_the_number_was_computed_is_subtracted_while_it_is_written(): void
    {
        $stock = $this->effect('set_stock');
        $ours = Capsule::table('tblhosting')->where('packageid', 3)->count();
        self::assertGreaterThan(0, $ours);
        $left = function (string $id, array $body) use ($stock): int {
            self::assertSame('applied', $this->outcome(['id' => $id, 'body' => $body + $stock['body']] + $stock));

            return (int) Capsule::table('tblproducts')->where('id', 3)->value('qty');
        };
        self::assertSame(7, $left('eff_all', ['after' => 0, 'counted' => $ours]));
        self::assertSame(7, $left('eff_more', ['after' => 0, 'counted' => $ours + 3]));
        self::assertSame(6, $left('eff_one', ['after' => 0, 'counted' => $ours - 1]));
        // Two orders that nobody has told the engine of; another product's is none.
        $row = (array) $this->service(501);
        foreach ([9001 => 3, 9002 => 3, 9003 => 8] as $id => $product) {
            Capsule::table('tblhosting')->insert(['id' => $id, 'packageid' => $product] + $row);
        }
        self::assertSame(5, $left('eff_two', ['after' => 9000, 'counted' => 0]));
        self::assertSame(6, $left('eff_known', ['after' => 9000, 'counted' => 1]));
        self::assertSame(0, $left('eff_none', ['qty' => 1, 'after' => 9000, 'counted' => 0]));
    }

    public function test_a_todo_is_one_entry_per_key_and_is_closed_by_itself(): void
    {
        $todo = $this->effect('todo');
        $this->apply($todo);
        $done = ['id' => 'eff_done', 'body' => array_replace($todo['body'], ['done' => true])] + $todo;
        $this->apply($done);
        self::assertSame(['Completed'], Capsule::table('tbltodolist')->pluck('status')->all());
    }

    public function test_an_order_is_accepted_once_and_only_while_it_is_pending(): void
    {
        $accept = $this->effect('accept_order');
        self::assertSame('applied', $this->outcome($accept));
        self::assertSame('Active', Capsule::table('tblorders')->where('id', 9)->value('status'));
        self::assertSame('applied', $this->outcome($accept), 'a known outcome is said again');
        self::assertSame('refused', $this->outcome(['id' => 'eff_second'] + $accept));
        self::assertSame(1, $this->calledApi('Order Accepted'));
    }

    public function test_a_foreign_order_is_not_accepted(): void
    {
        Capsule::table('tblorders')->insert(['id' => 10, 'ordernum' => 2, 'userid' => 2, 'date' => '2026-11-20 08:00:00', 'status' => 'Pending']);
        $accept = $this->effect('accept_order');
        $accept['body']['order'] = 10;
        self::assertSame('refused', $this->outcome($accept));
        self::assertSame('Pending', Capsule::table('tblorders')->where('id', 10)->value('status'));
    }

    public function test_rerun_makes_whmcs_call_again_and_names_the_effect(): void
    {
        $rerun = $this->effect('rerun');
        self::assertSame('applied', $this->outcome($rerun));
        self::assertSame('Active', $this->service(501)->domainstatus);
        $calls = $this->engine->requests('call');
        self::assertSame(['CreateAccount', $rerun['id']], [$calls[0]->body->function, $calls[0]->body->applying]);
        self::assertSame('refused', $this->outcome(['id' => 'eff_later'] + $rerun), 'the service is not Pending any more');
        self::assertCount(1, $this->engine->requests('call'));
    }

    public function test_rerun_is_refused_for_a_cancelled_order_and_for_buttons(): void
    {
        Capsule::table('tblorders')->where('id', 9)->update(['status' => 'Cancelled']);
        $rerun = $this->effect('rerun');
        self::assertSame('refused', $this->outcome($rerun));
        $button = ['id' => 'eff_button', 'body' => ['function' => 'updateServerObject'], 'guard' => []] + $rerun;
        self::assertSame('refused', $this->outcome($button));
        self::assertSame([], $this->engine->requests('call'));
    }

    public function test_a_rerun_that_whmcs_reports_as_failed_may_be_tried_again(): void
    {
        $this->engine->answers('call', ['result' => 'Not yet.', 'effects' => []], ['result' => 'success', 'effects' => []]);
        $rerun = $this->effect('rerun');
        $acks = Effects::applyAll([$rerun]);
        self::assertSame('failed', $acks[0]['outcome']);
        self::assertStringContainsString('Not yet.', $acks[0]['reason']);
        self::assertSame('applied', $this->outcome($rerun));
    }

    public function test_effects_of_a_call_made_by_a_rerun_wait_for_their_turn(): void
    {
        $hosting = $this->effect('set_hosting');
        $this->engine->answers('call', ['result' => 'success', 'effects' => [$hosting]]);
        $this->apply($this->effect('rerun'));
        self::assertSame('', $this->service(501)->dedicatedip);
        self::assertSame(1, Capsule::table('mod_hostler_effects')->count());
    }

    public function test_telling_effects_reach_whmcs_once(): void
    {
        $mail = $this->effect('send_mail');
        foreach ([$mail, $this->effect('log_activity'), $this->effect('log_module_call'), $this->effect('open_ticket')] as $effect) {
            self::assertSame(['applied', 'applied'], [$this->outcome($effect), $this->outcome($effect)], $effect['kind']);
        }
        self::assertSame(1, Capsule::table('tblemails')->where('subject', 'like', '%VPS 4 is ready%')->count());
        self::assertSame(1, $this->calledApi('service 501 is ready'));
        self::assertSame(1, Capsule::table('tblmodulelog')->count());
        self::assertSame(1, Capsule::table('tbltickets')->count());
    }

    public function test_a_hook_of_our_own_name_is_run_and_no_other(): void
    {
        $seen = [];
        add_hook('HostlerServiceReady', 1, static function ($vars) use (&$seen): void {
            $seen[] = $vars;
        });
        $hook = $this->effect('run_hook');
        self::assertSame('applied', $this->outcome($hook));
        self::assertSame([['serviceid' => 501]], $seen);
        $foreign = ['id' => 'eff_foreign', 'body' => ['hook' => 'ClientDelete', 'vars' => []]] + $hook;
        self::assertSame('refused', $this->outcome($foreign));
    }

    public function test_a_telling_effect_that_was_begun_is_never_repeated(): void
    {
        $mail = $this->effect('send_mail');
        WHMCS\Module\Addon\Hostler\Schema::ensure();
        Capsule::table('mod_hostler_effects')->insert(['id' => $mail['id'], 'kind' => 'send_mail', 'service_id' => 501, 'claimed_at' => '2026-11-20 08:00:00']);
        self::assertSame('unknown', $this->outcome($mail));
        self::assertSame(0, Capsule::table('tblemails')->count());
    }

    public function test_a_guarded_effect_that_was_begun_meets_its_guard(): void
    {
        $accept = $this->effect('accept_order');
        WHMCS\Module\Addon\Hostler\Schema::ensure();
        Capsule::table('mod_hostler_effects')->insert(['id' => $accept['id'], 'kind' => 'accept_order', 'service_id' => 501, 'claimed_at' => '2026-11-20 08:00:00']);
        Capsule::table('tblorders')->where('id', 9)->update(['status' => 'Active']);
        self::assertSame('refused', $this->outcome($accept));
        Capsule::table('mod_hostler_effects')->update(['outcome' => null]);
        Capsule::table('tblorders')->where('id', 9)->update(['status' => 'Pending']);
        self::assertSame('applied', $this->outcome($accept));
    }

    public function test_a_row_effect_and_its_id_are_one_transaction(): void
    {
        WHMCS\Module\Addon\Hostler\Schema::ensure();
        Capsule::connection()->statement("CREATE TRIGGER no_effects BEFORE INSERT ON mod_hostler_effects FOR EACH ROW IF NEW.outcome = 'applied' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'disk full'; END IF");
        try {
            self::assertSame('failed', $this->outcome($this->effect('set_hosting')));
        } finally {
            Capsule::connection()->statement('DROP TRIGGER no_effects');
        }
        self::assertSame('', $this->service(501)->dedicatedip, 'the state was not changed without its id');
    }

    /** @return iterable<string,array{0:string,1:array}> */
    public function foreign(): iterable
    {
        foreach (['set_hosting', 'set_link', 'set_custom_field', 'set_password', 'set_usage', 'accept_order', 'rerun', 'send_mail', 'log_module_call', 'open_ticket'] as $kind) {
            yield "$kind of another module's service" => [$kind, ['service' => 503]];
        }
        foreach (['set_hosting', 'accept_order', 'rerun', 'send_mail'] as $kind) {
            yield "$kind of no service" => [$kind, ['service' => null]];
            yield "$kind of a service that is gone" => [$kind, ['service' => 999]];
        }
        yield 'stock of another module\'s product' => ['set_stock', ['body' => ['product' => 8, 'qty' => 0]]];
        yield 'a field of another module\'s product' => ['ensure_custom_field', ['body' => ['product' => 8, 'name' => 'x']]];
        yield 'options of another module' => ['upsert_option', ['body' => ['module' => 'otherpanel']]];
    }

    /** @dataProvider foreign */
    public function test_what_is_not_ours_is_refused(string $kind, array $change): void
    {
        $before = json_encode([Capsule::table('tblhosting')->get(), Capsule::table('tblproducts')->get(), Capsule::table('tblorders')->get()]);
        self::assertSame('refused', $this->outcome($this->effect($kind, $change)));
        self::assertSame($before, json_encode([Capsule::table('tblhosting')->get(), Capsule::table('tblproducts')->get(), Capsule::table('tblorders')->get()]));
        self::assertSame([], $this->engine->requests());
        self::assertSame(0, Capsule::table('tblemails')->count());
    }

    public function test_an_unknown_kind_is_refused(): void
    {
        self::assertSame('refused', $this->outcome(['id' => 'eff_x', 'kind' => 'run_php', 'service' => 501, 'body' => []]));
    }

    public function test_after_a_failed_effect_the_later_ones_of_its_service_wait_and_other_services_go_on(): void
    {
        $fails = $this->effect('set_custom_field');
        $later = ['id' => 'eff_later'] + $this->effect('set_hosting');
        $other = ['id' => 'eff_other', 'service' => 502] + $this->effect('set_hosting');
        self::assertSame([$fails['id'] => 'failed', 'eff_other' => 'applied'], $this->apply($fails, $later, $other));
    }

    public function test_a_service_that_another_process_applies_is_left_alone(): void
    {
        $config = Capsule::connection()->getConfig();
        $other = new PDO("mysql:host={$config['host']};port={$config['port']};dbname={$config['database']}", $config['username'], $config['password']);
        $lock = 'hostler.' . substr(sha1((string) $config['database']), 0, 8) . '.service.501';
        self::assertSame('1', (string) $other->query("SELECT GET_LOCK('$lock', 0)")->fetchColumn());
        $hosting = $this->effect('set_hosting');
        $second = ['id' => 'eff_502', 'service' => 502] + $hosting;
        self::assertSame(['eff_502' => 'applied'], $this->apply($hosting, $second));
        unset($other);
        self::assertSame('', $this->service(501)->dedicatedip);
        usleep(50000);
        self::assertSame('applied', $this->outcome($hosting));
    }

    public function test_fetching_applies_acknowledges_and_goes_on_until_nothing_new_comes(): void
    {
        $this->engine->answers('effects', ['effects' => [$this->effect('set_hosting')], 'more' => false], ['effects' => [$this->effect('accept_order')], 'more' => false]);
        self::assertSame(2, Effects::fetch(new Deadline(5000)));
        $acks = array_merge(...array_map(static fn ($r) => $r->body->acks, $this->engine->requests('effects/ack')));
        self::assertSame(['applied', 'applied'], array_column($acks, 'outcome'));
        self::assertContext($this->engine->requests('effects/ack')[0]->body->context);
        self::assertSame('/bridge/v1/effects?protocol=1&limit=50', $this->engine->requests('effects')[0]->path);
        self::assertTrue($this->engine->requests('effects')[0]->good);
    }

    public function test_effects_on_an_answer_are_applied_and_acknowledged(): void
    {
        $this->engine->answers('call', ['result' => 'success', 'effects' => [$this->effect('set_hosting'), $this->effect('set_link')]]);
        $given = self::vectors('calls')['vectors'][3]['given'];
        self::assertSame('success', VirtFusionDirect_CreateAccount($given));
        self::assertSame('192.0.2.50', $this->service(501)->dedicatedip);
        self::assertSame(2, count($this->engine->requests('effects/ack')[0]->body->acks));
    }

    public function test_a_lost_acknowledgement_is_said_again_without_applying_again(): void
    {
        $this->engine->answers('effects', ['effects' => [$this->effect('log_activity')], 'more' => false]);
        $this->engine->answers('effects/ack', ['mode' => 'late', 'body' => ['acked' => 1]], ['acked' => 1]);
        try {
            Effects::fetch(new Deadline(5000));
            self::fail('the acknowledgement was lost');
        } catch (WHMCS\Module\Addon\Hostler\EngineError $e) {
        }
        Effects::fetch(new Deadline(5000));
        self::assertSame(1, $this->calledApi('service 501 is ready'));
        self::assertSame('applied', $this->engine->requests('effects/ack')[1]->body->acks[0]->outcome);
    }
}
