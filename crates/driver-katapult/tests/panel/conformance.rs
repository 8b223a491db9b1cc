//! The kit's trials, on platforms where annotations reach machines and where they do not; and what this driver promises
//! besides: no status and no garbage is taken for anything.

use domain::Order;
use domain::http::{Outcome, Response};
use domain::record::{OperationInput, OperationKind};
use driver::{Driver, Standing, Verdict};
use driver_katapult::Katapult;
use driver_kit::{Ended, Heard, KatapultSite, Losing, Player, Scene, Site, Subject, live, termination};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use sim::katapult::Annotations;

use super::platform::{Behaviour, Platform};
use super::scenes::{built, create, on, order, plain, play, scene, start};

fn subjects() -> [Subject; 2] {
    [
        Subject {
            name: "annotations reach machines",
            driver: &Katapult,
            site: || site(Annotations::ReachTheMachine),
            scene: |kind, input| simulated(kind, input, "acme"),
            order: ordered,
            larger,
            acts,
            asks: hurts_twice,
        },
        Subject {
            name: "annotations stay with builds",
            driver: &Katapult,
            site: || site(Annotations::StayWithTheBuild),
            scene: |kind, input| simulated(kind, input, ""),
            order: ordered,
            larger,
            acts,
            asks: |text| hurts_twice(text) || text.contains("machine"),
        },
    ]
}

fn site(annotations: Annotations) -> Box<dyn Site> {
    Box::new(KatapultSite::new(annotations))
}

/// On the simulated platform. The operator's account is named where annotations reach machines, and found otherwise.
fn simulated(kind: OperationKind, input: OperationInput, account: &str) -> Scene {
    let mut scene = Scene::new(kind, input, start());
    "https://api.example.test".clone_into(&mut scene.endpoint);
    account.clone_into(&mut scene.account);
    scene.profile.markers_reach_machines = !account.is_empty();
    scene
}

fn acts() -> Vec<(OperationKind, OperationInput)> {
    let name = "Ada's server".parse().expect("a name");
    vec![(OperationKind::Rename, OperationInput::Rename { name })]
}

fn ordered() -> Order {
    let mut ordered = order();
    ordered.options.insert("disk_size".to_owned(), "40".to_owned());
    ordered
}

fn larger() -> Order {
    let mut larger = ordered();
    larger.settings.insert("package".to_owned(), "rock-6".to_owned());
    larger.options.insert("disk_size".to_owned(), "80".to_owned());
    larger
}

/// A reset whose answer was lost is asked about; a build is only where annotations do not reach machines.
fn hurts_twice(text: &str) -> bool {
    text.contains("reset")
}

// Backup policies are made by hand, and a machine is fetched back from the trash only where somebody deleted it: the tests
// of `end` and `hold` do.
driver_kit::conforms!(subjects, except "delete_policy", except "restore_machine");

/// One of each kind of request in each step, from lives on the small platform of these tests.
fn kinds() -> Vec<Heard> {
    let platform = plain();
    let larger = OperationInput::Order(larger());
    let reason = String::new();
    let life = vec![
        create(ordered()),
        scene(OperationKind::ChangePackage, larger, start()),
        scene(OperationKind::Refresh, OperationInput::Nothing, start()),
        scene(OperationKind::SignOn, OperationInput::Nothing, start()),
        scene(
            OperationKind::Suspend,
            OperationInput::Suspend { reason },
            start(),
        ),
    ];
    let (_, mut heard, last) = live(&Katapult, &platform, life, false);
    heard.append(&mut play(&platform, termination(&last)).1.heard);
    heard.append(&mut unusual());
    let mut seen = std::collections::BTreeSet::new();
    heard.retain(|one| seen.insert((one.scene.step.clone(), one.request.name.clone())));
    assert!(seen.len() > 25, "{} kinds", seen.len());
    heard
}

/// Runs in which things are not as usual.
fn unusual() -> Vec<Heard> {
    let mut heard = Vec::new();
    for (account, filters) in [("acme", true), ("", false)] {
        let platform = Platform::new(Behaviour {
            filters,
            ..Behaviour::default()
        });
        let mut scene = create(order());
        account.clone_into(&mut scene.account);
        let mut wire = Losing::new(&platform, 1, true);
        let mut player = Player::new(&Katapult, &mut wire, scene);
        assert_eq!(player.run(), Ended::Done);
        heard.append(&mut player.heard);
    }
    let (platform, identity) = built(Behaviour::default());
    platform.meddle(&identity.id, |vm| vm.trashed = Some(start()));
    let mut player = play(
        &platform,
        on(&identity, OperationKind::Unsuspend, OperationInput::Nothing),
    )
    .1;
    heard.append(&mut player.heard);
    heard
}

/// What a verdict must not be where nothing was said.
fn takes_for_success(one: &Heard, status: u16, body: &str) -> Option<String> {
    let outcome = Outcome::Answered(Response {
        status,
        body: body.to_owned(),
        retry_after: None,
    });
    let verdict = Katapult.interpret(&one.scene.context(), &one.request, &outcome);
    let is_success = match &verdict {
        Verdict::Done(findings) => {
            let links = findings.link.is_some() || findings.milestone.is_some() || findings.login.is_some();
            findings.standing == Standing::Reached || links || findings.machine.is_absent()
        }
        Verdict::Next(..) | Verdict::Wait { .. } | Verdict::Refused(_) | Verdict::Unknown(_) => false,
    };
    let (step, name) = (&one.scene.step, &one.request.name);
    is_success.then(|| {
        format!("{name} in the step {step} took HTTP {status} with {body:?} for success: {verdict:?}")
    })
}

#[test]
fn no_status_says_by_itself_that_anything_was_reached() {
    let refusal =
        json!({ "error": { "code": "something_new", "description": "?", "detail": {} } }).to_string();
    for one in kinds() {
        for status in 100..600 {
            for body in ["", "<html>", "{}", "null", "[]", refusal.as_str()] {
                assert_eq!(takes_for_success(&one, status, body), None);
            }
        }
    }
}

#[test]
fn no_garbage_of_any_status_passes_for_success() {
    let kinds = kinds();
    let garbage = prop_oneof![
        ".{0,80}",
        r#"\{"(task|virtual_machine|build|organization|trash_object|pagination|disks)":(\{\}|\[\]|null|1|"x")\}"#,
        r#"\{"(virtual_machine|virtual_machine_build|task)":\{"id":(null|1|"vm_9"|""),"state":"(started|complete)"\}\}"#,
        r#"\{"error":\{"code":"[a-z_]{0,20}","detail":(\{\}|null|"x")\}\}"#,
    ];
    let mut runner = TestRunner::new(Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    });
    let answers = (
        prop::sample::select(vec![200_u16, 201, 202, 204, 404, 406, 422, 500]),
        garbage,
    );
    let result = runner.run(&answers, |(status, body)| {
        for one in &kinds {
            prop_assert_eq!(takes_for_success(one, status, &body), None);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
