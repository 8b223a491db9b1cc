//! Names that are written, kept and removed as machines come, change and go: on a real name server.

use std::net::IpAddr;
use std::time::Duration;

use domain::Clock;
use domain::given::Reinstall;
use domain::http::{Lane, Method};
use domain::observed::FactKind;
use domain::record::{OperationState, QuestionKind};
use engine::core::Intent;
use rdns::{parse_address, pointer_name};
use sim::virtfusion::Act;
use testkit::dns::{Kind, Mode, RecordSet, Reply, Rule, Stage, differences};
use testkit::rig::{Rig, order};

use crate::names::stage;
use crate::pointer_moves::{read_anew, server_of};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn end() -> Intent {
    Intent::Terminate { window: None }
}

#[tokio::test]
async fn vf_262_vf_250_a_machine_whose_hostname_leads_to_it_has_its_name_before_its_build_ends() {
    let stage = stage().await;
    stage.lead_everywhere("web502.example.test").await;
    let order = domain::Order {
        hostname: Some("web502.example.test".to_owned()),
        ..order()
    };
    let create = stage.rig.submit(stage.rig.wish(502, Intent::Create(order))).await;
    let named = stage
        .rig
        .until("its name", HOUR, async |rig: &Rig| {
            let fact = rig
                .engine
                .view(rig.installation_id(), 502)
                .await
                .expect("it can be read")?
                .machine?;
            let address = parse_address(fact.machine()?.ipv4.first()?).ok()?;
            (stage.held(address).await == ["web502.example.test."]).then_some(address)
        })
        .await;
    let operation = stage.rig.engine.operation(create).await.expect("it exists");
    assert!(
        !operation.state.is_final(),
        "it is still being built: {}",
        operation.reason
    );
    assert_eq!(
        stage.rig.ended(create, HOUR).await.state,
        OperationState::Succeeded
    );
    stage.rig.pass(Duration::from_secs(120)).await;
    assert_eq!(stage.held(named).await, ["web502.example.test."]);
    let notified = stage
        .proxy
        .writes()
        .into_iter()
        .filter(|one| one.path.ends_with("/notify"));
    assert_eq!(notified.count(), 1, "once for the operation");
}

#[tokio::test]
async fn vf_250_a_name_that_is_there_already_is_not_touched_by_a_new_machine() {
    let stage = stage().await;
    stage.lead_everywhere("web502.example.test").await;
    let IpAddr::V4(first) = stage.address else {
        panic!("an IPv4 address")
    };
    let [a, b, c, _] = first.octets();
    // Whatever address it gets has a name already.
    let all: Vec<RecordSet> = (1..=254_u8)
        .map(|last| pointer_name(IpAddr::from([a, b, c, last])).to_string())
        .map(|record| RecordSet::pointers(&record, &["before.customer.example."]))
        .collect();
    stage.server.put(&stage.zone, &all).await;
    let before = stage.server.dump().await;
    Stage::machine(&stage.rig, 502).await;
    stage.rig.pass(Duration::from_secs(300)).await;
    let ended = stage.latest(502).await;
    assert_eq!(
        (ended.state, ended.reason.as_str()),
        (OperationState::Succeeded, "1 preserved")
    );
    assert_eq!(
        differences(&before, &stage.server.dump().await),
        Vec::<String>::new()
    );
    assert_eq!(stage.proxy.writes().len(), 0);
}

#[tokio::test]
async fn vf_045_vf_262_a_machine_is_made_whatever_becomes_of_its_name_and_that_is_waited_for() {
    let stage = stage().await;
    stage.proxy.set(Mode::Answer(Reply::error(500, "it is on fire")));
    let address = Stage::machine(&stage.rig, 502).await;
    stage.rig.pass(Duration::from_secs(120)).await;
    assert_eq!(stage.held(address).await, Vec::<String>::new());
    let waits = stage.latest(502).await;
    assert_eq!(waits.state, OperationState::Running);
    assert!(waits.reason.contains("are not known"), "{}", waits.reason);
    // The server is back; now the hostname does not lead anywhere.
    stage.proxy.set(Mode::Pass);
    stage.rig.pass(Duration::from_secs(180)).await;
    let waits = stage.latest(502).await;
    assert!(
        waits.reason.contains("web502.example.test has no A record"),
        "{}",
        waits.reason
    );
    stage.lead("web502.example.test", &[address]).await;
    stage.leads_to(address, &["web502.example.test."], HOUR).await;
    // Nobody waits longer than is configured, and nobody is asked about what its client can mend.
    let other = Stage::machine(&stage.rig, 503).await;
    stage.rig.clock.advance(DAY);
    stage.rig.pass(Duration::from_secs(60)).await;
    let ended = stage.latest(503).await;
    assert_eq!(ended.state, OperationState::Failed, "{}", ended.reason);
    assert!(ended.reason.contains("no A record"), "{}", ended.reason);
    assert_eq!(stage.held(other).await, Vec::<String>::new());
    assert!(stage.rig.view(503).await.questions.is_empty());
}

