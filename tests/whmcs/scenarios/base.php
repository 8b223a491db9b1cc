<?php
// Rows every installation has: settings, currency, administrator, API
// credential, two client accounts with a login each.
use WHMCS\Database\Capsule;

foreach (['SystemURL' => getenv('HARNESS_SYSTEM_URL'), 'CompanyName' => 'Harness Hosting', 'Version' => Harness\Config::version(), 'ModuleDebugMode' => 'on', 'Template' => 'twenty-one',
    'ModuleHooks' => '', 'AddonModulesHooks' => '', 'ActiveAddonModules' => '', 'DefaultCountry' => 'US'] as $k => $v) {
    Capsule::table('tblconfiguration')->updateOrInsert(['setting' => $k], ['value' => (string) $v]);
}
Capsule::table('tblcurrencies')->insert(['id' => 1, 'code' => 'USD', 'prefix' => '$', 'suffix' => ' USD', 'format' => 1, 'rate' => 1, 'default' => 1]);
Capsule::table('tbladmins')->insert(['id' => 1, 'uuid' => 'a0000000-0000-4000-8000-000000000001', 'roleid' => 1, 'username' => 'admin', 'password' => md5('adminpass'), 'passwordhash' => password_hash('adminpass', PASSWORD_BCRYPT, ['cost' => 4]),
    'firstname' => 'Ada', 'lastname' => 'Admin', 'email' => 'admin@example.test']);
Capsule::table('tbladminroles')->insert(['id' => 1, 'name' => 'Full Administrator']);
Capsule::table('tblticketdepartments')->insert(['id' => 1, 'name' => 'Support', 'email' => 'support@example.test']);
Capsule::table('tbldeviceauth')->insert(['identifier' => getenv('HARNESS_API_IDENTIFIER'), 'secret' => password_hash((string) getenv('HARNESS_API_SECRET'), PASSWORD_BCRYPT, ['cost' => 4]), 'user_id' => 1, 'is_admin' => 1]);
foreach ([1 => ['Jane', 'Doe', 'jane@example.test'], 2 => ['Bob', 'Other', 'bob@example.test']] as $id => [$f, $l, $e]) {
    Capsule::table('tblclients')->insert(['id' => $id, 'uuid' => sprintf('c0000000-0000-4000-8000-%012d', $id), 'firstname' => $f, 'lastname' => $l, 'email' => $e, 'address1' => '1 Test Street', 'city' => 'Testville', 'state' => 'Texas',
        'postcode' => '77001', 'country' => 'US', 'phonenumber' => '5550100', 'currency' => 1, 'datecreated' => date('Y-m-d'), 'status' => 'Active', 'defaultgateway' => 'banktransfer']);
    Capsule::table('tblusers')->insert(['id' => $id + 100, 'first_name' => $f, 'last_name' => $l, 'email' => $e, 'password' => password_hash('clientpass', PASSWORD_BCRYPT, ['cost' => 4])]);
    Capsule::table('tblusers_clients')->insert(['auth_user_id' => $id + 100, 'client_id' => $id, 'owner' => 1]);
}
Capsule::table('tblproductgroups')->insert(['id' => 1, 'name' => 'Virtual Servers', 'slug' => 'virtual-servers']);
Capsule::table('tblemailtemplates')->insert(['id' => 1, 'type' => 'product', 'name' => 'VPS Welcome Email', 'subject' => 'Your {$service_product_name} is ready', 'message' => 'Hello {$client_first_name}, address {$service_dedicated_ip}, user {$service_username}.']);

return 'base rows loaded: admin/adminpass, jane@example.test + bob@example.test / clientpass';
