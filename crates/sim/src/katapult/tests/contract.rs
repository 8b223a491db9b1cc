//! Every answer in these tests, and every request that was accepted, held against the platform's published document,
//! where the environment variable `HOSTLER_SPECS` names a folder with `katapult-core-openapi.json`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use super::*;
use crate::katapult::{endpoints, route};

/// Where the platform is known to differ from its document, and why. A line that the life through every endpoint does
/// not show any more fails the test.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "envelope",
        "on the wire each error lies in an object `error`, which the document's schemas lack",
    ),
    ("Organization/uuid", "younger than the document"),
    ("VirtualMachine/suspended", "younger than the document"),
    ("VirtualMachine/suspended_at", "younger than the document"),
    ("IPAddress/subnet", "younger than the document"),
    (
        "DiskBackupPolicyTarget/type",
        "polymorphic values are a type and a value on the wire",
    ),
    (
        "DiskBackupPolicyTarget/value",
        "polymorphic values are a type and a value on the wire",
    ),
    (
        "Allocation/type",
        "polymorphic values are a type and a value on the wire",
    ),
    (
        "Allocation/value",
        "polymorphic values are a type and a value on the wire",
    ),
];

/// What the platform's framework takes although the document does not say so, where a test makes use of it.
const LIBERTIES: &[(&str, &str)] = &[
    (
        "VirtualMachineBuildDiskArguments/size_in_gb is \"20\"",
        "whole numbers are read from digits, too",
    ),
    (
        "VirtualMachineArguments/description is null",
        "null counts as given",
    ),
];

/// Errors of the platform's framework, which the document does not know.
const FRAMEWORK: &[&str] = &[
    "route_not_found",
    "missing_required_argument",
    "invalid_argument",
    "invalid_json_body",
    "unhandled_exception",
];

/// Errors that the platform's own schema lists for an endpoint and the document does not, or that the document cannot
/// know: the endpoint and the code.
const UNDOCUMENTED: &[(&str, &str)] = &[
    ("update_virtual_machine", "validation_error"),
    ("update_virtual_machine", "permission_denied"),
    ("create_ip_address", "no_available_addresses"),
];

static DOCUMENT: LazyLock<Option<Value>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os("HOSTLER_SPECS")?);
    let text = std::fs::read_to_string(folder.join("katapult-core-openapi.json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
});

/// Checks one exchange without a fault.
pub fn check(incoming: &Incoming, answer: &Answer) {
    let Some(document) = DOCUMENT.as_ref() else {
        return;
    };
    let unknown: Vec<String> = differences(document, incoming, answer)
        .into_iter()
        .filter(|found| {
            let mut known = DIFFERENCES.iter().chain(LIBERTIES);
            !known.any(|(what, _)| what == found)
        })
        .collect();
    assert!(
        unknown.is_empty(),
        "{} {:?}: {unknown:#?}\n{}",
        incoming.path,
        incoming.query,
        answer.body
    );
}

/// The documented operation that a request is for.
fn operation<'a>(document: &'a Value, incoming: &Incoming) -> Option<&'a Value> {
    let name = route::name(incoming);
    let (method, path, _) = endpoints().into_iter().find(|(_, _, known)| *known == name)?;
    let operation = &document["paths"][&path][method.as_str().to_lowercase()];
    assert!(operation.is_object(), "{method} {path} is not documented");
    Some(operation)
}

fn differences(document: &Value, incoming: &Incoming, answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    let Some(operation) = operation(document, incoming) else {
        return found;
    };
    let walk = Walk { document };
    let body = answer.value().unwrap_or_default();
    if answer.status >= 400 {
        refusal_differences(
            &walk,
            operation,
            route::name(incoming),
            answer.status,
            &body,
            &mut found,
        );
        return found;
    }
    let parameters: Vec<&str> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["name"].as_str())
        .collect();
    // The same arguments may be sent in the query of a change and in the body of a read.
    if incoming.method == Method::Get {
        let unknown = incoming
            .query
            .iter()
            .filter(|(key, _)| !parameters.contains(&key.as_str()));
        found.extend(unknown.map(|(key, _)| format!("query {key}")));
    } else if incoming.query.is_empty() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let sent = serde_json::from_slice(&incoming.body).unwrap_or_else(|_| json!({}));
        walk.compare(schema, "request", &sent, &mut found);
    }
    match operation["responses"].get(answer.status.to_string()) {
        None => found.push(format!("status {}", answer.status)),
        Some(response) => {
            let schema = &walk.resolved(response).0["content"]["application/json"]["schema"];
            walk.compare(schema, "answer", &body, &mut found);
        }
    }
    found
}

fn refusal_differences(
    walk: &Walk<'_>,
    operation: &Value,
    name: &'static str,
    status: u16,
    body: &Value,
    found: &mut Vec<String>,
) {
    found.push("envelope".to_owned());
    let error = &body["error"];
    assert!(error["detail"].is_object(), "a refusal has details: {body}");
    let code = error["code"].as_str().unwrap();
    if FRAMEWORK.contains(&code) || UNDOCUMENTED.contains(&(name, code)) {
        return;
    }
    let response = walk.resolved(&operation["responses"][status.to_string()]).0;
    let schema = walk
        .resolved(&response["content"]["application/json"]["schema"])
        .0;
    let alternatives = schema.get("oneOf").and_then(Value::as_array).cloned();
    let alternatives = alternatives.unwrap_or_else(|| vec![schema.clone()]);
    let fits = |schema: &Value| {
        let mut differences = Vec::new();
        walk.compare(schema, "refusal", error, &mut differences);
        differences.is_empty()
    };
    if !alternatives.iter().any(fits) {
        found.push(format!("{name} {status} {code}"));
    }
}

