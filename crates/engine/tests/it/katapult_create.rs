//! Katapult: whatever happens on the way, a paid service has one build and one machine.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Actor;
use domain::record::{Activation, EffectBody, OperationState, Product, ProductPolicy};
use engine::Submitted;
use sim::fault::{Fault, FaultRule};
use sim::katapult::{Annotations, Config};
use testkit::rig::{KatapultOptions, Rig};

use super::katapult::{HOUR, Kat, builds, linked, machines, now, order, succeeds, usual};

/// The endpoint that makes and builds a machine, as the simulator calls it.
const BUILD: &str = "build_virtual_machine";

/// Every way in which the answer to an order is lost; those without an effect come last, since they are sent anew after
/// ten minutes.
fn losses() -> Vec<Fault> {
    vec![
        Fault::TimeoutAfter,
        Fault::ResetAfter,
        Fault::ResetMidBody,
        Fault::TruncatedBody,
        Fault::TruncatedJson,
        Fault::InvalidJson,
        Fault::HtmlAnswer,
        Fault::ErrorAfter {
            status: 500,
            html: false,
        },
        Fault::ErrorAfter {
            status: 502,
            html: true,
        },
        Fault::WrongSuccess {
            status: 202,
            effect: true,
        },
        Fault::Slow { seconds: 1 },
        Fault::EffectLater { seconds: 240 },
        Fault::TimeoutBefore,
        Fault::ResetBefore,
        Fault::ErrorBefore {
            status: 500,
            html: false,
        },
        Fault::WrongSuccess {
            status: 202,
            effect: false,
        },
    ]
}

/// How many orders were received.
fn orders(rig: &Kat) -> usize {
    let calls = rig.panel.calls();
    calls.iter().filter(|call| call.endpoint == BUILD).count()
}

/// The machines, in the trash or not, that bear a service's marker.
fn made_for(rig: &Kat, service: u64) -> usize {
    let marker = format!("hostler:main:{service}:1");
    let all = rig.panel.machines(now(rig)).into_iter();
    all.filter(|machine| machine.annotations.iter().any(|note| note.value == marker))
        .count()
}

#[tokio::test]
async fn gx_001_kt_053_katapult_an_answer_that_is_lost_in_any_way_makes_one_machine() {
    let rig = usual().await;
    let mut creates = Vec::new();
    for (service, fault) in (500..).zip(losses()) {
        let before = orders(&rig);
        rig.panel.add_fault(FaultRule::once(BUILD, fault.clone()));
        let create = rig.submit(order(&rig, service, 1_000 + service)).await;
        rig.until("the order", HOUR, async |rig: &Kat| {
            (orders(rig) > before).then_some(())
        })
        .await;
        creates.push((service, fault, create));
    }
    let mut links = BTreeSet::new();
    for (service, fault, create) in &creates {
        succeeds(&rig, *create).await;
        assert_eq!(made_for(&rig, *service), 1, "{fault:?}");
        assert!(links.insert(linked(&rig, *service).await), "{fault:?}");
    }
    rig.pass(HOUR).await;
    let standing: BTreeSet<String> = machines(&rig).into_iter().map(|machine| machine.id).collect();
    assert_eq!(standing, links, "every machine is a service's");
}

/// Where annotations do not reach machines, name and time tell; what had no effect is asked about and never sent anew.
#[tokio::test]
async fn gx_001_kt_053_katapult_without_annotations_a_lost_build_is_found_by_name_and_time() {
    let rig = Rig::katapult(KatapultOptions {
        platform: Config {
            annotations: Annotations::StayWithTheBuild,
            ..Config::quick(Duration::from_secs(30))
        },
        ..KatapultOptions::default()
    })
    .await;
    rig.panel.add_fault(FaultRule::once(BUILD, Fault::ResetAfter));
    let create = rig.submit(order(&rig, 501, 77)).await;
    succeeds(&rig, create).await;
    assert_eq!((machines(&rig).len(), builds(&rig)), (1, 1));
    rig.panel.add_fault(FaultRule::once(BUILD, Fault::ResetBefore));
    rig.submit(order(&rig, 502, 78)).await;
    super::katapult::asked(&rig, 502, domain::record::QuestionKind::UnsettledCreate).await;
    assert_eq!((machines(&rig).len(), builds(&rig)), (1, 1));
}

