<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/** The closed list of effects: to which class each belongs, what it may touch, and what it does. */
final class Appliers
{
    public const CLASSES = [
        'set_hosting' => 'row', 'set_link' => 'row', 'ensure_custom_field' => 'row', 'set_custom_field' => 'row', 'set_password' => 'row',
        'set_usage' => 'row', 'set_stock' => 'row', 'upsert_option' => 'row', 'todo' => 'row',
        'accept_order' => 'guarded', 'rerun' => 'guarded',
        'send_mail' => 'telling', 'log_activity' => 'telling', 'log_module_call' => 'telling', 'run_hook' => 'telling', 'open_ticket' => 'telling',
    ];

    private const OF_A_SERVICE = ['set_hosting', 'set_link', 'set_custom_field', 'set_password', 'set_usage', 'accept_order', 'rerun', 'send_mail'];
    private const RERUNS = ['create' => 'ModuleCreate', 'suspend' => 'ModuleSuspend', 'unsuspend' => 'ModuleUnsuspend', 'terminate' => 'ModuleTerminate', 'change_package' => 'ModuleChangePackage'];
    private const SECRET_MS = 1500;

    /** Effects touch only services and products of our modules. */
    public static function checkOwnership(string $kind, array $effect): void
    {
        $service = $effect['service'] ?? null;
        if (in_array($kind, self::OF_A_SERVICE, true) && ($service === null || Rows::service((int) $service) === null)) {
            throw new Refused('There is no such service of our modules.');
        }
        if ($service !== null && Rows::service((int) $service) === null && Rows::service((int) $service, true) !== null) {
            throw new Refused('The service belongs to another module.');
        }
        if (isset($effect['body']['product']) && Rows::product((int) $effect['body']['product']) === null) {
            throw new Refused('There is no such product of our modules.');
        }
        if ($kind === 'upsert_option' && !in_array($effect['body']['module'] ?? '', Settings::MODULES, true)) {
            throw new Refused('The options are those of another module.');
        }
    }

    /** Whether WHMCS still is in the state in which the effect makes sense. */
    public static function checkGuard(array $effect): void
    {
        $service = isset($effect['service']) ? Rows::service((int) $effect['service']) : null;
        $order = Capsule::table('tblorders')->where('id', (int) ($effect['body']['order'] ?? $service['order'] ?? 0))->value('status');
        $present = ['order_status' => strtolower((string) $order), 'domainstatus' => strtolower((string) ($service['domainstatus'] ?? ''))];
        foreach ((array) ($effect['guard'] ?? []) as $field => $words) {
            $words = array_map('strtolower', array_map('strval', (array) $words));
            $not = substr((string) $field, -4) === '_not';
            $name = $not ? substr((string) $field, 0, -4) : (string) $field;
            if (!isset($present[$name]) || in_array($present[$name], $words, true) === $not) {
                throw new Refused("The guard does not hold: $name is \"" . ($present[$name] ?? '?') . '".');
            }
        }
    }

    /** The SQL of a row effect. Whatever is not SQL (a lookup, a secret, encryption) happens here, before its transaction. */
    public static function prepare(string $kind, array $effect): callable
    {
        $body = $effect['body'] ?? [];
        $service = (int) ($effect['service'] ?? 0);
        switch ($kind) {
            case 'set_hosting':
                return static fn () => self::setHosting($service, $body);
            case 'set_link':
                return static fn () => Links::write($service, $body);
            case 'ensure_custom_field':
                return static fn () => CustomFields::ensure($body);
            case 'set_custom_field':
                return static fn () => CustomFields::set($service, (string) $body['name'], (string) $body['value']);
            case 'set_password':
                $encrypted = encrypt(self::redeem($effect));

                return static fn () => Capsule::table('tblhosting')->where('id', $service)->update(['password' => $encrypted]);
            case 'set_usage':
                return static fn () => self::setUsage($service, $body);
            case 'set_stock':
                return static fn () => self::setStock((int) $body['product'], (int) $body['qty'], (int) ($body['after'] ?? 0), (int) ($body['counted'] ?? PHP_INT_MAX));
            case 'upsert_option':
                return static fn () => OptionGroup::ensure($body);
            default:
                return static fn () => self::todo($body);
        }
    }

