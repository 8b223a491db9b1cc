//! What clients ask for on their own page: who may, how often, beside what, and what they are shown.

use std::time::Duration;

use domain::given::Reinstall;
use domain::machine::PowerAction;
use domain::record::{
    ClientRule, EffectBody, OperationKind, OperationState, Product, ProductPolicy, QuestionKind,
    ServiceStatus, Standing,
};
use domain::{Access, Actor, ActorKind, Clock};
use engine::core::{Intent, Refusal, RefusalCode};
use engine::{EngineError, Goal, Wish};
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::Server;
use store::PageRequest;
use testkit::rig::{CLIENT, Rig, RigOptions};

use super::katapult::usual;

const MINUTES: Duration = Duration::from_secs(900);

fn client() -> Actor {
    Actor {
        kind: ActorKind::Client,
        id: format!("client {CLIENT}, user 1"),
        ip: None,
        correlation: None,
    }
}

/// A wish of the service's client on his own page.
fn wish<P: sim::platform::Platform + 'static>(rig: &Rig<P>, service: u64, intent: Intent) -> Wish {
    let mut wish = rig.wish(service, intent);
    wish.actor = client();
    wish.told.status = ServiceStatus::Active;
    wish
}

fn system(image: &str) -> Intent {
    Intent::Reinstall(Reinstall {
        image: image.to_owned(),
        hostname: None,
        keys: Vec::new(),
        new_key: None,
    })
}

fn name(text: &str) -> Intent {
    Intent::Rename(text.parse().expect("a name"))
}

/// Everything that a client can ask for.
fn everything() -> Vec<Intent> {
    vec![
        Intent::Power(PowerAction::Boot),
        name("web"),
        Intent::ResetPassword,
        Intent::ResetAccountPassword,
        system("46"),
        Intent::Console { open: true },
        Intent::SignOn,
    ]
}

async fn refused<P: sim::platform::Platform + 'static>(rig: &Rig<P>, wish: Wish) -> Refusal {
    let intent = wish.intent.clone();
    match rig.engine.submit(wish).await {
        Err(EngineError::Refused(refusal)) => refusal,
        other => panic!("{intent:?}: {other:?}"),
    }
}

async fn succeeds(rig: &Rig, intent: Intent) -> domain::record::Operation {
    let operation = rig.submit(wish(rig, 501, intent)).await;
    let ended = rig.ended(operation, MINUTES).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    ended
}

fn server(rig: &Rig) -> Server {
    rig.panel.servers(rig.clock.now()).remove(0)
}

#[tokio::test]
async fn vf_100_nothing_is_done_to_a_service_that_is_not_in_use_or_another_clients() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    for intent in everything() {
        let mut other = wish(&rig, 501, intent.clone());
        other.told.client_id = CLIENT + 1;
        assert_eq!(
            refused(&rig, other).await.code,
            RefusalCode::NotOwner,
            "{intent:?}"
        );
        let mut inactive = wish(&rig, 501, intent.clone());
        inactive.told.status = ServiceStatus::Suspended;
        assert_eq!(
            refused(&rig, inactive).await.code,
            RefusalCode::NotActive,
            "{intent:?}"
        );
    }
    // From the commit of the intent on, long before the machine is held.
    let reason = "overdue".to_owned();
    rig.submit(rig.wish(501, Intent::Suspend { reason })).await;
    for intent in everything() {
        let refusal = refused(&rig, wish(&rig, 501, intent.clone())).await;
        assert_eq!(refusal.code, RefusalCode::WrongStanding, "{intent:?}");
    }
    rig.submit(rig.wish(501, Intent::Terminate { window: None }))
        .await;
    for intent in everything() {
        let refusal = refused(&rig, wish(&rig, 501, intent.clone())).await;
        assert_eq!(refusal.code, RefusalCode::WrongStanding, "{intent:?}");
    }
}

