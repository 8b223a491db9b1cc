//! Effects as the golden vectors have them.

use std::collections::BTreeMap;

use domain::Moment;
use domain::id::ServiceId;
use domain::ports::CountingRandom;
use domain::record::EffectState;

use super::*;

fn effect(id: &str, service: bool, body: EffectBody) -> Effect {
    let now = Moment::parse("2026-11-21T08:00:00Z").unwrap();
    let random = CountingRandom::new(1);
    Effect {
        id: id.parse().unwrap(),
        installation: "main".parse().unwrap(),
        service: service.then(|| (ServiceId::at(now, &random), 501)),
        operation: None,
        sequence: 1,
        body,
        state: EffectState::Waiting,
        tries: 0,
        due_at: now,
        reason: None,
        created_at: now,
        finished_at: None,
    }
}

fn golden() -> BTreeMap<String, Value> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../../tests/vectors/effects.json")).unwrap();
    vectors["effects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|effect| (effect["kind"].as_str().unwrap().to_owned(), effect.clone()))
        .collect()
}

/// The effects of the vectors whose every field is ours to choose.
fn bodies() -> Vec<EffectBody> {
    vec![
        EffectBody::SetHosting {
            dedicatedip: Some("192.0.2.50".to_owned()),
            assignedips: Some("192.0.2.51\n2001:db8::1".to_owned()),
            domain_if_empty: Some("vps-1.example.test".to_owned()),
            domain: None,
            username: Some("jane@example.test".to_owned()),
        },
        EffectBody::SetLink {
            module: "VirtFusionDirect".to_owned(),
            resource_id: Some("70".to_owned()),
            identity: Some("3f5c8a7e-0000-4000-8000-000000000070".to_owned()),
            platform: "plt_0199c0de00007000a000000000000001".to_owned(),
            server_id: Some(2),
            object: Some(json!({ "data": { "id": 70 } })),
        },
        EffectBody::EnsureCustomField {
            product_id: 3,
            name: "Initial Operating System".to_owned(),
            field_type: "text".to_owned(),
            admin_only: false,
            show_order: true,
        },
        EffectBody::SetCustomField {
            name: "Initial Operating System".to_owned(),
            value: "49".to_owned(),
        },
        EffectBody::SetPassword {
            secret: "sec_0199c0de00007000a000000000000001".parse().unwrap(),
        },
        EffectBody::SetUsage {
            diskusage: Some(1024),
            disklimit: Some(81920),
            bwusage: Some(5),
            bwlimit: None,
        },
        EffectBody::SetStock {
            product_id: 3,
            qty: 7,
            after: 9_000,
            counted: 0,
        },
        EffectBody::AcceptOrder {
            order_id: 9,
            autosetup: false,
            sendemail: true,
        },
        EffectBody::Rerun {
            function: RerunFunction::CreateAccount,
            status: "Pending".to_owned(),
        },
        EffectBody::SendMail {
            template: None,
            fields: BTreeMap::new(),
        },
        EffectBody::RunHook {
            hook: "HostlerServiceReady".to_owned(),
            arguments: json!({ "serviceid": 501 }),
        },
    ]
}

#[test]
fn effects_are_written_as_the_golden_vectors_have_them() {
    let golden = golden();
    for body in bodies() {
        let expected = &golden[body.kind()];
        let service = !expected["service"].is_null();
        let effect = effect(expected["id"].as_str().unwrap(), service, body);
        assert_eq!(&write(&effect, Some(1), None), expected, "{}", effect.body.kind());
    }
}

#[test]
fn the_other_kinds_have_the_golden_class_and_fields() {
    let golden = golden();
    let others = [
        EffectBody::UpsertOption {
            option: golden["upsert_option"]["body"].clone(),
        },
        EffectBody::LogActivity {
            message: "Hostler: service 501 is ready.".to_owned(),
        },
        EffectBody::LogModuleCall {
            action: "CreateAccount".to_owned(),
            request: json!("POST /servers"),
            response: json!(201),
        },
        EffectBody::OpenTicket {
            subject: "Your server is ready".to_owned(),
            message: "It is.".to_owned(),
        },
        EffectBody::Todo {
            title: "Hostler: a question".to_owned(),
            description: "Two machines fit.".to_owned(),
        },
    ];
    let fields = |value: &Value| -> Vec<String> {
        let body = value["body"].as_object().unwrap();
        body.keys().cloned().collect()
    };
    for body in others {
        let expected = &golden[body.kind()];
        let written = write(&effect(expected["id"].as_str().unwrap(), true, body), None, None);
        assert_eq!(written["class"], expected["class"], "{}", expected["kind"]);
        assert_eq!(fields(&written), fields(expected), "{}", expected["kind"]);
    }
}

