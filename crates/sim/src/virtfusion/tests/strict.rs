use super::*;
use crate::virtfusion::{ErrorShape, endpoints};

/// The fields that a refusal names.
fn fields(got: &Got) -> Vec<String> {
    assert_eq!(got.0, 422, "{got:?}");
    got.1["errors"]
        .as_object()
        .unwrap_or_else(|| panic!("{got:?}"))
        .keys()
        .cloned()
        .collect()
}

fn laravel() -> Desk {
    Desk::with(PanelConfig {
        errors: Some(ErrorShape::Fields),
        ..PanelConfig::default()
    })
}

#[test]
fn unknown_missing_null_and_mistyped_fields_are_refused_by_name() {
    let desk = laravel();
    let user = desk.user(1);
    let mut missing = Desk::order(user);
    missing.as_object_mut().unwrap().remove("packageId");
    assert_eq!(fields(&desk.post("/servers", &missing)), ["packageId"]);
    for (field, value) in [
        ("hostname", json!("web")),
        ("cpucores", json!(2)),
        ("ipv4", json!(null)),
        ("packageId", json!("1")),
        ("memory", json!(2048.5)),
        ("storageProfile", json!("abc")),
        ("memory", json!(255)),
        ("cpuCores", json!(0)),
        ("cpuCores", json!(601)),
        ("traffic", json!(1_000_000_000)),
        ("traffic", json!(-1)),
        ("storage", json!(0)),
        ("firewallRulesets", json!([7])),
    ] {
        let mut order = Desk::order(user);
        order[field] = value.clone();
        assert_eq!(fields(&desk.post("/servers", &order)), [field], "{value}");
    }
    assert_eq!(desk.panel.totals(desk.now).servers_created, 0);
}

#[test]
fn self_service_is_read_by_the_users_relation_and_in_known_ranges() {
    let desk = laravel();
    desk.user(7);
    for what in ["hourlyStats", "usage", "report"] {
        let path = format!("/selfService/{what}/byUserExtRelationId");
        assert_eq!(desk.get(&format!("{path}/7")).0, 200, "{what}");
        assert_eq!(desk.get(&format!("{path}/8")).0, 404, "{what}");
        assert_eq!(desk.get(&format!("{path}/7?relStr=true")).0, 404, "{what}");
    }
    let usage = "/selfService/usage/byUserExtRelationId/7";
    assert_eq!(fields(&desk.get(&format!("{usage}?range=y"))), ["range"]);
    let report = "/selfService/report/byUserExtRelationId/7";
    assert_eq!(fields(&desk.get(&format!("{report}?period=25"))), ["period"]);
}

#[test]
fn the_limits_of_the_ranges_are_accepted() {
    let desk = Desk::new();
    let user = desk.user(1);
    let mut order = Desk::order(user);
    for (field, value) in [
        ("memory", 256),
        ("cpuCores", 1),
        ("traffic", 0),
        ("storage", 1),
        ("ipv4", 0),
    ] {
        order[field] = json!(value);
    }
    order["firewallRulesets"] = json!([-1]);
    order["additionalStorage1Enable"] = json!(true);
    order["additionalStorage1Capacity"] = json!(10);
    let (status, got) = desk.post("/servers", &order);
    assert_eq!(status, 201, "{got}");
    assert_eq!(got["data"]["storage"][1]["capacity"], json!(10));
    let id = got["data"]["id"].as_u64().unwrap();
    assert_eq!(
        desk.put(
            &format!("/servers/{id}/modify/traffic"),
            &json!({"traffic": 999_999_999})
        )
        .0,
        201
    );
    assert_eq!(
        desk.put(
            &format!("/servers/{id}/modify/traffic"),
            &json!({"traffic": "1000"})
        )
        .0,
        201
    );
    assert_eq!(
        desk.put(&format!("/servers/{id}/modify/memory"), &json!({"memory": 256}))
            .0,
        201
    );
    assert_eq!(
        desk.put(&format!("/servers/{id}/modify/cpuCores"), &json!({"cores": 64}))
            .0,
        201
    );
}

#[test]
fn modifications_are_strict_about_field_and_range() {
    let desk = Desk::new();
    let user = desk.user(1);
    let id = desk.created(user);
    for (what, body, field) in [
        ("memory", json!({"memory": 255}), "memory"),
        ("cpuCores", json!({"cpuCores": 2}), "cpuCores"),
        ("cpuCores", json!({"cores": 601}), "cores"),
        ("traffic", json!({"traffic": 1_000_000_000}), "traffic"),
        ("traffic", json!({"traffic": "many"}), "traffic"),
        ("name", json!({"name": " "}), "name"),
    ] {
        assert_eq!(
            fields(&desk.put(&format!("/servers/{id}/modify/{what}"), &body)),
            [field],
            "{body}"
        );
    }
}

