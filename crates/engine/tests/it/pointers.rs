//! Names that are written, kept and removed as machines come, change and go: on a real name server.

use std::net::IpAddr;
use std::time::Duration;

use domain::http::Method;
use domain::record::{NameState, NameSubject, OperationState, QuestionKind};
use domain::{Actor, ActorKind, Clock};
use engine::core::Intent;
use engine::{Goal, NameEdit, NameRefusal};
use rdns::{parse_address, pointer_name};
use sim::platform::Outage;
use sim::virtfusion::Act;
use testkit::dns::{Kind, Mode, NameServer, RecordSet, Reply, Rule, Stage, differences};
use testkit::rig::{CLIENT, Rig, order};

use crate::names::stage;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Editing the name of the machine's address, as its client does.
trait Edits {
    fn edit(&self, host: Option<&str>) -> NameEdit;
    async fn edited(&self, host: Option<&str>) -> domain::record::Operation;
}

impl Edits for Stage {
    fn edit(&self, host: Option<&str>) -> NameEdit {
        NameEdit {
            installation: self.rig.installation_id().clone(),
            billing_id: 501,
            client_id: CLIENT,
            address: self.address,
            host: host.map(|host| host.parse().expect("a hostname")),
            actor: Actor {
                kind: ActorKind::Client,
                ..Actor::host("client 77")
            },
        }
    }

    async fn edited(&self, host: Option<&str>) -> domain::record::Operation {
        let begun = self
            .rig
            .engine
            .edit_name(&self.edit(host))
            .await
            .expect("the store answers");
        self.rig.ended(begun.expect("it is taken"), HOUR).await
    }
}

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
async fn vf_251_a_rename_writes_where_the_former_name_stands_or_nothing_does_and_keeps_the_clients_own() {
    let stage = stage().await;
    let service = stage.rig.view(501).await;
    let server = service
        .link
        .expect("it has a machine")
        .identity
        .id
        .parse()
        .expect("a number");
    stage.confirm().await;
    stage.point_to(&["web501.example.test."]).await;
    let rename = async |name: &str| {
        let act = Act::Rename {
            server,
            name: name.to_owned(),
        };
        stage
            .rig
            .panel
            .hand(stage.rig.clock.now())
            .act(act)
            .expect("it is renamed");
        let read = stage
            .rig
            .submit(stage.rig.wish(501, Intent::Refresh { live: true }))
            .await;
        stage.rig.ended(read, HOUR).await;
    };
    let _ = rename;
    let renamed = stage.rig.wish(
        501,
        Intent::Rename("mail501.example.test".parse().expect("a name")),
    );
    stage.lead("mail501.example.test", &[stage.address]).await;
    let operation = stage.rig.submit(renamed).await;
    stage.rig.ended(operation, HOUR).await;
    let view = stage.rig.view(501).await;
    let machine = view.reading().expect("it was read");
    println!("{:?} {:?}", machine.hostname, machine.name);
}

#[tokio::test]
async fn vf_054_vf_256_the_names_of_a_machines_addresses_are_gone_before_it_is_deleted() {
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
    let link = stage.rig.view(501).await.link.expect("it has a machine");
    let server: u64 = link.identity.id.parse().expect("a number");
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
    let link = stage.rig.view(501).await.link.expect("it has a machine");
    let server: u64 = link.identity.id.parse().expect("a number");
    stage
        .rig
        .panel
        .hand(stage.rig.clock.now())
        .act(Act::AddAddress { server })
        .expect("it has two");
    let refresh = async || {
        let read = stage
            .rig
            .submit(stage.rig.wish(501, Intent::Refresh { live: true }))
            .await;
        stage.rig.ended(read, HOUR).await;
        stage.rig.view(501).await.reading().expect("it was read").ipv4
    };
    let both = refresh().await;
    let second = parse_address(&both[1]).expect("an address");
    stage.lead("web501.example.test", &[stage.address, second]).await;
    stage.leads_to(second, &["web501.example.test."], HOUR).await;
    stage
        .rig
        .panel
        .hand(stage.rig.clock.now())
        .act(Act::TakeAddress { server })
        .expect("it has one");
    assert_eq!(refresh().await.len(), 1);
    assert_eq!(stage.held(second).await, ["web501.example.test."], "seen once");
    stage.leads_to(second, &[], HOUR).await;
    assert_eq!(
        stage.held(stage.address).await,
        Vec::<String>::new(),
        "the other one is as it was"
    );
}

