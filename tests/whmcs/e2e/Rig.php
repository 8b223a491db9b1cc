<?php

use WHMCS\Database\Capsule;
use WHMCS\Module\Addon\Hostler\Signature;

/**
 * The engine, two simulated panels and a shop wired together, for all tests of one PHPUnit run. Everything about how
 * the binary is started and spoken to is in this file.
 */
final class Rig
{
    public const SERVER = 2;
    public const SERVER_B = 3;
    public const PRODUCT = 3;
    public const BIGGER = 4;
    public const PRODUCT_B = 5;
    public const FOREIGN_PRODUCT = 8;
    public const SERVER_K = 9;
    public const PRODUCT_K = 6;
    public const TEMPLATE = 49;
    private const TOKEN = 'sim-full-token';

    private static ?self $one = null;
    private string $dir;
    private string $bin;
    /** @var array<string,string> installation => key */
    private array $keys = [];
    /** @var array<string,resource> */
    private array $processes = [];
    /** @var array<string,array{panel:string,control:string,clock:string}> */
    private array $panels = [];
    /** @var array<string,string> panel => platform id */
    private array $platforms = [];
    private ?NameServer $names = null;
    private bool $naming = false;
    private int $ahead = 0;
    private bool $hung = false;
    private string $speaks = 'main';

    public static function running(): self
    {
        return self::$one ??= new self();
    }

    private function __construct()
    {
        $this->bin = (string) getenv('HOSTLER_BIN');
        $this->dir = HARNESS_VAR . '/engine-' . getmypid();
        mkdir($this->dir, 0700, true);
        register_shutdown_function([$this, 'end']);
        foreach (['a' => 'v7', 'b' => 'v6'] as $panel => $profile) {
            $this->start("sim-$panel", [$this->bin, 'sim', 'virtfusion', '--listen', '127.0.0.1:0', '--control', '127.0.0.1:0', '--clock', '127.0.0.1:0', '--ca-out', "$this->dir/ca-$panel.pem", '--profile', $profile, '--build-seconds', '3', '--seed', (string) ord($panel)]);
            self::await(fn () => $this->said("sim-$panel") !== null, "panel $panel listens");
            $this->panels[$panel] = $this->said("sim-$panel");
        }
        file_put_contents("$this->dir/token", self::TOKEN);
        $this->configure();
        $this->startEngine();
        $this->keys['main'] = $this->newInstallation('main');
        $this->shop();
        // Panel a has proven the staging protocol, panel b has not.
        $this->platforms['a'] = $this->attach('main', 'a', self::SERVER);
        $this->platforms['b'] = $this->attach('main', 'b', self::SERVER_B);
        $this->cli('platform', 'test', $this->platforms['a'], '--write', '--domain', 'staging.example.test', '--group', '1', '--package', '1', '--image', (string) self::TEMPLATE);
        foreach ([self::PRODUCT, self::BIGGER, self::PRODUCT_B] as $product) {
            $this->productEdited($product);
        }
        $this->cron();
    }


    /** Makes a panel the platform of a server record, as an operator does on the engine's host. */
    public function attach(string $installation, string $panel, int $server): string
    {
        $proposed = $this->json('platform', 'propose', '--endpoint', $this->panels[$panel]['panel'], '--token-file', "$this->dir/token", '--installation', $installation, '--server', (string) $server);
        $this->cli('platform', 'approve', $proposed['id'], '--ca-file', "$this->dir/ca-$panel.pem", '--rate', '6000', '--burst', '200', '--concurrency', '20');

        return $proposed['id'];
    }

