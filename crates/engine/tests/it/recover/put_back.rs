//! The database is put back from a backup that is an hour old.

use domain::Clock;
use domain::record::{ServiceStatus, Standing};
use engine::core::Intent;
use testkit::rig::{Rig, SERVER};

use super::*;

/// What the engine knew when the backup was made.
async fn before(rig: &Rig, billing: &mut Billing) -> u64 {
    live(rig, billing, &[501, 502, 503, 504, 505, 506, 512]).await;
    does(rig, 503, suspend()).await;
    billing.hears(rig, 503, ServiceStatus::Suspended).await;
    let hand = rig.panel.hand(rig.clock.now());
    let stranger = hand
        .create_user("Stranger", "stranger@example.test")
        .expect("the panel obeys");
    let theirs = hand.create_server(stranger, 1, 1).expect("the panel obeys");
    rig.clock.advance(Duration::from_secs(900));
    // One create has its machine, another has just been ordered.
    let linked = create(rig, 508).await;
    rig.until("its link", HOUR, async |rig: &Rig| rig.view(508).await.link)
        .await;
    let state = rig.engine.operation(linked).await.expect("it exists").state;
    assert!(!state.is_final());
    create(rig, 507).await;
    theirs
}

/// What happened in the hour that the backup knows nothing of.
async fn an_hour(rig: &Rig, billing: &mut Billing) {
    for service in [507, 508] {
        rig.until("its create", HOUR, async |rig: &Rig| {
            let view = rig.view(service).await;
            assert_eq!(view.questions, [], "service {service}");
            (view.service.standing == Standing::Live).then_some(())
        })
        .await;
        billing.hears(rig, service, ServiceStatus::Active).await;
    }
    rig.clock.advance(Duration::from_secs(1_200));
    does(rig, 502, suspend()).await;
    billing.hears(rig, 502, ServiceStatus::Suspended).await;
    does(rig, 503, Intent::Unsuspend).await;
    billing.hears(rig, 503, ServiceStatus::Active).await;
    does(rig, 504, terminate()).await;
    billing.hears(rig, 504, ServiceStatus::Terminated).await;
    let mut larger = order_of(505);
    larger.settings.insert("package".to_owned(), "2".to_owned());
    does(rig, 505, Intent::ChangePackage(larger)).await;
    let gone = machine_of(rig, 506).await;
    let hand = rig.panel.hand(rig.clock.now());
    hand.delete(gone).expect("the panel obeys");
    does(rig, 512, terminate()).await;
    billing.hears(rig, 512, ServiceStatus::Terminated).await;
    let mut again = wish(rig, 512, Intent::Create(order_of(512)));
    again.told.status = ServiceStatus::Terminated;
    let again = rig.submit(again).await;
    succeeds(rig, again).await;
    billing.hears(rig, 512, ServiceStatus::Active).await;
    live(rig, billing, &[510]).await;
    rig.clock.advance(Duration::from_secs(1_200));
}

#[tokio::test]
async fn mx_101_a_store_put_back_from_an_hour_ago_doubles_loses_and_harms_nothing() {
    let mut rig = Rig::start().await;
    let mut billing = Billing::default();
    let theirs = before(&rig, &mut billing).await;
    let saved = rig.save().await;
    an_hour(&rig, &mut billing).await;
    let books_before = books(&rig);
    let made = rig.panel.totals(rig.clock.now()).servers_created;
    rig.panel.clear_calls();

    rig.put_back(&saved).await;
    in_recovery(&rig).await;
    rig.pass(A_WHILE).await;
    assert_eq!(rig.changes(), Vec::<String>::new(), "nothing leaves");
    end_is_refused(&rig, &["main has not sent its services"]).await;
    let installation = rig.installation_id();
    assert!(rig.engine.wants_copies(installation).await.expect("it is read"));
    billing.sends_all(&rig).await;
    assert!(!rig.engine.wants_copies(installation).await.expect("it is read"));

    let report = recover(&rig, false).await;
    assert_eq!(unsure(&report), ["main/504", "main/506"], "{}", words(&report));
    let mut followed = report.followed.clone();
    followed.sort_unstable_by_key(|(service, _)| service.clone());
    assert_eq!(
        followed,
        [
            ("main/502".to_owned(), ServiceStatus::Suspended),
            ("main/503".to_owned(), ServiceStatus::Active)
        ]
    );
    end_is_refused(
        &rig,
        &["--none main/504", "--none main/506", "512", "510", "--apply"],
    )
    .await;
    let report = put_right(&rig).await;
    assert_eq!(unsure(&report), ["main/504", "main/506"], "{}", words(&report));
    none(&rig, 504).await;
    none(&rig, 506).await;
    rig.pass(A_WHILE).await;
    assert_eq!(
        rig.changes(),
        Vec::<String>::new(),
        "nothing leaves before the end"
    );
    end(&rig).await.expect("everything is decided");

    an_hour_passes(&rig).await;
    assert_eq!(books(&rig), books_before, "each machine is as it was");
    assert_eq!(rig.panel.totals(rig.clock.now()).servers_created, made);
    let in_use = [501, 502, 503, 505, 507, 508, 510, 512];
    for view in one_machine_each(&rig, &in_use).await {
        let held = view.service.billing_id == 502;
        let standing = if held { Standing::Suspended } else { Standing::Live };
        assert_eq!(view.service.standing, standing, "{}", view.service.billing_id);
        assert!(view.line().next().is_none() && view.questions.is_empty());
    }
    let count = rig.panel.servers(rig.clock.now()).len();
    assert_eq!(count, in_use.len() + 1, "and the stranger's {theirs}");
    let ended = rig.view(504).await;
    assert_eq!((ended.service.standing, ended.link), (Standing::Ended, None));

    // The one whose machine a person removed begins anew, and the copy of its link does not stand in the way.
    billing.hears(&rig, 506, ServiceStatus::Active).await;
    assert_eq!(billing.0[&506].copy, None);
    let anew = create(&rig, 506).await;
    succeeds(&rig, anew).await;
    assert_eq!(rig.panel.totals(rig.clock.now()).servers_created, made + 1);
}

#[tokio::test]
async fn mx_101_a_machine_for_a_service_that_the_store_has_forgotten_is_a_persons_decision() {
    let mut rig = Rig::start().await;
    let mut billing = Billing::default();
    live(&rig, &mut billing, &[501]).await;
    let saved = rig.save().await;
    rig.clock.advance(HOUR);
    let late = create(&rig, 710).await;
    succeeds(&rig, late).await;
    let machine = machine_of(&rig, 710).await;
    // It has not heard of the machine, nor that the create has come to its end.
    billing.waits_for(710, client_of(710));

    rig.put_back(&saved).await;
    in_recovery(&rig).await;
    billing.sends_all(&rig).await;
    let report = put_right(&rig).await;
    assert_eq!(unsure(&report), ["main/710"], "{}", words(&report));
    assert!(
        words(&report).contains(&format!("machine {machine} ")),
        "{}",
        words(&report)
    );
    end_is_refused(&rig, &["is claimed by no service"]).await;
    link(&rig, 710, machine).await;
    put_right(&rig).await;
    end(&rig).await.expect("everything is decided");
    one_machine_each(&rig, &[501, 710]).await;

    let mut again = wish(&rig, 710, Intent::Create(order_of(710)));
    again.server_id = Some(SERVER);
    let answer = rig.engine.submit(again).await.expect("it is answered");
    assert_eq!(answer, engine::Submitted::Fulfilled);
    an_hour_passes(&rig).await;
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 2);
}
