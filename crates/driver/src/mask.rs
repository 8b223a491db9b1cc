//! Secrets that platforms send: kept out of facts and of the journal.

use serde_json::Value;

/// What stands in a secret's place.
pub const MASK: &str = "[secret]";

/// Replaces every value inside `value` whose field's name contains one of `parts`, in whatever case. What is null
/// stays: that a password is missing gives nothing away.
pub fn mask(value: &mut Value, parts: &[&str]) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret(name, parts) && !value.is_null() {
                    *value = Value::from(MASK);
                } else {
                    mask(value, parts);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|value| mask(value, parts)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a field's name contains one of `parts`, in whatever case.
pub fn is_secret(name: &str, parts: &[&str]) -> bool {
    // Every field of every answer is asked, so this searches without allocating, and looks at first letters first.
    let has = |part: &[u8]| {
        let mut windows = name.as_bytes().windows(part.len());
        windows.any(|window| window[0].eq_ignore_ascii_case(&part[0]) && window.eq_ignore_ascii_case(part))
    };
    parts.iter().any(|part| has(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn named_fields_are_replaced_at_any_depth_and_the_rest_stays() {
        let mut body = json!({ "a": [{ "rootPassword": "x", "name": "web" }], "token": null, "TOKENS": [1] });
        mask(&mut body, &["Password", "token"]);
        let expected =
            json!({ "a": [{ "rootPassword": MASK, "name": "web" }], "token": null, "TOKENS": MASK });
        assert_eq!(body, expected);
    }
}
