<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\View\Menu\Item;

defined('WHMCS') || die('This file cannot be accessed directly');

/** What every server module does with the engine's answer: the shapes in which WHMCS wants it back. */
final class Module
{
    /** @var array<string,mixed> what came with the page that the engine made in this PHP request */
    private static array $page = [];

    /** @return array{success:bool,error:string} */
    public static function testConnection(string $module, array $given): array
    {
        $result = Calls::text($module, 'TestConnection', $given);

        return ['success' => $result === 'success', 'error' => $result === 'success' ? '' : $result];
    }

    /** A button that clients have too: what went wrong on the way is told to them in words of their own. */
    public static function button(string $module, string $function, array $given): string
    {
        return Calls::told($module, $function, $given, Context::now()['actor'] === 'client')['result'];
    }

    /** WHMCS's daily look at the usage behind a server: what the engine has stored, page by page. */
    public static function usage(string $module, array $given): string
    {
        do {
            $answer = Calls::told($module, 'UsageUpdate', $given);
            foreach ((array) ($answer['data']['services'] ?? []) as $row) {
                Appliers::usage((int) $row['service'], (int) $given['serverid'], $row);
            }
            $before = $given['after'] ?? 0;
            $given['after'] = (int) ($answer['data']['next'] ?? 0);
        } while ($given['after'] > $before);

        return $answer['result'];
    }

    /** @return array<string,string> label => HTML, as the engine made it */
    public static function tabFields(string $module, array $given): array
    {
        $answer = Calls::told($module, 'AdminServicesTabFields', $given);

        return array_column((array) ($answer['data']['fields'] ?? []), 'html', 'label') ?: ['Hostler' => htmlspecialchars($answer['result'])];
    }

    /** @return array<string,mixed> WHMCS's answer of single sign-on */
    public static function signOn(string $module, array $given): array
    {
        $answer = Calls::told($module, 'ServiceSingleSignOn', $given, true);
        $url = $answer['data']['redirect_to'] ?? null;

        return $answer['result'] === 'success' && is_string($url) ? ['success' => true, 'redirectTo' => $url] : ['success' => false, 'errorMsg' => $answer['result']];
    }

    /**
     * A client's page: the engine's markup, or the sentence in its place, in the module's frame.
     *
     * @param array{0:string,1:string} $keys    how WHMCS wants template and variables named
     * @param string                   $frames  the folder of the module's `overview.tpl` and `error.tpl`
     * @param callable(array):array    $further the module's own variables, from the answer's data
     */
    public static function clientArea(string $module, array $given, array $keys, string $frames, callable $further): array
    {
        try {
            try {
                $answer = Calls::run($module, 'ClientArea', $given);
            } catch (EngineError $e) {
                $answer = ['result' => EngineError::forClients(), 'data' => []];
            }
            self::$page = $answer['data'];
            $shown = ['hostlerHtml' => (string) ($answer['data']['html'] ?? ''), 'hostlerMessage' => $answer['result'] === 'success' ? '' : $answer['result']];

            return array_combine($keys, [Overrides::path($module, "$frames/overview.tpl"), $further($answer['data']) + $shown]);
        } catch (\Throwable $e) {
            Calls::fault($e);

            return array_combine($keys, [Overrides::path($module, "$frames/error.tpl"), []]);
        }
    }

    /** The links to the panels of that page, in the sidebar beside it. Beside any other page there is nothing to link to. */
    public static function sidebar(Item $sidebar): void
    {
        foreach (self::$page['sections'] ?? [] as $i => ['id' => $id, 'label' => $label]) {
            $group ??= $sidebar->addChild('HostlerSections', ['label' => htmlspecialchars((string) (self::$page['sections_title'] ?? '')), 'order' => 80]);
            // A theme prints an item's class, and no attributes of our own.
            $group->addChild($id, ['label' => htmlspecialchars($label), 'uri' => "#$id", 'order' => 10 * ($i + 1)])->setClass('hostler-jump');
        }
    }
}
