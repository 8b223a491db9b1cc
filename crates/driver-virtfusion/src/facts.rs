//! What a step knows: the notes of its operation and what the context adds.
//!
//! | note | written by | meaning |
//! |---|---|---|
//! | `owner` | `account` | the customer's user id |
//! | `want` | `baseline`, `staging` | what the create asks for, as it was before the create was sent |
//! | `before` | `baseline` | the customer's servers before the create was sent |
//! | `staging` | `staging`, `machine` | attempt → user id of the attempt's own account |
//! | `machine` | `machine` | the id of the server that was made |
//! | `package` | `machine`, `package` | the package's resources, where they had to be read |
//! | `search`, `scan` | `machine` | a search under way, removed when it ends |
//! | `key` | `ssh_key` | the panel's id of the client's key |
//! | `accepted` | every act | step → the attempt that the panel took |
//! | `job` | acts | step → the panel's job, where it named one |
//! | `remarks` | `package` | what the panel said about the change |
//! | `alike` | `package` | whether the server had the package's resources before the change |
//! | `emptied` | `delete` | the account of an attempt that was given up, once its machine is being deleted |
//! | `held` | `restore_power` | whether the machine was found suspended after its release |
//! | `listing` | every list | ids on the pages before, while a list is being read |

use domain::machine::{Identity, Machine};
use domain::order::Order;
use domain::record::{CreateProtocol, Notes, OperationInput, OperationKind};
use domain::time::Moment;
use driver::{Answered, Findings, Marker, Prepared, Standing, StepContext, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::order;
use crate::requests::ExternalId;

/// What a create asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// By which protocol it stays single.
    pub protocol: CreateProtocol,
    /// The customer's user id.
    pub owner: u64,
    /// The hypervisor group.
    pub group: Option<u64>,
    /// The package, whose resources hold where the order does not say otherwise.
    pub package: Option<u64>,
    /// MB, where the order says.
    pub memory: Option<u64>,
    /// Cores, where the order says.
    pub cores: Option<u64>,
    /// GB, where the order says.
    pub storage: Option<u64>,
    /// Nothing that the create made is older.
    pub since: Moment,
}

impl Want {
    /// What the context's order asks for.
    pub fn of(context: &StepContext<'_>, protocol: CreateProtocol) -> Result<Self, Answered> {
        let order = ordered(context)?;
        Ok(Self {
            protocol,
            owner: owner(context)?,
            group: order::group(order),
            package: order::package(order),
            memory: order::amount(order, "memory"),
            cores: order::amount(order, "cpuCores"),
            storage: order::amount(order, "storage"),
            since: context.now,
        })
    }

    /// The want that was noted before the create was sent.
    pub fn noted(context: &StepContext<'_>) -> Option<Self> {
        read(context.notes, "want")
    }

    /// Whether the package's resources are needed to compare a server with it.
    pub const fn needs_package(&self) -> bool {
        self.package.is_some() && (self.memory.is_none() || self.cores.is_none() || self.storage.is_none())
    }

    /// For the notes.
    pub fn to_note(&self) -> Value {
        json!(self)
    }
}

/// A note of a given form; a note of another form counts as missing.
pub fn read<T: serde::de::DeserializeOwned>(notes: &Notes, key: &str) -> Option<T> {
    T::deserialize(notes.get(key)?).ok()
}

/// The order of a create, a package change or a validation.
pub fn ordered<'a>(context: &StepContext<'a>) -> Result<&'a Order, Answered> {
    context
        .input
        .order()
        .ok_or_else(|| Answered::permanent(format!("The step {} needs an order", context.step)))
}

/// The customer's user id, as the account step found it.
pub fn owner(context: &StepContext<'_>) -> Result<u64, Answered> {
    read(context.notes, "owner")
        .ok_or_else(|| Answered::permanent("The client's account on the panel is not known"))
}

/// The client's name on the panel.
pub fn external_id(context: &StepContext<'_>) -> ExternalId {
    ExternalId::of(context.relation, &context.marker.installation, context.client_id)
}

/// The marker of another attempt of the same service and life.
pub fn marker_of(context: &StepContext<'_>, attempt: u32) -> Marker {
    Marker {
        attempt,
        ..context.marker.clone()
    }
}

/// The server that the operation is about: the one it was asked about, the linked one, or the one it made.
pub fn target(context: &StepContext<'_>) -> Option<Result<u64, Answered>> {
    match subject(context).filter(|identity| !identity.id.is_empty()) {
        Some(identity) => Some(server_id(&identity.id)),
        None => read::<u64>(context.notes, "machine").map(Ok),
    }
}

