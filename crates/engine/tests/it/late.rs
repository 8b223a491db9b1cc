//! A change whose answer was lost and that takes effect when the service has long moved on.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::record::{OperationState, Standing};
use engine::core::Intent;
use sim::fault::{Fault, FaultRule};
use testkit::rig::Rig;

const MINUTES: Duration = Duration::from_secs(900);

async fn done(rig: &Rig, intent: Intent) {
    let operation = rig.submit(rig.wish(501, intent)).await;
    let ended = rig.ended(operation, MINUTES).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
}

/// The machine of a service that is ready.
async fn machine(rig: &Rig) -> u64 {
    let link = rig.ready(501).await.link.expect("a link");
    link.identity.id.parse().expect("an id")
}

#[tokio::test]
async fn mx_095_a_suspension_that_lands_after_its_unsuspend_is_lifted_without_a_person() {
    let rig = Rig::start().await;
    let machine = machine(&rig).await;
    rig.panel.add_fault(FaultRule::once(
        "suspend_server",
        Fault::EffectLater { seconds: 900 },
    ));
    let sent = domain::Clock::now(rig.clock.as_ref());
    let reason = "overdue".to_owned();
    done(&rig, Intent::Suspend { reason }).await;
    done(&rig, Intent::Unsuspend).await;
    let now = domain::Clock::now(rig.clock.as_ref());
    assert!(
        now < sent + Duration::from_secs(900),
        "the late effect is still to come"
    );
    let free = rig.panel.server(now, machine).expect("it is there");
    assert!(!free.suspended && free.running);

    rig.until("the late suspension", MINUTES, async |rig: &Rig| {
        let now = domain::Clock::now(rig.clock.as_ref());
        rig.panel.server(now, machine)?.suspended.then_some(())
    })
    .await;
    rig.until("its end", Duration::from_secs(660), async |rig: &Rig| {
        let now = domain::Clock::now(rig.clock.as_ref());
        let server = rig.panel.server(now, machine)?;
        (!server.suspended && server.running).then_some(())
    })
    .await;
    let view = rig.view(501).await;
    assert_eq!(view.service.standing, Standing::Live);
    assert!(view.questions.is_empty(), "{:?}", view.questions);
}

#[tokio::test]
async fn the_watch_for_late_effects_ends_after_an_hour() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.panel
        .add_fault(FaultRule::once("suspend_server", Fault::TimeoutAfter));
    let reason = "overdue".to_owned();
    done(&rig, Intent::Suspend { reason }).await;
    done(&rig, Intent::Unsuspend).await;
    assert!(rig.view(501).await.service.watch_due.is_some());
    rig.until(
        "the end of the watch",
        Duration::from_secs(5_400),
        async |rig: &Rig| rig.view(501).await.service.watch_due.is_none().then_some(()),
    )
    .await;
}

#[tokio::test]
async fn a_suspension_made_in_the_panel_is_not_lifted_because_another_answer_was_lost() {
    let rig = Rig::start().await;
    let machine = machine(&rig).await;
    rig.panel
        .add_fault(FaultRule::once("power_boot", Fault::TimeoutAfter));
    done(&rig, Intent::Power(PowerAction::Boot)).await;
    let now = domain::Clock::now(rig.clock.as_ref());
    rig.panel.hand(now).suspend(machine).expect("the panel obeys");
    rig.pass(MINUTES).await;
    let now = domain::Clock::now(rig.clock.as_ref());
    assert!(rig.panel.server(now, machine).expect("it is there").suspended);
    assert_eq!(rig.view(501).await.service.standing, Standing::Live);
}
