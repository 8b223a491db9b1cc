//! The step that changes names: reading what is there, looking hostnames up, changing, reading again.

use std::time::Duration;

use domain::http::{Outcome, Request, Response};
use domain::record::{NamePurpose, NameWork, Notes};
use driver::facts;
use driver::{Answered, Findings, Prepared, Standing, StepContext, Verdict};
use rdns::powerdns::answer::{self, ServerError};
use rdns::{Confirmation, Hostname, Pointers, RecordSet, Target};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::judge::{Held, Judged, Noted, judge, place_of};
use super::{api, failed, zone};
use crate::core::names::{CHANGED, DECIDED, OURS, REPORT};

/// The request that asks the resolvers whether a hostname leads to an address.
pub(crate) const LOOK_UP: &str = "look_up";

/// The note of what is to be changed next.
pub(super) const CHANGES: &str = "changes";

/// The note of how many names may be changed by one request. The server takes all of a request or nothing of it, so that
/// one name that it refuses is found by halving.
const AT_ONCE: &str = "at_once";

/// The note of what the server refused, by record.
const REFUSED: &str = "refused";

/// The note of what was read at the only name, while its hostname is looked up.
const HELD: &str = "held";

/// The note of how many of each became of the names.
pub(crate) const COUNTS: &str = "counts";

/// The note of how often a hostname was waited for.
const WAITED: &str = "waited";

/// What the resolvers said, as the runner answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Confirmed,
    Missing(String),
    Unknown(String),
}

/// The answer to [`LOOK_UP`].
pub(crate) fn looked_up(said: Confirmation) -> Outcome {
    let said = match said {
        Confirmation::Confirmed => Said::Confirmed,
        Confirmation::Missing(why) => Said::Missing(why),
        Confirmation::Unknown(why) => Said::Unknown(why),
    };
    Outcome::Answered(Response {
        status: 200,
        body: json!({ "said": said }).to_string(),
        retry_after: None,
    })
}

fn said(outcome: &Outcome) -> Confirmation {
    #[derive(Deserialize)]
    struct Answer {
        said: Said,
    }
    let body = match outcome {
        Outcome::Answered(response) => response.body.as_str(),
        Outcome::Failed(_) => return Confirmation::Unknown(outcome.summary()),
    };
    match serde_json::from_str::<Answer>(body) {
        Ok(Answer {
            said: Said::Confirmed,
        }) => Confirmation::Confirmed,
        Ok(Answer {
            said: Said::Missing(why),
        }) => Confirmation::Missing(why),
        Ok(Answer {
            said: Said::Unknown(why),
        }) => Confirmation::Unknown(why),
        Err(error) => Confirmation::Unknown(format!("what was looked up cannot be read: {error}")),
    }
}

/// Reads the zone; of a single name only what is there, as long as that tells enough.
pub(super) fn look(context: &StepContext<'_>, work: &NameWork) -> Prepared {
    let api = api(context.account);
    let single = match &work.wishes[..] {
        [only] => only.subject.address().and_then(|address| place_of(work, address)),
        _ => None,
    };
    match (single, zone(work)) {
        (Some(place), _) => Prepared::Send(api.read_pointers(&place)),
        (None, Ok(zone)) => Prepared::Send(api.read_whole(&zone)),
        (None, Err(no)) => Prepared::Refused(no),
    }
}

