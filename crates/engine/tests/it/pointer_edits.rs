//! Names as somebody wants them: written, refused, and what goes wrong on the way.

use std::time::Duration;

use domain::http::Method;
use domain::record::{NameState, NameSubject, OperationState};
use domain::{Actor, ActorKind, Clock};
use engine::{NameEdit, NameRefusal};
use sim::platform::Outage;
use testkit::dns::{Mode, Reply, Rule, Stage};
use testkit::rig::{CLIENT, Rig};

use crate::names::stage;

const HOUR: Duration = Duration::from_secs(3_600);

/// Editing the name of the machine's address, as its client does.
pub trait Edits {
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
