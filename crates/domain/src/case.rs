//! What a decision is made from: an operation or a service with everything around it, read in one go.
//!
//! The store reads these from the database, the simulation from memory; the engine's pure core sees nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::id::ServiceId;
use crate::machine::{Machine, state_word};
use crate::record::{
    Attachment, Call, FactRecord, Installation, Link, Operation, OperationInput, OperationKind, Platform,
    ProductPolicy, Question, Service,
};

/// One operation and everything its next transition may depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The operation.
    pub operation: Operation,
    /// The version of its documents where it is one that this program does not know; the documents are then empty.
    pub unknown_version: Option<u32>,
    /// Its service.
    pub service: Service,
    /// The billing system.
    pub installation: Installation,
    /// The service's platform.
    pub platform: Option<Platform>,
    /// How the billing system's server record names the platform.
    pub attachment: Option<Attachment>,
    /// The open primary link of the service's present generation.
    pub link: Option<Link>,
    /// The product's policy; the default where none is stored.
    pub policy: ProductPolicy,
    /// The operation's calls that stand in `sending`, oldest first.
    pub sending: Vec<Call>,
    /// The open questions of the service.
    pub questions: Vec<Question>,
    /// The service's other operations that are not final, by sequence.
    pub others: Vec<Operation>,
    /// Upstream ids on this platform that are linked to any service of the same client, or mapped in an old module's
    /// table.
    pub linked: BTreeSet<String>,
    /// The last reading of the machine (fact kind `machine`); shared, because a platform's answer is large.
    pub machine: Option<Arc<FactRecord>>,
}

/// One service and everything a command or a page may depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceView {
    /// The service.
    pub service: Service,
    /// The billing system.
    pub installation: Installation,
    /// Its platform.
    pub platform: Option<Platform>,
    /// How the billing system's server record names the platform.
    pub attachment: Option<Attachment>,
    /// The open primary link of the present generation.
    pub link: Option<Link>,
    /// The product's policy; the default where none is stored.
    pub policy: ProductPolicy,
    /// Operations that are not final, by sequence.
    pub open: Vec<Operation>,
    /// The newest operations, final ones included, refreshes left out, newest first, at most 20.
    pub recent: Vec<Operation>,
    /// Open questions.
    pub questions: Vec<Question>,
    /// The last reading of the machine; shared, because a platform's answer is large.
    pub machine: Option<Arc<FactRecord>>,
}

/// Which earlier wishes of a service's client keep a new one waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// The service.
    pub service: ServiceId,
    /// The wishes' kind.
    pub kind: OperationKind,
    /// What was wished, where wishes of one kind do not keep each other waiting.
    pub input: Option<OperationInput>,
}

impl Case {
    /// The last reading of the machine, where there is one.
    pub fn reading(&self) -> Option<Machine> {
        self.machine.as_ref()?.machine()
    }
}

impl ServiceView {
    /// The last reading of the machine, where there is one.
    pub fn reading(&self) -> Option<Machine> {
        self.machine.as_ref()?.machine()
    }

    /// The create of the service's present life, as far as it is remembered.
    pub fn create(&self) -> Option<&Operation> {
        let generation = self.service.generation;
        self.open
            .iter()
            .chain(&self.recent)
            .filter(|operation| operation.kind == OperationKind::Create && operation.generation == generation)
            .max_by_key(|operation| operation.sequence)
    }

    /// The word for the state of the service's machine.
    pub fn state_word(&self) -> String {
        let machine = self.reading().filter(|_| self.link.is_some());
        let is_building = self.create().is_some_and(Operation::is_building);
        state_word(machine.as_ref(), is_building).to_owned()
    }

    /// The open question that holds the service's changes, where there is one. What only tidies up behind the service, and
    /// what is only to be known, keeps nobody from using it.
    pub fn holding(&self) -> impl Iterator<Item = &Question> {
        let of_a_change = move |question: &&Question| {
            let mut open = self.open.iter();
            !open.any(|operation| question.operation == Some(operation.id) && !operation.kind.changes())
        };
        self.questions
            .iter()
            .filter(|question| question.kind.holds())
            .filter(of_a_change)
    }

    /// The number of the newest operation, as far as it is remembered; 0 where there is none.
    pub fn last_sequence(&self) -> i64 {
        let operations = self.open.iter().chain(&self.recent);
        operations.map(|operation| operation.sequence).max().unwrap_or(0)
    }

    /// The operations that change the service and have not ended, in their order: the first is at work, the others wait
    /// behind it.
    pub fn line(&self) -> impl Iterator<Item = &Operation> {
        self.open.iter().filter(|operation| operation.kind.changes())
    }
}
