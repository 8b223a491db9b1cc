//! How far an operation has to come before its caller is answered, and what its caller is promised otherwise.

use std::time::Duration;

use domain::Commit;
use domain::change::Refused;
use domain::http::RetryClass;
use domain::id::OperationId;
use domain::record::{
    ActOutcome, Milestone, Operation, OperationInput, OperationKind, OperationState, RerunFunction, StepPhase,
};
use store::StoreError;
use tokio::sync::broadcast;

use crate::core::{begun, promise_rerun};
use crate::engine::{DECISIONS, Engine};
use crate::error::EngineError;

/// How far an operation has to come before its caller is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// A create has reached this milestone.
    Milestone(Milestone),
    /// The platform accepted the change, or a look shows it.
    Accepted,
    /// It ended.
    Final,
}

/// How far an operation has come.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The operation.
    pub operation: Operation,
    /// Whether the goal is reached.
    pub met: bool,
    /// Whether it ended without reaching it; `operation.reason` says why.
    pub failed: bool,
}

impl Goal {
    /// Measures an operation.
    pub fn measure(self, operation: Operation) -> Progress {
        let succeeded = operation.state == OperationState::Succeeded;
        let met = succeeded
            || match self {
                Self::Milestone(wanted) => operation.milestone.is_some_and(|reached| reached >= wanted),
                Self::Accepted => accepted(&operation),
                Self::Final => false,
            };
        let failed = operation.state.is_final() && !met;
        Progress {
            operation,
            met,
            failed,
        }
    }

    /// Notes in the commit that begins `operation` the promise that the billing system's function is called again when
    /// the operation comes this far: it stands from the first moment, and costs no commit of its own. How far the
    /// operation is then; `None` where the commit begins no such operation or the goal is reached by beginning it.
    pub fn promise(
        self,
        commit: &mut Commit,
        operation: OperationId,
        function: RerunFunction,
    ) -> Option<Progress> {
        let operation = begun(commit, operation)?;
        let mut promised = self.measure(operation.clone());
        if promised.met || promised.failed {
            return None;
        }
        operation.rerun = Some(function.to_string());
        promised.operation.rerun.clone_from(&operation.rerun);
        Some(promised)
    }
}

/// Whether the step that carries the operation's intent was accepted or is verified. A termination that waits, for its
/// undo window or for an unsettled create, is as good as accepted: its intent is committed and it ends by itself.
fn accepted(operation: &Operation) -> bool {
    if operation.kind == OperationKind::Terminate {
        let windowed = matches!(
            &operation.input,
            OperationInput::Terminate { not_before: Some(_) }
        );
        if windowed || operation.state == OperationState::Queued {
            return operation.held_by.is_none();
        }
    }
    operation
        .steps
        .iter()
        .find(|step| step.class != RetryClass::Read)
        .is_some_and(|step| step.phase == StepPhase::Done || step.act_outcome == Some(ActOutcome::Accepted))
}

impl Engine {
    /// Waits until an operation reaches a goal or ends, at most as long as `budget`.
    pub async fn wait(
        &self,
        operation: OperationId,
        goal: Goal,
        budget: Duration,
    ) -> Result<Progress, EngineError> {
        let mut news = self.news();
        let deadline = tokio::time::Instant::now() + budget;
        loop {
            let progress = goal.measure(self.operation(operation).await?);
            if progress.met || progress.failed || tokio::time::Instant::now() >= deadline {
                return Ok(progress);
            }
            // Another node may do the work: the store is asked again each second besides.
            let again = deadline.min(tokio::time::Instant::now() + Duration::from_secs(1));
            let heard = async {
                loop {
                    match news.recv().await {
                        Ok(id) if id != operation => {}
                        Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            tokio::select! { () = heard => {} () = tokio::time::sleep_until(again) => {} }
        }
    }

    /// Keeps the promise that the billing system's function is called again when the operation reaches its goal.
    pub async fn promise_rerun(
        &self,
        operation: OperationId,
        goal: Goal,
        function: RerunFunction,
    ) -> Result<Progress, EngineError> {
        for _ in 0..DECISIONS {
            let Some(case) = self.store().case(operation).await? else {
                break;
            };
            let commit = promise_rerun(&case, function);
            // Measured on the very state that the commit is fenced by.
            let measured = goal.measure(case.operation);
            if measured.met || measured.failed {
                return Ok(measured);
            }
            match self.store().commit(commit).await {
                Ok(_) => return Ok(measured),
                Err(StoreError::Refused(Refused::ServiceChanged(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(goal.measure(self.operation(operation).await?))
    }
}
