//! "Reverse DNS" in the billing system's own page of a service: what its addresses are called, with the buttons that look
//! after them.

use domain::Moment;
use engine::ShownName;
use serde::Serialize;

use crate::context::{Context, When, name_id, name_standing, sample};

/// How often the list is fetched, in milliseconds.
const EVERY: u32 = 15_000;

/// An address, or a prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminNameRow {
    /// The end of its ids on the page.
    pub at: String,
    /// The address, or the prefix.
    pub subject: String,
    /// Whether it is a prefix.
    pub prefix: bool,
    /// Whether it lies inside of the prefix above it.
    pub inside: bool,
    /// The hosts that it leads to.
    pub hosts: String,
    /// How it stands: the end of a message's key.
    pub state: &'static str,
    /// How that looks.
    pub tone: &'static str,
    /// Why it is not confirmed; empty where it is.
    pub why: String,
    /// What is being done about it; empty where nothing is.
    pub under_way: String,
    /// When it was seen.
    pub as_of: Option<When>,
}

/// The part that is fetched again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminNameList {
    /// Each prefix with what is inside of it, then the addresses.
    pub rows: Vec<AdminNameRow>,
    /// When to fetch again, in milliseconds.
    pub every: u32,
}

/// The list, and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminNames {
    /// The service's billing id.
    pub service: u64,
    /// The list.
    pub list: AdminNameList,
}

impl AdminNameList {
    /// From what is known.
    pub fn new(names: &[ShownName], now: Moment) -> Self {
        Self {
            rows: names.iter().map(|name| AdminNameRow::new(name, now)).collect(),
            every: EVERY,
        }
    }
}

impl AdminNameRow {
    fn new(name: &ShownName, now: Moment) -> Self {
        let (state, tone) = name_standing(name);
        let seen = name.seen.as_ref();
        Self {
            at: name_id(name.subject),
            subject: name.subject.to_string(),
            prefix: name.subject.address().is_none(),
            inside: name.within.is_some(),
            hosts: seen.map(|seen| seen.hosts.join(", ")).unwrap_or_default(),
            state,
            tone,
            why: seen.and_then(|seen| seen.why.clone()).unwrap_or_default(),
            under_way: name.under_way.clone().unwrap_or_default(),
            as_of: name.seen_at.map(|at| When::new(now, at)),
        }
    }
}

impl Context for AdminNameList {
    const TEMPLATE: &'static str = "admin/name_list.html";

    fn samples(now: Moment) -> Vec<Self> {
        vec![Self::new(&sample::names(now), now), Self::new(&[], now)]
    }
}

impl Context for AdminNames {
    const TEMPLATE: &'static str = "admin/names.html";

    fn samples(now: Moment) -> Vec<Self> {
        let page = |list| Self { service: 501, list };
        AdminNameList::samples(now).into_iter().map(page).collect()
    }
}
