//! The gates of service actions, in the original's order.

use domain::ServiceView;
use domain::machine::PowerAction;
use domain::record::{Module, ServiceStatus, Standing};

use super::origin::{self, Foreign};
use super::{Action, Asked, Stop, names, power, words};
use crate::context::Context;
use crate::page::{Message, PrincipalKind, once, token};
use crate::rows::ServiceRow;
use crate::vocabulary::Vocabulary;

/// A service that the asker may ask about, with its row in the billing system.
pub struct Subject<'a> {
    pub row: &'a ServiceRow,
    pub view: ServiceView,
}

/// Whether a request changes something.
pub fn is_changing(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD")
}

/// Somebody is signed in at all: before anything else is looked at.
pub fn signed_in(message: &Message) -> Result<(), Stop> {
    let principal = crate::page::Principal::new(message.surface, &message.context, &[]);
    if principal.is_signed_in(&message.context) {
        Ok(())
    } else {
        Err(Stop::new(401, "unauthenticated"))
    }
}

/// A change comes by POST and from our own pages.
pub fn posted(message: &Message) -> Result<(), Stop> {
    if message.method != "POST" {
        return Err(Stop::new(405, "Use POST."));
    }
    from_our_pages(message).map_err(|sentence| Stop::new(403, sentence))
}

/// Whether a request was sent by a page of the billing system.
pub fn from_our_pages(message: &Message) -> Result<(), &'static str> {
    let headers = &message.headers;
    let judged = origin::judge(
        headers.origin.as_deref(),
        headers.referer.as_deref(),
        headers.host.as_deref(),
        message.context.system_url.as_deref(),
    );
    judged.map_err(|foreign| match foreign {
        Foreign::Missing => "The request does not say where it comes from.",
        Foreign::Mismatch => "The request comes from another site.",
    })
}

/// The token of this session and service.
pub fn token_fits(asked: &Asked<'_>, service: Option<u64>) -> bool {
    let message = asked.message;
    let given = message
        .form
        .get("hostler_token")
        .or(message.headers.token.as_ref());
    let (Some(session), Some(given)) = (message.context.session(), given) else {
        return false;
    };
    token::fits(&asked.admitted.keys, session, service, given)
}

/// The one-time token. What the modules before us had no such token for is taken without one from their own callers; a
/// token that is given has to be good. One page answers the relay of consoles again and again: the relay's word is new
/// each time, and answering it changes nothing.
pub async fn once(asked: &Asked<'_>, service: u64, action: Action) -> Result<(), Stop> {
    let message = asked.message;
    if action == Action::Vouch {
        return Ok(());
    }
    let module = message.module.parse::<Module>().ok();
    let needed = module.is_some_and(|module| Vocabulary::of(module).one_time)
        || !matches!(action, Action::Power | Action::SignOn);
    let given = message.form.get(once::FIELD).map(String::as_str);
    if given.is_none() && !needed {
        return Ok(());
    }
    let given = given.unwrap_or_default();
    let session = message.context.session();
    let deed = deed(message, action);
    let spent = once::spend(asked.state, asked.admitted, session, service, &deed, given).await;
    match spent {
        Ok(true) => Ok(()),
        Ok(false) => Err(Stop::said(403, words::REPLAYED)),
        Err(error) => Err(Stop::fault(&error.into())),
    }
}

/// What a token is spent on. One page switches in four ways and names several addresses, each of which its token is good
/// for once; what else is posted is named by itself, whatever stands in the form.
fn deed(message: &Message, action: Action) -> String {
    let name = action.name();
    match action {
        Action::Power => power::asked_for(message)
            .map_or(name, PowerAction::as_str)
            .to_owned(),
        Action::EditName => {
            names::address(message).map_or_else(|| name.to_owned(), |address| format!("{name} {address}"))
        }
        _ => name.to_owned(),
    }
}

/// The parameter `serviceID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceId {
    Missing,
    Malformed,
    Number(u64),
}

