<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Signature;

/** Section 8 through a real web server: who may come in, what is forwarded, what is passed back. */
final class EntryTest extends BridgeTestCase
{
    private const CLIENT = '/modules/servers/VirtFusionDirect/client.php';
    private const ADMIN = '/modules/servers/VirtFusionDirect/admin.php';

    use Browsing;

    public function test_vf_088_without_a_session_401_before_anything_else(): void
    {
        foreach ([self::CLIENT . '?serviceID=501&action=powerAction', self::CLIENT, self::CLIENT . '?asset=hostler.css', self::ADMIN . '?action=serverData&serviceID=501', self::ADMIN] as $path) {
            $answer = $this->http($path, strpos($path, 'power') ? ['powerAction' => 'boot'] : null);
            self::assertSame([401, '{"success":false,"errors":"unauthenticated"}', 'application/json; charset=utf-8'], [$answer['status'], $answer['body'], strtolower($answer['headers']['content-type'])], $path);
        }
        self::assertSame([], $this->engine->requests());
        $this->login();
        self::assertSame(401, $this->http(self::ADMIN . '?page=operations')['status'], 'a client is no administrator');
        self::assertSame([], $this->engine->requests());
    }

    public function test_a_clients_action_is_forwarded_with_all_that_the_gates_need(): void
    {
        $this->login();
        $answer = $this->http(self::CLIENT . '?serviceID=501&action=power-Action!!', ['powerAction' => 'restart', 'hostler_token' => 't0k3n', 'list' => ['x']], ['Origin: http://evil.example', 'X-Hostler-Token: h34d3r', 'HX-Request: true']);
        self::assertSame([200, '{"success":true,"data":{}}'], [$answer['status'], $answer['body']]);
        $sent = $this->forwarded();
        $expected = self::exact('pages')->vectors[0]->request;
        self::assertSame(array_keys((array) $expected), array_keys((array) $sent));
        self::assertSame(array_keys((array) $expected->headers), array_keys((array) $sent->headers));
        self::assertSame(array_keys((array) $expected->row), array_keys((array) $sent->row));
        self::assertEquals((object) ['kind' => 'action', 'name' => 'powerAction'], $sent->target);
        self::assertSame(['POST', 'client', 'VirtFusionDirect', self::CLIENT, 8000], [$sent->method, $sent->surface, $sent->module, $sent->base, $sent->budget_ms]);
        self::assertEquals((object) ['serviceID' => '501', 'action' => 'power-Action!!'], $sent->query);
        self::assertEquals((object) ['powerAction' => 'restart', 'hostler_token' => 't0k3n'], $sent->form);
        self::assertSame(['http://evil.example', 'h34d3r', 'true'], [$sent->headers->origin, $sent->headers->token, $sent->headers->hx_request]);
        self::assertSame([501, 1], [$sent->row->service, $sent->row->client]);
        self::assertContext($sent->context);
        self::assertSame(['client', 1, 101, ['*'], null], [$sent->context->actor, $sent->context->client_id, $sent->context->user_id, $sent->context->permissions, $sent->context->admin_id]);
        self::assertMatchesRegularExpression('/^[0-9a-f]{64}$/', $sent->context->session);
    }

    public function test_a_sub_users_permissions_are_named(): void
    {
        Capsule::table('tblusers_clients')->where('auth_user_id', 101)->update(['owner' => 0, 'permissions' => 'products,productsso']);
        try {
            $this->login();
            $this->http(self::CLIENT . '?serviceID=501&action=serverData');
            self::assertSame(['products', 'productsso'], $this->forwarded()->context->permissions);
        } finally {
            Capsule::table('tblusers_clients')->where('auth_user_id', 101)->update(['owner' => 1, 'permissions' => null]);
        }
    }

    public function test_the_row_is_whmcs_present_state_whoever_owns_the_service(): void
    {
        $this->login('bob@example.test');
        $this->http(self::CLIENT . '?serviceID=501.9&action=serverData');
        self::assertSame([501, 1, 2], [$this->forwarded()->row->service, $this->forwarded()->row->client, $this->forwarded()->context->client_id]);
        $this->http(self::CLIENT . '?serviceID=abc&action=serverData');
        self::assertNull($this->forwarded()->row);
        self::assertSame('abc', $this->forwarded()->query->serviceID);
        $this->http(self::CLIENT . '?serviceID=501');
        self::assertEquals((object) ['kind' => 'action', 'name' => ''], $this->forwarded()->target);
    }