    /** A guarded or telling effect: calls into WHMCS. */
    public static function act(string $kind, array $effect): void
    {
        $body = $effect['body'] ?? [];
        $service = (int) ($effect['service'] ?? 0);
        switch ($kind) {
            case 'accept_order':
                if (Rows::service($service)['order'] !== (int) $body['order']) {
                    throw new Refused('The order is not the service\'s.');
                }
                self::api('AcceptOrder', ['orderid' => (int) $body['order'], 'autosetup' => (bool) $body['autosetup'], 'sendemail' => (bool) $body['sendemail']]);
                break;
            case 'rerun':
                $command = self::RERUNS[$body['function'] ?? ''] ?? null;
                if ($command === null) {
                    throw new Refused('This function is never run again by an effect.');
                }
                self::api($command, ['serviceid' => $service]);
                break;
            case 'send_mail':
                self::sendMail($service, $body);
                break;
            case 'log_activity':
                logActivity((string) $body['message'], (int) ($body['client'] ?? 0));
                break;
            case 'log_module_call':
                logModuleCall($effect['module'] ?? 'hostler', $body['action'], $body['request'], $body['response'], $body['processed'], $body['mask'] ?? []);
                break;
            case 'run_hook':
                Listeners::run($service, (string) ($body['hook'] ?? ''), (array) ($body['vars'] ?? []));
                break;
            case 'open_ticket':
                self::api('OpenTicket', array_filter([
                    'clientid' => $body['client'] ?? null, 'deptid' => $body['department'] ?? Capsule::table('tblticketdepartments')->min('id'),
                    'subject' => $body['subject'], 'message' => $body['message'], 'priority' => $body['priority'], 'serviceid' => $service ?: null,
                ], static fn ($value) => $value !== null));
                break;
        }
    }

    private static function setHosting(int $service, array $body): void
    {
        $columns = array_map('strval', array_intersect_key($body, ['dedicatedip' => 1, 'assignedips' => 1, 'domain' => 1, 'username' => 1]));
        if ($columns !== []) {
            Capsule::table('tblhosting')->where('id', $service)->update($columns);
        }
        if (($body['domain_if_empty'] ?? '') !== '') {
            Capsule::table('tblhosting')->where('id', $service)->where('domain', '')->update(['domain' => (string) $body['domain_if_empty']]);
        }
    }

    /** The columns of one active service behind a server; one that cannot be written stops no other. */
    public static function usage(int $service, int $server, array $row): void
    {
        try {
            if (Capsule::table('tblhosting')->where(['id' => $service, 'server' => $server, 'domainstatus' => 'Active'])->exists()) {
                self::setUsage($service, $row);
            }
        } catch (\Throwable $e) {
            Calls::fault($e);
        }
    }

    private static function setUsage(int $service, array $body): void
    {
        $columns = array_filter(array_intersect_key($body, ['diskusage' => 1, 'disklimit' => 1, 'bwusage' => 1, 'bwlimit' => 1]), 'is_int');
        if ($columns !== []) {
            Capsule::table('tblhosting')->where('id', $service)->update($columns + ['lastupdate' => date('Y-m-d H:i:s')]);
        }
    }

    /** One statement: what was ordered since the number was computed is counted and subtracted while it is written. */
    private static function setStock(int $product, int $qty, int $after, int $counted): void
    {
        $since = "(SELECT COUNT(*) FROM tblhosting WHERE packageid = $product AND id > $after) - $counted";
        $left = Capsule::raw("CASE WHEN $since <= 0 THEN $qty WHEN $since >= $qty THEN 0 ELSE $qty - ($since) END");
        $stocked = Capsule::table('tblproducts')->where('id', $product)->where('stockcontrol', 1);
        if ((clone $stocked)->update(['qty' => $left]) === 0 && !$stocked->exists()) {
            throw new Refused('Stock control is off for this product.');
        }
    }

    private static function todo(array $body): void
    {
        $mark = '[' . $body['key'] . ']';
        $row = ['title' => (string) $body['title'], 'description' => $body['description'] . "\n" . $mark, 'status' => $body['done'] ? 'Completed' : 'Pending', 'duedate' => $body['due']];
        $there = Capsule::table('tbltodolist')->where('description', 'like', '%' . addcslashes($mark, '%_\\'))->value('id');
        if ($there !== null) {
            Capsule::table('tbltodolist')->where('id', $there)->update($row);
        } else {
            Capsule::table('tbltodolist')->insert($row + ['date' => date('Y-m-d'), 'admin' => 0]);
        }
    }

    private static function sendMail(int $service, array $body): void
    {
        $template = $body['template'] ?? Rows::product(Rows::service($service)['product'])['welcome_template'];
        if ($template === null) {
            throw new Refused('The product has no welcome mail.');
        }
        $mail = ['messagename' => $template, 'id' => $service];
        if (!empty($body['vars'])) {
            $mail['customvars'] = base64_encode(serialize(array_map('strval', $body['vars'])));
        }
        self::api('SendEmail', $mail);
    }

    private static function redeem(array $effect): string
    {
        $answer = Client::post('/bridge/v1/secret', ['effect' => $effect['id'], 'secret' => $effect['body']['secret'], 'context' => Context::now()], self::SECRET_MS, true);
        if (!is_string($answer['value'] ?? null) || $answer['value'] === '') {
            throw new Failed('The engine gave no secret.');
        }

        return $answer['value'];
    }

    private static function api(string $command, array $values): void
    {
        $result = localAPI($command, $values);
        if (($result['result'] ?? '') !== 'success') {
            throw new Failed($command . ': ' . ($result['message'] ?? 'no message'));
        }
    }
}
