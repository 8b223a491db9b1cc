//! What a browser asks for, and whom.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use domain::console::Console;
use domain::id::InstallationId;
use domain::{Actor, ServiceView};
use serde::Deserialize;

use super::{PageAnswer, Tokens};
use crate::context::{Asker, Context};
use crate::rows::ServiceRow;

/// A future that can be kept in a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who makes pages. The binary puts the room `web` behind it.
pub trait Pages: Send + Sync {
    /// Serves a page, fragment, asset, or an action that is no service's.
    fn serve(&self, request: PageRequest) -> BoxFuture<'_, PageAnswer>;

    /// The page that shows a machine's screen, once its console is open.
    fn console(&self, request: PageRequest, console: Console) -> BoxFuture<'_, PageAnswer>;

    /// A sentence in a language, as the billing system names it; `None` where there is none, and English is said.
    fn say(&self, _language: &str, _key: &str, _arguments: &[(&str, &str)]) -> Option<String> {
        None
    }

    /// The parts of a client's page in its order: each one's id there, and its name in a language.
    fn sections(&self, _language: &str) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// Kinds of principals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    /// A client, by way of `client.php`.
    Client,
    /// An administrator, by way of `admin.php` or the addon's page.
    Admin,
}

/// For whom a page is made. Signed by the billing system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Which kind.
    pub kind: PrincipalKind,
    /// The selected client account.
    pub client_id: Option<u64>,
    /// The login.
    pub user_id: Option<u64>,
    /// What the login may do in the account; `*` is everything.
    pub permissions: Vec<String>,
    /// The administrator.
    pub admin_id: Option<u64>,
    /// The administrator's role.
    pub admin_role: Option<String>,
    /// Whether that role is listed for operator pages.
    pub operator: bool,
    /// The session, by its HMAC.
    pub session: Option<String>,
    /// The same as an actor, for commands and the audit.
    pub actor: Actor,
}

/// What kind of thing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A whole page.
    Page,
    /// A part of one.
    Fragment,
    /// Something to be done or fetched as data.
    Action,
    /// A file.
    Asset,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Target {
    /// Its kind.
    pub kind: TargetKind,
    /// Its name.
    pub name: String,
}

/// A request of a browser that has passed the gates.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The billing system.
    pub installation: InstallationId,
    /// For whom.
    pub principal: Principal,
    /// The service, by its billing id: owned by the principal's client, or looked at by an administrator.
    pub service: Option<u64>,
    /// What the gates have read of the service, so that its page is made of one reading.
    pub view: Option<Box<ServiceView>>,
    /// What.
    pub target: Target,
    /// The method as the browser sent it. A `POST` has passed origin and token.
    pub method: String,
    /// The query's parameters, raw.
    pub query: BTreeMap<String, String>,
    /// The form's fields, raw.
    pub form: BTreeMap<String, String>,
    /// The browser's `Origin`.
    pub origin: Option<String>,
    /// The browser's `Referer`.
    pub referer: Option<String>,
    /// The browser's `Host`.
    pub host: Option<String>,
    /// Whether htmx asks.
    pub htmx: bool,
    /// The token that a changing request of this session and service has to bring, as form field `hostler_token` or
    /// header `x-hostler-token`; `None` without a session.
    pub token: Option<String>,
    /// The one-time token of this page, as form field `hostler_once`; `None` without a session or a service.
    pub once: Option<String>,
    /// The path of the entry file, for links back.
    pub base: String,
    /// The language's name as the billing system writes it.
    pub language: Option<String>,
    /// The browser's address.
    pub ip: Option<String>,
    /// The base address of the billing system.
    pub system_url: Option<String>,
}

/// The message as it is sent.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub module: String,
    pub surface: PrincipalKind,
    pub target: Target,
    pub method: String,
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    #[serde(default)]
    pub headers: Headers,
    #[serde(default)]
    pub row: Option<ServiceRow>,
    pub base: String,
    #[serde(default)]
    pub budget_ms: u64,
    pub context: Context,
}

/// The browser's headers that matter.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Headers {
    #[serde(default)]
    pub origin: Option<String>,
    #[serde(default)]
    pub referer: Option<String>,
    #[serde(default)]
    pub host: Option<String>,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    pub hx_request: Option<String>,
}

impl Principal {
    /// The principal of a context.
    pub fn new(kind: PrincipalKind, context: &Context, operator_roles: &[String]) -> Self {
        let operator = context
            .admin_role
            .as_ref()
            .is_some_and(|role| operator_roles.contains(role));
        Self {
            kind,
            client_id: context.client_id,
            user_id: context.user_id,
            permissions: context.permissions.clone(),
            admin_id: context.admin_id,
            admin_role: context.admin_role.clone(),
            operator: operator && context.admin_id.is_some(),
            session: context.session().map(str::to_owned),
            actor: context.actor(),
        }
    }

    /// Whether there is a person of this kind at all.
    pub fn is_signed_in(&self, context: &Context) -> bool {
        match self.kind {
            PrincipalKind::Client => context.actor == Asker::Client && self.user_id.is_some(),
            PrincipalKind::Admin => context.actor == Asker::Admin && self.admin_id.is_some(),
        }
    }
}

/// A request for a part of one of the billing system's own pages, asked for by a module function.
pub(crate) fn embedded(
    installation: &InstallationId,
    principal: Principal,
    (service, view): (u64, Option<ServiceView>),
    name: &str,
    tokens: Tokens,
    context: &Context,
    module: &str,
) -> PageRequest {
    let file = match principal.kind {
        PrincipalKind::Client => "client.php",
        PrincipalKind::Admin => "admin.php",
    };
    PageRequest {
        installation: installation.clone(),
        principal,
        service: Some(service),
        view: view.map(Box::new),
        target: Target {
            kind: TargetKind::Fragment,
            name: name.to_owned(),
        },
        method: "GET".to_owned(),
        query: BTreeMap::new(),
        form: BTreeMap::new(),
        origin: None,
        referer: None,
        host: None,
        htmx: false,
        token: tokens.session,
        once: tokens.once,
        base: format!("{}/modules/servers/{module}/{file}", context.folder()),
        language: context.language.clone(),
        ip: context.ip.clone(),
        system_url: context.system_url.clone(),
    }
}
