<?php

use PHPUnit\Framework\TestCase;
use WHMCS\Database\Capsule;

/**
 * A shop with the real engine and the simulated panel behind it. Every test has a client of its own, so that what it
 * left on the panel does not matter to the next one.
 */
abstract class EngineTestCase extends TestCase
{
    /** What a client chooses as the first password: planted, so that it is found wherever it must not be. */
    protected const PASSWORD = 'Pl4nTd-By-Client-1';

    protected Rig $rig;
    protected int $client;

    protected function setUp(): void
    {
        $this->rig = Rig::running();
        $this->rig->whole();
        // Nothing is set up by itself unless a test wants it.
        Capsule::table('tblproducts')->update(['autosetup' => '']);
        $this->client = $this->newClient();
    }

    protected function newClient(): int
    {
        $name = 'c' . bin2hex(random_bytes(4));
        $id = (int) Capsule::table('tblclients')->insertGetId(['uuid' => $name, 'firstname' => 'Jane', 'lastname' => $name, 'email' => "$name@example.test", 'address1' => '1 Test Street', 'country' => 'US', 'currency' => 1, 'status' => 'Active', 'datecreated' => '2026-11-20']);
        $user = (int) Capsule::table('tblusers')->insertGetId(['first_name' => 'Jane', 'last_name' => $name, 'email' => "$name@example.test", 'password' => password_hash('clientpass', PASSWORD_BCRYPT, ['cost' => 4])]);
        Capsule::table('tblusers_clients')->insert(['auth_user_id' => $user, 'client_id' => $id, 'owner' => 1]);

        return $id;
    }

    /** @return int[] service ids of one new order */
    protected function order(int ...$products): array
    {
        $products = $products ?: [Rig::PRODUCT];
        $request = ['clientid' => $this->client, 'paymentmethod' => 'banktransfer', 'noinvoice' => 1];
        foreach ($products as $i => $product) {
            $request['pid'][$i] = $product;
            $request['hostname'][$i] = $this->hostname($i);
            $request['rootpw'][$i] = self::PASSWORD;
            $field = Capsule::table('tblcustomfields')->where('relid', $product)->where('fieldname', 'Initial Operating System')->value('id');
            $request['customfields'][$i] = base64_encode(serialize($field === null ? [] : [$field => (string) Rig::TEMPLATE]));
        }
        $answer = localAPI('AddOrder', $request);
        self::assertSame('success', $answer['result'], json_encode($answer));

        return array_map('intval', explode(',', $answer['serviceids']));
    }

    protected function hostname(int $i = 0): string
    {
        return "host$i-client$this->client.example.test";
    }

    protected function service(int $id): object
    {
        return Capsule::table('tblhosting')->where('id', $id)->first();
    }

    protected function orderStatus(int $service): string
    {
        return (string) Capsule::table('tblorders')->where('id', $this->service($service)->orderid)->value('status');
    }

    /** @return string[] subjects of the mails of this test's client */
    protected function mails(): array
    {
        return Capsule::table('tblemails')->where('userid', $this->client)->pluck('subject')->all();
    }

    /** One module function in a PHP process of its own, as WHMCS runs it. */
    protected function module(int $service, string $function, string ...$arguments): string
    {
        return $this->rig->modules([[$service, $function, ...$arguments]])[0];
    }

    protected function cron(): void
    {
        $this->rig->cron();
    }

    /** Runs the cron (which fetches effects) and lets time pass until the condition holds. */
    protected function until(string $what, callable $holds, int $rounds = 60, int $step = 2): void
    {
        for ($i = 0; $i < $rounds; ++$i) {
            $this->cron();
            if ($holds()) {
                return;
            }
            $this->rig->advance($step);
        }
        self::fail("never: $what\n" . $this->rig->story());
    }

    /** An active, built and mailed service. */
    protected function readyService(): int
    {
        [$service] = $this->order();
        $this->module($service, 'CreateAccount');
        $this->untilReady($service);

        return $service;
    }

    protected function untilReady(int $service): void
    {
        $this->until("service $service is ready", fn () => $this->service($service)->domainstatus === 'Active' && $this->mails() !== [] && $this->service($service)->dedicatedip !== '');
    }

    /** @return array<int,array> the machines of this test's client on the panel */
    protected function machines(?int $client = null, string $panel = 'a'): array
    {
        return $this->rig->machinesOf($client ?? $this->client, $panel);
    }

    protected function mapped(int $service): ?int
    {
        $id = Capsule::table('mod_virtfusion_direct')->where('service_id', $service)->value('server_id');

        return $id === null ? null : (int) $id;
    }

    /** A browser of this test's client. */
    protected function browser(?int $client = null): Browser
    {
        return Browser::client((string) Capsule::table('tblclients')->where('id', $client ?? $this->client)->value('email'));
    }
}
