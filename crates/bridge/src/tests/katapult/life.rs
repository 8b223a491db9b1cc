//! A service's life, in the original's words.

use domain::Clock;
use domain::machine::Power;
use domain::record::Standing;
use serde_json::{Value, json};
use sim::katapult::{Act, Power as Runs};

use super::{Rig, lines};

#[tokio::test]
async fn kt_033_kt_034_kt_044_a_clients_services_share_one_organization_that_bears_its_name() {
    let rig = Rig::start().await;
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    let second = rig
        .result("CreateAccount", |message| {
            message["params"]["serviceid"] = json!(502);
            message["params"]["domain"] = json!("web2.example.test");
        })
        .await;
    assert!(
        second == "success" || second.starts_with("Create Account: "),
        "{second}"
    );
    rig.until("both are ready", || async { rig.machines().len() == 2 })
        .await;
    assert_eq!(rig.sent("POST", "/managed"), 1);
    let organizations = rig.kit.panel.organizations(rig.clock.now());
    let names: Vec<&str> = organizations
        .iter()
        .filter(|organization| organization.parent.is_some())
        .map(|organization| organization.name.as_str())
        .collect();
    assert_eq!(names, ["Jane Doe (Acme)"]);
}

#[tokio::test]
async fn kt_045_kt_047_a_create_of_an_active_service_says_how_its_build_stands_and_begins_nothing() {
    let rig = Rig::start().await;
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    let again = |budget: u64| {
        move |message: &mut Value| {
            message["domainstatus"] = json!("Active");
            message["budget_ms"] = json!(budget);
        }
    };
    let sentence = rig.result("CreateAccount", again(320)).await;
    assert!(
        sentence.starts_with("Create Account: ") && sentence.contains("The VM "),
        "{sentence}"
    );
    assert_eq!(rig.result("CreateAccount", again(23_000)).await, "success");
    assert_eq!(rig.sent("POST", "/virtual_machines/build"), 1);
}

#[tokio::test]
async fn kt_046_a_create_where_there_is_a_machine_is_refused_without_a_call() {
    let rig = Rig::start().await;
    rig.create().await;
    let before = rig.kit.panel.calls().len();
    let sentence = rig
        .result("CreateAccount", |message| {
            message["domainstatus"] = json!("Active");
        })
        .await;
    assert_eq!(
        sentence,
        "Create Account: There is a VM ID set for this service already, build previously completed"
    );
    assert_eq!(rig.kit.panel.calls().len(), before);
}

#[tokio::test]
async fn kt_048_what_the_platform_refuses_is_said_with_its_code_and_the_request() {
    let rig = Rig::start().await;
    let refused = rig
        .result("CreateAccount", |message| {
            message["params"]["configoption1"] = json!("rock-0");
        })
        .await;
    assert!(refused.starts_with("Create Account: "), "{refused}");
    assert!(refused.contains("rock-0"), "{refused}");
    assert!(rig.machines().is_empty());
    let effects = rig.effects().await;
    let line = effects.iter().find(|effect| {
        let message = effect["body"]["message"].as_str();
        message.is_some_and(|message| message.contains("create failed: "))
    });
    assert_eq!(
        line.map(|line| &line["body"]["client"]),
        Some(&json!(77)),
        "{effects:#?}"
    );
}

#[tokio::test]
async fn kt_046_a_service_that_the_originals_store_maps_is_not_built_again() {
    let rig = Rig::start().await;
    for (field, value) in [
        ("mapped_id", "vm_Qm3kT8Zr1LwYp0Xa"),
        ("mapped_build", "vmbuild_B7sXw2LdKq9fGm1E"),
    ] {
        let sentence = rig
            .result("CreateAccount", |message| message["params"][field] = json!(value))
            .await;
        assert!(
            sentence.contains("is not adopted yet") && sentence.contains(value),
            "{sentence}"
        );
    }
    assert_eq!(rig.sent("POST", ""), 0, "nothing was made");
}

#[tokio::test]
async fn kt_080_kt_081_a_suspended_machine_is_shut_down_and_started_while_it_still_shows_suspended() {
    let rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    assert_eq!(rig.result("SuspendAccount", |_| ()).await, "success");
    rig.is_quiet().await;
    assert_eq!(rig.machines()[0].power, Runs::Stopped);
    assert_eq!(lines(&rig.effects().await), ["[Service ID: 501]: VM shutdown"]);
    assert_eq!(
        rig.view(501).await.unwrap().service.power_before_suspend,
        Some(Power::On)
    );
    assert_eq!(rig.result("UnsuspendAccount", |_| ()).await, "success");
    rig.is_quiet().await;
    assert!(rig.machines()[0].power.is_on());
    assert_eq!(lines(&rig.effects().await), ["[Service ID: 501]: VM started"]);
    assert_eq!(rig.view(501).await.unwrap().service.standing, Standing::Live);
}

