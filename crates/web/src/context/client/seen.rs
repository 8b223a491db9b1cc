//! What was read of a service's machine for its client's eyes, as the store keeps it.

use domain::observed::{Backups, Live, Observed, SshKeys, Templates, Traffic, Usage};
use domain::record::FactRecord;
use domain::{Fact, Moment};

/// One reading, with its moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sight<T> {
    /// What was seen.
    pub value: T,
    /// When.
    pub at: Moment,
}

/// The newest reading of each kind; `None` where there is none that could be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    pub live: Option<Sight<Live>>,
    pub traffic: Option<Sight<Traffic>>,
    pub templates: Option<Sight<Templates>>,
    pub keys: Option<Sight<SshKeys>>,
    pub backups: Option<Sight<Backups>>,
    pub usage: Option<Sight<Usage>>,
}

impl Seen {
    /// From the facts that the engine shows of a service. What is of a later version, or unreadable, was not seen.
    pub fn of<'a>(facts: impl IntoIterator<Item = &'a FactRecord>) -> Self {
        let mut seen = Self::default();
        for fact in facts {
            if let Fact::Known(observed) = Observed::of_fact(&fact.value) {
                seen.take(observed, fact.observed_at);
            }
        }
        seen
    }

    fn take(&mut self, observed: Observed, at: Moment) {
        match observed {
            Observed::Live(value) => self.live = Some(Sight { value, at }),
            Observed::Traffic(value) => self.traffic = Some(Sight { value, at }),
            Observed::Templates(value) => self.templates = Some(Sight { value, at }),
            Observed::SshKeys(value) => self.keys = Some(Sight { value, at }),
            Observed::Backups(value) => self.backups = Some(Sight { value, at }),
            Observed::Usage(value) => self.usage = Some(Sight { value, at }),
        }
    }
}
