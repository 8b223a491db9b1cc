//! What is sold, and how much of it is left.

use domain::Clock;
use http::StatusCode;
use serde_json::{Value, json};

use super::browser::{admin, send, status, with};
use super::rig::Rig;
use super::words::{context, row};

/// A product as the billing system tells of it: group 1 of twenty-one hypervisors and a thousand addresses.
pub fn product(addresses: &str) -> Value {
    json!({
        "product": 3, "name": "VPS 4", "module": "VirtFusionDirect", "server_group": 1,
        "settings": ["1", "1", addresses, "0", "0", "100", "10"], "stock_control": true, "qty": 5,
        "welcome_template": null, "auto_setup": "payment", "hidden": false, "retired": false,
        "options": { "Location": ["1", "abc"] }, "option_mapping": {},
    })
}

async fn tell(rig: &Rig, kind: &str, session: Option<&str>, body: &Value) -> Value {
    let mut context = context("client");
    context["client_id"] = json!(77);
    context["session"] = json!(session);
    let id = format!("{:024x}", rig.clock.now().as_micros());
    // Each has a moment, and so an id, of its own.
    rig.clock.advance(std::time::Duration::from_millis(1));
    let message = json!({ "event_id": id, "kind": kind, "occurred_at": 1_795_164_000, "body": body, "context": context });
    let (status, answer) = rig.post("/bridge/v1/event", &message).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

async fn sold(rig: &Rig, product: &Value) {
    tell(rig, "product_edited", None, &json!({ "product": product })).await;
}

async fn left(rig: &Rig) -> Option<u64> {
    let all = rig.engine.stock(&rig.installation.id).await.unwrap();
    all.iter().find(|stock| stock.product == 3)?.sellable.count()
}

async fn becomes(rig: &Rig, count: u64) {
    rig.until(&format!("{count} are left"), || async {
        left(rig).await == Some(count)
    })
    .await;
}

fn item() -> Value {
    json!({ "index": 0, "product": 3, "module": "VirtFusionDirect", "billing_cycle": "monthly", "domain": "a.test", "customfields": {}, "configoptions": {},
            "choices": [{ "key": null, "label": "Location|Where", "option_type": "dropdown", "entered": "7", "chosen": "1|London" }],
            "option_mapping": {} })
}

async fn checkout(rig: &Rig, session: &str, placing: bool) -> Value {
    let body = json!({ "client": 77, "placing": placing, "items": [item()] });
    let answer = tell(rig, "checkout_validate", Some(session), &body).await;
    answer["data"]["errors"].clone()
}

#[tokio::test]
async fn vf_237_vf_224_the_billing_system_is_told_what_all_pages_of_a_group_have_room_for() {
    let rig = Rig::start().await;
    sold(&rig, &product("1")).await;
    becomes(&rig, 1_000).await;
    rig.until("the number is told", || async {
        let effects = rig.effects().await;
        let of_stock = effects.iter().find(|effect| effect["kind"] == "set_stock");
        of_stock.is_some_and(|effect| {
            assert_eq!(
                effect["body"],
                json!({ "product": 3, "qty": 1_000, "after": 0, "counted": 0 })
            );
            assert_eq!(effect["class"], "row");
            true
        })
    })
    .await;
}

#[tokio::test]
async fn vf_238_a_product_without_addresses_is_limited_by_what_it_needs() {
    let rig = Rig::start().await;
    sold(&rig, &product("0")).await;
    // 57 on each of twenty-one hypervisors, by memory and by cores.
    becomes(&rig, 1_197).await;
}

#[tokio::test]
async fn vf_224_a_product_that_the_shop_does_not_have_any_more_is_not_told_of() {
    let rig = Rig::start().await;
    sold(&rig, &product("1")).await;
    becomes(&rig, 1_000).await;
    let counted = async || {
        let all = rig.engine.stock(&rig.installation.id).await.unwrap();
        all.iter().filter(|stock| stock.stock_control).count()
    };
    assert_eq!(counted().await, 1);
    let page =
        |products: Value| json!({ "run": "r1", "page": 1, "last": true, "products": products, "items": [] });
    tell(&rig, "snapshot", None, &page(json!([product("1")]))).await;
    assert_eq!(counted().await, 1);
    tell(&rig, "snapshot", None, &page(json!([]))).await;
    assert_eq!(counted().await, 0);
}

#[tokio::test]
async fn mx_070_a_checkout_holds_its_room_until_its_order_ends() {
    let rig = Rig::start().await;
    sold(&rig, &product("400")).await;
    becomes(&rig, 2).await;
    assert_eq!(
        checkout(&rig, "aa", false).await,
        json!([]),
        "looking holds nothing"
    );
    assert_eq!(left(&rig).await, Some(2));
    assert_eq!(checkout(&rig, "aa", true).await, json!([]));
    assert_eq!(checkout(&rig, "bb", true).await, json!([]));
    assert_eq!(left(&rig).await, Some(0));
    assert_eq!(
        checkout(&rig, "cc", true).await,
        json!(["VPS 4 is sold out at present."])
    );

    let mut ordered = row();
    ordered["domainstatus"] = json!("Pending");
    let order = json!({ "order": 9, "client": 77, "invoice": 31, "services": [ordered] });
    tell(&rig, "checkout_done", Some("aa"), &order).await;
    tell(&rig, "order_paid", None, &order).await;
    assert_eq!(left(&rig).await, Some(0), "the order has the place of its cart");
    tell(
        &rig,
        "order_cancelled",
        None,
        &json!({ "order": 9, "services": [ordered] }),
    )
    .await;
    assert_eq!(left(&rig).await, Some(1));
}

#[tokio::test]
async fn vf_238_a_cart_holds_what_its_client_chose_by_the_operators_labels() {
    let rig = Rig::start().await;
    sold(&rig, &product("1")).await;
    becomes(&rig, 1_000).await;
    for (session, choice, left_then) in [
        (
            "aa",
            json!({ "key": null, "label": "Adressen|Addresses", "option_type": "quantity", "entered": "400", "chosen": null }),
            600,
        ),
        (
            "bb",
            json!({ "key": null, "label": "Adressen", "option_type": "dropdown", "entered": "7", "chosen": "100|Hundred" }),
            500,
        ),
        // Of the label that it had before nothing is known, and one address is held.
        (
            "cc",
            json!({ "key": null, "label": "IPv4", "option_type": "quantity", "entered": "400", "chosen": null }),
            499,
        ),
    ] {
        let mut item = item();
        item["choices"] = json!([choice]);
        item["option_mapping"] = json!({ "ipv4": "Adressen" });
        let mut body = json!({ "client": 77, "placing": true, "items": [item] });
        let answer = tell(&rig, "checkout_validate", Some(session), &body).await;
        assert_eq!(answer["data"]["errors"], json!([]));
        assert_eq!(left(&rig).await, Some(left_then), "{session}");
        // A product of a module that is none of ours is nobody's here.
        body["items"][0]["module"] = json!("cpanel");
        tell(&rig, "checkout_validate", Some("dd"), &body).await;
        assert_eq!(left(&rig).await, Some(left_then), "{session}");
    }
}

/// How often the panel was asked for the room of a group.
fn asked(rig: &Rig) -> usize {
    let calls = rig.panel.calls();
    calls
        .iter()
        .filter(|call| call.endpoint == "group_resources")
        .count()
}

#[tokio::test]
async fn vf_173_vf_174_mx_073_the_cart_page_asks_no_platform_and_knows_where_nothing_is_left() {
    let mut rig = Rig::start().await;
    sold(&rig, &product("1")).await;
    becomes(&rig, 1_000).await;
    // What is read once more after a start is over, and by now too old for whoever would ask.
    rig.until("the second reading", || async { asked(&rig) >= 2 })
        .await;
    rig.door.stand();
    rig.clock.advance(std::time::Duration::from_secs(180));
    let before = asked(&rig);
    for _ in 0..20 {
        let answer = tell(&rig, "cart_page", Some("aa"), &json!({ "product": 3 })).await;
        assert_eq!(
            (&answer["result"], &answer["data"]),
            (&json!("ok"), &json!({ "sold_out": [] }))
        );
    }
    assert_eq!(asked(&rig), before);
    rig.door.tick();
    let mut elsewhere = product("1");
    elsewhere["options"]["Location"] = json!(["1", "4711"]);
    sold(&rig, &elsewhere).await;
    rig.until("the place that is not there is sold out", || async {
        let page = json!({ "product": 3 });
        tell(&rig, "cart_page", Some("aa"), &page).await["data"]["sold_out"] == json!(["4711"])
    })
    .await;
}

#[tokio::test]
async fn gx_006_a_create_holds_the_room_of_what_its_client_chose() {
    let mut rig = Rig::start().await;
    sold(&rig, &product("400")).await;
    becomes(&rig, 2).await;
    rig.door.stand();
    let answer = rig
        .call("CreateAccount", |message| {
            message["params"]["configoption3"] = json!("1");
            message["params"]["configoptions"] = json!({ "IPv4": "400" });
            message["budget_ms"] = json!(0);
        })
        .await;
    assert!(answer["result"].is_string(), "{answer}");
    assert_eq!(left(&rig).await, Some(1));
}

#[tokio::test]
async fn vf_161_stock_is_recalculated_by_a_post_from_our_own_pages_and_told_by_product() {
    let rig = Rig::start().await;
    assert_eq!(status(&rig, admin("stockRecalculate", "GET")).await, 405);
    let foreign = with(admin("stockRecalculate", "POST"), |message| {
        message["headers"]["origin"] = json!("https://evil.example.test");
    });
    assert_eq!(status(&rig, foreign).await, 403);
    let nobody = with(admin("stockRecalculate", "POST"), |message| {
        message["context"]["admin_id"] = Value::Null;
    });
    assert_eq!(status(&rig, nobody).await, 401);
    let (code, empty) = send(&rig, &admin("stockRecalculate", "POST")).await;
    assert_eq!((code, &empty["data"]), (200, &json!([])));
    sold(&rig, &product("1")).await;
    let mut unknown = product("1");
    (unknown["product"], unknown["settings"][1]) = (json!(4), json!(""));
    sold(&rig, &unknown).await;
    let (code, body) = send(&rig, &admin("stockRecalculate", "POST")).await;
    assert_eq!((code, &body["data"]), (200, &json!({ "3": 1_000, "4": null })));
}
