//! What the machine's addresses are called in reverse, and what can be done about it.

use domain::record::{NamePurpose, NameSeen, NameState, NameSubject, Operation, OperationKind};
use engine::ShownName;
use serde::Serialize;

use super::panels::Around;
use crate::context::When;

/// An address, or a prefix in which hosts can be given names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NameLine {
    /// The end of its ids on the page.
    pub at: String,
    /// The address, or the prefix.
    pub subject: String,
    /// Whether it is a prefix.
    pub prefix: bool,
    /// Whether it lies inside of the prefix above it.
    pub inside: bool,
    /// The host that it leads to; empty where there is none.
    pub host: String,
    /// All hosts, where there are several.
    pub several: Option<String>,
    /// How it stands: the end of a message's key.
    pub state: &'static str,
    /// How that looks: `good`, `busy`, `quiet`, `warning` or `bad`.
    pub tone: &'static str,
    /// What can be done about it: the end of a message's key.
    pub guide: Option<&'static str>,
    /// The record by which a hostname leads to it.
    pub record: &'static str,
    /// When it was seen.
    pub as_of: Option<When>,
    /// What is being done about it: the end of a message's key.
    pub work: Option<&'static str>,
    /// Whether it can be changed now.
    pub enabled: bool,
}

/// The panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamesPanel {
    /// Each prefix with what is inside of it, then the addresses; none while no address is known.
    pub lines: Vec<NameLine>,
    /// Why nothing can be changed: the end of a message's key.
    pub note: Option<&'static str>,
}

impl NamesPanel {
    /// The panel; none where there is no name server, or no machine.
    pub(super) fn new(around: &Around<'_>) -> Option<Self> {
        let has_machine = around.view.link.is_some() && around.is_theirs();
        let names = around.names.as_ref().filter(|_| has_machine)?;
        // Names are not the machine's: what is under way for it keeps nobody from changing them.
        let note = around.note().filter(|note| !matches!(*note, "busy" | "question"));
        let line = |name| NameLine::new(name, around, note.is_none());
        Some(Self {
            lines: names.iter().map(line).collect(),
            note,
        })
    }
}

impl NameLine {
    fn new(name: &ShownName, around: &Around<'_>, enabled: bool) -> Self {
        let seen = name.seen.as_ref();
        let hosts = seen.map_or(&[][..], |seen| seen.hosts.as_slice());
        let (state, tone) = name_standing(name);
        Self {
            at: name_id(name.subject),
            subject: name.subject.to_string(),
            prefix: name.subject.address().is_none(),
            inside: name.within.is_some(),
            host: hosts.first().cloned().unwrap_or_default(),
            several: (hosts.len() > 1).then(|| hosts.join(", ")),
            state,
            tone,
            guide: seen.and_then(guide),
            record: match name.subject.address() {
                Some(address) if address.is_ipv4() => "A",
                _ => "AAAA",
            },
            as_of: name.seen_at.map(|at| When::new(around.now, at)),
            work: work(&around.view.open, name.subject),
            enabled: enabled && seen.is_none_or(|seen| seen.state != NameState::NoZone),
        }
    }
}

/// A name for what it is about, as ids are made of.
pub(crate) fn name_id(subject: NameSubject) -> String {
    let text: String = subject
        .to_string()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    match subject {
        NameSubject::Prefix(..) => format!("net-{text}"),
        NameSubject::Address(_) => text,
    }
}

/// How a name stands: the end of a message's key, and a tone.
pub(crate) fn name_standing(name: &ShownName) -> (&'static str, &'static str) {
    if name.subject.address().is_none() {
        return ("prefix", "busy");
    }
    match name.seen.as_ref().map(|seen| seen.state) {
        Some(NameState::Confirmed) => ("confirmed", "good"),
        Some(NameState::Unconfirmed) => ("unconfirmed", "warning"),
        Some(NameState::Unchecked) => ("unchecked", "quiet"),
        Some(NameState::Missing) => ("missing", "quiet"),
        Some(NameState::NoForward) => ("no-forward", "warning"),
        Some(NameState::NoZone) => ("no-zone", "bad"),
        None => ("unseen", "quiet"),
    }
}

/// What a client can do about it: the end of a message's key. The sentence that says what is wrong is the staff's.
fn guide(seen: &NameSeen) -> Option<&'static str> {
    match (seen.state, seen.hosts.len()) {
        (NameState::Confirmed | NameState::Missing, _) => None,
        (NameState::Unconfirmed, 1) => Some("unconfirmed"),
        (NameState::Unconfirmed, 2..) => Some("several"),
        (NameState::Unchecked, 1..) => Some("unchecked"),
        // What is there is not served.
        (NameState::NoForward | NameState::Unconfirmed | NameState::Unchecked, _) => Some("no-forward"),
        (NameState::NoZone, _) => Some("no-zone"),
    }
}

/// What is being done about a name: the end of a message's key.
fn work(open: &[Operation], subject: NameSubject) -> Option<&'static str> {
    let purpose = |operation: &Operation| {
        let work = operation.input.names()?;
        let about = work.wishes.iter().any(|wish| wish.subject == subject);
        (about && operation.kind == OperationKind::ReverseDns).then_some((operation.sequence, work.purpose))
    };
    let (_, purpose) = open
        .iter()
        .filter_map(purpose)
        .max_by_key(|(sequence, _)| *sequence)?;
    Some(match purpose {
        NamePurpose::Create | NamePurpose::Rename => "waiting",
        _ => "changing",
    })
}

/// Whether an operation is somebody's wish for one name: it is over soon, and a deed of whoever wishes it.
pub(super) fn is_edit(operation: &Operation) -> bool {
    let work = operation.input.names();
    work.is_some_and(|work| work.purpose == NamePurpose::Edit)
}

#[cfg(test)]
mod tests;
