//! Services in every state that a version can leave behind.

use std::time::Duration;

use domain::ActorKind;
use domain::id::OperationId;
use domain::machine::PowerAction;
use domain::record::{CreateProtocol, OperationKind, OperationState, QuestionKind};
use engine::core::Intent;
use serde_json::json;
use sim::fault::Fault;

use crate::trial::bench::suspension;
use crate::trial::{Bench, Broken};

/// Brings services into every state. What takes long comes first, so that nothing waits past its deadline for the rest.
pub fn all(bench: &mut Bench) -> Result<(), Broken> {
    bench.is_staffed = false;
    slow_questions(bench)?;
    quick_questions(bench)?;
    ended(bench)?;
    holds(bench)?;
    under_way(bench)?;
    effects(bench)
}

/// Another service of another client.
fn next(bench: &mut Bench) {
    bench.billing_id += 1;
    bench.client += 1;
}

fn asked(bench: &mut Bench, operation: OperationId, kind: QuestionKind) -> Result<(), Broken> {
    bench.run_until(&format!("the question {kind}"), |bench| {
        let mut open = bench.open_questions();
        open.any(|question| question.operation == Some(operation) && question.kind == kind)
    })
}

fn create(bench: &mut Bench) -> Result<OperationId, Broken> {
    let order = bench.order();
    bench.submit(Intent::Create(order))
}

/// What a person is asked after a quarter of an hour.
fn slow_questions(bench: &mut Bench) -> Result<(), Broken> {
    if bench.variant.protocol == CreateProtocol::List {
        bench.give("create_server", Fault::TimeoutBefore);
        let lost = create(bench)?;
        asked(bench, lost, QuestionKind::UnsettledCreate)?;
        next(bench);
        ambiguous(bench)?;
        next(bench);
    }
    bench.give("build_server", Fault::TimeoutBefore);
    let lost = create(bench)?;
    asked(bench, lost, QuestionKind::UnsettledChange)?;
    next(bench);
    bench.live()?;
    act(bench, "ignore_shutdown", "ignore", json!(true))?;
    let shutdown = bench.submit(Intent::Power(PowerAction::Shutdown))?;
    asked(bench, shutdown, QuestionKind::Overdue)?;
    next(bench);
    Ok(())
}

/// A machine that somebody made by hand at the same time stands beside the one whose answer was lost.
fn ambiguous(bench: &mut Bench) -> Result<(), Broken> {
    bench.give("create_server", Fault::ResetAfter);
    let lost = create(bench)?;
    bench.run_until("the order leaves", |bench| {
        bench
            .sent
            .iter()
            .any(|sent| sent.operation == lost && sent.name == "create_server")
    })?;
    let notes = &bench.operation(lost).notes;
    let owner = notes.get("owner").cloned().unwrap_or_default();
    let twin = json!({ "do": "create_server", "owner": owner, "group": 1, "package": 1 });
    bench.site.act(bench.now, twin)?;
    asked(bench, lost, QuestionKind::Ambiguous)
}

/// An act on the machine of the service, by hand.
fn act(bench: &Bench, what: &str, key: &str, value: serde_json::Value) -> Result<(), Broken> {
    let linked = bench.linked().ok_or("there is no machine")?;
    let server: u64 = linked.id.parse().map_err(|_| "the machine has no number")?;
    let mut action = json!({ "do": what, "server": server });
    if !key.is_empty() {
        action[key] = value;
    }
    bench.site.act(bench.now, action).map(|_| ())
}

/// What a person is asked within a few minutes.
fn quick_questions(bench: &mut Bench) -> Result<(), Broken> {
    bench
        .site
        .act(bench.now, json!({ "do": "fail_builds", "count": 1 }))?;
    let failed = create(bench)?;
    asked(bench, failed, QuestionKind::BuildFailed)?;
    next(bench);
    bench.live()?;
    act(bench, "delete", "", json!(null))?;
    let order = bench.order();
    let gone = bench.submit(Intent::ChangePackage(order))?;
    asked(bench, gone, QuestionKind::Vanished)?;
    next(bench);
    bench.live()?;
    act(bench, "replace_uuid", "", json!(null))?;
    let other = bench.submit(Intent::Terminate { window: None })?;
    asked(bench, other, QuestionKind::IdentityMismatch)?;
    next(bench);
    bench.live()?;
    bench.submit_as(ActorKind::System, Intent::Terminate { window: None }, (1, 1))?;
    next(bench);
    bench.live()?;
    bench.client += 1_000;
    let refresh = bench.submit(Intent::Refresh { live: true });
    bench.client -= 1_000;
    bench.finish(refresh?)?;
    next(bench);
    Ok(())
}

