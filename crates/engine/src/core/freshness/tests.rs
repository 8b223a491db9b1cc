use domain::ports::CountingRandom;
use proptest::prelude::*;

use super::*;

const NOW: Moment = Moment::from_seconds(1_800_000_000);

fn service(number: u64) -> ServiceId {
    ServiceId::at(Moment::from_seconds(1), &CountingRandom::new(number * 1_000))
}

fn ago(seconds: u64) -> Moment {
    NOW - Duration::from_secs(seconds)
}

fn known(number: u64, attention: Attention, seen: &[(Subject, u64)]) -> Known {
    Known {
        service: service(number),
        shows: FactKind::ALL,
        attention,
        changed: false,
        seen: seen.iter().map(|(subject, age)| (*subject, ago(*age))).collect(),
        tried: BTreeMap::new(),
    }
}

/// Everything was seen a moment ago.
fn fresh(number: u64, attention: Attention) -> Known {
    let facts = FactKind::ALL.iter().map(|kind| (Subject::Fact(*kind), 1));
    let all: Vec<_> = facts.chain([(Subject::State, 1)]).collect();
    known(number, attention, &all)
}

fn subjects(known: &[Known]) -> Vec<Subject> {
    due(known, &Ages::default(), NOW)
        .into_iter()
        .map(|due| due.subject)
        .collect()
}

#[test]
fn vf_132_vf_133_each_kind_has_its_greatest_age_and_a_smaller_one_while_a_page_is_open() {
    let ages = Ages::default();
    let traffic = Subject::Fact(FactKind::Traffic);
    let live = Subject::Fact(FactKind::Live);
    let backups = Subject::Fact(FactKind::Backups);
    let templates = Subject::Fact(FactKind::Templates);
    for (subject, attention, seconds) in [
        (Subject::State, Attention::Nobody, None),
        (Subject::State, Attention::Operation, Some(15)),
        (Subject::State, Attention::Page, Some(15)),
        (traffic, Attention::Nobody, Some(3_600)),
        (traffic, Attention::Operation, Some(3_600)),
        (traffic, Attention::Page, Some(120)),
        (live, Attention::Nobody, Some(86_400)),
        (live, Attention::Page, Some(30)),
        (backups, Attention::Nobody, None),
        (backups, Attention::Page, Some(120)),
        (templates, Attention::Nobody, None),
        (templates, Attention::Page, Some(600)),
    ] {
        let most = ages.of(subject, attention).map(|age| age.as_secs());
        assert_eq!(most, seconds, "{subject:?} {attention:?}");
        let Some(most) = seconds else { continue };
        let at = |age: u64| {
            let mut one = fresh(1, attention);
            one.seen.insert(subject, ago(age));
            subjects(&[one]).contains(&subject)
        };
        assert_eq!(
            (at(most - 1), at(most)),
            (false, true),
            "{subject:?} {attention:?}"
        );
    }
    let never = Ages {
        live: Duration::ZERO,
        ..ages
    };
    assert_eq!(never.of(live, Attention::Nobody), None);
    assert_eq!(never.of(live, Attention::Page), Some(Duration::from_secs(30)));
}

#[test]
fn what_is_looked_at_comes_first_then_what_changed_then_the_oldest_for_its_age() {
    let mut changed = fresh(2, Attention::Nobody);
    changed.changed = true;
    let mut late = fresh(3, Attention::Nobody);
    late.seen.insert(Subject::Fact(FactKind::Traffic), ago(7_200));
    let mut later = fresh(4, Attention::Nobody);
    // Older in seconds, and still not as late as the traffic of two hours.
    later.seen.insert(Subject::Fact(FactKind::Live), ago(90_000));
    let mut watched = fresh(5, Attention::Page);
    watched.seen.insert(Subject::State, ago(16));
    let due = due(&[later, late, changed, watched], &Ages::default(), NOW);
    let order: Vec<_> = due.iter().map(|due| (due.service, due.cause)).collect();
    assert_eq!(
        order,
        [
            (service(5), Cause::Attended),
            (service(2), Cause::Changed),
            (service(3), Cause::Old),
            (service(4), Cause::Old),
        ]
    );
}

