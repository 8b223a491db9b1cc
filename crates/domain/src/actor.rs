//! Who asked, and from where.

use serde::{Deserialize, Serialize};

use crate::text::text_enum;

text_enum! {
    /// The kinds of askers.
    ActorKind {
        /// A client (or a user of the client's account) of the hosting company.
        Client = "client",
        /// An administrator of the billing system.
        Admin = "admin",
        /// The billing system's cron.
        Cron = "cron",
        /// The billing system itself: a hook, an automatic set-up.
        System = "system",
        /// A program with an API credential of the billing system.
        Api = "api",
        /// The engine.
        Engine = "engine",
        /// A person at the command line on the engine's host.
        Host = "host",
    }
}

/// Who asked for something, and from where. Stored with every operation and audit line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What kind of asker.
    pub kind: ActorKind,
    /// The asker's id in its own world: `client 12, user 7`, `admin 3`, a host user's name.
    pub id: String,
    /// The address the request came from, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The correlation id of the click or message, carried to each platform request's log line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
}

impl Actor {
    /// The engine itself, acting from `why` (a duty's name).
    pub fn engine(why: &str) -> Self {
        Self {
            kind: ActorKind::Engine,
            id: why.to_owned(),
            ip: None,
            correlation: None,
        }
    }

    /// A person at the command line on the engine's host.
    pub fn host(user: &str) -> Self {
        Self {
            kind: ActorKind::Host,
            id: user.to_owned(),
            ip: None,
            correlation: None,
        }
    }

    /// Whether it is the same asker, from wherever and by whichever click.
    pub fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.id == other.id
    }

    /// Whether a person waits for this: their requests go before background work.
    pub const fn is_person(&self) -> bool {
        matches!(self.kind, ActorKind::Client | ActorKind::Admin | ActorKind::Host)
    }
}
