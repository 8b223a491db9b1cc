//! Why an operation waits or why it ended, for whoever may not read its sentence.
//!
//! The sentence ([`Operation::reason`]) is the staff's: it is English and may hold what a platform said. The cause is one of
//! a few, each with a message in every language. It is read off what is stored of the operation and not stored beside it, so
//! that it cannot say anything else than state and steps do, and operations of earlier versions have theirs.

use super::operation::{ActOutcome, Hindrance, Operation, OperationKind, OperationState, StepRecord};
use crate::text::text_enum;

text_enum! {
    /// Why an operation waits, or why it ended without success.
    Cause {
        /// The machine is locked, or the platform is busy with it: it is tried again.
        Busy = "busy",
        /// The platform cannot be reached: it is tried again.
        Unreachable = "unreachable",
        /// Something else kept it from being done so far: it is tried again.
        HeldUp = "held_up",
        /// It was sent and no answer came: what became of it is being looked for.
        AnswerLost = "answer_lost",
        /// The platform took it, and does not show it yet.
        Taken = "taken",
        /// A suspension or termination comes before it; what was begun is brought to its end first.
        Interrupted = "interrupted",
        /// The platform turned it down.
        Refused = "refused",
        /// It ended before anything was changed.
        Untouched = "untouched",
        /// What was to be opened could not be: a console, the platform's panel.
        NotOpened = "not_opened",
        /// Its time was over.
        TooLate = "too_late",
        /// It did not succeed.
        Failed = "failed",
        /// It was taken back.
        TakenBack = "taken_back",
        /// Something that was asked for later took its place.
        Replaced = "replaced",
    }
}

impl Cause {
    /// The end of its message's key.
    pub fn key(self) -> String {
        self.as_str().replace('_', "-")
    }
}

impl Operation {
    /// Why it waits, or why it ended; `None` where its state says all there is to say.
    pub fn cause(&self) -> Option<Cause> {
        match self.state {
            OperationState::Queued | OperationState::Asking | OperationState::Succeeded => None,
            OperationState::Running if self.interrupted_by.is_some() => Some(Cause::Interrupted),
            OperationState::Running => self.steps.get(self.current()?)?.waits_for(),
            OperationState::Failed => Some(self.fault()),
            OperationState::Cancelled => Some(Cause::TakenBack),
            OperationState::Superseded => Some(Cause::Replaced),
        }
    }

    fn fault(&self) -> Cause {
        if matches!(self.kind, OperationKind::Console | OperationKind::SignOn) {
            return Cause::NotOpened;
        }
        // What a step that is done was told once has been overcome.
        let failed = self.current().and_then(|at| self.steps.get(at));
        if failed.is_some_and(|step| step.refusal.is_some()) {
            return Cause::Refused;
        }
        if self.finished_at.is_some_and(|ended| ended >= self.deadline) {
            return Cause::TooLate;
        }
        if !self.steps.iter().any(StepRecord::was_sent) {
            return Cause::Untouched;
        }
        Cause::Failed
    }
}

impl StepRecord {
    fn waits_for(&self) -> Option<Cause> {
        match self.act_outcome {
            Some(ActOutcome::Lost) => Some(Cause::AnswerLost),
            _ if self.is_held_up() => Some(match self.hindrance {
                Some(Hindrance::Busy) => Cause::Busy,
                Some(Hindrance::Unreachable) => Cause::Unreachable,
                Some(Hindrance::Other) | None => Cause::HeldUp,
            }),
            Some(ActOutcome::Accepted) => Some(Cause::Taken),
            Some(ActOutcome::Void) | None => None,
        }
    }

    /// Whether its act was sent, also where that was turned away: it may have been done all the same.
    pub const fn was_sent(&self) -> bool {
        self.attempt + self.turned_away > 0
    }

