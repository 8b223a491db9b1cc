<?php

/**
 * VirtFusion DNS: takes the place of the original addon of that name and keeps its settings. They are proposed to the engine
 * as a name server; whatever else there is about names is on the pages of the addon Hostler.
 */

defined('WHMCS') || die('This file cannot be accessed directly');

require_once dirname(__DIR__) . '/hostler/lib/load.php';

use WHMCS\Module\Addon\Hostler\Page;

/** The settings have the names under which they are stored. */
function VirtFusionDns_config()
{
    return [
        'name' => 'VirtFusion DNS', 'version' => '1.0', 'author' => 'Hostler', 'language' => 'english',
        'description' => 'Reverse DNS on a PowerDNS server. What is entered here is proposed to the Hostler engine, which asks and writes.',
        'fields' => [
            'enabled' => ['FriendlyName' => 'Enable rDNS Sync', 'Type' => 'yesno', 'Description' => 'Off: nothing is proposed. What is in use already is taken out of use on the engine\'s host.'],
            'endpoint' => ['FriendlyName' => 'PowerDNS API Endpoint', 'Type' => 'text', 'Size' => '60', 'Default' => 'http://ns1.example.com:8081', 'Description' => 'Where /api/v1 lies: https, or plain http on the engine\'s host itself.'],
            'apiKey' => ['FriendlyName' => 'PowerDNS API Key', 'Type' => 'password', 'Size' => '60', 'Description' => 'The key of the HTTP API (api-key).'],
            'serverId' => ['FriendlyName' => 'PowerDNS Server ID', 'Type' => 'text', 'Size' => '20', 'Default' => 'localhost', 'Description' => 'What PowerDNS calls itself; nearly always localhost.'],
            'defaultTtl' => ['FriendlyName' => 'Default PTR TTL (seconds)', 'Type' => 'text', 'Size' => '10', 'Default' => '3600', 'Description' => 'How long resolvers keep a name; at least 60.'],
            'cacheTtl' => ['FriendlyName' => 'Cache TTL (seconds)', 'Type' => 'text', 'Size' => '10', 'Default' => '60', 'Description' => 'Of the original addon. The engine looks before it writes.'],
        ],
    ];
}

function VirtFusionDns_activate()
{
    return ['status' => 'success', 'description' => 'Next: enter endpoint and key under Configure, then open the addon\'s page: it says how the name server is approved.'];
}

function VirtFusionDns_deactivate()
{
    return ['status' => 'success', 'description' => 'Nothing was changed in the engine: a name server that is approved there stays in use until it is disabled on the engine\'s host.'];
}

function VirtFusionDns_output($vars)
{
    Page::names();
}
