use super::*;
use crate::katapult::{BuildState, Timings};

#[test]
fn kt_044_a_build_is_taken_at_once_and_moves_by_the_clock() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let (status, got) = desk.post(BUILD, &Desk::order(&organization, "web-1"));
    assert_eq!(
        (status, &got["hostname"], &got["annotations"]),
        (201, &json!("web-1"), &json!([]))
    );
    assert_eq!(got["build"], got["virtual_machine_build"]);
    assert_eq!(
        (&got["build"]["state"], &got["task"]["status"]),
        (&json!("pending"), &json!("pending"))
    );
    let build = id(&got["build"]);
    let task = id(&got["task"]);
    let status = |desk: &Desk| desk.get(&format!("/tasks/task?task[id]={task}")).1["task"]["status"].clone();
    assert_eq!(desk.build(&build)["virtual_machine"], Value::Null);
    desk.wait(1);
    assert_eq!(
        (&desk.build(&build)["state"], status(&desk)),
        (&json!("building"), json!("running"))
    );
    assert_eq!(desk.build(&build)["virtual_machine"], Value::Null);
    desk.wait(3);
    let shown = desk.build(&build);
    assert_eq!(
        (&shown["state"], &shown["virtual_machine"]["state"]),
        (&json!("building"), &json!("stopped"))
    );
    let machine = id(&shown["virtual_machine"]);
    desk.wait(4);
    assert_eq!(
        (&desk.build(&build)["state"], status(&desk)),
        (&json!("complete"), json!("completed"))
    );
    desk.wait(2);
    let machine = desk.shown(&machine);
    assert_eq!(machine["state"], json!("started"));
    assert_eq!(machine["fqdn"], json!("web-1.ada.katapult.cloud"));
    assert_eq!(machine["ip_addresses"][0]["reverse_dns"], machine["fqdn"]);
    let password = machine["initial_root_password"].as_str().unwrap();
    assert!(password.len() == 12 && password.starts_with(crate::chance::PLANTED));
    assert_eq!(machine["organization"]["id"], json!(organization));
    assert_eq!(machine["package"]["permalink"], json!("rock-3"));
}

#[test]
fn builds_take_as_long_as_they_were_recorded_to_take() {
    let mut desk = Desk::with(Config {
        timings: Timings::RECORDED,
        ..Config::default()
    });
    let organization = desk.organization("ada");
    for number in 0..200 {
        desk.ordered(&Desk::order(&organization, &format!("web-{number}")));
    }
    desk.wait(120);
    let mut took: Vec<u64> = desk
        .katapult
        .builds(desk.now)
        .iter()
        .map(|build| build.finished.unwrap().since(build.created).as_secs())
        .collect();
    took.sort_unstable();
    assert!(took[0] >= 17 && took[199] <= 67, "{took:?}");
    assert!((34..=40).contains(&took[100]), "{}", took[100]);
    let started = desk.katapult.machines(desk.now);
    assert!(
        started
            .iter()
            .all(|machine| machine.power == crate::katapult::Power::Started)
    );
}

#[test]
fn ids_are_random_looking_and_follow_from_the_seed() {
    let ids = |seed| {
        let mut desk = Desk::with(Config {
            seed,
            ..Config::quick(Duration::from_secs(8))
        });
        let organization = desk.organization("ada");
        desk.machine(&organization, "web-1")
    };
    let first = ids(1);
    assert_eq!((first.len(), &first[..3]), (19, "vm_"));
    assert_eq!(ids(1), first);
    assert_ne!(ids(2), first);
}

#[test]
fn hostnames_are_lower_case_and_unique_with_builds_and_trash() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let ask = |desk: &Desk, hostname: &str| {
        let (status, got) = desk.post(BUILD, &Desk::order(&organization, hostname));
        (status, got["error"]["detail"]["errors"][0].clone())
    };
    for wrong in ["Web", "a.b", "-a", "a-", "", &"a".repeat(64)] {
        assert_eq!(ask(&desk, wrong), (422, json!("Hostname is invalid")), "{wrong}");
    }
    let taken = (422, json!("Hostname has already been taken"));
    desk.ordered(&Desk::order(&organization, "web-1"));
    assert_eq!(ask(&desk, "web-1"), taken, "a build reserves it");
    desk.wait(11);
    assert_eq!(ask(&desk, "web-1"), taken);
    let machine = desk.katapult.machines(desk.now)[0].id.clone();
    desk.trashed(&machine);
    assert_eq!(ask(&desk, "web-1"), taken, "the trash keeps it");
    desk.katapult.hand(desk.now).delete(&machine).unwrap();
    assert_eq!(ask(&desk, "web-1").0, 201);
    let other = desk.organization("bob");
    assert_eq!(
        desk.post(BUILD, &Desk::order(&other, "web-1")).0,
        201,
        "each organization has its own"
    );
}

#[test]
fn kt_041_without_a_hostname_the_platform_makes_one() {
    let desk = Desk::new();
    let mut order = Desk::order(&desk.organization("ada"), "x");
    order.as_object_mut().unwrap().remove("hostname");
    let (status, got) = desk.post(BUILD, &order);
    assert_eq!(status, 201);
    assert!(got["hostname"].as_str().unwrap().starts_with("vm-"), "{got}");
}

