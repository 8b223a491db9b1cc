<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Module\Server\Katapult\WHMCS\Service\VirtualMachine;

defined('WHMCS') || die('This file cannot be accessed directly');

/** Hooks that others listen to. What a listener throws is logged with the service and takes nothing back. */
final class Listeners
{
    public static function run(int $service, string $hook, array $vars): void
    {
        if (preg_match('/^(Hostler|Katapult)[A-Za-z]+$/', $hook, $of) !== 1) {
            throw new Refused('The engine runs only hooks of its own names.');
        }
        // The contract of the original's hooks: the one argument is the service.
        $alone = $of[1] === 'Katapult';
        if ($alone && (Rows::service($service)['module'] ?? '') !== 'katapult') {
            throw new Refused('There is no such service of the module katapult.');
        }
        $arguments = $alone ? [VirtualMachine::told($service, $vars)] : $vars;
        try {
            run_hook($hook, $arguments, $alone);
        } catch (\Throwable $e) {
            logActivity("[Service ID: $service]: Failed to run hook: $hook: {$e->getMessage()}", (int) (Rows::service($service)['client'] ?? 0));
        }
    }
}
