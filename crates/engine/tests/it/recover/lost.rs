//! The database is gone: what is left is the billing side's copies and the panel.

use domain::Clock;
use domain::record::{ServiceStatus, Standing};
use testkit::rig::Rig;

use super::*;

#[tokio::test]
async fn mx_101_a_lost_database_is_rebuilt_from_copies_that_the_platform_confirms() {
    let mut rig = Rig::start().await;
    let mut billing = Billing::default();
    let all = [601, 602, 603, 604, 605, 606];
    live(&rig, &mut billing, &all).await;
    does(&rig, 602, suspend()).await;
    billing.hears(&rig, 602, ServiceStatus::Suspended).await;
    let mut machines = std::collections::BTreeMap::new();
    for service in all {
        machines.insert(service, machine_of(&rig, service).await);
    }
    let hand = rig.panel.hand(rig.clock.now());
    let stranger = hand
        .create_user("Stranger", "stranger@example.test")
        .expect("the panel obeys");
    let theirs = hand.create_server(stranger, 1, 1).expect("the panel obeys");
    hand.delete(machines[&606]).expect("the panel obeys");
    // Two name one machine, one names a stranger's, and one a machine that is gone.
    billing.names(603, machines[&604]);
    billing.names(605, theirs);
    rig.clock.advance(HOUR);
    let books_before = books(&rig);
    rig.panel.clear_calls();

    rig.lose_database().await;
    in_recovery(&rig).await;
    end_is_refused(&rig, &["main has not sent its services"]).await;
    billing.sends_all(&rig).await;
    recover(&rig, true).await;
    let report = rig
        .until("the adoptions", MINUTES, async |rig: &Rig| {
            let report = recover(rig, false).await;
            report.relinked.is_empty().then_some(report)
        })
        .await;
    assert_eq!(report.sure, 2, "{report:?}");
    assert_eq!(report.recovery.as_ref().map(|recovery| recovery.epoch), Some(1));
    let said = words(&report);
    for part in [
        format!("service main/603: 2 services name machine {}", machines[&604]),
        format!("service main/604: 2 services name machine {}", machines[&604]),
        format!("machine {theirs} was not given back to service main/605"),
        format!(
            "service main/606: the platform does not list machine {}",
            machines[&606]
        ),
        format!("machine {} (web603.example.test)", machines[&603]),
        format!("machine {} (web605.example.test)", machines[&605]),
    ] {
        assert!(said.contains(&part), "{part}\n{said}");
    }
    for service in 603..=606 {
        assert_eq!(rig.view(service).await.link, None, "service {service}");
    }

    link(&rig, 604, machines[&604]).await;
    put_right(&rig).await;
    let taken = try_link(&rig, 603, machines[&604])
        .await
        .expect_err("it is 604's");
    assert!(
        taken.to_string().contains("linked to service main/604"),
        "{taken}"
    );
    link(&rig, 603, machines[&603]).await;
    link(&rig, 605, machines[&605]).await;
    none(&rig, 606).await;
    let report = put_right(&rig).await;
    // What its copy has pointed at is none of ours.
    assert_eq!(words(&report).lines().count(), 1, "{}", words(&report));
    let ignore = Ruling::Ignore {
        platform: rig.platform.id,
        machine: theirs.to_string(),
    };
    rig.engine
        .rule(ignore, &person())
        .await
        .expect("the ruling is taken");
    end(&rig).await.expect("everything is decided");

    an_hour_passes(&rig).await;
    assert_eq!(rig.changes(), Vec::<String>::new());
    assert_eq!(books(&rig), books_before);
    let views = one_machine_each(&rig, &all[..5]).await;
    for (view, service) in views.iter().zip(all) {
        let linked = &view.link.as_ref().expect("a link").identity.id;
        assert_eq!(*linked, machines[&service].to_string());
    }
    assert_eq!(views[1].service.standing, Standing::Suspended);
    assert!(views[1].service.watch_due.is_some(), "its suspension is held");
    // Nobody gets a second welcome.
    let bodies = rig.drain_effects(601).await;
    let mails = bodies
        .iter()
        .filter(|body| matches!(body, EffectBody::SendMail { .. }));
    assert_eq!(mails.count(), 0);
}
