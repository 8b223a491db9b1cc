<?php

use WHMCS\Database\Capsule;

/** The panel loses answers, WHMCS calls twice and once more: in the end one machine, one mail, nothing of the client's lost. */
final class LostAnswersTest extends EngineTestCase
{
    /** @return iterable<string,array{0:string,1:array}> */
    public function losses(): iterable
    {
        foreach (['create_server', 'build_server'] as $endpoint) {
            yield "$endpoint: reset after the effect" => [$endpoint, ['kind' => 'reset_after']];
            yield "$endpoint: thirty seconds of silence" => [$endpoint, ['kind' => 'timeout_after']];
            yield "$endpoint: 500 after the effect" => [$endpoint, ['kind' => 'error_after', 'status' => 500]];
            yield "$endpoint: a truncated body" => [$endpoint, ['kind' => 'truncated_body']];
            yield "$endpoint: the effect comes ten minutes later" => [$endpoint, ['kind' => 'effect_later', 'seconds' => 600]];
        }
        yield 'create_server: the effect comes after a second attempt' => ['create_server', ['kind' => 'effect_later', 'seconds' => 1200]];
    }

    /** @dataProvider losses */
    public function test_vf_036_vf_037_one_machine_whatever_is_lost(string $endpoint, array $fault): void
    {
        $this->rig->forgetCalls();
        $this->rig->fault(['endpoint' => $endpoint, 'times' => 1, 'fault' => $fault]);
        [$service] = $this->order();
        $this->rig->modules([[$service, 'CreateAccount'], [$service, 'CreateAccount']]);
        $this->module($service, 'CreateAccount');
        $this->until('it is ready', fn () => $this->service($service)->domainstatus === 'Active' && count($this->mails()) > 0, 120, 15);
        // Whatever was still on its way arrives; a late machine of an older attempt is removed undelivered.
        $this->rig->advance(900);
        $this->until('one machine is left', fn () => count($this->machines()) === 1 && $this->rig->undelivered() === [], 80, 15);

        $machine = $this->machines()[0];
        $row = $this->service($service);
        self::assertSame($machine['id'], $this->mapped($service), $this->rig->story());
        self::assertSame([$this->hostname(), self::PASSWORD], [$row->domain, decrypt($row->password)]);
        self::assertSame($machine['ipv4'][0], $row->dedicatedip);
        self::assertSame('complete', $machine['stage']);
        self::assertSame('Active', $this->orderStatus($service));
        self::assertCount(1, $this->mails());
        self::assertSame(1, Capsule::table('tblhosting')->where('userid', $this->client)->count());
        // The create was tried again only where its effect was not there; what came of the first attempt was deleted.
        $late = $endpoint === 'create_server' && ($fault['seconds'] ?? 0) > 600;
        self::assertSame($late ? 2 : 1, $this->rig->countCalls('create_server'));
        self::assertSame($late ? 1 : 0, $this->rig->countCalls('delete_server'));
    }

    /** The other panel has not proven the staging protocol: creates are sent once and looked for. */
    public function listLosses(): iterable
    {
        yield 'reset after the effect' => [['kind' => 'reset_after']];
        yield 'the effect comes ten minutes later' => [['kind' => 'effect_later', 'seconds' => 600]];
    }

    /** @dataProvider listLosses */
    public function test_under_the_list_protocol_a_lost_create_is_found_and_not_repeated(array $fault): void
    {
        $this->rig->forgetCalls();
        $this->rig->fault(['endpoint' => 'create_server', 'times' => 1, 'fault' => $fault], 'b');
        [$service] = $this->order(Rig::PRODUCT_B);
        $this->rig->modules([[$service, 'CreateAccount'], [$service, 'CreateAccount']]);
        $this->until('it is ready', fn () => $this->service($service)->domainstatus === 'Active' && count($this->mails()) > 0, 120, 15);
        $this->rig->advance(900);
        $this->cron();
        $machines = $this->machines(null, 'b');
        self::assertSame([$this->mapped($service)], array_column($machines, 'id'));
        self::assertSame(1, $this->rig->countCalls('create_server', 'b'));
        self::assertCount(1, $this->mails());
    }
}
