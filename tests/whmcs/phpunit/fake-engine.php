<?php

/**
 * A stand-in for the engine, for the tests of the PHP side: verifies signatures with its own code, records each request
 * and answers what the tests laid down.
 *
 *   php fake-engine.php <directory>
 *
 * The directory holds `key`; `script.json` (path without query → list of answers, the last one repeats; an answer is
 * {"status", "body"} or {"mode": "hang" | "reset" | "unsigned" | "foreign-nonce" | "late", …}); `requests.jsonl` is
 * written here. Listens on `engine.sock` in it and on a free loopback port, whose number is written to `port`.
 */

declare(strict_types=1);

[, $dir] = $argv;
$key = trim((string) file_get_contents("$dir/key"));
@unlink("$dir/engine.sock");
$unix = stream_socket_server("unix://$dir/engine.sock");
$tcp = stream_socket_server('tcp://127.0.0.1:0');
file_put_contents("$dir/port.tmp", substr((string) strrchr(stream_socket_get_name($tcp, false), ':'), 1));
rename("$dir/port.tmp", "$dir/port");

$clients = [];
$buffers = [];
while (true) {
    $read = array_merge([$unix, $tcp], array_values($clients));
    $write = $except = null;
    if (@stream_select($read, $write, $except, 60) === false) {
        break;
    }
    foreach ($read as $ready) {
        if ($ready === $unix || $ready === $tcp) {
            $client = stream_socket_accept($ready, 0);
            if ($client !== false) {
                $clients[(int) $client] = $client;
                $buffers[(int) $client] = '';
            }
            continue;
        }
        $id = (int) $ready;
        $chunk = fread($ready, 65536);
        if ($chunk === '' || $chunk === false) {
            fclose($ready);
            unset($clients[$id], $buffers[$id]);
            continue;
        }
        $buffers[$id] .= $chunk;
        if (($request = complete($buffers[$id])) === null) {
            continue;
        }
        $buffers[$id] = '';
        $reply = handle($request, $dir, $key);
        if ($reply === null) {
            continue;
        }
        if ($reply === '') {
            fclose($ready);
            unset($clients[$id], $buffers[$id]);
            continue;
        }
        fwrite($ready, $reply);
    }
}

function complete(string $buffer): ?array
{
    $end = strpos($buffer, "\r\n\r\n");
    if ($end === false) {
        return null;
    }
    $lines = explode("\r\n", substr($buffer, 0, $end));
    [$method, $path] = explode(' ', array_shift($lines));
    $headers = [];
    foreach ($lines as $line) {
        [$name, $value] = explode(':', $line, 2);
        $headers[strtolower($name)] = trim($value);
    }
    $body = substr($buffer, $end + 4);

    return strlen($body) < (int) ($headers['content-length'] ?? 0) ? null : compact('method', 'path', 'headers', 'body');
}

function handle(array $request, string $dir, string $key): ?string
{
    $h = $request['headers'];
    $lines = "v1\n" . ($h['hostler-installation'] ?? '') . "\n" . $request['method'] . "\n" . $request['path'] . "\n" . ($h['hostler-timestamp'] ?? '') . "\n" . ($h['hostler-nonce'] ?? '') . "\n" . hash('sha256', $request['body']);
    $good = ($h['hostler-signature'] ?? '') === 'v1=' . hash_hmac('sha256', $lines, $key);
    $path = strtok($request['path'], '?');
    file_put_contents("$dir/requests.jsonl", json_encode(['method' => $request['method'], 'path' => $request['path'], 'good' => $good, 'body' => json_decode($request['body']), 'headers' => $h]) . "\n", FILE_APPEND);
    if (!$good) {
        return http(401, ['error' => ['code' => 'bad_signature', 'message' => 'No signature fits.']], []);
    }
    $script = json_decode((string) file_get_contents("$dir/script.json"), true) ?: [];
    $answers = $script[$path] ?? [['status' => 200, 'body' => $path === '/bridge/v1/effects' ? ['effects' => [], 'more' => false] : ['result' => 'success', 'acked' => 0, 'effects' => []]]];
    $answer = $answers[0];
    if (count($answers) > 1) {
        $script[$path] = array_slice($answers, 1);
        file_put_contents("$dir/script.json", json_encode($script));
    }
    $mode = $answer['mode'] ?? '';
    if ($mode === 'hang') {
        return null;
    }
    if ($mode === 'reset') {
        return '';
    }
    $time = time() - ($mode === 'late' ? 400 : 0);
    $nonce = $mode === 'foreign-nonce' ? 'another-nonce-0001' : $h['hostler-nonce'];
    $status = $answer['status'] ?? 200;
    $body = json_encode($answer['body'], JSON_UNESCAPED_SLASHES);
    $signature = 'v1=' . hash_hmac('sha256', "v1-answer\n" . $h['hostler-installation'] . "\n$nonce\n$status\n$time\n" . hash('sha256', $body), $key);

    return http($status, $answer['body'], $mode === 'unsigned' ? [] : ["hostler-nonce: $nonce", "hostler-signature: $signature", "hostler-timestamp: $time"]);
}

function http(int $status, array $body, array $headers): string
{
    $text = json_encode($body, JSON_UNESCAPED_SLASHES);

    return "HTTP/1.1 $status X\r\ncontent-type: application/json\r\ncontent-length: " . strlen($text) . "\r\n" . implode('', array_map(static fn ($x) => "$x\r\n", $headers)) . "\r\n" . $text;
}