    /** A simulated Katapult behind a server record, with a product of the module katapult; once per run. */
    public function withKatapult(): void
    {
        if (isset($this->panels['k'])) {
            return;
        }
        $this->start('sim-k', [$this->bin, 'sim', 'katapult', '--listen', '127.0.0.1:0', '--control', '127.0.0.1:0', '--clock', '127.0.0.1:0', '--ca-out', "$this->dir/ca-k.pem", '--build-seconds', '3', '--seed', '107']);
        self::await(fn () => $this->said('sim-k') !== null, 'Katapult listens');
        $this->panels['k'] = $this->said('sim-k');
        file_put_contents("$this->dir/token-k", $this->panels['k']['token']);
        $proposed = $this->json('platform', 'propose', '--kind', 'katapult', '--account', $this->books('k')['organizations'][0]['id'], '--endpoint', $this->panels['k']['panel'], '--token-file', "$this->dir/token-k", '--installation', 'main', '--server', (string) self::SERVER_K);
        $this->cli('platform', 'approve', $proposed['id'], '--ca-file', "$this->dir/ca-k.pem", '--rate', '6000', '--burst', '200', '--concurrency', '20');
        Capsule::table('tblservers')->insert(['id' => self::SERVER_K, 'name' => 'Katapult', 'hostname' => 'katapult', 'ipaddress' => '127.0.0.1', 'type' => 'katapult', 'password' => '', 'active' => 1]);
        Capsule::table('tblservergroups')->updateOrInsert(['id' => self::SERVER_K], ['name' => 'Katapult']);
        Capsule::table('tblservergroupsrel')->updateOrInsert(['groupid' => self::SERVER_K], ['serverid' => self::SERVER_K]);
        Capsule::table('tblproducts')->insert(['id' => self::PRODUCT_K, 'type' => 'server', 'gid' => 1, 'name' => 'VM Rock', 'paytype' => 'recurring', 'autosetup' => '', 'servertype' => 'katapult', 'servergroup' => self::SERVER_K, 'configoption1' => 'rock-3']);
        $group = Capsule::table('tblproductconfiggroups')->insertGetId(['name' => 'Katapult Virtual Machines']);
        Capsule::table('tblproductconfiglinks')->insert(['gid' => $group, 'pid' => self::PRODUCT_K]);
        foreach (['Data Center' => 'uk-lon-01|London', 'Disk Template' => 'templates/ubuntu-22-04|Ubuntu 22.04'] as $name => $value) {
            $option = Capsule::table('tblproductconfigoptions')->insertGetId(['gid' => $group, 'optionname' => $name, 'optiontype' => '1']);
            Capsule::table('tblproductconfigoptionssub')->insert(['configid' => $option, 'optionname' => $value, 'sortorder' => 1]);
        }
        Harness\Hooks::detect('ModuleHooks', 'katapult');
    }

    /** A real name server, in use until `withoutNames()`. The engine is started again when it comes. */
    public function withNames(): NameServer
    {
        if ($this->names === null) {
            $this->names = new NameServer("$this->dir/names");
            $this->configure("resolvers = \"{$this->names->resolver}\"");
            $this->stop();
            $this->whole();
            file_put_contents("$this->dir/token-names", NameServer::KEY);
            $this->platforms['names'] = $this->json('platform', 'propose', '--kind', 'powerdns', '--endpoint', "http://{$this->names->api}", '--token-file', "$this->dir/token-names")['id'];
        }
        $this->names->start();
        if (!$this->naming) {
            $this->cli('platform', 'approve', $this->platforms['names'], '--ttl', '300', '--answered-by', $this->names->dns, '--rate', '6000', '--burst', '200');
            $this->naming = true;
        }

        return $this->names;
    }

    /** Takes the name server out of use, as an operator does. */
    public function withoutNames(): void
    {
        $this->cli('platform', 'disable', $this->platforms['names']);
        $this->naming = false;
    }

    public function books(string $panel): array
    {
        return $this->sim($panel, 'GET', '/_sim/books');
    }

    /** Connects the shop as another installation; `main` again by `whole()`. */
    public function speakAs(string $installation, string ...$options): void
    {
        $this->keys[$installation] ??= $this->newInstallation($installation, ...$options);
        foreach (['installation' => $installation, 'key' => $this->keys[$installation]] as $setting => $value) {
            Capsule::table('tbladdonmodules')->where('module', 'hostler')->where('setting', $setting)->update(['value' => $value]);
        }
        WHMCS\Module\Addon\Hostler\Settings::forget();
        WHMCS\Module\Addon\Hostler\Settings::key();
        $this->speaks = $installation;
    }

