//! What others see of builds, and what a platform's machines offer beside what all have.

use domain::case::ServiceView;
use domain::http::RetryClass;
use domain::record::{Milestone, OperationKind, PlatformKind};
use domain::{Moment, machine::Machine};
use driver::{Hosting, Offers};

use crate::engine::Engine;

/// The build of a service's present life, as far as its operations are remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    /// The platform's id of it.
    pub id: Option<String>,
    /// When it was ordered.
    pub ordered_at: Option<Moment>,
    /// Whether the platform is at work on it.
    pub is_under_way: bool,
}

impl Engine {
    /// The build that made the service's machine, or is making it.
    pub fn build_of(&self, view: &ServiceView) -> Build {
        let create = view
            .open
            .iter()
            .chain(&view.recent)
            .filter(|operation| {
                operation.kind == OperationKind::Create && operation.generation == view.service.generation
            })
            .max_by_key(|operation| operation.sequence);
        let Some(create) = create else {
            return Build::default();
        };
        let driver = view
            .platform
            .as_ref()
            .and_then(|platform| self.drivers().of(platform.kind));
        let ordered_at = create.steps.iter().find_map(|step| {
            step.acted_at
                .filter(|_| step.class == RetryClass::Creating && step.attempt > 0)
        });
        Build {
            id: driver.and_then(|driver| driver.build(&create.notes)),
            ordered_at,
            is_under_way: !create.state.is_final() && create.milestone < Some(Milestone::Ready),
        }
    }

    /// What machines of a platform offer beside what all have.
    pub fn offers(&self, kind: PlatformKind) -> Offers {
        self.drivers()
            .of(kind)
            .map(driver::Driver::offers)
            .unwrap_or_default()
    }

    /// A machine's addresses and user, as the billing system is told them.
    pub fn hosting(&self, kind: PlatformKind, machine: &Machine) -> Hosting {
        match self.drivers().of(kind) {
            Some(driver) => driver.hosting(machine),
            None => Hosting::of(machine),
        }
    }
}
