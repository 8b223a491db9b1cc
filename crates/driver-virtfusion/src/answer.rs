//! What the panel's answers mean before anybody looks at their content: success, refusal, or no telling.
//!
//! The panel refuses in five shapes, depending on version and endpoint: a list of texts, a map of field to texts, `msg`,
//! `message`, and an object inside `data`. All are read into one sentence. A refusal always names the HTTP code, so that
//! a support request can start from it.

use std::time::Duration;

use domain::http::{Outcome, Request, Response};
pub use driver::body::read as body;
use driver::body::{is_garbled, line};
use driver::{Answered, RefusalClass, Verdict};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::wire::Single;

/// The text by which the panel says that a server does not exist.
const SERVER_NOT_FOUND: &str = "server not found";

/// The answer where it is a 2xx, otherwise what the outcome means.
pub fn success<'a>(request: &Request, outcome: &'a Outcome) -> Result<&'a Response, Verdict> {
    match outcome {
        Outcome::Answered(response) if response.is_success() => Ok(response),
        Outcome::Answered(response) => Err(failure(request, response)),
        Outcome::Failed(_) => Err(Verdict::Unknown(outcome.summary())),
    }
}

/// The object in the envelope of a 2xx.
pub fn data<T: DeserializeOwned>(request: &Request, outcome: &Outcome) -> Result<T, Verdict> {
    let response = success(request, outcome)?;
    body::<Single<T>>(request, response).map(|envelope| envelope.data)
}

/// The object in the envelope of a 2xx to a change whose answer carries nothing that must be known: `None` when it has
/// another shape, since 200, 201 and 204 with and without bodies all occur across panel versions.
pub fn extra<T: DeserializeOwned>(response: &Response) -> Option<T> {
    serde_json::from_str::<Single<T>>(&response.body)
        .ok()
        .map(|envelope| envelope.data)
}

/// Whether this is the panel saying that the server does not exist.
pub fn names_missing_server(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Answered(response) if response.status == 404 && is_missing_server(response))
}

/// The target is not there.
pub fn gone() -> Verdict {
    Verdict::Refused(Answered {
        class: RefusalClass::Gone,
        reason: "The panel has no such server any more (HTTP 404)".to_owned(),
        retry_after: None,
    })
}

/// Whether this is the API's 404 to a search: of any wording, but whole, and not written by something in between.
pub fn is_plain_404(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Answered(response) if response.status == 404 && !is_garbled(response))
}

fn is_missing_server(response: &Response) -> bool {
    sentences(&response.body).first().is_some_and(|text| {
        text.trim()
            .trim_end_matches('.')
            .eq_ignore_ascii_case(SERVER_NOT_FOUND)
    })
}

/// What an answer other than 2xx means.
fn failure(request: &Request, response: &Response) -> Verdict {
    let refused = |class| Verdict::Refused(refusal(class, response, &sentences(&response.body)));
    match response.status {
        401 | 403 => refused(RefusalClass::Credential),
        429 => refused(RefusalClass::Throttled),
        423 | 409 => refused(RefusalClass::Busy),
        404 if is_missing_server(response) => refused(RefusalClass::Gone),
        // A refused read proves nothing about the machine, and what cannot be read was not, or not only, said by the API.
        400..=499 if !request.changes() || is_garbled(response) => unreadable(request, response),
        404 if sentences(&response.body).is_empty() => unreadable(request, response),
        408 | 425 | 499 => unreadable(request, response),
        400..=499 => refused(RefusalClass::Permanent),
        _ => unreadable(request, response),
    }
}

fn unreadable(request: &Request, response: &Response) -> Verdict {
    let said = sentences(&response.body);
    Verdict::Unknown(match said.first() {
        Some(text) => format!("HTTP {} to {}: {text}", response.status, request.name),
        None => format!("HTTP {} to {} without details", response.status, request.name),
    })
}

fn refusal(class: RefusalClass, response: &Response, said: &[String]) -> Answered {
    let code = response.status;
    let reason = match (said.first(), class) {
        (Some(text), _) => format!("{text} (HTTP {code})"),
        (None, RefusalClass::Busy) => format!("The server is locked, try again later (HTTP {code})"),
        (None, RefusalClass::Throttled) => format!("The panel asks to slow down (HTTP {code})"),
        (None, RefusalClass::Credential) => format!("The panel refuses the API token (HTTP {code})"),
        (None, _) => format!("The panel answered HTTP {code} without a reason"),
    };
    Answered {
        class,
        reason,
        retry_after: response.retry_after.map(Duration::from_secs),
    }
}

/// A permanent refusal with all that the panel said, for the dry run, whose whole purpose is to hear it.
pub fn refused_for_good(response: &Response) -> Verdict {
    let said = sentences(&response.body);
    let mut answered = refusal(RefusalClass::Permanent, response, &said);
    if said.len() > 1 {
        answered.reason = format!("{} (HTTP {})", said.join(", "), response.status);
    }
    Verdict::Refused(answered)
}

/// What the panel said, most specific first.
pub fn sentences(body: &str) -> Vec<String> {
    let Ok(Value::Object(top)) = serde_json::from_str::<Value>(body) else {
        return Vec::new();
    };
    let mut said = top.get("errors").map(texts).unwrap_or_default();
    let nested = top.get("data").and_then(|data| data.get("errors"));
    for key in ["msg", "message", "error"] {
        if said.is_empty() {
            said.extend(top.get(key).map(texts).unwrap_or_default());
        }
    }
    if said.is_empty() {
        said.extend(
            nested
                .map(|errors| errors.get("err_msg").unwrap_or(errors))
                .map(texts)
                .unwrap_or_default(),
        );
    }
    said
}

