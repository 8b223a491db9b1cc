//! Recovery of a store that was restored, failed over, or begun anew: nothing that makes or disturbs a machine leaves
//! until platforms, the billing side's copies and the store have been compared, and what is not sure has been decided.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::change::Refused;
use domain::id::{InstallationId, OperationId};
use domain::machine::{Identity, Machine};
use domain::record::{Operation, OperationKind, OperationState, Platform, PlatformState, Recovery, Standing};
use domain::{Actor, Change, Commit, Fence, Moment};
use serde::{Deserialize, Serialize};
use store::{OperationFilter, PageRequest, ServiceFilter, StoreError, Tide};

use crate::adoption::AdoptionRow;
use crate::core::{self, Claim, Comparison, Intent, Seen, compare};
use crate::engine::{Engine, Wish};
use crate::error::EngineError;

/// Where the recovery's own notes are kept.
const NOTES: &str = "recovery_notes";

/// What the recovery has learnt and what a person has decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Notes {
    epoch: u64,
    /// The last moment of which the store tells anything.
    as_of: Option<Moment>,
    /// When each billing system's copies arrived.
    copies: BTreeMap<String, Moment>,
    /// Machines that a person said are none of our business, and services that have none (`service 12`).
    dismissed: Vec<String>,
}

/// Something that only a person can decide before the recovery may end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsure {
    /// The platform.
    pub platform: String,
    /// The service, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<u64>,
    /// The machine, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// What is not sure, in a sentence.
    pub what: String,
    /// The command's arguments that decide it.
    pub decide: Vec<String>,
}

/// How far a recovery has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecoveryReport {
    /// The recovery; `None` when the store is trusted.
    pub recovery: Option<Recovery>,
    /// The last moment of which the restored store tells anything.
    pub as_of: Option<Moment>,
    /// Billing systems whose copies of the links have not come yet.
    pub without_copies: Vec<InstallationId>,
    /// Platforms that could not be listed, with why.
    pub unlisted: BTreeMap<String, String>,
    /// Services whose linked machine is there and the same.
    pub sure: usize,
    /// Services that got, or will get, the machine that the billing side's copy names.
    pub relinked: Vec<(u64, String)>,
    /// Creates of which nothing was found: they count as unknown, and are looked for before anything is made.
    pub unknown_creates: Vec<u64>,
    /// What a person has to decide.
    pub unsure: Vec<Unsure>,
}

impl RecoveryReport {
    /// Why the recovery cannot end yet; empty when it can.
    pub fn obstacles(&self) -> Vec<String> {
        let copies = self.without_copies.iter().map(|id| {
            format!(
                "installation {id} has not sent its services yet: they come with its next cron run, or with \"Send all \
                 services now\" on its addon page"
            )
        });
        let lists = self
            .unlisted
            .iter()
            .map(|(name, why)| format!("platform {name} could not be listed: {why}"));
        let unsure = self
            .unsure
            .iter()
            .map(|unsure| format!("{} ({})", unsure.what, unsure.decide.join(" or ")));
        copies.chain(lists).chain(unsure).collect()
    }
}

/// What a person decides about something unsure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// This machine is the service's.
    Link {
        /// The service's billing system.
        installation: InstallationId,
        /// The service.
        service: u64,
        /// The machine's id.
        machine: String,
    },
    /// The service has none of the machines that were found; its create goes on as unknown.
    NoMachine {
        /// The service.
        service: u64,
    },
    /// The machine is none of our business, or is dealt with on the platform.
    Ignore {
        /// The machine's id.
        machine: String,
    },
}

