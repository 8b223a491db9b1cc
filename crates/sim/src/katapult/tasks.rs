//! Tasks.

use serde_json::json;

use super::find;
use super::render;
use super::route::{Ask, Handled, shown};
use super::state::State;

/// `GET /tasks/task`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let task = find::task(state, ask)?;
    shown(&json!({ "task": render::task(task, ask.seen_at, ask.dates) }))
}
