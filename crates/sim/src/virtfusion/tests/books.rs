use super::*;
use crate::virtfusion::{GroupConfig, HypervisorConfig};

fn small(memory: u64, ipv4: u32) -> Desk {
    let limits = HypervisorConfig {
        memory,
        cores: 8,
        storage: 200,
        servers: 0,
        ..HypervisorConfig::default()
    };
    let group = GroupConfig {
        id: 1,
        name: "Small".to_owned(),
        enabled: true,
        ipv4,
        hypervisors: vec![limits; 2],
    };
    Desk::with(PanelConfig {
        groups: vec![group],
        ..PanelConfig::default()
    })
}

fn totals(desk: &Desk) -> (u64, u64, u64, u64) {
    let (_, got) = desk.get("/compute/hypervisors/groups/1/resources");
    let sum = |name: &str| -> u64 {
        let all = got["data"].as_array().unwrap();
        all.iter()
            .map(|item| item["resources"][name]["allocated"].as_u64().unwrap())
            .sum()
    };
    let free = got["data"][0]["resources"]["network"]["total"]["ipv4"]["free"]
        .as_u64()
        .unwrap();
    (sum("memory"), sum("cpuCores"), sum("localStorage"), free)
}

#[test]
fn memory_cores_disk_and_addresses_are_booked_and_given_back() {
    let desk = small(4096, 10);
    let user = desk.user(1);
    assert_eq!(totals(&desk), (0, 0, 0, 10));
    let mut order = Desk::order(user);
    order["ipv4"] = json!(2);
    let id = desk.post("/servers", &order).1["data"]["id"].as_u64().unwrap();
    assert_eq!(totals(&desk), (1024, 1, 20, 8));
    desk.call(Method::Put, &format!("/servers/{id}/package/2"), None);
    assert_eq!(totals(&desk), (2048, 2, 40, 8));
    desk.put(&format!("/servers/{id}/modify/memory"), &json!({"memory": 3000}));
    desk.put(&format!("/servers/{id}/modify/cpuCores"), &json!({"cores": 3}));
    assert_eq!(totals(&desk), (3000, 3, 40, 8));
    desk.delete(&format!("/servers/{id}?delay=0"));
    assert_eq!(totals(&desk), (0, 0, 0, 10));
}

#[test]
fn a_full_group_refuses_until_a_server_is_deleted() {
    let desk = small(1024, 10);
    let user = desk.user(1);
    let first = desk.created(user);
    let second = desk.created(user);
    assert_ne!(
        desk.field(first, "hypervisorId"),
        desk.field(second, "hypervisorId")
    );
    let (status, got) = desk.post("/servers", &Desk::order(user));
    assert_eq!(
        (status, &got["errors"]),
        (422, &json!(["No hypervisor has enough free resources"]))
    );
    desk.delete(&format!("/servers/{first}?delay=0"));
    desk.created(user);
}

#[test]
fn growing_beyond_the_hypervisor_is_refused_and_changes_nothing() {
    let desk = small(1024, 10);
    let user = desk.user(1);
    let id = desk.created(user);
    assert_eq!(
        desk.put(&format!("/servers/{id}/modify/memory"), &json!({"memory": 2048}))
            .0,
        422
    );
    assert_eq!(
        desk.call(Method::Put, &format!("/servers/{id}/package/2"), None)
            .0,
        422
    );
    assert_eq!(totals(&desk), (1024, 1, 20, 9));
    assert_eq!(desk.field(id, "settings")["resources"]["memory"], json!(1024));
}

#[test]
fn addresses_run_out_and_are_used_again() {
    let desk = small(0, 1);
    let user = desk.user(1);
    let id = desk.created(user);
    let address = desk.panel.server(desk.now, id).unwrap().ipv4.clone();
    assert_eq!(desk.post("/servers", &Desk::order(user)).0, 422);
    desk.delete(&format!("/servers/{id}?delay=0"));
    assert_eq!(desk.panel.free_ipv4(desk.now, 1), 1);
    let id = desk.created(user);
    assert_eq!(desk.panel.server(desk.now, id).unwrap().ipv4, address);
}

#[test]
fn ten_thousand_lives_leave_the_books_as_they_were() {
    let mut desk = small(65_536, 100);
    desk.panel
        .hand(desk.now)
        .create_user("Jane", "jane@example.com")
        .unwrap();
    for round in 0..10_000_u64 {
        let id = desk
            .panel
            .hand(desk.now)
            .create_server(1, 1, 1 + round % 3)
            .unwrap();
        desk.wait(1);
        desk.panel.hand(desk.now).delete(id).unwrap();
    }
    let totals_ever = desk.panel.totals(desk.now);
    assert_eq!(
        (totals_ever.servers_made_by_hand, totals_ever.servers_deleted),
        (10_000, 10_000)
    );
    assert_eq!(totals(&desk), (0, 0, 0, 100));
    assert!(desk.panel.servers(desk.now).is_empty());
}

#[test]
fn a_panel_made_from_its_books_goes_on_where_they_end() {
    let panel = Panel::new(PanelConfig::default());
    let (start, later) = (Moment::from_seconds(1_000), Moment::from_seconds(1_100));
    let hand = panel.hand(start);
    let user = hand.create_user("Ada", "ada@example.com").unwrap();
    let (server, gone) = (
        hand.create_server(user, 1, 1).unwrap(),
        hand.create_server(user, 1, 1).unwrap(),
    );
    hand.delete(gone).unwrap();
    hand.suspend(server).unwrap();
    hand.add_interface(server, 2, true).unwrap();
    let books = Platform::books(&panel, start);
    let again = Panel::restored(PanelConfig::default(), &books).unwrap();
    // The suspension's job was under way, and ends.
    let restored = again.server(later, server).unwrap();
    assert!(restored.suspended && restored.job.is_none(), "{restored:?}");
    let kept = panel.server(later, server).unwrap();
    assert_eq!((restored.uuid, restored.secondary), (kept.uuid, kept.secondary));
    assert_eq!(again.free_ipv4(later, 1), panel.free_ipv4(later, 1));
    // Numbers that were used are not used again.
    let hand = again.hand(later);
    assert_eq!(hand.create_server(user, 1, 1), Ok(gone + 1));
}
