//! One transition of one operation.

use domain::case::Case;
use domain::http::{Outcome, RetryClass};
use domain::record::{
    ActOutcome, Call, Hindrance, OperationKind, OperationState, PlatformState, QuestionKind, Standing,
    StepPhase, StepRecord,
};
use driver::{Known, Marker, Phase, PlanInput, Prepared, StepContext};

use super::draft::{Draft, Move, begin};
use super::schedule::{ABSENCE_APART, WATCH_AFTER_QUESTION, backoff};
use super::{World, finish, look, names, outcome, recovery, tell};

/// Why an operation is advanced.
#[derive(Debug, Clone)]
pub enum Input {
    /// It is due.
    Due,
    /// A call of it ended.
    Ended(Box<Call>, Outcome),
}

/// Moves an operation by one transition. The commit is fenced by the operation's lease and the service's version: a
/// refused commit means that something else happened meanwhile, and the case is read and advanced again.
pub fn advance(case: &Case, input: Input, world: World<'_>) -> Move {
    let mut draft = Draft::new(case, world);
    if let Some(version) = case.unknown_version {
        draft.operation.due_at = None;
        draft.ask(
            QuestionKind::UnknownVersion,
            format!(
                "This operation was stored by a newer program (format {version}). Upgrade, or give it up."
            ),
            &[("give-up", "end it as failed; nothing more is done")],
        );
        return draft.rest();
    }
    tell::late(&mut draft);
    match input {
        Input::Ended(call, outcome) => outcome::ended(draft, &call, &outcome),
        // Found at start-up, or after a lease ran out: the call left, its answer did not come. Never sent again.
        Input::Due => match case.sending.first() {
            Some(call) => outcome::ended(draft, call, &Outcome::lost("found in sending after a restart")),
            None => due(draft),
        },
    }
}

fn due(mut draft: Draft<'_>) -> Move {
    let now = draft.now();
    match draft.operation.state {
        OperationState::Running | OperationState::Asking => {}
        _ => {
            draft.operation.due_at = None;
            return draft.rest();
        }
    }
    if draft.operation.interrupted_by.is_some() && !unsettled_create(&draft) {
        return finish::superseded(draft);
    }
    if is_overdue(&draft) {
        return overdue(draft);
    }
    if draft.operation.kind == OperationKind::ReverseDns
        && draft.operation.steps.is_empty()
        && let Some(instead) = names::before_plan(&mut draft)
    {
        return instead.end(draft);
    }
    let about_a_machine = matches!(
        draft.operation.kind,
        OperationKind::Terminate | OperationKind::Suspend | OperationKind::Unsuspend
    );
    if about_a_machine && draft.link.is_none() {
        return finish::succeeded(draft);
    }
    let usable = draft
        .case
        .platform
        .as_ref()
        .is_some_and(|platform| platform.state == PlatformState::Approved);
    let Some(driver) = draft.world.driver.filter(|_| usable) else {
        let due = now + WATCH_AFTER_QUESTION;
        draft.wait_until(
            due,
            "waits for its platform: it is not approved. Run `hostler platform approve`",
        );
        return draft.rest();
    };
    if draft.operation.steps.is_empty() {
        return plan(draft, driver);
    }
    match draft.operation.current() {
        Some(index) => work(draft, driver, index),
        None => finish::succeeded(draft),
    }
}

/// Whether the operation's time is over. While the store is being recovered it stands still.
pub(super) fn is_overdue(draft: &Draft<'_>) -> bool {
    draft.world.recovering.is_none()
        && draft.operation.state == OperationState::Running
        && draft.now() >= draft.operation.deadline
}

/// Whether something of a create is on its way that a termination has to wait for: a machine that may come to be, or a
/// machine that is about to have another owner.
fn unsettled_create(draft: &Draft<'_>) -> bool {
    let mut steps = draft.operation.steps.iter();
    draft.operation.kind == OperationKind::Create
        && if draft.link.is_some() {
            steps.any(is_half_way)
        } else {
            steps.any(|step| {
                step.class == RetryClass::Creating && step.attempt > 0 && step.phase != StepPhase::Done
            })
        }
}

/// Whether a convergent act left and its goal is not seen yet. What follows could not tell how the machine will look, so
/// such a step is brought to its end first; sending it again does no harm.
pub(super) fn is_half_way(step: &StepRecord) -> bool {
    step.class == RetryClass::Convergent
        && step.phase != StepPhase::Done
        && matches!(step.act_outcome, Some(ActOutcome::Accepted | ActOutcome::Lost))
}

fn overdue(mut draft: Draft<'_>) -> Move {
    let reason = draft.operation.reason.clone();
    let removing = draft.operation.kind == OperationKind::RemoveStray;
    let acted = draft.operation.steps.iter().any(|step| step.attempt > 0);
    if removing && !acted {
        // The watch is over, and nothing has appeared.
        return finish::succeeded(draft);
    }
    // An account that cannot be closed holds something that is paid for.
    let closing = draft.operation.kind == OperationKind::CloseAccounts;
    if !draft.operation.kind.changes() && !removing && !closing && !names::is_owed(&draft.operation) {
        return finish::failed(draft, &format!("it did not finish in time: {reason}"));
    }
    let text = format!(
        "{} of service {} did not finish in time. Last: {reason}",
        draft.operation.kind, draft.service.billing_id
    );
    draft.alarm(format!("operation_overdue:{}", draft.operation.id), text.clone());
    draft.ask(
        QuestionKind::Overdue,
        text,
        &[
            ("go-on", "keep trying for as long again"),
            ("give-up", "end it as failed; what exists stays as it is"),
        ],
    );
    let due = draft.now() + WATCH_AFTER_QUESTION;
    draft.operation.due_at = Some(due);
    draft.rest()
}

