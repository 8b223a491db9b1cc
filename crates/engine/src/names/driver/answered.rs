//! The step that asks whoever answers for the zone whether it has what was written.

use std::collections::BTreeMap;

use domain::http::{Outcome, Request, Response};
use domain::record::NameWork;
use driver::facts;
use driver::{Findings, Prepared, StepContext, Verdict};
use rdns::is_same_host;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::judge::Noted;
use super::zone;
use crate::core::names::CHANGED;

/// The request that asks the servers that answer for a zone for some of its names.
pub(crate) const ASK_SERVERS: &str = "ask_servers";

/// How many names are asked for. All changes of an operation came into the zone at once, so that some stand for all.
const ASKED: usize = 5;

/// What one server answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replied {
    /// Which.
    pub server: String,
    /// The hosts that each name leads to by it, or why it could not be asked.
    pub said: Result<BTreeMap<String, Vec<String>>, String>,
}

impl Replied {
    /// The answer to [`ASK_SERVERS`].
    pub fn outcome(all: &[Self]) -> Outcome {
        Outcome::Answered(Response {
            status: 200,
            body: json!(all).to_string(),
            retry_after: None,
        })
    }
}

/// The zone and the names that a request asks about.
pub(crate) fn asked_about(request: &Request) -> (Option<&str>, Vec<&str>) {
    let of = |name: &'static str| request.query.iter().filter(move |(key, _)| key == name);
    let zone = of("zone").map(|(_, value)| value.as_str()).next();
    (zone, of("name").map(|(_, value)| value.as_str()).collect())
}

pub(super) fn look(context: &StepContext<'_>, work: &NameWork) -> Prepared {
    let changed: Vec<Noted> = facts::read(context.notes, CHANGED).unwrap_or_default();
    let zone = match zone(work) {
        Ok(zone) if !changed.is_empty() => zone,
        Ok(_) => return facts::known(facts::reached()),
        Err(no) => return Prepared::Refused(no),
    };
    let mut request = Request::get(ASK_SERVERS, "/").with_query("zone", zone.as_str());
    for one in changed.iter().rev().take(ASKED) {
        request = request.with_query("name", one.record.as_str());
    }
    Prepared::Send(request)
}

/// Whether the servers have what was written. One that does not answer does not answer anything outdated either; but none
/// at all proves nothing.
pub(super) fn heard(context: &StepContext<'_>, outcome: &Outcome) -> Verdict {
    let body = match outcome {
        Outcome::Answered(response) => response.body.as_str(),
        Outcome::Failed(_) => return Verdict::Unknown(outcome.summary()),
    };
    let replied: Vec<Replied> = match serde_json::from_str(body) {
        Ok(replied) => replied,
        Err(error) => return Verdict::Unknown(format!("what the name servers said cannot be read: {error}")),
    };
    let changed: Vec<Noted> = facts::read(context.notes, CHANGED).unwrap_or_default();
    let behind = replied.iter().find_map(|one| behind(one, &changed));
    let silent = replied
        .iter()
        .find_map(|one| Some((&one.server, one.said.as_ref().err()?)));
    let answered = replied.iter().any(|one| one.said.is_ok());
    facts::done(match (behind, silent) {
        (Some(why), _) => facts::pending(&why),
        (None, Some((server, why))) if !answered => {
            facts::pending(&format!("the name server {server} cannot be asked: {why}"))
        }
        _ => remembered(facts::reached(), &replied),
    })
}

/// Who was asked, for whoever reads the operation.
fn remembered(findings: Findings, replied: &[Replied]) -> Findings {
    let servers: Vec<&str> = replied.iter().map(|one| one.server.as_str()).collect();
    findings.note("answered_by", json!(servers))
}

/// Which name a server answers with something else than what was written last.
fn behind(replied: &Replied, changed: &[Noted]) -> Option<String> {
    let said = replied.said.as_ref().ok()?;
    said.iter().find_map(|(record, hosts)| {
        let noted = changed.iter().rev().find(|one| one.record.as_str() == record)?;
        let agrees = match &noted.target {
            Some(target) => matches!(&hosts[..], [host] if is_same_host(host, target.as_str())),
            None => hosts.is_empty(),
        };
        (!agrees).then(|| {
            let hosts = if hosts.is_empty() {
                "nothing".to_owned()
            } else {
                hosts.join(", ")
            };
            format!(
                "the name server {} still answers {hosts} for {record}",
                replied.server
            )
        })
    })
}
