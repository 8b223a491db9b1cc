//! Who may have what done: staff, clients, and a thief of the key.

use domain::Clock;
use domain::record::Standing;
use serde_json::json;

use super::rig::Rig;

#[tokio::test]
async fn a_function_in_a_foreign_clients_request_is_refused() {
    let rig = Rig::start().await;
    rig.create().await;
    for function in [
        "SuspendAccount",
        "TerminateAccount",
        "ServiceSingleSignOn",
        "ChangePackage",
    ] {
        for user in [77, 99] {
            let answer = rig
                .call(function, |message| {
                    message["context"]["actor"] = json!("client");
                    message["context"]["client_id"] = json!(99);
                    message["context"]["permissions"] = json!(["*"]);
                    message["params"]["userid"] = json!(user);
                })
                .await;
            assert_eq!(
                answer["result"], "This service belongs to another client.",
                "{function}"
            );
        }
    }
    assert_eq!(rig.view(501).await.unwrap().service.standing, Standing::Live);
}

#[tokio::test]
async fn single_sign_on_hands_its_address_out_once() {
    let rig = Rig::start().await;
    rig.create().await;
    let answer = rig.call("ServiceSingleSignOn", |_| ()).await;
    assert_eq!(answer["result"], "success", "{answer}");
    let address = answer["data"]["redirect_to"].as_str().unwrap();
    assert!(address.starts_with(rig.panel_address()), "{address}");
    assert_eq!(rig.result("SuspendAccount", |_| ()).await, "success");
    let refused = rig.call("ServiceSingleSignOn", |_| ()).await;
    assert!(
        refused["result"].as_str().unwrap().contains("suspended"),
        "{refused}"
    );
    assert!(refused.get("data").is_none());
}

#[tokio::test]
async fn the_buttons_read_the_machine_and_ask_without_effect() {
    let rig = Rig::start().await;
    rig.create().await;
    assert_eq!(rig.result("updateServerObject", |_| ()).await, "success");
    assert_eq!(rig.result("validateServerConfig", |_| ()).await, "success");
    let refused = rig
        .result("validateServerConfig", |message| {
            message["params"]["configoption2"] = json!("99");
        })
        .await;
    assert_ne!(refused, "success");
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 1);
}

#[tokio::test]
async fn vf_072_a_saved_server_id_is_a_question_and_changes_no_link() {
    let rig = Rig::start().await;
    rig.create().await;
    let link = rig.view(501).await.unwrap().link;
    let saved = async |fields: serde_json::Value| {
        rig.result("AdminServicesTabFieldsSave", |message| {
            message["params"]["modulefields"] = fields;
        })
        .await
    };
    assert_eq!(saved(json!(["0"])).await, "success");
    assert_eq!(saved(json!([""])).await, "success");
    assert!(rig.view(501).await.unwrap().questions.is_empty());
    let sentence = saved(json!(["9001"])).await;
    assert!(sentence.starts_with("Nothing was changed."), "{sentence}");
    saved(json!(["9001"])).await;
    let view = rig.view(501).await.unwrap();
    assert_eq!(view.questions.len(), 1, "asked once");
    assert!(view.questions[0].host_only);
    assert_eq!(view.link, link);
}

#[tokio::test]
async fn the_admin_tab_begins_with_the_machines_id_and_is_for_staff() {
    let rig = Rig::start().await;
    rig.create().await;
    let answer = rig.call("AdminServicesTabFields", |_| ()).await;
    let fields = answer["data"]["fields"].as_array().unwrap();
    assert_eq!(fields[0]["label"], "Server ID");
    let id = rig.view(501).await.unwrap().link.unwrap().identity.id;
    assert!(
        fields[0]["html"]
            .as_str()
            .unwrap()
            .contains(&format!("value=\"{id}\""))
    );
    assert_eq!(fields[1]["label"], "Server Info");
    let client = super::words::message("AdminServicesTabFields", |message| {
        message["context"]["actor"] = json!("client");
    });
    let (status, _) = rig.post("/bridge/v1/call", &client).await;
    assert_eq!(status, http::StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn gx_011_a_stolen_key_ends_no_more_than_the_destructive_budget() {
    let rig = Rig::start().await;
    let settings = domain::record::InstallationSettings {
        destructive_budget: Some(1),
        ..domain::record::InstallationSettings::default()
    };
    let host = domain::Actor::host("test");
    rig.engine
        .store()
        .set_installation_settings(&rig.installation.id, settings, &host)
        .await
        .unwrap();
    rig.create().await;
    let second = async |function: &str| {
        rig.result(function, |message| message["params"]["serviceid"] = json!(502))
            .await
    };
    assert_eq!(second("CreateAccount").await, "success");
    assert_eq!(rig.result("TerminateAccount", |_| ()).await, "success");
    let waits = second("TerminateAccount").await;
    assert!(
        waits.contains("A person has to answer a question in Hostler"),
        "{waits}"
    );
    rig.until("the first machine is gone", || async {
        rig.panel.servers(rig.clock.now()).len() == 1
    })
    .await;
    assert!(rig.view(502).await.unwrap().link.is_some());
}
