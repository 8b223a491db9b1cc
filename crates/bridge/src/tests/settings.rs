//! What administrators save with a product, the packages that they choose from, and carts.

use domain::record::PlatformState;
use http::StatusCode;
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};
use sim::katapult::{Config, Katapult};
use sim::platform::Platform as _;
use testkit::rig::Rig;

use super::rig::Door;
use crate::BridgeConfig;

/// A door with an engine behind it that is just being connected to a simulated Katapult.
struct Desk {
    rig: Rig<Katapult>,
    door: Door,
}

impl Desk {
    async fn start() -> Self {
        let rig = Rig::unconnected(Config::default()).await;
        let config = BridgeConfig {
            katapult_api: rig.platform.endpoint.clone(),
            ..BridgeConfig::default()
        };
        let door = Door::new(&rig.engine, &rig.clock, &rig.installation, config);
        Self { rig, door }
    }

    async fn heard(&self, actor: &str, kind: &str, body: &Value) -> Value {
        let (status, answer) = self.door.event_by(actor, kind, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    async fn save(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut body = json!({ "module": "katapult", "key": "", "organization": null, "organization_shown": null, "resync": false });
        change(&mut body);
        self.heard("admin", "module_settings", &body).await
    }

    async fn packages(&self) -> Value {
        let answer = self
            .heard("admin", "packages", &json!({ "module": "katapult" }))
            .await;
        answer["data"].clone()
    }
}

#[tokio::test]
async fn kt_002_kt_005_kt_011_saving_a_key_proposes_the_platform_and_a_resync_is_logged() {
    let desk = Desk::start().await;
    let saved = desk.save(|body| body["key"] = json!(Config::TOKEN)).await;
    assert_eq!(saved["result"], "ok");
    assert_eq!(saved["effects"][0]["kind"], "log_activity", "{saved}");
    assert!(!saved.to_string().contains(Config::TOKEN));
    let platforms = desk.rig.engine.store().platforms().await.unwrap();
    let [platform] = platforms.as_slice() else {
        panic!("one platform: {platforms:?}")
    };
    assert_eq!(
        (platform.state, platform.endpoint.as_str()),
        (PlatformState::Proposed, desk.rig.platform.endpoint.as_str())
    );
    assert_eq!(desk.rig.calls(), 0);
    let host = domain::Actor::host("test");
    desk.rig
        .engine
        .approve_platform(platform.id, &host)
        .await
        .unwrap();
    desk.rig.read_anew(platform.id).await;
    desk.rig.told().await;
    desk.save(|body| body["resync"] = json!(true)).await;
    desk.rig.clock.advance(std::time::Duration::from_secs(61));
    desk.rig.read_anew(platform.id).await;
    assert_eq!(
        desk.rig.lines().await,
        [
            "[Katapult]: Attempting to sync config options",
            "[Katapult]: Sync config options completed"
        ]
    );
}

#[tokio::test]
async fn kt_003_kt_010_what_stands_as_the_page_showed_it_was_not_typed() {
    let desk = Desk::start().await;
    desk.rig.enrol().await;
    desk.save(|body| {
        body["key"] = json!(Config::TOKEN);
        body["organization"] = json!("");
        body["organization_shown"] = json!("");
    })
    .await;
    let platform = desk.rig.engine.store().platforms().await.unwrap().remove(0);
    desk.rig.read_anew(platform.id).await;
    desk.rig.told().await;
    // The organization was found meanwhile; a form that was open before does not clear it.
    desk.save(|body| {
        body["organization"] = json!("");
        body["organization_shown"] = json!("");
    })
    .await;
    assert!(desk.rig.lines().await.is_empty());
    let refused = desk.save(|body| body["organization"] = json!("not a name")).await;
    assert!(
        refused["result"].as_str().unwrap().contains("sub-domain"),
        "{refused}"
    );
    assert!(desk.rig.stored(platform.id).await.account.starts_with("org_"));
}

#[tokio::test]
async fn kt_006_only_administrators_save_and_only_modules_with_settings_have_any() {
    let desk = Desk::start().await;
    let body = json!({ "module": "katapult", "key": "k", "resync": false });
    for actor in ["client", "system", "cron", "api"] {
        let (status, answer) = desk.door.event_by(actor, "module_settings", &body).await;
        assert_eq!(
            (status, answer["error"]["code"].as_str()),
            (StatusCode::FORBIDDEN, Some("forbidden")),
            "{actor}"
        );
    }
    for module in ["VirtFusionDirect", "otherpanel"] {
        let body = json!({ "module": module, "key": "k", "resync": false });
        let (status, answer) = desk.door.event_by("admin", "module_settings", &body).await;
        assert_eq!(
            (status, answer["error"]["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some("unknown_module"))
        );
    }
    assert!(desk.rig.engine.store().platforms().await.unwrap().is_empty());
}

#[tokio::test]
async fn kt_025_kt_026_packages_come_from_the_store_or_a_hint_says_why_there_are_none() {
    let desk = Desk::start().await;
    let none = desk.packages().await;
    let hint = none["error"].as_str().unwrap();
    assert!(
        hint.contains("no API key is set") && hint.contains("'Other' tab"),
        "{hint}"
    );
    desk.packages().await;
    assert_eq!(
        desk.rig.lines().await,
        ["[Katapult]: Error: no API key is set"],
        "once a minute"
    );

    let fault = Fault::ErrorBefore {
        status: 403,
        html: false,
    };
    let rule = desk.rig.panel.add_fault(FaultRule::anywhere(fault));
    let platform = desk.rig.connect().await;
    desk.rig.read_anew(platform.id).await;
    let refused = desk.packages().await;
    assert!(refused["error"].as_str().unwrap().contains("403"), "{refused}");
    desk.rig.panel.remove_fault(rule);
    desk.rig.read_anew(platform.id).await;
    let calls = desk.rig.calls();
    let known = desk.packages().await;
    assert_eq!(known["error"], Value::Null);
    assert_eq!(
        known["options"][1],
        json!({ "value": "rock-3", "label": "ROCK-3" })
    );
    assert_eq!(known["options"].as_array().unwrap().len(), 9);
    assert_eq!(desk.rig.calls(), calls, "a selector makes no call");
}

#[tokio::test]
async fn kt_012_kt_015_the_billing_systems_day_and_an_edited_product_bring_the_options() {
    let desk = Desk::start().await;
    let platform = desk.rig.connect().await;
    desk.rig.read_anew(platform.id).await;
    desk.rig.told().await;
    desk.heard("cron", "daily", &json!({})).await;
    desk.rig.read_anew(platform.id).await;
    assert_eq!(
        desk.rig.lines().await,
        ["[Katapult]: Sync config options completed"]
    );
    let row = json!({
        "product": 9, "name": "ROCK", "module": "katapult", "server_group": 0, "settings": ["rock-3"], "stock_control": false,
        "qty": 0, "welcome_template": null, "auto_setup": "", "hidden": false, "retired": false,
    });
    let edited = desk
        .heard("admin", "product_edited", &json!({ "product": row }))
        .await;
    let group = &edited["effects"][0];
    assert_eq!(
        (&group["kind"], &group["module"]),
        (&json!("upsert_option"), &json!("katapult")),
        "{edited}"
    );
}

#[tokio::test]
async fn kt_030_kt_031_kt_032_a_cart_is_answered_from_the_store_and_what_is_not_known_stops_nobody() {
    let desk = Desk::start().await;
    let cart = |size: &str| {
        json!({ "client": 77, "items": [
            { "index": 0, "product": 5, "billing_cycle": "monthly", "domain": "", "customfields": {}, "configoptions": {}, "choices": [
                { "key": "disk_template", "option_type": "dropdown", "entered": "9", "chosen": "templates/ubuntu-22-04|Ubuntu 22.04" },
                { "key": "disk_size", "option_type": "quantity", "entered": size, "chosen": null },
                { "key": null, "option_type": "yesno", "entered": "1", "chosen": null } ] },
            { "index": 1, "product": 3, "billing_cycle": "monthly", "domain": "", "customfields": {}, "configoptions": {} },
        ] })
    };
    let errors = async |size: &str| {
        let answer = desk.heard("client", "checkout_validate", &cart(size)).await;
        answer["data"]["errors"].clone()
    };
    assert_eq!(errors("5").await, json!([]), "nothing is known yet");
    let platform = desk.rig.connect().await;
    desk.rig.read_anew(platform.id).await;
    desk.rig.panel.add_fault(FaultRule::anywhere(Fault::Refused));
    assert_eq!(
        errors("5").await,
        json!(["Custom disk size must be at least 10GB for Ubuntu 22.04"])
    );
    for size in ["0", "10", ""] {
        assert_eq!(errors(size).await, json!([]), "{size:?}");
    }
}
