//! Order, change, power, suspend, unsuspend, end: with nothing going wrong.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::record::{CreateProtocol, EffectBody, OperationState, Standing};
use engine::core::Intent;
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::{PanelConfig, Profile};
use testkit::rig::{Rig, RigOptions, order};

const MINUTES: Duration = Duration::from_secs(600);

async fn whole_life(profile: Profile, protocol: CreateProtocol) {
    let rig = Rig::with(RigOptions {
        panel: PanelConfig {
            profile,
            ..PanelConfig::default()
        },
        protocol,
        ..RigOptions::default()
    })
    .await;
    let view = rig.ready(501).await;
    assert_eq!(view.service.standing, Standing::Live);
    let machine: u64 = view.link.expect("a link").identity.id.parse().expect("an id");
    let mut bigger = order();
    bigger.settings.insert("package".to_owned(), "2".to_owned());
    let wishes = [
        Intent::ChangePackage(bigger),
        Intent::Power(PowerAction::PowerOff),
        Intent::Power(PowerAction::Boot),
        Intent::Suspend {
            reason: "overdue".to_owned(),
        },
        Intent::Unsuspend,
        Intent::Terminate { window: None },
    ];
    for intent in wishes {
        let operation = rig.submit(rig.wish(501, intent.clone())).await;
        let ended = rig.ended(operation, MINUTES).await;
        assert_eq!(
            ended.state,
            OperationState::Succeeded,
            "{intent:?}: {}",
            ended.reason
        );
        if let Intent::ChangePackage(_) = intent {
            let server = rig
                .panel
                .server(domain::Clock::now(rig.clock.as_ref()), machine)
                .expect("it is there");
            assert_eq!(server.package, 2);
        }
    }
    let view = rig.view(501).await;
    assert_eq!(
        (view.service.standing, view.service.generation),
        (Standing::Ended, 2)
    );
    assert_eq!(view.link, None);
    let now = domain::Clock::now(rig.clock.as_ref());
    assert_eq!(rig.panel.servers(now).len(), 0);
    assert_eq!(rig.panel.totals(now).servers_created, 1);
}

#[tokio::test]
async fn vf_273_a_whole_life_on_panel_version_7_under_the_staging_protocol() {
    Box::pin(whole_life(Profile::V7, CreateProtocol::Staging)).await;
}

#[tokio::test]
async fn vf_273_a_whole_life_on_panel_version_6_under_the_list_protocol() {
    Box::pin(whole_life(Profile::V6, CreateProtocol::List)).await;
}

#[tokio::test]
async fn vf_032_vf_033_a_created_machine_is_linked_and_told_to_the_billing_system() {
    let rig = Rig::start().await;
    let view = rig.ready(501).await;
    let link = view.link.expect("a link");
    let now = domain::Clock::now(rig.clock.as_ref());
    let server = rig
        .panel
        .server(now, link.identity.id.parse().expect("an id"))
        .expect("it is there");
    assert_eq!(link.identity.unchangeable, server.uuid);
    let bodies = rig.drain_effects(501).await;
    let linked = bodies.iter().find_map(|body| match body {
        EffectBody::SetLink {
            resource_id, object, ..
        } => Some((resource_id.clone(), object.clone())),
        _ => None,
    });
    let (id, object) = linked.expect("the link is told");
    assert_eq!(id.as_deref(), Some(link.identity.id.as_str()));
    let object = object.expect("the whole server is told, as the old module stored it");
    assert_eq!(object["data"]["uuid"], server.uuid);
    let hosting = bodies.iter().find_map(|body| match body {
        EffectBody::SetHosting {
            dedicatedip,
            domain_if_empty,
            username,
            ..
        } => Some((dedicatedip.clone(), domain_if_empty.clone(), username.clone())),
        _ => None,
    });
    let (address, hostname, username) = hosting.expect("the hosting row is told");
    assert_eq!(address, Some(server.ipv4[0].to_string()));
    assert_eq!(hostname.as_deref(), Some("web.example.test"));
    assert_eq!(username.as_deref(), Some("jane@example.test"));
}