/// What the zone, or the resolvers, answered.
pub(super) fn seen(
    context: &StepContext<'_>,
    work: &NameWork,
    request: &Request,
    outcome: &Outcome,
) -> Verdict {
    let zone = match zone(work) {
        Ok(zone) => zone,
        Err(no) => return Verdict::Refused(no),
    };
    if request.name == LOOK_UP {
        let held = context.notes.get(HELD).map_or(Pointers::Nothing, pointers);
        return conclude(
            context,
            work,
            &judge(context, work, &Held::One(&held), Some(&said(outcome))),
        );
    }
    let content = match answer::whole(outcome, &zone) {
        Ok(content) => content,
        Err(why) => return failed(outcome, why),
    };
    let single = match &work.wishes[..] {
        [only] => only.subject.address().and_then(|address| place_of(work, address)),
        _ => None,
    };
    if let Some(place) = &single
        && request.name == "read_pointers"
        && content.at(&place.record) == Pointers::Nothing
    {
        // Asked for one name, a server leaves out what is kept without being served: only the whole zone shows that there
        // is nothing.
        return Verdict::Next(api(context.account).read_whole(&zone), Notes::new());
    }
    let judged = judge(context, work, &Held::Whole(&content), None);
    match (&judged.confirm, single) {
        (Some((host, address)), Some(place)) => {
            let request = Request::get(LOOK_UP, "/")
                .with_query("host", host.as_str())
                .with_query("address", address.to_string());
            let held = noted(&content.at(&place.record));
            Verdict::Next(request, Notes::from_iter([(HELD.to_owned(), held)]))
        }
        (Some((host, _)), None) => Verdict::Unknown(format!(
            "it has yet to be looked up whether {host} leads to its address"
        )),
        (None, _) => conclude(context, work, &judged),
    }
}

/// What follows from what was decided.
fn conclude(context: &StepContext<'_>, work: &NameWork, judged: &Judged) -> Verdict {
    let refused: Notes = facts::read(context.notes, REFUSED).unwrap_or_default();
    let left: Vec<&Noted> = judged
        .changes
        .iter()
        .filter(|change| !refused.contains_key(change.record.as_str()))
        .collect();
    let mut findings = Findings::of(standing(context, work, judged, !left.is_empty()));
    if let Standing::Pending { .. } = findings.standing {
        let waited: u64 = facts::read(context.notes, WAITED).unwrap_or(0);
        findings = findings.note(WAITED, waited + 1);
    }
    if let (true, Some(why)) = (left.is_empty(), &judged.unknown) {
        return Verdict::Unknown(why.clone());
    }
    if left.is_empty()
        && work.purpose == NamePurpose::Edit
        && let Some(why) = &judged.unconfirmed
    {
        let reason = format!("The hostname does not lead to the address: {why}");
        return Verdict::Refused(Answered::permanent(reason));
    }
    let changed = changed(context, &left);
    if !changed.is_empty() {
        findings = findings.note(CHANGED, json!(changed));
    }
    let report = judged.account(&changed, |one| refused.contains_key(one.record.as_str()));
    findings = findings.note(REPORT, report.words()).note(COUNTS, json!(report));
    if !left.is_empty() {
        let most: usize = facts::read(context.notes, AT_ONCE).unwrap_or(usize::MAX);
        let next: Vec<&&Noted> = left.iter().take(most).collect();
        findings = findings
            .note(CHANGES, json!(next))
            .note(OURS, context.known.still_ours)
            .note(DECIDED, context.now.as_micros());
    }
    findings.facts.clone_from(&judged.facts);
    facts::done(findings)
}

/// What this operation has changed so far: also where the answer to the change was lost, for what was to be changed is as
/// it should be now.
fn changed(context: &StepContext<'_>, left: &[&Noted]) -> Vec<Noted> {
    let mut changed: Vec<Noted> = facts::read(context.notes, CHANGED).unwrap_or_default();
    let sent: Vec<Noted> = facts::read(context.notes, CHANGES).unwrap_or_default();
    let refused: Notes = facts::read(context.notes, REFUSED).unwrap_or_default();
    let done = |one: &Noted| {
        let open = left.iter().any(|other| other.record == one.record);
        context.acted_at.is_some() && !open && !refused.contains_key(one.record.as_str())
    };
    for one in sent.into_iter().filter(done) {
        if !changed.contains(&one) {
            changed.push(one);
        }
    }
    changed
}

