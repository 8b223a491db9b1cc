<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\DataStore;
use WHMCS\Module\Addon\Hostler\Page;
use WHMCS\Module\Addon\Hostler\Rows;

/** The original module's data store: what is read of it for adoption, and what is written so that the way back stays open. */
final class KatapultStoreTest extends KatapultTestCase
{
    private static function link(int $service, array $change, string $id): array
    {
        return self::made('set_link', $change + ['generation' => 1, 'platform' => 'plt_1', 'server' => 0, 'upstream_id' => 'vm_AbC', 'identity' => 'vm_AbC', 'closed' => false, 'mapped_id' => 'vm_AbC', 'object' => null], $service, $id);
    }

    public function test_kt_088_the_end_of_a_service_takes_back_its_own_values_and_nobody_elses(): void
    {
        self::store(
            ['service', 601, 'vm_id', 'vm_AbC'], ['service', 601, 'vm_build_id', 'vmbuild_AbC'], ['service', 601, 'vm_build_started_at', '2026-01-01'], ['service', 601, 'vm_build_timeout_reached_at', '2026-01-01'],
            ['service', 601, 'licence_of_other_software', 'X1'], ['service', 602, 'vm_id', 'vm_Other'], ['client', 1, 'managed_org_id', 'org_1'], ['module_setting', 0, 'parent_organization', 'acme']
        );
        self::assertSame(['eff_open' => 'applied', 'eff_end' => 'applied'], self::apply(self::link(601, [], 'eff_open'), self::link(601, ['closed' => true], 'eff_end')));
        self::assertSame(['service 601 licence_of_other_software', 'service 602 vm_id', 'client 1 managed_org_id', 'module_setting 0 parent_organization'], array_keys(self::stored()));
        self::assertSame(1, (int) Capsule::table('mod_hostler_links')->where('service_id', 601)->value('closed'));
    }

    public function test_kt_116_a_machine_is_written_as_the_original_writes_it_and_services_stay_apart(): void
    {
        self::store(['service', 602, 'vm_id', 'vm_Other'], ['client', 601, 'vm_id', 'of a client']);
        self::apply(self::link(601, [], 'eff_1'));
        self::apply(self::link(601, ['mapped_id' => 'vm_New'], 'eff_2'));
        self::assertSame(['service 602 vm_id' => 's:8:"vm_Other";', 'client 601 vm_id' => 's:11:"of a client";', 'service 601 vm_id' => 's:6:"vm_New";'], self::stored());
        self::assertSame('vm_New', Capsule::table(self::STORE)->where('rel_type', 'service')->where('rel_id', 601)->value('value_index'));
        self::assertSame([601 => ['vm_id' => 'vm_New'], 602 => ['vm_id' => 'vm_Other']], DataStore::ofServices([601, 602, 603]));
    }

    public function test_kt_116_a_table_that_is_not_there_is_not_made(): void
    {
        self::assertSame(['eff_1' => 'applied', 'eff_2' => 'applied'], self::apply(self::link(601, [], 'eff_1'), self::link(601, ['closed' => true], 'eff_2')));
        self::assertFalse(Capsule::schema()->hasTable(self::STORE));
        self::assertNull(Rows::service(601)['mapped_id']);
    }

    public function test_kt_116_values_of_others_are_read_without_making_objects_of_them(): void
    {
        self::store(['service', 601, 'vm_id', 'vm_First'], ['service', 601, 'vm_id', 'vm_Second']);
        $texts = ['O:8:"stdClass":1:{s:1:"x";i:1;}', 'a:1:{i:0;s:1:"x";}', 'not serialised', 's:99:"cut off";', 'b:1;', 's:0:"";', 'N;'];
        foreach ($texts as $n => $text) {
            Capsule::table(self::STORE)->insert(['rel_type' => 'service', 'rel_id' => 700 + $n, 'key' => 'vm_id', 'value' => $text]);
        }
        self::assertSame([601 => ['vm_id' => 'vm_First']], DataStore::ofServices(array_merge([601], range(700, 706))), 'the first of two is the original\'s');
        Capsule::table(self::STORE)->truncate();
        Capsule::table(self::STORE)->insert(['rel_type' => 'service', 'rel_id' => 601, 'key' => 'vm_id', 'value' => 'O:12:"HeardOfWaking":0:{}']);
        self::assertSame([], DataStore::ofServices([601]));
        self::assertFalse(class_exists('HeardOfWaking', false));
    }

