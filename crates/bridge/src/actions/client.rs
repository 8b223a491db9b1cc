//! `client.php?serviceID=N&action=X`.

use domain::record::Module;

use super::ask::{self, Ask};
use super::gates::{self, Subject};
use super::seen::{self, Look};
use super::{Asked, Stop, console, names, power, reveal, server_data, sign_on, words};
use crate::page::PageAnswer;
use crate::vocabulary::Vocabulary;

/// What a client can ask for. Which of these there are is the module's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// What is known of the machine.
    ServerData,
    /// Boot, shut down, restart, power off.
    Power,
    /// An address of the platform's panel.
    SignOn,
    /// The machine's console, a page of the platform's in a frame.
    Console,
    /// The machine's console, a screen on a page of ours.
    Viewer,
    /// That screen, on or off.
    Toggle,
    /// The session's answer to the relay of consoles.
    Vouch,
    /// The first login.
    RevealLogin,
    /// Another name, a new password, another system.
    Ask(Ask),
    /// What such a wish brought in secret.
    RevealSecret,
    /// What was read of the machine beside its state.
    Look(Look),
    /// What its addresses are called.
    Names,
    /// Another name for one of them, or none.
    EditName,
}

impl Action {
    fn read(module: &str, name: &str) -> Result<Self, Stop> {
        if name.is_empty() {
            return Err(Stop::new(400, "No action was named."));
        }
        let module = module.parse::<Module>().ok();
        let offered = module.map_or(&[][..], |module| Vocabulary::of(module).actions);
        let named = offered.iter().find(|action| action.name() == name);
        named
            .copied()
            .ok_or_else(|| Stop::new(400, "There is no such action."))
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ServerData => "serverData",
            Self::Power => "powerAction",
            Self::SignOn => "loginAsServerOwner",
            Self::Console => "console",
            Self::Viewer => "vncViewer",
            Self::Toggle => "toggleVnc",
            Self::Vouch => "consoleProof",
            Self::RevealLogin => "revealLogin",
            Self::Ask(ask) => ask.name(),
            Self::RevealSecret => "revealSecret",
            Self::Look(look) => look.name(),
            Self::Names => "rdnsList",
            Self::EditName => "rdnsUpdate",
        }
    }

    /// Whether it is only ever posted.
    const fn is_posted(self) -> bool {
        !matches!(
            self,
            Self::ServerData | Self::SignOn | Self::Look(_) | Self::Names
        )
    }

    /// The billing system's permission for it.
    const fn permission(self) -> &'static str {
        match self {
            Self::ServerData | Self::Look(_) | Self::Names => "products",
            Self::Power | Self::RevealLogin | Self::RevealSecret | Self::Ask(_) | Self::EditName => {
                "manageproducts"
            }
            Self::SignOn | Self::Console | Self::Viewer | Self::Toggle | Self::Vouch => "productsso",
        }
    }
}

/// Answers a client's action.
pub(crate) async fn answer(asked: Asked<'_>) -> Result<PageAnswer, Stop> {
    let outcome = acted(asked).await;
    if [Action::Console, Action::Viewer]
        .map(Action::name)
        .contains(&asked.message.target.name.as_str())
    {
        // It is shown in a frame or a window, where an envelope would be read by a person.
        return outcome.or_else(|stop| Ok(stop.page(asked.voice())));
    }
    outcome
}

async fn acted(asked: Asked<'_>) -> Result<PageAnswer, Stop> {
    let message = asked.message;
    gates::signed_in(message)?;
    let action = Action::read(&message.module, &message.target.name)?;
    let changes = action.is_posted() || gates::is_changing(&message.method);
    if changes {
        gates::posted(message)?;
    }
    let subject = subject(&asked, action, changes).await?;
    match action {
        Action::ServerData => {
            let shown = seen::shown(&asked, subject.view).await?;
            Ok(PageAnswer::done(&server_data::of(&shown, asked.voice())))
        }
        Action::Power => power::answer(&asked, &subject).await,
        Action::SignOn => sign_on::answer(&asked, &subject).await,
        Action::Console => sign_on::console(&asked, &subject).await,
        Action::Viewer => console::viewer(&asked, &subject).await,
        Action::Toggle => console::toggle(&asked, &subject).await,
        Action::Vouch => console::vouch(&asked, &subject).await,
        Action::RevealLogin => reveal::answer(&asked, &subject).await,
        Action::Ask(wish) => ask::answer(&asked, &subject, wish).await,
        Action::RevealSecret => ask::reveal(&asked, &subject).await,
        Action::Look(look) => seen::answer(&asked, subject, look).await,
        Action::Names => names::seen(&asked, &subject).await,
        Action::EditName => names::change(&asked, &subject).await,
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
        return Err(Stop::said(403, words::OLD_PAGE));
    }
    if changes {
        gates::once(asked, row.service, action).await?;
    }
    let subject = gates::provisioned(row, view)?;
    gates::permitted(message, action.permission())?;
    match action {
        // What the engine keeps back is no wish that it would judge.
        Action::RevealLogin | Action::RevealSecret | Action::EditName => gates::active(&subject)?,
        Action::Names => gates::kept(&subject)?,
        _ => {}
    }
    Ok(subject)
}
