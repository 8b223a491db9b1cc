//! Creating: what is refused, joined, and surfaced.

use std::time::Duration;

use domain::Clock;
use domain::record::{
    CreateProtocol, EffectBody, Milestone, OperationState, ProductPolicy, QuestionKind, RerunFunction,
    ServiceStatus, Standing,
};
use engine::core::{Intent, RefusalCode};
use engine::{EngineError, Goal, Submitted, Wish};
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::{Act, PanelConfig};
use testkit::rig::{Rig, RigOptions, SERVER, order};
use testkit::trial::bench::suspension;

const MINUTES: Duration = Duration::from_secs(900);

#[tokio::test]
async fn vf_018_create_for_a_machine_in_use_is_refused_without_a_request() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.panel.clear_calls();
    for status in [ServiceStatus::Active, ServiceStatus::Suspended] {
        let mut wish = rig.wish(501, Intent::Create(order()));
        wish.told.status = status;
        let refused = rig.engine.submit(wish).await.expect_err("it is refused");
        let EngineError::Refused(refusal) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(refusal.code, RefusalCode::AlreadyProvisioned);
    }
    rig.pass(Duration::from_secs(30)).await;
    assert_eq!(rig.panel.calls().len(), 0);
}

/// An order for a service that the billing system calls suspended.
fn called_suspended(rig: &Rig) -> Wish {
    let mut wish = rig.wish(501, Intent::Create(order()));
    wish.told.status = ServiceStatus::Suspended;
    wish
}

#[tokio::test]
async fn vf_018_a_create_whose_success_was_not_heard_is_answered_whatever_the_former_life_is_called() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    for intent in [suspension(), Intent::Terminate { window: None }] {
        let operation = rig.submit(rig.wish(501, intent)).await;
        rig.ended(operation, MINUTES).await;
    }
    // Neither the end nor the new beginning is heard of.
    let again = || called_suspended(&rig);
    let created = rig.submit(again()).await;
    assert_eq!(rig.ended(created, MINUTES).await.state, OperationState::Succeeded);
    assert_eq!(rig.submit(again()).await, created);
    let suspended = rig.submit(rig.wish(501, suspension())).await;
    rig.ended(suspended, MINUTES).await;
    let refused = rig.engine.submit(again()).await.expect_err("it is refused");
    assert!(refused.to_string().contains("has a machine already"), "{refused}");
}

#[tokio::test]
async fn vf_018_a_create_after_a_refused_one_that_was_suspended_is_answered_as_well() {
    let rig = Rig::start().await;
    let open = |enabled| {
        let act = Act::EnableGroup { group: 1, enabled };
        rig.panel.hand(rig.clock.now()).act(act).expect("there is one");
    };
    open(false);
    let refused = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let suspended = rig.submit(rig.wish(501, suspension())).await;
    assert_eq!(rig.ended(refused, MINUTES).await.state, OperationState::Failed);
    assert_eq!(
        rig.ended(suspended, MINUTES).await.state,
        OperationState::Succeeded
    );
    open(true);
    let again = || called_suspended(&rig);
    let created = rig.submit(again()).await;
    assert_eq!(rig.ended(created, MINUTES).await.state, OperationState::Succeeded);
    assert_eq!(rig.submit(again()).await, created);
}

#[tokio::test]
async fn a_service_mapped_by_an_old_module_is_refused_until_it_is_adopted() {
    let rig = Rig::start().await;
    let mut wish = rig.wish(501, Intent::Create(order()));
    wish.told.mapped_id = Some("70".to_owned());
    let refused = rig.engine.submit(wish).await.expect_err("it is refused");
    assert!(refused.to_string().contains("adoption batch"), "{refused}");
    assert_eq!(rig.panel.calls().len(), 0);
}

#[tokio::test]
async fn vf_019_create_without_a_platform_is_refused() {
    let rig = Rig::start().await;
    let mut wish = rig.wish(501, Intent::Create(order()));
    wish.server_id = Some(99);
    let refused = rig.engine.submit(wish).await.expect_err("it is refused");
    let EngineError::Refused(refusal) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(refusal.code, RefusalCode::NoPlatform);
}

#[tokio::test]
async fn vf_037_parallel_creates_for_one_service_make_one_machine() {
    let rig = Rig::start().await;
    let wishes = (0..8).map(|_| rig.engine.submit(rig.wish(501, Intent::Create(order()))));
    let mut operations = Vec::new();
    for submitted in futures_util::future::join_all(wishes).await {
        match submitted.expect("each call is taken or joined") {
            Submitted::Operation(operation) => operations.push(operation),
            Submitted::Fulfilled => panic!("nothing was there before"),
        }
    }
    operations.dedup();
    assert_eq!(operations.len(), 1, "all calls are answered by one operation");
    rig.ended(operations[0], MINUTES).await;
    let now = domain::Clock::now(rig.clock.as_ref());
    assert_eq!(rig.panel.totals(now).servers_created, 1);
}