#[test]
fn a_build_is_strict() {
    let desk = laravel();
    let user = desk.user(1);
    let id = desk.created(user);
    for (body, field) in [
        (json!({"name": "x"}), "operatingSystemId"),
        (json!({"operatingSystemId": null}), "operatingSystemId"),
        (json!({"operatingSystemId": "49"}), "operatingSystemId"),
        (json!({"operatingSystemId": 12345}), "operatingSystemId"),
        (json!({"operatingSystemId": 90}), "operatingSystemId"),
        (json!({"operatingSystemId": 49, "swap": 7}), "swap"),
        (json!({"operatingSystemId": 49, "hostname": "a b"}), "hostname"),
        (json!({"operatingSystemId": 49, "sshKeys": [3]}), "sshKeys"),
        (json!({"operatingSystemId": 49, "password": "x"}), "password"),
    ] {
        assert_eq!(
            fields(&desk.post(&format!("/servers/{id}/build"), &body)),
            [field],
            "{body}"
        );
    }
    for swap in [json!(1.5), json!(512)] {
        let id = desk.created(user);
        let body = json!({"operatingSystemId": 49, "swap": swap});
        assert_eq!(desk.post(&format!("/servers/{id}/build"), &body).0, 200, "{swap}");
    }
}

#[test]
fn users_are_strict_and_unique() {
    let desk = Desk::new();
    desk.user(1);
    for (body, field) in [
        (json!({"name": "x"}), "email"),
        (json!({"name": "x", "email": "no-address"}), "email"),
        (json!({"name": "", "email": "a@b.c"}), "name"),
        (json!({"name": "x", "email": "JANE1@example.com"}), "email"),
        (
            json!({"name": "x", "email": "a@b.c", "extRelationId": 1}),
            "extRelationId",
        ),
        (
            json!({"name": "x", "email": "a@b.c", "extRelationId": "2"}),
            "extRelationId",
        ),
        (
            json!({"name": "x", "email": "a@b.c", "selfService": 4}),
            "selfService",
        ),
        (json!({"name": "x", "email": "a@b.c", "admin": true}), "admin"),
    ] {
        assert_eq!(fields(&desk.post("/users", &body)), [field], "{body}");
    }
    assert_eq!(desk.panel.users(desk.now).len(), 1);
    desk.user(2);
    let taken = json!({"email": "jane1@example.com"});
    assert_eq!(fields(&desk.put("/users/2/byExtRelation", &taken)), ["email"]);
    assert_eq!(
        desk.put(
            "/users/2/byExtRelation",
            &json!({"name": "New", "enabled": false})
        )
        .0,
        201
    );
    assert_eq!(
        desk.get("/users/2/byExtRelation").1["data"]["suspended"],
        json!(true)
    );
    assert_eq!(desk.bare("/users/2/byExtRelation/resetPassword").0, 201);
}

#[test]
fn both_error_shapes_are_spoken() {
    for (shape, is_list) in [
        (Some(ErrorShape::List), true),
        (Some(ErrorShape::Fields), false),
        (None, true),
    ] {
        let desk = Desk::with(PanelConfig {
            errors: shape,
            ..PanelConfig::default()
        });
        let (status, got) = desk.post("/servers", &json!({"packageId": 1}));
        assert_eq!(
            (status, got["errors"].is_array()),
            (422, is_list),
            "{shape:?}: {got}"
        );
    }
    let desk = Desk::new();
    assert!(desk.post("/users", &json!({"name": "x"})).1["errors"].is_object());
}

#[test]
fn orders_name_enabled_packages_groups_and_users() {
    let desk = laravel();
    let user = desk.user(1);
    for (field, value) in [
        ("packageId", 4),
        ("packageId", 99),
        ("hypervisorId", 99),
        ("userId", 99),
    ] {
        let mut order = Desk::order(user);
        order[field] = json!(value);
        assert_eq!(fields(&desk.post("/servers", &order)), [field], "{value}");
    }
    desk.panel
        .hand(desk.now)
        .act(super::super::Act::EnableGroup {
            group: 1,
            enabled: false,
        })
        .unwrap();
    assert_eq!(
        fields(&desk.post("/servers", &Desk::order(user))),
        ["hypervisorId"]
    );
}

