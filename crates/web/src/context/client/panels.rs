//! The panels that a platform's machines may have. Which of them there are is told by the driver's offers and the product's
//! policy; nothing here knows a platform by name.

use std::collections::BTreeMap;

use domain::case::ServiceView;
use domain::observed::FactKind;
use domain::record::{OperationKind, Standing};
use domain::{Actor, Moment};
use engine::{Offers, ShownName};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::figures::{FiguresPanel, ResourcesPanel};
use super::history::HistoryPanel;
use super::manage::{ManagePanel, SecretOffer};
use super::names::NamesPanel;
use super::overview::Overview;
use super::reinstall::ReinstallPanel;
use super::seen::Seen;
use super::traffic::TrafficPanel;
use super::usage::UsagePanel;
use super::{ClientLive, power};

/// The panels beside state, progress, addresses and power.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Panels {
    /// Whether the machine's host is being maintained.
    pub maintenance: bool,
    /// New passwords that wait to be shown.
    pub secrets: Vec<SecretOffer>,
    /// What the machine is.
    pub overview: Overview,
    /// What it has transferred.
    pub traffic: Option<TrafficPanel>,
    /// What it does at this moment.
    pub figures: Option<FiguresPanel>,
    /// New passwords and backups.
    pub manage: Option<ManagePanel>,
    /// Another operating system.
    pub reinstall: Option<ReinstallPanel>,
    /// What its addresses are called.
    pub names: Option<NamesPanel>,
    /// What it has, and what is used of it.
    pub resources: Option<ResourcesPanel>,
    /// What self-service has used.
    pub usage: Option<UsagePanel>,
    /// What was done.
    pub history: HistoryPanel,
}

/// Everything that panels are made from.
pub(crate) struct Around<'a> {
    /// The service.
    pub view: &'a ServiceView,
    /// What its platform's machines offer.
    pub offers: Offers,
    /// What was read of its machine.
    pub seen: Seen,
    /// Whether this user may change it, and sign on to it.
    pub rights: (bool, bool),
    /// This user.
    pub reader: Actor,
    /// New passwords that wait for this user.
    pub secrets: Vec<SecretOffer>,
    /// What its addresses are called; `None` where there is no name server.
    pub names: Option<Vec<ShownName>>,
    /// The present moment.
    pub now: Moment,
}

impl Around<'_> {
    /// Whether clients may ask for it at all, on this platform and for this product.
    pub(super) fn offered(&self, kind: OperationKind) -> bool {
        let has_machine = self.view.link.is_some() && self.is_theirs();
        has_machine && self.offers.acts.contains(&kind) && !self.offers.withheld(&self.view.policy, kind)
    }

    fn reads(&self, kind: FactKind) -> bool {
        self.view.link.is_some() && self.is_theirs() && self.offers.facts.contains(&kind)
    }

    /// While the machine is the client's, even when it is held.
    pub(super) fn is_theirs(&self) -> bool {
        matches!(
            self.view.service.standing,
            Standing::Building | Standing::Live | Standing::Suspended
        )
    }

    /// Why nothing can be done that has to run alone: the end of a message's key.
    pub(super) fn note(&self) -> Option<&'static str> {
        power(self.view, self.rights.0).note
    }

    /// Whether something can be asked for that comes behind what is under way.
    pub(super) fn may_begin(&self) -> bool {
        let mut line = self.view.line();
        match self.note() {
            None => true,
            Some("busy") => !line.any(|operation| operation.kind == OperationKind::Reinstall),
            Some(_) => false,
        }
    }

    pub(super) fn may_sign_on(&self) -> bool {
        self.rights.1 && self.view.service.standing == Standing::Live
    }
}

impl Panels {
    fn new(around: &Around<'_>) -> Self {
        let reading = around.view.reading();
        let machine = reading.as_ref().filter(|_| around.is_theirs());
        let live = around.seen.live.as_ref();
        let maintained = live.is_some_and(|sight| sight.value.maintenance == Some(true));
        Self {
            maintenance: maintained && around.reads(FactKind::Live),
            secrets: around.secrets.clone(),
            overview: Overview::new(around, machine),
            traffic: around
                .reads(FactKind::Traffic)
                .then(|| TrafficPanel::new(around, machine))
                .flatten(),
            figures: around
                .reads(FactKind::Live)
                .then(|| FiguresPanel::new(around))
                .flatten(),
            manage: ManagePanel::new(around),
            reinstall: ReinstallPanel::new(around),
            names: NamesPanel::new(around),
            resources: ResourcesPanel::new(around, machine),
            usage: around
                .reads(FactKind::Usage)
                .then(|| UsagePanel::new(around))
                .flatten(),
            history: history(around),
        }
    }

    /// Leaves out the content that whoever asks has already: revisions by the panel's id.
    pub(crate) fn without(&mut self, had: &BTreeMap<&str, &str>) {
        let has = |id: &str, rev: &str| had.get(id) == Some(&rev);
        if let Some(panel) = &mut self.reinstall {
            panel.same = has("hostler-reinstall", &panel.rev);
        }
        self.history.same = has("hostler-history", &self.history.rev);
    }
}

/// The newest operations, which come with the service.
fn history(around: &Around<'_>) -> HistoryPanel {
    let recent = &around.view.recent;
    let is_full = recent.len() >= super::HISTORY;
    let next = recent.last().filter(|_| is_full);
    HistoryPanel::new(
        recent,
        next.map(|operation| operation.id.to_string()),
        &around.reader,
    )
}

/// A name for a content.
pub(super) fn revision(content: &impl Serialize) -> String {
    let written = serde_json::to_vec(content).unwrap_or_default();
    hex::encode(&Sha256::digest(&written)[..6])
}

impl ClientLive {
    /// With the panels that the platform's machines have.
    #[must_use]
    pub(crate) fn among(mut self, around: &Around<'_>) -> Self {
        self.panels = Panels::new(around);
        self
    }
}

#[cfg(test)]
mod tests;
