//! What a browser makes a service do, with the original module's parameters and envelope.
//!
//! * [`gates`] judges who asks, from where, about whose service, in the original's order with its holes closed.
//! * [`power`], [`ask`], [`server_data`], [`seen`], [`names`], [`sign_on`], [`console`] and [`reveal`] are what a client can do
//!   and see here; administrators have [`admin`].
//! * [`plain`] is the answer for people without a script; [`stop`] is how all of them hear a no.
//!
//! Whether a wish may be had is the engine's to say: a gate that somebody gets around opens nothing.

mod admin;
mod ask;
mod client;
mod console;
mod gates;
mod names;
pub(crate) mod origin;
mod plain;
mod power;
mod reveal;
mod seen;
mod server_data;
mod sign_on;
mod stop;
mod wish;
mod words;

pub(crate) use ask::Ask;
pub(crate) use client::Action;
pub(crate) use gates::{ServiceId, from_our_pages, is_changing, owned, service_id, token_fits};
pub(crate) use seen::Look;
pub(crate) use stop::Stop;
pub(crate) use words::{
    FOREIGN, LATE, NO_MACHINE, NOT_PERMITTED, OLD_PAGE, ON_THIS_PAGE, REPLAYED, SPENT, Voice, refused,
};

use crate::gate::Admitted;
use crate::page::{Message, PageAnswer, PrincipalKind};
use crate::state::BridgeState;

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
        Voice::of(self.state, self.admitted, &self.message.context)
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
    let answer = outcome.unwrap_or_else(|stop| stop.envelope(asked.voice()));
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
