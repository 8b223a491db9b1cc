//! What clients are told, in their page's language. They hear why, but never the platform's name, its own words or an
//! operator's business: what has no message of its own is said by a general one.

use domain::record::{Cause, Operation, OperationState, ServiceStatus};
use engine::core::{Intent, Refusal, RefusalCode};

use super::Stop;
use crate::context::Context;
use crate::gate::Admitted;
use crate::page::Pages;
use crate::state::BridgeState;

/// There is no machine.
const NOT_PROVISIONED: &str = "not provisioned";

/// A sentence for clients: the key of its message, and the English that is said where nobody makes pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    pub key: &'static str,
    pub english: &'static str,
}

const fn sentence(key: &'static str, english: &'static str) -> Sentence {
    Sentence { key, english }
}

pub const OLD_PAGE: Sentence = sentence(
    "refused-old-page",
    "This page is out of date. Reload it and try again.",
);
pub const REPLAYED: Sentence = sentence(
    "refused-replayed",
    "Replay detected, please click the button again. You may need to refresh the page first.",
);
pub const NOT_PERMITTED: Sentence = sentence(
    "refused-permission",
    "Your login may not do this. Ask the owner of the account for the permission.",
);
pub const FOREIGN: Sentence = sentence("refused-foreign", "This service belongs to another client.");
pub const NO_MACHINE: Sentence = sentence(
    "refused-not-provisioned",
    "There is no server for this service yet.",
);
pub const BEING_SET_UP: Sentence = sentence("refused-building", "This service is still being set up.");
pub const STANDING: Sentence = sentence(
    "refused-standing",
    "This cannot be done with the service as it is now.",
);
pub const WITHHELD: Sentence = sentence("refused-withheld", "This is not offered for this service.");
pub const UNSUPPORTED: Sentence = sentence("refused-unsupported", "This cannot be done with this server.");
pub const BUSY: Sentence = sentence(
    "refused-busy",
    "Something else is under way for this server. Try again when that has ended.",
);
pub const HELD: Sentence = sentence(
    "refused-held",
    "Nothing can be done with this service at present. Our support knows more.",
);
pub const NO_LOGIN: Sentence = sentence(
    "refused-login",
    "Nothing is known of how to log in to this server.",
);
pub const SPENT: Sentence = sentence("refused-spent", "This was opened already. Try again.");
pub const LATE: Sentence = sentence(
    "refused-late",
    "There was no answer in time. Try again in a moment.",
);
pub const REVEALED: Sentence = sentence(
    "refused-revealed",
    "This password was shown already, or its time is over. Ask for a new one.",
);
pub const NAME: Sentence = sentence(
    "refused-name",
    "A name has 1 to 63 characters, none of them a control character.",
);
pub const HOSTNAME: Sentence = sentence(
    "refused-hostname",
    "This cannot be a hostname. It has letters, digits, hyphens and dots.",
);
pub const SYSTEM: Sentence = sentence("refused-system", "Choose an operating system.");
pub const KEY: Sentence = sentence("refused-key", "Choose a key or paste a public key.");
pub const NEW_KEY: Sentence = sentence(
    "refused-new-key",
    "This SSH key cannot be used. Paste a public key that begins with ssh-ed25519 or ssh-rsa.",
);
pub const CHOICE: Sentence = sentence(
    "refused-choice",
    "What was chosen cannot be used. Choose something else and try again.",
);
pub const FAILED: Sentence = sentence(
    "refused-failed",
    "Something went wrong on our side. Try again in a moment.",
);
pub const FAULT: Sentence = sentence("refused-fault", "It did not succeed. Our support knows more.");
pub const UNDER_WAY: Sentence = sentence("said-under-way", "It is under way and goes on by itself.");
pub const IN_LINE: Sentence = sentence(
    "next-queued",
    "It begins when what was asked for before it has ended.",
);
pub const ASKING: Sentence = sentence(
    "next-asking",
    "Our staff has been told and will settle it. You need to do nothing.",
);
pub const ON_THIS_PAGE: Sentence = sentence("sections", "On this page");
pub const SHOWN: Sentence = sentence("said-revealed", "This is the new password.");

/// In whose language something is said, and what the operator calls the panel there.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    pub pages: &'a dyn Pages,
    pub language: &'a str,
    pub panel: Option<&'a str>,
}

impl<'a> Voice<'a> {
    /// For whoever sent a message with this context.
    pub fn of(state: &'a BridgeState, admitted: &'a Admitted, context: &'a Context) -> Self {
        Self {
            pages: state.pages(),
            language: context.language.as_deref().unwrap_or_default(),
            panel: admitted.installation.settings.panel_name.as_deref(),
        }
    }

    /// A message in that language as far as whoever makes pages has it, else its English.
    pub fn say(self, key: &str, arguments: &[(&str, &str)], english: &str) -> String {
        let panel = self.panel.map(|name| ("panel", name));
        let given: Vec<_> = arguments.iter().copied().chain(panel).collect();
        let said = self.pages.say(self.language, key, &given);
        said.unwrap_or_else(|| english.to_owned())
    }

    /// A sentence without arguments.
    pub fn tell(self, sentence: Sentence) -> String {
        self.say(sentence.key, &[], sentence.english)
    }

    /// The language that is spoken, as markup names it.
    pub fn markup(self) -> String {
        self.say("page-language", &[], "en")
    }

    /// How an operation stands that has not reached what was waited for.
    pub fn stands(self, operation: &Operation) -> String {
        let why = operation
            .cause()
            .map(|cause| self.say(&format!("cause-{}", cause.key()), &[], because(cause)));
        match why {
            Some(reason) if operation.state.is_final() => reason,
            Some(reason) => {
                let english = format!("Not done yet: {reason}");
                self.say("said-not-done-yet", &[("reason", &reason)], &english)
            }
            None => self.tell(match operation.state {
                OperationState::Queued => IN_LINE,
                OperationState::Asking => ASKING,
                state if state.is_final() => FAULT,
                _ => UNDER_WAY,
            }),
        }
    }
}

