//! What is known of the pointers (PTR records) at one name.

use crate::Hostname;
use crate::hostname::is_same_host;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The host as it is held, without a final dot. It need not be a hostname by our rules.
    pub host: String,
    /// Whether it is kept without being served.
    pub disabled: bool,
}

/// All values at a name. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSet {
    targets: Vec<Target>,
    ttl: u32,
}

impl RecordSet {
    /// The values of a name and their lifetime in seconds; `None` without any value.
    pub fn new(targets: Vec<Target>, ttl: u32) -> Option<Self> {
        (!targets.is_empty()).then_some(Self { targets, ttl })
    }

    /// Every value, also those that are not served.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// How long resolvers keep them, in seconds.
    pub const fn ttl(&self) -> u32 {
        self.ttl
    }

    /// The hosts that are served, in their order. Usually one, and the first is what the original showed as the only one.
    pub fn served(&self) -> impl Iterator<Item = &str> {
        let served = self.targets.iter().filter(|target| !target.disabled);
        served.map(|target| target.host.as_str())
    }

    /// Whether this host is served and no other.
    pub fn serves_only(&self, host: &Hostname) -> bool {
        let mut served = self.served().peekable();
        served.peek().is_some() && served.all(|other| is_same_host(other, host.as_str()))
    }

    /// Whether all values are of these hosts.
    pub fn is_of(&self, hosts: &[String]) -> bool {
        let of = |target: &Target| hosts.iter().any(|host| is_same_host(&target.host, host));
        self.targets.iter().all(of)
    }

    /// Whether this host is all there is: one value, which is served.
    pub fn is_just(&self, host: &str) -> bool {
        matches!(&self.targets[..], [only] if !only.disabled && is_same_host(&only.host, host))
    }
}

/// What the name servers hold for an address. Only a look that succeeded tells that something is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointers {
    /// Nobody could say, for this reason.
    Unknown(String),
    /// No zone is for the address.
    NoZone,
    /// There is nothing at its name.
    Nothing,
    /// These values are at its name.
    Held(RecordSet),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(targets: &[(&str, bool)]) -> RecordSet {
        let targets = targets.iter().map(|(host, disabled)| Target {
            host: (*host).to_owned(),
            disabled: *disabled,
        });
        RecordSet::new(targets.collect(), 300).expect("there are some")
    }

    #[test]
    fn all_values_of_a_name_are_kept() {
        let set = set(&[
            ("a.example.com", true),
            ("b.example.com", false),
            ("c.example.com", false),
        ]);
        assert_eq!(set.targets().len(), 3);
        assert_eq!(
            set.served().collect::<Vec<_>>(),
            ["b.example.com", "c.example.com"]
        );
        assert_eq!(set.ttl(), 300);
        assert_eq!(RecordSet::new(Vec::new(), 300), None);
    }

    #[test]
    fn a_name_is_of_known_hosts_only_where_all_of_its_values_are() {
        let known = ["A.example.com.".to_owned(), "b.example.com".to_owned()];
        for (targets, of) in [
            (&[("a.example.com", false)][..], true),
            (&[("b.example.com", true), ("a.example.com.", false)], true),
            (&[("a.example.com", false), ("c.example.com", true)], false),
            (&[("c.example.com", false)], false),
        ] {
            assert_eq!(set(targets).is_of(&known), of, "{targets:?}");
        }
        assert!(!set(&[("a.example.com", false)]).is_of(&[]));
    }

    #[test]
    fn a_host_is_all_there_is_only_without_others_whether_served_or_not() {
        let host: Hostname = "a.example.com".parse().expect("a hostname");
        for (targets, serves_only, is_just) in [
            (&[("A.example.com.", false)][..], true, true),
            (&[("a.example.com", true)], false, false),
            (&[("a.example.com", false), ("b.example.com", true)], true, false),
            (
                &[("a.example.com", false), ("b.example.com", false)],
                false,
                false,
            ),
            (&[("b.example.com", false)], false, false),
        ] {
            let set = set(targets);
            assert_eq!(set.serves_only(&host), serves_only, "{targets:?}");
            assert_eq!(set.is_just(host.as_str()), is_just, "{targets:?}");
        }
    }
}
