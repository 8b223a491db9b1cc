use domain::http::FailureKind::{Lost, NotSent};

use super::*;
use crate::fault::{Fault, FaultRule, RetryAfter};
use crate::virtfusion::Lag;

fn create(user: u64) -> Request {
    Request::new("create_server", Method::Post, "/servers", RetryClass::Creating).with_body(Desk::order(user))
}

fn struck(fault: Fault) -> (Desk, u64) {
    let desk = Desk::new();
    let user = desk.user(1);
    desk.panel.add_fault(FaultRule::once("create_server", fault));
    (desk, user)
}

fn created(desk: &Desk) -> u64 {
    desk.panel.totals(desk.now).servers_created
}

#[test]
fn faults_without_an_answer_are_told_apart_by_what_is_certain() {
    for (fault, kind, status, effect, millis) in [
        (Fault::Refused, NotSent, None, 0, 20),
        (Fault::ConnectTimeout, NotSent, None, 0, 10_000),
        (Fault::TimeoutBefore, Lost, None, 0, 30_000),
        (Fault::TimeoutAfter, Lost, None, 1, 30_000),
        (Fault::ResetBefore, Lost, None, 0, 20),
        (Fault::ResetAfter, Lost, None, 1, 20),
        (Fault::ResetMidBody, Lost, Some(201), 1, 20),
        (Fault::TruncatedBody, Lost, Some(201), 1, 20),
        (Fault::Slow { seconds: 31 }, Lost, None, 1, 30_000),
        (Fault::SlowDrip { seconds: 31 }, Lost, Some(201), 1, 30_000),
    ] {
        let (desk, user) = struck(fault.clone());
        let (outcome, latency) = desk.exchange(&create(user));
        let Outcome::Failed(failure) = outcome else {
            panic!("{fault:?}: {outcome:?}")
        };
        let got = (failure.kind, failure.status, created(&desk), latency);
        let expected = (kind, status, effect, Duration::from_millis(millis));
        assert_eq!(got, expected, "{fault:?}");
        let call = desk.panel.calls().pop().unwrap();
        assert_eq!((call.effect.happened(), call.fault), (effect == 1, Some(fault)));
        assert!(
            matches!(desk.exchange(&create(user)).0, Outcome::Answered(_)),
            "it strikes once"
        );
    }
}

#[test]
fn faults_with_an_answer_carry_the_status_and_the_effect_that_they_name() {
    for (fault, status, effect) in [
        (
            Fault::ErrorBefore {
                status: 500,
                html: false,
            },
            500,
            0,
        ),
        (
            Fault::ErrorAfter {
                status: 503,
                html: true,
            },
            503,
            1,
        ),
        (Fault::Slow { seconds: 5 }, 201, 1),
        (Fault::SlowDrip { seconds: 5 }, 201, 1),
        (Fault::TruncatedJson, 201, 1),
        (Fault::InvalidJson, 201, 1),
        (Fault::HtmlAnswer, 200, 1),
        (
            Fault::WrongSuccess {
                status: 202,
                effect: true,
            },
            202,
            1,
        ),
        (
            Fault::WrongSuccess {
                status: 204,
                effect: false,
            },
            204,
            0,
        ),
        (Fault::FalseNotFound, 404, 0),
        (Fault::BareNotFound, 404, 0),
        (Fault::Conflict, 409, 0),
        (Fault::Locked { seconds: 5 }, 423, 0),
    ] {
        let (desk, user) = struck(fault.clone());
        let (outcome, _) = desk.exchange(&create(user));
        let Outcome::Answered(response) = outcome else {
            panic!("{fault:?}: {outcome:?}")
        };
        assert_eq!((response.status, created(&desk)), (status, effect), "{fault:?}");
        let json = serde_json::from_str::<Value>(&response.body).is_ok();
        let spoilt = matches!(
            fault,
            Fault::ErrorAfter { .. } | Fault::TruncatedJson | Fault::InvalidJson | Fault::HtmlAnswer
        ) || response.body.is_empty();
        assert_eq!(json, !spoilt, "{fault:?}: {}", response.body);
        assert_eq!(
            response.body.starts_with("<!DOCTYPE html>"),
            status == 503 || fault == Fault::HtmlAnswer
        );
    }
}

#[test]
fn a_lost_effect_comes_later_and_the_log_says_so() {
    let (mut desk, user) = struck(Fault::EffectLater { seconds: 600 });
    let (outcome, latency) = desk.exchange(&create(user));
    assert_eq!(
        (outcome, latency),
        (
            Outcome::lost("timed out waiting for the answer"),
            Duration::from_secs(30)
        )
    );
    let due = desk.now + Duration::from_mins(10);
    assert_eq!(
        desk.panel.calls().pop().unwrap().effect,
        crate::calls::Effect::Later(due)
    );
    desk.wait(599);
    assert_eq!(created(&desk), 0);
    desk.wait(3600);
    assert_eq!(created(&desk), 1);
    let server = desk.panel.servers(desk.now).pop().unwrap();
    assert_eq!(
        server.created, due,
        "it happens at its time, not when somebody looks"
    );
    assert_eq!(
        desk.panel.calls().pop().unwrap().effect,
        crate::calls::Effect::Done(due)
    );
}

