use domain::http::FailureKind::{Lost, NotSent};

use super::*;
use crate::fault::{Fault, FaultRule, RetryAfter};
use crate::katapult::Lag;

fn create(organization: &str, hostname: &str) -> Request {
    Request::new("build", Method::Post, BUILD, RetryClass::Creating)
        .with_body(Desk::order(organization, hostname))
}

fn struck(fault: Fault) -> (Desk, String) {
    let desk = Desk::new();
    let organization = desk.organization("ada");
    desk.katapult
        .add_fault(FaultRule::once("build_virtual_machine", fault));
    (desk, organization)
}

fn builds(desk: &Desk) -> u64 {
    desk.katapult.totals(desk.now).builds
}

#[test]
fn faults_without_an_answer_are_told_apart_by_what_is_certain() {
    for (fault, kind, status, effect) in [
        (Fault::Refused, NotSent, None, 0),
        (Fault::ConnectTimeout, NotSent, None, 0),
        (Fault::TimeoutBefore, Lost, None, 0),
        (Fault::TimeoutAfter, Lost, None, 1),
        (Fault::ResetBefore, Lost, None, 0),
        (Fault::ResetAfter, Lost, None, 1),
        (Fault::ResetMidBody, Lost, Some(201), 1),
        (Fault::TruncatedBody, Lost, Some(201), 1),
        (Fault::Slow { seconds: 31 }, Lost, None, 1),
        (Fault::SlowDrip { seconds: 31 }, Lost, Some(201), 1),
    ] {
        let (desk, organization) = struck(fault.clone());
        let (outcome, _) = desk.exchange(&create(&organization, "web-1"));
        let Outcome::Failed(failure) = outcome else {
            panic!("{fault:?}: {outcome:?}")
        };
        assert_eq!(
            (failure.kind, failure.status, builds(&desk)),
            (kind, status, effect),
            "{fault:?}"
        );
        let call = desk.katapult.calls().pop().unwrap();
        assert_eq!((call.effect.happened(), call.fault), (effect == 1, Some(fault)));
        let (again, _) = desk.exchange(&create(&organization, "web-2"));
        assert!(matches!(again, Outcome::Answered(_)), "it strikes once");
    }
}

#[test]
fn faults_with_an_answer_carry_the_platform_s_own_words() {
    let error = |status, html| {
        (
            Fault::ErrorBefore { status, html },
            Fault::ErrorAfter { status, html },
        )
    };
    for (fault, status, effect, code) in [
        (error(500, false).0, 500, 0, "unhandled_exception"),
        (error(503, false).1, 503, 1, "service_unavailable"),
        (error(502, true).1, 502, 1, ""),
        (Fault::HtmlAnswer, 200, 1, ""),
        (Fault::TruncatedJson, 201, 1, ""),
        (Fault::InvalidJson, 201, 1, ""),
        (
            Fault::WrongSuccess {
                status: 202,
                effect: true,
            },
            202,
            1,
            "",
        ),
        (
            Fault::WrongSuccess {
                status: 204,
                effect: false,
            },
            204,
            0,
            "",
        ),
        (Fault::FalseNotFound, 404, 0, "organization_not_found"),
        (Fault::BareNotFound, 404, 0, ""),
        (Fault::Conflict, 409, 0, "deletion_restricted"),
        (Fault::Locked { seconds: 5 }, 406, 0, "task_queueing_error"),
        (
            Fault::RateLimited {
                retry_after: RetryAfter::Missing,
            },
            429,
            0,
            "rate_limit_reached",
        ),
    ] {
        let (desk, organization) = struck(fault.clone());
        let (outcome, _) = desk.exchange(&create(&organization, "web-1"));
        let Outcome::Answered(response) = outcome else {
            panic!("{fault:?}: {outcome:?}")
        };
        let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
        let got = body["error"]["code"].as_str().unwrap_or_default();
        assert_eq!(
            (response.status, builds(&desk), got),
            (status, effect, code),
            "{fault:?}"
        );
    }
}

#[test]
fn every_fault_strikes_every_endpoint_without_a_panic() {
    let faults = [
        Fault::TimeoutAfter,
        Fault::TrueNotFound,
        Fault::FalseNotFound,
        Fault::Conflict,
        Fault::Locked { seconds: 1 },
        Fault::RateLimited {
            retry_after: RetryAfter::Seconds(1),
        },
        Fault::StaleRead { seconds: 100 },
        Fault::DuplicatedAnswer,
        Fault::IdReused,
        Fault::ClockSkew { seconds: 7 },
        Fault::EffectLater { seconds: 1 },
        Fault::ErrorBefore {
            status: 500,
            html: true,
        },
    ];
    let tape = super::life::every_endpoint().tape();
    for fault in faults {
        let katapult = Katapult::new(Config::quick(Duration::from_secs(8)));
        let rule = katapult.add_fault(FaultRule::anywhere(fault.clone()));
        for (incoming, _) in &tape {
            katapult.handle(START, incoming);
        }
        let state = katapult
            .faults()
            .into_iter()
            .find(|state| state.id == rule)
            .unwrap();
        assert_eq!(state.struck, tape.len() as u64, "{fault:?}");
    }
}

