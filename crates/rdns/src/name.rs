//! [`DnsName`]: a name as the DNS compares it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest name, in characters without the final dot.
pub const LONGEST_NAME: usize = 253;

/// The longest part between two dots, in characters.
pub const LONGEST_LABEL: usize = 63;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// There is nothing.
    #[error("A name has at least one character")]
    Empty,
    /// It is too long.
    #[error("A name has at most {LONGEST_NAME} characters")]
    TooLong,
    /// Two dots follow each other, it begins with one, or too much stands between two.
    #[error("Between the dots of a name stand 1 to {LONGEST_LABEL} characters")]
    Label,
    /// It has a blank, a control character or something outside of ASCII.
    #[error("A name is written in visible ASCII characters")]
    Illegal,
}

/// A name of the DNS: in lower case, complete, and with exactly one dot at its end, so that two names are the same
/// where their texts are. Labels may have every visible character, since the zones of small address blocks have slashes
/// in theirs. The root is `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DnsName(String);

impl DnsName {
    /// The text with its final dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text without its final dot, as people write it; empty for the root.
    pub fn bare(&self) -> &str {
        self.0.trim_end_matches('.')
    }

    /// The parts between the dots, the most particular one first; none for the root.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.bare().split('.').filter(|label| !label.is_empty())
    }

    /// Whether this is `zone` or lies below it. Nothing lies below the root: a server that has it mirrors it.
    pub fn is_at_or_below(&self, zone: &Self) -> bool {
        let above = self.0.strip_suffix(zone.as_str());
        above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// A name that was put together from parts that are names already.
    pub(crate) fn put_together(text: String) -> Self {
        Self(text)
    }
}

/// With or without a final dot, in any case. More dots at the end than one are taken for one.
impl FromStr for DnsName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        if text == "." {
            return Ok(Self(text.to_owned()));
        }
        let bare = text.trim_end_matches('.');
        if bare.is_empty() {
            return Err(NotAName::Empty);
        }
        if !bare.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotAName::Illegal);
        }
        if bare.len() > LONGEST_NAME {
            return Err(NotAName::TooLong);
        }
        if !bare
            .split('.')
            .all(|label| (1..=LONGEST_LABEL).contains(&label.len()))
        {
            return Err(NotAName::Label);
        }
        Ok(Self(format!("{}.", bare.to_ascii_lowercase())))
    }
}

impl TryFrom<String> for DnsName {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        text.parse()
    }
}

impl From<DnsName> for String {
    fn from(name: DnsName) -> Self {
        name.0
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, NotAName> {
        text.parse::<DnsName>().map(String::from)
    }

    #[test]
    fn a_name_is_in_lower_case_and_ends_with_one_dot() {
        for text in ["Example.COM", "example.com.", "example.com.."] {
            assert_eq!(read(text).as_deref(), Ok("example.com."), "{text}");
        }
        assert_eq!(
            read("0/26.1_a.*.In-Addr.Arpa").as_deref(),
            Ok("0/26.1_a.*.in-addr.arpa.")
        );
        assert_eq!(read(".").as_deref(), Ok("."));
    }

    #[test]
    fn what_is_no_name_is_refused_with_what_is_wrong() {
        for (text, why) in [
            ("", NotAName::Empty),
            ("..", NotAName::Empty),
            ("a..b", NotAName::Label),
            (".a", NotAName::Label),
            ("a b", NotAName::Illegal),
            (" a", NotAName::Illegal),
            ("a\u{0}", NotAName::Illegal),
            ("bücher.example", NotAName::Illegal),
        ] {
            assert_eq!(read(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn labels_have_63_characters_and_names_253() {
        assert!(read(&"a".repeat(63)).is_ok());
        assert_eq!(read(&"a".repeat(64)), Err(NotAName::Label));
        let longest = format!("{}a", "a.".repeat(126));
        assert_eq!(longest.len(), 253);
        assert!(read(&format!("{longest}.")).is_ok());
        assert_eq!(read(&format!("{longest}b")), Err(NotAName::TooLong));
    }

    #[test]
    fn a_name_lies_below_another_only_at_a_dot() {
        let below = |name: &str, zone: &str| {
            let [name, zone] = [name, zone].map(|text| text.parse::<DnsName>().expect("a name"));
            name.is_at_or_below(&zone)
        };
        assert!(below("a.example.com", "example.com"));
        assert!(below("example.com", "EXAMPLE.com."));
        assert!(!below("anexample.com", "example.com"));
        assert!(!below("com", "example.com"));
        assert!(!below("example.com", "."));
    }

    #[test]
    fn a_name_is_stored_as_its_text_and_read_by_the_same_rules() {
        let name: DnsName = serde_json::from_str(r#""A.example""#).expect("readable");
        assert_eq!(serde_json::to_string(&name).expect("writable"), r#""a.example.""#);
        assert!(serde_json::from_str::<DnsName>(r#""a b""#).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_read_keeps_the_rules_and_reads_the_same_again(text in ".{0,300}|[a-zA-Z0-9/_.-]{0,300}") {
            if let Ok(name) = text.parse::<DnsName>() {
                prop_assert_eq!(name.as_str().parse::<DnsName>(), Ok(name.clone()));
                prop_assert!(name.as_str().ends_with('.') && !name.as_str().ends_with(".."));
                prop_assert!(name.labels().all(|label| (1..=63).contains(&label.len())));
                prop_assert!(name.bare().len() <= 253);
            }
        }
    }
}
