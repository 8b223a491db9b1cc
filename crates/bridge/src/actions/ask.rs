//! What a client asks for on the page beside power: another name, new passwords, another system. Each is an operation that
//! the engine judges; what is not over within the request goes on by itself and shows on the page.

use domain::Access;
use domain::given::{Hostname, Reinstall};
use domain::record::{Operation, OperationState};
use engine::core::Intent;
use engine::{EngineError, Goal};
use serde_json::{Value, json};

use super::gates::Subject;
use super::wish::carried_out;
use super::words::{self, Sentence};
use super::{Asked, Stop};
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
    fn read(self, message: &Message) -> Result<Intent, Stop> {
        match self {
            Self::Rename => name(message),
            Self::MachinePassword => Ok(Intent::ResetPassword),
            Self::AccountPassword => Ok(Intent::ResetAccountPassword),
            Self::Reinstall => system(message).map(Intent::Reinstall),
        }
    }

    /// What is said when it is done, or goes on.
    const fn said(self, is_over: bool) -> Sentence {
        match (self, is_over) {
            (Self::Rename, true) => words::RENAMED,
            (Self::Rename, false) => words::RENAMING,
            (Self::MachinePassword, true) => words::PASSWORD_SET,
            (Self::MachinePassword, false) => words::SETTING_PASSWORD,
            (Self::AccountPassword, true) => words::ACCOUNT_PASSWORD_SET,
            (Self::AccountPassword, false) => words::SETTING_ACCOUNT_PASSWORD,
            (Self::Reinstall, true) => words::REINSTALLED,
            (Self::Reinstall, false) => words::REINSTALLING,
        }
    }
}

/// A field of a form, without blanks around it; empty where it was not posted.
pub fn field<'a>(message: &'a Message, name: &str) -> &'a str {
    message.form.get(name).map_or("", |text| text.trim())
}

fn name(message: &Message) -> Result<Intent, Stop> {
    let given = message.form.get("name").map_or("", String::as_str);
    let name = given.parse().map(Intent::Rename);
    name.map_err(|_| Stop::said(400, words::NAME))
}

/// Whether a text can be an id of a platform's; which ids there are is the driver's to say.
fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !text.is_empty() && text.len() <= LONGEST_ID && text.chars().all(plain)
}

fn system(message: &Message) -> Result<Reinstall, Stop> {
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
    let said = |is_over| asked.voice().tell(ask.said(is_over));
    let progress = carried_out(asked, subject, ask.read(asked.message)?, Goal::Final).await?;
    let Some(progress) = progress else {
        return Ok(PageAnswer::done(
            &json!({ "operation": null, "state": OperationState::Succeeded, "message": said(true) }),
        ));
    };
    let mut data = json!({
        "operation": progress.operation.id,
        "state": progress.operation.state,
        "message": said(progress.met),
    });
    if progress.met
        && let Some(secret) = revealed(asked, &progress.operation).await?
    {
        data["secret"] = secret;
    }
    Ok(PageAnswer::done(&data))
}

/// `revealSecret`: what an operation of the service brought, once, to the user who asked for the operation.
pub async fn reveal(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let gone = || Stop::said(409, words::REVEALED);
    let id = field(asked.message, "operation").parse().map_err(|_| gone())?;
    let operation = match asked.state.engine().operation(id).await {
        // Another service's operation is as good as none.
        Ok(operation) if operation.service == subject.view.service.id => operation,
        Ok(_) | Err(EngineError::NotFound(_)) => return Err(gone()),
        Err(error) => return Err(Stop::fault(&error)),
    };
    let secret = revealed(asked, &operation).await?.ok_or_else(gone)?;
    let message = asked.voice().tell(words::SHOWN);
    Ok(PageAnswer::done(&json!({
        "operation": operation.id,
        "state": OperationState::Succeeded,
        "message": message,
        "secret": secret,
    })))
}

/// The secret as the page shows it. Only a password leaves here: an address that opens something has a way of its own.
async fn revealed(asked: &Asked<'_>, operation: &Operation) -> Result<Option<Value>, Stop> {
    if !operation.kind.brings_password() {
        return Ok(None);
    }
    let engine = asked.state.engine();
    let secret = engine
        .reveal(operation.id, &asked.message.context.actor())
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
            assert_eq!(format!("{}-later", ask.said(true).key), ask.said(false).key);
        }
    }
}
