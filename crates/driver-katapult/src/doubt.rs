//! A no that names something as missing. What was there a moment ago may only be hidden for a moment (a reading of a
//! past state, a replica that lags), so that one such answer is not believed: a look asks again, and an order that was
//! refused is followed by a reading of what it is said to lack.

use std::time::Duration;

use domain::http::{Outcome, Request};
use driver::{Answered, Findings, RefusalClass, Standing, StepContext, Verdict};
use serde_json::{Map, Value};

use crate::answer;
use crate::facts::{self, Want, ordered};
use crate::order::Wish;
use crate::requests;

/// The note of what was missing once.
const DOUBTED: &str = "doubted";

/// The note of the words with which an order was refused.
const WORDS: &str = "refused_with";

/// How long after the first no it is asked again.
const AGAIN: Duration = Duration::from_secs(15);

/// A first look that misses something: it is asked once more. `None` where that was done, and the no stands.
pub fn once(context: &StepContext<'_>, what: &str) -> Option<Findings> {
    let doubted: Map<String, Value> = facts::read(context.notes, DOUBTED).unwrap_or_default();
    (!doubted.contains_key(what)).then(|| {
        let hint = format!("Katapult says that it knows no {what}; asking once more");
        Findings::of(Standing::Pending {
            hint,
            after: Some(AGAIN),
        })
        .note(DOUBTED, facts::with_entry(context, DOUBTED, what, true))
    })
}

/// The reading that follows an order which was refused because of something that it names; `None` for any other answer.
pub fn follow(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Option<Verdict> {
    let (404, problem) = answer::refused_with(outcome)? else {
        return None;
    };
    let wish = Wish::of(ordered(context).ok()?).ok()?;
    let read = match problem.code.as_str() {
        "organization_not_found" => requests::read_organization(&Want::noted(context.notes)?.organization),
        "package_not_found" => requests::read_package(&wish.package),
        "data_center_not_found" => requests::read_data_center(&wish.data_center),
        "disk_template_not_found" => requests::read_template(&wish.template),
        _ => return None,
    };
    let words = match answer::refused_for_good(request, outcome) {
        Verdict::Refused(answered) => answered.reason,
        _ => problem.code,
    };
    Some(Verdict::Next(read, facts::note(WORDS, words)))
}

/// What the reading means for the order, which had no effect: final where what it named is missing here too.
pub fn judged(context: &StepContext<'_>, outcome: &Outcome) -> Verdict {
    let words: String = facts::read(context.notes, WORDS).unwrap_or_default();
    let is_missing = answer::refused_with(outcome)
        .is_some_and(|(status, problem)| status == 404 && problem.code.ends_with("_not_found"));
    if is_missing {
        return Verdict::Refused(Answered::permanent(words));
    }
    Verdict::Refused(Answered {
        class: RefusalClass::Busy,
        reason: format!("{words}, which is not so; the order is sent again"),
        retry_after: None,
    })
}