#[tokio::test]
async fn vf_101_vf_119_a_clients_wishes_of_a_kind_lie_apart_per_service_and_kind() {
    let rig = Rig::start().await;
    for service in [501, 502] {
        rig.ready(service).await;
    }
    let restart = Intent::Power(PowerAction::Restart);
    rig.submit(wish(&rig, 501, restart.clone())).await;
    // Of one kind are all four switches.
    for action in [PowerAction::Restart, PowerAction::Boot] {
        let refusal = refused(&rig, wish(&rig, 501, Intent::Power(action))).await;
        assert_eq!(refusal.code, RefusalCode::TooSoon);
        assert_eq!(refusal.again_in, Some(Duration::from_secs(10)));
        assert!(refusal.sentence.contains("10 s"), "{}", refusal.sentence);
    }
    // Another kind, another service, and whoever is not the client are free.
    rig.submit(wish(&rig, 501, name("web"))).await;
    rig.submit(wish(&rig, 502, restart.clone())).await;
    rig.submit(rig.wish(501, Intent::Power(PowerAction::Boot))).await;
    rig.clock.advance(Duration::from_millis(8_500));
    let refusal = refused(&rig, wish(&rig, 501, restart.clone())).await;
    assert_eq!(refusal.code, RefusalCode::TooSoon);
    assert_eq!(refusal.again_in, Some(Duration::from_millis(1_500)));
    // Whoever comes back when the told seconds are over is not turned away once more.
    assert_eq!(refusal.again_in_seconds(), Some(2));
    assert!(refusal.sentence.contains(" 2 s"), "{}", refusal.sentence);
    rig.clock.advance(Duration::from_millis(1_500));
    rig.submit(wish(&rig, 501, restart)).await;
}

#[tokio::test]
async fn vf_101_whatever_lies_between_two_wishes_of_a_kind_shortens_no_interval() {
    let rule = ClientRule {
        withheld: false,
        interval_seconds: Some(3_600),
    };
    let rig = Rig::with(RigOptions {
        policy: ProductPolicy {
            clients: [(OperationKind::Rename, rule)].into(),
            ..ProductPolicy::default()
        },
        ..RigOptions::default()
    })
    .await;
    rig.ready(501).await;
    let first = succeeds(&rig, name("first")).await;
    for _ in 0..25 {
        let console = rig.submit(rig.wish(501, Intent::Console { open: true })).await;
        rig.ended(console, MINUTES).await;
    }
    let view = rig.view(501).await;
    let mut known = view.open.iter().chain(&view.recent);
    assert!(!known.any(|one| one.id == first.id), "it is not among the newest");
    let refusal = refused(&rig, wish(&rig, 501, name("second"))).await;
    assert_eq!(refusal.code, RefusalCode::TooSoon);
    let waited = rig.clock.now().since(first.created_at);
    let left = Duration::from_secs(3_600).saturating_sub(waited);
    assert_eq!(refusal.again_in, Some(left));
    rig.clock.advance(left);
    rig.submit(wish(&rig, 501, name("second"))).await;
}

#[tokio::test]
async fn vf_130_vf_131_what_brings_a_password_is_joined_by_whoever_asked_for_it_alone() {
    let mut rig = Rig::start().await;
    let asked = [
        (501, Intent::ResetPassword),
        (502, Intent::ResetAccountPassword),
        (503, system("46")),
    ];
    for (service, _) in &asked {
        rig.ready(*service).await;
    }
    rig.stop().await;
    let mut first = Vec::new();
    for (service, intent) in &asked {
        first.push(rig.submit(wish(&rig, *service, intent.clone())).await);
    }
    rig.clock.advance(Duration::from_secs(61));
    for ((service, intent), first) in asked.iter().zip(&first) {
        let mut of_another_user = wish(&rig, *service, intent.clone());
        of_another_user.actor.id = format!("client {CLIENT}, user 2");
        for other in [of_another_user, rig.wish(*service, intent.clone())] {
            let refusal = refused(&rig, other).await;
            assert_eq!(refusal.code, RefusalCode::Busy, "{intent:?}");
            assert!(refusal.sentence.contains("Somebody else"), "{}", refusal.sentence);
        }
        let mut again = wish(&rig, *service, intent.clone());
        again.actor.ip = Some("192.0.2.7".to_owned());
        assert_eq!(rig.submit(again).await, *first, "{intent:?}");
    }
    rig.restart().await;
    for first in first {
        let ended = rig.ended(first, MINUTES).await;
        assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
        let sealed = rig.engine.reveal(first, &client()).await;
        assert!(sealed.expect("the store answers").is_some(), "{}", ended.kind);
    }
}

