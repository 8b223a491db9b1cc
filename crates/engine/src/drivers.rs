//! The drivers that this program brings.

use std::sync::Arc;

use domain::record::PlatformKind;
use driver::Driver;

use crate::names::NameServers;

/// One driver per platform kind.
#[derive(Clone)]
pub struct Drivers(Arc<Vec<Arc<dyn Driver>>>);

impl Drivers {
    /// From a list; of two for one kind the first is used. Name servers are spoken to by the engine itself.
    pub fn new(mut drivers: Vec<Arc<dyn Driver>>) -> Self {
        drivers.push(Arc::new(NameServers));
        Self(Arc::new(drivers))
    }

    /// The driver of a kind.
    pub fn of(&self, kind: PlatformKind) -> Option<&dyn Driver> {
        self.0
            .iter()
            .find(|driver| driver.kind() == kind)
            .map(AsRef::as_ref)
    }
}

impl std::fmt::Debug for Drivers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|driver| driver.kind()))
            .finish()
    }
}
