//! The shop itself: what everything else hangs on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Clock, Moment, Random, Secret};
use tokio::sync::Notify;

use crate::books::Books;
use crate::bridge::effect::Effect;
use crate::bridge::fresh;
use crate::bridge::message::{Context, PROTOCOL};
use crate::bridge::{Bridge, sign};
use crate::config::{Product, ShopConfig};
use crate::faults::SimControl;
use crate::pages::Views;

/// A small billing system. Cloning it is cheap; all clones share one set of books.
#[derive(Clone)]
pub struct Shop(Arc<Inner>);

/// What all clones share.
pub struct Inner {
    pub(crate) config: ShopConfig,
    pub(crate) bridge: Bridge,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) sim: Option<SimControl>,
    pub(crate) views: Views,
    /// What anti-forgery tokens are made from.
    pub(crate) forms: Secret,
    /// Held while stored events are delivered, so that they stay in order.
    pub(crate) delivering: tokio::sync::Mutex<()>,
    books: Mutex<Books>,
    pending: Mutex<Vec<Effect>>,
    locks: Mutex<HashMap<u64, Arc<tokio::sync::Mutex<()>>>>,
    wake: Notify,
}

/// In whose name the shop speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The shop by itself: a paid order, an effect.
    System,
    /// Its scheduled run.
    Cron,
    /// Its administrator, in a browser's session.
    Admin {
        /// The session's id.
        session: String,
    },
    /// A client's owner, in a browser's session.
    Client {
        /// The client account.
        client: u64,
        /// The session's id.
        session: String,
    },
}

impl std::ops::Deref for Shop {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Shop {
    /// A shop with empty books.
    pub fn new(config: ShopConfig, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let bridge = Bridge::new(
            &config.bridge,
            &config.installation,
            config.key.clone(),
            Arc::clone(&clock),
            Arc::clone(&random),
        );
        Self(Arc::new(Inner {
            bridge,
            forms: Secret::new(fresh(random.as_ref())),
            sim: config.sim_control.as_deref().map(SimControl::new),
            views: Views::new(),
            delivering: tokio::sync::Mutex::new(()),
            books: Mutex::new(Books::new(&config.products)),
            pending: Mutex::new(Vec::new()),
            locks: Mutex::new(HashMap::new()),
            wake: Notify::new(),
            config,
            clock,
            random,
        }))
    }

    /// The books. A panic while they were held says nothing about them, so a poisoned lock is taken over.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(crate) fn product(&self, id: u64) -> Option<&Product> {
        self.config.products.iter().find(|product| product.id == id)
    }

    /// Makes [`Shop::run`] look now.
    pub(crate) fn nudge(&self) {
        self.wake.notify_one();
    }

    /// Ready at the next nudge.
    pub(crate) async fn nudged(&self) {
        self.wake.notified().await;
    }

    /// Keeps effects that rode on an answer for the next round: they belong behind whatever is being applied.
    pub(crate) fn keep(&self, effects: Vec<Effect>) {
        if effects.is_empty() {
            return;
        }
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(effects);
        self.nudge();
    }

    pub(crate) fn kept(&self) -> Vec<Effect> {
        std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lock of one service; 0 for effects without one.
    pub(crate) fn lock_of(&self, service: u64) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(service).or_default())
    }

    /// What a message says of its sender.
    pub(crate) fn context(&self, principal: &Principal) -> Context {
        let (actor, session) = match principal {
            Principal::System => ("system", None),
            Principal::Cron => ("cron", None),
            Principal::Admin { session } => ("admin", Some(session)),
            Principal::Client { session, .. } => ("client", Some(session)),
        };
        let client = match principal {
            Principal::Client { client, .. } => Some(*client),
            _ => None,
        };
        let is_admin = actor == "admin";
        Context {
            protocol: PROTOCOL,
            module_version: env!("CARGO_PKG_VERSION").to_owned(),
            whmcs_version: "demo-shop".to_owned(),
            actor: actor.to_owned(),
            client_id: client,
            user_id: client,
            permissions: client.map(|_| vec!["*".to_owned()]).unwrap_or_default(),
            admin_id: is_admin.then_some(1),
            admin_role: is_admin.then(|| "Full Administrator".to_owned()),
            session: session.map(|id| sign::session(&self.config.key, id)),
            ip: session.map(|_| "127.0.0.1".to_owned()),
            language: "english".to_owned(),
            system_url: self.config.url.clone(),
            correlation: fresh(self.random.as_ref()),
        }
    }
}