/// Reads `serviceID` as PHP reads numbers: `501`, ` 501`, `501.9` and `5e2` are numbers, cut to the integer below.
pub fn service_id(message: &Message) -> ServiceId {
    let Some(text) = message.query.get("serviceID") else {
        return ServiceId::Missing;
    };
    let text = text.trim();
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let number = text.parse::<f64>().ok().filter(|_| plain).map(f64::trunc);
    // Through text, because no conversion from floating point is without loss for every number.
    number
        .filter(|number| (1.0..1e15).contains(number))
        .and_then(|number| format!("{number:.0}").parse().ok())
        .map_or(ServiceId::Malformed, ServiceId::Number)
}

/// The row of the service that `serviceID` names.
pub fn row(message: &Message) -> Result<Option<&ServiceRow>, Stop> {
    match service_id(message) {
        ServiceId::Number(id) => Ok(message
            .row
            .as_ref()
            .filter(|row| row.service == id && row.is_ours())),
        ServiceId::Missing | ServiceId::Malformed => Err(Stop::new(400, "The service id is not a number.")),
    }
}

/// The client of the session owns the service, by the billing system's word and by ours.
pub fn owned<'a>(
    row: Option<&'a ServiceRow>,
    view: Option<&ServiceView>,
    context: &Context,
) -> Result<&'a ServiceRow, Stop> {
    let mismatch = || Stop::new(403, "service <> owner mismatch");
    let client = context.client_id.ok_or_else(mismatch)?;
    let row = row.filter(|row| row.client == client).ok_or_else(mismatch)?;
    if view.is_some_and(|view| view.service.client_id != client) {
        return Err(mismatch());
    }
    Ok(row)
}

/// The service has a machine.
pub fn provisioned(row: &ServiceRow, view: Option<ServiceView>) -> Result<Subject<'_>, Stop> {
    let view = view.ok_or_else(words::no_machine)?;
    if view.link.is_none() {
        return Err(if view.line().next().is_none() {
            words::no_machine()
        } else {
            Stop::said(409, words::BEING_SET_UP)
        });
    }
    Ok(Subject { row, view })
}

/// The service is in use: by the billing system's word, and by the engine's, which knows better.
pub fn active(subject: &Subject<'_>) -> Result<(), Stop> {
    match subject.row.status() {
        ServiceStatus::Active if subject.view.service.standing == Standing::Live => Ok(()),
        ServiceStatus::Active => Err(Stop::said(400, words::STANDING)),
        status => Err(words::inactive(status)),
    }
}

/// The service is in use or held, by the billing system's word: what is known of its machine is its client's to see.
pub fn kept(subject: &Subject<'_>) -> Result<(), Stop> {
    match subject.row.status() {
        ServiceStatus::Active | ServiceStatus::Suspended => Ok(()),
        status => Err(words::inactive(status)),
    }
}

/// The login may do this in the client's account.
pub fn permitted(message: &Message, permission: &str) -> Result<(), Stop> {
    if message.surface == PrincipalKind::Admin || message.context.may(permission) {
        return Ok(());
    }
    Err(Stop::said(403, words::NOT_PERMITTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: Option<&str>) -> ServiceId {
        let mut message: Message = serde_json::from_value(serde_json::json!({
            "module": "VirtFusionDirect", "surface": "client", "target": { "kind": "action", "name": "serverData" },
            "method": "GET", "base": "/client.php", "context": { "actor": "client" },
        }))
        .unwrap();
        if let Some(text) = text {
            message.query.insert("serviceID".to_owned(), text.to_owned());
        }
        service_id(&message)
    }

    #[test]
    fn vf_095_service_ids_are_numbers_as_php_reads_them() {
        for (text, number) in [("501", 501), ("501.9", 501), ("1e2", 100), (" 7", 7), ("+7", 7)] {
            assert_eq!(id(Some(text)), ServiceId::Number(number), "{text}");
        }
        for text in [
            "", "abc", "501abc", "inf", "nan", "-5", "0", "0x1F", "1e400", "5 0", "1_0",
        ] {
            assert_eq!(id(Some(text)), ServiceId::Malformed, "{text}");
        }
        assert_eq!(id(None), ServiceId::Missing);
    }
}
