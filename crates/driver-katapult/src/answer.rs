//! What Katapult's answers mean before anybody looks at their content: success, refusal, or no telling.
//!
//! Katapult refuses in one envelope, `{"error": {code, description, detail}}`. The code decides and not the status: 403
//! is a refused token as well as a refused order, 404 an unknown machine as well as an unknown address. An answer without
//! the envelope was written by something in between and says nothing.

use std::time::Duration;

use domain::http::{Outcome, Request, Response, RetryClass};
use driver::body::{is_garbled, line};
use driver::{Answered, RefusalClass, Verdict};
use serde::Deserialize;
use serde_json::Value;

use crate::requests::{self, API_BASE};

pub use driver::body::read as body;

/// The API's allowance is counted by the minute, and a refusal does not say when the next one begins.
const NEXT_MINUTE: Duration = Duration::from_secs(60);

/// Codes by which the credential is refused, or lacks what is needed.
const CREDENTIAL: [&str; 5] = [
    "missing_api_token",
    "invalid_api_token",
    "invalid_capabilities_token",
    "unauthorized_network_for_api_token",
    "scope_not_granted",
];

/// The code of a machine that lies in the trash.
pub const IN_TRASH: &str = "object_in_trash";
/// The code of a machine that is not there.
pub const NO_MACHINE: &str = "virtual_machine_not_found";
/// The code of a machine that does not lie in the trash.
pub const NOT_IN_TRASH: &str = "trash_object_not_found";
/// The code of a task that could not be queued, since another one is at work or the state does not allow it.
pub const NOT_QUEUED: &str = "task_queueing_error";

#[derive(Deserialize)]
struct Envelope {
    error: Problem,
}

/// A refusal in Katapult's words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// What kind of no.
    pub code: String,
    /// A sentence; missing for faults of Katapult's own.
    #[serde(default)]
    pub description: Option<String>,
    /// More of it.
    #[serde(default)]
    pub detail: Value,
}

impl Problem {
    /// The texts of the detail: `details`, then `errors`, which is one text or a list of them.
    pub fn more(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().and_then(line);
        let errors: Vec<String> = match self.detail.get("errors") {
            Some(Value::Array(all)) => all.iter().filter_map(text).collect(),
            Some(value) => text(value).into_iter().collect(),
            None => Vec::new(),
        };
        let details = self.detail.get("details").and_then(text);
        let joined = (!errors.is_empty()).then(|| errors.join(", "));
        details.into_iter().chain(joined).collect()
    }
}

/// The refusal inside an answer, where it is one of the API's.
pub fn problem(response: &Response) -> Option<Problem> {
    if response.is_success() {
        return None;
    }
    let envelope: Envelope = serde_json::from_str(&response.body).ok()?;
    Some(envelope.error).filter(|problem| !problem.code.is_empty())
}

/// Whether this is the API refusing with a code.
pub fn says(outcome: &Outcome, status: u16, code: &str) -> bool {
    refused_with(outcome).is_some_and(|(shown, problem)| shown == status && problem.code == code)
}

/// The status and the refusal of an answer, where it is one of the API's.
pub fn refused_with(outcome: &Outcome) -> Option<(u16, Problem)> {
    match outcome {
        Outcome::Answered(response) => problem(response).map(|problem| (response.status, problem)),
        Outcome::Failed(_) => None,
    }
}

/// The answer where it is a 2xx, otherwise what the outcome means.
pub fn success<'a>(request: &Request, outcome: &'a Outcome) -> Result<&'a Response, Verdict> {
    match outcome {
        Outcome::Answered(response) if response.is_success() => Ok(response),
        Outcome::Answered(response) => Err(failure(request, response)),
        Outcome::Failed(_) => Err(Verdict::Unknown(outcome.summary())),
    }
}

/// The body of a 2xx as `T`.
pub fn data<T: serde::de::DeserializeOwned>(request: &Request, outcome: &Outcome) -> Result<T, Verdict> {
    body(request, success(request, outcome)?)
}

/// What an answer other than 2xx means.
fn failure(request: &Request, response: &Response) -> Verdict {
    let refused = |class| Verdict::Refused(refusal(class, request, response));
    let unknown = || Verdict::Unknown(words(request, response));
    let throttled = || {
        let mut answered = refusal(RefusalClass::Throttled, request, response);
        answered.retry_after = answered.retry_after.or(Some(NEXT_MINUTE));
        Verdict::Refused(answered)
    };
    let Some(problem) = problem(response) else {
        return match response.status {
            429 => throttled(),
            401 if !is_garbled(response) => refused(RefusalClass::Credential),
            _ => unknown(),
        };
    };
    match (response.status, problem.code.as_str()) {
        (400 | 401 | 403, code) if CREDENTIAL.contains(&code) => refused(RefusalClass::Credential),
        (429, _) => throttled(),
        (404, NO_MACHINE) => refused(RefusalClass::Gone),
        (406, NOT_QUEUED) => refused(RefusalClass::Busy),
        // A conflict is one with something else that is under way or stands in the way, and passes with it.
        (409, _) if request.changes() => refused(RefusalClass::Busy),
        // Maintenance is said before anything is done. For what makes a thing even that is not relied on.
        (503, "service_unavailable") if request.class != RetryClass::Creating => refused(RefusalClass::Busy),
        // A refused read proves nothing about what it asked for, and an unknown route nothing at all.
        (400..=499, _) if !request.changes() => unknown(),
        (404, "route_not_found") | (408 | 425 | 499, _) => unknown(),
        (400..=499, _) => refused(RefusalClass::Permanent),
        _ => unknown(),
    }
}

/// A refusal with everything that Katapult said.
pub fn refusal(class: RefusalClass, request: &Request, response: &Response) -> Answered {
    Answered {
        class,
        reason: words(request, response),
        retry_after: response.retry_after.map(Duration::from_secs),
    }
}

/// A permanent no with everything that Katapult said.
pub fn refused_for_good(request: &Request, outcome: &Outcome) -> Verdict {
    match outcome {
        Outcome::Answered(response) => Verdict::Refused(refusal(RefusalClass::Permanent, request, response)),
        Outcome::Failed(_) => Verdict::Unknown(outcome.summary()),
    }
}

/// The target is not there, or lies in the trash.
pub fn gone(reason: &str) -> Verdict {
    Verdict::Refused(Answered {
        class: RefusalClass::Gone,
        reason: reason.to_owned(),
        retry_after: None,
    })
}

/// What an answer said, from which a support request can start: code, description and detail, then status, method and
/// path.
pub fn words(request: &Request, response: &Response) -> String {
    let about = format!(
        "[http: {} {} {API_BASE}{}]",
        response.status, request.method, request.path
    );
    let Some(problem) = problem(response) else {
        return format!("{} was answered without a reason {about}", request.name);
    };
    let mut said = problem.code.clone();
    if let Some(description) = problem.description.as_deref().and_then(line) {
        said = format!("{said}: {description}");
    }
    for more in problem.more() {
        said = format!("{said} - {more}");
    }
    format!("{said} {about}")
}

/// An answer about another object than the one that was asked for is no answer, however well it reads.
pub fn is_about(request: &Request, thing: &str, field: &str, shown: &str) -> Result<(), Verdict> {
    let asked = requests::asked(request, thing, field).unwrap_or_default();
    if asked == shown {
        return Ok(());
    }
    Err(Verdict::Unknown(format!(
        "Katapult was asked for {thing} {asked} and answered with {shown}"
    )))
}

#[cfg(test)]
mod tests;
