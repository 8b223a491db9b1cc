use super::*;

/// Touches every endpoint with success, and one refusal for its envelope.
pub fn every_endpoint() -> Desk {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    catalogue(&desk, &organization);
    let order = Desk::order(&organization, "web-1");
    let build = desk.ordered(&order);
    desk.wait(11);
    let machine = id(&desk.build(&build)["virtual_machine"]);
    reads(&desk, &organization, &machine);
    let disk = id(&desk.get(&vm("/disks", &machine)).1["disks"][0]["disk"]);
    policies(&desk, &organization, &machine, &disk);
    changes(&mut desk, &machine, &disk);
    network(&desk, &organization, &machine);
    desk.post(
        "/organizations/organization/virtual_machines/build_from_spec",
        &json!({"organization": {"id": organization}, "xml": super::spec::smallest("web-2")}),
    );
    end(&mut desk, &organization, &machine);
    desk
}

fn catalogue(desk: &Desk, organization: &str) {
    desk.get("/organizations");
    desk.get(&format!(
        "/organizations/organization?organization[id]={organization}"
    ));
    desk.get("/organizations/organization/managed?organization[sub_domain]=acme&page=1&per_page=200");
    desk.get("/data_centers");
    desk.get("/data_centers/data_center?data_center[permalink]=uk-lon-01");
    desk.get("/data_centers/data_center/default_network?data_center[permalink]=uk-lon-01");
    let zones = desk.get("/zones").1;
    desk.get(&format!("/zones/zone?zone[id]={}", id(&zones["zones"][0])));
    desk.get("/networks/network?network[permalink]=uk-lon-01-public");
    desk.get(&of("available_networks", organization));
    desk.get(&of("network_speed_profiles", organization));
    desk.get(&of("disk_io_profiles", organization));
    desk.get("/virtual_machine_packages");
    desk.get("/virtual_machine_packages/virtual_machine_package?virtual_machine_package[permalink]=rock-1");
    let templates = desk
        .get(&format!(
            "{}&include_universal=true",
            of("disk_templates", organization)
        ))
        .1;
    let version = id(&templates["disk_templates"][0]["latest_version"]);
    desk.get("/disk_templates/disk_template?disk_template[permalink]=templates/debian-11");
    desk.get("/disk_templates/disk_template/versions?disk_template[permalink]=templates/debian-11");
    let lookup = format!("disk_template_version[id]={version}");
    desk.get(&format!("/disk_template_versions/disk_template_version?{lookup}"));
    desk.get(&format!(
        "/disk_template_versions/disk_template_version/spec?{lookup}"
    ));
    desk.get("/operating_systems");
}

fn reads(desk: &Desk, organization: &str, machine: &str) {
    desk.get(&of("virtual_machines", organization));
    desk.get(&vm("", machine));
    desk.get(&of("disks", organization));
    desk.post(
        "/virtual_machines/virtual_machine/console_sessions",
        &json!({"virtual_machine": {"id": machine}}),
    );
}

fn policies(desk: &Desk, organization: &str, machine: &str, disk: &str) {
    desk.get(&format!("/disks/disk?disk[id]={disk}"));
    let properties = json!({"retention": 7, "schedule": {"interval": "daily", "frequency": 1, "time": 3}});
    let of_machine = json!({"virtual_machine": {"id": machine}, "properties": properties});
    let made = desk
        .post(
            "/virtual_machines/virtual_machine/disk_backup_policies",
            &of_machine,
        )
        .1;
    let policy = json!({"disk_backup_policy": {"id": id(&made["disk_backup_policy"])}});
    let of_disk = json!({"disk": {"id": disk}, "properties": properties});
    let other = desk.post("/disks/disk/disk_backup_policies", &of_disk).1;
    let other = id(&other["disk_backup_policy"]);
    desk.get(&format!(
        "{}&include_disks=true",
        vm("/disk_backup_policies", machine)
    ));
    desk.get(&format!("/disks/disk/disk_backup_policies?disk[id]={disk}"));
    desk.get(&of("disk_backup_policies", organization));
    desk.get(&format!(
        "/disk_backup_policies/disk_backup_policy?disk_backup_policy[id]={other}"
    ));
    let mut update = policy.clone();
    update["properties"] = json!({"retention": 3});
    desk.patch("/disk_backup_policies/disk_backup_policy", &update);
    let at = desk.now.as_seconds() + 3600;
    let schedule = json!({"disk_backup_policy": {"id": other}, "timestamp": at});
    desk.delete("/disk_backup_policies/disk_backup_policy/schedule", &schedule);
    desk.delete("/disk_backup_policies/disk_backup_policy", &policy);
    desk.get(&format!(
        "/disk_backup_policies/disk_backup_policy?disk_backup_policy[id]={machine}"
    ));
}

