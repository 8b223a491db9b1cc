//! Why a service is as it is, with the evidence from the journal.

use std::collections::BTreeSet;

use domain::Moment;
use domain::case::ServiceView;
use domain::id::{InstallationId, OperationId};
use domain::record::{Call, EffectState, Operation, OperationKind, OperationState, ServiceStatus, Standing};
use serde::Serialize;
use store::{EffectFilter, OperationFilter, PageRequest, StoreError};

use crate::core::{Why, explain, explain_effects};
use crate::engine::Engine;
use crate::error::EngineError;

/// How many of an operation's calls are looked through for evidence.
const CALLS: u64 = 20;

/// How many of the last readings are looked through for what showed that a machine is gone.
const READINGS: u64 = 3;

/// A service explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceWhy {
    /// The service's id in the billing system.
    pub service: u64,
    /// The engine's word for it.
    pub standing: Standing,
    /// The billing system's word, as last told.
    pub status: ServiceStatus,
    /// The linked machine upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// When the machine was last read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Moment>,
    /// Everything that is not final.
    pub open: Vec<Why>,
    /// What the billing system was told to do and has not settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Why>,
    /// The last change that ended: why the service is as it is when nothing is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Last>,
}

/// How the last change ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Last {
    /// The operation.
    pub operation: OperationId,
    /// What it was.
    pub kind: OperationKind,
    /// How it ended.
    pub state: OperationState,
    /// Why so.
    pub reason: String,
    /// When.
    pub at: Option<Moment>,
}

impl From<&Operation> for Last {
    fn from(operation: &Operation) -> Self {
        Self {
            operation: operation.id,
            kind: operation.kind,
            state: operation.state,
            reason: operation.reason.clone(),
            at: operation.finished_at,
        }
    }
}

impl Engine {
    /// Explains a service; `None` for one that is not known.
    pub async fn why(
        &self,
        installation: &InstallationId,
        billing_id: u64,
    ) -> Result<Option<ServiceWhy>, EngineError> {
        let Some(view) = self.view(installation, billing_id).await? else {
            return Ok(None);
        };
        let calls = self.evidence(&view).await?;
        let waiting = EffectFilter {
            state: Some(EffectState::Waiting),
            service: Some(view.service.id),
            ..EffectFilter::default()
        };
        let effects = self
            .store()
            .effects(&waiting, &PageRequest::first(store::HARD_LIMIT))
            .await?;
        let last = view
            .recent
            .iter()
            .filter(|operation| operation.state.is_final() && operation.kind.changes())
            .max_by_key(|operation| operation.sequence)
            .map(Last::from);
        Ok(Some(ServiceWhy {
            service: billing_id,
            standing: view.service.standing,
            status: view.service.status,
            machine: view.link.as_ref().map(|link| link.identity.id.clone()),
            read_at: view.machine.as_ref().map(|fact| fact.observed_at),
            open: explain(&view, &calls, self.now()),
            waiting: explain_effects(&effects.items, self.now()),
            last,
        }))
    }

    /// The newest calls of what is open, of what questions are about, and of the last readings of the machine.
    async fn evidence(&self, view: &ServiceView) -> Result<Vec<Call>, StoreError> {
        let readings = OperationFilter {
            service: Some(view.service.id),
            kind: Some(OperationKind::Refresh),
            ..OperationFilter::default()
        };
        let readings = self
            .store()
            .operations(&readings, &PageRequest::first(READINGS))
            .await?;
        let asked = view.questions.iter().filter_map(|question| question.operation);
        let operations: BTreeSet<OperationId> = view
            .open
            .iter()
            .chain(&readings.items)
            .map(|operation| operation.id)
            .chain(asked)
            .collect();
        let mut calls = Vec::new();
        for operation in operations {
            let page = self.store().calls(operation, &PageRequest::first(CALLS)).await?;
            calls.extend(page.items);
        }
        Ok(calls)
    }
}
