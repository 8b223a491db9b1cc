//! What some platforms' machines offer beside what all have: a word for the state, the first login, a console. Which of it
//! there is says the platform's driver; nothing here knows a platform by name.

use domain::case::ServiceView;
use domain::record::{OperationKind, Standing};
use engine::{Hosting, Offers};
use serde::Serialize;

use super::ClientLive;

/// The platform's own word for the machine's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateWord {
    /// As the stylesheet has it.
    pub word: String,
    /// As people read it.
    pub text: String,
}

impl StateWord {
    /// From a word; whatever could not be the name of a class is left out.
    pub fn new(word: &str) -> Self {
        let word: String = word
            .to_ascii_lowercase()
            .chars()
            .filter(|letter| letter.is_ascii_lowercase() || *letter == '_')
            .collect();
        let text = word.replace('_', " ");
        Self { word, text }
    }

    /// Of a service: the machine's, else what there is instead of a machine.
    pub fn of(view: &ServiceView) -> Self {
        Self::new(&view.state_word())
    }
}

/// How the owner logs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginPanel {
    /// The user.
    pub user: String,
    /// The address, where there is one.
    pub address: Option<String>,
    /// Whether this user may see the password.
    pub may_reveal: bool,
}

/// The console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ConsolePanel {
    /// Whether it can be opened now.
    pub enabled: bool,
    /// What is posted to open it.
    pub action: &'static str,
    /// Whether it has a window of its own, rather than a place on the page.
    pub window: bool,
}

impl ConsolePanel {
    /// A page of the platform where signing on opens one, else a screen where one can be opened.
    fn new(view: &ServiceView, offers: Offers, enabled: bool) -> Option<Self> {
        let (kind, action, window) = if offers.console {
            (OperationKind::SignOn, "console", false)
        } else {
            (OperationKind::Console, "vncViewer", true)
        };
        if !offers.acts.contains(&kind) || offers.withheld(&view.policy, kind) {
            return None;
        }
        Some(Self {
            enabled,
            action,
            window,
        })
    }
}

impl ClientLive {
    /// With what the platform's machines offer. `may` says whether this user may change the service, `may_open` whether
    /// it may open a console.
    #[must_use]
    pub fn offering(
        mut self,
        view: &ServiceView,
        offers: Offers,
        hosting: Option<Hosting>,
        (may, may_open): (bool, bool),
    ) -> Self {
        let theirs = matches!(view.service.standing, Standing::Live | Standing::Building);
        if offers.states && theirs {
            let power = view.reading().and_then(|machine| machine.power.known().copied());
            for button in &mut self.power.buttons {
                button.enabled &= !power.is_some_and(|power| button.action.is_pointless(power));
                button.confirm = true;
            }
            self.state = Some(StateWord::of(view));
        }
        let linked = theirs && view.link.is_some();
        if offers.login && linked {
            self.login = hosting.and_then(|hosting| {
                Some(LoginPanel {
                    user: hosting.user?,
                    address: hosting.dedicated,
                    may_reveal: may && view.service.standing == Standing::Live,
                })
            });
        }
        if linked {
            let enabled = may_open && view.service.standing == Standing::Live;
            self.console = ConsolePanel::new(view, offers, enabled);
        }
        self
    }
}
