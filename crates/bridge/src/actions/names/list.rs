//! The list of a machine's addresses with what was seen of their names, in the original's shape with fields of our own.

use std::net::IpAddr;

use domain::Moment;
use domain::record::{NameSeen, NameState, NameSubject};
use engine::ShownName;
use serde_json::{Value, json};

use super::shown;
use crate::actions::gates::Subject;
use crate::actions::words::{self, Voice};
use crate::actions::{Asked, Stop};
use crate::page::PageAnswer;

/// `rdnsList`: what is known, with its age. Nobody is asked.
pub async fn seen(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let Some(names) = shown(asked, &subject.view).await? else {
        return Ok(PageAnswer::done(&off()));
    };
    if names.is_empty() && subject.view.reading().is_none() {
        return Err(Stop::said(502, words::NAMES_UNSEEN));
    }
    let voice = asked.voice();
    let list = of(&names, asked.state.now(), |address, seen| {
        guidance(voice, address, seen)
    });
    Ok(PageAnswer::done(&list))
}

/// Where there is no name server.
pub fn off() -> Value {
    json!({ "enabled": false, "ips": [] })
}

/// The list, prefixes first; `why` says what is wrong with an address's name.
pub fn of(names: &[ShownName], now: Moment, why: impl Fn(IpAddr, &NameSeen) -> Option<String>) -> Value {
    let (prefixes, addresses): (Vec<&ShownName>, Vec<&ShownName>) = names
        .iter()
        .partition(|name| matches!(name.subject, NameSubject::Prefix(..)));
    let rows: Vec<Value> = prefixes
        .into_iter()
        .chain(addresses)
        .map(|name| match name.subject {
            NameSubject::Prefix(first, length) => json!({
                "ip": null, "subnet": first, "cidr": length, "ptr": null, "ttl": null, "zone": null,
                "status": "subnet-only", "under_way": name.under_way.is_some(),
            }),
            NameSubject::Address(address) => {
                let why = name.seen.as_ref().and_then(|seen| why(address, seen));
                row(address, name, now, why.as_deref())
            }
        })
        .collect();
    json!({ "enabled": true, "ips": rows })
}

fn row(address: IpAddr, name: &ShownName, now: Moment, why: Option<&str>) -> Value {
    let seen = name.seen.as_ref();
    let state = seen.map(|seen| seen.state);
    let hosts = seen.map_or(&[][..], |seen| seen.hosts.as_slice());
    let place = seen.and_then(|seen| seen.place.as_ref());
    json!({
        "ip": address,
        "ptr": hosts.first(),
        "ttl": seen.and_then(|seen| seen.ttl),
        "zone": place.map(|place| &place.zone),
        "status": status(state),
        "state": state,
        "why": why,
        "age": name.seen_at.map(|at| now.since(at).as_secs()),
        "hosts": hosts,
        "within": name.within,
        "under_way": name.under_way.is_some(),
    })
}

/// The original's word.
const fn status(state: Option<NameState>) -> &'static str {
    match state {
        Some(NameState::Confirmed) => "ok",
        Some(NameState::Unconfirmed) => "unverified",
        Some(NameState::Missing | NameState::NoForward) => "missing",
        Some(NameState::NoZone) => "no-zone",
        Some(NameState::Unchecked) | None => "unknown",
    }
}

/// The kind of record by which a hostname leads to an address.
pub const fn record(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "A",
        IpAddr::V6(_) => "AAAA",
    }
}

/// What a client can do about a name. What was found wrong with it is the staff's to read.
fn guidance(voice: Voice<'_>, address: IpAddr, seen: &NameSeen) -> Option<String> {
    let (record, place) = (record(address), address.to_string());
    let host = seen.hosts.first().map_or("", String::as_str);
    let (key, english) = match (seen.state, seen.hosts.len()) {
        (NameState::Confirmed | NameState::Missing, _) => return None,
        (NameState::Unconfirmed, 1) => (
            "rdns-guide-unconfirmed",
            format!("Create an {record} record for {host} that leads to {place}, then save again."),
        ),
        (NameState::Unconfirmed, 2..) => (
            "rdns-guide-several",
            format!("Not all of these names lead to {place}. Save the one that is to stay."),
        ),
        (NameState::Unchecked, 1..) => (
            "rdns-guide-unchecked",
            format!(
                "It could not be looked up whether {host} leads to {place}. It is tried again by itself."
            ),
        ),
        (NameState::NoForward | NameState::Unconfirmed | NameState::Unchecked, _) => (
            "rdns-guide-no-forward",
            format!(
                "Create an {record} record that leads to {place} for the hostname that you want, then save that hostname here."
            ),
        ),
        (NameState::NoZone, _) => (
            "rdns-guide-no-zone",
            "The name of this address is not kept on our name servers. Our support knows more.".to_owned(),
        ),
    };
    let arguments = [("host", host), ("address", place.as_str()), ("record", record)];
    Some(voice.say(key, &arguments, &english))
}

