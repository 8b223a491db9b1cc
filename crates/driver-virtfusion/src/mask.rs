//! Secrets that the panel sends: kept out of facts and of the journal.

use serde_json::Value;

/// What stands in a secret's place.
const MASK: &str = "[secret]";

/// Parts of field names whose values are secrets: the password of a build, console passwords, sign-on tokens and the
/// paths that carry them.
const SECRET_NAMES: [&str; 5] = ["password", "token", "secret", "endpoint_complete", "private"];

/// Replaces every secret inside a value.
pub fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret(name) && !value.is_null() {
                    *value = Value::from(MASK);
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_secret(name: &str) -> bool {
    // Every field of every answer is asked, so this searches without allocating.
    let has = |part: &str| {
        let mut windows = name.as_bytes().windows(part.len());
        windows.any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
    };
    SECRET_NAMES.iter().any(|part| has(part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn passwords_and_tokens_are_replaced_at_any_depth_and_the_rest_stays() {
        let mut body = json!({ "data": { "settings": { "decryptedPassword": "hunter2" },
                                         "vnc": { "wss": { "token": "hunter2" }, "password": null }, "name": "web" } });
        mask(&mut body);
        assert_eq!(
            body,
            json!({ "data": { "settings": { "decryptedPassword": MASK },
                              "vnc": { "wss": { "token": MASK }, "password": null }, "name": "web" } })
        );
    }
}
