//! Changes of a platform that were typed into a billing system, and what becomes of their keys when something fails.

use domain::Actor;
use domain::record::Platform;
use engine::ProposedChange;
use sim::katapult::Config;
use store::testing::execute;
use store::{PLATFORM_CREDENTIAL, Store};
use testkit::rig::Rig;

use super::katapult::Kat;

/// An approved platform.
async fn connected() -> (Kat, Platform) {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    let platform = rig.stored(platform.id).await;
    (rig, platform)
}

async fn change(rig: &Kat, platform: &Platform) -> ProposedChange {
    let change = rig.engine.proposed_change(platform.id).await;
    change.expect("readable")
}

/// The key that a change names, as it is kept.
async fn key(store: &Store, change: &ProposedChange) -> Option<String> {
    let id = change.credential.expect("a key was typed");
    let kept = store.read_secret(id, PLATFORM_CREDENTIAL).await;
    kept.expect("readable").map(|key| key.expose().to_owned())
}

/// Lets nothing be kept that has this in it, until [`unbar`]. Each text has an index of its own name: a connection that
/// has not heard of the removal yet would refuse the same name.
async fn bar(store: &Store, text: &str) {
    execute(store, "INSERT INTO meta (name, value) VALUES ('in the way', '{')").await;
    let index = format!(
        "CREATE UNIQUE INDEX {} ON meta (substr(value, 1, 1)) \
         WHERE name = 'in the way' OR replace(value, '{text}', '') <> value",
        obstacle(text)
    );
    execute(store, &index).await;
}

fn obstacle(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphabetic);
    format!("in_the_way_of_{}", letters.collect::<String>())
}

async fn unbar(store: &Store, text: &str) {
    execute(store, &format!("DROP INDEX {}", obstacle(text))).await;
    execute(store, "DELETE FROM meta WHERE name = 'in the way'").await;
}

/// How many keys of platforms are kept.
async fn keys(store: &Store) -> String {
    execute(store, "DELETE FROM meta WHERE name = 'keys'").await;
    let count = format!(
        "INSERT INTO meta (name, value) SELECT 'keys', CAST(COUNT(*) AS TEXT) FROM secrets \
         WHERE purpose = '{PLATFORM_CREDENTIAL}' AND ciphertext <> ''"
    );
    execute(store, &count).await;
    store.meta("keys").await.expect("readable").expect("counted")
}

#[tokio::test]
async fn kt_002_a_key_is_wiped_only_when_no_kept_change_names_it_and_none_is_kept_that_nothing_names() {
    let (rig, platform) = connected().await;
    let (engine, store) = (&rig.engine, rig.engine.store());
    rig.take("first-thought", None).await;
    let typed = change(&rig, &platform).await;
    let two = keys(store).await;
    assert_eq!(two, "2", "the platform's and what was typed");

    bar(store, "globex").await;
    let died = engine
        .take_settings(rig.typed("second-thought", Some("globex")))
        .await;
    assert!(died.is_err(), "the change could not be kept: {died:?}");
    assert_eq!(change(&rig, &platform).await, typed);
    assert_eq!(key(store, &typed).await.as_deref(), Some("first-thought"));
    assert_eq!(keys(store).await, two, "the second thought is not kept");
    unbar(store, "globex").await;

    bar(store, "\"credential\":null").await;
    assert!(engine.drop_change(platform.id).await.is_err());
    assert_eq!(change(&rig, &platform).await, typed);
    assert_eq!(key(store, &typed).await.as_deref(), Some("first-thought"));
    unbar(store, "\"credential\":null").await;

    // What is outdated is wiped, once it is.
    rig.take("third-thought", None).await;
    assert_eq!(key(store, &typed).await, None);
    assert_eq!(keys(store).await, two);
    let typed = change(&rig, &platform).await;
    engine.drop_change(platform.id).await.expect("dropped");
    assert_eq!(key(store, &typed).await, None);
    assert_eq!(keys(store).await, "1");
    assert!(change(&rig, &platform).await.is_empty());
}

#[tokio::test]
async fn kt_002_a_change_whose_key_is_gone_is_refused_with_the_remedy_and_changes_nothing() {
    let (rig, platform) = connected().await;
    let (engine, store, host) = (&rig.engine, rig.engine.store(), Actor::host("test"));
    rig.take("lost", Some("globex")).await;
    let typed = change(&rig, &platform).await;
    let lost = typed.credential.expect("a key was typed");
    assert!(store.wipe_secret(lost).await.expect("wiped"));
    let refused = engine.accept_change(platform.id, &host).await;
    let said = refused.expect_err("there is no key").to_string();
    let remedy = format!("hostler platform approve {} --token-file", platform.id);
    assert!(said.contains("Type it again") && said.contains(&remedy), "{said}");
    let present = rig.stored(platform.id).await;
    assert_eq!(
        (&present.account, present.credential),
        (&platform.account, platform.credential)
    );
    assert_eq!(change(&rig, &platform).await, typed);

    rig.take(Config::READ_TOKEN, None).await;
    let taken = engine.accept_change(platform.id, &host).await;
    assert!(taken.expect("typed again"));
    let present = rig.stored(platform.id).await;
    let credential = store.platform_credential(&present).await.expect("readable");
    assert_eq!(credential.expect("a key").expose(), Config::READ_TOKEN);
    assert_eq!(present.account, "globex");
}

#[tokio::test]
async fn kt_002_what_is_typed_while_a_change_is_taken_over_is_in_force_or_waits_and_is_never_dropped() {
    let (rig, platform) = connected().await;
    let (engine, store, host) = (&rig.engine, rig.engine.store(), Actor::host("test"));
    for round in 0..20 {
        rig.take(&format!("before-{round}"), None).await;
        let meanwhile = format!("meanwhile-{round}");
        let (taken, typed) = tokio::join!(
            engine.accept_change(platform.id, &host),
            engine.take_settings(rig.typed(&meanwhile, None)),
        );
        assert!(taken.expect("taken over") && typed.expect("typed").is_ok());
        let change = change(&rig, &platform).await;
        let waits = change.credential.is_some();
        let present = rig.stored(platform.id).await;
        let in_force = store.platform_credential(&present).await.expect("readable");
        let in_force = in_force.expect("a key").expose().to_owned();
        if waits {
            assert_eq!(key(store, &change).await, Some(meanwhile));
            assert_eq!(in_force, format!("before-{round}"));
        } else {
            assert_eq!(in_force, meanwhile);
        }
        let kept = if waits { "2" } else { "1" };
        assert_eq!(keys(store).await, kept, "no other key is kept");
    }
}