    private function shop(): void
    {
        foreach (['tblservers', 'tblproducts', 'tblhosting', 'tblorders', 'tblcustomfields', 'tblcustomfieldsvalues', 'tbladdonmodules', 'tblemails'] as $table) {
            Capsule::table($table)->truncate();
        }
        foreach ([self::SERVER => 'a', self::SERVER_B => 'b'] as $id => $panel) {
            Capsule::table('tblservers')->insert(['id' => $id, 'name' => "Panel $panel", 'hostname' => $this->panelHost($panel), 'ipaddress' => '127.0.0.1', 'type' => 'VirtFusionDirect', 'password' => '', 'secure' => 'on', 'active' => 1]);
            Capsule::table('tblservergroups')->updateOrInsert(['id' => $id], ['name' => "Panel $panel"]);
            Capsule::table('tblservergroupsrel')->updateOrInsert(['groupid' => $id], ['serverid' => $id]);
        }
        foreach ([self::PRODUCT => ['1', self::SERVER], self::BIGGER => ['2', self::SERVER], self::PRODUCT_B => ['1', self::SERVER_B]] as $id => [$package, $group]) {
            Capsule::table('tblproducts')->insert(['id' => $id, 'type' => 'server', 'gid' => 1, 'name' => "VPS $id", 'paytype' => 'recurring', 'autosetup' => '', 'servertype' => 'VirtFusionDirect', 'servergroup' => $group, 'welcomeemail' => 1,
                'configoption1' => '1', 'configoption2' => $package, 'configoption3' => '1', 'configoption4' => '0', 'configoption5' => '0', 'configoption6' => '100', 'configoption7' => '10']);
        }
        Capsule::table('tblproducts')->insert(['id' => self::FOREIGN_PRODUCT, 'type' => 'hostingaccount', 'gid' => 1, 'name' => 'Web', 'paytype' => 'recurring', 'servertype' => 'otherpanel']);
        Harness\Addons::activate('hostler', ['address' => "unix:$this->dir/bridge.sock", 'installation' => 'main', 'key' => $this->keys['main'], 'wait' => '1']);
        Harness\Hooks::detect('ModuleHooks', 'VirtFusionDirect');
        // Activating was one request, what follows is another.
        WHMCS\Module\Addon\Hostler\Settings::forget();
        WHMCS\Module\Addon\Hostler\Hooks::register();
    }

    public function productEdited(int $product): void
    {
        run_hook('ProductEdit', ['pid' => $product]);
    }

    public function saveServerId(int $service, string $id): void
    {
        $_REQUEST['modulefields'] = [$id];
        VirtFusionDirect_AdminServicesTabFieldsSave(Harness\Params::forService($service));
        unset($_REQUEST['modulefields']);
    }

    public function cron(): void
    {
        $this->tool(['bin/whmcs-cron']);
    }

    /** Module functions side by side, each in a PHP process of its own. @return string[] what each answered */
    public function modules(array $calls): array
    {
        return array_column($this->timedModules($calls), 0);
    }

    /** @return array<int,array{0:string,1:float}> answer and the seconds inside the function */
    public function timedModules(array $calls): array
    {
        $running = [];
        foreach ($calls as $i => $call) {
            $file = "$this->dir/module-$i.out";
            $process = proc_open(array_merge([HARNESS_ROOT . '/bin/modulecall'], array_map('strval', $call)), [['file', '/dev/null', 'r'], ['file', $file, 'w'], ['file', "$file.err", 'w']], $pipes);
            $running[$i] = [$process, $file, microtime(true)];
        }
        $results = [];
        foreach ($running as $i => [$process, $file, $begin]) {
            proc_close($process);
            preg_match('/module function ([0-9.]+) ms/', (string) file_get_contents("$file.err"), $m);
            $results[$i] = [trim((string) file_get_contents($file)), isset($m[1]) ? $m[1] / 1000 : microtime(true) - $begin];
        }

        return $results;
    }

