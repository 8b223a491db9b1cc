//! Secrets that the panel sends: kept out of facts and of the journal.

use domain::http::{Outcome, Response};
use serde_json::Value;

/// What stands in a secret's place.
const MASK: &str = "[secret]";

/// Parts of field names whose values are secrets: the password of a build, console passwords, sign-on tokens and the
/// paths that carry them.
const SECRET_NAMES: [&str; 5] = ["password", "token", "secret", "endpoint_complete", "private"];

/// Replaces every secret inside a value.
pub fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret(name) && !value.is_null() {
                    *value = Value::from(MASK);
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The outcome as the journal may keep it. A body that is no JSON but mentions a secret's name may be a cut-off answer
/// with the secret in it: it is left out whole.
pub fn masked(outcome: &Outcome) -> Outcome {
    let Outcome::Answered(response) = outcome else {
        return outcome.clone();
    };
    if !is_secret(&response.body) {
        return outcome.clone();
    }
    let body = match serde_json::from_str::<Value>(&response.body) {
        Ok(mut value) => {
            mask(&mut value);
            value.to_string()
        }
        Err(_) => format!("[{} bytes that may hold a secret]", response.body.len()),
    };
    Outcome::Answered(Response {
        body,
        ..response.clone()
    })
}

fn is_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|name| text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(body: &str) -> Outcome {
        Outcome::Answered(Response {
            status: 200,
            body: body.to_owned(),
            retry_after: None,
        })
    }

    fn body(outcome: &Outcome) -> String {
        match masked(outcome) {
            Outcome::Answered(response) => response.body,
            Outcome::Failed(failure) => failure.message,
        }
    }

    #[test]
    fn passwords_and_tokens_never_reach_the_journal() {
        let whole = answered(
            r#"{"data":{"settings":{"decryptedPassword":"hunter2"},"vnc":{"wss":{"token":"hunter2"}},"name":"web"}}"#,
        );
        assert!(!body(&whole).contains("hunter2"), "{}", body(&whole));
        assert!(body(&whole).contains("web"));
        let cut = answered(r#"{"data":{"password":"hunter2","na"#);
        assert!(!body(&cut).contains("hunter2"), "{}", body(&cut));
    }

    #[test]
    fn an_answer_without_secrets_is_kept_as_it_came() {
        let plain = answered(r#"{ "msg": "server not found" }"#);
        assert_eq!(masked(&plain), plain);
    }
}
