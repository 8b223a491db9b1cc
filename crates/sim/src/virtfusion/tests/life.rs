use super::*;

#[test]
fn a_server_is_created_built_suspended_and_deleted() {
    let mut desk = Desk::new();
    let user = desk.user(77);
    let (status, got) = desk.post("/servers", &Desk::order(user));
    assert_eq!(status, 201);
    let data = &got["data"];
    assert_eq!(
        (&data["state"], &data["commissionStatus"]),
        (&json!("allocated"), &json!(0))
    );
    assert_eq!(
        (&data["name"], &data["hostname"], &data["built"]),
        (&json!(""), &Value::Null, &Value::Null)
    );
    assert_eq!(data["owner"]["extRelationId"], json!(77));
    assert_eq!(
        data["settings"]["resources"],
        json!({"memory": 1024, "storage": 20, "traffic": 1000, "cpuCores": 1})
    );
    assert_eq!(
        data["network"]["interfaces"][0]["ipv4"][0]["address"],
        json!("198.18.0.2")
    );
    let id = data["id"].as_u64().unwrap();

    let body =
        json!({ "operatingSystemId": 49, "name": "web-01", "hostname": "web-01.example.net", "email": true });
    let (status, got) = desk.post(&format!("/servers/{id}/build"), &body);
    assert_eq!(status, 200);
    assert_eq!(
        (&got["data"]["state"], &got["data"]["commissionStatus"]),
        (&json!("queued"), &json!(1))
    );
    assert_eq!(
        got["data"]["settings"]["decryptedPassword"]
            .as_str()
            .unwrap()
            .len(),
        20
    );
    assert_eq!(desk.panel.mails(desk.now)[0].about, "build");

    desk.wait(7);
    assert_eq!(desk.field(id, "state"), json!("queued"));
    desk.wait(1);
    assert_eq!(desk.field(id, "state"), json!("complete"));
    assert_eq!(desk.field(id, "commissionStatus"), json!(3));
    assert_eq!(desk.field(id, "hostname"), json!("web-01.example.net"));
    assert_eq!(desk.power(id), json!("running"));

    assert_eq!(desk.bare(&format!("/servers/{id}/suspend")), (204, Value::Null));
    assert_eq!(desk.field(id, "suspended"), json!(true));
    desk.wait(2);
    assert_eq!(desk.power(id), json!("shutoff"));
    assert_eq!(desk.bare(&format!("/servers/{id}/power/boot")).0, 423);
    assert_eq!(desk.bare(&format!("/servers/{id}/unsuspend")).0, 204);
    assert_eq!(desk.field(id, "suspended"), json!(false));
    desk.wait(1);
    assert_eq!(desk.power(id), json!("shutoff"));

    assert_eq!(desk.delete(&format!("/servers/{id}?delay=0")).0, 204);
    assert_eq!(
        desk.get(&format!("/servers/{id}")),
        (404, json!({"msg": "server not found"}))
    );
    assert_eq!(desk.panel.totals(desk.now).servers_deleted, 1);
}

#[test]
fn a_deletion_waits_its_delay_and_can_be_hurried() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let (first, second) = (desk.built(user), desk.built(user));
    assert_eq!(desk.delete(&format!("/servers/{first}?delay=60")).0, 204);
    assert_eq!(desk.delete(&format!("/servers/{second}")).0, 204);
    assert_eq!(desk.field(first, "deleteLevel"), json!(1));
    desk.wait(5 * 60 - 1);
    assert_eq!(desk.get(&format!("/servers/{second}")).0, 200);
    desk.wait(1);
    assert_eq!(desk.get(&format!("/servers/{second}")).0, 404);
    assert_eq!(desk.get(&format!("/servers/{first}")).0, 200);
    assert_eq!(desk.delete(&format!("/servers/{first}?delay=0")).0, 204);
    assert_eq!(desk.get(&format!("/servers/{first}")).0, 404);
    desk.wait(4000);
    assert_eq!(desk.panel.totals(desk.now).servers_deleted, 2);
}

