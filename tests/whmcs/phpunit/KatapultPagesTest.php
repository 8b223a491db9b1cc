<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Overrides;

/** The client's page, the operator's own files, the entry files, and what WHMCS fills into an answer. */
final class KatapultPagesTest extends KatapultTestCase
{
    use Browsing;

    private const CLIENT = '/modules/servers/katapult/client.php';
    private const VIEW = 'views/client/virtual_machines/overview.tpl';

    public static function setUpBeforeClass(): void
    {
        Overrides::register('katapult');
    }

    protected function tearDown(): void
    {
        shell_exec('rm -rf ' . escapeshellarg(self::FOLDER . '/overrides'));
        Capsule::table('tblconfiguration')->where('setting', 'ModuleHooks')->update(['value' => '']);
    }

    private static function override(string $name, string $content): void
    {
        $file = self::FOLDER . "/overrides/$name";
        @mkdir(dirname($file), 0777, true);
        file_put_contents($file, $content);
    }

    /** @return string[] every file of the module that is a view or an asset */
    private static function overridable(): array
    {
        $names = [];
        foreach (['assets', 'views'] as $folder) {
            foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator(self::FOLDER . "/$folder", FilesystemIterator::SKIP_DOTS)) as $file) {
                if (in_array($file->getExtension(), ['tpl', 'css', 'js', 'svg'], true)) {
                    $names[] = substr((string) $file, strlen(self::FOLDER) + 1);
                }
            }
        }

        return $names;
    }

    public function test_kt_100_the_engines_forms_stand_in_whmcs_own_page_with_their_tokens(): void
    {
        $forms = '';
        foreach (['boot', 'restart', 'shutdown', 'poweroff', 'console'] as $what) {
            $forms .= '<form method="post" action="' . self::CLIENT . '?serviceID=601&amp;action=' . $what . '"><input type="hidden" name="hostler_once" value="1.&quot;' . $what . '"><button>x</button></form>';
        }
        $panel = '<section id="from-the-engine">a <b>panel</b>' . $forms . '</section>';
        $this->engine->answers('call', ['result' => 'success', 'data' => ['html' => $panel], 'effects' => []], ['result' => 'This service has <ended>.', 'effects' => []]);
        $this->login();
        $page = $this->http('/clientarea.php?action=productdetails&id=601');
        // WHMCS puts its own token into every form of a page.
        $own = '/<input type="hidden" name="token" value="[0-9a-f]+" \/>/';
        self::assertStringContainsString($panel, preg_replace($own, '', $page['body']));
        self::assertSame('ClientArea', $this->asked()->function);
        self::assertStringContainsString('This service has &lt;ended&gt;.', $this->http('/clientarea.php?action=productdetails&id=601')['body']);
    }

    public function test_the_client_area_has_a_template_and_one_for_faults(): void
    {
        $area = katapult_ClientArea($this->given());
        self::assertSame(['templatefile', 'vars'], array_keys($area));
        self::assertSame(self::VIEW, $area['templatefile']);
        self::assertSame(['katapultVmService', 'hostlerHtml', 'hostlerMessage'], array_keys($area['vars']));
        self::assertSame(['id' => 601, 'vm_id' => null, 'vm' => ['state' => 'unknown']], $area['vars']['katapultVmService'], 'the engine said nothing of it');
        $broken = katapult_ClientArea(['serviceid' => 601]);
        self::assertSame('views/client/virtual_machines/error.tpl', $broken['templatefile']);
        foreach ([$area, $broken] as $shown) {
            self::assertFileExists(self::FOLDER . '/' . $shown['templatefile']);
        }
    }

    public function test_vf_192_the_sidebar_has_the_panels_of_this_module_too(): void
    {
        $sections = [['id' => 'hostler-state', 'label' => 'Overview'], ['id' => 'hostler-power', 'label' => 'Power']];
        $this->engine->answers('call', ['result' => 'success', 'data' => ['html' => '', 'sections' => $sections, 'sections_title' => 'On this page'], 'effects' => []]);
        $this->login();
        Harness\Hooks::detect('ModuleHooks', 'katapult');
        $body = $this->http('/clientarea.php?action=productdetails&id=601')['body'];
        preg_match_all('~href="#([^"]+)" class="[^"]*hostler-jump~', $body, $links);
        self::assertSame(['hostler-state', 'hostler-power'], $links[1]);
    }

    public function test_kt_112_an_operators_template_takes_precedence_and_removing_it_restores_ours(): void
    {
        $this->engine->answers('call', ['result' => 'success', 'data' => ['html' => '<i>panel</i>', 'vm_id' => 'vm_AbC', 'vm_state' => 'shutting_down'], 'effects' => []]);
        $this->login();
        self::override(self::VIEW, '<h1 id="mine">{$domain|escape} {$katapultVmService.id} {$katapultVmService.vm_id} {$katapultVmService.vm.state}</h1>{$hostlerHtml nofilter}');
        self::assertSame('overrides/' . self::VIEW, katapult_ClientArea($this->given())['templatefile']);
        self::assertStringContainsString('<h1 id="mine">vm601.example.test 601 vm_AbC shutting_down</h1><i>panel</i>', $this->http('/clientarea.php?action=productdetails&id=601')['body']);
        unlink(self::FOLDER . '/overrides/' . self::VIEW);
        $restored = $this->http('/clientarea.php?action=productdetails&id=601')['body'];
        self::assertStringNotContainsString('id="mine"', $restored);
        self::assertStringContainsString('<i>panel</i>', $restored);
    }

    public function test_kt_112_an_operators_stylesheet_script_and_logo_take_precedence(): void
    {
        $before = Overrides::url('katapult', 'assets/dist/css/client.css');
        foreach (['assets/dist/css/client.css' => 'body{}', 'assets/dist/js/client.js' => '1;', 'assets/katapult_logo_white_strapline.svg' => '<svg/>'] as $name => $content) {
            self::override($name, $content);
            $url = Overrides::url('katapult', $name);
            self::assertStringStartsWith("/modules/servers/katapult/overrides/$name?", $url);
            self::assertSame($content, $this->http($url)['body'], 'the browser gets the operator\'s file');
            unlink(self::FOLDER . "/overrides/$name");
        }
        self::assertSame($before, Overrides::url('katapult', 'assets/dist/css/client.css'));
        self::assertNull(Overrides::url('katapult', 'assets/dist/js/client.js'), 'there is none of ours');
    }

    public function test_kt_113_every_view_and_asset_can_be_overridden(): void
    {
        $names = self::overridable();
        self::assertContains('views/client/virtual_machines/error.tpl', $names);
        self::assertContains('assets/dist/css/admin.css', $names);
        foreach (array_merge($names, ['views/client/virtual_machines/an-extra-file.tpl', 'assets/extra/file.css']) as $name) {
            self::override($name, 'mine');
            self::assertSame("overrides/$name", Overrides::path('katapult', $name));
        }
        self::assertSame('overrides/views/client/virtual_machines/error.tpl', katapult_ClientArea(['serviceid' => 601])['templatefile']);
    }

    public function test_kt_114_heads_name_the_modules_files_by_their_content(): void
    {
        foreach (['ClientAreaHeadOutput' => 'client', 'AdminAreaHeadOutput' => 'admin'] as $hook => $name) {
            $head = implode("\n", run_hook($hook, []));
            self::assertMatchesRegularExpression("~<link rel=\"stylesheet\" href=\"/modules/servers/katapult/assets/dist/css/$name\\.css\\?[0-9a-f]{16}\">~", $head);
            self::assertStringNotContainsString('<script', $head);
            self::override("assets/dist/js/$name.js", 'one');
            $one = implode("\n", run_hook($hook, []));
            self::assertMatchesRegularExpression("~<script defer src=\"/modules/servers/katapult/overrides/assets/dist/js/$name\\.js\\?[0-9a-f]{16}\">~", $one);
            self::override("assets/dist/js/$name.js", 'two');
            self::assertNotSame($one, implode("\n", run_hook($hook, [])), 'another content is another address');
        }
    }

    public function test_kt_114_the_clients_head_has_them_once_the_module_is_in_use(): void
    {
        $this->login();
        Harness\Hooks::detect('ModuleHooks', 'katapult');
        self::assertStringContainsString('/modules/servers/katapult/assets/dist/css/client.css?', $this->http('/clientarea.php?action=productdetails&id=601')['body']);
    }

    public function test_entry_files_name_their_module_and_their_own_address(): void
    {
        $this->login();
        $this->http(self::CLIENT . '?serviceID=601&action=powerAction', ['powerAction' => 'boot', 'hostler_once' => '1.x']);
        $sent = $this->forwarded();
        self::assertSame(['katapult', 'client', self::CLIENT, 601, 'katapult'], [$sent->module, $sent->surface, $sent->base, $sent->row->service, $sent->row->module]);
        self::assertSame('1.x', $sent->form->hostler_once);
        self::assertSame(401, $this->http('/modules/servers/katapult/admin.php?action=serverData&serviceID=601')['status']);
    }

    private function reveals(array $fill): array
    {
        $this->page(['status' => 200, 'headers' => ['content-type' => 'application/json; charset=utf-8'], 'body' => '{"success":true,"data":{"username":"root","password":"fill-0123"}}', 'encoding' => 'text', 'effects' => [], 'fill' => $fill]);

        return $this->http(self::CLIENT . '?serviceID=601&action=revealLogin', ['hostler_once' => '1.x']);
    }

    public function test_kt_104_kt_108_the_password_is_filled_in_escaped_and_only_for_the_service_that_was_asked_about(): void
    {
        $this->login();
        $password = "p\"\\/<b>&\u{fc}\n";
        Capsule::table('tblhosting')->where('id', 601)->update(['password' => encrypt($password)]);
        $answer = $this->reveals(['placeholder' => 'fill-0123', 'service' => 601, 'field' => 'password']);
        self::assertSame(200, $answer['status']);
        self::assertSame(['success' => true, 'data' => ['username' => 'root', 'password' => $password]], json_decode($answer['body'], true));
        foreach ([['service' => 602], ['service' => 501], ['service' => null], ['field' => 'username'], ['field' => 'domain']] as $wrong) {
            $refused = $this->reveals($wrong + ['placeholder' => 'fill-0123', 'service' => 601, 'field' => 'password']);
            self::assertSame([500, false], [$refused['status'], json_decode($refused['body'], true)['success']], json_encode($wrong));
        }
        Capsule::table('tblhosting')->where('id', 601)->update(['password' => '']);
        self::assertSame(500, $this->reveals(['placeholder' => 'fill-0123', 'service' => 601, 'field' => 'password'])['status']);
    }

    public function test_the_console_is_opened_by_a_redirect_that_is_passed_on(): void
    {
        $this->login();
        $this->page(['status' => 303, 'headers' => ['location' => 'https://console.katapult.io/x', 'cache-control' => 'no-store'], 'body' => '', 'encoding' => 'text', 'effects' => []]);
        $answer = $this->http(self::CLIENT . '?serviceID=601&action=console', ['hostler_once' => '1.x']);
        self::assertSame([303, 'https://console.katapult.io/x'], [$answer['status'], $answer['headers']['location']]);
    }

    public function test_kt_115_a_call_of_the_platform_is_logged_under_the_module_with_its_secrets_masked(): void
    {
        $entry = ['action' => 'POST /organizations/organization/virtual_machines/build', 'request' => 'Authorization: Bearer the-key', 'response' => '{"initial_root_password":"r00t"}', 'processed' => '', 'mask' => ['the-key', 'r00t']];
        self::assertSame(['eff_katapult_1' => 'applied'], self::apply(self::made('log_module_call', $entry)));
        $line = Capsule::table('tblmodulelog')->first();
        self::assertSame(['katapult', 'Authorization: Bearer *******', '{"initial_root_password":"****"}'], [$line->module, $line->request, $line->response]);
    }
}
