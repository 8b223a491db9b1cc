<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Events;
use WHMCS\Module\Addon\Hostler\Hooks;
use WHMCS\View\Menu\Item;

/** Section 7: what WHMCS's hooks tell the engine, in the vectors' shapes, and what they do without it. */
final class HooksTest extends BridgeTestCase
{
    public static function setUpBeforeClass(): void
    {
        Hooks::register();
        Hooks::register();
    }

    private function event(): object
    {
        $events = $this->engine->requests('event');
        self::assertNotSame([], $events, 'an event was sent');

        return end($events)->body;
    }

    /** The keys of a value, all the way down; lists are looked at by their first element. */
    private static function shape($value)
    {
        if (is_object($value)) {
            $value = (array) $value;
            ksort($value);

            return array_map([self::class, 'shape'], $value);
        }
        if (is_array($value)) {
            return $value === [] ? [] : ['*' => self::shape($value[0])];
        }

        return is_int($value) ? 'int' : (is_bool($value) ? 'bool' : 'text');
    }

    private static function assertLikeVector(string $name, object $sent): void
    {
        foreach (self::exact('events')->vectors as $vector) {
            if ($vector->name === $name) {
                self::assertSame(array_keys((array) $vector->request), array_keys((array) $sent));
                self::assertContext($sent->context);
                self::assertMatchesRegularExpression('/^[A-Za-z0-9_-]{16,64}$/', $sent->event_id);
                $expected = self::shape($vector->request->body);
                $got = self::shape($sent->body);
                // null stands for an absent id, address or template and has the shape of its field
                array_walk_recursive($expected, static function (&$kind): void {
                    $kind = 'value';
                });
                array_walk_recursive($got, static function (&$kind): void {
                    $kind = 'value';
                });
                self::assertSame($expected, $got, $name);

                return;
            }
        }
        self::fail("no vector $name");
    }

    public function test_vf_166_modules_that_are_not_ours_are_not_told_about(): void
    {
        run_hook('AfterModuleCreate', ['params' => ['moduletype' => 'otherpanel', 'serviceid' => 503]]);
        run_hook('AfterModuleCreate', ['params' => ['moduletype' => 'otherpanel', 'serviceid' => 501]]);
        run_hook('AdminServiceEdit', ['userid' => 1, 'serviceid' => 503]);
        run_hook('ProductEdit', ['pid' => 8]);
        run_hook('CancelOrder', ['orderid' => 77]);
        run_hook('ClientAreaPageCart', ['pid' => 8]);
        self::assertSame([], $this->engine->requests());
        run_hook('AfterModuleCreate', ['params' => ['moduletype' => 'VirtFusionDirect', 'serviceid' => 501]]);
        self::assertCount(1, $this->engine->requests('event'), 'registering twice tells once');
    }

    public function test_module_done_names_every_sibling_of_the_order_whatever_its_module(): void
    {
        Capsule::table('tblhosting')->where('id', 503)->update(['orderid' => 9]);
        run_hook('AfterModuleCreate', ['params' => ['moduletype' => 'VirtFusionDirect', 'serviceid' => 501, 'password' => 'chosen-by-client']]);
        $sent = $this->event();
        self::assertLikeVector('module_done, the last of the order', (object) array_replace((array) $sent, ['body' => (object) array_replace((array) $sent->body, ['siblings' => []])]));
        self::assertSame('create', $sent->body->function);
        self::assertSame([[502, 'VirtFusionDirect'], [503, 'otherpanel']], array_map(static fn ($s) => [$s->service, $s->module], $sent->body->siblings));
        self::assertSame([9, 'Pending'], [$sent->body->order->order, $sent->body->order->status]);
        self::assertStringNotContainsString('chosen-by-client', json_encode($sent));
    }

    public function test_the_order_is_accepted_when_the_engine_says_so(): void
    {
        $this->engine->answers('event', ['result' => 'ok', 'effects' => [$this->effect('accept_order')]], ['result' => 'ok', 'effects' => []]);
        run_hook('AfterModuleCreate', ['params' => ['moduletype' => 'VirtFusionDirect', 'serviceid' => 501]]);
        self::assertSame('Active', Capsule::table('tblorders')->where('id', 9)->value('status'));
        self::assertSame('applied', $this->engine->requests('effects/ack')[0]->body->acks[0]->outcome);
        $kinds = array_map(static fn ($r) => $r->body->kind, $this->engine->requests('event'));
        self::assertSame(['module_done', 'order_accepted'], $kinds, 'the hook of the accepted order is told too');
    }

