//! Panels, orders and operations that the tests begin with.

use domain::Moment;
use domain::http::{Failure, FailureKind, Outcome, Response};
use domain::machine::Identity;
use domain::order::{Customer, Order};
use domain::record::{CreateProtocol, OperationInput, OperationKind};
use driver::{Driver, Phase, Prepared, Verdict};
use driver_kit::{Ended, PanelWire, Player, Scene};
use driver_virtfusion::VirtFusion;
use sim::virtfusion::{Panel, PanelConfig, Profile};

/// Both generations of panels.
pub const PROFILES: [Profile; 2] = [Profile::V6, Profile::V7];

/// When every test begins.
pub fn start() -> Moment {
    Moment::from_seconds(1_800_000_000)
}

pub fn panel(profile: Profile) -> Panel {
    Panel::new(PanelConfig {
        profile,
        ..PanelConfig::default()
    })
}

/// Package 2 (2048 MB, 2 cores, 40 GB, 2000 GB a month) in group 1, Ubuntu.
pub fn order() -> Order {
    let pairs = [
        ("package", "2"),
        ("group", "1"),
        ("ipv4", "1"),
        ("self_service", "0|Disabled"),
    ];
    Order {
        customer: Customer {
            client_id: 77,
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
        },
        hostname: Some("web.example.net".to_owned()),
        image: Some("49".to_owned()),
        ssh_key: None,
        settings: pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        options: std::collections::BTreeMap::new(),
    }
}

pub fn create(order: Order, protocol: CreateProtocol) -> Scene {
    let mut scene = Scene::new(OperationKind::Create, OperationInput::Order(order), start());
    scene.profile.create_protocol = protocol;
    scene.profile.staging_domain = Some("staging.example.net".to_owned());
    scene
}

/// The same under the list protocol.
pub fn list(order: Order) -> Scene {
    create(order, CreateProtocol::List)
}

/// A panel with the built machine of [`order`], and its identity.
pub fn built(profile: Profile) -> (Panel, Identity) {
    let panel = panel(profile);
    let mut player = Player::new(
        &VirtFusion,
        PanelWire::new(&panel),
        create(order(), CreateProtocol::List),
    );
    assert_eq!(player.run(), Ended::Done);
    let identity = player.scene.link.take().expect("a link").identity;
    panel.clear_calls();
    (panel, identity)
}

/// An operation on a machine, ten minutes later.
pub fn on(identity: &Identity, kind: OperationKind, input: OperationInput) -> Scene {
    let later = start() + std::time::Duration::from_mins(10);
    Scene::new(kind, input, later).linked(identity.clone())
}

/// Plays an operation to its end.
pub fn play(panel: &Panel, scene: Scene) -> (Ended, Player<'static, VirtFusion, PanelWire<'_>>) {
    let mut player = Player::new(&VirtFusion, PanelWire::new(panel), scene);
    let ended = player.run();
    (ended, player)
}

/// The driver's request of a step, and what it makes of an answer.
pub fn answered(scene: &Scene, step: &str, phase: Phase, status: u16, body: &str) -> Verdict {
    let outcome = Outcome::Answered(Response {
        status,
        body: body.to_owned(),
        retry_after: None,
    });
    ask(scene, step, phase, &outcome)
}

/// What the driver makes of a lost answer.
pub fn lost(scene: &Scene, step: &str, phase: Phase) -> Verdict {
    let outcome = Outcome::Failed(Failure {
        kind: FailureKind::Lost,
        message: "connection reset".to_owned(),
        status: None,
    });
    ask(scene, step, phase, &outcome)
}

fn ask(scene: &Scene, step: &str, phase: Phase, outcome: &Outcome) -> Verdict {
    let mut scene = scene.clone();
    step.clone_into(&mut scene.step);
    scene.phase = phase;
    let Prepared::Send(request) = VirtFusion.prepare(&scene.context()) else {
        panic!("the step {step} sends nothing");
    };
    VirtFusion.interpret(&scene.context(), &request, outcome)
}