#[test]
fn kt_039_a_system_disk_may_have_its_own_size() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let sizes = |desk: &Desk, machine: &str| desk.get(&vm("/disks", machine)).1["disks"].clone();
    let plain = desk.machine(&organization, "plain");
    assert_eq!(sizes(&desk, &plain)[0]["disk"]["size_in_gb"], json!(25));
    let mut order = Desk::order(&organization, "big");
    order["disks"] = json!([{"size_in_gb": 80, "system": true}, {"size_in_gb": "20", "name": "data"}]);
    let build = desk.ordered(&order);
    desk.wait(11);
    let disks = sizes(&desk, &id(&desk.build(&build)["virtual_machine"]));
    let got: Vec<(Value, Value)> = disks
        .as_array()
        .unwrap()
        .iter()
        .map(|disk| (disk["disk"]["size_in_gb"].clone(), disk["boot"].clone()))
        .collect();
    assert_eq!(got, [(json!(80), json!(true)), (json!(20), json!(false))]);
    order["hostname"] = json!("none");
    order["disks"] = json!([{"size_in_gb": 80}]);
    assert_eq!(
        refusal(&desk.post(BUILD, &order)),
        (422, "one_system_disk_required")
    );
    order["disks"] = json!([{"size_in_gb": 5, "system": true}]);
    let small = desk.post(BUILD, &order);
    assert_eq!(
        small.1["error"]["detail"]["errors"],
        json!(["System disk must be at least 10GB"])
    );
}

#[test]
fn where_there_is_no_room_a_build_fails_without_a_machine() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let data_center = "uk-lon-01".to_owned();
    desk.act(Act::LimitMemory {
        data_center,
        memory: 5,
    });
    let first = desk.ordered(&Desk::order(&organization, "web-1"));
    let second = desk.ordered(&Desk::order(&organization, "web-2"));
    desk.wait(11);
    assert_eq!(desk.build(&first)["state"], json!("complete"));
    let failed = desk.build(&second);
    assert_eq!(
        (&failed["state"], &failed["virtual_machine"]),
        (&json!("failed"), &Value::Null)
    );
    let machine = id(&desk.build(&first)["virtual_machine"]);
    desk.katapult.hand(desk.now).delete(&machine).unwrap();
    let third = desk.ordered(&Desk::order(&organization, "web-3"));
    desk.wait(11);
    assert_eq!(
        desk.build(&third)["state"],
        json!("complete"),
        "the room is there again"
    );
}

#[test]
fn kt_068_builds_fail_are_lost_and_stand_still_by_hand() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    desk.katapult.hand(desk.now).fail_builds(1).unwrap();
    let bare = desk.ordered(&Desk::order(&organization, "bare"));
    desk.wait(11);
    assert_eq!(
        desk.katapult.build(desk.now, &bare).unwrap().state,
        BuildState::Failed
    );
    assert_eq!(desk.build(&bare)["virtual_machine"], Value::Null);
    desk.act(Act::FailBuilds {
        count: 1,
        with_machine: true,
    });
    let broken = desk.ordered(&Desk::order(&organization, "broken"));
    desk.wait(11);
    let shown = desk.build(&broken);
    assert_eq!(
        (&shown["state"], &shown["virtual_machine"]["state"]),
        (&json!("failed"), &json!("failed"))
    );
    let held = desk.ordered(&Desk::order(&organization, "held"));
    let hold = |held_still| Act::HoldBuild {
        build: held.clone(),
        held: held_still,
    };
    desk.act(hold(true));
    desk.wait(3600);
    assert_eq!(desk.build(&held)["state"], json!("pending"));
    desk.act(hold(false));
    desk.wait(11);
    assert_eq!(desk.build(&held)["state"], json!("complete"));
    let lost = desk.ordered(&Desk::order(&organization, "lost"));
    desk.katapult.hand(desk.now).lose_build(&lost).unwrap();
    let target = format!("/virtual_machines/builds/virtual_machine_build?virtual_machine_build[id]={lost}");
    assert_eq!(refusal(&desk.get(&target)), (404, "build_not_found"));
    desk.wait(11);
    assert!(
        !desk
            .katapult
            .machines(desk.now)
            .iter()
            .any(|machine| machine.hostname == "lost")
    );
}

#[test]
fn a_template_says_which_options_a_build_has_to_give() {
    let mut config = Config::quick(Duration::from_secs(8));
    config.catalogue.templates[0].fields = vec![crate::katapult::TemplateField {
        name: "licence".to_owned(),
        kind: "Text".to_owned(),
        required: true,
    }];
    let desk = Desk::with(config);
    let mut order = Desk::order(&desk.organization("ada"), "web-1");
    order["disk_template"] = json!({"permalink": "templates/almalinux8"});
    let missing = desk.post(BUILD, &order);
    let errors = &missing.1["error"]["detail"]["errors"];
    assert_eq!(
        (missing.0, errors),
        (422, &json!(["Disk template option licence can't be blank"]))
    );
    order["disk_template_options"] = json!([{"key": "licence", "value": "x"}, {"key": "odd"}]);
    let odd = desk.post(BUILD, &order);
    assert_eq!(
        odd.1["error"]["detail"]["errors"],
        json!(["Disk template option odd is not known"])
    );
    order["disk_template_options"] = json!([{"key": "licence", "value": "x"}]);
    assert_eq!(desk.post(BUILD, &order).0, 201);
}
