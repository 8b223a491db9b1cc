//! What a PowerDNS server's answers mean.

use std::collections::BTreeMap;

use domain::http::{Outcome, Response};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::wire;
use crate::DnsName;
use crate::records::{Pointers, RecordSet, Target};

/// How much of an unexpected answer is repeated, in characters.
const REPEATED: usize = 200;

/// Why something was not read or not changed, by what is certain about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// The server has refused it: nothing is changed, and the same request would be refused again.
    #[error("{0}")]
    Refused(String),
    /// There is no telling: a change may have been made, now or later. Read, and try again.
    #[error("{0}")]
    Unclear(String),
}

/// A zone of the server's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: DnsName,
    /// What the server calls its kind: `Native`, `Master`, `Slave`.
    pub kind: Option<String>,
}

/// The pointers of a whole zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    sets: BTreeMap<DnsName, RecordSet>,
    /// Whether a change makes the zone's serial higher. Where it does not, secondary servers never fetch it.
    pub raises_serial: bool,
}

impl Content {
    /// What is held at a name.
    pub fn at(&self, record: &DnsName) -> Pointers {
        let set = self.sets.get(record);
        set.map_or(Pointers::Nothing, |set| Pointers::Held(set.clone()))
    }

    /// The names that have pointers.
    pub fn names(&self) -> impl Iterator<Item = &DnsName> {
        self.sets.keys()
    }
}

/// The answer to a ping: nothing where the server is there and takes the key, otherwise what to do about it.
pub fn ping(outcome: &Outcome) -> Result<(), ServerError> {
    match outcome {
        Outcome::Answered(response) if response.status == 404 => Err(ServerError::Refused(
            "There is no server of that id at the endpoint (HTTP 404); nearly every server has the id \"localhost\""
                .to_owned(),
        )),
        // Anything may answer with 200 at a wrong endpoint; the API answers with an object.
        _ => read::<Map<String, Value>>(expect(outcome, 200)?).map(|_| ()),
    }
}

/// The zones of the server. A name that is none by the DNS's rules is left out, for no address can lie in it.
pub fn zones(outcome: &Outcome) -> Result<Vec<Listed>, ServerError> {
    let listed: Vec<wire::ListedZone> = read(expect(outcome, 200)?)?;
    let zones = listed.into_iter().filter_map(|zone| {
        Some(Listed {
            name: zone.name.parse().ok()?,
            kind: zone.kind,
        })
    });
    Ok(zones.collect())
}

/// The pointers of a zone that was read as a whole. Only such an answer shows that there are no others.
pub fn whole(outcome: &Outcome, zone: &DnsName) -> Result<Content, ServerError> {
    let answered: wire::WholeZone = read(expect(outcome, 200)?)?;
    if answered.name.parse().as_ref() != Ok(zone) {
        return Err(ServerError::Unclear(format!(
            "The server was asked for the zone {zone} and answered with {}",
            repeated(&answered.name)
        )));
    }
    let mut values: BTreeMap<DnsName, (Vec<Target>, u32)> = BTreeMap::new();
    for set in answered.rrsets {
        // No address has a name that the DNS does not allow.
        if let (wire::POINTER, Ok(name)) = (set.kind.as_str(), set.name.parse()) {
            let (targets, _) = values.entry(name).or_insert_with(|| (Vec::new(), set.ttl));
            targets.extend(set.records.iter().map(target));
        }
    }
    let sets = values
        .into_iter()
        .filter_map(|(name, (targets, ttl))| Some((name, RecordSet::new(targets, ttl)?)));
    Ok(Content {
        sets: sets.collect(),
        raises_serial: answered.soa_edit_api.is_some_and(|how| !how.is_empty()),
    })
}

fn target(record: &wire::Record) -> Target {
    Target {
        host: record.content.trim_end_matches('.').to_owned(),
        disabled: record.disabled,
    }
}

/// The answer to a change: made, or not.
pub fn changed(outcome: &Outcome) -> Result<(), ServerError> {
    expect(outcome, 204).map(|_| ())
}

/// The answer to a notification. Servers refuse it for zones that have no secondary servers, which harms nothing.
pub fn notified(outcome: &Outcome) -> Result<(), ServerError> {
    expect(outcome, 200).map(|_| ())
}

fn expect(outcome: &Outcome, status: u16) -> Result<&Response, ServerError> {
    match outcome {
        Outcome::Answered(response) if response.status == status => Ok(response),
        Outcome::Answered(response) => Err(refusal(response)),
        Outcome::Failed(_) => Err(ServerError::Unclear(format!(
            "The server could not be asked: {}",
            outcome.summary()
        ))),
    }
}

fn read<T: DeserializeOwned>(response: &Response) -> Result<T, ServerError> {
    serde_json::from_str(&response.body).map_err(|error| {
        ServerError::Unclear(format!(
            "The answer cannot be read (HTTP {}, {error}): {}",
            response.status,
            repeated(&response.body)
        ))
    })
}

/// What another status than the expected one means. A refusal is taken for one only where it is in the API's words, for
/// something in between may refuse in its own what the server has done already.
fn refusal(response: &Response) -> ServerError {
    let code = response.status;
    if matches!(code, 401 | 403) {
        return ServerError::Refused(format!(
            "The server refuses the key (HTTP {code}); compare it with \"api-key\" in the server's configuration, look for \
             blanks around it, and see that \"webserver-allow-from\" (\"api-allow-from\") lists the address of this host"
        ));
    }
    let said = serde_json::from_str::<wire::Refusal>(&response.body);
    match said {
        Ok(wire::Refusal { error }) if (400..500).contains(&code) => {
            ServerError::Refused(format!("{} (HTTP {code})", repeated(&error)))
        }
        Ok(wire::Refusal { error }) => ServerError::Unclear(format!("{} (HTTP {code})", repeated(&error))),
        Err(_) => ServerError::Unclear(format!(
            "The server answered HTTP {code}: {}",
            repeated(&response.body)
        )),
    }
}

/// The beginning of what came, on one line.
fn repeated(text: &str) -> String {
    let line: String = text
        .chars()
        .take(REPEATED)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    match line.trim() {
        "" => "nothing".to_owned(),
        line => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;
