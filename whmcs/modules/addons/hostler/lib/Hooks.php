<?php

namespace WHMCS\Module\Addon\Hostler;

use WHMCS\Database\Capsule;

defined('WHMCS') || die('This file cannot be accessed directly');

/**
 * What WHMCS's hooks tell and ask the engine. Registered once per PHP request, from whichever hooks.php WHMCS loads
 * first; nothing runs until a hook fires, and nothing here ever breaks a page.
 */
final class Hooks
{
    private const CRON_MS = 10000;
    private const DONE = ['Create' => 'create', 'Suspend' => 'suspend', 'Unsuspend' => 'unsuspend', 'Terminate' => 'terminate', 'ChangePackage' => 'change_package'];
    private const ORDERS = ['AcceptOrder' => 'order_accepted', 'CancelOrder' => 'order_cancelled', 'FraudOrder' => 'order_fraud', 'DeleteOrder' => 'order_deleted'];

    private static bool $registered = false;
    private static ?Deadline $cron = null;

    public static function register(): void
    {
        if (self::$registered) {
            return;
        }
        self::$registered = true;
        foreach (self::DONE as $hook => $function) {
            self::on("AfterModule$hook", static fn ($vars) => self::moduleDone($function, $vars['params'] ?? []));
        }
        foreach (self::ORDERS as $hook => $kind) {
            self::on($hook, static fn ($vars) => self::order($kind, (int) $vars['orderid'], []));
        }
        self::on('OrderPaid', static fn ($vars) => self::order('order_paid', (int) $vars['orderId'], ['client' => (int) $vars['userId'], 'invoice' => (int) $vars['invoiceId']]));
        self::on('AfterShoppingCartCheckout', static fn ($vars) => self::order('checkout_done', (int) $vars['OrderID'], ['client' => Context::now()['client_id'], 'invoice' => (int) $vars['InvoiceID']]));
        foreach (['AdminServiceEdit', 'ServiceEdit'] as $hook) {
            self::on($hook, static fn ($vars) => self::aboutService('service_edited', (int) $vars['serviceid']));
        }
        self::on('ServiceDelete', static fn ($vars) => self::serviceDeleted($vars));
        self::on('ProductEdit', static fn ($vars) => self::productEdited((int) $vars['pid']));
        self::on('CancellationRequest', static fn ($vars) => self::aboutService('cancellation_requested', (int) $vars['relid'], ['reason' => (string) $vars['reason'], 'type' => (string) $vars['type']]));
        self::on('AfterProductUpgrade', static fn ($vars) => self::upgraded((int) $vars['upgradeid'], 'product'));
        self::on('AfterConfigOptionsUpgrade', static fn ($vars) => self::upgraded((int) $vars['upgradeid'], 'options'));
        self::on('ShoppingCartValidateUpgrade', static fn ($vars) => self::validateUpgrade((int) ($vars['id'] ?? 0), (int) ($vars['pid'] ?? 0)));
        self::on('ShoppingCartValidateCheckout', static fn () => self::validateCart());
        self::on('ShoppingCartValidateProductUpdate', static fn ($vars) => self::validateCart([(int) ($vars['i'] ?? -1) => (array) ($vars['configoption'] ?? [])]));
        self::on('AdminProductConfigFields', static fn ($vars) => ProductTab::fields('katapult', (int) $vars['pid']));
        self::on('AdminProductConfigFieldsSave', static fn ($vars) => ProductTab::save('katapult', (int) $vars['pid']));
        self::on('ClientAreaPageCart', static fn ($vars) => self::cartPage($vars));
        self::on('ClientAreaPrimarySidebar', static fn ($sidebar) => Module::sidebar($sidebar));
        self::on('EmailPreSend', static fn ($vars) => self::mailPreSend((string) $vars['messagename'], (int) $vars['relid']));
        self::on('UserLogout', static function ($vars): void {
            Events::ask('user_logout', ['user' => (int) ($vars['user']->id ?? 0), 'client' => Context::now()['client_id']]);
        });
        self::on('AddonModuleConfigSave', static fn () => self::settingsSaved());
        foreach (['AfterCronJob' => 'cron', 'DailyCronJob' => 'daily'] as $hook => $kind) {
            self::on($hook, static fn () => Context::during('cron', static fn () => self::cron($kind)));
        }
    }

    /** A hook that never breaks the page it fires in. */
    public static function on(string $hook, callable $work): void
    {
        add_hook($hook, 1, static function ($vars = []) use ($work) {
            try {
                return $work($vars);
            } catch (EngineError $e) {
                return null;
            } catch (\Throwable $e) {
                Calls::fault($e);

                return null;
            }
        });
    }

    private static function moduleDone(string $function, array $params): void
    {
        if (!in_array($params['moduletype'] ?? '', Settings::MODULES, true)) {
            return;
        }
        $service = Rows::service((int) $params['serviceid']);
        if ($service === null) {
            return;
        }
        $siblings = array_filter(Rows::ofOrder($service['order'], true), static fn (array $row) => $row['service'] !== $service['service']);
        Events::tell('module_done', [
            'function' => $function, 'service' => $service,
            'order' => $service['order_status'] === '' ? null : ['order' => $service['order'], 'status' => $service['order_status']],
            'siblings' => array_values($siblings),
        ]);
    }

