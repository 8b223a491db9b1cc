use super::*;
use crate::katapult::Refused;

#[test]
fn a_hand_made_machine_is_counted_apart_and_looks_like_any_other() {
    let desk = Desk::new();
    let organization = desk
        .katapult
        .hand(desk.now)
        .create_organization("acme", "Ada", "ada")
        .unwrap();
    let machine = desk
        .katapult
        .hand(desk.now)
        .create_machine(&organization, "rock-1", "web-1")
        .unwrap();
    assert_eq!(desk.state(&machine), json!("started"));
    let totals = desk.katapult.totals(desk.now);
    assert_eq!((totals.machines_built, totals.machines_made_by_hand), (0, 1));
    let again = desk
        .katapult
        .hand(desk.now)
        .create_machine(&organization, "rock-1", "web-1");
    assert_eq!(again, Err(Refused::Invalid("the hostname is taken")));
}

#[test]
fn power_suspension_and_existence_change_behind_the_apis_back() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let hand = desk.katapult.hand(desk.now);
    hand.stop(&machine).unwrap();
    assert_eq!(desk.state(&machine), json!("stopped"));
    hand.suspend(&machine).unwrap();
    let shown = desk.shown(&machine);
    assert_eq!(
        (&shown["suspended"], &shown["suspended_at"]),
        (&json!(true), &json!(desk.now.as_seconds()))
    );
    assert_eq!(
        refusal(&desk.power("start", &machine)),
        (406, "task_queueing_error")
    );
    hand.start(&machine).unwrap();
    assert_eq!(
        desk.state(&machine),
        json!("started"),
        "a person can, whatever is suspended"
    );
    assert_eq!(
        desk.power("stop", &machine).0,
        200,
        "switching off stays possible"
    );
    desk.wait(2);
    desk.act(Act::Unsuspend {
        machine: machine.clone(),
    });
    assert_eq!(desk.power("start", &machine).0, 200);
    desk.wait(2);
    let hand = desk.katapult.hand(desk.now);
    hand.trash(&machine).unwrap();
    assert_eq!(desk.get(&vm("", &machine)).0, 406);
    hand.restore(&machine).unwrap();
    assert_eq!(desk.state(&machine), json!("stopped"));
    hand.delete(&machine).unwrap();
    assert_eq!(desk.get(&vm("", &machine)).0, 404);
    assert_eq!(hand.start(&machine), Err(Refused::Unknown("machine")));
}

#[test]
fn owner_name_and_identity_change_behind_the_apis_back() {
    let mut desk = Desk::new();
    let (ada, bob) = (desk.organization("ada"), desk.organization("bob"));
    let machine = desk.machine(&ada, "web-1");
    let before = desk.katapult.machine(desk.now, &machine).unwrap();
    desk.act(Act::Move {
        machine: machine.clone(),
        organization: bob.clone(),
    });
    assert_eq!(desk.shown(&machine)["organization"]["id"], json!(bob));
    assert_eq!(
        desk.get(&of("virtual_machines", &ada)).1["pagination"]["total"],
        json!(0)
    );
    assert_eq!(
        desk.get(&of("virtual_machines", &bob)).1["pagination"]["total"],
        json!(1)
    );
    desk.act(Act::Rename {
        machine: machine.clone(),
        hostname: "other".to_owned(),
    });
    assert_eq!(desk.shown(&machine)["fqdn"], json!("other.bob.katapult.cloud"));
    desk.wait(5);
    desk.act(Act::Replace {
        machine: machine.clone(),
    });
    let after = desk.katapult.machine(desk.now, &machine).unwrap();
    assert_ne!((after.serial, after.created), (before.serial, before.created));
    assert_eq!(desk.shown(&machine)["created_at"], json!(desk.now.as_seconds()));
}

#[test]
fn kt_045_the_first_password_and_the_addresses_may_come_late() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let withhold = |password, addresses| Act::Withhold {
        machine: machine.clone(),
        password,
        addresses,
    };
    desk.act(withhold(true, false));
    let shown = desk.shown(&machine);
    assert_eq!(
        (
            &shown["initial_root_password"],
            shown["ip_addresses"][0].is_object()
        ),
        (&Value::Null, true)
    );
    desk.act(withhold(false, true));
    let shown = desk.shown(&machine);
    assert_eq!(
        (shown["initial_root_password"].is_string(), &shown["ip_addresses"]),
        (true, &json!([]))
    );
    desk.act(withhold(false, false));
    assert!(desk.shown(&machine)["ip_addresses"][0].is_object());
}

#[test]
fn an_organization_goes_with_its_machines() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let build = desk.ordered(&Desk::order(&organization, "web-2"));
    let free = desk.katapult.free_ipv4(desk.now, "uk-lon-01");
    desk.act(Act::DeleteOrganization {
        organization: organization.clone(),
    });
    assert_eq!(desk.get(&vm("", &machine)).0, 404);
    assert_eq!(
        refusal(&desk.get(&of("virtual_machines", &organization))),
        (404, "organization_not_found")
    );
    assert_eq!(desk.katapult.free_ipv4(desk.now, "uk-lon-01"), free + 1);
    desk.wait(60);
    assert!(
        desk.katapult.machines(desk.now).is_empty(),
        "its builds make none any more"
    );
    assert!(desk.katapult.build(desk.now, &build).is_none());
}

#[test]
fn acts_come_as_json_and_unknown_ones_are_refused() {
    let desk = Desk::new();
    let act = |action: Value| desk.platform().act(desk.now, action);
    let made = act(json!({
        "do": "create_machine", "organization": "acme", "package": "rock-1", "hostname": "web-1",
    }));
    let machine = id(&made.unwrap());
    assert_eq!(
        act(json!({"do": "stop", "machine": machine})),
        Ok(json!({"id": machine}))
    );
    assert_eq!(desk.state(&machine), json!("stopped"));
    assert_eq!(
        act(json!({"do": "stop", "machine": "vm_x"})),
        Err("there is no such machine".to_owned())
    );
    assert!(act(json!({"do": "dance"})).is_err());
    assert!(act(json!({"do": "stop", "machine": machine, "hard": true})).is_err());
}
