//! What platforms offer, and the settings that billing systems type: read, kept, told, approved.

use std::time::Duration;

use domain::record::{EffectBody, PlatformKind, PlatformState};
use domain::{Actor, Clock};
use engine::Fate;
use engine::catalogue::{Choice, objection};
use serde_json::Value;
use sim::fault::{Fault, FaultRule};
use sim::katapult::{Act, Config, Template};
use sim::platform::Platform as _;
use testkit::rig::Rig;

use super::katapult::{HOUR, Kat};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The options that a billing system was told, last.
pub fn option(told: &[EffectBody]) -> Option<&Value> {
    told.iter().rev().find_map(|body| match body {
        EffectBody::UpsertOption { option } => Some(option),
        _ => None,
    })
}

pub fn lines(told: &[EffectBody]) -> Vec<&str> {
    told.iter()
        .filter_map(|body| match body {
            EffectBody::LogActivity { message } => Some(message.as_str()),
            _ => None,
        })
        .collect()
}

/// The keys of one option's values.
pub fn keys(option: &Value, index: usize) -> Vec<&str> {
    let values = option["options"][index]["values"].as_array().expect("values");
    values.iter().filter_map(|value| value["key"].as_str()).collect()
}

#[tokio::test]
async fn kt_005_kt_009_a_key_typed_inside_the_window_is_used_at_once_and_finds_its_organization() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    let told = rig.told().await;
    let option = option(&told).expect("the options were told");
    assert_eq!(option["module"], "katapult");
    assert_eq!(keys(option, 0), ["uk-lon-01", "nl-ams-01", "us-nyc-01"]);
    assert_eq!(keys(option, 1).len(), 9);
    assert_eq!(keys(option, 2), ["price-per-gb"]);
    assert_eq!(
        lines(&told),
        [
            "[Katapult]: Updated API V1 key",
            "[Katapult]: Sync config options completed"
        ]
    );
    let account = rig.stored(platform.id).await.account;
    assert!(account.starts_with("org_"), "{account}");
    // It is remembered: the next reading does not ask for it.
    let asked = || {
        let calls = rig.panel.calls();
        calls
            .iter()
            .filter(|call| call.endpoint == "list_organizations")
            .count()
    };
    let before = asked();
    rig.engine.want_catalogue(platform.id).await.expect("wanted");
    rig.read_anew(platform.id).await;
    assert_eq!(asked(), before);
}

#[tokio::test]
async fn kt_002_kt_004_kt_008_a_key_outside_the_window_waits_and_nothing_shows_it() {
    let rig = Rig::unconnected(Config::default()).await;
    let settled = rig.take(Config::TOKEN, Some("acme")).await;
    assert_eq!((settled.key, settled.account), (Fate::Waiting, Fate::Waiting));
    let platform = settled.platform.expect("it was proposed");
    assert_eq!(
        (platform.state, platform.account.as_str()),
        (PlatformState::Proposed, "acme")
    );
    rig.clock.advance(DAY);
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(rig.calls(), 0, "a proposal makes no call");
    let told = rig.told().await;
    assert!(lines(&told)[0].starts_with("[Katapult]: Updated API V1 key (in force once it is approved"));
    assert!(lines(&told)[1].starts_with("[Katapult]: Updated parent organization to: acme (in force"));
    assert!(!format!("{told:?}").contains(Config::TOKEN));
    let settings = rig
        .engine
        .module_settings(&rig.installation.id, PlatformKind::Katapult)
        .await
        .expect("readable");
    assert!(!format!("{settings:?}").contains(Config::TOKEN));
    // The same account, approved on the host, is read at once.
    let host = Actor::host("test");
    rig.engine
        .approve_platform(platform.id, &host)
        .await
        .expect("approved");
    rig.read_anew(platform.id).await;
    assert!(option(&rig.told().await).is_some());
}

