use super::*;
use crate::katapult::{DeleteRunning, PointlessAction};

fn desk() -> (Desk, String) {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    (desk, machine)
}

#[test]
fn kt_072_kt_073_kt_074_power_actions_are_tasks_that_the_state_follows() {
    let (mut desk, machine) = desk();
    for (action, name, on_the_way, after) in [
        ("stop", "Stop virtual machine", "stopping", "stopped"),
        ("start", "Start virtual machine", "starting", "started"),
        ("shutdown", "Shutdown virtual machine", "shutting_down", "stopped"),
        ("start", "Start virtual machine", "starting", "started"),
        ("reset", "Reset virtual machine", "resetting", "started"),
    ] {
        let (status, got) = desk.power(action, &machine);
        assert_eq!(
            (status, &got["task"]["name"], &got["task"]["status"]),
            (200, &json!(name), &json!("pending"))
        );
        desk.wait(1);
        let task = format!("/tasks/task?task[id]={}", id(&got["task"]));
        let running = desk.get(&task).1["task"].clone();
        assert_eq!(
            (&running["status"], &running["finished_at"]),
            (&json!("running"), &Value::Null)
        );
        assert_eq!(desk.state(&machine), json!(on_the_way), "{action}");
        desk.wait(1);
        let done = desk.get(&task).1["task"].clone();
        assert_eq!(
            (&done["status"], &done["progress"]),
            (&json!("completed"), &json!(100))
        );
        assert_eq!(done["finished_at"], json!(desk.now.as_seconds()));
        assert_eq!(desk.state(&machine), json!(after), "{action}");
    }
}

#[test]
fn kt_079_a_task_cannot_be_queued_behind_another_or_where_it_has_no_point() {
    let (mut desk, machine) = desk();
    let refused = (406, "task_queueing_error");
    assert_eq!(refusal(&desk.power("start", &machine)), refused);
    assert_eq!(desk.power("stop", &machine).0, 200);
    assert_eq!(
        refusal(&desk.power("shutdown", &machine)),
        refused,
        "another task is under way"
    );
    desk.wait(3);
    for action in ["stop", "shutdown", "reset"] {
        assert_eq!(refusal(&desk.power(action, &machine)), refused, "{action}");
    }
    let missing = desk.power("start", "vm_0000000000000000");
    assert_eq!(refusal(&missing), (404, "virtual_machine_not_found"));
}

#[test]
fn a_pointless_action_may_be_a_task_that_changes_nothing() {
    let mut desk = Desk::with(Config {
        pointless: PointlessAction::Accepted,
        ..Config::quick(Duration::from_secs(8))
    });
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let (status, got) = desk.power("start", &machine);
    assert_eq!(
        (status, &got["task"]["name"]),
        (200, &json!("Start virtual machine"))
    );
    desk.wait(2);
    assert_eq!(desk.state(&machine), json!("started"));
}

#[test]
fn a_failed_task_and_a_stubborn_guest_leave_the_machine_running() {
    let (mut desk, machine) = desk();
    desk.act(Act::FailTasks { count: 1 });
    let task = id(&desk.power("stop", &machine).1["task"]);
    desk.wait(3);
    let task = desk.get(&format!("/tasks/task?task[id]={task}")).1["task"].clone();
    assert_eq!(
        (&task["status"], desk.state(&machine)),
        (&json!("failed"), json!("started"))
    );
    desk.act(Act::IgnoreShutdown {
        machine: machine.clone(),
        ignore: true,
    });
    assert_eq!(desk.power("shutdown", &machine).0, 200);
    desk.wait(3);
    assert_eq!(desk.state(&machine), json!("started"));
    assert_eq!(desk.power("stop", &machine).0, 200);
    desk.wait(3);
    assert_eq!(
        desk.state(&machine),
        json!("stopped"),
        "the power is cut whatever the guest does"
    );
}

#[test]
fn a_stop_right_after_the_build_holds() {
    for seed in 0..40 {
        let mut desk = Desk::with(Config {
            seed,
            ..Config::quick(Duration::from_secs(8))
        });
        let organization = desk.organization("ada");
        let build = desk.ordered(&Desk::order(&organization, "web-1"));
        desk.wait(8);
        let machine = id(&desk.build(&build)["virtual_machine"]);
        assert_eq!(desk.power("stop", &machine).0, 200, "seed {seed}");
        desk.wait(30);
        assert_eq!(
            desk.state(&machine),
            json!("stopped"),
            "seed {seed}: it does not boot afterwards"
        );
    }
}

