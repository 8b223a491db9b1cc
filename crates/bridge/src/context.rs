//! In whose request a message was sent: section 4 of the protocol.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use domain::{Actor, ActorKind};
use serde::Deserialize;

use crate::sign;

/// The protocol numbers spoken here: N and N-1. The first one has no predecessor.
pub const SPOKEN: RangeInclusive<u32> = 1..=1;

/// Who made the billing system send the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asker {
    /// A user of a client's account, or an administrator logged in as one.
    Client,
    /// An administrator.
    Admin,
    /// The cron.
    Cron,
    /// The billing system itself.
    System,
    /// The billing system's remote API.
    Api,
}

/// The context of a message. The engine believes who speaks (that is signed) and checks itself what may be done.
#[derive(Debug, Clone, Deserialize)]
pub struct Context {
    /// The version of the speaker.
    #[serde(default)]
    pub module_version: String,
    /// The version of the billing system.
    #[serde(default)]
    pub whmcs_version: String,
    /// Who.
    pub actor: Asker,
    /// The selected client account.
    #[serde(default)]
    pub client_id: Option<u64>,
    /// The login.
    #[serde(default)]
    pub user_id: Option<u64>,
    /// What the login may do in the account; `*` is everything.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// The administrator, also while logged in as a client.
    #[serde(default)]
    pub admin_id: Option<u64>,
    /// The administrator's role.
    #[serde(default)]
    pub admin_role: Option<String>,
    /// The session, by its HMAC.
    #[serde(default)]
    pub session: Option<String>,
    /// The browser's address.
    #[serde(default)]
    pub ip: Option<String>,
    /// The language's name as the billing system writes it.
    #[serde(default)]
    pub language: Option<String>,
    /// The base address of the billing system.
    #[serde(default)]
    pub system_url: Option<String>,
    /// One per click or cron run.
    #[serde(default)]
    pub correlation: Option<String>,
}

impl Context {
    /// The asker as an actor. Never the engine or its host: those do not come over the bridge.
    pub fn actor(&self) -> Actor {
        let kind = match self.actor {
            Asker::Client => ActorKind::Client,
            Asker::Admin => ActorKind::Admin,
            Asker::Cron => ActorKind::Cron,
            Asker::System => ActorKind::System,
            Asker::Api => ActorKind::Api,
        };
        self.actor_of(kind, self.person())
    }

    /// The billing system acting by itself, perhaps in a client's request: a payment sets up or releases a service.
    pub fn billing(&self) -> Actor {
        match self.actor {
            Asker::Client => self.actor_of(ActorKind::System, format!("in the request of {}", self.person())),
            _ => self.actor(),
        }
    }

    fn actor_of(&self, kind: ActorKind, id: String) -> Actor {
        Actor {
            kind,
            id,
            ip: self
                .ip
                .as_deref()
                .and_then(|text| text.parse::<IpAddr>().ok())
                .map(|ip| ip.to_string()),
            correlation: self.correlation.clone().filter(|text| sign::is_nonce(text)),
        }
    }

    /// Names the click or cron run in every log line of this request.
    pub fn note(&self) {
        let correlation = self.correlation.as_deref().filter(|text| sign::is_nonce(text));
        tracing::Span::current().record("correlation", correlation.unwrap_or_default());
    }

    /// `client 77, user 1`, `admin 3`; a masquerading administrator is named too.
    fn person(&self) -> String {
        let known = [
            ("client", self.client_id),
            ("user", self.user_id),
            ("admin", self.admin_id),
        ];
        let words: Vec<String> = known
            .iter()
            .filter_map(|(word, id)| id.map(|id| format!("{word} {id}")))
            .collect();
        if words.is_empty() {
            "billing system".to_owned()
        } else {
            words.join(", ")
        }
    }

    /// The session's name, where it has the one form that it can have.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref().filter(|text| {
            text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    }

    /// Whether the client's user may do something: the account's owner may everything.
    pub fn may(&self, permission: &str) -> bool {
        self.permissions
            .iter()
            .any(|given| given == "*" || given == permission)
    }

    /// The folder that the billing system is served from, without a slash at its end.
    pub fn folder(&self) -> &str {
        let url = self.system_url.as_deref().unwrap_or_default();
        let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
        behind
            .find('/')
            .map_or("", |slash| behind[slash..].trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(json: &str) -> Context {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn nobody_comes_over_the_bridge_as_the_engine_or_its_host() {
        for word in ["engine", "host", "Admin", ""] {
            assert!(
                serde_json::from_str::<Context>(&format!(r#"{{"actor":"{word}"}}"#)).is_err(),
                "{word}"
            );
        }
    }

    #[test]
    fn an_actor_says_who_and_from_where_in_known_forms_only() {
        let actor = context(
            r#"{"actor":"client","client_id":77,"user_id":1,"admin_id":3,"ip":"198.51.100.7","correlation":"0123456789abcdef"}"#,
        )
        .actor();
        assert_eq!(actor.kind, ActorKind::Client);
        assert_eq!(actor.id, "client 77, user 1, admin 3");
        assert_eq!(actor.ip.as_deref(), Some("198.51.100.7"));
        assert_eq!(actor.correlation.as_deref(), Some("0123456789abcdef"));
        let strange = context(r#"{"actor":"system","ip":"no address","correlation":"a\nb"}"#).actor();
        assert_eq!((strange.ip, strange.correlation), (None, None));
    }

    #[test]
    fn a_payment_in_a_clients_request_acts_for_the_billing_system() {
        let actor = context(r#"{"actor":"client","client_id":77}"#).billing();
        assert_eq!(actor.kind, ActorKind::System);
        assert_eq!(actor.id, "in the request of client 77");
    }

    #[test]
    fn the_folder_is_the_path_of_the_system_url() {
        let folder = |url: &str| {
            context(&format!(r#"{{"actor":"system","system_url":"{url}"}}"#))
                .folder()
                .to_owned()
        };
        assert_eq!(folder("https://shop.example/whmcs/"), "/whmcs");
        assert_eq!(folder("https://shop.example/"), "");
        assert_eq!(folder("https://shop.example"), "");
    }
}