impl Engine {
    /// Finds out whether the store can be trusted, before anything runs: by its own word, or because it is older than
    /// the tide mark in `tide`. Returns the recovery that is under way.
    pub async fn take_bearings(&self, tide: Option<PathBuf>) -> Result<Option<Recovery>, EngineError> {
        let mut recovery = self.store().recovery().await?;
        if let Some(file) = &tide {
            let behind = match self.store().check_tide(file).await? {
                Tide::Behind { why } if recovery.is_none() => Some(why),
                Tide::Same | Tide::Fresh | Tide::Behind { .. } => None,
            };
            if let Some(why) = behind {
                recovery = Some(self.store().begin_recovery(&why).await?);
            }
            self.store().mark_tide(file).await?;
        }
        self.set_tide(tide);
        if let Some(recovery) = &recovery {
            tracing::error!(
                why = %recovery.why,
                epoch = recovery.epoch,
                "the store was restored: nothing that makes or disturbs a machine leaves before `hostler recover`"
            );
            self.enter(recovery).await?;
        }
        Ok(recovery)
    }

    /// Begins a recovery by hand: for a database that was brought back in a way that leaves no trace.
    pub async fn begin_recovery(&self, why: &str) -> Result<Recovery, EngineError> {
        let recovery = self.store().begin_recovery(why).await?;
        self.enter(&recovery).await?;
        Ok(recovery)
    }

    /// From here on acts are held; unfinished creates count as unknown.
    async fn enter(&self, recovery: &Recovery) -> Result<(), EngineError> {
        let mut notes = self.notes().await?;
        if notes.epoch != recovery.epoch {
            notes = Notes {
                epoch: recovery.epoch,
                as_of: self.last_word(recovery.began_at).await?,
                ..Notes::default()
            };
            self.keep_notes(&notes).await?;
        }
        self.set_recovering(Some(recovery.began_at));
        self.raise(
            "recovery",
            format!(
                "the store was restored ({}). Nothing that makes or disturbs a machine leaves until `hostler recover` \
                 has compared platforms and billing systems with it",
                recovery.why
            ),
        )
        .await?;
        for operation in self.unfinished_creates().await? {
            self.distrust(operation.id).await?;
        }
        Ok(())
    }

