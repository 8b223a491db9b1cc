use super::*;

#[test]
fn the_books_tell_of_every_machine_whose_it_is_and_how_it_stands() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let mut order = Desk::order(&organization, "web-1");
    order["annotations"] = json!([{"key": "hostler-service", "value": "svc_1"}]);
    let build = desk.ordered(&order);
    desk.wait(11);
    let machine = id(&desk.build(&build)["virtual_machine"]);
    let trash = desk.trashed(&machine);
    let books = desk.platform().books(desk.now);
    let kept = &books["machines"][0];
    assert_eq!(
        (&kept["id"], &kept["organization_id"]),
        (&json!(machine), &json!(organization))
    );
    assert_eq!(
        (&kept["build_id"], &kept["power"]),
        (&json!(build), &json!("stopped"))
    );
    assert_eq!(
        kept["annotations"],
        json!([{"key": "hostler-service", "value": "svc_1"}])
    );
    assert_eq!(kept["trash_object"]["id"], json!(trash));
    assert_eq!(kept["fqdn"], json!("web-1.ada.katapult.cloud"));
    assert!(kept.get("password").is_none(), "passwords are in no book");
    assert_eq!(books["builds"][0]["machine_id"], json!(machine));
    assert_eq!(books["builds"][0]["request_id"], json!("call_1"));
    assert_eq!(books["data_centers"][0]["memory_taken"], json!(3));
    assert_eq!(books["totals"]["machines_trashed"], json!(1));
}

#[test]
fn a_thousand_lives_leave_the_books_as_they_were() {
    let mut desk = Desk::new();
    for round in 0..1000 {
        let hand = desk.katapult.hand(desk.now);
        let machine = hand
            .create_machine("acme", "rock-1", &format!("web-{round}"))
            .unwrap();
        hand.trash(&machine).unwrap();
        desk.wait(1);
        desk.katapult.hand(desk.now).delete(&machine).unwrap();
    }
    desk.wait(600);
    let books = desk.platform().books(desk.now);
    for empty in ["machines", "trash", "addresses", "policies"] {
        assert_eq!(books[empty], json!([]), "{empty}");
    }
    assert_eq!(books["data_centers"][0]["memory_taken"], json!(0));
    assert_eq!(books["data_centers"][0]["ipv4_free"], json!(5000));
    assert_eq!(books["totals"]["machines_purged"], json!(1000));
}

#[test]
fn the_ids_of_changed_machines_are_kept_until_asked_for() {
    let mut desk = Desk::with(Config {
        notes_changes: true,
        ..Config::quick(Duration::from_secs(8))
    });
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    assert_eq!(desk.katapult.take_changed(desk.now), [machine.as_str()]);
    assert!(desk.katapult.take_changed(desk.now).is_empty());
    desk.katapult.hand(desk.now).stop(&machine).unwrap();
    assert_eq!(desk.katapult.take_changed(desk.now), [machine.as_str()]);
}

#[test]
fn a_katapult_made_from_its_books_goes_on_where_they_end() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let (running, trashed) = (
        desk.machine(&organization, "web-1"),
        desk.machine(&organization, "web-2"),
    );
    let trash = desk.trashed(&trashed);
    let stop = id(&desk.power("stop", &running).1["task"]);
    let build = desk.ordered(&Desk::order(&organization, "web-3"));
    let books = desk.platform().books(desk.now);
    let config = Config::quick(Duration::from_secs(8));
    let mut again = Desk {
        katapult: Katapult::restored(config, &books).unwrap(),
        now: desk.now,
        token: Config::TOKEN,
        tape: RefCell::default(),
    };
    assert_eq!(again.platform().books(again.now), books);
    again.wait(11);
    desk.wait(11);
    let task = again.get(&format!("/tasks/task?task[id]={stop}")).1["task"].clone();
    assert_eq!(
        (&task["status"], again.state(&running)),
        (&json!("completed"), json!("stopped"))
    );
    let built = again.build(&build);
    assert_eq!(
        (&built["state"], &built["virtual_machine"]["state"]),
        (&json!("complete"), &json!("started"))
    );
    let free = |desk: &Desk| desk.katapult.free_ipv4(desk.now, "uk-lon-01");
    assert_eq!(free(&again), free(&desk));
    let body = json!({"trash_object": {"id": trash}});
    assert_eq!(again.post("/trash_objects/trash_object/restore", &body).0, 200);
    let fresh = again.machine(&organization, "web-4");
    assert_eq!(
        again.katapult.machines(again.now).len(),
        4,
        "{fresh} is a machine of its own"
    );
}
