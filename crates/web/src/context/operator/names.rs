//! What an address is called, and why; and what would become of all names.

use domain::Moment;
use engine::{Diagnosis, HeldBy, Preview, PreviewRow, ServerFinding};
use serde::Serialize;

use crate::context::{Context, sample};

/// Names that would change and are shown one by one.
const MOST_CHANGES: usize = 200;

/// An address is asked about, and what there is to say of it; or all names are looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NamesPage {
    /// The address as it was typed; empty before one was.
    pub address: String,
    /// A hostname to try; empty for the machine's own.
    pub host: String,
    /// Why there is nothing to say; empty where there is.
    pub problem: String,
    /// What there is to say.
    pub found: Option<NameRow>,
    /// What would become of all names; `None` where nobody has asked.
    pub preview: Option<NamesPreview>,
    /// How many operations were begun right before; `None` where nothing was.
    pub begun: Option<usize>,
    /// Whether names are still being looked at before operations begin.
    pub late: bool,
}

/// What would become of all names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamesPreview {
    /// `plain` or `reset`: what was asked for, and the end of messages' keys.
    pub look: &'static str,
    /// How many of each, in words.
    pub totals: String,
    /// The names that would change, or the first of them.
    pub changes: Vec<NameChange>,
    /// How many more there are.
    pub more: usize,
}

/// A name that would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameChange {
    /// The billing system.
    pub installation: String,
    /// The service, by its id there.
    pub service: u64,
    /// The address.
    pub address: String,
    /// The zone.
    pub zone: String,
    /// The hosts that are there; empty where there are none.
    pub hosts: String,
    /// What would be done.
    pub decision: String,
}

/// What there is to say of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameRow {
    /// The name under which its pointer is looked for.
    pub name: String,
    /// Whose machine has it: the billing system, its id there, and the machine's name; empty where nobody is known to have it.
    pub installation: String,
    /// The service, by its id there.
    pub service: u64,
    /// The machine's name.
    pub machine: String,
    /// The hostname that it is to point to; empty where there is none.
    pub wanted: String,
    /// What the resolvers say together; empty without a hostname.
    pub confirmed: String,
    /// What each says.
    pub forward: Vec<ResolverRow>,
    /// What each name server has to do with it.
    pub servers: Vec<NameServerRow>,
}

/// What a resolver says of the hostname.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolverRow {
    /// Which.
    pub resolver: String,
    /// `confirmed`, `missing` or `unknown`: the end of a message's key.
    pub said: &'static str,
    /// Why it is not confirmed; empty where it is.
    pub why: String,
}

/// What a name server has to do with an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameServerRow {
    /// Its name.
    pub server: String,
    /// The zone; empty where it has none for the address.
    pub zone: String,
    /// The record's name in it; empty likewise.
    pub record: String,
    /// What is there: the end of a message's key.
    pub held: &'static str,
    /// The hosts that are there.
    pub hosts: String,
    /// Why it is not known; empty where it is.
    pub why: String,
    /// What the daily look would do.
    pub plain: String,
    /// What a forced reset would do.
    pub reset: String,
    /// What keeps a change from being answered everywhere; empty where nothing does.
    pub caution: String,
}

impl NamesPreview {
    /// From what the engine would do.
    pub fn new(preview: Preview, reset: bool) -> Self {
        let changes: Vec<_> = preview.rows.into_iter().filter(|row| row.changes).collect();
        let more = changes.len().saturating_sub(MOST_CHANGES);
        Self {
            look: if reset { "reset" } else { "plain" },
            totals: preview.totals.words(),
            changes: changes
                .into_iter()
                .take(MOST_CHANGES)
                .map(NameChange::new)
                .collect(),
            more,
        }
    }
}