#[tokio::test]
async fn vf_139_signing_on_that_opens_a_console_keeps_the_rules_of_consoles() {
    let rig = usual().await;
    rig.ready(501).await;
    rig.submit(wish(&rig, 501, Intent::SignOn)).await;
    let refusal = refused(&rig, wish(&rig, 501, Intent::SignOn)).await;
    assert_eq!(refusal.code, RefusalCode::TooSoon);
    assert_eq!(refusal.again_in, Some(Duration::from_secs(5)));
    // Staff is not paced.
    rig.submit(rig.wish(501, Intent::SignOn)).await;
    rig.clock.advance(Duration::from_secs(5));
    rig.submit(wish(&rig, 501, Intent::SignOn)).await;

    let product = Product {
        installation: rig.installation.id.clone(),
        product_id: 1,
        policy: ProductPolicy {
            clients: [(
                OperationKind::Console,
                ClientRule {
                    withheld: true,
                    interval_seconds: None,
                },
            )]
            .into(),
            ..ProductPolicy::default()
        },
    };
    let store = rig.engine.store();
    store
        .set_product_policy(&product, &Actor::host("test"))
        .await
        .expect("a policy is stored");
    let refusal = refused(&rig, wish(&rig, 501, Intent::SignOn)).await;
    assert_eq!(refusal.code, RefusalCode::Withheld);
    rig.submit(rig.wish(501, Intent::SignOn)).await;
}

#[tokio::test]
async fn vf_102_vf_103_what_is_refused_takes_no_turn_and_of_two_at_once_one_passes() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let refusal = refused(&rig, wish(&rig, 501, system("no id"))).await;
    assert_eq!(refusal.code, RefusalCode::Invalid);
    assert!(refusal.sentence.contains("not the id"), "{}", refusal.sentence);
    let engine = &rig.engine;
    let (first, second) = tokio::join!(
        engine.submit(wish(&rig, 501, Intent::ResetPassword)),
        engine.submit(wish(&rig, 501, Intent::ResetPassword)),
    );
    let passed = [&first, &second].iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(passed, 1, "{first:?} {second:?}");
    let too_soon = [first, second].into_iter().filter_map(Result::err);
    for error in too_soon {
        assert!(
            matches!(&error, EngineError::Refused(refusal) if refusal.code == RefusalCode::TooSoon),
            "{error:?}"
        );
    }
    let open = rig.view(501).await.open;
    let resets = open
        .iter()
        .filter(|operation| operation.kind == OperationKind::ResetPassword);
    assert!(resets.count() <= 1, "{open:?}");
}

#[tokio::test]
async fn the_operator_decides_what_clients_may_ask_for_and_how_often() {
    let rules = [
        (
            OperationKind::Reinstall,
            ClientRule {
                withheld: true,
                interval_seconds: None,
            },
        ),
        (
            OperationKind::Rename,
            ClientRule {
                withheld: false,
                interval_seconds: Some(0),
            },
        ),
    ];
    let rig = Rig::with(RigOptions {
        policy: ProductPolicy {
            clients: rules.into(),
            ..ProductPolicy::default()
        },
        ..RigOptions::default()
    })
    .await;
    rig.ready(501).await;
    let refusal = refused(&rig, wish(&rig, 501, system("46"))).await;
    assert_eq!(refusal.code, RefusalCode::Withheld);
    // It is withheld from clients only.
    let operation = rig.submit(rig.wish(501, system("46"))).await;
    assert_eq!(
        rig.ended(operation, MINUTES).await.state,
        OperationState::Succeeded
    );
    for text in ["one", "two", "three"] {
        rig.submit(wish(&rig, 501, name(text))).await;
    }
}

#[tokio::test]
async fn what_a_platform_has_nothing_for_is_refused_without_an_operation() {
    let rig = usual().await;
    rig.ready(501).await;
    for intent in [
        Intent::ResetPassword,
        Intent::ResetAccountPassword,
        system("46"),
        Intent::Console { open: true },
    ] {
        let refusal = refused(&rig, wish(&rig, 501, intent.clone())).await;
        assert_eq!(refusal.code, RefusalCode::Unsupported, "{intent:?}");
    }
    let renamed = rig.submit(wish(&rig, 501, name("Web server"))).await;
    let ended = rig.ended(renamed, MINUTES).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    let machines = rig.panel.machines(rig.clock.now());
    assert!(machines.iter().any(|machine| machine.name == "Web server"));
}

