<?php

use WHMCS\Database\Capsule;

/** Two panels, two installations, and hand-made machines beside ours. */
final class SeparationTest extends EngineTestCase
{
    public function test_vf_039_each_services_calls_go_only_to_its_own_panel(): void
    {
        [$onA, $onB] = $this->order(Rig::PRODUCT, Rig::PRODUCT_B);
        self::assertSame([Rig::SERVER, Rig::SERVER_B], [(int) $this->service($onA)->server, (int) $this->service($onB)->server]);
        $this->rig->forgetCalls();
        $this->module($onA, 'CreateAccount');
        $this->until('it is active', fn () => $this->service($onA)->domainstatus === 'Active');
        self::assertSame(0, $this->rig->countCalls('create_server', 'b') + $this->rig->countCalls('build_server', 'b') + $this->rig->countCalls('create_user', 'b'));
        $this->rig->forgetCalls();
        $this->module($onB, 'CreateAccount');
        $this->until('it is active', fn () => $this->service($onB)->domainstatus === 'Active');
        self::assertSame(0, $this->rig->countCalls('create_server') + $this->rig->countCalls('build_server') + $this->rig->countCalls('create_user'));
        self::assertCount(1, $this->machines(null, 'a'));
        self::assertCount(1, $this->machines(null, 'b'));
    }

    /** @return iterable<string,array{0:array,1:bool}> what a person made in the same minute for the same owner */
    public function handMade(): iterable
    {
        yield 'of another package' => [['group' => 1, 'package' => 3], false];
        yield 'in another group' => [['group' => 2, 'package' => 1], false];
        yield 'built and named already' => [['group' => 1, 'package' => 1], true];
    }

    /** @dataProvider handMade */
    public function test_a_hand_made_server_of_the_same_owner_is_never_adopted(array $server, bool $built): void
    {
        [$first] = $this->order(Rig::PRODUCT_B);
        $this->module($first, 'CreateAccount');
        $this->untilReady($first);
        $owner = $this->machines(null, 'b')[0]['owner'];
        // The create is lost before its effect.
        $this->rig->fault(['endpoint' => 'create_server', 'times' => 1, 'fault' => ['kind' => 'reset_before']], 'b');
        [$service] = $this->order(Rig::PRODUCT_B);
        $this->module($service, 'CreateAccount');
        $byHand = $this->rig->hand(['do' => 'create_server', 'owner' => $owner] + $server, 'b');
        if ($built) {
            $this->rig->hand(['do' => 'build', 'server' => $byHand, 'name' => 'by-hand'], 'b');
        }
        $questions = count($this->rig->questions());
        $this->until('it asks', fn () => count($this->rig->questions()) > $questions, 80, 60);
        self::assertNull($this->mapped($service));
        self::assertNotSame($byHand, $this->mapped($first));
        $left = array_column($this->machines(null, 'b'), null, 'id');
        self::assertArrayHasKey($byHand, $left, 'and it is left alone');
        self::assertFalse($left[$byHand]['suspended']);
        self::assertCount(2, $left);
    }

    public function test_two_installations_on_one_panel_never_share_a_customer(): void
    {
        $mine = $this->readyService();
        $this->rig->speakAs('second');
        $this->rig->attach('second', 'a', Rig::SERVER);
        // The same client number, and at first the same address: the panel has each address once, and the account behind
        // it is another installation's client, so it is not taken.
        [$theirs] = $this->order();
        self::assertStringContainsString('email', strtolower($this->module($theirs, 'CreateAccount')));
        self::assertSame([], $this->rig->machinesNamed("second:$this->client"));
        Capsule::table('tblclients')->where('id', $this->client)->update(['email' => "second-$this->client@example.test"]);
        $this->module($theirs, 'CreateAccount');
        $this->until('it is ready', fn () => $this->service($theirs)->domainstatus === 'Active');
        $first = $this->machines();
        $second = $this->rig->machinesNamed("second:$this->client");
        self::assertSame([[$this->mapped($mine)], [$this->mapped($theirs)]], [array_column($first, 'id'), array_column($second, 'id')]);
        self::assertNotSame($first[0]['owner'], $second[0]['owner']);
    }
}
