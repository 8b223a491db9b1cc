//! How the screen of a machine is reached: what a driver brings from its platform, and whoever opens the screen needs.

use serde::Deserialize;

use crate::secret::Secret;

/// The version of the document below.
const VERSION: u32 = 1;

/// The way to a machine's screen, for a while.
#[derive(Debug, Clone)]
pub struct ConsoleAccess {
    /// Its WebSocket (`wss://…`), with the platform's own token in it.
    pub address: Secret,
    /// What a viewer has to know.
    pub password: Secret,
}

/// As it is kept.
#[derive(Deserialize)]
struct Document {
    v: u32,
    address: Secret,
    password: Secret,
}

impl ConsoleAccess {
    /// The whole of it as one secret, as an operation keeps it.
    pub fn sealed(&self) -> Secret {
        let document = serde_json::json!({
            "v": VERSION, "address": self.address.expose(), "password": self.password.expose(),
        });
        Secret::new(document.to_string())
    }

    /// Reads what [`ConsoleAccess::sealed`] wrote; `None` for anything else.
    pub fn read(secret: &Secret) -> Option<Self> {
        let document: Document = serde_json::from_str(secret.expose()).ok()?;
        (document.v == VERSION).then_some(Self {
            address: document.address,
            password: document.password,
        })
    }

    /// Scheme, host and port of the address, which are no secret.
    pub fn origin(&self) -> Option<&str> {
        line_origin(self.address.expose())
    }
}

/// Scheme, host and port of a WebSocket's address (`wss://panel.example.com:8443`), as the policy of a page names them;
/// `None` where anything about them is not plain.
pub fn line_origin(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let is_plain = !authority.is_empty() && authority.chars().all(plain);
    let known = matches!(scheme, "wss" | "ws") && is_plain;
    known.then(|| &address[..scheme.len() + 3 + authority.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(address: &str) -> ConsoleAccess {
        ConsoleAccess {
            address: Secret::new(address),
            password: Secret::new("s3cret\""),
        }
    }

    #[test]
    fn what_is_sealed_is_read_again_and_nothing_else_is() {
        let sealed = access("wss://panel.test/vnc/?token=1").sealed();
        let read = ConsoleAccess::read(&sealed).expect("it was sealed");
        assert_eq!(read.address.expose(), "wss://panel.test/vnc/?token=1");
        assert_eq!(read.password.expose(), "s3cret\"");
        for other in [
            "",
            "{}",
            "https://panel.test",
            r#"{"v":2,"address":"a","password":"b"}"#,
        ] {
            assert!(ConsoleAccess::read(&Secret::new(other)).is_none(), "{other}");
        }
        assert_eq!(
            format!("{read:?}"),
            "ConsoleAccess { address: [secret], password: [secret] }"
        );
    }

    #[test]
    fn a_policy_can_name_the_origin_of_a_sound_address_only() {
        assert_eq!(
            access("wss://panel.test:8443/vnc/?token=1").origin(),
            Some("wss://panel.test:8443")
        );
        assert_eq!(access("ws://[::1]:1/x").origin(), Some("ws://[::1]:1"));
        for other in [
            "https://panel.test/",
            "wss:///x",
            "wss://a;b/x",
            "wss://a b/x",
            "wss://me@a/x",
        ] {
            assert_eq!(access(other).origin(), None, "{other}");
        }
    }
}
