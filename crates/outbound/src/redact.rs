//! Redaction of JSON by the name of its fields, for journals: what leaves here may be stored and shown.

use serde_json::Value;

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

/// Replaces every secret field by [`MASK`], at any depth. Nulls, booleans and empty texts stay: that a password is
/// missing is what one looks for in a journal, and gives nothing away. A text that is itself a JSON object or list is
/// redacted inside.
pub fn redact(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                redact_field(name, value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::String(text) => {
            if let Some(redacted) = redact_inside(text) {
                *text = redacted;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A body as a journal may keep it: redacted where it is JSON, after `known` has replaced what the platform's driver
/// knows to be secret; otherwise only its length, because nothing is known about what a page or an error text contains.
#[must_use]
pub fn redact_body(body: &str, known: impl FnOnce(&mut Value)) -> String {
    if body.trim().is_empty() {
        return String::new();
    }
    let Ok(mut json) = serde_json::from_str::<Value>(body) else {
        return format!("[not JSON, {} bytes]", body.len());
    };
    known(&mut json);
    redact(&mut json);
    json.to_string()
}

fn redact_field(name: &str, value: &mut Value) {
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::String(text) if text.is_empty() => {}
        _ if is_secret(name) => *value = Value::from(MASK),
        _ => redact(value),
    }
}

fn redact_inside(text: &str) -> Option<String> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut inner: Value = serde_json::from_str(text).ok()?;
    redact(&mut inner);
    Some(inner.to_string())
}

fn is_secret(name: &str) -> bool {
    // Every field of every answer is asked, so this is done with one allocation and without a search's preparations.
    let mut plain = Vec::with_capacity(name.len());
    plain.extend(
        name.bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| byte.to_ascii_lowercase()),
    );
    let has = |part: &str| plain.windows(part.len()).any(|window| window == part.as_bytes());
    SECRET_PARTS.iter().any(|part| has(part)) || SECRET_NAMES.iter().any(|name| plain == name.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn redacted(json: &Value) -> Value {
        let mut json = json.clone();
        redact(&mut json);
        json
    }

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
        let redacted = redacted(&answer);
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
        assert_eq!(redacted(&answer), answer);
    }

    #[test]
    fn a_body_that_is_not_json_is_reduced_to_its_length() {
        let kept = |body| redact_body(body, |_| ());
        assert_eq!(kept("<p>password hunter2</p>"), "[not JSON, 23 bytes]");
        assert_eq!(kept("{\"token\": \"hunter2\"}"), "{\"token\":\"[secret]\"}");
        assert_eq!(kept("{\"token\": \"hunter2"), "[not JSON, 18 bytes]");
        assert_eq!(kept(" "), "");
    }

    #[test]
    fn what_the_driver_knows_to_be_secret_is_replaced_before() {
        let known = |json: &mut Value| json["pin"] = json!("****");
        assert_eq!(
            redact_body("{\"pin\":4711,\"token\":\"t\"}", known),
            "{\"pin\":\"****\",\"token\":\"[secret]\"}"
        );
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
            let once = redacted(&json);
            prop_assert!(!once.to_string().contains(NEEDLE), "{once}");
            prop_assert_eq!(redacted(&once), once.clone());
        }

        #[test]
        fn json_without_secret_names_is_untouched(names in prop::collection::vec("[a-f]{1,6}", 1..6), n in any::<i64>()) {
            let json = names.iter().fold(json!(n), |inner, name| json!({ name.clone(): [inner] }));
            prop_assert_eq!(redacted(&json), json);
        }
    }
}
