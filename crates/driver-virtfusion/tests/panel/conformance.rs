//! The kit's trials, on panels of both generations and under both protocols.

use domain::Order;
use domain::given::Reinstall;
use domain::record::{CreateProtocol, OperationInput, OperationKind};
use driver_kit::{PanelSite, Scene, Site, Subject};
use driver_virtfusion::VirtFusion;
use sim::virtfusion::Profile;

use super::scenes::{order, start};

fn subjects() -> [Subject; 4] {
    [
        Subject {
            name: "version 6, list protocol",
            driver: &VirtFusion,
            site: old,
            scene: |kind, input| scene(kind, input, CreateProtocol::List),
            order: ordered,
            larger,
            acts,
            asks: |_| true,
        },
        Subject {
            name: "version 7, list protocol",
            driver: &VirtFusion,
            site: new,
            scene: |kind, input| scene(kind, input, CreateProtocol::List),
            order: ordered,
            larger,
            acts,
            asks: |_| true,
        },
        Subject {
            name: "version 6, staging protocol",
            driver: &VirtFusion,
            site: old,
            scene: |kind, input| scene(kind, input, CreateProtocol::Staging),
            order: ordered,
            larger,
            acts,
            asks: hurts_twice,
        },
        Subject {
            name: "version 7, staging protocol",
            driver: &VirtFusion,
            site: new,
            scene: |kind, input| scene(kind, input, CreateProtocol::Staging),
            order: ordered,
            larger,
            acts,
            asks: hurts_twice,
        },
    ]
}

fn old() -> Box<dyn Site> {
    Box::new(PanelSite::new(Profile::V6))
}

fn new() -> Box<dyn Site> {
    Box::new(PanelSite::new(Profile::V7))
}

fn scene(kind: OperationKind, input: OperationInput, protocol: CreateProtocol) -> Scene {
    let mut scene = Scene::new(kind, input, start());
    scene.profile.create_protocol = protocol;
    scene.profile.staging_domain = Some("staging.example.net".to_owned());
    scene.dry_run = kind == OperationKind::Create;
    scene
}

/// With a key, so that one is sent.
fn ordered() -> Order {
    let mut ordered = order();
    ordered.ssh_key =
        Some("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a".to_owned());
    ordered
}

fn larger() -> Order {
    let mut larger = ordered();
    larger.settings.insert("package".to_owned(), "3".to_owned());
    for (key, value) in [("memory", "8"), ("cpuCores", "3"), ("traffic", "500")] {
        larger.options.insert(key.to_owned(), value.to_owned());
    }
    larger
}

fn acts() -> Vec<(OperationKind, OperationInput)> {
    let name = "Ada's server".parse().expect("a name");
    let how = Reinstall {
        image: "46".to_owned(),
        hostname: "anew.example.net".to_owned().try_into().ok(),
        keys: vec!["1".to_owned()],
        new_key: Some(ANOTHER_KEY.to_owned()),
    };
    vec![
        (OperationKind::Rename, OperationInput::Rename { name }),
        (OperationKind::ResetPassword, OperationInput::Nothing),
        (OperationKind::ResetAccountPassword, OperationInput::Nothing),
        (OperationKind::Console, OperationInput::Console { open: true }),
        (OperationKind::Console, OperationInput::Console { open: false }),
        (OperationKind::Reinstall, OperationInput::Reinstall(how)),
    ]
}

/// A key that the client does not have yet.
const ANOTHER_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP/+/fz7+vn49/b19PPy8fDv7u3s6+rp6Ofm5eTj4uHg b";

/// Under the staging protocol only what must not be done twice is asked about, and never the create.
fn hurts_twice(text: &str) -> bool {
    ["restart", "build", "reinstall", "password"]
        .iter()
        .any(|what| text.contains(what))
}

// Only a late machine of an attempt that was given up is read as a stray, and a console only where opening it brought
// nothing; tests of their own make both.
driver_kit::conforms!(subjects, except "read_console", except "read_stray");
