-- Stand-in for the part of the WHMCS database that modules legitimately touch.
-- Column names marked [D] are named by WHMCS's public developer documentation
-- (module parameters, API reference, hooks reference, usage update); [M] are
-- used by public third-party modules; the rest is general knowledge of the
-- product's tables. Types are an approximation: WHMCS publishes no schema.
-- Like WHMCS, everything runs with an empty sql_mode and most text columns
-- are NOT NULL without a default.
SET SESSION sql_mode='';
SET NAMES utf8;

CREATE TABLE tblconfiguration (
  id int(11) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  setting varchar(64) NOT NULL, value text NOT NULL,
  created_at timestamp NULL, updated_at timestamp NULL,
  UNIQUE KEY setting (setting)
);

CREATE TABLE tblcurrencies (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  code text NOT NULL, prefix text NOT NULL, suffix text NOT NULL,
  format int(1) NOT NULL DEFAULT 1, rate decimal(10,5) NOT NULL DEFAULT 1.00000, `default` int(1) NOT NULL DEFAULT 0
);

CREATE TABLE tbladmins (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, uuid varchar(255) NOT NULL DEFAULT '',
  roleid int(1) NOT NULL DEFAULT 1, username text NOT NULL, password varchar(255) NOT NULL DEFAULT '', passwordhash varchar(255) NOT NULL DEFAULT '',
  firstname text NOT NULL, lastname text NOT NULL, email text NOT NULL, notes text NOT NULL, template text NOT NULL, language text NOT NULL,
  disabled int(1) NOT NULL DEFAULT 0, created_at timestamp NULL, updated_at timestamp NULL
);

CREATE TABLE tbladminroles (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, name text NOT NULL, widgets text NOT NULL, systememails int(1) NOT NULL DEFAULT 1, accountemails int(1) NOT NULL DEFAULT 1, supportemails int(1) NOT NULL DEFAULT 1);

CREATE TABLE tblapi_roles (
  id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, role varchar(255) NOT NULL DEFAULT '', description varchar(255) NOT NULL DEFAULT '',
  permissions text NOT NULL, created_at timestamp NULL, updated_at timestamp NULL
);

CREATE TABLE tbldeviceauth (
  id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, identifier varchar(255) NOT NULL DEFAULT '', secret varchar(255) NOT NULL DEFAULT '',
  compat_secret varchar(255) NOT NULL DEFAULT '', user_id int(11) NOT NULL DEFAULT 0, is_admin tinyint(4) NOT NULL DEFAULT 1,
  role_ids text NOT NULL, description varchar(255) NOT NULL DEFAULT '', last_access timestamp NULL, created_at timestamp NULL, updated_at timestamp NULL
);

-- accounts ("clients") and logins ("users") are separate since 8.0 [D]
CREATE TABLE tblclients (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, uuid varchar(255) NOT NULL DEFAULT '',
  firstname text NOT NULL, lastname text NOT NULL, companyname text NOT NULL, email text NOT NULL,
  address1 text NOT NULL, address2 text NOT NULL, city text NOT NULL, state text NOT NULL, postcode text NOT NULL, country text NOT NULL, phonenumber text NOT NULL,
  tax_id varchar(128) NOT NULL DEFAULT '', currency int(10) NOT NULL DEFAULT 1, defaultgateway text NOT NULL, credit decimal(16,2) NOT NULL DEFAULT 0,
  taxexempt tinyint(1) NOT NULL DEFAULT 0, latefeeoveride tinyint(1) NOT NULL DEFAULT 0, overideduenotices tinyint(1) NOT NULL DEFAULT 0,
  separateinvoices tinyint(1) NOT NULL DEFAULT 0, disableautocc tinyint(1) NOT NULL DEFAULT 0, datecreated date NOT NULL DEFAULT '0000-00-00', notes text NOT NULL,
  billingcid int(10) NOT NULL DEFAULT 0, securityqid int(10) NOT NULL DEFAULT 0, securityqans text NOT NULL, groupid int(10) NOT NULL DEFAULT 0,
  lastlogin datetime NULL, ip text NOT NULL, host text NOT NULL,
  status enum('Active','Inactive','Closed') NOT NULL DEFAULT 'Active', language text NOT NULL, pwresetkey text NOT NULL,
  emailoptout int(1) NOT NULL DEFAULT 0, marketing_emails_opt_in tinyint(1) NOT NULL DEFAULT 0, overrideautoclose int(1) NOT NULL DEFAULT 0,
  allow_sso tinyint(1) NOT NULL DEFAULT 1, email_verified tinyint(1) NOT NULL DEFAULT 0, email_preferences text NULL,
  created_at timestamp NULL, updated_at timestamp NULL
);

