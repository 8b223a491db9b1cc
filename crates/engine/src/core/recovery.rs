//! A store that was restored, or that failed over and lost its last moments: what it says of creates that had not
//! ended is not to be relied on.
//!
//! While [`World::recovering`] is set no act leaves that makes or disturbs something, nor any act of an operation that
//! the restored store brought along. Looking goes on.

use std::time::Duration;

use domain::case::Case;
use domain::http::RetryClass;
use domain::machine::Machine;
use domain::record::{ActOutcome, OperationKind, StepPhase, StepRecord};
use domain::{Actor, Commit, Fact, Moment};

use super::World;
use super::advance::with_context;
use super::draft::{Draft, Move};
use super::look;

/// How often an operation that waits for the recovery looks whether it is over.
const RECOVERY_POLL: Duration = Duration::from_secs(30);

/// The note of a create that was not planned when the store was restored: since when it counts as sent.
const BEGAN_BEFORE: &str = "distrusted_since";

/// Whether the step's act has to wait for the end of the recovery.
pub(super) fn holds(draft: &Draft<'_>, index: usize) -> bool {
    let step = &draft.operation.steps[index];
    draft.world.recovering.is_some_and(|since| {
        step.harms
            || matches!(step.class, RetryClass::Creating | RetryClass::Disruptive)
            || draft.operation.created_at < since
    })
}

/// The operation waits; the time does not count against its deadline.
pub(super) fn wait(mut draft: Draft<'_>) -> Move {
    let now = draft.now();
    // What was seen before is old by the time the act may leave: it is looked at again.
    if let Some(index) = draft.operation.current() {
        draft.step(index).phase = StepPhase::Look;
    }
    let left = draft.operation.deadline.since(draft.operation.updated_at);
    draft.operation.deadline = draft.operation.deadline.max(now + left);
    draft.wait_until(
        now + RECOVERY_POLL,
        "waits: the store was restored, and what it says is compared with the platforms first. Run `hostler recover`",
    );
    draft.rest()
}

/// Marks what an unfinished create was going to make as unknown: the restored store does not know whether it was made
/// after the backup was taken. `None` when there is nothing to mark.
pub fn distrust(case: &Case, world: World<'_>) -> Option<Commit> {
    let since = world.recovering?;
    let mut draft = Draft::new(case, world);
    let open = !draft.operation.state.is_final() && draft.operation.kind == OperationKind::Create;
    if !open || draft.operation.created_at >= since {
        return None;
    }
    let marked = if draft.operation.steps.is_empty() {
        let known = draft.operation.notes.contains_key(BEGAN_BEFORE);
        let since = serde_json::json!(since.as_micros());
        draft.operation.notes.insert(BEGAN_BEFORE.to_owned(), since);
        !known
    } else {
        mark(&mut draft.operation.steps, since)
    };
    marked.then(|| {
        draft.audit("create.distrusted", serde_json::Value::Null);
        let mut commit = draft.rest().commit;
        // Whoever holds it notices by the service's version.
        commit.fence.lease = None;
        commit
    })
}

/// A create that the restored store had not planned yet may have been planned, and sent, after the backup was taken.
pub(super) fn distrust_plan(draft: &mut Draft<'_>) {
    let since = draft.operation.notes.remove(BEGAN_BEFORE);
    if let Some(since) = since.and_then(|since| since.as_i64()) {
        mark(&mut draft.operation.steps, Moment::from_micros(since));
    }
}

/// Marks the creating steps that are not done as sent and lost. Whether there was one to mark.
fn mark(steps: &mut [StepRecord], since: Moment) -> bool {
    let mut marked = false;
    for step in steps {
        let trusted = step.class != RetryClass::Creating
            || step.phase == StepPhase::Done
            || step.acted_at.is_some_and(|acted| acted >= since);
        if trusted {
            continue;
        }
        marked = true;
        step.attempt = step.attempt.max(1);
        step.acted_at = Some(since);
        step.act_outcome = Some(ActOutcome::Lost);
        step.missing_since = None;
        step.looks = 0;
        "the store was restored from a time before its answer".clone_into(&mut step.hint);
        if step.phase == StepPhase::Act {
            step.phase = StepPhase::Look;
        }
    }
    marked
}

/// Whether a machine lies where the create makes its own, by what the create knows of accounts; `None` while it does
/// not know them.
pub fn may_have_made(case: &Case, machine: &Machine, world: World<'_>) -> Option<bool> {
    let driver = world.driver?;
    let draft = Draft::new(case, world);
    let index = draft.operation.current()?;
    with_context(&draft, index, |context| driver.may_have_made(context, machine))?
}

/// Gives a create the machine that it had made before the store was restored: named by the billing side's copy of the
/// link, or by a person, and shown by the platform. The create goes on from there and verifies the rest by looking.
pub fn relink(case: &Case, machine: &Machine, actor: &Actor, world: World<'_>) -> Commit {
    let mut draft = Draft::new(case, world);
    draft.audit(
        "link.recovered",
        serde_json::json!({ "resource": machine.identity, "by": actor.id }),
    );
    draft.settle_questions();
    look::commit_link(&mut draft, machine.identity.clone(), Some(machine));
    draft.fact(&Fact::Known(machine.clone()));
    let now = draft.now();
    draft.wait_until(now, "its machine was found again after a recovery");
    let mut commit = draft.rest().commit;
    commit.fence.lease = None;
    commit
}
