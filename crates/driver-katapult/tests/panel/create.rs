//! Making a machine.

use domain::machine::MachineStatus;
use domain::record::{Milestone, OperationInput, OperationKind};
use driver::{Driver, Phase, Standing, Verdict};
use driver_katapult::Katapult;
use driver_kit::{Ended, Scene};
use serde_json::{Value, json};

use super::platform::{Behaviour, Platform};
use super::scenes::{answered, create, order, plain, play, remarks, scene, start};

#[test]
fn kt_038_kt_042_a_create_orders_what_was_bought_and_links_the_machine() {
    let platform = plain();
    let (ended, player) = play(&platform, create(order()));
    assert_eq!(ended, Ended::Done);
    assert_eq!(player.changes(), ["create_organization", "build_machine"]);
    let body = player
        .last("build_machine")
        .and_then(|request| request.body.clone())
        .expect("a body");
    let (organization, sub_domain, name) = platform.organizations().remove(0);
    assert_eq!(name, "Ada Lovelace (Engines)");
    assert_eq!(
        body,
        json!({
            "organization": { "id": organization }, "data_center": { "permalink": "uk-lon-01" },
            "package": { "permalink": "rock-3" }, "disk_template": { "permalink": "templates/ubuntu-22-04" },
            "hostname": "web-example-net",
            "annotations": [
                { "key": "hostler-service", "value": "hostler:main:17:1" },
                { "key": "hostler-attempt", "value": "hostler:main:17:1:1" },
            ],
        })
    );
    assert_eq!(player.scene.notes["marked"], true);
    let machines = platform.machines(player.scene.now);
    let link = &player.scene.link.as_ref().expect("a link").identity;
    assert_eq!((&link.id, &link.owner), (&machines[0].id, &organization));
    let last = player
        .found
        .last()
        .expect("findings")
        .machine
        .known()
        .cloned()
        .expect("a machine");
    assert_eq!(last.status, MachineStatus::Ready);
    assert_eq!(
        last.hostname,
        Some(format!("web-example-net.{sub_domain}.katapult.cloud"))
    );
}

#[test]
fn kt_057_kt_058_the_first_login_comes_out_once_and_as_a_secret() {
    let platform = plain();
    let (_, player) = play(&platform, create(order()));
    let logins: Vec<_> = player
        .found
        .iter()
        .filter_map(|findings| findings.login.as_ref())
        .collect();
    let [login] = logins.as_slice() else {
        panic!("{} logins", logins.len());
    };
    assert_eq!(
        (login.user.as_str(), login.password.expose()),
        ("root", "k3Jd8sQpWx")
    );
    let told = format!("{:?} {:?}", player.found, player.scene.notes);
    assert!(!told.contains("k3Jd8sQpWx"), "{told}");
    for heard in &player.heard {
        if let domain::http::Outcome::Answered(response) = &heard.outcome {
            let mut body: Value = serde_json::from_str(&response.body).expect("JSON");
            driver::mask::mask(&mut body, Katapult.secrets(&heard.request));
            assert!(!body.to_string().contains("k3Jd8sQpWx"), "{}", heard.request.name);
        }
    }
}

#[test]
fn kt_033_kt_037_two_services_of_one_client_share_one_organization_and_it_is_told() {
    let platform = plain();
    let (_, player) = play(&platform, create(order()));
    let (organization, ..) = platform.organizations().remove(0);
    let told = remarks(&player);
    assert_eq!(told[0], format!("Created managed organization: {organization}"));
    assert!(told[1].starts_with("Started VM build: vmbuild_"), "{told:?}");
    let mut second = create(order());
    second.marker.service = 18;
    let (ended, player) = play(&platform, second);
    assert_eq!(ended, Ended::Done);
    assert_eq!(player.changes(), ["build_machine"]);
    // The name is taken by the first.
    let names: Vec<_> = platform
        .machines(player.scene.now)
        .into_iter()
        .map(|vm| vm.hostname)
        .collect();
    assert_eq!(names, ["web-example-net", "web-example-net-2"]);
}

#[test]
fn kt_035_a_name_that_belongs_to_a_stranger_is_followed_by_the_next() {
    let platform = Platform::new(Behaviour {
        strangers: 1,
        ..Behaviour::default()
    });
    let (ended, player) = play(&platform, create(order()));
    assert_eq!(ended, Ended::Done);
    assert_eq!(
        player.changes(),
        ["create_organization", "create_organization", "build_machine"]
    );
    assert_eq!(platform.organizations().len(), 1);
}