#[tokio::test]
async fn gx_003_one_welcome_mail_follows_a_verified_machine_with_an_address() {
    let rig = Rig::start().await;
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let mails = async |rig: &Rig| {
        let filter = store::EffectFilter::default();
        let page = rig
            .engine
            .store()
            .effects(&filter, &store::PageRequest::first(500))
            .await
            .expect("effects");
        page.items
            .iter()
            .filter(|effect| matches!(effect.body, EffectBody::SendMail { .. }))
            .count()
    };
    let linked = rig
        .until("the link", MINUTES, async |rig: &Rig| rig.view(501).await.link)
        .await;
    let now = domain::Clock::now(rig.clock.as_ref());
    let server = rig
        .panel
        .server(now, linked.identity.id.parse().expect("an id"))
        .expect("it is there");
    assert!(!server.running, "the build takes its time");
    assert_eq!(mails(&rig).await, 0, "no mail before the machine is ready");
    rig.ended(operation, MINUTES).await;
    assert_eq!(mails(&rig).await, 1);
    let again = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    assert_eq!(
        again, operation,
        "a repeated create is answered by the finished one"
    );
    rig.pass(Duration::from_secs(60)).await;
    assert_eq!(mails(&rig).await, 1);
}

#[tokio::test]
async fn vf_066_update_server_object_reads_what_is_stored_and_tells_it_anew() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let drained = rig.drain_effects(501).await;
    assert!(!drained.is_empty());
    rig.panel.clear_calls();
    let operation = rig.submit(rig.wish(501, Intent::Refresh { live: false })).await;
    assert_eq!(
        rig.ended(operation, MINUTES).await.state,
        OperationState::Succeeded
    );
    let calls = rig.panel.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].endpoint, "get_server");
    assert!(
        calls[0].query.iter().all(|(key, _)| key != "remoteState"),
        "{:?}",
        calls[0].query
    );
    let told = rig.drain_effects(501).await;
    assert!(
        told.iter()
            .any(|body| matches!(body, EffectBody::SetLink { object: Some(_), .. })),
        "{told:?}"
    );
    assert!(
        told.iter().any(|body| matches!(
            body,
            EffectBody::SetHosting {
                dedicatedip: Some(_),
                ..
            }
        )),
        "{told:?}"
    );
}

#[tokio::test]
async fn vf_017_a_platforms_token_is_sent_and_stands_nowhere_in_the_journal_or_the_audit() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let store = rig.engine.store();
    let token = PanelConfig::TOKEN;
    assert!(
        rig.panel.calls().iter().all(|call| call.status != Some(401)),
        "the token was accepted"
    );
    let operations = store
        .operations(
            &store::OperationFilter::default(),
            &store::PageRequest::first(100),
        )
        .await
        .expect("operations");
    let mut seen = 0;
    for operation in &operations.items {
        let calls = store
            .calls(operation.id, &store::PageRequest::first(200))
            .await
            .expect("calls");
        seen += calls.items.len();
        assert!(!format!("{:?}{operation:?}", calls.items).contains(token));
    }
    assert!(seen > 5, "the journal holds the calls");
    let audit = store
        .audit_lines(&store::AuditFilter::default(), &store::PageRequest::first(500))
        .await
        .expect("audit");
    assert!(!audit.items.is_empty() && !format!("{:?}", audit.items).contains(token));
}

#[tokio::test]
async fn a_restart_that_the_panel_turns_away_is_tried_again_until_it_happens() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.panel
        .add_fault(FaultRule::at("power_restart", Fault::Locked { seconds: 5 }).times(2));
    let operation = rig
        .submit(rig.wish(501, Intent::Power(PowerAction::Restart)))
        .await;
    let ended = rig.ended(operation, MINUTES).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    assert!(rig.view(501).await.questions.is_empty());
}

#[tokio::test]
async fn vf_016_a_services_calls_go_to_its_own_platform_whatever_a_message_names() {
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
    second.clear_calls();
    for server in [Some(1), None, Some(99)] {
        let mut wish = rig.wish(502, Intent::Refresh { live: true });
        wish.server_id = server;
        let operation = rig.submit(wish).await;
        assert_eq!(
            rig.ended(operation, MINUTES).await.state,
            OperationState::Succeeded
        );
    }
    assert_eq!(second.calls().len(), 3);
    assert_eq!(rig.panel.calls().len(), 0, "the first panel hears nothing of it");
}
