//! What follows from a look: done, act, wait, adopt, or ask.

use std::time::Duration;

use domain::Fact;
use domain::http::RetryClass;
use domain::machine::{Identity, Machine};
use domain::record::{
    ActOutcome, Attachment, EffectBody, Milestone, OperationInput, OperationKind, OperationState, Platform,
    QuestionKind, Service, StepPhase, StepRecord,
};
use driver::{Findings, Standing};

use super::advance::is_half_way;
use super::draft::{Draft, Move};
use super::outcome::needs_look;
use super::schedule::{
    ABSENCE_APART, BEHIND_SUSPENSION, GONE_AGAIN, VISIBLE_WITHIN, WATCH_AFTER_QUESTION, absence_proven,
    backoff, poll, secret_kept,
};
use super::{finish, settle, suspension, tell};

/// What a look brought to light.
pub(super) fn apply(mut draft: Draft<'_>, index: usize, findings: Findings) -> Move {
    draft.step(index).looks += 1;
    let absent = findings.machine == Fact::Absent;
    let standing = match take(&mut draft, findings) {
        Ok(standing) => standing,
        Err(difference) => return mismatch(draft, index, &difference),
    };
    let step = draft.step(index);
    step.absent_since = step.absent_since.filter(|_| absent);
    match standing {
        Standing::Reached if absent && is_first_absence(&mut draft, index) => {
            let due = draft.now() + GONE_AGAIN;
            draft.wait_until(due, "it is gone, as far as the platform shows; looking once more");
            draft.rest()
        }
        Standing::Reached if insists(&draft, index) => act(draft, index),
        Standing::Reached => reached(draft, index),
        Standing::Missing => missing(draft, index),
        Standing::Pending { hint, after } => pending(draft, index, &hint, after),
        Standing::Candidates(machines) => settle::candidates(draft, index, machines),
        Standing::Broken(reason) => broken(draft, &reason),
    }
}

/// Whether what is to be deleted has only just been seen to be gone. A look is two readings, and a platform that errs may
/// err in both: what is taken for gone, and is not, runs on without anybody. So it is looked at twice.
fn is_first_absence(draft: &mut Draft<'_>, index: usize) -> bool {
    let now = draft.now();
    let ends = matches!(
        draft.operation.kind,
        OperationKind::Terminate | OperationKind::RemoveStray
    );
    let step = draft.step(index);
    ends && step.class == RetryClass::Convergent && now < *step.absent_since.get_or_insert(now) + GONE_AGAIN
}

/// What the answer to an act brought to light. The state is read back, unless the answer is the state itself.
pub(super) fn apply_after_act(mut draft: Draft<'_>, index: usize, findings: Findings) -> Move {
    let standing = match take(&mut draft, findings) {
        Ok(standing) => standing,
        Err(difference) => return mismatch(draft, index, &difference),
    };
    if !needs_look(&standing) {
        return reached(draft, index);
    }
    if let Standing::Pending {
        hint,
        after: Some(after),
    } = standing
    {
        let due = draft.now() + after;
        draft.wait_until(due, hint);
        draft.rest()
    } else {
        let now = draft.now();
        draft.wait_until(now, "");
        draft.again()
    }
}

/// How a machine that was read is not the linked one.
pub(super) struct Difference {
    /// Whether it is another machine, and not only another owner's.
    another: bool,
    pub(super) text: String,
}

