//! What a browser makes a service do, with the original module's parameters and envelope.
//!
//! * [`gates`] judges who asks, from where, about whose service, in the original's order with its holes closed.
//! * [`power`], [`ask`], [`server_data`], [`seen`], [`sign_on`], [`console`] and [`reveal`] are what a client can do and see
//!   here; administrators have [`admin`].
//! * [`plain`] is the answer for people without a script.
//!
//! The engine judges each of these again: a gate that somebody gets around opens nothing.

mod admin;
mod ask;
mod client;
mod console;
mod gates;
pub(crate) mod origin;
mod plain;
mod power;
mod reveal;
mod seen;
mod server_data;
mod sign_on;
mod wish;
mod words;

pub(crate) use ask::Ask;
pub(crate) use client::Action;
pub(crate) use gates::{ServiceId, from_our_pages, is_changing, owned, service_id, token_fits};
pub(crate) use seen::Look;
pub(crate) use words::{LATE, NO_MACHINE, NOT_PERMITTED, SPENT, Sentence, Voice, refused};

use engine::EngineError;

use crate::gate::Admitted;
use crate::page::{Message, PageAnswer, PrincipalKind};
use crate::state::BridgeState;

/// Why an action stops. It becomes the browser's answer at the end, in the page's language.
#[derive(Debug)]
pub(crate) struct Stop {
    status: u16,
    /// The key of its message; nothing where people never meet it.
    key: Option<&'static str>,
    arguments: Vec<(&'static str, String)>,
    english: String,
    /// Whether somebody looks at it without our script.
    is_page: bool,
}

impl Stop {
    /// What only programs meet, and who does not keep to our pages.
    pub fn new(status: u16, english: &str) -> Self {
        Self {
            status,
            key: None,
            arguments: Vec::new(),
            english: english.to_owned(),
            is_page: false,
        }
    }

    /// A message whose English needs its arguments.
    pub fn keyed(status: u16, key: &'static str, english: &str) -> Self {
        Self {
            key: Some(key),
            ..Self::new(status, english)
        }
    }

    /// A sentence for clients.
    pub fn said(status: u16, sentence: Sentence) -> Self {
        Self::keyed(status, sentence.key, sentence.english)
    }

    /// With another English where nobody makes pages: the engine's own, which is more exact.
    pub fn in_english(mut self, english: &str) -> Self {
        english.clone_into(&mut self.english);
        self
    }

    /// With an argument of its message.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// The same for somebody who looks at it without our script.
    const fn into_page(mut self) -> Self {
        self.is_page = true;
        self
    }

    /// A fault of the engine: nothing of it is shown.
    pub fn fault(error: &EngineError) -> Self {
        tracing::error!(%error, "an action failed");
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

    fn answer(self, voice: Voice<'_>) -> PageAnswer {
        let sentence = self.sentence(voice);
        if self.is_page {
            let language = voice.say("page-language", &[], "en");
            return PageAnswer::sentence(self.status, &language, &sentence);
        }
        PageAnswer::failed(self.status, &sentence)
    }
}

/// An action with what it may need.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub state: &'a BridgeState,
    pub admitted: &'a Admitted,
    pub message: &'a Message,
}

impl<'a> Asked<'a> {
    /// How the asker is spoken to.
    pub fn voice(&self) -> Voice<'a> {
        Voice {
            pages: self.state.pages(),
            language: self.message.context.language.as_deref().unwrap_or_default(),
            panel: self.admitted.installation.settings.panel_name.as_deref(),
        }
    }
}

/// Writes down what a person was given of a service, beside the service's number.
async fn written(
    asked: &Asked<'_>,
    subject: &gates::Subject<'_>,
    action: &str,
    mut detail: serde_json::Value,
) -> Result<(), Stop> {
    let service = &subject.view.service;
    detail["service"] = service.billing_id.into();
    let installation = Some(service.installation.clone());
    let (actor, id) = (asked.message.context.actor(), service.id.to_string());
    let engine = asked.state.engine();
    engine
        .note(installation, &actor, action, &id, detail)
        .await
        .map_err(|error| Stop::fault(&error))
}

/// An action that is answered here, by its name and surface; `None` is for the pages.
pub(crate) async fn answer(asked: Asked<'_>) -> Option<PageAnswer> {
    let outcome = match asked.message.surface {
        PrincipalKind::Client => client::answer(asked).await,
        PrincipalKind::Admin => admin::answer(asked).await?,
    };
    let answer = outcome.unwrap_or_else(|stop| stop.answer(asked.voice()));
    Some(if plain::is_wanted(asked.message) {
        plain::shown(&asked, answer)
    } else {
        answer
    })
}

/// Pages that say nothing, so that English is said.
#[cfg(test)]
struct Silent;

#[cfg(test)]
impl crate::page::Pages for Silent {
    fn serve(&self, _: crate::page::PageRequest) -> crate::page::BoxFuture<'_, PageAnswer> {
        unreachable!("only what is said is asked for")
    }

    fn console(
        &self,
        _: crate::page::PageRequest,
        _: domain::console::Console,
    ) -> crate::page::BoxFuture<'_, PageAnswer> {
        unreachable!("only what is said is asked for")
    }
}

/// A voice that says everything in English.
#[cfg(test)]
fn english() -> Voice<'static> {
    Voice {
        pages: &Silent,
        language: "",
        panel: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_104_a_fault_is_a_500_that_shows_nothing_of_itself() {
        let stop = Stop::fault(&EngineError::Invalid("SELECT token FROM secret".to_owned()));
        let answer = stop.answer(english());
        assert_eq!(answer.status, 500);
        let body = String::from_utf8(answer.body).unwrap();
        assert!(body.contains("\"success\":false"), "{body}");
        assert!(!body.contains("SELECT"), "{body}");
    }
}
