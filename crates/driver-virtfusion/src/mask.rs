//! Secrets that the panel sends: kept out of facts and of the journal.

use domain::http::Request;
use serde_json::Value;

/// Parts of field names whose values are secrets: the password of a build, console passwords, sign-on tokens and the
/// paths that carry them.
const SECRET_NAMES: [&str; 5] = ["password", "token", "secret", "endpoint_complete", "private"];

/// The same in answers about a console, whose address has its token in it.
const CONSOLE_NAMES: [&str; 4] = ["password", "token", "secret", "url"];

/// What is secret in the answer to a request.
pub fn secrets(request: &Request) -> &'static [&'static str] {
    match request.name.as_str() {
        "open_console" | "close_console" | "read_console" => &CONSOLE_NAMES,
        _ => &SECRET_NAMES,
    }
}

/// Replaces every secret inside a value.
pub fn mask(value: &mut Value) {
    driver::mask::mask(value, &SECRET_NAMES);
}

#[cfg(test)]
mod tests {
    use driver::mask::MASK;
    use serde_json::json;

    use super::*;
    use crate::requests;

    #[test]
    fn vf_131_vf_134_neither_new_passwords_nor_what_opens_a_console_are_journalled() {
        let mut console = json!({ "data": { "vnc": {
            "password": "hunter2", "wss": { "token": "hunter2", "url": "/vnc/?token=hunter2" }, "port": 5903,
        } } });
        driver::mask::mask(&mut console, secrets(&requests::switch_console(7, true)));
        assert!(!console.to_string().contains("hunter2"), "{console}");
        assert_eq!(console["data"]["vnc"]["port"], 5903);
        let mut reset = json!({ "data": { "queueId": 176, "expectedPassword": "hunter2" } });
        driver::mask::mask(&mut reset, secrets(&requests::reset_password(7, "root")));
        assert_eq!(
            reset,
            json!({ "data": { "queueId": 176, "expectedPassword": MASK } })
        );
    }

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