#[tokio::test]
async fn vf_251_another_hostname_is_written_where_the_former_one_stands_or_nothing_does_and_nowhere_else() {
    let stage = stage().await;
    let server = server_of(&stage, 501).await;
    let hand = || stage.rig.panel.hand(stage.rig.clock.now());
    for _ in 0..2 {
        hand().act(Act::AddAddress { server }).expect("it has one more");
    }
    let all = read_anew(&stage, 501).await;
    let [former, own, without] = all[..] else {
        panic!("{all:?}")
    };
    let pointer =
        |address: IpAddr, host: &str| RecordSet::pointers(&pointer_name(address).to_string(), &[host]);
    let sets = [
        pointer(former, "WEB501.example.test."),
        pointer(own, "mail.customer.example."),
    ];
    stage.server.put(&stage.zone, &sets).await;
    stage.lead("mail501.example.test", &all).await;
    let anew = Intent::Reinstall(Reinstall {
        image: "46".to_owned(),
        hostname: domain::given::Hostname::typed("mail501.example.test").expect("a hostname"),
        keys: Vec::new(),
        new_key: None,
    });
    let operation = stage.rig.submit(stage.rig.wish(501, anew)).await;
    let ended = stage.rig.ended(operation, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    stage.leads_to(former, &["mail501.example.test."], HOUR).await;
    stage.leads_to(without, &["mail501.example.test."], HOUR).await;
    stage.rig.pass(Duration::from_secs(120)).await;
    assert_eq!(stage.held(own).await, ["mail.customer.example."]);
}

#[tokio::test]
async fn vf_054_vf_256_mx_058_the_names_of_a_machines_addresses_are_gone_before_it_is_deleted() {
    let stage = stage().await;
    stage.point_to(&["mail.customer.example."]).await;
    let operation = stage.rig.submit(stage.rig.wish(501, end())).await;
    let now = || stage.rig.clock.now();
    stage
        .rig
        .until("the name to be gone", HOUR, async |_: &Rig| {
            stage.held(stage.address).await.is_empty().then_some(())
        })
        .await;
    assert_eq!(
        stage.rig.panel.servers(now()).len(),
        1,
        "the machine is still there"
    );
    assert_eq!(
        stage.rig.ended(operation, HOUR).await.state,
        OperationState::Succeeded
    );
    assert_eq!(stage.rig.panel.servers(now()).len(), 0);
    let removed = stage.latest(501).await;
    assert_eq!(
        (removed.state, removed.reason.as_str()),
        (OperationState::Succeeded, "1 removed")
    );
}

#[tokio::test]
async fn vf_058_vf_059_while_the_name_server_is_down_machines_end_and_a_name_that_is_anothers_by_then_stays()
{
    let stage = stage().await;
    stage.confirm().await;
    stage.point_to(&["web501.example.test."]).await;
    // What was there while the address was the machine's is known.
    let read = stage
        .rig
        .engine
        .read_names(stage.rig.installation_id(), 501)
        .await;
    assert_eq!(read.expect("the store answers"), Ok(()));
    stage.proxy.set(Mode::Hang);
    let operation = stage.rig.submit(stage.rig.wish(501, end())).await;
    assert_eq!(
        stage.rig.ended(operation, HOUR).await.state,
        OperationState::Succeeded
    );
    assert_eq!(stage.held(stage.address).await, ["web501.example.test."]);
    // The address has another customer now, who has set a name.
    stage.point_to(&["mail.another.example."]).await;
    let before = stage.server.dump().await;
    stage.proxy.set(Mode::Pass);
    stage
        .rig
        .until("it to be looked at", DAY, async |_: &Rig| {
            stage.latest(501).await.state.is_final().then_some(())
        })
        .await;
    assert_eq!(stage.latest(501).await.reason, "1 preserved");
    assert_eq!(
        differences(&before, &stage.server.dump().await),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn vf_058_vf_256_a_name_that_could_not_be_removed_in_time_goes_when_the_server_is_back() {
    let stage = stage().await;
    stage.point_to(&["web501.example.test."]).await;
    stage.proxy.set(Mode::Answer(Reply::html(502)));
    let operation = stage.rig.submit(stage.rig.wish(501, end())).await;
    assert_eq!(
        stage.rig.ended(operation, HOUR).await.state,
        OperationState::Succeeded
    );
    assert_eq!(stage.held(stage.address).await, ["web501.example.test."]);
    stage.proxy.set(Mode::Pass);
    stage.leads_to(stage.address, &[], HOUR).await;
}

#[tokio::test]
async fn vf_058_a_name_that_stays_for_a_day_is_a_persons_business() {
    let stage = stage().await;
    stage.point_to(&["web501.example.test."]).await;
    let operation = stage.rig.submit(stage.rig.wish(501, end())).await;
    stage
        .proxy
        .add(Rule::new(Mode::Answer(Reply::html(502))).method(Method::Patch));
    assert_eq!(
        stage.rig.ended(operation, HOUR).await.state,
        OperationState::Succeeded
    );
    stage.rig.clock.advance(DAY);
    let asked = stage
        .rig
        .until("a question", DAY + HOUR, async |rig: &Rig| {
            let questions = rig.view(501).await.questions;
            questions
                .into_iter()
                .find(|one| one.kind == QuestionKind::Overdue)
        })
        .await;
    assert!(asked.text.contains("did not finish in time"), "{}", asked.text);
}

#[tokio::test]
async fn vf_055_a_machine_that_is_gone_already_leaves_no_name_behind() {
    let stage = stage().await;
    stage.confirm().await;
    stage.point_to(&["web501.example.test."]).await;
    let server = server_of(&stage, 501).await;
    stage
        .rig
        .panel
        .hand(stage.rig.clock.now())
        .delete(server)
        .expect("it is deleted");
    let operation = stage.rig.submit(stage.rig.wish(501, end())).await;
    assert_eq!(
        stage.rig.ended(operation, HOUR).await.state,
        OperationState::Succeeded
    );
    stage.leads_to(stage.address, &[], HOUR).await;
}

#[tokio::test]
async fn vf_059_an_address_that_leaves_a_running_machine_loses_its_name_once_that_was_seen_twice() {
    let stage = stage().await;
    let server = server_of(&stage, 501).await;
    stage
        .rig
        .panel
        .hand(stage.rig.clock.now())
        .act(Act::AddAddress { server })
        .expect("it has two");
    let [_, second] = read_anew(&stage, 501).await[..] else {
        panic!("it has two")
    };
    stage.lead("web501.example.test", &[stage.address, second]).await;
    stage.leads_to(second, &["web501.example.test."], HOUR).await;
    stage
        .rig
        .panel
        .hand(stage.rig.clock.now())
        .act(Act::TakeAddress { server })
        .expect("it has one");
    assert_eq!(read_anew(&stage, 501).await.len(), 1);
    assert_eq!(stage.held(second).await, ["web501.example.test."], "seen once");
    stage.leads_to(second, &[], HOUR).await;
    assert_eq!(
        stage.held(stage.address).await,
        Vec::<String>::new(),
        "the other one is as it was"
    );
}

#[tokio::test]
async fn vf_256_every_name_inside_a_machines_prefix_goes_with_it_and_none_beside_it() {
    let stage = stage().await;
    let server = server_of(&stage, 501).await;
    let act = Act::AddHostAddress { server };
    stage
        .rig
        .panel
        .hand(stage.rig.clock.now())
        .act(act)
        .expect("it has one");
    let read = stage
        .rig
        .submit(stage.rig.wish(501, Intent::Refresh { live: true }))
        .await;
    stage.rig.ended(read, HOUR).await;
    let has = stage.rig.view(501).await.reading().expect("it was read").ipv6;
    let (first, length) = has
        .iter()
        .find_map(|text| text.split_once('/'))
        .expect("it has a prefix");
    assert_eq!(length, "64", "{has:?}");
    let first: std::net::Ipv6Addr = first.parse().expect("an address");
    let inside = |last: u128| IpAddr::from(std::net::Ipv6Addr::from_bits(first.to_bits() + last));
    let beside = IpAddr::from(std::net::Ipv6Addr::from_bits(first.to_bits() + (1 << 64)));
    let zone = "0.1.0.0.2.ip6.arpa.";
    let zone = if pointer_name(first.into()).to_string().ends_with(zone) {
        zone
    } else {
        "8.b.d.0.1.0.0.2.ip6.arpa."
    };
    stage.server.create_zone(zone, Kind::Native, &[]).await;
    stage.rig.pass(Duration::from_secs(90)).await;
    let pointer =
        |address: IpAddr, host: &str| RecordSet::pointers(&pointer_name(address).to_string(), &[host]);
    let all = [
        pointer(inside(0x55), "mail.customer.example."),
        pointer(inside(0x66), "web.customer.example."),
        pointer(beside, "neighbour.example."),
    ];
    stage.server.put(zone, &all).await;
    let operation = stage.rig.submit(stage.rig.wish(501, end())).await;
    assert_eq!(
        stage.rig.ended(operation, HOUR).await.state,
        OperationState::Succeeded
    );
    for last in [0x55, 0x66] {
        stage.leads_to(inside(last), &[], HOUR).await;
    }
    assert_eq!(stage.held(beside).await, ["neighbour.example."]);
}

#[tokio::test]
async fn what_waits_for_a_hostname_keeps_nothing_else_waiting() {
    let stage = stage().await;
    Stage::machine(&stage.rig, 502).await;
    stage.rig.pass(Duration::from_secs(60)).await;
    let waits = stage.latest(502).await;
    assert!(
        waits.reason.contains("waits for the hostname"),
        "{}",
        waits.reason
    );
    let server = server_of(&stage, 502).await;
    let act = Act::AddAddress { server };
    stage
        .rig
        .panel
        .hand(stage.rig.clock.now())
        .act(act)
        .expect("it has two");
    let (installation, live) = (stage.rig.installation_id(), FactKind::Live);
    let read = stage
        .rig
        .engine
        .read_fact(installation, 502, live, Lane::Background)
        .await;
    read.expect("the store answers").expect("it can be read");
    let view = stage.rig.view(502).await;
    assert_eq!(
        view.reading().expect("it was read").ipv4.len(),
        2,
        "what was read in passing is kept"
    );
    let counts = stage
        .rig
        .engine
        .store()
        .counts(stage.rig.clock.now())
        .await
        .expect("it can be counted");
    assert_eq!(counts.operations_open, 0, "it is nobody's open business");
}

#[tokio::test]
async fn vf_059_the_clients_own_name_of_a_lost_address_goes_too_whoever_looks_meanwhile() {
    let stage = stage().await;
    let server = server_of(&stage, 501).await;
    let hand = || stage.rig.panel.hand(stage.rig.clock.now());
    hand().act(Act::AddAddress { server }).expect("it has two");
    let [_, second] = read_anew(&stage, 501).await[..] else {
        panic!("it has two")
    };
    let own = RecordSet::pointers(&pointer_name(second).to_string(), &["mail.customer.example."]);
    stage.server.put(&stage.zone, &[own]).await;
    let look = async || {
        let read = stage
            .rig
            .engine
            .read_names(stage.rig.installation_id(), 501)
            .await;
        assert_eq!(read.expect("the store answers"), Ok(()));
    };
    look().await;
    hand().act(Act::TakeAddress { server }).expect("it has one");
    assert_eq!(read_anew(&stage, 501).await.len(), 1);
    // What was seen of it before is not forgotten by a look that does not find it any more.
    look().await;
    stage.leads_to(second, &[], HOUR).await;
}

#[tokio::test]
async fn vf_054_a_machine_stays_while_a_removal_of_its_names_is_on_its_way() {
    let stage = stage().await;
    stage.point_to(&["mail.customer.example."]).await;
    let slow = Mode::Slow(Duration::from_secs(4));
    stage.proxy.add(Rule::new(slow).method(Method::Patch).times(1));
    let operation = stage.rig.submit(stage.rig.wish(501, end())).await;
    stage
        .rig
        .until("the machine to be gone", HOUR, async |rig: &Rig| {
            let is_gone = rig.panel.servers(rig.clock.now()).is_empty();
            is_gone.then_some(())
        })
        .await;
    // However late the change comes, it does not meet the next customer's name.
    assert_eq!(stage.held(stage.address).await, Vec::<String>::new());
    assert_eq!(
        stage.rig.ended(operation, HOUR).await.state,
        OperationState::Succeeded
    );
}
