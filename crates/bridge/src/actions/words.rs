//! What clients are told. They hear why, but never the platform's name or an operator's business.

use domain::record::PlatformKind;
use engine::core::{Refusal, RefusalCode};

use super::Stop;

/// There is no machine.
pub const NOT_PROVISIONED: &str = "not provisioned";

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
        "It did not succeed. Our support knows more.".to_owned()
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
