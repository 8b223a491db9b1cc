use super::*;

fn desk() -> (Desk, String, String) {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    (desk, organization, machine)
}

fn object(desk: &Desk, machine: &str) -> Got {
    desk.get(&format!(
        "/trash_objects/trash_object?trash_object[object_id]={machine}"
    ))
}

#[test]
fn kt_089_what_lies_in_the_trash_is_refused_with_its_place_there() {
    let (mut desk, organization, machine) = desk();
    let body = json!({"virtual_machine": {"id": machine}});
    let (status, got) = desk.delete("/virtual_machines/virtual_machine", &body);
    let trash = &got["trash_object"];
    assert_eq!((status, &trash["object_type"]), (200, &json!("VirtualMachine")));
    assert_eq!(trash["object_id"], json!(machine));
    assert_eq!(trash["keep_until"], json!(desk.now.as_seconds() + 48 * 3600));
    assert_eq!(got["virtual_machine"]["state"], json!("stopped"));
    let read = desk.get(&vm("", &machine));
    assert_eq!(refusal(&read), (406, "object_in_trash"));
    assert_eq!(read.1["error"]["detail"]["trash_object"], *trash);
    for got in [
        desk.delete("/virtual_machines/virtual_machine", &body),
        desk.power("start", &machine),
        desk.get(&vm("/disks", &machine)),
        desk.post("/virtual_machines/virtual_machine/console_sessions", &body),
    ] {
        assert_eq!(refusal(&got), (406, "object_in_trash"));
    }
    assert_eq!(object(&desk, &machine).1["trash_object"], *trash);
    desk.wait(48 * 3600 - 1);
    assert_eq!(
        desk.get(&of("trash_objects", &organization)).1["pagination"]["total"],
        json!(1)
    );
    desk.wait(10);
    assert_eq!(
        refusal(&desk.get(&vm("", &machine))),
        (404, "virtual_machine_not_found")
    );
    assert_eq!(refusal(&object(&desk, &machine)), (404, "trash_object_not_found"));
}

#[test]
fn a_machine_comes_back_off_with_its_addresses() {
    let (mut desk, _, machine) = desk();
    let before = desk.shown(&machine)["ip_addresses"].clone();
    let trash = desk.trashed(&machine);
    let address = json!(before[0]["address"]).as_str().unwrap().to_owned();
    let held = desk
        .get(&format!("/ip_addresses/ip_address?ip_address[address]={address}"))
        .1;
    assert_eq!(
        held["allocation"]["value"]["id"],
        json!(machine),
        "it keeps its addresses in the trash"
    );
    let body = json!({"trash_object": {"id": trash}});
    assert_eq!(desk.post("/trash_objects/trash_object/restore", &body).0, 200);
    let shown = desk.shown(&machine);
    assert_eq!(
        (&shown["state"], &shown["ip_addresses"]),
        (&json!("stopped"), &before)
    );
    assert_eq!(
        refusal(&desk.post("/trash_objects/trash_object/restore", &body)),
        (404, "trash_object_not_found")
    );
    desk.wait(49 * 3600);
    assert_eq!(
        desk.state(&machine),
        json!("stopped"),
        "nothing takes it away any more"
    );
}

#[test]
fn a_purge_is_a_task_after_which_nothing_is_left() {
    let (mut desk, organization, machine) = desk();
    let free = desk.katapult.free_ipv4(desk.now, "uk-lon-01");
    desk.act(Act::AddPolicy {
        machine: machine.clone(),
        disk: None,
    });
    let trash = desk.trashed(&machine);
    let body = json!({"trash_object": {"id": trash}});
    let (status, got) = desk.delete("/trash_objects/trash_object", &body);
    assert_eq!(
        (status, &got["task"]["name"]),
        (200, &json!("Purge items from trash"))
    );
    assert_eq!(
        desk.get(&vm("", &machine)).0,
        406,
        "not before the task has ended"
    );
    assert_eq!(
        refusal(&desk.post("/trash_objects/trash_object/restore", &body)),
        (403, "permission_denied")
    );
    desk.wait(2);
    assert_eq!(desk.get(&vm("", &machine)).0, 404);
    assert_eq!(
        object(&desk, &machine).0,
        200,
        "the trash shows it a little longer"
    );
    desk.wait(1);
    assert_eq!(object(&desk, &machine).0, 404);
    let task = format!("/tasks/task?task[id]={}", id(&got["task"]));
    assert_eq!(desk.get(&task).1["task"]["status"], json!("completed"));
    assert!(desk.katapult.policies(desk.now).is_empty());
    assert_eq!(desk.katapult.free_ipv4(desk.now, "uk-lon-01"), free + 1);
    let whose = json!({"organization": {"id": organization}});
    let empty = desk.post("/organizations/organization/trash_objects/purge_all", &whose);
    assert_eq!(refusal(&empty), (406, "task_queueing_error"));
}