impl NameChange {
    fn new(row: PreviewRow) -> Self {
        let hosts = match row.held {
            Some(HeldBy::Hosts(hosts)) => hosts,
            _ => Vec::new(),
        };
        Self {
            installation: row.owner.installation.to_string(),
            service: row.owner.service,
            address: row
                .address
                .map_or_else(String::new, |address| address.to_string()),
            zone: row.zone.unwrap_or_default(),
            hosts: hosts.join(", "),
            decision: row.decision.unwrap_or_default(),
        }
    }
}

impl NameRow {
    /// From what the engine found.
    pub fn new(found: Diagnosis) -> Self {
        let owner = found.owner;
        Self {
            name: found.name,
            installation: owner
                .as_ref()
                .map_or_else(String::new, |owner| owner.installation.to_string()),
            service: owner.as_ref().map_or(0, |owner| owner.service),
            machine: owner.map_or_else(String::new, |owner| owner.machine),
            wanted: found.wanted.unwrap_or_default(),
            confirmed: found.confirmed.unwrap_or_default(),
            forward: found
                .forward
                .into_iter()
                .map(|heard| ResolverRow {
                    resolver: heard.resolver,
                    said: heard.said,
                    why: heard.why.unwrap_or_default(),
                })
                .collect(),
            servers: found.servers.into_iter().map(NameServerRow::new).collect(),
        }
    }
}

impl NameServerRow {
    fn new(found: ServerFinding) -> Self {
        let (held, hosts, why) = match found.held {
            HeldBy::Unknown(why) => ("unknown", Vec::new(), why),
            HeldBy::NoZone => ("no-zone", Vec::new(), String::new()),
            HeldBy::Nothing => ("nothing", Vec::new(), String::new()),
            HeldBy::Hosts(hosts) => ("hosts", hosts, String::new()),
        };
        Self {
            server: found.server,
            zone: found.zone.unwrap_or_default(),
            record: found.record.unwrap_or_default(),
            held,
            hosts: hosts.join(", "),
            why,
            plain: found.plain,
            reset: found.reset,
            caution: found.caution.unwrap_or_default(),
        }
    }
}

impl Context for NamesPage {
    const TEMPLATE: &'static str = "operator/names.html";

    fn samples(_now: Moment) -> Vec<Self> {
        let text = || sample::TEXT.to_owned();
        let server = |held| NameServerRow {
            server: text(),
            zone: text(),
            record: text(),
            held,
            hosts: text(),
            why: text(),
            plain: text(),
            reset: text(),
            caution: text(),
        };
        let heard = |said| ResolverRow {
            resolver: text(),
            said,
            why: text(),
        };
        let found = NameRow {
            name: text(),
            installation: text(),
            service: 501,
            machine: text(),
            wanted: text(),
            confirmed: text(),
            forward: ["confirmed", "missing", "unknown"].map(heard).into(),
            servers: ["unknown", "no-zone", "nothing", "hosts"].map(server).into(),
        };
        let bare = NameRow {
            installation: String::new(),
            wanted: String::new(),
            confirmed: String::new(),
            forward: Vec::new(),
            servers: Vec::new(),
            ..found.clone()
        };
        let page = |found, problem| Self {
            address: text(),
            host: text(),
            problem,
            found,
            ..Self::default()
        };
        let change = |hosts| NameChange {
            installation: text(),
            service: 501,
            address: text(),
            zone: text(),
            hosts,
            decision: text(),
        };
        let looked = |look, changes, more| Self {
            preview: Some(NamesPreview {
                look,
                totals: text(),
                changes,
                more,
            }),
            ..Self::default()
        };
        let begun = |begun, late| Self {
            begun,
            late,
            ..Self::default()
        };
        vec![
            Self::default(),
            looked("plain", vec![change(String::new())], 0),
            looked("reset", vec![change(text())], 1),
            looked("reset", Vec::new(), 0),
            begun(Some(0), false),
            begun(Some(7), false),
            begun(None, true),
            page(None, text()),
            page(Some(found), String::new()),
            page(Some(bare), String::new()),
        ]
    }
}
