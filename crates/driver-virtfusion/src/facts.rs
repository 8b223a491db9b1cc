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
//! | `refused` | acts that show nothing | step → the panel's no for good, of which no look could tell |
//! | `user` | `password`, `template` | the administrator inside the machine |
//! | `off_since` | `password` | since when the machine is shown as off |
//! | `doubted` | `account_password` | since when the panel says that it does not know the account |
//! | `keys` | `keys` | the panel's ids of the client's keys that a reinstallation brings along |
//! | `machine_before`, `begun` | `reinstall`, `installed` | the machine before it is installed anew, and whether that was seen |
//! | `held` | `restore_power` | whether the machine was found suspended after its release |
//! | `listing` | every list | ids on the pages before, while a list is being read |

use domain::machine::Identity;
use domain::record::{CreateProtocol, Notes};
use domain::time::Moment;
pub use driver::facts::{
    accepted, done, known, marker_of, missing, note, ordered, pending, reached, read, showing, subject,
    was_accepted, with_entry,
};
use driver::{Answered, RefusalClass, StepContext, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::machine;
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

/// The customer's user id, as the account step found it.
pub fn owner(context: &StepContext<'_>) -> Result<u64, Answered> {
    read(context.notes, "owner")
        .ok_or_else(|| Answered::permanent("The client's account on the panel is not known"))
}

/// The user whose SSH keys may be used: the customer, or whoever owns the linked machine.
pub fn key_holder(context: &StepContext<'_>) -> Result<u64, Answered> {
    let linked = || context.link?.identity.owner.parse().ok();
    owner(context).or_else(|unknown| linked().ok_or(unknown))
}

/// A no for good to an act of which no look shows whether it was done: it is kept, so that the look after it ends with
/// the panel's words and not with a question.
pub fn turned_down(context: &StepContext<'_>, verdict: Verdict) -> Result<Verdict, Verdict> {
    match verdict {
        Verdict::Refused(no) if no.class == RefusalClass::Permanent => {
            let refused = with_entry(context, "refused", context.step, no.reason.as_str());
            Ok(done(pending(&no.reason).note("refused", refused)))
        }
        verdict => Err(verdict),
    }
}

/// The words with which the panel turned this step's act down.
pub fn turned_down_with(context: &StepContext<'_>) -> Option<String> {
    let refused: Map<String, Value> = read(context.notes, "refused").unwrap_or_default();
    refused.get(context.step)?.as_str().map(ToOwned::to_owned)
}

/// The client's name on the panel.
pub fn external_id(context: &StepContext<'_>) -> ExternalId {
    ExternalId::of(context.relation, &context.marker.installation, context.client_id)
}

/// The server that the operation is about: the one it was asked about, the linked one, or the one it made.
pub fn target(context: &StepContext<'_>) -> Option<Result<u64, Answered>> {
    match subject(context).filter(|identity| !identity.id.is_empty()) {
        Some(identity) => Some(server_id(&identity.id)),
        None => read::<u64>(context.notes, "machine").map(Ok),
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

/// The note of the administrator inside the machine.
pub const ADMINISTRATOR: &str = "user";

/// The administrator inside the machine: as it was noted, or as most systems have it.
pub fn administrator(context: &StepContext<'_>) -> String {
    read(context.notes, ADMINISTRATOR).unwrap_or_else(|| machine::ADMINISTRATOR.to_owned())
}

/// The job of this step's last act, where the panel named one.
pub fn job(context: &StepContext<'_>) -> Option<u64> {
    let jobs: Map<String, Value> = read(context.notes, "job").unwrap_or_default();
    jobs.get(context.step)?.as_u64()
}
