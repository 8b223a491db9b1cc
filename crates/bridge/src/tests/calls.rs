//! Module functions, against a real engine.

use domain::Clock;
use domain::record::{ProductPolicy, Standing};
use serde_json::json;

use super::rig::Rig;

#[tokio::test]
async fn gx_001_create_makes_one_machine_and_says_success_at_its_milestone() {
    let rig = Rig::start().await;
    let answer = rig.call("CreateAccount", |_| ()).await;
    assert_eq!(answer["result"], "success", "{answer}");
    assert!(answer["operation"].as_str().unwrap().starts_with("op_"));
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 1);
    let view = rig.view(501).await.unwrap();
    assert!(view.link.is_some());
    // A second call joins the first one.
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 1);
}

#[tokio::test]
async fn vf_018_create_refuses_a_service_that_has_a_machine_without_a_call() {
    let rig = Rig::start().await;
    rig.create().await;
    let before = rig.panel.calls().len();
    let result = rig
        .result("CreateAccount", |message| {
            message["domainstatus"] = json!("Active");
        })
        .await;
    assert!(result.contains("has a machine already"), "{result}");
    assert_eq!(rig.panel.calls().len(), before);
}

#[tokio::test]
async fn vf_018_create_refuses_what_an_old_modules_table_maps() {
    let rig = Rig::start().await;
    let result = rig
        .result("CreateAccount", |message| {
            message["params"]["mapped_id"] = json!(70);
        })
        .await;
    assert!(result.contains("not adopted yet"), "{result}");
    assert!(rig.panel.calls().is_empty());
}

#[tokio::test]
async fn vf_019_create_refuses_where_no_panel_stands_behind_the_server() {
    let rig = Rig::start().await;
    for server in [0, 9] {
        let result = rig
            .result("CreateAccount", |message| {
                message["params"]["serverid"] = json!(server);
            })
            .await;
        assert!(
            result.contains("No platform stands behind this server"),
            "{result}"
        );
    }
    assert!(rig.panel.calls().is_empty());
}

#[tokio::test]
async fn create_says_what_goes_on_and_is_called_again_at_its_milestone() {
    let rig = Rig::start().await;
    let policy = domain::record::Product {
        installation: rig.installation.id.clone(),
        product_id: 3,
        policy: ProductPolicy {
            wait_seconds: 0,
            ..ProductPolicy::default()
        },
    };
    let store = rig.engine.store();
    store
        .set_product_policy(&policy, &domain::Actor::host("test"))
        .await
        .unwrap();
    let answer = rig.call("CreateAccount", |_| ()).await;
    let (result, id) = (
        answer["result"].as_str().unwrap(),
        answer["operation"].as_str().unwrap(),
    );
    assert!(result.starts_with("Still being set up: "), "{result}");
    assert!(
        result.ends_with(&format!("It finishes by itself; operation {id}.")),
        "{result}"
    );
    rig.until("the machine is ready", || async {
        rig.view(501).await.is_some_and(|view| view.open.is_empty())
    })
    .await;
    let effects = rig.effects().await;
    let rerun = effects.iter().find(|effect| effect["kind"] == "rerun").unwrap();
    assert_eq!(rerun["body"], json!({ "function": "create" }));
    assert_eq!(rerun["guard"]["domainstatus"], json!(["Pending"]));
    let again = rig
        .result("CreateAccount", |message| {
            message["applying"] = rerun["id"].clone();
        })
        .await;
    assert_eq!(again, "success");
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 1);
}

#[tokio::test]
async fn vf_052_vf_057_the_ways_of_nothing_to_work_on_are_told_apart() {
    let rig = Rig::start().await;
    let unknown = rig.result("SuspendAccount", |_| ()).await;
    assert!(unknown.contains("is not known to Hostler"), "{unknown}");
    assert!(
        rig.result("TerminateAccount", |_| ())
            .await
            .contains("is not known to Hostler")
    );
    rig.create().await;
    assert_eq!(rig.result("TerminateAccount", |_| ()).await, "success");
    rig.until("the service has ended", || async {
        rig.view(501)
            .await
            .is_some_and(|view| view.service.standing == Standing::Ended)
    })
    .await;
    let ended = rig.result("SuspendAccount", |_| ()).await;
    assert!(ended.contains("terminated"), "{ended}");
    assert_ne!(unknown, ended);
}

#[tokio::test]
async fn suspend_unsuspend_and_terminate_are_answered_when_the_panel_took_them() {
    let rig = Rig::start().await;
    rig.create().await;
    let suspended = |rig: &Rig| rig.panel.servers(rig.clock.now())[0].suspended;
    assert_eq!(
        rig.result("SuspendAccount", |message| message["params"]["suspendreason"] =
            json!("Overdue"))
            .await,
        "success"
    );
    assert!(suspended(&rig));
    assert_eq!(rig.result("UnsuspendAccount", |_| ()).await, "success");
    assert!(!suspended(&rig));
    assert_eq!(rig.result("TerminateAccount", |_| ()).await, "success");
    rig.until("the machine is gone", || async {
        rig.panel.servers(rig.clock.now()).is_empty()
    })
    .await;
}

#[tokio::test]
async fn vf_029_chosen_options_override_the_products_settings() {
    let rig = Rig::start().await;
    let result = rig
        .result("CreateAccount", |message| {
            message["params"]["configoptions"] = json!({ "Standort": "2", "Package": "2", "IPv4": "2" });
            message["params"]["option_mapping"] = json!({ "hypervisorId": "Standort" });
        })
        .await;
    assert_eq!(result, "success");
    let servers = rig.panel.servers(rig.clock.now());
    assert_eq!(servers[0].package, 2);
    // The panel's second group has the hypervisors after the first group's twenty-one.
    assert!(servers[0].hypervisor > 21, "{}", servers[0].hypervisor);
    assert_eq!(servers[0].ipv4.len(), 2);
}

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
    let client = super::rig::message("AdminServicesTabFields", |message| {
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
