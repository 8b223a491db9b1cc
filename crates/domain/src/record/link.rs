//! The link: service + generation ↔ resource.

use serde::{Deserialize, Serialize};

use crate::id::{LinkId, PlatformId, ServiceId};
use crate::machine::Identity;
use crate::text::text_enum;
use crate::time::Moment;

text_enum! {
    /// What a resource is to its service.
    LinkRole {
        /// The one resource that the service is about.
        Primary = "primary",
        /// A key, snapshot, network, backup policy.
        Attached = "attached",
    }
}

/// Service + generation ↔ resource. Closed with date and reason, never deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Our id.
    pub id: LinkId,
    /// The service.
    pub service: ServiceId,
    /// The life of the service that it belongs to.
    pub generation: u32,
    /// The platform.
    pub platform: PlatformId,
    /// What it is to the service.
    pub role: LinkRole,
    /// The kind of resource (`instance`).
    pub resource: String,
    /// Which resource, and what proves that it is still the same.
    pub identity: Identity,
    /// Since when.
    pub opened_at: Moment,
    /// Until when; open while `None`.
    pub closed_at: Option<Moment>,
    /// Why it was closed.
    pub close_reason: Option<String>,
}
