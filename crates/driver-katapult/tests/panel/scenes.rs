//! Orders, operations and runs that the tests begin with.

use domain::Moment;
use domain::http::{Outcome, Request, Response};
use domain::machine::Identity;
use domain::order::{Customer, Order};
use domain::record::{OperationInput, OperationKind};
use driver::{Driver, Phase, Prepared, Verdict};
use driver_katapult::Katapult;
use driver_kit::{Ended, Player, Scene};
use serde_json::Value;

use super::platform::{Behaviour, Platform};

/// When every test begins.
pub fn start() -> Moment {
    Moment::from_seconds(1_800_000_000)
}

pub fn plain() -> Platform {
    Platform::new(Behaviour::default())
}

/// A `rock-3` in London with Ubuntu, for Ada.
pub fn order() -> Order {
    Order {
        customer: Customer {
            client_id: 77,
            name: "Ada Lovelace (Engines)".to_owned(),
            email: "ada@example.com".to_owned(),
        },
        hostname: Some("web.example.net".to_owned()),
        settings: [("package".to_owned(), "rock-3".to_owned())].into(),
        options: [
            ("data_center".to_owned(), "uk-lon-01|London".to_owned()),
            (
                "disk_template".to_owned(),
                "templates/ubuntu-22-04|Ubuntu 22.04".to_owned(),
            ),
        ]
        .into(),
        ..Order::default()
    }
}

pub fn scene(kind: OperationKind, input: OperationInput, now: Moment) -> Scene {
    let mut scene = Scene::new(kind, input, now);
    "https://api.katapult.io".clone_into(&mut scene.endpoint);
    "org_parent".clone_into(&mut scene.account);
    scene.profile.markers_reach_machines = true;
    scene
}

pub fn create(order: Order) -> Scene {
    scene(OperationKind::Create, OperationInput::Order(order), start())
}

/// An operation on a machine, ten minutes later.
pub fn on(identity: &Identity, kind: OperationKind, input: OperationInput) -> Scene {
    let later = start() + std::time::Duration::from_mins(10);
    scene(kind, input, later).linked(identity.clone())
}

pub type Run<'a> = Player<'static, Katapult, &'a Platform>;

/// Plays an operation to its end.
pub fn play(platform: &Platform, scene: Scene) -> (Ended, Run<'_>) {
    let mut player = Player::new(&Katapult, platform, scene);
    let ended = player.run();
    (ended, player)
}

/// A platform with the built machine of [`order`], and its identity.
pub fn built(behaviour: Behaviour) -> (Platform, Identity) {
    let platform = Platform::new(behaviour);
    let (ended, player) = play(&platform, create(order()));
    assert_eq!(ended, Ended::Done);
    let identity = player.scene.link.clone().expect("a link").identity;
    (platform, identity)
}

/// What the driver makes of an answer to a step's request.
pub fn answered(scene: &Scene, step: &str, phase: Phase, status: u16, body: &Value) -> Verdict {
    let (scene, request) = asked(scene, step, phase);
    interpreted(&scene, &request, status, body)
}

/// What the driver makes of an answer to a request.
pub fn interpreted(scene: &Scene, request: &Request, status: u16, body: &Value) -> Verdict {
    let outcome = Outcome::Answered(Response {
        status,
        body: body.to_string(),
        retry_after: None,
    });
    Katapult.interpret(&scene.context(), request, &outcome)
}

/// The request of a step.
pub fn asked(scene: &Scene, step: &str, phase: Phase) -> (Scene, Request) {
    let mut scene = scene.clone();
    step.clone_into(&mut scene.step);
    scene.phase = phase;
    let Prepared::Send(request) = Katapult.prepare(&scene.context()) else {
        panic!("the step {step} sends nothing");
    };
    (scene, request)
}

/// The remarks of a run, in order.
pub fn remarks<'a>(player: &'a Run<'_>) -> Vec<&'a str> {
    let found = player.found.iter().flat_map(|findings| &findings.remarks);
    found.map(String::as_str).collect()
}
