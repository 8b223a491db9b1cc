//! What a browser gets.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde::Serialize;
use serde_json::Value;

/// The headers that the billing side passes on.
const PASSED_ON: [&str; 7] = [
    "content-type",
    "cache-control",
    "content-security-policy",
    "location",
    "x-frame-options",
    "referrer-policy",
    "x-content-type-options",
];

/// An answer for a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAnswer {
    /// The status.
    pub status: u16,
    /// Headers, names in lower case. Only those that the billing side passes on leave.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// What the billing system puts into the body.
    pub fill: Option<Fill>,
}

/// A secret that the billing system keeps, and puts into an answer where this text stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fill {
    /// The text whose place it takes.
    pub placeholder: String,
    /// Whose secret.
    pub service: u64,
    /// Which one.
    pub field: &'static str,
}

impl PageAnswer {
    /// A JSON answer that nobody keeps.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![
                (
                    "content-type".to_owned(),
                    "application/json; charset=utf-8".to_owned(),
                ),
                ("cache-control".to_owned(), "no-store".to_owned()),
            ],
            body: body.to_string().into_bytes(),
            fill: None,
        }
    }

    /// The original's envelope for what was done or found.
    pub fn done(data: &Value) -> Self {
        Self::json(200, &serde_json::json!({ "success": true, "data": data }))
    }

    /// The original's envelope for what was not.
    pub fn failed(status: u16, sentence: &str) -> Self {
        Self::json(
            status,
            &serde_json::json!({ "success": false, "errors": sentence }),
        )
    }

    /// The browser goes on elsewhere, and nobody keeps where.
    pub fn elsewhere(address: &str) -> Self {
        Self {
            status: 303,
            headers: vec![
                ("location".to_owned(), address.to_owned()),
                ("cache-control".to_owned(), "no-store".to_owned()),
                ("referrer-policy".to_owned(), "no-referrer".to_owned()),
            ],
            body: Vec::new(),
            fill: None,
        }
    }

    /// A page of one sentence in a language.
    pub fn sentence(status: u16, language: &str, sentence: &str) -> Self {
        let (language, text) = (crate::html::escape(language), crate::html::escape(sentence));
        let body = format!(
            "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\"><title>Hostler</title><p>{text}</p></html>"
        );
        Self {
            status,
            headers: vec![
                ("content-type".to_owned(), "text/html; charset=utf-8".to_owned()),
                ("cache-control".to_owned(), "no-store".to_owned()),
            ],
            body: body.into_bytes(),
            fill: None,
        }
    }
}

/// The answer as it is sent to the billing side.
#[derive(Debug, Serialize)]
pub struct Wire {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
    encoding: &'static str,
    effects: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fill: Option<Fill>,
}

impl Wire {
    /// From an answer and the effects that leave with it.
    pub fn new(answer: PageAnswer, effects: Vec<Value>) -> Self {
        let headers = answer
            .headers
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .filter(|(name, value)| PASSED_ON.contains(&name.as_str()) && !value.contains(['\r', '\n', '\0']))
            .collect();
        let (body, encoding) = match String::from_utf8(answer.body) {
            Ok(text) => (text, "text"),
            Err(error) => (
                base64::engine::general_purpose::STANDARD.encode(error.as_bytes()),
                "base64",
            ),
        };
        Self {
            status: answer.status,
            headers,
            body,
            encoding,
            effects,
            fill: answer.fill,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_headers_leave_and_never_a_line_break() {
        let answer = PageAnswer {
            status: 200,
            headers: vec![
                ("Content-Type".to_owned(), "text/css".to_owned()),
                ("set-cookie".to_owned(), "a=b".to_owned()),
                ("location".to_owned(), "/x\r\nset-cookie: a=b".to_owned()),
            ],
            body: vec![0xff, 0x00],
            fill: None,
        };
        let wire = serde_json::to_value(Wire::new(answer, Vec::new())).unwrap();
        assert_eq!(wire["headers"], serde_json::json!({ "content-type": "text/css" }));
        assert_eq!(wire["encoding"], "base64");
        assert_eq!(wire["body"], "/wA=");
    }

    #[test]
    fn vf_105_the_envelope_has_the_originals_shape_and_type() {
        let done = PageAnswer::done(&serde_json::json!({ "action": "boot" }));
        assert_eq!(done.body, br#"{"data":{"action":"boot"},"success":true}"#);
        let failed = PageAnswer::failed(409, "not provisioned");
        assert_eq!(failed.body, br#"{"errors":"not provisioned","success":false}"#);
        assert_eq!(failed.status, 409);
        for answer in [done, failed] {
            assert!(answer.headers.contains(&(
                "content-type".to_owned(),
                "application/json; charset=utf-8".to_owned()
            )));
        }
    }
}