CREATE TABLE tblusers (
  id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, first_name varchar(255) NOT NULL DEFAULT '', last_name varchar(255) NOT NULL DEFAULT '',
  email varchar(255) NOT NULL DEFAULT '', password varchar(255) NOT NULL DEFAULT '', language varchar(32) NOT NULL DEFAULT '',
  second_factor varchar(255) NOT NULL DEFAULT '', second_factor_config text NULL, remember_token varchar(100) NOT NULL DEFAULT '',
  reset_token varchar(100) NOT NULL DEFAULT '', security_question_id int(10) NOT NULL DEFAULT 0, security_question_answer varchar(255) NOT NULL DEFAULT '',
  last_ip varchar(64) NOT NULL DEFAULT '', last_hostname varchar(255) NOT NULL DEFAULT '', last_login timestamp NULL,
  email_verification_token varchar(100) NOT NULL DEFAULT '', email_verified_at timestamp NULL, created_at timestamp NULL, updated_at timestamp NULL
);

CREATE TABLE tblusers_clients (
  id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, auth_user_id int(10) unsigned NOT NULL, client_id int(10) unsigned NOT NULL,
  invite_id int(10) unsigned NOT NULL DEFAULT 0, owner tinyint(1) NOT NULL DEFAULT 0, permissions text NULL, last_login timestamp NULL,
  created_at timestamp NULL, updated_at timestamp NULL
);

CREATE TABLE tblproductgroups (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, name text NOT NULL, slug varchar(128) NOT NULL DEFAULT '', headline text NULL, tagline text NULL,
  orderfrmtpl text NOT NULL, disabledgateways text NOT NULL, hidden tinyint(1) NOT NULL DEFAULT 0, `order` int(1) NOT NULL DEFAULT 0, icon varchar(255) NOT NULL DEFAULT '',
  created_at timestamp NULL, updated_at timestamp NULL
);

