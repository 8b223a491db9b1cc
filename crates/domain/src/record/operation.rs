//! Operations and their steps.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::actor::Actor;
use crate::given::{MachineName, Reinstall};
use crate::http::RetryClass;
use crate::id::{OperationId, PlatformId, QuestionId, SecretId, ServiceId, WorkerId};
use crate::machine::{Identity, PowerAction};
use crate::order::Order;
use crate::record::NameWork;
use crate::text::text_enum;
use crate::time::Moment;

/// The version of the stored documents below. An operation with a higher one becomes a question, never a crash.
pub const FORMAT_VERSION: u32 = 3;

/// A driver's own facts of one operation; the engine stores them and never looks inside.
pub type Notes = Map<String, Value>;

text_enum! {
    /// What an operation intends.
    OperationKind {
        /// Make, build and deliver a machine.
        Create = "create",
        /// Hold it: off, and kept off.
        Suspend = "suspend",
        /// Let it go again, with its former power state.
        Unsuspend = "unsuspend",
        /// End it.
        Terminate = "terminate",
        /// Give it another package or other resources.
        ChangePackage = "change_package",
        /// Boot, shut down, restart or power off.
        Power = "power",
        /// Read it.
        Refresh = "refresh",
        /// Ask the platform whether an order would be accepted, without effect.
        Validate = "validate",
        /// A one-time address of the platform's own panel.
        SignOn = "sign_on",
        /// Link an existing machine.
        Adopt = "adopt",
        /// Remove an undelivered machine that provably came from an older attempt of ours.
        RemoveStray = "remove_stray",
        /// Remove what attempts of a create needed on the platform and nobody needs any more.
        CloseAccounts = "close_accounts",
        /// Give it another name.
        Rename = "rename",
        /// Give its administrator (`root`) a new password.
        ResetPassword = "reset_password",
        /// Give the client's account on the platform a new password.
        ResetAccountPassword = "reset_account_password",
        /// Install it anew; what is on it is lost.
        Reinstall = "reinstall",
        /// Open its console, or close it.
        Console = "console",
        /// Look after what its addresses are called.
        ReverseDns = "reverse_dns",
    }
}

impl OperationKind {
    /// Whether it changes the service's machine; such operations run one at a time per service, others never wait.
    pub const fn changes(self) -> bool {
        !matches!(
            self,
            Self::Refresh
                | Self::Validate
                | Self::SignOn
                | Self::Adopt
                | Self::RemoveStray
                | Self::CloseAccounts
                | Self::Console
                | Self::ReverseDns
        )
    }

    /// Whether clients ask for it on their own page: the product says whether they may and how often, and nothing of it is
    /// begun once their service is to be held or ended.
    pub const fn is_for_clients(self) -> bool {
        matches!(
            self,
            Self::Power
                | Self::SignOn
                | Self::Rename
                | Self::ResetPassword
                | Self::ResetAccountPassword
                | Self::Reinstall
                | Self::Console
        )
    }

    /// Whether it waits for hours beside the machine, which it does not touch: what is read of the machine meanwhile is
    /// nothing that it decides by, and nobody's order is late for it.
    pub const fn is_beside(self) -> bool {
        matches!(self, Self::CloseAccounts | Self::RemoveStray | Self::ReverseDns)
    }

    /// What is ordered by these says what the service is.
    pub const ORDERS: [Self; 2] = [Self::Create, Self::ChangePackage];

    /// Whether it may bring a new password, which is shown once to whoever asked for it and to nobody else.
    pub const fn brings_password(self) -> bool {
        matches!(
            self,
            Self::ResetPassword | Self::ResetAccountPassword | Self::Reinstall
        )
    }

    /// Whether what is on the machine is lost by it: such operations have a budget.
    pub const fn is_destructive(self) -> bool {
        matches!(self, Self::Terminate | Self::Reinstall)
    }

    /// The version of the stored documents that first knew the kind, which its operations are written with: a program from
    /// before it sees that it does not know them.
    pub const fn format(self) -> u32 {
        match self {
            Self::Create
            | Self::Suspend
            | Self::Unsuspend
            | Self::Terminate
            | Self::ChangePackage
            | Self::Power
            | Self::Refresh
            | Self::Validate
            | Self::SignOn
            | Self::Adopt
            | Self::RemoveStray
            | Self::CloseAccounts => 1,
            Self::Rename
            | Self::ResetPassword
            | Self::ResetAccountPassword
            | Self::Reinstall
            | Self::Console => 2,
            Self::ReverseDns => FORMAT_VERSION,
        }
    }
}

