//! Addresses that go from one machine to another, and what nobody but its owner ever changes.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use domain::Clock;
use domain::given::Reinstall;
use domain::http::Method;
use domain::record::{Operation, OperationState};
use engine::NameRun;
use engine::core::Intent;
use rdns::{parse_address, pointer_name};
use sim::virtfusion::Act;
use testkit::dns::{Dump, Mode, NameServer, RecordSet, Reply, Rule, Stage, differences};
use testkit::rig::Rig;

use crate::names::stage;
use crate::pointer_edits::Edits;

const HOUR: Duration = Duration::from_secs(3_600);

/// The panel's number of a service's machine.
pub async fn server_of(stage: &Stage, service: u64) -> u64 {
    let link = stage.rig.view(service).await.link.expect("it has a machine");
    link.identity.id.parse().expect("a number")
}

/// What a service's machine has of IPv4 addresses, read now.
pub async fn read_anew(stage: &Stage, service: u64) -> Vec<IpAddr> {
    let refresh = Intent::Refresh { live: true };
    carried_out(stage, service, refresh).await;
    let machine = stage.rig.view(service).await.reading().expect("it was read");
    let address = |text: &String| parse_address(text).expect("an address");
    machine.ipv4.iter().map(address).collect()
}

async fn carried_out(stage: &Stage, service: u64, intent: Intent) -> Operation {
    let operation = stage.rig.submit(stage.rig.wish(service, intent)).await;
    let ended = stage.rig.ended(operation, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    ended
}

/// One more address for a service's machine, or one less.
fn by_hand(stage: &Stage, act: Act) {
    let hand = stage.rig.panel.hand(stage.rig.clock.now());
    hand.act(act).expect("the panel does it");
}

/// Waits until no name of a service's is to be removed any more.
async fn nothing_is_to_go(stage: &Stage, service: u64) {
    let removes = |one: &Operation| one.input.names().is_some_and(|work| work.purpose.removes());
    let none = async |rig: &Rig| {
        let open = rig.view(service).await.open;
        (!open.iter().any(removes)).then_some(())
    };
    stage.rig.until("the end of all removals", HOUR, none).await;
}

fn record(address: IpAddr) -> String {
    pointer_name(address).to_string()
}

#[tokio::test]
async fn vf_059_mx_058_an_address_that_goes_to_another_machine_gets_the_name_of_that_one() {
    let stage = stage().await;
    Stage::machine(&stage.rig, 502).await;
    let (from, to) = (server_of(&stage, 501).await, server_of(&stage, 502).await);
    by_hand(&stage, Act::AddAddress { server: from });
    let [_, moved] = read_anew(&stage, 501).await[..] else {
        panic!("it has two")
    };
    stage.lead("web501.example.test", &[stage.address, moved]).await;
    stage.leads_to(moved, &["web501.example.test."], HOUR).await;
    stage.lead("web502.example.test", &[moved]).await;
    by_hand(&stage, Act::TakeAddress { server: from });
    by_hand(&stage, Act::AddAddress { server: to });
    // The one that has it now is seen with it first, and finds the former one's name there.
    assert!(read_anew(&stage, 502).await.contains(&moved));
    assert!(!read_anew(&stage, 501).await.contains(&moved));
    stage.leads_to(moved, &["web502.example.test."], HOUR).await;
}

#[tokio::test]
async fn vf_055_vf_059_what_was_seen_to_be_gone_leaves_no_name_behind() {
    let stage = stage().await;
    stage.confirm().await;
    stage.point_to(&["web501.example.test."]).await;
    let server = server_of(&stage, 501).await;
    let hand = stage.rig.panel.hand(stage.rig.clock.now());
    hand.delete(server).expect("it is deleted");
    let refresh = Intent::Refresh { live: true };
    let read = stage.rig.submit(stage.rig.wish(501, refresh)).await;
    assert_eq!(stage.rig.ended(read, HOUR).await.state, OperationState::Failed);
    stage.leads_to(stage.address, &[], HOUR).await;
}

#[tokio::test]
async fn vf_054_vf_252_names_that_wait_to_go_stay_where_the_deletion_is_taken_back() {
    let stage = stage().await;
    stage.point_to(&["mail.customer.example."]).await;
    stage.proxy.set(Mode::Close);
    let end = Intent::Terminate { window: None };
    let operation = stage.rig.submit(stage.rig.wish(501, end)).await;
    let releases = async |rig: &Rig| {
        let open = rig.view(501).await.open;
        open.iter().any(|one| one.input.names().is_some()).then_some(())
    };
    stage.rig.at_once("the names being released", releases).await;
    let tester = domain::Actor::host("tester");
    let cancelled = stage.rig.engine.cancel(operation, &tester).await;
    cancelled.expect("nothing was deleted yet");
    stage.proxy.set(Mode::Pass);
    nothing_is_to_go(&stage, 501).await;
    assert_eq!(stage.held(stage.address).await, ["mail.customer.example."]);
    assert!(stage.latest(501).await.reason.contains("the machine stays"));
}

#[tokio::test]
async fn vf_254_vf_252_a_reset_that_is_late_writes_no_name_of_an_address_that_is_anothers_by_then() {
    let stage = stage().await;
    let server = server_of(&stage, 501).await;
    by_hand(&stage, Act::AddAddress { server });
    let [first, second] = read_anew(&stage, 501).await[..] else {
        panic!("it has two")
    };
    stage.lead("web501.example.test", &[first, second]).await;
    stage.leads_to(second, &["web501.example.test."], HOUR).await;
    let mine = |address: IpAddr| RecordSet::pointers(&record(address), &["mail.customer.example."]);
    stage.server.put(&stage.zone, &[mine(first), mine(second)]).await;
    let fails = Mode::Answer(Reply::html(502));
    stage.proxy.add(Rule::new(fails).method(Method::Patch).times(3));
    let reset = NameRun {
        reset: true,
        ..NameRun::default()
    };
    let tester = domain::Actor::host("tester");
    let begun = stage.rig.engine.look_after_names(&reset, &tester).await;
    assert_eq!(begun.expect("the store answers").operations.len(), 1);
    by_hand(&stage, Act::TakeAddress { server });
    assert_eq!(read_anew(&stage, 501).await, [first]);
    let another = RecordSet::pointers(&record(second), &["mail.another.example."]);
    stage.server.put(&stage.zone, &[another]).await;
    stage.leads_to(first, &["web501.example.test."], HOUR).await;
    nothing_is_to_go(&stage, 501).await;
    assert_eq!(stage.held(second).await, ["mail.another.example."]);
}

/// The names that are not as they were, without the heads of zones.
async fn touched(stage: &Stage, before: &Dump) -> BTreeSet<String> {
    let lines = differences(before, &stage.server.dump().await);
    let names = lines.iter().filter(|line| !line.contains(" SOA: "));
    names
        .filter_map(|line| line.split(' ').nth(1).map(str::to_owned))
        .collect()
}

/// What others have in the machines' zone, of every sort.
async fn furnish(stage: &Stage) {
    let [a, b, c] = {
        let IpAddr::V4(address) = stage.address else {
            panic!("an IPv4 address")
        };
        let [a, b, c, _] = address.octets();
        [a, b, c]
    };
    let beside = |last: u8| record(IpAddr::from([a, b, c, last]));
    let sets = [
        RecordSet::pointers(&beside(250), &["neighbour.example."]),
        RecordSet::pointers(&beside(251), &["one.example.", "two.example."]),
        RecordSet::pointers(&beside(252), &["served.example."]).and_disabled(&["kept.example."]),
        RecordSet::new(&beside(253), "CNAME", &["253.elsewhere.example."]),
        RecordSet::new(&record(stage.address), "TXT", &["\"whose it is\""]),
    ];
    stage.server.put(&stage.zone, &sets).await;
}

#[tokio::test]
async fn vf_251_vf_252_mx_054_whatever_happens_nothing_is_changed_that_is_somebody_elses() {
    let stage = stage().await;
    furnish(&stage).await;
    let none = BTreeSet::new();

    stage.lead_everywhere("web502.example.test").await;
    let before = stage.server.dump().await;
    let address = Stage::machine(&stage.rig, 502).await;
    stage.leads_to(address, &["web502.example.test."], HOUR).await;
    let named = BTreeSet::from([record(address)]);
    assert_eq!(touched(&stage, &before).await, named, "a machine is made");

    // It has another address, whose name its client has chosen.
    let server = server_of(&stage, 502).await;
    by_hand(&stage, Act::AddAddress { server });
    let [_, own] = read_anew(&stage, 502).await[..] else {
        panic!("it has two")
    };
    stage.leads_to(own, &["web502.example.test."], HOUR).await;
    let chosen = RecordSet::pointers(&record(own), &["mail.customer.example."]);
    stage.server.put(&stage.zone, &[chosen]).await;
    // Somebody has looked at it: what is not known to be the machine's stays where it is after its end.
    let read = stage
        .rig
        .engine
        .read_names(stage.rig.installation_id(), 502)
        .await;
    assert_eq!(read.expect("the store answers"), Ok(()));
    stage.lead_everywhere("mail502.example.test").await;
    let before = stage.server.dump().await;
    let anew = Intent::Reinstall(Reinstall {
        image: "46".to_owned(),
        hostname: domain::given::Hostname::typed("mail502.example.test").expect("a hostname"),
        keys: Vec::new(),
        new_key: None,
    });
    carried_out(&stage, 502, anew).await;
    stage.leads_to(address, &["mail502.example.test."], HOUR).await;
    stage.rig.pass(Duration::from_secs(120)).await;
    assert_eq!(touched(&stage, &before).await, named, "a machine is renamed");

    stage.lead("mail.example.test", &[stage.address]).await;
    let before = stage.server.dump().await;
    let edited = stage.edited(Some("mail.example.test")).await;
    assert_eq!(edited.reason, "1 added");
    let edited = BTreeSet::from([record(stage.address)]);
    assert_eq!(touched(&stage, &before).await, edited, "a client chooses a name");

    // What cannot be read, or is refused, is no reason to write: not even where everything is to be written anew.
    let before = stage.server.dump().await;
    let reset = NameRun {
        reset: true,
        ..NameRun::default()
    };
    let faults = [
        ("zones fail", Mode::Answer(Reply::error(500, "on fire"))),
        ("the answer is cut off", Mode::Truncated),
        ("the key is wrong", Mode::Answer(Reply::text(401, "Unauthorized"))),
        ("the server is down", Mode::Close),
    ];
    for (name, fault) in faults {
        stage.proxy.set(fault);
        // What was known before is too old by then.
        stage.rig.pass(Duration::from_secs(61)).await;
        let actor = domain::Actor::host("tester");
        let begun = stage.rig.engine.look_after_names(&reset, &actor).await;
        assert_eq!(begun.expect("the store answers").operations, [], "{name}");
        assert!(
            stage
                .rig
                .engine
                .edit_name(&stage.edit(None))
                .await
                .expect("the store answers")
                .is_err()
        );
        assert_eq!(touched(&stage, &before).await, none, "{name}");
    }

    // The machine ends while the server is down, and its address has another customer before it is back.
    carried_out(&stage, 502, Intent::Terminate { window: None }).await;
    let chosen = RecordSet::pointers(&record(address), &["mail.another.example."]);
    stage.server.put(&stage.zone, &[chosen]).await;
    let before = stage.server.dump().await;
    stage.proxy.set(Mode::Pass);
    stage.leads_to(own, &[], HOUR).await;
    nothing_is_to_go(&stage, 502).await;
    let gone = BTreeSet::from([record(own)]);
    assert_eq!(
        touched(&stage, &before).await,
        gone,
        "an address is another's by then"
    );

    let before = stage.server.dump().await;
    carried_out(&stage, 501, Intent::Terminate { window: None }).await;
    stage.leads_to(stage.address, &[], HOUR).await;
    assert_eq!(touched(&stage, &before).await, edited, "a machine ends");
}

#[tokio::test]
async fn gx_015_mx_059_a_secondary_that_lags_is_waited_for_whoever_else_answers() {
    let stage = stage().await;
    furnish(&stage).await;
    let secondary = NameServer::start("secondary").await;
    secondary.follow(&stage.server, &stage.zone).await;
    let all = [stage.server.dns(), secondary.dns()].map(|server| server.to_string());
    stage.answered_by(&[&all[0], &all[1]]).await;
    secondary.lag(&stage.server, &stage.zone, true).await;
    stage.lead("mail.example.test", &[stage.address]).await;
    let before = stage.server.dump().await;
    let edit = stage.edit(Some("mail.example.test"));
    let begun = stage.rig.engine.edit_name(&edit).await;
    let begun = begun.expect("the store answers").expect("it is taken");
    stage.leads_to(stage.address, &["mail.example.test."], HOUR).await;
    stage.rig.pass(Duration::from_secs(60)).await;
    let waits = stage.rig.engine.operation(begun).await.expect("it exists");
    assert!(waits.reason.contains("still answers nothing"), "{}", waits.reason);
    secondary.lag(&stage.server, &stage.zone, false).await;
    let ended = stage.rig.ended(begun, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    let changed = BTreeSet::from([record(stage.address)]);
    assert_eq!(touched(&stage, &before).await, changed);
}
