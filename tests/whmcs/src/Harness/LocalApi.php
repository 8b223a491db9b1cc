<?php

namespace Harness;

use WHMCS\Database\Capsule;

/**
 * The API commands a provisioning integration uses, with the parameter names,
 * response shapes and error texts of the public API reference. localAPI() and
 * includes/api.php both end here.
 */
final class LocalApi
{
    public static function call(string $command, array $v, string $admin = ''): array
    {
        $m = 'api_' . strtolower($command);
        if (!method_exists(self::class, $m)) {
            return ['result' => 'error', 'message' => 'Command Not Found'];
        }
        try {
            return self::$m($v);
        } catch (\Throwable $e) {
            return ['result' => 'error', 'message' => $e->getMessage()];
        }
    }

    public static function commands(): array
    {
        return array_values(array_filter(array_map(static fn ($m) => strpos($m, 'api_') === 0 ? substr($m, 4) : null, get_class_methods(self::class))));
    }

    private static function err(string $m): array
    {
        return ['result' => 'error', 'message' => $m];
    }

    private static function b64($v): array
    {
        if (is_array($v)) {
            return $v;
        }
        $a = @unserialize((string) base64_decode((string) $v), ['allowed_classes' => false]);

        return is_array($a) ? $a : [];
    }

    // ---- orders
    private static function api_acceptorder(array $v): array
    {
        return Orders::accept((int) ($v['orderid'] ?? 0), $v);
    }

    private static function api_addorder(array $v): array
    {
        $c = Capsule::table('tblclients')->where('id', (int) ($v['clientid'] ?? 0))->first();
        if (!$c) {
            return self::err('Client ID Not Found');
        }
        if ($c->status === 'Closed') {
            return self::err('Unable to add order when client status is Closed');
        }
        if (isset($v['pid']) && !is_array($v['pid'])) {
            $v['pid'] = [$v['pid']];
        }
        $items = [];
        foreach ($v['pid'] ?? [] as $i => $pid) {
            if (!Capsule::table('tblproducts')->where('id', $pid)->exists()) {
                continue;
            }
            $at = static fn ($k) => is_array($v[$k] ?? null) ? ($v[$k][$i] ?? null) : ($v[$k] ?? null);
            $items[] = ['pid' => (int) $pid, 'billingcycle' => $at('billingcycle') ?: 'monthly', 'domain' => $at('domain') ?: ($at('hostname') ?: ''), 'rootpw' => $at('rootpw'),
                'customfields' => self::b64($at('customfields') ?? ''), 'configoptions' => self::b64($at('configoptions') ?? '')];
        }
        if (!$items) {
            return self::err('No items added to cart so order cannot proceed');
        }
        $r = Orders::create((int) $c->id, $items, (string) ($v['paymentmethod'] ?? 'banktransfer'), ['noinvoice' => !empty($v['noinvoice'])]);

        return ['result' => 'success', 'orderid' => (string) $r['orderid'], 'serviceids' => implode(',', $r['serviceids']), 'addonids' => '', 'domainids' => '', 'invoiceid' => (string) $r['invoiceid']];
    }

    private static function api_getorders(array $v): array
    {
        $q = Capsule::table('tblorders')->when(!empty($v['id']), fn ($q) => $q->where('id', $v['id']))->when(!empty($v['userid']), fn ($q) => $q->where('userid', $v['userid']))
            ->when(!empty($v['status']), fn ($q) => $q->where('status', $v['status']));
        $total = $q->count();
        $rows = $q->orderBy('id')->offset((int) ($v['limitstart'] ?? 0))->limit((int) ($v['limitnum'] ?? 25))->get();
        $orders = [];
        foreach ($rows as $o) {
            $a = (array) $o;
            $a['paymentstatus'] = (string) Capsule::table('tblinvoices')->where('id', $o->invoiceid)->value('status');
            $a['name'] = Params::client((int) $o->userid)['fullname'] ?? '';
            $a['lineitems'] = ['lineitem' => Capsule::table('tblhosting as h')->join('tblproducts as p', 'p.id', '=', 'h.packageid')->where('h.orderid', $o->id)
                ->select('h.id as relid', 'p.type as producttype', 'p.name as product', 'h.domain', 'h.billingcycle', 'h.amount', 'h.domainstatus as status')->get()
                ->map(fn ($x) => ['type' => 'product'] + (array) $x)->all()];
            $orders[] = $a;
        }

        return ['result' => 'success', 'totalresults' => $total, 'startnumber' => (int) ($v['limitstart'] ?? 0), 'numreturned' => count($orders), 'orders' => ['order' => $orders]];
    }