/// Stores what was found, whatever it means for the step. `Err` names a machine that is not the linked one.
fn take(draft: &mut Draft<'_>, findings: Findings) -> Result<Standing, Difference> {
    for (key, value) in findings.notes {
        if value.is_null() {
            draft.operation.notes.remove(&key);
        } else {
            draft.operation.notes.insert(key, value);
        }
    }
    for remark in findings.remarks {
        tell::line(draft, &remark);
    }
    for fact in findings.facts {
        draft.push(domain::Change::PutFact(fact));
    }
    if let Fact::Known(machine) = &findings.machine
        && let Some(link) = &draft.link
    {
        compare(&link.identity, &machine.identity)?;
        draft.operation.identified_at = Some(draft.now());
    }
    if let Some(found) = &findings.link
        && let Some(link) = &draft.link
        && link.identity.id == found.id
    {
        // A link's machine may come to another owner. Another machine under its id is none that was created here.
        let owner = found.owner.clone();
        compare(
            &Identity {
                owner,
                ..link.identity.clone()
            },
            found,
        )?;
    }
    if let Some(secret) = findings.secret {
        let kind = draft.operation.kind;
        draft.operation.secret = Some(draft.secret(kind.as_str(), secret, secret_kept(kind)));
    }
    if let Some(stray) = findings.stray {
        draft.spawn(
            OperationKind::RemoveStray,
            OperationInput::Resource { identity: stray },
            "late machine",
        );
    }
    if let Some(identity) = findings.link {
        commit_link(draft, identity, findings.machine.known());
    }
    let linked = draft.link.is_some();
    if linked && !matches!(draft.operation.kind, OperationKind::RemoveStray) {
        let is_news = draft.fact(&findings.machine);
        if let Fact::Known(machine) = &findings.machine {
            if draft.operation.input == OperationInput::Stored {
                tell::anew(draft, machine);
            } else if is_news {
                tell::delivered_address(draft, machine);
            }
            if draft.operation.kind == OperationKind::Create && machine.address().is_some() {
                finish::milestone(draft, Milestone::Created);
            }
            suspension::remember_power(draft, machine);
        }
    }
    if let Some(milestone) = findings.milestone {
        finish::milestone(draft, milestone);
    }
    if let Some(login) = findings.login {
        tell::login(draft, login, findings.machine.known());
    }
    Ok(findings.standing)
}

/// Id, unchangeable identity and owner must be those of the link. An id may be reused upstream, so it proves nothing.
pub(super) fn compare(linked: &Identity, seen: &Identity) -> Result<(), Difference> {
    let differs = |what: &str, another: bool, ours: &str, theirs: &str| {
        (ours != theirs).then(|| Difference {
            another,
            text: format!("its {what} is {theirs}, and we linked {ours}"),
        })
    };
    let difference = differs("id", false, &linked.id, &seen.id)
        .or_else(|| differs("identity", true, &linked.unchangeable, &seen.unchangeable))
        .or_else(|| differs("owner", false, &linked.owner, &seen.owner));
    difference.map_or(Ok(()), Err)
}

/// The machine that was read is not the linked one. A platform may show an old owner for a moment, so that one reading
/// is not believed; nothing is done to the machine until a reading agrees.
fn mismatch(mut draft: Draft<'_>, index: usize, difference: &Difference) -> Move {
    let text = &difference.text;
    let name = draft.service.billing_id;
    let now = draft.now();
    let step = draft.step(index);
    step.phase = StepPhase::Look;
    let since = *step.missing_since.get_or_insert(now);
    if now < since + ABSENCE_APART {
        draft.wait_until(
            since + ABSENCE_APART,
            format!("the machine looks like another one ({text}); looking again"),
        );
        return draft.rest();
    }
    let deleted = draft.operation.kind == OperationKind::Terminate
        && draft.operation.steps.iter().any(StepRecord::was_sent);
    if deleted && difference.another {
        // Ours was compared right before it was deleted; another one under its id means that the id is used again.
        return finish::succeeded(draft);
    }
    if !draft.operation.kind.changes() {
        return finish::failed(
            draft,
            &format!("the machine is not the one that was linked: {text}"),
        );
    }
    draft.ask(
        QuestionKind::IdentityMismatch,
        format!(
            "The machine of service {name} is not the one that was linked: {text}. Nothing was done to it."
        ),
        &[
            ("look-again", "compare once more"),
            ("give-up", "end this operation as failed; nothing is touched"),
        ],
    );
    draft.operation.due_at = Some(now + WATCH_AFTER_QUESTION);
    draft.rest()
}

pub(super) fn commit_link(draft: &mut Draft<'_>, identity: Identity, machine: Option<&Machine>) {
    if draft.link.as_ref().is_some_and(|link| link.identity == identity) {
        return;
    }
    draft.close_link("replaced by a verified reading");
    if draft.open_link(identity).is_none() {
        return;
    }
    // The lease on the account ends with the link: the next create of this owner can tell our machine from its own.
    draft.operation.exclusive = None;
    draft.audit(
        "link.opened",
        serde_json::json!({ "resource": draft.link.as_ref().map(|link| &link.identity) }),
    );
    draft.effect(set_link(draft, machine));
}

