//! The billing system and its clients, as the simulation plays them.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::record::ServiceStatus;
use domain::{Actor, ActorKind, Customer, Moment, Order, Random};
use engine::core::{Command, Intent, Told};

use crate::memory::MemoryStore;

/// What the billing side wants of a service, and has been told.
#[derive(Debug, Clone)]
pub struct Account {
    /// The service's id.
    pub billing_id: u64,
    /// Its client.
    pub client_id: u64,
    /// The billing system's word.
    pub status: ServiceStatus,
    /// Creates asked for, repeats of one wish not counted.
    pub creates: u64,
    /// Whether its life was ended.
    pub ended: bool,
}

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// The order is set up (and set up again, by a double click or a retry).
    Create,
    /// An invoice is overdue.
    Suspend,
    /// It is paid.
    Unsuspend,
    /// The service is ended.
    Terminate,
    /// The client presses a power button.
    Press(PowerAction),
    /// Somebody switches the machine on in the panel.
    BootByHand,
}

/// The deeds of a service's life, drawn from the seed.
pub fn life(random: &dyn Random, start: Moment) -> Vec<(Moment, Deed)> {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let chance = |percent: u64| random.below(100) < percent;
    let ordered = start + Duration::from_millis(random.below(600_000));
    let mut deeds = vec![(ordered, Deed::Create)];
    if chance(40) {
        deeds.push((ordered + Duration::from_millis(random.below(5_000)), Deed::Create));
    }
    if chance(40) {
        deeds.push((ordered + Duration::from_secs(random.below(1_800)), Deed::Create));
    }
    if chance(15) {
        // Ended while it is being made.
        deeds.push((
            ordered + Duration::from_millis(random.below(240_000)),
            Deed::Terminate,
        ));
        return deeds;
    }
    let mut at = ordered + Duration::from_secs(random.below(3_600));
    for _ in 0..random.below(3) {
        deeds.push((at, Deed::Suspend));
        if chance(50) {
            deeds.push((at + minutes(5 + random.below(10)), Deed::BootByHand));
        }
        if chance(60) {
            deeds.push((
                at + Duration::from_secs(random.below(600)),
                Deed::Press(PowerAction::Boot),
            ));
        }
        at = at + minutes(20 + random.below(40));
        if chance(80) {
            deeds.push((at, Deed::Unsuspend));
            at = at + minutes(random.below(30));
            if chance(50) {
                deeds.push((at, Deed::Press(PowerAction::Restart)));
            }
        }
    }
    if chance(40) {
        deeds.push((at + minutes(random.below(30)), Deed::Terminate));
    }
    deeds
}

/// The command that a deed becomes.
pub fn command(store: &MemoryStore, account: &Account, deed: Deed) -> Option<Command> {
    let intent = match deed {
        Deed::Create => Intent::Create(order(account)),
        Deed::Suspend => Intent::Suspend {
            reason: "overdue".to_owned(),
        },
        Deed::Unsuspend => Intent::Unsuspend,
        Deed::Terminate => Intent::Terminate { window: None },
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
        billing_id: account.billing_id,
        told: Told {
            client_id: account.client_id,
            product_id: 1,
            module: "VirtFusionDirect".to_owned(),
            status: account.status,
            hostname: Some(format!("vps{}.example.test", account.billing_id)),
            mapped_id: None,
        },
        intent,
        actor: Actor {
            kind,
            id: format!("client {}", account.client_id),
            ip: None,
            correlation: None,
        },
        placement: Some((store.platform.clone(), store.attachment.clone())),
        budget: (0, u64::MAX),
    })
}

fn order(account: &Account) -> Order {
    let settings = [
        ("package", "1"),
        ("group", "1"),
        ("ipv4", "1"),
        ("self_service", "0"),
    ];
    Order {
        customer: Customer {
            client_id: account.client_id,
            name: format!("Client {}", account.client_id),
            email: format!("client{}@example.test", account.client_id),
        },
        hostname: Some(format!("vps{}.example.test", account.billing_id)),
        image: Some("49".to_owned()),
        ssh_key: None,
        settings: settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        options: std::collections::BTreeMap::new(),
    }
}
