<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Effects;
use WHMCS\Module\Addon\Hostler\Hooks;
use WHMCS\Module\Addon\Hostler\OptionGroup;

/** Generated options: made once, kept in step, and the operator's all the same. */
final class OptionsTest extends BridgeTestCase
{
    private const STORE = 'mod_salmon_data_store_items';
    private static int $effects = 0;

    public static function setUpBeforeClass(): void
    {
        Hooks::register();
    }

    protected function setUp(): void
    {
        parent::setUp();
        Capsule::table('tblcurrencies')->insert(['id' => 2, 'code' => 'EUR', 'prefix' => '', 'suffix' => ' EUR', 'rate' => 1]);
        foreach ([5, 6] as $id) {
            Capsule::table('tblproducts')->insert(['id' => $id, 'type' => 'server', 'gid' => 1, 'name' => "ROCK $id", 'paytype' => 'recurring', 'servertype' => 'katapult', 'configoption1' => 'rock-3']);
        }
    }

    protected function tearDown(): void
    {
        Capsule::table('tblcurrencies')->where('id', 2)->delete();
        Capsule::schema()->dropIfExists(self::STORE);
    }

    /** Applies what the engine says has to be there; answers with the outcome. */
    private function said(array $places, array $templates, array $withdrawn = []): string
    {
        $option = static fn (string $key, string $original, string $label, string $type, array $values, array $gone = []): array => [
            'key' => $key, 'original' => $original, 'label' => $label, 'option_type' => $type, 'withdrawn' => $gone,
            'values' => array_map(static fn ($key, $label) => ['key' => (string) $key, 'label' => $label], array_keys($values), $values),
        ];
        $body = [
            'module' => 'katapult', 'key' => 'group', 'original' => 'vm_config_option_group_id', 'label' => 'Katapult Virtual Machines',
            'options' => [
                $option('data_center', 'vm_config_option_datacenter_id', 'Data Center', 'dropdown', $places, $withdrawn),
                $option('disk_template', 'vm_config_option_disk_template_id', 'Disk Template', 'dropdown', $templates),
                $option('disk_size', 'vm_config_option_custom_disk_size_id', 'Custom Disk Size (GB)', 'quantity', ['price-per-gb' => 'Price Per GB']),
            ],
        ];
        $effect = ['id' => 'eff_options' . ++self::$effects, 'kind' => 'upsert_option', 'class' => 'row', 'module' => 'katapult', 'service' => null, 'body' => $body];

        return Effects::applyAll([$effect])[0]['outcome'];
    }

    private function usual(): void
    {
        self::assertSame('applied', $this->said(['uk-lon-01' => 'London', 'nl-ams-01' => 'Amsterdam'], ['templates/ubuntu-22-04' => 'Ubuntu 22.04']));
    }

    /** @return array<string,int> stored name => hidden */
    private function values(int $option): array
    {
        return Capsule::table('tblproductconfigoptionssub')->where('configid', $option)->orderBy('id')->pluck('hidden', 'optionname')->map(static fn ($hidden): int => (int) $hidden)->all();
    }

    private function option(string $name): int
    {
        return (int) Capsule::table('tblproductconfigoptions')->where('optionname', $name)->value('id');
    }

    /** Everything about options, to see that nothing changed. */
    private function all(): string
    {
        return (string) json_encode(array_map(static fn ($table) => Capsule::table($table)->orderBy('id')->get(), [
            'tblproductconfiggroups', 'tblproductconfiglinks', 'tblproductconfigoptions', 'tblproductconfigoptionssub', 'tblpricing',
        ]));
    }

