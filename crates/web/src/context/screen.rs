//! The page that shows a machine's screen.

use domain::Moment;
use engine::{Closing, Turned};
use serde::Serialize;

use super::{Context, sample};

/// What the page is given for one use, and how long it may be open.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ScreenPage {
    /// What the machine is called.
    pub name: String,
    /// Whether the screen comes through the relay.
    pub relayed: bool,
    /// Where it comes from.
    pub address: String,
    /// The ticket, or what a viewer has to know.
    pub key: String,
    /// The script's address.
    pub script: String,
    /// The viewer's address.
    pub viewer: String,
    /// How long it may stay open while nobody does anything, in seconds.
    pub idle: u64,
    /// How long it may stay open at all, in seconds.
    pub total: u64,
    /// How often the session is asked, in seconds.
    pub ask: u64,
    /// What the page may have to say: the ends of messages' keys.
    pub ends: Vec<String>,
}

/// What the page's own script says beside what the relay tells it.
const OWN: [&str; 4] = ["connected", "closed", "unreachable", "security"];

impl ScreenPage {
    /// Everything that the page may have to say: that it is connected, and why it is not any more.
    pub(crate) fn ends() -> Vec<String> {
        let told = Closing::ALL.into_iter().map(Closing::as_str);
        let words = OWN.into_iter().chain(told).chain(Turned::WORDS);
        words.map(|word| word.replace('_', "-")).collect()
    }
}

impl std::fmt::Debug for ScreenPage {
    /// Without what was handed out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScreenPage")
            .field("name", &self.name)
            .field("relayed", &self.relayed)
            .finish_non_exhaustive()
    }
}

impl Context for ScreenPage {
    const TEMPLATE: &'static str = "client/screen.html";

    fn samples(_: Moment) -> Vec<Self> {
        let sample = |relayed| Self {
            name: sample::TEXT.to_owned(),
            relayed,
            address: sample::TEXT.to_owned(),
            key: sample::TEXT.to_owned(),
            script: "/console.js".to_owned(),
            viewer: "/viewer.js".to_owned(),
            idle: 900,
            total: 28_800,
            ask: 30,
            ends: Self::ends(),
        };
        vec![sample(true), sample(false)]
    }
}