#[tokio::test]
async fn vf_039_a_service_is_built_on_its_own_panel_only() {
    let rig = Rig::start().await;
    let (second, _, _served) = rig
        .second_panel(
            2,
            PanelConfig {
                seed: 5,
                ..PanelConfig::default()
            },
        )
        .await;
    let mut wish = rig.wish(502, Intent::Create(order()));
    wish.server_id = Some(2);
    let operation = rig.submit(wish).await;
    assert_eq!(
        rig.ended(operation, MINUTES).await.state,
        OperationState::Succeeded
    );
    assert_eq!(rig.panel.calls().len(), 0, "the first panel hears nothing of it");
    let first = rig.ready(501).await;
    assert_eq!(SERVER, 1);
    assert_ne!(first.service.platform, rig.view(502).await.service.platform);
    let now = domain::Clock::now(rig.clock.as_ref());
    assert_eq!((second.totals(now).builds, rig.panel.totals(now).builds), (1, 1));
}

#[tokio::test]
async fn vf_044_an_order_without_an_operating_system_fails_before_a_machine_is_made() {
    let rig = Rig::start().await;
    let mut without = order();
    without.image = None;
    let operation = rig.submit(rig.wish(501, Intent::Create(without))).await;
    let ended = rig.ended(operation, MINUTES).await;
    assert_eq!(ended.state, OperationState::Failed);
    assert!(
        ended.reason.to_lowercase().contains("operating system"),
        "{}",
        ended.reason
    );
    assert_eq!(rig.view(501).await.service.standing, Standing::Vacant);
    let now = domain::Clock::now(rig.clock.as_ref());
    assert_eq!(rig.panel.totals(now).servers_created, 0);
}

#[tokio::test]
async fn vf_044_a_failed_build_becomes_a_question_and_never_a_success() {
    let rig = Rig::start().await;
    let now = domain::Clock::now(rig.clock.as_ref());
    rig.panel.hand(now).fail_builds(1).expect("the panel obeys");
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let question = rig
        .until("the question", MINUTES, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::BuildFailed);
    let stands = rig.engine.operation(operation).await.expect("it exists");
    assert_eq!(stands.state, OperationState::Asking);
    let actor = domain::Actor::host("test");
    rig.engine
        .answer(question.id, "send-again", &actor)
        .await
        .expect("the answer is taken");
    assert_eq!(
        rig.ended(operation, MINUTES).await.state,
        OperationState::Succeeded
    );
    let now = domain::Clock::now(rig.clock.as_ref());
    assert_eq!(
        (
            rig.panel.totals(now).servers_created,
            rig.panel.totals(now).builds
        ),
        (1, 2)
    );
}

#[tokio::test]
async fn vf_046_a_dry_run_before_the_create_is_made_where_the_product_wants_it() {
    for wanted in [false, true] {
        let policy = ProductPolicy {
            dry_run: wanted,
            ..ProductPolicy::default()
        };
        let rig = Rig::with(RigOptions {
            policy,
            ..RigOptions::default()
        })
        .await;
        rig.ready(501).await;
        let tried = rig
            .panel
            .calls()
            .iter()
            .filter(|call| call.endpoint == "dry_run")
            .count();
        assert_eq!(tried, usize::from(wanted));
    }
}

#[tokio::test]
async fn empty_staging_accounts_are_removed_after_a_day() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let now = domain::Clock::now(rig.clock.as_ref());
    let staged = |users: Vec<sim::virtfusion::User>| {
        users
            .into_iter()
            .filter(|user| user.relation_text.is_some())
            .count()
    };
    assert_eq!(staged(rig.panel.users(now)), 1);
    rig.clock.advance(Duration::from_secs(23 * 3_600));
    rig.pass(Duration::from_secs(60)).await;
    let now = domain::Clock::now(rig.clock.as_ref());
    assert_eq!(staged(rig.panel.users(now)), 1, "it is kept for a day");
    rig.clock.advance(Duration::from_secs(3_600));
    rig.until("the removal", MINUTES, async |rig: &Rig| {
        let now = domain::Clock::now(rig.clock.as_ref());
        (staged(rig.panel.users(now)) == 0).then_some(())
    })
    .await;
    let now = domain::Clock::now(rig.clock.as_ref());
    assert_eq!(rig.panel.users(now).len(), 1, "the customer's own account stays");
}

