//! Forward confirmation: whether a hostname leads to the address that is to point to it.
//!
//! Mail servers believe a reverse name only where it leads back, so nothing else is written. [`Walk`] says what to look up
//! and what an answer means; whoever holds the resolver only carries lookups.

use std::fmt;
use std::net::IpAddr;

use crate::{DnsName, Hostname};

/// How many aliases (CNAME records) are followed; with one lookup for each, six lookups at most. It also ends loops.
const MOST_ALIASES: usize = 5;

/// How many addresses of a host are named in a reason.
const MOST_NAMED: usize = 4;

/// Which addresses are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressRecord {
    /// IPv4.
    A,
    /// IPv6.
    Aaaa,
}

impl fmt::Display for AddressRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
        })
    }
}

/// One lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name.
    pub name: DnsName,
    /// What is asked for; aliases are wanted besides.
    pub record: AddressRecord,
}

/// What became of a lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The resolver had something.
    Found {
        /// Where the name leads, alias by alias in the order of the chain, as far as the answer goes.
        aliases: Vec<DnsName>,
        /// The addresses at the end of the chain; none where the answer ends with an alias.
        addresses: Vec<IpAddr>,
    },
    /// The name does not exist, or has nothing of what was asked for.
    Nothing,
    /// The resolver failed, with its words: no answer in time, a server failure, a refusal.
    Failed(String),
}

/// Whether a hostname leads to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// It does.
    Confirmed,
    /// It does not, for this reason.
    Missing(String),
    /// Nobody could say, for this reason. That is no "no".
    Unknown(String),
}

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The walk is at its end.
    Done(Confirmation),
    /// There is another question.
    Ask(Walk),
}

/// The way from a hostname to an address, by one resolver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    host: DnsName,
    address: IpAddr,
    /// Where the aliases have led so far.
    reached: DnsName,
    aliases: usize,
}

impl Walk {
    /// At its beginning.
    pub fn begin(host: &Hostname, address: IpAddr) -> Self {
        Self {
            host: host.name(),
            address,
            reached: host.name(),
            aliases: 0,
        }
    }

    /// What to look up next.
    pub fn question(&self) -> Question {
        Question {
            name: self.reached.clone(),
            record: match self.address {
                IpAddr::V4(_) => AddressRecord::A,
                IpAddr::V6(_) => AddressRecord::Aaaa,
            },
        }
    }

    /// What the answer to [`Walk::question`] leads to.
    pub fn answer(self, lookup: Lookup) -> Step {
        let (aliases, addresses) = match lookup {
            Lookup::Found { aliases, addresses } => (aliases, addresses),
            Lookup::Nothing => (Vec::new(), Vec::new()),
            Lookup::Failed(why) => {
                let why = format!("{} could not be looked up: {why}", self.reached.bare());
                return Step::Done(Confirmation::Unknown(why));
            }
        };
        let followed = self.aliases.saturating_add(aliases.len());
        let host = self.host.bare();
        let missing = |why: String| Step::Done(Confirmation::Missing(why));
        if followed > MOST_ALIASES {
            return missing(format!("{host} leads through more than {MOST_ALIASES} aliases"));
        }
        if addresses.contains(&self.address) {
            return Step::Done(Confirmation::Confirmed);
        }
        if !addresses.is_empty() {
            let named: Vec<String> = addresses.iter().take(MOST_NAMED).map(IpAddr::to_string).collect();
            return missing(format!(
                "{host} leads to {} and not to {}",
                named.join(", "),
                self.address
            ));
        }
        match aliases.into_iter().next_back() {
            Some(reached) => Step::Ask(Self {
                reached,
                aliases: followed,
                ..self
            }),
            None => missing(format!(
                "{} has no {} record",
                self.reached.bare(),
                self.question().record
            )),
        }
    }
}

/// What several resolvers say together: confirmed where at least one confirms and none contradicts. One that could not
/// say counts for nothing, and where none could, nothing is known.
pub fn together(said: &[Confirmation]) -> Confirmation {
    let confirmed = said.contains(&Confirmation::Confirmed);
    let missing = said.iter().find_map(|one| match one {
        Confirmation::Missing(why) => Some(why),
        _ => None,
    });
    let unknown = said.iter().find_map(|one| match one {
        Confirmation::Unknown(why) => Some(why),
        _ => None,
    });
    match (confirmed, missing, unknown) {
        (true, Some(why), _) => Confirmation::Missing(format!("not yet everywhere: {why}")),
        (true, None, _) => Confirmation::Confirmed,
        (false, Some(why), _) => Confirmation::Missing(why.clone()),
        (false, None, Some(why)) => Confirmation::Unknown(why.clone()),
        (false, None, None) => Confirmation::Unknown("no resolver was asked".to_owned()),
    }
}

#[cfg(test)]
mod tests;