CREATE TABLE tblproducts (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, type text NOT NULL, gid int(10) NOT NULL DEFAULT 0, name text NOT NULL, slug varchar(128) NOT NULL DEFAULT '', description text NOT NULL,
  hidden tinyint(1) NOT NULL DEFAULT 0, showdomainoptions tinyint(1) NOT NULL DEFAULT 0, welcomeemail int(10) NOT NULL DEFAULT 0,
  stockcontrol tinyint(1) NOT NULL DEFAULT 0, qty int(10) NOT NULL DEFAULT 0,                                    -- [D] AddProduct, ProductEdit
  proratabilling tinyint(1) NOT NULL DEFAULT 0, proratadate int(2) NOT NULL DEFAULT 0, proratachargenextmonth int(2) NOT NULL DEFAULT 0,
  paytype text NOT NULL, allowqty int(1) NOT NULL DEFAULT 0, subdomain text NOT NULL, autosetup text NOT NULL,   -- '' | on | payment | order  [D]
  servertype text NOT NULL, servergroup int(10) NOT NULL DEFAULT 0,                                              -- [D] ProductEdit hook
  configoption1 text NOT NULL, configoption2 text NOT NULL, configoption3 text NOT NULL, configoption4 text NOT NULL,
  configoption5 text NOT NULL, configoption6 text NOT NULL, configoption7 text NOT NULL, configoption8 text NOT NULL,
  configoption9 text NOT NULL, configoption10 text NOT NULL, configoption11 text NOT NULL, configoption12 text NOT NULL,
  configoption13 text NOT NULL, configoption14 text NOT NULL, configoption15 text NOT NULL, configoption16 text NOT NULL,
  configoption17 text NOT NULL, configoption18 text NOT NULL, configoption19 text NOT NULL, configoption20 text NOT NULL,
  configoption21 text NOT NULL, configoption22 text NOT NULL, configoption23 text NOT NULL, configoption24 text NOT NULL,
  freedomain text NOT NULL, freedomainpaymentterms text NOT NULL, freedomaintlds text NOT NULL, recurringcycles int(2) NOT NULL DEFAULT 0,
  autoterminatedays int(4) NOT NULL DEFAULT 0, autoterminateemail int(10) NOT NULL DEFAULT 0, configoptionsupgrade tinyint(1) NOT NULL DEFAULT 0,
  billingcycleupgrade text NOT NULL, upgradeemail int(10) NOT NULL DEFAULT 0, overagesenabled varchar(10) NOT NULL DEFAULT '', overagesdisklimit int(10) NOT NULL DEFAULT 0,
  overagesbwlimit int(10) NOT NULL DEFAULT 0, overagesdiskprice decimal(6,4) NOT NULL DEFAULT 0, overagesbwprice decimal(6,4) NOT NULL DEFAULT 0,
  tax tinyint(1) NOT NULL DEFAULT 0, affiliateonetime tinyint(1) NOT NULL DEFAULT 0, affiliatepaytype text NOT NULL, affiliatepayamount decimal(16,2) NOT NULL DEFAULT 0,
  `order` int(10) NOT NULL DEFAULT 0, retired tinyint(1) NOT NULL DEFAULT 0, is_featured tinyint(1) NOT NULL DEFAULT 0,
  color text NULL, tagline text NULL, short_description text NULL, created_at timestamp NULL, updated_at timestamp NULL
);

CREATE TABLE tblservers (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, name text NOT NULL, ipaddress text NOT NULL, assignedips text NOT NULL, hostname text NOT NULL,
  monthlycost decimal(16,2) NOT NULL DEFAULT 0, noc text NOT NULL, statusaddress text NOT NULL,
  nameserver1 text NOT NULL, nameserver1ip text NOT NULL, nameserver2 text NOT NULL, nameserver2ip text NOT NULL, nameserver3 text NOT NULL, nameserver3ip text NOT NULL,
  nameserver4 text NOT NULL, nameserver4ip text NOT NULL, nameserver5 text NOT NULL, nameserver5ip text NOT NULL,
  maxaccounts int(10) NOT NULL DEFAULT 0, type text NOT NULL, username text NOT NULL, password text NOT NULL, accesshash text NOT NULL,
  secure text NOT NULL, port int(8) NULL, active int(1) NOT NULL DEFAULT 0, disabled int(1) NOT NULL DEFAULT 0,
  created_at timestamp NULL, updated_at timestamp NULL
);
CREATE TABLE tblservergroups (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, name text NOT NULL, filltype int(1) NOT NULL DEFAULT 1);
CREATE TABLE tblservergroupsrel (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, groupid int(10) NOT NULL, serverid int(10) NOT NULL);

