//! [`Hostname`]: what an address may be called in reverse.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::DnsName;
use crate::name::{LONGEST_LABEL, LONGEST_NAME};

/// Why a text cannot be what an address points to, told to whoever typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAHostname {
    /// There is nothing but blanks and dots.
    #[error("A hostname has at least one character")]
    Empty,
    /// It is not in ASCII.
    #[error(
        "A hostname with other letters than a to z is entered in its punycode form, the one that begins with xn--"
    )]
    International,
    /// It has a character that no hostname has.
    #[error("A hostname has letters, digits, hyphens, underscores and dots only")]
    Illegal,
    /// It is too long.
    #[error("A hostname has at most {LONGEST_NAME} characters")]
    TooLong,
    /// Two dots follow each other, it begins with one, or too much stands between two.
    #[error("Between the dots of a hostname stand 1 to {LONGEST_LABEL} characters")]
    Label,
    /// It is no complete name.
    #[error("A hostname is entered with its domain, as in server.example.com")]
    NoDomain,
    /// A part begins or ends with a hyphen.
    #[error("No part of a hostname begins or ends with a hyphen")]
    Hyphen,
    /// It ends like an IPv4 address.
    #[error("A hostname does not end in a number; an address is no hostname")]
    Number,
}

/// What an address may point to: a complete hostname in lower case without a final dot. Underscores are allowed, since
/// the DNS and mail servers allow them, and so is the punycode form of international names. It has a domain, which the
/// name of a machine (`domain::given::Hostname`) need not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hostname(String);

impl Hostname {
    /// What a server's addresses are to point to: its hostname, or else its name, whichever can be pointed to. Many
    /// names are labels for people ("My VPS", "-") and cannot.
    pub fn of_server(hostname: Option<&str>, name: Option<&str>) -> Option<Self> {
        let mut texts = [hostname, name].into_iter().flatten();
        texts.find_map(|text| text.parse().ok())
    }

    /// The text, without a final dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same as a name of the DNS.
    pub fn name(&self) -> DnsName {
        DnsName::put_together(format!("{}.", self.0))
    }
}

/// Whether two texts are the same host to the DNS: their case and their final dots do not matter.
pub fn is_same_host(one: &str, other: &str) -> bool {
    one.trim_end_matches('.')
        .eq_ignore_ascii_case(other.trim_end_matches('.'))
}

/// Blanks around it and dots at its end are dropped.
impl FromStr for Hostname {
    type Err = NotAHostname;

    fn from_str(text: &str) -> Result<Self, NotAHostname> {
        let text = text.trim().trim_end_matches('.');
        if text.is_empty() {
            return Err(NotAHostname::Empty);
        }
        if !text.is_ascii() {
            return Err(NotAHostname::International);
        }
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !text.bytes().all(legal) {
            return Err(NotAHostname::Illegal);
        }
        if text.len() > LONGEST_NAME {
            return Err(NotAHostname::TooLong);
        }
        text.split('.').try_for_each(check_label)?;
        let (_, last) = text.rsplit_once('.').ok_or(NotAHostname::NoDomain)?;
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAHostname::Number);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

fn check_label(label: &str) -> Result<(), NotAHostname> {
    match label.len() {
        1..=LONGEST_LABEL if label.starts_with('-') || label.ends_with('-') => Err(NotAHostname::Hyphen),
        1..=LONGEST_LABEL => Ok(()),
        _ => Err(NotAHostname::Label),
    }
}

impl TryFrom<String> for Hostname {
    type Error = NotAHostname;

    fn try_from(text: String) -> Result<Self, NotAHostname> {
        text.parse()
    }
}

impl From<Hostname> for String {
    fn from(name: Hostname) -> Self {
        name.0
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, NotAHostname> {
        text.parse::<Hostname>().map(String::from)
    }

    #[test]
    fn a_hostname_is_trimmed_and_its_case_and_final_dots_do_not_matter() {
        for text in [
            "web.example.com",
            " Web.EXAMPLE.com.\n",
            "web.example.com..",
            "\u{a0}web.example.com",
        ] {
            assert_eq!(read(text).as_deref(), Ok("web.example.com"), "{text:?}");
        }
        let hostname: Hostname = "web.example.com".parse().expect("a hostname");
        assert_eq!(hostname.name().as_str(), "web.example.com.");
        assert!(is_same_host("Web.example.com.", "web.EXAMPLE.com"));
        assert!(!is_same_host("web.example.com", "b.example.com"));
    }

    #[test]
    fn underscores_and_punycode_are_allowed() {
        for text in [
            "my_server.example.com",
            "_dmarc.example.com",
            "mail.xn--e1afmkfd.xn--p1ai",
            "xn--bcher-kva.example",
            "1.example.com",
            "a.b",
            "a.1b",
        ] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_hostname_is_refused_with_what_to_do() {
        for (text, why) in [
            ("", NotAHostname::Empty),
            (" . ", NotAHostname::Empty),
            ("bücher.example", NotAHostname::International),
            ("пример.рф", NotAHostname::International),
            ("web example.com", NotAHostname::Illegal),
            ("*.example.com", NotAHostname::Illegal),
            ("a/b.example.com", NotAHostname::Illegal),
            ("web..example.com", NotAHostname::Label),
            (".example.com", NotAHostname::Label),
            ("localhost", NotAHostname::NoDomain),
            ("-web.example.com", NotAHostname::Hyphen),
            ("web.example-.com", NotAHostname::Hyphen),
            ("192.0.2.1", NotAHostname::Number),
            ("example.123", NotAHostname::Number),
        ] {
            assert_eq!(read(text), Err(why), "{text:?}");
        }
        assert!(NotAHostname::International.to_string().contains("punycode"));
    }

    #[test]
    fn a_hostname_is_as_long_as_a_name_may_be() {
        let longest = format!("{}a", "a.".repeat(126));
        assert!(read(&format!("{longest}.")).is_ok());
        assert_eq!(read(&format!("{longest}b")), Err(NotAHostname::TooLong));
        assert!(read(&format!("{}.com", "a".repeat(63))).is_ok());
        assert_eq!(read(&format!("{}.com", "a".repeat(64))), Err(NotAHostname::Label));
    }

    #[test]
    fn a_server_is_called_by_its_hostname_or_else_by_a_name_that_can_be_one() {
        let of = |hostname, name| Hostname::of_server(hostname, name).map(String::from);
        let web = Some("web.example.com".to_owned());
        assert_eq!(of(Some("web.example.com"), Some("b.example.com")), web);
        for none in [None, Some(""), Some("-"), Some("web 1")] {
            assert_eq!(of(none, Some("web.example.com")), web, "{none:?}");
            assert_eq!(of(none, Some("My VPS")), None, "{none:?}");
        }
        assert_eq!(of(None, None), None);
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_a_name_of_the_dns_and_reads_the_same_again(text in ".{0,300}|[a-zA-Z0-9_.-]{0,300}") {
            if let Ok(hostname) = text.parse::<Hostname>() {
                prop_assert_eq!(hostname.as_str().parse::<Hostname>(), Ok(hostname.clone()));
                prop_assert_eq!(hostname.as_str().parse::<DnsName>(), Ok(hostname.name()));
                prop_assert!(is_same_host(text.trim(), hostname.as_str()));
            }
        }
    }
}
