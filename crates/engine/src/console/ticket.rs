//! Tickets: what a page shows the relay, once.
//!
//! A ticket is the name of a sealed record in the store and a secret word. The record says for whom the ticket is good and
//! holds the hash of the word only, so that neither the store nor the audit gives a ticket away. Redeeming the record
//! wipes it: whoever comes second, or too late, finds nothing.

use std::time::Duration;

use domain::id::{InstallationId, SecretId, ServiceId};
use domain::record::{OperationKind, Service};
use domain::{Actor, ConsoleAccess, Secret};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use store::StoreError;
use subtle::ConstantTimeEq;

use super::seats::{Closing, Held, Seat};
use super::{Opened, ended};
use crate::engine::Engine;
use crate::error::EngineError;

/// What the store keeps a ticket's record for.
const PURPOSE: &str = "console_ticket";
/// How long a page has to come with it.
const GOOD_FOR: Duration = Duration::from_secs(60);
/// The version of the record.
const VERSION: u32 = 1;

/// Who gets a ticket.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The billing system's session, by its name.
    pub session: String,
    /// The origin of the page that will bring it.
    pub origin: String,
    /// The login, where it is known.
    pub user: Option<u64>,
    /// The same as an actor.
    pub actor: Actor,
}

/// The record of a ticket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Document {
    v: u32,
    word: String,
    origin: String,
    access: SecretId,
    pub(super) session: String,
    pub(super) installation: InstallationId,
    pub(super) service: ServiceId,
    pub(super) billing_id: u64,
    pub(super) generation: u32,
    pub(super) client: u64,
    user: Option<u64>,
    pub(super) actor: Actor,
}

/// What somebody brings who wants to look.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The ticket.
    pub ticket: &'a Secret,
    /// The word that the relay drew for this connection.
    pub nonce: &'a str,
    /// The session's answer to it.
    pub proof: &'a str,
    /// Where the page that brings it comes from, as the browser says.
    pub origin: &'a str,
}

/// Why nobody is let in.
#[derive(Debug)]
pub enum Turned {
    /// There is no such ticket: it never was, was used, or is too old.
    NoTicket,
    /// It was made for a page of another origin.
    Origin,
    /// The session that it was made for does not vouch for this connection.
    Session,
    /// The service is not in use, or not the client's, any more.
    Ended(Closing),
    /// As many consoles are open as may be.
    Full,
    /// The engine could not find out.
    Fault(EngineError),
}

impl From<EngineError> for Turned {
    fn from(error: EngineError) -> Self {
        Self::Fault(error)
    }
}

impl From<StoreError> for Turned {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl Turned {
    /// The words that a browser may hear, beside those of a service's end ([`Closing`]).
    pub const WORDS: [&'static str; 5] = ["no_ticket", "origin", "session", "full", "fault"];

    /// For the audit, metrics and the page.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoTicket => "no_ticket",
            Self::Origin => "origin",
            Self::Session => "session",
            Self::Ended(_) => "ended",
            Self::Full => "full",
            Self::Fault(_) => "fault",
        }
    }
}

impl Engine {
    /// A ticket for the console that an operation has opened: `access` is what the operation keeps of it.
    pub async fn console_ticket(
        &self,
        service: &Service,
        access: SecretId,
        bearer: Bearer,
    ) -> Result<Secret, EngineError> {
        let mut word = [0_u8; 32];
        self.random().fill(&mut word);
        let word = hex::encode(word);
        let document = Document {
            v: VERSION,
            word: hashed(&word),
            origin: bearer.origin,
            access,
            session: bearer.session,
            installation: service.installation.clone(),
            service: service.id,
            billing_id: service.billing_id,
            generation: service.generation,
            client: service.client_id,
            user: bearer.user,
            actor: bearer.actor,
        };
        let id = SecretId::new(self.clock().as_ref(), self.random().as_ref());
        let sealed = Secret::new(json!(document).to_string());
        let expires = Some(self.now() + GOOD_FOR);
        self.store().put_secret(id, PURPOSE, &sealed, expires).await?;
        Ok(Secret::new(format!("{id}.{word}")))
    }

    /// Lets in whoever brings a good ticket, with `most` consoles open at once. Whatever comes of it, the ticket is spent.
    pub async fn open_console(&self, opening: &Opening<'_>, most: usize) -> Result<(Opened, Seat), Turned> {
        let document = self.redeemed(opening.ticket).await?.ok_or(Turned::NoTicket)?;
        let judged = self.judged(&document, opening, most).await;
        let (what, detail) = match &judged {
            Ok(_) => ("console.connected", json!({ "service": document.billing_id })),
            Err(turned) => (
                "console.refused",
                json!({ "service": document.billing_id, "why": turned.as_str() }),
            ),
        };
        self.note_of(&document, what, detail).await?;
        judged
    }

    async fn redeemed(&self, ticket: &Secret) -> Result<Option<Document>, EngineError> {
        let Some((id, word)) = ticket.expose().split_once('.') else {
            return Ok(None);
        };
        let Ok(id) = id.parse::<SecretId>() else {
            return Ok(None);
        };
        let relay = Actor::engine("console relay");
        let sealed = self.store().redeem(id, PURPOSE, &relay, self.now()).await?;
        let document = sealed.and_then(|sealed| serde_json::from_str::<Document>(sealed.expose()).ok());
        Ok(document.filter(|document| {
            let same = document.word.as_bytes().ct_eq(hashed(word).as_bytes());
            document.v == VERSION && bool::from(same)
        }))
    }

    async fn judged(
        &self,
        document: &Document,
        opening: &Opening<'_>,
        most: usize,
    ) -> Result<(Opened, Seat), Turned> {
        if !document.origin.eq_ignore_ascii_case(opening.origin) {
            return Err(Turned::Origin);
        }
        if !self.proved(document, opening.nonce, opening.proof).await? {
            return Err(Turned::Session);
        }
        let service = self.store().service(document.service).await?;
        let service = service.ok_or(Turned::Ended(Closing::NotInUse))?;
        if let Some(why) = ended(&service, document.generation, document.client) {
            return Err(Turned::Ended(why));
        }
        let held = Held {
            installation: document.installation.clone(),
            service: document.service,
            user: document.user,
        };
        let seat = self.seats().take(held, most).ok_or(Turned::Full)?;
        let sealed = self
            .store()
            .redeem(
                document.access,
                OperationKind::Console.as_str(),
                &document.actor,
                self.now(),
            )
            .await?;
        let access = sealed
            .as_ref()
            .and_then(ConsoleAccess::open)
            .ok_or(Turned::NoTicket)?;
        let opened = Opened {
            document: document.clone(),
            access,
        };
        Ok((opened, seat))
    }
}

fn hashed(word: &str) -> String {
    hex::encode(Sha256::digest(word.as_bytes()))
}