#[test]
fn kt_009_kt_010_the_parent_is_configured_by_id_or_sub_domain_or_found() {
    let mut organizations = Vec::new();
    for account in ["org_parent", "acme", ""] {
        let platform = plain();
        let mut scene = create(order());
        account.clone_into(&mut scene.account);
        let (ended, player) = play(&platform, scene);
        assert_eq!(ended, Ended::Done, "{account:?}");
        let made = player
            .last("create_organization")
            .and_then(|request| request.body.clone())
            .expect("a body");
        assert_eq!(made["organization"], json!({ "id": "org_parent" }), "{account:?}");
        organizations.push(made["sub_domain"].clone());
    }
    organizations.dedup();
    assert_eq!(organizations.len(), 1, "{organizations:?}");
}

#[test]
fn kt_036_without_a_parent_organization_nothing_is_made_and_the_reason_is_clear() {
    let mut scene = create(order());
    scene.account = String::new();
    let none = answered(
        &scene,
        "account",
        Phase::Look,
        200,
        &json!({ "organizations": [] }),
    );
    let Verdict::Refused(refused) = none else {
        panic!("{none:?}");
    };
    assert!(
        refused.reason.starts_with("No parent organization has been set"),
        "{}",
        refused.reason
    );
    let mut unknown = create(order());
    unknown.account = "nobody".to_owned();
    let platform = plain();
    let (ended, player) = play(&platform, unknown);
    let Ended::Refused(refused) = ended else {
        panic!("{ended:?}");
    };
    assert!(refused.reason.contains("nobody"), "{}", refused.reason);
    assert_eq!(player.changes(), Vec::<&str>::new());
}

#[test]
fn kt_039_kt_041_a_disk_and_a_hostname_are_sent_only_where_they_were_ordered() {
    let mut sized = order();
    sized
        .options
        .insert("disk_size".to_owned(), "40|40 GB".to_owned());
    sized.hostname = None;
    let platform = plain();
    let (ended, player) = play(&platform, create(sized));
    assert_eq!(ended, Ended::Done);
    let body = player
        .last("build_machine")
        .and_then(|request| request.body.clone())
        .expect("a body");
    assert_eq!(body["disks"], json!([{ "size_in_gb": 40, "system": true }]));
    assert_eq!(body.get("hostname"), None);
    let mut default = order();
    default.options.insert("disk_size".to_owned(), "0".to_owned());
    let platform = plain();
    let (_, player) = play(&platform, create(default));
    let body = player
        .last("build_machine")
        .and_then(|request| request.body.clone())
        .expect("a body");
    assert_eq!(body.get("disks"), None);
}

#[test]
fn kt_030_an_order_that_does_not_fit_the_catalogue_is_refused_before_anything_is_made() {
    let mut small = order();
    small.options.insert("disk_size".to_owned(), "5".to_owned());
    let mut unknown = order();
    unknown.settings.insert("package".to_owned(), "rock-9".to_owned());
    for (order, expected) in [
        (small, "Custom disk size must be at least 10GB for Ubuntu 22.04"),
        (unknown, "rock-9"),
    ] {
        for kind in [OperationKind::Create, OperationKind::Validate] {
            let platform = plain();
            let (ended, player) = play(
                &platform,
                scene(kind, OperationInput::Order(order.clone()), start()),
            );
            let Ended::Refused(refused) = ended else {
                panic!("{ended:?}");
            };
            assert!(refused.reason.contains(expected), "{}", refused.reason);
            assert_eq!(player.changes(), Vec::<&str>::new());
            assert!(platform.organizations().is_empty());
        }
    }
    let (ended, _) = play(
        &plain(),
        scene(OperationKind::Validate, OperationInput::Order(order()), start()),
    );
    assert_eq!(ended, Ended::Done);
}

/// A create whose build was sent and taken.
fn sent() -> Scene {
    let mut scene = create(order());
    scene.acted_at = Some(start());
    let want = json!({ "organization": "org_1", "hostname": "web", "service": "hostler:main:17:1",
                       "since": start() });
    scene.notes.insert("organization".to_owned(), json!("org_1"));
    scene.notes.insert("want".to_owned(), want);
    scene
        .notes
        .insert("builds".to_owned(), json!({ "1": "vmbuild_1" }));
    scene
}

fn build(state: &str, machine: Option<&str>) -> Value {
    json!({ "virtual_machine_build": {
        "id": "vmbuild_1", "state": state, "virtual_machine": machine.map(|id| json!({ "id": id })) } })
}

