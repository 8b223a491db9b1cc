//! What the billing system is told beside its answers: lines of its log, its row of the service, and the hooks that others
//! listen to.

use std::time::Duration;

use domain::Change;
use domain::case::ServiceView;
use domain::machine::{Machine, state_word};
use domain::record::{BuildHook, EffectBody, OperationKind, QuestionKind, Service};
use driver::{Deed, Driver, Hosting, Login};
use serde_json::json;

use super::World;
use super::draft::{Draft, fresh_effect};
use super::look::set_link;
use super::schedule::LOGIN_KEPT;
use crate::effects::FOR_BILLING;

/// How long a build may take before others are told that it is late. Exactly as long is not late yet.
const LATE_AFTER: Duration = Duration::from_mins(15);

/// A line of the billing system's log, under the service's number.
pub(super) fn line(draft: &mut Draft<'_>, what: &str) {
    let message = format!("[Service ID: {}]: {what}", draft.service.billing_id);
    draft.effect(EffectBody::LogActivity { message });
}

/// A line in the engine's own words, from which the operation is found.
pub(super) fn remark(draft: &mut Draft<'_>, what: &str) {
    let operation = draft.operation.id;
    line(draft, &format!("{what} ({operation})"));
}

/// The line of an operation that ended well: the platform's words for it, else the engine's where it has some.
pub(super) fn done(draft: &mut Draft<'_>, otherwise: Option<&str>) {
    match (deed(draft), otherwise) {
        (Some(deed), _) => line(draft, &deed.done),
        (None, Some(what)) => remark(draft, what),
        (None, None) => {}
    }
}

/// The same, where the billing side's copy of the machine is not as it is any more.
pub(super) fn changed(draft: &mut Draft<'_>, what: &str) {
    done(draft, Some(what));
    if let Some(machine) = draft.case.reading() {
        let link = set_link(draft, Some(&machine));
        draft.effect(link);
    }
}

/// The line of an operation that ended badly.
pub(super) fn failed(draft: &mut Draft<'_>, reason: &str) {
    let kind = draft.operation.kind;
    match deed(draft) {
        Some(deed) => line(draft, &format!("{}: {reason}", deed.failed)),
        None if kind.changes() => remark(draft, &format!("{kind} failed: {reason}")),
        None => {}
    }
}

/// What did nothing to the machine has no words of the platform's.
fn deed(draft: &Draft<'_>) -> Option<Deed> {
    let driver = draft.world.driver.filter(|_| draft.link.is_some())?;
    driver.deed(&draft.operation)
}

/// Tells the billing system an address that it does not have yet.
pub(super) fn delivered_address(draft: &mut Draft<'_>, machine: &Machine) {
    if machine.address().is_none() || matches!(draft.operation.kind, OperationKind::Terminate) {
        return;
    }
    let told = draft
        .case
        .reading()
        .is_some_and(|known| says_the_same(draft.world.driver, &known, machine));
    if !told {
        row(draft, machine, None);
    }
}

/// What the billing system is told of a machine that was seen in passing: addresses and names that are not those of the
/// last reading. `None` where there is nothing to tell, or nothing was told yet that could be wrong.
pub(super) fn seen_in_passing(view: &ServiceView, machine: &Machine, world: World<'_>) -> Option<Change> {
    let known = view.reading()?;
    if machine.address().is_none() || says_the_same(world.driver, &known, machine) {
        return None;
    }
    let body = row_of(&view.service, world.driver, machine, (None, None));
    fresh_effect(&view.service, None, body, world)
}

/// Whether the billing system's row of a machine would be the same by two readings of it.
fn says_the_same(driver: Option<&dyn Driver>, known: &Machine, machine: &Machine) -> bool {
    known.identity == machine.identity && Hosting::by(driver, known) == Hosting::by(driver, machine)
}

/// The row's fields as the machine has them. `user` is the one that is known to be on the machine.
fn row(draft: &mut Draft<'_>, machine: &Machine, user: Option<String>) {
    let ordered = draft.operation.input.order();
    let customer = ordered.map(|order| order.customer.email.clone());
    let body = row_of(&draft.service, draft.world.driver, machine, (user, customer));
    draft.effect(body);
}