#[test]
fn an_effect_that_has_become_impossible_does_not_come() {
    let (mut desk, user) = struck(Fault::EffectLater { seconds: 60 });
    desk.exchange(&create(user));
    desk.panel
        .hand(desk.now)
        .act(crate::virtfusion::Act::DeleteUser { user })
        .unwrap();
    desk.wait(60);
    assert_eq!(created(&desk), 0);
    assert_eq!(
        desk.panel.calls().pop().unwrap().effect,
        crate::calls::Effect::None
    );
}

#[test]
fn a_true_404_is_the_truth_and_a_false_one_is_not() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    let target = format!("/servers/{id}");
    desk.panel
        .add_fault(FaultRule::once("get_server", Fault::FalseNotFound));
    desk.panel
        .add_fault(FaultRule::once("get_server", Fault::BareNotFound));
    assert_eq!(desk.get(&target), (404, json!({"msg": "server not found"})));
    assert_eq!(desk.get(&target), (404, json!({})));
    assert_eq!(desk.get(&target).0, 200);
    desk.panel
        .add_fault(FaultRule::once("get_server", Fault::TrueNotFound));
    assert_eq!(desk.get(&target), (404, json!({"msg": "server not found"})));
    assert_eq!(desk.get(&target), (404, json!({"msg": "server not found"})));
    assert!(desk.panel.servers(desk.now).is_empty());
    desk.panel
        .add_fault(FaultRule::once("get_user", Fault::FalseNotFound));
    assert_eq!(
        desk.get("/users/1/byExtRelation"),
        (404, json!({"msg": "ext_relation_id not found"}))
    );
}

#[test]
fn a_lock_holds_for_its_window_against_all_changes() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.built(user);
    desk.panel
        .add_fault(FaultRule::once("suspend_server", Fault::Locked { seconds: 60 }));
    assert_eq!(desk.bare(&format!("/servers/{id}/suspend")).0, 423);
    desk.wait(59);
    assert_eq!(desk.bare(&format!("/servers/{id}/suspend")).0, 423);
    assert_eq!(desk.delete(&format!("/servers/{id}")).0, 423);
    assert_eq!(desk.field(id, "suspended"), json!(false), "reads go on");
    desk.wait(1);
    assert_eq!(desk.bare(&format!("/servers/{id}/suspend")).0, 204);
}

#[test]
fn too_many_requests_say_when_to_come_back_or_do_not() {
    for (retry_after, told) in [
        (RetryAfter::Missing, None),
        (RetryAfter::Seconds(7), Some(7)),
        (RetryAfter::Date(9), Some(9)),
    ] {
        let (desk, user) = struck(Fault::RateLimited { retry_after });
        let (outcome, _) = desk.exchange(&create(user));
        let Outcome::Answered(response) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!((response.status, response.retry_after), (429, told));
        assert_eq!(created(&desk), 0);
    }
}

#[test]
fn a_stale_read_shows_the_past() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    desk.wait(600);
    let id = desk.created(user);
    desk.wait(5);
    for endpoint in ["get_server", "list_servers", "user_servers"] {
        desk.panel
            .add_fault(FaultRule::once(endpoint, Fault::StaleRead { seconds: 300 }));
    }
    desk.panel
        .add_fault(FaultRule::once("get_server", Fault::StaleRead { seconds: 5 }));
    assert_eq!(desk.get(&format!("/servers/{id}")).0, 404);
    assert_eq!(desk.get("/servers").1["total"], json!(0));
    assert_eq!(desk.get(&format!("/servers/user/{user}")).1, json!({"data": []}));
    desk.put(&format!("/servers/{id}/modify/memory"), &json!({"memory": 2048}));
    let (_, past) = desk.get(&format!("/servers/{id}"));
    assert_eq!(past["data"]["settings"]["resources"]["memory"], json!(1024));
    let (_, present) = desk.get(&format!("/servers/{id}"));
    assert_eq!(present["data"]["settings"]["resources"]["memory"], json!(2048));
}

#[test]
fn a_deleted_server_haunts_stale_reads() {
    let mut desk = Desk::new();
    let user = desk.user(1);
    let id = desk.created(user);
    desk.wait(10);
    desk.delete(&format!("/servers/{id}?delay=0"));
    desk.wait(1);
    desk.panel
        .add_fault(FaultRule::once("get_server", Fault::StaleRead { seconds: 5 }));
    assert_eq!(desk.get(&format!("/servers/{id}")).0, 200);
    assert_eq!(desk.get(&format!("/servers/{id}")).0, 404);
}

