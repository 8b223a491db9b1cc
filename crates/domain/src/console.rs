//! How the screen of a machine is reached: what a driver brings from its platform, and whoever opens the screen needs.

use crate::secret::{Access, Secret};

/// The way to a machine's screen, for a while.
#[derive(Debug, Clone)]
pub struct ConsoleAccess {
    /// Its WebSocket (`wss://…`), with the platform's own token in it.
    pub address: Secret,
    /// What a viewer has to know.
    pub password: Secret,
}

impl ConsoleAccess {
    /// From the secret that an operation keeps of a console; `None` where it is something else.
    pub fn open(sealed: &Secret) -> Option<Self> {
        let Access { name, password } = Access::open(sealed)?;
        line_origin(&name)?;
        Some(Self {
            address: Secret::new(name),
            password,
        })
    }
}

/// A console that was opened for whoever asks for its page.
#[derive(Debug, Clone)]
pub struct Console {
    /// What the service is called in the billing system.
    pub name: String,
    /// How the screen is reached.
    pub way: Way,
}

/// How a browser reaches a screen.
#[derive(Debug, Clone)]
pub enum Way {
    /// Through the engine's relay.
    Relayed {
        /// The relay's address (`wss://console.example.com/console`).
        address: String,
        /// What lets the page in there, once.
        ticket: Secret,
    },
    /// Straight to the platform, which gave these values for one use.
    Direct(ConsoleAccess),
}

impl Way {
    /// For the audit.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Relayed { .. } => "relayed",
            Self::Direct(_) => "direct",
        }
    }

    /// The address, and what is shown or known there: to be handed out, to the page that they were made for.
    pub fn expose(&self) -> (&str, &str) {
        match self {
            Self::Relayed { address, ticket } => (address, ticket.expose()),
            Self::Direct(access) => (access.address.expose(), access.password.expose()),
        }
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

    #[test]
    fn only_the_way_to_a_screen_is_opened_as_one_and_none_of_it_is_printed() {
        let sealed = |name: &str| {
            let access = Access {
                name: name.to_owned(),
                password: Secret::new("s3cret\""),
            };
            access.seal()
        };
        let opened = ConsoleAccess::open(&sealed("wss://panel.test/vnc/?token=1")).expect("a screen");
        assert_eq!(opened.address.expose(), "wss://panel.test/vnc/?token=1");
        assert_eq!(opened.password.expose(), "s3cret\"");
        assert_eq!(
            format!("{opened:?}"),
            "ConsoleAccess { address: [secret], password: [secret] }"
        );
        for other in [sealed("root"), sealed("https://panel.test/"), Secret::new("")] {
            assert!(ConsoleAccess::open(&other).is_none());
        }
    }

    #[test]
    fn a_policy_can_name_the_origin_of_a_sound_address_only() {
        assert_eq!(
            line_origin("wss://panel.test:8443/vnc/?token=1"),
            Some("wss://panel.test:8443")
        );
        assert_eq!(line_origin("ws://[::1]:1/x"), Some("ws://[::1]:1"));
        for other in [
            "https://panel.test/",
            "wss:///x",
            "wss://a;b/x",
            "wss://a b/x",
            "wss://me@a/x",
        ] {
            assert_eq!(line_origin(other), None, "{other}");
        }
    }
}
