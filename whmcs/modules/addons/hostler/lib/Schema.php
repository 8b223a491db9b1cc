<?php

namespace WHMCS\Module\Addon\Hostler;

use Illuminate\Database\QueryException;
use Illuminate\Database\Schema\Blueprint;
use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * Our tables, and the original module's table, which is kept usable by the original: columns are only added, and the
 * unique keys only where its rows allow them.
 */
final class Schema
{
    private const VERSION = '2';
    public const OLD_TABLE = 'mod_virtfusion_direct';

    private static bool $ensured = false;

    public static function ensure(): void
    {
        if (self::$ensured) {
            return;
        }
        self::$ensured = true;
        try {
            $current = self::version() === self::VERSION;
        } catch (QueryException $e) {
            $current = false;
        }
        if (!$current) {
            self::migrate();
        }
    }

    public static function migrate(): void
    {
        self::$ensured = true;
        Locks::hold('schema', 10, static function (): void {
            self::create('mod_hostler_settings', static function (Blueprint $table): void {
                $table->string('name', 64)->primary();
                $table->text('value');
            });
            self::create('mod_hostler_effects', static function (Blueprint $table): void {
                $table->string('id', 64)->primary();
                $table->string('kind', 32);
                $table->bigInteger('service_id')->unsigned()->nullable()->index();
                $table->dateTime('claimed_at');
                $table->string('outcome', 16)->nullable();
                $table->text('reason')->nullable();
                $table->dateTime('finished_at')->nullable()->index();
            });
            self::create('mod_hostler_links', static function (Blueprint $table): void {
                $table->bigInteger('service_id')->unsigned();
                $table->integer('generation')->unsigned();
                $table->string('platform', 64);
                $table->integer('server')->unsigned();
                $table->string('upstream_id', 64);
                $table->string('identity', 128);
                $table->boolean('closed');
                $table->dateTime('updated_at');
                $table->primary(['service_id', 'generation']);
            });
            self::create('mod_hostler_events', static function (Blueprint $table): void {
                $table->bigIncrements('id');
                $table->string('event_id', 64)->unique();
                $table->mediumText('message');
            });
            self::create('mod_hostler_options', static function (Blueprint $table): void {
                $table->integer('value_id')->unsigned()->primary();
                $table->text('name');
            });
            self::oldTable();
            Capsule::table('mod_hostler_settings')->updateOrInsert(['name' => 'schema'], ['value' => self::VERSION]);
        });
    }

    /** What the unique keys of the original's table could not be made for: services on one machine, or twice mapped. */
    public static function conflicts(): array
    {
        $twice = static fn (array $columns): array => Capsule::table(self::OLD_TABLE)->whereNotNull('server_id')
            ->whereNotNull(end($columns))->groupBy($columns)->havingRaw('COUNT(*) > 1')->pluck($columns[0])->all();

        return ['services' => $twice(['service_id']), 'machines' => $twice(['server_id', 'panel_id'])];
    }

    private static function version(): string
    {
        return (string) Capsule::table('mod_hostler_settings')->where('name', 'schema')->value('value');
    }

    private static function create(string $table, callable $columns): void
    {
        if (!Capsule::schema()->hasTable($table)) {
            Capsule::schema()->create($table, $columns);
        }
    }

    private static function oldTable(): void
    {
        self::create(self::OLD_TABLE, static function (Blueprint $table): void {
            $table->bigInteger('service_id')->unsigned()->nullable()->index();
            $table->bigInteger('server_id')->unsigned()->nullable();
            $table->timestamps();
        });
        foreach (['server_object' => 'longText', 'panel_id' => 'unsignedInteger'] as $column => $type) {
            if (!Capsule::schema()->hasColumn(self::OLD_TABLE, $column)) {
                Capsule::schema()->table(self::OLD_TABLE, static function (Blueprint $table) use ($column, $type): void {
                    $table->{$type}($column)->nullable();
                });
            }
        }
        Capsule::connection()->statement('UPDATE ' . self::OLD_TABLE . ' m JOIN tblhosting h ON h.id = m.service_id SET m.panel_id = h.server WHERE m.panel_id IS NULL AND h.server > 0');
        $conflicts = self::conflicts();
        self::unique('hostler_service', ['service_id'], $conflicts['services']);
        self::unique('hostler_machine', ['panel_id', 'server_id'], $conflicts['machines']);
    }

    private static function unique(string $name, array $columns, array $conflicts): void
    {
        $there = Capsule::connection()->select('SHOW INDEX FROM ' . self::OLD_TABLE . ' WHERE Key_name = ?', [$name]);
        if ($there === [] && $conflicts === []) {
            Capsule::schema()->table(self::OLD_TABLE, static function (Blueprint $table) use ($name, $columns): void {
                $table->unique($columns, $name);
            });
        }
    }
}