fn standing(context: &StepContext<'_>, work: &NameWork, judged: &Judged, changes: bool) -> Standing {
    let waits = matches!(work.purpose, NamePurpose::Create | NamePurpose::Rename);
    match &judged.unconfirmed {
        _ if changes => Standing::Missing,
        Some(why) if waits => Standing::Pending {
            hint: format!("waits for the hostname to lead to the address: {why}"),
            after: Some(pause(facts::read(context.notes, WAITED).unwrap_or(0))),
        },
        _ => Standing::Reached,
    }
}

/// How long until a hostname is looked up again that has been waited for so often.
fn pause(waited: u64) -> Duration {
    Duration::from_secs(match waited {
        0..10 => 30,
        10..30 => 120,
        _ => 900,
    })
}

/// Changes what was decided by the last look.
pub(super) fn act(context: &StepContext<'_>, work: &NameWork) -> Prepared {
    let zone = match zone(work) {
        Ok(zone) => zone,
        Err(no) => return Prepared::Refused(no),
    };
    let changes: Vec<Noted> = facts::read(context.notes, CHANGES).unwrap_or_default();
    if changes.is_empty() {
        return facts::known(facts::reached());
    }
    let ttl = context.profile.pointer_ttl;
    let changes: Vec<_> = changes.into_iter().map(|change| change.change(ttl)).collect();
    Prepared::Send(api(context.account).change(&zone, &changes))
}

/// What the server said of a change.
pub(super) fn acted(context: &StepContext<'_>, work: &NameWork, outcome: &Outcome) -> Verdict {
    let sent: Vec<Noted> = facts::read(context.notes, CHANGES).unwrap_or_default();
    match answer::changed(outcome) {
        Ok(()) => {
            let limit: Option<usize> = facts::read(context.notes, AT_ONCE);
            let findings = facts::accepted(context, "the change is read back");
            facts::done(match limit {
                Some(limit) => findings.note(AT_ONCE, limit.saturating_mul(2)),
                None => findings,
            })
        }
        Err(ServerError::Refused(reason)) if is_about_content(outcome) && work.wishes.len() > 1 => {
            facts::done(narrowed(context, &sent, &reason))
        }
        Err(why) => failed(outcome, why),
    }
}

/// Whether the server refused what a change says, and not whoever sends it.
fn is_about_content(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Answered(response) if matches!(response.status, 400 | 422))
}

/// Half as many names next; where it was one, that one is left as it is.
fn narrowed(context: &StepContext<'_>, sent: &[Noted], reason: &str) -> Findings {
    let findings = facts::pending("the server refused a change; the others are tried without it");
    match sent {
        [only] => {
            let refused = facts::with_entry(context, REFUSED, only.record.as_str(), reason);
            findings.note(REFUSED, refused)
        }
        _ => findings.note(AT_ONCE, (sent.len() / 2).max(1)),
    }
}

/// What is held, for the notes.
fn noted(held: &Pointers) -> Value {
    match held {
        Pointers::Held(set) => {
            let targets: Vec<_> = set
                .targets()
                .iter()
                .map(|one| (one.host.as_str(), one.disabled))
                .collect();
            json!({ "targets": targets, "ttl": set.ttl() })
        }
        _ => Value::Null,
    }
}

fn pointers(note: &Value) -> Pointers {
    #[derive(Deserialize)]
    struct Set {
        targets: Vec<(String, bool)>,
        ttl: u32,
    }
    match Set::deserialize(note) {
        Ok(set) => {
            let targets = set
                .targets
                .into_iter()
                .map(|(host, disabled)| Target { host, disabled });
            RecordSet::new(targets.collect(), set.ttl).map_or(Pointers::Nothing, Pointers::Held)
        }
        Err(_) if note.is_null() => Pointers::Nothing,
        Err(error) => Pointers::Unknown(format!("what was read cannot be read again: {error}")),
    }
}

/// Which look-up a request asks for.
pub(crate) fn asked(request: &Request) -> Option<(Hostname, std::net::IpAddr)> {
    let value = |name: &str| {
        request
            .query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    };
    Some((value("host")?.parse().ok()?, value("address")?.parse().ok()?))
}
