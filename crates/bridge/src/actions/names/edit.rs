//! `rdnsUpdate`: what a client wants one of its machine's addresses to be called.

use std::net::IpAddr;

use domain::record::OperationState;
use engine::{Goal, Hostname, NameEdit, NameRefusal, NotAHostname, parse_address};
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::list::record;
use crate::actions::ask::field;
use crate::actions::gates::Subject;
use crate::actions::wish::patience;
use crate::actions::words;
use crate::actions::{Asked, Stop};
use crate::page::{Message, PageAnswer};

/// No hostname is longer, in bytes.
const LONGEST: usize = 253;

/// The address that a form is about; nothing where it names none.
pub fn address(message: &Message) -> Option<IpAddr> {
    parse_address(field(message, "ip")).ok()
}

/// Has a name written or removed. What is not over within the request goes on by itself and shows on the page.
pub async fn change(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let edit = edit(asked, subject)?;
    let engine = asked.state.engine();
    let (begun, patience) = (Instant::now(), patience(asked.message));
    let taken = timeout(patience, Box::pin(engine.edit_name(&edit))).await;
    let taken = taken.map_err(|_| Stop::said(503, words::LATE))?;
    let taken = taken.map_err(|error| Stop::fault(&error))?;
    let operation = taken.map_err(|no| refused(&no))?;
    let left = patience.saturating_sub(begun.elapsed());
    let progress = engine.wait(operation, Goal::Final, left).await;
    let progress = progress.map_err(|error| Stop::fault(&error))?;
    let voice = asked.voice();
    if progress.failed {
        return Err(Stop::new(500, voice.stands(&progress.operation)));
    }
    let (reason, said) = match (progress.operation.state, &edit.host) {
        (OperationState::Succeeded, Some(_)) => ("written", words::NAME_WRITTEN),
        (OperationState::Succeeded, None) => ("deleted", words::NAME_DELETED),
        _ => ("pending", words::NAME_LATER),
    };
    Ok(PageAnswer::done(&json!({
        "reason": reason,
        "operation": operation,
        "state": progress.operation.state,
        "message": voice.tell(said),
    })))
}

