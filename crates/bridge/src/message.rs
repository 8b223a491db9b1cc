//! Reading messages. What a message says wrongly is named by place, never by value: values may be secrets.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::context::SPOKEN;
use crate::problem::{Code, Problem};

/// Reads a whole message with a context: first whether its protocol is spoken, then the rest.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let opening: Opening = parse(body)?;
    spoken(opening.context.protocol)?;
    parse(body)
}

/// The part of a message that is the same in every protocol.
#[derive(Deserialize)]
struct Opening {
    context: OpeningContext,
}

#[derive(Deserialize)]
struct OpeningContext {
    protocol: u32,
}

/// Whether a protocol number is spoken here.
pub fn spoken(protocol: u32) -> Result<(), Problem> {
    if SPOKEN.contains(&protocol) {
        return Ok(());
    }
    let side = if protocol > *SPOKEN.end() {
        "engine"
    } else {
        "module"
    };
    Err(Problem::new(
        Code::UnsupportedProtocol,
        format!(
            "The module speaks protocol {protocol}, the engine {}. Upgrade the {side}.",
            SPOKEN.end()
        ),
    ))
}

/// Reads JSON into a type.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        Problem::new(Code::BadRequest, sentence(&path, error.inner()))
    })?;
    match deserializer.end() {
        Ok(()) => Ok(value),
        Err(_) => Err(Problem::new(
            Code::BadRequest,
            "Something follows the message's end.",
        )),
    }
}

fn sentence(path: &str, error: &serde_json::Error) -> String {
    if !error.is_data() {
        return "The body is not JSON.".to_owned();
    }
    let text = error.to_string();
    let place = if path == "." {
        String::new()
    } else {
        format!(" in \"{path}\"")
    };
    let named = |beginning: &str| {
        let rest = text.strip_prefix(beginning)?;
        let name = rest.split('`').next()?;
        let plain = name.len() <= 40
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        plain.then(|| name.to_owned())
    };
    if let Some(name) = named("missing field `") {
        return format!("The field \"{name}\" is missing{place}.");
    }
    if text.starts_with("unknown field `") {
        return format!("There is an unknown field{place}.");
    }
    if path == "." {
        return "The message is of the wrong type.".to_owned();
    }
    format!("The field \"{path}\" is of the wrong type.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[serde(rename = "serverpassword")]
        _password: String,
    }

    #[test]
    fn what_is_wrong_is_named_by_place_and_never_by_value() {
        let problem = |body: &str| parse::<Small>(body.as_bytes()).unwrap_err().message;
        assert_eq!(problem("{}"), "The field \"serverpassword\" is missing.");
        assert_eq!(
            problem(r#"{"serverpassword": 815}"#),
            "The field \"serverpassword\" is of the wrong type."
        );
        assert_eq!(
            problem(r#"{"serverpassword": "x", "hunter2": 1}"#),
            "There is an unknown field in \"hunter2\"."
        );
        assert_eq!(problem("hunter2"), "The body is not JSON.");
        assert!(parse::<Small>(br#"{"serverpassword": "x"} x"#).is_err());
    }

    #[test]
    fn other_protocols_are_refused_naming_both_numbers_and_the_side_to_upgrade() {
        let refused = spoken(3).unwrap_err();
        assert_eq!(refused.code, Code::UnsupportedProtocol);
        assert_eq!(
            refused.message,
            "The module speaks protocol 3, the engine 1. Upgrade the engine."
        );
        assert!(spoken(0).unwrap_err().message.ends_with("Upgrade the module."));
        assert_eq!(spoken(1), Ok(()));
    }
}