    public function test_calls_and_rows_name_the_machine_or_its_build(): void
    {
        self::store(['service', 601, 'vm_id', 'vm_AbC'], ['service', 601, 'vm_build_id', 'vmbuild_AbC'], ['service', 602, 'vm_build_id', 'vmbuild_Other']);
        katapult_SuspendAccount($this->given(601));
        self::assertSame(['vm_AbC', 'vmbuild_AbC'], [$this->asked()->params->mapped_id, $this->asked()->params->mapped_build]);
        katapult_SuspendAccount($this->given(602));
        self::assertSame([null, 'vmbuild_Other'], [$this->asked()->params->mapped_id, $this->asked()->params->mapped_build]);
        WHMCS\Module\Addon\Hostler\Schema::ensure();
        Capsule::table('mod_virtfusion_direct')->insert(['service_id' => 501, 'server_id' => 70]);
        self::assertSame([501 => 70, 502 => null, 601 => 'vm_AbC', 602 => 'vmbuild_Other', 603 => null], array_column(Rows::pageAfter(0), 'mapped_id', 'service'));
    }

    public function test_the_adoption_batch_holds_both_modules_and_proposes_the_originals_key_once(): void
    {
        $_SESSION['adminid'] = 1;
        self::store(['service', 601, 'vm_id', 'vm_AbC'], ['module_setting', 0, 'parent_organization', 'acme'], ['module_setting', 0, 'api_v1_key', encrypt('the-katapult-key')]);
        Page::adoption();
        Page::adoption();
        $events = array_column($this->engine->requests('event'), 'body');
        self::assertSame(['adoption', 'module_settings', 'adoption'], array_column($events, 'kind'));
        self::assertSame(['system', 'admin'], [$events[0]->context->actor, $events[1]->context->actor]);
        self::assertSame([501, 502, 601, 602, 603], array_column($events[0]->body->items, 'service'));
        self::assertSame([null, null, 'vm_AbC', null, null], array_column($events[0]->body->items, 'mapped_id'));
        self::assertSame([['VirtFusionDirect', 7], ['katapult', 1]], array_map(static fn ($p) => [$p->module, count($p->settings)], $events[0]->body->products));
        self::assertSame(['module' => 'katapult', 'key' => 'the-katapult-key', 'organization' => 'acme', 'organization_shown' => null, 'resync' => false], (array) $events[1]->body);
        foreach ([$events[0], $events[2]] as $batch) {
            self::assertStringNotContainsString('the-katapult-key', json_encode($batch), 'no secret goes with a row');
        }
        $everything = json_encode([Capsule::table('mod_hostler_settings')->get(), Capsule::table('mod_hostler_events')->get()]);
        self::assertStringNotContainsString('the-katapult-key', $everything);
    }

    public function test_another_key_is_proposed_again_and_none_is_not(): void
    {
        $_SESSION['adminid'] = 1;
        Page::adoption();
        self::assertSame(['adoption'], array_column(array_column($this->engine->requests('event'), 'body'), 'kind'));
        self::store(['module_setting', 0, 'api_v1_key', encrypt('one')]);
        Page::adoption();
        Capsule::table(self::STORE)->update(['value' => serialize(encrypt('two'))]);
        Page::adoption();
        $keys = array_map(static fn ($r) => $r->body->body->key ?? null, $this->engine->requests('event'));
        self::assertSame(['one', 'two'], array_values(array_filter($keys)));
    }
}
