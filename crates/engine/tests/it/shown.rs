//! What a page is shown of a service: of its own machine only, said to be old where it is, and nothing of self-service where
//! the product has none.

use std::time::Duration;

use domain::http::Lane;
use domain::machine::{Machine, PowerAction};
use domain::observed::{FactKind, Observed, Traffic};
use domain::record::{FactRecord, OperationState};
use domain::{Change, Clock, Commit, Fact};
use engine::Shown;
use engine::core::{Ages, Intent};
use testkit::rig::{Rig, order};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_mins(30);

async fn shown(rig: &Rig) -> Shown {
    let shown = rig.engine.shown(rig.installation_id(), 501).await;
    shown.expect("the store can be read").expect("it is known")
}

#[tokio::test]
async fn a_state_is_old_when_it_is_older_than_it_may_become() {
    let mut rig = Rig::start().await;
    rig.ready(501).await;
    rig.stop().await;
    assert!(!shown(&rig).await.is_stale());
    let seen = shown(&rig).await.machine.expect("it is known").seen_at;
    let most = Ages::default().state;
    let rest = (seen + most).since(rig.clock.now());
    rig.clock.advance(rest);
    assert!(!shown(&rig).await.is_stale(), "it may be as old as that");
    rig.clock.advance(Duration::from_secs(1));
    assert!(shown(&rig).await.is_stale());
}

#[tokio::test]
async fn mx_043_a_reading_that_a_list_contradicts_has_its_own_age_and_one_of_a_silent_platform_is_old() {
    let mut rig = Rig::start().await;
    let view = rig.ready(501).await;
    rig.stop().await;
    let mut silent = shown(&rig).await;
    silent.silent_until = Some(rig.clock.now());
    assert!(silent.is_stale());

    let read = view.machine.as_ref().expect("it was read");
    rig.clock.advance(Ages::default().state + Duration::from_secs(1));
    let mut listed = view.reading().expect("it can be read");
    let note = async |listed: &Machine| {
        let fact = FactRecord {
            service: view.service.id,
            kind: FactRecord::LISTED.to_owned(),
            value: Fact::Known(listed.clone().into_document().expect("a document")),
            observed_at: rig.clock.now(),
        };
        let commit = Commit {
            changes: vec![Change::PutFact(fact)],
            ..Commit::default()
        };
        rig.engine.store().commit(commit).await.expect("it is stored");
        shown(&rig).await
    };
    let agrees = note(&listed).await;
    assert_eq!(agrees.reading_held_at(), Some(rig.clock.now()));
    assert!(!agrees.is_stale());
    listed.name = "another".to_owned();
    let contradicts = note(&listed).await;
    assert!(contradicts.reading_held_at() < Some(rig.clock.now()));
    assert!(contradicts.reading_held_at() >= Some(read.observed_at));
    assert!(contradicts.is_stale(), "a page shows what was read long ago");
}

#[tokio::test]
async fn what_was_read_before_the_machine_was_the_services_is_not_shown() {
    let rig = Rig::start().await;
    let view = rig.ready(501).await;
    let opened = view.link.expect("it has a machine").opened_at;
    let store = rig.engine.store();
    for (at, is_shown) in [(opened - Duration::from_secs(1), false), (opened, true)] {
        let fact = FactRecord {
            service: view.service.id,
            kind: FactKind::Traffic.to_string(),
            value: Observed::Traffic(Traffic::default()).to_fact(),
            observed_at: at,
        };
        let commit = Commit {
            changes: vec![Change::PutFact(fact)],
            ..Commit::default()
        };
        store.commit(commit).await.expect("it is stored");
        let facts = shown(&rig).await.facts;
        assert_eq!(facts.contains_key(&FactKind::Traffic), is_shown, "{at}");
    }
}

#[tokio::test]
async fn vf_220_what_self_service_has_used_is_shown_where_the_newest_order_has_it() {
    for (mode, is_shown) in [("0", false), ("1|Hourly", true)] {
        let rig = Rig::start().await;
        let mut ordered = order();
        ordered
            .settings
            .insert("self_service".to_owned(), mode.to_owned());
        let create = rig.submit(rig.wish(501, Intent::Create(ordered))).await;
        let made = rig.ended(create, LONG).await;
        assert_eq!(made.state, OperationState::Succeeded, "{}", made.reason);
        let read = rig
            .engine
            .read_fact(rig.installation_id(), 501, FactKind::Usage, Lane::Click)
            .await;
        read.expect("the store can be read").expect("it was read");
        assert_eq!(
            shown(&rig).await.facts.contains_key(&FactKind::Usage),
            is_shown,
            "{mode}"
        );
        // The order decides as well when it is none of the newest operations any more.
        for _ in 0..21 {
            let boot = rig.submit(rig.wish(501, Intent::Power(PowerAction::Boot))).await;
            rig.ended(boot, LONG).await;
        }
        let shown = shown(&rig).await;
        assert!(shown.view.recent.iter().all(|operation| operation.id != create));
        assert_eq!(
            shown.facts.contains_key(&FactKind::Usage),
            is_shown,
            "{mode} later"
        );
    }
}
