//! A service: what a client bought.

use serde::{Deserialize, Serialize};

use crate::id::{InstallationId, PlatformId, ServiceId};
use crate::machine::Power;
use crate::text::text_enum;
use crate::time::Moment;

text_enum! {
    /// The billing system's word for a service, as last told.
    ServiceStatus {
        /// Ordered, not set up.
        Pending = "Pending",
        /// In use.
        Active = "Active",
        /// Held.
        Suspended = "Suspended",
        /// Ended.
        Terminated = "Terminated",
        /// The order was cancelled.
        Cancelled = "Cancelled",
        /// The order was marked fraud.
        Fraud = "Fraud",
        /// A one-time product that is done.
        Completed = "Completed",
    }
}

text_enum! {
    /// The engine's own word for a service; what actions are judged by. It changes with the commit of an intent, not
    /// with its success: a client of a service that is being suspended can already do nothing.
    Standing {
        /// Nothing was ever built in this generation.
        Vacant = "vacant",
        /// A create is under way.
        Building = "building",
        /// Delivered and usable.
        Live = "live",
        /// Suspended, or on the way there.
        Suspended = "suspended",
        /// Termination is committed (undo window, or the deletion runs).
        Ending = "ending",
        /// The generation is over.
        Ended = "ended",
    }
}

/// From here on billing ids are the engine's own: no billing system numbers this high. The first is the service of proofs;
/// the others hold work that concerns many services, and no list of services shows them.
pub const FIRST_OWN_ID: u64 = 4_000_000_000_000;

/// What a client bought: (installation, billing id), and where its life stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Our id.
    pub id: ServiceId,
    /// The billing system it belongs to.
    pub installation: InstallationId,
    /// Its id there (WHMCS: `tblhosting.id`).
    pub billing_id: u64,
    /// The owning client there.
    pub client_id: u64,
    /// The product there.
    pub product_id: u64,
    /// The module name that WHMCS knows (`VirtFusionDirect`).
    pub module: String,
    /// The platform that holds, or shall hold, its machine.
    pub platform: Option<PlatformId>,
    /// Counts lives; starts at 1 and is raised when a terminate is final.
    pub generation: u32,
    /// The billing system's word, as last told.
    pub status: ServiceStatus,
    /// Our own word.
    pub standing: Standing,
    /// The customer's hostname.
    pub hostname: Option<String>,
    /// The id in an old module's table, where there is one. A service with this and without a link is *unadopted*.
    pub mapped_id: Option<String>,
    /// The power state before suspension, to be restored.
    pub power_before_suspend: Option<Power>,
    /// When the watch over a suspended machine looks next.
    pub watch_due: Option<Moment>,
    /// When the machine had to be switched off again during this suspension: the moments of the last day.
    pub holds: Vec<Moment>,
    /// Until when a change whose answer was lost may still take effect upstream; the machine is looked at until then.
    pub unsettled_until: Option<Moment>,
    /// The generation whose welcome mail was issued; 0 when none was.
    pub welcomed_generation: u32,
    /// Raised by every write; the fence of concurrent commands.
    pub version: i64,
    /// First seen.
    pub created_at: Moment,
    /// Last written.
    pub updated_at: Moment,
}

impl Service {
    /// One that nobody knows anything of yet: nobody's, of no product, in its first life, without a machine.
    pub const fn vacant(id: ServiceId, installation: InstallationId, billing_id: u64, now: Moment) -> Self {
        Self {
            id,
            installation,
            billing_id,
            client_id: 0,
            product_id: 0,
            module: String::new(),
            platform: None,
            generation: 1,
            status: ServiceStatus::Pending,
            standing: Standing::Vacant,
            hostname: None,
            mapped_id: None,
            power_before_suspend: None,
            watch_due: None,
            unsettled_until: None,
            holds: Vec::new(),
            welcomed_generation: 0,
            version: 0,
            created_at: now,
            updated_at: now,
        }
    }
}
