//! What a step knows: the notes of its operation and what the context adds.
//!
//! | note | written by | meaning |
//! |---|---|---|
//! | `parent` | `account` | the id of the operator's own organization |
//! | `turn` | `account` | how many names of the client's organization turned out to be somebody else's |
//! | `turn_since` | `account` | how many acts were sent before the present turn began |
//! | `taken` | `account` | the turn whose name was refused as taken when it was first asked for |
//! | `organization`, `domain` | `account` | the id of the client's organization, and what its machines' names end in |
//! | `name_turn` | `name`, `machine` | which form of the hostname is being tried |
//! | `want` | `name` | what a build asks for, as it was before one was sent |
//! | `builds` | `machine` | attempt → id of the build that it was answered with |
//! | `build` | `machine` | the id of the build that made the machine |
//! | `machine` | `machine`, `identify` | the id of the machine that was made, or found |
//! | `linked` | `machine` | the attempt whose machine is linked |
//! | `failed` | `ready` | the build that failed when its machine was linked already |
//! | `marked` | `machine` | whether the machine bears what its build was annotated with |
//! | `scan`, `listing` | `machine`, every list | a search, or a list, under way |
//! | `built` | `ready` | whether the build was complete in this look |
//! | `shown` | switches | whether the last look showed the step's goal |
//! | `task` | acts | step → the task that the platform queued for it |
//! | `doomed`, `deleted` | `policies` | backup policies to be deleted, and those that were |
//! | `disk`, `online` | `disk` | the system disk, and whether the machine runs while it grows |
//! | `doubted` | `account`, `check` | what was missing once and is asked for again |
//! | `refused_with` | `machine` | the words with which an order was refused |
//! | `accepted` | every act | step → the attempt that the platform took |

use domain::machine::Identity;
use domain::record::Notes;
use domain::time::Moment;
pub use driver::facts::{
    accepted, broken, done, foreign, known, missing, note, ordered, pending, reached, read, showing, subject,
    was_accepted, with_entry,
};
use driver::{Answered, Marker, StepContext};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The key of the annotation that names service and life.
pub const SERVICE: &str = "hostler-service";
/// The key of the annotation that names the attempt.
pub const ATTEMPT: &str = "hostler-attempt";
/// The key of the annotation that names an organization's client.
pub const CLIENT: &str = "hostler-client";

/// What a create asks for, fixed before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Want {
    /// The client's organization.
    pub organization: String,
    /// The hostname; `None` where the platform chooses one.
    pub hostname: Option<String>,
    /// What every build of this service and life is annotated with.
    pub service: String,
    /// Nothing that the create made is older.
    pub since: Moment,
}

impl Want {
    /// The want that was noted before a build was sent.
    pub fn noted(notes: &Notes) -> Option<Self> {
        read(notes, "want")
    }

    /// For the notes.
    pub fn to_note(&self) -> Value {
        json!(self)
    }
}

/// The marker of a service and its life, without the attempt.
pub fn service_marker(marker: &Marker) -> String {
    format!(
        "hostler:{}:{}:{}",
        marker.installation, marker.service, marker.generation
    )
}

/// The attempt that a marker names, if it is one of the service's.
pub fn attempt_in(service: &str, marker: &str) -> Option<u32> {
    marker.strip_prefix(service)?.strip_prefix(':')?.parse().ok()
}

/// The client's organization, as the account step found it.
pub fn organization_in(notes: &Notes) -> Option<String> {
    read(notes, "organization")
}

/// The client's organization, which a step cannot do without.
pub fn organization(context: &StepContext<'_>) -> Result<String, Answered> {
    organization_in(context.notes)
        .ok_or_else(|| Answered::permanent("The client's organization on Katapult is not known"))
}

/// The machine that the operation is about: the one it was asked about, the linked one, or the one it made.
pub fn target(context: &StepContext<'_>) -> Option<Result<String, Answered>> {
    let stored = subject(context).map(|identity| identity.id.clone());
    let id = stored
        .filter(|id| !id.is_empty())
        .or_else(|| read::<String>(context.notes, "machine"))?;
    Some(machine_id(id))
}

/// The machine that a step cannot do without.
pub fn required_target(context: &StepContext<'_>) -> Result<String, Answered> {
    target(context).unwrap_or_else(|| Err(Answered::permanent("The service has no machine on Katapult")))
}

/// A stored id as Katapult's: an id of something else would be read as what it is not.
fn machine_id(id: String) -> Result<String, Answered> {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if id.starts_with("vm_") && id.chars().all(legal) {
        return Ok(id);
    }
    let shown: String = id.chars().take(60).collect();
    Err(Answered::permanent(format!(
        "\"{shown}\" is not the id of a machine on Katapult"
    )))
}

/// The builds of a create's attempts.
pub fn builds(notes: &Notes) -> Vec<(u32, String)> {
    let builds: Map<String, Value> = read(notes, "builds").unwrap_or_default();
    let mut all: Vec<(u32, String)> = builds
        .iter()
        .filter_map(|(attempt, build)| Some((attempt.parse().ok()?, build.as_str()?.to_owned())))
        .collect();
    all.sort();
    all
}

/// The build that the present attempt was answered with.
pub fn present_build(context: &StepContext<'_>) -> Option<String> {
    let attempt = context.marker.attempt;
    let mut all = builds(context.notes).into_iter();
    all.find(|(of, _)| *of == attempt).map(|(_, build)| build)
}

/// The task of this step's last act, where the platform named one.
pub fn task(context: &StepContext<'_>) -> Option<String> {
    let tasks: Map<String, Value> = read(context.notes, "task").unwrap_or_default();
    tasks
        .get(context.step)?
        .as_str()
        .map(ToOwned::to_owned)
        .filter(|_| was_accepted(context))
}

/// Whether a machine lies in the client's organization.
pub fn may_have_made(context: &StepContext<'_>, shown: &Identity) -> Option<bool> {
    let organization = organization_in(context.notes)?;
    (!shown.owner.is_empty()).then(|| shown.owner == organization)
}