fn edit(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<NameEdit, Stop> {
    let message = asked.message;
    let address = address(message).ok_or_else(|| Stop::said(400, words::ADDRESS).about("ip"))?;
    Ok(NameEdit {
        installation: asked.admitted.installation.id.clone(),
        billing_id: subject.row.service,
        client_id: message.context.client_id.unwrap_or_default(),
        address,
        host: host(message)?,
        actor: message.context.actor(),
    })
}

/// The hostname, or nothing where the name is to be removed: that takes an empty field. The form that adds one needs one.
fn host(message: &Message) -> Result<Option<Hostname>, Stop> {
    let no = |why| Stop::said(400, words::no_hostname(why)).about("ptr");
    let text = field(message, "ptr");
    let removes = message.form.contains_key("ptr") && field(message, "add").is_empty();
    if text.is_empty() && removes {
        return Ok(None);
    }
    if text.len() > LONGEST {
        return Err(no(NotAHostname::TooLong));
    }
    text.parse::<Hostname>().map(Some).map_err(no)
}

/// The engine's no. What it was told by platforms, name servers and resolvers stays with the staff.
fn refused(no: &NameRefusal) -> Stop {
    let of = |status, key, address: &IpAddr| {
        Stop::keyed(status, key, format!("{no}.")).with("address", address.to_string())
    };
    match no {
        NameRefusal::Off => Stop::said(400, words::NAMES_OFF),
        NameRefusal::NotOwner => Stop::new(403, "service <> owner mismatch"),
        NameRefusal::Inactive => Stop::said(400, words::STANDING),
        NameRefusal::Unread(_) => Stop::said(502, words::NAMES_UNREAD),
        NameRefusal::Unknown(_) => Stop::said(502, words::NAMES_UNKNOWN),
        NameRefusal::Foreign(address) => of(403, "refused-rdns-foreign", address),
        NameRefusal::NoZone(address) => of(400, "refused-rdns-no-zone", address),
        NameRefusal::TooSoon(address) => of(429, "refused-rdns-too-soon", address),
        NameRefusal::ForwardMissing { host, address, .. } => of(400, "refused-rdns-forward", address)
            .with("host", host.to_string())
            .with("record", record(*address))
            .about("ptr"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::actions::english;

    fn posted(form: &[(&str, &str)]) -> Message {
        let mut message: Message = serde_json::from_value(json!({
            "module": "VirtFusionDirect", "surface": "client", "target": { "kind": "action", "name": "rdnsUpdate" },
            "method": "POST", "base": "/client.php", "context": { "actor": "client" },
        }))
        .unwrap();
        for (name, text) in form {
            message.form.insert((*name).to_owned(), (*text).to_owned());
        }
        message
    }

    /// Status and envelope of a no.
    fn told(stop: &Stop) -> (u16, Value) {
        let answer = stop.envelope(english());
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    #[test]
    fn vf_147_one_address_is_named_in_whatever_spelling_and_nothing_else() {
        for (text, read) in [
            ("203.0.113.5", Some("203.0.113.5")),
            (" 203.0.113.5\n", Some("203.0.113.5")),
            ("2001:DB8:0:0::5", Some("2001:db8::5")),
            ("203.0.113.05", None),
            ("203.0.113.0/24", None),
            ("fe80::1%eth0", None),
            ("", None),
        ] {
            let found = address(&posted(&[("ip", text)])).map(|address| address.to_string());
            assert_eq!(found.as_deref(), read, "{text:?}");
        }
    }

    #[test]
    fn vf_147_a_hostname_is_refused_in_its_own_words_with_the_field_that_is_meant() {
        let long = format!("{}.com", "a.".repeat(130));
        for (text, words) in [
            ("localhost", "with its domain"),
            ("bücher.example", "punycode"),
            ("*.example.com", "letters, digits"),
            ("192.0.2.1", "no hostname"),
            (".", "at least one"),
            (long.as_str(), "at most 253"),
        ] {
            let stop = host(&posted(&[("ptr", text)])).unwrap_err();
            let (status, body) = told(&stop);
            assert_eq!((status, &body["field"]), (400, &json!("ptr")), "{text}");
            let said = body["errors"].as_str().unwrap();
            assert!(said.contains(words), "{text}: {said}");
        }
        let read = host(&posted(&[("ptr", " Mail.Example.COM. ")])).unwrap();
        assert_eq!(read.unwrap().as_str(), "mail.example.com");
    }

    #[test]
    fn vf_153_an_empty_field_removes_and_a_missing_one_does_not() {
        for text in ["", "  "] {
            assert!(host(&posted(&[("ptr", text)])).unwrap().is_none(), "{text:?}");
        }
        assert!(host(&posted(&[])).is_err());
        assert!(host(&posted(&[("ptr", ""), ("add", "1")])).is_err());
    }

    #[test]
    fn vf_148_vf_150_vf_151_each_refusal_has_its_status_and_tells_nothing_of_what_is_behind() {
        let address: IpAddr = "203.0.113.5".parse().unwrap();
        let inner = || "PowerDNS at 192.0.2.53 says: HTTP 500".to_owned();
        for (no, status) in [
            (NameRefusal::Off, 400),
            (NameRefusal::NotOwner, 403),
            (NameRefusal::Inactive, 400),
            (NameRefusal::Unread(inner()), 502),
            (NameRefusal::Foreign(address), 403),
            (NameRefusal::NoZone(address), 400),
            (NameRefusal::Unknown(inner()), 502),
            (NameRefusal::TooSoon(address), 429),
        ] {
            let (code, body) = told(&refused(&no));
            assert_eq!(code, status, "{no}");
            assert!(!body.to_string().contains("PowerDNS"), "{body}");
        }
        let missing = NameRefusal::ForwardMissing {
            host: "mail.example.com".parse().unwrap(),
            address,
            why: "mail.example.com has no A record".to_owned(),
        };
        let (code, body) = told(&refused(&missing));
        assert_eq!((code, &body["field"]), (400, &json!("ptr")));
        let said = body["errors"].as_str().unwrap();
        assert!(
            said.contains("mail.example.com") && said.contains("203.0.113.5"),
            "{said}"
        );
    }
}
