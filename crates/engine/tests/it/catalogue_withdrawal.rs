//! What a platform offers no more, what another one of the same billing system still offers, and what both call
//! differently.

use std::time::Duration;

use domain::Clock;
use domain::record::{Platform, PlatformKind};
use engine::catalogue::News;
use serde_json::{Value, json};
use sim::katapult::{Act, Config, Katapult};
use testkit::rig::Rig;

use super::catalogue::{keys, lines, option};
use super::katapult::Kat;

const AMSTERDAM: &str = "nl-ams-01";

/// Reads a platform's catalogue now.
async fn read(rig: &Kat, platform: &Platform) -> News {
    let synced = rig.engine.sync_catalogue(platform).await;
    synced.expect("it is kept").expect("it is read")
}

fn withdraw(rig: &Kat, katapult: &Katapult) {
    let permalink = AMSTERDAM.to_owned();
    let done = katapult.hand(rig.clock.now()).act(Act::Withdraw { permalink });
    done.expect("the platform does it");
}

#[tokio::test]
async fn kt_019_what_two_readings_within_a_minute_lack_is_not_withdrawn_yet() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    withdraw(&rig, &rig.panel);
    let mut seen = Vec::new();
    for seconds in [0, 1, 58, 1, 1] {
        rig.clock.advance(Duration::from_secs(seconds));
        seen.push(read(&rig, &platform).await.withdrawn_places);
    }
    let none = Vec::<String>::new;
    assert_eq!(seen, [none(), none(), none(), vec![AMSTERDAM.to_owned()], none()]);
}

#[tokio::test]
async fn kt_019_what_another_platform_of_the_billing_system_offers_is_not_hidden() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    let beside = rig.beside(Config::default()).await;
    rig.told().await;

    let gone_from = async |platform: &Platform| {
        let first = read(&rig, platform).await;
        assert!(first.withdrawn_places.is_empty());
        rig.clock.advance(Duration::from_secs(60));
        assert_eq!(read(&rig, platform).await.withdrawn_places, [AMSTERDAM]);
        rig.told().await
    };
    withdraw(&rig, &rig.panel);
    let told = gone_from(&platform).await;
    let group = option(&told).expect("the options were told");
    assert_eq!(group["options"][0]["withdrawn"], Value::Array(Vec::new()));
    assert!(keys(group, 0).contains(&AMSTERDAM), "the other one has it");
    assert!(
        lines(&told).iter().all(|line| !line.contains(AMSTERDAM)),
        "{told:?}"
    );

    withdraw(&rig, &beside.panel);
    let told = gone_from(&beside.platform).await;
    let group = option(&told).expect("the options were told");
    assert_eq!(group["options"][0]["withdrawn"], json!([AMSTERDAM]));
    assert!(!keys(group, 0).contains(&AMSTERDAM), "nobody has it");
    assert!(
        lines(&told).iter().any(|line| line.contains(AMSTERDAM)),
        "{told:?}"
    );
}

#[tokio::test]
async fn kt_015_kt_016_all_platforms_of_a_billing_system_make_one_group_of_options() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    let mut config = Config::default();
    config.catalogue.data_centers[0].name = "London by another name".to_owned();
    config.catalogue.data_centers[1].permalink = "de-fra-01".to_owned();
    let beside = rig.beside(config).await;
    rig.told().await;
    let (main, kind) = (rig.installation.id.clone(), PlatformKind::Katapult);
    rig.engine.offer_options(&main, kind).await.expect("told");
    let told = rig.told().await;
    let offered = option(&told).expect("the options were told").clone();
    let mut groups = told.iter().filter_map(|one| option(std::slice::from_ref(one)));
    assert!(
        groups.all(|group| *group == offered),
        "one group, and not one per platform"
    );
    assert_eq!(
        keys(&offered, 0),
        ["uk-lon-01", AMSTERDAM, "us-nyc-01", "de-fra-01"]
    );
    // Which of the platforms was read last says nothing.
    for last in [&beside.platform, &platform] {
        read(&rig, last).await;
        assert_eq!(option(&rig.told().await), Some(&offered));
    }
}

#[tokio::test]
async fn kt_020_a_new_name_upstream_is_in_the_next_effect_under_the_same_key() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    rig.told().await;
    rig.act(Act::RenameOffer {
        permalink: AMSTERDAM.to_owned(),
        name: "Amsterdam South".to_owned(),
    });
    assert_eq!(read(&rig, &platform).await, News::default());
    let told = rig.told().await;
    let places = &option(&told).expect("the options were told")["options"][0];
    assert_eq!(places["withdrawn"], Value::Array(Vec::new()));
    let values = places["values"].as_array().expect("values");
    assert!(values.contains(&json!({ "key": AMSTERDAM, "label": "Amsterdam South" })));
}
