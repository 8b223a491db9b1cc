<?php

/**
 * Hostler: the connection between WHMCS and the provisioning engine.
 *
 * The engine decides; this addon and the server modules collect what WHMCS knows, sign and send it, apply the effects
 * that come back, and print what the engine renders.
 */

defined('WHMCS') || die('This file cannot be accessed directly');

require_once __DIR__ . '/lib/load.php';

use WHMCS\Module\Addon\Hostler\EngineError;
use WHMCS\Module\Addon\Hostler\Page;
use WHMCS\Module\Addon\Hostler\Schema;
use WHMCS\Module\Addon\Hostler\Settings;

function hostler_config()
{
    $nudge = 'The engine may call modules/addons/hostler/nudge.php of this WHMCS when something is waiting; set its URL with "hostler installation add NAME --nudge-url URL".';

    return [
        'name' => 'Hostler', 'version' => Settings::VERSION, 'author' => 'Hostler', 'language' => 'english',
        'description' => 'Connects WHMCS to the Hostler provisioning engine. ' . $nudge,
        'fields' => [
            'address' => ['FriendlyName' => 'Engine address', 'Type' => 'text', 'Size' => '50', 'Default' => '', 'Description' => 'Blank: as before, at first unix:/run/hostler/bridge.sock. From a container: http://127.0.0.1:8701'],
            'installation' => ['FriendlyName' => 'Installation', 'Type' => 'text', 'Size' => '32', 'Default' => '', 'Description' => 'The name given to "hostler installation add". Blank: as before, at first "main".'],
            'key' => ['FriendlyName' => 'Key', 'Type' => 'password', 'Size' => '60', 'Default' => '', 'Description' => 'Printed by "hostler installation add". It is kept encrypted and this field is emptied; blank keeps the key.'],
            'key_file' => ['FriendlyName' => 'Key file', 'Type' => 'text', 'Size' => '60', 'Default' => '', 'Description' => 'Instead of the key: a file outside the web root that PHP can read.'],
            'wait' => ['FriendlyName' => 'Wait', 'Type' => 'text', 'Size' => '5', 'Default' => '', 'Description' => 'Seconds that creating and package changes may take before WHMCS shows "still being set up". Blank: as before, at first 20.'],
        ],
    ];
}

function hostler_activate()
{
    try {
        Schema::migrate();
    } catch (\Throwable $e) {
        return ['status' => 'error', 'description' => 'The tables could not be made: ' . $e->getMessage()];
    }
    Settings::forget();
    if (Settings::key() === '') {
        return ['status' => 'success', 'description' => 'Next: enter the engine\'s key under Configure, then run the adoption batch on the addon\'s page.'];
    }
    try {
        return ['status' => 'success', 'description' => Page::adoption()];
    } catch (EngineError $e) {
        return ['status' => 'success', 'description' => $e->getMessage() . ' Run the adoption batch on the addon\'s page once it answers.'];
    }
}

function hostler_deactivate()
{
    return ['status' => 'success', 'description' => 'Key, links and mappings are kept. Services go on; the engine gets no events until the addon is activated again.'];
}

function hostler_upgrade($vars)
{
    Schema::migrate();
}

function hostler_output($vars)
{
    Page::show((string) $vars['modulelink']);
}
