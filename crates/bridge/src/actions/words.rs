//! What clients are told. They hear why, but never the platform's name or an operator's business.

use domain::record::PlatformKind;
use engine::core::{Refusal, RefusalCode};

use super::{Asked, Stop};
use crate::rows::ServiceRow;

/// There is no machine.
pub const NOT_PROVISIONED: &str = "not provisioned";

/// A sentence in the language of the billing system's page, as far as whoever makes pages has it.
pub fn say(asked: &Asked<'_>, key: &str, arguments: &[(&str, &str)], english: &str) -> String {
    let language = asked.message.context.language.as_deref().unwrap_or_default();
    let said = asked.state.pages().say(language, key, arguments);
    said.unwrap_or_else(|| english.to_owned())
}

/// The same no in the page's language. What a driver says of an input has no other language than its own.
pub fn refused(asked: &Asked<'_>, no: &Refusal) -> Stop {
    let Stop(answer) = refusal(no);
    // Seconds are the only number of such a sentence.
    let seconds: String = no.sentence.chars().filter(char::is_ascii_digit).collect();
    let key = match no.code {
        RefusalCode::WrongStanding | RefusalCode::Overtaken => "refused-standing",
        RefusalCode::NotActive => "refused-not-active",
        RefusalCode::Replayed => "refused-replayed",
        RefusalCode::NotProvisioned | RefusalCode::Unadopted => "refused-not-provisioned",
        RefusalCode::TooSoon => "refused-too-soon",
        RefusalCode::Busy => "refused-busy",
        RefusalCode::Withheld => "refused-withheld",
        RefusalCode::Unsupported => "refused-unsupported",
        RefusalCode::Held | RefusalCode::NoPlatform | RefusalCode::PlatformNotApproved => "refused-held",
        _ => return Stop(answer),
    };
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let english = body["errors"].as_str().unwrap_or_default();
    let status = asked.message.row.as_ref().map(ServiceRow::status);
    let status = status.map_or_else(String::new, |status| status.to_string().to_ascii_lowercase());
    let arguments = [("seconds", seconds.as_str()), ("status", status.as_str())];
    let sentence = say(asked, key, &arguments, english);
    Stop::new(answer.status, &sentence)
}

/// An operation's reason, where a client may read it; in the page's language where it is none to be read.
pub fn explained(asked: &Asked<'_>, text: &str) -> String {
    let told = reason(text);
    if told == NO_REASON {
        return say(asked, "refused-fault", &[], NO_REASON);
    }
    told
}

/// What is said instead of a reason that is not for clients.
const NO_REASON: &str = "It did not succeed. Our support knows more.";

/// A rule of the engine said no.
pub fn refusal(refusal: &Refusal) -> Stop {
    match refusal.code {
        RefusalCode::NotOwner => Stop::new(403, "service <> owner mismatch"),
        RefusalCode::WrongStanding | RefusalCode::NotActive | RefusalCode::Overtaken => {
            Stop::new(400, &refusal.sentence)
        }
        RefusalCode::Replayed => Stop::new(403, &refusal.sentence),
        RefusalCode::NotProvisioned | RefusalCode::Unadopted => Stop::new(409, NOT_PROVISIONED),
        RefusalCode::TooSoon => Stop::new(429, &refusal.sentence),
        RefusalCode::Invalid => Stop::new(400, &reason(&refusal.sentence)),
        RefusalCode::Busy | RefusalCode::Withheld | RefusalCode::Unsupported => {
            Stop::new(409, &refusal.sentence)
        }
        RefusalCode::AlreadyProvisioned
        | RefusalCode::Held
        | RefusalCode::NoPlatform
        | RefusalCode::PlatformNotApproved => Stop::new(
            409,
            "Nothing can be done with this service at present. Our support knows more.",
        ),
    }
}

/// An operation's reason, where a client may read it.
pub fn reason(text: &str) -> String {
    let text = text.trim();
    let lowered = text.to_ascii_lowercase();
    let names_the_platform = PlatformKind::ALL
        .iter()
        .any(|kind| lowered.contains(kind.as_str()));
    if text.is_empty() || names_the_platform {
        NO_REASON.to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn clients_hear_reasons_without_the_platforms_name() {
        assert_eq!(super::reason("the server is locked"), "the server is locked");
        assert!(!super::reason("VirtFusion said 500").contains("VirtFusion"));
        assert!(!super::reason(" ").is_empty());
    }
}
