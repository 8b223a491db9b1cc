//! What is read for clients' eyes: kept as facts, of the linked machine only, and never instead of what was known.

use std::time::Duration;

use domain::http::Lane;
use domain::machine::{Machine, PowerAction};
use domain::observed::{FactKind, Observed, SshKeys};
use domain::ports::CountingRandom;
use domain::record::{FactRecord, OperationKind, PlatformState};
use domain::{Actor, Clock, ServiceView};
use engine::EngineError;
use engine::core::{Intent, World, keep_fact, keep_glance};
use sim::fault::{Fault, FaultRule};
use testkit::rig::{Rig, RigOptions, order};

use super::katapult::usual;

async fn read<P: sim::platform::Platform + 'static>(
    rig: &Rig<P>,
    kind: FactKind,
) -> Result<FactRecord, String> {
    let read = rig
        .engine
        .read_fact(rig.installation_id(), 501, kind, Lane::Click);
    read.await.expect("the store can be read")
}

/// The facts of the service beside its machine's state.
async fn facts<P: sim::platform::Platform + 'static>(rig: &Rig<P>) -> Vec<FactRecord> {
    let service = rig.view(501).await.service.id;
    let mut facts = rig
        .engine
        .store()
        .facts(service)
        .await
        .expect("facts can be read");
    facts.retain(|fact| fact.kind != FactRecord::MACHINE);
    facts
}

#[tokio::test]
async fn vf_106_vf_132_vf_133_what_is_read_is_kept_as_the_services_fact_of_its_kind() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let (before, changes) = (rig.view(501).await, rig.changes());
    for kind in FactKind::ALL {
        let record = read(&rig, *kind)
            .await
            .unwrap_or_else(|why| panic!("{kind}: {why}"));
        assert_eq!(record.kind, kind.as_str());
        assert!(record.observed_at >= before.service.updated_at, "{kind}");
        let observed = Observed::of_fact(&record.value);
        assert_eq!(observed.known().map(Observed::kind), Some(*kind));
        assert!(facts(&rig).await.contains(&record), "{kind}");
    }
    assert_eq!(rig.changes(), changes, "reading changes nothing on the panel");
    let after = rig.view(501).await;
    assert_eq!(after.service, before.service, "and nothing of the service");
    let (before, after) = (before.reading().expect("read"), after.reading().expect("read"));
    assert_eq!((after.identity, after.status), (before.identity, before.status));
    assert_eq!(
        after.raw["remoteState"]["state"], "running",
        "the hypervisor's word is kept with it"
    );
}

#[tokio::test]
async fn vf_113_vf_129_a_reading_that_fails_says_why_and_leaves_what_was_known() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let known = read(&rig, FactKind::Traffic).await.expect("it is read");
    for (endpoint, fault, word) in [
        (
            "server_traffic",
            Fault::ErrorBefore {
                status: 500,
                html: false,
            },
            "500",
        ),
        ("server_traffic", Fault::TruncatedJson, "read_traffic"),
        ("get_server", Fault::FalseNotFound, "404"),
    ] {
        rig.panel.add_fault(FaultRule::once(endpoint, fault.clone()));
        let why = read(&rig, FactKind::Traffic)
            .await
            .expect_err("it cannot be read");
        assert!(why.contains(word), "{fault:?}: {why}");
        assert_eq!(facts(&rig).await, std::slice::from_ref(&known), "{fault:?}");
    }
}

#[tokio::test]
async fn nothing_is_kept_of_a_machine_that_is_anothers_by_now() {
    let rig = Rig::start().await;
    let view = rig.ready(501).await;
    let id = view.link.expect("a link").identity.id;
    let id = id.parse().expect("an id of this panel");
    rig.panel
        .hand(rig.clock.now())
        .replace_uuid(id)
        .expect("the machine is there");
    for kind in FactKind::ALL.iter().filter(|kind| kind.is_of_machine()) {
        let why = read(&rig, *kind).await.expect_err("another machine");
        assert!(why.contains("not the one that was linked"), "{kind}: {why}");
    }
    assert_eq!(facts(&rig).await, Vec::new());
}

