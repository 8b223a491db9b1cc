//! Secrets that Katapult sends: kept out of facts and of the journal.

use domain::http::Request;
use serde_json::Value;

/// Parts of field names whose values are secrets: the first password of a machine, secrets of tokens and keys.
const SECRET_NAMES: [&str; 3] = ["password", "secret", "token"];

/// The same in the answer to a console session, whose address lets anybody in who has it.
const CONSOLE_NAMES: [&str; 4] = ["password", "secret", "token", "url"];

/// What is secret in the answer to a request.
pub fn secrets(request: &Request) -> &'static [&'static str] {
    match request.name.as_str() {
        "create_console" => &CONSOLE_NAMES,
        _ => &SECRET_NAMES,
    }
}

/// Replaces every secret inside the body of an answer.
pub fn mask(request: &Request, body: &mut Value) {
    driver::mask::mask(body, secrets(request));
}

#[cfg(test)]
mod tests {
    use driver::mask::MASK;
    use serde_json::json;

    use super::*;
    use crate::requests;

    #[test]
    fn kt_115_the_first_password_and_the_consoles_address_are_never_journalled() {
        let mut machine =
            json!({ "virtual_machine": { "id": "vm_1", "initial_root_password": "k3Jd8sQpWx" } });
        mask(&requests::read_machine("vm_1"), &mut machine);
        assert_eq!(machine["virtual_machine"]["initial_root_password"], MASK);
        assert_eq!(machine["virtual_machine"]["id"], "vm_1");

        let mut console =
            json!({ "console_session": { "id": "c", "url": "https://console.katapult.io/abc" } });
        mask(&requests::create_console("vm_1"), &mut console);
        assert_eq!(console["console_session"]["url"], MASK);
        assert_eq!(console["console_session"]["id"], "c");
    }
}
