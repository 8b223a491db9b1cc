//! A billing system's tables, in memory: services, the ledger of effects, mails, and what the engine accepted.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};

/// The module whose services are sold.
pub const MODULE: &str = "VirtFusionDirect";

/// The billing system's word for a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Ordered and paid.
    Pending,
    /// In use.
    Active,
    /// Held.
    Suspended,
    /// Ended.
    Terminated,
}

impl Status {
    /// The word in messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::Terminated => "Terminated",
        }
    }
}

/// A module function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Make it.
    Create,
    /// Hold it.
    Suspend,
    /// Let it go again.
    Unsuspend,
    /// End it.
    Terminate,
    /// Make it what its product says.
    ChangePackage,
}

impl Function {
    /// The name in calls.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "CreateAccount",
            Self::Suspend => "SuspendAccount",
            Self::Unsuspend => "UnsuspendAccount",
            Self::Terminate => "TerminateAccount",
            Self::ChangePackage => "ChangePackage",
        }
    }

    /// The word in events and `rerun` effects.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Suspend => "suspend",
            Self::Unsuspend => "unsuspend",
            Self::Terminate => "terminate",
            Self::ChangePackage => "change_package",
        }
    }

    /// The function of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [
            Self::Create,
            Self::Suspend,
            Self::Unsuspend,
            Self::Terminate,
            Self::ChangePackage,
        ]
        .into_iter()
        .find(|function| function.word() == word)
    }

    /// What the service becomes once it was answered `success`.
    const fn leads_to(self) -> Option<Status> {
        match self {
            Self::Create | Self::Unsuspend => Some(Status::Active),
            Self::Suspend => Some(Status::Suspended),
            Self::Terminate => Some(Status::Terminated),
            Self::ChangePackage => None,
        }
    }
}

/// The copy of a link, as the effect `set_link` wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkCopy {
    /// The service's life.
    pub generation: u64,
    /// The machine's id.
    pub upstream_id: String,
    /// Whether it is over.
    pub closed: bool,
}

/// What a client bought.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its id.
    pub id: u64,
    /// Whose it is.
    pub client: u64,
    /// The server record, which stands for a platform.
    pub server: u64,
    /// The package that it shall have, also its product.
    pub package: u64,
    /// The package that the last successful create or change gave it.
    pub package_told: u64,
    /// The status that it has.
    pub status: Status,
    /// The status that it shall have.
    pub wanted: Status,
    /// The status of its order.
    pub order_status: String,
    /// The address, once known.
    pub address: String,
    /// The copy of its link.
    pub link: Option<LinkCopy>,
}

impl Service {
    /// The hostname that was ordered.
    pub fn hostname(&self) -> String {
        format!("vps{}.example.test", self.id)
    }

    /// The panel's id of its machine, as the original module's table has it.
    pub fn mapped_id(&self) -> Option<u64> {
        let link = self.link.as_ref().filter(|link| !link.closed)?;
        link.upstream_id.parse().ok()
    }

    /// The `ServiceRow` of the protocol.
    pub fn row(&self) -> Value {
        json!({
            "service": self.id, "client": self.client, "product": self.package, "server": self.server,
            "order": self.id, "order_status": self.order_status, "module": MODULE,
            "domainstatus": self.status.word(), "domain": self.hostname(), "address": self.address,
            "mapped_id": self.mapped_id(),
        })
    }

    /// The function that leads on to what it shall be; `None` when it is that.
    pub fn next(&self) -> Option<Function> {
        match (self.status, self.wanted) {
            (Status::Terminated, _) => None,
            (_, Status::Terminated) => Some(Function::Terminate),
            (Status::Pending, _) => Some(Function::Create),
            (Status::Active, Status::Suspended) => Some(Function::Suspend),
            (Status::Suspended, Status::Active) => Some(Function::Unsuspend),
            _ if self.package != self.package_told => Some(Function::ChangePackage),
            _ => None,
        }
    }
}

/// How an effect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Applied,
    /// It shall not be tried again.
    Refused,
    /// It may be tried again.
    Failed,
    /// It was begun and nobody knows how it ended.
    Unknown,
}

impl Outcome {
    /// The word in acknowledgements.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// All tables.
#[derive(Debug, Default)]
pub struct Books {
    /// What was sold.
    pub services: BTreeMap<u64, Service>,
    /// Effects by id: claimed, and how they ended. A failed one is tried again, so its row only says that it was met.
    pub ledger: BTreeMap<String, Option<Outcome>>,
    /// Mails that went out: service and generation.
    pub mails: Vec<(u64, u64)>,
    /// Events that are still to be delivered, in order.
    pub events: VecDeque<Value>,
    /// Operations that the engine named in an answer, and whose they are.
    pub accepted: BTreeMap<String, u64>,
    /// How often the engine was called.
    pub calls: u64,
    /// Effects that were applied.
    pub applied: u64,
    /// Services whose effects are being applied.
    pub locked: BTreeSet<u64>,
}

impl Books {
    /// Enters a paid order; the new service's id. Every third service shares its client with the one before.
    pub fn order(&mut self, server: u64, package: u64) -> u64 {
        let id = self.services.last_key_value().map_or(1, |(last, _)| last + 1);
        let service = Service {
            id,
            client: if id.is_multiple_of(3) { id - 1 } else { id },
            server,
            package,
            package_told: package,
            status: Status::Pending,
            wanted: Status::Active,
            order_status: "Pending".to_owned(),
            address: String::new(),
            link: None,
        };
        self.services.insert(id, service);
        id
    }

    /// A service by its id.
    pub fn service(&self, id: u64) -> Option<Service> {
        self.services.get(&id).cloned()
    }

    /// What follows from `success`: the status, the package, and the body of the event that says so.
    pub fn follow(&mut self, id: u64, function: Function, package: u64) -> Option<Value> {
        let service = self.services.get_mut(&id)?;
        if let Some(status) = function.leads_to() {
            service.status = status;
        }
        if matches!(function, Function::Create | Function::ChangePackage) {
            service.package_told = package;
        }
        let order = json!({ "order": service.id, "status": service.order_status });
        Some(json!({ "function": function.word(), "service": service.row(), "order": order, "siblings": [] }))
    }
}
