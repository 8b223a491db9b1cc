//! Ending a service: at once, with a window, in the middle of its making, and not too many.

use std::time::Duration;

use domain::record::{OperationState, ProductPolicy, QuestionKind, ServiceStatus, Standing};
use domain::{Actor, Clock};
use engine::Goal;
use engine::core::Intent;
use sim::fault::{Fault, FaultRule, RetryAfter};
use sim::platform::{Outage, Platform};
use sim::virtfusion::Act;
use testkit::rig::{Rig, RigOptions, order};

const HOUR: Duration = Duration::from_secs(3_600);

fn end() -> Intent {
    Intent::Terminate { window: None }
}

#[tokio::test]
async fn gx_013_create_inside_the_undo_window_takes_the_termination_back() {
    let policy = ProductPolicy {
        undo_minutes: 30,
        ..ProductPolicy::default()
    };
    let rig = Rig::with(RigOptions {
        policy,
        ..RigOptions::default()
    })
    .await;
    let before = rig.ready(501).await;
    let operation = rig.submit(rig.wish(501, end())).await;
    let progress = rig
        .engine
        .wait(operation, Goal::Accepted, Duration::from_secs(1))
        .await
        .expect("it is read");
    assert!(
        progress.met,
        "success is answered when the window's start is committed"
    );
    rig.until("the machine to be off", HOUR, async |rig: &Rig| {
        let now = rig.clock.now();
        (!rig.panel.servers(now)[0].running).then_some(())
    })
    .await;
    rig.pass(Duration::from_secs(900)).await;
    let mut wish = rig.wish(501, Intent::Create(order()));
    wish.told.status = ServiceStatus::Terminated;
    let back = rig.submit(wish).await;
    assert_eq!(rig.ended(back, HOUR).await.state, OperationState::Succeeded);
    let after = rig.view(501).await;
    assert_eq!(after.link, before.link, "the same machine");
    assert_eq!(
        (after.service.generation, after.service.standing),
        (1, Standing::Live)
    );
    rig.pass(Duration::from_secs(1_200)).await;
    let now = rig.clock.now();
    assert_eq!(
        rig.panel.servers(now).len(),
        1,
        "the end of the window changes nothing any more"
    );
    assert!(rig.panel.servers(now)[0].running);
}

#[tokio::test]
async fn gx_013_a_window_that_runs_out_ends_the_service() {
    let policy = ProductPolicy {
        undo_minutes: 10,
        ..ProductPolicy::default()
    };
    let rig = Rig::with(RigOptions {
        policy,
        ..RigOptions::default()
    })
    .await;
    rig.ready(501).await;
    let operation = rig.submit(rig.wish(501, end())).await;
    rig.pass(Duration::from_secs(500)).await;
    let now = rig.clock.now();
    assert_eq!(
        rig.panel.servers(now).len(),
        1,
        "nothing is deleted inside the window"
    );
    assert_eq!(rig.ended(operation, HOUR).await.state, OperationState::Succeeded);
    assert_eq!(rig.view(501).await.service.standing, Standing::Ended);
    let again = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    assert_eq!(rig.ended(again, HOUR).await.state, OperationState::Succeeded);
    assert_eq!(rig.view(501).await.service.generation, 2);
}