    public function test_kt_014_kt_022_the_group_is_made_once_and_saying_it_again_changes_nothing(): void
    {
        $this->usual();
        self::assertSame(['Katapult Virtual Machines'], Capsule::table('tblproductconfiggroups')->pluck('name')->all());
        self::assertSame([5, 6], Capsule::table('tblproductconfiglinks')->orderBy('pid')->pluck('pid')->all(), 'all products of the module and no others');
        $options = Capsule::table('tblproductconfigoptions')->orderBy('order')->get();
        self::assertSame([['Data Center', '1'], ['Disk Template', '1'], ['Custom Disk Size (GB)', '4']], $options->map(static fn ($o) => [$o->optionname, $o->optiontype])->all());
        $before = $this->all();
        $this->usual();
        $this->usual();
        self::assertSame($before, $this->all());
    }

    public function test_kt_015_later_products_get_the_group_and_one_that_it_was_taken_from_does_not(): void
    {
        $this->usual();
        Capsule::table('tblproductconfiglinks')->where('pid', 5)->delete();
        Capsule::table('tblproducts')->insert(['id' => 7, 'type' => 'server', 'gid' => 1, 'name' => 'ROCK 7', 'paytype' => 'recurring', 'servertype' => 'katapult']);
        $this->usual();
        self::assertSame([6, 7], Capsule::table('tblproductconfiglinks')->orderBy('pid')->pluck('pid')->all());
    }

    public function test_kt_016_kt_017_kt_018_entries_are_named_by_permalink_and_name_however_many_there_are(): void
    {
        $templates = [];
        foreach (range(1, 65) as $i) {
            $templates["templates/t-$i"] = "Template $i";
        }
        $this->said(['uk-lon-01' => 'London'], $templates);
        self::assertSame(['uk-lon-01|London' => 0], $this->values($this->option('Data Center')));
        $named = $this->values($this->option('Disk Template'));
        self::assertCount(65, $named);
        self::assertArrayHasKey('templates/t-65|Template 65', $named);
        self::assertSame(range(0, 64), Capsule::table('tblproductconfigoptionssub')->where('configid', $this->option('Disk Template'))->orderBy('sortorder')->pluck('sortorder')->all());
    }

    public function test_kt_019_first_entries_are_visible_and_later_ones_hidden(): void
    {
        $this->usual();
        $places = $this->option('Data Center');
        self::assertSame(['uk-lon-01|London' => 0, 'nl-ams-01|Amsterdam' => 0], $this->values($places));
        $this->said(['uk-lon-01' => 'London', 'nl-ams-01' => 'Amsterdam', 'us-nyc-01' => 'New York'], []);
        self::assertSame(['uk-lon-01|London' => 0, 'nl-ams-01|Amsterdam' => 0, 'us-nyc-01|New York' => 1], $this->values($places));
        Capsule::table('tblproductconfigoptionssub')->where('optionname', 'us-nyc-01|New York')->update(['hidden' => 0]);
        $this->said(['us-nyc-01' => 'New York'], []);
        self::assertSame(['uk-lon-01|London' => 0, 'nl-ams-01|Amsterdam' => 0, 'us-nyc-01|New York' => 0], $this->values($places), 'a released entry stays released, a missing one stays');
    }

    public function test_what_is_withdrawn_is_hidden_and_shown_again_by_the_operator_only(): void
    {
        $this->usual();
        $places = $this->option('Data Center');
        $this->said(['uk-lon-01' => 'London'], [], ['nl-ams-01', 'never-there']);
        self::assertSame(['uk-lon-01|London' => 0, 'nl-ams-01|Amsterdam' => 1], $this->values($places));
        Capsule::table('tblproductconfigoptionssub')->where('optionname', 'nl-ams-01|Amsterdam')->update(['hidden' => 0]);
        $this->said(['uk-lon-01' => 'London'], []);
        self::assertSame(0, $this->values($places)['nl-ams-01|Amsterdam']);
    }