CREATE TABLE tblhosting (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, userid int(10) NOT NULL, orderid int(10) NOT NULL, packageid int(10) NOT NULL, server int(10) NOT NULL, -- [M]
  regdate date NOT NULL, domain text NOT NULL, paymentmethod text NOT NULL, qty int(10) unsigned NOT NULL DEFAULT 1,
  firstpaymentamount decimal(16,2) NOT NULL DEFAULT 0, amount decimal(16,2) NOT NULL DEFAULT 0, billingcycle text NOT NULL,
  nextduedate date NULL, nextinvoicedate date NOT NULL, termination_date date NOT NULL DEFAULT '0000-00-00', completed_date date NOT NULL DEFAULT '0000-00-00',
  domainstatus enum('Pending','Active','Suspended','Terminated','Cancelled','Fraud','Completed') NOT NULL,                                              -- [M]
  username text NOT NULL, password text NOT NULL, notes text NOT NULL, subscriptionid text NOT NULL, promoid int(10) NOT NULL DEFAULT 0, promocount int(10) NULL DEFAULT 0,
  suspendreason text NOT NULL, overideautosuspend tinyint(1) NOT NULL DEFAULT 0, overidesuspenduntil date NOT NULL DEFAULT '0000-00-00',
  dedicatedip text NOT NULL, assignedips text NOT NULL, ns1 text NOT NULL, ns2 text NOT NULL,
  diskusage int(10) NOT NULL DEFAULT 0, disklimit int(10) NOT NULL DEFAULT 0, bwusage int(10) NOT NULL DEFAULT 0, bwlimit int(10) NOT NULL DEFAULT 0,   -- [D] usage update
  lastupdate datetime NOT NULL DEFAULT '0000-00-00 00:00:00',                                                                                            -- [D]
  created_at timestamp NULL, updated_at timestamp NULL,
  KEY userid (userid), KEY orderid (orderid), KEY packageid (packageid), KEY server (server)
);

CREATE TABLE tblhostingaddons (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, orderid int(10) NOT NULL, hostingid int(10) NOT NULL, addonid int(10) NOT NULL, userid int(10) NOT NULL DEFAULT 0, server int(10) NOT NULL DEFAULT 0,
  name text NOT NULL, setupfee decimal(16,2) NOT NULL DEFAULT 0, recurring decimal(16,2) NOT NULL DEFAULT 0, billingcycle text NOT NULL, tax text NOT NULL,
  status enum('Pending','Active','Suspended','Terminated','Cancelled','Fraud','Completed') NOT NULL DEFAULT 'Pending', regdate date NOT NULL DEFAULT '0000-00-00',
  nextduedate date NULL, nextinvoicedate date NOT NULL DEFAULT '0000-00-00', paymentmethod text NOT NULL, notes text NOT NULL, created_at timestamp NULL, updated_at timestamp NULL
);

CREATE TABLE tblcustomfields (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, type text NOT NULL, relid int(10) NOT NULL DEFAULT 0, fieldname text NOT NULL, fieldtype text NOT NULL, description text NOT NULL,
  fieldoptions text NOT NULL, regexpr text NOT NULL, adminonly text NOT NULL, required text NOT NULL, showorder text NOT NULL, showinvoice text NOT NULL, sortorder int(10) NOT NULL DEFAULT 0,
  created_at timestamp NULL, updated_at timestamp NULL
);
CREATE TABLE tblcustomfieldsvalues (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, fieldid int(10) NOT NULL, relid int(10) NOT NULL, value text NOT NULL, created_at timestamp NULL, updated_at timestamp NULL,
  KEY fieldid_relid (fieldid, relid)
);

CREATE TABLE tblproductconfiggroups (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, name text NOT NULL, description text NOT NULL);
CREATE TABLE tblproductconfiglinks (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, gid int(10) NOT NULL, pid int(10) NOT NULL);
CREATE TABLE tblproductconfigoptions (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, gid int(10) NOT NULL DEFAULT 0, optionname text NOT NULL,
  optiontype text NOT NULL,                          -- 1 dropdown, 2 radio, 3 yes/no, 4 quantity  [M] and order-form templates
  qtyminimum int(10) NOT NULL DEFAULT 0, qtymaximum int(10) NOT NULL DEFAULT 0, `order` int(1) NOT NULL DEFAULT 0, hidden tinyint(1) NOT NULL DEFAULT 0
);
CREATE TABLE tblproductconfigoptionssub (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, configid int(10) NOT NULL, optionname text NOT NULL, sortorder int(10) NOT NULL DEFAULT 0, hidden tinyint(1) NOT NULL DEFAULT 0
);
CREATE TABLE tblhostingconfigoptions (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, relid int(10) NOT NULL, configid int(10) NOT NULL, optionid int(10) NOT NULL, qty int(10) NOT NULL DEFAULT 0, KEY relid (relid)
);
CREATE TABLE tblpricing (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, type enum('product','addon','configoptions','domainregister','domaintransfer','domainrenew','domainaddons','usage') NOT NULL,
  currency int(10) NOT NULL, relid int(10) NOT NULL,
  msetupfee decimal(16,2) NOT NULL DEFAULT 0, qsetupfee decimal(16,2) NOT NULL DEFAULT 0, ssetupfee decimal(16,2) NOT NULL DEFAULT 0,
  asetupfee decimal(16,2) NOT NULL DEFAULT 0, bsetupfee decimal(16,2) NOT NULL DEFAULT 0, tsetupfee decimal(16,2) NOT NULL DEFAULT 0,
  monthly decimal(16,2) NOT NULL DEFAULT -1, quarterly decimal(16,2) NOT NULL DEFAULT -1, semiannually decimal(16,2) NOT NULL DEFAULT -1,
  annually decimal(16,2) NOT NULL DEFAULT -1, biennially decimal(16,2) NOT NULL DEFAULT -1, triennially decimal(16,2) NOT NULL DEFAULT -1
);

