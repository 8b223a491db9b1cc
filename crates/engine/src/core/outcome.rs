//! What follows when a call ended: with an answer, without one, or without having been sent.

use domain::case::Case;
use domain::http::{FailureKind, Outcome, Request, RetryClass};
use domain::record::{ActOutcome, Call, Hindrance, OperationKind, QuestionKind, StepPhase};
use driver::{Answered, RefusalClass, Standing, Verdict};

use super::advance::{is_half_way, retry_later, with_context};
use super::draft::{Draft, Move};
use super::schedule::{ABSENCE_APART, VISIBLE_WITHIN, WATCH_AFTER_QUESTION, lost_look, settles_by_search};
use super::{World, drift, finish, look};

/// The answer as it is journalled: what the driver knows to be secret replaced, then whatever looks like a secret, and at
/// most 64 KiB.
pub(super) fn masked(driver: Option<&dyn driver::Driver>, request: &Request, outcome: &Outcome) -> Outcome {
    const MOST: usize = 64 * 1024;
    let Outcome::Answered(response) = outcome else {
        return outcome.clone();
    };
    let known = |json: &mut serde_json::Value| {
        if let Some(driver) = driver {
            driver.mask(request, json);
        }
    };
    let mut kept = domain::http::Response {
        body: outbound::redact_body(&response.body, known),
        status: response.status,
        retry_after: response.retry_after,
    };
    if kept.body.len() > MOST {
        let cut = (0..=MOST)
            .rev()
            .find(|at| kept.body.is_char_boundary(*at))
            .unwrap_or(0);
        kept.body.truncate(cut);
        kept.body.push('…');
    }
    Outcome::Answered(kept)
}

/// A call of the operation ended.
pub(super) fn ended(mut draft: Draft<'_>, call: &Call, outcome: &Outcome) -> Move {
    draft.end_call(call, outcome);
    let Some(index) = draft
        .operation
        .steps
        .iter()
        .position(|step| step.name == call.step)
    else {
        return draft.rest();
    };
    if draft.operation.state.is_final() || draft.operation.steps[index].phase == StepPhase::Done {
        return draft.rest();
    }
    let acting = draft.operation.steps[index].phase == StepPhase::Act;
    if acting && !call.request.changes() && draft.case.operation.updated_at > call.sent_at {
        // A look that was on its way when a person's answer called for the act: it says nothing of that act.
        return draft.again();
    }
    let verdict = match outcome {
        Outcome::Failed(failure) if failure.kind == FailureKind::NotSent => {
            return not_sent(draft, index, acting, &failure.message);
        }
        Outcome::Failed(_) => Some(Verdict::Unknown(outcome.summary())),
        Outcome::Answered(_) => draft.world.driver.and_then(|driver| {
            with_context(&draft, index, |context| {
                driver.interpret(context, &call.request, outcome)
            })
        }),
    };
    let Some(verdict) = verdict else {
        return retry_later(
            draft,
            index,
            Hindrance::Other,
            None,
            "its platform cannot be used at present",
        );
    };
    if acting {
        acted(draft, index, verdict)
    } else {
        looked(draft, index, verdict)
    }
}

/// Nothing left: as if it had not been tried, but later.
fn not_sent(mut draft: Draft<'_>, index: usize, acting: bool, message: &str) -> Move {
    if acting {
        turned_away(&mut draft, index);
        void(&mut draft, index);
    }
    retry_later(
        draft,
        index,
        Hindrance::Unreachable,
        None,
        &format!("the platform could not be reached ({message}); it is tried again"),
    )
}

/// An act that certainly had no effect is as if it had not been sent: the same attempt comes again.
fn turned_away(draft: &mut Draft<'_>, index: usize) {
    let step = draft.step(index);
    step.attempt = step.attempt.saturating_sub(1);
    step.turned_away += 1;
    if step.attempt == 0 {
        step.acted_at = None;
    }
}

