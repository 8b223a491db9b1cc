//! Whatever is not final is explained: cause, evidence, next step, and by when or by whom.

use std::time::Duration;

use domain::id::{OperationId, QuestionId, WorkerId};
use domain::ports::CountingRandom;
use domain::record::{Lease, OperationState, Question, QuestionKind};
use domain::{Clock, Moment, ServiceView};
use engine::core::{Awaited, Intent, Why, explain};
use testkit::explained::lacking;
use testkit::rig::{Rig, RigOptions, order};

const MINUTE: Duration = Duration::from_secs(60);

/// A service whose create is under way, with a suspension behind it; nothing runs.
async fn under_way() -> (ServiceView, Moment) {
    let rig = Rig::with(RigOptions {
        running: false,
        ..RigOptions::default()
    })
    .await;
    rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let reason = "overdue".to_owned();
    rig.submit(rig.wish(501, Intent::Suspend { reason })).await;
    let view = rig.view(501).await;
    let states: Vec<_> = view.open.iter().map(|operation| operation.state).collect();
    assert_eq!(states, [OperationState::Running, OperationState::Queued]);
    (view, rig.clock.now())
}

fn question(number: u64, kind: QuestionKind, operation: Option<OperationId>, now: Moment) -> Question {
    Question {
        id: QuestionId::at(now, &CountingRandom::new(number)),
        service: None,
        operation,
        kind,
        subject: None,
        text: format!("This is about {kind}."),
        choices: vec![
            ("first".to_owned(), "does this".to_owned()),
            ("second".to_owned(), "does that".to_owned()),
        ],
        host_only: false,
        opened_at: now,
        answered_at: None,
        answer: None,
        answered_by: None,
    }
}

fn of(all: &[Why], operation: OperationId) -> &Why {
    let mut found = all.iter().filter(|why| why.operation == Some(operation));
    let why = found.next().expect("it is explained");
    assert!(found.next().is_none(), "it is explained twice");
    why
}

#[tokio::test]
async fn gx_013_every_state_that_is_not_final_has_cause_next_step_and_an_end() {
    let (usual, now) = under_way().await;
    let (first, second) = (usual.open[0].id, usual.open[1].id);
    let lease = Lease {
        worker: WorkerId::at(now, &CountingRandom::new(1)),
        until: now + MINUTE,
    };
    let asks = [
        QuestionKind::UnsettledCreate,
        QuestionKind::Stuck,
        QuestionKind::Overdue,
    ];
    let open = OperationState::ALL.iter().filter(|state| !state.is_final());
    for (state, asked) in open.flat_map(|state| (0..=asks.len()).map(move |asked| (*state, asked))) {
        for due in [None, Some(now - MINUTE), Some(now + MINUTE)] {
            for (lease, reason) in [(None, "it says so"), (Some(lease), "it says so"), (None, "")] {
                let mut view = usual.clone();
                let operation = &mut view.open[1];
                (operation.state, operation.due_at, operation.lease) = (state, due, lease);
                reason.clone_into(&mut operation.reason);
                let numbered = (2..).zip(&asks[..asked]);
                view.questions = numbered
                    .map(|(number, kind)| question(number, *kind, Some(second), now))
                    .collect();
                for alone in [false, true] {
                    if alone {
                        view.open.retain(|operation| operation.id != first);
                    }
                    let all = explain(&view, &[], now);
                    assert_eq!(all.len(), view.open.len(), "{all:?}");
                    for why in &all {
                        assert_eq!(lacking(why), None, "{state} {due:?} {lease:?}: {why:?}");
                    }
                    let named: Vec<_> = of(&all, second).questions.iter().map(|one| one.id).collect();
                    let wanted: Vec<_> = view.questions.iter().map(|one| one.id).collect();
                    assert_eq!(named, wanted, "all of its questions");
                }
            }
        }
    }
}

