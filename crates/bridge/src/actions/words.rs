//! What clients are told, in their page's language. They hear why, but never the platform's name, its own words or an
//! operator's business: what has no message of its own is said by a general one.

use domain::record::{Cause, Operation, OperationState, ServiceStatus};
use engine::NotAHostname;
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

/// Sentences, and the list of all of them, by which the tests hold each against the built-in messages.
macro_rules! sentences {
    ($($name:ident = $key:literal, $english:literal;)+) => {
        $(pub const $name: Sentence = Sentence { key: $key, english: $english };)+

        #[cfg(test)]
        const ALL: &[Sentence] = &[$($name),+];
    };
}

sentences! {
    OLD_PAGE = "refused-old-page", "This page is out of date. Reload it and try again.";
    REPLAYED = "refused-replayed", "Replay detected, please click the button again. You may need to refresh the page first.";
    NOT_PERMITTED = "refused-permission", "Your login may not do this. Ask the owner of the account for the permission.";
    FOREIGN = "refused-foreign", "This service belongs to another client.";
    NO_MACHINE = "refused-not-provisioned", "There is no server for this service yet.";
    BEING_SET_UP = "refused-building", "This service is still being set up.";
    STANDING = "refused-standing", "This cannot be done with the service as it is now.";
    WITHHELD = "refused-withheld", "This is not offered for this service.";
    UNSUPPORTED = "refused-unsupported", "This cannot be done with this server.";
    BUSY = "refused-busy", "Something else is under way for this server. Try again when that has ended.";
    HELD = "refused-held", "Nothing can be done with this service at present. Our support knows more.";
    NO_LOGIN = "refused-login", "Nothing is known of how to log in to this server.";
    SPENT = "refused-spent", "This was opened already. Try again.";
    LATE = "refused-late", "There was no answer in time. Try again in a moment.";
    REVEALED = "refused-revealed", "This password was shown already, or its time is over. Ask for a new one.";
    NAME = "refused-name", "A name has 1 to 63 characters, none of them a control character.";
    HOSTNAME = "refused-hostname", "This cannot be a hostname. It has letters, digits, hyphens and dots.";
    SYSTEM = "refused-system", "Choose an operating system.";
    KEY = "refused-key", "Choose a key or paste a public key.";
    NEW_KEY = "refused-new-key", "This SSH key cannot be used. Paste a public key that begins with ssh-ed25519 or ssh-rsa.";
    CHOICE = "refused-choice", "What was chosen cannot be used. Choose something else and try again.";
    ADDRESS = "refused-address", "This is no address. One is written as 203.0.113.5 or 2001:db8::5.";
    HOST_EMPTY = "refused-host-empty", "A hostname has at least one character.";
    HOST_INTERNATIONAL = "refused-host-international", "A hostname with other letters than a to z is entered in its punycode form, the one that begins with xn--.";
    HOST_ILLEGAL = "refused-host-illegal", "A hostname has letters, digits, hyphens, underscores and dots only.";
    HOST_TOO_LONG = "refused-host-too-long", "A hostname has at most 253 characters.";
    HOST_LABEL = "refused-host-label", "Between the dots of a hostname stand 1 to 63 characters.";
    HOST_NO_DOMAIN = "refused-host-no-domain", "A hostname is entered with its domain, as in server.example.com.";
    HOST_HYPHEN = "refused-host-hyphen", "No part of a hostname begins or ends with a hyphen.";
    HOST_NUMBER = "refused-host-number", "A hostname does not end in a number; an address is no hostname.";
    NAMES_OFF = "refused-rdns-off", "Reverse DNS is not set up.";
    NAMES_UNSEEN = "refused-rdns-unseen", "Nothing is known of this server's addresses yet. Try again in a moment.";
    NAMES_UNREAD = "refused-rdns-unread", "Your server could not be looked at just now, so nothing was changed. Try again in a moment.";
    NAMES_UNKNOWN = "refused-rdns-unknown", "Not enough is known at the moment, so nothing was changed. Try again in a moment.";
    FAILED = "refused-failed", "Something went wrong on our side. Try again in a moment.";
    FAULT = "refused-fault", "It did not succeed. Our support knows more.";
    UNDER_WAY = "said-under-way", "It is under way and goes on by itself.";
    IN_LINE = "next-queued", "It begins when what was asked for before it has ended.";
    ASKING = "next-asking", "Our staff has been told and will settle it. You need to do nothing.";
    ON_THIS_PAGE = "sections", "On this page";
    SHOWN = "said-revealed", "This is the new password.";
    BOOTS = "said-power-boot", "The boot is under way.";
    SHUTS_DOWN = "said-power-shutdown", "The shutdown is under way.";
    RESTARTS = "said-power-restart", "The restart is under way.";
    POWERS_OFF = "said-power-poweroff", "The power-off is under way.";
    RENAMED = "said-rename", "The server has its new name.";
    RENAMING = "said-rename-later", "The server is being renamed.";
    PASSWORD_SET = "said-reset-password", "The new password is set.";
    SETTING_PASSWORD = "said-reset-password-later", "The new password is being set. It is shown on this page when it is.";
    ACCOUNT_PASSWORD_SET = "said-reset-account-password", "The new password for the control panel is set.";
    SETTING_ACCOUNT_PASSWORD = "said-reset-account-password-later", "The new password for the control panel is being set. It is shown on this page when it is.";
    REINSTALLED = "said-reinstall", "The server has its new system.";
    REINSTALLING = "said-reinstall-later", "The server is being installed anew. This page shows how far it is.";
    NAME_WRITTEN = "said-rdns-written", "The name is set.";
    NAME_DELETED = "said-rdns-deleted", "The name is removed.";
    NAME_LATER = "said-rdns-later", "The name is being changed. This page shows when it is done.";
    BACK = "page-back", "Back to the service";
}

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

/// What is said of a text that an address cannot point to.
pub const fn no_hostname(why: NotAHostname) -> Sentence {
    match why {
        NotAHostname::Empty => HOST_EMPTY,
        NotAHostname::International => HOST_INTERNATIONAL,
        NotAHostname::Illegal => HOST_ILLEGAL,
        NotAHostname::TooLong => HOST_TOO_LONG,
        NotAHostname::Label => HOST_LABEL,
        NotAHostname::NoDomain => HOST_NO_DOMAIN,
        NotAHostname::Hyphen => HOST_HYPHEN,
        NotAHostname::Number => HOST_NUMBER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = include_str!("../../../../locales/en/client.ftl");
    const GERMAN: &str = include_str!("../../../../locales/de/client.ftl");

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
    fn vf_147_a_hostname_is_refused_in_the_words_of_the_rule_that_it_breaks() {
        for why in [
            NotAHostname::Empty,
            NotAHostname::International,
            NotAHostname::Illegal,
            NotAHostname::TooLong,
            NotAHostname::Label,
            NotAHostname::NoDomain,
            NotAHostname::Hyphen,
            NotAHostname::Number,
        ] {
            assert_eq!(no_hostname(why).english, format!("{why}."));
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
