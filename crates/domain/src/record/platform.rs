//! Platforms, and which billing server stands for which.

use serde::{Deserialize, Serialize};

use crate::id::{InstallationId, PlatformId, SecretId};
use crate::text::text_enum;
use crate::time::Moment;

text_enum! {
    /// The kinds of platforms that drivers exist for.
    PlatformKind {
        /// A VirtFusion panel.
        VirtFusion = "virtfusion",
        /// Katapult.
        Katapult = "katapult",
        /// Contabo.
        Contabo = "contabo",
        /// A PowerDNS server: it holds the names of addresses, and no machine.
        PowerDns = "powerdns",
    }
}

text_enum! {
    /// Whether a platform may be used.
    PlatformState {
        /// Proposed over the bridge or the command line: inert, no call leaves.
        Proposed = "proposed",
        /// Approved on the engine's host or inside an enrol window.
        Approved = "approved",
        /// Taken out of use.
        Disabled = "disabled",
    }
}

text_enum! {
    /// How a VirtFusion create stays single.
    CreateProtocol {
        /// One account per attempt, handed over afterwards. Needs a proven owner change.
        Staging = "staging",
        /// Compare the customer's list before and after; never resend by itself.
        List = "list",
    }
}

text_enum! {
    /// How an installation's clients are named on a platform.
    Relation {
        /// The client id as integer, as the original module does: the first installation on a panel.
        Integer = "integer",
        /// `<installation>:<client>` as text: every further one.
        Text = "text",
    }
}

/// What is configured about a platform beside endpoint and credential. A versioned document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlatformProfile {
    /// The document's version.
    pub version: u32,
    /// How creates stay single.
    pub create_protocol: CreateProtocol,
    /// The domain of staging accounts' addresses.
    pub staging_domain: Option<String>,
    /// Whether what a build was marked with has been seen at the machine that it made. Only then does a search by marker
    /// that finds nothing prove that a lost build made nothing.
    pub markers_reach_machines: bool,
    /// A further certificate authority, PEM.
    pub extra_ca: Option<String>,
    /// Requests per minute allowed.
    pub rate_per_minute: u32,
    /// Requests that may leave at once after a pause.
    pub burst: u32,
    /// Requests open at once.
    pub concurrency: u32,
    /// How long resolvers keep the names that are written to a name server, in seconds.
    pub pointer_ttl: u32,
    /// Who answers for a name server's zones, as `address` or `address:port`: they are asked whether they have what was
    /// written. Where none is named, whoever the zones themselves name, on port 53.
    pub answered_by: Vec<String>,
}

impl Default for PlatformProfile {
    fn default() -> Self {
        Self {
            version: 1,
            create_protocol: CreateProtocol::List,
            staging_domain: None,
            markers_reach_machines: false,
            extra_ca: None,
            rate_per_minute: 600,
            burst: 20,
            concurrency: 8,
            pointer_ttl: 3_600,
            answered_by: Vec::new(),
        }
    }
}

/// One account on a VPS platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// Our id.
    pub id: PlatformId,
    /// Which driver speaks to it.
    pub kind: PlatformKind,
    /// A name for people.
    pub name: String,
    /// The canonical endpoint: `https://host[:port]`.
    pub endpoint: String,
    /// The account's identity upstream; empty where the platform has none (VirtFusion).
    pub account: String,
    /// Whether it may be used.
    pub state: PlatformState,
    /// Its credential, at rest.
    pub credential: SecretId,
    /// Its configuration.
    pub profile: PlatformProfile,
    /// When it was first proposed.
    pub created_at: Moment,
    /// Last written.
    pub updated_at: Moment,
}

/// Which platform stands behind a billing system's server record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The billing system.
    pub installation: InstallationId,
    /// The server's id there (WHMCS: `tblservers.id`).
    pub server_id: u64,
    /// The platform.
    pub platform: PlatformId,
    /// How this installation's clients are named there.
    pub relation: Relation,
}
