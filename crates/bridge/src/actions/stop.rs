//! Why an action stops, and how the browser hears of it: in its page's language, where that has the sentence.

use engine::EngineError;

use super::{Asked, words};
use crate::page::PageAnswer;

/// Why an action stops: a status, and a sentence.
#[derive(Debug)]
pub(crate) struct Stop {
    status: u16,
    message: Option<Message>,
    english: String,
}

/// What says the sentence in other languages than English.
#[derive(Debug)]
struct Message {
    key: &'static str,
    arguments: Vec<(&'static str, String)>,
}

impl Stop {
    /// With a sentence that has no other language than its own.
    pub fn new(status: u16, sentence: impl Into<String>) -> Self {
        Self {
            status,
            message: None,
            english: sentence.into(),
        }
    }

    /// With a sentence that a message says.
    pub fn said(status: u16, key: &'static str, english: impl Into<String>) -> Self {
        let message = Message {
            key,
            arguments: Vec::new(),
        };
        Self {
            message: Some(message),
            ..Self::new(status, english)
        }
    }

    /// With what is put into the message.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Some(message) = &mut self.message {
            message.arguments.push((name, value.into()));
        }
        self
    }

    /// The page was made for another session, or too long ago.
    pub fn old_page() -> Self {
        Self::said(
            403,
            "refused-old-page",
            "This page is out of date. Reload it and try again.",
        )
    }

    /// The login may not do this in the client's account.
    pub fn not_permitted() -> Self {
        Self::said(403, "refused-permission", words::NOT_PERMITTED)
    }

    /// A fault of the engine: nothing of it is shown.
    pub fn fault(error: &EngineError) -> Self {
        tracing::error!(%error, "a browser's request failed");
        Self::said(
            500,
            "refused-failed",
            "Something went wrong on our side. Try again in a moment.",
        )
    }

    /// The original's envelope around the sentence.
    pub fn envelope(&self, asked: &Asked<'_>) -> PageAnswer {
        PageAnswer::failed(self.status, &self.sentence(asked))
    }

    /// A page of the sentence, for somebody who looks at it without our script.
    pub fn page(&self, asked: &Asked<'_>) -> PageAnswer {
        PageAnswer::sentence(self.status, &words::language(asked), &self.sentence(asked))
    }

    fn sentence(&self, asked: &Asked<'_>) -> String {
        let Some(Message { key, arguments }) = &self.message else {
            return self.english.clone();
        };
        let arguments: Vec<_> = arguments
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        words::say(asked, key, &arguments, &self.english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = include_str!("../../../../locales/en/client.ftl");

    #[test]
    fn vf_104_a_fault_is_a_500_that_shows_nothing_of_itself() {
        let stop = Stop::fault(&EngineError::Invalid("SELECT token FROM secret".to_owned()));
        assert_eq!(stop.status, 500);
        assert!(!stop.english.contains("SELECT"), "{}", stop.english);
    }

    #[test]
    fn what_is_said_without_pages_is_what_the_built_in_english_says() {
        let fault = EngineError::NotFound("service".to_owned());
        for stop in [Stop::old_page(), Stop::not_permitted(), Stop::fault(&fault)] {
            let key = stop.message.expect("a message").key;
            let line = format!("\n{key} = {}\n", stop.english);
            assert!(ENGLISH.contains(&line), "{line}");
        }
    }
}