CREATE TABLE tbladdonmodules (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, module text NOT NULL, setting text NOT NULL, value text NOT NULL);
CREATE TABLE tbladdons (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, packages text NOT NULL, name text NOT NULL, description text NOT NULL, module varchar(255) NOT NULL DEFAULT '', created_at timestamp NULL, updated_at timestamp NULL);
CREATE TABLE tblmodule_configuration (
  id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, entity_type varchar(8) NOT NULL DEFAULT '', entity_id int(10) unsigned NOT NULL DEFAULT 0,
  setting_name varchar(16) NOT NULL DEFAULT '', friendly_name varchar(64) NOT NULL DEFAULT '', value text NOT NULL, created_at timestamp NULL, updated_at timestamp NULL
);

CREATE TABLE tblorders (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, ordernum bigint(10) NOT NULL, userid int(10) NOT NULL, contactid int(10) NOT NULL DEFAULT 0, requestor_id int(10) NOT NULL DEFAULT 0, admin_requestor_id int(10) NOT NULL DEFAULT 0,
  date datetime NOT NULL, nameservers text NOT NULL, transfersecret text NOT NULL, renewals text NOT NULL, promocode text NOT NULL, promotype text NOT NULL, promovalue text NOT NULL, orderdata text NOT NULL,
  amount decimal(16,2) NOT NULL DEFAULT 0, paymentmethod text NOT NULL, invoiceid int(10) NOT NULL DEFAULT 0, status text NOT NULL, ipaddress text NOT NULL, fraudmodule text NOT NULL, fraudoutput text NOT NULL, notes text NOT NULL
);
CREATE TABLE tblinvoices (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, userid int(10) NOT NULL, invoicenum text NOT NULL, date date NOT NULL, duedate date NOT NULL, datepaid datetime NULL,
  subtotal decimal(16,2) NOT NULL DEFAULT 0, credit decimal(16,2) NOT NULL DEFAULT 0, tax decimal(16,2) NOT NULL DEFAULT 0, total decimal(16,2) NOT NULL DEFAULT 0, status text NOT NULL, paymentmethod text NOT NULL, notes text NOT NULL,
  created_at timestamp NULL, updated_at timestamp NULL
);
CREATE TABLE tblinvoiceitems (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, invoiceid int(10) NOT NULL DEFAULT 0, userid int(10) NOT NULL, type varchar(30) NOT NULL DEFAULT '', relid int(10) NOT NULL DEFAULT 0, description text NOT NULL,
  amount decimal(16,2) NOT NULL DEFAULT 0, taxed int(1) NOT NULL DEFAULT 0, duedate date NULL, paymentmethod text NOT NULL, notes text NOT NULL
);
CREATE TABLE tblupgrades (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, userid int(10) NOT NULL DEFAULT 0, orderid int(10) NOT NULL DEFAULT 0, type text NOT NULL, date date NOT NULL, relid int(10) NOT NULL, originalvalue text NOT NULL, newvalue text NOT NULL,
  new_recurring_amount decimal(16,2) NOT NULL DEFAULT 0, amount decimal(16,2) NOT NULL DEFAULT 0, status enum('Pending','Completed') NOT NULL DEFAULT 'Pending', paid enum('Y','N') NOT NULL DEFAULT 'N'
);

