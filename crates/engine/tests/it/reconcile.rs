//! What the platform's list shows beside the links.

use std::time::Duration;

use domain::record::{Question, QuestionKind, Standing};
use domain::{Actor, Clock};
use engine::EngineConfig;
use engine::core::Intent;
use sim::virtfusion::Hand;
use store::{PageRequest, QuestionFilter};
use testkit::rig::{Rig, RigOptions, order};

const SOON: Duration = Duration::from_secs(1_200);

async fn rig() -> (Rig, u64) {
    let usual = RigOptions::default();
    let rig = Rig::with(RigOptions {
        engine: EngineConfig {
            reconcile_every: Duration::from_secs(120),
            ..usual.engine
        },
        ..usual
    })
    .await;
    let machine = rig.ready(501).await.link.expect("a link").identity.id;
    (rig, machine.parse().expect("an id"))
}

fn hand(rig: &Rig) -> Hand<'_> {
    rig.panel.hand(rig.clock.now())
}

async fn open_questions(rig: &Rig) -> Vec<Question> {
    let open = QuestionFilter {
        open: Some(true),
        ..QuestionFilter::default()
    };
    let page = rig.engine.store().questions(&open, &PageRequest::first(50)).await;
    page.expect("questions can be read").items
}

async fn asked(rig: &Rig, kind: QuestionKind) -> Question {
    rig.until("the question", SOON, async |rig: &Rig| {
        open_questions(rig)
            .await
            .into_iter()
            .find(|question| question.kind == kind)
    })
    .await
}

async fn settled(rig: &Rig, question: &Question) {
    let answer = rig
        .until("the answer", SOON, async |rig: &Rig| {
            let found = rig.engine.store().question(question.id).await;
            found.expect("questions can be read").expect("it is there").answer
        })
        .await;
    assert_eq!(answer, "settled");
}

async fn answer(rig: &Rig, question: &Question, word: &str) {
    rig.engine
        .answer(question.id, word, &Actor::host("tester"))
        .await
        .expect("the answer is taken");
}

#[tokio::test]
async fn a_vanished_machine_is_asked_about_and_the_next_create_begins_anew() {
    let (rig, machine) = rig().await;
    hand(&rig).delete(machine).expect("the panel obeys");
    let question = asked(&rig, QuestionKind::Vanished).await;
    assert!(question.text.contains("501") && question.text.contains(&machine.to_string()));
    answer(&rig, &question, "ended").await;
    let view = rig.view(501).await;
    assert_eq!((view.service.standing, view.link), (Standing::Vacant, None));
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.ended(operation, SOON).await;
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 1);
    assert_eq!(rig.view(501).await.service.standing, Standing::Live);
}

#[tokio::test]
async fn a_machine_that_somebody_suspended_in_the_panel_is_a_question_with_a_button() {
    let (rig, machine) = rig().await;
    hand(&rig).suspend(machine).expect("the panel obeys");
    let question = asked(&rig, QuestionKind::Drifted).await;
    // It holds nothing: the service goes on as it is.
    answer(&rig, &question, "restore").await;
    rig.until("the release", SOON, async |rig: &Rig| {
        let server = rig.panel.server(rig.clock.now(), machine)?;
        (!server.suspended && server.running).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_mended_in_the_panel_answers_its_question() {
    let (rig, machine) = rig().await;
    hand(&rig).suspend(machine).expect("the panel obeys");
    let question = asked(&rig, QuestionKind::Drifted).await;
    hand(&rig).unsuspend(machine).expect("the panel obeys");
    settled(&rig, &question).await;
}

#[tokio::test]
async fn a_second_machine_in_a_clients_account_is_reported_and_never_touched() {
    let (rig, machine) = rig().await;
    let owner = rig
        .panel
        .server(rig.clock.now(), machine)
        .expect("it is there")
        .owner;
    let other = hand(&rig).create_server(owner, 1, 1).expect("the panel obeys");
    let shown =
        |rig: &Rig| serde_json::to_value(rig.panel.server(rig.clock.now(), other)).expect("it is a record");
    let before = shown(&rig);
    let question = asked(&rig, QuestionKind::Orphan).await;
    assert!(
        question.text.contains(&format!("Machine {other} ")),
        "{}",
        question.text
    );
    assert_eq!(shown(&rig), before);
    // A question about a machine without a service holds no service.
    let reason = "overdue".to_owned();
    rig.submit(rig.wish(501, Intent::Suspend { reason })).await;
    hand(&rig).delete(other).expect("the panel obeys");
    settled(&rig, &question).await;
}

#[tokio::test]
async fn one_list_alone_is_not_believed() {
    let (rig, machine) = rig().await;
    hand(&rig).suspend(machine).expect("the panel obeys");
    let found = rig
        .engine
        .reconcile(&rig.platform)
        .await
        .expect("the store works");
    let found = found.expect("the platform can be listed");
    assert_eq!(
        (found.compared, found.suspected.len(), found.believed.len()),
        (1, 1, 0)
    );
    assert!(open_questions(&rig).await.is_empty());
}
