//! The billing system and its clients, as the simulation plays them: what is wished of a service, what the billing
//! system was told, and what it has recorded.

pub mod applier;
mod life;

use std::collections::BTreeMap;

use domain::record::{RerunFunction, ServiceStatus};
use domain::{Actor, ActorKind, Customer, Order};
use engine::core::{Command, Intent, Told};

use crate::memory::MemoryStore;

pub use applier::{Desk, Run};
pub use life::{Deed, life};

/// What is wished of a service at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Nothing was ordered yet.
    Nothing,
    /// In use.
    Live,
    /// Held.
    Suspended,
    /// Ended.
    Ended,
}

/// One service, as the billing system has it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The service's id.
    pub billing_id: u64,
    /// Its client.
    pub client_id: u64,
    /// The package ordered at last.
    pub package: u64,
    /// The billing system's word.
    pub status: ServiceStatus,
    /// What is wished at last, of what the engine took.
    pub wish: Wish,
    /// Creates that became operations.
    pub creates: u64,
    /// The deeds whose answers were not heard, in order; each is repeated until one is.
    pub unheard: Vec<Deed>,
    /// The call that the billing system waits for.
    pub calling: Option<Deed>,
    /// How often a create is still repeated by itself.
    pub patience: u32,
    /// The last no to a create, in the engine's words.
    pub refusal: Option<String>,
    /// The machine in the billing system's own copy of the link.
    pub link: Option<String>,
    /// Whether its machine was taken away in the panel.
    pub robbed: bool,
}

/// The billing system.
#[derive(Debug, Default)]
pub struct Billing {
    /// Its services.
    pub accounts: BTreeMap<u64, Account>,
    /// The table of effects that the applier keeps.
    pub desk: Desk,
    /// Welcome mails by service and generation.
    pub mails: BTreeMap<(u64, u32), u64>,
}

impl Account {
    /// A service that is ordered and not set up.
    pub const fn new(billing_id: u64, client_id: u64) -> Self {
        Self {
            billing_id,
            client_id,
            package: 1,
            status: ServiceStatus::Pending,
            wish: Wish::Nothing,
            creates: 0,
            unheard: Vec::new(),
            calling: None,
            patience: 6,
            refusal: None,
            link: None,
            robbed: false,
        }
    }

    /// No answer to a deed was heard.
    pub fn not_heard(&mut self, deed: Deed) {
        if !self.unheard.contains(&deed) {
            self.unheard.push(deed);
        }
    }

    /// The engine took a deed: that is the wish from now on.
    pub const fn taken(&mut self, deed: Deed) {
        match deed {
            Deed::Create if matches!(self.wish, Wish::Nothing | Wish::Ended) => {
                self.wish = Wish::Live;
            }
            Deed::Suspend => self.wish = Wish::Suspended,
            Deed::Unsuspend if matches!(self.wish, Wish::Suspended) => self.wish = Wish::Live,
            Deed::Terminate => self.wish = Wish::Ended,
            Deed::ChangePackage(package) => self.package = package,
            Deed::Create | Deed::Unsuspend | Deed::Press(_) | Deed::BootByHand => {}
        }
    }

    /// The module function was answered with success: the billing system's own word follows.
    pub const fn succeeded(&mut self, deed: Deed) {
        match deed {
            Deed::Create | Deed::Unsuspend => self.status = ServiceStatus::Active,
            Deed::Suspend => self.status = ServiceStatus::Suspended,
            Deed::Terminate => self.status = ServiceStatus::Terminated,
            Deed::ChangePackage(_) | Deed::Press(_) | Deed::BootByHand => {}
        }
    }

    /// The command that a deed becomes.
    pub fn command(&self, store: &MemoryStore, deed: Deed, called_again: bool) -> Option<Command> {
        let intent = match deed {
            Deed::Create => Intent::Create(self.order(self.package)),
            Deed::Suspend => Intent::Suspend {
                reason: "overdue".to_owned(),
            },
            Deed::Unsuspend => Intent::Unsuspend,
            Deed::Terminate => Intent::Terminate { window: None },
            Deed::ChangePackage(package) => Intent::ChangePackage(self.order(package)),
            Deed::Press(action) => Intent::Power(action),
            Deed::BootByHand => return None,
        };
        let kind = if matches!(deed, Deed::Press(_)) {
            ActorKind::Client
        } else {
            ActorKind::System
        };
        Some(Command {
            installation: store.installation.clone(),
            billing_id: self.billing_id,
            told: Told {
                client_id: self.client_id,
                product_id: 1,
                module: "VirtFusionDirect".to_owned(),
                status: self.status,
                hostname: Some(format!("vps{}.example.test", self.billing_id)),
                mapped_id: None,
                called_again,
            },
            intent,
            actor: Actor {
                kind,
                id: format!("client {}", self.client_id),
                ip: None,
                correlation: None,
            },
            placement: Some((store.platform.clone(), store.attachment.clone())),
            budget: Some((0, u64::MAX)),
            last_wished: None,
        })
    }

    fn order(&self, package: u64) -> Order {
        let package = package.to_string();
        let settings = [
            ("package", package.as_str()),
            ("group", "1"),
            ("ipv4", "1"),
            ("self_service", "0"),
        ];
        Order {
            customer: Customer {
                client_id: self.client_id,
                name: format!("Client {}", self.client_id),
                email: format!("client{}@example.test", self.client_id),
            },
            hostname: Some(format!("vps{}.example.test", self.billing_id)),
            image: Some("49".to_owned()),
            ssh_key: None,
            settings: settings
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            options: BTreeMap::new(),
        }
    }
}

/// The module function that a deed is, where the billing system can be made to call it again.
pub const fn function(deed: Deed) -> Option<RerunFunction> {
    match deed {
        Deed::Create => Some(RerunFunction::CreateAccount),
        Deed::Suspend => Some(RerunFunction::SuspendAccount),
        Deed::Unsuspend => Some(RerunFunction::UnsuspendAccount),
        Deed::Terminate => Some(RerunFunction::TerminateAccount),
        Deed::ChangePackage(_) => Some(RerunFunction::ChangePackage),
        Deed::Press(_) | Deed::BootByHand => None,
    }
}

/// The deed that a rerun is.
pub const fn deed_of(function: RerunFunction, package: u64) -> Deed {
    match function {
        RerunFunction::CreateAccount => Deed::Create,
        RerunFunction::SuspendAccount => Deed::Suspend,
        RerunFunction::UnsuspendAccount => Deed::Unsuspend,
        RerunFunction::TerminateAccount => Deed::Terminate,
        RerunFunction::ChangePackage => Deed::ChangePackage(package),
    }
}