struct Walk<'a> {
    document: &'a Value,
}

impl<'a> Walk<'a> {
    /// A schema without references, and the name of the last one.
    fn resolved(&self, schema: &'a Value) -> (&'a Value, Option<&'a str>) {
        let (mut schema, mut name) = (schema, None);
        loop {
            let only = schema["allOf"].as_array().filter(|all| all.len() == 1);
            if let Some(reference) = schema["$ref"].as_str() {
                let mut target = self.document;
                for part in reference.trim_start_matches("#/").split('/') {
                    target = &target[part];
                }
                name = reference.rsplit('/').next();
                schema = target;
            } else if let Some(all) = only {
                schema = &all[0];
            } else {
                return (schema, name);
            }
        }
    }
}

impl Walk<'_> {
    /// Every field of ours is in the schema, with its type; all that is required is there.
    fn compare(&self, schema: &Value, at: &str, ours: &Value, found: &mut Vec<String>) {
        if ours.is_null() && nullable(schema) {
            return;
        }
        let walk = Walk {
            document: self.document,
        };
        let (schema, name) = walk.resolved(schema);
        if ours.is_null() && nullable(schema) {
            return;
        }
        let at = name.map_or_else(|| at.to_owned(), short);
        let known = schema["enum"].as_array().is_none_or(|known| known.contains(ours));
        let typed = match schema["type"].as_str() {
            Some("string") => ours.is_string(),
            Some("integer") => ours.is_i64() || ours.is_u64(),
            Some("number") => ours.is_number(),
            Some("boolean") => ours.is_boolean(),
            Some("array") => ours.is_array(),
            Some("object") => ours.is_object(),
            _ => true,
        };
        if !known || !typed {
            found.push(format!("{at} is {ours}"));
        }
        for item in ours.as_array().into_iter().flatten() {
            self.compare(&schema["items"], &format!("{at}[]"), item, found);
        }
        let required = schema["required"].as_array().into_iter().flatten();
        for field in required.filter_map(Value::as_str) {
            if ours.get(field).is_none() {
                found.push(format!("{at} lacks {field}"));
            }
        }
        let Some(properties) = schema["properties"].as_object() else {
            return;
        };
        for (field, value) in ours.as_object().into_iter().flatten() {
            match properties.get(field) {
                Some(schema) => self.compare(schema, &format!("{at}/{field}"), value, found),
                None => found.push(format!("{at}/{field}")),
            }
        }
    }
}

fn nullable(schema: &Value) -> bool {
    schema["nullable"] == json!(true)
}

/// The document has a schema of its own for many places; what they describe is what comes last in their names.
fn short(name: &str) -> String {
    for known in ["VirtualMachine", "Organization", "IPAddress", "Allocation"] {
        if name == known || name.ends_with(&format!("Response{known}")) {
            return known.to_owned();
        }
    }
    name.to_owned()
}

#[test]
fn every_endpoint_is_documented() {
    let names: BTreeSet<&str> = endpoints().into_iter().map(|(_, _, name)| name).collect();
    assert_eq!(
        names.len(),
        endpoints().len(),
        "each endpoint has a name of its own"
    );
    let Some(document) = DOCUMENT.as_ref() else {
        return;
    };
    for (method, path, _) in endpoints() {
        let operation = &document["paths"][&path][method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not documented");
    }
}

#[test]
fn the_walk_would_notice_a_wrong_answer() {
    let Some(document) = DOCUMENT.as_ref() else {
        return;
    };
    let desk = Desk::new();
    let incoming = desk.incoming(Method::Get, "/data_centers", None);
    let mut answer = desk.answer(&incoming);
    assert_eq!(differences(document, &incoming, &answer), Vec::<String>::new());
    answer.body = json!({"data_centers": [{"id": 7, "colour": "red"}]}).to_string();
    assert_eq!(differences(document, &incoming, &answer).len(), 2);
    answer.body = "{}".to_owned();
    assert_eq!(
        differences(document, &incoming, &answer),
        ["answer lacks data_centers"]
    );
}

#[test]
fn a_life_through_every_endpoint_keeps_to_the_published_document() {
    let tape = super::life::every_endpoint().tape();
    let succeeded: BTreeSet<&str> = tape
        .iter()
        .filter(|(_, answer)| answer.status < 300)
        .map(|(incoming, _)| route::name(incoming))
        .collect();
    let all: BTreeSet<&str> = endpoints().into_iter().map(|(_, _, name)| name).collect();
    assert_eq!(
        all.difference(&succeeded).collect::<Vec<_>>(),
        Vec::<&&str>::new()
    );
    let Some(document) = DOCUMENT.as_ref() else {
        return;
    };
    let found: BTreeSet<String> = tape
        .iter()
        .flat_map(|(incoming, answer)| differences(document, incoming, answer))
        .collect();
    let expected: BTreeSet<String> = DIFFERENCES.iter().map(|(what, _)| (*what).to_owned()).collect();
    assert_eq!(found, expected);
}