/// The act had no effect. An earlier one of the same, convergent step may still have one, and is not forgotten for a
/// repetition that was turned away.
fn void(draft: &mut Draft<'_>, index: usize) {
    let step = draft.step(index);
    if !is_half_way(step) {
        step.act_outcome = Some(ActOutcome::Void);
    }
}

fn acted(mut draft: Draft<'_>, index: usize, verdict: Verdict) -> Move {
    let now = draft.now();
    match verdict {
        Verdict::Next(request, notes) => {
            draft.operation.notes.extend(notes);
            let name = draft.operation.steps[index].name.clone();
            draft.send(&name, request)
        }
        Verdict::Done(findings) => {
            accepted(&mut draft, index);
            look::apply_after_act(draft, index, *findings)
        }
        Verdict::Wait { not_before, hint } => {
            accepted(&mut draft, index);
            draft.wait_until(now + not_before, hint);
            draft.rest()
        }
        Verdict::Refused(refused) => {
            void(&mut draft, index);
            self::refused(draft, index, &refused)
        }
        Verdict::Unknown(text) => {
            drift::may_come_late(&mut draft, index);
            let step = draft.step(index);
            step.failures += 1;
            step.act_outcome = Some(ActOutcome::Lost);
            step.phase = StepPhase::Look;
            step.hint.clone_from(&text);
            let label = step.label.clone();
            // The first look goes out at once: most lost answers took effect at once.
            draft.wait_until(
                now,
                format!("{label}: the answer was lost ({text}); looking for what became of it"),
            );
            draft.again()
        }
    }
}

fn accepted(draft: &mut Draft<'_>, index: usize) {
    let step = draft.step(index);
    step.act_outcome = Some(ActOutcome::Accepted);
    step.phase = StepPhase::Look;
    step.failures = 0;
}

fn looked(mut draft: Draft<'_>, index: usize, verdict: Verdict) -> Move {
    let now = draft.now();
    match verdict {
        // A look that goes on from one answer to the next ends with the operation's time like any other.
        Verdict::Next(..) if super::advance::is_overdue(&draft) => draft.again(),
        Verdict::Next(request, notes) => {
            draft.operation.notes.extend(notes);
            let name = draft.operation.steps[index].name.clone();
            draft.send(&name, request)
        }
        Verdict::Done(findings) => look::apply(draft, index, *findings),
        Verdict::Wait { not_before, hint } => {
            draft.step(index).looks += 1;
            draft.wait_until(now + not_before, hint);
            draft.rest()
        }
        Verdict::Refused(refused) => self::refused(draft, index, &refused),
        Verdict::Unknown(text) => {
            // A look that shows nothing is not an observation of absence: the count towards it begins anew.
            draft.step(index).missing_since = None;
            retry_later(
                draft,
                index,
                Hindrance::Other,
                None,
                &format!("the platform could not be read ({text}); it is tried again"),
            )
        }
    }
}

/// The platform, or the driver on its behalf, said no.
pub(super) fn refused(mut draft: Draft<'_>, index: usize, refused: &Answered) -> Move {
    let now = draft.now();
    let step = draft.step(index);
    let passing = matches!(
        refused.class,
        RefusalClass::Busy | RefusalClass::Throttled | RefusalClass::Credential
    );
    if passing && step.phase == StepPhase::Act {
        turned_away(&mut draft, index);
    }
    match refused.class {
        RefusalClass::Busy => retry_later(
            draft,
            index,
            Hindrance::Busy,
            refused.retry_after,
            &refused.reason,
        ),
        RefusalClass::Throttled => retry_later(
            draft,
            index,
            Hindrance::Other,
            refused.retry_after,
            &refused.reason,
        ),
        RefusalClass::Credential => {
            if let Some(platform) = &draft.case.platform {
                let text = format!(
                    "platform {} refuses our credential: {}",
                    platform.name, refused.reason
                );
                draft.alarm(format!("platform_credential:{}", platform.id), text);
            }
            retry_later(
                draft,
                index,
                Hindrance::Other,
                Some(ABSENCE_APART),
                &refused.reason,
            )
        }
        RefusalClass::Gone => gone(draft, index, &refused.reason),
        RefusalClass::Permanent => {
            let step = draft.step(index);
            // Whatever the status said, the state decides: a no to an act is final when a look finds no effect.
            if step.phase == StepPhase::Act && step.class != RetryClass::Read {
                step.phase = StepPhase::Look;
                step.refusal = Some(refused.reason.clone());
                draft.wait_until(now, refused.reason.clone());
                return draft.again();
            }
            finish::failed(draft, &refused.reason)
        }
    }
}

