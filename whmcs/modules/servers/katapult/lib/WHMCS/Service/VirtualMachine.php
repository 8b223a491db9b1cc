<?php

namespace WHMCS\Module\Server\Katapult\WHMCS\Service;

use Carbon\Carbon;
use WHMCS\Module\Addon\Hostler\Calls;
use WHMCS\Module\Server\Katapult\Machine;
use WHMCS\Service\Service;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * What listeners of the Katapult hooks are given: WHMCS's own service, with what the engine knows of its machine. The
 * engine is asked once per service and PHP request. While it does not answer, reading throws: nothing is made up.
 *
 * @property-read string|null $vm_build_id
 * @property-read Carbon|null $vm_build_started_at
 * @property-read string|null $vm_build_failure why the build failed, for listeners of KatapultVirtualMachineBuildFailed
 * @property-read string|null $vm_id only once the machine is built
 * @property-read Machine|null $vm
 * @property-read string $vm_state `unknown` when there is no machine
 */
class VirtualMachine extends Service
{
    /** @var array<int,array<string,mixed>> service => what an effect brought along */
    private static array $told = [];
    /** @var array<int,array<string,mixed>> service => what the engine answered */
    private static array $described = [];
    /** @var array<int,Machine> */
    private static array $machines = [];

    /** The service in the state in which a hook was caused. */
    public static function told(int $service, array $values): self
    {
        unset(self::$described[$service], self::$machines[$service]);
        self::$told[$service] = $values;

        return self::findOrFail($service);
    }

    public function getVmBuildIdAttribute(): ?string
    {
        return $this->value('vm_build_id');
    }

    public function getVmBuildStartedAtAttribute(): ?Carbon
    {
        $at = $this->value('vm_build_started_at');

        return $at === null ? null : Carbon::createFromTimestamp((int) $at);
    }

    public function getVmBuildFailureAttribute(): ?string
    {
        return $this->value('reason');
    }

    public function getVmIdAttribute(): ?string
    {
        return $this->value('vm_id');
    }

    public function getVmStateAttribute(): string
    {
        return $this->value('vm_state') ?? 'unknown';
    }

    public function getVmAttribute(): ?Machine
    {
        $shown = $this->described()['vm'] ?? null;

        return is_array($shown) ? self::$machines[(int) $this->id] ??= new Machine($shown, fn (string $function) => $this->ask($function)) : null;
    }

    /** A line in the client's activity log, in the form of the module's own. */
    public function log(string $message): void
    {
        logActivity("[Service ID: {$this->id}]: $message", (int) $this->userid);
    }

    private function value(string $name): ?string
    {
        $value = (self::$told[(int) $this->id] ?? $this->described())[$name] ?? '';

        return $value === '' ? null : (string) $value;
    }

    private function described(): array
    {
        return self::$described[(int) $this->id] ??= $this->ask('DescribeVm');
    }

    private function ask(string $function): array
    {
        return Calls::ofService('katapult', $function, $this->getAttributes());
    }
}
