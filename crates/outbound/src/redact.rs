//! Redaction of JSON by the name of its fields, for journals: what leaves here may be stored and shown.

use serde_json::{Map, Value};

/// What stands in the place of a secret.
pub const MASK: &str = "[secret]";

/// A field is secret when its name, in lower case and without anything but letters and digits, contains one of these.
/// Names are matched generously: a number too many masked costs a glance at the platform, one too few costs a machine.
const SECRET_PARTS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "privatekey",
    "apikey",
    "accesskey",
    "authorization",
    "authentication",
    "cookie",
];

/// Names that are secret as a whole, under the same rule.
const SECRET_NAMES: [&str; 6] = [
    "endpointcomplete",
    "pass",
    "accesshash",
    "userdata",
    "cloudinit",
    "vnckey",
];

/// A copy in which every secret field holds [`MASK`], at any depth. Nulls, booleans and empty texts stay: that a
/// password is missing is what one looks for in a journal, and gives nothing away. A text that is itself a JSON object
/// or list is redacted inside.
#[must_use]
pub fn redact(json: &Value) -> Value {
    match json {
        Value::Object(fields) => Value::Object(fields.iter().map(redact_field).collect::<Map<_, _>>()),
        Value::Array(items) => Value::Array(items.iter().map(redact).collect()),
        Value::String(text) => Value::String(redact_inside(text).unwrap_or_else(|| text.clone())),
        other => other.clone(),
    }
}

/// A body as a journal may keep it: redacted where it is JSON, otherwise only its length, because nothing is known
/// about what a page or an error text contains.
#[must_use]
pub fn redact_text(body: &str) -> String {
    if body.trim().is_empty() {
        return String::new();
    }
    serde_json::from_str::<Value>(body).map_or_else(
        |_| format!("[not JSON, {} bytes]", body.len()),
        |json| redact(&json).to_string(),
    )
}

fn redact_field((name, value): (&String, &Value)) -> (String, Value) {
    let redacted = match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::String(text) if text.is_empty() => value.clone(),
        _ if is_secret(name) => Value::String(MASK.to_owned()),
        _ => redact(value),
    };
    (name.clone(), redacted)
}

fn redact_inside(text: &str) -> Option<String> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let inner: Value = serde_json::from_str(text).ok()?;
    Some(redact(&inner).to_string())
}

fn is_secret(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    SECRET_PARTS.iter().any(|part| plain.contains(part)) || SECRET_NAMES.contains(&plain.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_secrets_of_platform_answers_are_masked_and_the_rest_stays() {
        let answer = json!({
            "data": {
                "id": 7, "email": "a@example.com", "publicKey": "ssh-ed25519 AAAA", "password": "hunter2",
                "decryptedPassword": "hunter2", "ENCRYPTED_PASSWORD": "hunter2", "expectedPassword": "hunter2",
                "authentication": {"endpoint": "/x", "endpoint_complete": "https://p/x?t=hunter2",
                                   "tokens": {"1": "hunter2", "2": "hunter2"}},
                "vnc": {"port": 5901, "password": "hunter2", "enabled": true},
                "keys": [{"x-access-token": "hunter2"}, {"Private-Key": "hunter2"}],
                "log": "{\"password\":\"hunter2\",\"step\":3}",
            }
        });
        let redacted = redact(&answer);
        assert!(!redacted.to_string().contains("hunter2"), "{redacted}");
        let data = &redacted["data"];
        assert_eq!(data["id"], 7);
        assert_eq!(data["email"], "a@example.com");
        assert_eq!(data["publicKey"], "ssh-ed25519 AAAA");
        assert_eq!(data["vnc"]["port"], 5901);
        assert_eq!(data["vnc"]["password"], MASK);
        assert_eq!(data["log"], "{\"password\":\"[secret]\",\"step\":3}");
    }

    #[test]
    fn that_a_secret_is_missing_stays_visible() {
        let answer = json!({"password": null, "token": "", "passwordAuthentication": false});
        assert_eq!(redact(&answer), answer);
    }

    #[test]
    fn a_body_that_is_not_json_is_reduced_to_its_length() {
        assert_eq!(redact_text("<p>password hunter2</p>"), "[not JSON, 23 bytes]");
        assert_eq!(
            redact_text("{\"token\": \"hunter2\"}"),
            "{\"token\":\"[secret]\"}"
        );
        assert_eq!(redact_text(" "), "");
    }

    const NEEDLE: &str = "zq9needle";

    fn secret_name() -> impl Strategy<Value = String> {
        let stems = prop::sample::select(vec![
            "password",
            "decryptedPassword",
            "expected_password",
            "token",
            "tokens",
            "clientSecret",
            "API-Key",
            "authentication",
            "endpoint_complete",
            "privateKey",
            "access_token",
            "Set-Cookie",
            "userData",
        ]);
        (stems, any::<bool>()).prop_map(|(stem, upper)| {
            if upper {
                stem.to_uppercase()
            } else {
                stem.to_owned()
            }
        })
    }

    fn secret_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(json!(NEEDLE)),
            Just(json!([NEEDLE, {"x": NEEDLE}])),
            Just(json!({NEEDLE: 1, "inner": {"deep": NEEDLE}})),
        ]
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            Just(Value::Null),
            "[a-y]{0,8}".prop_map(Value::from),
            (secret_name(), secret_value()).prop_map(|(name, value)| json!({ name: value })),
            (secret_name(), secret_value())
                .prop_map(|(name, value)| json!(json!({ name: value }).to_string())),
        ];
        leaf.prop_recursive(4, 48, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-d]{1,6}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_masked_value_survives_at_any_depth(json in tree()) {
            let redacted = redact(&json);
            prop_assert!(!redacted.to_string().contains(NEEDLE), "{redacted}");
            prop_assert_eq!(redact(&redacted), redacted.clone());
        }

        #[test]
        fn json_without_secret_names_is_untouched(names in prop::collection::vec("[a-f]{1,6}", 1..6), n in any::<i64>()) {
            let json = names.iter().fold(json!(n), |inner, name| json!({ name.clone(): [inner] }));
            prop_assert_eq!(redact(&json), json);
        }
    }
}
