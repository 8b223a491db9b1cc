//! What others see of builds, and what a platform's machines offer beside what all have.

use domain::Moment;
use domain::case::ServiceView;
use domain::record::PlatformKind;
use driver::{Driver, Hosting, Offers};

use crate::engine::Engine;

/// The build of a service's present life, as far as its operations are remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    /// The platform's id of it.
    pub id: Option<String>,
    /// When it was ordered.
    pub ordered_at: Option<Moment>,
}

impl Engine {
    /// The build that made the service's machine, or is making it.
    pub fn build_of(&self, view: &ServiceView) -> Build {
        let Some(create) = view.create() else {
            return Build::default();
        };
        Build {
            id: self
                .driver_of(view)
                .and_then(|driver| driver.build(&create.notes)),
            ordered_at: create.ordered_at(),
        }
    }

    /// What machines of a platform offer beside what all have.
    pub fn offers(&self, kind: PlatformKind) -> Offers {
        self.drivers().of(kind).map(Driver::offers).unwrap_or_default()
    }

    /// The addresses and the user of the service's machine, as the billing system is told them.
    pub fn hosting(&self, view: &ServiceView) -> Option<Hosting> {
        let machine = view.reading()?;
        Some(Hosting::by(self.driver_of(view), &machine))
    }

    fn driver_of(&self, view: &ServiceView) -> Option<&dyn Driver> {
        let platform = view.platform.as_ref()?;
        self.drivers().of(platform.kind)
    }
}