fn plan(mut draft: Draft<'_>, driver: &dyn driver::Driver) -> Move {
    let Some(platform) = draft.case.platform.as_ref() else {
        return draft.rest();
    };
    let input = PlanInput {
        installation: &draft.service.installation,
        kind: draft.operation.kind,
        input: &draft.operation.input,
        client_id: draft.service.client_id,
        relation: relation(draft.case),
        link: draft.link.as_ref(),
        profile: &platform.profile,
        power_before_suspend: draft.service.power_before_suspend,
        dry_run: draft.case.policy.dry_run,
    };
    match driver.plan(&input) {
        Err(refused) => finish::failed(draft, &refused.reason),
        Ok(plan) if plan.steps.is_empty() => finish::succeeded(draft),
        Ok(plan) => {
            draft.operation.steps = plan.steps.iter().map(driver::StepSpec::record).collect();
            draft.operation.exclusive = plan.exclusive;
            names::remember(&mut draft);
            recovery::distrust_plan(&mut draft);
            draft.again()
        }
    }
}

fn relation(case: &Case) -> domain::record::Relation {
    case.attachment
        .as_ref()
        .map_or(domain::record::Relation::Text, |attachment| attachment.relation)
}

/// Runs `f` with what the driver may look at.
pub(super) fn with_context<T>(
    draft: &Draft<'_>,
    index: usize,
    f: impl FnOnce(&StepContext<'_>) -> T,
) -> Option<T> {
    let platform = draft.case.platform.as_ref()?;
    let step = draft.operation.steps.get(index)?;
    let acting = step.phase == StepPhase::Act;
    let marker = Marker {
        installation: draft.service.installation.clone(),
        service: draft.service.billing_id,
        generation: draft.operation.generation,
        attempt: step.attempt.max(1),
    };
    let known = Known {
        linked: draft.case.linked.clone(),
        still_ours: names::still_ours(draft.case),
        left_alone: names::left_alone(draft.case, draft.world),
    };
    Some(f(&StepContext {
        operation: draft.operation.id,
        kind: draft.operation.kind,
        step: &step.name,
        phase: if acting { Phase::Act } else { Phase::Look },
        marker: &marker,
        input: &draft.operation.input,
        client_id: draft.service.client_id,
        relation: relation(draft.case),
        notes: &draft.operation.notes,
        link: draft.link.as_ref(),
        endpoint: &platform.endpoint,
        account: &platform.account,
        profile: &platform.profile,
        known: &known,
        misnamed: look::never_shown(draft, index),
        acted_at: step.acted_at,
        now: draft.now(),
    }))
}

fn work(mut draft: Draft<'_>, driver: &dyn driver::Driver, index: usize) -> Move {
    let now = draft.now();
    match draft.operation.steps[index].phase {
        StepPhase::Waiting | StepPhase::Done => begin(draft.step(index), now),
        StepPhase::Look => {}
        StepPhase::Act if recovery::holds(&draft, index) => return recovery::wait(draft),
        // What a client asked for before a suspension or a termination was committed does not reach the machine after it.
        StepPhase::Act
            if draft.operation.kind.is_for_clients()
                && matches!(draft.service.standing, Standing::Suspended | Standing::Ending) =>
        {
            return finish::failed(draft, "the service was suspended or ended before it was done");
        }
        StepPhase::Act => {
            if let Some(instead) = names::before_act(&mut draft, index) {
                return instead.end(draft);
            }
            if let Some(identify) = identity_needed(&draft, index) {
                draft.operation.steps[identify].phase = StepPhase::Look;
                draft.step(index).phase = StepPhase::Waiting;
                return draft.again();
            }
            // The attempt is counted before the request is made: it names the attempt upstream.
            draft.step(index).attempt += 1;
        }
    }
    let acting = draft.operation.steps[index].phase == StepPhase::Act;
    let Some(prepared) = with_context(&draft, index, |context| driver.prepare(context)) else {
        return draft.rest();
    };
    match prepared {
        Prepared::Send(request) => {
            let step = draft.step(index);
            if acting {
                step.acted_at = Some(now);
                step.looks = 0;
                step.missing_since = None;
                step.candidate = None;
                step.refusal = None;
            }
            let name = step.name.clone();
            draft.send(&name, request)
        }
        Prepared::Known(findings) => look::apply(draft, index, *findings),
        Prepared::Refused(refused) => outcome::refused(draft, index, &refused),
    }
}

/// The identity step to repeat before a harming act, when the last comparison is not fresh.
fn identity_needed(draft: &Draft<'_>, index: usize) -> Option<usize> {
    let step = &draft.operation.steps[index];
    let fresh = draft
        .operation
        .identified_at
        .is_some_and(|at| draft.now() < at + ABSENCE_APART);
    if !step.harms || fresh {
        return None;
    }
    draft
        .operation
        .steps
        .iter()
        .position(|step| step.name == "identify")
        .filter(|identify| *identify < index)
}

/// Ends a transition after a failure: look again later.
pub(super) fn retry_later(
    mut draft: Draft<'_>,
    index: usize,
    hindrance: Hindrance,
    wait: Option<std::time::Duration>,
    reason: &str,
) -> Move {
    let (now, random) = (draft.now(), draft.world.random);
    let step = draft.step(index);
    step.failures += 1;
    step.phase = StepPhase::Look;
    step.hindrance = Some(hindrance);
    reason.clone_into(&mut step.hint);
    let wait = wait.unwrap_or_default().max(backoff(step.failures, random));
    let reason = format!("{}: {reason}", step.label);
    draft.wait_until(now + wait, reason);
    draft.rest()
}
