//! Every answer in these tests, and every request that was accepted, is valid by the hand-written schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jsonschema::Validator;

use super::*;
use crate::virtfusion::endpoints;

static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../schemas/virtfusion/contract.json")).unwrap()
});

/// Compiled schemas by their place in the contract.
static VALIDATORS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let mut validators = BTreeMap::new();
    let mut add = |place: String, schema: &Value| {
        if schema.is_object() {
            let mut schema = schema.clone();
            schema["$defs"] = CONTRACT["$defs"].clone();
            validators.insert(place.clone(), jsonschema::validator_for(&schema).expect(&place));
        }
    };
    for (status, schema) in CONTRACT["refusals"].as_object().unwrap() {
        add(format!("refusal {status}"), schema);
    }
    for (name, endpoint) in CONTRACT["endpoints"].as_object().unwrap() {
        add(
            format!("{name} request"),
            endpoint.get("request").unwrap_or(&Value::Null),
        );
        for (status, schema) in endpoint["answers"].as_object().unwrap() {
            add(format!("{name} {status}"), schema);
        }
    }
    validators
});

fn assert_valid(place: &str, value: &Value) {
    let validator = VALIDATORS
        .get(place)
        .unwrap_or_else(|| panic!("the contract has no schema for {place}"));
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{place}: {errors:#?}\n{value:#}");
}

/// Checks one exchange without a fault.
pub fn check(profile: Profile, incoming: &Incoming, answer: &Answer) {
    let name = super::super::route::name(incoming, profile);
    if answer.status >= 400 {
        let schema = &CONTRACT["refusals"][answer.status.to_string()];
        assert!(
            !schema.is_null(),
            "{name}: {} is no refusal of the contract",
            answer.status
        );
        if schema == "text" {
            assert!(
                answer.value().is_none(),
                "{name}: {} must not be JSON",
                answer.status
            );
            return;
        }
        return assert_valid(
            &format!("refusal {}", answer.status),
            &answer.value().expect("a refusal is JSON"),
        );
    }
    let answers = &CONTRACT["endpoints"][name]["answers"];
    let word = match profile {
        Profile::V6 => "v6",
        Profile::V7 => "v7",
    };
    let own = format!("{} {word}", answer.status);
    let key = if answers.get(&own).is_some() {
        own
    } else {
        answer.status.to_string()
    };
    let schema = answers
        .get(&key)
        .unwrap_or_else(|| panic!("{name} must not answer {key}"));
    if schema.is_null() {
        assert_eq!(answer.body, "", "{name} {key} has no body");
    } else {
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_valid(
            &format!("{name} {key}"),
            &answer.value().expect("a success is JSON"),
        );
    }
    if !incoming.body.is_empty() {
        let body = serde_json::from_slice(&incoming.body).expect("an accepted body is JSON");
        assert_valid(&format!("{name} request"), &body);
    }
}

#[test]
fn the_contract_covers_exactly_the_endpoints() {
    let profiles = [Profile::V6, Profile::V7];
    let mut served: BTreeSet<&str> = profiles
        .into_iter()
        .flat_map(endpoints)
        .map(|(_, _, name)| name)
        .collect();
    served.insert("dry_run");
    let written: BTreeSet<&str> = CONTRACT["endpoints"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(served, written);
}

#[test]
fn the_contract_would_notice_a_wrong_answer() {
    let desk = Desk::new();
    let user = desk.user(1);
    let id = desk.created(user);
    let (_, mut got) = desk.get(&format!("/servers/{id}"));
    let valid = |value: &Value| VALIDATORS["get_server 200"].is_valid(value);
    assert!(valid(&got));
    got["data"]["state"] = json!("complete");
    assert!(!valid(&got), "state and commissionStatus must agree");
    got["data"]["state"] = json!("allocated");
    got["data"]["settings"]["decryptedPassword"] = json!("secret");
    assert!(!valid(&got), "a read never shows the password");
}
