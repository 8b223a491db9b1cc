<?php

/**
 * VirtFusion Direct Provisioning: the module functions WHMCS calls. Each is one signed message to the engine, which
 * decides and acts; what WHMCS shall record comes back as effects.
 */

defined('WHMCS') || die('This file cannot be accessed directly');

require_once dirname(__DIR__, 2) . '/addons/hostler/lib/load.php';

use WHMCS\Module\Addon\Hostler\Calls;
use WHMCS\Module\Addon\Hostler\Context;
use WHMCS\Module\Addon\Hostler\Module;

function VirtFusionDirect_MetaData()
{
    return ['DisplayName' => 'VirtFusion Direct Provisioning', 'APIVersion' => '1.1', 'RequiresServer' => true, 'ServiceSingleSignOnLabel' => 'Login to Control Panel', 'AdminSingleSignOnLabel' => false];
}

/** The position of each setting is stored data: settings may only be appended. */
function VirtFusionDirect_ConfigOptions($params = [])
{
    return [
        'defaultHypervisorGroupId' => ['FriendlyName' => 'Hypervisor Group ID', 'Type' => 'text', 'Size' => '20', 'Default' => '1', 'Description' => 'The group in which servers are created unless the order names another.'],
        'packageID' => ['FriendlyName' => 'Package ID', 'Type' => 'text', 'Size' => '20', 'Default' => '1', 'Description' => 'The VirtFusion package of this product.'],
        'defaultIPv4' => ['FriendlyName' => 'IPv4 Addresses', 'Type' => 'dropdown', 'Options' => implode(',', range(0, 10)), 'Default' => '1', 'Description' => 'How many IPv4 addresses a server gets unless the order says otherwise.'],
        'selfServiceMode' => ['FriendlyName' => 'Self-Service Mode', 'Type' => 'dropdown', 'Options' => '0|Disabled,1|Hourly,2|Resource Packs,3|Both', 'Default' => '0', 'Description' => 'Self-service of VirtFusion users created for this product.'],
        'autoTopOffThreshold' => ['FriendlyName' => 'Auto Top-Off Threshold', 'Type' => 'text', 'Size' => '10', 'Default' => '0', 'Description' => 'Credit below which it is topped up; 0 turns it off.'],
        'autoTopOffAmount' => ['FriendlyName' => 'Auto Top-Off Amount', 'Type' => 'text', 'Size' => '10', 'Default' => '100', 'Description' => 'Credit added each time.'],
        'stockSafetyBufferPct' => ['FriendlyName' => 'Stock Safety Buffer (%)', 'Type' => 'text', 'Size' => '5', 'Default' => '10', 'Description' => 'Share of the capacity that is not offered as stock.'],
    ];
}

function VirtFusionDirect_TestConnection(array $params)
{
    return Module::testConnection('VirtFusionDirect', $params);
}

function VirtFusionDirect_CreateAccount(array $params)
{
    return Calls::text('VirtFusionDirect', 'CreateAccount', $params);
}

function VirtFusionDirect_SuspendAccount(array $params)
{
    return Calls::text('VirtFusionDirect', 'SuspendAccount', $params);
}

function VirtFusionDirect_UnsuspendAccount(array $params)
{
    return Calls::text('VirtFusionDirect', 'UnsuspendAccount', $params);
}

function VirtFusionDirect_TerminateAccount(array $params)
{
    return Calls::text('VirtFusionDirect', 'TerminateAccount', $params);
}

function VirtFusionDirect_ChangePackage(array $params)
{
    return Calls::text('VirtFusionDirect', 'ChangePackage', $params);
}

function VirtFusionDirect_UsageUpdate(array $params)
{
    return Module::usage('VirtFusionDirect', $params);
}

function VirtFusionDirect_AdminCustomButtonArray()
{
    return ['Update Server Object' => 'updateServerObject', 'Validate Server Config' => 'validateServerConfig'];
}

function VirtFusionDirect_updateServerObject(array $params)
{
    return Calls::text('VirtFusionDirect', 'updateServerObject', $params);
}

function VirtFusionDirect_validateServerConfig(array $params)
{
    return Calls::text('VirtFusionDirect', 'validateServerConfig', $params);
}

function VirtFusionDirect_AdminServicesTabFields(array $params)
{
    return Module::tabFields('VirtFusionDirect', $params);
}

function VirtFusionDirect_AdminServicesTabFieldsSave(array $params)
{
    Calls::text('VirtFusionDirect', 'AdminServicesTabFieldsSave', $params);
}

function VirtFusionDirect_ServiceSingleSignOn(array $params)
{
    return Module::signOn('VirtFusionDirect', $params);
}

function VirtFusionDirect_ClientArea(array $params)
{
    return Module::clientArea('VirtFusionDirect', $params, ['tabOverviewReplacementTemplate', 'templateVariables'], 'templates', static fn (array $data) => [
        'systemURL' => Context::systemUrl(),
        'serviceStatus' => $params['status'],
        'serverHostname' => $params['serverhostname'] ?? null,
        'selfServiceMode' => (int) $params['configoption4'],
        'rdnsEnabled' => (bool) ($data['rdns_enabled'] ?? false),
    ]);
}
