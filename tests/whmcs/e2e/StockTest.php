<?php

use WHMCS\Database\Capsule;

/** From a panel's room to `tblproducts.qty`: the group of three hypervisors with storage of type 4 on panel a. */
final class StockTest extends EngineTestCase
{
    private const GROUP = 9;
    private const PACKAGE = 21;
    private const NUMBERS = [31 => 66, 32 => 32, 33 => 15, 34 => 7, 35 => 3, 36 => 1, 37 => 32, 38 => 15];

    protected function setUp(): void
    {
        parent::setUp();
        foreach (array_keys(self::NUMBERS) as $i => $id) {
            Capsule::table('tblproducts')->updateOrInsert(['id' => $id], ['type' => 'server', 'gid' => 1, 'name' => "SSD $id", 'paytype' => 'recurring', 'autosetup' => '', 'servertype' => 'VirtFusionDirect', 'servergroup' => Rig::SERVER,
                'stockcontrol' => 1, 'qty' => 5, 'configoption1' => (string) self::GROUP, 'configoption2' => (string) (self::PACKAGE + $i), 'configoption3' => '1', 'configoption4' => '0', 'configoption5' => '0', 'configoption6' => '100', 'configoption7' => '']);
            $this->rig->productEdited($id);
        }
        // What the tests before have ordered and not paid is free again after an hour.
        $this->rig->advance(3700);
    }

    /** @return array<int,int> */
    private function quantities(): array
    {
        return Capsule::table('tblproducts')->whereIn('id', array_keys(self::NUMBERS))->orderBy('id')->pluck('qty', 'id')->map(static fn ($qty) => (int) $qty)->all();
    }

    private function told(array $expected): void
    {
        $this->until('the shop has ' . json_encode($expected), fn () => $this->quantities() === $expected);
    }

    public function test_vf_225_the_headline_reaches_the_shop_and_two_orders_while_it_is_computed_are_not_forgotten(): void
    {
        $this->told(self::NUMBERS);
        $shown = array_column($this->rig->json('stock', 'show'), 'sellable', 'product');
        self::assertSame(['known' => 66], $shown[31]);
        self::assertStringContainsString('memory', $this->rig->cli('stock', 'explain', 'main', '31'));

        // A machine that a person makes in the panel, and two orders before the panel is read anew.
        $user = $this->rig->hand(['do' => 'create_user', 'name' => 'By hand', 'email' => "hand$this->client@example.test"]);
        $machine = $this->rig->hand(['do' => 'create_server', 'owner' => $user, 'group' => self::GROUP, 'package' => self::PACKAGE]);
        $this->rig->advance(180);
        $this->order(31, 31);
        self::assertSame(64, $this->quantities()[31], 'the shop has counted its orders itself');
        $this->rig->cli('stock', 'recalculate', 'main');
        $this->until('the number of before, less the machine and the orders', fn () => $this->quantities()[31] === 63);
        $this->rig->hand(['do' => 'delete', 'server' => $machine]);
        $this->rig->advance(180);
        $this->rig->cli('stock', 'recalculate', 'main');
        $this->until('the machine is gone, the orders are not', fn () => $this->quantities()[31] === 64);
        // Beside two that are promised there is less for every other size, and none for the largest.
        self::assertSame([31 => 64, 32 => 30, 33 => 14, 34 => 6, 35 => 2, 36 => 0, 37 => 30, 38 => 14], $this->quantities());
    }

    public function test_vf_234_a_panel_that_cannot_be_read_changes_no_quantity(): void
    {
        $this->until('all numbers are known', fn () => $this->quantities()[33] === 15);
        $before = $this->quantities();
        $this->rig->fault(['endpoint' => 'group_resources', 'fault' => ['kind' => 'error_before', 'status' => 500]]);
        $this->rig->advance(180);
        $shown = array_column($this->rig->json('stock', 'recalculate', 'main'), 'sellable', 'product');
        self::assertArrayHasKey('unknown', $shown[33]);
        $this->cron();
        self::assertSame($before, $this->quantities());
    }

    public function test_mx_070_a_product_that_is_sold_out_is_refused_at_checkout(): void
    {
        $this->until('the number is known', fn () => $this->quantities()[36] === 1);
        $passed = [];
        foreach (['a', 'b'] as $name) {
            // The shop's own number is as old as it may be: it refuses nobody.
            Capsule::table('tblproducts')->where('id', 36)->update(['qty' => 5]);
            $this->client = $this->newClient();
            $browser = $this->browser($this->client);
            $browser->get('/cart.php?a=add&pid=36');
            $page = $browser->post('/cart.php?a=checkout', ['token' => $browser->token('/cart.php?a=view'), 'submit' => 1, 'paymentmethod' => 'banktransfer', 'accepttos' => 1]);
            $passed[] = Capsule::table('tblhosting')->where('userid', $this->client)->where('packageid', 36)->exists();
        }
        self::assertStringContainsString('SSD 36 is sold out at present.', $page['body']);
        self::assertSame([true, false], $passed);
    }
}