#[tokio::test]
async fn a_termination_during_an_unsettled_create_leaves_no_machine() {
    let rig = Rig::start().await;
    rig.panel.add_fault(FaultRule::once(
        "create_server",
        Fault::EffectLater { seconds: 400 },
    ));
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.lost(create).await;
    let ending = rig.submit(rig.wish(501, end())).await;
    let progress = rig
        .engine
        .wait(ending, Goal::Accepted, Duration::from_secs(1))
        .await
        .expect("it is read");
    assert!(progress.met, "the cancel is committed");
    assert_eq!(rig.view(501).await.service.standing, Standing::Ending);
    assert_eq!(rig.ended(ending, HOUR).await.state, OperationState::Succeeded);
    let now = rig.clock.now();
    assert_eq!(
        (
            rig.panel.totals(now).servers_created,
            rig.panel.servers(now).len()
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn a_deletion_that_the_panel_forgets_is_sent_again_until_the_machine_is_gone() {
    for fault in [
        Fault::TimeoutBefore,
        Fault::TimeoutAfter,
        Fault::ErrorBefore {
            status: 500,
            html: true,
        },
        Fault::WrongSuccess {
            status: 200,
            effect: false,
        },
        Fault::Locked { seconds: 10 },
        Fault::BareNotFound,
        Fault::FalseNotFound,
        Fault::Conflict,
    ] {
        let rig = Rig::start().await;
        rig.ready(501).await;
        rig.panel
            .add_fault(FaultRule::once("delete_server", fault.clone()));
        let operation = rig.submit(rig.wish(501, end())).await;
        let ended = rig.ended(operation, HOUR).await;
        assert_eq!(
            ended.state,
            OperationState::Succeeded,
            "{fault:?}: {}",
            ended.reason
        );
        let now = rig.clock.now();
        assert_eq!(rig.panel.servers(now).len(), 0, "{fault:?}");
    }
}

#[tokio::test]
async fn gx_011_terminations_beyond_the_budget_wait_for_a_person_at_the_engines_host() {
    let rig = Rig::start().await;
    rig.allow_destructive(1).await;
    for id in [501, 502] {
        rig.ready(id).await;
    }
    let first = rig.submit(rig.wish(501, end())).await;
    assert_eq!(rig.ended(first, HOUR).await.state, OperationState::Succeeded);
    let second = rig.submit(rig.wish(502, end())).await;
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(502).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::DestructiveBudget);
    let admin = Actor {
        kind: domain::ActorKind::Admin,
        ..Actor::host("3")
    };
    let refused = rig
        .engine
        .answer(question.id, "allow", &admin)
        .await
        .expect_err("not over the bridge");
    assert!(refused.to_string().contains("engine's host"), "{refused}");
    rig.pass(Duration::from_secs(120)).await;
    let now = rig.clock.now();
    assert_eq!(rig.panel.servers(now).len(), 1, "it is held");
    rig.engine
        .answer(question.id, "allow", &Actor::host("operator"))
        .await
        .expect("the answer is taken");
    assert_eq!(rig.ended(second, HOUR).await.state, OperationState::Succeeded);
    let now = rig.clock.now();
    assert_eq!(rig.panel.servers(now).len(), 0);
}

#[tokio::test]
async fn a_machine_counts_as_gone_only_when_a_complete_list_agrees() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    // Every read says that nothing is there, and so does the deletion: the machine stands all the same.
    for endpoint in ["get_server", "user_servers", "list_servers", "delete_server"] {
        rig.panel
            .add_fault(FaultRule::at(endpoint, Fault::FalseNotFound).times(4));
    }
    let operation = rig.submit(rig.wish(501, end())).await;
    assert_eq!(rig.ended(operation, HOUR).await.state, OperationState::Succeeded);
    let now = rig.clock.now();
    assert_eq!(rig.panel.servers(now).len(), 0);
}

#[tokio::test]
async fn gx_001_a_machine_that_appears_after_the_watch_over_an_ended_create_is_removed() {
    let rig = Rig::start().await;
    let late = Fault::EffectLater { seconds: 3 * 3_600 };
    rig.panel.add_fault(FaultRule::once("create_server", late));
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.lost(create).await;
    let ending = rig.submit(rig.wish(501, end())).await;
    let ended = rig.ended(ending, HOUR * 4).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    rig.until("the late machine", HOUR * 3, async |rig: &Rig| {
        let now = rig.clock.now();
        (rig.panel.totals(now).servers_created == 1).then_some(())
    })
    .await;
    rig.until("its removal", HOUR, async |rig: &Rig| {
        let now = rig.clock.now();
        rig.panel.servers(now).is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_001_an_attempt_before_one_that_was_turned_away_is_watched_after_the_end_as_well() {
    let rig = Rig::start().await;
    let late = Fault::EffectLater { seconds: 1_500 };
    rig.panel.add_fault(FaultRule::once("create_server", late));
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.lost(create).await;
    // Its second attempt begins with an account of its own.
    rig.panel
        .add_fault(FaultRule::at("create_user", Fault::Locked { seconds: 5 }));
    rig.until("the second attempt", HOUR, async |rig: &Rig| {
        let operation = rig.engine.operation(create).await.ok()?;
        operation.reason.contains("locked").then_some(())
    })
    .await;
    let ending = rig.submit(rig.wish(501, end())).await;
    assert_eq!(rig.ended(ending, HOUR).await.state, OperationState::Succeeded);
    assert_eq!(rig.panel.totals(rig.clock.now()).servers_created, 0);
    rig.until("the late machine", HOUR, async |rig: &Rig| {
        (rig.panel.totals(rig.clock.now()).servers_created == 1).then_some(())
    })
    .await;
    rig.until("its removal", Duration::from_secs(600), async |rig: &Rig| {
        rig.panel.servers(rig.clock.now()).is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_001_a_create_after_one_that_was_given_up_shares_no_attempt_with_it() {
    let rig = Rig::start().await;
    rig.panel
        .add_fault(FaultRule::once("create_server", Fault::TimeoutBefore));
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.lost(create).await;
    // Nothing can be read any more, until a person has lost patience.
    let silent = rig.clock.now() + HOUR * 24;
    rig.panel.set_outage(Some((Outage::Refused, silent)));
    rig.clock.advance(HOUR * 6);
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    rig.engine
        .answer(question.id, "give-up", &Actor::host("tester"))
        .await
        .expect("the answer is taken");
    assert_eq!(rig.ended(create, HOUR).await.state, OperationState::Failed);
    let service = rig.view(501).await.service;
    assert_eq!((service.generation, service.standing), (2, Standing::Vacant));
    rig.panel.set_outage(None);
    rig.ready(501).await;
    // The watch over the accounts of the old attempts does not touch it.
    rig.pass(Duration::from_secs(900)).await;
    let now = rig.clock.now();
    assert_eq!(rig.panel.servers(now).len(), 1);
}

#[tokio::test]
async fn a_deletion_that_was_turned_away_and_done_ends_when_its_id_is_anothers() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let done_all_the_same = Fault::ErrorAfter {
        status: 423,
        html: false,
    };
    let silent = Fault::ErrorBefore {
        status: 503,
        html: false,
    };
    rig.panel
        .add_fault(FaultRule::once("delete_server", done_all_the_same));
    let servers = |rig: &Rig| rig.panel.servers(rig.clock.now());
    let ours = servers(&rig)[0].clone();
    let operation = rig.submit(rig.wish(501, end())).await;
    rig.until("the deletion", HOUR, async |rig: &Rig| {
        servers(rig).is_empty().then(|| {
            // Nothing is read any more until the id has been given away.
            rig.panel.add_fault(FaultRule::at("get_server", silent.clone()));
        })
    })
    .await;
    let now = rig.clock.now();
    let another = Act::CreateServer {
        owner: ours.owner,
        group: 1,
        package: 1,
        reuse_id: true,
    };
    rig.panel.hand(now).act(another).expect("the panel obeys");
    rig.panel.clear_faults();
    let ended = rig.ended(operation, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    assert!(rig.view(501).await.questions.is_empty(), "nobody is asked");
    let left = servers(&rig);
    assert_eq!(
        left.iter().map(|server| server.id).collect::<Vec<_>>(),
        [ours.id],
        "the other machine under the id is left alone"
    );
    assert_ne!(left[0].uuid, ours.uuid);
}

#[tokio::test]
async fn a_machine_that_two_readings_miss_at_once_is_looked_for_once_more() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let no_effect = Fault::WrongSuccess {
        status: 202,
        effect: false,
    };
    rig.panel.add_fault(FaultRule::once("delete_server", no_effect));
    let operation = rig.submit(rig.wish(501, end())).await;
    rig.until("the deletion", HOUR, async |rig: &Rig| {
        let calls = rig.panel.calls();
        calls
            .iter()
            .any(|call| call.endpoint == "delete_server")
            .then_some(())
    })
    .await;
    // The next look misses it by its id and in every list.
    let long_ago = Fault::StaleRead { seconds: 3_600 };
    rig.panel
        .add_fault(FaultRule::once("get_server", Fault::FalseNotFound));
    for list in ["user_servers", "list_servers"] {
        rig.panel.add_fault(FaultRule::once(list, long_ago.clone()));
    }
    let ended = rig.ended(operation, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    let now = rig.clock.now();
    assert_eq!(rig.panel.servers(now).len(), 0, "the deletion was sent again");
    assert!(
        rig.panel
            .faults()
            .iter()
            .all(|rule| rule.struck > 0 || rule.rule.endpoint.as_deref() == Some("list_servers")),
        "the look did not miss it: {:?}",
        rig.panel.faults()
    );
}

/// The change of owner took effect, its answer was lost, an old reading hid it, and its repetition was turned away.
#[tokio::test]
async fn a_handover_whose_repetition_is_turned_away_is_settled_before_the_machine_is_ended() {
    // How old the readings are that hide the handover: much longer than it takes to repeat it, and less than the machine
    // has been in the staging account by then.
    const HIDDEN: Duration = Duration::from_secs(300);
    let rig = Rig::start().await;
    // A connection that is cut loses the answer at once. One that is silent takes real time, in which the clock runs on.
    rig.panel
        .add_fault(FaultRule::once("change_owner", Fault::ResetAfter));
    // For the same reason no pause is asked for: it would be one in real time.
    let turned_away = Fault::RateLimited {
        retry_after: RetryAfter::Seconds(0),
    };
    rig.panel
        .add_fault(FaultRule::at("change_owner", turned_away).times(20));
    let unreadable = Fault::ErrorBefore {
        status: 503,
        html: false,
    };
    let held = rig
        .panel
        .add_fault(FaultRule::at("get_server", unreadable).after(1));
    // The readings after the first two, which the create makes before it hands over, show what was before it. Those that
    // the other rule strikes do not count.
    let stale = Fault::StaleRead {
        seconds: HIDDEN.as_secs(),
    };
    rig.panel
        .add_fault(FaultRule::at("get_server", stale).after(2).times(3));
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.until("the machine in the staging account", HOUR, async |rig: &Rig| {
        rig.view(501).await.link
    })
    .await;
    rig.clock.advance(HIDDEN + Duration::from_secs(60));
    rig.panel.remove_fault(held);
    let handovers = |rig: &Rig| {
        let sent = rig.changes();
        sent.iter().filter(|call| call.contains("/owner/")).count()
    };
    rig.until("the repetition", HOUR, async |rig: &Rig| {
        (handovers(rig) >= 2).then_some(())
    })
    .await;
    let ending = rig.submit(rig.wish(501, end())).await;
    let ended = rig.ended(ending, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    let overtaken = rig.engine.operation(create).await.expect("it is read");
    assert_eq!(overtaken.state, OperationState::Superseded);
    let now = rig.clock.now();
    assert!(rig.panel.servers(now).is_empty(), "nothing is left");
    assert!(rig.view(501).await.questions.is_empty());
    let calls = rig.panel.calls().into_iter();
    let answers: Vec<_> = calls
        .filter(|call| call.endpoint == "change_owner")
        .map(|call| call.status)
        .collect();
    assert!(
        answers.len() >= 2 && answers[0].is_none() && answers[1..].iter().all(|status| *status == Some(429)),
        "only the first had an effect: {answers:?}"
    );
}
