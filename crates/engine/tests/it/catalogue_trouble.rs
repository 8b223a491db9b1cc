//! Catalogues that the engine itself could not read or keep: each try is written down, told, and has its turn again.

use std::time::Duration;

use domain::record::PlatformKind;
use domain::{Actor, Secret};
use engine::Proposal;
use engine::catalogue::CatalogueState;
use sim::fault::{Fault, FaultRule};
use sim::katapult::Config;
use sim::platform::Platform as _;
use testkit::rig::Rig;

use super::katapult::{HOUR, Kat};

/// A platform that was read once, and everything told of it was fetched.
async fn read_once() -> (Kat, domain::record::Platform) {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    rig.told().await;
    let platform = rig.stored(platform.id).await;
    (rig, platform)
}

async fn state(rig: &Kat, platform: &domain::record::Platform) -> CatalogueState {
    let state = rig.engine.catalogue_state(platform.id).await;
    state.expect("readable")
}

#[tokio::test]
async fn kt_013_a_key_that_is_gone_is_told_once_kept_as_trouble_and_becomes_an_alarm() {
    let (rig, platform) = read_once().await;
    let store = rig.engine.store();
    assert!(store.wipe_secret(platform.credential).await.expect("wiped"));
    // What was set at the same moment is the same: time goes on, and the connection is made anew.
    rig.clock.advance(Duration::from_secs(1));
    store
        .set_platform_profile(platform.id, platform.profile.clone(), &Actor::host("test"))
        .await
        .expect("set");
    rig.engine.want_catalogue(platform.id).await.expect("wanted");
    rig.read_anew(platform.id).await;
    let kept = state(&rig, &platform).await;
    let why = kept.trouble.unwrap_or_default();
    assert!(why.contains("credential of platform"), "{why}");
    assert!(kept.catalogue.is_some(), "what was known stays");
    rig.read_anew(platform.id).await;
    let again = state(&rig, &platform).await.tried_at;
    let rest = Duration::from_secs(600);
    assert!(
        again >= kept.tried_at.map(|at| at + rest),
        "it has its turn, and not each moment"
    );
    let said = rig.lines().await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("[Katapult]: Error running task: Sync config options: ")
            && said[0].contains(&why),
        "{said:?}"
    );
    rig.clock.advance(Duration::from_secs(37 * 3600));
    rig.until("the catalogue's age is an alarm", HOUR, async |rig: &Kat| {
        let fresh = rig.engine.freshness();
        let duty = fresh.into_iter().find(|fresh| fresh.duty == "catalogues");
        let trouble = duty.and_then(|duty| duty.trouble).unwrap_or_default();
        (trouble.contains("out of date") && trouble.contains(&why)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn kt_009_an_account_that_another_platform_names_is_told_and_noted_once_it_is_free() {
    let (rig, platform) = read_once().await;
    let (store, host) = (rig.engine.store(), Actor::host("test"));
    store
        .set_platform_account(platform.id, "", &platform.name, &host)
        .await
        .expect("cleared");
    let other = Proposal {
        server: None,
        kind: PlatformKind::Katapult,
        endpoint: rig.platform.endpoint.clone(),
        account: platform.account.clone(),
        token: Secret::new(Config::TOKEN),
        name: "other".to_owned(),
        actor: host.clone(),
    };
    let other = rig.engine.propose_platform(other).await.expect("proposed");
    rig.engine.want_catalogue(platform.id).await.expect("wanted");
    rig.read_anew(platform.id).await;
    let why = state(&rig, &platform).await.trouble.unwrap_or_default();
    assert!(why.contains("another platform names the same account"), "{why}");
    let said = rig.lines().await.join("; ");
    assert!(said.contains(&why), "{said}");
    assert_eq!(rig.stored(platform.id).await.account, "");

    store
        .set_platform_account(other.id, "elsewhere", &other.name, &host)
        .await
        .expect("named");
    rig.read_anew(platform.id).await;
    assert_eq!(state(&rig, &platform).await.trouble, None);
    assert_eq!(rig.stored(platform.id).await.account, platform.account);
}

#[tokio::test]
async fn kt_013_a_reading_that_was_broken_off_was_written_down_and_is_made_again() {
    let (rig, platform) = read_once().await;
    let before = state(&rig, &platform).await;
    let rule = rig
        .panel
        .add_fault(FaultRule::at("list_data_centers", Fault::TimeoutBefore));
    rig.clock.advance(Duration::from_secs(1));
    let asked = |rig: &Kat| {
        let calls = rig.panel.calls();
        let places = calls.iter().filter(|call| call.endpoint == "list_data_centers");
        places.count()
    };
    let calls = asked(&rig);
    tokio::select! {
        synced = rig.engine.sync_catalogue(&platform) => panic!("nothing answers: {synced:?}"),
        () = rig.until("the platform is asked", HOUR, async |rig: &Kat| {
            (asked(rig) > calls).then_some(())
        }) => {}
    }
    let open = state(&rig, &platform).await;
    assert!(open.is_open && open.tried_at > before.tried_at);
    assert_eq!(open.catalogue, before.catalogue, "what was known stays");
    rig.panel.remove_fault(rule);
    rig.read_anew(platform.id).await;
    let after = state(&rig, &platform).await;
    assert!(!after.is_open && after.trouble.is_none() && after.observed_at > before.observed_at);
}
