//! Katapult under trial: the driver, the simulated platform, and the scenes of every operation that the driver plans.

use domain::record::{CreateProtocol, OperationKind, PlatformProfile};
use domain::{Customer, Order};
use driver::Driver;
use driver_katapult::Katapult;
use driver_kit::KatapultSite;
use sim::fault::Fault;
use sim::katapult::{Annotations, Config};

use super::scene::{Scene, Variant};
use super::site::{CLIENT, Site, Subject};

mod scenes;

/// A Katapult where what a build is annotated with reaches its machine, and one where it does not.
#[derive(Debug, Clone, Copy, Default)]
pub struct KatapultTrials;

/// Annotations reach machines, and that is known of the platform.
const REACHING: Variant = Variant {
    protocol: CreateProtocol::List,
    version: "reaching",
    full: false,
};

/// Annotations stay with their builds, and nothing else is known of the platform.
const STAYING: Variant = Variant {
    version: "staying",
    ..REACHING
};

/// An order with a disk of its own, and without a hostname, which the platform then chooses.
const FULL: Variant = Variant {
    full: true,
    ..REACHING
};

impl Subject for KatapultTrials {
    fn name(&self) -> &'static str {
        "Katapult"
    }

    fn driver(&self) -> &dyn Driver {
        &Katapult
    }

    fn module(&self) -> &'static str {
        "katapult"
    }

    /// Configured, or found by the token.
    fn account(&self, variant: Variant) -> &'static str {
        if variant.version == REACHING.version {
            Config::ORGANIZATION
        } else {
            ""
        }
    }

    fn profile(&self, variant: Variant) -> PlatformProfile {
        PlatformProfile {
            markers_reach_machines: variant.version == REACHING.version,
            ..PlatformProfile::default()
        }
    }

    fn scenes(&self) -> Vec<Scene> {
        scenes::all()
    }

    fn site(&self, variant: Variant) -> Box<dyn Site> {
        Box::new(KatapultSite::new(if variant.version == REACHING.version {
            Annotations::ReachTheMachine
        } else {
            Annotations::StayWithTheBuild
        }))
    }

    fn order(&self, variant: Variant) -> Order {
        let mut options = vec![
            ("data_center", "uk-lon-01|London"),
            ("disk_template", "templates/ubuntu-22-04|Ubuntu 22.04"),
        ];
        if variant.full {
            options.push(("disk_size", "40"));
        }
        Order {
            customer: Customer {
                client_id: CLIENT,
                name: "Jane Doe".to_owned(),
                email: "jane@example.test".to_owned(),
            },
            hostname: (!variant.full).then(|| "web.example.test".to_owned()),
            settings: [("package".to_owned(), "rock-3".to_owned())].into(),
            options: options
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            ..Order::default()
        }
    }

    fn larger_order(&self, variant: Variant) -> Order {
        let mut order = self.order(variant);
        order.settings.insert("package".to_owned(), "rock-6".to_owned());
        order.options.insert("disk_size".to_owned(), "60".to_owned());
        order
    }

    /// The organizations are the operator's.
    fn clients_have_accounts(&self) -> bool {
        false
    }

    /// A switch that is not queued at present would come when nobody wants it any more.
    fn may_refuse(&self, kind: OperationKind, fault: &Fault) -> bool {
        kind == OperationKind::Power && matches!(fault, Fault::Locked { .. })
    }
}
