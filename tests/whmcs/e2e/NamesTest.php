<?php

use WHMCS\Database\Capsule;

/** What machines' addresses are called, on a real name server: from the order to the end, by client and administrator. */
final class NamesTest extends EngineTestCase
{
    private const LIST = Browser::CLIENT . '?action=rdnsList';
    private const STATUS = Browser::ADMIN . '?action=rdnsStatus';

    private NameServer $names;

    protected function setUp(): void
    {
        parent::setUp();
        $this->names = $this->rig->withNames();
    }

    public static function tearDownAfterClass(): void
    {
        Rig::running()->withoutNames();
    }

    /** The address that an order will have, the lowest that no machine has: its hostname leads there, and it has no name. */
    private function expected(): string
    {
        $held = array_merge(...array_column($this->rig->books('a')['servers'], 'ipv4'));
        for ($next = ip2long('198.18.0.2'); in_array(long2ip($next), $held, true);) {
            ++$next;
        }
        $this->names->lead($this->hostname(), long2ip($next));
        $this->names->point(long2ip($next));

        return long2ip($next);
    }

    /** A machine that is called by its hostname. @return array{0:int,1:string} service and address */
    private function named(): array
    {
        $address = $this->expected();
        $held = $this->names->held();
        $service = $this->readyService();
        $this->untilHeld(self::but($held, $address, $this->hostname()));

        return [$service, $address];
    }

    /** The same with this name in it, or without any. */
    private static function but(array $held, string $address, ?string $host): array
    {
        unset($held[NameServer::nameOf($address) . ' PTR']);
        $held += $host === null ? [] : [NameServer::nameOf($address) . ' PTR' => ["300 $host."]];
        ksort($held);

        return $held;
    }

    private function untilHeld(array $held, int $step = 2): void
    {
        $this->until('the name server holds ' . json_encode($held), fn () => $this->names->held() === $held, 30, $step);
    }

    private function untilGone(int $service): void
    {
        $this->until('it is gone', fn () => $this->machines() === [] && $this->mapped($service) === null, 60, 20);
    }

    private function host(string $name): string
    {
        return "$name-client$this->client.example.test";
    }

    /** The names of a service as its client is shown them, or an administrator; of each what it says. */
    private static function shown(Browser $browser, int $service, string $action = self::LIST): array
    {
        return array_map(static fn ($row) => [$row['ip'], $row['ptr'], $row['status'], $row['ttl']], $browser->ask("$action&serviceID=$service")[1]['data']['ips']);
    }

    private static function form(Browser $browser, int $service, string $address): array
    {
        return $browser->form($service, 'hostler-rdns-form-' . strtr($address, '.', '-'));
    }

    /** Saves a row of the client's page, with these fields typed over. */
    private static function save(Browser $browser, int $service, string $address, array $typed): array
    {
        [$path, $fields] = self::form($browser, $service, $address);

        return $browser->ask($path, $typed + $fields);
    }

    /** Presses a button of the administrator's page. @return string what is said to what it sends, or to what it asks first */
    private static function press(Browser $admin, int $service, string $button, string $sends = 'fields'): string
    {
        $page = html_entity_decode($admin->get("/admin/clientsservices.php?id=$service")['body']);
        $pressed = Browser::found($page, "//button[@id='hostler-names-$button']")[0];
        parse_str($pressed->getAttribute("data-hostler-$sends"), $fields);
        $token = Browser::found($page, "//*[@id='hostler-admin-names']")[0]->getAttribute('data-hostler-token');
        [$status, $said] = $admin->ask($pressed->getAttribute('data-hostler-run'), $fields + ['hostler_token' => $token]);
        self::assertSame([200, true], [$status, $said['data']['done'] ?? false], json_encode($said));

        return $said['data']['message'];
    }

    public function test_vf_250_mx_054_a_bought_machine_is_called_by_its_hostname_and_a_name_that_is_there_stays(): void
    {
        [$service, $address] = $this->named();
        self::assertSame($address, $this->service($service)->dedicatedip);

        $this->client = $this->newClient();
        $this->names->point($this->expected(), $this->host('theirs'));
        $held = $this->names->held();
        $service = $this->readyService();
        $this->until('its name was looked at', fn () => in_array('1 preserved', array_column($this->rig->json('service', 'show', "main/$service")['operations'], 'reason'), true));
        self::assertSame($held, $this->names->held());
    }

