<?php

/** The engine stopped or hung: one plain sentence within each budget, and pages render. */
final class SilenceTest extends EngineTestCase
{
    /** Seconds per function; the configured wait is one second here. */
    private const BUDGETS = ['CreateAccount' => 4, 'ChangePackage' => 4, 'SuspendAccount' => 6, 'UnsuspendAccount' => 6, 'TerminateAccount' => 6, 'updateServerObject' => 8, 'validateServerConfig' => 8, 'ServiceSingleSignOn' => 8, 'AdminServicesTabFields' => 1.5, 'ClientArea' => 1.5];

    /** @return iterable<string,array{0:string,1:string}> */
    public function silences(): iterable
    {
        yield 'stopped' => ['stop', 'not reachable'];
        yield 'hung' => ['hang', 'did not answer'];
    }

    /** @dataProvider silences */
    public function test_each_function_says_one_sentence_in_its_budget(string $how, string $words): void
    {
        $service = $this->readyService();
        $before = json_encode([$this->service($service), $this->machines()]);
        $this->rig->$how();
        try {
            $calls = array_map(static fn ($function) => [$service, $function, '--no-hooks', '--time'], array_keys(self::BUDGETS));
            foreach ($this->rig->timedModules($calls) as $i => [$text, $seconds]) {
                $function = array_keys(self::BUDGETS)[$i];
                self::assertLessThan(array_values(self::BUDGETS)[$i] + 1.5, $seconds, $function);
                self::assertStringNotContainsString('"success": true', $text);
                self::assertMatchesRegularExpression("/$words|not reachable right now/", $text, $function);
                self::assertStringNotContainsString('Stack trace', $text);
            }
        } finally {
            $this->rig->whole();
        }
        self::assertSame($before, json_encode([$this->service($service), $this->machines()]), 'nothing was changed');
    }

    /** @dataProvider silences */
    public function test_pages_render_within_their_budget(string $how): void
    {
        $service = $this->readyService();
        $browser = $this->browser();
        $this->rig->$how();
        try {
            $begin = microtime(true);
            $page = $browser->get("/clientarea.php?action=productdetails&id=$service");
            self::assertSame(200, $page['status']);
            self::assertStringContainsString('not reachable right now', $page['body']);
            self::assertStringContainsString('Billing Overview', $page['body']);
            self::assertLessThan(3.5, microtime(true) - $begin);
            $begin = microtime(true);
            $browser->get('/cart.php?a=add&pid=' . Rig::PRODUCT);
            self::assertSame(200, $browser->get('/cart.php?a=confproduct&i=0')['status']);
            self::assertLessThan(3.5, microtime(true) - $begin);
            $action = $browser->get(Browser::CLIENT . "?serviceID=$service&action=serverData");
            self::assertSame([503, false], [$action['status'], json_decode($action['body'], true)['success']]);
        } finally {
            $this->rig->whole();
        }
    }
}
