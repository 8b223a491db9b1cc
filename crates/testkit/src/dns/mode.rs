//! How a proxy fails: [`Mode`], for which requests: [`Rule`], and what it answers in place of the server: [`Reply`].

use std::time::Duration;

use domain::http::Method;
use serde_json::{Value, json};

use super::message::Message;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// It is passed on, and its answer comes back.
    Pass,
    /// It is passed on only after this time, whether the client is still there or not.
    Slow(Duration),
    /// It is not passed on, and nothing is answered, for as long as the client waits.
    Hang,
    /// It is not passed on, and the connection ends.
    Close,
    /// It is not passed on, and this is answered.
    Answer(Reply),
    /// It is passed on, and the connection ends without an answer.
    Lost,
    /// It is passed on, and half of the answer's body comes back.
    Truncated,
    /// It is passed on, and this is answered.
    Instead(Reply),
}

/// An answer that is not the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    content_type: &'static str,
    body: String,
    retry_after: Option<u64>,
}

impl Reply {
    /// Any JSON, right or wrong.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    /// What the API says where it fails.
    pub fn error(status: u16, words: &str) -> Self {
        Self::json(status, &json!({"error": words}))
    }

    /// A text, as the API refuses a key (401, `Unauthorized`) and does not find a path (404, `Not Found`).
    pub fn text(status: u16, words: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", words.to_owned())
    }

    /// A page, as something in front of the API answers in its place.
    pub fn html(status: u16) -> Self {
        let page = format!("<html><body><h1>{status}</h1></body></html>\n");
        Self::new(status, "text/html", page)
    }

    /// With when to come again, in seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self {
            status,
            content_type,
            body,
            retry_after: None,
        }
    }

    pub(super) fn message(&self) -> Message {
        let seconds = self.retry_after.map(|seconds| seconds.to_string());
        let mut headers = vec![("Content-Type", self.content_type)];
        headers.extend(seconds.as_deref().map(|seconds| ("Retry-After", seconds)));
        let first_line = format!("HTTP/1.1 {} Answered by a proxy", self.status);
        Message::new(&first_line, &headers, self.body.clone().into_bytes())
    }
}

/// A mode for some requests. Every request is one unless the rule says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    mode: Mode,
    method: Option<Method>,
    path: String,
    skips: usize,
    times: Option<usize>,
}

impl Rule {
    /// A mode for all requests.
    pub const fn new(mode: Mode) -> Self {
        Self {
            mode,
            method: None,
            path: String::new(),
            skips: 0,
            times: None,
        }
    }

    /// Only for requests of a method.
    #[must_use]
    pub const fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only for requests whose path, with its query, begins like this.
    #[must_use]
    pub fn path(mut self, beginning: &str) -> Self {
        beginning.clone_into(&mut self.path);
        self
    }

    /// Not for the first ones.
    #[must_use]
    pub const fn after(mut self, requests: usize) -> Self {
        self.skips = requests;
        self
    }

    /// Only for so many.
    #[must_use]
    pub const fn times(mut self, requests: usize) -> Self {
        self.times = Some(requests);
        self
    }

    /// The mode, if it is for this request.
    pub(super) fn take(&mut self, request: &Message) -> Option<Mode> {
        let other = self
            .method
            .is_some_and(|method| method.as_str() != request.method());
        if other || !request.path().starts_with(&self.path) || self.times == Some(0) {
            return None;
        }
        if self.skips > 0 {
            self.skips -= 1;
            return None;
        }
        self.times = self.times.map(|times| times - 1);
        Some(self.mode.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_takes_so_many_requests_after_the_first_ones_and_no_others() {
        let rule = Rule::new(Mode::Close).method(Method::Patch).path("/a");
        let mut rule = rule.after(1).times(2);
        let mut takes = |method: &str, path: &str| {
            let request = Message::new(&format!("{method} {path} HTTP/1.1"), &[], Vec::new());
            rule.take(&request).is_some()
        };
        assert!(!takes("GET", "/a") && !takes("PATCH", "/b"));
        let taken = ["/a", "/a?b", "/ab", "/a"].map(|path| takes("PATCH", path));
        assert_eq!(taken, [false, true, true, false]);
    }
}
