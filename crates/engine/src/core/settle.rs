//! What an act may have made whose answer was lost: looked for, adopted, sent again where that is safe, or asked about.

use domain::Moment;
use domain::http::RetryClass;
use domain::machine::Machine;
use domain::record::{ActOutcome, OperationState, QuestionKind};

use super::draft::{Draft, Move};
use super::look::{act, found, missing};
use super::outcome::next_settling_look;
use super::schedule::{
    CANDIDATE_ALONE, UNSETTLED_AFTER, WATCH_AFTER_QUESTION, WATCH_ENDED_CREATE, absence_proven,
    lost_looks_done, settles_by_search,
};
use super::{finish, tell};

/// A creating or disruptive act was sent, and looks do not show what it should have done.
pub(super) fn unsettled(mut draft: Draft<'_>, index: usize) -> Move {
    let now = draft.now();
    let step = &draft.operation.steps[index];
    debug_assert!(settles_by_search(step.class), "only such acts stay unsettled");
    let acted = step.acted_at.unwrap_or(now);
    if let Some(terminate) = draft.operation.interrupted_by {
        if now >= acted + WATCH_ENDED_CREATE {
            draft.audit(
                "create.settled",
                serde_json::json!({ "nothing_appeared": true, "terminate": terminate }),
            );
            return finish::superseded(draft);
        }
        return keep_looking(draft, index);
    }
    if lost_looks_done(step, now) && absence_proven(step, now) && step.resendable {
        draft.settle_questions();
        return act(draft, index);
    }
    if now < acted + UNSETTLED_AFTER || draft.operation.state == OperationState::Asking {
        return keep_looking(draft, index);
    }
    let name = draft.service.billing_id;
    let creating = step.class == RetryClass::Creating;
    let (kind, what) = if creating {
        (QuestionKind::UnsettledCreate, "The order for a machine")
    } else {
        (QuestionKind::UnsettledChange, "A change")
    };
    let text = format!(
        "{what} for service {name} was sent at {acted} and its answer was lost ({}). Nothing has shown up since. \
         It is still watched for; if it shows up, this answers itself.",
        if step.hint.is_empty() {
            "no reason known"
        } else {
            &step.hint
        }
    );
    if draft.operation.milestone.is_some() {
        tell::build_failed(&mut draft, kind, "the platform does not show the build any more");
    }
    draft.ask(
        kind,
        text,
        &[
            (
                "send-again",
                "send it once more; only if you made sure on the platform that nothing came of the first",
            ),
            ("keep-watching", "wait and look on"),
            (
                "give-up",
                "end this operation as failed; what appears later stays unlinked",
            ),
        ],
    );
    draft.operation.due_at = Some(now + WATCH_AFTER_QUESTION);
    draft.rest()
}

fn keep_looking(mut draft: Draft<'_>, index: usize) -> Move {
    let due = next_settling_look(&draft, index);
    let step = draft.step(index);
    let what = match step.act_outcome {
        Some(ActOutcome::Accepted) => "accepted; waiting for the platform to show it",
        _ => "the answer was lost; looking for what became of it",
    };
    let reason = format!("{}: {what}", step.label);
    if draft.operation.state == OperationState::Asking {
        draft.operation.due_at = Some(due);
    } else {
        draft.wait_until(due, reason);
    }
    draft.rest()
}

/// Machines that a lost act may have made.
pub(super) fn candidates(mut draft: Draft<'_>, index: usize, machines: Vec<Machine>) -> Move {
    let now = draft.now();
    let mut free: Vec<Machine> = machines
        .into_iter()
        .filter(|machine| !draft.case.linked.contains(&machine.identity.id))
        .collect();
    let step = draft.step(index);
    let chosen = step.candidate.clone();
    // A person's choice stands as a candidate since the beginning of time.
    if let Some((id, Moment::EPOCH)) = &chosen {
        free.retain(|machine| machine.identity.id == *id);
    }
    match free.len() {
        0 => missing(draft, index),
        1 => {
            let machine = free.remove(0);
            let since = chosen
                .filter(|(id, _)| *id == machine.identity.id)
                .map_or(now, |(_, since)| since);
            if now >= since + CANDIDATE_ALONE {
                return found(draft, index, &machine);
            }
            step.candidate = Some((machine.identity.id, since));
            draft.wait_until(
                since + CANDIDATE_ALONE,
                "found one machine that may be ours; making sure",
            );
            draft.rest()
        }
        _ => ambiguous(draft, &free),
    }
}

fn ambiguous(mut draft: Draft<'_>, machines: &[Machine]) -> Move {
    let ids: Vec<&str> = machines
        .iter()
        .map(|machine| machine.identity.id.as_str())
        .collect();
    let words: Vec<String> = ids.iter().map(|id| format!("adopt:{id}")).collect();
    let mut choices: Vec<(&str, &str)> = words
        .iter()
        .map(|word| (word.as_str(), "this one is the service's"))
        .collect();
    choices.push(("give-up", "end this operation as failed; none is linked"));
    let text = format!(
        "The answer to the order for service {} was lost, and more than one machine may have come of it: {}. \
         Which one is it?",
        draft.service.billing_id,
        ids.join(", ")
    );
    draft.ask(QuestionKind::Ambiguous, text, &choices);
    draft.operation.due_at = Some(draft.now() + WATCH_AFTER_QUESTION);
    draft.rest()
}