#[tokio::test]
async fn vf_130_vf_131_new_passwords_are_shown_once_to_whoever_asked_and_nobody_else_sees_them() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    for intent in [Intent::ResetPassword, Intent::ResetAccountPassword] {
        let operation = succeeds(&rig, intent.clone()).await;
        let other = Actor {
            id: "client 78, user 2".to_owned(),
            ..client()
        };
        let reveal = async |to: &Actor| {
            rig.engine
                .reveal(operation.id, to)
                .await
                .expect("the store answers")
        };
        assert!(reveal(&other).await.is_none(), "{intent:?}");
        let sealed = reveal(&client()).await.expect("it is shown");
        let access = Access::open(&sealed).expect("a name and a password");
        let password = access.password.expose().to_owned();
        if intent == Intent::ResetPassword {
            assert_eq!(
                (access.name.as_str(), &password),
                ("root", &server(&rig).password)
            );
        } else {
            assert_eq!(access.name, "jane@example.test");
        }
        assert!(reveal(&client()).await.is_none(), "only once");
        // Nothing that is written down or told has it.
        let store = rig.engine.store();
        let calls = store.calls(operation.id, &PageRequest::first(50)).await;
        let calls = calls.expect("calls can be read").items;
        assert!(calls.len() >= 3, "{calls:?}");
        let audit = store
            .audit_lines(&store::AuditFilter::default(), &PageRequest::first(500))
            .await
            .expect("the audit can be read");
        let told = rig.drain_effects(501).await;
        let view = rig.view(501).await;
        let written = format!("{calls:?} {:?} {told:?} {view:?}", audit.items);
        assert!(!written.contains(&password), "{intent:?}");
    }
}

#[tokio::test]
async fn vf_123_vf_127_a_machine_that_is_installed_anew_stays_the_services_and_is_told_anew() {
    let rig = Rig::start().await;
    let before = rig.ready(501).await;
    rig.drain_effects(501).await;
    let operation = succeeds(&rig, system("46")).await;
    let after = rig.view(501).await;
    assert_eq!(after.link, before.link);
    assert_eq!(
        (after.service.standing, after.service.generation),
        (Standing::Live, 1)
    );
    let server = server(&rig);
    assert_eq!((server.template, server.running), (Some(46), true));
    let told = rig.drain_effects(501).await;
    let copies = told
        .iter()
        .filter(|body| matches!(body, EffectBody::SetLink { .. }))
        .count();
    assert_eq!(copies, 1, "{told:?}");
    let rows = told
        .iter()
        .filter(|body| matches!(body, EffectBody::SetHosting { .. }))
        .count();
    assert_eq!(
        rows, 0,
        "what the billing system has of the machine did not change: {told:?}"
    );
    assert!(
        !told
            .iter()
            .any(|body| matches!(body, EffectBody::SendMail { .. }))
    );
    let sealed = rig
        .engine
        .reveal(operation.id, &client())
        .await
        .expect("the store answers");
    let access = Access::open(&sealed.expect("it is shown")).expect("a password");
    assert_eq!(access.password.expose(), server.password);
}

#[tokio::test]
async fn nothing_is_done_to_a_machine_beside_its_reinstallation() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let first = rig.submit(wish(&rig, 501, system("46"))).await;
    rig.clock.advance(Duration::from_secs(61));
    // The same is the same one; everything else waits for its client to ask again.
    assert_eq!(rig.submit(wish(&rig, 501, system("46"))).await, first);
    for intent in [
        system("49"),
        Intent::Power(PowerAction::Restart),
        name("web"),
        Intent::ResetPassword,
    ] {
        let refusal = refused(&rig, wish(&rig, 501, intent.clone())).await;
        assert_eq!(refusal.code, RefusalCode::Busy, "{intent:?}");
    }
    // A console shows how it goes.
    let console = rig.submit(wish(&rig, 501, Intent::Console { open: true })).await;
    assert_eq!(rig.ended(console, MINUTES).await.state, OperationState::Succeeded);
    assert_eq!(rig.ended(first, MINUTES).await.state, OperationState::Succeeded);
    // And none is begun beside something else.
    rig.panel
        .add_fault(FaultRule::once("modify_name", Fault::Locked { seconds: 30 }));
    rig.submit(wish(&rig, 501, name("web"))).await;
    rig.clock.advance(Duration::from_secs(61));
    let refusal = refused(&rig, wish(&rig, 501, system("49"))).await;
    assert_eq!(refusal.code, RefusalCode::Busy);
    assert_eq!(rig.panel.totals(rig.clock.now()).builds, 2);
}