#[tokio::test]
async fn kt_003_kt_010_an_empty_key_changes_nothing_and_an_organization_can_be_changed_and_cleared() {
    let rig = Rig::unconnected(Config::default()).await;
    let nothing = rig.take("  ", None).await;
    assert_eq!((nothing.platform, nothing.key), (None, Fate::Unchanged));
    let alone = rig
        .engine
        .take_settings(rig.typed("", Some("acme")))
        .await
        .expect("works");
    assert!(alone.expect_err("refused").contains("key is missing"));
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    rig.told().await;
    let kept = rig.stored(platform.id).await;
    let same = rig.take("", Some(&kept.account)).await;
    assert_eq!((same.key, same.account), (Fate::Unchanged, Fate::Unchanged));
    assert!(rig.lines().await.is_empty());

    // An approved platform does not change over the bridge: the host takes it over.
    let host = Actor::host("test");
    let to_own = format!("[Katapult]: Updated parent organization to: {}", kept.account);
    for (typed, fate, line) in [
        (
            "globex",
            Fate::Waiting,
            "[Katapult]: Updated parent organization to: globex (in force",
        ),
        ("globex", Fate::Unchanged, ""),
        (kept.account.as_str(), Fate::InForce, to_own.as_str()),
        (
            "",
            Fate::Waiting,
            "[Katapult]: Cleared parent organization (in force",
        ),
    ] {
        assert_eq!(rig.take("", Some(typed)).await.account, fate, "{typed:?}");
        let said = rig.lines().await.join("; ");
        assert!(
            said.starts_with(line) && said.is_empty() == line.is_empty(),
            "{said}"
        );
        assert_eq!(rig.stored(platform.id).await.account, kept.account, "{typed:?}");
    }
    assert!(
        rig.engine
            .accept_change(platform.id, &host)
            .await
            .expect("taken over")
    );
    assert_eq!(rig.stored(platform.id).await.account, "", "cleared");
    rig.read_anew(platform.id).await;
    assert_eq!(rig.stored(platform.id).await.account, kept.account, "found again");
    for wrong in ["org x", "a/b", &"x".repeat(64)] {
        let refused = rig
            .engine
            .take_settings(rig.typed("", Some(wrong)))
            .await
            .expect("works");
        assert!(refused.expect_err("refused").contains("sub-domain"), "{wrong}");
    }
}

#[tokio::test]
async fn kt_002_another_key_is_kept_beside_the_one_in_force_until_the_host_takes_it_over() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    let before = rig.stored(platform.id).await;
    for key in ["first-thought", Config::READ_TOKEN] {
        let settled = rig.take(key, None).await;
        assert_eq!(settled.key, Fate::Waiting);
    }
    let store = rig.engine.store();
    let present = rig.stored(platform.id).await;
    assert_eq!(
        present.credential, before.credential,
        "nothing typed changes what is in force"
    );
    assert!(
        !rig.engine
            .proposed_change(platform.id)
            .await
            .expect("readable")
            .is_empty()
    );
    let host = Actor::host("test");
    assert!(
        rig.engine
            .accept_change(platform.id, &host)
            .await
            .expect("taken over")
    );
    assert!(!rig.engine.accept_change(platform.id, &host).await.expect("once"));
    let present = rig.stored(platform.id).await;
    let credential = store.platform_credential(&present).await.expect("readable");
    assert_eq!(credential.expect("a key").expose(), Config::READ_TOKEN);
}

#[tokio::test]
async fn kt_011_kt_012_catalogues_are_read_daily_and_on_demand_and_pages_make_no_call() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    let calls = rig.calls();
    let known = rig
        .engine
        .catalogues(&rig.installation.id, PlatformKind::Katapult)
        .await
        .expect("readable");
    assert_eq!(known.len(), 1);
    assert_eq!(rig.calls(), calls, "what is known is asked of the store");
    rig.told().await;
    rig.engine
        .want_catalogues(&rig.installation.id)
        .await
        .expect("wanted");
    rig.read_anew(platform.id).await;
    let told = rig.told().await;
    assert_eq!(lines(&told), ["[Katapult]: Sync config options completed"]);
    let again = rig.clock.now();
    rig.clock.advance(Duration::from_secs(85_800));
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(option(&rig.told().await).is_none(), "a reading is good for a day");
    rig.clock.advance(Duration::from_secs(600));
    rig.read_anew(platform.id).await;
    assert!(option(&rig.told().await).is_some());
    assert!(rig.clock.now() >= again + DAY);
}

