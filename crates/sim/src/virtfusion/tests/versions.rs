use super::*;
use crate::virtfusion::ConsoleDialect;

fn panel(profile: Profile) -> (Desk, u64) {
    let mut desk = Desk::with(PanelConfig {
        profile,
        ..PanelConfig::default()
    });
    let user = desk.user(1);
    let id = desk.built(user);
    (desk, id)
}

#[test]
fn modifications_answer_by_version_and_have_the_same_effect() {
    for (profile, status) in [(Profile::V6, 204), (Profile::V7, 201)] {
        let (desk, id) = panel(profile);
        for (what, body) in [
            ("name", json!({"name": "db-01"})),
            ("memory", json!({"memory": 3072})),
            ("cpuCores", json!({"cores": 3})),
            ("traffic", json!({"traffic": 77})),
        ] {
            assert_eq!(
                desk.put(&format!("/servers/{id}/modify/{what}"), &body),
                (status, Value::Null),
                "{what}"
            );
        }
        assert_eq!(desk.field(id, "name"), json!("db-01"));
        let resources = desk.field(id, "settings")["resources"].clone();
        assert_eq!(
            resources,
            json!({"memory": 3072, "storage": 20, "traffic": 77, "cpuCores": 3})
        );
    }
}

#[test]
fn a_package_change_answers_by_version_and_never_shrinks_the_disk() {
    let (desk, id) = panel(Profile::V6);
    assert_eq!(
        desk.call(Method::Put, &format!("/servers/{id}/package/3"), None),
        (204, Value::Null)
    );
    let (desk, id) = panel(Profile::V7);
    assert_eq!(
        desk.call(Method::Put, &format!("/servers/{id}/package/3"), None)
            .0,
        200
    );
    let (status, got) = desk.call(Method::Put, &format!("/servers/{id}/package/1"), None);
    assert_eq!(status, 200);
    let info: Vec<&str> = got["info"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        info.iter()
            .any(|line| line.starts_with("primary disk not updated")),
        "{info:?}"
    );
    let resources = desk.field(id, "settings")["resources"].clone();
    assert_eq!(
        resources,
        json!({"memory": 1024, "storage": 80, "traffic": 1000, "cpuCores": 1})
    );
    let (_, got) = desk.put(
        &format!("/servers/{id}/package/2"),
        &json!({"memory": false, "primaryDiskSize": false}),
    );
    assert!(got["info"].is_array());
    let resources = desk.field(id, "settings")["resources"].clone();
    assert_eq!(
        resources,
        json!({"memory": 1024, "storage": 80, "traffic": 2000, "cpuCores": 2})
    );
    assert_eq!(
        desk.call(Method::Put, &format!("/servers/{id}/package/99"), None)
            .0,
        404
    );
    assert_eq!(
        desk.call(Method::Put, &format!("/servers/{id}/package/4"), None)
            .0,
        404
    );
    assert_eq!(
        desk.put(&format!("/servers/{id}/package/2"), &json!({"disk": true}))
            .0,
        422
    );
}

#[test]
fn the_old_way_to_rename_ends_with_version_seven() {
    let (desk, id) = panel(Profile::V6);
    let target = format!("/servers/{id}/name");
    assert_eq!(
        desk.call(Method::Patch, &target, Some(&json!({"name": "new"}))).0,
        204
    );
    assert_eq!(desk.field(id, "name"), json!("new"));
    let (desk, id) = panel(Profile::V7);
    assert_eq!(
        desk.call(
            Method::Patch,
            &format!("/servers/{id}/name"),
            Some(&json!({"name": "new"}))
        )
        .0,
        404
    );
    assert_eq!(desk.field(id, "name"), json!("web-01"));
}

#[test]
fn before_version_seven_the_console_tells_its_setting() {
    let (desk, id) = panel(Profile::V6);
    let target = format!("/servers/{id}/vnc");
    assert_eq!(
        desk.post(&target, &json!({"vnc": true})).1["data"]["vnc"]["enabled"],
        json!(true)
    );
    assert_eq!(
        desk.post(&target, &json!({"action": "disable"})).1["data"]["vnc"]["enabled"],
        json!(false)
    );
}

#[test]
fn a_panel_may_speak_one_console_dialect_only() {
    for (console, action, flag) in [
        (ConsoleDialect::Both, 200, 200),
        (ConsoleDialect::Action, 200, 422),
        (ConsoleDialect::Flag, 422, 200),
    ] {
        let mut desk = Desk::with(PanelConfig {
            console,
            ..PanelConfig::default()
        });
        let user = desk.user(1);
        let target = format!("/servers/{}/vnc", desk.built(user));
        assert_eq!(
            desk.post(&target, &json!({"action": "enable"})).0,
            action,
            "{console:?}"
        );
        assert_eq!(desk.post(&target, &json!({"vnc": true})).0, flag, "{console:?}");
        assert_eq!(
            desk.post(&target, &json!({"action": "open"})).0,
            422,
            "{console:?}"
        );
        assert_eq!(desk.bare(&target).0, 422, "{console:?}");
    }
}

#[test]
fn a_dry_run_may_answer_201() {
    let desk = Desk::with(PanelConfig {
        dry_run_status: 201,
        ..PanelConfig::default()
    });
    let user = desk.user(1);
    assert_eq!(desk.post("/servers?dryRun=true", &Desk::order(user)).0, 201);
}