#[tokio::test]
async fn vf_250_vf_252_an_edit_is_written_read_back_and_told_and_what_fails_on_the_way_is_done_again() {
    let stage = stage().await;
    stage.lead("mail.example.test", &[stage.address]).await;
    let faults = [
        Mode::Lost,
        Mode::Close,
        Mode::Truncated,
        Mode::Instead(Reply::html(502)),
        Mode::Instead(Reply::json(200, &serde_json::json!({}))),
        Mode::Answer(Reply::error(503, "busy").retry_after(3)),
        Mode::Answer(Reply::error(429, "slowly").retry_after(3)),
        Mode::Answer(Reply::error(423, "locked")),
        Mode::Answer(Reply::error(409, "conflict")),
    ];
    for fault in faults {
        stage.point_to(&["before.example.test."]).await;
        let name = format!("{fault:?}");
        stage.proxy.add(Rule::new(fault).method(Method::Patch).times(1));
        let ended = stage.edited(Some("mail.example.test")).await;
        assert_eq!(ended.state, OperationState::Succeeded, "{name}: {}", ended.reason);
        assert_eq!(ended.reason, "1 reset", "{name}");
        assert_eq!(stage.held(stage.address).await, ["mail.example.test."], "{name}");
        stage.rig.pass(Duration::from_secs(11)).await;
    }
    let ended = stage.edited(None).await;
    assert_eq!(ended.reason, "1 removed");
    assert_eq!(stage.held(stage.address).await, Vec::<String>::new());
}

#[tokio::test]
async fn vf_148_vf_150_vf_151_an_edit_is_refused_in_words_and_costs_no_turn() {
    let stage = stage().await;
    let before = stage.server.dump().await;
    let refused = async |edit: &NameEdit| {
        let answer = stage.rig.engine.edit_name(edit).await.expect("the store answers");
        answer.expect_err("it is refused")
    };
    let edit = stage.edit(Some("mail.example.test"));
    assert!(matches!(refused(&edit).await, NameRefusal::ForwardMissing { .. }));
    let foreign = NameEdit {
        address: "203.0.113.200".parse().expect("an address"),
        ..edit.clone()
    };
    assert!(matches!(refused(&foreign).await, NameRefusal::Foreign(_)));
    let anothers = NameEdit {
        client_id: CLIENT + 1,
        ..edit.clone()
    };
    assert_eq!(refused(&anothers).await, NameRefusal::NotOwner);
    stage
        .rig
        .panel
        .set_outage(Some((Outage::Refused, stage.rig.clock.now() + HOUR)));
    assert!(matches!(refused(&edit).await, NameRefusal::Unread(_)));
    stage.rig.panel.set_outage(None);
    stage.proxy.set(Mode::Close);
    stage.rig.pass(Duration::from_secs(120)).await;
    assert!(matches!(refused(&edit).await, NameRefusal::Unknown(_)));
    stage.proxy.set(Mode::Pass);
    assert_eq!(stage.server.dump().await, before);
    stage.lead("mail.example.test", &[stage.address]).await;
    let ended = stage.edited(Some("mail.example.test")).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    assert!(matches!(refused(&edit).await, NameRefusal::TooSoon(_)));
    let ended = async || {
        stage
            .rig
            .engine
            .edit_name(&edit)
            .await
            .expect("the store answers")
    };
    stage.rig.pass(Duration::from_secs(11)).await;
    assert!(ended().await.is_ok());
}