    public function test_status_body_and_only_the_listed_headers_are_passed_back(): void
    {
        $this->login();
        $this->page(['status' => 403, 'headers' => ['content-type' => 'text/html; charset=utf-8', 'content-security-policy' => "default-src 'none'", 'set-cookie' => 'a=b', 'x-frame-options' => "DENY\r\nset-cookie: c=d", 'server' => 'x'],
            'body' => base64_encode("\x00binary"), 'encoding' => 'base64', 'effects' => []]);
        $answer = $this->http(self::CLIENT . '?serviceID=501&page=console');
        self::assertSame([403, "\x00binary"], [$answer['status'], $answer['body']]);
        self::assertSame("default-src 'none'", $answer['headers']['content-security-policy']);
        self::assertStringNotContainsString('a=b', json_encode($answer['headers']));
        self::assertStringNotContainsString("\n", $answer['headers']['x-frame-options']);
        self::assertNotSame('x', $answer['headers']['server'] ?? '');
    }

    public function test_effects_on_a_page_answer_are_applied(): void
    {
        $this->login();
        $this->page(['status' => 200, 'headers' => [], 'body' => 'ok', 'encoding' => 'text', 'effects' => [$this->effect('log_activity')]]);
        $this->http(self::CLIENT . '?serviceID=501&action=powerAction', ['powerAction' => 'boot']);
        self::assertSame(1, Capsule::table('tblactivitylog')->where('description', 'like', '%service 501 is ready%')->count());
        self::assertCount(1, $this->engine->requests('effects/ack'));
    }

    public function test_a_stopped_engine_is_one_plain_sentence_in_the_same_envelope(): void
    {
        $this->login();
        self::connect('unix:' . HARNESS_VAR . '/no-such.sock');
        $action = $this->http(self::CLIENT . '?serviceID=501&action=serverData');
        self::assertSame([503, '{"success":false,"errors":"The server control is not reachable right now. Please try again in a few minutes."}'], [$action['status'], $action['body']]);
        $page = $this->http(self::CLIENT . '?serviceID=501&page=console');
        self::assertSame(503, $page['status']);
        self::assertStringContainsString('not reachable right now', $page['body']);
        self::assertStringStartsWith('text/html', $page['headers']['content-type']);
    }

    public function test_a_hung_engine_costs_a_client_page_its_budget_and_blocks_no_other(): void
    {
        $this->login();
        $this->engine->answers('page', ['mode' => 'hang']);
        $url = rtrim((string) getenv('HARNESS_SYSTEM_URL'), '/') . self::CLIENT . '?serviceID=501&action=serverData';
        $slow = proc_open(['curl', '-s', '-o', '/dev/null', '-w', '%{http_code} %{time_total}', '-b', $this->jar, $url], [1 => ['pipe', 'w']], $pipes);
        usleep(400000);
        $begin = microtime(true);
        self::assertStringContainsString('action=productdetails', $this->http('/clientarea.php?action=services')['body']);
        self::assertLessThan(1.0, microtime(true) - $begin, 'another page of the session did not wait');
        [$status, $seconds] = explode(' ', (string) stream_get_contents($pipes[1]));
        proc_close($slow);
        self::assertSame('503', $status);
        self::assertGreaterThan(1.4, (float) $seconds);
        self::assertLessThan(3.0, (float) $seconds);
    }

    public function test_an_administrators_page_is_forwarded_with_role(): void
    {
        $this->adminLogin();
        $this->http(self::ADMIN);
        $sent = $this->forwarded();
        self::assertEquals((object) ['kind' => 'page', 'name' => 'operations'], $sent->target);
        self::assertSame(['admin', 'admin', 1, 'Full Administrator', 8000, self::ADMIN], [$sent->surface, $sent->context->actor, $sent->context->admin_id, $sent->context->admin_role, $sent->budget_ms, $sent->base]);
    }