#[test]
fn what_failed_rests_for_a_moment_and_never_longer_than_a_minute() {
    let live = Subject::Fact(FactKind::Live);
    let mut one = fresh(1, Attention::Page);
    one.seen.remove(&live);
    assert_eq!(subjects(std::slice::from_ref(&one)), [live]);
    for (tried, rests) in [(0, true), (29, true), (30, false)] {
        one.tried.insert(live, ago(tried));
        let known = std::slice::from_ref(&one);
        assert_eq!(subjects(known).is_empty(), rests, "{tried}");
        let resting = resting(known, &Ages::default(), NOW);
        assert_eq!(resting, if rests { vec![live] } else { Vec::new() }, "{tried}");
    }
    one.attention = Attention::Nobody;
    one.tried.insert(live, ago(60));
    assert_eq!(subjects(&[one.clone()]), [live]);
    // A try in the future is one of a clock that was set back since.
    one.tried.insert(live, NOW + Duration::from_secs(3_600));
    assert_eq!(subjects(&[one]), [live]);
}

fn attention() -> impl Strategy<Value = Attention> {
    prop_oneof![
        Just(Attention::Nobody),
        Just(Attention::Operation),
        Just(Attention::Page)
    ]
}

fn subject() -> impl Strategy<Value = Subject> {
    let all: Vec<Subject> = std::iter::once(Subject::State)
        .chain(FactKind::ALL.iter().map(|kind| Subject::Fact(*kind)))
        .collect();
    proptest::sample::select(all)
}

fn anything() -> impl Strategy<Value = Vec<Known>> {
    let seen = proptest::collection::btree_map(subject(), 0_u64..200_000, 0..8);
    let tried = proptest::collection::btree_map(subject(), 0_u64..200, 0..8);
    let one = (attention(), any::<bool>(), seen, tried);
    proptest::collection::vec(one, 0..12).prop_map(|all| {
        let moments = |ages: BTreeMap<Subject, u64>| -> BTreeMap<Subject, Moment> {
            ages.into_iter()
                .map(|(subject, age)| (subject, ago(age)))
                .collect()
        };
        let one = |(number, (attention, changed, seen, tried)): (u64, (Attention, bool, _, _))| Known {
            service: service(number),
            shows: FactKind::ALL,
            attention,
            changed,
            seen: moments(seen),
            tried: moments(tried),
        };
        (1..).zip(all).map(one).collect()
    })
}

proptest! {
    #[test]
    fn nothing_is_due_that_is_young_enough_and_nothing_twice(known in anything()) {
        let ages = Ages::default();
        let due = due(&known, &ages, NOW);
        let mut met = std::collections::BTreeSet::new();
        for one in &due {
            prop_assert!(met.insert((one.service, one.subject)));
            let of = known.iter().find(|known| known.service == one.service).expect("it was given");
            let most = ages.of(one.subject, of.attention);
            let old = of.seen.get(&one.subject).is_none_or(|seen| most.is_some_and(|most| NOW.since(*seen) >= most));
            prop_assert!(old || (of.changed && one.subject == Subject::State));
        }
    }

    #[test]
    fn whatever_is_old_and_was_not_just_tried_is_due(known in anything()) {
        let ages = Ages::default();
        let due = due(&known, &ages, NOW);
        for one in &known {
            for subject in std::iter::once(Subject::State).chain(one.shows.iter().map(|kind| Subject::Fact(*kind))) {
                let Some(most) = ages.of(subject, one.attention) else { continue };
                let old = one.seen.get(&subject).is_none_or(|seen| NOW.since(*seen) >= most);
                let rested = one.tried.get(&subject).is_none_or(|tried| NOW.since(*tried) >= TRY_AGAIN * 4);
                let is_due = due.iter().any(|due| due.service == one.service && due.subject == subject);
                prop_assert!(is_due || !(old && rested), "{:?} of {:?}", subject, one);
            }
        }
    }

    #[test]
    fn the_order_is_by_cause_and_then_by_lateness_whatever_the_order_of_the_services(known in anything()) {
        let ages = Ages::default();
        let order = due(&known, &ages, NOW);
        for pair in order.windows(2) {
            prop_assert!(pair[0].cause < pair[1].cause
                || (pair[0].cause == pair[1].cause && pair[0].lateness >= pair[1].lateness));
        }
        let mut turned = known;
        turned.reverse();
        prop_assert_eq!(due(&turned, &ages, NOW), order);
    }
}