#[tokio::test]
async fn gx_013_every_kind_of_question_says_who_answers_it_and_how() {
    let (mut view, now) = under_way().await;
    let create = view.open[0].id;
    let ended = OperationId::at(now, &CountingRandom::new(99));
    for kind in QuestionKind::ALL {
        for about in [Some(create), Some(ended), None] {
            for host_only in [false, true] {
                let mut asked = question(2, *kind, about, now);
                asked.host_only = host_only;
                view.questions = vec![asked.clone()];
                let all = explain(&view, &[], now);
                for why in &all {
                    assert_eq!(lacking(why), None, "{kind}: {why:?}");
                }
                let mut found = all.iter().filter(|why| why.question == Some(asked.id));
                let why = found.next().expect("the question is explained");
                assert!(found.next().is_none(), "{kind} is explained twice");
                assert!(why.cause.contains(&asked.text), "{kind}: {why:?}");
                for (word, does) in &asked.choices {
                    assert!(why.next.contains(word) && why.next.contains(does), "{why:?}");
                }
                let who = if host_only {
                    Awaited::Host
                } else {
                    Awaited::Operator
                };
                assert_eq!((why.awaits, why.deadline), (Some(who), None), "{kind}");
            }
        }
    }
}

#[tokio::test]
async fn gx_013_what_waits_behind_a_question_names_it_and_who_answers() {
    let (mut view, now) = under_way().await;
    let (create, suspend) = (view.open[0].id, view.open[1].id);
    view.open[0].state = OperationState::Asking;
    let mut asked = question(2, QuestionKind::DestructiveBudget, Some(create), now);
    asked.host_only = true;
    view.questions = vec![asked.clone()];
    let all = explain(&view, &[], now);
    let queued = of(&all, suspend);
    assert_eq!(queued.awaits, Some(Awaited::Host));
    assert_eq!(queued.question, None, "the question is not its own");
    assert!(queued.cause.contains(&create.to_string()), "{queued:?}");
    assert!(queued.next.contains(&asked.id.to_string()), "{queued:?}");
    assert_eq!(queued.deadline, Some(view.open[1].deadline));
}

#[tokio::test]
async fn gx_013_effects_that_the_billing_system_has_not_settled_are_explained() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let why = async |rig: &Rig| {
        let why = rig.engine.why(&rig.installation.id, 501).await;
        why.expect("the store works").expect("it is known")
    };
    let waiting = why(&rig).await.waiting.expect("nobody has fetched them");
    assert_eq!(lacking(&waiting), None, "{waiting:?}");
    assert_eq!(waiting.awaits, Some(Awaited::Billing));
    let first = rig
        .engine
        .effects(&rig.installation.id, Some(501), 1)
        .await
        .expect("effects can be read");
    let waiting = why(&rig).await.waiting.expect("it is not acknowledged");
    assert!(waiting.cause.contains(&first[0].id.to_string()), "{waiting:?}");
    assert!(waiting.cause.contains("handed out 1 times"), "{waiting:?}");
    assert!(waiting.again_at.is_some_and(|again| again > rig.clock.now()));
    rig.pass(MINUTE).await;
    rig.drain_effects(501).await;
    assert_eq!(why(&rig).await.waiting, None);
}

#[tokio::test]
async fn gx_013_a_machine_that_vanished_is_explained_by_the_reading_that_did_not_find_it() {
    let rig = Rig::start().await;
    let view = rig.ready(501).await;
    let refresh = rig.submit(rig.wish(501, Intent::Refresh { live: true })).await;
    rig.ended(refresh, MINUTE).await;
    let now = rig.clock.now();
    let mut asked = question(2, QuestionKind::Vanished, None, now);
    asked.service = Some(view.service.id);
    asked.subject = Some("a machine".to_owned());
    let commit = domain::Commit {
        changes: vec![domain::Change::PutQuestion(asked)],
        ..domain::Commit::default()
    };
    rig.engine.store().commit(commit).await.expect("it is stored");
    let why = rig.engine.why(&rig.installation.id, 501).await;
    let open = why.expect("the store works").expect("it is known").open;
    let vanished = open.iter().find(|one| one.question.is_some());
    let vanished = vanished.expect("the question is explained");
    assert_eq!(vanished.evidence_of, Some(refresh));
    assert!(!vanished.evidence.is_empty(), "{vanished:?}");
    assert_eq!(lacking(vanished), None, "{vanished:?}");
}
