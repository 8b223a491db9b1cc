//! What must hold: at every moment, and at the end of a trial. Nothing else judges one.
//!
//! | rule | in words |
//! |---|---|
//! | [`one_link`] | a service has one open link, a machine one service |
//! | [`one_machine_in_reach`] | the client never has more machines than he pays for |
//! | [`why`] | what has not ended has a reason, and a next step or an open question |
//! | [`ended_or_asked_in_time`] | every operation ended, or a person was asked, by its deadline |
//! | [`no_call_open`] | no call stands in `sending` |
//! | [`where_it_should_be`] | an operation that succeeded left the service where it was to go |
//! | [`machines_fit`] | the machines on the platform are those that the service's standing says, linked, and no others |
//! | [`nothing_twice`] | no creating or disruptive act was sent twice, unless the first certainly had no effect, its attempts are told apart upstream, or a person said so |
//! | [`nothing_left_over`] | of machines that are gone nothing is kept that is paid for |
//! | [`no_false_no`] | a passing fault does not end a change with a refusal |
//! | [`asked_for_a_reason`] | a person is asked only where nobody but a person can know |
//! | [`one_mail`] | a service in use got its welcome mail once |
//! | [`strangers_untouched`] | no other customer's machine was changed |
//!
//! Beside them the bench itself refuses an act that harms without a comparison of the machine's identity in the minute
//! before it.

use std::time::Duration;

use domain::http::RetryClass;
use domain::record::{CallState, LinkRole, OperationKind, OperationState, QuestionKind, Standing};
use sim::fault::Fault;

use super::Broken;
use super::bench::Bench;
use super::scene::Scene;
use super::site::Whose;
use super::trouble::Disturbance;
use super::verdict::{End, Settled};

/// How late an operation may be noticed to be past its deadline.
const LATE: Duration = Duration::from_secs(600);

/// How long absence is observed before a disruptive act that may be resent is sent again.
const SEARCHED: Duration = Duration::from_secs(600);

/// What must hold after every commit. [`one_machine_in_reach`] is looked at after every request, which alone can break it.
pub fn always(bench: &Bench) -> Result<(), Broken> {
    one_link(bench)?;
    why(bench)
}

/// What must hold when everything is settled.
pub fn at_the_end(bench: &Bench, scene: &Scene, disturbance: &Disturbance, end: &End) -> Result<(), Broken> {
    always(bench)?;
    one_machine_in_reach(bench)?;
    ended_or_asked_in_time(bench)?;
    no_call_open(bench)?;
    where_it_should_be(scene, end)?;
    machines_fit(scene, disturbance, end)?;
    nothing_twice(bench)?;
    nothing_left_over(bench)?;
    no_false_no(bench, scene, disturbance, end)?;
    asked_for_a_reason(bench, scene, disturbance, end)?;
    one_mail(end)?;
    strangers_untouched(bench)
}

/// A service has one open link, a machine one service.
pub fn one_link(bench: &Bench) -> Result<(), Broken> {
    let open = |link: &&domain::record::Link| link.closed_at.is_none() && link.role == LinkRole::Primary;
    for link in bench.store.tables.links.values().filter(open) {
        let twin = bench.store.tables.links.values().filter(open).find(|other| {
            other.id != link.id
                && (other.identity.id == link.identity.id
                    || (other.service, other.generation) == (link.service, link.generation))
        });
        if let Some(twin) = twin {
            return Err(format!(
                "{} is linked to {} and {} to {}",
                link.service, link.identity.id, twin.service, twin.identity.id
            ));
        }
    }
    Ok(())
}

/// The client never has more machines than he pays for.
pub fn one_machine_in_reach(bench: &Bench) -> Result<(), Broken> {
    let machines = bench.machines();
    let of_client = machines.iter().filter(|made| made.whose == Whose::Client);
    // Who has no account on the platform reaches what is linked, and no link has two machines.
    let has_account = bench.subject.clients_have_accounts();
    let reached = of_client
        .filter(|made| has_account || is_linked(bench, &made.id))
        .count();
    let paid = bench.store.tables.services.len().max(1);
    if reached > paid {
        return Err(format!(
            "the client pays for {paid} and reaches {reached} machines"
        ));
    }
    Ok(())
}

fn is_linked(bench: &Bench, machine: &str) -> bool {
    let mut links = bench.store.tables.links.values();
    links.any(|link| link.closed_at.is_none() && link.identity.id == machine)
}

