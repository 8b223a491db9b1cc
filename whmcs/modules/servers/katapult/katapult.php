<?php

/**
 * Katapult: the module functions WHMCS calls. Each is one signed message to the engine, which decides and acts; what
 * WHMCS shall record comes back as effects.
 */

defined('WHMCS') || die('This file cannot be accessed directly');

require_once dirname(__DIR__, 2) . '/addons/hostler/lib/load.php';

use WHMCS\Module\Addon\Hostler\Calls;
use WHMCS\Module\Addon\Hostler\Module;
use WHMCS\Module\Addon\Hostler\ProductTab;

function katapult_MetaData()
{
    return ['DisplayName' => 'Katapult', 'APIVersion' => '1.1', 'RequiresServer' => true, 'ServiceSingleSignOnLabel' => 'Open Console', 'AdminSingleSignOnLabel' => false];
}

/** The position of each setting is stored data: settings may only be appended. */
function katapult_ConfigOptions($params = [])
{
    return ['Package' => ['FriendlyName' => 'Package', 'Type' => 'text', 'Size' => '25', 'Default' => '', 'Description' => '', 'SimpleMode' => true, 'Loader' => 'katapult_PackageLoader']];
}

/** The packages to choose from, by the engine's copy of the platform's list. */
function katapult_PackageLoader($params = [])
{
    return ProductTab::packages('katapult');
}

function katapult_TestConnection(array $params)
{
    return Module::testConnection('katapult', $params);
}

function katapult_CreateAccount(array $params)
{
    return Calls::text('katapult', 'CreateAccount', $params);
}

function katapult_SuspendAccount(array $params)
{
    return Calls::text('katapult', 'SuspendAccount', $params);
}

function katapult_UnsuspendAccount(array $params)
{
    return Calls::text('katapult', 'UnsuspendAccount', $params);
}

function katapult_TerminateAccount(array $params)
{
    return Calls::text('katapult', 'TerminateAccount', $params);
}

function katapult_ChangePackage(array $params)
{
    return Calls::text('katapult', 'ChangePackage', $params);
}

function katapult_AdminCustomButtonArray()
{
    return ['Start VM' => 'StartVm', 'Shutdown VM' => 'ShutdownVm', 'Stop VM' => 'StopVm', 'Reset VM' => 'ResetVm'];
}

function katapult_ClientAreaCustomButtonArray()
{
    return katapult_AdminCustomButtonArray();
}

function katapult_StartVm(array $params)
{
    return Module::button('katapult', 'StartVm', $params);
}

function katapult_ShutdownVm(array $params)
{
    return Module::button('katapult', 'ShutdownVm', $params);
}

function katapult_StopVm(array $params)
{
    return Module::button('katapult', 'StopVm', $params);
}

function katapult_ResetVm(array $params)
{
    return Module::button('katapult', 'ResetVm', $params);
}

function katapult_AdminServicesTabFields(array $params)
{
    return Module::tabFields('katapult', $params);
}

function katapult_AdminServicesTabFieldsSave(array $params)
{
    Calls::text('katapult', 'AdminServicesTabFieldsSave', $params);
}

function katapult_ServiceSingleSignOn(array $params)
{
    return Module::signOn('katapult', $params);
}

function katapult_ClientArea(array $params)
{
    // Frames that were written for the original read this.
    $original = static fn (array $data) => ['katapultVmService' => ['id' => (int) $params['serviceid'], 'vm_id' => $data['vm_id'] ?? null, 'vm' => ['state' => $data['vm_state'] ?? 'unknown']]];

    return Module::clientArea('katapult', $params, ['templatefile', 'vars'], 'views/client/virtual_machines', $original);
}
