//! Secrets that the panel sends: kept out of facts and of the journal.

use serde_json::Value;

/// Parts of field names whose values are secrets: the password of a build, console passwords, sign-on tokens and the
/// paths that carry them, of a sign-on and of a console's WebSocket.
const SECRET_NAMES: [&str; 6] = [
    "password",
    "token",
    "secret",
    "endpoint_complete",
    "private",
    "wss",
];

/// Replaces every secret inside a value.
pub fn mask(value: &mut Value) {
    driver::mask::mask(value, &SECRET_NAMES);
}

#[cfg(test)]
mod tests {
    use driver::mask::MASK;
    use serde_json::json;

    use super::*;

    #[test]
    fn passwords_and_tokens_are_replaced_at_any_depth_and_the_rest_stays() {
        let mut body = json!({ "data": { "settings": { "decryptedPassword": "hunter2" },
                                         "vnc": { "wss": { "token": "hunter2", "url": "/vnc/?token=hunter2" },
                                                  "password": null }, "name": "web" } });
        mask(&mut body);
        assert_eq!(
            body,
            json!({ "data": { "settings": { "decryptedPassword": MASK },
                              "vnc": { "wss": MASK, "password": null }, "name": "web" } })
        );
    }
}