#[test]
fn a_build_that_fails_can_be_repeated() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    desk.panel.hand(desk.now).fail_builds(1).unwrap();
    let id = desk.built(user);
    assert_eq!(desk.field(id, "state"), json!("failed"));
    assert_eq!(desk.field(id, "commissionStatus"), json!(2));
    assert_eq!(desk.field(id, "buildFailed"), json!(true));
    let job = desk.panel.jobs(desk.now)[0].id;
    let (_, queue) = desk.get(&format!("/queue/{job}"));
    assert_eq!(
        (&queue["data"]["failed"], &queue["data"]["progress"]),
        (&json!(true), &json!(100))
    );
    assert_eq!(
        desk.post(&format!("/servers/{id}/build"), &json!({"operatingSystemId": 49}))
            .0,
        200
    );
    desk.wait(8);
    assert_eq!(desk.field(id, "state"), json!("complete"));
}

#[test]
fn power_actions_take_time_and_report_in_the_queue() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    assert_eq!(
        desk.bare(&format!("/servers/{id}/power/boot")).1,
        json!({"data": {"queueId": null}})
    );
    let (status, got) = desk.bare(&format!("/servers/{id}/power/shutdown"));
    assert_eq!(status, 200);
    let queue = got["data"]["queueId"].as_u64().unwrap();
    desk.wait(2);
    let (_, got) = desk.get(&format!("/queue/{queue}"));
    assert_eq!(
        (&got["data"]["progress"], &got["data"]["finished"]),
        (&json!(50), &Value::Null)
    );
    assert_eq!(got["data"]["action"], json!("shutdown_server"));
    assert_eq!(desk.bare(&format!("/servers/{id}/power/poweroff")).0, 423);
    desk.wait(2);
    let (_, got) = desk.get(&format!("/queue/{queue}"));
    assert_eq!(
        (&got["data"]["progress"], &got["data"]["failed"]),
        (&json!(100), &json!(false))
    );
    assert_eq!(desk.power(id), json!("shutoff"));
    assert_eq!(desk.bare(&format!("/servers/{id}/power/restart")).0, 200);
    desk.wait(2);
    assert_eq!(desk.power(id), json!("running"));
    assert_eq!(desk.bare(&format!("/servers/{id}/power/poweroff")).0, 200);
    desk.wait(2);
    assert_eq!(desk.power(id), json!("shutoff"));
}

#[test]
fn an_unbuilt_server_has_no_power_and_no_remote_state() {
    let desk = Desk::new();
    let user = desk.user(1);
    let id = desk.created(user);
    assert_eq!(desk.bare(&format!("/servers/{id}/power/boot")).0, 409);
    assert_eq!(
        desk.get(&format!("/servers/{id}?remoteState=true")).1["data"]["remoteState"],
        json!(false)
    );
}

#[test]
fn a_guest_that_ignores_shutdown_is_stopped_by_poweroff_only() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    desk.panel
        .hand(desk.now)
        .act(super::super::Act::IgnoreShutdown {
            server: id,
            ignore: true,
        })
        .unwrap();
    desk.bare(&format!("/servers/{id}/power/shutdown"));
    desk.wait(4);
    assert_eq!(desk.power(id), json!("running"));
    desk.bare(&format!("/servers/{id}/power/poweroff"));
    desk.wait(2);
    assert_eq!(desk.power(id), json!("shutoff"));
}

#[test]
fn a_suspension_of_a_busy_server_waits_for_its_task() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.created(user);
    desk.post(&format!("/servers/{id}/build"), &json!({"operatingSystemId": 49}));
    assert_eq!(desk.bare(&format!("/servers/{id}/suspend")).0, 204);
    assert_eq!(desk.field(id, "suspended"), json!(false));
    desk.wait(8);
    assert_eq!(desk.field(id, "suspended"), json!(true));
    desk.wait(2);
    assert_eq!(desk.power(id), json!("shutoff"));
}

