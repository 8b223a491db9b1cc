//! Rows of platforms, links and products: what services stand on.

use domain::Moment;
use domain::record::{Activation, Attachment, Link, Platform, Product};
use serde::Serialize;

use crate::context::When;

/// A platform with who uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlatformRow {
    /// Our id.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its endpoint.
    pub endpoint: String,
    /// Whether it may be used.
    pub state: &'static str,
    /// Requests per minute allowed.
    pub rate_per_minute: u32,
    /// Which server records stand for it: `main: server 3`.
    pub attachments: Vec<String>,
    /// Until when nothing is sent because it does not answer.
    pub closed_until: Option<When>,
    /// Last written.
    pub updated: When,
}

impl PlatformRow {
    /// From the records.
    pub fn new(
        platform: &Platform,
        attachments: &[Attachment],
        closed_until: Option<Moment>,
        now: Moment,
    ) -> Self {
        Self {
            id: platform.id.to_string(),
            kind: platform.kind.as_str(),
            name: platform.name.clone(),
            endpoint: platform.endpoint.clone(),
            state: platform.state.as_str(),
            rate_per_minute: platform.profile.rate_per_minute,
            attachments: attachments
                .iter()
                .filter(|attachment| attachment.platform == platform.id)
                .map(|attachment| format!("{}: server {}", attachment.installation, attachment.server_id))
                .collect(),
            closed_until: closed_until
                .filter(|moment| *moment > now)
                .map(|moment| When::new(now, moment)),
            updated: When::new(now, platform.updated_at),
        }
    }
}

/// A link, open or closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkRow {
    /// What kind of resource.
    pub resource: String,
    /// The id upstream.
    pub upstream_id: String,
    /// What never changes about it.
    pub unchangeable: String,
    /// The service's life that it belongs to.
    pub generation: u32,
    /// Since when.
    pub opened: When,
    /// Until when.
    pub closed: Option<When>,
    /// Why it was closed.
    pub reason: String,
}

impl LinkRow {
    /// From the record.
    pub fn new(link: &Link, now: Moment) -> Self {
        Self {
            resource: link.resource.clone(),
            upstream_id: link.identity.id.clone(),
            unchangeable: link.identity.unchangeable.clone(),
            generation: link.generation,
            opened: When::new(now, link.opened_at),
            closed: link.closed_at.map(|moment| When::new(now, moment)),
            reason: link.close_reason.clone().unwrap_or_default(),
        }
    }
}

/// What was decided for a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProductRow {
    /// The billing system.
    pub installation: String,
    /// The product's id there.
    pub product_id: u64,
    /// When creating is answered with success.
    pub activation: &'static str,
    /// How long creating waits for it, in seconds.
    pub wait_seconds: u32,
    /// How long a termination can be taken back, in minutes.
    pub undo_minutes: u32,
    /// Whether the platform is asked before a create.
    pub dry_run: bool,
    /// The welcome mail's template; empty for the product's own.
    pub welcome_template: String,
}

impl ProductRow {
    /// From the record.
    pub fn new(product: &Product) -> Self {
        let policy = &product.policy;
        Self {
            installation: product.installation.to_string(),
            product_id: product.product_id,
            activation: policy.activation.map_or("usual", Activation::as_str),
            wait_seconds: policy.wait_seconds,
            undo_minutes: policy.undo_minutes,
            dry_run: policy.dry_run,
            welcome_template: policy.welcome_template.clone().unwrap_or_default(),
        }
    }
}
