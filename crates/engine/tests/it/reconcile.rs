//! What the platform's list shows beside the links.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::record::{EffectBody, OperationKind, OperationState, Question, QuestionKind, Standing};
use domain::{Actor, Clock};
use engine::core::Intent;
use engine::{EngineConfig, EngineError, Reconciled};
use sim::fault::{Fault, FaultRule};
use sim::platform::Outage;
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
    // Another life: with markers of its own, and a welcome.
    assert_eq!(view.service.generation, 2);
    rig.drain_effects(501).await;
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.ended(operation, SOON).await;
    let welcomes = rig.drain_effects(501).await;
    let mail = |body: &&EffectBody| matches!(body, EffectBody::SendMail { .. });
    assert_eq!(welcomes.iter().filter(mail).count(), 1);
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

/// Compares twice, far enough apart for what is seen to be believed.
async fn compared(rig: &Rig) -> Reconciled {
    let compare = async || {
        let found = rig.engine.reconcile(&rig.platform).await;
        found
            .expect("the store works")
            .expect("the platform can be listed")
    };
    compare().await;
    rig.clock.advance(Duration::from_secs(61));
    compare().await
}

#[tokio::test]
async fn a_late_answer_does_not_lift_a_suspension_that_was_wished_meanwhile() {
    let (rig, machine) = rig().await;
    hand(&rig).suspend(machine).expect("the panel obeys");
    let question = asked(&rig, QuestionKind::Drifted).await;
    let reason = "overdue".to_owned();
    let operation = rig.submit(rig.wish(501, Intent::Suspend { reason })).await;
    let ended = rig.ended(operation, SOON).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    let late = rig
        .engine
        .answer(question.id, "restore", &Actor::host("tester"))
        .await
        .expect_err("it is answered");
    assert!(matches!(late, EngineError::Answer(_)), "{late}");
    // And where the question was asked by a program that did not settle it.
    rig.execute(&format!(
        "UPDATE questions SET answered_at = NULL, answer = NULL, answered_by = NULL WHERE id = '{}'",
        question.id
    ))
    .await;
    answer(&rig, &question, "restore").await;
    rig.pass(Duration::from_secs(120)).await;
    let server = rig.panel.server(rig.clock.now(), machine).expect("it is there");
    assert!(server.suspended && !server.running);
    assert_eq!(rig.view(501).await.service.standing, Standing::Suspended);
}

#[tokio::test]
async fn an_answer_that_could_do_nothing_does_not_silence_its_question() {
    let (rig, machine) = rig().await;
    hand(&rig).suspend(machine).expect("the panel obeys");
    let question = asked(&rig, QuestionKind::Drifted).await;
    // A change that cannot come further for the time being.
    let silent = rig.clock.now() + SOON;
    rig.panel.set_outage(Some((Outage::Refused, silent)));
    let power = rig.submit(rig.wish(501, Intent::Power(PowerAction::Boot))).await;
    answer(&rig, &question, "restore").await;
    let view = rig.view(501).await;
    let begun = |kind| view.recent.iter().any(|operation| operation.kind == kind);
    assert!(begun(OperationKind::Power) && !begun(OperationKind::Unsuspend));
    rig.engine
        .cancel(power, &Actor::host("tester"))
        .await
        .expect("it is taken back");
    rig.panel.set_outage(None);
    let again = asked(&rig, QuestionKind::Drifted).await;
    assert_ne!(again.id, question.id);
}

#[tokio::test]
async fn a_machine_whose_first_look_by_id_fails_is_looked_for_again() {
    let (rig, machine) = rig().await;
    hand(&rig).delete(machine).expect("the panel obeys");
    let broken = Fault::ErrorBefore {
        status: 500,
        html: false,
    };
    rig.panel
        .add_fault(FaultRule::at("get_server", broken).times(10_000));
    rig.pass(Duration::from_secs(900)).await;
    assert!(open_questions(&rig).await.is_empty());
    rig.panel.clear_faults();
    asked(&rig, QuestionKind::Vanished).await;
}

#[tokio::test]
async fn orphans_that_are_ignored_make_room_for_others() {
    let rig = Rig::start().await;
    let machine = rig.ready(501).await.link.expect("a link").identity.id;
    let machine = machine.parse().expect("an id");
    let owner = rig
        .panel
        .server(rig.clock.now(), machine)
        .expect("it is there")
        .owner;
    for _ in 0..21 {
        hand(&rig).create_server(owner, 1, 1).expect("the panel obeys");
    }
    compared(&rig).await;
    let first = open_questions(&rig).await;
    assert_eq!(first.len(), 20);
    let alarm = format!("orphans:{}", rig.platform.id);
    assert!(rig.is_raised(&alarm).await);
    for question in &first {
        answer(&rig, question, "ignore").await;
    }
    compared(&rig).await;
    let second = open_questions(&rig).await;
    assert_eq!(second.len(), 1);
    assert!(first.iter().all(|question| question.id != second[0].id));
    assert!(!rig.is_raised(&alarm).await);
}

#[tokio::test]
async fn many_machines_that_are_gone_at_once_are_one_question_until_a_person_says_each() {
    let rig = Rig::start().await;
    let mut machines = Vec::new();
    for billing_id in 501..=506 {
        let machine = rig.ready(billing_id).await.link.expect("a link").identity.id;
        machines.push(machine.parse().expect("an id"));
    }
    for machine in machines {
        hand(&rig).delete(machine).expect("the panel obeys");
    }
    rig.panel.clear_calls();
    let found = compared(&rig).await;
    assert_eq!(found.believed.len(), 7, "{found:?}");
    let questions = open_questions(&rig).await;
    assert_eq!(questions.len(), 1, "{questions:?}");
    assert!(questions[0].text.contains("6 machines"), "{}", questions[0].text);
    let alarm = format!("many_differ:{}", rig.platform.id);
    assert!(rig.is_raised(&alarm).await);
    let looks = rig.panel.calls();
    assert!(
        looks.iter().all(|call| !call.path.contains("/servers/")),
        "none is looked for by its id: {looks:?}"
    );
    answer(&rig, &questions[0], "each").await;
    rig.until("each question", SOON, async |rig: &Rig| {
        let found = rig.engine.reconcile(&rig.platform).await;
        found
            .expect("the store works")
            .expect("the platform can be listed");
        let open = open_questions(rig).await;
        (open.iter().filter(|question| question.service.is_some()).count() == 6).then_some(())
    })
    .await;
    assert!(!rig.is_raised(&alarm).await);
}
