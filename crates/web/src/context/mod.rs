//! What templates see: plain values, made by pure functions, each with samples of itself.

mod amount;
mod client;
mod mask;
mod operator;
mod progress;
mod sample;
mod screen;
mod when;

use domain::Moment;
use domain::record::PlatformKind;
use serde::Serialize;

pub use client::{
    Addresses, BackupRow, Badge, ClientLive, ClientPage, ConsolePanel, FiguresPanel, FileSystemRow,
    HistoryPanel, HistoryRow, KeyChoice, LoginPanel, ManagePanel, Meter, Money, MonthRow, NameLine,
    NamesPanel, Overview, Panels, PeriodRow, PlaceChip, PowerButton, PowerPanel, ReinstallPanel, RenameField,
    ResourcesPanel, SECTIONS, SecretOffer, Section, Share, SpentRow, StateWord, SystemCard, SystemGroup,
    TrafficPanel, UsagePanel,
};
pub(crate) use client::{Around, HISTORY, Seen, name_id, name_standing};
pub(crate) use mask::{mask, veil};
pub use operator::{
    AdminInfo, AdminNameList, AdminNameRow, AdminNames, AdminObject, AdminOptions, AdminState, AlarmRow,
    AskedRow, AuditRow, CallRow, EffectRow, EffectsPage, FactRow, LinkRow, ModulePanel, NameRow, NamesPage,
    NamesPreview, OperationPage, OperationRow, OperationsPage, OverviewPage, PlatformRow, PlatformsPage,
    ProductRow, ProductsPage, QuestionRow, QuestionsPage, RoomRow, ServicePage, ServiceRow, ServicesPage,
    Specs, StepRow, StockPage, StockRow, WhyRow,
};
pub(crate) use operator::{is_over, shown};
pub use progress::{NextThing, Progress, ProgressStep};
pub use screen::ScreenPage;
pub use when::When;

use crate::templates::{Broken, Templates};

/// The values of one template.
pub trait Context: Serialize + Sized {
    /// The template's file below `templates/`.
    const TEMPLATE: &'static str;

    /// Values that show each branch of the template, for checking operators' own templates.
    fn samples(now: Moment) -> Vec<Self>;
}

/// What every template sees beside its own values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// The tag of the language.
    pub lang: String,
    /// Where links lead.
    pub base: String,
    /// The service that a client's links carry.
    pub service: Option<u64>,
    /// The anti-CSRF token of the forms.
    pub token: String,
    /// The one-time token of the forms that change a service.
    pub once: String,
    /// The stylesheet's address.
    pub stylesheet: String,
    /// The script's address.
    pub script: String,
    /// What the operator calls the panel for clients; nothing where it has no name for them.
    pub panel: Option<String>,
    /// Whether another page is around this one.
    pub embedded: bool,
    /// The operator's page that is shown, for the navigation.
    pub section: String,
    /// The present moment, in microseconds.
    pub now: Moment,
}

impl Frame {
    /// A frame for rendering samples.
    pub fn sample() -> Self {
        Self {
            lang: "en".to_owned(),
            base: "/modules/servers/Example/client.php".to_owned(),
            service: Some(12),
            token: "0".repeat(64),
            once: "1800000000.0.0".to_owned(),
            stylesheet: "/hostler.css".to_owned(),
            script: "/hostler.js".to_owned(),
            panel: None,
            embedded: false,
            section: "overview".to_owned(),
            now: Moment::from_seconds(1_800_000_000),
        }
    }
}

/// A sentence: written by the engine, or a message with arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The status that the page is answered with.
    pub status: u16,
    /// The sentence.
    pub sentence: String,
    /// Where "back" leads; nowhere when empty.
    pub back: String,
}

impl Context for Notice {
    const TEMPLATE: &'static str = "notice.html";

    fn samples(_: Moment) -> Vec<Self> {
        let sentence = sample::TEXT.to_owned();
        vec![
            Self {
                status: 403,
                sentence: sentence.clone(),
                back: "/back?a=1&b=2".to_owned(),
            },
            Self {
                status: 500,
                sentence,
                back: String::new(),
            },
        ]
    }
}

/// Renders every template with every sample and says which fail.
pub fn check_all(templates: &Templates) -> Vec<Broken> {
    let frame = Frame::sample();
    [
        templates.check::<Notice>(&frame),
        templates.check::<ClientPage>(&frame),
        templates.check::<ClientLive>(&frame),
        templates.check::<HistoryPanel>(&frame),
        templates.check::<ScreenPage>(&frame),
        operator::check_all(templates, &frame),
    ]
    .concat()
}

/// A driver's phrase for a client's eyes: it does not name the platform.
pub(crate) fn for_clients(phrase: &str) -> String {
    let mut text = phrase.to_owned();
    for name in PlatformKind::ALL.iter().map(|kind| kind.as_str()) {
        // Platform names are ASCII, so that lowering keeps the positions.
        while let Some(at) = text.to_ascii_lowercase().find(name) {
            text.replace_range(at..at + name.len(), "platform");
        }
    }
    text
}

#[cfg(test)]
mod tests;
