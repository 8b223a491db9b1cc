//! Katapult: an end leaves no machine and nothing that is paid for, whenever it comes.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use domain::Random;
use domain::ports::CountingRandom;
use domain::record::{EffectBody, OperationState, Standing};
use sim::fault::{Fault, FaultRule};
use sim::katapult::Act;

use super::katapult::{
    END, HOUR, Kat, builds, done, linked, machines, now, order, policies, succeeds, suspension, usual, wish,
};

/// How many builds are ended.
const ENDINGS: u64 = 40;

/// Longer than a build and the machine's first run take.
const LIFE: u64 = 60_000;

/// A person gives each machine that he sees for the first time a backup policy, and one to its disk.
fn back_up(rig: &Kat, seen: &RefCell<BTreeSet<String>>) {
    for machine in machines(rig) {
        if !seen.borrow_mut().insert(machine.id.clone()) {
            continue;
        }
        for disk in [None, machine.disks.first().map(|disk| disk.id.clone())] {
            let machine = machine.id.clone();
            rig.act(Act::AddPolicy { machine, disk });
        }
    }
}

#[tokio::test]
async fn gx_001_kt_086_kt_090_katapult_ended_at_forty_random_moments_leaves_no_machine_and_no_policy() {
    let rig = usual().await;
    let random = CountingRandom::new(40);
    let services = 501..501 + ENDINGS;
    let mut moments: Vec<(u64, u64)> = services.map(|service| (random.below(LIFE), service)).collect();
    moments.sort_unstable();
    let mut creates = Vec::new();
    for (_, service) in &moments {
        creates.push(rig.submit(order(&rig, *service, 1_000 + service)).await);
    }
    let (begins, seen) = (now(&rig), RefCell::new(BTreeSet::new()));
    let mut endings = Vec::new();
    for (at, service) in &moments {
        let moment = begins + Duration::from_millis(*at);
        rig.until("the moment of the end", HOUR, async |rig: &Kat| {
            back_up(rig, &seen);
            (now(rig) >= moment).then_some(())
        })
        .await;
        endings.push(rig.submit(wish(&rig, *service, 1_000 + service, END)).await);
    }
    for operation in endings {
        succeeds(&rig, operation).await;
    }
    for create in creates {
        let create = rig.ended(create, HOUR).await;
        let ended = [OperationState::Succeeded, OperationState::Superseded];
        assert!(
            ended.contains(&create.state),
            "{}: {}",
            create.state,
            create.reason
        );
    }
    // What is still on its way comes within an hour, and is removed.
    rig.pass(HOUR).await;
    assert!(
        seen.borrow().len() > 5,
        "some were ended late enough to have a machine"
    );
    assert_eq!(machines(&rig).len(), 0);
    assert_eq!(policies(&rig).len(), 0);
    assert!(builds(&rig) <= ENDINGS);
}

#[tokio::test]
async fn kt_086_kt_088_katapult_every_policy_is_deleted_and_told_before_the_machine() {
    let rig = usual().await;
    rig.ready(501).await;
    rig.drain_effects(501).await;
    back_up(&rig, &RefCell::default());
    let made: Vec<String> = policies(&rig).into_iter().map(|policy| policy.id).collect();
    assert_eq!(made.len(), 2);
    done(&rig, 501, END).await;
    assert_eq!(rig.panel.policies(now(&rig)).len(), 0, "in the trash neither");
    let told = rig.drain_effects(501).await;
    for policy in made {
        let line = format!("Deleted disk backup policy {policy}");
        let is_told = told
            .iter()
            .any(|effect| matches!(effect, EffectBody::LogActivity { message } if message.contains(&line)));
        assert!(is_told, "{line}: {told:?}");
    }
    let calls = rig.panel.calls();
    let last = |endpoint: &str| calls.iter().rposition(|call| call.endpoint == endpoint);
    assert!(last("delete_policy") < last("delete_virtual_machine"));
}

#[tokio::test]
async fn kt_087_katapult_a_policy_that_cannot_be_deleted_keeps_the_machine_and_what_is_known_of_it() {
    let rig = usual().await;
    rig.ready(501).await;
    let machine = linked(&rig, 501).await;
    back_up(&rig, &RefCell::default());
    let denied = Fault::ErrorBefore {
        status: 403,
        html: false,
    };
    rig.panel.add_fault(FaultRule::at("delete_policy", denied));
    let end = rig.submit(rig.wish(501, END)).await;
    let ended = rig.ended(end, HOUR).await;
    assert_eq!(ended.state, OperationState::Failed, "{}", ended.reason);
    assert!(ended.reason.contains("permission_denied"), "{}", ended.reason);
    let calls = rig.panel.calls();
    assert!(calls.iter().all(|call| call.endpoint != "delete_virtual_machine"));
    assert_eq!((machines(&rig).len(), policies(&rig).len()), (1, 2));
    assert_eq!(linked(&rig, 501).await, machine, "the link stays");
}

#[tokio::test]
async fn kt_089_katapult_what_was_trashed_or_removed_by_hand_is_ended_without_a_deletion() {
    let rig = usual().await;
    for (service, removed) in [(501, false), (502, true)] {
        rig.ready(service).await;
        let machine = linked(&rig, service).await;
        rig.act(if removed {
            Act::Delete { machine }
        } else {
            Act::Trash { machine }
        });
        rig.panel.clear_calls();
        done(&rig, service, END).await;
        let calls = rig.panel.calls();
        assert!(
            calls.iter().all(|call| call.endpoint != "delete_virtual_machine"),
            "{service}"
        );
        assert_eq!(rig.view(service).await.service.standing, Standing::Ended);
    }
}

#[tokio::test]
async fn kt_085_kt_091_katapult_after_an_end_nothing_is_known_and_a_new_create_builds_again() {
    let rig = usual().await;
    rig.ready(501).await;
    let before = linked(&rig, 501).await;
    done(&rig, 501, suspension()).await;
    done(&rig, 501, END).await;
    let view = rig.view(501).await;
    assert_eq!((view.link, view.service.standing), (None, Standing::Ended));
    let create = rig.submit(order(&rig, 501, 77)).await;
    succeeds(&rig, create).await;
    let view = rig.view(501).await;
    assert_eq!(
        (view.service.generation, view.service.standing),
        (2, Standing::Live)
    );
    assert_ne!(linked(&rig, 501).await, before);
    assert_eq!((builds(&rig), machines(&rig).len()), (2, 1));
}