CREATE TABLE tblmodulelog (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, date datetime NOT NULL, module text NOT NULL, action text NOT NULL, request mediumtext NOT NULL, response mediumtext NOT NULL, arrdata mediumtext NOT NULL
);
CREATE TABLE tblmodulequeue (
  id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, service_type varchar(20) NOT NULL DEFAULT '', service_id int(10) unsigned NOT NULL DEFAULT 0, module_name varchar(64) NOT NULL DEFAULT '', module_action varchar(64) NOT NULL DEFAULT '',
  last_attempt timestamp NULL, last_attempt_error text NULL, num_retries smallint(5) unsigned NOT NULL DEFAULT 0, completed tinyint(1) NOT NULL DEFAULT 0, created_at timestamp NULL, updated_at timestamp NULL
);
CREATE TABLE tblactivitylog (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, date datetime NOT NULL, description text NOT NULL, user text NOT NULL, userid int(10) NOT NULL DEFAULT 0, user_id int(10) NOT NULL DEFAULT 0, admin_id int(10) NOT NULL DEFAULT 0, ipaddr text NOT NULL
);
CREATE TABLE tblemailtemplates (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, type text NOT NULL, name text NOT NULL, subject text NOT NULL, message text NOT NULL, attachments text NOT NULL, fromname text NOT NULL, fromemail text NOT NULL,
  disabled text NOT NULL, custom text NOT NULL, language text NOT NULL, copyto text NOT NULL, plaintext int(1) NOT NULL DEFAULT 0, created_at timestamp NULL, updated_at timestamp NULL
);
CREATE TABLE tblemails (
  id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, userid int(10) NOT NULL, subject text NOT NULL, message mediumtext NOT NULL, date datetime NULL, `to` text NULL, cc text NULL, bcc text NULL, attachments mediumtext NULL, pending tinyint(1) NOT NULL DEFAULT 0, failed tinyint(1) NOT NULL DEFAULT 0
);
CREATE TABLE tblcancelrequests (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, date datetime NOT NULL, relid int(10) NOT NULL, reason text NOT NULL, type text NOT NULL, created_at timestamp NULL, updated_at timestamp NULL);
CREATE TABLE tbltenant_stats (id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, tenant_id int(10) unsigned NOT NULL DEFAULT 0, metric varchar(200) NOT NULL DEFAULT '', type varchar(32) NOT NULL DEFAULT '', value decimal(19,6) NOT NULL DEFAULT 0, measured_at timestamp NULL, created_at timestamp NULL, updated_at timestamp NULL);
CREATE TABLE tblserver_tenants (id int(10) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, server_id int(10) unsigned NOT NULL DEFAULT 0, tenant varchar(128) NOT NULL DEFAULT '', created_at timestamp NULL, updated_at timestamp NULL);
CREATE TABLE tblsso_tokens (token varchar(64) NOT NULL PRIMARY KEY, user_id int NOT NULL, client_id int NOT NULL, destination text NOT NULL, created_at timestamp NULL);
CREATE TABLE tbltodolist (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, date date NOT NULL, title text NOT NULL, description text NOT NULL, admin int(10) NOT NULL DEFAULT 0, status text NOT NULL, duedate date NOT NULL);
CREATE TABLE tblticketdepartments (id int(3) NOT NULL AUTO_INCREMENT PRIMARY KEY, name text NOT NULL, description text NOT NULL, email text NOT NULL, hidden text NOT NULL, `order` int(1) NOT NULL DEFAULT 0);
CREATE TABLE tbltickets (id int(10) NOT NULL AUTO_INCREMENT PRIMARY KEY, did int(10) NOT NULL, userid int(10) NOT NULL, title text NOT NULL, message text NOT NULL, status varchar(64) NOT NULL, urgency text NOT NULL, service text NOT NULL, date datetime NOT NULL);
