//! `client.php?serviceID=N&action=X`.

use super::gates::{self, Subject};
use super::{Asked, Stop, power, server_data, sign_on};
use crate::page::PageAnswer;

/// What a client can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    ServerData,
    Power,
    SignOn,
}

impl Action {
    fn read(name: &str) -> Result<Self, Stop> {
        match name {
            "" => Err(Stop::new(400, "No action was named.")),
            "serverData" => Ok(Self::ServerData),
            "powerAction" => Ok(Self::Power),
            "loginAsServerOwner" => Ok(Self::SignOn),
            _ => Err(Stop::new(400, "There is no such action.")),
        }
    }

    /// The billing system's permission for it.
    const fn permission(self) -> &'static str {
        match self {
            Self::ServerData => "products",
            Self::Power => "manageproducts",
            Self::SignOn => "productsso",
        }
    }
}

/// Answers a client's action.
pub(crate) async fn answer(asked: Asked<'_>) -> Result<PageAnswer, Stop> {
    let message = asked.message;
    gates::signed_in(message)?;
    let action = Action::read(&message.target.name)?;
    let changes = action == Action::Power || gates::is_changing(&message.method);
    if changes {
        gates::posted(message)?;
    }
    let subject = subject(&asked, action, changes).await?;
    match action {
        Action::ServerData => Ok(PageAnswer::done(&server_data::of(&subject.view))),
        Action::Power => power::answer(&asked, &subject).await,
        Action::SignOn => sign_on::answer(&asked, &subject).await,
    }
}

/// The gates about the service.
async fn subject<'a>(asked: &Asked<'a>, action: Action, changes: bool) -> Result<Subject<'a>, Stop> {
    let message = asked.message;
    let row = gates::row(message)?;
    let view = match row {
        Some(row) => asked
            .state
            .engine()
            .view(&asked.admitted.installation.id, row.service)
            .await
            .map_err(|error| Stop::fault(&error))?,
        None => None,
    };
    let row = gates::owned(row, view.as_ref(), &message.context)?;
    if changes && !gates::token_fits(asked, Some(row.service)) {
        return Err(Stop::new(
            403,
            "This page is out of date. Reload it and try again.",
        ));
    }
    let subject = gates::provisioned(row, view)?;
    gates::permitted(message, action.permission())?;
    if action != Action::ServerData {
        gates::active(row)?;
    }
    Ok(subject)
}
