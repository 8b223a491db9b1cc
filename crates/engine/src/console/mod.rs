//! Consoles that the engine relays: tickets, proofs, and who is looking.
//!
//! The way to a machine's screen never reaches a browser that the engine relays for. What the page is given is a
//! **ticket** ([`ticket`]): good once, for a minute, and for one session, service and life of it. Whoever brings the ticket
//! has also to bring a **proof** ([`proof`]): an answer to a word that the relay just drew, which only the bridge makes,
//! and only for a browser that is signed in with the ticket's session. So a ticket alone is worth nothing to whoever
//! found it; and a session that has ended cannot answer when it is asked again, which it is as long as the console is open.
//!
//! **Seats** ([`seats`]) are the consoles that are open in this process. They are counted, and told to close.
//!
//! The invariant: *a console is open only while the service is in use, the client's, and the session's who opened it.*
//! Everything here is judged from the store at that moment, whatever a page or the bridge said before.
//!
//! Rejected: tickets as signed texts without a record (they could be used twice), and the address of the browser as a
//! proof of the session (it changes on the way, and is shared).

mod proof;
mod seats;
mod ticket;

use domain::id::{InstallationId, ServiceId};
use domain::record::{Service, ServiceStatus, Standing};
use domain::{ConsoleAccess, Secret};
use outbound::Line;
use serde_json::Value;

pub use proof::proof;
pub(crate) use seats::Seats;
pub use seats::{Closing, Seat};
pub use ticket::{Bearer, Opening, Turned};

use crate::engine::{Engine, Wish};
use crate::error::EngineError;
use proof::proves;
use ticket::Document;

/// A console that was opened by a ticket.
#[derive(Debug)]
pub struct Opened {
    document: Document,
    access: ConsoleAccess,
}

impl Opened {
    /// What a viewer has to know, once it is connected.
    pub const fn password(&self) -> &Secret {
        &self.access.password
    }
}

/// Why a service's console may not be open; `None` when it may.
pub(crate) fn ended(service: &Service, generation: u32, client: u64) -> Option<Closing> {
    let in_use = service.standing == Standing::Live
        && service.generation == generation
        && !matches!(
            service.status,
            ServiceStatus::Suspended
                | ServiceStatus::Terminated
                | ServiceStatus::Cancelled
                | ServiceStatus::Fraud
        );
    if !in_use {
        Some(Closing::NotInUse)
    } else if service.client_id != client {
        Some(Closing::AnothersNow)
    } else {
        None
    }
}

impl Engine {
    /// Opens the line to the screen.
    pub async fn dial(&self, opened: &Opened) -> Result<Line, EngineError> {
        let service = self.store().service(opened.document.service).await?;
        let platform = service.and_then(|service| service.platform);
        let platform = match platform {
            Some(platform) => self.store().platform(platform).await?,
            None => None,
        };
        let platform = platform.ok_or_else(|| EngineError::NotFound("platform of the service".to_owned()))?;
        let endpoint = self.endpoint(&platform).await?;
        let line = self.outbound().dial(&endpoint, &opened.access.address).await;
        line.map_err(|error| EngineError::Invalid(error.to_string()))
    }

    /// Why an open console has to be closed, as the store has it now.
    pub async fn console_ended(&self, opened: &Opened) -> Result<Option<Closing>, EngineError> {
        let document = &opened.document;
        let service = self.store().service(document.service).await?;
        Ok(service.map_or(Some(Closing::NotInUse), |service| {
            ended(&service, document.generation, document.client)
        }))
    }

    /// Whether a text is the session's proof of an open console.
    pub async fn console_proved(
        &self,
        opened: &Opened,
        nonce: &str,
        given: &str,
    ) -> Result<bool, EngineError> {
        self.proved(&opened.document, nonce, given).await
    }

    async fn proved(&self, document: &Document, nonce: &str, given: &str) -> Result<bool, EngineError> {
        let Some(installation) = self.store().installation(&document.installation).await? else {
            return Ok(false);
        };
        let keys = self.store().bridge_keys(&installation).await?;
        Ok(proves(
            &keys,
            &document.session,
            document.billing_id,
            nonce,
            given,
        ))
    }

    /// A session's answer to a word that the relay drew, as long as its client may open the console, however often; `None`
    /// where the word is none of the relay's. `wish` is the wish to open it.
    pub async fn vouch(&self, wish: Wish, session: &str, nonce: &str) -> Result<Option<String>, EngineError> {
        let command = self.permitted(wish).await?;
        let keys = self.store().bridge_keys(&command.installation).await?;
        let key = keys.first();
        Ok(key.and_then(|key| proof(key, session, command.billing_id, nonce)))
    }

    /// Closes the consoles that a person has open here, because that person has signed off.
    pub fn close_consoles_of_user(&self, installation: &InstallationId, user: u64) {
        self.seats().close(Closing::SignedOff, |held| {
            held.installation == *installation && held.user == Some(user)
        });
    }

    /// Closes the console of a service that is open here, because it was switched off.
    pub fn close_consoles_of_service(&self, service: ServiceId) {
        self.seats()
            .close(Closing::SwitchedOff, |held| held.service == service);
    }

    async fn note_of(&self, document: &Document, what: &str, detail: Value) -> Result<(), EngineError> {
        let installation = Some(document.installation.clone());
        let service = document.service.to_string();
        self.note(installation, &document.actor, what, &service, detail)
            .await
    }

    /// Writes down what became of a console.
    pub async fn note_console(&self, opened: &Opened, what: &str, detail: Value) -> Result<(), EngineError> {
        self.note_of(&opened.document, what, detail).await
    }
}

#[cfg(test)]
mod tests {
    use domain::Moment;
    use domain::ports::CountingRandom;

    use super::*;

    const BEGUN: Moment = Moment::from_seconds(1_800_000_000);

    /// One in its second life, of client 77.
    fn service() -> Service {
        Service {
            id: ServiceId::at(BEGUN, &CountingRandom::new(1)),
            installation: "main".parse().unwrap(),
            billing_id: 501,
            client_id: 77,
            product_id: 1,
            module: "VirtFusionDirect".to_owned(),
            platform: None,
            generation: 2,
            status: ServiceStatus::Active,
            standing: Standing::Live,
            hostname: None,
            mapped_id: None,
            power_before_suspend: None,
            watch_due: None,
            holds: Vec::new(),
            unsettled_until: None,
            welcomed_generation: 0,
            version: 1,
            created_at: BEGUN,
            updated_at: BEGUN,
        }
    }

    #[test]
    fn mx_046_a_console_is_of_one_life_one_owner_and_a_service_in_use() {
        assert_eq!(ended(&service(), 2, 77), None);
        assert_eq!(
            ended(&service(), 1, 77),
            Some(Closing::NotInUse),
            "of a former life"
        );
        assert_eq!(ended(&service(), 2, 78), Some(Closing::AnothersNow));
        for standing in Standing::ALL.iter().copied().filter(|one| *one != Standing::Live) {
            let gone = Service {
                standing,
                ..service()
            };
            assert_eq!(ended(&gone, 2, 77), Some(Closing::NotInUse), "{standing:?}");
        }
        for status in [
            ServiceStatus::Suspended,
            ServiceStatus::Terminated,
            ServiceStatus::Cancelled,
            ServiceStatus::Fraud,
        ] {
            let gone = Service { status, ..service() };
            assert_eq!(ended(&gone, 2, 77), Some(Closing::NotInUse), "{status}");
        }
    }
}