    async fn distrust(&self, create: OperationId) -> Result<(), EngineError> {
        loop {
            let Some(case) = self.store().case(create).await? else {
                return Ok(());
            };
            let Some(commit) = core::distrust(&case, self.world_of(Some(&case))) else {
                return Ok(());
            };
            match self.store().commit(commit).await {
                Ok(_) => return Ok(()),
                // It went on meanwhile: marked from where it is now.
                Err(StoreError::Refused(Refused::ServiceChanged(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The last moment before `began_at` at which the store wrote anything about a service.
    async fn last_word(&self, began_at: Moment) -> Result<Option<Moment>, EngineError> {
        let mut last = None;
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().services(&ServiceFilter::default(), &page).await?;
            let before = found
                .items
                .iter()
                .map(|service| service.updated_at)
                .filter(|at| *at < began_at);
            last = last.max(before.max());
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(last),
            }
        }
    }

    async fn unfinished_creates(&self) -> Result<Vec<Operation>, EngineError> {
        let filter = OperationFilter {
            open: Some(true),
            kind: Some(OperationKind::Create),
            ..OperationFilter::default()
        };
        let mut creates = Vec::new();
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().operations(&filter, &page).await?;
            creates.extend(found.items);
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(creates),
            }
        }
    }

    /// Whether a billing system is to send its services now.
    pub async fn wants_copies(&self, installation: &InstallationId) -> Result<bool, EngineError> {
        Ok(self.recovering().is_some() && !self.notes().await?.copies.contains_key(installation.as_str()))
    }

    /// Takes over a billing system's copies of the links, during a recovery: services that the store forgot are known
    /// again, and each says which machine it had.
    pub async fn note_copies(
        &self,
        installation: &InstallationId,
        rows: Vec<AdoptionRow>,
    ) -> Result<(), EngineError> {
        for row in rows {
            match self.view(installation, row.billing_id).await? {
                Some(view) if view.service.mapped_id == row.told.mapped_id => {}
                Some(view) => {
                    let mut service = view.service;
                    let fence = Fence::service(service.id, service.version);
                    service.mapped_id = row.told.mapped_id;
                    service.updated_at = self.now();
                    let changes = vec![Change::PutService(service)];
                    match self.store().commit(Commit { fence, changes }).await {
                        // Changed meanwhile: the next snapshot tells it again.
                        Ok(_) | Err(StoreError::Refused(_)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                None if row.told.mapped_id.is_some() => self.note_forgotten(installation, row).await?,
                None => {}
            }
        }
        let mut notes = self.notes().await?;
        notes.copies.insert(installation.to_string(), self.now());
        self.keep_notes(&notes).await
    }

    /// Compares everything, and says how far the recovery is. With `apply` the services whose copies are certain get
    /// their machines back.
    pub async fn recover(&self, apply: bool, actor: &Actor) -> Result<RecoveryReport, EngineError> {
        let notes = self.notes().await?;
        let mut report = RecoveryReport {
            recovery: self.store().recovery().await?,
            as_of: notes.as_of,
            without_copies: Vec::new(),
            unlisted: BTreeMap::new(),
            sure: 0,
            relinked: Vec::new(),
            unknown_creates: Vec::new(),
            unsure: Vec::new(),
        };
        for installation in self.store().installations().await? {
            if !notes.copies.contains_key(installation.id.as_str()) {
                report.without_copies.push(installation.id);
            }
        }
        for platform in self.store().platforms().await? {
            if platform.state != PlatformState::Approved {
                continue;
            }
            let since = notes
                .as_of
                .or_else(|| report.recovery.as_ref().map(|_| Moment::EPOCH));
            match self.list_machines(&platform).await? {
                Ok(listing) => {
                    let comparison = compare(self.claims(platform.id).await?, &listing, since);
                    self.account_for(&platform, comparison, &notes, apply.then_some(actor), &mut report)
                        .await?;
                }
                Err(why) => {
                    report.unlisted.insert(platform.name, why);
                }
            }
        }
        Ok(report)
    }

    async fn account_for(
        &self,
        platform: &Platform,
        comparison: Comparison,
        notes: &Notes,
        apply: Option<&Actor>,
        report: &mut RecoveryReport,
    ) -> Result<(), EngineError> {
        for (claim, seen) in comparison.claims {
            match &seen {
                Seen::AsLinked | Seen::HeldUpstream => report.sure += 1,
                Seen::Copied(machine) => {
                    if let Some(actor) = apply {
                        self.give_back(&claim, machine, actor).await?;
                    }
                    report
                        .relinked
                        .push((claim.billing_id, machine.identity.id.clone()));
                }
                Seen::Nothing if claim.creating => report.unknown_creates.push(claim.billing_id),
                Seen::Nothing => {}
                Seen::Vanished | Seen::Differs(_) | Seen::CopyUnsure(_) | Seen::MayBe(_) => {
                    let unsure = unsure(platform, &claim, &seen);
                    if notes.dismissed.contains(&service_note(claim.billing_id)) {
                        report
                            .unknown_creates
                            .extend(claim.creating.then_some(claim.billing_id));
                    } else {
                        report.unsure.push(unsure);
                    }
                }
            }
        }
        let unclaimed = comparison
            .unclaimed
            .iter()
            .filter(|one| !notes.dismissed.contains(&one.machine.identity.id));
        report.unsure.extend(unclaimed.map(|one| Unsure {
            platform: platform.name.clone(),
            service: one.near,
            machine: Some(one.machine.identity.id.clone()),
            what: format!(
                "machine {} ({}) on platform {} is claimed by no service{}",
                one.machine.identity.id,
                if one.machine.name.is_empty() {
                    "without a name"
                } else {
                    &one.machine.name
                },
                platform.name,
                one.near.map_or_else(String::new, |near| format!(
                    "; it resembles that of service {near}"
                ))
            ),
            decide: vec![
                format!("--ignore {}", one.machine.identity.id),
                format!("--link SERVICE={}", one.machine.identity.id),
            ],
        }));
        Ok(())
    }

    /// Decides something unsure.
    pub async fn rule(&self, ruling: Ruling, actor: &Actor) -> Result<(), EngineError> {
        if self.recovering().is_none() {
            return Err(EngineError::Invalid("no recovery is under way".to_owned()));
        }
        let dismissed = match ruling {
            Ruling::Link {
                installation,
                service,
                machine,
            } => return self.link_by_hand(&installation, service, &machine, actor).await,
            Ruling::NoMachine { service } => service_note(service),
            Ruling::Ignore { machine } => machine,
        };
        self.note(None, actor, "recovery.dismissed", &dismissed).await?;
        let mut notes = self.notes().await?;
        if !notes.dismissed.contains(&dismissed) {
            notes.dismissed.push(dismissed);
            self.keep_notes(&notes).await?;
        }
        Ok(())
    }

    async fn link_by_hand(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        machine: &str,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        let view = self.view(installation, billing_id).await?;
        let view = view.ok_or_else(|| EngineError::NotFound(format!("service {billing_id}")))?;
        let platform = view
            .platform
            .as_ref()
            .ok_or_else(|| EngineError::Invalid(format!("service {billing_id} has no platform")))?;
        let listing = self
            .list_machines(platform)
            .await?
            .map_err(EngineError::Invalid)?;
        let found = listing.get(machine).ok_or_else(|| {
            EngineError::NotFound(format!("machine {machine} on platform {}", platform.name))
        })?;
        let claims = self.claims(platform.id).await?;
        let holder = claims
            .iter()
            .find(|claim| claim.link.as_ref().is_some_and(|link| link.id == machine));
        if let Some(holder) = holder.filter(|holder| holder.billing_id != billing_id) {
            return Err(EngineError::Invalid(format!(
                "machine {machine} is linked to service {}",
                holder.billing_id
            )));
        }
        let claim = claims.iter().find(|claim| claim.service == view.service.id);
        let claim = claim.ok_or_else(|| EngineError::NotFound(format!("service {billing_id}")))?;
        self.give_back(claim, found, actor).await
    }

    /// Gives a service the machine that it had: an unfinished create goes on with it, any other service adopts it.
    async fn give_back(&self, claim: &Claim, machine: &Machine, actor: &Actor) -> Result<(), EngineError> {
        let Some(service) = self.store().service(claim.service).await? else {
            return Ok(());
        };
        let Some(view) = self.view(&service.installation, service.billing_id).await? else {
            return Ok(());
        };
        let create = view
            .open
            .iter()
            .find(|operation| operation.kind == OperationKind::Create && view.link.is_none());
        if let Some(create) = create.filter(|create| create.state != OperationState::Queued) {
            let Some(case) = self.store().case(create.id).await? else {
                return Ok(());
            };
            let commit = core::relink(&case, machine, actor, self.world_of(Some(&case)));
            self.store().commit(commit).await?;
            self.wake();
            return Ok(());
        }
        if let Some(mut link) = view.link {
            link.closed_at = Some(self.now());
            link.close_reason = Some("the store was restored, and the machine is gone".to_owned());
            let mut service = view.service;
            let fence = Fence::service(service.id, service.version);
            service.standing = Standing::Vacant;
            let changes = vec![Change::PutService(service), Change::PutLink(link)];
            self.store().commit(Commit { fence, changes }).await?;
        }
        let Some(service) = self.store().service(claim.service).await? else {
            return Ok(());
        };
        let identity = Identity {
            id: machine.identity.id.clone(),
            unchangeable: String::new(),
            owner: String::new(),
        };
        match self
            .submit(Wish::about(service, Intent::Adopt(identity), actor.clone()))
            .await
        {
            Ok(_) => Ok(()),
            Err(EngineError::Refused(refusal)) => {
                tracing::warn!(service = claim.billing_id, %refusal, "a machine could not be given back");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Ends the recovery: from now on the store is trusted. Refused while something is not decided, unless `force`.
    pub async fn end_recovery(&self, force: bool, actor: &Actor) -> Result<RecoveryReport, EngineError> {
        let began = self.now();
        let report = self.recover(false, actor).await?;
        let mut obstacles = report.obstacles();
        let pending = report.relinked.iter().map(|(service, machine)| {
            format!("service {service} has not got machine {machine} back yet (--apply)")
        });
        obstacles.extend(pending);
        // What was compared was compared without them.
        let damage = self.store().damage_since(began).into_iter();
        obstacles.extend(damage.map(|row| format!("{} cannot be read: {}", row.what, row.why)));
        if !obstacles.is_empty() && !force {
            return Err(EngineError::Invalid(format!(
                "the recovery cannot end yet:\n- {}",
                obstacles.join("\n- ")
            )));
        }
        self.store().end_recovery(actor).await?;
        self.set_recovering(None);
        self.clear("recovery").await?;
        self.wake();
        Ok(report)
    }

    async fn notes(&self) -> Result<Notes, EngineError> {
        let text = self.store().meta(NOTES).await?;
        // Notes that cannot be read are begun anew: everything is asked once more.
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    async fn keep_notes(&self, notes: &Notes) -> Result<(), EngineError> {
        let text = serde_json::to_string(notes).map_err(|error| EngineError::Invalid(error.to_string()))?;
        Ok(self.store().set_meta(NOTES, &text).await?)
    }

    async fn note_forgotten(
        &self,
        installation: &InstallationId,
        row: AdoptionRow,
    ) -> Result<(), EngineError> {
        let placed = self.store().placement(installation, row.server_id).await?;
        let service = self.unadopted(installation, row, placed.map(|(platform, _)| platform.id));
        let commit = Commit {
            fence: Fence::default(),
            changes: vec![Change::InsertService(service)],
        };
        match self.store().commit(commit).await {
            Ok(_) | Err(StoreError::Refused(Refused::Taken(_))) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn service_note(billing_id: u64) -> String {
    format!("service {billing_id}")
}

fn unsure(platform: &Platform, claim: &Claim, seen: &Seen) -> Unsure {
    let name = claim.billing_id;
    let linked = claim.link.as_ref().map(|link| link.id.clone());
    let (machine, what) = match seen {
        Seen::Vanished => (
            linked.clone(),
            format!(
                "the machine {} of service {name} is not on platform {}",
                linked.unwrap_or_default(),
                platform.name
            ),
        ),
        Seen::Differs(how) => (
            linked,
            format!("the machine of service {name} is another one: {how}"),
        ),
        Seen::CopyUnsure(why) => (claim.copy.clone(), format!("service {name}: {why}")),
        Seen::MayBe(machines) => {
            let ids: Vec<&str> = machines
                .iter()
                .map(|machine| machine.identity.id.as_str())
                .collect();
            (
                ids.first().map(|id| (*id).to_owned()),
                format!(
                    "the create of service {name} had not ended, and may have made machine {}",
                    ids.join(" or ")
                ),
            )
        }
        Seen::AsLinked | Seen::HeldUpstream | Seen::Copied(_) | Seen::Nothing => (None, String::new()),
    };
    Unsure {
        platform: platform.name.clone(),
        service: Some(name),
        machine,
        what,
        decide: vec![format!("--link {name}=MACHINE"), format!("--none {name}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_names_every_obstacle_to_its_end() {
        let report = RecoveryReport {
            recovery: None,
            as_of: None,
            without_copies: vec!["main".parse().expect("a name")],
            unlisted: BTreeMap::from([("panel".to_owned(), "no answer".to_owned())]),
            sure: 1,
            relinked: Vec::new(),
            unknown_creates: vec![7],
            unsure: vec![Unsure {
                platform: "panel".to_owned(),
                service: Some(9),
                machine: None,
                what: "it is unclear".to_owned(),
                decide: vec!["--none 9".to_owned()],
            }],
        };
        let text = report.obstacles().join("\n");
        for part in ["main", "addon page", "no answer", "it is unclear (--none 9)"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn service_ids_make_notes_apart_from_machine_ids() {
        let id = domain::id::ServiceId::at(Moment::EPOCH, &domain::ports::CountingRandom::new(1));
        assert_ne!(service_note(12), "12");
        assert_ne!(service_note(12), id.to_string());
    }
}