    public function test_the_product_page_renders_the_engines_html_and_also_without_an_engine(): void
    {
        Capsule::table('tblhosting')->where('id', 501)->update(['domainstatus' => 'Active']);
        $this->login();
        $this->engine->answers('call', ['result' => 'success', 'data' => ['html' => '<section id="from-engine">Läuft &amp; ready</section>', 'rdns_enabled' => false], 'effects' => []]);
        $page = $this->http('/clientarea.php?action=productdetails&id=501');
        self::assertSame(200, $page['status']);
        self::assertStringContainsString('<section id="from-engine">Läuft &amp; ready</section>', $page['body']);
        self::assertStringContainsString('Billing Overview', $page['body']);
        $sent = $this->engine->requests('call')[0]->body;
        self::assertSame(['ClientArea', 'client', 1], [$sent->function, $sent->context->actor, $sent->context->client_id]);

        $this->engine->answers('call', ['mode' => 'hang']);
        $begin = microtime(true);
        $page = $this->http('/clientarea.php?action=productdetails&id=501');
        self::assertSame(200, $page['status']);
        self::assertStringContainsString('The server control is not reachable right now.', $page['body']);
        self::assertStringContainsString('Billing Overview', $page['body']);
        self::assertLessThan(4.0, microtime(true) - $begin);
        self::assertStringNotContainsString('the-panel-token', $page['body']);
    }

    public function test_vf_221_the_billing_overview_has_six_fields_and_escapes_each_once(): void
    {
        $before = (array) Capsule::table('tblhosting')->where('id', 501)->first(['billingcycle', 'paymentmethod']);
        try {
            Capsule::table('tblhosting')->where('id', 501)->update(['domainstatus' => 'Active', 'billingcycle' => '<i>Monthly</i>', 'paymentmethod' => '<b>cash</b> &amp; more']);
            $this->login();
            $this->engine->answers('call', ['result' => 'success', 'data' => ['html' => ''], 'effects' => []]);
            $body = $this->http('/clientarea.php?action=productdetails&id=501')['body'];
        } finally {
            Capsule::table('tblhosting')->where('id', 501)->update($before);
        }
        preg_match('~<div class="panel[^>]*id="vf-sec-billing">.*?</dl>~s', $body, $panel);
        self::assertSame(6, preg_match_all('~<dd[^>]*>([^<]+)</dd>~', $panel[0], $fields));
        self::assertSame('&lt;i&gt;Monthly&lt;/i&gt;', $fields[1][2]);
        self::assertSame('&lt;b&gt;cash&lt;/b&gt; &amp; more', $fields[1][5]);
    }

    public function test_vf_193_the_sidebar_of_the_panels_is_on_the_product_page_of_the_viewers_own_service_only(): void
    {
        Harness\Hooks::detect('ModuleHooks', 'VirtFusionDirect');
        try {
            $data = ['html' => '', 'sections' => [['id' => 'hostler-state', 'label' => 'Overview']], 'sections_title' => 'On this page'];
            $this->engine->answers('call', ['result' => 'success', 'data' => $data, 'effects' => []]);
            $this->login();
            $own = '/clientarea.php?action=productdetails&id=501';
            $body = $this->http($own)['body'];
            self::assertStringContainsString('menuItemName="HostlerSections"', $body);
            self::assertMatchesRegularExpression('~<a [^>]*href="#hostler-state" class="[^"]*hostler-jump[^"]*"[^>]*>Overview</a>~', $body);
            // A product without a module: its page is WHMCS's own.
            Capsule::table('tblproducts')->where('id', 8)->update(['servertype' => '']);
            foreach (['/clientarea.php?action=productdetails&id=503', '/clientarea.php?action=services', '/cart.php?a=view'] as $path) {
                $other = $this->http($path);
                self::assertSame(200, $other['status'], $path);
                self::assertStringNotContainsString('HostlerSections', $other['body'], $path);
            }
            $this->jar = tempnam(HARNESS_VAR . '/tmp', 'jar');
            $this->login('bob@example.test');
            $foreign = $this->http($own);
            self::assertSame(302, $foreign['status']);
            self::assertStringNotContainsString('HostlerSections', $foreign['body']);
            self::assertCount(1, $this->engine->requests('call'));
        } finally {
            Capsule::table('tblconfiguration')->where('setting', 'ModuleHooks')->update(['value' => '']);
        }
    }

    public function test_a_sentence_for_the_client_is_escaped(): void
    {
        Capsule::table('tblhosting')->where('id', 501)->update(['domainstatus' => 'Active']);
        $this->login();
        $this->engine->answers('call', ['result' => 'Still <b>building</b>.', 'effects' => []]);
        $page = $this->http('/clientarea.php?action=productdetails&id=501');
        self::assertStringContainsString('Still &lt;b&gt;building&lt;/b&gt;.', $page['body']);
    }