    private function tool(array $command): string
    {
        $command[0] = HARNESS_ROOT . '/' . $command[0];
        exec(implode(' ', array_map('escapeshellarg', $command)) . ' 2>&1', $output, $code);

        return implode("\n", $output);
    }


    public function panelHost(string $panel): string
    {
        return (string) preg_replace('~^https://~', '', $this->panels[$panel]['panel']);
    }

    public function fault(array $rule, string $panel = 'a'): void
    {
        $this->sim($panel, 'POST', '/_sim/faults', $rule);
    }

    public function hand(array $act, string $panel = 'a'): int
    {
        return (int) ($this->sim($panel, 'POST', '/_sim/hand', $act)['id'] ?? 0);
    }

    /** @return array<int,array> */
    public function machinesOf(int $client, string $panel = 'a'): array
    {
        $books = $this->books($panel);
        $owners = array_column(array_filter($books['users'], static fn ($user) => (int) ($user['relation'] ?? 0) === $client), 'id');

        return array_values(array_filter($books['servers'], static fn ($server) => in_array($server['owner'], $owners, true)));
    }

    /** @return array<int,array> machines of the user with this text relation */
    public function machinesNamed(string $relation, string $panel = 'a'): array
    {
        $books = $this->books($panel);
        $owners = array_column(array_filter($books['users'], static fn ($user) => ($user['relation_text'] ?? '') === $relation), 'id');

        return array_values(array_filter($books['servers'], static fn ($server) => in_array($server['owner'], $owners, true)));
    }

    /** @return array<int,array> machines in accounts that belong to no client: attempts never handed over */
    public function undelivered(string $panel = 'a'): array
    {
        $books = $this->books($panel);
        $staging = array_column(array_filter($books['users'], static fn ($user) => strpos((string) ($user['relation_text'] ?? ''), 'hostler:') === 0), 'id');

        return array_values(array_filter($books['servers'], static fn ($server) => in_array($server['owner'], $staging, true)));
    }

    public function countCalls(string $endpoint, string $panel = 'a'): int
    {
        return count($this->calls([$endpoint], $panel));
    }

    /** @return array<int,array> what the panel heard of these endpoints, in order */
    public function calls(array $endpoints, string $panel = 'a'): array
    {
        return array_values(array_filter($this->sim($panel, 'GET', '/_sim/calls'), static fn ($call) => in_array($call['endpoint'], $endpoints, true)));
    }

    public function forgetCalls(): void
    {
        foreach (['a', 'b'] as $panel) {
            $this->sim($panel, 'DELETE', '/_sim/calls');
        }
    }

    /** A machine as Katapult's API shows it, its first password included. */
    public function machineAtKatapult(string $id): array
    {
        $handle = curl_init($this->panels['k']['panel'] . '/core/v1/virtual_machines/virtual_machine?' . http_build_query(['virtual_machine' => ['id' => $id]]));
        curl_setopt_array($handle, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10, CURLOPT_CAINFO => $this->panels['k']['ca'], CURLOPT_HTTPHEADER => ["authorization: Bearer {$this->panels['k']['token']}"]]);