/// The copy of the link on the billing side.
pub(super) fn set_link(draft: &Draft<'_>, machine: Option<&Machine>) -> EffectBody {
    let link = draft.link.as_ref().map(|link| &link.identity);
    let (platform, attachment) = (draft.case.platform.as_ref(), draft.case.attachment.as_ref());
    link_copy(&draft.service, link, platform, attachment, machine)
}

/// The copy of a link, or of its end where there is none.
pub(super) fn link_copy(
    service: &Service,
    link: Option<&Identity>,
    platform: Option<&Platform>,
    attachment: Option<&Attachment>,
    machine: Option<&Machine>,
) -> EffectBody {
    EffectBody::SetLink {
        module: service.module.clone(),
        resource_id: link.map(|link| link.id.clone()),
        identity: link.map(|link| link.unchangeable.clone()),
        platform: platform
            .map(|platform| platform.id.to_string())
            .unwrap_or_default(),
        server_id: attachment.map(|attachment| attachment.server_id),
        // The shape in which the old module stored it: the panel's whole answer.
        object: machine.map(|machine| serde_json::json!({ "data": machine.raw })),
    }
}

/// The step's goal is there.
pub(super) fn reached(mut draft: Draft<'_>, index: usize) -> Move {
    let now = draft.now();
    // That it takes too long is not answered by one step of it.
    let overdue = draft.asks(QuestionKind::Overdue);
    if !overdue {
        draft.settle_questions();
    }
    let step = draft.step(index);
    step.phase = StepPhase::Done;
    step.done_at = Some(now);
    step.hint.clear();
    let (milestone, label) = (step.milestone, step.label.clone());
    if overdue {
        draft.operation.due_at = Some(now);
    } else {
        draft.wait_until(now, format!("{label}: done"));
    }
    if let Some(milestone) = milestone {
        finish::milestone(&mut draft, milestone);
    }
    draft.again()
}

fn pending(mut draft: Draft<'_>, index: usize, hint: &str, after: Option<Duration>) -> Move {
    let now = draft.now();
    if never_shown(&draft, index) {
        return missing(draft, index);
    }
    // Something is there and on its way: whatever question was open about its absence is answered. That it takes too
    // long is not answered by its still being on its way.
    let overdue = draft.asks(QuestionKind::Overdue);
    if draft.operation.state == OperationState::Asking && !overdue {
        draft.settle_questions();
    }
    let step = draft.step(index);
    hint.clone_into(&mut step.hint);
    step.failures = 0;
    step.missing_since = None;
    let wait = after.unwrap_or_else(|| poll(step.looks));
    if overdue {
        draft.operation.due_at = Some(now + wait.max(WATCH_AFTER_QUESTION));
    } else {
        draft.wait_until(now + wait, hint);
    }
    draft.rest()
}

/// Whether a machine whose creation was taken has not been shown for so long that it cannot be on its way: somebody
/// removed it, or the answer spoke of another one. A platform that shows that it is at work on the order shows enough.
pub(super) fn never_shown(draft: &Draft<'_>, index: usize) -> bool {
    let step = &draft.operation.steps[index];
    let long_ago = step
        .acted_at
        .is_some_and(|acted| draft.now() >= acted + VISIBLE_WITHIN);
    let taken = draft.operation.milestone.is_some();
    step.class == RetryClass::Creating && draft.link.is_none() && long_ago && !taken
}

/// Whether the act is to be sent although the goal is shown: the first look may show what was before the operation
/// before this one.
fn insists(draft: &Draft<'_>, index: usize) -> bool {
    let step = &draft.operation.steps[index];
    step.insists && step.attempt == 0
}

