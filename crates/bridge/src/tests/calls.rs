//! Module functions, against a real engine.

use domain::Clock;
use domain::record::{Effect, EffectBody, EffectState, ProductPolicy, Standing};
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};
use store::{EffectFilter, PageRequest};

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
    // Nothing is made before the answer is there.
    rig.panel
        .add_fault(FaultRule::once("create_server", Fault::Slow { seconds: 1 }));
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
        rig.view(501)
            .await
            .is_some_and(|view| view.line().next().is_none())
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
    let nowhere = rig
        .result("CreateAccount", |message| {
            message["params"]["serverid"] = json!(9);
        })
        .await;
    let all = std::collections::BTreeSet::from([unknown, ended, nowhere]);
    assert_eq!(all.len(), 3, "{all:?}");
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
async fn vf_037_two_creates_at_once_and_a_third_make_one_machine() {
    let rig = Rig::start().await;
    let create = || rig.result("CreateAccount", |_| ());
    let (first, second) = tokio::join!(create(), create());
    assert_eq!((first.as_str(), second.as_str()), ("success", "success"));
    assert_eq!(create().await, "success");
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 1);
}

#[tokio::test]
async fn vf_025_a_client_that_the_billing_system_does_not_know_is_named() {
    let rig = Rig::start().await;
    let result = rig
        .result("CreateAccount", |message| {
            for field in ["firstname", "lastname", "companyname", "email"] {
                message["params"]["clientsdetails"][field] = json!("");
            }
        })
        .await;
    assert!(result.contains("Client 77"), "{result}");
    assert!(rig.panel.calls().is_empty());
    assert!(rig.view(501).await.is_none());
}

#[tokio::test]
async fn vf_046_a_product_may_ask_before_it_creates() {
    let rig = Rig::start().await;
    let dry_runs = || {
        let calls = rig.panel.calls();
        calls
            .iter()
            .filter(|call| call.query.iter().any(|(key, _)| key == "dryRun"))
            .count()
    };
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    assert_eq!(dry_runs(), 0, "the option is off unless it is set");
    let careful = domain::record::Product {
        installation: rig.installation.id.clone(),
        product_id: 4,
        policy: ProductPolicy {
            dry_run: true,
            ..ProductPolicy::default()
        },
    };
    let host = domain::Actor::host("test");
    rig.engine
        .store()
        .set_product_policy(&careful, &host)
        .await
        .unwrap();
    let refused = rig
        .result("CreateAccount", |message| {
            message["params"]["serviceid"] = json!(502);
            message["params"]["pid"] = json!(4);
            message["params"]["configoption2"] = json!("99");
        })
        .await;
    assert_ne!(refused, "success");
    assert_eq!(dry_runs(), 1);
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 1);
}

/// Between the promise and the second call somebody may have wished something else.
#[tokio::test]
async fn a_function_that_is_called_again_begins_nothing() {
    let rig = Rig::start().await;
    rig.create().await;
    let again = |message: &mut Value| message["applying"] = json!("eff_0199c0de00007000a000000000000011");
    for function in ["SuspendAccount", "TerminateAccount", "ChangePackage"] {
        let said = rig.result(function, again).await;
        assert!(said.contains("nothing was done"), "{function}: {said}");
    }
    let view = rig.view(501).await.expect("it is known");
    assert_eq!(view.service.standing, Standing::Live);
    assert_eq!(view.line().next().map(|operation| operation.kind), None);
    // What was done is answered as before.
    assert_eq!(rig.result("CreateAccount", again).await, "success");
}

#[tokio::test]
async fn an_effect_that_calls_again_what_was_overtaken_holds_up_nothing_behind_it() {
    let rig = Rig::start().await;
    rig.create().await;
    rig.panel
        .add_fault(FaultRule::once("suspend_server", Fault::Slow { seconds: 1 }));
    let promised = rig
        .result("SuspendAccount", |message| message["budget_ms"] = json!(350))
        .await;
    assert_ne!(promised, "success", "the answer came before the panel's");
    rig.until("the suspension is done", || async {
        let view = rig.view(501).await;
        view.is_some_and(|view| view.service.standing == Standing::Suspended && view.line().next().is_none())
    })
    .await;
    let rerun = async || {
        let all = EffectFilter::default();
        let page = rig.engine.store().effects(&all, &PageRequest::first(50)).await;
        let mut effects = page.unwrap().items.into_iter();
        let is_rerun = |effect: &Effect| matches!(effect.body, EffectBody::Rerun { .. });
        effects.find(is_rerun).unwrap()
    };
    let before = rerun().await;
    assert_eq!(before.state, EffectState::Waiting);
    assert_eq!(rig.result("UnsuspendAccount", |_| ()).await, "success");
    let again = |message: &mut Value| message["applying"] = json!(before.id);
    let said = rig.result("SuspendAccount", again).await;
    assert!(said.contains("nothing was done"), "{said}");
    rig.until("the service is in use, and stays so", || async {
        let view = rig.view(501).await;
        view.is_some_and(|view| view.service.standing == Standing::Live && view.line().next().is_none())
    })
    .await;
    assert_eq!(rerun().await.state, EffectState::Refused);
}