    /** @return iterable<string,array> hook, arguments, vector, and a change of the database before */
    public function happenings(): iterable
    {
        yield 'OrderPaid' => ['OrderPaid', ['orderId' => 9, 'userId' => 1, 'invoiceId' => 31], 'order_paid'];
        foreach (['AcceptOrder' => 'order_accepted', 'CancelOrder' => 'order_cancelled', 'FraudOrder' => 'order_fraud', 'DeleteOrder' => 'order_deleted'] as $hook => $kind) {
            yield $hook => [$hook, ['orderid' => 9], $kind];
        }
        yield 'AdminServiceEdit' => ['AdminServiceEdit', ['userid' => 1, 'serviceid' => 501], 'service_edited'];
        yield 'ServiceDelete' => ['ServiceDelete', ['userid' => 1, 'clientId' => 1, 'serviceid' => 501], 'service_deleted'];
        yield 'ProductEdit' => ['ProductEdit', ['pid' => 3], 'product_edited'];
        yield 'CancellationRequest' => ['CancellationRequest', ['userid' => 1, 'relid' => 501, 'reason' => 'Kündigung', 'type' => 'Immediate'], 'cancellation_requested'];
        yield 'AfterShoppingCartCheckout' => ['AfterShoppingCartCheckout', ['OrderID' => 9, 'OrderNumber' => 1, 'ServiceIDs' => [501, 502], 'InvoiceID' => 31], 'checkout_done'];
        yield 'AfterProductUpgrade' => ['AfterProductUpgrade', ['upgradeid' => 1], 'upgrade_done'];
        yield 'ClientAreaPageCart' => ['ClientAreaPageCart', ['productinfo' => ['pid' => 3]], 'cart_page'];
        yield 'UserLogout' => ['UserLogout', ['user' => (object) ['id' => 101]], 'user_logout'];
    }

    /** @dataProvider happenings */
    public function test_happenings_have_the_vectors_shape(string $hook, array $arguments, string $vector): void
    {
        Capsule::table('tblupgrades')->insert(['id' => 1, 'userid' => 1, 'type' => 'package', 'relid' => 501, 'date' => '2026-11-20']);
        run_hook($hook, $arguments);
        self::assertSame($vector, $this->event()->kind);
        self::assertLikeVector($vector, $this->event());
    }

