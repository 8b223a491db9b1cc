//! What is to become of each name of an operation, by what its zone holds.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use domain::Moment;
use domain::record::{FactRecord, NamePurpose, NameSeen, NameState, NameSubject, NameWish, NameWork};
use driver::{StepContext, facts};
use rdns::powerdns::{Change, Content};
use rdns::{
    Confirmation, Decision, DnsName, Hostname, Place, Pointers, Prefix, Purpose, Report, decide, place,
};
use serde::{Deserialize, Serialize};

use super::point::CHANGES;
use crate::core::names::{CHANGED, holds, zone_of};

/// How long it is relied on that a hostname leads back.
const CONFIRMED_FOR: Duration = Duration::from_secs(3_600);

/// A name that is changed, as it is noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// Its record.
    pub record: DnsName,
    /// The host it is to lead to; `None` where it is removed.
    pub target: Option<Hostname>,
    /// Whether something else was there.
    pub replaces: bool,
}

impl Noted {
    pub fn change(self, ttl: u32) -> Change {
        match self.target {
            Some(target) => Change::Replace {
                record: self.record,
                target,
                ttl,
            },
            None => Change::Delete { record: self.record },
        }
    }
}

/// What was decided about all names of an operation.
#[derive(Debug, Default)]
pub struct Judged {
    pub changes: Vec<Noted>,
    pub report: Report,
    pub facts: Vec<FactRecord>,
    /// The hostname of the only name has to be looked up first.
    pub confirm: Option<(Hostname, IpAddr)>,
    /// Why a hostname does not lead to its address.
    pub unconfirmed: Option<String>,
    /// What is not known.
    pub unknown: Option<String>,
    /// The records that are as they should be.
    holding: BTreeSet<DnsName>,
}

/// What is held in the operation's zone.
pub enum Held<'a> {
    /// All of it.
    Whole(&'a Content),
    /// What is at the one record that the operation is about.
    One(&'a Pointers),
}

impl Held<'_> {
    fn at(&self, record: &DnsName) -> Pointers {
        match self {
            Self::Whole(content) => content.at(record),
            Self::One(pointers) => (*pointers).clone(),
        }
    }
}

/// Where an address's record is in the operation's zone.
pub fn place_of(work: &NameWork, address: IpAddr) -> Option<Place> {
    let zone = work.place.as_ref().and_then(zone_of)?;
    place(address, &[zone])
}

/// Decides about every name of an operation.
pub fn judge(
    context: &StepContext<'_>,
    work: &NameWork,
    held: &Held<'_>,
    said: Option<&Confirmation>,
) -> Judged {
    let mut changed: Vec<Noted> = facts::read(context.notes, CHANGED).unwrap_or_default();
    if context.acted_at.is_some() {
        changed.extend(facts::read::<Vec<Noted>>(context.notes, CHANGES).unwrap_or_default());
    }
    let mut judged = Judged::default();
    for wish in &work.wishes {
        match wish.subject {
            NameSubject::Address(address) => {
                let Some(place) = place_of(work, address) else {
                    judged.report.count(&Decision::NoZone);
                    continue;
                };
                let decision = if left_alone(context, address) {
                    Decision::Preserve
                } else {
                    one(context, work, wish, &held.at(&place.record), said)
                };
                judged.take(
                    context,
                    work,
                    (wish, address),
                    (&place.record, &changed),
                    decision,
                );
            }
            NameSubject::Prefix(first, length) => {
                let (Ok(prefix), Held::Whole(content)) = (Prefix::new(first, length), held) else {
                    continue;
                };
                let names = prefix.names(content.names());
                for (address, record) in names.filter(|(address, _)| !left_alone(context, *address)) {
                    let decision = one(context, work, wish, &content.at(record), said);
                    judged.take(context, work, (wish, address), (record, &changed), decision);
                }
                if work.purpose.removes() {
                    judged.facts.push(forgotten(wish, wish.subject, context.now));
                }
            }
        }
    }
    judged
}

/// Whether the name of an address is not this operation's to touch.
fn left_alone(context: &StepContext<'_>, address: IpAddr) -> bool {
    holds(&context.known.left_alone, NameSubject::Address(address))
}

fn one(
    context: &StepContext<'_>,
    work: &NameWork,
    wish: &NameWish,
    held: &Pointers,
    said: Option<&Confirmation>,
) -> Decision {
    let known: Vec<String> = wish.seen.iter().chain(&wish.host).cloned().collect();
    let purpose = match work.purpose {
        NamePurpose::Create => Purpose::Create,
        NamePurpose::Rename => Purpose::Rename {
            old: work.former.as_deref(),
        },
        NamePurpose::Reconcile => Purpose::Reconcile,
        NamePurpose::Reset => Purpose::Reset,
        NamePurpose::Edit => Purpose::Client,
        NamePurpose::Release if context.known.still_ours => Purpose::Remove,
        NamePurpose::Release | NamePurpose::Lost => Purpose::Lost { known: &known },
    };
    let host: Option<Hostname> = wish.host.as_ref().and_then(|host| host.parse().ok());
    let fresh = wish
        .confirmed_at
        .is_some_and(|at| context.now < at + CONFIRMED_FOR);
    let confirmed = said.cloned().or_else(|| fresh.then_some(Confirmation::Confirmed));
    decide(purpose, held, host.as_ref(), confirmed.as_ref())
}

