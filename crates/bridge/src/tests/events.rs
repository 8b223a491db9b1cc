//! What the billing system tells.

use domain::Clock;
use domain::record::{QuestionKind, Standing};
use http::StatusCode;
use serde_json::{Value, json};

use super::rig::Rig;
use super::words::row;

async fn ok(rig: &Rig, kind: &str, body: Value) -> Value {
    let (status, answer) = rig.event(kind, &body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["result"], "ok");
    answer
}

fn of(service: u64, change: impl FnOnce(&mut Value)) -> Value {
    let mut row = row();
    row["service"] = json!(service);
    change(&mut row);
    row
}

fn done(siblings: &Value) -> Value {
    json!({
        "function": "create", "service": row(), "order": { "order": 9, "status": "Pending" }, "siblings": siblings,
    })
}

/// The effects that accept orders.
async fn accepted(rig: &Rig) -> Vec<Value> {
    let effects = rig.effects().await;
    effects
        .into_iter()
        .filter(|effect| effect["kind"] == "accept_order")
        .collect()
}

#[tokio::test]
async fn vf_167_vf_168_an_order_is_accepted_when_its_last_machine_is_there() {
    let rig = Rig::start().await;
    rig.create().await;
    let waiting = json!([of(502, |row| row["domainstatus"] = json!("Pending"))]);
    ok(&rig, "module_done", done(&waiting)).await;
    assert!(accepted(&rig).await.is_empty());
    let mapped = json!([of(502, |row| {
        row["domainstatus"] = json!("Pending");
        row["mapped_id"] = json!(71);
    })]);
    ok(&rig, "module_done", done(&mapped)).await;
    let effects = accepted(&rig).await;
    assert_eq!(effects.len(), 1);
    assert_eq!(
        effects[0]["body"],
        json!({ "order": 9, "autosetup": false, "sendemail": true })
    );
    assert_eq!(effects[0]["guard"], json!({ "order_status": ["Pending"] }));
    assert_eq!(effects[0]["service"], 501);
}

#[tokio::test]
async fn vf_169_vf_170_orders_that_are_not_pending_or_not_whole_are_left_alone() {
    let rig = Rig::start().await;
    rig.create().await;
    let mut active = done(&json!([]));
    active["order"]["status"] = json!("Active");
    ok(&rig, "module_done", active).await;
    let mixed = json!([of(503, |row| {
        row["module"] = json!("cpanel");
        row["domainstatus"] = json!("Pending");
    })]);
    ok(&rig, "module_done", done(&mixed)).await;
    assert!(accepted(&rig).await.is_empty());
}

#[tokio::test]
async fn vf_166_creates_of_other_modules_are_not_ours() {
    let rig = Rig::start().await;
    let mut foreign = done(&json!([]));
    foreign["service"]["module"] = json!("cpanel");
    ok(&rig, "module_done", foreign).await;
    assert!(accepted(&rig).await.is_empty());
}

#[tokio::test]
async fn an_event_is_taken_once() {
    let rig = Rig::start().await;
    rig.create().await;
    let id = "0123456789abcdef01234567";
    for expected in [1, 0] {
        let (status, _) = rig.event_with(id, "module_done", &done(&json!([]))).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(accepted(&rig).await.len(), expected);
    }
}

#[tokio::test]
async fn an_edited_service_is_learnt_and_another_client_is_only_proposed() {
    let rig = Rig::start().await;
    rig.create().await;
    let edited = of(501, |row| {
        row["product"] = json!(4);
        row["client"] = json!(99);
    });
    ok(&rig, "service_edited", json!({ "service": edited })).await;
    let view = rig.view(501).await.unwrap();
    assert_eq!(view.service.product_id, 4);
    assert_eq!(view.service.client_id, 77);
    assert_eq!(view.questions.len(), 1);
    assert_eq!(view.questions[0].kind, QuestionKind::OwnershipProposal);
    assert!(view.questions[0].host_only);
}

#[tokio::test]
async fn a_cancelled_order_holds_its_machine_at_once_and_deletes_nothing_yet() {
    let rig = Rig::start().await;
    rig.create().await;
    for kind in ["order_cancelled", "order_fraud"] {
        ok(&rig, kind, json!({ "order": 9, "services": [row()] })).await;
    }
    let view = rig.view(501).await.unwrap();
    assert_eq!(view.service.standing, Standing::Ending);
    rig.until("the machine is off", || async {
        !rig.panel.servers(rig.clock.now())[0].running
    })
    .await;
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 1);
}

