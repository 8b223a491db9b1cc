use super::*;

#[test]
fn addresses_are_taken_given_to_machines_and_given_back() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let free = |desk: &Desk| desk.katapult.free_ipv4(desk.now, "uk-lon-01");
    let before = free(&desk);
    let create = |version: &str| {
        let body = json!({
            "organization": {"id": organization}, "network": {"permalink": "uk-lon-01-public"}, "version": version,
        });
        desk.post("/organizations/organization/ip_addresses", &body)
    };
    assert_eq!(refusal(&create("ipv5")), (400, "invalid_argument"));
    assert_eq!(refusal(&create("ipv6")), (503, "no_available_addresses"));
    let made = create("ipv4").1["ip_address"].clone();
    assert_eq!((&made["allocation_id"], free(&desk)), (&Value::Null, before - 1));
    assert!(
        made["reverse_dns"]
            .as_str()
            .unwrap()
            .ends_with(".rdns.katapult.io")
    );
    let by_id = json!({"ip_address": {"id": made["id"]}});
    let mut allocate = by_id.clone();
    allocate["virtual_machine"] = json!({"id": machine});
    let path = "/virtual_machines/virtual_machine/allocate_ip";
    assert_eq!(
        desk.post(path, &allocate).1["ip_address"]["allocation_id"],
        json!(machine)
    );
    assert_eq!(
        refusal(&desk.post(path, &allocate)),
        (422, "ip_already_allocated")
    );
    let shown = desk.shown(&machine)["ip_addresses"].clone();
    assert_eq!(
        (shown.as_array().unwrap().len(), &shown[1]["id"]),
        (2, &made["id"])
    );
    assert_eq!(shown[1]["reverse_dns"], json!("web-1.ada.katapult.cloud"));
    let unallocate = "/ip_addresses/ip_address/unallocate";
    assert_eq!(desk.post(unallocate, &by_id), (200, json!({})));
    assert_eq!(refusal(&desk.post(unallocate, &by_id)), (422, "no_allocation"));
    assert_eq!(desk.shown(&machine)["ip_addresses"].as_array().unwrap().len(), 1);
    let list = |more: &str| {
        desk.get(&format!("{}{more}", of("ip_addresses", &organization)))
            .1["pagination"]["total"]
            .clone()
    };
    assert_eq!(
        (list(""), list("&allocated=true"), list("&allocated=false")),
        (json!(2), json!(1), json!(1))
    );
    assert_eq!(desk.delete("/ip_addresses/ip_address", &by_id), (200, json!({})));
    assert_eq!((list(""), free(&desk)), (json!(1), before));
}

#[test]
fn a_name_is_set_for_an_address_and_has_to_be_one() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let address = desk.shown(&machine)["ip_addresses"][0]["address"].clone();
    let name = |name: &str| {
        let body = json!({"ip_address": {"address": address}, "reverse_dns": name});
        desk.patch("/ip_addresses/ip_address", &body)
    };
    assert_eq!(
        name("mail.example.com").1["ip_address"]["reverse_dns"],
        json!("mail.example.com")
    );
    for wrong in ["", "nodots", "a..b", "under_score.example.com"] {
        assert_eq!(refusal(&name(wrong)), (422, "validation_error"), "{wrong}");
    }
    assert_eq!(
        desk.shown(&machine)["ip_addresses"][0]["reverse_dns"],
        json!("mail.example.com")
    );
}

#[test]
fn addresses_run_out() {
    let mut config = Config::quick(Duration::from_secs(8));
    config.catalogue.data_centers[0].ipv4 = 1;
    let mut desk = Desk::with(config);
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let build = desk.ordered(&Desk::order(&organization, "web-2"));
    desk.wait(11);
    assert_eq!(desk.build(&build)["state"], json!("failed"));
    desk.katapult.hand(desk.now).delete(&machine).unwrap();
    desk.machine(&organization, "web-3");
}
