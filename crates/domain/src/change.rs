//! Decisions as data: a [`Commit`] is applied whole in one transaction, or refused whole.

use crate::id::{OperationId, SecretId, ServiceId, WorkerId};
use crate::record::{Alarm, AuditLine, Call, Effect, FactRecord, Link, Operation, Question, Service};
use crate::secret::Secret;
use crate::time::Moment;

/// One difference. Inserts refuse an existing id; puts replace the whole record.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new service. Refused when (installation, billing id) exists.
    InsertService(Service),
    /// A service's new state. The store raises `version`.
    PutService(Service),
    /// A new operation. Refused when its exclusive key is held by another open operation of the platform.
    InsertOperation(Operation),
    /// An operation's new state.
    PutOperation(Operation),
    /// A new or ended call.
    PutCall(Call),
    /// An observation; replaces the service's fact of that kind.
    PutFact(FactRecord),
    /// A new or closed link. Refused when the resource or the service's generation has another open primary link.
    PutLink(Link),
    /// A new effect; the store sets its sequence.
    InsertEffect(Effect),
    /// An effect's new state.
    PutEffect(Effect),
    /// A new or answered question.
    PutQuestion(Question),
    /// A line of the audit.
    Audit(AuditLine),
    /// A secret at rest, forgotten after `expires`.
    PutSecret {
        /// Its id.
        id: SecretId,
        /// What it is for (`sign_on`), checked at redemption.
        purpose: String,
        /// The text.
        secret: Secret,
        /// When it is wiped.
        expires: Option<Moment>,
    },
    /// A promise broken. Raised twice it stays one.
    RaiseAlarm(Alarm),
    /// The promise is kept again.
    ClearAlarm {
        /// The alarm's name.
        name: String,
    },
}

/// What must still hold for a commit to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fence {
    /// The operation is still leased to this worker until this moment.
    pub lease: Option<(OperationId, WorkerId, Moment)>,
    /// The service still has this version.
    pub service: Option<(ServiceId, i64)>,
}

impl Fence {
    /// Fenced by a lease.
    pub const fn lease(operation: OperationId, worker: WorkerId, until: Moment) -> Self {
        Self {
            lease: Some((operation, worker, until)),
            service: None,
        }
    }

    /// Fenced by a service's version.
    pub const fn service(service: ServiceId, version: i64) -> Self {
        Self {
            lease: None,
            service: Some((service, version)),
        }
    }

    /// Fenced also by a service's version.
    #[must_use]
    pub const fn and_service(mut self, service: ServiceId, version: i64) -> Self {
        self.service = Some((service, version));
        self
    }
}

/// A decision: all of it or nothing.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// What must still hold.
    pub fence: Fence,
    /// What changes, in order.
    pub changes: Vec<Change>,
}

/// Why a commit did not apply. Nothing of it did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The lease ran out or went to another worker: stop, and leave the operation to its new owner.
    #[error("the lease on {0} is no longer held")]
    LeaseLost(OperationId),
    /// The service changed meanwhile: load again and decide again.
    #[error("{0} was changed meanwhile")]
    ServiceChanged(ServiceId),
    /// A rule of uniqueness would be broken.
    #[error("{0}")]
    Taken(String),
}
