<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * Section 6 of the bridge protocol: one module function is one message. Of WHMCS's parameters only the listed ones
 * leave; passwords and access hashes never do.
 */
final class Calls
{
    /** How long each function waits for the engine; the waiting ones add the configured wait. */
    private const BUDGETS = [
        'TestConnection' => 23000, 'CreateAccount' => null, 'ChangePackage' => null,
        'SuspendAccount' => 6000, 'UnsuspendAccount' => 6000, 'TerminateAccount' => 6000,
        'updateServerObject' => 8000, 'validateServerConfig' => 8000, 'ServiceSingleSignOn' => 8000,
        'AdminServicesTabFields' => 1500, 'AdminServicesTabFieldsSave' => 6000, 'ClientArea' => 1500,
        'StartVm' => 8000, 'StopVm' => 8000, 'ShutdownVm' => 8000, 'ResetVm' => 8000, 'DescribeVm' => 3000,
        'UsageUpdate' => 6000,
    ];

    /** Functions that are refused to a client who brought no one-time token. */
    private const ONCE = ['StartVm', 'StopVm', 'ShutdownVm', 'ResetVm'];

    /** The texts of a server record that leave with TestConnection. */
    private const OF_A_SERVER = ['VirtFusionDirect' => ['serverhostname', 'serverpassword'], 'katapult' => ['serverhostname', 'serverusername', 'serverpassword']];

    /** Functions inside a page: effects on their answers wait for the cron or the nudge. */
    private const PAGES = ['ClientArea', 'AdminServicesTabFields'];

    /** @var array<int,bool> services whose CreateAccount ran in this PHP request */
    private static array $created = [];

    /**
     * @param array<string,mixed> $given WHMCS's module parameters
     *
     * @return array{result:string,data:array} the engine's answer
     */
    public static function run(string $module, string $function, array $given): array
    {
        $service = (int) ($given['serviceid'] ?? 0);
        if ($function === 'CreateAccount') {
            self::$created[$service] = true;
        }
        $answer = Client::post('/bridge/v1/call', self::message($module, $function, $given), self::budget($function), true);
        if (!in_array($function, self::PAGES, true)) {
            Effects::courtesy($answer);
        }

        return ['result' => (string) ($answer['result'] ?? 'The provisioning engine gave no result.'), 'data' => is_array($answer['data'] ?? null) ? $answer['data'] : []];
    }

    /** The same where nothing may be thrown: a failure is one plain sentence, for staff or in words for clients. */
    public static function told(string $module, string $function, array $given, bool $client = false): array
    {
        try {
            return self::run($module, $function, $given);
        } catch (EngineError $e) {
            $sentence = $e->getMessage();
        } catch (\Throwable $e) {
            $sentence = self::fault($e);
        }

        return ['result' => $client ? EngineError::forClients() : $sentence, 'data' => []];
    }

    /** The same for functions that answer WHMCS with a text. */
    public static function text(string $module, string $function, array $given): string
    {
        return self::told($module, $function, $given)['result'];
    }

    /**
     * The same from outside a module function, for code of the operator's own that acts in the billing system's name.
     * What is not success is thrown.
     *
     * @param array<string,mixed> $row the service's row of tblhosting
     *
     * @return array<string,mixed> the answer's data
     */
    public static function ofService(string $module, string $function, array $row): array
    {
        $given = [
            'serviceid' => $row['id'], 'userid' => $row['userid'], 'pid' => $row['packageid'], 'serverid' => $row['server'], 'domain' => $row['domain'], 'status' => $row['domainstatus'], 'token' => '',
        ] + (array) Capsule::table('tblproducts')->where('id', $row['packageid'])->first();
        $answer = Context::during('system', static fn () => self::run($module, $function, $given));
        if ($answer['result'] !== 'success') {
            throw new Failed($answer['result']);
        }

        return $answer['data'];
    }

    /** A fault on WHMCS's side (its database, a broken file): said without internals, and logged. */
    public static function fault(\Throwable $e): string
    {
        error_log('hostler: ' . get_class($e) . ': ' . $e->getMessage());

        return 'Hostler met a fault inside WHMCS; the PHP error log has the details.';
    }

    public static function createdInThisRequest(int $service): bool
    {
        return self::$created[$service] ?? false;
    }

    /** @return array<string,mixed> the body of the message */
    public static function message(string $module, string $function, array $given): array
    {
        return [
            'module' => $module, 'function' => $function,
            'params' => $function === 'TestConnection' ? self::server($module, $given) : ($function === 'UsageUpdate' ? ['serverid' => (int) $given['serverid'], 'after' => (int) ($given['after'] ?? 0)] : self::service($module, $function, $given)),
            'domainstatus' => (string) ($given['status'] ?? ''), 'applying' => Effects::applying('rerun'), 'budget_ms' => self::budget($function),
            'context' => Context::now(),
        ];
    }

    private static function budget(string $function): int
    {
        return self::BUDGETS[$function] ?? (Settings::wait() + 3) * 1000;
    }

    private static function server(string $module, array $given): array
    {
        $params = ['serverid' => (int) ($given['serverid'] ?? 0)];
        foreach (self::OF_A_SERVER[$module] as $field) {
            $params[$field] = (string) ($given[$field] ?? '');
        }

        return $params;
    }

    private static function service(string $module, string $function, array $given): array
    {
        $service = (int) $given['serviceid'];
        $params = [
            'serviceid' => $service, 'userid' => (int) $given['userid'], 'pid' => (int) $given['pid'], 'serverid' => (int) ($given['serverid'] ?? 0),
            'orderid' => (int) Capsule::table('tblhosting')->where('id', $service)->value('orderid'),
            'domain' => (string) $given['domain'],
        ];
        foreach (range(1, Settings::COUNTS[$module]) as $i) {
            $params["configoption$i"] = (string) ($given["configoption$i"] ?? '');
        }
        $params['configoptions'] = Json::map($given['configoptions'] ?? []);
        $params['option_mapping'] = Json::map(Originals::optionNames($module));
        $params['customfields'] = Json::map($given['customfields'] ?? []);
        foreach (['firstname', 'lastname', 'companyname', 'email', 'country', 'language'] as $field) {
            $params['clientsdetails'][$field] = (string) ($given['clientsdetails'][$field] ?? '');
        }
        $params += Originals::machine($module, $service);
        if ($function === 'SuspendAccount') {
            $params['suspendreason'] = (string) ($given['suspendreason'] ?? '');
        } elseif ($function === 'AdminServicesTabFieldsSave') {
            $params['modulefields'] = array_values(array_map('strval', array_filter((array) ($_REQUEST['modulefields'] ?? []), 'is_scalar')));
        } elseif (in_array($function, self::ONCE, true)) {
            // Of a posted form only: a link that carries one is not believed.
            $token = $given['token'] ?? $_POST['hostler_once'] ?? '';
            $params['token'] = is_string($token) ? $token : '';
        }

        return $params;
    }
}