#[test]
fn a_purge_may_fail_and_leave_the_machine_where_it_was() {
    let (mut desk, _, machine) = desk();
    let trash = desk.trashed(&machine);
    desk.act(Act::FailTasks { count: 1 });
    desk.delete(
        "/trash_objects/trash_object",
        &json!({"trash_object": {"id": trash}}),
    );
    desk.wait(10);
    assert_eq!(desk.get(&vm("", &machine)).0, 406);
    let body = json!({"trash_object": {"id": trash}});
    assert_eq!(desk.post("/trash_objects/trash_object/restore", &body).0, 200);
}

#[test]
fn kt_090_a_machine_may_be_trashed_while_it_is_built() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let build = desk.ordered(&Desk::order(&organization, "web-1"));
    desk.wait(5);
    let machine = id(&desk.build(&build)["virtual_machine"]);
    assert_eq!(
        refusal(&desk.power("start", &machine)),
        (406, "task_queueing_error")
    );
    desk.trashed(&machine);
    desk.wait(60);
    assert_eq!(desk.build(&build)["state"], json!("complete"));
    let kept = desk.katapult.machine(desk.now, &machine).unwrap();
    assert_eq!(
        kept.power,
        crate::katapult::Power::Stopped,
        "it does not boot in the trash"
    );
}

#[test]
fn kt_086_backup_policies_are_listed_by_what_they_are_for_and_deleted_one_by_one() {
    let (mut desk, organization, machine) = desk();
    let disk = id(&desk.get(&vm("/disks", &machine)).1["disks"][0]["disk"]);
    desk.act(Act::AddPolicy {
        machine: machine.clone(),
        disk: Some(disk.clone()),
    });
    desk.act(Act::AddPolicy {
        machine: machine.clone(),
        disk: Some(disk.clone()),
    });
    desk.act(Act::AddPolicy {
        machine: machine.clone(),
        disk: None,
    });
    let of_disk = format!("/disks/disk/disk_backup_policies?disk[id]={disk}");
    let count = |desk: &Desk, target: &str| desk.get(target).1["pagination"]["total"].clone();
    let of_machine = vm("/disk_backup_policies", &machine);
    assert_eq!(
        (count(&desk, &of_disk), count(&desk, &of_machine)),
        (json!(2), json!(1))
    );
    assert_eq!(count(&desk, &format!("{of_machine}&include_disks=1")), json!(3));
    assert_eq!(count(&desk, &of("disk_backup_policies", &organization)), json!(3));
    let policy = id(&desk.get(&of_disk).1["disk_backup_policies"][0]);
    let body = json!({"disk_backup_policy": {"id": policy}});
    let path = "/disk_backup_policies/disk_backup_policy";
    assert_eq!(
        desk.delete(path, &body),
        (200, json!({"disk_backup_policy": {"id": policy}}))
    );
    assert_eq!(
        refusal(&desk.delete(path, &body)),
        (404, "disk_backup_policy_not_found")
    );
    assert_eq!(desk.katapult.totals(desk.now).policies_deleted, 1);
    let other = id(&desk.get(&of_disk).1["disk_backup_policies"][0]);
    let at = |seconds: i64| json!({"disk_backup_policy": {"id": other}, "timestamp": desk.now.as_seconds() + seconds});
    let schedule = format!("{path}/schedule");
    assert_eq!(
        refusal(&desk.delete(&schedule, &at(0))),
        (400, "invalid_timestamp")
    );
    assert_eq!(desk.delete(&schedule, &at(60)).0, 200);
    desk.wait(60);
    assert_eq!(count(&desk, &of_disk), json!(0));
    desk.trashed(&machine);
    assert_eq!(refusal(&desk.get(&of_disk)), (406, "object_in_trash"));
}

#[test]
fn backup_policies_are_made_and_changed_within_bounds() {
    let (desk, _, machine) = desk();
    let ask = |properties: Value| {
        let body = json!({"virtual_machine": {"id": machine}, "properties": properties});
        desk.post("/virtual_machines/virtual_machine/disk_backup_policies", &body)
    };
    let (status, got) = ask(json!({"retention": 7, "schedule": {"interval": "weekly", "time": 13}}));
    let policy = got["disk_backup_policy"].clone();
    assert_eq!((status, &policy["schedule"]["time"]), (200, &json!(13)));
    assert_eq!(
        policy["target"],
        json!({"type": "VirtualMachine", "value": {"id": machine, "name": "web-1"}})
    );
    for (wrong, status) in [
        (json!({"schedule": {"interval": "daily"}}), 422),
        (json!({"retention": 0, "schedule": {"interval": "daily"}}), 422),
        (json!({"retention": 1}), 422),
        (json!({"retention": 1, "schedule": {"interval": "yearly"}}), 400),
        (
            json!({"retention": 1, "schedule": {"interval": "daily", "time": 24}}),
            422,
        ),
    ] {
        assert_eq!(ask(wrong.clone()).0, status, "{wrong}");
    }
    let body = json!({"disk_backup_policy": {"id": policy["id"]}, "properties": {"retention": 2}});
    let changed = desk.patch("/disk_backup_policies/disk_backup_policy", &body).1;
    assert_eq!(changed["disk_backup_policy"]["retention"], json!(2));
    assert_eq!(
        changed["disk_backup_policy"]["schedule"]["interval"],
        json!("weekly")
    );
}