#[test]
fn an_answer_can_arrive_twice_while_the_second_effect_happens() {
    let (desk, user) = struck(Fault::DuplicatedAnswer);
    let first = desk.post("/servers", &Desk::order(user));
    let second = desk.post("/servers", &Desk::order(user));
    assert_eq!(first, second);
    assert_eq!(created(&desk), 2);
    let third = desk.post("/servers", &Desk::order(user));
    assert_eq!(third.1["data"]["id"], json!(3));
}

#[test]
fn an_id_can_be_used_again_by_another_machine() {
    let (desk, user) = struck(Fault::Conflict);
    assert_eq!(desk.post("/servers", &Desk::order(user)).0, 409);
    let first = desk.created(user);
    let uuid = desk.field(first, "uuid");
    desk.delete(&format!("/servers/{first}?delay=0"));
    desk.panel
        .add_fault(FaultRule::once("create_server", Fault::IdReused));
    let second = desk.created(user);
    assert_eq!(second, first);
    assert_ne!(desk.field(second, "uuid"), uuid);
    assert_ne!(desk.created(user), first);
}

#[test]
fn a_clock_can_be_off() {
    let (desk, user) = struck(Fault::ClockSkew { seconds: -3600 });
    let skewed = desk.post("/servers", &Desk::order(user)).1["data"]["created"].clone();
    let true_one = desk.post("/servers", &Desk::order(user)).1["data"]["created"].clone();
    assert_eq!(
        (skewed, true_one),
        (
            json!("2026-11-20T06:00:00+00:00"),
            json!("2026-11-20T07:00:00+00:00")
        )
    );
}

#[test]
fn an_outage_reaches_no_endpoint() {
    let mut desk = Desk::new();
    let request = Request::get("connect", "/connect");
    let until = desk.now + Duration::from_mins(1);
    desk.panel
        .set_outage(Some((crate::platform::Outage::Refused, until)));
    assert_eq!(desk.exchange(&request).0, Outcome::not_sent("connection refused"));
    desk.panel
        .set_outage(Some((crate::platform::Outage::Unreachable, until)));
    assert_eq!(
        desk.exchange(&request),
        (Outcome::not_sent("connect timed out"), Duration::from_secs(10))
    );
    desk.wait(60);
    assert!(matches!(desk.exchange(&request).0, Outcome::Answered(_)));
}

#[test]
#[should_panic(expected = "no endpoint is called")]
fn a_rule_for_an_endpoint_that_does_not_exist_is_a_mistake() {
    Desk::new()
        .panel
        .add_fault(FaultRule::at("create_sever", Fault::Refused));
}

#[test]
fn changes_can_stay_unseen_for_a_while() {
    let lag = Lag {
        median: Duration::from_secs(20),
        p99: Duration::from_secs(20),
    };
    let mut desk = Desk::with(PanelConfig {
        lag: Some(lag),
        ..PanelConfig::default()
    });
    let user = desk.user(1);
    assert_eq!(desk.get("/users/1/byExtRelation").0, 404);
    desk.wait(20);
    assert_eq!(desk.get("/users/1/byExtRelation").0, 200);
    let id = desk.created(user);
    assert_eq!(desk.get(&format!("/servers/{id}")).0, 404);
    assert_eq!(
        desk.post(&format!("/servers/{id}/build"), &json!({"operatingSystemId": 49}))
            .0,
        404
    );
    assert_eq!(desk.panel.servers(desk.now).len(), 1, "the books know it");
    desk.wait(20);
    assert_eq!(desk.get(&format!("/servers/{id}")).0, 200);
    assert_eq!(desk.delete(&format!("/servers/{id}?delay=0")).0, 204);
    assert_eq!(desk.get(&format!("/servers/{id}")).0, 200);
    desk.wait(20);
    assert_eq!(desk.get(&format!("/servers/{id}")).0, 404);
}

#[test]
fn the_same_faults_from_the_same_seed_make_the_same_history() {
    let run = |seed| {
        let mut desk = Desk::new();
        let user = desk.user(1);
        desk.panel
            .add_fault(FaultRule::at("create_server", Fault::ResetAfter).with_probability(0.3, seed));
        desk.panel
            .add_fault(FaultRule::anywhere(Fault::TimeoutBefore).with_probability(0.2, seed + 1));
        let outcomes: Vec<String> = (0..200)
            .map(|_| {
                desk.wait(1);
                desk.exchange(&create(user)).0.summary()
            })
            .collect();
        (outcomes, created(&desk))
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5).0, run(6).0);
}
