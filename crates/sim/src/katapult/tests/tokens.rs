use super::*;
use crate::katapult::{OrganizationConfig, Owner, Token};

fn with_header(desk: &Desk, value: Option<&str>) -> Got {
    let mut incoming = desk.incoming(Method::Get, "/organizations", None);
    match value {
        None => incoming.headers.remove("authorization"),
        Some(value) => incoming
            .headers
            .insert("authorization".to_owned(), value.to_owned()),
    };
    let answer = desk.answer(&incoming);
    (answer.status, answer.value().unwrap())
}

#[test]
fn a_request_without_a_valid_token_is_told_so_and_never_401() {
    let desk = Desk::new();
    assert_eq!(refusal(&with_header(&desk, None)), (400, "missing_api_token"));
    assert_eq!(
        refusal(&with_header(&desk, Some("Bearer wrong"))),
        (403, "invalid_api_token")
    );
    let basic = format!("Basic {}", Config::TOKEN);
    assert_eq!(
        refusal(&with_header(&desk, Some(&basic))),
        (403, "invalid_api_token")
    );
    assert_eq!(
        refusal(&with_header(&desk, Some("Bearer "))),
        (403, "invalid_api_token")
    );
}

#[test]
fn a_token_expires_and_holds_only_from_its_networks() {
    let mut config = Config::default();
    config.tokens[0].expires = Some(START + Duration::from_mins(1));
    config.tokens[1].network_authorized = false;
    let mut desk = Desk::with(config);
    assert_eq!(desk.get("/organizations").0, 200);
    desk.wait(60);
    assert_eq!(refusal(&desk.get("/organizations")), (403, "invalid_api_token"));
    desk.token = Config::USER_TOKEN;
    let elsewhere = desk.get("/organizations");
    assert_eq!(refusal(&elsewhere), (403, "unauthorized_network_for_api_token"));
    assert!(elsewhere.1["error"]["detail"]["ip_address"].is_string());
}

#[test]
fn a_token_does_what_one_of_its_scopes_allows() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    desk.token = Config::READ_TOKEN;
    assert_eq!(desk.get(&vm("", &machine)).0, 200);
    assert_eq!(desk.get("/virtual_machine_packages").0, 200);
    let refused = desk.power("stop", &machine);
    assert_eq!(refusal(&refused), (403, "scope_not_granted"));
    let scopes = json!({"scopes": ["virtual_machines", "virtual_machines:power_actions"]});
    assert_eq!(refused.1["error"]["detail"], scopes);
    let order = Desk::order(&organization, "web-2");
    assert_eq!(refusal(&desk.post(BUILD, &order)), (403, "scope_not_granted"));
    assert_eq!(desk.get("/data_centers").0, 200, "some things need no scope");

    let owner = Owner::Organization("acme".to_owned());
    let desk = Desk::with(Config {
        tokens: vec![Token::new(
            Config::TOKEN,
            owner,
            &["virtual_machines:power_actions"],
        )],
        ..Config::default()
    });
    let machine = desk.act(Act::CreateMachine {
        organization: "acme".to_owned(),
        package: "rock-1".to_owned(),
        hostname: "web-1".to_owned(),
        reuse_id: false,
    });
    assert_eq!(desk.power("stop", &machine).0, 200, "the narrow scope is enough");
    assert_eq!(desk.get(&vm("", &machine)).0, 403);
}

#[test]
fn kt_119_a_person_s_token_reaches_what_the_person_may_use() {
    let mut desk = Desk::new();
    assert_eq!(
        refusal(&desk.get("/users/current")),
        (404, "no_user_associated_with_identity")
    );
    let organization = desk.organization("ada");
    desk.token = Config::USER_TOKEN;
    let (status, got) = desk.get("/users/current");
    assert_eq!((status, &got["user"]["first_name"]), (200, &json!("Ada")));
    assert_eq!(got["organizations"][0]["sub_domain"], json!("acme"));
    assert!(got["api_token_id"].as_str().unwrap().starts_with("apitok_"));
    let machine = desk.machine(&organization, "web-1");
    assert_eq!(desk.get(&vm("", &machine)).0, 200);
}

#[test]
fn what_another_organization_has_is_not_there() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let build = desk.ordered(&Desk::order(&organization, "web-1"));
    desk.wait(11);
    let machine = id(&desk.build(&build)["virtual_machine"]);
    let address = id(&desk.shown(&machine)["ip_addresses"][0]);
    let disk = id(&desk.get(&vm("/disks", &machine)).1["disks"][0]["disk"]);
    desk.token = Config::OTHER_TOKEN;
    for (target, code) in [
        (vm("", &machine), "virtual_machine_not_found"),
        (of("virtual_machines", &organization), "organization_not_found"),
        (
            format!("/ip_addresses/ip_address?ip_address[id]={address}"),
            "ip_address_not_found",
        ),
        (format!("/disks/disk?disk[id]={disk}"), "disk_not_found"),
        (format!("/virtual_machines/builds/{build}"), "build_not_found"),
    ] {
        assert_eq!(refusal(&desk.get(&target)), (404, code), "{target}");
    }
    let (_, got) = desk.get("/organizations");
    assert_eq!(got["organizations"].as_array().unwrap().len(), 1);
    assert_eq!(desk.power("stop", &machine).0, 404);
}

#[test]
fn kt_009_the_own_organization_comes_first_and_managed_ones_may_be_left_out() {
    let organization = |name: &str| OrganizationConfig {
        name: name.to_owned(),
        sub_domain: name.to_owned(),
        managed_limit: 10,
    };
    let desk = Desk::with(Config {
        organizations: vec![organization("globex"), organization("acme")],
        lists_managed: false,
        ..Config::default()
    });
    desk.organization("ada");
    let (_, got) = desk.get("/organizations");
    let listed = got["organizations"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["sub_domain"]), (1, &json!("acme")));
}

#[test]
fn a_suspended_organization_can_do_nothing() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    desk.act(Act::SuspendOrganization {
        organization: organization.clone(),
    });
    let refused = (403, "organization_suspended");
    assert_eq!(
        refusal(&desk.get(&of("virtual_machines", &organization))),
        refused
    );
    assert_eq!(
        refusal(&desk.post(BUILD, &Desk::order(&organization, "web-2"))),
        refused
    );
    assert_eq!(refusal(&desk.power("stop", &machine)), (403, "permission_denied"));
    let rename = json!({"virtual_machine": {"id": machine}, "properties": {"name": "x"}});
    let renamed = desk.patch("/virtual_machines/virtual_machine", &rename);
    assert_eq!(refusal(&renamed), (403, "permission_denied"));
    desk.act(Act::UnsuspendOrganization {
        organization: organization.clone(),
    });
    assert_eq!(desk.power("stop", &machine).0, 200);
    let reasons = vec!["An invoice is overdue".to_owned()];
    desk.act(Act::Restrict {
        organization: organization.clone(),
        reasons,
    });
    let restricted = desk.post(BUILD, &Desk::order(&organization, "web-2"));
    assert_eq!(refusal(&restricted), (403, "resource_creation_restricted"));
    assert_eq!(
        restricted.1["error"]["detail"]["errors"],
        json!(["An invoice is overdue"])
    );
}
