//! A suspension whose answer was lost may still take effect, after the service has moved on: the machine is looked at
//! for as long as that can happen, and released where our own late suspension is the cause.

use std::time::Duration;

use domain::machine::{Machine, Power};
use domain::record::{OperationInput, OperationKind, Standing};
use domain::{Fact, Moment};

use super::draft::Draft;
use super::tell;

/// How long after a lost answer its effect is reckoned with.
pub(super) const LATE_EFFECTS: Duration = Duration::from_secs(3600);

/// How often a machine is looked at meanwhile.
const LATE_INTERVAL: Duration = Duration::from_secs(300);

/// The answer to a change was lost. Only a suspension that comes late is put right, so only for one the machine is
/// looked at: whoever else holds it meanwhile has a reason.
pub(super) fn may_come_late(draft: &mut Draft<'_>, index: usize) {
    // What is switched to and fro in a suspension is the platform's hold on the machine.
    let suspends = draft.operation.kind == OperationKind::Suspend && draft.operation.steps[index].insists;
    if !suspends {
        return;
    }
    let until = draft.now() + LATE_EFFECTS;
    draft.service.unsettled_until = draft.service.unsettled_until.max(Some(until));
}

/// A change of the service has ended: a machine in use is watched while something may come late.
pub(super) fn watch_from(draft: &mut Draft<'_>) {
    if draft.service.standing == Standing::Live && draft.link.is_some() {
        draft.service.watch_due = next_look(draft.service.unsettled_until, draft.now());
    }
}

/// When the machine of a service in use is looked at next; `None` when nothing can come late any more.
pub(super) fn next_look(unsettled_until: Option<Moment>, now: Moment) -> Option<Moment> {
    let next = now + LATE_INTERVAL;
    // One look more than the time allows: the last effect may have come right at its end.
    unsettled_until
        .filter(|until| next <= *until + LATE_INTERVAL)
        .map(|_| next)
}

/// A reading shows the machine of a service in use held by the platform, and a suspension of ours may have come late.
pub(super) fn release_late_hold(draft: &mut Draft<'_>, machine: &Machine) {
    let late = draft
        .service
        .unsettled_until
        .is_some_and(|until| draft.now() <= until + LATE_INTERVAL);
    if !late || machine.suspended != Fact::Known(true) {
        return;
    }
    // It ran when it was held: a service in use is only off by its client's wish, which the client can repeat.
    draft.service.power_before_suspend = Some(Power::On);
    draft.spawn(
        OperationKind::Unsuspend,
        OperationInput::Nothing,
        "a late suspension",
    );
    tell::line(
        draft,
        "a suspension that was sent earlier took effect late and is lifted",
    );
}