#[tokio::test]
async fn gx_003_the_welcome_mail_is_held_until_the_engine_sends_it() {
    let rig = Rig::start().await;
    rig.create().await;
    let hold = async |created: bool, applying: Value| {
        let body = json!({ "service": row(), "template": "Welcome", "welcome_template": "Welcome",
                           "create_ran_in_this_request": created, "applying": applying });
        ok(&rig, "mail_pre_send", body).await["data"]["hold"].clone()
    };
    assert_eq!(hold(true, Value::Null).await, true);
    let mails: Vec<Value> = rig
        .effects()
        .await
        .into_iter()
        .filter(|effect| effect["kind"] == "send_mail")
        .collect();
    assert_eq!(mails.len(), 1);
    assert_eq!(hold(false, mails[0]["id"].clone()).await, false);
    assert_eq!(
        hold(false, Value::Null).await,
        false,
        "a later sending by an administrator"
    );
}

#[tokio::test]
async fn a_snapshot_ends_what_vanished_after_its_grace() {
    let rig = Rig::start().await;
    rig.create().await;
    let snapshot =
        |items: Value| json!({ "run": "r", "page": 1, "last": true, "products": [], "items": items });
    ok(&rig, "snapshot", snapshot(json!([row()]))).await;
    assert_eq!(rig.view(501).await.unwrap().service.standing, Standing::Live);
    ok(&rig, "snapshot", snapshot(json!([]))).await;
    assert_eq!(rig.view(501).await.unwrap().service.standing, Standing::Ending);
    assert_eq!(
        rig.panel.servers(rig.clock.now()).len(),
        1,
        "its grace has not passed"
    );
}

#[tokio::test]
async fn mx_101_in_a_recovery_the_cron_asks_for_the_copies_and_a_snapshot_brings_them_and_ends_nothing() {
    let rig = Rig::start().await;
    rig.create().await;
    let wanted = async || {
        let answer = ok(&rig, "cron", json!({ "waiting": 0 })).await;
        answer["data"]["snapshot"].clone()
    };
    assert_eq!(wanted().await, true, "nothing is known yet of what is sold");
    let product = super::stock::product("1");
    ok(&rig, "product_edited", json!({ "product": product })).await;
    assert_eq!(wanted().await, false);
    rig.engine.begin_recovery("put back by a test").await.unwrap();
    assert_eq!(wanted().await, true);
    let page = |page: u64, last: bool, items: Value| json!({ "run": "r", "page": page, "last": last, "products": [], "items": items });
    // 501 is not among them: that ends nothing while nobody knows which machine is whose.
    let forgotten = of(601, |row| row["mapped_id"] = json!(70));
    ok(&rig, "snapshot", page(1, false, json!([forgotten]))).await;
    assert_eq!(wanted().await, true, "a run counts once its last page is here");
    let pending = of(602, |row| row["domainstatus"] = json!("Pending"));
    ok(&rig, "snapshot", page(2, true, json!([pending]))).await;
    assert_eq!(wanted().await, false);
    let view = rig.view(601).await.unwrap();
    assert_eq!((view.service.mapped_id.as_deref(), view.link), (Some("70"), None));
    let view = rig.view(602).await.unwrap();
    assert_eq!(
        (view.service.mapped_id, view.service.standing),
        (None, Standing::Vacant)
    );
    assert_eq!(rig.view(501).await.unwrap().service.standing, Standing::Live);

    let host = domain::Actor::host("test");
    rig.engine.end_recovery(true, &host).await.unwrap();
    ok(&rig, "snapshot", page(1, true, json!([]))).await;
    assert_eq!(rig.view(501).await.unwrap().service.standing, Standing::Ending);
}

#[tokio::test]
async fn a_machine_in_use_whose_service_is_still_pending_has_its_create_called_again() {
    let rig = Rig::start().await;
    rig.create().await;
    let pending = of(501, |row| row["domainstatus"] = json!("Pending"));
    let snapshot = json!({ "run": "r", "page": 1, "last": true, "products": [], "items": [pending] });
    for _ in 0..2 {
        ok(&rig, "snapshot", snapshot.clone()).await;
    }
    let effects = rig.effects().await;
    let reruns: Vec<&Value> = effects
        .iter()
        .filter(|effect| effect["kind"] == "rerun")
        .collect();
    assert_eq!(reruns.len(), 1);
    assert_eq!(reruns[0]["body"], json!({ "function": "create" }));
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
}