/// What has not ended has a reason, and a next step or an open question.
pub fn why(bench: &Bench) -> Result<(), Broken> {
    for operation in bench
        .store
        .tables
        .operations
        .values()
        .filter(|operation| !operation.state.is_final())
    {
        let asked = bench
            .open_questions()
            .any(|question| question.operation == Some(operation.id));
        let next = match operation.state {
            OperationState::Queued => bench.store.tables.operations.values().any(|other| {
                other.service == operation.service && other.id != operation.id && !other.state.is_final()
            }),
            OperationState::Asking => asked,
            _ => operation.due_at.is_some() || operation.lease.is_some(),
        };
        if operation.reason.is_empty() || !next {
            return Err(format!(
                "{} is {} without a next step: {}",
                operation.kind, operation.state, operation.reason
            ));
        }
    }
    Ok(())
}

/// Every operation ended, or a person was asked, by its deadline.
pub fn ended_or_asked_in_time(bench: &Bench) -> Result<(), Broken> {
    for operation in bench.store.tables.operations.values() {
        let by = operation.deadline + LATE;
        let ended = operation.finished_at.unwrap_or(bench.now) <= by;
        let asked = bench
            .store
            .tables
            .questions
            .values()
            .any(|question| question.operation == Some(operation.id) && question.opened_at <= by);
        if !ended && !asked {
            return Err(format!(
                "{} neither ended nor asked by its deadline",
                operation.kind
            ));
        }
    }
    Ok(())
}

/// No call stands in `sending`.
pub fn no_call_open(bench: &Bench) -> Result<(), Broken> {
    let open = bench
        .store
        .tables
        .sending
        .values()
        .find(|call| call.state == CallState::Sending);
    open.map_or(Ok(()), |call| {
        Err(format!("{} is still in sending", call.request.name))
    })
}

/// An operation that succeeded left the service where it was to go.
pub fn where_it_should_be(scene: &Scene, end: &End) -> Result<(), Broken> {
    if end.state == OperationState::Succeeded && end.standing != scene.goal {
        return Err(format!(
            "it succeeded and the service is {}, not {}",
            end.standing, scene.goal
        ));
    }
    Ok(())
}

/// The machines on the platform are those that the service's standing says, linked, and no others.
pub fn machines_fit(scene: &Scene, disturbance: &Disturbance, end: &End) -> Result<(), Broken> {
    let removed = removes_by_hand(disturbance);
    // What was made by hand and could not be adopted is as it was.
    let adopts = scene.kind == OperationKind::Adopt && end.state != OperationState::Succeeded;
    if adopts && end.machines.len() == 1 {
        return Ok(());
    }
    let unlinked = end
        .machines
        .iter()
        .find(|made| Some(&made.id) != end.linked.as_ref());
    if let Some(made) = unlinked {
        return Err(format!("machine {} belongs to no service", made.id));
    }
    let machine = end.machines.first();
    match (end.standing, machine) {
        (Standing::Live | Standing::Suspended, None) if removed => Ok(()),
        (Standing::Live | Standing::Suspended, None) => {
            Err(format!("the service is {} and has no machine", end.standing))
        }
        (Standing::Live, Some(made)) if made.suspended == Some(true) => {
            Err("a service in use is held on the platform".to_owned())
        }
        (Standing::Live, Some(made)) if !made.built && end.state == OperationState::Succeeded => {
            Err("a service in use has a machine without a system".to_owned())
        }
        (Standing::Suspended, Some(made)) if !made.is_held() => {
            Err("the machine of a suspended service is not held".to_owned())
        }
        (Standing::Vacant | Standing::Ended, Some(made)) => Err(format!(
            "the service is {} and machine {} is linked",
            end.standing, made.id
        )),
        (Standing::Building | Standing::Ending, _) => Err(format!(
            "the service is still {} after {}",
            end.standing, scene.kind
        )),
        _ => Ok(()),
    }
}