#[tokio::test]
async fn gx_001_katapult_two_creates_at_once_are_one_build() {
    let rig = usual().await;
    let wishes = (0..6).map(|_| rig.engine.submit(order(&rig, 501, 77)));
    let mut operations = BTreeSet::new();
    for submitted in futures_util::future::join_all(wishes).await {
        match submitted.expect("each call is taken or joined") {
            Submitted::Operation(operation) => operations.insert(operation),
            Submitted::Fulfilled => panic!("nothing was there before"),
        };
    }
    assert_eq!(operations.len(), 1, "all calls are answered by one operation");
    for operation in operations {
        succeeds(&rig, operation).await;
    }
    assert_eq!((machines(&rig).len(), builds(&rig)), (1, 1));
}

#[tokio::test]
async fn gx_001_kt_033_katapult_two_services_of_one_client_at_once_share_one_organization() {
    let rig = usual().await;
    let (first, second) = (order(&rig, 501, 77), order(&rig, 502, 77));
    let (first, second) = (rig.submit(first).await, rig.submit(second).await);
    succeeds(&rig, first).await;
    succeeds(&rig, second).await;
    let machines = machines(&rig);
    assert_eq!((machines.len(), builds(&rig)), (2, 2));
    assert_eq!(machines[0].organization, machines[1].organization);
    assert_ne!(machines[0].hostname, machines[1].hostname);
    assert_ne!(linked(&rig, 501).await, linked(&rig, 502).await);
}

#[tokio::test]
async fn gx_001_kt_053_katapult_an_engine_killed_after_each_of_its_requests_builds_once() {
    let mut rig = usual().await;
    let create = rig.submit(order(&rig, 501, 77)).await;
    for _ in 0..24 {
        let heard = rig.panel.calls().len();
        let has_ended = rig
            .until("the next request", HOUR, async |rig: &Kat| {
                let operation = rig.engine.operation(create).await.expect("it exists");
                let is_over = operation.state.is_final();
                (is_over || rig.panel.calls().len() > heard).then_some(is_over)
            })
            .await;
        if has_ended {
            break;
        }
        rig.restart().await;
    }
    succeeds(&rig, create).await;
    assert_eq!((machines(&rig).len(), builds(&rig)), (1, 1));
    assert_eq!(linked(&rig, 501).await, machines(&rig)[0].id);
}

#[tokio::test]
async fn gx_003_kt_057_katapult_one_mail_after_the_address_and_the_password() {
    let rig = usual().await;
    // By the module's own default the mail leaves with the order, and listeners of the hook send what comes later.
    let product = Product {
        installation: rig.installation.id.clone(),
        product_id: 1,
        policy: ProductPolicy {
            activation: Some(Activation::Created),
            ..ProductPolicy::default()
        },
    };
    let actor = Actor::host("test");
    let stored = rig.engine.store().set_product_policy(&product, &actor);
    stored.await.expect("a policy is stored");
    let create = rig.submit(order(&rig, 501, 77)).await;
    let operation = succeeds(&rig, create).await;
    assert_eq!(operation.state, OperationState::Succeeded);
    let effects = rig.drain_effects(501).await;
    let place = |wanted: fn(&EffectBody) -> bool| {
        let all: Vec<usize> = effects
            .iter()
            .enumerate()
            .filter(|(_, effect)| wanted(effect))
            .map(|(place, _)| place)
            .collect();
        all
    };
    let mails = place(|effect| matches!(effect, EffectBody::SendMail { .. }));
    let passwords = place(|effect| matches!(effect, EffectBody::SetPassword { .. }));
    let addresses = place(
        |effect| matches!(effect, EffectBody::SetHosting { dedicatedip: Some(address), .. } if !address.is_empty()),
    );
    assert_eq!((mails.len(), passwords.len()), (1, 1), "{effects:?}");
    assert!(passwords[0] < mails[0] && addresses[0] < mails[0], "{effects:?}");
}