#[test]
fn a_lost_effect_comes_later_and_the_log_says_so() {
    let (mut desk, organization) = struck(Fault::EffectLater { seconds: 600 });
    desk.exchange(&create(&organization, "web-1"));
    let due = desk.now + Duration::from_mins(10);
    assert_eq!(
        desk.katapult.calls().pop().unwrap().effect,
        crate::calls::Effect::Later(due)
    );
    desk.wait(599);
    assert_eq!(builds(&desk), 0);
    desk.wait(3600);
    assert_eq!(builds(&desk), 1);
    let build = desk.katapult.builds(desk.now).pop().unwrap();
    assert_eq!(
        (build.created, build.request_id),
        (due, None),
        "it happens at its time, not when somebody looks"
    );
    assert_eq!(desk.katapult.machines(desk.now).len(), 1);
}

#[test]
fn a_late_effect_does_nothing_to_another_machine_of_the_same_id() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let late = Fault::EffectLater { seconds: 60 };
    desk.katapult
        .add_fault(FaultRule::once("delete_virtual_machine", late.clone()));
    let body = json!({"virtual_machine": {"id": machine}});
    let delete = Request::new(
        "d",
        Method::Delete,
        "/virtual_machines/virtual_machine",
        RetryClass::Convergent,
    )
    .with_body(body);
    desk.exchange(&delete);
    desk.act(Act::Replace {
        machine: machine.clone(),
    });
    desk.wait(60);
    assert_eq!(desk.state(&machine), json!("stopped"));
    assert_eq!(
        desk.katapult
            .calls()
            .iter()
            .rev()
            .find_map(|call| call.fault.as_ref().map(|_| call.effect)),
        Some(crate::calls::Effect::None)
    );
    desk.katapult
        .add_fault(FaultRule::once("delete_virtual_machine", late));
    desk.exchange(&delete);
    desk.wait(60);
    assert_eq!(
        desk.get(&vm("", &machine)).0,
        406,
        "the one that it aimed at is trashed"
    );
}

#[test]
fn a_true_404_is_the_truth_and_a_false_one_is_not() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    for fault in [Fault::FalseNotFound, Fault::TrueNotFound] {
        desk.katapult
            .add_fault(FaultRule::once("get_virtual_machine", fault));
    }
    let missing = (404, "virtual_machine_not_found");
    assert_eq!(refusal(&desk.get(&vm("", &machine))), missing);
    assert_eq!(desk.katapult.machines(desk.now).len(), 1);
    assert_eq!(refusal(&desk.get(&vm("", &machine))), missing);
    assert!(desk.katapult.machines(desk.now).is_empty());
    let other = desk.machine(&organization, "web-4");
    let disk = id(&desk.get(&vm("/disks", &other)).1["disks"][0]["disk"]);
    desk.katapult
        .add_fault(FaultRule::once("list_disk_policies", Fault::TrueNotFound));
    let of_disk = format!("/disks/disk/disk_backup_policies?disk[id]={disk}");
    assert_eq!(refusal(&desk.get(&of_disk)), (404, "disk_not_found"));
    assert_eq!(
        desk.get(&vm("/disks", &other)).1["disks"],
        json!([]),
        "the disk is gone, its machine is not"
    );
    desk.katapult.hand(desk.now).delete(&other).unwrap();
    let build = desk.ordered(&Desk::order(&organization, "web-2"));
    desk.katapult
        .add_fault(FaultRule::once("get_build", Fault::TrueNotFound));
    assert_eq!(
        refusal(&desk.get(&format!("/virtual_machines/builds/{build}"))),
        (404, "build_not_found")
    );
    desk.wait(60);
    assert!(
        desk.katapult.machines(desk.now).is_empty(),
        "a lost build makes no machine"
    );
    desk.katapult
        .add_fault(FaultRule::once("list_virtual_machines", Fault::TrueNotFound));
    assert_eq!(
        refusal(&desk.get(&of("virtual_machines", &organization))),
        (404, "organization_not_found")
    );
    assert_eq!(
        desk.get(&of("virtual_machines", &organization)).0,
        200,
        "organizations are not taken away"
    );
}

#[test]
fn a_lock_holds_for_its_window_against_all_changes() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    desk.katapult.add_fault(FaultRule::once(
        "stop_virtual_machine",
        Fault::Locked { seconds: 60 },
    ));
    let refused = (406, "task_queueing_error");
    assert_eq!(refusal(&desk.power("stop", &machine)), refused);
    desk.wait(59);
    assert_eq!(refusal(&desk.power("stop", &machine)), refused);
    let body = json!({"virtual_machine": {"id": machine}});
    assert_eq!(desk.delete("/virtual_machines/virtual_machine", &body).0, 403);
    assert_eq!(desk.state(&machine), json!("started"), "reads go on");
    desk.wait(1);
    assert_eq!(desk.power("stop", &machine).0, 200);
}

