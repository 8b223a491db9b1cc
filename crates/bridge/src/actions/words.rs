//! What clients are told. They hear why, but never the platform's name or an operator's business.

use domain::record::{PlatformKind, ServiceStatus};
use engine::core::{Refusal, RefusalCode};

use super::{Asked, Stop};

/// The login may not do this in the client's account.
pub const NOT_PERMITTED: &str =
    "Your login may not do this. Ask the owner of the account for the permission.";

/// There is no machine.
pub const NOT_PROVISIONED: &str = "not provisioned";

/// A sentence in the language of the billing system's page, as far as whoever makes pages has it.
pub fn say(asked: &Asked<'_>, key: &str, arguments: &[(&str, &str)], english: &str) -> String {
    let language = asked.message.context.language.as_deref().unwrap_or_default();
    let said = asked.state.pages().say(language, key, arguments);
    said.unwrap_or_else(|| english.to_owned())
}

/// The language that pages are in, as markup names it.
pub fn language(asked: &Asked<'_>) -> String {
    say(asked, "page-language", &[], "en")
}

/// A rule of the engine said no. What a driver says of an input has no other language than its own.
pub fn refused(asked: &Asked<'_>, no: &Refusal) -> Stop {
    let own = no.sentence.as_str();
    match no.code {
        RefusalCode::NotOwner => Stop::new(403, "service <> owner mismatch"),
        RefusalCode::WrongStanding | RefusalCode::Overtaken => Stop::said(400, "refused-standing", own),
        RefusalCode::NotActive => {
            let row = asked.message.row.as_ref();
            row.map_or_else(|| Stop::new(400, own), |row| not_active(row.status()))
        }
        RefusalCode::Replayed => Stop::said(403, "refused-replayed", own),
        RefusalCode::NotProvisioned | RefusalCode::Unadopted => {
            Stop::said(409, "refused-not-provisioned", NOT_PROVISIONED)
        }
        RefusalCode::TooSoon => {
            let seconds = no.again_in_seconds().unwrap_or_default();
            Stop::said(429, "refused-too-soon", own).with("seconds", seconds.to_string())
        }
        RefusalCode::Invalid => Stop::new(400, reason(own)),
        RefusalCode::Busy => Stop::said(409, "refused-busy", own),
        RefusalCode::Withheld => Stop::said(409, "refused-withheld", own),
        RefusalCode::Unsupported => Stop::said(409, "refused-unsupported", own),
        RefusalCode::AlreadyProvisioned
        | RefusalCode::Held
        | RefusalCode::NoPlatform
        | RefusalCode::PlatformNotApproved => Stop::said(
            409,
            "refused-held",
            "Nothing can be done with this service at present. Our support knows more.",
        ),
    }
}

/// The billing system calls the service something else than active.
pub fn not_active(status: ServiceStatus) -> Stop {
    let stop = Stop::said(400, "refused-not-active", format!("This service is {status}."));
    stop.with("status", status.to_string().to_ascii_lowercase())
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
