//! Two ways to lose a change, which no answer tells of.

use rdns::powerdns::answer;
use testkit::dns::{Kind, NameServer, RecordSet, until};

use crate::world::{ZONE, api, change, held, name, place, read, replace};

/// The list of zones calls such a zone `Slave`: that is what there is to know before.
#[tokio::test]
async fn vf_247_a_secondary_server_takes_a_change_and_loses_it_with_the_next_transfer() {
    let primary = NameServer::start("primary").await;
    let records = [RecordSet::pointers(&format!("5.{ZONE}"), &["five.example.test."])];
    primary.create_zone(ZONE, Kind::Primary, &records).await;
    let secondary = NameServer::start("secondary").await;
    secondary.follow(&primary, ZONE).await;
    let lost = replace(&format!("1.{ZONE}"), "lost.example.test", 60);
    assert_eq!(change(&secondary, ZONE, &[lost]).await, Ok(()));
    assert_eq!(held(&read(&secondary, &place(1)).await), ["lost.example.test"]);
    let changes = [2, 3].map(|octet| replace(&format!("{octet}.{ZONE}"), "kept.example.test", 60));
    // The transfer begins only with a serial that is higher than the one that was made here.
    for one in changes {
        assert_eq!(change(&primary, ZONE, &[one]).await, Ok(()));
    }
    let outcome = primary.send(&api().notify(&name(ZONE))).await;
    assert_eq!(answer::notified(&outcome), Ok(()));
    until("the secondary server fetches the zone", async || {
        (secondary.dump().await == primary.dump().await).then_some(())
    })
    .await;
}

/// Zones that were made with an empty `soa_edit_api`, or in the database by hand, are like this.
#[tokio::test]
async fn vf_247_a_zone_whose_serial_does_not_move_is_not_fetched_again() {
    let primary = NameServer::start("primary").await;
    primary.create_zone(ZONE, Kind::Primary, &[]).await;
    let (prompt, other) = (NameServer::start("prompt").await, "114.0.203.in-addr.arpa.");
    primary.create_zone(other, Kind::Primary, &[]).await;
    prompt.follow(&primary, ZONE).await;
    prompt.follow(&primary, other).await;
    primary.hold_serial(ZONE).await;
    for zone in [ZONE, other] {
        let one = replace(&format!("1.{zone}"), "one.example.test", 60);
        assert_eq!(change(&primary, zone, &[one]).await, Ok(()));
        let outcome = primary.send(&api().notify(&name(zone))).await;
        assert_eq!(answer::notified(&outcome), Ok(()));
    }
    until("the other zone is fetched", async || {
        (prompt.serial(other).await == Some(3)).then_some(())
    })
    .await;
    assert_eq!(held(&read(&primary, &place(1)).await), ["one.example.test"]);
    assert_eq!(read(&prompt, &place(1)).await, rdns::Pointers::Nothing);
}