/// What a reading is kept in, at some moment.
fn world<'a>(view: &ServiceView, random: &'a CountingRandom) -> World<'a> {
    World {
        now: view.service.updated_at,
        random,
        driver: None,
        recovering: None,
        naming: None,
    }
}

/// As what a short look is kept, and whether all of it is stored then.
fn glanced(view: &ServiceView, seen: &Machine) -> (String, bool) {
    let random = CountingRandom::new(1);
    let link = view.link.as_ref().expect("a link").id;
    let kept = keep_glance(view, link, seen, world(view, &random)).expect("it is the linked one");
    (kept.record.kind, kept.is_settled)
}

#[tokio::test]
async fn what_an_operation_at_work_decides_by_is_left_to_it_and_what_it_leaves_aside_is_not_settled() {
    let mut rig = Rig::start().await;
    let idle = rig.ready(501).await;
    rig.stop().await;
    let same = idle.reading().expect("it was read");
    let changed = Machine {
        name: "by another name".to_owned(),
        ..same.clone()
    };
    rig.submit(rig.wish(501, Intent::Power(PowerAction::Restart)))
        .await;
    let busy = rig.view(501).await;
    let mut tidied = busy.clone();
    for operation in &mut tidied.open {
        operation.kind = OperationKind::CloseAccounts;
    }
    let (machine, listed) = (FactRecord::MACHINE.to_owned(), FactRecord::LISTED.to_owned());
    for (view, free) in [(&idle, true), (&busy, false), (&tidied, true)] {
        assert_eq!(glanced(view, &same), (listed.clone(), true));
        let kind = if free { &machine } else { &listed };
        assert_eq!(glanced(view, &changed), (kind.clone(), free));
    }
    // A reading that shows the machine as well is kept in any case, and the machine only where nobody works on it.
    for (view, free) in [(&idle, true), (&busy, false)] {
        let random = CountingRandom::new(1);
        let link = view.link.as_ref().expect("a link");
        let keys = Observed::SshKeys(SshKeys::default());
        let seen = (Some(&link.identity), Some(&changed));
        let kept = keep_fact(view, link.id, &keys, seen, world(view, &random)).expect("it is the linked one");
        assert_eq!(
            (kept.commit.changes.len(), kept.is_settled),
            (1 + usize::from(free), free)
        );
    }
}

#[tokio::test]
async fn a_service_without_machine_or_usable_platform_asks_nobody() {
    let mut rig = Rig::with(RigOptions {
        running: false,
        ..RigOptions::default()
    })
    .await;
    let unknown = rig
        .engine
        .read_fact(rig.installation_id(), 999, FactKind::Live, Lane::Background)
        .await;
    assert!(matches!(unknown, Err(EngineError::NotFound(_))), "{unknown:?}");

    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let early = read(&rig, FactKind::Live)
        .await
        .expect_err("nothing is built yet");
    assert!(early.contains("has no machine"), "{early}");
    rig.run();
    rig.ended(create, Duration::from_secs(1_800)).await;
    rig.engine
        .store()
        .set_platform_state(rig.platform.id, PlatformState::Disabled, &Actor::engine("test"))
        .await
        .expect("the platform is known");
    rig.panel.clear_calls();
    let why = read(&rig, FactKind::Live).await.expect_err("nobody approved it");
    assert!(why.contains("not approved"), "{why}");
    assert_eq!(rig.panel.calls().len(), 0);
}

#[tokio::test]
async fn what_a_platform_does_not_show_is_not_asked_for() {
    let rig = usual().await;
    rig.ready(501).await;
    for kind in FactKind::ALL {
        let why = read(&rig, *kind).await.expect_err("Katapult shows none of it");
        assert!(why.contains(kind.as_str()), "{kind}: {why}");
    }
    assert_eq!(facts(&rig).await, Vec::new());
}
