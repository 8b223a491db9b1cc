use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::Place;

const ZONE: &str = "113.0.203.in-addr.arpa.";

fn answered(status: u16, body: &str) -> Outcome {
    Outcome::Answered(Response {
        status,
        body: body.to_owned(),
        retry_after: None,
    })
}

fn name(text: &str) -> DnsName {
    text.parse().expect("a name")
}

fn place(octet: u8) -> Place {
    Place {
        zone: name(ZONE),
        record: name(&format!("{octet}.{ZONE}")),
    }
}

fn zone(rrsets: &Value) -> Outcome {
    answered(
        200,
        &json!({"id": ZONE, "name": ZONE, "kind": "Native", "serial": 1, "rrsets": rrsets}).to_string(),
    )
}

fn pointers(outcome: &Outcome, place: &Place) -> Pointers {
    let content = whole(outcome, &place.zone);
    content.map_or_else(
        |why| Pointers::Unknown(why.to_string()),
        |content| content.at(&place.record),
    )
}

fn unclear(error: Result<impl std::fmt::Debug, ServerError>) -> String {
    match error {
        Err(ServerError::Unclear(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn refused(error: Result<impl std::fmt::Debug, ServerError>) -> String {
    match error {
        Err(ServerError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn vf_259_a_ping_says_what_is_wrong_and_what_to_do() {
    assert_eq!(
        ping(&answered(200, r#"{"type":"Server","id":"localhost"}"#)),
        Ok(())
    );
    assert_eq!(
        unclear(ping(&Outcome::not_sent("connection refused"))),
        "The server could not be asked: not sent: connection refused"
    );
    for code in [401, 403] {
        let words = refused(ping(&answered(code, "Unauthorized")));
        for part in [&format!("HTTP {code}"), "api-key", "api-allow-from", "blanks"] {
            assert!(words.contains(part), "{words}");
        }
    }
    for body in ["Not Found", r#"{"error":"Not Found"}"#] {
        let words = refused(ping(&answered(404, body)));
        assert!(
            words.contains("HTTP 404") && words.contains("localhost"),
            "{words}"
        );
    }
    let long = "x".repeat(300);
    assert_eq!(
        unclear(ping(&answered(502, &long))),
        format!("The server answered HTTP 502: {}", "x".repeat(200))
    );
    assert_eq!(
        unclear(ping(&answered(500, ""))),
        "The server answered HTTP 500: nothing"
    );
    assert!(unclear(ping(&answered(200, "<html>\nWelcome"))).ends_with(": <html> Welcome"));
}

#[test]
fn zones_are_listed_with_their_kinds_and_unknown_fields_do_not_matter() {
    let body = json!([
        {"id": "64=2F26.113.0.203.in-addr.arpa.", "name": "64/26.113.0.203.IN-ADDR.arpa.", "kind": "Master",
         "dnssec": false, "masters": [], "serial": 2_026_010_101},
        {"name": "example.com"},
        {"name": "not a name.", "kind": "Native"},
    ]);
    let listed = zones(&answered(200, &body.to_string())).expect("readable");
    let listed: Vec<_> = listed
        .iter()
        .map(|zone| (zone.name.as_str(), zone.kind.as_deref()))
        .collect();
    assert_eq!(
        listed,
        [
            ("64/26.113.0.203.in-addr.arpa.", Some("Master")),
            ("example.com.", None)
        ]
    );
    assert_eq!(zones(&answered(200, "[]")), Ok(Vec::new()));
}

/// The original took a failed list for an empty one.
#[test]
fn zones_that_cannot_be_read_are_an_error_and_no_empty_list() {
    for body in [
        "",
        "null",
        "{}",
        "[",
        "<html>",
        r#"[{"name":"a."},{}]"#,
        r#"[{"name":5}]"#,
        r#"["a."]"#,
        r#"{"error":"Not Found"}"#,
    ] {
        let why = unclear(zones(&answered(200, body)));
        assert!(why.starts_with("The answer cannot be read (HTTP 200, "), "{why}");
    }
    for status in [201, 204, 302, 500, 503] {
        assert!(unclear(zones(&answered(status, "[]"))).contains(&status.to_string()));
    }
    assert!(unclear(zones(&Outcome::lost("timed out"))).contains("timed out"));
    assert!(refused(zones(&answered(401, "Unauthorized"))).contains("api-key"));
}

#[test]
fn all_pointers_of_a_name_are_read_in_any_case_and_other_records_are_not() {
    let answer = zone(&json!([
        {"name": ZONE, "type": "SOA", "ttl": 3600, "records": [{"content": "a. b. 1 2 3 4 5", "disabled": false}]},
        {"name": "5.113.0.203.IN-ADDR.arpa", "type": "PTR", "ttl": 300, "comments": [], "records": [
            {"content": "A.example.com.", "disabled": true},
            {"content": "b.example.com", "disabled": false},
            {"content": "c.example.com."},
        ]},
        {"name": "6.113.0.203.in-addr.arpa.", "type": "TXT", "ttl": 60, "records": [{"content": "\"x\""}]},
        {"name": "7.113.0.203.in-addr.arpa.", "type": "PTR", "ttl": 60, "records": []},
    ]));
    let Pointers::Held(set) = pointers(&answer, &place(5)) else {
        panic!("nothing held");
    };
    let targets: Vec<_> = set
        .targets()
        .iter()
        .map(|one| (one.host.as_str(), one.disabled))
        .collect();
    assert_eq!(
        targets,
        [
            ("A.example.com", true),
            ("b.example.com", false),
            ("c.example.com", false)
        ]
    );
    assert_eq!(set.ttl(), 300);
    for empty in [6, 7, 8] {
        assert_eq!(pointers(&answer, &place(empty)), Pointers::Nothing, "{empty}");
    }
    let content = whole(&answer, &name(ZONE)).expect("readable");
    assert_eq!(content.names().collect::<Vec<_>>(), [&place(5).record]);
    assert_eq!(content.at(&place(5).record), Pointers::Held(set));
}

#[test]
fn vf_252_pointers_that_cannot_be_read_are_unknown() {
    let no_records = json!([{"name": place(5).record.as_str(), "type": "PTR", "ttl": 60}]);
    for outcome in [
        answered(404, r#"{"error":"Could not find domain"}"#),
        answered(404, ""),
        answered(401, "Unauthorized"),
        answered(500, "{}"),
        answered(200, ""),
        answered(200, "[]"),
        answered(200, &json!({"name": ZONE}).to_string()),
        answered(200, &json!({"name": ZONE, "rrsets": null}).to_string()),
        answered(200, r#"{"name":"114.0.203.in-addr.arpa.","rrsets":[]}"#),
        answered(200, r#"{"rrsets":[]}"#),
        zone(&no_records),
        Outcome::lost("connection reset"),
        Outcome::not_sent("breaker open"),
    ] {
        let held = pointers(&outcome, &place(5));
        assert!(matches!(held, Pointers::Unknown(_)), "{outcome:?}: {held:?}");
    }
    assert_eq!(pointers(&zone(&json!([])), &place(5)), Pointers::Nothing);
    let other = pointers(&answered(200, r#"{"name":"b.","rrsets":[]}"#), &place(5));
    let words = format!("The server was asked for the zone {ZONE} and answered with b.");
    assert_eq!(other, Pointers::Unknown(words));
}

#[test]
fn vf_247_a_change_is_made_only_where_the_server_says_204() {
    assert_eq!(changed(&answered(204, "")), Ok(()));
    for (status, body) in [
        (200, "{}"),
        (201, ""),
        (302, ""),
        (500, r#"{"error":"backend"}"#),
        (502, "<html>"),
        (404, "<html>"),
    ] {
        let why = unclear(changed(&answered(status, body)));
        assert!(why.contains(&format!("HTTP {status}")), "{why}");
    }
    assert!(matches!(
        changed(&Outcome::lost("timed out")),
        Err(ServerError::Unclear(_))
    ));
    let body = r#"{"error":"RRset 5.113.0.203.in-addr.arpa. IN PTR: Conflicts with pre-existing RRset"}"#;
    assert_eq!(
        refused(changed(&answered(422, body))),
        "RRset 5.113.0.203.in-addr.arpa. IN PTR: Conflicts with pre-existing RRset (HTTP 422)"
    );
    assert!(refused(changed(&answered(404, r#"{"error":"Could not find domain"}"#))).contains("HTTP 404"));
}

#[test]
fn vf_247_a_notification_that_is_refused_says_why() {
    assert_eq!(
        notified(&answered(200, r#"{"result":"Notification queued"}"#)),
        Ok(())
    );
    assert_eq!(
        refused(notified(&answered(
            422,
            r#"{"error":"Domain is not a master domain"}"#
        ))),
        "Domain is not a master domain (HTTP 422)"
    );
}

proptest! {
    #[test]
    fn no_answer_whatever_makes_a_reader_stumble(
        status in prop_oneof![Just(200_u16), Just(204), Just(422), 100_u16..600], body in r#".{0,200}|[\[\]{}":,a-z0-9.]{0,80}"#,
    ) {
        let outcome = answered(status, &body);
        prop_assert_eq!(changed(&outcome).is_ok(), status == 204);
        prop_assert_eq!(notified(&outcome).is_ok(), status == 200);
        for error in [ping(&outcome).err(), zones(&outcome).err(), whole(&outcome, &name(ZONE)).err()].into_iter().flatten() {
            prop_assert!(error.to_string().chars().count() < 600);
        }
        if status != 200 {
            prop_assert!(matches!(pointers(&outcome, &place(5)), Pointers::Unknown(_)));
        }
    }
}
