//! The bodies of events, one type per kind. Unknown fields are refused: a body is complete or it is another protocol.

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
    #[serde(default, rename = "row")]
    _row: Option<ServiceRow>,
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

/// `checkout_validate`. The items are read when there is something to object to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckoutValidate {
    #[serde(default, rename = "client")]
    _client: Option<u64>,
    #[serde(rename = "items")]
    _items: Vec<serde_json::Value>,
}

/// `cart_page`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CartPage {
    #[serde(rename = "product")]
    _product: u64,
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
    #[serde(rename = "user")]
    _user: u64,
    #[serde(default, rename = "client")]
    _client: Option<u64>,
}

/// `cron`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cron {
    pub waiting: u64,
}

/// `daily` and `settings_saved`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

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