fn hint(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Done(findings) => match &findings.standing {
            Standing::Pending { hint, .. } => hint,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn kt_044_a_build_that_is_shown_is_an_order_that_was_taken() {
    for (state, expected) in [
        ("pending", Some(Milestone::Accepted)),
        ("building", Some(Milestone::Accepted)),
        ("complete", Some(Milestone::Accepted)),
        ("draft", None),
        ("paused", None),
    ] {
        let verdict = answered(&sent(), "machine", Phase::Look, 200, &build(state, None));
        let Verdict::Done(findings) = &verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(findings.milestone, expected, "{state}");
        assert_eq!(hint(&verdict), "The VM build is queued with Katapult", "{state}");
        assert_eq!(findings.link, None);
    }
}

#[test]
fn kt_045_each_stage_of_a_build_has_its_own_words() {
    let mut scene = sent();
    scene.notes.insert("build".to_owned(), json!("vmbuild_1"));
    scene.notes.insert("machine".to_owned(), json!("vm_1"));
    let at = |state: &str| answered(&scene, "ready", Phase::Look, 200, &build(state, Some("vm_1")));
    assert_eq!(hint(&at("pending")), "The VM build is queued with Katapult");
    assert_eq!(hint(&at("building")), "The VM build is still in progress");
    let failed = at("failed");
    assert!(
        matches!(&failed, Verdict::Done(findings) if findings.standing == Standing::Broken("The VM build has failed".to_owned())),
        "{failed:?}"
    );
    let Verdict::Next(request, notes) = at("complete") else {
        panic!("the machine is not read");
    };
    let mut built = scene.clone();
    "ready".clone_into(&mut built.step);
    built.notes.extend(notes);
    let shown = |password: Value, addresses: Value| {
        let body = json!({ "virtual_machine": { "id": "vm_1", "state": "starting", "initial_root_password": password,
                           "organization": { "id": "org_1" }, "ip_addresses": addresses } });
        super::scenes::interpreted(&built, &request, 200, &body)
    };
    let address = json!([{ "address": "192.0.2.1" }]);
    assert_eq!(
        hint(&shown(Value::Null, address.clone())),
        "The VM is awaiting a root password"
    );
    assert_eq!(
        hint(&shown(json!(""), address.clone())),
        "The VM is awaiting a root password"
    );
    assert_eq!(
        hint(&shown(json!("x"), json!([]))),
        "The VM is awaiting IP address assignment"
    );
    let ready = shown(json!("x"), address);
    assert!(
        matches!(&ready, Verdict::Done(findings) if findings.standing == Standing::Reached),
        "{ready:?}"
    );
}

#[test]
fn a_build_that_names_another_organizations_machine_is_not_linked() {
    let scene = sent();
    let Verdict::Next(request, notes) = answered(
        &scene,
        "machine",
        Phase::Look,
        200,
        &build("building", Some("vm_1")),
    ) else {
        panic!("the machine is not read");
    };
    let mut next = scene;
    "machine".clone_into(&mut next.step);
    next.notes.extend(notes);
    for organization in [json!({ "id": "org_2" }), Value::Null] {
        let body =
            json!({ "virtual_machine": { "id": "vm_1", "state": "stopped", "organization": organization } });
        let verdict = super::scenes::interpreted(&next, &request, 200, &body);
        assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
    }
    let ours =
        json!({ "virtual_machine": { "id": "vm_1", "state": "stopped", "organization": { "id": "org_1" } } });
    next.known.linked.insert("vm_1".to_owned());
    let verdict = super::scenes::interpreted(&next, &request, 200, &ours);
    assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
}

#[test]
fn a_hostname_that_lies_in_the_trash_is_not_taken_again_whether_or_not_it_is_found_there() {
    for hides_trash in [false, true] {
        let (platform, identity) = super::scenes::built(Behaviour {
            hides_trash,
            ..Behaviour::default()
        });
        platform.meddle(&identity.id, |vm| vm.trashed = Some(start()));
        let mut again = create(order());
        again.marker.generation = 2;
        let (ended, player) = play(&platform, again);
        assert_eq!(ended, Ended::Done);
        let body = player
            .last("build_machine")
            .and_then(|request| request.body.clone())
            .expect("a body");
        assert_eq!(body["hostname"], "web-example-net-2", "hides {hides_trash}");
        assert_eq!(body["annotations"][1]["value"], "hostler:main:17:2:1");
        assert_eq!(platform.machines(player.scene.now).len(), 2);
    }
}

#[test]
fn kt_053_a_hostname_that_an_earlier_attempt_may_have_taken_is_no_reason_for_another() {
    let taken = json!({ "error": { "code": "validation_error", "description": "no",
                                   "detail": { "errors": ["Hostname has already been taken"] } } });
    let mut scene = sent();
    scene.marker.attempt = 2;
    // The first attempt's build is known, so it can be told apart from this one's.
    let another = answered(&scene, "machine", Phase::Act, 422, &taken);
    let Verdict::Next(request, notes) = &another else {
        panic!("{another:?}");
    };
    assert_eq!(
        request.body.as_ref().expect("a body")["hostname"],
        "web-example-net-2"
    );
    assert_eq!(notes["want"]["hostname"], "web-example-net-2");
    // The answer to the first attempt was lost: its machine may have come late and be what has the name.
    scene.notes.remove("builds");
    let refused = answered(&scene, "machine", Phase::Act, 422, &taken);
    assert!(
        matches!(&refused, Verdict::Refused(no) if no.reason.contains("Hostname has already been taken")),
        "{refused:?}"
    );
}

#[test]
fn kt_035_a_name_that_is_taken_after_a_lost_answer_is_ours() {
    let mut scene = create(order());
    scene.acted_at = Some(start());
    let taken = json!({ "error": { "code": "validation_error", "description": "no",
                                   "detail": { "errors": ["Sub domain has already been taken"] } } });
    for (attempt, expected) in [(1, Some(&json!(0))), (2, None)] {
        scene.marker.attempt = attempt;
        let Verdict::Done(findings) = answered(&scene, "account", Phase::Act, 422, &taken) else {
            panic!("attempt {attempt}");
        };
        assert_eq!(findings.notes.get("taken"), expected, "attempt {attempt}");
    }
}

#[test]
fn kt_068_a_build_that_failed_with_its_machine_is_ordered_anew_and_its_machine_given_up() {
    let mut scene = sent().linked(domain::machine::Identity {
        id: "vm_1".to_owned(),
        unchangeable: "vm_1".to_owned(),
        owner: "org_1".to_owned(),
    });
    scene.known.linked.insert("vm_1".to_owned());
    for (key, value) in [("linked", json!(1)), ("build", json!("vmbuild_1"))] {
        scene.notes.insert(key.to_owned(), value);
    }
    // The machine that failed is no goal, so that an order which was turned away is sent again.
    let failed = answered(&scene, "ready", Phase::Look, 200, &build("failed", None));
    let Verdict::Done(findings) = failed else {
        panic!("{failed:?}");
    };
    assert!(matches!(findings.standing, Standing::Broken(_)));
    scene.notes.extend(findings.notes);
    "machine".clone_into(&mut scene.step);
    scene.phase = Phase::Look;
    let prepared = Katapult.prepare(&scene.context());
    assert!(
        matches!(&prepared, driver::Prepared::Known(findings) if findings.standing == Standing::Missing),
        "{prepared:?}"
    );
    // The new build bears another name, and is followed although there is a link, which its machine takes over.
    scene.marker.attempt = 2;
    let (_, order) = super::scenes::asked(&scene, "machine", Phase::Act);
    assert_eq!(order.body.expect("a body")["hostname"], "web-example-net-2");
    let builds = json!({ "1": "vmbuild_1", "2": "vmbuild_2" });
    scene.notes.insert("builds".to_owned(), builds);
    let complete = json!({ "virtual_machine_build": { "id": "vmbuild_2", "state": "building",
                           "virtual_machine": { "id": "vm_2" } } });
    let Verdict::Next(read, notes) = answered(&scene, "machine", Phase::Look, 200, &complete) else {
        panic!("the new machine is not read");
    };
    scene.notes.extend(notes);
    let shown =
        json!({ "virtual_machine": { "id": "vm_2", "state": "stopped", "organization": { "id": "org_1" } } });
    let verdict = super::scenes::interpreted(&scene, &read, 200, &shown);
    let Verdict::Done(findings) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(findings.link.map(|link| link.id), Some("vm_2".to_owned()));
    assert_eq!(findings.machine.known(), None);
    let stray = findings.stray.expect("the failed one is given up");
    assert_eq!(stray.unchangeable, "hostler:main:17:1;vmbuild_1");
}

#[test]
fn an_order_that_is_refused_for_something_missing_is_final_only_where_it_is_seen_to_be_missing() {
    let refused = |code: &str| json!({ "error": { "code": code, "description": "none such", "detail": {} } });
    for (code, reads) in [
        ("organization_not_found", "read_organization"),
        ("package_not_found", "read_package"),
        ("data_center_not_found", "read_data_center"),
        ("disk_template_not_found", "read_template"),
    ] {
        let scene = sent();
        let Verdict::Next(read, notes) = answered(&scene, "machine", Phase::Act, 404, &refused(code)) else {
            panic!("{code} is believed at once");
        };
        assert_eq!(read.name, reads);
        let mut at = scene;
        "machine".clone_into(&mut at.step);
        at.phase = Phase::Act;
        at.notes.extend(notes);
        for (status, body, class) in [
            (404, refused(code), driver::RefusalClass::Permanent),
            (200, json!({}), driver::RefusalClass::Busy),
            (500, json!({}), driver::RefusalClass::Busy),
        ] {
            let verdict = super::scenes::interpreted(&at, &read, status, &body);
            let Verdict::Refused(no) = verdict else {
                panic!("{code} {status}: {verdict:?}");
            };
            assert_eq!(no.class, class, "{code} {status}");
            assert!(no.reason.starts_with(code), "{}", no.reason);
        }
    }
}
