<?php

/** Starts and scripts fake-engine.php. */
final class FakeEngine
{
    public const KEY = 'hbk_Zm9yLXRlc3RzLW9ubHktbm90LWEtcmVhbC1rZXktMDAwMQ';

    private static ?self $one = null;
    public string $dir;
    /** @var resource */
    private $process;

    public static function running(): self
    {
        return self::$one ??= new self();
    }

    private function __construct()
    {
        $this->dir = HARNESS_VAR . '/fake-engine-' . getmypid();
        @mkdir($this->dir, 0700, true);
        @unlink("$this->dir/port");
        file_put_contents("$this->dir/key", self::KEY);
        file_put_contents("$this->dir/script.json", '{}');
        $this->process = proc_open(['php8.2', __DIR__ . '/fake-engine.php', $this->dir], [['file', '/dev/null', 'r'], ['file', "$this->dir/log", 'w'], ['file', "$this->dir/log", 'a']], $pipes);
        for ($i = 0; $i < 100 && !is_file("$this->dir/port"); ++$i) {
            usleep(20000);
        }
        register_shutdown_function(fn () => proc_terminate($this->process));
    }

    public function socket(): string
    {
        return "unix:$this->dir/engine.sock";
    }

    public function address(): string
    {
        return 'http://127.0.0.1:' . trim((string) file_get_contents("$this->dir/port"));
    }

    public function reset(): void
    {
        file_put_contents("$this->dir/script.json", '{}');
        @unlink("$this->dir/requests.jsonl");
    }

    /** Lays down the answers of one path; the last one repeats. */
    public function answers(string $path, array ...$answers): void
    {
        $script = json_decode((string) file_get_contents("$this->dir/script.json"), true) ?: [];
        $script["/bridge/v1/$path"] = array_map(static fn (array $a) => isset($a['mode']) || isset($a['status']) ? $a : ['status' => 200, 'body' => $a], $answers);
        file_put_contents("$this->dir/script.json", json_encode($script));
    }

    /** @return array<int,object> the requests of one path, or all */
    public function requests(?string $path = null): array
    {
        $lines = is_file("$this->dir/requests.jsonl") ? file("$this->dir/requests.jsonl", FILE_IGNORE_NEW_LINES) : [];
        $all = array_map('json_decode', $lines);

        return array_values(array_filter($all, static fn ($r) => $path === null || strtok($r->path, '?') === "/bridge/v1/$path"));
    }
}
