//! What clients give on their own page, read once where it comes in: whatever is held in these types can be used.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name of a machine, in characters.
const LONGEST_NAME: usize = 63;

/// The longest hostname, as the DNS has it.
const LONGEST_HOSTNAME: usize = 253;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// There is nothing but blanks.
    #[error("a name has at least one character")]
    Empty,
    /// It is too long.
    #[error("a name has at most {0} characters")]
    TooLong(usize),
    /// It has a line break or another character that cannot be seen.
    #[error("a name has no control characters")]
    Control,
    /// A hostname has letters, digits, hyphens and dots only.
    #[error("a hostname has letters, digits, hyphens and dots only")]
    Illegal,
}

/// A machine's name: 1 to 63 characters, none of them a control character, and no blank at either end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MachineName(String);

impl MachineName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MachineName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let name = text.trim();
        if name.is_empty() {
            return Err(NotAName::Empty);
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(NotAName::TooLong(LONGEST_NAME));
        }
        if name.chars().any(char::is_control) {
            return Err(NotAName::Control);
        }
        Ok(Self(name.to_owned()))
    }
}

impl TryFrom<String> for MachineName {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        text.parse()
    }
}

impl From<MachineName> for String {
    fn from(name: MachineName) -> Self {
        name.0
    }
}

/// A hostname that a machine is to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hostname(String);

impl Hostname {
    /// Reads what a client typed: what no hostname has is dropped, and `None` is left where there is nothing else.
    pub fn typed(text: &str) -> Result<Option<Self>, NotAName> {
        let kept: String = text.chars().filter(|letter| is_legal(*letter)).collect();
        if kept.is_empty() {
            return Ok(None);
        }
        Self::try_from(kept).map(Some)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_legal(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.')
}

impl TryFrom<String> for Hostname {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        match text.len() {
            0 => Err(NotAName::Empty),
            length if length > LONGEST_HOSTNAME => Err(NotAName::TooLong(LONGEST_HOSTNAME)),
            _ if !text.chars().all(is_legal) => Err(NotAName::Illegal),
            _ => Ok(Self(text)),
        }
    }
}

impl From<Hostname> for String {
    fn from(name: Hostname) -> Self {
        name.0
    }
}

/// How a machine is to be installed anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reinstall {
    /// The operating system, by the platform's own id of it.
    pub image: String,
    /// Another hostname; the present one stays where `None`.
    #[serde(default)]
    pub hostname: Option<Hostname>,
    /// Keys that the client's account on the platform has, by the platform's own ids.
    #[serde(default)]
    pub keys: Vec<String>,
    /// A public key that it may not have yet.
    #[serde(default)]
    pub new_key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_124_a_name_is_trimmed_and_not_empty_too_long_or_invisible() {
        let read = |text: &str| text.parse::<MachineName>().map(String::from);
        assert_eq!(read("  web 01\t").as_deref(), Ok("web 01"));
        for blank in ["", "   ", "\n"] {
            assert_eq!(read(blank), Err(NotAName::Empty), "{blank:?}");
        }
        for invisible in ["a\nb", "a\u{0}b", "a\u{7f}"] {
            assert_eq!(read(invisible), Err(NotAName::Control), "{invisible:?}");
        }
        assert!(read(&"x".repeat(63)).is_ok());
        assert_eq!(read(&"x".repeat(64)), Err(NotAName::TooLong(63)));
    }

    #[test]
    fn vf_125_zero_is_a_name_and_characters_are_counted_not_bytes() {
        assert_eq!("0".parse::<MachineName>().map(String::from).as_deref(), Ok("0"));
        let wide = "ü".repeat(63);
        assert!(wide.len() > 63);
        assert_eq!(wide.parse::<MachineName>().map(String::from), Ok(wide));
    }

    #[test]
    fn vf_120_of_a_typed_hostname_only_what_a_hostname_may_have_is_kept() {
        let typed = |text: &str| Hostname::typed(text).map(|name| name.map(String::from));
        assert_eq!(
            typed(" we_b-1.exam ple.test!\n"),
            Ok(Some("web-1.example.test".to_owned()))
        );
        assert_eq!(typed(" _ "), Ok(None));
        assert_eq!(typed(&"a".repeat(254)), Err(NotAName::TooLong(253)));
    }

    #[test]
    fn what_is_stored_is_held_to_the_same_rules() {
        assert!(serde_json::from_str::<MachineName>(r#""a\nb""#).is_err());
        assert!(serde_json::from_str::<Hostname>(r#""a b""#).is_err());
        let stored = r#"{"image":"49","hostname":"web.example.test"}"#;
        let read: Reinstall = serde_json::from_str(stored).expect("readable");
        assert_eq!(
            read.hostname.as_ref().map(Hostname::as_str),
            Some("web.example.test")
        );
        assert_eq!((read.keys, read.new_key), (Vec::new(), None));
    }
}
