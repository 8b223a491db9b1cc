//! Services in every state that a version can leave behind.

use std::time::Duration;

use domain::id::{OperationId, QuestionId};
use domain::machine::PowerAction;
use domain::record::{CreateProtocol, EffectBody, OperationKind, OperationState, Question, QuestionKind};
use domain::{Actor, ActorKind, Change, Commit};
use engine::core::{AckOutcome, Input, Intent, acknowledge, advance, cancel, set_aside};
use serde_json::json;
use sim::fault::Fault;

use crate::trial::bench::{CLIENT, another_system, suspension};
use crate::trial::{Bench, Broken};

/// Brings services into every state. What takes long comes first, so that nothing waits past its deadline for the rest.
pub fn all(bench: &mut Bench) -> Result<(), Broken> {
    bench.is_staffed = false;
    if bench.variant.protocol == CreateProtocol::Staging {
        late_machines(bench)?;
    }
    slow_questions(bench)?;
    quick_questions(bench)?;
    ended(bench)?;
    holds(bench)?;
    under_way(bench)?;
    questions_of_duties(bench)?;
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

/// The machine of an attempt that was given up appears, and its removal stops half-way: before and after its request.
fn late_machines(bench: &mut Bench) -> Result<(), Broken> {
    for sends in [false, true] {
        bench.give("create_server", Fault::EffectLater { seconds: 1_800 });
        bench.live()?;
        let removal = bench.open(OperationKind::RemoveStray);
        let removal = removal.ok_or("nothing watches the first attempt's account")?;
        bench.run_until("the late machine is being deleted", |bench| {
            let current = bench.operation(removal).current();
            current.is_some_and(|step| step > 0)
        })?;
        halted(bench, removal, 2, sends)?;
        next(bench);
    }
    Ok(())
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

/// What is over: succeeded, failed, cancelled, superseded.
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
    bench.live()?;
    // More than are shown with their service: the oldest go to the archive.
    for _ in 0..30 {
        let switch = bench.submit(Intent::Power(PowerAction::Restart))?;
        bench.finish(switch)?;
    }
    next(bench);
    let order = create(bench)?;
    let case = bench.store.case(order).ok_or("the order is not known")?;
    let back = cancel(&case, &Actor::host("corpus"), bench.world())?;
    bench.commit(back).map_err(|refused| refused.to_string())?;
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
    let deeds: [(Deed, usize); 11] = [
        (|_| suspension(), 5),
        (|_| Intent::Terminate { window: None }, 5),
        (
            |bench| Intent::ChangePackage(bench.subject.larger_order(bench.variant)),
            7,
        ),
        (|_| Intent::Power(PowerAction::Restart), 4),
        (|_| Intent::Refresh { live: true }, 1),
        (|_| Intent::SignOn, 1),
        (|_| Intent::Rename("renamed".parse().expect("a name")), 4),
        (|_| Intent::ResetPassword, 4),
        (|_| Intent::ResetAccountPassword, 4),
        (|_| Intent::Reinstall(another_system()), 5),
        (|_| Intent::Console { open: true }, 3),
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
    under_way_too(bench)?;
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

/// The operations that need something else first.
fn under_way_too(bench: &mut Bench) -> Result<(), Broken> {
    for sends in [false, true] {
        bench.suspended()?;
        let release = bench.submit(Intent::Unsuspend)?;
        halted(bench, release, 3, sends)?;
        next(bench);
        bench.live()?;
        let order = bench.order();
        let check = bench.submit(Intent::Validate(order))?;
        halted(bench, check, 1, sends)?;
        next(bench);
        // Machines made by hand are the first client's.
        let (machine, own) = (bench.site.make(bench.now), bench.client);
        bench.client = CLIENT;
        let adoption = bench.submit(Intent::Adopt(machine))?;
        bench.client = own;
        halted(bench, adoption, 1, sends)?;
        next(bench);
    }
    Ok(())
}

/// What a person is asked by the engine's duties, and about operations that cannot be advanced.
fn questions_of_duties(bench: &mut Bench) -> Result<(), Broken> {
    let taken = |refused: domain::change::Refused| refused.to_string();
    let stuck = create(bench)?;
    let case = bench.store.case(stuck).ok_or("the order is not known")?;
    let aside = set_aside(&case, "deciding it failed three times", bench.world());
    bench.commit(aside).map_err(taken)?;
    next(bench);
    let later = create(bench)?;
    let mut case = bench.store.case(later).ok_or("the order is not known")?;
    case.unknown_version = Some(99);
    let asks = advance(&case, Input::Due, bench.world());
    bench.commit(asks.commit).map_err(taken)?;
    next(bench);
    bench.live()?;
    let view = bench.store.view(bench.billing_id);
    let service = view.ok_or("the service is not known")?.service.id;
    let platform = bench.store.platform.id;
    let leave = vec![("leave".to_owned(), "leave it as it is for a week".to_owned())];
    let drifted = Question {
        service: Some(service),
        ..question(
            bench,
            QuestionKind::Drifted,
            format!("{platform} held {service}"),
            leave,
        )
    };
    let ignore = vec![("ignore".to_owned(), "it is none of our business".to_owned())];
    let orphan = question(
        bench,
        QuestionKind::Orphan,
        format!("{platform} orphan 4711"),
        ignore,
    );
    let commit = Commit {
        changes: vec![Change::PutQuestion(drifted), Change::PutQuestion(orphan)],
        ..Commit::default()
    };
    bench.commit(commit).map_err(taken)?;
    next(bench);
    Ok(())
}

/// A question of the reconciler, in its form.
fn question(bench: &Bench, kind: QuestionKind, subject: String, choices: Vec<(String, String)>) -> Question {
    Question {
        id: QuestionId::at(bench.now, bench.world().random),
        service: None,
        operation: None,
        kind,
        text: format!("What is to be done about {subject}?"),
        subject: Some(subject),
        choices,
        host_only: false,
        opened_at: bench.now,
        answered_at: None,
        answer: None,
        answered_by: None,
    }
}

/// What the billing system has not heard yet, and a mail of which nobody knows whether it went out.
fn effects(bench: &mut Bench) -> Result<(), Broken> {
    bench.applies = false;
    bench.live()?;
    next(bench);
    bench.live()?;
    loop {
        let fetched = bench.store.fetch_effects(None, bench.now, usize::MAX);
        let of_it = |effect: &&domain::record::Effect| {
            effect
                .service
                .is_some_and(|(_, billing_id)| billing_id == bench.billing_id)
        };
        let effect = fetched.iter().find(of_it).ok_or("no mail was sent")?;
        let is_mail = matches!(effect.body, EffectBody::SendMail { .. });
        let outcome = if is_mail {
            AckOutcome::Unknown
        } else {
            AckOutcome::Applied
        };
        let commit =
            acknowledge(effect, outcome, None, bench.world()).ok_or("an effect was settled twice")?;
        bench.commit(commit).map_err(|refused| refused.to_string())?;
        if is_mail {
            break;
        }
    }
    next(bench);
    Ok(())
}