/// The machine was not there. One observation is not absence: it is looked for again a minute later, and then a person
/// is asked; only a terminate goes on, whose last step proves absence by itself.
fn gone(mut draft: Draft<'_>, index: usize, reason: &str) -> Move {
    let ending = matches!(
        draft.operation.kind,
        OperationKind::Terminate | OperationKind::RemoveStray
    );
    if ending && draft.operation.steps[index].class == RetryClass::Read {
        return look::reached(draft, index);
    }
    if ending {
        // Whether it is gone is what this step proves, by two observations; one answer that says so is neither.
        return retry_later(draft, index, Hindrance::Other, None, reason);
    }
    // What an act just made may not be visible yet.
    if draft.operation.steps[index].class == RetryClass::Creating {
        return look::missing(draft, index);
    }
    let now = draft.now();
    let step = draft.step(index);
    let since = *step.missing_since.get_or_insert(now);
    step.phase = StepPhase::Look;
    // A machine that was made a moment ago may not be visible everywhere yet.
    let believed = since
        + if draft.operation.kind == OperationKind::Create {
            VISIBLE_WITHIN
        } else {
            ABSENCE_APART
        };
    if now < believed {
        let reason = format!("the platform says: {reason}. It is looked for again before that is believed");
        draft.wait_until((now + ABSENCE_APART).min(believed), reason);
        return draft.rest();
    }
    let name = draft.service.billing_id;
    if !draft.operation.kind.changes() {
        draft.fact(&domain::Fact::Absent);
        return finish::failed(draft, &format!("the platform says: {reason}"));
    }
    draft.ask(
        QuestionKind::Vanished,
        format!("The machine of service {name} is not there any more; the platform says: {reason}"),
        &[
            ("look-again", "look once more"),
            ("give-up", "end this operation as failed; the link stays"),
        ],
    );
    draft.operation.due_at = Some(now + WATCH_AFTER_QUESTION);
    draft.rest()
}

/// The commit of a transition was refused because what it would have taken is taken. Before the plan is stored that
/// is the exclusive key: wait for its holder. Afterwards it is the resource: another service holds it.
pub fn link_refused(case: &Case, sentence: &str, world: World<'_>) -> Move {
    let mut draft = Draft::new(case, world);
    let now = draft.now();
    if draft.operation.steps.is_empty() {
        let due = now + std::time::Duration::from_secs(5);
        draft.wait_until(
            due,
            "waits: another create of the same account on this platform is not settled yet",
        );
        return draft.rest();
    }
    draft.ask(
        QuestionKind::Ambiguous,
        format!(
            "The machine found for service {} belongs to another service: {sentence}",
            case.service.billing_id
        ),
        &[
            ("look-again", "look once more"),
            ("give-up", "end this operation as failed"),
        ],
    );
    draft.operation.due_at = Some(now + WATCH_AFTER_QUESTION);
    draft.rest()
}

/// After an act whose answer was lost: when to look next.
pub(super) fn next_settling_look(draft: &Draft<'_>, index: usize) -> domain::Moment {
    let step = &draft.operation.steps[index];
    match step.acted_at {
        Some(acted) if settles_by_search(step.class) => lost_look(acted, draft.now()),
        _ => draft.now() + super::schedule::poll(step.looks),
    }
}

/// A look that an act's answer makes unnecessary is still made, except where the driver says the answer is the state.
pub(super) const fn needs_look(standing: &Standing) -> bool {
    !matches!(standing, Standing::Reached)
}