text_enum! {
    /// Where an operation stands.
    OperationState {
        /// Behind another operation of its service.
        Queued = "queued",
        /// Under way: due now, or waiting for `due_at`.
        Running = "running",
        /// A person has to settle something; it is still watched where watching may settle it.
        Asking = "asking",
        /// Done and verified.
        Succeeded = "succeeded",
        /// Ended by a classified permanent fault, nothing half-done.
        Failed = "failed",
        /// Taken back before or instead of its effect.
        Cancelled = "cancelled",
        /// Another operation continues or replaces it.
        Superseded = "superseded",
    }
}

impl OperationState {
    /// Whether nothing more will happen.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Superseded
        )
    }
}

text_enum! {
    /// How far a create has come, in the billing system's terms.
    Milestone {
        /// The platform took the order.
        Accepted = "accepted",
        /// Linked and has an address.
        Created = "created",
        /// Built and verified.
        Ready = "ready",
    }
}

/// The versioned input document of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OperationInput {
    /// For create, change package and validate.
    Order(Order),
    /// For suspend.
    Suspend {
        /// The reason given by the billing system.
        #[serde(default)]
        reason: String,
    },
    /// For terminate.
    Terminate {
        /// Nothing is deleted before this moment.
        not_before: Option<Moment>,
    },
    /// For power.
    Power {
        /// What to do.
        action: PowerAction,
    },
    /// For adopt: the machine to link. For `remove_stray`: the machine to remove.
    Resource {
        /// Which one.
        identity: Identity,
    },
    /// For closing accounts.
    Accounts {
        /// How many attempts the create made.
        attempts: u32,
    },
    /// For rename.
    Rename {
        /// The new name.
        name: MachineName,
    },
    /// For reinstall.
    Reinstall(Reinstall),
    /// For the console.
    Console {
        /// Whether it is opened; closed otherwise.
        open: bool,
    },
    /// For reverse DNS.
    Names(NameWork),
    /// For refresh: what the platform has stored, without asking the machine's host.
    Stored,
    /// For unsuspend, refresh, sign-on and new passwords.
    Nothing,
}

impl OperationInput {
    /// The order, where the input is one.
    pub const fn order(&self) -> Option<&Order> {
        match self {
            Self::Order(order) => Some(order),
            _ => None,
        }
    }

    /// What is to become of names, where the input is about them.
    pub const fn names(&self) -> Option<&NameWork> {
        match self {
            Self::Names(work) => Some(work),
            _ => None,
        }
    }
}

text_enum! {
    /// Where a step stands.
    StepPhase {
        /// Not begun.
        Waiting = "waiting",
        /// Reading the platform, before acting or to settle what an act did.
        Look = "look",
        /// Sending the change.
        Act = "act",
        /// Reached and verified.
        Done = "done",
    }
}

text_enum! {
    /// What is known of a step's last act.
    ActOutcome {
        /// The platform answered that it took it.
        Accepted = "accepted",
        /// Certainly without effect: not sent, or refused before doing anything.
        Void = "void",
        /// Unknown: it may have taken effect, or may still.
        Lost = "lost",
    }
}

text_enum! {
    /// What kept a step from being done at its last failure.
    Hindrance {
        /// The platform said not now: the machine is locked, or something else is under way there.
        Busy = "busy",
        /// The platform could not be reached.
        Unreachable = "unreachable",
        /// Something else, which is the staff's to read.
        Other = "other",
    }
}

/// One step of an operation: observe → act if needed → verify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own under its own stored name"
)]
pub struct StepRecord {
    /// The step's stored name.
    pub name: String,
    /// One phrase for people: "preparing the account".
    #[serde(default)]
    pub label: String,
    /// What repeating its act means.
    pub class: RetryClass,
    /// Whether the machine's identity must have been compared right before its act.
    #[serde(default)]
    pub harms: bool,
    /// Whether a lost act may be sent again as a new attempt once absence is proven.
    #[serde(default)]
    pub resendable: bool,
    /// Whether its act is sent once even where the first look shows the goal: the look may be older than the change
    /// before it.
    #[serde(default)]
    pub insists: bool,
    /// The milestone that a create reaches with it.
    #[serde(default)]
    pub milestone: Option<Milestone>,
    /// Where it stands.
    pub phase: StepPhase,
    /// Acts sent so far; names the attempt upstream where a driver can mark it.
    #[serde(default)]
    pub attempt: u32,
    /// Acts that the platform turned away for the moment. They count as not sent, and may have been done all the same.
    #[serde(default)]
    pub turned_away: u32,
    /// Looks since the last act.
    #[serde(default)]
    pub looks: u32,
    /// Failures in a row, for the back-off.
    #[serde(default)]
    pub failures: u32,
    /// When the last act was sent.
    #[serde(default)]
    pub acted_at: Option<Moment>,
    /// What is known of the last act.
    #[serde(default)]
    pub act_outcome: Option<ActOutcome>,
    /// Since when looks have shown that the goal is not there.
    #[serde(default)]
    pub missing_since: Option<Moment>,
    /// Since when looks have shown that what is to be deleted is gone.
    #[serde(default)]
    pub absent_since: Option<Moment>,
    /// The one candidate seen by the last look, and since when it has been the only one.
    #[serde(default)]
    pub candidate: Option<(String, Moment)>,
    /// When the step was begun.
    #[serde(default)]
    pub begun_at: Option<Moment>,
    /// When it was done.
    #[serde(default)]
    pub done_at: Option<Moment>,
    /// The last thing worth telling a person.
    #[serde(default)]
    pub hint: String,
    /// What kind of failure the last one was.
    #[serde(default)]
    pub hindrance: Option<Hindrance>,
    /// The platform's permanent no to the last act; final once a look confirms that nothing happened.
    #[serde(default)]
    pub refusal: Option<String>,
    /// Whether the billing system was told that what this step ordered takes longer than expected.
    #[serde(default)]
    pub told_late: bool,
}

