//! Clients, orders and services.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Moment, Secret};
use serde::Serialize;

use crate::bridge::message::{MODULE, ServiceRow};

/// A customer.
#[derive(Debug, Clone)]
pub struct Client {
    /// The id.
    pub id: u64,
    /// First name.
    pub firstname: String,
    /// Last name.
    pub lastname: String,
    /// Address for mails.
    pub email: String,
    /// Country code.
    pub country: String,
}

/// An order.
#[derive(Debug, Clone)]
pub struct Order {
    /// `Pending`, `Active`, …
    pub status: String,
}

/// Where a service stands for billing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Status {
    /// Ordered.
    Pending,
    /// In use.
    Active,
    /// Held.
    Suspended,
    /// Ended.
    Terminated,
}

impl Status {
    /// The word of the protocol.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Active => "Active",
            Self::Suspended => "Suspended",
            Self::Terminated => "Terminated",
        }
    }
}

/// The shop's copy of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The service's life that it belongs to.
    pub generation: u64,
    /// The platform's id in the engine.
    pub platform: String,
    /// The machine's id on the panel.
    pub upstream_id: String,
    /// What never changes about the machine.
    pub identity: String,
    /// Whether it is over.
    pub closed: bool,
    /// The row of the old module's table.
    pub mapped_id: Option<u64>,
}

/// What was used, in MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Disk.
    pub diskusage: u64,
    /// Disk allowed.
    pub disklimit: u64,
    /// Traffic.
    pub bwusage: u64,
    /// Traffic allowed.
    pub bwlimit: u64,
}

/// One function call and what it was answered.
#[derive(Debug, Clone)]
pub struct CallNote {
    /// When the answer came.
    pub at: Moment,
    /// The function.
    pub function: String,
    /// `success` or the sentence.
    pub result: String,
    /// The operation behind it.
    pub operation: Option<String>,
    /// The effect that made the shop call.
    pub applying: Option<String>,
}

/// What a client bought.
#[derive(Debug, Clone)]
pub struct Service {
    /// The id.
    pub id: u64,
    /// Whose.
    pub client: u64,
    /// Which product.
    pub product: u64,
    /// On which server row.
    pub server: u64,
    /// Of which order.
    pub order: u64,
    /// Where it stands.
    pub status: Status,
    /// The hostname.
    pub domain: String,
    /// The first address.
    pub dedicatedip: String,
    /// Further addresses, one per line.
    pub assignedips: String,
    /// The account's user name.
    pub username: String,
    /// The password that the engine handed over.
    pub password: Option<Secret>,
    /// Custom fields by name.
    pub customfields: BTreeMap<String, String>,
    /// The copy of the link.
    pub link: Option<Link>,
    /// Each machine that a link of this service ever named.
    pub machines: BTreeSet<String>,
    /// What was used.
    pub usage: Usage,
    /// The function that is being called now.
    pub running: Option<&'static str>,
    /// What functions were answered, oldest first.
    pub calls: Vec<CallNote>,
}

impl Service {
    /// A service just ordered.
    pub fn new(id: u64, client: u64, product: u64, server: u64, order: u64, domain: &str) -> Self {
        Self {
            id,
            client,
            product,
            server,
            order,
            status: Status::Pending,
            domain: domain.to_owned(),
            dedicatedip: String::new(),
            assignedips: String::new(),
            username: String::new(),
            password: None,
            customfields: BTreeMap::new(),
            link: None,
            machines: BTreeSet::new(),
            usage: Usage::default(),
            running: None,
            calls: Vec::new(),
        }
    }

    /// The row of the old module's table.
    pub fn mapped_id(&self) -> Option<u64> {
        let link = self.link.as_ref().filter(|link| !link.closed)?;
        link.mapped_id
    }

    /// The last answer of a function.
    pub fn last_call(&self, function: &str) -> Option<&CallNote> {
        self.calls.iter().rev().find(|call| call.function == function)
    }

    pub(super) fn row(&self, order_status: String) -> ServiceRow {
        ServiceRow {
            service: self.id,
            client: self.client,
            product: self.product,
            server: self.server,
            order: self.order,
            order_status,
            module: MODULE.to_owned(),
            domainstatus: self.status.word().to_owned(),
            domain: self.domain.clone(),
            address: self.dedicatedip.clone(),
            mapped_id: self.mapped_id(),
        }
    }
}
