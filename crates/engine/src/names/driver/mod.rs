//! PowerDNS as a platform that holds names: the steps of a reverse-DNS operation, as a driver's.
//!
//! * `point`: read what is there, look the hostname up where that decides, change what is to be changed in one request,
//!   and read again. What a request changes was decided from the reading right before it.
//! * `notify`: the secondary servers are told once for all changes of the operation.
//! * `answered`: whoever answers for the zone is asked whether it has what was written.
//!
//! Look-ups ([`LOOK_UP`], [`ASK_SERVERS`]) are requests like the others, which the runner asks the DNS instead of the
//! server: they are journalled, and what follows from them stays pure.

mod answered;
mod judge;
mod point;

use std::time::Duration;

use domain::http::{Outcome, Request, RetryClass};
use domain::record::{NameWork, OperationKind, PlatformKind};
use driver::{
    Answered, Driver, Findings, Plan, PlanInput, Prepared, RefusalClass, StepContext, StepSpec, Verdict,
};
use driver::{Phase, facts};
use rdns::powerdns::Server;
use rdns::powerdns::answer::{self, ServerError};

use crate::core::names::CHANGED;

pub(crate) use answered::{ASK_SERVERS, Replied, asked_about};
pub(crate) use point::{COUNTS, LOOK_UP, asked, looked_up};

/// What nearly every PowerDNS calls itself.
pub(crate) const USUAL: &str = "localhost";

/// The note that the secondary servers were told.
const TOLD: &str = "told";

/// The driver of name servers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NameServers;

/// The API of a name server by what its account is called; empty for the usual one.
pub(crate) fn api(account: &str) -> Server {
    Server::new(if account.is_empty() { USUAL } else { account })
}

impl Driver for NameServers {
    fn kind(&self) -> PlatformKind {
        PlatformKind::PowerDns
    }

    fn api_base(&self) -> &'static str {
        ""
    }

    fn requests(&self) -> &'static [(&'static str, RetryClass)] {
        &[
            ("ping", RetryClass::Read),
            ("list_zones", RetryClass::Read),
            ("read_pointers", RetryClass::Read),
            ("read_whole", RetryClass::Read),
            (LOOK_UP, RetryClass::Read),
            (ASK_SERVERS, RetryClass::Read),
            ("change", RetryClass::Convergent),
            ("notify", RetryClass::Convergent),
        ]
    }

    fn plan(&self, input: &PlanInput<'_>) -> Result<Plan, Answered> {
        if input.kind != OperationKind::ReverseDns {
            return Err(Answered::permanent(format!(
                "A name server knows no {}",
                input.kind
            )));
        }
        Ok(Plan::of(vec![
            StepSpec::act("point", "setting names", RetryClass::Convergent),
            StepSpec::act(
                "notify",
                "telling the secondary name servers",
                RetryClass::Convergent,
            ),
            StepSpec::look("answered", "asking the zone's name servers"),
        ]))
    }

    fn prepare(&self, context: &StepContext<'_>) -> Prepared {
        let Some(work) = context.input.names() else {
            return Prepared::Refused(foreign());
        };
        match (context.step, context.phase) {
            ("point", Phase::Look) => point::look(context, work),
            ("point", Phase::Act) => point::act(context, work),
            ("notify", Phase::Look) => facts::known(told(context)),
            ("notify", Phase::Act) => match zone(work) {
                Ok(zone) => Prepared::Send(api(context.account).notify(&zone)),
                Err(no) => Prepared::Refused(no),
            },
            _ => answered::look(context, work),
        }
    }

    fn interpret(&self, context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Verdict {
        let Some(work) = context.input.names() else {
            return Verdict::Refused(foreign());
        };
        match (context.step, request.name.as_str()) {
            ("point", "read_pointers" | "read_whole" | LOOK_UP) => {
                point::seen(context, work, request, outcome)
            }
            ("point", "change") => point::acted(context, work, outcome),
            ("notify", "notify") => match answer::notified(outcome) {
                // Zones without secondary servers have nobody to be told.
                Ok(()) | Err(ServerError::Refused(_)) => facts::done(facts::reached().note(TOLD, true)),
                Err(ServerError::Unclear(why)) => Verdict::Unknown(why),
            },
            ("answered", ASK_SERVERS) => answered::heard(context, outcome),
            _ => facts::foreign(context, request),
        }
    }

    fn probes(&self, account: &str) -> Vec<Request> {
        vec![api(account).ping()]
    }

    fn interpret_probe(&self, _: &Request, outcome: &Outcome) -> Result<(), String> {
        answer::ping(outcome).map_err(|why| why.to_string())
    }
}

/// Whether the secondary servers know of what was changed.
fn told(context: &StepContext<'_>) -> Findings {
    if context.notes.contains_key(TOLD) || !context.notes.contains_key(CHANGED) {
        facts::reached()
    } else {
        facts::missing()
    }
}

fn foreign() -> Answered {
    Answered::permanent("A name server looks after names only")
}

/// The zone of the operation.
fn zone(work: &NameWork) -> Result<rdns::DnsName, Answered> {
    let place = work.place.as_ref();
    let zone = place.and_then(|place| place.zone.parse().ok());
    zone.ok_or_else(|| Answered::permanent("The operation names no zone"))
}

/// What a failed request to a name server means.
fn failed(outcome: &Outcome, why: ServerError) -> Verdict {
    let answered = |class, reason| {
        let retry_after = match outcome {
            Outcome::Answered(response) => response.retry_after.map(Duration::from_secs),
            Outcome::Failed(_) => None,
        };
        Verdict::Refused(Answered {
            class,
            reason,
            retry_after,
        })
    };
    let status = match outcome {
        Outcome::Answered(response) => response.status,
        Outcome::Failed(_) => 0,
    };
    let text = why.to_string();
    match (status, why) {
        (401 | 403, _) => answered(RefusalClass::Credential, text),
        (429, _) => answered(RefusalClass::Throttled, text),
        (409 | 423, _) => answered(RefusalClass::Busy, text),
        (_, ServerError::Refused(reason)) => answered(RefusalClass::Permanent, reason),
        (_, ServerError::Unclear(reason)) => Verdict::Unknown(reason),
    }
}
