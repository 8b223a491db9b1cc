//! What was done with the service, and by whom: the client's own part of the journal.

use domain::record::{Cause, Operation, OperationKind};
use domain::{Actor, ActorKind};
use serde::Serialize;

use super::names::is_edit;
use super::panels::revision;
use crate::context::amount::stamp;
use crate::context::{Context, progress, sample};

/// One thing that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryRow {
    /// Our id, for asking support.
    pub operation: String,
    /// The end of the title's key.
    pub title: String,
    /// The end of the state's key.
    pub state: &'static str,
    /// `you`, `account`, `staff` or `system`: the end of a message's key.
    pub who: &'static str,
    /// When, for people.
    pub at: String,
    /// When, for programs.
    pub datetime: String,
    /// Why it ended, where it did not succeed: the end of a message's key.
    pub cause: Option<String>,
}

/// A page of it, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HistoryPanel {
    /// The rows.
    pub rows: Vec<HistoryRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// Names the content.
    pub rev: String,
    /// Whether whoever asks has this content already.
    pub same: bool,
}

impl HistoryPanel {
    /// What `reader` sees of operations.
    pub(crate) fn new(operations: &[Operation], next: Option<String>, reader: &Actor) -> Self {
        let shown = operations.iter().filter(|operation| is_shown(operation));
        let rows: Vec<_> = shown.map(|operation| row(operation, reader)).collect();
        Self {
            rev: revision(&(&rows, &next)),
            rows,
            next,
            same: false,
        }
    }
}

/// What the engine does for itself is nobody's deed.
fn is_shown(operation: &Operation) -> bool {
    let kind = operation.kind;
    kind.changes() || matches!(kind, OperationKind::Console | OperationKind::SignOn) || is_edit(operation)
}

fn row(operation: &Operation, reader: &Actor) -> HistoryRow {
    let cause = operation.cause().filter(|_| operation.state.is_final());
    HistoryRow {
        operation: operation.id.to_string(),
        title: progress::title(operation),
        state: operation.state.as_str(),
        who: who(&operation.actor, reader),
        at: stamp(operation.created_at),
        datetime: operation.created_at.to_string(),
        cause: cause.map(Cause::key),
    }
}

/// Staff is not named, and neither is another user of the account.
fn who(actor: &Actor, reader: &Actor) -> &'static str {
    match actor.kind {
        ActorKind::Client if actor.is_same(reader) => "you",
        ActorKind::Client => "account",
        ActorKind::Admin | ActorKind::Host => "staff",
        ActorKind::Cron | ActorKind::System | ActorKind::Api | ActorKind::Engine => "system",
    }
}

impl Context for HistoryPanel {
    const TEMPLATE: &'static str = "client/history.html";

    fn samples(now: domain::Moment) -> Vec<Self> {
        let reader = sample::reader();
        let operations = sample::past(now);
        let mut known = Self::new(&operations, None, &reader);
        known.same = true;
        vec![
            Self::new(&operations, Some(sample::TEXT.to_owned()), &reader),
            Self::new(&[], None, &reader),
            known,
        ]
    }
}
