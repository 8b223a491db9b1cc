//! What metrics tell of outcomes that were not known: how many there were, and how and after how long each was settled.

use domain::record::{ActOutcome, Operation, StepPhase, StepRecord};
use domain::{Change, Commit, Moment};

/// What one transition did to acts whose answer was lost.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcomes(Vec<Outcome>);

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Lost {
        class: &'static str,
    },
    Settled {
        class: &'static str,
        acted_at: Option<Moment>,
        given_up: bool,
    },
}

impl Outcomes {
    /// Reads them from a transition, before it is committed.
    pub(crate) fn of(before: &Operation, commit: &Commit) -> Self {
        let after = commit.changes.iter().find_map(|change| match change {
            Change::PutOperation(operation) if operation.id == before.id => Some(operation),
            _ => None,
        });
        let Some(after) = after else {
            return Self::default();
        };
        let ended = after.state.is_final() && !before.state.is_final();
        let outcome = |(was, is): (&StepRecord, &StepRecord)| {
            let class = is.class.as_str();
            match (is_open(was), is_open(is)) {
                (false, true) => Some(Outcome::Lost { class }),
                (true, still) if !still || ended => Some(Outcome::Settled {
                    class,
                    acted_at: was.acted_at,
                    given_up: still,
                }),
                _ => None,
            }
        };
        Self(
            before
                .steps
                .iter()
                .zip(&after.steps)
                .filter_map(outcome)
                .collect(),
        )
    }

    /// Counts them, once the transition is committed. `by` says who decided: `observation`, or `person`.
    pub(crate) fn publish(self, by: &'static str, now: Moment) {
        for outcome in self.0 {
            match outcome {
                Outcome::Lost { class } => {
                    metrics::counter!("hostler_unknown_outcomes_total", "class" => class).increment(1);
                }
                Outcome::Settled {
                    class,
                    acted_at,
                    given_up,
                } => {
                    let by = if given_up { "given_up" } else { by };
                    metrics::counter!("hostler_unknown_settled_total", "class" => class, "by" => by)
                        .increment(1);
                    let waited = acted_at.map_or(0.0, |acted| now.since(acted).as_secs_f64());
                    metrics::histogram!("hostler_unknown_settled_seconds", "class" => class).record(waited);
                }
            }
        }
    }
}

/// Whether nobody knows what became of the step's act.
fn is_open(step: &StepRecord) -> bool {
    step.act_outcome == Some(ActOutcome::Lost) && step.phase != StepPhase::Done
}