#[tokio::test]
async fn vf_252_a_refused_key_changes_nothing_and_is_an_alarm() {
    let stage = stage().await;
    stage.lead("mail.example.test", &[stage.address]).await;
    stage
        .proxy
        .add(Rule::new(Mode::Answer(Reply::text(401, "Unauthorized"))).method(Method::Patch));
    let begun = stage
        .rig
        .engine
        .edit_name(&stage.edit(Some("mail.example.test")))
        .await;
    let begun = begun.expect("the store answers").expect("it is taken");
    stage
        .rig
        .until("the alarm", HOUR, async |rig: &Rig| {
            let alarms = rig.engine.store().alarms().await.expect("they can be read");
            alarms
                .iter()
                .any(|one| one.name.starts_with("platform_credential"))
                .then_some(())
        })
        .await;
    let ended = stage.rig.ended(begun, HOUR).await;
    assert_eq!(ended.state, OperationState::Failed);
    assert!(ended.reason.contains("refuses the key"), "{}", ended.reason);
    assert_eq!(stage.held(stage.address).await, Vec::<String>::new());
}

#[tokio::test]
async fn gx_015_a_secondary_that_lags_is_waited_for() {
    let stage = stage().await;
    let secondary = NameServer::start("secondary").await;
    secondary.follow(&stage.server, &stage.zone).await;
    stage.answered_by(&[&secondary.dns().to_string()]).await;
    secondary.lag(&stage.server, &stage.zone, true).await;
    stage.lead("mail.example.test", &[stage.address]).await;
    let begun = stage
        .rig
        .engine
        .edit_name(&stage.edit(Some("mail.example.test")))
        .await;
    let begun = begun.expect("the store answers").expect("it is taken");
    stage.leads_to(stage.address, &["mail.example.test."], HOUR).await;
    stage.rig.pass(Duration::from_secs(60)).await;
    let waits = stage.rig.engine.operation(begun).await.expect("it exists");
    assert!(waits.reason.contains("still answers nothing"), "{}", waits.reason);
    secondary.lag(&stage.server, &stage.zone, false).await;
    let ended = stage.rig.ended(begun, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
}

#[tokio::test]
async fn vf_257_what_was_seen_of_names_is_shown_with_its_state() {
    let stage = stage().await;
    let shown = async || {
        let read = stage
            .rig
            .engine
            .read_names(stage.rig.installation_id(), 501)
            .await;
        let read = read.expect("the store answers");
        let view = stage.rig.view(501).await;
        let shown = stage
            .rig
            .engine
            .shown_names(&view)
            .await
            .expect("it can be read")
            .expect("there is a server");
        let subject = NameSubject::Address(stage.address);
        let row = shown
            .into_iter()
            .find(|row| row.subject == subject)
            .expect("it is shown");
        (read, row)
    };
    let (_, row) = shown().await;
    assert_eq!(row.seen.expect("it was read").state, NameState::NoForward);
    stage.confirm().await;
    let (_, row) = shown().await;
    assert_eq!(row.seen.expect("it was read").state, NameState::Missing);
    stage.point_to(&["web501.example.test."]).await;
    let (_, row) = shown().await;
    let seen = row.seen.expect("it was read");
    assert_eq!(
        (seen.state, seen.hosts),
        (NameState::Confirmed, vec!["web501.example.test".to_owned()])
    );
    stage.point_to(&["mail.elsewhere.example."]).await;
    let (_, row) = shown().await;
    assert!(matches!(
        row.seen.expect("it was read").state,
        NameState::Unconfirmed | NameState::Unchecked
    ));
    stage.proxy.set(Mode::Close);
    let (read, unread) = shown().await;
    assert!(read.is_err(), "{read:?}");
    assert_eq!(unread.seen_at, row.seen_at, "what was known stays, with its age");
}

#[tokio::test]
async fn vf_254_vf_255_a_run_adds_what_is_missing_in_one_request_per_zone_and_a_second_one_writes_nothing() {
    let stage = stage().await;
    let mut addresses = vec![(501, stage.address)];
    for service in 502..506 {
        addresses.push((service, Stage::machine(&stage.rig, service).await));
    }
    for (service, address) in &addresses {
        stage
            .lead(&format!("web{service}.example.test"), &[*address])
            .await;
    }
    stage.point_to(&["mail.customer.example."]).await;
    for (service, address) in &addresses[1..] {
        let host = format!("web{service}.example.test.");
        stage.leads_to(*address, &[&host], HOUR).await;
    }
    for (service, _) in &addresses[1..] {
        stage
            .rig
            .until("its operation to end", HOUR, async |_: &Rig| {
                stage.latest(*service).await.state.is_final().then_some(())
            })
            .await;
    }
    // What the machines' own operations wrote is taken away again.
    for (_, address) in &addresses[1..] {
        let record = pointer_name(*address).to_string();
        stage
            .server
            .put(&stage.zone, &[RecordSet::pointers(&record, &[])])
            .await;
    }
    let before = stage.proxy.writes().len();
    let run = async |reset: bool| {
        let run = engine::NameRun {
            reset,
            ..engine::NameRun::default()
        };
        let begun = stage
            .rig
            .engine
            .look_after_names(&run, &Actor::host("tester"))
            .await;
        let begun = begun.expect("it begins");
        let report = stage
            .rig
            .until("the run", HOUR, async |rig: &Rig| {
                let (report, done) = rig.engine.names_done(&begun).await.expect("it can be read");
                done.then_some(report)
            })
            .await;
        report.words()
    };
    assert_eq!(run(false).await, "4 added, 1 preserved");
    let writes = stage.proxy.writes();
    let methods: Vec<_> = writes[before..].iter().map(|one| one.method.as_str()).collect();
    assert_eq!(
        methods,
        ["PATCH", "PUT"],
        "one change of the zone, one notification"
    );
    for (service, address) in &addresses[1..] {
        assert_eq!(
            stage.held(*address).await,
            [format!("web{service}.example.test.")]
        );
    }
    assert_eq!(stage.held(stage.address).await, ["mail.customer.example."]);
    assert_eq!(run(false).await, "5 preserved");
    assert_eq!(stage.proxy.writes().len(), before + 2);
    assert_eq!(run(true).await, "1 reset, 4 preserved");
    assert_eq!(stage.held(stage.address).await, ["web501.example.test."]);
}

#[tokio::test]
async fn vf_255_one_name_that_the_server_refuses_keeps_no_other_from_being_written() {
    let stage = stage().await;
    let mut addresses = vec![(501, stage.address)];
    for service in 502..506 {
        addresses.push((service, Stage::machine(&stage.rig, service).await));
    }
    // Beside an alias no other record may be.
    let ill = pointer_name(addresses[2].1).to_string();
    stage
        .server
        .put(
            &stage.zone,
            &[RecordSet::new(&ill, "CNAME", &["elsewhere.example.test."])],
        )
        .await;
    for (service, address) in &addresses {
        stage
            .lead(&format!("web{service}.example.test"), &[*address])
            .await;
    }
    let run = engine::NameRun::default();
    let begun = stage
        .rig
        .engine
        .look_after_names(&run, &Actor::host("tester"))
        .await;
    let begun = begun.expect("it begins");
    stage
        .rig
        .until("the run", HOUR, async |rig: &Rig| {
            let (_, done) = rig.engine.names_done(&begun).await.expect("it can be read");
            done.then_some(())
        })
        .await;
    for (service, address) in &addresses {
        if pointer_name(*address).to_string() != ill {
            assert_eq!(
                stage.held(*address).await,
                [format!("web{service}.example.test.")]
            );
        }
    }
}

#[tokio::test]
async fn vf_163_names_are_looked_after_once_a_day_and_only_where_there_is_a_name_server() {
    let stage = stage().await;
    stage.confirm().await;
    assert_eq!(stage.held(stage.address).await, Vec::<String>::new());
    stage
        .leads_to(stage.address, &["web501.example.test."], DAY)
        .await;
    let wait = stage
        .rig
        .engine
        .wait(
            stage.latest_of_all().await.id,
            Goal::Final,
            Duration::from_secs(5),
        )
        .await;
    assert!(wait.expect("it is read").met);
}

#[tokio::test]
async fn vf_256_every_name_inside_a_machines_prefix_goes_with_it_and_none_beside_it() {
    let stage = stage().await;
    let link = stage.rig.view(501).await.link.expect("it has a machine");
    let server: u64 = link.identity.id.parse().expect("a number");
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
