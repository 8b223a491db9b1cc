//! What every driver writes down and answers in the same way: notes of an operation, and the usual findings.
//!
//! Notes are a driver's own memory. Three of them mean the same on every platform and are kept here: `accepted`, by step
//! the attempt whose act the platform took; and maps in general, by [`with_entry`].

use domain::http::Request;
use domain::machine::{Identity, Machine};
use domain::order::Order;
use domain::record::{Notes, OperationInput, OperationKind};
use serde_json::{Map, Value, json};

use crate::{Answered, Findings, Marker, Prepared, Standing, StepContext, Verdict};

/// A note of a given form; a note of another form counts as missing.
pub fn read<T: serde::de::DeserializeOwned>(notes: &Notes, key: &str) -> Option<T> {
    T::deserialize(notes.get(key)?).ok()
}

/// One note.
pub fn note(key: &str, value: impl Into<Value>) -> Notes {
    Notes::from_iter([(key.to_owned(), value.into())])
}

/// The note with one more entry, for notes that are maps.
pub fn with_entry(context: &StepContext<'_>, key: &str, entry: &str, value: impl Into<Value>) -> Value {
    let mut map: Map<String, Value> = read(context.notes, key).unwrap_or_default();
    map.insert(entry.to_owned(), value.into());
    Value::Object(map)
}

/// The order of a create, a package change or a validation.
pub fn ordered<'a>(context: &StepContext<'a>) -> Result<&'a Order, Answered> {
    context
        .input
        .order()
        .ok_or_else(|| Answered::permanent(format!("The step {} needs an order", context.step)))
}

/// The marker of another attempt of the same service and life.
pub fn marker_of(context: &StepContext<'_>, attempt: u32) -> Marker {
    Marker {
        attempt,
        ..context.marker.clone()
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

/// Whether the platform took the last act of this step.
pub fn was_accepted(context: &StepContext<'_>) -> bool {
    let accepted: Map<String, Value> = read(context.notes, "accepted").unwrap_or_default();
    context.acted_at.is_some() && accepted.get(context.step) == Some(&json!(context.marker.attempt))
}

/// An act that the platform took: to be read back.
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

/// A person must decide.
pub fn broken(why: impl Into<String>) -> Findings {
    Findings::of(Standing::Broken(why.into()))
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

/// A request that the step does not make: a defect of the driver, or the record of another version.
pub fn foreign(context: &StepContext<'_>, request: &Request) -> Verdict {
    Verdict::Unknown(format!(
        "The step {} does not make the request {}",
        context.step, request.name
    ))
}
