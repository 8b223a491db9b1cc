//! What a browser asked, with the principal that somebody else has authenticated.

use std::collections::BTreeMap;

use domain::id::InstallationId;
use domain::{Actor, ServiceView};

/// Who looks at the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A user of a client's account.
    Client {
        /// The billing system.
        installation: InstallationId,
        /// The selected account.
        client_id: u64,
        /// What the user may do in the account; `*` is everything.
        permissions: Vec<String>,
    },
    /// An administrator of the billing system, or a person on the engine's own host.
    Admin {
        /// The billing system whose things are shown; everything when `None` (loopback).
        installation: Option<InstallationId>,
        /// Whether the operator's pages are shown, beside the tab of a service.
        operator: bool,
    },
}

impl Principal {
    /// Whether the user of a client's account may do this.
    pub fn may(&self, permission: &str) -> bool {
        match self {
            Self::Client { permissions, .. } => {
                permissions.iter().any(|held| held == "*" || held == permission)
            }
            Self::Admin { .. } => false,
        }
    }
}

/// The kinds of things that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A whole document.
    Page,
    /// Markup for a page of somebody else, and what is fetched again and again.
    Fragment,
    /// A change.
    Action,
    /// A stylesheet or script.
    Asset,
}

impl TargetKind {
    /// The query parameter that names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Fragment => "fragment",
            Self::Action => "action",
            Self::Asset => "asset",
        }
    }

    /// From the name of the query parameter.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Page, Self::Fragment, Self::Action, Self::Asset]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// What is asked for: `page operations/op_…`, `fragment client-area`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which kind.
    pub kind: TargetKind,
    /// Its name.
    pub name: String,
}

impl Target {
    /// A target, its name reduced to the characters that names are made of.
    pub fn new(kind: TargetKind, name: &str) -> Self {
        let keep = |c: &char| c.is_ascii_alphanumeric() || "_./-".contains(*c);
        Self {
            kind,
            name: name.chars().filter(keep).collect(),
        }
    }

    /// The name's part before the slash, and the part behind it.
    pub(crate) fn parts(&self) -> (&str, Option<&str>) {
        self.name
            .split_once('/')
            .map_or((self.name.as_str(), None), |(page, id)| (page, Some(id)))
    }
}

/// One request of a browser. Whoever makes it has passed the gates: the principal is signed in, a client owns the
/// service and may see it, and a `POST` comes from our own pages and has brought the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// For whom.
    pub principal: Principal,
    /// The same as the actor of commands.
    pub actor: Actor,
    /// The service, by its billing id.
    pub service: Option<u64>,
    /// What the gates have read of it; without that it is read here.
    pub view: Option<Box<ServiceView>>,
    /// What.
    pub target: Target,
    /// The method, as the browser sent it.
    pub method: String,
    /// The query's parameters.
    pub query: BTreeMap<String, String>,
    /// The fields of a posted form.
    pub form: BTreeMap<String, String>,
    /// The anti-CSRF token that forms carry; empty without a session.
    pub token: String,
    /// The one-time token that forms of a service carry; empty without one.
    pub once: String,
    /// The path that links lead to; may hold a query of its own.
    pub base: String,
    /// The language, as the billing system or the browser writes it.
    pub language: String,
}

impl PageRequest {
    /// A form field; empty when it was not posted.
    pub fn field(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    /// A parameter of the query; empty when there is none.
    pub fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_only_what_names_are_made_of() {
        let target = Target::new(TargetKind::Page, "operations/op_0 \"<x>&=");
        assert_eq!(target.name, "operations/op_0x");
        assert_eq!(target.parts(), ("operations", Some("op_0x")));
        assert_eq!(
            Target::new(TargetKind::Page, "overview").parts(),
            ("overview", None)
        );
    }

    #[test]
    fn everything_or_the_one_thing_may_be_held() {
        let client = |permissions: &[&str]| Principal::Client {
            installation: "main".parse().unwrap(),
            client_id: 1,
            permissions: permissions.iter().map(|&word| word.to_owned()).collect(),
        };
        assert!(client(&["*"]).may("manageproducts"));
        assert!(client(&["products", "manageproducts"]).may("manageproducts"));
        assert!(!client(&["products"]).may("manageproducts"));
        assert!(!client(&[]).may("products"));
    }
}