#[tokio::test]
async fn many_that_vanish_at_once_are_one_question_and_nothing_ends() {
    let rig = Rig::start().await;
    for service in 501..507 {
        let result = rig
            .result("CreateAccount", |message| {
                message["params"]["serviceid"] = json!(service);
            })
            .await;
        assert!(result == "success" || result.starts_with("Still"), "{result}");
    }
    rig.clock.advance(std::time::Duration::from_secs(2));
    let empty = json!({ "run": "r", "page": 1, "last": true, "products": [], "items": [] });
    for _ in 0..2 {
        ok(&rig, "snapshot", empty.clone()).await;
    }
    for service in 501..507 {
        let standing = rig.view(service).await.unwrap().service.standing;
        assert_ne!(standing, Standing::Ending, "{service}");
    }
    let open = rig
        .engine
        .store()
        .questions(&store::QuestionFilter::default(), &store::PageRequest::first(50))
        .await
        .unwrap();
    let vanished = |question: &&domain::record::Question| question.kind == QuestionKind::Vanished;
    assert_eq!(open.items.iter().filter(vanished).count(), 1);
}

/// The custom fields that the billing system is told to have.
async fn fields(rig: &Rig) -> Vec<Value> {
    let effects = rig.effects().await;
    let fields = effects
        .iter()
        .filter(|effect| effect["kind"] == "ensure_custom_field");
    fields.map(|effect| effect["body"]["name"].clone()).collect()
}

#[tokio::test]
async fn vf_265_a_products_custom_fields_are_ensured_once() {
    let rig = Rig::start().await;
    let product = |module: &str| {
        json!({ "product": { "product": 3, "name": "VPS", "module": module, "server_group": 1, "settings": [],
                             "stock_control": false, "qty": 0, "welcome_template": null, "auto_setup": "payment",
                             "hidden": false, "retired": false } })
    };
    ok(&rig, "product_edited", product("cpanel")).await;
    assert!(fields(&rig).await.is_empty());
    ok(&rig, "product_edited", product("VirtFusionDirect")).await;
    assert_eq!(
        fields(&rig).await,
        ["Initial Operating System", "Initial SSH Key"]
    );
    ok(&rig, "product_edited", product("VirtFusionDirect")).await;
    assert!(fields(&rig).await.is_empty());
}

#[tokio::test]
async fn an_adoption_batch_notes_what_the_old_table_maps_and_links_nothing() {
    let rig = Rig::start().await;
    let batch = json!({ "run": "r", "page": 1, "last": true, "products": [],
                        "items": [of(601, |row| row["mapped_id"] = json!(70))] });
    let answer = ok(&rig, "adoption", batch).await;
    assert_eq!(answer["data"]["report_page"], "adoption");
    let view = rig.view(601).await.unwrap();
    assert_eq!(view.service.mapped_id.as_deref(), Some("70"));
    assert!(view.link.is_none());
    assert!(rig.panel.calls().is_empty());
}

#[tokio::test]
async fn a_secret_is_handed_out_once_and_only_for_its_own_effect() {
    let rig = Rig::start().await;
    let secret = domain::id::SecretId::new(rig.clock.as_ref(), rig.engine.random().as_ref());
    let store = rig.engine.store();
    store
        .put_secret(secret, engine::FOR_BILLING, &domain::Secret::new("n3w"), None)
        .await
        .unwrap();
    let body = domain::record::EffectBody::SetPassword { secret };
    let effect = rig.engine.tell(&rig.installation.id, None, body).await.unwrap();
    let other = rig
        .engine
        .tell(
            &rig.installation.id,
            None,
            domain::record::EffectBody::LogActivity {
                message: "x".to_owned(),
            },
        )
        .await
        .unwrap();
    let redeem = async |effect: domain::id::EffectId| {
        let message = json!({ "effect": effect, "secret": secret, "context": super::words::context("cron") });
        rig.post("/bridge/v1/secret", &message).await
    };
    assert_eq!(redeem(other).await.0, StatusCode::NOT_FOUND);
    let (status, body) = redeem(effect).await;
    assert_eq!((status, &body["value"]), (StatusCode::OK, &json!("n3w")));
    assert_eq!(redeem(effect).await.0, StatusCode::GONE);
}
