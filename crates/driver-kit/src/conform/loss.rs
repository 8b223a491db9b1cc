//! Answers that are lost, and every other fault.

use sim::fault::{Fault, RetryAfter};

use super::life::state;
use super::{Subject, linked, ours};
use crate::wire::{SiteWire, Striking};
use crate::{Ended, Losing, Player, live};

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
            if asks.is_empty() {
                assert_eq!(state(site.as_ref(), &scene), expected, "{what}");
            }
            // A person is asked before anything is made twice, not afterwards.
            let late = subject.clear_away(site.as_ref(), &scene, Vec::new());
            let made = site.tally(late.now);
            assert!(made.is_within(expected.tally), "{what}: {made:?}");
            assert!(ours(site.as_ref(), &late).len() <= 1, "{what}");
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

/// Whatever strikes one request of a create: what claims success has its machine, built, and in the end no other is
/// there. What a resent order brings late is named by the driver, and its removal leaves what is linked. The engine's own
/// patience is not played here, so that an operation may end with a no or a question; what it may not do is believe what
/// is not so, or make a second machine.
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
            let mut create = Player::new(subject.driver, wire, subject.create());
            let ended = create.run();
            if ended == Ended::Done {
                let machine = linked(site.as_ref(), &create.scene);
                let is_built = machine.as_ref().is_some_and(|made| made.built);
                assert!(is_built, "{what}: {machine:?}");
            }
            let named = create.found.iter().filter_map(|found| found.stray.clone());
            let late = subject.clear_away(site.as_ref(), &create.scene, named.collect());
            let machines = ours(site.as_ref(), &late);
            assert!(machines.len() <= 1, "{what}: {ended:?} and {machines:?}");
            assert!(
                ended != Ended::Done || linked(site.as_ref(), &late).is_some(),
                "{what}: the machine is gone again, and there is {machines:?}"
            );
        }
    }
}
