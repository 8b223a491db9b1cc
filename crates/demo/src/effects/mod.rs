//! Applying effects: fetched and ridden along, in order within a service, services beside each other, each effect once.
//!
//! The three classes keep their promise as section 9 says, in memory: for a *row* effect the books and the outcome
//! change under one lock; for a *guarded* one a claim is written, the guard is compared, the call is made, the outcome
//! is written; for a *telling* one the claim is written first, and a claim found without an outcome is never repeated.

mod act;
mod body;
mod guard;
mod options;
mod row;

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use crate::books::{Books, Claim, Outcome};
use crate::bridge::BridgeError;
use crate::bridge::effect::{Ack, Effect};
use crate::bridge::message::MODULE;
use crate::shop::{Principal, Shop};
use body::Body;

/// Pages fetched in one round; the next round goes on.
const PAGES: usize = 20;

/// How an effect is kept single.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Row,
    Guarded,
    Telling,
}

/// The closed list of kinds.
fn class_of(kind: &str) -> Option<Class> {
    match kind {
        "set_hosting"
        | "set_link"
        | "ensure_custom_field"
        | "set_custom_field"
        | "set_password"
        | "set_usage"
        | "set_stock"
        | "upsert_option"
        | "todo" => Some(Class::Row),
        "accept_order" | "rerun" => Some(Class::Guarded),
        "send_mail" | "log_activity" | "log_module_call" | "run_hook" | "open_ticket" => Some(Class::Telling),
        _ => None,
    }
}

/// Why an effect was not applied.
#[derive(Debug, PartialEq, Eq)]
enum Halt {
    Refused(String),
    Failed(String),
}

impl Shop {
    /// One round: what rode along, then what the engine hands out, applied and acknowledged.
    pub(crate) async fn apply_effects(&self) -> Result<(), BridgeError> {
        let kept = self.kept();
        let acks = self.apply_all(kept).await;
        self.report(acks).await?;
        for _ in 0..PAGES {
            let page = self.bridge.effects().await?;
            let acks = self.apply_all(page.effects).await;
            let moved = !acks.is_empty();
            self.report(acks).await?;
            if !page.more || !moved {
                break;
            }
        }
        Ok(())
    }

    async fn report(&self, acks: Vec<Ack>) -> Result<(), BridgeError> {
        if acks.is_empty() {
            return Ok(());
        }
        self.bridge
            .acknowledge(&acks, &self.context(&Principal::System))
            .await
            .map(|_| ())
    }

    /// Applies a list; the acknowledgements. Services do not wait for each other.
    pub(crate) async fn apply_all(&self, effects: Vec<Effect>) -> Vec<Ack> {
        let mut queues: BTreeMap<u64, Vec<Effect>> = BTreeMap::new();
        for effect in effects {
            queues
                .entry(effect.service.unwrap_or(0))
                .or_default()
                .push(effect);
        }
        let mut tasks = JoinSet::new();
        for (service, queue) in queues {
            let shop = self.clone();
            tasks.spawn(async move { shop.apply_queue(service, queue).await });
        }
        tasks.join_all().await.into_iter().flatten().collect()
    }

    /// Applies the effects of one service while holding its lock; nothing when somebody else holds it.
    async fn apply_queue(&self, service: u64, queue: Vec<Effect>) -> Vec<Ack> {
        let lock = self.lock_of(service);
        let Ok(_held) = lock.try_lock() else {
            return Vec::new();
        };
        let mut acks = Vec::new();
        for effect in queue {
            let ack = self.apply(&effect).await;
            let holds_up = service != 0 && ack.outcome == Outcome::Failed;
            acks.push(ack);
            if holds_up {
                break;
            }
        }
        acks
    }

    /// Applies one effect, or says again how it ended.
    async fn apply(&self, effect: &Effect) -> Ack {
        let met = self.books().ledger.meet(&effect.id);
        if let Claim::Ended(outcome, reason) = met {
            return Ack {
                id: effect.id.clone(),
                outcome,
                reason,
            };
        }
        let class = class_of(&effect.kind);
        let result = match (self.admit(effect), class) {
            (Err(halt), _) => self.end(effect, Err(halt)),
            (Ok(_), Some(Class::Telling)) if met == Claim::Begun => {
                let reason = "It was begun before and nobody knows how it ended.";
                self.books().ledger.end(&effect.id, Outcome::Unknown, reason);
                (Outcome::Unknown, reason.to_owned())
            }
            (Ok(body), Some(Class::Row)) => self.apply_row(effect, body).await,
            (Ok(body), _) => {
                let now = self.now();
                self.books()
                    .ledger
                    .claim(&effect.id, &effect.kind, effect.service, now);
                let done = match self.check_guard(effect, &body) {
                    Ok(()) => self.act(effect, body).await,
                    Err(halt) => Err(halt),
                };
                self.end(effect, done)
            }
        };
        Ack {
            id: effect.id.clone(),
            outcome: result.0,
            reason: result.1,
        }
    }

    /// Reads the body, and says no to what is not ours.
    fn admit(&self, effect: &Effect) -> Result<Body, Halt> {
        if class_of(&effect.kind).is_none() {
            return Err(Halt::Refused(format!(
                "The effect \"{}\" is not known here.",
                effect.kind
            )));
        }
        if effect.module != MODULE {
            return Err(Halt::Refused(format!(
                "The module \"{}\" is not sold here.",
                effect.module
            )));
        }
        let body = Body::read(&effect.kind, &effect.body)
            .map_err(|error| Halt::Failed(format!("The body cannot be read: {error}.")))?;
        let books = self.books();
        let known = effect
            .service
            .map(|service| books.services.contains_key(&service));
        if known == Some(false) || (known.is_none() && body.needs_a_service()) {
            return Err(Halt::Refused("There is no such service here.".to_owned()));
        }
        if body
            .products()
            .iter()
            .any(|product| !books.shelves.contains_key(product))
        {
            return Err(Halt::Refused("There is no such product here.".to_owned()));
        }
        Ok(body)
    }

    async fn apply_row(&self, effect: &Effect, body: Body) -> (Outcome, String) {
        let secret = match &body {
            Body::SetPassword { secret } => {
                let context = self.context(&Principal::System);
                match self.bridge.secret(&effect.id, secret, &context).await {
                    Ok(secret) => Some(secret),
                    Err(error) => return self.end(effect, Err(Halt::Failed(error.to_string()))),
                }
            }
            _ => None,
        };
        let now = self.now();
        let mut books = self.books();
        let done = row::write(&mut books, effect.service, body, secret);
        books.ledger.claim(&effect.id, &effect.kind, effect.service, now);
        conclude(&mut books, effect, done)
    }

    fn end(&self, effect: &Effect, done: Result<(), Halt>) -> (Outcome, String) {
        let now = self.now();
        let mut books = self.books();
        books.ledger.claim(&effect.id, &effect.kind, effect.service, now);
        conclude(&mut books, effect, done)
    }
}

fn conclude(books: &mut Books, effect: &Effect, done: Result<(), Halt>) -> (Outcome, String) {
    let (outcome, reason) = match done {
        Ok(()) => (Outcome::Applied, String::new()),
        Err(Halt::Refused(reason)) => (Outcome::Refused, reason),
        Err(Halt::Failed(reason)) => (Outcome::Failed, reason),
    };
    books.ledger.end(&effect.id, outcome, &reason);
    (outcome, reason)
}

#[cfg(test)]
mod tests;