/// The texts of a value: itself, a list of them, or a map of field to texts as `field: text`.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => line(text).into_iter().collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(field, value)| {
                texts(value)
                    .into_iter()
                    .map(move |text| format!("{field}: {text}"))
            })
            .collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}

/// An answer about another `thing` is no answer to the request, however well it reads.
pub fn is_about(request: &Request, thing: &str, id: u64) -> Result<(), Verdict> {
    let ends = |with: String| request.path.ends_with(&with);
    if ends(format!("/{thing}s/{id}")) || ends(format!("/{thing}/{id}")) {
        return Ok(());
    }
    Err(Verdict::Unknown(format!(
        "The panel was asked for {} and answered with {thing} {id}",
        request.path
    )))
}

#[cfg(test)]
mod tests {
    use domain::http::{Method, RetryClass};

    use super::*;

    fn answered(status: u16, body: &str) -> Outcome {
        Outcome::Answered(Response {
            status,
            body: body.to_owned(),
            retry_after: None,
        })
    }

    fn verdict(class: RetryClass, status: u16, body: &str) -> Verdict {
        let request = Request::new("create_server", Method::Post, "/servers", class);
        success(&request, &answered(status, body)).expect_err("no success")
    }

    fn refused(status: u16, body: &str) -> Answered {
        match verdict(RetryClass::Creating, status, body) {
            Verdict::Refused(answered) => answered,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn vf_034_a_refused_create_names_the_first_list_error_then_msg_then_the_code() {
        let first = refused(422, r#"{"errors":["No capacity left","Second"],"msg":"later"}"#);
        assert_eq!(first.reason, "No capacity left (HTTP 422)");
        let msg = refused(400, r#"{"errors":[],"msg":"package not found"}"#);
        assert_eq!(msg.reason, "package not found (HTTP 400)");
        let bare = refused(418, "");
        assert!(bare.reason.contains("HTTP 418"), "{}", bare.reason);
        assert_eq!(bare.class, RefusalClass::Permanent);
    }

    #[test]
    fn vf_035_a_map_of_errors_is_read_field_by_field() {
        let body = r#"{"message":"The given data was invalid.","errors":{"email":["The email has already been taken."]}}"#;
        assert_eq!(
            refused(422, body).reason,
            "email: The email has already been taken. (HTTP 422)"
        );
        let nested = refused(422, r#"{"data":{"errors":{"err_msg":"Nothing free"}}}"#);
        assert_eq!(nested.reason, "Nothing free (HTTP 422)");
    }

    #[test]
    fn a_404_means_gone_only_where_it_names_the_server() {
        assert_eq!(
            refused(404, r#"{"msg":"server not found"}"#).class,
            RefusalClass::Gone
        );
        assert_eq!(
            refused(404, r#"{"msg":"package not found"}"#).class,
            RefusalClass::Permanent
        );
        for body in ["", "<html>404</html>", "[]"] {
            let verdict = verdict(RetryClass::Creating, 404, body);
            assert!(matches!(verdict, Verdict::Unknown(_)), "{body}: {verdict:?}");
        }
        let read = verdict(RetryClass::Read, 404, r#"{"msg":"package not found"}"#);
        assert!(matches!(read, Verdict::Unknown(_)), "{read:?}");
    }

    #[test]
    fn whatever_leaves_the_effect_open_is_unknown() {
        for (status, body) in [
            (500, "{}"),
            (502, "<html>"),
            (503, ""),
            (302, ""),
            (408, ""),
            (400, "<html>"),
        ] {
            let verdict = verdict(RetryClass::Creating, status, body);
            assert!(
                matches!(&verdict, Verdict::Unknown(text) if text.contains(&status.to_string())),
                "{verdict:?}"
            );
        }
        let request = Request::get("read_server", "/servers/1");
        assert!(matches!(
            success(&request, &Outcome::lost("reset")),
            Err(Verdict::Unknown(_))
        ));
    }

    #[test]
    fn locks_limits_and_refused_tokens_have_their_own_classes() {
        assert_eq!(refused(423, "").class, RefusalClass::Busy);
        assert_eq!(refused(409, "").class, RefusalClass::Busy);
        assert_eq!(refused(401, "401 Unauthorized").class, RefusalClass::Credential);
        assert_eq!(refused(403, "{}").class, RefusalClass::Credential);
        let request = Request::new("x", Method::Post, "/servers", RetryClass::Creating);
        let outcome = Outcome::Answered(Response {
            status: 429,
            body: String::new(),
            retry_after: Some(7),
        });
        let Err(Verdict::Refused(throttled)) = success(&request, &outcome) else {
            panic!("not refused");
        };
        assert_eq!(throttled.class, RefusalClass::Throttled);
        assert_eq!(throttled.retry_after, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_2xx_that_cannot_be_read_is_unknown_and_names_the_field() {
        let request = Request::get("read_server", "/servers/1");
        for (body, path) in [
            (r#"{"data":{"id":"x"}}"#, "data.id"),
            ("", "EOF"),
            ("<html>", "expected"),
            ("{}", "data"),
        ] {
            let verdict = data::<crate::wire::Row>(&request, &answered(200, body)).expect_err("garbage");
            assert!(
                matches!(&verdict, Verdict::Unknown(text) if text.contains(path)),
                "{body}: {verdict:?}"
            );
        }
    }
}