#[tokio::test]
async fn kt_013_a_failure_is_logged_once_contained_and_healed_by_itself() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    rig.told().await;
    let fault = Fault::ErrorBefore {
        status: 403,
        html: false,
    };
    let rule = rig.panel.add_fault(FaultRule::at("list_data_centers", fault));
    rig.engine.want_catalogue(platform.id).await.expect("wanted");
    rig.read_anew(platform.id).await;
    rig.read_anew(platform.id).await;
    let told = rig.told().await;
    let said = lines(&told);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].starts_with("[Katapult]: Error running task: Sync config options: "),
        "{said:?}"
    );
    assert!(said[0].contains("403"), "{said:?}");
    assert!(option(&told).is_none(), "half a catalogue changes nothing");
    let state = rig.engine.catalogue_state(platform.id).await.expect("readable");
    assert!(
        state.catalogue.is_some() && state.trouble.is_some(),
        "what was known stays"
    );
    rig.panel.remove_fault(rule);
    rig.read_anew(platform.id).await;
    assert!(option(&rig.told().await).is_some());
}

#[tokio::test]
async fn kt_013_a_catalogue_that_cannot_be_read_for_long_is_an_alarm() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    rig.panel.add_fault(FaultRule::anywhere(Fault::ErrorBefore {
        status: 503,
        html: true,
    }));
    rig.clock.advance(DAY + Duration::from_secs(13 * 3600));
    rig.until("the catalogue's age is an alarm", HOUR, async |rig: &Kat| {
        let fresh = rig.engine.freshness();
        let duty = fresh.into_iter().find(|fresh| fresh.duty == "catalogues");
        let why = duty.and_then(|duty| duty.trouble).unwrap_or_default();
        let is_told = why.contains("out of date") && why.contains("503");
        (is_told && rig.is_raised("duty:catalogues").await).then_some(())
    })
    .await;
    rig.panel.clear_faults();
    rig.read_anew(platform.id).await;
    rig.until("the alarm is cleared", HOUR, async |rig: &Kat| {
        (!rig.is_raised("duty:catalogues").await).then_some(())
    })
    .await;
}

#[tokio::test]
async fn kt_017_kt_018_every_page_of_templates_is_read_with_the_universal_ones() {
    let mut config = Config::default();
    let own = Template {
        owner: Some(Config::ORGANIZATION.to_owned()),
        ..Template::universal("templates/own", "Our own", "Debian")
    };
    config.catalogue.templates = (0..450)
        .map(|number| Template::universal(&format!("templates/t-{number}"), &format!("T {number}"), "Debian"))
        .chain([own])
        .collect();
    let rig = Rig::unconnected(config).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    let told = rig.told().await;
    let templates = keys(option(&told).expect("told"), 1);
    assert_eq!(templates.len(), 451);
    assert!(templates.contains(&"templates/own") && templates.contains(&"templates/t-449"));
}

