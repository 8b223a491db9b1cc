//! A service's life, in the original's words.

use std::time::Duration;

use domain::Clock;
use domain::machine::Power;
use domain::record::Standing;
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};
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
    let mut rig = Rig::standing().await;
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    let again = |budget: u64| {
        move |message: &mut Value| {
            message["domainstatus"] = json!("Active");
            message["budget_ms"] = json!(budget);
        }
    };
    let sentence = rig.result("CreateAccount", again(320)).await;
    assert!(
        sentence.starts_with("Create Account: ") && sentence.contains("The VM build is queued with Katapult"),
        "{sentence}"
    );
    rig.door.tick();
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
async fn kt_048_kt_050_what_the_platform_refuses_is_said_with_its_code_and_the_request() {
    let rig = Rig::start().await;
    let refused = rig
        .result("CreateAccount", |message| {
            message["params"]["configoption1"] = json!("rock-0");
        })
        .await;
    for said in [
        "Create Account: ",
        "rock-0",
        "package_not_found: No package was found",
        "[http: 404 GET /core/v1/virtual_machine_packages/virtual_machine_package]",
    ] {
        assert!(refused.contains(said), "{said}: {refused}");
    }
    assert_eq!(
        rig.sent("POST", ""),
        0,
        "what does not exist is seen before anything is made"
    );
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
async fn kt_048_kt_049_kt_050_an_order_that_is_refused_is_answered_with_every_word_of_the_refusal() {
    let rig = Rig::start().await;
    let denied = Fault::ErrorBefore {
        status: 403,
        html: false,
    };
    rig.kit
        .panel
        .add_fault(FaultRule::at("build_virtual_machine", denied));
    let refused = rig.result("CreateAccount", |_| ()).await;
    assert_eq!(
        refused,
        "Create Account: permission_denied: The caller is not permitted to do this - This is not permitted at present \
         [http: 403 POST /core/v1/organizations/organization/virtual_machines/build]."
    );
    assert!(rig.machines().is_empty());
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
    let rig = Rig::standing().await;
    let described = async || rig.call("DescribeVm", |_| ()).await["data"].clone();
    let states = |data: &Value| ["vm_state", "vm_id", "vm", "vm_build_id"].map(|field| data[field].clone());
    let none = Value::Null;
    let nothing = [json!("unknown"), none.clone(), none.clone(), none.clone()];
    assert_eq!(states(&described().await), nothing);
    // The clock stands, so that there is a build and no machine yet.
    let ordered = rig.clock.now().as_seconds();
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    let build = rig.kit.panel.builds(rig.clock.now()).remove(0).id;
    let building = described().await;
    assert_eq!(
        states(&building),
        [json!("building"), none.clone(), none, json!(build)]
    );
    assert_eq!(building["vm_build_started_at"], json!(ordered));
    rig.grow().await;
    // Longer than the machine's first start, and than a reading counts as fresh.
    rig.clock.advance(Duration::from_secs(11));
    let data = described().await;
    let machine = &rig.machines()[0];
    assert_eq!(machine.power, Runs::Started);
    assert_eq!(
        (&data["vm_id"], &data["vm_state"], &data["vm_build_id"]),
        (&json!(machine.id), &json!("started"), &json!(build))
    );
    assert_eq!(data["vm"]["hostname"], json!(machine.hostname));
    let seen = rig.clock.now().as_seconds();
    assert_eq!(data["vm"]["observed_at"], json!(seen));
    assert!(!data.to_string().contains(&machine.password));
}
