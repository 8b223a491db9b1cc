//! Unknown outcomes: when they begin, when they settle, and whether a person was needed. No rule by itself; what the
//! statistics and the share of settled outcomes are made of.

use domain::Moment;
use domain::http::RetryClass;
use domain::record::{ActOutcome, Operation, StepPhase, StepRecord};

use super::super::statistics::{Ask, Class, Kind, Statistics};

/// An outcome that is unknown.
#[derive(Debug, Clone)]
pub struct Unknown {
    step: String,
    /// What it is counted under.
    pub kind: Kind,
    since: Moment,
    /// Whether a person was asked about its operation.
    pub asked: bool,
}

const fn ask(step: &StepRecord) -> Ask {
    match step.class {
        RetryClass::Creating if !step.resendable => Ask::ListCreate,
        RetryClass::Disruptive if !step.resendable => Ask::Disruptive,
        _ => Ask::Never,
    }
}

/// Acts whose outcome became unknown with this transition.
pub fn began(
    open: &mut Vec<Unknown>,
    now: Moment,
    before: &Operation,
    after: &Operation,
    struck: Option<&'static str>,
    statistics: &mut Statistics,
) {
    for (was, is) in before.steps.iter().zip(&after.steps) {
        let lost = was.phase == StepPhase::Act
            && is.phase == StepPhase::Look
            && is.act_outcome == Some(ActOutcome::Lost);
        if !lost {
            continue;
        }
        let kind = Kind {
            ask: ask(is),
            class: Class::of(is.class),
            fault: struck.unwrap_or("crash or freeze"),
        };
        statistics.unknowns.entry(kind).or_default().count += 1;
        open.push(Unknown {
            step: is.name.clone(),
            kind,
            since: now,
            asked: false,
        });
    }
}

/// Outcomes that are settled with this transition: the step is done, or the operation has ended.
pub fn settled(open: &mut Vec<Unknown>, now: Moment, after: &Operation, statistics: &mut Statistics) {
    open.retain(|unknown| {
        let done = after.state.is_final()
            || after
                .step(&unknown.step)
                .is_none_or(|step| step.phase == StepPhase::Done);
        if done {
            let of = statistics.unknowns.entry(unknown.kind).or_default();
            if unknown.asked {
                of.asked += 1;
            } else {
                of.alone.add(now.since(unknown.since));
            }
        }
        !done
    });
}
