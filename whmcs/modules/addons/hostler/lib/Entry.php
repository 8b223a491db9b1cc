<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Authentication\CurrentUser;
use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * Section 8 of the bridge protocol: a browser's request is forwarded with the principal that WHMCS knows, and the
 * engine's answer is passed back. Nothing is decided here but whether there is a WHMCS session at all.
 */
final class Entry
{
    private const HEADERS = ['content-type', 'cache-control', 'content-security-policy', 'location', 'x-frame-options', 'referrer-policy', 'x-content-type-options'];
    private const CLIENT_MS = 1500;
    private const ACTION_MS = 8000;

    public static function run(string $module, string $surface): void
    {
        $current = new CurrentUser();
        if (!($surface === 'admin' ? $current->isAuthenticatedAdmin() : $current->isAuthenticatedUser())) {
            self::fail(401, 'unauthenticated', true);

            return;
        }
        Context::actAs($surface);
        Context::keep();
        $target = self::target($_GET, $surface);
        $json = in_array($target['kind'], ['action', 'fragment'], true);
        try {
            $message = self::message($module, $surface, $target, $_GET, $_POST, (string) ($_SERVER['REQUEST_METHOD'] ?? 'GET'));
            // A slow answer must not block the other pages of this session.
            session_write_close();
            $answer = self::forward($message);
            $body = self::body($answer, $message['row']);
        } catch (EngineError $e) {
            self::fail(503, $surface === 'admin' ? $e->getMessage() : EngineError::forClients(), $json);

            return;
        } catch (\Throwable $e) {
            $text = Calls::fault($e);
            self::fail(500, $surface === 'admin' ? $text : EngineError::forClients(), $json);

            return;
        }
        self::emit($answer, $body);
        if (function_exists('fastcgi_finish_request')) {
            fastcgi_finish_request();
        }
        Effects::courtesy($answer);
    }

    public static function forward(array $message): array
    {
        return Client::post('/bridge/v1/page', $message, $message['budget_ms']);
    }

    /** @return array<string,mixed> the body of the message */
    public static function message(string $module, string $surface, array $target, array $query, array $form, string $method): array
    {
        $id = $query['serviceID'] ?? null;
        $patient = $surface === 'admin' || ($method === 'POST' && $target['kind'] === 'action');

        return [
            'module' => $module, 'surface' => $surface, 'target' => $target, 'method' => $method,
            'query' => Json::map($query), 'form' => Json::map($method === 'POST' ? $form : []),
            'headers' => [
                'origin' => $_SERVER['HTTP_ORIGIN'] ?? null, 'referer' => $_SERVER['HTTP_REFERER'] ?? null, 'host' => $_SERVER['HTTP_HOST'] ?? null,
                'token' => $_SERVER['HTTP_X_HOSTLER_TOKEN'] ?? null, 'hx_request' => $_SERVER['HTTP_HX_REQUEST'] ?? null,
            ],
            'row' => is_numeric($id) ? Rows::service((int) $id, true) : null,
            'base' => self::base($module, $surface),
            'budget_ms' => $patient ? self::ACTION_MS : self::CLIENT_MS,
            'context' => Context::now(),
        ];
    }

    /** @return array{kind:string,name:string} */
    public static function target(array $query, string $surface): array
    {
        foreach (['action' => '/[^A-Za-z0-9_]/', 'fragment' => '~[^A-Za-z0-9_./-]~', 'page' => '~[^A-Za-z0-9_./-]~', 'asset' => '~[^A-Za-z0-9_./-]~'] as $kind => $illegal) {
            if (isset($query[$kind]) && is_string($query[$kind])) {
                return ['kind' => $kind, 'name' => (string) preg_replace($illegal, '', $query[$kind])];
            }
        }

        return $surface === 'admin' ? ['kind' => 'page', 'name' => 'operations'] : ['kind' => 'action', 'name' => ''];
    }

    /** The absolute path of the entry file; the addon's pages use that of a module that is there. */
    private static function base(string $module, string $surface): string
    {
        $installed = array_filter(Settings::MODULES, static fn (string $name) => is_dir(dirname(__DIR__, 3) . "/servers/$name"));

        return Context::webRoot() . '/modules/servers/' . (in_array($module, $installed, true) ? $module : reset($installed)) . "/$surface.php";
    }

    /**
     * The body, with the one thing in it that the billing system keeps: the password of the row's service, in the place
     * that the engine left for it.
     */
    private static function body(array $answer, ?array $row): string
    {
        $body = (string) ($answer['body'] ?? '');
        $fill = $answer['fill'] ?? null;
        if ($fill === null) {
            return ($answer['encoding'] ?? 'text') === 'base64' ? (string) base64_decode($body, true) : $body;
        }
        $ours = ($fill['field'] ?? '') === 'password' && $row !== null && ($fill['service'] ?? null) === $row['service'];
        $password = $ours ? (string) decrypt((string) Capsule::table('tblhosting')->where('id', $row['service'])->value('password')) : '';
        if ($password === '') {
            throw new Failed('What the engine asks for cannot be filled in.');
        }

        return str_replace((string) $fill['placeholder'], substr(Json::encode($password), 1, -1), $body);
    }

    private static function emit(array $answer, string $body): void
    {
        $status = (int) ($answer['status'] ?? 502);
        http_response_code($status >= 200 && $status <= 599 ? $status : 502);
        foreach ((array) ($answer['headers'] ?? []) as $name => $value) {
            if (in_array(strtolower((string) $name), self::HEADERS, true)) {
                header("$name: " . str_replace(["\r", "\n"], '', (string) $value));
            }
        }
        echo $body;
    }

    private static function fail(int $status, string $sentence, bool $json): void
    {
        http_response_code($status);
        header('Cache-Control: no-store');
        if ($json) {
            header('Content-Type: application/json; charset=utf-8');
            echo Json::encode(['success' => false, 'errors' => $sentence]);
        } else {
            header('Content-Type: text/html; charset=utf-8');
            echo '<!doctype html><meta charset="utf-8"><title>Hostler</title><p>' . htmlspecialchars($sentence) . '</p>';
        }
    }
}
