//! `password`: a new password for the administrator inside the machine; `account_password`: one for the client's account
//! on the panel.
//!
//! Nothing that can be read shows whether a password was set. Its answer brings the password, and where that is lost a
//! person decides, or the client, who asks for another one.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::machine::Power;
use domain::time::Moment;
use domain::{Access, Fact};
use driver::facts::{broken, foreign};
use driver::{Answered, Findings, Phase, Prepared, RefusalClass, Standing, StepContext, Verdict};
use serde_json::{Value, json};

use super::account::found;
use super::power::job_ended;
use crate::answer;
use crate::facts::{self, accepted, done, known, missing, reached, turned_down, turned_down_with};
use crate::machine::{Sight, administrator, present};
use crate::requests;
use crate::wire::{AccountReset, PasswordReset, Single};

/// The note since when the machine is shown as off.
const OFF_SINCE: &str = "off_since";
/// The note since when the panel says that it does not know the account.
const DOUBTED: &str = "doubted";

/// A machine that was switched on a moment ago may still be shown as off.
const SHOWN_WITHIN: Duration = Duration::from_secs(15);

/// How long after a 404 the panel is asked once more.
const AGAIN: Duration = Duration::from_mins(1);

const LOST: &str = "The answer to the new password was lost, and whether it was set cannot be read";

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    if context.phase == Phase::Act {
        return Ok(Prepared::Send(requests::reset_password(
            server,
            &facts::administrator(context),
        )));
    }
    if context.acted_at.is_none() {
        return Ok(Prepared::Send(requests::read_server_live(server)));
    }
    settled(context)?;
    Ok(match (facts::was_accepted(context), facts::job(context)) {
        (false, _) => known(broken(LOST)),
        (true, Some(job)) => Prepared::Send(requests::read_job(job)),
        (true, None) => known(reached()),
    })
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_server" => may_be_set(context, present(request, outcome)?),
        "reset_password" => match answer::success(request, outcome) {
            Ok(response) => {
                let reset = answer::body::<Single<PasswordReset>>(request, response)?.data;
                let jobs = facts::with_entry(context, "job", context.step, reset.queue_id);
                let mut findings =
                    accepted(context, "the panel took it; waiting until it is set").note("job", jobs);
                let name = facts::administrator(context);
                let access = reset.expected_password.map(|password| Access { name, password });
                findings.secret = access.map(|access| access.seal());
                Ok(done(findings))
            }
            Err(verdict) => turned_down(context, verdict),
        },
        "read_job" => job_ended(request, outcome, "set the password"),
        _ => Err(foreign(context, request)),
    }
}

/// The panel reaches only into a machine that runs.
fn may_be_set(context: &StepContext<'_>, sight: Sight) -> Result<Verdict, Verdict> {
    if sight.machine.power != Fact::Known(Power::Off) {
        let user = administrator(&sight.server);
        let findings = missing()
            .note(facts::ADMINISTRATOR, user)
            .note(OFF_SINCE, Value::Null);
        return Ok(done(findings.with_machine(sight.machine)));
    }
    let since: Moment = facts::read(context.notes, OFF_SINCE).unwrap_or(context.now);
    if context.now >= since + SHOWN_WITHIN {
        return Err(Verdict::Refused(Answered::permanent(
            "The server is switched off. Start it, and ask again when its system is up",
        )));
    }
    let findings = Findings::of(Standing::Pending {
        hint: "the server is shown as switched off; looking once more".to_owned(),
        after: Some(SHOWN_WITHIN),
    });
    let findings = findings.note(OFF_SINCE, json!(since));
    Ok(done(findings.with_machine(sight.machine)))
}

/// Whether the panel has turned the act down for good.
fn settled(context: &StepContext<'_>) -> Result<(), Answered> {
    turned_down_with(context).map_or(Ok(()), |reason| Err(Answered::permanent(reason)))
}

pub fn prepare_account(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let who = facts::external_id(context);
    if context.phase == Phase::Act {
        return Ok(Prepared::Send(requests::reset_user_password(&who)));
    }
    if context.acted_at.is_none() {
        return Ok(Prepared::Send(requests::read_user(&who)));
    }
    settled(context)?;
    Ok(if facts::was_accepted(context) {
        known(reached())
    } else {
        known(broken(LOST))
    })
}

pub fn interpret_account(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_user" => match found(&facts::external_id(context), request, outcome)? {
            Some(user) => is_owner(context, user.id),
            None => unknown_account(context),
        },
        "reset_user_password" => was_reset(context, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

/// The account whose password is set is the one that the machine lies in.
fn is_owner(context: &StepContext<'_>, user: u64) -> Result<Verdict, Verdict> {
    let owner = context.link.map(|link| link.identity.owner.as_str());
    if owner == Some(user.to_string().as_str()) {
        return Ok(done(missing().note(DOUBTED, Value::Null)));
    }
    Err(Verdict::Refused(Answered::permanent(format!(
        "The client's account on the panel is user {user}, and the server belongs to user {}",
        owner.unwrap_or("unknown")
    ))))
}

/// A 404 may be false: one is not believed, and neither is another one right after it.
fn unknown_account(context: &StepContext<'_>) -> Result<Verdict, Verdict> {
    let since: Moment = facts::read(context.notes, DOUBTED).unwrap_or(context.now);
    let rest = (since + AGAIN).since(context.now);
    if rest.is_zero() {
        return Err(Verdict::Refused(Answered::permanent(
            "The client has no account on the panel",
        )));
    }
    let findings = Findings::of(Standing::Pending {
        hint: "the panel does not know the account; asking once more".to_owned(),
        after: Some(rest),
    });
    Ok(done(findings.note(DOUBTED, json!(since))))
}

/// Only 201 carries a password. The account was there a moment ago, so a 404 says nothing for good.
fn was_reset(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    if answer::is_plain_404(outcome) {
        return Err(Verdict::Refused(Answered {
            class: RefusalClass::Busy,
            reason: "The panel does not know the account at present (HTTP 404)".to_owned(),
            retry_after: None,
        }));
    }
    let response = match answer::success(request, outcome) {
        Ok(response) if response.status == 201 => response,
        Ok(response) => {
            return Err(Verdict::Unknown(format!(
                "HTTP {} to {} where only 201 carries a password",
                response.status, request.name
            )));
        }
        Err(verdict) => return turned_down(context, verdict),
    };
    let reset = answer::body::<Single<AccountReset>>(request, response)?.data;
    let access = Access {
        name: reset.email,
        password: reset.password,
    };
    let mut findings = reached().note(
        "accepted",
        facts::with_entry(context, "accepted", context.step, context.marker.attempt),
    );
    findings.secret = Some(access.seal());
    Ok(done(findings))
}
