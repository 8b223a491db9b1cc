//! The gates of pages that somebody else makes.

use serde_json::{Value, json};

use super::rig::Rig;
use super::words::{SESSION, context, row};

fn asked(surface: &str, kind: &str, name: &str) -> Value {
    let mut message = json!({
        "module": "VirtFusionDirect", "surface": surface, "target": { "kind": kind, "name": name }, "method": "GET",
        "query": {}, "form": {}, "headers": { "host": "shop.example.test", "hx_request": "true" }, "row": null,
        "base": "/modules/servers/VirtFusionDirect/client.php", "budget_ms": 1500, "context": context(surface),
    });
    let context = &mut message["context"];
    context["session"] = json!(SESSION);
    if surface == "client" {
        context["client_id"] = json!(77);
        context["user_id"] = json!(1);
        context["permissions"] = json!(["*"]);
    } else {
        context["admin_id"] = json!(3);
    }
    message
}

async fn status(rig: &Rig, message: &Value) -> u64 {
    let (_, wire) = rig.post("/bridge/v1/page", message).await;
    wire["status"].as_u64().unwrap()
}

#[tokio::test]
async fn operator_pages_are_for_listed_roles() {
    let rig = Rig::start().await;
    let mut page = asked("admin", "page", "operations");
    assert_eq!(status(&rig, &page).await, 403, "without a role");
    page["context"]["admin_role"] = json!("Sales Operator");
    assert_eq!(status(&rig, &page).await, 403, "with one that is not listed");
    page["context"]["admin_role"] = json!("Full Administrator");
    assert_eq!(status(&rig, &page).await, 200);
    page["module"] = json!("hostler");
    assert_eq!(status(&rig, &page).await, 200, "from the addon's page");
    let asked = rig.pages.0.lock().unwrap();
    assert!(asked[0].principal.operator);
    assert_eq!(asked[0].principal.actor.id, "admin 3");
}

#[tokio::test]
async fn kt_006_a_modules_settings_are_for_every_administrator_and_for_no_client() {
    let rig = Rig::start().await;
    let mut panel = asked("admin", "fragment", "module-settings");
    panel["module"] = json!("hostler");
    panel["query"] = json!({ "module": "katapult" });
    assert_eq!(status(&rig, &panel).await, 200, "without a listed role");
    panel["target"]["kind"] = json!("page");
    assert_eq!(status(&rig, &panel).await, 403, "as a page of its own");
    let mut nobody = asked("admin", "fragment", "module-settings");
    nobody["context"]["admin_id"] = Value::Null;
    assert_eq!(status(&rig, &nobody).await, 401);
    assert_eq!(rig.pages.0.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_form_needs_the_token_that_its_page_carried() {
    let rig = Rig::start().await;
    let mut page = asked("admin", "action", "operation/retry");
    page["context"]["admin_role"] = json!("Full Administrator");
    assert_eq!(status(&rig, &page).await, 200);
    let token = rig.pages.0.lock().unwrap()[0].token.clone().unwrap();
    page["method"] = json!("POST");
    page["headers"]["origin"] = json!("https://shop.example.test");
    assert_eq!(status(&rig, &page).await, 403);
    page["form"] = json!({ "hostler_token": token });
    assert_eq!(status(&rig, &page).await, 200);
    page["headers"]["origin"] = json!("https://evil.test");
    assert_eq!(status(&rig, &page).await, 403);
}

#[tokio::test]
async fn a_client_gets_fragments_of_own_services_only() {
    let rig = Rig::start().await;
    let mut fragment = asked("client", "fragment", "progress");
    fragment["query"]["serviceID"] = json!("501");
    fragment["row"] = row();
    assert_eq!(status(&rig, &fragment).await, 200);
    fragment["context"]["client_id"] = json!(99);
    assert_eq!(status(&rig, &fragment).await, 403);
    fragment["context"]["client_id"] = json!(77);
    fragment["context"]["permissions"] = json!(["tickets"]);
    assert_eq!(status(&rig, &fragment).await, 403);
    fragment["context"]["user_id"] = Value::Null;
    assert_eq!(status(&rig, &fragment).await, 401);
    assert_eq!(rig.pages.0.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn assets_are_for_everybody_who_is_signed_for() {
    let rig = Rig::start().await;
    let mut asset = asked("client", "asset", "hostler.css");
    asset["context"]["user_id"] = Value::Null;
    assert_eq!(status(&rig, &asset).await, 200);
}