#[test]
fn a_busy_server_is_locked_against_changes() {
    let desk = Desk::new();
    let user = desk.user(1);
    let id = desk.created(user);
    desk.post(&format!("/servers/{id}/build"), &json!({"operatingSystemId": 49}));
    assert_eq!(desk.delete(&format!("/servers/{id}?delay=0")).0, 423);
    assert_eq!(
        desk.post(&format!("/servers/{id}/build"), &json!({"operatingSystemId": 49}))
            .0,
        423
    );
    assert_eq!(
        desk.call(Method::Put, &format!("/servers/{id}/package/2"), None)
            .0,
        423
    );
    assert_eq!(
        desk.put(&format!("/servers/{id}/modify/memory"), &json!({"memory": 2048}))
            .0,
        423
    );
}

#[test]
fn an_owner_is_changed_and_an_empty_user_removed() {
    let desk = Desk::new();
    let (customer, staging) = (desk.user(5), {
        let body = json!({"name": "staging", "email": "s1@staging.example", "relStr": "hostler:main:1:1:1"});
        desk.post("/users", &body).1["data"]["id"].as_u64().unwrap()
    });
    let id = desk.created(staging);
    assert_eq!(
        desk.get(&format!("/servers/user/{staging}")).1["data"][0]["id"],
        json!(id)
    );
    let target = "/users/hostler%3Amain%3A1%3A1%3A1/byExtRelation?relStr=true";
    assert_eq!(desk.get(target).1["data"]["id"], json!(staging));
    assert_eq!(desk.delete(target).0, 409);
    assert_eq!(
        desk.call(Method::Put, &format!("/servers/{id}/owner/{customer}"), None),
        (201, Value::Null)
    );
    assert_eq!(desk.field(id, "ownerId"), json!(customer));
    assert_eq!(
        desk.get(&format!("/servers/user/{staging}")).1,
        json!({"data": []})
    );
    assert_eq!(
        desk.get(&format!("/servers/user/{customer}")).1["data"][0]["id"],
        json!(id)
    );
    assert_eq!(desk.delete(target).0, 204);
    assert_eq!(
        desk.get(target),
        (404, json!({"msg": "ext_relation_id not found"}))
    );
    assert_eq!(
        desk.call(Method::Put, &format!("/servers/{id}/owner/999"), None)
            .0,
        404
    );
}

#[test]
fn a_dry_run_says_what_a_create_would_and_changes_nothing() {
    let desk = Desk::new();
    let user = desk.user(1);
    assert_eq!(desk.post("/servers?dryRun=true", &Desk::order(user)).0, 200);
    let mut order = Desk::order(user);
    order["memory"] = json!(999_999);
    let (status, got) = desk.post("/servers?dryRun=true", &order);
    assert_eq!((status, got["errors"][0].as_str().is_some()), (422, true));
    assert_eq!(desk.panel.totals(desk.now).servers_created, 0);
    assert!(desk.panel.servers(desk.now).is_empty());
    assert!(
        desk.panel
            .calls()
            .iter()
            .skip(1)
            .all(|call| call.endpoint == "dry_run" && !call.effect.happened())
    );
}

#[test]
fn the_console_gives_a_fresh_token_each_time() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    let token = |got: &Got| got.1["data"]["vnc"]["wss"]["token"].clone();
    let first = token(&desk.get(&format!("/servers/{id}/vnc")));
    assert_eq!(token(&desk.get(&format!("/servers/{id}/vnc"))), first);
    let second = token(&desk.post(&format!("/servers/{id}/vnc"), &json!({"action": "enable"})));
    let third = token(&desk.post(&format!("/servers/{id}/vnc"), &json!({"vnc": true})));
    assert!(first != second && second != third && first != third);
    let got = desk.get(&format!("/servers/{id}/vnc"));
    assert_eq!(token(&got), third);
    assert_eq!(
        got.1["data"]["vnc"]["enabled"],
        json!(false),
        "version 7 tells of sessions"
    );
}

#[test]
fn a_password_reset_changes_what_the_panel_expects() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    let target = format!("/servers/{id}/resetPassword");
    let (status, got) = desk.post(&target, &json!({"user": "root", "sendMail": false}));
    assert_eq!(status, 200);
    let password = got["data"]["expectedPassword"].as_str().unwrap().to_owned();
    assert_eq!(desk.panel.server(desk.now, id).unwrap().password, password);
    assert!(password.starts_with(crate::chance::PLANTED));
    assert!(desk.panel.mails(desk.now).is_empty());
    desk.wait(2);
    assert_eq!(desk.post(&target, &json!({"user": "root"})).0, 200);
    assert_eq!(desk.panel.mails(desk.now)[0].about, "password");
    assert_eq!(desk.bare(&target).0, 422);
    assert_eq!(desk.post(&target, &json!({"user": "admin"})).0, 422);
}

