//! What a later wish overtakes: it ends instead of being carried on after it.

use domain::Change;
use domain::case::ServiceView;
use domain::record::{Operation, OperationKind, OperationState};

use super::Builder;

/// A suspension overtakes what would switch the machine on or let it go: answered or found true later, such a wish of
/// before would break the suspension. What else a client asked for ends where it has not begun or waits for an answer;
/// what is at work is brought to its end first.
pub(super) fn suspend(view: Option<&ServiceView>, by: &Operation, builder: &mut Builder<'_>) -> bool {
    let ends = |other: &&Operation| match other.kind {
        OperationKind::Unsuspend | OperationKind::Power => true,
        kind => {
            kind.is_for_clients() && matches!(other.state, OperationState::Queued | OperationState::Asking)
        }
    };
    take_over(view, ends, by, "a suspension takes over", builder)
}

/// A termination overtakes every other change.
pub(super) fn terminate(view: Option<&ServiceView>, by: &Operation, builder: &mut Builder<'_>) -> bool {
    let changes = |other: &&Operation| other.kind.changes();
    take_over(view, changes, by, "a termination takes over", builder)
}

/// Ends what only waits in the line, and interrupts what runs or asks. Whether anything was interrupted: it ends when
/// it is looked at next, so what overtakes it waits behind it.
fn take_over(
    view: Option<&ServiceView>,
    affected: impl Fn(&&Operation) -> bool,
    by: &Operation,
    why: &str,
    builder: &mut Builder<'_>,
) -> bool {
    let now = builder.world.now;
    let mut interrupted = false;
    for other in view.iter().flat_map(|view| &view.open).filter(affected) {
        let mut other = other.clone();
        other.updated_at = now;
        if other.state == OperationState::Queued {
            other.state = OperationState::Superseded;
            other.finished_at = Some(now);
            why.clone_into(&mut other.reason);
        } else {
            interrupted = true;
            other.interrupted_by = Some(by.id);
            // Waiting is interrupted: it looks at itself now and ends, unless it has something to settle.
            other.due_at = Some(now);
        }
        builder.changes.push(Change::PutOperation(other));
    }
    interrupted
}
