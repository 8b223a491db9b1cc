<?php

/**
 * A PowerDNS with the zones of the simulated panels' addresses and of `example.test`, and a recursor that asks it for the
 * latter: Debian's, in a folder of their own. Nothing is cached.
 */
final class NameServer
{
    /** Planted, so that it is found wherever it must not be. */
    public const KEY = 'Pl4nTd-Key-Of-A-Name-Server';
    private const SCHEMA = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql';
    private const FORWARD = 'example.test.';
    private const REVERSE = '18.198.in-addr.arpa.';

    public string $api;
    public string $dns;
    public string $resolver;
    private string $dir;
    /** @var array<string,resource> */
    private array $running = [];

    public function __construct(string $dir)
    {
        $this->dir = $dir;
        [$api, $dns, $resolver] = [Rig::freePort(), Rig::freePort(), Rig::freePort()];
        [$this->api, $this->dns, $this->resolver] = ["127.0.0.1:$api", "127.0.0.1:$dns", "127.0.0.1:$resolver"];
        $common = "daemon=no\nwrite-pid=no\ndisable-syslog=yes\nsocket-dir=$dir\nsecurity-poll-suffix=\nquery-local-address=127.0.0.1\nlocal-address=127.0.0.1\n";
        mkdir($dir, 0700);
        file_put_contents("$dir/pdns.conf", $common . "local-port=$dns\nguardian=no\nlaunch=gsqlite3\ngsqlite3-database=$dir/zones.db\ngsqlite3-pragma-synchronous=0\n"
            . "webserver=yes\nwebserver-address=127.0.0.1\nwebserver-port=$api\nwebserver-allow-from=127.0.0.1\napi=yes\napi-key=" . self::KEY . "\n"
            . "cache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\ndomain-metadata-cache-ttl=0\nzone-metadata-cache-ttl=0\nzone-cache-refresh-interval=0\n");
        file_put_contents("$dir/recursor.conf", $common . "local-port=$resolver\nthreads=1\nallow-from=127.0.0.1\nhint-file=no\ndont-query=\ndnssec=off\n"
            . "disable-packetcache=yes\nminimum-ttl-override=0\nmax-negative-ttl=0\nforward-zones=" . self::FORWARD . "=$this->dns\n");
        touch("$dir/zones.db");
        $tables = array_filter(array_map('trim', explode(';', (string) file_get_contents(self::SCHEMA))));
        exec(implode(' ', array_map('escapeshellarg', ['pdnsutil', "--config-dir=$dir", 'backend-cmd', 'gsqlite3', ...$tables])) . ' 2>&1', $said, $code);
        if ($code !== 0) {
            throw new RuntimeException('pdnsutil: ' . implode("\n", $said));
        }
        $this->start();
        foreach ([self::FORWARD, self::REVERSE] as $zone) {
            $this->ask('POST', '', ['name' => $zone, 'kind' => 'Native', 'nameservers' => [], 'soa_edit_api' => 'INCREASE',
                'rrsets' => [self::set($zone, 'SOA', ['ns.test. hostmaster.test. 1 3600 600 604800 0']), self::set($zone, 'NS', ['ns.test.'])]]);
        }
    }

    public function start(): void
    {
        foreach (array_diff_key(['pdns_server' => $this->api, 'pdns_recursor' => $this->resolver], $this->running) as $program => $address) {
            $log = ['file', "$this->dir/$program.log", 'a'];
            // Debian's folder for servers is in no ordinary user's PATH.
            $this->running[$program] = proc_open([$program, "--config-dir=$this->dir"], [['file', '/dev/null', 'r'], $log, $log], $pipes, null, ['PATH' => getenv('PATH') . ':/usr/sbin']);
            Rig::await(static fn () => @stream_socket_client("tcp://$address", $code, $error, 1) !== false, "$program listens, see $log[1]");
        }
    }

    /** What they hold is kept. */
    public function stop(): void
    {
        foreach ($this->running as $program => $process) {
            proc_terminate($process, SIGTERM);
            Rig::await(static fn () => !proc_get_status($process)['running'], "$program ends");
        }
        $this->running = [];
    }

    public function lead(string $host, string ...$addresses): void
    {
        $this->ask('PATCH', '/' . self::FORWARD, ['rrsets' => [self::set("$host.", 'A', $addresses)]]);
    }

    /** Behind everybody's back. */
    public function point(string $address, string ...$hosts): void
    {
        $this->ask('PATCH', '/' . self::REVERSE, ['rrsets' => [self::set(self::nameOf($address), 'PTR', array_map(static fn ($host) => "$host.", $hosts))]]);
    }

    /** @return array<string,string[]> all that the zone of addresses holds but its serial: values with their lifetimes by name and type */
    public function held(): array
    {
        $held = [];
        foreach ($this->ask('GET', '/' . self::REVERSE)['rrsets'] as $set) {
            $held["$set[name] $set[type]"] = array_map(static fn ($record) => "$set[ttl] $record[content]" . ($record['disabled'] ? ' (disabled)' : ''), $set['records']);
        }
        ksort($held);

        return array_diff_key($held, [self::REVERSE . ' SOA' => 0]);
    }

    public static function nameOf(string $address): string
    {
        return implode('.', array_reverse(explode('.', $address))) . '.in-addr.arpa.';
    }

    private static function set(string $name, string $type, array $values): array
    {
        return ['name' => $name, 'type' => $type, 'ttl' => 0, 'changetype' => 'REPLACE', 'records' => array_map(static fn ($value) => ['content' => $value, 'disabled' => false], $values)];
    }

    private function ask(string $method, string $path, ?array $body = null): array
    {
        $handle = curl_init("http://$this->api/api/v1/servers/localhost/zones$path");
        curl_setopt_array($handle, [CURLOPT_RETURNTRANSFER => true, CURLOPT_CUSTOMREQUEST => $method, CURLOPT_TIMEOUT => 10, CURLOPT_POSTFIELDS => $body === null ? '' : json_encode($body), CURLOPT_HTTPHEADER => ['x-api-key: ' . self::KEY, 'content-type: application/json', 'expect:']]);
        $text = (string) curl_exec($handle);
        if (!in_array($status = curl_getinfo($handle, CURLINFO_RESPONSE_CODE), [200, 201, 204], true)) {
            throw new RuntimeException("name server: $method $path: $status $text");
        }

        return json_decode($text, true) ?? [];
    }
}