/// No creating or disruptive act was sent twice, unless the first certainly had no effect, its attempts are told apart
/// upstream, or a person said so.
pub fn nothing_twice(bench: &Bench) -> Result<(), Broken> {
    let once = |class| matches!(class, RetryClass::Creating | RetryClass::Disruptive);
    let acts: Vec<_> = bench.sent.iter().filter(|sent| once(sent.class)).collect();
    for (index, first) in acts.iter().enumerate().filter(|(_, first)| !first.void) {
        let again = acts
            .iter()
            .skip(index + 1)
            .find(|other| other.operation == first.operation && other.what == first.what);
        let Some(second) = again else { continue };
        let step = bench.operation(first.operation).step(&first.step);
        // Two creates are told apart by what they say; two that are alike are one attempt made twice.
        let searched = first.class == RetryClass::Disruptive
            && step.is_some_and(|step| step.resendable)
            && second.at >= first.at + SEARCHED;
        let told = bench.answered.iter().any(|(at, id, word)| {
            *id == first.operation && *word == "send-again" && first.at <= *at && *at <= second.at
        });
        if !searched && !told {
            return Err(format!("{} was sent twice", first.name));
        }
    }
    Ok(())
}

/// Of machines that are gone nothing is kept that is paid for.
pub fn nothing_left_over(bench: &Bench) -> Result<(), Broken> {
    let left = bench.site.left_over(bench.now);
    left.first().map_or(Ok(()), |first| {
        Err(format!(
            "{} are left of machines that are gone: {first}",
            left.len()
        ))
    })
}

/// A passing fault does not end a change with a refusal, unless what comes later would not be what was meant.
pub fn no_false_no(bench: &Bench, scene: &Scene, disturbance: &Disturbance, end: &End) -> Result<(), Broken> {
    let is_meant_now = match disturbance {
        Disturbance::Once { fault, .. } | Disturbance::Lasting { fault, .. } => {
            bench.subject.may_refuse(scene.kind, fault)
        }
        Disturbance::None | Disturbance::Again { .. } | Disturbance::AllAgain | Disturbance::Kill(_) => false,
    };
    let may = !scene.kind.changes() || removes_by_hand(disturbance) || is_meant_now;
    if end.settled == Settled::Refused && !may {
        return Err(format!(
            "it was refused although the fault passed: {}",
            end.reason
        ));
    }
    if end.state != OperationState::Succeeded && end.reason.is_empty() {
        return Err("it ended without a reason".to_owned());
    }
    Ok(())
}

/// A person is asked only where nobody but a person can know: what came of a request that must not be repeated and that
/// shows nothing, where a machine went that somebody removed, why a guest does not shut down.
pub fn asked_for_a_reason(
    bench: &Bench,
    scene: &Scene,
    disturbance: &Disturbance,
    end: &End,
) -> Result<(), Broken> {
    let Some(kind) = end.settled.question() else {
        return Ok(());
    };
    let once = |class| matches!(class, RetryClass::Creating | RetryClass::Disruptive);
    let lost = match disturbance {
        Disturbance::Once { at, .. } => bench.sent.get(*at).is_some_and(|sent| once(sent.class)),
        Disturbance::Lasting { name, .. } => bench
            .sent
            .iter()
            .any(|sent| sent.name == *name && once(sent.class)),
        // A death may come with any request on its way.
        Disturbance::Kill(_) => bench.sent.iter().any(|sent| once(sent.class)),
        Disturbance::None | Disturbance::Again { .. } | Disturbance::AllAgain => false,
    };
    let may = removes_by_hand(disturbance)
        || match kind {
            QuestionKind::UnsettledCreate | QuestionKind::UnsettledChange | QuestionKind::BuildFailed => lost,
            QuestionKind::Overdue => scene.kind == OperationKind::Power,
            _ => false,
        };
    if may {
        return Ok(());
    }
    Err(format!("a person was asked ({kind}) what could be known"))
}

/// A service in use got its welcome mail once.
pub fn one_mail(end: &End) -> Result<(), Broken> {
    if let Some((generation, count)) = end.mails.iter().find(|(_, count)| **count > 1) {
        return Err(format!("{count} welcome mails in generation {generation}"));
    }
    Ok(())
}

/// No other customer's machine was changed.
pub fn strangers_untouched(bench: &Bench) -> Result<(), Broken> {
    let all = bench.site.machines(bench.now).into_iter();
    let now: Vec<_> = all.filter(|made| made.whose == Whose::Stranger).collect();
    if now == bench.strangers {
        return Ok(());
    }
    Err("another customer's machine was changed".to_owned())
}

/// Whether the disturbance takes the machine itself away.
fn removes_by_hand(disturbance: &Disturbance) -> bool {
    matches!(
        disturbance,
        Disturbance::Once {
            fault: Fault::TrueNotFound,
            ..
        } | Disturbance::Lasting {
            fault: Fault::TrueNotFound,
            ..
        }
    )
}
