<?php

namespace WHMCS\Module\Addon\Hostler;

defined('WHMCS') || die('This file cannot be accessed directly');

/** The addon's page in the admin area: connection check, the adoption batch, and the engine's own operator pages. */
final class Page
{
    private const PAGES = ['operations' => 'Operations', 'products' => 'Products', 'names' => 'Names', 'adoption' => 'Adoption'];
    private const BATCH_MS = 60000;

    public static function show(string $link): void
    {
        $note = '';
        if (($_SERVER['REQUEST_METHOD'] ?? 'GET') === 'POST' && isset($_POST['hostler'])) {
            check_token('WHMCS.admin.default');
            $note = self::perform((string) $_POST['hostler']);
        }
        echo '<div class="hostler-admin">', self::connection(), self::conflicts(), self::note($note);
        self::buttons($link);
        self::pages($link);
        echo '</div>';
    }

    /** The page of the addon VirtFusionDns: what became of its settings, and the engine's page about names. */
    public static function names(): void
    {
        echo '<div class="hostler-admin"><p>These settings are proposed to the engine as a name server, which is approved and changed on the engine\'s host. All about names is on the page ',
            '<a href="addonmodules.php?module=hostler&amp;page=names">Names</a> of the addon Hostler.</p>', self::connection(Originals::nameServer());
        self::page(['kind' => 'page', 'name' => 'names'], []);
        echo '</div>';
    }

    private static function perform(string $what): string
    {
        try {
            switch ($what) {
                case 'adoption':
                    return self::adoption();
                case 'snapshot':
                    Events::pages('snapshot', new Deadline(self::BATCH_MS));

                    return 'The engine has the present state of all services.';
                default:
                    return 'Effects handled: ' . Effects::fetch(new Deadline(self::BATCH_MS)) . '.';
            }
        } catch (EngineError $e) {
            return $e->getMessage();
        }
    }

    public static function adoption(): string
    {
        Context::during('system', static fn () => Events::pages('adoption', new Deadline(self::BATCH_MS)));
        Originals::proposeSettings();

        return 'The adoption batch was sent. The engine compares it with the platforms; see the page Adoption.';
    }

    private static function note(string $text): string
    {
        return $text === '' ? '' : '<div class="alert alert-info">' . htmlspecialchars($text) . '</div>';
    }

    private static function connection(array $settings = []): string
    {
        try {
            $engine = Events::send('settings_saved', $settings, Events::HOOK_MS);

            return '<div class="alert alert-success">Connected to the engine ' . htmlspecialchars((string) ($engine['engine_version'] ?? '')) . ' as installation "'
                . htmlspecialchars((string) ($engine['installation'] ?? '')) . '".</div>' . self::note((string) ($engine['name_server'] ?? ''));
        } catch (EngineError $e) {
            return '<div class="alert alert-danger">' . htmlspecialchars($e->getMessage() . ' (' . $e->detail() . ')') . '</div>';
        }
    }

    private static function conflicts(): string
    {
        $conflicts = Schema::conflicts();
        $lines = '';
        foreach (['services' => 'Services mapped more than once: ', 'machines' => 'Machines mapped to several services: '] as $kind => $label) {
            if ($conflicts[$kind] !== []) {
                $lines .= '<p>' . $label . htmlspecialchars(implode(', ', $conflicts[$kind])) . '</p>';
            }
        }

        return $lines === '' ? '' : '<div class="alert alert-warning"><p>The table ' . Schema::OLD_TABLE . ' contradicts itself; settle these before adoption.</p>' . $lines . '</div>';
    }

    private static function buttons(string $link): void
    {
        foreach (['adoption' => 'Run the adoption batch', 'snapshot' => 'Send all services now', 'effects' => 'Apply waiting effects'] as $what => $label) {
            echo '<form method="post" action="', htmlspecialchars($link), '" style="display:inline-block;margin:0 .5em 1em 0">', generate_token(),
                '<button class="btn btn-default" name="hostler" value="', $what, '">', $label, '</button></form>';
        }
    }

    private static function pages(string $link): void
    {
        $target = Entry::target(array_intersect_key($_GET, ['page' => 1]), 'admin');
        echo '<ul class="nav nav-tabs">';
        foreach (self::PAGES as $page => $label) {
            $class = $page === $target['name'] ? ' active' : '';
            echo '<li class="nav-item', $class, '"><a class="nav-link', $class, '" href="', htmlspecialchars("$link&page=$page"), '">', $label, '</a></li>';
        }
        echo '</ul>';
        self::page($target, array_diff_key($_GET, ['module' => 1]));
    }

    /** A page of the engine's, or why there is none. */
    private static function page(array $target, array $query): void
    {
        try {
            $answer = Context::during('admin', static fn () => Entry::forward(Entry::message('hostler', 'admin', $target, $query, [], 'GET')));
            echo $answer['body'] ?? '';
        } catch (EngineError $e) {
            echo '<p>', htmlspecialchars($e->getMessage()), '</p>';
        }
    }
}
