//! What a client asks for on the page beside power: another name, new passwords, another system. Each is an operation that
//! the engine judges; what is not over within the request goes on by itself and shows on the page.

use domain::Access;
use domain::given::{Hostname, Reinstall};
use domain::id::OperationId;
use domain::record::OperationState;
use engine::core::Intent;
use engine::{EngineError, Goal};
use serde_json::{Value, json};

use super::gates::Subject;
use super::wish::carried_out;
use super::{Asked, Stop, words};
use crate::page::{Message, PageAnswer};

/// The choice of a key that the account does not have yet.
const NEW_KEY: &str = "__new__";
/// No public key is longer, in bytes.
const LONGEST_KEY: usize = 8_192;
/// No platform's id is longer, in bytes.
const LONGEST_ID: usize = 128;

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Another name.
    Rename,
    /// A new password for the machine's administrator.
    MachinePassword,
    /// A new password for the account on the platform.
    AccountPassword,
    /// Another system.
    Reinstall,
}

impl Ask {
    /// The action's name: the original's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rename => "rename",
            Self::MachinePassword => "resetServerPassword",
            Self::AccountPassword => "resetPassword",
            Self::Reinstall => "rebuild",
        }
    }

    /// What the form asks for, or why it asks for nothing.
    fn read(self, asked: &Asked<'_>) -> Result<Intent, Stop> {
        match self {
            Self::Rename => name(asked),
            Self::MachinePassword => Ok(Intent::ResetPassword),
            Self::AccountPassword => Ok(Intent::ResetAccountPassword),
            Self::Reinstall => system(asked).map(Intent::Reinstall),
        }
    }

    /// What is said when it is done, or goes on: a message's key, and its English text.
    const fn said(self, is_over: bool) -> (&'static str, &'static str) {
        match (self, is_over) {
            (Self::Rename, true) => ("said-rename", "The server has its new name."),
            (Self::Rename, false) => ("said-rename-later", "The server is being renamed."),
            (Self::MachinePassword, true) => ("said-reset-password", "The new password is set."),
            (Self::MachinePassword, false) => (
                "said-reset-password-later",
                "The new password is being set. It is shown on this page when it is.",
            ),
            (Self::AccountPassword, true) => (
                "said-reset-account-password",
                "The new password for the control panel is set.",
            ),
            (Self::AccountPassword, false) => (
                "said-reset-account-password-later",
                "The new password for the control panel is being set. It is shown on this page when it is.",
            ),
            (Self::Reinstall, true) => ("said-reinstall", "The server has its new system."),
            (Self::Reinstall, false) => (
                "said-reinstall-later",
                "The server is being installed anew. This page shows how far it is.",
            ),
        }
    }
}

fn field<'a>(message: &'a Message, name: &str) -> &'a str {
    message.form.get(name).map_or("", |text| text.trim())
}

fn name(asked: &Asked<'_>) -> Result<Intent, Stop> {
    let given = asked.message.form.get("name").map_or("", String::as_str);
    let name = given.parse().map(Intent::Rename);
    name.map_err(|_| Stop::said(400, words::NAME))
}

/// Whether a text can be an id of a platform's; which ids there are is the driver's to say.
fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty() && text.len() <= LONGEST_ID && text.chars().all(plain)
}

fn system(asked: &Asked<'_>) -> Result<Reinstall, Stop> {
    let message = asked.message;
    let image = field(message, "osId");
    if !is_id(image) || image == "0" {
        return Err(Stop::said(400, words::SYSTEM));
    }
    let hostname = Hostname::typed(field(message, "hostname"));
    let hostname = hostname.map_err(|_| Stop::said(400, words::HOSTNAME))?;
    let no_key = || Stop::said(400, words::KEY);
    let (keys, new_key) = match field(message, "sshKey") {
        "" => (Vec::new(), None),
        NEW_KEY => {
            let text = field(message, "newKey");
            if text.is_empty() || text.len() > LONGEST_KEY || text.contains(['\r', '\n', '\0']) {
                return Err(no_key());
            }
            (Vec::new(), Some(text.to_owned()))
        }
        id if is_id(id) => (vec![id.to_owned()], None),
        _ => return Err(no_key()),
    };
    Ok(Reinstall {
        image: image.to_owned(),
        hostname,
        keys,
        new_key,
    })
}

/// Has it done, and answers with what has come of it so far.
pub async fn answer(asked: &Asked<'_>, subject: &Subject<'_>, ask: Ask) -> Result<PageAnswer, Stop> {
    let said = |is_over| {
        let (key, english) = ask.said(is_over);
        asked.voice().say(key, &[], english)
    };
    let progress = carried_out(asked, subject, ask.read(asked)?, Goal::Final).await?;
    let Some(progress) = progress else {
        return Ok(PageAnswer::done(
            &json!({ "operation": null, "state": OperationState::Succeeded, "message": said(true) }),
        ));
    };
    let operation = progress.operation.id;
    let mut data = json!({
        "operation": operation,
        "state": progress.operation.state,
        "message": said(progress.met),
    });
    if progress.met
        && let Some(secret) = revealed(asked, subject, operation).await?
    {
        data["secret"] = secret;
    }
    Ok(PageAnswer::done(&data))
}

/// `revealSecret`: what an operation brought, once, to the user who asked for the operation.
pub async fn reveal(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let gone = || Stop::said(409, words::REVEALED);
    let operation = field(asked.message, "operation").parse().map_err(|_| gone())?;
    let secret = revealed(asked, subject, operation).await?.ok_or_else(gone)?;
    let message = asked.voice().tell(words::SHOWN);
    Ok(PageAnswer::done(&json!({
        "operation": operation,
        "state": OperationState::Succeeded,
        "message": message,
        "secret": secret,
    })))
}

/// The secret as the page shows it. Another service's operation is as good as none, and only a password leaves here: an
/// address that opens something has a way of its own.
async fn revealed(
    asked: &Asked<'_>,
    subject: &Subject<'_>,
    operation: OperationId,
) -> Result<Option<Value>, Stop> {
    let engine = asked.state.engine();
    let brings = match engine.operation(operation).await {
        Ok(brings) => brings,
        Err(EngineError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(Stop::fault(&error)),
    };
    if brings.service != subject.view.service.id || !brings.kind.brings_password() {
        return Ok(None);
    }
    let secret = engine
        .reveal(operation, &asked.message.context.actor())
        .await
        .map_err(|error| Stop::fault(&error))?;
    Ok(secret.map(|secret| match Access::open(&secret) {
        Some(access) => json!({ "name": access.name, "password": access.password.expose() }),
        None => json!({ "name": null, "password": secret.expose() }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_plain_and_bounded() {
        for good in ["46", "img_3fK.q-9"] {
            assert!(is_id(good), "{good}");
        }
        let long = "1".repeat(LONGEST_ID + 1);
        for bad in ["", "4 6", "4/6", "<b>", "ü", long.as_str()] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_over_and_what_goes_on_is_said_otherwise() {
        for ask in [
            Ask::Rename,
            Ask::MachinePassword,
            Ask::AccountPassword,
            Ask::Reinstall,
        ] {
            assert_ne!(ask.said(true), ask.said(false), "{ask:?}");
            assert_eq!(format!("{}-later", ask.said(true).0), ask.said(false).0);
            // What is said without pages is what the built-in English says.
            for (key, english) in [ask.said(true), ask.said(false)] {
                assert!(ENGLISH.contains(&format!("\n{key} = {english}\n")), "{key}");
            }
        }
    }

    const ENGLISH: &str = include_str!("../../../../locales/en/client.ftl");
}
