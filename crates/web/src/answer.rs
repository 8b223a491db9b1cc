//! What the browser gets.

use std::collections::BTreeMap;

/// The policy of documents that are wholly ours: everything from our own origin, nothing inline.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                                 connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The same for the page of a screen, which speaks to one place besides, and whose viewer draws pictures and pointers that
/// it made itself.
fn screen_policy(line: &str) -> String {
    POLICY
        .replace("connect-src 'self'", &format!("connect-src 'self' {line}"))
        .replace("img-src 'self'", "img-src 'self' data:")
}

/// Status, headers (names in lower case) and body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: BTreeMap<&'static str, String>,
    /// The body.
    pub body: String,
}

impl PageAnswer {
    fn new(status: u16, content_type: &str, body: String) -> Self {
        let headers = [
            ("content-type", content_type),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
        ];
        Self {
            status,
            headers: headers.map(|(name, value)| (name, value.to_owned())).into(),
            body,
        }
    }

    /// Markup that is put into a page of somebody else.
    pub fn fragment(status: u16, html: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", html)
    }

    /// A whole document, under our own policy.
    pub fn document(status: u16, html: String) -> Self {
        let mut answer = Self::fragment(status, html);
        answer
            .headers
            .insert("content-security-policy", POLICY.to_owned());
        answer.headers.insert("x-frame-options", "DENY".to_owned());
        answer
    }

    /// The document of a screen, which may speak to `line` (`wss://host`) and nothing else that is not ours.
    pub fn screen(html: String, line: &str) -> Self {
        let mut answer = Self::document(200, html);
        answer
            .headers
            .insert("content-security-policy", screen_policy(line));
        answer
    }

    /// Data for a program.
    pub fn data(value: &serde_json::Value) -> Self {
        Self::new(200, "application/json; charset=utf-8", value.to_string())
    }

    /// To another page, by GET.
    pub fn see_other(location: &str) -> Self {
        let mut answer = Self::new(303, "text/plain; charset=utf-8", String::new());
        answer.headers.insert("location", location.to_owned());
        answer
    }

    /// A file that never changes under its name.
    pub fn asset(content_type: &str, body: String) -> Self {
        let mut answer = Self::new(200, content_type, body);
        answer
            .headers
            .insert("cache-control", "public, max-age=31536000, immutable".to_owned());
        answer
    }

    /// A sentence, as plain text.
    pub fn plain(status: u16, sentence: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", sentence.to_owned())
    }
}