    public function test_kt_020_what_the_operator_renamed_sorted_or_added_stays(): void
    {
        $this->usual();
        $places = $this->option('Data Center');
        Capsule::table('tblproductconfiggroups')->update(['name' => 'Servers', 'description' => 'mine']);
        Capsule::table('tblproductconfigoptions')->where('id', $places)->update(['optionname' => 'Where|Standort', 'optiontype' => '2', 'order' => 9, 'hidden' => 1]);
        Capsule::table('tblproductconfigoptionssub')->where('optionname', 'uk-lon-01|London')->update(['optionname' => 'uk-lon-01|Londres', 'sortorder' => 7, 'hidden' => 1]);
        Capsule::table('tblproductconfigoptionssub')->insert(['configid' => $places, 'optionname' => 'uk_lon_01|With underscores', 'sortorder' => 8]);
        $before = $this->all();
        $this->usual();
        self::assertSame($before, $this->all(), 'and a permalink is compared as it is, not as a pattern');
        $this->said(['uk_lon-01' => 'Another'], []);
        self::assertArrayHasKey('uk_lon-01|Another', $this->values($places));
    }

    public function test_kt_020_a_new_name_upstream_reaches_an_entry_whose_name_is_the_one_that_was_written(): void
    {
        $this->usual();
        $places = $this->option('Data Center');
        $rename = static fn (string $from, string $to) => Capsule::table('tblproductconfigoptionssub')->where('optionname', $from)->update(['optionname' => $to]);
        Capsule::table('tblproductconfigoptionssub')->where('optionname', 'uk-lon-01|London')->update(['sortorder' => 7, 'hidden' => 1]);
        $rename('nl-ams-01|Amsterdam', 'nl-ams-01|Holland');
        $this->said(['uk-lon-01' => 'London Docklands', 'nl-ams-01' => 'Amsterdam South'], ['templates/ubuntu-22-04' => 'Ubuntu 22.04 LTS']);
        self::assertSame(['uk-lon-01|London Docklands' => 1, 'nl-ams-01|Holland' => 0], $this->values($places));
        self::assertSame(['templates/ubuntu-22-04|Ubuntu 22.04 LTS' => 0], $this->values($this->option('Disk Template')));
        self::assertSame(7, (int) Capsule::table('tblproductconfigoptionssub')->where('optionname', 'uk-lon-01|London Docklands')->value('sortorder'));
        $before = $this->all();
        $this->said(['uk-lon-01' => 'London Docklands', 'nl-ams-01' => 'Amsterdam South'], ['templates/ubuntu-22-04' => 'Ubuntu 22.04 LTS']);
        self::assertSame($before, $this->all());

        $rename('uk-lon-01|London Docklands', 'uk-lon-01|London');
        foreach (['London Docklands', 'London', 'London City'] as $upstream) {
            $this->said(['uk-lon-01' => $upstream], []);
            $names = array_keys($this->values($places));
            self::assertSame(['uk-lon-01|' . ($upstream === 'London City' ? 'London City' : 'London'), 'nl-ams-01|Holland'], $names, 'a name of before that the operator chose stays, until it is what upstream says as well');
        }
    }

    public function test_kt_021_kt_022_kt_023_each_entry_has_one_row_of_zeros_per_currency_on_its_own_id(): void
    {
        $this->usual();
        $values = Capsule::table('tblproductconfigoptionssub')->orderBy('id')->pluck('id')->all();
        self::assertCount(4, $values, 'two places, one template, the price per GB');
        $rows = Capsule::table('tblpricing')->orderBy('id')->get();
        self::assertCount(8, $rows);
        self::assertSame($values, $rows->pluck('relid')->unique()->sort()->values()->all());
        foreach ($rows as $row) {
            self::assertSame(['configoptions', 0.0], [$row->type, array_sum(array_map('floatval', array_slice((array) $row, 4)))]);
            self::assertNotContains('-1.00', (array) $row, 'every cycle is offered');
        }
        $perGb = Capsule::table('tblproductconfigoptionssub')->where('optionname', 'price-per-gb|Price Per GB')->first();
        self::assertSame($this->option('Custom Disk Size (GB)'), (int) $perGb->configid);
        Capsule::table('tblpricing')->where('relid', $perGb->id)->where('currency', 1)->update(['monthly' => '0.10']);
        foreach (range(1, 3) as $again) {
            $this->usual();
        }
        self::assertSame(8, Capsule::table('tblpricing')->count());
        self::assertSame('0.10', Capsule::table('tblpricing')->where('relid', $perGb->id)->where('currency', 1)->value('monthly'), 'a price of the operator stays');
        Capsule::table('tblpricing')->where('relid', $values[0])->where('currency', 2)->delete();
        $this->usual();
        self::assertSame(8, Capsule::table('tblpricing')->count(), 'a missing row is written again');
    }