#[test]
fn keys_belong_to_their_user() {
    let desk = Desk::new();
    let (user, other) = (desk.user(1), desk.user(2));
    let key =
        json!({"userId": user, "name": "k", "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA jane"});
    let (status, got) = desk.post("/ssh_keys", &key);
    assert_eq!(status, 201);
    let id = got["data"]["id"].as_u64().unwrap();
    assert_eq!(
        desk.get(&format!("/ssh_keys/{id}")).1["data"]["publicKey"],
        key["publicKey"]
    );
    assert_eq!(
        desk.get(&format!("/ssh_keys/user/{user}")).1["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        desk.get(&format!("/ssh_keys/user/{other}")).1,
        json!({"data": []})
    );
    let server = desk.created(other);
    let build = json!({"operatingSystemId": 49, "sshKeys": [id]});
    assert_eq!(
        desk.post(&format!("/servers/{server}/build"), &build),
        (422, json!({"errors": ["Invalid SSH key"]}))
    );
    let own = desk.created(user);
    assert_eq!(desk.post(&format!("/servers/{own}/build"), &build).0, 200);
    assert_eq!(desk.field(own, "sshKeys")[0]["id"], json!(id));
    assert_eq!(desk.delete(&format!("/ssh_keys/{id}")).0, 204);
    assert_eq!(desk.get(&format!("/ssh_keys/{id}")).0, 404);
}

#[test]
fn a_login_link_works_once_and_for_a_minute() {
    let mut desk = Desk::new();
    let user = desk.user(7);
    let id = desk.built(user);
    let pair = |desk: &Desk| {
        let (status, got) = desk.bare(&format!("/users/7/serverAuthenticationTokens/{id}"));
        assert_eq!(status, 200);
        let tokens = &got["data"]["authentication"]["tokens"];
        (
            tokens["1"].as_str().unwrap().to_owned(),
            tokens["2"].as_str().unwrap().to_owned(),
        )
    };
    let (first, second) = pair(&desk);
    assert_eq!(desk.panel.redeem(desk.now, &first, "wrong"), None);
    assert_eq!(
        desk.panel.redeem(desk.now, &first, &second),
        Some((user, Some(id)))
    );
    assert_eq!(desk.panel.redeem(desk.now, &first, &second), None);
    let (first, second) = pair(&desk);
    desk.wait(60);
    assert_eq!(desk.panel.redeem(desk.now, &first, &second), None);
    desk.user(8);
    assert_eq!(
        desk.bare(&format!("/users/8/serverAuthenticationTokens/{id}")).0,
        404
    );
    assert_eq!(desk.bare("/users/7/authenticationTokens").0, 200);
}

#[test]
fn traffic_is_told_by_period_newest_first() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    desk.wait(40 * 86_400);
    desk.panel
        .hand(desk.now)
        .act(super::super::Act::Transfer {
            server: id,
            received: 500,
            sent: 20,
        })
        .unwrap();
    let (_, got) = desk.get(&format!("/servers/{id}/traffic"));
    let months = got["data"]["monthly"].as_array().unwrap().clone();
    assert_eq!(months.len(), 2);
    assert_eq!(
        (&months[0]["month"], &months[0]["total"], &months[0]["limit"]),
        (&json!(2), &json!(520), &json!(1000))
    );
    assert_eq!(months[1]["month"], json!(1));
    let (_, backups) = desk.get(&format!("/backups/server/{id}"));
    assert_eq!(backups["data"].as_array().unwrap().len(), 5);
}

#[test]
fn the_same_seed_makes_the_same_panel() {
    let run = |seed| {
        let mut desk = Desk::with(PanelConfig {
            seed,
            ..PanelConfig::default()
        });
        let user = desk.user(1);
        let id = desk.built(user);
        let server = desk.panel.server(desk.now, id).unwrap();
        (server.uuid, server.password)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}