    private static function order(string $kind, int $order, array $more): void
    {
        $services = Rows::ofOrder($order);
        if ($services !== []) {
            Events::tell($kind, ['order' => $order] + $more + ['services' => $services]);
        }
    }

    private static function aboutService(string $kind, int $id, array $more = []): void
    {
        $service = Rows::service($id);
        if ($service !== null) {
            Events::tell($kind, ['service' => $service] + $more);
        }
    }

    private static function serviceDeleted($vars): void
    {
        $id = (int) $vars['serviceid'];
        $row = Rows::service($id);
        if ($row !== null || Capsule::table('mod_hostler_links')->where('service_id', $id)->exists()) {
            Events::tell('service_deleted', ['service' => $id, 'client' => (int) ($vars['userid'] ?? 0), 'row' => $row]);
        }
    }

    private static function productEdited(int $id): void
    {
        $product = Rows::product($id);
        if ($product !== null) {
            Events::tell('product_edited', ['product' => $product]);
        }
    }

    private static function upgraded(int $upgrade, string $type): void
    {
        self::aboutService('upgrade_done', (int) Capsule::table('tblupgrades')->where('id', $upgrade)->value('relid'), ['upgrade' => $upgrade, 'type' => $type]);
    }

    private static function validateUpgrade(int $id, int $product): ?array
    {
        $service = Rows::service($id);

        return $service === null ? null : self::errors(Events::ask('upgrade_validate', ['service' => $service, 'product' => $product]));
    }

    /** @param array<int,array> $posted place in the cart => configurable options that are not in the cart yet */
    private static function validateCart(array $posted = []): ?array
    {
        $names = Capsule::table('tblcustomfields')->where('type', 'product')->pluck('fieldname', 'id')->all();
        $items = [];
        foreach ((array) ($_SESSION['cart']['products'] ?? []) as $index => $item) {
            $product = Rows::product((int) ($item['pid'] ?? 0));
            if ($product === null) {
                continue;
            }
            $options = ($posted[$index] ?? []) ?: (array) ($item['configoptions'] ?? []);
            $fields = [];
            foreach ((array) ($item['customfields'] ?? []) as $id => $value) {
                $fields[explode('|', (string) ($names[$id] ?? $id), 2)[0]] = $value;
            }
            $items[] = [
                'index' => (int) $index, 'product' => (int) $item['pid'], 'module' => $product['module'], 'billing_cycle' => (string) ($item['billingcycle'] ?? ''), 'domain' => (string) ($item['domain'] ?? ''),
                'customfields' => Json::map($fields), 'configoptions' => Json::map($options), 'choices' => OptionGroup::choices($product['module'], $options),
                'option_mapping' => $product['option_mapping'],
            ];
        }

        return $items === [] ? null : self::errors(Events::ask('checkout_validate', ['client' => Context::now()['client_id'], 'placing' => $posted === [], 'items' => $items]));
    }

    private static function errors(array $data): ?array
    {
        $errors = array_values(array_filter((array) ($data['errors'] ?? []), 'is_string'));

        return $errors === [] ? null : $errors;
    }

    private static function cartPage($vars): void
    {
        $product = (int) ($vars['pid'] ?? $vars['productid'] ?? $vars['productinfo']['pid'] ?? 0);
        if (Rows::product($product) !== null) {
            Events::ask('cart_page', ['product' => $product]);
        }
    }

    /** Holds a mail back when the engine says so; without the engine, only the welcome mail of a create in this request. */
    private static function mailPreSend(string $template, int $id): ?array
    {
        if (!Capsule::table('tblemailtemplates')->where('name', $template)->where('type', 'product')->exists()) {
            return null;
        }
        $service = Rows::service($id);
        if ($service === null) {
            return null;
        }
        $welcome = Rows::product($service['product'])['welcome_template'];
        $created = Calls::createdInThisRequest($id);
        $applying = Effects::applying('send_mail');
        $data = Events::ask('mail_pre_send', ['service' => $service, 'template' => $template, 'welcome_template' => $welcome, 'create_ran_in_this_request' => $created, 'applying' => $applying]);
        $hold = $data['hold'] ?? ($created && $template === $welcome && $applying === null);

        return $hold ? ['abortsend' => true] : null;
    }

    private static function settingsSaved(): void
    {
        Settings::forget();
        Events::send('settings_saved', Originals::nameServer(), Events::HOOK_MS);
    }

    /** The daily hook and the one of every run share one budget per PHP process. */
    private static function cron(string $kind): void
    {
        $deadline = self::$cron ??= new Deadline(self::CRON_MS);
        $data = Events::send($kind, $kind === 'cron' ? ['waiting' => Events::waiting()] : [], $deadline->left());
        Events::replay($deadline);
        if (!empty($data['snapshot'])) {
            Events::pages('snapshot', $deadline);
        }
        Effects::fetch($deadline);
        Effects::tidy();
    }
}