#[tokio::test]
async fn kt_083_a_package_is_changed_by_its_permalink_and_told() {
    let rig = Rig::start().await;
    rig.create().await;
    let change = |message: &mut Value| message["params"]["configoption1"] = json!("rock-6");
    assert_eq!(rig.result("ChangePackage", change).await, "success");
    assert_eq!(rig.machines()[0].package.as_deref(), Some("rock-6"));
    let effects = rig.effects().await;
    assert!(
        lines(&effects).contains(&"[Service ID: 501]: VM package changed to rock-6"),
        "{effects:#?}"
    );
}

#[tokio::test]
async fn kt_085_kt_086_kt_088_a_suspended_service_ends_with_its_backup_policies_told_one_by_one() {
    let rig = Rig::start().await;
    rig.create().await;
    let machine = rig.machines()[0].id.clone();
    let hand = rig.kit.panel.hand(rig.clock.now());
    for _ in 0..2 {
        let machine = machine.clone();
        hand.act(Act::AddPolicy { machine, disk: None }).unwrap();
    }
    assert_eq!(rig.result("SuspendAccount", |_| ()).await, "success");
    let ended = |message: &mut Value| message["domainstatus"] = json!("Suspended");
    assert_eq!(rig.result("TerminateAccount", ended).await, "success");
    rig.until("it is over", || async {
        rig.view(501).await.unwrap().service.standing == Standing::Ended
    })
    .await;
    let effects = rig.effects().await;
    let told = lines(&effects);
    let policies = told
        .iter()
        .filter(|line| line.contains("Deleted disk backup policy "))
        .count();
    assert_eq!(policies, 2, "{told:?}");
    let gone = "[Service ID: 501]: VM deleted and local data store cleared";
    assert!(told.contains(&gone), "{told:?}");
    let link = effects
        .iter()
        .rfind(|effect| effect["kind"] == "set_link")
        .unwrap();
    assert_eq!(
        (&link["body"]["closed"], &link["module"]),
        (&json!(true), &json!("katapult"))
    );
    // What comes next is another life.
    assert_eq!(
        rig.result("TerminateAccount", |message| message["params"]["serviceid"] =
            json!(999))
            .await,
        "Module command: There is no VM ID set for this service"
    );
}

#[tokio::test]
async fn kt_091_after_the_end_a_create_builds_again_and_until_then_the_state_is_unknown() {
    let rig = Rig::start().await;
    rig.create().await;
    assert_eq!(rig.result("TerminateAccount", |_| ()).await, "success");
    rig.until("it is over", || async {
        rig.view(501).await.unwrap().service.standing == Standing::Ended
    })
    .await;
    let described = rig.call("DescribeVm", |_| ()).await;
    assert_eq!(described["data"]["vm_state"], "unknown");
    assert_eq!(described["data"]["vm_id"], Value::Null);
    let again = |message: &mut Value| message["domainstatus"] = json!("Terminated");
    assert_eq!(rig.result("CreateAccount", again).await, "success");
    rig.is_ready().await;
    assert_eq!(rig.sent("POST", "/virtual_machines/build"), 2);
}

#[tokio::test]
async fn kt_117_the_state_is_the_machines_or_building_or_unknown() {
    let rig = Rig::start().await;
    let described = async || rig.call("DescribeVm", |_| ()).await["data"].clone();
    assert_eq!(described().await["vm_state"], "unknown");
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    let building = described().await;
    assert!(
        building["vm_build_id"].as_str().unwrap().starts_with("vmbuild_"),
        "{building}"
    );
    assert!(building["vm_build_started_at"].as_i64().unwrap() > 0);
    rig.is_ready().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    rig.clock.advance(std::time::Duration::from_secs(11));
    let data = described().await;
    let machine = &rig.machines()[0];
    assert_eq!(
        (&data["vm_id"], &data["vm_state"]),
        (&json!(machine.id), &json!("started"))
    );
    assert_eq!(data["vm"]["hostname"], json!(machine.hostname));
    assert!(data["vm"]["observed_at"].is_i64());
    assert!(!data.to_string().contains(&machine.password));
    assert_eq!(data["vm_build_id"], building["vm_build_id"]);
}
