<?php

use WHMCS\Database\Capsule;

/**
 * How long a browser waits for a service's page, all of it: WHMCS, the module, the engine and back. Beside it the same page
 * of a product without a module, so that what the machine's page adds can be seen. A measurement, not a test: it is
 * run by `run.sh times` and fails only where a page is not what it should be.
 */
final class PageTimes extends EngineTestCase
{
    private const WARMING = 20;
    private const PAGES = 300;
    private const PRODUCT = 90;

    public function test_pages(): void
    {
        $machine = $this->readyService();
        Capsule::table('tblproducts')->insert(['id' => self::PRODUCT, 'type' => 'other', 'gid' => 1, 'name' => 'Advice', 'paytype' => 'recurring', 'servertype' => '']);
        $other = (int) Capsule::table('tblhosting')->insertGetId(['userid' => $this->client, 'orderid' => $this->service($machine)->orderid, 'packageid' => self::PRODUCT, 'regdate' => '2026-11-20', 'domain' => 'web.test', 'domainstatus' => 'Active', 'nextinvoicedate' => '2026-12-20']);
        $browser = $this->browser();
        $times = [$machine => [], $other => []];
        for ($i = 0; $i < self::WARMING + self::PAGES; ++$i) {
            foreach (array_keys($times) as $service) {
                $begun = hrtime(true);
                $page = $browser->get("/clientarea.php?action=productdetails&id=$service");
                $took = (hrtime(true) - $begun) / 1e6;
                self::assertSame(200, $page['status']);
                self::assertSame($service === $machine, str_contains($page['body'], 'hostler_token'), 'the machine is on its own page');
                if ($i >= self::WARMING) {
                    $times[$service][] = $took;
                }
            }
        }
        $this->say('a machine\'s page', $times[$machine]);
        $this->say('the same page of no module', $times[$other]);
    }

    /** @param float[] $times in milliseconds */
    private function say(string $what, array $times): void
    {
        sort($times);
        $at = static fn (float $part): float => $times[(int) ceil($part * count($times)) - 1];
        fprintf(STDERR, "%s: %d pages, p50 %.1f ms, p99 %.1f ms, longest %.1f ms\n", $what, count($times), $at(0.5), $at(0.99), end($times));
    }
}