    public function test_cart_pages_render_with_a_hung_engine(): void
    {
        Harness\Hooks::detect('ModuleHooks', 'VirtFusionDirect');
        try {
            $this->engine->answers('event', ['mode' => 'hang']);
            $begin = microtime(true);
            $this->http('/cart.php?a=add&pid=3');
            $page = $this->http('/cart.php?a=confproduct&i=0');
            self::assertSame(200, $page['status']);
            self::assertStringContainsString('VPS 4', $page['body']);
            self::assertLessThan(4.0, microtime(true) - $begin);
        } finally {
            Capsule::table('tblconfiguration')->where('setting', 'ModuleHooks')->update(['value' => '']);
        }
    }

    public function test_the_addon_page_checks_the_connection_and_prints_the_engines_page(): void
    {
        $this->adminLogin();
        Harness\Addons::activate('hostler', ['address' => $this->engine->socket(), 'installation' => 'main', 'key' => FakeEngine::KEY]);
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['engine_version' => '0.1.0', 'installation' => 'main', 'protocols' => [1], 'now' => time(), 'enrol_open' => false], 'effects' => []]);
        $this->page(['status' => 200, 'headers' => ['content-type' => 'text/html'], 'body' => '<p id="engine-page">No operation is running.</p>', 'encoding' => 'text', 'effects' => []]);
        $page = $this->http('/admin/addonmodules.php?module=hostler&page=products');
        self::assertStringContainsString('Connected to the engine 0.1.0', $page['body']);
        self::assertStringContainsString('<p id="engine-page">', $page['body']);
        self::assertSame(['hostler', 'products', 'admin'], [$this->forwarded()->module, $this->forwarded()->target->name, $this->forwarded()->context->actor]);

        preg_match('/name="token" value="([^"]+)"/', $page['body'], $m);
        $this->engine->answers('event', ['result' => 'ok', 'data' => ['report_page' => 'adoption'], 'effects' => []]);
        $after = $this->http('/admin/addonmodules.php?module=hostler', ['token' => $m[1], 'hostler' => 'adoption']);
        self::assertStringContainsString('The adoption batch was sent', $after['body']);
        $kinds = array_map(static fn ($r) => $r->body->kind, $this->engine->requests('event'));
        self::assertContains('adoption', $kinds);
        $forged = $this->http('/admin/addonmodules.php?module=hostler', ['hostler' => 'adoption']);
        self::assertSame(403, $forged['status']);

        self::connect('unix:' . HARNESS_VAR . '/no-such.sock');
        $down = $this->http('/admin/addonmodules.php?module=hostler');
        self::assertSame(200, $down['status']);
        self::assertStringContainsString('The provisioning engine is not reachable', $down['body']);
    }

    public function test_a_signed_nudge_fetches_and_any_other_does_not(): void
    {
        $this->engine->answers('effects', ['effects' => [$this->effect('set_hosting')], 'more' => false], ['effects' => [], 'more' => false]);
        $nudge = '/modules/addons/hostler/nudge.php';
        $headers = Signature::headers('main', FakeEngine::KEY, 'POST', '/bridge/v1/nudge', time(), 'nudge-0000000001', '');
        $wrong = [
            'another key' => Signature::headers('main', 'hbk_other', 'POST', '/bridge/v1/nudge', time(), 'nudge-0000000001', ''),
            'another path' => Signature::headers('main', FakeEngine::KEY, 'POST', '/bridge/v1/call', time(), 'nudge-0000000001', ''),
            'an old one' => Signature::headers('main', FakeEngine::KEY, 'POST', '/bridge/v1/nudge', time() - 301, 'nudge-0000000001', ''),
            'another installation' => Signature::headers('shop-2', FakeEngine::KEY, 'POST', '/bridge/v1/nudge', time(), 'nudge-0000000001', ''),
            'none' => [],
        ];
        foreach ($wrong as $name => $bad) {
            self::assertSame(401, $this->http($nudge, [], $bad)['status'], $name);
        }
        self::assertSame(404, $this->http($nudge)['status'], 'not by GET');
        self::assertSame([], $this->engine->requests());
        self::assertSame(204, $this->http($nudge, [], $headers)['status']);
        self::assertSame('192.0.2.50', $this->service(501)->dedicatedip);
        self::assertCount(1, $this->engine->requests('effects/ack'));
    }
}