#[test]
fn a_link_that_ended_removes_the_mapping_of_its_own_life() {
    let body = EffectBody::SetLink {
        module: "VirtFusionDirect".to_owned(),
        resource_id: None,
        identity: None,
        platform: "plt_0199c0de00007000a000000000000001".to_owned(),
        server_id: Some(2),
        object: None,
    };
    let written = write(
        &effect("eff_0199c0de00007000a000000000000102", true, body),
        Some(4),
        None,
    );
    assert_eq!(written["body"]["closed"], true);
    assert_eq!(written["body"]["generation"], 4);
    assert_eq!(written["body"]["mapped_id"], Value::Null);
}

#[test]
fn a_line_of_the_to_do_list_has_a_key_of_its_own_and_a_day() {
    let body = EffectBody::Todo {
        title: "t".to_owned(),
        description: "d".to_owned(),
    };
    let written = write(
        &effect("eff_0199c0de00007000a000000000000109", false, body),
        None,
        None,
    );
    assert_eq!(written["body"]["key"], "eff_0199c0de00007000a000000000000109");
    assert_eq!(written["body"]["due"], "2026-11-21");
}

#[test]
fn a_rerun_other_than_create_minds_the_services_word_only() {
    let body = EffectBody::Rerun {
        function: RerunFunction::SuspendAccount,
        status: "Active".to_owned(),
    };
    let written = write(
        &effect("eff_0199c0de00007000a000000000000111", true, body),
        None,
        None,
    );
    assert_eq!(written["body"], json!({ "function": "suspend" }));
    assert_eq!(written["guard"], json!({ "domainstatus": ["Active"] }));
}

/// Service 501 of client 77, of the module `katapult`.
fn katapult() -> Service {
    let now = Moment::parse("2026-11-21T08:00:00Z").unwrap();
    serde_json::from_value(json!({
        "id": ServiceId::at(now, &CountingRandom::new(1)), "installation": "main", "billing_id": 501, "client_id": 77,
        "product_id": 3, "module": "katapult", "platform": null, "generation": 1, "status": "Active", "standing": "building",
        "hostname": null, "mapped_id": null, "power_before_suspend": null, "watch_due": null, "holds": [],
        "unsettled_until": null, "welcomed_generation": 0, "version": 1, "created_at": now, "updated_at": now,
    }))
    .unwrap()
}

#[test]
fn kt_037_kt_079_a_line_of_the_log_belongs_to_the_services_client_and_module() {
    let body = EffectBody::LogActivity {
        message: "[Service ID: 501]: VM started".to_owned(),
    };
    let effect = effect("eff_0199c0de00007000a000000000000110", true, body);
    let written = write(&effect, None, Some(&katapult()));
    assert_eq!(
        written["body"],
        json!({ "message": "[Service ID: 501]: VM started", "client": 77 })
    );
    assert_eq!(written["module"], "katapult");
}

#[test]
fn kt_043_kt_063_a_hook_about_a_build_is_fired_under_the_modules_name_with_the_service_object() {
    let arguments = json!({
        "service": 501, "build": "vmbuild_1", "ordered_at": 1_800_000_000, "machine": null, "state": "building",
        "hostname": null, "addresses": [], "reason": "",
    });
    for (hook, name) in [
        ("BuildRequested", "KatapultVirtualMachineBuildRequested"),
        ("Built", "KatapultVirtualMachineBuilt"),
        ("BuildTimedOut", "KatapultVirtualMachineBuildTimedOut"),
        ("BuildFailed", "KatapultVirtualMachineBuildFailed"),
    ] {
        let body = EffectBody::RunHook {
            hook: hook.to_owned(),
            arguments: arguments.clone(),
        };
        let effect = effect("eff_0199c0de00007000a000000000000114", true, body);
        let written = write(&effect, None, Some(&katapult()));
        assert_eq!(written["class"], "telling");
        assert_eq!(
            written["body"],
            json!({ "hook": name, "vars": {
                "service": 501, "vm_build_id": "vmbuild_1", "vm_build_started_at": 1_800_000_000, "vm_id": null,
                "vm_state": "building", "hostname": null, "ips": [], "reason": "",
            } })
        );
    }
}

#[test]
fn kt_061_the_link_names_a_machine_as_the_originals_store_has_it() {
    let body = EffectBody::SetLink {
        module: "katapult".to_owned(),
        resource_id: Some("vm_Qm3kT8Zr1LwYp0Xa".to_owned()),
        identity: Some("vm_Qm3kT8Zr1LwYp0Xa".to_owned()),
        platform: "plt_0199c0de00007000a000000000000001".to_owned(),
        server_id: Some(0),
        object: None,
    };
    let effect = effect("eff_0199c0de00007000a000000000000102", true, body);
    let written = write(&effect, Some(1), Some(&katapult()));
    assert_eq!(written["body"]["mapped_id"], "vm_Qm3kT8Zr1LwYp0Xa");
    assert_eq!(written["module"], "katapult");
}