#[test]
fn kt_092_kt_093_a_console_needs_a_started_machine() {
    let (mut desk, machine) = desk();
    let body = json!({"virtual_machine": {"id": machine}});
    let path = "/virtual_machines/virtual_machine/console_sessions";
    let (status, got) = desk.post(path, &body);
    let session = &got["console_session"];
    assert_eq!(
        (status, session["expires_at"].as_i64()),
        (201, Some(desk.now.as_seconds() + 900))
    );
    assert!(
        session["url"]
            .as_str()
            .unwrap()
            .starts_with("https://console.example.com/console/")
    );
    assert_eq!(session["virtual_machine"]["state"], json!("started"));
    let again = desk.post(path, &body).1;
    assert_ne!(again["console_session"]["url"], session["url"]);
    let address = session["url"].as_str().unwrap().to_owned();
    assert_eq!(console_page(&desk, &address), 200);
    assert_eq!(
        console_page(&desk, "https://console.example.com/console/guess"),
        404
    );
    desk.power("stop", &machine);
    desk.wait(3);
    let refused = desk.post(path, &body);
    assert_eq!(refusal(&refused), (406, "virtual_machine_must_be_started"));
    assert_eq!(refused.1["error"]["detail"], json!({"current_state": "stopped"}));
    assert_eq!(
        console_page(&desk, &address),
        404,
        "a machine that is off shows nothing"
    );
    desk.power("start", &machine);
    desk.wait(3);
    assert_eq!(console_page(&desk, &address), 200);
    desk.wait(900);
    assert_eq!(console_page(&desk, &address), 404, "the session has ended");
}

/// The status of a console's page.
fn console_page(desk: &Desk, address: &str) -> u16 {
    let path = address.strip_prefix("https://console.example.com").unwrap();
    let mut incoming = desk.incoming(domain::http::Method::Get, "", None);
    path.clone_into(&mut incoming.path);
    match desk.katapult.handle(desk.now, &incoming) {
        crate::wire::Reply::Answer(answer) => answer.status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn kt_083_a_package_changes_cores_and_memory_and_leaves_the_disk() {
    let (mut desk, machine) = desk();
    let ask = |desk: &Desk, package: &str| {
        let body = json!({
            "virtual_machine": {"id": machine}, "virtual_machine_package": {"permalink": package},
        });
        desk.put("/virtual_machines/virtual_machine/package", &body)
    };
    let (status, got) = ask(&desk, "rock-12");
    assert_eq!(
        (status, &got["task"]["name"], &got["task"]["progress"]),
        (200, &json!("Change package"), &json!(0))
    );
    assert_eq!(
        desk.shown(&machine)["memory_in_gb"],
        json!(3),
        "not before the task has ended"
    );
    desk.wait(2);
    let shown = desk.shown(&machine);
    assert_eq!(
        (&shown["memory_in_gb"], &shown["cpu_cores"]),
        (&json!(12), &json!(4))
    );
    assert_eq!(shown["package"]["permalink"], json!("rock-12"));
    assert_eq!(
        desk.get(&vm("/disks", &machine)).1["disks"][0]["disk"]["size_in_gb"],
        json!(25)
    );
    assert_eq!(refusal(&ask(&desk, "pebble")), (404, "package_not_found"));
    desk.act(Act::LimitMemory {
        data_center: "uk-lon-01".to_owned(),
        memory: 20,
    });
    let task = id(&ask(&desk, "rock-24").1["task"]);
    desk.wait(2);
    let task = desk.get(&format!("/tasks/task?task[id]={task}")).1["task"]["status"].clone();
    assert_eq!(
        (task, &desk.shown(&machine)["memory_in_gb"]),
        (json!("failed"), &json!(12))
    );
}

#[test]
fn kt_084_a_disk_grows_online_and_shrinks_only_off() {
    let (mut desk, machine) = desk();
    let disk = id(&desk.get(&vm("/disks", &machine)).1["disks"][0]["disk"]);
    let ask = |desk: &Desk, size: u64, method: &str| {
        let body = json!({"disk": {"id": disk}, "size_in_gb": size, "resize_method": method});
        desk.put("/disks/disk/resize", &body)
    };
    let size =
        |desk: &Desk| desk.get(&format!("/disks/disk?disk[id]={disk}")).1["disk"]["size_in_gb"].clone();
    assert_eq!(refusal(&ask(&desk, 50, "offline")), (406, "task_queueing_error"));
    assert_eq!(refusal(&ask(&desk, 20, "online")), (422, "validation_error"));
    assert_eq!(refusal(&ask(&desk, 5, "offline")), (422, "validation_error"));
    let (status, got) = ask(&desk, 50, "online");
    assert_eq!((status, &got["task"]["name"]), (200, &json!("Grow disk online")));
    desk.wait(2);
    assert_eq!(size(&desk), json!(50));
    desk.power("stop", &machine);
    desk.wait(2);
    assert_eq!(ask(&desk, 30, "offline").1["task"]["name"], json!("Shrink disk"));
    desk.wait(2);
    assert_eq!(size(&desk), json!(30));
}

#[test]
fn a_running_machine_may_be_refused_the_way_to_the_trash() {
    let mut desk = Desk::with(Config {
        delete_running: DeleteRunning::Refused,
        ..Config::quick(Duration::from_secs(8))
    });
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let body = json!({"virtual_machine": {"id": machine}});
    let refused = desk.delete("/virtual_machines/virtual_machine", &body);
    assert_eq!(refusal(&refused), (403, "permission_denied"));
    desk.power("stop", &machine);
    desk.wait(2);
    desk.trashed(&machine);
}
