<?php

namespace WHMCS\Module\Server\Katapult;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * A service's machine as Katapult shows it (`$vm->id`, `$vm->state`, `$vm->fqdn` …), and what may be done with it. What
 * the engine refuses is thrown in its words.
 *
 * @method self start()
 * @method self stop()
 * @method self shutdown()
 * @method self reset()
 */
final class Machine
{
    public const ORIGINAL = 'Krystal\\Katapult\\API\\RestfulKatapultApiV1\\Resources\\Organization\\VirtualMachine';
    private const FUNCTIONS = ['start' => 'StartVm', 'stop' => 'StopVm', 'shutdown' => 'ShutdownVm', 'reset' => 'ResetVm'];

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

    public function __call(string $name, array $arguments): self
    {
        if (!isset(self::FUNCTIONS[$name])) {
            throw new \BadMethodCallException("A machine has no method $name.");
        }
        ($this->ask)(self::FUNCTIONS[$name]);

        return $this;
    }

    /** @return object{url:string} where the console opens, once */
    public function createConsoleSession(): object
    {
        return (object) ['url' => (string) (($this->ask)('ServiceSingleSignOn')['redirect_to'] ?? '')];
    }
}

// Listeners that were written for the original name the class of its library.
class_exists(Machine::ORIGINAL, false) || class_alias(Machine::class, Machine::ORIGINAL);
