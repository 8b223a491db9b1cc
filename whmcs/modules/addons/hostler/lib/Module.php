<?php

namespace WHMCS\Module\Addon\Hostler;

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

/** What every server module does with the engine's answer: the shapes in which WHMCS wants it back. */
final class Module
{
    /** @return array{success:bool,error:string} */
    public static function testConnection(string $module, array $given): array
    {
        $result = Calls::text($module, 'TestConnection', $given);

        return ['success' => $result === 'success', 'error' => $result === 'success' ? '' : $result];
    }

    /**
     * A button that clients have too: what went wrong on the way is told to them in words of their own.
     */
    public static function button(string $module, string $function, array $given): string
    {
        return Context::now()['actor'] === 'client' ? self::forClient($module, $function, $given)['result'] : Calls::text($module, $function, $given);
    }

    /** @return array<string,string> label => HTML, as the engine made it */
    public static function tabFields(string $module, array $given): array
    {
        try {
            $answer = Calls::run($module, 'AdminServicesTabFields', $given);
        } catch (EngineError $e) {
            $answer = ['result' => $e->getMessage(), 'data' => []];
        } catch (\Throwable $e) {
            $answer = ['result' => Calls::fault($e), 'data' => []];
        }
        $fields = [];
        foreach ((array) ($answer['data']['fields'] ?? []) as $field) {
            $fields[(string) $field['label']] = (string) $field['html'];
        }

        return $fields === [] ? ['Hostler' => htmlspecialchars($answer['result'])] : $fields;
    }

    /** @return array<string,mixed> WHMCS's answer of single sign-on */
    public static function signOn(string $module, array $given): array
    {
        $answer = self::forClient($module, 'ServiceSingleSignOn', $given);
        $url = $answer['data']['redirect_to'] ?? null;

        return $answer['result'] === 'success' && is_string($url) ? ['success' => true, 'redirectTo' => $url] : ['success' => false, 'errorMsg' => $answer['result']];
    }

    /**
     * The variables of a client's page: the engine's markup, or the sentence in its place, and the module's own.
     *
     * @param callable(array):array $own the module's variables, from the answer's data
     */
    public static function page(string $module, array $given, callable $own): array
    {
        $answer = self::asked($module, 'ClientArea', $given);

        return $own($answer['data']) + ['hostlerHtml' => (string) ($answer['data']['html'] ?? ''), 'hostlerMessage' => $answer['result'] === 'success' ? '' : $answer['result']];
    }

    private static function forClient(string $module, string $function, array $given): array
    {
        try {
            return self::asked($module, $function, $given);
        } catch (\Throwable $e) {
            Calls::fault($e);

            return ['result' => EngineError::forClients(), 'data' => []];
        }
    }

    /** An engine that does not answer is a sentence for clients; a fault of WHMCS's side is thrown on. */
    private static function asked(string $module, string $function, array $given): array
    {
        try {
            return Calls::run($module, $function, $given);
        } catch (EngineError $e) {
            return ['result' => EngineError::forClients(), 'data' => []];
        }
    }
}
