use domain::observed::FactKind;
use domain::ports::CountingRandom;

use super::*;

const NOW: Moment = Moment::from_seconds(1_800_000_000);

const TRAFFIC: Subject = Subject::Fact(FactKind::Traffic);

fn platform(number: u64) -> PlatformId {
    PlatformId::at(NOW, &CountingRandom::new(number * 1_000))
}

fn service(number: u64) -> ServiceId {
    ServiceId::at(NOW, &CountingRandom::new(number * 1_000))
}

fn after(seconds: u64) -> Moment {
    NOW + Duration::from_secs(seconds)
}

fn named(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_row_is_news_until_a_look_has_settled_it() {
    let (mut sweeps, one) = (Sweeps::default(), service(1));
    assert!(sweeps.is_news(one, 7));
    // A look that settled nothing, and one at something else.
    sweeps.note_read(one, Subject::State, None);
    sweeps.note_read(one, TRAFFIC, Some(7));
    assert!(sweeps.is_news(one, 7));
    sweeps.note_read(one, Subject::State, Some(7));
    assert!(!sweeps.is_news(one, 7));
    assert!(sweeps.is_news(one, 8), "the next change");
    assert!(sweeps.is_news(service(2), 7), "another machine");
}

#[test]
fn a_silent_hypervisor_is_left_alone_for_a_minute_from_when_it_was_asked() {
    let (mut sweeps, one) = (Sweeps::default(), platform(1));
    sweeps.note_silent(one, &named(&["h1"]), NOW);
    sweeps.note_silent(platform(2), &named(&["h2"]), NOW);
    assert_eq!(sweeps.silent_hosts(one, after(59)), named(&["h1"]));
    // A round that did not ask it says nothing of it.
    sweeps.note_silent(one, &BTreeSet::new(), after(59));
    assert_eq!(sweeps.silent_hosts(one, after(60)), BTreeSet::new());
    sweeps.note_silent(one, &named(&["h1"]), after(60));
    sweeps.note_silent(one, &named(&["h1"]), after(90));
    assert_eq!(sweeps.silent_hosts(one, after(149)), named(&["h1"]));
    assert_eq!(
        sweeps.silent_hosts(one, NOW),
        BTreeSet::new(),
        "the clock was set back"
    );
}

#[test]
fn one_round_runs_in_a_place_and_each_hypervisor_is_a_place() {
    let (mut sweeps, one) = (Sweeps::default(), platform(1));
    let host = |name: &str| Some(Host::Named(name.to_owned()));
    assert!(sweeps.occupy(one, Group::Watch, None, NOW));
    assert!(!sweeps.occupy(one, Group::Watch, None, NOW));
    assert!(sweeps.occupy(platform(2), Group::Watch, None, NOW));
    assert_eq!(sweeps.asking(one), 0);
    assert!(sweeps.occupy(one, Group::Hosts, host("h1"), NOW));
    assert!(!sweeps.occupy(one, Group::Hosts, host("h1"), NOW));
    assert!(sweeps.occupy(one, Group::Hosts, host("h2"), NOW));
    assert!(sweeps.occupy(one, Group::Hosts, Some(Host::Of(service(1))), NOW));
    assert_eq!((sweeps.asking(one), sweeps.asking(platform(2))), (3, 0));
}

#[test]
fn a_list_waits_a_minute_for_a_round_that_reads_it_anyway() {
    let (mut sweeps, one) = (Sweeps::default(), platform(1));
    assert!(!sweeps.is_covered(one, NOW));
    sweeps.occupy(one, Group::List, None, NOW);
    sweeps.occupy(platform(2), Group::Machines, None, NOW);
    assert!(!sweeps.is_covered(one, NOW));
    sweeps.occupy(one, Group::Machines, None, NOW);
    assert!(sweeps.is_covered(one, NOW) && sweeps.is_covered(one, after(59)));
    assert!(!sweeps.is_covered(one, after(60)));
}

#[test]
fn a_kind_is_lost_since_its_first_answer_that_could_not_be_kept_until_one_is_or_nobody_asks() {
    let (mut sweeps, one) = (Sweeps::default(), platform(1));
    let within = Duration::from_secs(100);
    sweeps.note_unkept(one, TRAFFIC, "no number", after(10));
    sweeps.note_unkept(one, TRAFFIC, "no object", after(20));
    sweeps.note_unkept(one, Subject::State, "no state", after(20));
    sweeps.note_kept(one, Subject::State);
    sweeps.note_kept(platform(2), TRAFFIC);
    let lost = |sweeps: &mut Sweeps, now| -> Vec<(Subject, Unkept)> {
        let unkept = sweeps.unkept(one, now, within);
        unkept
            .map(|(subject, unkept)| (subject, unkept.clone()))
            .collect()
    };
    let unkept = Unkept {
        since: after(10),
        last: after(20),
        answers: 2,
        why: "no object".to_owned(),
    };
    assert!(unkept.has_lasted(Duration::from_secs(10)) && !unkept.has_lasted(Duration::from_secs(11)));
    assert_eq!(lost(&mut sweeps, after(119)), [(TRAFFIC, unkept)]);
    assert_eq!(lost(&mut sweeps, after(120)), []);
    sweeps.note_unkept(one, TRAFFIC, "no object", after(130));
    sweeps.note_kept(one, TRAFFIC);
    assert_eq!(lost(&mut sweeps, after(131)), []);
}
