//! VirtFusion under trial: the driver, the simulated panel, and the scenes of every operation that the driver plans.

use domain::record::{CreateProtocol, OperationKind, PlatformProfile};
use domain::{Customer, Order};
use driver::Driver;
use driver_kit::PanelSite;
use driver_virtfusion::VirtFusion;
use sim::fault::Fault;

use super::scene::{Scene, Variant};
use super::site::{CLIENT, Site, Subject};

mod scenes;

/// VirtFusion panels of version 6 and 7.
#[derive(Debug, Clone, Copy, Default)]
pub struct VirtFusionTrials;

impl Subject for VirtFusionTrials {
    fn name(&self) -> &'static str {
        "VirtFusion"
    }

    fn driver(&self) -> &dyn Driver {
        &VirtFusion
    }

    fn module(&self) -> &'static str {
        "VirtFusionDirect"
    }

    fn account(&self, _: Variant) -> &'static str {
        ""
    }

    fn profile(&self, variant: Variant) -> PlatformProfile {
        let staging = variant.protocol == CreateProtocol::Staging;
        PlatformProfile {
            create_protocol: variant.protocol,
            staging_domain: staging.then(|| "staging.example.test".to_owned()),
            ..PlatformProfile::default()
        }
    }

    fn scenes(&self) -> Vec<Scene> {
        scenes::all()
    }

    fn site(&self, variant: Variant) -> Box<dyn Site> {
        let profile = variant.version.parse();
        Box::new(PanelSite::new(profile.expect("a profile of the simulated panel")))
    }

    fn order(&self, variant: Variant) -> Order {
        let settings = [
            ("package", "1"),
            ("group", "1"),
            ("ipv4", "1"),
            ("self_service", "0"),
        ];
        Order {
            customer: Customer {
                client_id: CLIENT,
                name: "Jane Doe".to_owned(),
                email: "jane@example.test".to_owned(),
            },
            hostname: Some("web.example.test".to_owned()),
            image: Some("49".to_owned()),
            ssh_key: variant.full.then(|| SSH_KEY.to_owned()),
            settings: settings
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            options: std::collections::BTreeMap::new(),
        }
    }

    fn larger_order(&self, variant: Variant) -> Order {
        let mut order = self.order(variant);
        order.settings.insert("package".to_owned(), "2".to_owned());
        let options = [("memory", "4096"), ("cpuCores", "3"), ("traffic", "5000")];
        order.options = options
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        order
    }

    fn clients_have_accounts(&self) -> bool {
        true
    }

    fn may_refuse(&self, _: OperationKind, _: &Fault) -> bool {
        false
    }
}

/// A key that nobody holds.
const SSH_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hYlXyGfWsGcMyaXJZMT4ZfG6mbXJpYWxLZXlGb3JUZXN0 trial@example.test";

/// Another one.
const ANOTHER_SSH_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f trial@example.test";

/// The staging protocol's variant.
const STAGING: Variant = Variant::of(CreateProtocol::Staging);

/// The list protocol's variant, which leaves no accounts behind.
const LIST: Variant = Variant::of(CreateProtocol::List);
