//! What a platform has on offer, as a platform's driver reads it.

use serde::{Deserialize, Serialize};

/// One thing that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// By what it is ordered: never changed upstream, and never with a bar sign in it.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// The least size of a disk with it, in GB; `None` where it has none or the platform does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_disk_gb: Option<u64>,
}

/// Everything on offer, each list in the platform's order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Places where machines stand.
    pub places: Vec<Offer>,
    /// What a machine's disk is made from.
    pub templates: Vec<Offer>,
    /// Sizes of machines.
    pub packages: Vec<Offer>,
}

impl Catalogue {
    /// Takes over what another part of the same catalogue lists.
    pub fn extend(&mut self, part: Self) {
        self.places.extend(part.places);
        self.templates.extend(part.templates);
        self.packages.extend(part.packages);
    }
}
