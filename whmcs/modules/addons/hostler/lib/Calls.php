<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

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
    ];

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

    /** The same for functions that answer WHMCS with a text: every failure is one plain sentence. */
    public static function text(string $module, string $function, array $given): string
    {
        try {
            return self::run($module, $function, $given)['result'];
        } catch (EngineError $e) {
            return $e->getMessage();
        } catch (\Throwable $e) {
            return self::fault($e);
        }
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
            'module' => $module,
            'function' => $function,
            'params' => $function === 'TestConnection' ? self::server($given) : self::service($module, $function, $given),
            'domainstatus' => (string) ($given['status'] ?? ''),
            'applying' => Effects::applying('rerun'),
            'budget_ms' => self::budget($function),
            'context' => Context::now(),
        ];
    }

    private static function budget(string $function): int
    {
        return self::BUDGETS[$function] ?? (Settings::wait() + 3) * 1000;
    }

    private static function server(array $given): array
    {
        return [
            'serverid' => (int) ($given['serverid'] ?? 0),
            'serverhostname' => (string) ($given['serverhostname'] ?? ''),
            'serverpassword' => (string) ($given['serverpassword'] ?? ''),
        ];
    }

    private static function service(string $module, string $function, array $given): array
    {
        $service = (int) $given['serviceid'];
        $params = [
            'serviceid' => $service,
            'userid' => (int) $given['userid'],
            'pid' => (int) $given['pid'],
            'serverid' => (int) ($given['serverid'] ?? 0),
            'orderid' => (int) Capsule::table('tblhosting')->where('id', $service)->value('orderid'),
            'domain' => (string) $given['domain'],
        ];
        foreach (range(1, 7) as $i) {
            $params["configoption$i"] = (string) ($given["configoption$i"] ?? '');
        }
        $params['configoptions'] = Json::map($given['configoptions'] ?? []);
        $params['option_mapping'] = Json::map(self::optionMapping($module));
        $params['customfields'] = Json::map($given['customfields'] ?? []);
        foreach (['firstname', 'lastname', 'companyname', 'email', 'country', 'language'] as $field) {
            $params['clientsdetails'][$field] = (string) ($given['clientsdetails'][$field] ?? '');
        }
        $params['mapped_id'] = Rows::mappedId($service);
        if ($function === 'SuspendAccount') {
            $params['suspendreason'] = (string) ($given['suspendreason'] ?? '');
        }
        if ($function === 'AdminServicesTabFieldsSave') {
            $params['modulefields'] = array_values(array_map('strval', array_filter((array) ($_REQUEST['modulefields'] ?? []), 'is_scalar')));
        }

        return $params;
    }

    /** The operator's own labels; the file belongs to the operator and is only read. */
    private static function optionMapping(string $module): array
    {
        $file = dirname(__DIR__, 3) . "/servers/$module/config/ConfigOptionMapping.php";
        $mapping = is_file($file) ? include $file : [];

        return is_array($mapping) ? $mapping : [];
    }
}
