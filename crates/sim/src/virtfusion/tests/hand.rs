use super::*;
use crate::virtfusion::{Act, Refused};

#[test]
fn a_hand_made_server_is_counted_apart_and_looks_like_any_other() {
    let desk = Desk::new();
    let user = desk.user(1);
    let id = desk.panel.hand(desk.now).create_server(user, 2, 1).unwrap();
    assert_eq!(desk.field(id, "state"), json!("allocated"));
    let totals = desk.panel.totals(desk.now);
    assert_eq!((totals.servers_created, totals.servers_made_by_hand), (0, 1));
    assert!(!desk.panel.server(desk.now, id).unwrap().by_api);
    assert!(desk.panel.server(desk.now, desk.created(user)).unwrap().by_api);
}

#[test]
fn a_suspended_server_can_be_booted_by_hand_and_switched_off_over_the_api() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    desk.bare(&format!("/servers/{id}/suspend"));
    desk.wait(2);
    desk.panel.hand(desk.now).boot(id).unwrap();
    assert_eq!(
        (desk.field(id, "suspended"), desk.power(id)),
        (json!(true), json!("running"))
    );
    assert_eq!(desk.bare(&format!("/servers/{id}/power/poweroff")).0, 200);
    desk.wait(2);
    assert_eq!(desk.power(id), json!("shutoff"));
    desk.panel.hand(desk.now).boot(id).unwrap();
    assert_eq!(desk.bare(&format!("/servers/{id}/suspend")).0, 204);
    desk.wait(2);
    assert_eq!(desk.power(id), json!("shutoff"));
}

#[test]
fn identity_owner_and_existence_can_change_behind_the_apis_back() {
    let mut desk = Desk::new();
    let (jane, joan) = (desk.user(1), desk.user(2));
    let id = desk.built(jane);
    let uuid = desk.field(id, "uuid");
    let hand = desk.panel.hand(desk.now);
    hand.replace_uuid(id).unwrap();
    hand.change_owner(id, joan).unwrap();
    assert_ne!(desk.field(id, "uuid"), uuid);
    assert_eq!(desk.field(id, "ownerId"), json!(joan));
    hand.suspend(id).unwrap();
    assert_eq!(desk.field(id, "suspended"), json!(true));
    desk.wait(2);
    desk.panel.hand(desk.now).unsuspend(id).unwrap();
    assert_eq!(desk.field(id, "suspended"), json!(false));
    desk.panel.hand(desk.now).delete(id).unwrap();
    assert_eq!(desk.get(&format!("/servers/{id}")).0, 404);
    assert_eq!(
        desk.panel.hand(desk.now).boot(id),
        Err(Refused::Unknown("server"))
    );
}

#[test]
fn the_other_acts_do_what_they_say() {
    let desk = Desk::new();
    let hand = desk.panel.hand(desk.now);
    let user = hand
        .act(Act::CreateUser {
            name: "Jane".to_owned(),
            email: "jane@example.com".to_owned(),
            relation: Some(9),
            relation_text: None,
        })
        .unwrap();
    assert_eq!(desk.get("/users/9/byExtRelation").1["data"]["id"], json!(user));
    assert!(hand.create_user("Other", "JANE@example.com").is_err());
    let server = hand.create_server(user, 1, 1).unwrap();
    hand.act(Act::Build {
        server,
        name: "by-hand".to_owned(),
    })
    .unwrap();
    assert_eq!(
        (desk.field(server, "state"), desk.power(server)),
        (json!("complete"), json!("running"))
    );
    hand.act(Act::Rename {
        server,
        name: "renamed".to_owned(),
    })
    .unwrap();
    assert_eq!(desk.field(server, "name"), json!("renamed"));
    hand.act(Act::Resize { server, memory: 4096 }).unwrap();
    assert_eq!(desk.field(server, "settings")["resources"]["memory"], json!(4096));
    assert!(hand.act(Act::Resize { server, memory: 1 }).is_err());
    hand.power_off(server).unwrap();
    assert_eq!(desk.power(server), json!("shutoff"));
    hand.act(Act::Lock { server, seconds: 30 }).unwrap();
    assert_eq!(
        desk.bare(&format!("/servers/{server}/suspend")),
        (423, json!({"msg": "server is locked"}))
    );
    let hypervisor = desk.field(server, "hypervisorId").as_u64().unwrap();
    hand.act(Act::Reach {
        hypervisor,
        reachable: false,
    })
    .unwrap();
    assert_eq!(
        desk.get(&format!("/servers/{server}?remoteState=true")).1["data"]["remoteState"],
        json!(false)
    );
    hand.act(Act::DeleteUser { user }).unwrap();
    assert!(desk.panel.servers(desk.now).is_empty() && desk.panel.users(desk.now).is_empty());
    assert_eq!(desk.panel.hypervisors(desk.now)[0].taken.memory, 0);
}

#[test]
fn a_server_can_have_another_interface_and_addresses_inside_its_subnet() {
    let desk = Desk::new();
    let user = desk.user(1);
    let free = desk.panel.free_ipv4(desk.now, 1);
    let id = desk.created(user);
    assert_eq!(desk.field(id, "network")["secondaryInterfaces"], json!([]));
    let hand = desk.panel.hand(desk.now);
    hand.add_interface(id, 2, true).unwrap();
    hand.add_interface(id, 1, false).unwrap();
    hand.add_host_address(id).unwrap();
    hand.add_host_address(id).unwrap();
    let server = desk.panel.server(desk.now, id).unwrap();
    assert_eq!(server.all_ipv4().len(), 4);
    assert_eq!(desk.panel.free_ipv4(desk.now, 1), free - 4);
    let network = desk.field(id, "network");
    let interfaces = network["secondaryInterfaces"].as_array().unwrap();
    let shown: Vec<(&Value, &Value)> = interfaces
        .iter()
        .map(|interface| (&interface["name"], &interface["type"]))
        .collect();
    let (private, eth1, eth2) = (json!("private"), json!("eth1"), json!("eth2"));
    assert_eq!(shown, [(&eth1, &private), (&eth2, &private)]);
    assert_eq!(
        interfaces[0]["ipv4"][1]["address"],
        json!(server.secondary[0].ipv4[1])
    );
    assert_eq!(interfaces[0]["ipv6"][0]["subnet"], json!(server.subnet(1)));
    assert_eq!(interfaces[1]["ipv6"], json!([]));
    let first = &network["interfaces"][0];
    assert_eq!(first["ipv4"].as_array().unwrap().len(), 1);
    assert_eq!(first["ipv6"][0]["subnet"], json!(format!("2001:db8:0:{id:x}::")));
    let hosts = [1, 2].map(|host| format!("2001:db8:0:{id:x}::{host}"));
    assert_eq!(first["ipv6"][0]["addresses"], json!(hosts));
    let too_many = desk.panel.free_ipv4(desk.now, 1) + 1;
    assert_eq!(hand.add_interface(id, too_many, false), Err(Refused::Full));
    assert_eq!(desk.panel.free_ipv4(desk.now, 1), too_many - 1);
    hand.delete(id).unwrap();
    assert_eq!(desk.panel.free_ipv4(desk.now, 1), free);
}

#[test]
fn a_lock_ends_by_itself() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let server = desk.built(user);
    desk.panel
        .hand(desk.now)
        .act(Act::Lock { server, seconds: 30 })
        .unwrap();
    desk.wait(29);
    assert_eq!(desk.delete(&format!("/servers/{server}?delay=0")).0, 423);
    desk.wait(1);
    assert_eq!(desk.delete(&format!("/servers/{server}?delay=0")).0, 204);
}
