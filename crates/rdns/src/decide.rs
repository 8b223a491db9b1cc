//! [`decide`]: the one place where it is decided whether a pointer is written, removed or left alone.

use crate::Hostname;
use crate::confirm::Confirmation;
use crate::records::{Pointers, RecordSet};

/// Why an address's pointer is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// Its server is new, or has its hostname only now.
    Create,
    /// Its server has another hostname.
    Rename {
        /// The one before, where it is known.
        old: Option<&'a str>,
    },
    /// It is its turn to be looked after.
    Reconcile,
    /// An operator wants the hostname there, whatever is there now.
    Reset,
    /// Its client edits it. Without a hostname it is to be removed.
    Client,
    /// It is about to leave its customer, whose it still is: whether that is so is to be known from a fresh reading, never
    /// from what was kept. Whatever is there goes, for it names the customer who had the address, and whoever gets it next
    /// must not inherit it.
    Remove,
    /// It has left its customer, and may be another's by now. What was known to be there before goes; anything else is
    /// somebody else's.
    Lost {
        /// The hosts that were known to be there, and those that the server was called by.
        known: &'a [String],
    },
}

impl Purpose<'_> {
    /// Whether a value that is there already may be written over.
    fn replaces(self, held: &RecordSet) -> bool {
        match self {
            Self::Create | Self::Reconcile | Self::Remove | Self::Lost { .. } => false,
            Self::Rename { old } => old.is_some_and(|old| held.is_just(old)),
            Self::Reset | Self::Client => true,
        }
    }
}

/// What is to be done at an address's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The hostname has to be confirmed before there is more to say. Where it need not be, nobody is asked.
    Confirm,
    /// The hostname becomes the only value.
    Write {
        /// The hostname.
        target: Hostname,
        /// Whether something else is there now.
        replaces: bool,
    },
    /// All values are removed.
    Delete,
    /// Something else is there and stays.
    Preserve,
    /// It is as it should be.
    Holds,
    /// The hostname does not lead to the address, for this reason.
    ForwardMissing(String),
    /// Something is not known, for this reason: ask again later.
    Wait(String),
    /// No zone is for the address.
    NoZone,
    /// The server has no hostname that an address can point to.
    NoHostname,
}

impl Decision {
    /// The decision as a sentence.
    pub fn explain(&self) -> String {
        match self {
            Self::Confirm => {
                "It has yet to be found out whether the hostname leads to the address".to_owned()
            }
            Self::Write { target, replaces } => {
                let how = if *replaces { "is changed to" } else { "is set to" };
                format!("The pointer {how} {target}")
            }
            Self::Delete => "The pointer is removed".to_owned(),
            Self::Preserve => "Another pointer is there already and stays".to_owned(),
            Self::Holds => "The pointer is as it should be".to_owned(),
            Self::ForwardMissing(why) => format!("The hostname does not lead to the address: {why}"),
            Self::Wait(why) => format!("Nothing is changed, because not enough is known: {why}"),
            Self::NoZone => "The name servers have no zone for the address".to_owned(),
            Self::NoHostname => "The server has no hostname that an address can point to".to_owned(),
        }
    }
}

/// What is to be done with an address's pointer, by why it is looked at, what the name servers hold, what it should be,
/// and whether that leads back to the address (`None` while nobody was asked).
///
/// What is not known is never written over. Only a reset, the client's own edit and the loss of the address touch a value
/// that is not ours, which here means: one that is not the old hostname. Nothing is written that does not lead back; to
/// remove something needs no confirmation.
pub fn decide(
    purpose: Purpose<'_>,
    held: &Pointers,
    wanted: Option<&Hostname>,
    confirmation: Option<&Confirmation>,
) -> Decision {
    let held = match held {
        Pointers::Unknown(why) => return Decision::Wait(why.clone()),
        Pointers::NoZone => return Decision::NoZone,
        Pointers::Nothing => None,
        Pointers::Held(set) => Some(set),
    };
    match (purpose, wanted) {
        (Purpose::Lost { known }, _) if held.is_some_and(|held| !held.is_of(known)) => Decision::Preserve,
        (Purpose::Remove | Purpose::Lost { .. }, _) | (Purpose::Client, None) if held.is_some() => {
            Decision::Delete
        }
        (Purpose::Remove | Purpose::Lost { .. }, _) | (Purpose::Client, None) => Decision::Holds,
        (_, None) => Decision::NoHostname,
        (_, Some(wanted)) => point_to(wanted, purpose, held, confirmation),
    }
}

fn point_to(
    wanted: &Hostname,
    purpose: Purpose<'_>,
    held: Option<&RecordSet>,
    confirmation: Option<&Confirmation>,
) -> Decision {
    match held {
        Some(held) if held.serves_only(wanted) => return Decision::Holds,
        Some(held) if !purpose.replaces(held) => return Decision::Preserve,
        _ => {}
    }
    match confirmation {
        None => Decision::Confirm,
        Some(Confirmation::Confirmed) => Decision::Write {
            target: wanted.clone(),
            replaces: held.is_some(),
        },
        Some(Confirmation::Missing(why)) => Decision::ForwardMissing(why.clone()),
        Some(Confirmation::Unknown(why)) => Decision::Wait(why.clone()),
    }
}

#[cfg(test)]
mod tests;
