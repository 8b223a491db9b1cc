<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Page;

/** Services that the original module made, taken over in one reviewed batch. */
final class AdoptionTest extends EngineTestCase
{
    /** A machine as the original left it: built by hand for a client's account, and mapped. */
    private function made(?int $owner, string $status = 'Active'): array
    {
        $user = $owner ?? $this->rig->hand(['do' => 'create_user', 'name' => 'Jane', 'email' => "old-$this->client@example.test", 'relation' => $this->client]);
        $machine = $this->rig->hand(['do' => 'create_server', 'owner' => $user, 'group' => 1, 'package' => 1]);
        $this->rig->hand(['do' => 'build', 'server' => $machine, 'name' => "old-$machine"]);

        return [$this->mappedService($machine, $status), $machine, $user];
    }

    private function mappedService(int $machine, string $status = 'Active'): int
    {
        $service = (int) Capsule::table('tblhosting')->insertGetId(['userid' => $this->client, 'orderid' => 0, 'packageid' => Rig::PRODUCT, 'server' => Rig::SERVER, 'regdate' => '2025-01-01', 'domain' => "old-$machine.example.test", 'domainstatus' => $status, 'nextinvoicedate' => '2026-12-20']);
        Capsule::table('mod_virtfusion_direct')->insert(['service_id' => $service, 'server_id' => $machine]);

        return $service;
    }

    /** @return array<int,array> what the report says, by service */
    private function findings(): array
    {
        return array_column($this->rig->json('service', 'adopt', 'main'), null, 'billing_id');
    }

    public function test_existing_machines_are_adopted_in_one_reviewed_batch(): void
    {
        [$clean, $machine, $user] = $this->made(null);
        [$suspended] = $this->made($user, 'Suspended');
        $gone = $this->mappedService(999999);
        $stranger = $this->rig->hand(['do' => 'create_user', 'name' => 'Joe', 'email' => "stranger-$this->client@example.test", 'relation' => 4000000 + $this->client]);
        [$wrong, $strangers] = $this->made($stranger);

        Page::adoption();

        // Unadopted: nothing is done to it, and the sentence says what to do.
        $this->rig->forgetCalls();
        $answer = $this->module($clean, 'SuspendAccount');
        self::assertStringContainsStringIgnoringCase('adopt', $answer);
        self::assertSame(0, $this->rig->countCalls('suspend_server'));

        $found = $this->findings();
        self::assertSame(['matched', (string) $machine], [$found[$clean]['finding'], $found[$clean]['machine']]);
        self::assertSame('matched', $found[$suspended]['finding']);
        self::assertSame('missing', $found[$gone]['finding']);

        $this->rig->cli('service', 'adopt', 'main', '--apply');
        $linked = fn (int $service) => $this->rig->json('service', 'show', "main/$service")['link'] ?? null;
        $this->until('the clean ones are linked', fn () => $linked($clean) !== null && $linked($suspended) !== null);
        self::assertSame((string) $machine, $linked($clean)['identity']['id']);
        self::assertNull($linked($gone));
        self::assertNull($linked($wrong), 'its machine is another client\'s');
        self::assertSame($strangers, $this->mapped($wrong), 'and its old row is left alone');

        // Adopting changed nothing on the panel or for the client.
        self::assertSame(0, $this->rig->countCalls('suspend_server') + $this->rig->countCalls('power_poweroff') + $this->rig->countCalls('delete_server'));
        self::assertSame($machine, $this->mapped($clean));
        self::assertSame([], $this->mails());

        // From now on it is a service like any other.
        $this->module($clean, 'SuspendAccount');
        $this->until('it is suspended', fn () => in_array(true, array_column(array_filter($this->machines(), static fn ($m) => $m['id'] === $machine), 'suspended'), true));
        $this->until('and WHMCS says so', fn () => $this->service($clean)->domainstatus === 'Suspended');
    }

    public function test_two_services_on_one_machine_are_reported_and_neither_is_linked(): void
    {
        [$one, $machine] = $this->made(null);
        $two = $this->mappedService($machine);
        Page::adoption();
        $found = $this->findings();
        self::assertSame(['shared', 'shared'], [$found[$one]['finding'], $found[$two]['finding']]);
        $this->rig->cli('service', 'adopt', 'main', '--apply');
        $this->rig->advance(30);
        self::assertNull($this->rig->json('service', 'show', "main/$one")['link']);
        self::assertNull($this->rig->json('service', 'show', "main/$two")['link']);
    }
}
