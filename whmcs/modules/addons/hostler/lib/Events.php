<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * Section 7 of the bridge protocol. A happening that the engine did not take is stored and sent again by the cron, in
 * order and under the same id; a question that is not answered in time is none.
 */
final class Events
{
    public const HOOK_MS = 1500;
    public const QUESTION_MS = 300;
    private const STORED_AT_MOST = 5000;

    /** Something happened. Never throws. */
    public static function tell(string $kind, array $body): void
    {
        $message = self::message($kind, $body);
        try {
            Effects::courtesy(self::post($message, self::HOOK_MS));
        } catch (EngineError $e) {
            if (!$e->answered()) {
                self::store($message);
            }
        }
    }

    /** A question to the engine; an empty array when it was not answered in time. */
    public static function ask(string $kind, array $body): array
    {
        try {
            $data = self::post(self::message($kind, $body), self::QUESTION_MS)['data'] ?? [];
        } catch (EngineError $e) {
            return [];
        }

        return is_array($data) ? $data : [];
    }

    /** Sends and answers with the data; throws when the engine did not take it. */
    public static function send(string $kind, array $body, int $budgetMs): array
    {
        $answer = self::post(self::message($kind, $body), $budgetMs, true);
        Effects::courtesy($answer);

        return is_array($answer['data'] ?? null) ? $answer['data'] : [];
    }

    /** Sends what is stored, oldest first, until the deadline or the first one that does not get through. */
    public static function replay(Deadline $deadline): void
    {
        foreach (Capsule::table('mod_hostler_events')->orderBy('id')->limit(200)->get() as $stored) {
            if ($deadline->over()) {
                return;
            }
            try {
                self::post(Json::decode($stored->message), min($deadline->left(), self::HOOK_MS), true);
            } catch (EngineError $e) {
                if (!$e->answered()) {
                    return;
                }
            }
            Capsule::table('mod_hostler_events')->where('id', $stored->id)->delete();
        }
    }

    public static function waiting(): int
    {
        Schema::ensure();

        return Capsule::table('mod_hostler_events')->count();
    }

    /** Pages of all our services: `snapshot` or `adoption`. Answers with the data of the last page. */
    public static function pages(string $kind, Deadline $deadline): array
    {
        $run = gmdate('Ymd\THis') . '-' . bin2hex(random_bytes(4));
        $after = 0;
        $page = 1;
        do {
            $items = Rows::pageAfter($after);
            $last = count($items) < Rows::PAGE;
            $data = self::send($kind, ['run' => $run, 'page' => $page, 'last' => $last, 'products' => $page === 1 ? Rows::products() : [], 'items' => $items], $deadline->left());
            $after = $items === [] ? 0 : end($items)['service'];
            ++$page;
        } while (!$last);

        return $data;
    }

    private static function message(string $kind, array $body): array
    {
        return [
            'event_id' => bin2hex(random_bytes(12)), 'kind' => $kind, 'occurred_at' => Clock::now(),
            'body' => $body === [] ? new \stdClass() : $body,
            'context' => Context::now(),
        ];
    }

    private static function post(array $message, int $budgetMs, bool $patient = false): array
    {
        return Client::post('/bridge/v1/event', $message, $budgetMs, $patient);
    }

    private static function store(array $message): void
    {
        if (self::waiting() < self::STORED_AT_MOST) {
            Capsule::table('mod_hostler_events')->insert(['event_id' => $message['event_id'], 'message' => Json::encode($message)]);
        }
    }
}