#[cfg(test)]
mod tests {
    use domain::record::NamePlace;

    use super::*;
    use crate::actions::english;

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn name(subject: &str, state: Option<NameState>, hosts: &[&str]) -> ShownName {
        ShownName {
            subject: subject.parse().unwrap(),
            within: None,
            seen: state.map(|state| NameSeen {
                state,
                hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
                ttl: Some(3_600),
                place: None::<NamePlace>,
                why: Some("the resolver 192.0.2.53 says SERVFAIL".to_owned()),
            }),
            seen_at: state.map(|_| NOW),
            under_way: None,
        }
    }

    fn listed(names: &[ShownName]) -> Vec<Value> {
        let later = NOW + std::time::Duration::from_secs(75);
        let list = of(names, later, |address, seen| guidance(english(), address, seen));
        assert_eq!(list["enabled"], true);
        list["ips"].as_array().unwrap().clone()
    }

    #[test]
    fn vf_257_every_state_has_a_status_and_prefixes_come_first() {
        let host = ["a.example.com"];
        let rows = listed(&[
            name("2001:db8::/64", None, &[]),
            ShownName {
                within: Some("2001:db8::/64".parse().unwrap()),
                ..name("2001:db8::5", Some(NameState::Confirmed), &host)
            },
            name("2001:db8:1::/64", None, &[]),
            name("192.0.2.1", Some(NameState::Unconfirmed), &host),
            name("192.0.2.2", Some(NameState::Unchecked), &host),
            name("192.0.2.3", Some(NameState::Missing), &[]),
            name("192.0.2.4", Some(NameState::NoForward), &[]),
            name("192.0.2.5", Some(NameState::NoZone), &[]),
            name("192.0.2.6", None, &[]),
        ]);
        let words: Vec<&str> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
        assert_eq!(
            words,
            [
                "subnet-only",
                "subnet-only",
                "ok",
                "unverified",
                "unknown",
                "missing",
                "missing",
                "no-zone",
                "unknown"
            ]
        );
        let of = |at: usize, field: &str| rows[at][field].clone();
        assert_eq!(
            (of(0, "ip"), of(0, "subnet"), of(0, "cidr")),
            (Value::Null, json!("2001:db8::"), json!(64))
        );
        assert_eq!(
            (of(2, "ip"), of(2, "ptr"), of(2, "within")),
            (
                json!("2001:db8::5"),
                json!("a.example.com"),
                json!("2001:db8::/64")
            )
        );
        assert_eq!(
            (of(3, "state"), of(3, "age"), of(3, "ttl")),
            (json!("unconfirmed"), json!(75), json!(3_600))
        );
        assert_eq!(
            (of(8, "state"), of(8, "age"), of(8, "ptr")),
            (Value::Null, Value::Null, Value::Null)
        );
    }

    #[test]
    fn vf_257_a_client_reads_what_to_do_and_never_what_a_resolver_said() {
        let why = |state, hosts: &[&str]| listed(&[name("192.0.2.1", Some(state), hosts)])[0]["why"].clone();
        let host = ["a.example.com"];
        assert_eq!(
            why(NameState::Unconfirmed, &host),
            "Create an A record for a.example.com that leads to 192.0.2.1, then save again."
        );
        assert_eq!(why(NameState::Confirmed, &host), Value::Null);
        for state in NameState::ALL.iter().copied() {
            for hosts in [&[][..], &host, &["a.example.com", "b.example.com"]] {
                let said = why(state, hosts).to_string();
                assert!(!said.contains("SERVFAIL"), "{said}");
            }
        }
    }

    #[test]
    fn what_is_said_of_a_name_without_pages_is_what_the_built_in_english_says() {
        let built_in = include_str!("../../../../../locales/en/client.ftl");
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        for state in NameState::ALL.iter().copied() {
            for hosts in [&[][..], &["HOST"], &["HOST", "OTHER"]] {
                let shown = name("192.0.2.1", Some(state), hosts);
                let Some(said) = guidance(english(), address, &shown.seen.unwrap()) else {
                    continue;
                };
                let said = said
                    .replace("192.0.2.1", "{ $address }")
                    .replace("HOST", "{ $host }")
                    .replace(" A record", " { $record } record");
                assert!(built_in.contains(&format!(" = {said}\n")), "{said}");
            }
        }
    }
}