impl Judged {
    /// What became of the names in all: what was changed before this look is as it should be by now, and what the server
    /// refused is not.
    pub fn account(&self, changed: &[Noted], refused: impl Fn(&Noted) -> bool) -> Report {
        let mut report = self.report;
        for one in changed {
            if self.holding.contains(&one.record) {
                report.preserved = report.preserved.saturating_sub(1);
            }
            match (&one.target, one.replaces) {
                (None, _) => report.removed += 1,
                (Some(_), true) => report.reset += 1,
                (Some(_), false) => report.added += 1,
            }
        }
        for one in self.changes.iter().filter(|one| refused(one)) {
            match (&one.target, one.replaces) {
                (None, _) => report.removed = report.removed.saturating_sub(1),
                (Some(_), true) => report.reset = report.reset.saturating_sub(1),
                (Some(_), false) => report.added = report.added.saturating_sub(1),
            }
            report.failed();
        }
        report
    }

    fn take(
        &mut self,
        context: &StepContext<'_>,
        work: &NameWork,
        (wish, address): (&NameWish, IpAddr),
        (record, changed): (&DnsName, &[Noted]),
        decision: Decision,
    ) {
        self.report.count(&decision);
        if decision == Decision::Holds {
            self.holding.insert(record.clone());
        }
        let subject = NameSubject::Address(address);
        let seen = |state, hosts: Vec<String>, why| {
            let seen = NameSeen {
                state,
                ttl: (!hosts.is_empty()).then_some(context.profile.pointer_ttl),
                hosts,
                place: work.place.clone(),
                why,
            };
            FactRecord::of_name(wish.service, subject, Some(&seen), context.now)
        };
        match decision {
            Decision::Write { target, replaces } => self.changes.push(Noted {
                record: record.clone(),
                target: Some(target),
                replaces,
            }),
            Decision::Delete => self.changes.push(Noted {
                record: record.clone(),
                target: None,
                replaces: true,
            }),
            Decision::Confirm => {
                let host = wish.host.as_ref().and_then(|host| host.parse().ok());
                self.confirm = host.map(|host| (host, address));
            }
            Decision::ForwardMissing(why) => {
                if work.purpose == NamePurpose::Create {
                    self.facts
                        .push(seen(NameState::NoForward, Vec::new(), Some(why.clone())));
                }
                self.unconfirmed = Some(why);
            }
            Decision::Wait(why) => self.unknown = Some(why),
            Decision::Holds if work.purpose.removes() => {
                self.facts.push(forgotten(wish, subject, context.now));
            }
            // It is as this operation made it: what was written had been confirmed.
            Decision::Holds if changed.iter().any(|one| one.record == *record) => {
                let (state, hosts) = match &wish.host {
                    Some(host) => (NameState::Confirmed, vec![host.clone()]),
                    None => (NameState::Missing, Vec::new()),
                };
                self.facts.push(seen(state, hosts, None));
            }
            Decision::Preserve | Decision::Holds | Decision::NoZone | Decision::NoHostname => {}
        }
    }
}

fn forgotten(wish: &NameWish, subject: NameSubject, at: Moment) -> FactRecord {
    FactRecord::of_name(wish.service, subject, None, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(record: &str, replaces: bool) -> Noted {
        Noted {
            record: record.parse().expect("a name"),
            target: Some("web.example.com".parse().expect("a hostname")),
            replaces,
        }
    }

    #[test]
    fn vf_255_what_was_changed_and_what_was_refused_is_counted_as_what_it_was() {
        let (added, reset) = (
            noted("1.113.0.203.in-addr.arpa", false),
            noted("2.113.0.203.in-addr.arpa", true),
        );
        let (open, refused) = (
            noted("3.113.0.203.in-addr.arpa", false),
            noted("4.113.0.203.in-addr.arpa", true),
        );
        // A look after the first two were changed: they hold, and beside them something else does.
        let judged = Judged {
            report: Report {
                preserved: 3,
                added: 1,
                reset: 1,
                ..Report::default()
            },
            holding: [added.record.clone(), reset.record.clone()].into(),
            changes: vec![open, refused.clone()],
            ..Judged::default()
        };
        let report = judged.account(&[added, reset], |one| *one == refused);
        let expected = Report {
            added: 2,
            reset: 1,
            preserved: 1,
            errors: 1,
            ..Report::default()
        };
        assert_eq!(report, expected);
    }
}
