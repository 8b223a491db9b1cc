//! Why an action stops, and how the browser hears of it: in its page's language, where that has the sentence.

use engine::EngineError;
use serde_json::json;

use super::words::{self, Sentence, Voice};
use crate::page::PageAnswer;

/// Why an action stops: a status, and a sentence.
#[derive(Debug)]
pub(crate) struct Stop {
    status: u16,
    /// What says the sentence in other languages than English; nothing where people never meet it.
    key: Option<&'static str>,
    arguments: Vec<(&'static str, String)>,
    english: String,
    /// The field of a form that it is about, where there are several.
    field: Option<&'static str>,
}

impl Stop {
    /// With a sentence that has no other language than its own: only programs meet it, and who does not keep to our pages.
    pub fn new(status: u16, sentence: impl Into<String>) -> Self {
        Self {
            status,
            key: None,
            arguments: Vec::new(),
            english: sentence.into(),
            field: None,
        }
    }

    /// With a message whose English needs its arguments.
    pub fn keyed(status: u16, key: &'static str, english: impl Into<String>) -> Self {
        Self {
            key: Some(key),
            ..Self::new(status, english)
        }
    }

    /// With a sentence for clients.
    pub fn said(status: u16, sentence: Sentence) -> Self {
        Self::keyed(status, sentence.key, sentence.english)
    }

    /// With another English where nobody makes pages: the engine's own, which is more exact.
    pub fn in_english(mut self, english: impl Into<String>) -> Self {
        self.english = english.into();
        self
    }

    /// With what is put into the message.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// With the field that has to be filled in otherwise.
    pub const fn about(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// A fault of the engine: nothing of it is shown.
    pub fn fault(error: &EngineError) -> Self {
        tracing::error!(%error, "a browser's request failed");
        Self::said(500, words::FAILED)
    }

    /// What is said.
    pub fn sentence(&self, voice: Voice<'_>) -> String {
        let Some(key) = self.key else {
            return self.english.clone();
        };
        let arguments: Vec<_> = self
            .arguments
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        voice.say(key, &arguments, &self.english)
    }

    /// The original's envelope around the sentence, with the field beside it.
    pub fn envelope(&self, voice: Voice<'_>) -> PageAnswer {
        let sentence = self.sentence(voice);
        match self.field {
            Some(field) => {
                let body = json!({ "success": false, "errors": sentence, "field": field });
                PageAnswer::json(self.status, &body)
            }
            None => PageAnswer::failed(self.status, &sentence),
        }
    }

    /// A page of the sentence, for somebody who looks at it without our script.
    pub fn page(&self, voice: Voice<'_>) -> PageAnswer {
        PageAnswer::sentence(self.status, &voice.markup(), &self.sentence(voice))
    }
}

#[cfg(test)]
mod tests {
    use super::super::english;
    use super::*;

    #[test]
    fn vf_104_a_fault_is_a_500_that_shows_nothing_of_itself() {
        let stop = Stop::fault(&EngineError::Invalid("SELECT token FROM secret".to_owned()));
        let answer = stop.envelope(english());
        assert_eq!(answer.status, 500);
        let body = String::from_utf8(answer.body).unwrap();
        assert!(body.contains("\"success\":false"), "{body}");
        assert!(!body.contains("SELECT"), "{body}");
    }
}
