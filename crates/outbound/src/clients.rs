//! The pooled HTTP clients: one per distinct set of trusted authorities, kept for the life of the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{Certificate, Client, redirect, retry};

use crate::config::OutboundConfig;

/// Whom to believe that a host is what it says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Nobody: plain HTTP on loopback. It works on hosts without any certificates of authorities.
    Nobody,
    /// The system's authorities.
    System,
    /// Those and the ones in this PEM text.
    SystemAnd(Arc<str>),
}

/// The clients by whom they trust.
#[derive(Debug, Default)]
pub struct Clients(Mutex<HashMap<Trust, Client>>);

impl Clients {
    /// The client for this trust, built at first use.
    pub fn get(&self, trust: Trust, config: &OutboundConfig) -> Result<Client, String> {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&trust) {
            return Ok(client.clone());
        }
        let client = build(&trust, config)
            .map_err(|error| format!("the HTTP client cannot start: {}", in_words(&error)))?;
        clients.insert(trust, client.clone());
        Ok(client)
    }
}

/// Nothing is repeated, followed or sent elsewhere behind our back: what a request does is decided in this crate and
/// above.
fn build(trust: &Trust, config: &OutboundConfig) -> reqwest::Result<Client> {
    let builder = match trust {
        Trust::Nobody => Client::builder().tls_certs_only([]),
        Trust::System => Client::builder(),
        Trust::SystemAnd(pem) => {
            Client::builder().tls_certs_merge(Certificate::from_pem_bundle(pem.as_bytes())?)
        }
    };
    builder
        .user_agent(concat!("Hostler/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(config.timeouts.connect)
        .pool_idle_timeout(config.idle_connection)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .http1_only()
        .no_proxy()
        .build()
}

fn in_words(error: &reqwest::Error) -> String {
    let cause = crate::fault::root_cause(error);
    if cause.contains("No CA certificates") {
        format!(
            "{cause}; install the system's certificates (package ca-certificates) or give the platform's CA"
        )
    } else {
        cause
    }
}