impl StepRecord {
    /// When the machine was ordered with it, for the step that makes one: its last act that the platform did not turn
    /// away.
    pub fn ordered_at(&self) -> Option<Moment> {
        let ordered = self.class == RetryClass::Creating && self.attempt > 0;
        self.acted_at.filter(|_| ordered)
    }
}

/// A worker's right to advance an operation, until it runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who.
    pub worker: WorkerId,
    /// Until when.
    pub until: Moment,
}

/// One durable, intended change to one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Our id.
    pub id: OperationId,
    /// The service.
    pub service: ServiceId,
    /// The service's life that it belongs to.
    pub generation: u32,
    /// What it intends.
    pub kind: OperationKind,
    /// The version of its documents.
    pub version: u32,
    /// The order among the service's operations.
    pub sequence: i64,
    /// Its input.
    pub input: OperationInput,
    /// Who asked.
    pub actor: Actor,
    /// Where it stands.
    pub state: OperationState,
    /// Its steps in order; empty until it is planned.
    pub steps: Vec<StepRecord>,
    /// The driver's own facts.
    pub notes: Notes,
    /// When it is to be looked at next; `None` when queued or final.
    pub due_at: Option<Moment>,
    /// When it becomes a question.
    pub deadline: Moment,
    /// Who is at work on it.
    pub lease: Option<Lease>,
    /// A key that only one open operation per platform may hold (an owner under the list protocol).
    pub exclusive: Option<String>,
    /// The terminate that waits for this operation to end or settle; nothing new is begun once it is set.
    pub interrupted_by: Option<OperationId>,
    /// The question that holds this operation before it may begin (the destructive budget).
    pub held_by: Option<QuestionId>,
    /// When the machine's identity was last compared with the link in this operation.
    pub identified_at: Option<Moment>,
    /// How far a create has come.
    pub milestone: Option<Milestone>,
    /// One sentence for people: what it does, waits for, or why it ended.
    pub reason: String,
    /// A secret result (a sign-on address, a password), to be revealed once.
    pub secret: Option<SecretId>,
    /// The billing function (`CreateAccount`) that was answered with a sentence and shall be called again at the milestone.
    pub rerun: Option<String>,
    /// When it was committed.
    pub created_at: Moment,
    /// Last written.
    pub updated_at: Moment,
    /// When it became final.
    pub finished_at: Option<Moment>,
}

impl Operation {
    /// Where it is at work: on its service's platform, or on the name server that holds the names it is about.
    pub fn platform(&self, of_service: Option<PlatformId>) -> Option<PlatformId> {
        match self.input.names() {
            Some(work) => work.place.as_ref().map(|place| place.server),
            None => of_service,
        }
    }

    /// The first step that is not done.
    pub fn current(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.phase != StepPhase::Done)
    }

    /// When the machine was ordered, for an operation that makes one.
    pub fn ordered_at(&self) -> Option<Moment> {
        self.steps.iter().find_map(StepRecord::ordered_at)
    }

    /// Whether it is at work on a machine that is not ready yet.
    pub fn is_building(&self) -> bool {
        self.kind == OperationKind::Create
            && !self.state.is_final()
            && self.milestone < Some(Milestone::Ready)
    }

    /// A step by its stored name.
    pub fn step(&self, name: &str) -> Option<&StepRecord> {
        self.steps.iter().find(|step| step.name == name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step(class: &str, attempt: u32) -> StepRecord {
        let step = json!({ "name": "machine", "class": class, "phase": "look", "attempt": attempt, "acted_at": 7_000_000 });
        serde_json::from_value(step).unwrap()
    }

    #[test]
    fn a_machine_is_ordered_by_the_act_that_makes_it_once_the_platform_has_not_turned_it_away() {
        assert_eq!(step("creating", 1).ordered_at(), Some(Moment::from_seconds(7)));
        assert_eq!(step("creating", 0).ordered_at(), None);
        assert_eq!(step("convergent", 1).ordered_at(), None);
    }
}
