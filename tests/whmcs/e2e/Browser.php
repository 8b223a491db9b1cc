<?php

/** A browser with its own cookies, logged in to the stand-in's client or admin area. */
final class Browser
{
    public const CLIENT = '/modules/servers/VirtFusionDirect/client.php';
    public const ADMIN = '/modules/servers/VirtFusionDirect/admin.php';

    private string $jar;
    private string $base;

    private function __construct()
    {
        $this->jar = tempnam(HARNESS_VAR . '/tmp', 'jar');
        $this->base = rtrim((string) getenv('HARNESS_SYSTEM_URL'), '/');
    }

    public static function nobody(): self
    {
        return new self();
    }

    public static function client(string $email): self
    {
        $browser = new self();
        $browser->post('/dologin.php', ['token' => $browser->token('/login.php'), 'username' => $email, 'password' => 'clientpass']);

        return $browser;
    }

    public static function admin(): self
    {
        $browser = new self();
        $browser->post('/admin/login.php', ['token' => $browser->token('/admin/login.php'), 'username' => 'admin', 'password' => 'adminpass']);

        return $browser;
    }

    /** WHMCS's own token, from a form of this page. */
    public function token(string $path): string
    {
        preg_match('/name="token" value="([^"]+)"/', $this->get($path)['body'], $m);

        return $m[1] ?? '';
    }

    /** @return array{status:int,headers:array<string,string>,body:string} */
    public function get(string $path, array $headers = []): array
    {
        $answer = $this->send($path, null, $headers);
        // Kept for the search for secrets: no page may hold one, however it is reached.
        if ($folder = getenv('HOSTLER_TEST_OUTPUT')) {
            file_put_contents("$folder/pages.log", $answer['body'] . "\n", FILE_APPEND | LOCK_EX);
        }

        return $answer;
    }

    /** @return array{status:int,headers:array<string,string>,body:string} */
    public function post(string $path, array $fields, array $headers = []): array
    {
        return $this->send($path, $fields, $headers);
    }

    public function origin(): string
    {
        return $this->base;
    }

    /** The engine's token as it stands on the page of a service. */
    public function actionToken(int $service): string
    {
        $page = $this->get("/clientarea.php?action=productdetails&id=$service")['body'];
        preg_match('/name="hostler_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="hostler_token"|"x-hostler-token":\s*"([^"]+)"/i', html_entity_decode($page), $m);

        return (string) end($m);
    }

    /** The hidden fields of a form of the module katapult, as they stand on the page of a service. */
    public function tokens(int $service): array
    {
        $page = $this->get("/clientarea.php?action=productdetails&id=$service")['body'];
        preg_match_all('/<input type="hidden" name="(hostler_token|hostler_once)" value="([^"]+)"/', $page, $m);

        return array_combine($m[1], $m[2]);
    }

    /** What a form of a service's page sends, but what the page's script leaves out. @return array{0:string,1:string[]} path and fields */
    public function form(int $service, string $id): array
    {
        $page = $this->get("/clientarea.php?action=productdetails&id=$service")['body'];
        $fields = [];
        foreach (self::found($page, "//form[@id='$id']//input[not(@name='hostler_return')]") as $input) {
            $fields[$input->getAttribute('name')] = $input->getAttribute('value');
        }

        return [self::found($page, "//form[@id='$id']")[0]->getAttribute('action'), $fields];
    }

    public static function found(string $page, string $path): DOMNodeList
    {
        $document = new DOMDocument();
        @$document->loadHTML($page);

        return (new DOMXPath($document))->query($path);
    }

    /** An action as our pages' scripts ask for it. @return array{0:int,1:array} status and answer */
    public function ask(string $path, ?array $fields = null): array
    {
        $answer = $fields === null ? $this->get($path) : $this->post($path, $fields, ['Origin: ' . $this->base]);

        return [$answer['status'], json_decode($answer['body'], true)];
    }

    /** A client's changing action, with origin and token as the page sends them. */
    public function action(int $service, string $action, array $fields, ?string $token = null, ?string $origin = null): array
    {
        $token ??= $this->actionToken($service);
        $headers = $origin === '' ? [] : ['Origin: ' . ($origin ?? $this->origin())];

        return $this->post(self::CLIENT . "?serviceID=$service&action=$action", $fields + ['hostler_token' => $token], $headers);
    }

    /** Several browsers' same action at the same time. @return int[] statuses */
    public static function atOnce(array $browsers, int $service, string $action, array $fields): array
    {
        $tokens = array_map(static fn (self $browser) => $browser->actionToken($service), $browsers);
        $many = curl_multi_init();
        $handles = [];
        foreach ($browsers as $i => $browser) {
            $received = [];
            $handles[$i] = $browser->handle(self::CLIENT . "?serviceID=$service&action=$action", $fields + ['hostler_token' => $tokens[$i]], ['Origin: ' . $browser->origin()], $received);
            curl_multi_add_handle($many, $handles[$i]);
        }
        do {
            curl_multi_exec($many, $running);
            curl_multi_select($many, 0.1);
        } while ($running > 0);

        return array_map(static fn ($handle) => (int) curl_getinfo($handle, CURLINFO_RESPONSE_CODE), $handles);
    }

    private function send(string $path, ?array $post, array $headers): array
    {
        $received = [];
        $handle = $this->handle($path, $post, $headers, $received);
        $body = (string) curl_exec($handle);
        curl_setopt($handle, CURLOPT_COOKIELIST, 'FLUSH');

        return ['status' => (int) curl_getinfo($handle, CURLINFO_RESPONSE_CODE), 'headers' => $received, 'body' => $body];
    }

    private function handle(string $path, ?array $post, array $headers, array &$received)
    {
        $handle = curl_init($this->base . $path);
        curl_setopt_array($handle, [CURLOPT_RETURNTRANSFER => true, CURLOPT_COOKIEJAR => $this->jar, CURLOPT_COOKIEFILE => $this->jar, CURLOPT_HTTPHEADER => $headers, CURLOPT_TIMEOUT => 60,
            CURLOPT_HEADERFUNCTION => static function ($h, $line) use (&$received) {
                $parts = explode(':', $line, 2);
                if (isset($parts[1])) {
                    $received[strtolower($parts[0])] = trim($parts[1]);
                }

                return strlen($line);
            }]);
        if ($post !== null) {
            curl_setopt($handle, CURLOPT_POSTFIELDS, http_build_query($post));
        }

        return $handle;
    }
}
