//! Notifications, and whether secondary servers fetch what was changed.

use rdns::powerdns::answer;
use testkit::dns::{Kind, NameServer, RecordSet, ask, until};

use crate::world::{ZONE, api, change, delete, furnished, name, refused, replace};

/// A primary server with a zone of one pointer.
async fn primary() -> NameServer {
    let server = NameServer::start("primary").await;
    let records = [RecordSet::pointers(&format!("5.{ZONE}"), &["five.example.test."])];
    server.create_zone(ZONE, Kind::Primary, &records).await;
    server
}

async fn follower(name: &str, primary: &NameServer) -> NameServer {
    let server = NameServer::start(name).await;
    server.follow(primary, ZONE).await;
    server
}

/// Makes a change and tells of it, as every run does.
async fn change_and_notify(server: &NameServer, changes: &[rdns::powerdns::Change]) {
    assert_eq!(change(server, ZONE, changes).await, Ok(()));
    let outcome = server.send(&api().notify(&name(ZONE))).await;
    assert_eq!(answer::notified(&outcome), Ok(()));
}

/// Waits for a secondary server to have what the primary one has.
async fn caught_up(server: &NameServer, primary: &NameServer) {
    let serial = primary.serial(ZONE).await;
    until("the secondary server fetches the zone", async || {
        (server.serial(ZONE).await == serial).then_some(())
    })
    .await;
    assert_eq!(server.dump().await, primary.dump().await);
}

#[tokio::test]
async fn vf_247_vf_248_secondary_servers_have_a_change_soon_after_the_notification() {
    let primary = primary().await;
    let secondary = follower("secondary", &primary).await;
    assert_eq!(secondary.serial(ZONE).await, Some(2));
    let one = replace(&format!("1.{ZONE}"), "one.example.test", 60);
    change_and_notify(&primary, &[one]).await;
    caught_up(&secondary, &primary).await;
    assert_eq!(secondary.serial(ZONE).await, Some(3));
    let seen = ask(secondary.dns(), &format!("1.{ZONE}"), "PTR").await;
    assert_eq!(seen.values("PTR"), ["one.example.test."]);
    let gone = delete(&format!("5.{ZONE}"));
    change_and_notify(&primary, &[gone]).await;
    caught_up(&secondary, &primary).await;
    assert_eq!(ask(secondary.dns(), &format!("5.{ZONE}"), "PTR").await.code, 3);
}

#[tokio::test]
async fn a_secondary_server_that_lags_answers_with_what_it_has_until_it_catches_up() {
    let primary = primary().await;
    let prompt = follower("prompt", &primary).await;
    let late = follower("late", &primary).await;
    late.lag(&primary, ZONE, true).await;
    let one = replace(&format!("5.{ZONE}"), "new.example.test", 60);
    change_and_notify(&primary, &[one]).await;
    caught_up(&prompt, &primary).await;
    let seen = ask(late.dns(), &format!("5.{ZONE}"), "PTR").await;
    assert_eq!(seen.values("PTR"), ["five.example.test."]);
    late.lag(&primary, ZONE, false).await;
    caught_up(&late, &primary).await;
}

/// Its answer does not say whether anybody was notified. A server without secondary ones takes it, too.
#[tokio::test]
async fn vf_247_a_server_of_4_7_takes_a_notification_for_a_zone_that_nobody_follows() {
    let server = furnished().await;
    let before = server.dump().await;
    let outcome = server.send(&api().notify(&name(ZONE))).await;
    assert_eq!(answer::notified(&outcome), Ok(()));
    assert_eq!(server.dump().await, before);
}

#[tokio::test]
async fn vf_247_a_notification_that_fails_leaves_the_change_made() {
    let server = furnished().await;
    let one = replace(&format!("1.{ZONE}"), "one.example.test", 60);
    assert_eq!(change(&server, ZONE, &[one]).await, Ok(()));
    let made = server.dump().await;
    let notify = api().notify(&name(ZONE));
    refused(answer::notified(
        &server.client().with_key("wrong").send(&notify).await,
    ));
    let elsewhere = api().notify(&name("114.0.203.in-addr.arpa."));
    let words = refused(answer::notified(&server.send(&elsewhere).await));
    assert_eq!(words, "Not Found (HTTP 404)");
    assert_eq!(server.dump().await, made);
}
