//! A recovery that is interrupted goes on where it was.

use domain::Clock;
use domain::record::{CreateProtocol, ServiceStatus, Standing};
use testkit::rig::{Rig, RigOptions};

use super::*;

#[tokio::test]
async fn mx_101_a_recovery_that_crashes_between_its_steps_goes_on_where_it_was() {
    let mut rig = Rig::with(RigOptions {
        protocol: CreateProtocol::Staging,
        ..RigOptions::default()
    })
    .await;
    let mut billing = Billing::default();
    live(&rig, &mut billing, &[901, 902]).await;
    rig.stop().await;
    let under_way = create(&rig, 903).await;
    let saved = rig.save().await;
    rig.restart().await;
    succeeds(&rig, under_way).await;
    billing.hears(&rig, 903, ServiceStatus::Active).await;
    live(&rig, &mut billing, &[904]).await;
    let gone = machine_of(&rig, 902).await;
    rig.panel
        .hand(rig.clock.now())
        .delete(gone)
        .expect("the panel obeys");
    rig.clock.advance(HOUR);
    let books_before = books(&rig);
    rig.panel.clear_calls();

    rig.put_back(&saved).await;
    rig.restart().await;
    in_recovery(&rig).await;
    let epoch = recover(&rig, false)
        .await
        .recovery
        .expect("it is under way")
        .epoch;
    billing.sends_all(&rig).await;
    rig.restart().await;
    in_recovery(&rig).await;
    let installation = rig.installation_id();
    assert!(!rig.engine.wants_copies(installation).await.expect("it is read"));
    none(&rig, 902).await;
    rig.restart().await;
    in_recovery(&rig).await;
    recover(&rig, true).await;
    rig.restart().await;
    in_recovery(&rig).await;
    rig.until("its accounts to be read", MINUTES, async |rig: &Rig| {
        recover(rig, true).await.unsure.is_empty().then_some(())
    })
    .await;
    let report = put_right(&rig).await;
    assert_eq!(report.unsure, [], "{}", words(&report));
    assert_eq!(report.recovery.map(|recovery| recovery.epoch), Some(epoch));
    end(&rig).await.expect("everything is decided");
    rig.restart().await;
    an_hour_passes(&rig).await;
    assert_eq!(rig.engine.recovering(), None);
    one_machine_each(&rig, &[901, 903, 904]).await;
    assert_eq!(rig.view(902).await.service.standing, Standing::Vacant);
    assert_eq!(books(&rig), books_before);
    assert_eq!(rig.changes(), Vec::<String>::new());
}