    public function test_vf_054_vf_059_names_go_before_their_machine_and_none_of_an_address_that_it_has_lost(): void
    {
        [$service, $address] = $this->named();
        $this->rig->hand(['do' => 'add_address', 'server' => $machine = $this->mapped($service)]);
        $lost = $this->machines()[0]['ipv4'][1];
        $this->names->lead($this->host('own'), $lost);
        self::assertSame(200, self::save($this->browser(), $service, $address, ['ip' => $lost, 'ptr' => $this->host('own')])[0]);
        $this->rig->hand(['do' => 'take_address', 'server' => $machine]);
        $this->names->point($lost, $this->host('the-next'));
        $left = self::but($this->names->held(), $address, null);

        $this->rig->fault(['endpoint' => 'delete_server', 'fault' => ['kind' => 'error_before', 'status' => 503]]);
        $this->module($service, 'TerminateAccount');
        $this->untilHeld($left);
        self::assertSame([[$machine], $machine, $address], [array_column($this->machines(), 'id'), $this->mapped($service), $this->service($service)->dedicatedip]);
        $this->rig->whole();
        $this->untilGone($service);
        self::assertSame('', $this->service($service)->dedicatedip);
        self::assertSame($left, $this->names->held());
    }

    public function test_vf_045_vf_058_a_name_server_that_is_down_stops_neither_a_create_nor_an_end(): void
    {
        // Of an engine that was started again: a running one leaves who does not answer alone for a while.
        $back = function (): void {
            $this->names->start();
            $this->rig->stop();
            $this->rig->whole();
        };
        $address = $this->expected();
        $held = $this->names->held();
        $this->names->stop();
        $service = $this->readyService();
        $back();
        $this->untilHeld(self::but($held, $address, $this->hostname()), 30);

        $this->names->stop();
        [$deleted, $machines] = [$this->rig->countCalls('delete_server'), $this->machines()];
        $this->module($service, 'TerminateAccount');
        self::assertSame([$deleted, $machines], [$this->rig->countCalls('delete_server'), $this->machines()], 'the names are waited for');
        $this->untilGone($service);
        $back();
        $this->untilHeld($held, 30);
    }

    public function test_vf_150_vf_151_mx_055_a_client_names_an_address_where_the_name_leads_back(): void
    {
        [$service, $address] = $this->named();
        [$browser, $own, $held] = [$this->browser(), $this->host('own'), $this->names->held()];
        [$status, $said] = self::save($browser, $service, $address, ['ptr' => $own]);
        self::assertSame([400, 'ptr'], [$status, $said['field']]);
        self::assertStringContainsString("$own does not lead to $address.", $said['errors']);
        self::assertSame($held, $this->names->held());

        $this->names->lead($own, $address);
        [$status, $said] = self::save($browser, $service, $address, ['ptr' => strtoupper($own)]);
        self::assertSame([200, 'written', 'The name is set.'], [$status, $said['data']['reason'], $said['data']['message']]);
        self::assertSame([[$address, $own, 'ok', 300]], self::shown($browser, $service));
        [$status, $said] = self::save($browser, $service, $address, ['ptr' => $this->hostname()]);
        self::assertSame(429, $status);
        self::assertStringContainsString('Wait ten seconds', $said['errors']);
        self::assertSame(self::but($held, $address, $own), $this->names->held());

        $this->rig->advance(11);
        [$status, $said] = self::save($browser, $service, $address, ['ptr' => '']);
        self::assertSame([200, 'deleted'], [$status, $said['data']['reason']]);
        self::assertSame(self::but($held, $address, null), $this->names->held());
    }

