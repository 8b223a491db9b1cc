use domain::http::Method;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn answered(status: u16, body: &str, retry_after: Option<u64>) -> Outcome {
    Outcome::Answered(Response {
        status,
        body: body.to_owned(),
        retry_after,
    })
}

fn request(class: RetryClass) -> Request {
    Request::new(
        "x",
        Method::Post,
        "/virtual_machines/virtual_machine/start",
        class,
    )
}

fn envelope(code: &str, detail: &Value) -> String {
    json!({ "error": { "code": code, "description": "Why it is so", "detail": detail } }).to_string()
}

fn verdict(class: RetryClass, status: u16, body: &str) -> Verdict {
    success(&request(class), &answered(status, body, None)).expect_err("no success")
}

fn refused(class: RetryClass, status: u16, code: &str, detail: &Value) -> Answered {
    match verdict(class, status, &envelope(code, detail)) {
        Verdict::Refused(answered) => answered,
        other => panic!("{status} {code}: {other:?}"),
    }
}

#[test]
fn kt_048_kt_049_kt_050_a_refusal_names_code_description_detail_status_method_and_path() {
    let detail = json!({ "details": "Over quota", "errors": ["Size is too small", "Name can't be blank"] });
    assert_eq!(
        refused(RetryClass::Creating, 422, "validation_error", &detail).reason,
        "validation_error: Why it is so - Over quota - Size is too small, Name can't be blank \
         [http: 422 POST /core/v1/virtual_machines/virtual_machine/start]"
    );
    let text = refused(
        RetryClass::Creating,
        400,
        "invalid_spec_xml",
        &json!({ "errors": "line 3" }),
    );
    assert!(
        text.reason.contains("Why it is so - line 3 [http: 400"),
        "{}",
        text.reason
    );
    let bare = refused(
        RetryClass::Convergent,
        403,
        "permission_denied",
        &json!({ "details": null }),
    );
    assert!(
        bare.reason
            .starts_with("permission_denied: Why it is so [http: 403"),
        "{}",
        bare.reason
    );
}

#[test]
fn kt_051_kt_052_what_is_no_envelope_and_what_is_a_fault_of_the_platform_is_unknown_and_keeps_its_words() {
    for status in [302, 400, 403, 404, 406, 409, 422, 500, 502, 503] {
        for body in [
            "<html>Not Found</html>",
            "",
            "[]",
            "{\"error\":\"no\"}",
            "{\"error\":{\"code\":\"\"}}",
        ] {
            let verdict = verdict(RetryClass::Creating, status, body);
            let says = |text: &str| text.contains(&status.to_string());
            assert!(
                matches!(&verdict, Verdict::Unknown(text) if says(text)),
                "{status} {body}: {verdict:?}"
            );
        }
    }
    for (status, code) in [
        (500, "unhandled_exception"),
        (503, "no_available_addresses"),
        (500, "deletion_failed"),
        (404, "route_not_found"),
        (408, "timeout"),
    ] {
        let verdict = verdict(RetryClass::Convergent, status, &envelope(code, &json!({})));
        assert!(
            matches!(&verdict, Verdict::Unknown(text) if text.contains(code)),
            "{verdict:?}"
        );
    }
}

#[test]
fn every_documented_refusal_of_a_change_has_its_class() {
    let table = [
        (400, "missing_api_token", RefusalClass::Credential),
        (403, "invalid_api_token", RefusalClass::Credential),
        (403, "scope_not_granted", RefusalClass::Credential),
        (
            403,
            "unauthorized_network_for_api_token",
            RefusalClass::Credential,
        ),
        (403, "invalid_capabilities_token", RefusalClass::Credential),
        (429, "rate_limit_reached", RefusalClass::Throttled),
        (404, "virtual_machine_not_found", RefusalClass::Gone),
        (406, "task_queueing_error", RefusalClass::Busy),
        (503, "service_unavailable", RefusalClass::Busy),
        (400, "invalid_argument", RefusalClass::Permanent),
        (403, "permission_denied", RefusalClass::Permanent),
        (403, "organization_suspended", RefusalClass::Permanent),
        (403, "resource_creation_restricted", RefusalClass::Permanent),
        (404, "package_not_found", RefusalClass::Permanent),
        (406, "virtual_machine_must_be_started", RefusalClass::Permanent),
        (409, "deletion_restricted", RefusalClass::Busy),
        (422, "validation_error", RefusalClass::Permanent),
        (422, "organization_limit_reached", RefusalClass::Permanent),
    ];
    for (status, code, class) in table {
        assert_eq!(
            refused(RetryClass::Convergent, status, code, &json!({})).class,
            class,
            "{code}"
        );
    }
}

#[test]
fn a_refused_read_proves_nothing_and_maintenance_does_not_say_that_nothing_was_made() {
    for (status, code) in [
        (403, "permission_denied"),
        (404, "organization_not_found"),
        (406, "object_in_trash"),
        (422, "validation_error"),
    ] {
        let verdict = verdict(RetryClass::Read, status, &envelope(code, &json!({})));
        assert!(matches!(verdict, Verdict::Unknown(_)), "{code}: {verdict:?}");
    }
    let maintenance = verdict(
        RetryClass::Creating,
        503,
        &envelope("service_unavailable", &json!({})),
    );
    assert!(matches!(maintenance, Verdict::Unknown(_)), "{maintenance:?}");
}

#[test]
fn kt_120_a_full_minute_is_waited_for_where_the_platform_names_no_wait() {
    let limit = envelope("rate_limit_reached", &json!({ "total_permitted": 1000 }));
    for (body, header, expected) in [(limit.as_str(), None, 60), (&limit, Some(7), 7), ("", None, 60)] {
        let outcome = answered(429, body, header);
        let Err(Verdict::Refused(throttled)) = success(&request(RetryClass::Creating), &outcome) else {
            panic!("not refused");
        };
        assert_eq!(throttled.class, RefusalClass::Throttled);
        assert_eq!(throttled.retry_after, Some(Duration::from_secs(expected)));
    }
}

#[test]
fn a_lost_answer_is_unknown() {
    let lost = success(&request(RetryClass::Creating), &Outcome::lost("reset")).map(|_| ());
    assert!(matches!(lost, Err(Verdict::Unknown(_))));
}

proptest! {
    #[test]
    fn no_status_but_2xx_is_ever_a_success(status in 100_u16..600, body in ".{0,80}", code in "[a-z_]{0,24}") {
        let class = RetryClass::Convergent;
        for body in [body, envelope(&code, &json!({ "errors": [code.clone()] }))] {
            let outcome = answered(status, &body, None);
            let taken = success(&request(class), &outcome).is_ok();
            prop_assert_eq!(taken, (200..300).contains(&status));
        }
    }
}