#[tokio::test]
async fn an_old_reading_of_a_machine_whose_id_is_used_again_is_no_handover() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let first = rig.clock.now();
    rig.pass(Duration::from_secs(120)).await;
    let ending = rig
        .submit(rig.wish(501, Intent::Terminate { window: None }))
        .await;
    let ended = rig.ended(ending, Duration::from_secs(1_800)).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    // The change of owner does nothing, and what is read back is the client's former machine of the same id.
    let seconds = rig.clock.now().since(first).as_secs();
    rig.panel
        .add_fault(FaultRule::once("create_server", Fault::IdReused));
    rig.panel.add_fault(FaultRule::once(
        "change_owner",
        Fault::ErrorBefore {
            status: 503,
            html: false,
        },
    ));
    rig.panel
        .add_fault(FaultRule::once("get_server", Fault::StaleRead { seconds }).after(2));
    let view = rig.ready(501).await;
    let now = rig.clock.now();
    let link = view.link.expect("a link").identity;
    let server = rig.panel.server(now, link.id.parse().expect("an id"));
    let server = server.expect("it is there");
    assert_eq!((link.unchangeable, server.running), (server.uuid, true));
}

#[tokio::test]
async fn under_the_list_protocol_an_old_reading_is_not_taken_for_the_machine_that_was_made() {
    let rig = Rig::with(RigOptions {
        protocol: CreateProtocol::List,
        ..RigOptions::default()
    })
    .await;
    rig.ready(501).await;
    let first = rig.clock.now();
    rig.pass(Duration::from_secs(120)).await;
    let end = Intent::Terminate { window: None };
    let ending = rig.submit(rig.wish(501, end)).await;
    let ended = rig.ended(ending, Duration::from_secs(1_800)).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    // The machine is made under the id of the former one, and what is read of it at first is that one.
    let seconds = rig.clock.now().since(first).as_secs();
    rig.panel
        .add_fault(FaultRule::once("create_server", Fault::IdReused));
    rig.panel
        .add_fault(FaultRule::once("get_server", Fault::StaleRead { seconds }));
    let link = rig.ready(501).await.link.expect("a link").identity;
    let servers = rig.panel.servers(rig.clock.now());
    let [server] = servers.as_slice() else {
        panic!("{servers:?}")
    };
    assert_eq!(
        (link.unchangeable.as_str(), server.running),
        (server.uuid.as_str(), true)
    );
}

/// Nobody waits, so the promise is part of what begins, and is kept like one that was made later.
#[tokio::test]
async fn a_promise_that_is_made_with_the_order_is_kept_once() {
    let rig = Rig::start().await;
    let (goal, function) = (Goal::Milestone(Milestone::Created), RerunFunction::CreateAccount);
    let ask = async || {
        let wish = rig.wish(501, Intent::Create(order()));
        let asked = rig.engine.submit_promising(wish, Some((goal, function))).await;
        asked.expect("the wish is taken")
    };
    let (submitted, promised) = ask().await;
    let promised = promised.expect("there is no machine yet");
    assert!(!promised.met && !promised.failed);
    assert_eq!(promised.operation.rerun.as_deref(), Some(function.as_str()));
    assert_eq!(submitted, Submitted::Operation(promised.operation.id));
    let ended = rig.ended(promised.operation.id, MINUTES).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    let told = rig.drain_effects(501).await;
    let again = told
        .iter()
        .filter(|body| matches!(body, EffectBody::Rerun { .. }));
    assert_eq!(again.count(), 1, "{told:?}");
}

/// What joins an operation, or ends where it begins, is promised nothing here: its caller asks how far it is.
#[tokio::test]
async fn nothing_is_promised_where_nothing_begins_or_the_goal_is_the_beginning() {
    let rig = Rig::start().await;
    rig.panel
        .add_fault(FaultRule::once("create_server", Fault::Slow { seconds: 60 }));
    let (goal, function) = (Goal::Milestone(Milestone::Created), RerunFunction::CreateAccount);
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let joined = rig.wish(501, Intent::Create(order()));
    let joined = rig.engine.submit_promising(joined, Some((goal, function))).await;
    let (submitted, promised) = joined.expect("it is joined");
    assert_eq!(submitted, Submitted::Operation(create));
    assert!(promised.is_none());
    rig.ended(create, MINUTES).await;

    let window = Some(Duration::from_secs(3_600));
    let ending = rig.wish(501, Intent::Terminate { window });
    let promise = Some((Goal::Accepted, RerunFunction::TerminateAccount));
    let (_, promised) = rig
        .engine
        .submit_promising(ending, promise)
        .await
        .expect("it is taken");
    assert!(promised.is_none(), "its start is as good as its end");
}
