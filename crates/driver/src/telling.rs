//! What the billing system is told of a machine, in the words that its module has always used for this platform.

use std::time::Duration;

use domain::machine::Machine;
use domain::observed::FactKind;
use domain::record::{OperationKind, ProductPolicy};

use crate::Driver;

/// The fields of the billing system's row of a service, as a machine fills them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosting {
    /// The address that stands for the machine.
    pub dedicated: Option<String>,
    /// The further ones, in the order in which they are told.
    pub further: Vec<String>,
    /// The machine's full name, where it replaces the one that was ordered.
    pub name: Option<String>,
    /// The user's name on the machine, where it is known from the beginning.
    pub user: Option<String>,
}

impl Hosting {
    /// As the platform's driver tells it, plainly where there is none.
    pub fn by(driver: Option<&dyn Driver>, machine: &Machine) -> Self {
        driver.map_or_else(|| Self::of(machine), |driver| driver.hosting(machine))
    }

    /// The first address, and the further ones of IPv4.
    pub fn of(machine: &Machine) -> Self {
        Self {
            dedicated: machine.address().map(ToOwned::to_owned),
            further: machine.ipv4.iter().skip(1).cloned().collect(),
            name: None,
            user: None,
        }
    }
}

/// How the billing system's log calls what an operation did, or could not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// `VM started`.
    pub done: String,
    /// `The VM could not be started`; the reason follows.
    pub failed: &'static str,
}

/// What a platform's machines offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offers {
    /// What clients may ask for on their page.
    pub acts: &'static [OperationKind],
    /// What can be read of them for their clients' eyes, beside their state.
    pub facts: &'static [FactKind],
    /// Signing on opens the machine's console.
    pub console: bool,
    /// A new machine comes with a user and a first password, which the billing system keeps.
    pub login: bool,
    /// The platform has words of its own for a machine's state, and what a state makes pointless is not to be asked for.
    pub states: bool,
}

impl Offers {
    /// The kinds whose rules hold for a client's wish of a kind: signing on that opens a console is the opening of one, too.
    fn rules_of(self, kind: OperationKind) -> impl Iterator<Item = OperationKind> {
        let opens = self.console && kind == OperationKind::SignOn;
        std::iter::once(kind).chain(opens.then_some(OperationKind::Console))
    }

    /// Whether a product withholds wishes of a kind from its clients.
    pub fn withheld(self, policy: &ProductPolicy, kind: OperationKind) -> bool {
        self.rules_of(kind).any(|rule| policy.withholds(rule))
    }

    /// How long after one of a client's wishes of a kind the next may come.
    pub fn interval(self, policy: &ProductPolicy, kind: OperationKind) -> Duration {
        let intervals = self.rules_of(kind).map(|rule| policy.interval(rule));
        intervals.max().unwrap_or_default()
    }
}

impl Default for Offers {
    /// What all have.
    fn default() -> Self {
        Self {
            acts: &[OperationKind::Power, OperationKind::SignOn],
            facts: &[],
            console: false,
            login: false,
            states: false,
        }
    }
}