    public function test_vf_096_vf_148_only_addresses_of_the_own_services_are_shown_and_named(): void
    {
        [$service, $address] = $this->named();
        [$theirs, $fields] = self::form($this->browser(), $service, $address);
        $this->client = $this->newClient();
        [$mine, $own] = $this->named();
        $this->names->lead($host = $this->host('all'), $address, $own);
        [$browser, $held] = [$this->browser(), $this->names->held()];
        [$path, $tokens] = self::form($browser, $mine, $own);
        self::assertSame(403, $browser->ask(self::LIST . "&serviceID=$service")[0]);
        foreach ([[$theirs, $fields], [$theirs, ['ip' => $address] + $tokens], [$path, $fields]] as $i => [$to, $sent]) {
            self::assertSame(403, $browser->ask($to, ['ptr' => $host] + $sent)[0], (string) $i);
        }
        [$status, $said] = $browser->ask($path, ['ip' => $address, 'ptr' => $host] + $tokens);
        self::assertSame([403, "$address is not an address of this server."], [$status, $said['errors']]);
        self::assertSame($held, $this->names->held());
        self::assertSame(200, $browser->ask($path, ['ip' => " $own\n", 'ptr' => $host] + $tokens)[0], 'however it is written');
        self::assertSame(self::but($held, $own, $host), $this->names->held());
    }

    public function test_vf_144_vf_146_vf_159_names_are_shown_and_changed_by_status_and_only_with_a_name_server(): void
    {
        [$service, $address] = $this->named();
        [$browser, $held] = [$this->browser(), $this->names->held()];
        foreach (['Suspended' => [200, 'is suspended.'], 'Cancelled' => [400, 'is not active.'], 'Terminated' => [400, 'has ended.']] as $word => [$listed, $said]) {
            [$path, $fields] = self::form($browser, $service, $address);
            Capsule::table('tblhosting')->where('id', $service)->update(['domainstatus' => $word]);
            self::assertSame($listed, $browser->ask(self::LIST . "&serviceID=$service")[0], $word);
            self::assertSame([400, ['errors' => "This service $said", 'success' => false]], $browser->ask($path, ['ptr' => ''] + $fields));
            Capsule::table('tblhosting')->where('id', $service)->update(['domainstatus' => 'Active']);
        }
        [$path, $fields] = self::form($browser, $service, $address);
        $this->rig->withoutNames();
        $off = [200, ['data' => ['enabled' => false, 'ips' => []], 'success' => true]];
        $this->until('the engine has heard of it', static fn () => $browser->ask(self::LIST . "&serviceID=$service") === $off);
        self::assertSame($off, Browser::admin()->ask(self::STATUS . "&serviceID=$service"));
        [$status, $said] = $browser->ask($path, ['ptr' => ''] + $fields);
        self::assertSame([400, 'Reverse DNS is not set up.'], [$status, $said['errors']]);
        self::assertSame($held, $this->names->held());
    }

    public function test_vf_159_vf_160_vf_254_an_administrator_sees_what_would_be_done_and_only_a_reset_writes_over(): void
    {
        [$service, $address] = $this->named();
        [$admin, $theirs, $held] = [Browser::admin(), $this->host('theirs'), $this->names->held()];
        $this->names->point($address);
        self::assertSame([[$address, null, 'missing', null]], self::shown($admin, $service, self::STATUS));
        self::assertSame('Preview: 1 added.', self::press($admin, $service, 'preview'));
        self::assertSame(self::but($held, $address, null), $this->names->held());
        self::assertSame('1 added.', self::press($admin, $service, 'reconcile'));
        self::assertSame($held, $this->names->held());

        $this->names->lead($theirs, $address);
        self::assertSame(200, self::save($this->browser(), $service, $address, ['ptr' => $theirs])[0]);
        $kept = $this->names->held();
        self::assertSame('1 preserved.', self::press($admin, $service, 'reconcile'));
        self::assertSame('Preview: 1 reset.', self::press($admin, $service, 'reset', 'first'));
        self::assertSame([[$address, $theirs, 'ok', 300]], self::shown($admin, $service, self::STATUS));
        self::assertSame($kept, $this->names->held());
        $path = Browser::ADMIN . "?action=rdnsReconcile&serviceID=$service";
        self::assertSame([405, 403], [$admin->get($path)['status'], $admin->post($path, ['force' => '1'])['status']]);
        self::assertSame('1 reset.', self::press($admin, $service, 'reset'));
        self::assertSame($held, $this->names->held());
    }
}
