//! The bodies of the protocol, as this speaker writes and reads them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::effect::Effect;

/// The number of the vocabulary.
pub const PROTOCOL: u32 = 1;
/// The module whose services this shop sells.
pub const MODULE: &str = "VirtFusionDirect";

/// In whose name a message is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Context {
    /// The vocabulary's number.
    pub protocol: u32,
    /// The speaker's version.
    pub module_version: String,
    /// The billing system's version.
    pub whmcs_version: String,
    /// `client`, `admin`, `cron`, `system` or `api`.
    pub actor: String,
    /// The client account.
    pub client_id: Option<u64>,
    /// The login.
    pub user_id: Option<u64>,
    /// What the login may do.
    pub permissions: Vec<String>,
    /// The administrator.
    pub admin_id: Option<u64>,
    /// The administrator's role.
    pub admin_role: Option<String>,
    /// The hashed session.
    pub session: Option<String>,
    /// The browser's address.
    pub ip: Option<String>,
    /// The language's name.
    pub language: String,
    /// The shop's own address.
    pub system_url: String,
    /// One per click.
    pub correlation: String,
}

/// The present state of one service.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceRow {
    /// The service.
    pub service: u64,
    /// Whose it is.
    pub client: u64,
    /// What it is.
    pub product: u64,
    /// Where it is.
    pub server: u64,
    /// The order it came with.
    pub order: u64,
    /// That order's status.
    pub order_status: String,
    /// The product's module.
    pub module: String,
    /// The service's status.
    pub domainstatus: String,
    /// The hostname.
    pub domain: String,
    /// The address.
    pub address: String,
    /// The panel's id in the old module's table.
    pub mapped_id: Option<u64>,
}

/// One module function.
#[derive(Debug, Serialize)]
pub struct CallRequest {
    /// The module.
    pub module: &'static str,
    /// The function.
    pub function: String,
    /// Its parameters.
    pub params: Value,
    /// The service's status as shown now.
    pub domainstatus: String,
    /// The `rerun` effect behind the call.
    pub applying: Option<String>,
    /// How long the answer is waited for.
    pub budget_ms: u64,
    /// In whose name.
    pub context: Context,
}

/// What a module function answers.
#[derive(Debug, Clone, Deserialize)]
pub struct CallAnswer {
    /// `success` or a sentence.
    pub result: String,
    /// More, by function.
    #[serde(default)]
    pub data: Option<Value>,
    /// Effects that ride along.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// The operation behind the answer.
    #[serde(default)]
    pub operation: Option<String>,
}

/// Something that happened here.
#[derive(Debug, Clone, Serialize)]
pub struct EventRequest {
    /// Names the occurrence.
    pub event_id: String,
    /// What kind.
    pub kind: String,
    /// When.
    pub occurred_at: i64,
    /// By kind.
    pub body: Value,
    /// In whose name.
    pub context: Context,
}

/// What an event is answered.
#[derive(Debug, Clone, Deserialize)]
pub struct EventAnswer {
    /// `ok` or a sentence.
    pub result: String,
    /// By kind.
    #[serde(default)]
    pub data: Option<Value>,
    /// Effects that ride along.
    #[serde(default)]
    pub effects: Vec<Effect>,
}

/// What a browser asked of an entry file.
#[derive(Debug, Serialize)]
pub struct PageRequest {
    /// The module whose entry file it was.
    pub module: &'static str,
    /// `client` or `admin`.
    pub surface: &'static str,
    /// What is asked for.
    pub target: Target,
    /// The browser's method.
    pub method: String,
    /// The query.
    pub query: BTreeMap<String, String>,
    /// The form of a POST.
    pub form: BTreeMap<String, String>,
    /// Some headers.
    pub headers: PageHeaders,
    /// The service that the query names.
    pub row: Option<ServiceRow>,
    /// The entry file's path.
    pub base: String,
    /// How long the answer is waited for.
    pub budget_ms: u64,
    /// In whose name.
    pub context: Context,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// `page`, `fragment`, `action` or `asset`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// The browser's headers that are passed on.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PageHeaders {
    /// `Origin`.
    pub origin: Option<String>,
    /// `Referer`.
    pub referer: Option<String>,
    /// `Host`.
    pub host: Option<String>,
    /// `x-hostler-token`.
    pub token: Option<String>,
    /// `HX-Request`.
    pub hx_request: Option<String>,
}

/// What the browser shall see.
#[derive(Debug, Clone, Deserialize)]
pub struct PageAnswer {
    /// The status.
    pub status: u16,
    /// Headers, in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
    /// `text` or `base64`.
    pub encoding: String,
    /// Effects that ride along.
    #[serde(default)]
    pub effects: Vec<Effect>,
}