        return json_decode((string) curl_exec($handle), true, 32, JSON_THROW_ON_ERROR)['virtual_machine'];
    }

    private function sim(string $panel, string $method, string $path, ?array $body = null): array
    {
        $handle = curl_init($this->panels[$panel]['control'] . $path);
        curl_setopt_array($handle, [CURLOPT_RETURNTRANSFER => true, CURLOPT_CUSTOMREQUEST => $method, CURLOPT_TIMEOUT => 10, CURLOPT_HTTPHEADER => ['content-type: application/json', 'expect:']]);
        if ($body !== null) {
            curl_setopt($handle, CURLOPT_POSTFIELDS, json_encode($body));
        }
        $text = (string) curl_exec($handle);
        $answer = json_decode($text, true);
        if (curl_getinfo($handle, CURLINFO_RESPONSE_CODE) !== 200 || !is_array($answer)) {
            throw new RuntimeException("simulator $panel: $method $path: $text");
        }

        return $answer;
    }


    private function configure(string $outbound = ''): void
    {
        $port = self::freePort();
        file_put_contents("$this->dir/hostler.toml", <<<TOML
            [database]
            url = "sqlite:$this->dir/hostler.db"
            key_file = "$this->dir/key"
            [bridge]
            socket = "$this->dir/bridge.sock"
            listen = "127.0.0.1:$port"
            [control]
            socket = "$this->dir/control.sock"
            [outbound]
            create_seconds = 30
            $outbound
            TOML);
    }

    private function newInstallation(string $name, string ...$options): string
    {
        return $this->json('installation', 'add', $name, ...$options)['key'];
    }

    private function startEngine(): void
    {
        $this->start('engine', [$this->bin, 'serve', '--config', "$this->dir/hostler.toml"]);
        // The command line would do without an engine; only a running one listens here.
        self::await(fn () => @stream_socket_client("unix://$this->dir/control.sock", $code, $error, 1) !== false, 'the engine answers');
    }

    public function cli(string ...$arguments): string
    {
        $command = array_merge([$this->bin], $arguments, ['--config', "$this->dir/hostler.toml"]);
        exec(implode(' ', array_map('escapeshellarg', $command)) . ' 2>&1', $output, $code);
        if ($code !== 0) {
            throw new RuntimeException(implode(' ', $arguments) . ': ' . implode("\n", $output));
        }

        return implode("\n", $output);
    }

    public function json(string ...$arguments): array
    {
        return json_decode($this->cli(...array_merge($arguments, ['--json'])), true, 64, JSON_THROW_ON_ERROR);
    }

    /** Ends the engine as an operator would. */
    public function stop(): void
    {
        proc_terminate($this->processes['engine'], SIGTERM);
        self::await(fn () => !proc_get_status($this->processes['engine'])['running'], 'the engine ends');
        proc_close($this->processes['engine']);
        unset($this->processes['engine']);
    }

    /** Freezes the engine: its sockets accept, nobody answers. */
    public function hang(): void
    {
        proc_terminate($this->processes['engine'], SIGSTOP);
        $this->hung = true;
    }

    /** Engine running and panels without faults, whatever a test left behind. */
    public function whole(): void
    {
        if ($this->hung) {
            proc_terminate($this->processes['engine'], SIGCONT);
            $this->hung = false;
        }
        if (!isset($this->processes['engine'])) {
            $this->startEngine();
            $this->moveEngine($this->ahead);
        }
        if ($this->speaks !== 'main') {
            $this->speakAs('main');
        }
        foreach (array_keys($this->panels) as $panel) {
            $this->sim($panel, 'DELETE', '/_sim/faults');
        }
    }

    /** Lets time pass for engine, panels and PHP alike. */
    public function advance(int $seconds): void
    {
        $this->ahead += $seconds;
        $this->move($seconds);
        usleep(200000);
    }

    private function move(int $seconds): void
    {
        foreach ($this->panels as $panel) {
            $handle = curl_init($panel['clock'] . '/_sim/clock');
            curl_setopt_array($handle, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 10, CURLOPT_POSTFIELDS => json_encode(['advance_seconds' => $seconds]), CURLOPT_HTTPHEADER => ['content-type: application/json']]);
            curl_exec($handle);
        }
        $this->moveEngine($seconds);
        file_put_contents(HARNESS_VAR . '/clock-ahead', (string) $this->ahead);
    }

    private function moveEngine(int $seconds): void
    {
        $control = stream_socket_client("unix://$this->dir/control.sock", $code, $error, 5);
        fwrite($control, json_encode(['clock' => ['advance_seconds' => $seconds]]) . "\n");
        if (!isset(json_decode((string) fgets($control), true)['done'])) {
            throw new RuntimeException('the clock of the engine was not moved');
        }
        fclose($control);
    }

    /** @return array<int,array> */
    public function questions(): array
    {
        return $this->json('operation', 'answer');
    }

    /** What the engine logged in this run. */
    public function log(): string
    {
        return (string) file_get_contents("$this->dir/engine.log");
    }

    /** What the engine did, for a failed assertion's message. */
    public function story(): string
    {
        return $this->cli('operation', 'list', '--all', '--limit', '5') . "\n" . $this->cli('operation', 'answer') . "\n" . substr($this->log(), -4000);
    }

    /**
     * Speaks to the engine as PHP does, or wrongly on purpose.
     *
     * @param array<string,mixed> $how key, installation, timestamp, nonce, signed_path, signed_method, signed_body, raw, without
     *
     * @return array{status:int,body:array}
     */
    public function bridge(string $method, string $path, ?array $body, array $how = []): array
    {
        $text = $how['raw'] ?? ($body === null ? '' : json_encode($body));
        $headers = Signature::headers(
            $how['installation'] ?? $this->speaks,
            $how['key'] ?? $this->keys[$this->speaks],
            $how['signed_method'] ?? $method,
            $how['signed_path'] ?? $path,
            $how['timestamp'] ?? WHMCS\Module\Addon\Hostler\Clock::now(),
            $how['nonce'] ?? bin2hex(random_bytes(16)),
            $how['signed_body'] ?? $text
        );
        $headers = array_filter($headers, static fn ($header) => !isset($how['without']) || strpos($header, $how['without']) !== 0);
        $handle = curl_init("http://hostler$path");
        curl_setopt_array($handle, [CURLOPT_UNIX_SOCKET_PATH => "$this->dir/bridge.sock", CURLOPT_RETURNTRANSFER => true, CURLOPT_CUSTOMREQUEST => $method, CURLOPT_TIMEOUT => 30, CURLOPT_HTTPHEADER => array_merge(array_values($headers), ['content-type: application/json', 'expect:'])]);
        if ($text !== '') {
            curl_setopt($handle, CURLOPT_POSTFIELDS, $text);
        }
        $answer = (string) curl_exec($handle);

        return ['status' => (int) curl_getinfo($handle, CURLINFO_RESPONSE_CODE), 'body' => json_decode($answer, true) ?? []];
    }


    private function start(string $name, array $command): void
    {
        $this->processes[$name] = proc_open($command, [['file', '/dev/null', 'r'], ['file', "$this->dir/$name.log", 'a'], ['file', "$this->dir/$name.log", 'a']], $pipes);
    }

    /** The first line of JSON that a process printed. */
    private function said(string $name): ?array
    {
        $line = strtok((string) file_get_contents("$this->dir/$name.log"), "\n");
        $said = json_decode((string) $line, true);

        return is_array($said) ? $said : null;
    }

    public static function await(callable $holds, string $what): void
    {
        for ($i = 0; $i < 150; ++$i) {
            if ($holds()) {
                return;
            }
            usleep(100000);
        }
        throw new RuntimeException("never: $what");
    }

    public function end(): void
    {
        foreach ($this->processes as $process) {
            proc_terminate($process, SIGCONT);
            proc_terminate($process, SIGTERM);
        }
        if ($this->names !== null) {
            $this->names->stop();
        }
        @unlink(HARNESS_VAR . '/clock-ahead');
    }

    /** Below those that Linux gives to whoever asks for any: nobody takes it while what listens there is down. */
    public static function freePort(): int
    {
        do {
            $port = random_int(20000, 31999);
            $held = array_filter([@stream_socket_server("tcp://127.0.0.1:$port"), @stream_socket_server("udp://127.0.0.1:$port", $code, $error, STREAM_SERVER_BIND)]);
            array_map('fclose', $held);
        } while (count($held) < 2);

        return $port;
    }
}
