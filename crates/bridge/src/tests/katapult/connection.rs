//! TestConnection: the account that serves all, and accounts of their own behind server records.

use domain::Clock;
use domain::record::PlatformState;
use serde_json::{Value, json};
use sim::katapult::Config;

use super::Rig;

/// A server record as somebody filled it in.
fn record<'a>(host: &'a str, user: &'a str, password: &'a str) -> impl FnOnce(&mut Value) + 'a {
    move |message| {
        message["params"]["serverid"] = json!(4);
        message["params"]["serverhostname"] = json!(host);
        message["params"]["serverusername"] = json!(user);
        message["params"]["serverpassword"] = json!(password);
    }
}

#[tokio::test]
async fn kt_027_a_record_that_holds_anything_is_answered_by_the_account_that_serves_all() {
    let rig = Rig::start().await;
    for (host, user, password) in [
        ("", "", ""),
        ("server1.test", "admin", "x"),
        ("10.0.0.1", "acme", Config::TOKEN),
    ] {
        assert_eq!(
            rig.result("TestConnection", record(host, user, password)).await,
            "success",
            "{host} {user}"
        );
    }
    assert_eq!(rig.engine.store().platforms().await.unwrap().len(), 1);
}

#[tokio::test]
async fn two_accounts_behind_one_endpoint_are_two_platforms_and_the_record_names_its_own() {
    let rig = Rig::start().await;
    let organizations = rig.kit.panel.organizations(rig.clock.now());
    let globex = organizations
        .iter()
        .find(|organization| organization.sub_domain == "globex")
        .unwrap()
        .id
        .clone();
    let address = rig.kit.platform.endpoint.clone();
    let proposed = rig
        .result("TestConnection", record(&address, &globex, Config::OTHER_TOKEN))
        .await;
    assert!(proposed.contains("hostler platform approve plt_"), "{proposed}");
    let platforms = rig.engine.store().platforms().await.unwrap();
    let other = platforms
        .iter()
        .find(|platform| platform.account == globex)
        .unwrap();
    assert_eq!(
        (&other.endpoint, other.state),
        (&address, PlatformState::Proposed)
    );
    let host = domain::Actor::host("test");
    rig.engine.approve_platform(other.id, &host).await.unwrap();
    assert_eq!(rig.result("TestConnection", record("", "", "")).await, "success");
    let another = rig
        .result(
            "TestConnection",
            record(&address, "org_0000000000000000", "other"),
        )
        .await;
    assert!(another.contains("changed on the engine's host"), "{another}");
    // A service of this server lies with its own account, one of any other server with the default one.
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    let elsewhere = |message: &mut Value| {
        message["params"]["serviceid"] = json!(502);
        message["params"]["userid"] = json!(78);
        message["params"]["serverid"] = json!(9);
    };
    assert_eq!(rig.result("CreateAccount", elsewhere).await, "success");
    let of = async |service: u64| rig.view(service).await.unwrap().platform.unwrap().account;
    assert_eq!(of(501).await, globex);
    assert_eq!(of(502).await, rig.kit.platform.account);
}

#[tokio::test]
async fn kt_028_an_account_whose_record_names_no_host_of_the_platforms_is_proposed_at_the_configured_one() {
    let rig = Rig::start().await;
    for (server, account, host) in [
        (4, "org_3fKq9ZxT7bLm2WcA", ""),
        (5, "org_8sPd1YhR4nJv6QeB", "server1.test"),
    ] {
        let proposed = rig
            .result("TestConnection", |message| {
                record(host, account, Config::OTHER_TOKEN)(message);
                message["params"]["serverid"] = json!(server);
            })
            .await;
        assert!(proposed.contains("hostler platform approve plt_"), "{proposed}");
        let platforms = rig.engine.store().platforms().await.unwrap();
        let platform = platforms.iter().find(|platform| platform.account == account);
        let platform = platform.expect("it is proposed");
        assert_eq!(
            (&platform.endpoint, platform.state),
            (&rig.kit.platform.endpoint, PlatformState::Proposed),
            "{host:?}"
        );
        assert!(
            platform.name.contains(&rig.kit.platform.endpoint),
            "{}",
            platform.name
        );
    }
}

#[tokio::test]
async fn functions_of_one_module_are_not_another_ones() {
    let rig = Rig::start().await;
    for function in ["updateServerObject", "validateServerConfig", "UsageUpdate"] {
        let message = super::message(function, |_| ());
        let (status, body) = rig.post("/bridge/v1/call", &message).await;
        assert_eq!(
            (status.as_u16(), &body["error"]["code"]),
            (400, &json!("unknown_function"))
        );
    }
    let mut message = super::super::words::message("SuspendAccount", |_| ());
    message["function"] = json!("StartVm");
    let (_, body) = rig.post("/bridge/v1/call", &message).await;
    assert_eq!(body["error"]["code"], "unknown_function");
}