#[test]
fn bodies_are_json_objects_with_the_right_content_type() {
    let desk = Desk::new();
    let send = |body: &str, kind: &str| {
        let mut incoming = desk.incoming(Method::Post, "/users", None);
        incoming.body = body.as_bytes().to_vec();
        incoming
            .headers
            .insert("content-type".to_owned(), kind.to_owned());
        match desk.panel.handle(desk.now, &incoming) {
            Reply::Answer(answer) => answer.status,
            other => panic!("{other:?}"),
        }
    };
    let good = r#"{"name":"x","email":"a@b.c"}"#;
    assert_eq!(send(good, "text/plain"), 415);
    assert_eq!(send("{", "application/json"), 422);
    assert_eq!(send("[]", "application/json"), 422);
    assert_eq!(send(&format!("{good} {good}"), "application/json"), 422);
    assert_eq!(send(good, "application/json; charset=utf-8"), 201);
}

#[test]
fn requests_without_a_body_must_have_none() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    assert_eq!(desk.post(&format!("/servers/{id}/suspend"), &json!({})).0, 422);
    assert_eq!(
        desk.post(&format!("/servers/{id}/power/restart"), &json!({"force": true}))
            .0,
        422
    );
    assert_eq!(desk.field(id, "suspended"), json!(false));
    assert_eq!(desk.bare("/servers").0, 422);
}

#[test]
fn queries_are_strict() {
    let desk = Desk::new();
    let user = desk.user(1);
    let id = desk.created(user);
    for target in [
        "/servers?results=0",
        "/servers?results=201",
        "/servers?results=many",
        "/servers?page=0",
        "/servers?type=long",
        "/servers?hypervisorId=x",
        "/servers?owner=1",
        "/connect?verbose=true",
        &format!("/servers/{id}?remoteState=yes"),
    ] {
        assert_eq!(desk.get(target).0, 422, "{target}");
    }
    assert_eq!(desk.delete(&format!("/servers/{id}?delay=43801")).0, 422);
    assert_eq!(desk.delete(&format!("/servers/{id}?delay=-1")).0, 422);
    assert_eq!(desk.delete(&format!("/servers/{id}?delay=43800")).0, 204);
    assert_eq!(desk.post("/servers?dryRun=maybe", &Desk::order(user)).0, 422);
}

#[test]
fn what_does_not_exist_is_not_found() {
    let desk = Desk::new();
    let no_server = (404, json!({"msg": "server not found"}));
    assert_eq!(desk.get("/servers/5"), no_server);
    assert_eq!(desk.bare("/servers/5/suspend"), no_server);
    assert_eq!(desk.delete("/servers/5"), no_server);
    assert_eq!(desk.call(Method::Put, "/servers/5/package/1", None), no_server);
    assert_eq!(desk.get("/servers/5/vnc"), no_server);
    let no_user = (404, json!({"msg": "ext_relation_id not found"}));
    assert_eq!(desk.get("/users/5/byExtRelation"), no_user);
    assert_eq!(desk.get("/users/five/byExtRelation"), no_user);
    assert_eq!(desk.get("/users/five/byExtRelation?relStr=true"), no_user);
    for target in [
        "/packages/99",
        "/queue/9",
        "/ssh_keys/9",
        "/compute/hypervisors/groups/9/resources",
    ] {
        let (status, got) = desk.get(target);
        assert_eq!((status, got["msg"].is_string()), (404, true), "{target}");
    }
    assert_eq!(desk.get("/servers/abc").0, 404);
    assert_eq!(desk.get("/nothing").0, 404);
    assert_eq!(desk.delete("/packages").0, 405);
}

#[test]
fn every_endpoint_refuses_an_unknown_query_and_a_stranger() {
    for profile in [Profile::V6, Profile::V7] {
        let mut desk = Desk::with(PanelConfig {
            profile,
            ..PanelConfig::default()
        });
        for (method, path, name) in endpoints(profile) {
            let path = path
                .replace("{ext}", "1")
                .replace("{id}", "1")
                .replace("{user}", "1")
                .replace("{package}", "1");
            desk.token = PanelConfig::TOKEN;
            assert_eq!(
                desk.call(method, &format!("{path}?surprise=1"), None).0,
                422,
                "{name}"
            );
            desk.token = "stranger";
            assert_eq!(desk.call(method, &path, None), (401, Value::Null), "{name}");
        }
    }
}