    private static function api_cancelorder(array $v): array
    {
        Hooks::run('CancelOrder', ['orderid' => (int) ($v['orderid'] ?? 0)]);

        return self::orderStatus($v, 'Cancelled');
    }

    private static function api_fraudorder(array $v): array
    {
        Hooks::run('FraudOrder', ['orderid' => (int) ($v['orderid'] ?? 0)]);

        return self::orderStatus($v, 'Fraud');
    }

    private static function api_openticket(array $v): array
    {
        foreach (['deptid' => 'Department ID not found', 'subject' => 'Subject is required', 'message' => 'Message is required'] as $field => $error) {
            if (empty($v[$field])) {
                return self::err($error);
            }
        }
        $id = Capsule::table('tbltickets')->insertGetId(['did' => (int) $v['deptid'], 'userid' => (int) ($v['clientid'] ?? 0), 'title' => $v['subject'], 'message' => $v['message'],
            'status' => 'Open', 'urgency' => $v['priority'] ?? 'Low', 'service' => empty($v['serviceid']) ? '' : 'S' . (int) $v['serviceid'], 'date' => date('Y-m-d H:i:s')]);

        return ['result' => 'success', 'id' => (int) $id, 'tid' => (string) $id, 'c' => 'key'];
    }

    private static function api_pendingorder(array $v): array
    {
        return self::orderStatus($v, 'Pending');
    }

    private static function orderStatus(array $v, string $s): array
    {
        $n = Capsule::table('tblorders')->where('id', (int) ($v['orderid'] ?? 0))->update(['status' => $s]);

        return $n ? ['result' => 'success'] : self::err('Order ID not found');
    }

    private static function api_getproducts(array $v): array
    {
        $q = Capsule::table('tblproducts')->when(!empty($v['pid']), fn ($q) => $q->whereIn('id', explode(',', (string) $v['pid'])))
            ->when(!empty($v['gid']), fn ($q) => $q->where('gid', $v['gid']))->when(!empty($v['module']), fn ($q) => $q->where('servertype', $v['module']));
        $out = [];
        foreach ($q->orderBy('id')->get() as $p) {
            $pricing = [];
            foreach (Capsule::table('tblcurrencies')->get() as $c) {
                $r = Capsule::table('tblpricing')->where('type', 'product')->where('relid', $p->id)->where('currency', $c->id)->first();
                $pricing[$c->code] = ['prefix' => $c->prefix, 'suffix' => $c->suffix] + ($r ? array_diff_key((array) $r, array_flip(['id', 'type', 'currency', 'relid'])) : []);
            }
            $out[] = ['pid' => (int) $p->id, 'gid' => (int) $p->gid, 'type' => $p->type, 'name' => $p->name, 'slug' => $p->slug, 'description' => $p->description, 'module' => $p->servertype,
                'paytype' => $p->paytype, 'allowqty' => (int) $p->allowqty, 'quantity_available' => $p->stockcontrol ? (int) $p->qty : 0, 'pricing' => $pricing,
                'customfields' => ['customfield' => Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $p->id)->select('id', 'fieldname as name', 'description', 'required')->get()->map(fn ($x) => (array) $x)->all()],
                'configoptions' => ['configoption' => Capsule::table('tblproductconfiglinks as l')->join('tblproductconfigoptions as o', 'o.gid', '=', 'l.gid')->where('l.pid', $p->id)->select('o.*')->get()
                    ->map(fn ($o) => ['id' => (int) $o->id, 'name' => $o->optionname, 'type' => $o->optiontype, 'minqty' => (int) $o->qtyminimum, 'maxqty' => (int) $o->qtymaximum,
                        'options' => ['option' => Capsule::table('tblproductconfigoptionssub')->where('configid', $o->id)->orderBy('sortorder')->get()->map(fn ($s) => ['id' => (int) $s->id, 'name' => $s->optionname])->all()]])->all()]];
        }

