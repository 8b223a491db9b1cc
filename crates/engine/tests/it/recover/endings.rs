//! Terminations and other changes that the backup brought along.

use domain::Clock;
use domain::record::{ProductPolicy, ServiceStatus, Standing};
use engine::core::Intent;
use testkit::rig::{Rig, RigOptions};

use super::*;

/// A service whose termination can be taken back, and was after the backup.
async fn taken_back() -> (Rig, Billing, u64) {
    let policy = ProductPolicy {
        undo_minutes: 30,
        ..ProductPolicy::default()
    };
    let mut rig = Rig::with(RigOptions {
        policy,
        ..RigOptions::default()
    })
    .await;
    let mut billing = Billing::default();
    live(&rig, &mut billing, &[801]).await;
    let machine = machine_of(&rig, 801).await;
    rig.submit(wish(&rig, 801, terminate())).await;
    rig.until("the machine to be off", HOUR, async |rig: &Rig| {
        let server = rig.panel.server(rig.clock.now(), machine)?;
        (server.suspended && !server.running).then_some(())
    })
    .await;
    let saved = rig.save().await;
    let mut again = wish(&rig, 801, Intent::Create(order_of(801)));
    again.told.status = ServiceStatus::Terminated;
    let back = rig.submit(again).await;
    succeeds(&rig, back).await;
    billing.hears(&rig, 801, ServiceStatus::Active).await;
    rig.clock.advance(HOUR);
    rig.panel.clear_calls();
    rig.put_back(&saved).await;
    in_recovery(&rig).await;
    billing.sends_all(&rig).await;
    rig.pass(A_WHILE).await;
    (rig, billing, machine)
}

#[tokio::test]
async fn mx_101_a_termination_that_was_taken_back_after_the_backup_ends_nobodys_machine() {
    let (rig, _billing, machine) = taken_back().await;
    assert_eq!(rig.changes(), Vec::<String>::new());
    let books_before = books(&rig);
    let report = put_right(&rig).await;
    assert_eq!(unsure(&report), ["main/801"], "{}", words(&report));
    end_is_refused(&rig, &["being terminated", &format!("--link main/801={machine}")]).await;
    link(&rig, 801, machine).await;
    end(&rig).await.expect("everything is decided");
    an_hour_passes(&rig).await;
    assert_eq!(rig.changes(), Vec::<String>::new());
    assert_eq!(books(&rig), books_before);
    assert_eq!(rig.view(801).await.service.standing, Standing::Live);
    one_machine_each(&rig, &[801]).await;
}

#[tokio::test]
async fn mx_101_a_termination_goes_on_where_a_person_says_so() {
    let (rig, _billing, _machine) = taken_back().await;
    none(&rig, 801).await;
    end(&rig).await.expect("everything is decided");
    rig.until("its end", HOUR, async |rig: &Rig| {
        (rig.view(801).await.service.standing == Standing::Ended).then_some(())
    })
    .await;
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 0);
}

#[tokio::test]
async fn mx_101_a_termination_that_was_done_and_followed_by_a_create_takes_nothing_of_the_new_machine() {
    let mut rig = Rig::start().await;
    let mut billing = Billing::default();
    live(&rig, &mut billing, &[801]).await;
    let first = machine_of(&rig, 801).await;
    rig.stop().await;
    let ending = rig.submit(wish(&rig, 801, terminate())).await;
    let saved = rig.save().await;
    rig.restart().await;
    succeeds(&rig, ending).await;
    let mut again = wish(&rig, 801, Intent::Create(order_of(801)));
    again.told.status = ServiceStatus::Terminated;
    let again = rig.submit(again).await;
    succeeds(&rig, again).await;
    billing.hears(&rig, 801, ServiceStatus::Active).await;
    let second = machine_of(&rig, 801).await;
    assert_ne!(first, second);
    rig.clock.advance(HOUR);
    let books_before = books(&rig);
    rig.panel.clear_calls();

    rig.put_back(&saved).await;
    in_recovery(&rig).await;
    billing.sends_all(&rig).await;
    // A crash finds the service as it was, or as it shall be.
    recover(&rig, true).await;
    rig.restart().await;
    in_recovery(&rig).await;
    let report = put_right(&rig).await;
    assert_eq!(report.unsure, [], "{}", words(&report));
    end(&rig).await.expect("nothing is unsure");
    an_hour_passes(&rig).await;
    assert_eq!(machine_of(&rig, 801).await, second);
    assert_eq!(books(&rig), books_before);
    assert_eq!(rig.changes(), Vec::<String>::new());
    billing.hears(&rig, 801, ServiceStatus::Active).await;
    assert_eq!(billing.0[&801].copy, Some(second.to_string()));
}

#[tokio::test]
async fn mx_101_a_machine_that_is_there_is_not_unlinked_by_a_slip() {
    let mut rig = Rig::start().await;
    let mut billing = Billing::default();
    live(&rig, &mut billing, &[801]).await;
    let saved = rig.save().await;
    rig.put_back(&saved).await;
    in_recovery(&rig).await;
    billing.sends_all(&rig).await;
    let refused = try_none(&rig, 801).await.expect_err("it is there");
    assert!(refused.to_string().contains("is on platform"), "{refused}");
    one_machine_each(&rig, &[801]).await;
    end(&rig).await.expect("nothing is unsure");
}

#[tokio::test]
async fn mx_101_a_package_change_of_before_the_backup_is_not_repeated_unasked() {
    let mut rig = Rig::start().await;
    let mut billing = Billing::default();
    live(&rig, &mut billing, &[801]).await;
    let machine = machine_of(&rig, 801).await;
    rig.stop().await;
    let mut larger = order_of(801);
    larger.settings.insert("package".to_owned(), "2".to_owned());
    let change = rig.submit(wish(&rig, 801, Intent::ChangePackage(larger))).await;
    let saved = rig.save().await;
    rig.restart().await;
    succeeds(&rig, change).await;
    does(&rig, 801, Intent::ChangePackage(order_of(801))).await;
    rig.clock.advance(HOUR);
    let books_before = books(&rig);
    rig.put_back(&saved).await;
    in_recovery(&rig).await;
    billing.sends_all(&rig).await;
    end_is_refused(&rig, &["package change of service main/801"]).await;
    link(&rig, 801, machine).await;
    end(&rig).await.expect("everything is decided");
    an_hour_passes(&rig).await;
    assert_eq!(books(&rig), books_before);
}
