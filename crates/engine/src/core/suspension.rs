//! Suspension that holds: the machine is off, is watched, is switched off again, and comes back as it was.

use std::time::Duration;

use domain::case::ServiceView;
use domain::id::QuestionId;
use domain::machine::{Machine, Power};
use domain::record::{
    EffectBody, FactRecord, OperationInput, OperationKind, Question, QuestionKind, Standing, StepRecord,
};
use domain::{Actor, Change, Commit, Fact, Fence, Moment};

use super::draft::{Draft, fresh_operation};
use super::{World, drift, finish, tell};

/// How often a suspended machine is looked at. A machine that was booted behind our back is found within this and off
/// again within 60 s.
pub const WATCH_INTERVAL: Duration = Duration::from_secs(30);

/// How often in 24 hours a suspended machine is switched off again before a person is asked.
pub const HOLD_LIMIT: usize = 3;

/// For how long after its create a platform may show a machine as it was before its first run.
const FIRST_RUN: Duration = Duration::from_mins(10);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Keeps the power state that a machine had before its suspension: the first that is known before anything was sent, also
/// such as was turned away. A machine that is still starting, or on its way to being off, is looked at until it says which.
pub(super) fn remember_power(draft: &mut Draft<'_>, machine: &Machine) {
    let untouched = !draft.operation.steps.iter().any(StepRecord::was_sent);
    if draft.operation.kind == OperationKind::Suspend
        && untouched
        && draft.service.power_before_suspend.is_none()
        && !machine.suspended.known().copied().unwrap_or(false)
    {
        draft.service.power_before_suspend = machine.power.known().copied();
    }
}

/// Whether a machine was made a moment ago and nothing has been done to it since: that it is shown as off then is nobody's
/// wish.
pub(super) fn awaits_first_run(view: &ServiceView, now: Moment) -> bool {
    let changes = view.open.iter().chain(&view.recent);
    let last = changes
        .filter(|operation| operation.kind.changes())
        .max_by_key(|operation| operation.sequence);
    let made = last.filter(|operation| {
        operation.kind == OperationKind::Create && operation.generation == view.service.generation
    });
    made.and_then(|create| create.finished_at)
        .is_some_and(|made| now < made + FIRST_RUN)
}

/// A suspend is verified: the watch begins.
pub(super) fn held(draft: &mut Draft<'_>) {
    draft.service.watch_due = Some(draft.now() + WATCH_INTERVAL);
    // Whether it ran could not be seen: a service in use is only off by its client's wish, which the client can repeat.
    draft.service.power_before_suspend.get_or_insert(Power::On);
    if draft.operation.kind == OperationKind::Suspend {
        tell::done(draft, None);
    }
}

/// An unsuspend is verified.
pub(super) fn released(draft: &mut Draft<'_>) {
    tell::done(draft, None);
    if draft
        .case
        .others
        .iter()
        .any(|other| other.kind == OperationKind::Suspend)
    {
        // Suspended again meanwhile: it stays so, and the next operation holds the machine.
        return;
    }
    draft.service.standing = match (&draft.link, draft.operation.interrupted_by) {
        (_, Some(_)) => Standing::Ending,
        (Some(_), None) => Standing::Live,
        (None, None)
            if draft
                .case
                .others
                .iter()
                .any(|other| other.kind == OperationKind::Create) =>
        {
            Standing::Building
        }
        (None, None) => Standing::Vacant,
    };
    draft.service.power_before_suspend = None;
    draft.service.watch_due = None;
    draft.service.holds.clear();
    // A service suspended during its build gets its mail when it is first in use.
    if draft.link.is_some() {
        finish::welcome(draft);
    }
}

/// A suspended service, or one for which a lost change may come late, is looked at: the refresh operation that does it.
pub fn watch(view: &ServiceView, world: World<'_>) -> Commit {
    let mut service = view.service.clone();
    let fence = Fence::service(service.id, service.version);
    service.watch_due = match service.standing {
        Standing::Suspended => Some(world.now + WATCH_INTERVAL),
        _ => drift::next_look(service.unsettled_until, world.now),
    };
    service.updated_at = world.now;
    let mut changes = Vec::new();
    let busy = view
        .open
        .iter()
        .any(|operation| operation.kind.changes() || operation.kind == OperationKind::Refresh);
    if !busy && view.link.is_some() {
        let sequence = view
            .recent
            .iter()
            .map(|operation| operation.sequence)
            .max()
            .unwrap_or(0)
            + 1;
        let actor = Actor::engine("hold-suspension");
        let operation = fresh_operation(
            &service,
            OperationKind::Refresh,
            OperationInput::Nothing,
            actor,
            sequence,
            world,
        );
        changes.push(Change::InsertOperation(operation));
    }
    changes.insert(0, Change::PutService(service));
    Commit { fence, changes }
}

/// A refresh is done. If it shows a suspended machine running, the machine is switched off again; if it shows a machine
/// in use held by a late suspension of ours, it is released.
pub(super) fn observed(draft: &mut Draft<'_>) {
    if draft.case.others.iter().any(|other| other.kind.changes()) {
        return;
    }
    let machine = draft
        .case
        .machine
        .as_deref()
        .filter(|fact| fact.observed_at >= draft.operation.created_at);
    let Some(machine) = machine.and_then(FactRecord::machine) else {
        return;
    };
    match draft.service.standing {
        Standing::Suspended => hold_again(draft, &machine),
        Standing::Live => drift::release_late_hold(draft, &machine),
        Standing::Vacant | Standing::Building | Standing::Ending | Standing::Ended => {}
    }
}

fn hold_again(draft: &mut Draft<'_>, machine: &Machine) {
    let now = draft.now();
    let running = machine.power == Fact::Known(Power::On);
    let released = machine.suspended == Fact::Known(false);
    if !running && !released {
        return;
    }
    draft.service.holds.retain(|moment| now < *moment + DAY);
    if draft.service.holds.len() >= HOLD_LIMIT {
        ask_once(draft);
        return;
    }
    draft.service.holds.push(now);
    let reason = "it was running although the service is suspended".to_owned();
    draft.spawn(
        OperationKind::Suspend,
        OperationInput::Suspend { reason },
        "hold-suspension",
    );
    tell::line(
        draft,
        "the suspended machine was running and is switched off again",
    );
}

/// One question per suspension: somebody switches the machine on again and again.
fn ask_once(draft: &mut Draft<'_>) {
    if draft
        .case
        .questions
        .iter()
        .any(|question| question.kind == QuestionKind::SuspensionBroken)
    {
        return;
    }
    let text = format!(
        "The machine of service {} was switched on {HOLD_LIMIT} times within a day although the service is suspended. \
         It runs now.",
        draft.service.billing_id
    );
    let question = Question {
        id: QuestionId::at(draft.now(), draft.world.random),
        service: Some(draft.service.id),
        operation: None,
        kind: QuestionKind::SuspensionBroken,
        subject: None,
        text: text.clone(),
        choices: vec![
            (
                "hold".to_owned(),
                "switch it off again, and hold it for another day".to_owned(),
            ),
            (
                "let-run".to_owned(),
                "let it run until the service is unsuspended or suspended anew".to_owned(),
            ),
        ],
        host_only: false,
        opened_at: draft.now(),
        answered_at: None,
        answer: None,
        answered_by: None,
    };
    draft.push(Change::PutQuestion(question));
    draft.effect(EffectBody::Todo {
        title: format!("Hostler asks about service {}", draft.service.billing_id),
        description: text,
    });
}