#[tokio::test]
async fn kt_019_what_comes_later_is_told_and_what_goes_is_withdrawn_once_two_readings_lack_it() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    rig.told().await;
    rig.act(Act::OfferDataCenter {
        permalink: "de-fra-01".to_owned(),
        name: "Frankfurt".to_owned(),
    });
    rig.act(Act::Withdraw {
        permalink: "nl-ams-01".to_owned(),
    });
    let mut seen = Vec::new();
    for _ in 0..4 {
        rig.engine.want_catalogue(platform.id).await.expect("wanted");
        rig.read_anew(platform.id).await;
        let told = rig.told().await;
        let withdrawn = option(&told).expect("told")["options"][0]["withdrawn"].clone();
        let news = lines(&told).iter().any(|line| line.contains("de-fra-01"));
        seen.push((withdrawn, news));
    }
    let none = Value::Array(Vec::new());
    let expected = [
        (none.clone(), true),
        (Value::from(vec!["nl-ams-01"]), false),
        (none.clone(), false),
        (none, false),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn kt_015_a_product_that_comes_later_is_offered_the_options_as_they_are_known() {
    let rig = Rig::unconnected(Config::default()).await;
    let (main, kind) = (rig.installation.id.clone(), PlatformKind::Katapult);
    rig.engine
        .offer_options(&main, kind)
        .await
        .expect("nothing is known");
    assert!(rig.told().await.is_empty());
    let platform = rig.connect().await;
    let is_known = async || {
        let state = rig.catalogue_at_rest(platform.id).await;
        state.is_some_and(|state| state.catalogue.is_some())
    };
    // What is told moves the clock on, which a reading may wait for.
    while !is_known().await {
        tokio::time::sleep(Duration::from_millis(20)).await;
        rig.told().await;
    }
    rig.told().await;
    let calls = rig.calls();
    rig.engine.offer_options(&main, kind).await.expect("told");
    let told = rig.told().await;
    // The clock leaps between the two, so that alarms about duties may be told besides.
    let options = told
        .iter()
        .filter(|body| matches!(body, EffectBody::UpsertOption { .. }));
    assert_eq!((options.count(), rig.calls()), (1, calls));
    assert!(option(&told).is_some());
}

#[tokio::test]
async fn kt_030_kt_032_a_cart_is_judged_by_what_was_read_while_the_platform_is_down() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    rig.read_anew(platform.id).await;
    rig.panel.add_fault(FaultRule::anywhere(Fault::Refused));
    let known = rig
        .engine
        .catalogues(&rig.installation.id, PlatformKind::Katapult)
        .await
        .expect("readable");
    let catalogues: Vec<_> = known
        .into_iter()
        .filter_map(|(_, state)| state.catalogue)
        .collect();
    let choice = |key: &str, is_quantity, entered: &str, chosen: &str| Choice {
        key: key.to_owned(),
        is_quantity,
        entered: entered.to_owned(),
        chosen: chosen.to_owned(),
    };
    let template = choice("disk_template", false, "9", "templates/ubuntu-22-04|Ubuntu 22.04");
    let said = |size: &str| {
        objection(
            &catalogues,
            &[template.clone(), choice("disk_size", true, size, "")],
        )
    };
    assert_eq!(
        said("5").as_deref(),
        Some("Custom disk size must be at least 10GB for Ubuntu 22.04")
    );
    assert_eq!((said("10"), said("0")), (None, None));
}

#[tokio::test]
async fn kt_027_a_connection_is_tested_with_the_account_that_was_typed() {
    let rig = Rig::unconnected(Config::default()).await;
    rig.enrol().await;
    let settled = rig.take(Config::TOKEN, Some("acme")).await;
    let platform = settled.platform.expect("it was made");
    let test = async || {
        let tested = rig.engine.test_platform(platform.id).await;
        tested.expect("the store works")
    };
    assert_eq!(test().await, Ok(()));
    let asked = rig.panel.calls();
    assert!(
        asked
            .iter()
            .any(|call| call.query.iter().any(|(_, value)| value == "acme")),
        "the organization is part of the test"
    );
    // What was set at the same moment is the same: time goes on between them.
    rig.clock.advance(Duration::from_secs(1));
    let host = Actor::host("test");
    let id = domain::id::SecretId::new(rig.clock.as_ref(), rig.engine.random().as_ref());
    let wrong = domain::Secret::new("no-such-token");
    let set = rig
        .engine
        .store()
        .set_platform_credential(platform.id, id, &wrong, &host)
        .await;
    set.expect("set");
    let refused = test().await.expect_err("refused");
    assert!(
        refused.contains("HTTP 403") && refused.contains("API token"),
        "{refused}"
    );
    rig.panel.add_fault(FaultRule::anywhere(Fault::ErrorBefore {
        status: 502,
        html: true,
    }));
    let other = test().await.expect_err("another error");
    assert!(other.contains("502") && !other.contains("API token"), "{other}");
}

#[tokio::test]
async fn kt_028_a_key_goes_to_the_host_that_is_configured_and_to_no_other() {
    let rig = Rig::unconnected(Config::default()).await;
    let platform = rig.connect().await;
    assert_eq!(platform.endpoint, rig.platform.endpoint);
    rig.read_anew(platform.id).await;
    assert!(rig.calls() > 0);
    // Another host in the settings does not move a platform that is known.
    let elsewhere = engine::TypedSettings {
        endpoint: "https://api.example.test".to_owned(),
        ..rig.typed("another key", None)
    };
    let settled = rig
        .engine
        .take_settings(elsewhere)
        .await
        .expect("works")
        .expect("taken");
    assert_eq!(settled.key, Fate::Waiting);
    assert_eq!(rig.stored(platform.id).await.endpoint, rig.platform.endpoint);
}
