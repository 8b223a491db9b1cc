<?php

/** A browser of the stand-in's real web server, and what the fake engine was forwarded by it. */
trait Browsing
{
    protected string $jar;

    protected function setUp(): void
    {
        parent::setUp();
        $this->jar = tempnam(HARNESS_VAR . '/tmp', 'jar');
        $this->page(['status' => 200, 'headers' => ['content-type' => 'application/json; charset=utf-8'], 'body' => '{"success":true,"data":{}}', 'encoding' => 'text', 'effects' => []]);
    }

    protected function page(array $answer): void
    {
        $this->engine->answers('page', ['status' => 200, 'body' => $answer]);
    }

    /** @return array{status:int,headers:array<string,string>,body:string} */
    protected function http(string $path, ?array $post = null, array $headers = []): array
    {
        $handle = curl_init(rtrim((string) getenv('HARNESS_SYSTEM_URL'), '/') . $path);
        $received = [];
        curl_setopt_array($handle, [CURLOPT_RETURNTRANSFER => true, CURLOPT_COOKIEJAR => $this->jar, CURLOPT_COOKIEFILE => $this->jar, CURLOPT_HTTPHEADER => $headers, CURLOPT_TIMEOUT => 20,
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
        $body = (string) curl_exec($handle);

        return ['status' => (int) curl_getinfo($handle, CURLINFO_RESPONSE_CODE), 'headers' => $received, 'body' => $body];
    }

    protected function login(string $email = 'jane@example.test'): void
    {
        $form = $this->http('/login.php');
        preg_match('/name="token" value="([^"]+)"/', $form['body'], $m);
        $this->http('/dologin.php', ['token' => $m[1] ?? '', 'username' => $email, 'password' => 'clientpass']);
    }

    protected function adminLogin(): void
    {
        $form = $this->http('/admin/login.php');
        preg_match('/name="token" value="([^"]+)"/', $form['body'], $m);
        $this->http('/admin/login.php', ['token' => $m[1] ?? '', 'username' => 'admin', 'password' => 'adminpass']);
    }

    protected function forwarded(): object
    {
        $requests = $this->engine->requests('page');
        self::assertNotSame([], $requests, 'the request was forwarded');
        self::assertTrue(end($requests)->good);

        return end($requests)->body;
    }
}
