use domain::Moment;
use domain::observed::FactKind;
use domain::ports::CountingRandom;
use proptest::prelude::*;

use super::super::freshness::{Cause, Subject};
use super::*;

fn service(number: u64) -> ServiceId {
    ServiceId::at(Moment::from_seconds(1), &CountingRandom::new(number * 1_000))
}

fn reading(number: u64, kind: FactKind) -> Due {
    Due {
        service: service(number),
        subject: Subject::Fact(kind),
        cause: Cause::Old,
        lateness: 1_000,
    }
}

fn live(numbers: std::ops::Range<u64>) -> Vec<Due> {
    numbers.map(|number| reading(number, FactKind::Live)).collect()
}

fn hosts(numbers: std::ops::Range<u64>, host: &str) -> BTreeMap<ServiceId, String> {
    numbers.map(|number| (service(number), host.to_owned())).collect()
}

fn page(number: u64) -> Request {
    Request::get("list_servers", "/servers").with_query("page", number.to_string())
}

#[test]
fn gx_007_the_first_machine_of_a_hypervisor_is_asked_alone_and_the_others_follow_its_answer() {
    let mut round = Round::default();
    round.add(live(1..4), hosts(1..4, "h1"));
    let Turn::Read(first) = round.turn() else {
        panic!("there is a reading")
    };
    assert_eq!(first.service, service(1));
    assert_eq!(round.turn(), Turn::Wait);
    round.read(&first, Went::Answered);
    let order: Vec<_> = std::iter::from_fn(|| match round.turn() {
        Turn::Read(due) => Some(due.service),
        _ => None,
    })
    .collect();
    assert_eq!(order, [service(2), service(3)], "both at once, in their order");
}

#[test]
fn gx_007_a_dead_hypervisor_costs_one_reading_and_nothing_of_what_does_not_ask_it() {
    let mut round = Round::new(None, BTreeSet::from(["long dead".to_owned()]));
    round.add(live(1..200), hosts(1..200, "h1"));
    round.add(live(200..203), hosts(200..203, "long dead"));
    round.add(vec![reading(1, FactKind::Traffic)], BTreeMap::new());
    let Turn::Read(first) = round.turn() else {
        panic!("there is a reading")
    };
    // What the panel knows by itself is not held up by the silence.
    let Turn::Read(traffic) = round.turn() else {
        panic!("there is another")
    };
    assert_eq!(traffic.subject, Subject::Fact(FactKind::Traffic));
    round.read(&traffic, Went::Answered);
    round.read(&first, Went::Silent);
    assert_eq!(round.turn(), Turn::Done);
    let tally = Tally {
        answered: 1,
        silent: 1,
        spared: 198 + 3,
    };
    assert_eq!((round.tally(), round.was_ended()), (tally, false));
    // Of the other one nothing was learned: it was not asked.
    assert_eq!(round.silent(), &BTreeSet::from(["h1".to_owned()]));
}

#[test]
fn a_machine_that_is_not_asked_for_says_nothing_of_its_hypervisor() {
    let mut round = Round::default();
    round.add(live(1..4), hosts(1..4, "h1"));
    let Turn::Read(gone) = round.turn() else {
        panic!("there is a reading")
    };
    assert_eq!(round.turn(), Turn::Wait);
    round.read(&gone, Went::NotAsked);
    let Turn::Read(first) = round.turn() else {
        panic!("there is another")
    };
    assert_eq!((first.service, round.turn()), (service(2), Turn::Wait));
    round.read(&first, Went::Silent);
    assert_eq!(round.turn(), Turn::Done);
    let tally = Tally {
        silent: 1,
        spared: 1,
        ..Tally::default()
    };
    assert_eq!(round.tally(), tally);
}

#[test]
fn what_is_not_sent_and_silence_without_a_known_hypervisor_end_the_round() {
    let mut refused = Round::default();
    refused.add(live(1..9), BTreeMap::new());
    let (Turn::Read(one), Turn::Read(two)) = (refused.turn(), refused.turn()) else {
        panic!("there are readings")
    };
    refused.read(&one, Went::NotSent);
    assert_eq!(refused.turn(), Turn::Wait, "the other is still under way");
    refused.read(&two, Went::Answered);
    assert_eq!((refused.turn(), refused.was_ended()), (Turn::Done, true));

    let mut silent = Round::new(Some(page(1)), BTreeSet::new());
    silent.add(live(1..100), BTreeMap::new());
    let mut made = 0;
    while let Turn::Read(due) = silent.turn() {
        made += 1;
        silent.read(&due, Went::Silent);
    }
    assert_eq!((made, silent.was_ended()), (MOST_SILENT, true));
}

#[test]
fn the_next_page_is_asked_for_before_the_one_before_it_is_done_and_one_at_a_time() {
    let mut round = Round::new(Some(page(1)), BTreeSet::new());
    assert_eq!(round.turn(), Turn::Page(page(1)));
    assert_eq!(round.turn(), Turn::Wait);
    round.page_read(live(1..101), BTreeMap::new(), vec![page(2)]);
    let mut read = 0;
    while let Turn::Read(due) = round.turn() {
        read += 1;
        round.read(&due, Went::Answered);
    }
    assert_eq!(read, 100 - LEFT + 1, "then the second page was asked for");
    for _ in 0..LEFT - 1 {
        assert!(matches!(round.turn(), Turn::Read(_)));
    }
    assert_eq!(round.turn(), Turn::Wait);
    round.end();
    assert_eq!(round.turn(), Turn::Wait, "what is under way comes to its end");
}

proptest! {
    /// Whatever order hands work in, a round comes to its end, everything is read or spared once, and of no hypervisor
    /// more than one reading is without an answer before it is known to be alive.
    #[test]
    fn gx_007_every_round_ends_and_nothing_is_lost(
        machines in proptest::collection::vec((0_usize..6, any::<bool>()), 0..120),
        dead in proptest::collection::btree_set(0_usize..6, 0..6),
        hands in 1_usize..9,
    ) {
        let name = |host: usize| format!("h{host}");
        let mut round = Round::default();
        let numbered = || (1_u64..).zip(&machines);
        let due = numbered().map(|(number, (_, asks))| {
            reading(number, if *asks { FactKind::Live } else { FactKind::Traffic })
        });
        let hosts = numbered().map(|(number, (host, _))| (service(number), name(*host)));
        round.add(due.collect(), hosts.collect());
        let host_of: BTreeMap<ServiceId, usize> = numbered().map(|(number, (host, _))| (service(number), *host)).collect();
        let mut under_way: VecDeque<Due> = VecDeque::new();
        let (mut answered, mut silent) = (0, BTreeMap::<usize, usize>::new());
        loop {
            let turn = if under_way.len() < hands { round.turn() } else { Turn::Wait };
            match turn {
                Turn::Read(due) => under_way.push_back(due),
                Turn::Wait => {
                    let due = under_way.pop_front().expect("somebody is waited for");
                    let host = host_of[&due.service];
                    if due.subject.asks_host() && dead.contains(&host) {
                        *silent.entry(host).or_default() += 1;
                        round.read(&due, Went::Silent);
                    } else {
                        answered += 1;
                        round.read(&due, Went::Answered);
                    }
                }
                Turn::Done => break,
                Turn::Page(_) => unreachable!("there is no list"),
            }
        }
        prop_assert!(under_way.is_empty());
        prop_assert!(silent.values().all(|count| *count == 1), "{:?}", silent);
        let tally = round.tally();
        prop_assert_eq!(tally.answered, answered);
        prop_assert_eq!(tally.answered + tally.silent + tally.spared, machines.len());
    }
}