/// The goal is not there. Whether the act may be sent is the heart of never doing anything twice.
pub(super) fn missing(mut draft: Draft<'_>, index: usize) -> Move {
    let now = draft.now();
    let step = draft.step(index);
    step.missing_since.get_or_insert(now);
    step.candidate = None;
    if let Some(refusal) = step.refusal.clone() {
        // A no to a repeated act may be the echo of an earlier one that did work and is not shown yet.
        if step.attempt <= 1 || absence_proven(step, now) {
            return finish::failed(draft, &refusal);
        }
        return shown_later(draft, index);
    }
    match (step.act_outcome, step.class) {
        (None | Some(ActOutcome::Void), _) => act(draft, index),
        // Repeating ends in the same state: after a fair wait for the platform to show its effect, repeat.
        (Some(ActOutcome::Lost), RetryClass::Convergent | RetryClass::Lagging | RetryClass::Read) => {
            repeat_later(draft, index)
        }
        (Some(ActOutcome::Accepted), RetryClass::Convergent | RetryClass::Lagging | RetryClass::Read) => {
            let lagging = step
                .acted_at
                .is_some_and(|acted| now < acted + super::schedule::ABSENCE_APART);
            if lagging {
                shown_later(draft, index)
            } else {
                act(draft, index)
            }
        }
        (Some(ActOutcome::Lost | ActOutcome::Accepted), RetryClass::Creating | RetryClass::Disruptive) => {
            settle::unsettled(draft, index)
        }
    }
}

pub(super) fn act(mut draft: Draft<'_>, index: usize) -> Move {
    if draft.operation.interrupted_by.is_some() && !is_half_way(&draft.operation.steps[index]) {
        return finish::superseded(draft);
    }
    let now = draft.now();
    if draft.asks(QuestionKind::Overdue) {
        // Whether it is still wanted is what the person is asked; until then it is only looked at.
        draft.operation.due_at = Some(now + WATCH_AFTER_QUESTION);
        return draft.rest();
    }
    if draft.is_passed() {
        draft.wait_until(
            now + BEHIND_SUSPENSION,
            "waits for the suspension that went past it",
        );
        return draft.rest();
    }
    let step = draft.step(index);
    step.phase = StepPhase::Act;
    let label = step.label.clone();
    draft.wait_until(now, label);
    draft.again()
}

/// Sends a convergent act again, with a pause that grows with every answer that was lost.
fn repeat_later(mut draft: Draft<'_>, index: usize) -> Move {
    let (now, random) = (draft.now(), draft.world.random);
    let step = &draft.operation.steps[index];
    let due = step.acted_at.unwrap_or(now) + backoff(step.failures.max(1), random);
    if now >= due {
        return act(draft, index);
    }
    let reason = format!("{}: the answer was lost; sending again", step.label);
    draft.wait_until(due, reason);
    draft.rest()
}

fn shown_later(mut draft: Draft<'_>, index: usize) -> Move {
    let now = draft.now();
    let step = draft.step(index);
    let wait = poll(step.looks);
    let reason = format!("{}: accepted; waiting for the platform to show it", step.label);
    draft.wait_until(now + wait, reason);
    draft.rest()
}

/// The one candidate that stood alone, or that a person chose, is the service's machine.
pub(super) fn found(mut draft: Draft<'_>, index: usize, machine: &Machine) -> Move {
    draft.audit(
        "create.adopted",
        serde_json::json!({ "resource": machine.identity }),
    );
    commit_link(&mut draft, machine.identity.clone(), Some(machine));
    draft.fact(&Fact::Known(machine.clone()));
    tell::delivered_address(&mut draft, machine);
    reached(draft, index)
}

fn broken(mut draft: Draft<'_>, reason: &str) -> Move {
    if draft.operation.interrupted_by.is_some() && draft.link.is_none() {
        // It ended without a machine for the service, and what it left behind is watched for.
        return finish::superseded(draft);
    }
    let text = format!("Service {}: {reason}", draft.service.billing_id);
    tell::build_failed(&mut draft, QuestionKind::BuildFailed, reason);
    draft.ask(
        QuestionKind::BuildFailed,
        text,
        &[
            ("send-again", "try this step once more"),
            ("give-up", "end this operation as failed; the machine stays"),
        ],
    );
    // Somebody may repair it in the panel: then this answers itself.
    draft.operation.due_at = Some(draft.now() + WATCH_AFTER_QUESTION);
    draft.rest()
}

/// Whether the milestone that a product's policy wants for `success` is reached.
pub(super) fn satisfies(reached: Option<Milestone>, wanted: Milestone) -> bool {
    reached.is_some_and(|reached| reached >= wanted)
}
