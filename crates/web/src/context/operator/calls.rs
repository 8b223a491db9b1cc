//! Platform requests as the operator sees them, and documents without their secrets.

use domain::Moment;
use domain::http::Outcome;
use domain::record::{Call, CallState};
use serde::Serialize;
use serde_json::Value;

use crate::context::When;

/// Characters of a body that a page shows.
const SHOWN: usize = 6_000;
/// Keys whose values nobody has to see, whatever a platform calls them.
const MASKED: [&str; 5] = ["password", "passwd", "token", "secret", "authorization"];

/// A platform request, with both bodies, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallRow {
    /// Our id, and the `x-request-id`.
    pub id: String,
    /// The step it served.
    pub step: String,
    /// The driver's name for it.
    pub name: String,
    /// Method and path with query.
    pub line: String,
    /// What repeating it means.
    pub class: &'static str,
    /// Where it stands.
    pub state: &'static str,
    /// Whether its effect is not known.
    pub is_unknown: bool,
    /// What became of it, in one line.
    pub summary: String,
    /// The request's body.
    pub sent: String,
    /// The answer's body.
    pub received: String,
    /// When it was committed.
    pub at: When,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
}

impl CallRow {
    /// From the record.
    pub fn new(call: &Call, now: Moment) -> Self {
        let request = &call.request;
        let query: Vec<_> = request
            .query
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let received = match &call.outcome {
            Some(Outcome::Answered(response)) => shown_text(&response.body),
            Some(Outcome::Failed(failure)) => failure.message.clone(),
            None => String::new(),
        };
        let separator = if query.is_empty() { "" } else { "?" };
        Self {
            id: call.id.to_string(),
            step: call.step.clone(),
            name: request.name.clone(),
            line: format!(
                "{} {}{separator}{}",
                request.method,
                request.path,
                query.join("&")
            ),
            class: request.class.as_str(),
            state: call.state.as_str(),
            is_unknown: matches!(call.state, CallState::Unknown | CallState::Sending),
            summary: call.outcome.as_ref().map(Outcome::summary).unwrap_or_default(),
            sent: request.body.as_ref().map(shown).unwrap_or_default(),
            received,
            at: When::new(now, call.sent_at),
            took_ms: call
                .ended_at
                .map(|ended| u64::try_from(ended.since(call.sent_at).as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

/// A text that may be JSON, masked, indented and shortened.
fn shown_text(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| shortened(text), |value| shown(&value))
}

/// A document, masked, indented and shortened.
pub(crate) fn shown(value: &Value) -> String {
    let mut value = value.clone();
    mask(&mut value);
    shortened(&serde_json::to_string_pretty(&value).unwrap_or_default())
}

fn shortened(text: &str) -> String {
    text.char_indices()
        .nth(SHOWN)
        .map_or_else(|| text.to_owned(), |(end, _)| format!("{} …", &text[..end]))
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let key = key.to_ascii_lowercase();
                if MASKED.iter().any(|word| key.contains(word)) && !inner.is_null() && !inner.is_object() {
                    *inner = Value::String("[secret]".to_owned());
                } else {
                    mask(inner);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_masked_by_key_at_any_depth() {
        let text = shown_text(
            r#"{"data":[{"expectedPassword":"hunter2","rootPASSWD":1,"name":"x"}],"api_token":"t0k"}"#,
        );
        for secret in ["hunter2", "t0k", ": 1"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("\"name\": \"x\""), "{text}");
    }

    #[test]
    fn long_bodies_end_within_a_character() {
        let text = shown_text(&"ü".repeat(SHOWN + 10));
        assert_eq!(text.chars().count(), SHOWN + 2);
    }
}