fn changes(desk: &mut Desk, machine: &str, disk: &str) {
    let package = json!({
        "virtual_machine": {"id": machine}, "virtual_machine_package": {"permalink": "rock-6"},
    });
    let task = desk.put("/virtual_machines/virtual_machine/package", &package).1;
    desk.wait(3);
    desk.get(&format!("/tasks/task?task[id]={}", id(&task["task"])));
    for action in ["reset", "shutdown", "start", "stop"] {
        assert_eq!(desk.power(action, machine).0, 200, "{action}");
        desk.wait(3);
    }
    desk.put(
        "/disks/disk/resize",
        &json!({"disk": {"id": disk}, "size_in_gb": 50}),
    );
    desk.wait(3);
    let update = json!({
        "virtual_machine": {"id": machine},
        "properties": {"name": "web", "description": "one", "tag_names": ["a"]},
        "annotations": [{"key": "k", "value": "v"}],
    });
    desk.patch("/virtual_machines/virtual_machine", &update);
}

fn network(desk: &Desk, organization: &str, machine: &str) {
    let create = json!({
        "organization": {"id": organization}, "network": {"permalink": "uk-lon-01-public"}, "version": "ipv4",
    });
    let made = desk.post("/organizations/organization/ip_addresses", &create).1;
    let address = json!({"ip_address": {"id": id(&made["ip_address"])}});
    let mut allocate = address.clone();
    allocate["virtual_machine"] = json!({"id": machine});
    desk.post("/virtual_machines/virtual_machine/allocate_ip", &allocate);
    desk.get(&format!(
        "/ip_addresses/ip_address?ip_address[id]={}",
        id(&made["ip_address"])
    ));
    desk.get(&format!("{}&allocated=true", of("ip_addresses", organization)));
    let mut update = address.clone();
    update["reverse_dns"] = json!("mail.example.com");
    desk.patch("/ip_addresses/ip_address", &update);
    desk.post("/ip_addresses/ip_address/unallocate", &address);
    desk.delete("/ip_addresses/ip_address", &address);
    let key = json!({"name": "k", "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ada"});
    let key = json!({"organization": {"id": organization}, "ssh_key": key});
    let key = desk.post("/organizations/organization/ssh_keys", &key).1;
    desk.get(&of("ssh_keys", organization));
    desk.delete(
        "/ssh_keys/ssh_key",
        &json!({"ssh_key": {"id": id(&key["ssh_key"])}}),
    );
}

fn end(desk: &mut Desk, organization: &str, machine: &str) {
    desk.trashed(machine);
    desk.get(&vm("", machine));
    desk.get(&of("trash_objects", organization));
    desk.get(&format!(
        "/trash_objects/trash_object?trash_object[object_id]={machine}"
    ));
    let by_machine = json!({"trash_object": {"object_id": machine}});
    desk.post("/trash_objects/trash_object/restore", &by_machine);
    desk.trashed(machine);
    desk.delete("/trash_objects/trash_object", &by_machine);
    desk.wait(60);
    let other = desk.get(&of("virtual_machines", organization)).1;
    desk.trashed(&id(&other["virtual_machines"][0]));
    let whose = json!({"organization": {"id": organization}});
    desk.post("/organizations/organization/trash_objects/purge_all", &whose);
    desk.wait(60);
    desk.get(&of("deletion_steps", organization));
    desk.delete("/managed_organizations/organization", &whose);
    desk.token = Config::USER_TOKEN;
    desk.get("/users/current");
}

#[test]
fn organizations_are_made_listed_and_deleted_once_nothing_is_left() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let (_, got) = desk.get("/organizations");
    let listed: Vec<(Value, Value)> = got["organizations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["sub_domain"].clone(), one["managed"].clone()))
        .collect();
    assert_eq!(
        listed,
        [(json!("acme"), json!(false)), (json!("ada"), json!(true))]
    );
    let whose = json!({"organization": {"id": organization}});
    let machine = desk.machine(&organization, "web-1");
    let deletion = "/managed_organizations/organization";
    assert_eq!(
        refusal(&desk.delete(deletion, &whose)),
        (409, "deletion_steps_not_satisfied")
    );
    desk.katapult.hand(desk.now).delete(&machine).unwrap();
    desk.wait(5);
    assert_eq!(desk.delete(deletion, &whose), (200, json!({"success": true})));
    let gone = desk.get(&format!(
        "/organizations/organization?organization[id]={organization}"
    ));
    assert_eq!(refusal(&gone), (404, "organization_not_found"));
    let own = json!({"organization": {"sub_domain": "acme"}});
    assert_eq!(
        refusal(&desk.delete(deletion, &own)),
        (409, "managed_organization_required")
    );
}

#[test]
fn a_sub_domain_is_taken_once_and_organizations_are_limited() {
    let mut config = Config::default();
    config.organizations[0].managed_limit = 2;
    let desk = Desk::with(config);
    desk.organization("ada");
    let make = |sub_domain: &str| {
        let body = json!({"organization": {"sub_domain": "acme"}, "name": "x", "sub_domain": sub_domain});
        desk.post("/organizations/organization/managed", &body)
    };
    let taken = make("ada");
    assert_eq!(refusal(&taken), (422, "validation_error"));
    assert_eq!(
        taken.1["error"]["detail"]["errors"],
        json!(["Sub domain has already been taken"])
    );
    assert_eq!(make("UPPER").0, 422);
    desk.organization("bob");
    let full = make("eve");
    assert_eq!(refusal(&full), (422, "organization_limit_reached"));
    assert!(
        full.1["error"]["description"]
            .as_str()
            .unwrap()
            .contains("maxmium")
    );
    assert_eq!(desk.katapult.totals(desk.now).organizations_created, 2);
}
