//! Recovery of a store that was restored, failed over, or begun anew: nothing that makes or disturbs a machine leaves
//! until platforms, the billing side's copies and the store have been compared, and what is not sure has been decided.
//!
//! Here it begins and ends. `copies` takes over what the billing systems say, `survey` compares, `judge` says what
//! follows for each service, `report` is what that tells,
//! `ruling` is what a person decides, and `notes` are what is remembered of it.

mod copies;
mod judge;
mod notes;
mod report;
mod ruling;
mod survey;

use std::path::PathBuf;

use domain::change::Refused;
use domain::id::OperationId;
use domain::record::{Operation, OperationKind, Recovery};
use domain::{Actor, Moment};
use store::{OperationFilter, PageRequest, ServiceFilter, StoreError, Tide};

use self::notes::Notes;
pub use self::report::{RecoveryReport, Unsure};
pub use self::ruling::Ruling;
use crate::core;
use crate::engine::Engine;
use crate::error::EngineError;

/// How often a service that changes meanwhile is read again.
const ATTEMPTS: usize = 20;

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

    /// Ends the recovery: from now on the store is trusted. Refused while something is not decided, unless `force`.
    pub async fn end_recovery(&self, force: bool, actor: &Actor) -> Result<RecoveryReport, EngineError> {
        self.require_recovery()?;
        let began = self.now();
        let report = self.recover(false, actor).await?;
        let mut obstacles = report.obstacles();
        let pending = report.relinked.iter().map(|(service, machine)| {
            format!("service {service} has not got machine {machine} back yet (--apply)")
        });
        obstacles.extend(pending);
        obstacles.extend(report.followed.iter().map(|(service, status)| {
            format!("service {service} has become {status} since, which is not taken over yet (--apply)")
        }));
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

    /// Refuses what has no sense while the store is trusted.
    fn require_recovery(&self) -> Result<(), EngineError> {
        if self.recovering().is_some() {
            return Ok(());
        }
        Err(EngineError::Invalid(
            "no recovery is under way: what the store says is relied on, and nothing is to be given back or decided. A \
             database that was brought back unnoticed is put into recovery with hostler recover --begin WHY"
                .to_owned(),
        ))
    }
}
