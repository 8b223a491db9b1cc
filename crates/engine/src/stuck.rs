//! An operation that cannot be advanced: its record is damaged, or deciding it fails again and again. It is set aside
//! as a question, so that it neither stops the others nor is forgotten.

use domain::id::{OperationId, QuestionId};
use domain::record::{Question, QuestionKind};
use domain::{Change, Commit};
use std::time::Duration;
use store::StoreError;

use crate::core;
use crate::engine::Engine;
use crate::runner::report;

/// Failures in a row before an operation is set aside.
const TRIES: u32 = 3;

/// When an operation whose record cannot be read is tried again: a person may have repaired it.
const SET_ASIDE: Duration = Duration::from_secs(3600);

impl Engine {
    /// Driving an operation failed for a reason of its own. The lease runs out and it is claimed again; after a few
    /// times it becomes a question.
    pub(crate) async fn poisoned(&self, id: OperationId, why: &str) {
        tracing::error!(operation.id = %id, why, "an operation could not be advanced");
        let tries = {
            let mut failures = self.failures();
            let tries = failures.entry(id).or_default();
            *tries += 1;
            *tries
        };
        if tries < TRIES {
            return;
        }
        match self.set_aside(id, why).await {
            Ok(()) => {
                self.failures().remove(&id);
                metrics::counter!("hostler_operations_stuck_total").increment(1);
            }
            Err(error) => {
                tracing::error!(operation.id = %id, error = %report(&error), "an operation could not be set aside");
            }
        }
    }

    /// An operation has come further: what failed before counts no more.
    pub(crate) fn wholesome(&self, id: OperationId) {
        self.failures().remove(&id);
    }

    async fn set_aside(&self, id: OperationId, why: &str) -> Result<(), StoreError> {
        match self.store().case(id).await {
            Ok(Some(case)) => {
                let commit = core::set_aside(&case, why, self.world());
                self.store().commit(commit).await.map(drop)
            }
            Ok(None) => Ok(()),
            Err(_) => self.ask_about_damage(id, why).await,
        }
    }

    /// The record cannot be read, so the question stands by itself and the operation is only put off.
    async fn ask_about_damage(&self, id: OperationId, why: &str) -> Result<(), StoreError> {
        self.store().put_off(id, self.now() + SET_ASIDE).await?;
        let subject = format!("operation {id}");
        let asked = self.store().question_about(&subject).await?;
        if asked.is_some_and(|question| question.answer.is_none()) {
            return Ok(());
        }
        let question = Question {
            id: QuestionId::at(self.now(), self.random().as_ref()),
            service: None,
            operation: None,
            kind: QuestionKind::Stuck,
            subject: Some(subject),
            text: format!(
                "Operation {id} cannot be read: {why}. Nothing is done about it; all others go on. Repair its record or \
                 restore a backup."
            ),
            choices: vec![(
                "noted".to_owned(),
                "close this question; it is asked again if it stays so".to_owned(),
            )],
            host_only: false,
            opened_at: self.now(),
            answered_at: None,
            answer: None,
            answered_by: None,
        };
        let text = question.text.clone();
        self.store()
            .commit(Commit {
                changes: vec![Change::PutQuestion(question)],
                ..Commit::default()
            })
            .await?;
        self.raise(&format!("operation_stuck:{id}"), text).await
    }
}
