//! Every kind of operation with every step twice, an error at every request and a death at every point, on every kind of
//! platform; and the published fault matrix.

mod katapult;
mod virtfusion;

use std::collections::BTreeSet;

use domain::http::RetryClass;
use sim::fault::Fault;
use testkit::trial::points::Points;
use testkit::trial::{Disturbance, End, Scene, Settled, Subject, matrix, page, run};

/// The kind of platform whose scenes are tried.
type Of = &'static dyn Subject;

/// The scenes of some kinds of operations, each with its undisturbed end.
fn scenes(of: Of, kinds: &[&str]) -> Vec<(Scene, Points)> {
    let all = of.scenes().into_iter();
    let wanted: Vec<Scene> = all.filter(|scene| kinds.contains(&scene.kind.as_str())).collect();
    assert!(!wanted.is_empty(), "no scene of {kinds:?}");
    wanted
        .into_iter()
        .map(|scene| {
            (
                scene,
                Points::of(of, &scene).unwrap_or_else(|failure| panic!("{failure}")),
            )
        })
        .collect()
}

fn tried(of: Of, scene: &Scene, disturbance: &Disturbance) -> End {
    let end = run(of, scene, disturbance).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(end.struck, "{}, {disturbance}: nothing was disturbed", scene.name);
    end
}

/// Nobody is asked, and everything is as if nothing had been done twice.
fn every_step_twice(of: Of, kinds: &[&str]) {
    for (scene, points) in scenes(of, kinds) {
        let all = points.again(&scene);
        assert!(all.len() >= points.baseline.steps.len(), "{}", scene.name);
        for disturbance in all {
            let end = tried(of, &scene, &disturbance);
            assert_eq!(
                end.likeness(),
                points.baseline.likeness(),
                "{}, {disturbance}",
                scene.name
            );
            assert_eq!(
                end.settled, points.baseline.settled,
                "{}, {disturbance}",
                scene.name
            );
        }
    }
}

/// Everything is as if the engine had not died. A person is asked only where the request that may have left makes
/// something or hurts twice, and cannot be told from its repetition.
fn a_death_at_every_point(of: Of, kinds: &[&str]) {
    for (scene, points) in scenes(of, kinds) {
        let deaths = points.deaths();
        assert!(
            deaths.len() >= 3 * points.baseline.requests.len(),
            "{}",
            scene.name
        );
        let mut asked = 0;
        for disturbance in deaths {
            let end = tried(of, &scene, &disturbance);
            assert_eq!(
                end.likeness(),
                points.baseline.likeness(),
                "{}, {disturbance}",
                scene.name
            );
            asked += usize::from(end.settled != points.baseline.settled);
        }
        let classes = matrix::classes(of);
        let once = |name: &&String| matches!(classes[*name], RetryClass::Creating | RetryClass::Disruptive);
        // Of the two points at which a request of these classes may be on its way, at most one loses it for good; a
        // restart, whose effect nobody can see, is asked about at each.
        let most = 3 * points.baseline.requests.iter().filter(once).count();
        assert!(asked <= most, "{}: a person was asked {asked} times", scene.name);
    }
}

/// Errors without an effect, with it, and of which nobody knows.
fn an_error_at_every_point(of: Of, kinds: &[&str]) {
    let faults = [
        (
            "500 before",
            Fault::ErrorBefore {
                status: 500,
                html: false,
            },
        ),
        ("reset after", Fault::ResetAfter),
        ("timeout before", Fault::TimeoutBefore),
    ];
    for (scene, points) in scenes(of, kinds) {
        for (_, disturbance) in points.strikes(&faults) {
            let end = tried(of, &scene, &disturbance);
            assert_eq!(
                end.likeness(),
                points.baseline.likeness(),
                "{}, {disturbance}",
                scene.name
            );
            assert_ne!(end.settled, Settled::Refused, "{}, {disturbance}", scene.name);
        }
    }
}

/// A platform that is at its limit, or out of order, for ten minutes, for one kind of request after the other.
fn turned_away_for_ten_minutes(of: Of, kinds: &[&str]) {
    let time = std::time::Duration::from_secs(600);
    let faults = [
        Fault::RateLimited {
            retry_after: sim::fault::RetryAfter::Missing,
        },
        Fault::Refused,
    ];
    for (scene, points) in scenes(of, kinds) {
        let free = points.baseline.requests.iter().enumerate();
        let free = free.filter(|(at, _)| !points.baseline.given.contains(at));
        let names: BTreeSet<&String> = free.map(|(_, name)| name).collect();
        for (name, fault) in names
            .iter()
            .flat_map(|name| faults.iter().map(move |fault| (name, fault)))
        {
            let (name, fault) = ((*name).clone(), fault.clone());
            let end = tried(of, &scene, &Disturbance::Lasting { name, time, fault });
            assert_eq!(end.likeness(), points.baseline.likeness(), "{}", scene.name);
            assert_eq!(end.settled, Settled::Itself, "{}", scene.name);
        }
    }
}

/// The whole file is compared by `cargo xtask faults --check`; here some of a platform's tables are made anew, and every
/// request of its driver is looked for.
fn published(of: Of, tables: &[&str]) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/fault-matrix.md");
    let text = std::fs::read_to_string(file).expect("the matrix is published");
    let begins = format!("\n## {}\n", of.name());
    let part = text
        .split_once(&begins)
        .map(|(_, rest)| rest)
        .expect("the platform has a part");
    let part = part.split("\n## ").next().unwrap_or_default();
    let (classes, scenes) = (matrix::classes(of), of.scenes());
    for name in tables {
        let scene = scenes
            .iter()
            .find(|scene| scene.name == *name)
            .expect("the scene");
        let result = matrix::one_scene(of, scene).unwrap_or_else(|failures| panic!("{}", failures[0]));
        let section = page::section(&classes, &result);
        assert!(
            part.contains(&section),
            "run `cargo xtask faults`; it should say:\n{section}"
        );
    }
    let missing: BTreeSet<&str> = classes
        .keys()
        .map(String::as_str)
        .filter(|name| !part.contains(&format!("\n| `{name}` | ")))
        .collect();
    assert_eq!(
        missing,
        BTreeSet::new(),
        "requests of the driver that no trial makes"
    );
}
