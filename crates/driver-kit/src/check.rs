//! What must hold for every driver.

use std::collections::BTreeSet;

use domain::capacity::StockItem;
use domain::http::{Outcome, Request, Response};
use domain::observed::FactKind;
use driver::{Driver, Reading, Standing, Verdict};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::player::Heard;
use crate::reading::{self, Asked};
use crate::scene::Scene;

/// Every request is in the driver's table, with the class that it has there. Returns the names of the table that no
/// run made, for the caller to insist on none.
pub fn table(driver: &dyn Driver, heard: &[Heard]) -> BTreeSet<&'static str> {
    let table = driver.requests();
    let mut unheard: BTreeSet<&'static str> = table.iter().map(|(name, _)| *name).collect();
    assert_eq!(unheard.len(), table.len(), "a request stands in the table twice");
    for Heard { request, .. } in heard {
        let row = table.iter().find(|(name, _)| *name == request.name);
        let (name, class) = row.unwrap_or_else(|| panic!("{} is not in the table", request.name));
        assert_eq!(*class, request.class, "the class of {name}");
        unheard.remove(name);
    }
    unheard
}

/// Every answer has a verdict: no answer of any status and body makes the driver panic, and an answer that cannot be
/// the platform's never makes a step reached. Each heard request is answered `cases` times.
pub fn verdicts_are_total(driver: &dyn Driver, heard: &[Heard], cases: u32) {
    for one in heard {
        let real = body(&one.outcome);
        for body in garbage(&real) {
            for status in [200, 201, 204] {
                never_reached(driver, one, status, &body);
            }
        }
        let what = format!("{} in the step {}", one.request.name, one.scene.step);
        by_chance(&what, real, cases, |outcome| {
            let _ = driver.interpret(&one.scene.context(), &one.request, outcome);
        });
    }
}

/// Every answer to a reading has a meaning: none makes the driver panic, and one that cannot be the platform's shows
/// nothing and leads no further. Each request is answered `cases` times.
pub fn readings_are_total(driver: &dyn Driver, scene: &Scene, kind: FactKind, asked: &[Asked], cases: u32) {
    let context = reading::context(scene, kind);
    for one in asked {
        let real = body(&one.outcome);
        let what = format!("{} in the reading of {kind}", one.request.name);
        for body in garbage(&real) {
            for status in [200, 201, 204] {
                let answered = answered(status, &body);
                let read = driver.read_fact(&context, &one.request, &answered, &one.notes);
                assert!(
                    matches!(read, Reading::Failed(_)),
                    "{what}: HTTP {status} with {body:?} passed for an answer"
                );
            }
        }
        by_chance(&what, real, cases, |outcome| {
            let _ = driver.read_fact(&context, &one.request, outcome, &one.notes);
        });
    }
}

/// Every answer about a platform's room has a meaning: none makes the driver panic, and one that cannot be the platform's
/// shows neither room nor that there is none. The request is answered `cases` times.
pub fn stock_is_total(driver: &dyn Driver, item: &StockItem, request: &Request, cases: u32) {
    let real = "{\"data\":[],\"current_page\":1,\"last_page\":1}";
    for body in garbage(real) {
        for status in [200, 201, 204] {
            let read = driver.read_stock(item, request, &answered(status, &body));
            assert!(
                read.is_err(),
                "{item}: HTTP {status} with {body:?} passed for an answer: {read:?}"
            );
        }
    }
    by_chance(&request.name, real.to_owned(), cases, |outcome| {
        let _ = driver.read_stock(item, request, outcome);
    });
}

fn by_chance(what: &str, real: String, cases: u32, ask: impl Fn(&Outcome)) {
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let result = runner.run(&(statuses(), bodies(real)), |(status, body)| {
        ask(&answered(status, &body));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{what}: {error}");
    }
}

fn body(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered(response) => response.body.clone(),
        Outcome::Failed(_) => String::new(),
    }
}

fn answered(status: u16, body: &str) -> Outcome {
    Outcome::Answered(Response {
        status,
        body: body.to_owned(),
        retry_after: None,
    })
}

fn never_reached(driver: &dyn Driver, one: &Heard, status: u16, body: &str) {
    let verdict = driver.interpret(&one.scene.context(), &one.request, &answered(status, body));
    if let Verdict::Done(findings) = &verdict {
        assert_ne!(
            findings.standing,
            Standing::Reached,
            "{} in the step {} took HTTP {status} with {body:?} for success",
            one.request.name,
            one.scene.step
        );
    }
}

/// Bodies that no panel means: markup, broken and cut-off JSON, and JSON of another shape.
fn garbage(real: &str) -> Vec<String> {
    let mut all: Vec<String> = [
        "<html><body>Welcome</body></html>",
        "{\"data\": undefined}",
        "null",
        "[]",
        "\"ok\"",
    ]
    .map(ToOwned::to_owned)
    .to_vec();
    for part in [4, 2] {
        let cut = real.len() - real.len() / part;
        let cut = (0..=cut).rev().find(|at| real.is_char_boundary(*at)).unwrap_or(0);
        if cut > 0 && cut < real.len() {
            all.push(real[..cut].to_owned());
        }
    }
    all
}

fn statuses() -> impl Strategy<Value = u16> {
    prop_oneof![
        4 => prop::sample::select(vec![200_u16, 201, 202, 204]),
        3 => prop::sample::select(vec![400_u16, 401, 403, 404, 408, 409, 422, 423, 429]),
        2 => prop::sample::select(vec![500_u16, 502, 503, 504]),
        1 => 100_u16..600,
    ]
}

/// The real body with one value replaced, any text, and any JSON.
fn bodies(real: String) -> impl Strategy<Value = String> {
    let mutated = (any::<prop::sample::Index>(), replacement()).prop_map(move |(at, new)| {
        let Ok(mut json) = serde_json::from_str::<Value>(&real) else {
            return real.clone();
        };
        let count = count(&json);
        replace(&mut json, &mut at.index(count), &new);
        json.to_string()
    });
    prop_oneof![
        6 => mutated,
        1 => ".{0,60}",
        1 => replacement().prop_map(|value| value.to_string()),
    ]
}

fn replacement() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9 ./-]{0,12}".prop_map(Value::from),
        Just(Value::from("18446744073709551616")),
        Just(serde_json::json!({"errors": {"field": ["no"]}})),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// How many values there are in a value, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(all) => all.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Replaces the value number `at` in depth-first order.
fn replace(value: &mut Value, at: &mut usize, new: &Value) -> bool {
    if *at == 0 {
        new.clone_into(value);
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(all) => all.iter_mut().any(|one| replace(one, at, new)),
        Value::Object(fields) => fields.values_mut().any(|one| replace(one, at, new)),
        _ => false,
    }
}
