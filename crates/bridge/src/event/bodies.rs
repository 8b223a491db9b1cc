//! The bodies of events, one type per kind. Unknown fields are refused: a body is complete or it is another protocol.

use std::collections::BTreeMap;

use domain::Secret;
use serde::Deserialize;

use crate::rows::{ProductRow, ServiceRow};

/// `order_paid`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPaid {
    #[serde(rename = "order")]
    _order: u64,
    #[serde(rename = "client")]
    _client: u64,
    #[serde(rename = "invoice")]
    _invoice: u64,
    pub services: Vec<ServiceRow>,
}

/// `order_accepted`, `order_cancelled`, `order_fraud`, `order_deleted`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderEnded {
    #[serde(rename = "order")]
    _order: u64,
    pub services: Vec<ServiceRow>,
}

/// `checkout_done`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckoutDone {
    #[serde(rename = "order")]
    _order: u64,
    #[serde(default, rename = "client")]
    _client: Option<u64>,
    #[serde(rename = "invoice")]
    _invoice: u64,
    pub services: Vec<ServiceRow>,
}

/// The functions whose end is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoneFunction {
    Create,
    Suspend,
    Unsuspend,
    Terminate,
    ChangePackage,
}

/// An order and its word.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderWord {
    pub order: u64,
    pub status: String,
}

/// `module_done`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleDone {
    pub function: DoneFunction,
    pub service: ServiceRow,
    #[serde(default)]
    pub order: Option<OrderWord>,
    pub siblings: Vec<ServiceRow>,
}

/// `service_edited`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneService {
    pub service: ServiceRow,
}

/// `service_deleted`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceDeleted {
    pub service: u64,
    #[serde(rename = "client")]
    _client: u64,
    #[serde(default)]
    pub row: Option<ServiceRow>,
}

/// `product_edited`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneProduct {
    pub product: ProductRow,
}

/// `cancellation_requested`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    pub service: ServiceRow,
    #[serde(rename = "reason")]
    _reason: String,
    #[serde(rename = "type")]
    _type: String,
}

/// `upgrade_validate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpgradeValidate {
    #[serde(rename = "service")]
    _service: ServiceRow,
    #[serde(rename = "product")]
    _product: u64,
}

/// `upgrade_done`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpgradeDone {
    #[serde(rename = "upgrade")]
    _upgrade: u64,
    #[serde(rename = "type")]
    _type: UpgradeType,
    pub service: ServiceRow,
}

/// What was upgraded.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpgradeType {
    Product,
    Options,
}

/// `checkout_validate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckoutValidate {
    #[serde(default, rename = "client")]
    _client: Option<u64>,
    /// Whether the order is being placed; a product is being configured otherwise.
    #[serde(default)]
    pub placing: bool,
    pub items: Vec<CartItem>,
}

/// A product in a cart. What else is told of it is the billing system's own business.
#[derive(Debug, Deserialize)]
pub struct CartItem {
    /// The product.
    pub product: u64,
    /// Its module.
    #[serde(default)]
    pub module: String,
    /// What the client chose of the configurable options.
    #[serde(default)]
    pub choices: Vec<CartChoice>,
    /// Which options of the module the operator named otherwise: our key, and the label.
    #[serde(default)]
    pub option_mapping: BTreeMap<String, String>,
}

/// One choice.
#[derive(Debug, Deserialize)]
pub struct CartChoice {
    /// The generated option's key; none for an option of the operator's own.
    #[serde(default)]
    pub key: Option<String>,
    /// What the option is called, perhaps with a bar and a friendlier name behind it.
    #[serde(default)]
    pub label: String,
    /// What kind of option it is.
    pub option_type: String,
    /// What was entered.
    pub entered: String,
    /// The name of the chosen value.
    #[serde(default)]
    pub chosen: Option<String>,
}

impl CartChoice {
    /// Whether what was entered is a number, and not one of the option's values.
    pub fn is_quantity(&self) -> bool {
        self.option_type == "quantity"
    }
}

/// `cart_page`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CartPage {
    pub product: u64,
}

/// `mail_pre_send`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailPreSend {
    pub service: ServiceRow,
    pub template: String,
    #[serde(default)]
    pub welcome_template: Option<String>,
    pub create_ran_in_this_request: bool,
    #[serde(default)]
    pub applying: Option<String>,
}

/// `user_logout`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserLogout {
    pub user: u64,
    #[serde(default, rename = "client")]
    _client: Option<u64>,
}

/// `cron`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cron {
    pub waiting: u64,
}

/// `daily`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// `settings_saved`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsSaved {
    /// What an addon keeps about a name server, where it keeps anything.
    #[serde(default)]
    pub name_server: Option<NameServer>,
}

/// The settings of a name server, each as the billing system has stored it. An endpoint may hold a password, so that they
/// cannot be printed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameServer {
    pub enabled: String,
    pub endpoint: String,
    pub key: Secret,
    /// What decrypting makes of the key; empty where it fails.
    pub key_decrypted: Secret,
    pub server_id: String,
    pub ttl: String,
    pub cache: String,
}

/// `module_settings`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleSettings {
    /// Whose settings.
    pub module: String,
    /// The key as it was typed; empty when it was not.
    pub key: Secret,
    /// The organization as it was saved; none where its field was not on the page.
    #[serde(default)]
    pub organization: Option<String>,
    /// The organization as the page had shown it.
    #[serde(default)]
    pub organization_shown: Option<String>,
    /// Whether the options are to be made anew.
    pub resync: bool,
}

/// `packages`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// Whose packages.
    pub module: String,
}

/// `snapshot` and `adoption`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPage {
    pub run: String,
    pub page: u64,
    pub last: bool,
    pub products: Vec<ProductRow>,
    pub items: Vec<ServiceRow>,
}
