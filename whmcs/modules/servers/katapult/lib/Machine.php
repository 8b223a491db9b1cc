<?php

namespace WHMCS\Module\Server\Katapult;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/**
 * A service's machine as Katapult shows it (`$vm->id`, `$vm->state`, `$vm->fqdn` …), and what may be done with it. What
 * the engine refuses is thrown in its words.
 */
final class Machine
{
    /** @var array<string,mixed> */
    private array $shown;
    /** @var callable(string):array */
    private $ask;

    public function __construct(array $shown, callable $ask)
    {
        $this->shown = $shown;
        $this->ask = $ask;
    }

    public function __get(string $name)
    {
        return $this->shown[$name] ?? null;
    }

    public function __isset(string $name): bool
    {
        return isset($this->shown[$name]);
    }

    public function start(): self
    {
        return $this->does('StartVm');
    }

    public function stop(): self
    {
        return $this->does('StopVm');
    }

    public function shutdown(): self
    {
        return $this->does('ShutdownVm');
    }

    public function reset(): self
    {
        return $this->does('ResetVm');
    }

    /** @return object{url:string} where the console opens, once */
    public function createConsoleSession(): object
    {
        return (object) ['url' => (string) (($this->ask)('ServiceSingleSignOn')['redirect_to'] ?? '')];
    }

    private function does(string $function): self
    {
        ($this->ask)($function);

        return $this;
    }
}