#[test]
fn a_stale_read_shows_the_past() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    desk.wait(600);
    let machine = desk.machine(&organization, "web-1");
    for endpoint in ["get_virtual_machine", "list_virtual_machines", "get_build"] {
        desk.katapult
            .add_fault(FaultRule::once(endpoint, Fault::StaleRead { seconds: 300 }));
    }
    let build = desk.katapult.builds(desk.now).pop().unwrap().id;
    assert_eq!(desk.get(&vm("", &machine)).0, 404);
    assert_eq!(
        desk.get(&of("virtual_machines", &organization)).1["pagination"]["total"],
        json!(0)
    );
    assert_eq!(desk.get(&format!("/virtual_machines/builds/{build}")).0, 404);
    desk.power("stop", &machine);
    desk.wait(10);
    desk.trashed(&machine);
    desk.wait(1);
    desk.katapult.add_fault(FaultRule::once(
        "get_virtual_machine",
        Fault::StaleRead { seconds: 10 },
    ));
    assert_eq!(
        desk.get(&vm("", &machine)).1["virtual_machine"]["state"],
        json!("stopping")
    );
    assert_eq!(desk.get(&vm("", &machine)).0, 406);
}

#[test]
fn an_answer_can_arrive_twice_while_the_second_effect_happens() {
    let (desk, organization) = struck(Fault::DuplicatedAnswer);
    let first = desk.post(BUILD, &Desk::order(&organization, "web-1"));
    let second = desk.post(BUILD, &Desk::order(&organization, "web-2"));
    assert_eq!((first, builds(&desk)), (second, 2));
}

#[test]
fn an_id_can_be_used_again_by_another_machine() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let first = desk.machine(&organization, "web-1");
    let serial = desk.katapult.machine(desk.now, &first).unwrap().serial;
    desk.katapult.hand(desk.now).delete(&first).unwrap();
    desk.katapult
        .add_fault(FaultRule::once("build_virtual_machine", Fault::IdReused));
    let second = desk.machine(&organization, "web-2");
    assert_eq!(second, first);
    assert_ne!(desk.katapult.machine(desk.now, &second).unwrap().serial, serial);
    assert_eq!(desk.shown(&second)["hostname"], json!("web-2"));
    desk.wait(3600);
    assert_eq!(
        desk.shown(&second)["hostname"],
        json!("web-2"),
        "also once the first one is forgotten"
    );
    assert_ne!(desk.machine(&organization, "web-3"), first);
}

#[test]
fn a_clock_can_be_off() {
    let mut desk = Desk::new();
    let organization = desk.organization("ada");
    let machine = desk.machine(&organization, "web-1");
    let created = desk.shown(&machine)["created_at"].as_i64().unwrap();
    desk.katapult.add_fault(FaultRule::once(
        "get_virtual_machine",
        Fault::ClockSkew { seconds: -3600 },
    ));
    assert_eq!(desk.shown(&machine)["created_at"], json!(created - 3600));
    assert_eq!(desk.shown(&machine)["created_at"], json!(created));
}

#[test]
fn changes_can_stay_unseen_for_a_while() {
    let lag = Lag {
        median: Duration::from_secs(20),
        p99: Duration::from_secs(20),
    };
    let mut desk = Desk::with(Config {
        lag: Some(lag),
        ..Config::quick(Duration::from_secs(8))
    });
    desk.wait(30);
    let organization = desk.organization("ada");
    assert_eq!(desk.get(&of("virtual_machines", &organization)).0, 404);
    desk.wait(20);
    let build = desk.ordered(&Desk::order(&organization, "web-1"));
    desk.wait(11);
    assert_eq!(desk.get(&format!("/virtual_machines/builds/{build}")).0, 404);
    assert_eq!(desk.katapult.machines(desk.now).len(), 1, "the books know it");
    desk.wait(20);
    let machine = id(&desk.build(&build)["virtual_machine"]);
    assert_eq!(desk.get(&vm("", &machine)).0, 200);
    desk.trashed(&machine);
    assert_eq!(desk.get(&vm("", &machine)).0, 200, "the trash is not seen yet");
    desk.wait(20);
    assert_eq!(desk.get(&vm("", &machine)).0, 406);
}

#[test]
fn the_same_faults_from_the_same_seed_make_the_same_history() {
    let run = |seed| {
        let mut desk = Desk::new();
        let organization = desk.organization("ada");
        let after = FaultRule::at("build_virtual_machine", Fault::ResetAfter).with_probability(0.3, seed);
        desk.katapult.add_fault(after);
        let before = FaultRule::anywhere(Fault::TimeoutBefore).with_probability(0.2, seed + 1);
        desk.katapult.add_fault(before);
        let outcomes: Vec<String> = (0..100)
            .map(|number| {
                desk.wait(1);
                desk.exchange(&create(&organization, &format!("web-{number}")))
                    .0
                    .summary()
            })
            .collect();
        (outcomes, builds(&desk))
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5).0, run(6).0);
}

#[test]
#[should_panic(expected = "no endpoint is called")]
fn a_rule_for_an_endpoint_that_does_not_exist_is_a_mistake() {
    Desk::new()
        .katapult
        .add_fault(FaultRule::at("biuld", Fault::Refused));
}
