//! Why a request is refused, and the panel's words for it.

use serde_json::{Map, Value, json};

use super::config::ErrorShape;
use crate::wire::Answer;

/// One thing wrong with a body or query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub text: String,
}

impl Flaw {
    /// A flaw of one field.
    pub fn new(field: &str, text: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            text: text.into(),
        }
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// 401, not JSON.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404 with the name of what is missing.
    Missing(&'static str),
    /// 404 of the router.
    NoRoute,
    /// 405.
    NoMethod,
    /// 409.
    Conflict(&'static str),
    /// 415.
    NotJson,
    /// 422.
    Invalid(Vec<Flaw>),
    /// 423.
    Locked(&'static str),
    /// 429 with the seconds to wait.
    TooMany(u64),
}

impl Problem {
    /// 422 with one flaw.
    pub fn invalid(field: &str, text: impl Into<String>) -> Self {
        Self::Invalid(vec![Flaw::new(field, text)])
    }

    /// The answer.
    pub fn answer(&self, shape: ErrorShape) -> Answer {
        match self {
            Self::Unauthorized => Answer::text(401, "application/octet-stream", "401 Unauthorized"),
            Self::Forbidden => message(403, "the token lacks the scope for this request"),
            Self::Missing(what) => message(404, what),
            Self::NoRoute => Answer::json(404, &json!({ "message": "the route could not be found" })),
            Self::NoMethod => Answer::json(405, &json!({ "message": "the method is not supported here" })),
            Self::Conflict(text) => message(409, text),
            Self::NotJson => message(415, "the content type must be application/json"),
            Self::Invalid(flaws) => invalid(flaws, shape),
            Self::Locked(text) => message(423, text),
            Self::TooMany(seconds) => {
                message(429, "too many requests").with_header("retry-after", seconds.to_string())
            }
        }
    }
}

/// An answer of the form `{"msg":"…"}`.
pub fn message(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "msg": text }))
}

fn invalid(flaws: &[Flaw], shape: ErrorShape) -> Answer {
    let texts: Vec<&str> = flaws.iter().map(|flaw| flaw.text.as_str()).collect();
    if shape == ErrorShape::List {
        return Answer::json(422, &json!({ "errors": texts }));
    }
    let mut fields = Map::new();
    for flaw in flaws {
        let list = fields.entry(flaw.field.clone()).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(json!(flaw.text));
        }
    }
    Answer::json(
        422,
        &json!({ "message": texts.first().copied().unwrap_or_default(), "errors": fields }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flaws_are_written_in_both_shapes() {
        let problem = Problem::Invalid(vec![
            Flaw::new("memory", "too little"),
            Flaw::new("memory", "not a number"),
            Flaw::new("ipv4", "too many"),
        ]);
        let list = problem.answer(ErrorShape::List);
        assert_eq!(list.status, 422);
        assert_eq!(
            list.value(),
            Some(json!({"errors": ["too little", "not a number", "too many"]}))
        );
        assert_eq!(
            problem.answer(ErrorShape::Fields).value(),
            Some(json!({
                "message": "too little",
                "errors": {"memory": ["too little", "not a number"], "ipv4": ["too many"]}
            }))
        );
    }
}