        return ['result' => 'success', 'totalresults' => count($out), 'products' => ['product' => $out]];
    }

    private static function api_addproduct(array $v): array
    {
        if (empty($v['name'])) {
            return self::err('You must supply a name for the product');
        }
        if (!Capsule::table('tblproductgroups')->where('id', (int) ($v['gid'] ?? 0))->exists()) {
            return self::err('You must supply a valid Product Group ID');
        }
        $type = $v['type'] ?? 'other';
        if (!in_array($type, ['hostingaccount', 'reselleraccount', 'server', 'other'], true)) {
            return self::err('Invalid product type. Must be one of "hostingaccount", "reselleraccount", "server" or "other"');
        }
        $row = ['type' => $type, 'gid' => (int) $v['gid'], 'name' => $v['name'], 'slug' => $v['slug'] ?? strtolower(preg_replace('/[^a-z0-9]+/i', '-', $v['name'])), 'description' => $v['description'] ?? '',
            'hidden' => (int) !empty($v['hidden']), 'stockcontrol' => (int) !empty($v['stockcontrol']), 'qty' => (int) ($v['qty'] ?? 0), 'paytype' => $v['paytype'] ?? 'free', 'autosetup' => $v['autosetup'] ?? '',
            'servertype' => $v['module'] ?? '', 'servergroup' => (int) ($v['servergroupid'] ?? 0), 'welcomeemail' => (int) ($v['welcomeemail'] ?? 0), 'order' => (int) ($v['order'] ?? 0)];
        for ($i = 1; $i <= 6; $i++) { // the reference offers six; a module with more needs the database
            $row["configoption$i"] = (string) ($v["configoption$i"] ?? '');
        }
        $pid = Capsule::table('tblproducts')->insertGetId($row);
        foreach ((array) ($v['pricing'] ?? []) as $cur => $cycles) {
            Capsule::table('tblpricing')->insert(['type' => 'product', 'currency' => (int) $cur, 'relid' => $pid] + (array) $cycles);
        }
        if ($row['servertype'] !== '') {
            Hooks::detect('ModuleHooks', $row['servertype']);
        }

        return ['result' => 'success', 'pid' => (int) $pid];
    }

    // ---- services
    private static function api_getclientsproducts(array $v): array
    {
        $q = Capsule::table('tblhosting as h')->join('tblproducts as p', 'p.id', '=', 'h.packageid')->leftJoin('tblproductgroups as g', 'g.id', '=', 'p.gid')->leftJoin('tblservers as s', 's.id', '=', 'h.server')
            ->when(!empty($v['clientid']), fn ($q) => $q->where('h.userid', $v['clientid']))->when(!empty($v['serviceid']), fn ($q) => $q->where('h.id', $v['serviceid']))
            ->when(!empty($v['pid']), fn ($q) => $q->where('h.packageid', $v['pid']))->when(!empty($v['domain']), fn ($q) => $q->where('h.domain', $v['domain']))
            ->when(!empty($v['username2']), fn ($q) => $q->where('h.username', $v['username2']));
        $total = $q->count();
        $list = [];
        foreach ($q->orderBy('h.id')->offset((int) ($v['limitstart'] ?? 0))->limit((int) ($v['limitnum'] ?? 25))
            ->select('h.*', 'p.name as pname', 'g.name as gname', 's.name as sname', 's.ipaddress as sip', 's.hostname as shost')->get() as $h) {
            $cf = [];
            foreach (Capsule::table('tblcustomfields')->where('type', 'product')->where('relid', $h->packageid)->get() as $f) {
                $cf[] = ['id' => (string) $f->id, 'name' => explode('|', $f->fieldname, 2)[0], 'translated_name' => explode('|', $f->fieldname, 2)[0],
                    'value' => (string) Capsule::table('tblcustomfieldsvalues')->where('fieldid', $f->id)->where('relid', $h->id)->value('value')];
            }
            $co = [];
            foreach (Params::configurableOptions((int) $h->packageid, (int) $h->id) as $k => $val) {
                $co[] = ['option' => $k, 'value' => $val];
            }
            $list[] = ['id' => (string) $h->id, 'qty' => (string) $h->qty, 'clientid' => (string) $h->userid, 'orderid' => (string) $h->orderid, 'pid' => (string) $h->packageid, 'regdate' => $h->regdate,
                'name' => $h->pname, 'translated_name' => $h->pname, 'groupname' => (string) $h->gname, 'translated_groupname' => (string) $h->gname, 'domain' => $h->domain, 'dedicatedip' => $h->dedicatedip,
                'serverid' => (string) $h->server, 'servername' => (string) $h->sname, 'serverip' => (string) $h->sip, 'serverhostname' => (string) $h->shost, 'suspensionreason' => $h->suspendreason,
                'firstpaymentamount' => $h->firstpaymentamount, 'recurringamount' => $h->amount, 'paymentmethod' => $h->paymentmethod, 'paymentmethodname' => $h->paymentmethod, 'billingcycle' => $h->billingcycle,
                'nextduedate' => $h->nextduedate, 'status' => $h->domainstatus, 'username' => $h->username, 'password' => \decrypt($h->password), 'subscriptionid' => $h->subscriptionid, 'promoid' => (string) $h->promoid,
                'overideautosuspend' => $h->overideautosuspend ? 'on' : '', 'overidesuspenduntil' => $h->overidesuspenduntil, 'ns1' => $h->ns1, 'ns2' => $h->ns2, 'assignedips' => $h->assignedips, 'notes' => $h->notes,
                'diskusage' => (string) $h->diskusage, 'disklimit' => (string) $h->disklimit, 'bwusage' => (string) $h->bwusage, 'bwlimit' => (string) $h->bwlimit, 'lastupdate' => $h->lastupdate,
                'customfields' => ['customfield' => $cf], 'configoptions' => ['configoption' => $co]];
        }

        return ['result' => 'success', 'clientid' => $v['clientid'] ?? null, 'serviceid' => $v['serviceid'] ?? null, 'pid' => $v['pid'] ?? null, 'domain' => $v['domain'] ?? null, 'totalresults' => (string) $total,
            'startnumber' => (int) ($v['limitstart'] ?? 0), 'numreturned' => count($list), 'products' => ['product' => $list]];
    }

    private static function api_updateclientproduct(array $v): array
    {
        $id = (int) ($v['serviceid'] ?? 0);
        if (!Capsule::table('tblhosting')->where('id', $id)->exists()) {
            return self::err('Service ID Not Found');
        }
        Hooks::run('PreServiceEdit', ['serviceid' => $id]);
        $map = ['pid' => 'packageid', 'serverid' => 'server', 'regdate' => 'regdate', 'nextduedate' => 'nextduedate', 'terminationdate' => 'termination_date', 'domain' => 'domain', 'firstpaymentamount' => 'firstpaymentamount',
            'recurringamount' => 'amount', 'paymentmethod' => 'paymentmethod', 'billingcycle' => 'billingcycle', 'subscriptionid' => 'subscriptionid', 'status' => 'domainstatus', 'notes' => 'notes', 'serviceusername' => 'username',
            'overidesuspenduntil' => 'overidesuspenduntil', 'ns1' => 'ns1', 'ns2' => 'ns2', 'dedicatedip' => 'dedicatedip', 'assignedips' => 'assignedips', 'diskusage' => 'diskusage', 'disklimit' => 'disklimit',
            'bwusage' => 'bwusage', 'bwlimit' => 'bwlimit', 'suspendreason' => 'suspendreason', 'promoid' => 'promoid'];
        $upd = [];
        foreach ($map as $k => $col) {
            if (array_key_exists($k, $v)) {
                $upd[$col] = $v[$k];
            }
        }
        if (isset($v['servicepassword'])) {
            $upd['password'] = \encrypt($v['servicepassword']);
        }
        if (isset($v['overideautosuspend'])) {
            $upd['overideautosuspend'] = $v['overideautosuspend'] === 'on' ? 1 : 0;
        }
        foreach ((array) ($v['unset'] ?? []) as $u) {
            $col = ['serviceusername' => 'username', 'servicepassword' => 'password'][$u] ?? $u;
            if (in_array($col, ['domain', 'username', 'password', 'subscriptionid', 'ns1', 'ns2', 'dedicatedip', 'assignedips', 'notes', 'suspendreason'], true)) {
                $upd[$col] = '';
            }
        }
        if ($upd) {
            Capsule::table('tblhosting')->where('id', $id)->update($upd);
        }
        foreach (self::b64($v['customfields'] ?? '') as $fid => $val) {
            $fid = is_numeric($fid) ? (int) $fid : (int) Capsule::table('tblcustomfields')->where('fieldname', $fid)->value('id');
            Capsule::table('tblcustomfieldsvalues')->updateOrInsert(['fieldid' => $fid, 'relid' => $id], ['value' => (string) $val]);
        }
        foreach (self::b64($v['configoptions'] ?? '') as $cid => $val) {
            Capsule::table('tblhostingconfigoptions')->updateOrInsert(['relid' => $id, 'configid' => (int) $cid], is_array($val) ? ['optionid' => $val['optionid'] ?? 0, 'qty' => $val['qty'] ?? 0] : ['optionid' => (int) $val]);
        }
        Hooks::run('ServiceEdit', ['userid' => (int) Capsule::table('tblhosting')->where('id', $id)->value('userid'), 'serviceid' => $id]);

        return ['result' => 'success', 'serviceid' => (string) $id];
    }

    private static function module(array $v, string $fn, array $extra = []): array
    {
        $id = (int) ($v['serviceid'] ?? $v['accountid'] ?? 0);
        if (!$id) {
            return self::err('Service ID is required');
        }
        if (!Capsule::table('tblhosting')->where('id', $id)->exists()) {
            return self::err('Service ID not found');
        }
        $r = ModuleRunner::service($id, $fn, $extra);

        return $r === 'success' || is_array($r) ? ['result' => 'success'] : self::err((string) $r);
    }

    private static function api_modulecreate(array $v): array
    {
        return self::module($v, 'CreateAccount');
    }

    private static function api_modulesuspend(array $v): array
    {
        return self::module($v, 'SuspendAccount', ['suspendreason' => (string) ($v['suspendreason'] ?? '')]);
    }

    private static function api_moduleunsuspend(array $v): array
    {
        return self::module($v, 'UnsuspendAccount');
    }

    private static function api_moduleterminate(array $v): array
    {
        return self::module($v, 'TerminateAccount');
    }

    private static function api_modulechangepackage(array $v): array
    {
        return self::module($v, 'ChangePackage');
    }

    private static function api_modulechangepw(array $v): array
    {
        return self::module($v, 'ChangePassword', isset($v['servicepassword']) ? ['password' => $v['servicepassword']] : []);
    }

    private static function api_modulecustom(array $v): array
    {
        return self::module($v, (string) ($v['func_name'] ?? ''));
    }

    private static function api_getmodulequeue(array $v): array
    {
        $rows = Capsule::table('tblmodulequeue')->where('completed', 0)->when(!empty($v['moduleName']), fn ($q) => $q->where('module_name', $v['moduleName']))
            ->when(!empty($v['moduleAction']), fn ($q) => $q->where('module_action', $v['moduleAction']))->when(!empty($v['relatedId']), fn ($q) => $q->where('service_id', $v['relatedId']))->get();

        return ['result' => 'success', 'count' => count($rows), 'queue' => $rows->map(fn ($r) => ['id' => $r->id, 'serviceType' => $r->service_type, 'serviceId' => $r->service_id, 'moduleName' => $r->module_name,
            'moduleAction' => $r->module_action, 'lastAttempt' => $r->last_attempt, 'lastAttemptError' => $r->last_attempt_error, 'numRetries' => $r->num_retries, 'completed' => $r->completed])->all()];
    }

    private static function api_getservers(array $v): array
    {
        return ['result' => 'success', 'servers' => Capsule::table('tblservers')->orderBy('id')->get()->map(fn ($s) => ['id' => (int) $s->id, 'name' => $s->name, 'hostname' => $s->hostname, 'ipaddress' => $s->ipaddress,
            'active' => (bool) $s->active, 'activeServices' => Capsule::table('tblhosting')->where('server', $s->id)->whereIn('domainstatus', ['Active', 'Suspended'])->count(), 'maxAllowedServices' => (int) $s->maxaccounts,
            'percentUsed' => 0, 'module' => $s->type, 'status' => ['http' => false, 'load' => '', 'uptime' => '']])->all(), 'fetchStatus' => ''];
    }

    // ---- clients, mail, system
    private static function api_getclientsdetails(array $v): array
    {
        $id = (int) ($v['clientid'] ?? 0) ?: (int) Capsule::table('tblclients')->where('email', $v['email'] ?? '')->value('id');
        if (empty($v['clientid']) && empty($v['email'])) {
            return self::err('Either clientid Or email Is Required');
        }
        $c = $id ? Params::client($id) : [];
        if (!$c) {
            return self::err('Client Not Found');
        }
        unset($c['model']);

        return ['result' => 'success', 'client' => $c] + $c;
    }

    private static function api_sendemail(array $v): array
    {
        if (empty($v['messagename']) && empty($v['customtype'])) {
            return self::err('You must provide either an existing email template name or a custom message type');
        }
        if (empty($v['id'])) {
            return self::err('A related ID is required');
        }
        $custom = null;
        if (empty($v['messagename'])) {
            if (!in_array($v['customtype'], ['general', 'product', 'domain', 'invoice', 'support', 'affiliate'], true)) {
                return self::err('Invalid message type provided');
            }
            if (empty($v['customsubject'])) {
                return self::err('A subject is required for a custom message');
            }
            if (empty($v['custommessage'])) {
                return self::err('A message body is required for a custom message');
            }
            $custom = ['type' => $v['customtype'], 'subject' => $v['customsubject'], 'message' => $v['custommessage'], 'disabled' => ''];
        }
        $r = Mailer::send((string) ($v['messagename'] ?? 'Mass Mail Template'), (int) $v['id'], self::b64($v['customvars'] ?? ''), $custom);

        return $r === true ? ['result' => 'success'] : self::err((string) $r);
    }

    private static function api_logactivity(array $v): array
    {
        \logActivity((string) ($v['description'] ?? ''), (int) ($v['clientid'] ?? $v['userid'] ?? 0));

        return ['result' => 'success'];
    }

    private static function api_encryptpassword(array $v): array
    {
        return ['result' => 'success', 'password' => \encrypt((string) ($v['password2'] ?? ''))];
    }

    private static function api_decryptpassword(array $v): array
    {
        return ['result' => 'success', 'password' => \decrypt((string) ($v['password2'] ?? ''))];
    }

    private static function api_getconfigurationvalue(array $v): array
    {
        return ['result' => 'success', 'setting' => $v['setting'] ?? '', 'value' => Config::setting((string) ($v['setting'] ?? ''))];
    }

    private static function api_setconfigurationvalue(array $v): array
    {
        Capsule::table('tblconfiguration')->updateOrInsert(['setting' => $v['setting'] ?? ''], ['value' => (string) ($v['value'] ?? '')]);

        return ['result' => 'success'];
    }

    private static function api_createssotoken(array $v): array
    {
        $client = (int) ($v['client_id'] ?? 0);
        $user = (int) ($v['user_id'] ?? 0) ?: (int) Capsule::table('tblusers_clients')->where('client_id', $client)->where('owner', 1)->value('auth_user_id');
        if (!$user) {
            return self::err('A valid client_id or user_id is required');
        }
        $t = bin2hex(random_bytes(20));
        $dest = ($v['destination'] ?? '') === 'clientarea:product_details' ? 'clientarea.php?action=productdetails&id=' . (int) ($v['service_id'] ?? 0) : 'clientarea.php';
        Capsule::table('tblsso_tokens')->insert(['token' => $t, 'user_id' => $user, 'client_id' => $client, 'destination' => $dest, 'created_at' => date('Y-m-d H:i:s')]);

        return ['result' => 'success', 'access_token' => $t, 'redirect_url' => Config::systemUrl() . 'oauth/singlesignon.php?access_token=' . $t];
    }

    private static function api_whmcsdetails(array $v): array
    {
        return ['result' => 'success', 'whmcs' => ['version' => explode('-', Config::version())[0], 'canonicalversion' => Config::version()]];
    }
}
