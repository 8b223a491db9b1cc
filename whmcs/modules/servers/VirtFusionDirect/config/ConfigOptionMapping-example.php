<?php

/**
 * Copy this file to ConfigOptionMapping.php and change the labels on the right to the names of your configurable
 * options. Keys that are left out keep the labels below. Upgrades never touch ConfigOptionMapping.php.
 */

defined('WHMCS') || die('This file cannot be accessed directly');

return [
    'ipv4' => 'IPv4',
    'packageId' => 'Package',
    'hypervisorId' => 'Location',
    'storage' => 'Storage',
    'memory' => 'Memory',
    'traffic' => 'Bandwidth',
    'networkSpeedInbound' => 'Inbound Network Speed',
    'networkSpeedOutbound' => 'Outbound Network Speed',
    'cpuCores' => 'CPU Cores',
    'networkProfile' => 'Network Type',
    'storageProfile' => 'Storage Type',
];