#[tokio::test]
async fn gx_004_what_a_client_asked_for_does_not_reach_a_machine_whose_suspension_was_committed() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.panel
        .add_fault(FaultRule::at("modify_name", Fault::Locked { seconds: 5 }).times(3));
    let renamed = rig.submit(wish(&rig, 501, name("too late"))).await;
    rig.until("the panel's no", MINUTES, async |rig: &Rig| {
        let operation = rig.engine.operation(renamed).await.expect("it is there");
        operation.reason.contains("locked").then_some(())
    })
    .await;
    let reason = "overdue".to_owned();
    let suspend = rig.submit(rig.wish(501, Intent::Suspend { reason })).await;
    let ended = rig.ended(renamed, MINUTES).await;
    assert_eq!(ended.state, OperationState::Failed);
    assert!(ended.reason.contains("suspended"), "{}", ended.reason);
    assert_eq!(rig.ended(suspend, MINUTES).await.state, OperationState::Succeeded);
    assert_ne!(server(&rig).name, "too late");
}

#[tokio::test]
async fn whoever_asks_for_another_password_has_answered_what_became_of_the_lost_one() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.panel
        .add_fault(FaultRule::once("reset_server_password", Fault::ResetAfter));
    let lost = rig.submit(wish(&rig, 501, Intent::ResetPassword)).await;
    let question = rig
        .until("the question", MINUTES, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::BuildFailed);
    // It holds whatever else would change the machine.
    let refusal = refused(&rig, wish(&rig, 501, name("web"))).await;
    assert_eq!(refusal.code, RefusalCode::Held);
    rig.clock.advance(Duration::from_secs(31));
    let operation = succeeds(&rig, Intent::ResetPassword).await;
    assert_ne!(operation.id, lost);
    let before = rig.engine.operation(lost).await.expect("it is there");
    assert_eq!(before.state, OperationState::Superseded, "{}", before.reason);
    assert!(rig.view(501).await.questions.is_empty());
    let sealed = rig
        .engine
        .reveal(operation.id, &client())
        .await
        .expect("the store answers");
    let access = Access::open(&sealed.expect("it is shown")).expect("a password");
    assert_eq!(access.password.expose(), server(&rig).password);
}

#[tokio::test]
async fn gx_011_reinstallations_count_as_terminations_do_and_beyond_the_budget_wait_for_the_host() {
    let rig = Rig::start().await;
    rig.allow_destructive(1).await;
    for service in [501, 502, 503] {
        rig.ready(service).await;
    }
    let builds = rig.panel.totals(rig.clock.now()).builds;
    let first = rig.submit(wish(&rig, 501, system("46"))).await;
    assert_eq!(rig.ended(first, MINUTES).await.state, OperationState::Succeeded);
    for (service, word, ends) in [
        (502, "refuse", OperationState::Failed),
        (503, "allow", OperationState::Succeeded),
    ] {
        let held = rig.submit(wish(&rig, service, system("46"))).await;
        let question = rig.view(service).await.questions.remove(0);
        assert_eq!(question.kind, QuestionKind::DestructiveBudget);
        assert!(question.text.contains("reinstallation"), "{}", question.text);
        rig.pass(Duration::from_secs(60)).await;
        let made = rig.engine.wait(held, Goal::Accepted, Duration::ZERO).await;
        assert!(!made.expect("it is there").met, "it is held");
        rig.engine
            .answer(question.id, word, &Actor::host("operator"))
            .await
            .expect("the answer is taken");
        let ended = rig.ended(held, MINUTES).await;
        assert_eq!(ended.state, ends, "{}", ended.reason);
        assert_eq!(rig.view(service).await.service.standing, Standing::Live);
    }
    assert_eq!(rig.panel.totals(rig.clock.now()).builds, builds + 2);
}