/// The same, by the user that is known to be on the machine, and whoever it is to be called by where none is known at all.
fn row_of(
    service: &Service,
    driver: Option<&dyn Driver>,
    machine: &Machine,
    (user, otherwise): (Option<String>, Option<String>),
) -> EffectBody {
    let hosting = Hosting::by(driver, machine);
    let given = || Some(machine.name.clone()).filter(|name| !name.is_empty());
    let ordered_name = service.hostname.clone();
    let wherever_none = || ordered_name.or_else(|| machine.hostname.clone()).or_else(given);
    let domain_if_empty = match &hosting.name {
        Some(_) => None,
        None => wherever_none(),
    };
    EffectBody::SetHosting {
        dedicatedip: hosting.dedicated,
        assignedips: Some(hosting.further.join("\n")),
        domain_if_empty,
        domain: hosting.name,
        username: user.or(hosting.user).or(otherwise),
    }
}

/// Hands the first login of a new machine to the billing system: the user in its row, the password as a secret that is
/// stored encrypted until it is fetched.
pub(super) fn login(draft: &mut Draft<'_>, login: Login, machine: Option<&Machine>) {
    match machine {
        Some(machine) => row(draft, machine, Some(login.user)),
        None => draft.effect(EffectBody::SetHosting {
            dedicatedip: None,
            assignedips: None,
            domain_if_empty: None,
            domain: None,
            username: Some(login.user),
        }),
    }
    let secret = draft.secret(FOR_BILLING, login.password, LOGIN_KEPT);
    draft.effect(EffectBody::SetPassword { secret });
}

/// Tells the billing system anew what was read, as its administrator asked.
pub(super) fn anew(draft: &mut Draft<'_>, machine: &Machine) {
    let link = set_link(draft, Some(machine));
    draft.effect(link);
    row(draft, machine, None);
}

/// Whether the platform's builds are told of.
fn tells(draft: &Draft<'_>) -> bool {
    draft.world.driver.is_some_and(Driver::tells_of_builds)
}

/// Fires a hook where the platform's builds are told of.
pub(super) fn hook(draft: &mut Draft<'_>, hook: BuildHook, reason: &str) {
    let Some(driver) = draft.world.driver.filter(|_| tells(draft)) else {
        return;
    };
    let machine = draft.case.reading().filter(|_| draft.link.is_some());
    let hosting = machine.as_ref().map(|machine| driver.hosting(machine));
    let addresses = hosting.map_or_else(Vec::new, |hosting| {
        hosting.dedicated.into_iter().chain(hosting.further).collect()
    });
    let build = driver.build(&draft.operation.notes);
    let arguments = json!({
        "service": draft.service.billing_id,
        "build": build,
        "ordered_at": draft.operation.ordered_at().map(domain::Moment::as_seconds),
        "machine": draft.link.as_ref().map(|link| &link.identity.id),
        "state": state_word(machine.as_ref(), draft.operation.is_building()),
        "hostname": machine.as_ref().and_then(|machine| machine.hostname.as_ref()),
        "addresses": addresses,
        "reason": reason,
    });
    draft.effect(EffectBody::RunHook {
        hook: hook.to_string(),
        arguments,
    });
}

/// Tells that a build ended badly, when a person is first asked about it. Tried again and failing again, it is told again.
pub(super) fn build_failed(draft: &mut Draft<'_>, asks: QuestionKind, reason: &str) {
    if tells(draft) && draft.operation.kind == OperationKind::Create && !draft.asks(asks) {
        line(draft, reason);
        hook(draft, BuildHook::Failed, reason);
    }
}

/// Tells once that a build takes longer than it should. It is watched as before.
pub(super) fn late(draft: &mut Draft<'_>) {
    let now = draft.now();
    let under_way = tells(draft)
        && draft.operation.kind == OperationKind::Create
        && !draft.operation.state.is_final()
        && draft.operation.milestone.is_some()
        && draft.operation.interrupted_by.is_none()
        && !draft.asks(QuestionKind::BuildFailed);
    if !under_way {
        return;
    }
    let ordered = draft.operation.steps.iter_mut().find(|step| {
        let ordered_at = step.ordered_at();
        !step.told_late && ordered_at.is_some_and(|ordered| now > ordered + LATE_AFTER)
    });
    if let Some(step) = ordered {
        step.told_late = true;
        hook(draft, BuildHook::TimedOut, "");
    }
}