/// A cause in English.
const fn because(cause: Cause) -> &'static str {
    match cause {
        Cause::Busy => "The server is locked or busy at the moment. It is tried again by itself.",
        Cause::Unreachable => {
            "The server's platform cannot be reached at the moment. It is tried again by itself."
        }
        Cause::HeldUp => "It could not be done so far. It is tried again by itself.",
        Cause::AnswerLost => "It was sent, and no answer came. What became of it is being looked for.",
        Cause::Taken => "It was accepted, and takes a moment to show.",
        Cause::Interrupted => "The service is being suspended or ended, which comes first.",
        Cause::Refused => "It was turned down.",
        Cause::Untouched => "It ended before anything was changed.",
        Cause::NotOpened => {
            "It could not be opened. If the server is switched off, start it first; otherwise try again in a moment."
        }
        Cause::TooLate => "It took too long and was ended.",
        Cause::Failed => "It did not succeed.",
        Cause::TakenBack => "It was taken back.",
        Cause::Replaced => "Something that was asked for later took its place.",
    }
}

/// The engine's no to a wish, by the rule that it is one of. `status` is the billing system's word for the service.
pub fn refused(no: &Refusal, status: ServiceStatus) -> Stop {
    let says = |status, sentence: Sentence| Stop::said(status, sentence).in_english(no.sentence.as_str());
    match no.code {
        RefusalCode::NotOwner => Stop::new(403, "service <> owner mismatch"),
        RefusalCode::WrongStanding | RefusalCode::Overtaken => says(400, STANDING),
        RefusalCode::NotActive => inactive(status),
        RefusalCode::Replayed => says(403, REPLAYED),
        RefusalCode::NotProvisioned | RefusalCode::Unadopted => no_machine(),
        RefusalCode::TooSoon => {
            let seconds = no.again_in_seconds().unwrap_or_default();
            Stop::keyed(429, "refused-too-soon", no.sentence.as_str()).with("seconds", seconds.to_string())
        }
        RefusalCode::Invalid => Stop::said(400, CHOICE),
        RefusalCode::Busy => says(409, BUSY),
        RefusalCode::Withheld => says(409, WITHHELD),
        RefusalCode::Unsupported => says(409, UNSUPPORTED),
        RefusalCode::AlreadyProvisioned
        | RefusalCode::Held
        | RefusalCode::NoPlatform
        | RefusalCode::PlatformNotApproved => Stop::said(409, HELD),
    }
}

/// The service has no machine.
pub fn no_machine() -> Stop {
    Stop::said(409, NO_MACHINE).in_english(NOT_PROVISIONED)
}

/// The service is not active by the billing system's word.
pub fn inactive(status: ServiceStatus) -> Stop {
    let word = status.to_string();
    let english = format!("This service is {word}.");
    Stop::keyed(400, "refused-not-active", english).with("status", word.to_ascii_lowercase())
}

/// What is said of an input that the platform's driver cannot use: its own sentence is English and the staff's.
pub const fn unusable(intent: &Intent) -> Sentence {
    match intent {
        Intent::Rename(_) => NAME,
        Intent::Reinstall(how) if how.new_key.is_some() => NEW_KEY,
        _ => CHOICE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = include_str!("../../../../locales/en/client.ftl");
    const GERMAN: &str = include_str!("../../../../locales/de/client.ftl");

    const ALL: [Sentence; 28] = [
        OLD_PAGE,
        REPLAYED,
        NOT_PERMITTED,
        FOREIGN,
        NO_MACHINE,
        BEING_SET_UP,
        STANDING,
        WITHHELD,
        UNSUPPORTED,
        BUSY,
        HELD,
        NO_LOGIN,
        SPENT,
        LATE,
        REVEALED,
        NAME,
        HOSTNAME,
        SYSTEM,
        KEY,
        NEW_KEY,
        CHOICE,
        FAILED,
        FAULT,
        UNDER_WAY,
        IN_LINE,
        ASKING,
        ON_THIS_PAGE,
        SHOWN,
    ];

    #[test]
    fn what_is_said_without_pages_is_what_the_built_in_english_says() {
        for Sentence { key, english } in ALL {
            assert!(ENGLISH.contains(&format!("\n{key} = {english}\n")), "{key}");
            assert!(GERMAN.contains(&format!("\n{key} = ")), "{key}");
        }
        for cause in Cause::ALL.iter().copied() {
            let (key, english) = (format!("cause-{}", cause.key()), because(cause));
            assert!(ENGLISH.contains(&format!("\n{key} = {english}\n")), "{key}");
            assert!(GERMAN.contains(&format!("\n{key} = ")), "{key}");
        }
    }

    #[test]
    fn no_refusal_tells_a_client_what_the_platform_or_its_driver_said() {
        let refusal = |code| Refusal::new(code, "Platform VirtFusion \"eu-1\" says: HTTP 500");
        for code in [
            RefusalCode::NotOwner,
            RefusalCode::NotProvisioned,
            RefusalCode::AlreadyProvisioned,
            RefusalCode::Unadopted,
            RefusalCode::NoPlatform,
            RefusalCode::PlatformNotApproved,
            RefusalCode::Held,
            RefusalCode::Invalid,
        ] {
            let told = format!("{:?}", refused(&refusal(code), ServiceStatus::Active));
            assert!(!told.contains("VirtFusion") && !told.contains("HTTP"), "{told}");
        }
    }
}