    public function test_options_of_the_original_module_go_on_as_they_are(): void
    {
        $group = Capsule::table('tblproductconfiggroups')->insertGetId(['name' => 'Old group', 'description' => '']);
        $place = Capsule::table('tblproductconfigoptions')->insertGetId(['gid' => $group, 'optionname' => 'Region', 'optiontype' => '1']);
        Capsule::table('tblproductconfigoptionssub')->insert(['configid' => $place, 'optionname' => 'uk-lon-01|Old London']);
        Capsule::schema()->create(self::STORE, static function ($table): void {
            $table->bigIncrements('id');
            $table->string('rel_type');
            $table->unsignedBigInteger('rel_id');
            $table->string('key');
            $table->longText('value');
            $table->string('value_index')->nullable();
            $table->timestamps();
        });
        foreach (['vm_config_option_group_id' => $group, 'vm_config_option_datacenter_id' => $place, 'vm_config_option_disk_template_id' => 999] as $key => $id) {
            Capsule::table(self::STORE)->insert(['rel_type' => 'module_setting', 'rel_id' => 0, 'key' => $key, 'value' => serialize($id)]);
        }
        $this->usual();
        self::assertSame(1, Capsule::table('tblproductconfiggroups')->count());
        self::assertSame(['uk-lon-01|Old London' => 0, 'nl-ams-01|Amsterdam' => 1], $this->values($place), 'what comes to an option that was there is hidden');
        self::assertSame(['Region', 'Disk Template', 'Custom Disk Size (GB)'], Capsule::table('tblproductconfigoptions')->where('gid', $group)->orderBy('id')->pluck('optionname')->all(), 'one that is gone is made again');
        self::assertSame([5, 6], Capsule::table('tblproductconfiglinks')->where('gid', $group)->orderBy('pid')->pluck('pid')->all());
    }

    public function test_kt_020_of_the_originals_entries_those_follow_upstream_that_bore_its_name(): void
    {
        $this->usual();
        $places = $this->option('Data Center');
        // As the original left them: nothing is remembered of their names.
        Capsule::table('mod_hostler_options')->delete();
        Capsule::table('tblproductconfigoptionssub')->where('optionname', 'uk-lon-01|London')->update(['optionname' => 'uk-lon-01|Old London']);
        $this->usual();
        $this->said(['uk-lon-01' => 'London Docklands', 'nl-ams-01' => 'Amsterdam South'], []);
        self::assertSame(['uk-lon-01|Old London', 'nl-ams-01|Amsterdam South'], array_keys($this->values($places)));
    }

    public function test_kt_019_an_effect_that_fails_half_way_leaves_nothing_behind(): void
    {
        $body = ['module' => 'katapult', 'key' => 'group', 'original' => '', 'label' => 'G', 'options' => [
            ['key' => 'data_center', 'original' => '', 'label' => 'Data Center', 'option_type' => 'dropdown', 'withdrawn' => [], 'values' => [['key' => 'a', 'label' => 'A']]],
            ['key' => 'disk_template', 'original' => '', 'label' => 'Broken'],
        ]];
        $effect = ['id' => 'eff_broken', 'kind' => 'upsert_option', 'class' => 'row', 'module' => 'katapult', 'service' => null, 'body' => $body];
        self::assertSame('failed', Effects::applyAll([$effect])[0]['outcome']);
        self::assertSame([0, 0, 0], [Capsule::table('tblproductconfiggroups')->count(), Capsule::table('tblproductconfigoptions')->count(), Capsule::table('tblproductconfigoptionssub')->count()]);
        $this->usual();
        self::assertSame([0, 0], array_values($this->values($this->option('Data Center'))), 'the next one begins at the beginning');
    }