    public function test_checkout_errors_of_the_engine_are_shown_and_a_silent_engine_shows_none(): void
    {
        Capsule::table('tblcustomfields')->insert(['id' => 7, 'type' => 'product', 'relid' => 3, 'fieldname' => 'Initial Operating System|OS']);
        $_SESSION['cart']['products'] = [['pid' => 3, 'billingcycle' => 'monthly', 'domain' => 'a.test', 'customfields' => [7 => ''], 'configoptions' => [7 => 22]], ['pid' => 8]];
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['errors' => ['Choose an operating system for VPS 4.']], 'effects' => []], ['mode' => 'hang']);
        self::assertSame([['Choose an operating system for VPS 4.']], run_hook('ShoppingCartValidateCheckout', []));
        self::assertLikeVector('checkout_validate', $this->event());
        self::assertSame(['Initial Operating System' => ''], (array) $this->event()->body->items[0]->customfields);
        $begin = microtime(true);
        self::assertSame([], run_hook('ShoppingCartValidateCheckout', []));
        self::assertLessThan(1.5, microtime(true) - $begin);
    }

    public function test_upgrade_errors_of_the_engine_are_shown(): void
    {
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['errors' => ['The new package has a smaller disk.']], 'effects' => []]);
        self::assertSame([['The new package has a smaller disk.']], run_hook('ShoppingCartValidateUpgrade', ['id' => 501, 'pid' => 3]));
        self::assertLikeVector('upgrade_validate', $this->event());
    }

    public function test_a_hook_that_runs_out_prints_nothing_and_the_budgets_do_not_add_up(): void
    {
        $this->engine->answers('event', ['mode' => 'hang']);
        $begin = microtime(true);
        ob_start();
        foreach (range(1, 20) as $i) {
            self::assertSame([], run_hook('ClientAreaPageCart', ['pid' => 3]));
        }
        self::assertSame('', ob_get_clean());
        // One budget of 0.3 s, and room for a busy machine; twenty budgets would be six seconds.
        self::assertLessThan(3.0, microtime(true) - $begin);
        self::assertCount(1, $this->engine->requests('event'));
    }

    public function test_what_the_engine_did_not_take_is_sent_again_by_the_cron_in_order_under_its_id(): void
    {
        $this->engine->answers('event', ['mode' => 'reset']);
        run_hook('CancelOrder', ['orderid' => 9]);
        run_hook('AdminServiceEdit', ['userid' => 1, 'serviceid' => 501]);
        self::assertSame(2, Events::waiting());
        $lost = $this->event()->event_id;
        $this->engine->reset();
        self::forgetStatics();
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['snapshot' => false], 'effects' => []]);
        run_hook('AfterCronJob', []);
        $sent = array_map(static fn ($r) => $r->body, $this->engine->requests('event'));
        self::assertSame(['cron', 'order_cancelled', 'service_edited'], array_column($sent, 'kind'));
        self::assertSame($lost, $sent[1]->event_id);
        self::assertSame(2, $sent[0]->body->waiting);
        self::assertSame('cron', $sent[0]->context->actor);
        self::assertSame(0, Events::waiting());
        self::assertCount(1, $this->engine->requests('effects'));
    }

    public function test_a_refused_event_is_not_kept(): void
    {
        $this->engine->answers('event', ['status' => 400, 'body' => ['error' => ['code' => 'bad_request', 'message' => 'x']]]);
        run_hook('CancelOrder', ['orderid' => 9]);
        self::assertSame(0, Events::waiting());
    }

    public function test_the_snapshot_goes_out_in_pages_of_500(): void
    {
        $rows = [];
        foreach (range(1000, 2099) as $id) {
            $rows[] = ['id' => $id, 'userid' => 1, 'orderid' => 0, 'packageid' => 3, 'server' => 2, 'regdate' => '2026-11-20', 'domain' => "s$id.test", 'domainstatus' => 'Active', 'nextinvoicedate' => '2026-12-20'];
        }
        Capsule::table('tblhosting')->insert($rows);
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['snapshot' => true], 'effects' => []]);
        run_hook('DailyCronJob', []);
        $pages = array_values(array_filter(array_map(static fn ($r) => $r->body, $this->engine->requests('event')), static fn ($e) => $e->kind === 'snapshot'));
        self::assertSame([500, 500, 102], array_map(static fn ($p) => count($p->body->items), $pages));
        self::assertSame([1, 2, 3], array_map(static fn ($p) => $p->body->page, $pages));
        self::assertSame([false, false, true], array_map(static fn ($p) => $p->body->last, $pages));
        self::assertCount(1, array_unique(array_map(static fn ($p) => $p->body->run, $pages)));
        $ids = array_merge(...array_map(static fn ($p) => array_column($p->body->items, 'service'), $pages));
        self::assertCount(1102, array_unique($ids));
        self::assertNotContains(503, $ids);
        self::assertSame([3], array_column($pages[0]->body->products, 'product'));
        self::assertLikeVector('snapshot', $pages[0]);
    }

    public function test_the_cron_gives_a_hung_engine_ten_seconds_in_all(): void
    {
        $this->engine->answers('event', ['mode' => 'hang']);
        $begin = microtime(true);
        run_hook('DailyCronJob', []);
        run_hook('AfterCronJob', []);
        $took = microtime(true) - $begin;
        self::assertGreaterThan(9.5, $took);
        self::assertLessThan(12.0, $took);
    }

    private function sendWelcomeMail(): string
    {
        $sent = Harness\Mailer::send('VPS Welcome Email', 501);

        return $sent === true ? 'sent' : (string) $sent;
    }

    public function test_the_engine_holds_the_welcome_mail_back(): void
    {
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['hold' => true], 'effects' => []], ['result' => 'ok', 'data' => ['hold' => false], 'effects' => []]);
        self::assertSame('Email Send Aborted By Hook', $this->sendWelcomeMail());
        self::assertLikeVector('mail_pre_send, held back', $this->event());
        self::assertSame(['VPS Welcome Email', 'VPS Welcome Email', false, null], [$this->event()->body->template, $this->event()->body->welcome_template, $this->event()->body->create_ran_in_this_request, $this->event()->body->applying]);
        self::assertSame('sent', $this->sendWelcomeMail());
    }

    public function test_send_mail_says_which_effect_is_being_applied(): void
    {
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['hold' => false], 'effects' => []]);
        $mail = $this->effect('send_mail');
        WHMCS\Module\Addon\Hostler\Effects::applyAll([$mail]);
        self::assertSame($mail['id'], $this->event()->body->applying);
        self::assertSame(1, Capsule::table('tblemails')->count());
    }

    public function test_without_the_engine_only_the_welcome_mail_of_a_create_in_this_request_is_held(): void
    {
        self::connect('unix:' . HARNESS_VAR . '/no-such.sock');
        self::assertSame('sent', $this->sendWelcomeMail());
        VirtFusionDirect_CreateAccount(self::vectors('calls')['vectors'][3]['given']);
        self::assertSame('Email Send Aborted By Hook', $this->sendWelcomeMail());
        Capsule::table('tblemailtemplates')->updateOrInsert(['id' => 2], ['type' => 'product', 'name' => 'Other Product Mail', 'subject' => 'x', 'message' => 'x']);
        self::assertTrue(Harness\Mailer::send('Other Product Mail', 501));
    }

    public function test_mails_of_other_kinds_are_not_asked_about(): void
    {
        Capsule::table('tblemailtemplates')->updateOrInsert(['id' => 3], ['type' => 'general', 'name' => 'News', 'subject' => 'x', 'message' => 'x']);
        self::assertTrue(Harness\Mailer::send('News', 1));
        self::assertTrue(Harness\Mailer::send('VPS Welcome Email', 503));
        self::assertSame([], $this->engine->requests());
    }

    private static function sidebar(): Item
    {
        $sidebar = new Item();
        run_hook('ClientAreaPrimarySidebar', [$sidebar], true);

        return $sidebar;
    }

    public function test_vf_192_the_sidebar_has_the_links_to_the_panels_in_the_engines_order_and_words(): void
    {
        $panels = ['hostler-state' => 'Übersicht', 'hostler-traffic' => 'Datenverkehr', 'hostler-figures' => 'Aktuelle <Werte>', 'hostler-power' => 'Stromversorgung', 'hostler-manage' => 'Verwalten',
            'hostler-reinstall' => 'Neu installieren', 'hostler-rdns' => 'Reverse-DNS', 'hostler-resources' => 'Ressourcen', 'hostler-usage' => 'Verbrauch & mehr', 'vf-sec-billing' => 'Abrechnung'];
        $sections = array_map(static fn (string $id, string $label) => ['id' => $id, 'label' => $label], array_keys($panels), $panels);
        $this->engine->answers('call', ['result' => 'success', 'data' => ['html' => 'x', 'sections' => $sections, 'sections_title' => 'Auf dieser Seite'], 'effects' => []]);
        VirtFusionDirect_ClientArea(self::vectors('calls')['vectors'][3]['given']);
        $group = self::sidebar()->getChild('HostlerSections');
        self::assertSame([80, 'Auf dieser Seite'], [$group->getOrder(), $group->getLabel()]);
        $links = array_values($group->getChildren());
        self::assertSame(range(10, 100, 10), array_map(static fn (Item $link) => $link->getOrder(), $links));
        self::assertSame(array_map(static fn (string $id) => "#$id", array_keys($panels)), array_map(static fn (Item $link) => $link->getUri(), $links));
        self::assertSame(array_map('htmlspecialchars', array_values($panels)), array_map(static fn (Item $link) => $link->getLabel(), $links));
        self::assertSame(['hostler-jump'], array_values(array_unique(array_map(static fn (Item $link) => $link->getClass(), $links))));
        self::assertCount(1, $this->engine->requests(), 'nothing is asked for it');
    }

    public function test_vf_193_the_sidebar_has_nothing_where_the_engine_made_no_page_in_this_request(): void
    {
        self::assertSame([], self::sidebar()->getChildren());
        $given = self::vectors('calls')['vectors'][3]['given'];
        $this->engine->answers('call', ['result' => 'This service belongs to another client.', 'effects' => []], ['mode' => 'reset']);
        foreach (['a sentence in its place', 'a silent engine'] as $case) {
            VirtFusionDirect_ClientArea($given);
            self::assertSame([], self::sidebar()->getChildren(), $case);
        }
    }
}
