<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * Section 9 of the bridge protocol: what the engine wants recorded or done in WHMCS, once.
 *
 * Row effects and their id are committed together. Guarded effects commit a claim, look at WHMCS's present state, act,
 * and store the outcome. Telling effects commit a claim first; a claim without an outcome is never repeated. No WHMCS
 * function runs inside a transaction of ours.
 */
final class Effects
{
    private const ACK_MS = 1500;
    private const COURTESY_MS = 1500;
    private const KEPT_DAYS = 90;

    /** @var array<string,string> kind => id of the effect being applied in this PHP request */
    private static array $applying = [];

    /** The id of the effect of this kind that is being applied right now. */
    public static function applying(string $kind): ?string
    {
        return self::$applying[$kind] ?? null;
    }

    /**
     * The effects that rode on an answer, and what waits behind them: of each service the engine hands out one at a
     * time. While an effect is being applied they are left alone: they belong behind it and come again.
     */
    public static function courtesy(array $answer): void
    {
        $effects = is_array($answer['effects'] ?? null) ? $answer['effects'] : [];
        if ($effects === [] || self::$applying !== []) {
            return;
        }
        try {
            $acks = self::applyAll($effects);
            self::acknowledge($acks, self::ACK_MS);
            if ($acks !== []) {
                self::fetch(new Deadline(self::COURTESY_MS));
            }
        } catch (EngineError $e) {
            return;
        }
    }

    /**
     * Fetches and applies until nothing new comes, nothing moves, or the deadline is over. It asks again whenever
     * something was settled: the next effect of a service is handed out only then.
     */
    public static function fetch(Deadline $deadline): int
    {
        $applied = 0;
        $seen = [];
        do {
            $answer = Client::get('/bridge/v1/effects?protocol=' . Settings::PROTOCOL . '&limit=50', $deadline->left());
            $effects = is_array($answer['effects'] ?? null) ? $answer['effects'] : [];
            $new = array_diff(array_column($effects, 'id'), $seen);
            if ($new === []) {
                break;
            }
            $seen = array_merge($seen, $new);
            $acks = self::applyAll($effects, $deadline);
            self::acknowledge($acks, max(self::ACK_MS, $deadline->left()));
            $applied += count($acks);
        } while ($acks !== [] && !$deadline->over());

        return $applied;
    }

    /** Forgets effects that ended long ago; the engine has forgotten them too. */
    public static function tidy(): void
    {
        Capsule::table('mod_hostler_effects')->where('finished_at', '<', date('Y-m-d H:i:s', Clock::now() - self::KEPT_DAYS * 86400))->delete();
    }

    /** @return array<int,array{id:string,outcome:string,reason:string}> */
    public static function applyAll(array $effects, ?Deadline $deadline = null): array
    {
        Schema::ensure();
        $acks = [];
        $held = [];
        foreach ($effects as $effect) {
            $service = $effect['service'] ?? null;
            if (($deadline !== null && $deadline->over()) || ($service !== null && isset($held[$service]))) {
                continue;
            }
            $ack = null;
            Locks::hold($service === null ? 'effects' : "service.$service", 0, static function () use ($effect, &$ack): void {
                $ack = self::apply($effect);
            });
            if ($service !== null && ($ack === null || $ack['outcome'] === 'failed')) {
                $held[$service] = true;
            }
            if ($ack !== null) {
                $acks[] = $ack;
            }
        }

        return $acks;
    }

    /** @return array{id:string,outcome:string,reason:string} */
    private static function apply(array $effect): array
    {
        $id = (string) ($effect['id'] ?? '');
        $kind = (string) ($effect['kind'] ?? '');
        $class = Appliers::CLASSES[$kind] ?? null;
        $before = Capsule::table('mod_hostler_effects')->where('id', $id)->first();
        if ($before !== null && $before->outcome !== null && $before->outcome !== 'failed') {
            return ['id' => $id, 'outcome' => $before->outcome, 'reason' => (string) $before->reason];
        }
        $begun = $before !== null && $before->outcome === null;
        self::$applying[$kind] = $id;
        try {
            if ($class === null) {
                throw new Refused("The effect \"$kind\" is not known to this module.");
            }
            Appliers::checkOwnership($kind, $effect);
            if ($class === 'telling' && $begun) {
                return self::finish($id, 'unknown', 'It was begun before and nobody knows how it ended.');
            }
            if ($class === 'row') {
                $write = Appliers::prepare($kind, $effect);
                Capsule::connection()->transaction(static function () use ($write, $id, $kind, $effect): void {
                    $write();
                    self::claim($id, $kind, $effect['service'] ?? null, 'applied');
                });

                return ['id' => $id, 'outcome' => 'applied', 'reason' => ''];
            }
            self::claim($id, $kind, $effect['service'] ?? null, null);
            Appliers::checkGuard($effect);
            Appliers::act($kind, $effect);

            return self::finish($id, 'applied', '');
        } catch (Refused $e) {
            self::claim($id, $kind, $effect['service'] ?? null, null);

            return self::finish($id, 'refused', $e->getMessage());
        } catch (Failed | EngineError $e) {
            self::claim($id, $kind, $effect['service'] ?? null, null);

            return self::finish($id, 'failed', $e->getMessage());
        } catch (\Throwable $e) {
            self::claim($id, $kind, $effect['service'] ?? null, null);

            return self::finish($id, $class === 'telling' ? 'unknown' : 'failed', Calls::fault($e));
        } finally {
            unset(self::$applying[$kind]);
        }
    }

    private static function claim(string $id, string $kind, ?int $service, ?string $outcome): void
    {
        $now = date('Y-m-d H:i:s');
        Capsule::table('mod_hostler_effects')->updateOrInsert(['id' => $id], [
            'kind' => $kind, 'service_id' => $service, 'claimed_at' => $now, 'outcome' => $outcome, 'reason' => '', 'finished_at' => $outcome === null ? null : $now,
        ]);
    }

    private static function finish(string $id, string $outcome, string $reason): array
    {
        $reason = mb_substr($reason, 0, 500);
        Capsule::table('mod_hostler_effects')->where('id', $id)->update(['outcome' => $outcome, 'reason' => $reason, 'finished_at' => date('Y-m-d H:i:s')]);

        return ['id' => $id, 'outcome' => $outcome, 'reason' => $reason];
    }

    private static function acknowledge(array $acks, int $budgetMs): void
    {
        if ($acks !== []) {
            Client::post('/bridge/v1/effects/ack', ['acks' => $acks, 'context' => Context::now()], $budgetMs, true);
        }
    }
}
