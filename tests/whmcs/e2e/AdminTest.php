<?php

use WHMCS\Database\Capsule;

/** WHMCS's own administrator pages of a service. */
final class AdminTest extends EngineTestCase
{
    private function page(Browser $admin, int $service): string
    {
        return html_entity_decode($admin->get("/admin/clientsservices.php?id=$service")['body']);
    }

    private function save(Browser $admin, int $service, array $fields): void
    {
        $path = "/admin/clientsservices.php?id=$service";
        self::assertSame(200, $admin->post($path, ['token' => $admin->token($path), 'id' => $service, 'modulefields' => $fields])['status']);
    }

    public function test_vf_070_the_tab_has_id_info_and_object_and_options_until_the_end(): void
    {
        $service = $this->readyService();
        $admin = Browser::admin();
        $page = $this->page($admin, $service);
        foreach (['Server ID', 'Server Info', 'Server Object', 'Options'] as $label) {
            self::assertStringContainsString(">$label</td>", $page);
        }
        self::assertStringContainsString('name="modulefields[0]" value="' . $this->mapped($service) . '"', $page);
        $this->module($service, 'TerminateAccount');
        $this->until('it is gone', fn () => $this->machines() === [] && $this->service($service)->domainstatus === 'Terminated', 60, 20);
        $page = $this->page($admin, $service);
        foreach (['Server ID', 'Server Info', 'Server Object'] as $label) {
            self::assertStringContainsString(">$label</td>", $page);
        }
        self::assertStringNotContainsString('>Options</td>', $page);
    }

    public function test_vf_072_a_saved_server_id_is_a_proposal_and_nothing_else(): void
    {
        $mine = $this->readyService();
        $own = $this->mapped($mine);
        $this->client = $this->newClient();
        $other = $this->readyService();
        $admin = Browser::admin();
        $about = fn () => count(array_filter($this->rig->questions(), static fn ($question) => strpos($question['text'], "service $mine") !== false));

        foreach ([[(string) $own], ['0'], ['-4'], ['abc'], ['']] as $fields) {
            $this->save($admin, $mine, $fields);
            self::assertSame(0, $about(), json_encode($fields));
        }
        $this->save($admin, $mine, [(string) $this->mapped($other)]);
        self::assertSame(1, $about());
        $this->save($admin, $mine, [(string) $this->mapped($other)]);
        self::assertSame(1, $about(), 'it is asked once');
        $this->save($admin, $mine, ['', 'unlink']);
        self::assertSame(2, $about());
        $this->cron();
        self::assertSame($own, $this->mapped($mine));
        self::assertSame((string) $own, $this->rig->json('service', 'show', "main/$mine")['link']['identity']['id']);
    }
}