    /// Whether the platform said no for now, or could not be asked.
    pub fn is_held_up(&self) -> bool {
        let turned_away = self.turned_away > 0 && self.attempt == 0;
        turned_away || self.failures > 0 || self.act_outcome == Some(ActOutcome::Void)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::Moment;
    use crate::id::{OperationId, ServiceId};
    use crate::ports::CountingRandom;

    /// An operation in a state, with one step that is as `step` says.
    fn operation(state: OperationState, step: &Value) -> Operation {
        let mut whole = json!({
            "name": "machine", "class": "convergent", "phase": "look", "attempt": 1,
        });
        for (field, value) in step.as_object().expect("fields") {
            whole[field] = value.clone();
        }
        let random = CountingRandom::new(1);
        serde_json::from_value(json!({
            "id": OperationId::at(Moment::EPOCH, &random), "service": ServiceId::at(Moment::EPOCH, &random), "generation": 1,
            "kind": "power", "version": 1, "sequence": 1, "input": { "kind": "nothing" },
            "actor": crate::Actor::host("test"),
            "state": state, "steps": [whole], "notes": {}, "due_at": null, "deadline": 100_000_000, "lease": null,
            "exclusive": null, "interrupted_by": null, "held_by": null, "identified_at": null, "milestone": null,
            "reason": "The panel says: x", "secret": null, "rerun": null, "created_at": 0, "updated_at": 0,
            "finished_at": null,
        }))
        .expect("an operation")
    }

    #[test]
    fn what_runs_waits_for_what_its_step_shows() {
        for (step, cause) in [
            (json!({}), None),
            (json!({ "failures": 1 }), Some(Cause::HeldUp)),
            (json!({ "failures": 1, "hindrance": "busy" }), Some(Cause::Busy)),
            (
                json!({ "failures": 1, "hindrance": "unreachable" }),
                Some(Cause::Unreachable),
            ),
            (json!({ "failures": 0, "hindrance": "busy" }), None),
            (json!({ "attempt": 0, "turned_away": 2 }), Some(Cause::HeldUp)),
            (json!({ "act_outcome": "void" }), Some(Cause::HeldUp)),
            (
                json!({ "act_outcome": "lost", "failures": 3 }),
                Some(Cause::AnswerLost),
            ),
            (json!({ "act_outcome": "accepted" }), Some(Cause::Taken)),
            (
                json!({ "act_outcome": "accepted", "failures": 1 }),
                Some(Cause::HeldUp),
            ),
            (json!({ "phase": "done", "failures": 1 }), None),
        ] {
            assert_eq!(operation(OperationState::Running, &step).cause(), cause, "{step}");
        }
        let mut interrupted = operation(OperationState::Running, &json!({ "failures": 1 }));
        interrupted.interrupted_by = Some(interrupted.id);
        assert_eq!(interrupted.cause(), Some(Cause::Interrupted));
    }

    #[test]
    fn what_failed_tells_how_far_it_had_come() {
        let at = |step: &Value, seconds: i64| {
            let mut failed = operation(OperationState::Failed, step);
            failed.finished_at = Some(Moment::from_seconds(seconds));
            failed.cause()
        };
        assert_eq!(at(&json!({ "refusal": "no" }), 10), Some(Cause::Refused));
        assert_eq!(at(&json!({}), 100), Some(Cause::TooLate));
        assert_eq!(
            at(&json!({ "refusal": "no", "phase": "done" }), 10),
            Some(Cause::Failed)
        );
        assert_eq!(at(&json!({ "attempt": 0 }), 10), Some(Cause::Untouched));
        assert_eq!(
            at(&json!({ "attempt": 0, "turned_away": 1 }), 10),
            Some(Cause::Failed)
        );
        assert_eq!(at(&json!({}), 10), Some(Cause::Failed));
        let mut console = operation(OperationState::Failed, &json!({ "refusal": "it is stopped" }));
        console.kind = OperationKind::Console;
        assert_eq!(console.cause(), Some(Cause::NotOpened));
    }

    #[test]
    fn every_end_without_success_has_a_cause_and_nothing_else_is_explained() {
        for state in OperationState::ALL.iter().copied() {
            let cause = operation(state, &json!({})).cause();
            let ended_badly = state.is_final() && state != OperationState::Succeeded;
            assert_eq!(cause.is_some(), ended_badly, "{state}");
        }
    }
}