/// The identity that the operation is about, where one is stored. The one it was asked about comes first: the removal
/// of a stray machine must never take the linked one.
pub fn subject<'a>(context: &StepContext<'a>) -> Option<&'a Identity> {
    match context.input {
        OperationInput::Resource { identity } => Some(identity),
        _ => context.link.map(|link| &link.identity),
    }
}

/// The server that a step cannot do without.
pub fn required_target(context: &StepContext<'_>) -> Result<u64, Answered> {
    target(context).unwrap_or_else(|| Err(Answered::permanent("The service has no machine on the panel")))
}

/// A stored id as the panel's. Nothing but a number may become part of a path.
fn server_id(text: &str) -> Result<u64, Answered> {
    text.parse()
        .map_err(|_| Answered::permanent(format!("\"{text}\" is not the id of a VirtFusion server")))
}

/// The account of an attempt, where it is known.
pub fn staging_owner(context: &StepContext<'_>, attempt: u32) -> Option<u64> {
    staging(context).get(&attempt.to_string())?.as_u64()
}

/// All known accounts of attempts.
pub fn staging(context: &StepContext<'_>) -> Map<String, Value> {
    attempts(context.notes)
}

fn attempts(notes: &Notes) -> Map<String, Value> {
    read(notes, "staging").unwrap_or_default()
}

/// Whether a server lies in the account of the client, or of one of the create's attempts.
pub fn may_have_made(context: &StepContext<'_>, shown: &Identity) -> Option<bool> {
    let shown = shown.owner.parse::<u64>().ok()?;
    let client = owner(context).ok()?;
    let staging = staging_users(context.notes);
    if shown == client || staging.contains(&shown) {
        return Some(true);
    }
    // The account of an attempt may be there and not have been read yet.
    let staged = context.profile.create_protocol == CreateProtocol::Staging;
    (!staged || !staging.is_empty()).then_some(false)
}

/// The accounts of a create's attempts.
pub fn staging_users(notes: &Notes) -> Vec<u64> {
    attempts(notes).values().filter_map(Value::as_u64).collect()
}

/// The note with one more entry, for notes that are maps.
pub fn with_entry(context: &StepContext<'_>, key: &str, entry: &str, value: impl Into<Value>) -> Value {
    let mut map: Map<String, Value> = read(context.notes, key).unwrap_or_default();
    map.insert(entry.to_owned(), value.into());
    Value::Object(map)
}

/// Whether the panel took the last act of this step.
pub fn was_accepted(context: &StepContext<'_>) -> bool {
    let accepted: Map<String, Value> = read(context.notes, "accepted").unwrap_or_default();
    context.acted_at.is_some() && accepted.get(context.step) == Some(&json!(context.marker.attempt))
}

/// The job of this step's last act, where the panel named one.
pub fn job(context: &StepContext<'_>) -> Option<u64> {
    let jobs: Map<String, Value> = read(context.notes, "job").unwrap_or_default();
    jobs.get(context.step)?.as_u64()
}

/// An act that the panel took: to be read back.
pub fn accepted(context: &StepContext<'_>, hint: &str) -> Findings {
    pending(hint).note(
        "accepted",
        with_entry(context, "accepted", context.step, context.marker.attempt),
    )
}

/// On its way, with the engine's own schedule.
pub fn pending(hint: &str) -> Findings {
    Findings::of(Standing::Pending {
        hint: hint.to_owned(),
        after: None,
    })
}

/// The goal is reached.
pub fn reached() -> Findings {
    Findings::of(Standing::Reached)
}

/// The act is needed.
pub fn missing() -> Findings {
    Findings::of(Standing::Missing)
}

/// Nothing has to be asked.
pub fn known(findings: Findings) -> Prepared {
    Prepared::Known(Box::new(findings))
}

/// Findings with the machine that was read. The engine compares it with the service's link, so a machine that is not
/// the service's own is left out.
pub fn showing(context: &StepContext<'_>, findings: Findings, machine: Machine) -> Findings {
    match context.kind {
        OperationKind::RemoveStray => findings,
        _ => findings.with_machine(machine),
    }
}

/// A verdict that is understood.
pub fn done(findings: Findings) -> Verdict {
    Verdict::done(findings)
}

/// One note.
pub fn note(key: &str, value: impl Into<Value>) -> Notes {
    Notes::from_iter([(key.to_owned(), value.into())])
}