    public function test_kt_024_kt_030_the_cart_is_sent_with_the_options_that_it_holds_and_the_engines_sentence_is_shown(): void
    {
        $this->usual();
        [$place, $template, $size] = array_map([$this, 'option'], ['Data Center', 'Disk Template', 'Custom Disk Size (GB)']);
        $value = static fn (string $name): int => (int) Capsule::table('tblproductconfigoptionssub')->where('optionname', $name)->value('id');
        Capsule::table('tblproductconfigoptions')->insert(['id' => 90, 'gid' => 50, 'optionname' => 'Backup', 'optiontype' => '3']);
        $_SESSION['cart']['products'] = [4 => ['pid' => 5, 'billingcycle' => 'monthly', 'configoptions' => [$place => 0]], 5 => ['pid' => 8]];
        $sentence = 'Custom disk size must be at least 10GB for Ubuntu 22.04';
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['errors' => [$sentence]], 'effects' => []]);
        $posted = [$place => $value('uk-lon-01|London'), $template => $value('templates/ubuntu-22-04|Ubuntu 22.04'), $size => 5, 90 => 1];
        self::assertSame([[$sentence]], run_hook('ShoppingCartValidateProductUpdate', ['i' => '4', 'configoption' => $posted]));
        $sent = $this->engine->requests('event')[0]->body;
        self::assertSame(['checkout_validate', 1], [$sent->kind, count($sent->body->items)]);
        $choices = array_map(static fn ($c) => [$c->key, $c->option_type, $c->entered, $c->chosen], $sent->body->items[0]->choices);
        self::assertSame([
            ['data_center', 'dropdown', (string) $posted[$place], 'uk-lon-01|London'],
            ['disk_template', 'dropdown', (string) $posted[$template], 'templates/ubuntu-22-04|Ubuntu 22.04'],
            ['disk_size', 'quantity', '5', null],
            [null, 'yesno', '1', null],
        ], $choices);

        // The operator may make a dropdown of the quantity.
        Capsule::table('tblproductconfigoptions')->where('id', $size)->update(['optiontype' => '1', 'optionname' => 'Disk|Platte']);
        $forty = Capsule::table('tblproductconfigoptionssub')->insertGetId(['configid' => $size, 'optionname' => '40|40 GB']);
        self::assertSame([['key' => 'disk_size', 'label' => 'Disk|Platte', 'option_type' => 'dropdown', 'entered' => (string) $forty, 'chosen' => '40|40 GB']], OptionGroup::choices('katapult', [$size => $forty]));
    }

    public function test_kt_031_kt_032_a_cart_survives_an_engine_that_is_silent_and_options_that_are_missing(): void
    {
        $_SESSION['cart']['products'] = [['pid' => 5], ['pid' => 5, 'configoptions' => [1 => '0', 77 => 'x', 78 => ['odd']]]];
        $this->engine->answers('event', ['mode' => 'hang'], ['result' => 'ok', 'data' => ['errors' => []], 'effects' => []]);
        $begin = microtime(true);
        self::assertSame([], run_hook('ShoppingCartValidateProductUpdate', ['i' => '1', 'configoption' => [77 => '5']]));
        // One budget of 0.3 s, and room for a busy machine.
        self::assertLessThan(3.0, microtime(true) - $begin);
        self::forgetStatics();
        self::assertSame([], run_hook('ShoppingCartValidateCheckout', []));
        $items = $this->engine->requests('event')[1]->body->body->items;
        self::assertSame([[], []], [$items[0]->choices, $items[1]->choices]);
        self::assertSame([], run_hook('ShoppingCartValidateProductUpdate', []), 'without anything posted');
    }
}