/// What is over: succeeded, failed, taken back, superseded.
fn ended(bench: &mut Bench) -> Result<(), Broken> {
    bench.ended()?;
    next(bench);
    let mut order = bench.order();
    order.settings.insert("package".to_owned(), "999".to_owned());
    let refused = bench.submit(Intent::Create(order))?;
    bench.finish(refused)?;
    next(bench);
    create(bench)?;
    let suspend = bench.submit(suspension())?;
    let end = bench.submit(Intent::Terminate { window: None })?;
    bench.finish(end)?;
    debug_assert_eq!(bench.operation(suspend).state, OperationState::Superseded);
    next(bench);
    Ok(())
}

/// What is held.
fn holds(bench: &mut Bench) -> Result<(), Broken> {
    bench.suspended()?;
    for _ in 0..4 {
        act(bench, "boot", "", json!(null))?;
        let off = bench.now + Duration::from_secs(45);
        bench.run_until("the watch", |bench| {
            bench.now >= off && bench.open(OperationKind::Suspend).is_none()
        })?;
    }
    if !bench
        .open_questions()
        .any(|question| question.kind == QuestionKind::SuspensionBroken)
    {
        return Err("a machine that is booted again and again is no question".to_owned());
    }
    next(bench);
    bench.suspended()?;
    next(bench);
    bench.live()?;
    let window = Some(Duration::from_secs(6 * 3_600));
    bench.submit(Intent::Terminate { window })?;
    bench.run_until("the machine is held", |bench| {
        bench.open(OperationKind::Suspend).is_none()
    })?;
    next(bench);
    Ok(())
}

/// A wish about a service that is in use.
type Deed = fn(&Bench) -> Intent;

/// What the process was at work on when it died: creates after every few commits, with their request sent and not
/// sent, with another operation behind them; and each other operation in its midst.
fn under_way(bench: &mut Bench) -> Result<(), Broken> {
    let (most, apart) = match bench.variant.protocol {
        CreateProtocol::List => (24, 3),
        CreateProtocol::Staging => (42, 5),
    };
    for (number, commits) in (1..most).step_by(apart).enumerate() {
        let operation = create(bench)?;
        halted(bench, operation, commits, number % 2 == 0)?;
        match number % 4 {
            1 => drop(bench.submit(suspension())?),
            2 => drop(bench.submit(Intent::Terminate { window: None })?),
            _ => {}
        }
        next(bench);
    }
    let deeds: [(Deed, usize); 6] = [
        (|_| suspension(), 5),
        (|_| Intent::Terminate { window: None }, 5),
        (
            |bench| Intent::ChangePackage(bench.subject.larger_order(bench.variant)),
            7,
        ),
        (|_| Intent::Power(PowerAction::Restart), 4),
        (|_| Intent::Refresh { live: true }, 1),
        (|_| Intent::SignOn, 1),
    ];
    for (intent, commits) in deeds {
        for sends in [false, true] {
            bench.live()?;
            let intent = intent(bench);
            let operation = bench.submit(intent)?;
            halted(bench, operation, commits, sends)?;
            next(bench);
        }
    }
    // One that nobody has looked at yet.
    create(bench)?;
    next(bench);
    Ok(())
}

fn halted(bench: &mut Bench, operation: OperationId, commits: usize, sends: bool) -> Result<(), Broken> {
    bench.halt(operation, commits, sends);
    bench.run_until(&format!("the halt after {commits} commits"), |bench| {
        bench.frozen.contains(&operation)
    })
}

/// What the billing system has not heard yet.
fn effects(bench: &mut Bench) -> Result<(), Broken> {
    bench.applies = false;
    bench.live()?;
    next(bench);
    Ok(())
}
