//! Answers that are lost, and every other fault.

use sim::fault::{Fault, RetryAfter};

use super::life::state;
use super::{Subject, linked, ours};
use crate::wire::{SiteWire, Striking};
use crate::{Ended, Losing, live};

/// As if no answer had been lost, or with a question where nobody can know.
pub fn a_lost_answer_anywhere(subject: &Subject) {
    let clean = subject.site();
    let (_, heard, scene) = live(subject.driver, SiteWire(clean.as_ref()), subject.life(), false);
    let expected = state(clean.as_ref(), &scene);
    let changes = heard.iter().filter(|heard| heard.request.changes()).count();
    assert!(changes > 8, "{}: the life has {changes} changes", subject.name);
    for at in 0..changes {
        for effect in [true, false] {
            let what = format!("{}, change {at}, effect {effect}", subject.name);
            let site = subject.site();
            let mut wire = Losing::new(SiteWire(site.as_ref()), at, effect);
            let (ended, _, scene) = live(subject.driver, &mut wire, subject.life(), false);
            assert!(wire.has_struck(), "{what}");
            let asks: Vec<&String> = ended
                .iter()
                .filter_map(|ended| match ended {
                    Ended::Asks(text) => Some(text),
                    _ => None,
                })
                .collect();
            let wrong = ended
                .iter()
                .find(|ended| !matches!(ended, Ended::Done | Ended::Asks(_)));
            assert!(wrong.is_none() || !asks.is_empty(), "{what}: {ended:?}");
            assert!(
                !asks.is_empty() || state(site.as_ref(), &scene) == expected,
                "{what}: {:?} and not {expected:?}",
                state(site.as_ref(), &scene)
            );
            assert!(ours(site.as_ref(), &scene).len() <= 1, "{what}");
            for text in asks {
                assert!((subject.asks)(text), "{what}: asked \"{text}\"");
            }
        }
    }
}

/// Every fault of one request, but for those that take the machine away.
fn faults() -> Vec<Fault> {
    let mut all = vec![
        Fault::Refused,
        Fault::TimeoutBefore,
        Fault::TimeoutAfter,
        Fault::EffectLater { seconds: 1_200 },
        Fault::ResetBefore,
        Fault::ResetMidBody,
        Fault::TruncatedBody,
        Fault::Slow { seconds: 12 },
        Fault::SlowDrip { seconds: 45 },
        Fault::TruncatedJson,
        Fault::InvalidJson,
        Fault::HtmlAnswer,
        Fault::FalseNotFound,
        Fault::BareNotFound,
        Fault::Conflict,
        Fault::Locked { seconds: 90 },
        Fault::RateLimited {
            retry_after: RetryAfter::Missing,
        },
        Fault::StaleRead { seconds: 60 },
        Fault::DuplicatedAnswer,
        Fault::IdReused,
        Fault::ClockSkew { seconds: 3_600 },
    ];
    for (status, html) in [(500, false), (502, true)] {
        all.push(Fault::ErrorBefore { status, html });
        all.push(Fault::ErrorAfter { status, html });
    }
    for effect in [true, false] {
        all.push(Fault::WrongSuccess { status: 202, effect });
    }
    all
}

/// Whatever strikes one request of a create: what claims success has its machine, built, and no other is there but those
/// that a resent order may bring late, which the driver names. The engine's own patience is not played here, so that an
/// operation may end with a no or a question; what it may not do is believe what is not so.
pub fn every_fault_anywhere(subject: &Subject) {
    let clean = subject.site();
    let (_, heard, _) = live(
        subject.driver,
        SiteWire(clean.as_ref()),
        vec![subject.create()],
        false,
    );
    for (at, struck) in heard.iter().enumerate() {
        for fault in faults() {
            let what = format!("{}, {}, {fault:?}", subject.name, struck.request.name);
            let site = subject.site();
            let wire = Striking::new(site.as_ref(), at, fault);
            let (ended, _, scene) = live(subject.driver, wire, vec![subject.create()], false);
            if ended == [Ended::Done] {
                let machine = linked(site.as_ref(), &scene);
                let is_built = machine.as_ref().is_some_and(|made| made.built);
                assert!(is_built, "{what}: {machine:?}");
            }
            let machines = ours(site.as_ref(), &scene);
            let linked = scene.link.as_ref().map(|link| &link.identity.id);
            let others = machines.iter().filter(|made| Some(&made.id) != linked).count();
            let is_named = subject.driver.left_behind(&scene.notes).is_some();
            assert!(
                others == 0 || is_named || ended != [Ended::Done],
                "{what}: {others} more machines, which nobody knows of"
            );
        }
    }
}
