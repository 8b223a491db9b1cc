//! What is read for clients' eyes, under every fault.

use std::time::Duration;

use domain::Moment;
use domain::observed::FactKind;
use domain::record::{OperationInput, OperationKind};
use driver_kit::wire::Striking;
use driver_kit::{Site, SiteWire, read_fact};
use sim::fault::Fault;

use super::faults;
use super::scene::Variant;
use super::site::Subject;

/// How long after a reading that was struck the next is made.
const AGAIN: Duration = Duration::from_secs(120);

/// The readings of one kind, struck at one request: by fault, whether it was read.
#[derive(Debug)]
pub struct Row {
    /// What is read.
    pub kind: FactKind,
    /// The request that is struck.
    pub request: String,
    /// By fault.
    pub seen: Vec<bool>,
}

/// Every request of every reading under every fault. Whatever comes back, a reading is made or fails in a sentence, and
/// shows no other machine; at the second try after it, on a platform that behaves, it is made, unless the machine is gone.
pub fn rows(subject: &dyn Subject, variant: Variant) -> Vec<Row> {
    let mut rows = Vec::new();
    for kind in subject.driver().offers().facts {
        let (site, scene) = made(subject, variant);
        let ending = read_fact(subject.driver(), SiteWire(site.as_ref()), &scene, *kind);
        assert!(ending.seen.is_ok(), "{kind} undisturbed: {:?}", ending.seen);
        for (at, one) in ending.asked.into_iter().enumerate() {
            let faults = faults::all().into_iter();
            rows.push(Row {
                kind: *kind,
                request: one.request.name,
                seen: faults
                    .map(|(_, fault)| struck(subject, variant, *kind, at, fault))
                    .collect(),
            });
        }
    }
    rows
}

/// A platform with a machine of the trial's client, some time ago.
fn made(subject: &dyn Subject, variant: Variant) -> (Box<dyn Site>, driver_kit::Scene) {
    let before = Moment::from_seconds(1_795_158_000);
    let site = subject.site(variant);
    let identity = site.make(before);
    let now = before + Duration::from_secs(600);
    let scene = driver_kit::Scene::new(OperationKind::Refresh, OperationInput::Nothing, now);
    (site, scene.linked(identity))
}

/// Whether a reading was made although a fault struck its request number `at`.
fn struck(subject: &dyn Subject, variant: Variant, kind: FactKind, at: usize, fault: Fault) -> bool {
    let (site, mut scene) = made(subject, variant);
    let what = format!("{kind}, request {at}, {fault:?}");
    let linked = scene.link.as_ref().map(|link| link.identity.clone());
    let wire = Striking::new(site.as_ref(), at, fault);
    let first = read_fact(subject.driver(), wire, &scene, kind);
    if first.seen.is_ok() && kind.is_of_machine() {
        assert_eq!(first.identity, linked, "{what}");
    }
    let mut later = || {
        scene.now = scene.now + AGAIN;
        read_fact(subject.driver(), SiteWire(site.as_ref()), &scene, kind).seen
    };
    // The answer that is given twice is given to the first request of the second try.
    let seen = later().or_else(|_| later());
    let mut machines = site.machines(scene.now).into_iter();
    let is_there = machines.any(|made| linked.as_ref().is_some_and(|linked| linked.id == made.id));
    assert!(seen.is_ok() || !is_there, "{what}, at the second try: {seen:?}");
    first.seen.is_ok()
}
