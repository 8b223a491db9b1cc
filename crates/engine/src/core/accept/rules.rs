//! The rules by which commands are judged, one function per intent.

use std::time::Duration;

use domain::Moment;
use domain::case::ServiceView;
use domain::id::OperationId;
use domain::record::{Operation, OperationInput, OperationKind, OperationState, ServiceStatus, Standing};

use super::{Command, Intent, RefusalCode, clients, platform_refusal};
use crate::core::World;

/// What a rule says.
pub(super) enum Judgement {
    Go,
    Join(OperationId),
    Fulfilled,
    TakeBack(Box<Operation>),
    /// Instead of this one, which ends unanswered.
    Anew(Box<Operation>),
    Refuse(RefusalCode, String),
    /// Not before this time has passed.
    TooSoon(Duration),
}

use Judgement::{Fulfilled, Go, Join, Refuse};

pub(super) fn judge(view: Option<&ServiceView>, command: &Command, world: World<'_>) -> Judgement {
    if let Some((code, sentence)) = unadopted(view, command) {
        return Refuse(code, sentence);
    }
    match judge_new(view, command, world) {
        Go | Judgement::TakeBack(_) if command.told.called_again => answered_before(view, command),
        judgement => judgement,
    }
}

/// Why a client's own wish is refused, whatever is under way and however long it waits.
pub(super) fn denied(
    view: Option<&ServiceView>,
    command: &Command,
    world: World<'_>,
) -> Option<(RefusalCode, String)> {
    if let Some(no) = unadopted(view, command) {
        return Some(no);
    }
    let judged = match view {
        Some(view) => clients::inactive(command).or_else(|| clients::denied(view, command, world)),
        None => Some(not_provisioned()),
    };
    match judged? {
        Refuse(code, sentence) => Some((code, sentence)),
        _ => None,
    }
}

/// What is called again is answered by what was done of it. It begins nothing, whatever the service has become since.
fn answered_before(view: Option<&ServiceView>, command: &Command) -> Judgement {
    let changed = view
        .filter(|_| matches!(command.intent, Intent::ChangePackage(_)))
        .and_then(|view| newest(view, OperationKind::ChangePackage))
        .filter(|change| change.input == command.intent.input());
    changed.map_or_else(
        || {
            Refuse(
                RefusalCode::Overtaken,
                "Something else was asked of this service meanwhile; nothing was done.".to_owned(),
            )
        },
        |change| Join(change.id),
    )
}

/// The rules for what nobody has asked for before.
fn judge_new(view: Option<&ServiceView>, command: &Command, world: World<'_>) -> Judgement {
    let Some(view) = view else {
        return match &command.intent {
            Intent::Create(_) | Intent::Validate(_) | Intent::Adopt(_) => with_platform(None, command, Go),
            _ => not_provisioned(),
        };
    };
    if let Some(no) = clients::inactive(command) {
        return no;
    }
    match (&command.intent, held(view, &command.intent)) {
        // What an operation of before answers begins nothing that a question could hold.
        (Intent::Create(_), Some(sentence)) => match create(view, command, world.now) {
            Go | Judgement::TakeBack(_) => Refuse(RefusalCode::Held, sentence),
            judgement => judgement,
        },
        (_, Some(sentence)) => Refuse(RefusalCode::Held, sentence),
        (_, None) => judge_free(view, command, world),
    }
}

/// The rules where no question holds the service.
fn judge_free(view: &ServiceView, command: &Command, world: World<'_>) -> Judgement {
    match &command.intent {
        Intent::Create(_) => create(view, command, world.now),
        Intent::Suspend { .. } => suspend(view),
        Intent::Unsuspend => unsuspend(view),
        Intent::Terminate { .. } => terminate(view),
        Intent::ChangePackage(_) => with_machine(view, &[Standing::Live, Standing::Suspended]),
        Intent::Power(_)
        | Intent::Rename(_)
        | Intent::ResetPassword
        | Intent::ResetAccountPassword
        | Intent::Reinstall(_)
        | Intent::Console { .. }
        | Intent::SignOn => clients::judge(view, command, world),
        Intent::Refresh { .. } => with_machine(
            view,
            &[
                Standing::Building,
                Standing::Live,
                Standing::Suspended,
                Standing::Ending,
            ],
        ),
        Intent::Validate(_) => with_platform(Some(view), command, Go),
        Intent::Adopt(_) => adopt(view, command),
    }
}

fn not_provisioned() -> Judgement {
    Refuse(
        RefusalCode::NotProvisioned,
        "There is no machine for this service in Hostler. Run Create first; if it was terminated, there is nothing to do."
            .to_owned(),
    )
}

/// A service with a row in an old module's table but no link changes nothing until it is adopted.
fn unadopted(view: Option<&ServiceView>, command: &Command) -> Option<(RefusalCode, String)> {
    let vacant = view.is_none_or(|view| view.service.standing == Standing::Vacant && view.link.is_none());
    let mapped = command.told.mapped_id.as_ref().filter(|_| vacant)?;
    if matches!(command.intent, Intent::Adopt(_) | Intent::Validate(_)) {
        return None;
    }
    Some((
        RefusalCode::Unadopted,
        format!(
            "This service has machine {mapped} from the module before Hostler and is not adopted yet. Run the adoption \
             batch on the addon page, or `hostler service adopt`; nothing was changed."
        ),
    ))
}

fn with_platform(view: Option<&ServiceView>, command: &Command, otherwise: Judgement) -> Judgement {
    platform_refusal(view, command).map_or(otherwise, |(code, sentence)| Refuse(code, sentence))
}

/// An open question holds the service's changes, except suspend and terminate.
fn held(view: &ServiceView, intent: &Intent) -> Option<String> {
    let passes =
        !intent.kind().changes() || matches!(intent, Intent::Suspend { .. } | Intent::Terminate { .. });
    if passes {
        return None;
    }
    // Whoever asks for a new password has answered what became of the one before.
    let answered = clients::unanswered(view, intent.kind()).map(|operation| operation.id);
    let question = view
        .holding()
        .find(|question| answered.is_none() || question.operation != answered)?;
    Some(format!(
        "A question about this service is open and has to be answered first: {}",
        question.text
    ))
}

fn newest(view: &ServiceView, kind: OperationKind) -> Option<&Operation> {
    view.recent
        .iter()
        .filter(|operation| operation.kind == kind)
        .max_by_key(|operation| operation.sequence)
}

fn open(view: &ServiceView, kind: OperationKind) -> Option<&Operation> {
    view.open
        .iter()
        .filter(|operation| operation.kind == kind)
        .max_by_key(|operation| operation.sequence)
}

/// Whether a service in use can have been suspended only before its machine was ordered: in a former life, or when an order
/// before had been refused.
fn was_suspended_before(view: &ServiceView) -> bool {
    let ordered = newest(view, OperationKind::Create).map_or(0, |create| create.sequence);
    let suspensions = || {
        view.recent
            .iter()
            .filter(|one| one.kind == OperationKind::Suspend)
    };
    let before = view.service.generation > 1 || suspensions().any(|one| one.sequence < ordered);
    before && view.service.standing == Standing::Live && !suspensions().any(|one| one.sequence > ordered)
}

fn create(view: &ServiceView, command: &Command, now: Moment) -> Judgement {
    if let Some(running) = open(view, OperationKind::Create)
        && running.interrupted_by.is_none()
    {
        return Join(running.id);
    }
    match view.service.standing {
        Standing::Vacant | Standing::Ended => with_platform(Some(view), command, Go),
        Standing::Building | Standing::Live | Standing::Suspended => {
            // Taking a termination back, asked again, is answered by the unsuspend that does it.
            if let Some(release) = taken_back(view).filter(|release| !release.state.is_final()) {
                return Join(release.id);
            }
            // The billing system learns of it by calling once more, and still shows the service as ended.
            if let Some(release) =
                taken_back(view).filter(|_| command.told.status == ServiceStatus::Terminated)
            {
                return Join(release.id);
            }
            let pending = command.told.status == ServiceStatus::Pending;
            // One that was created anew is called by the word of before until the billing system hears of it: ended, or
            // suspended where it was suspended last.
            let unheard = match command.told.status {
                ServiceStatus::Pending | ServiceStatus::Terminated => true,
                ServiceStatus::Suspended => was_suspended_before(view),
                _ => false,
            };
            match newest(view, OperationKind::Create) {
                Some(done) if unheard && done.generation == view.service.generation => Join(done.id),
                _ if pending => Fulfilled,
                _ => Refuse(
                    RefusalCode::AlreadyProvisioned,
                    "This service has a machine already. Terminate it before creating another.".to_owned(),
                ),
            }
        }
        Standing::Ending => match open(view, OperationKind::Terminate) {
            Some(terminate) if inside_window(terminate, now) => {
                Judgement::TakeBack(Box::new(terminate.clone()))
            }
            _ => Refuse(
                RefusalCode::WrongStanding,
                "This service is being terminated. It can be created again when that has ended.".to_owned(),
            ),
        },
    }
}

/// The unsuspend that took the newest termination back.
fn taken_back(view: &ServiceView) -> Option<&Operation> {
    let terminate = newest(view, OperationKind::Terminate)
        .filter(|terminate| terminate.state == OperationState::Cancelled)?;
    newest(view, OperationKind::Unsuspend).filter(|release| release.sequence > terminate.sequence)
}

fn inside_window(terminate: &Operation, now: Moment) -> bool {
    matches!(&terminate.input, OperationInput::Terminate { not_before: Some(moment) } if now < *moment)
        && terminate.steps.is_empty()
}

/// The answer of an earlier operation, unless it ended without reaching what is wished.
fn repeat(view: &ServiceView, kind: OperationKind) -> Judgement {
    match newest(view, kind) {
        Some(done) if !done.state.is_final() || done.state == OperationState::Succeeded => Join(done.id),
        Some(_) => Go,
        None => Fulfilled,
    }
}

/// The last suspend or unsuspend that has not ended: what the service will be when the line is worked off.
fn last_switch(view: &ServiceView) -> Option<&Operation> {
    view.open
        .iter()
        .filter(|operation| matches!(operation.kind, OperationKind::Suspend | OperationKind::Unsuspend))
        .max_by_key(|operation| operation.sequence)
}

fn suspend(view: &ServiceView) -> Judgement {
    match view.service.standing {
        Standing::Vacant => not_provisioned(),
        Standing::Building | Standing::Live => Go,
        Standing::Suspended => match last_switch(view) {
            // An unsuspend is on its way: the suspension comes behind it.
            Some(switch) if switch.kind == OperationKind::Unsuspend => Go,
            Some(switch) => Join(switch.id),
            None => repeat(view, OperationKind::Suspend),
        },
        Standing::Ending | Standing::Ended => Refuse(
            RefusalCode::WrongStanding,
            "This service is terminated; there is nothing to suspend.".to_owned(),
        ),
    }
}

fn unsuspend(view: &ServiceView) -> Judgement {
    match view.service.standing {
        Standing::Suspended => match last_switch(view) {
            Some(switch) if switch.kind == OperationKind::Unsuspend => Join(switch.id),
            _ => Go,
        },
        Standing::Live | Standing::Building => repeat(view, OperationKind::Unsuspend),
        Standing::Vacant => not_provisioned(),
        Standing::Ending | Standing::Ended => Refuse(
            RefusalCode::WrongStanding,
            "This service is terminated; there is nothing to unsuspend.".to_owned(),
        ),
    }
}

fn terminate(view: &ServiceView) -> Judgement {
    match view.service.standing {
        Standing::Vacant if view.line().next().is_none() => not_provisioned(),
        Standing::Ending | Standing::Ended => repeat(view, OperationKind::Terminate),
        _ => Go,
    }
}

pub(super) fn with_machine(view: &ServiceView, allowed: &[Standing]) -> Judgement {
    if matches!(view.service.standing, Standing::Vacant) {
        return not_provisioned();
    }
    if !allowed.contains(&view.service.standing) {
        return Refuse(
            RefusalCode::WrongStanding,
            standing_sentence(view.service.standing).to_owned(),
        );
    }
    if view.link.is_none() {
        return not_provisioned();
    }
    Go
}

/// Why a standing refuses an action, for the client's eyes.
const fn standing_sentence(standing: Standing) -> &'static str {
    match standing {
        Standing::Vacant => "This service has no machine.",
        Standing::Building => "This service is still being set up.",
        Standing::Live => "This service is in use.",
        Standing::Suspended => {
            "This service is suspended. Nothing can be done with its machine until it is unsuspended."
        }
        Standing::Ending => "This service is being terminated.",
        Standing::Ended => "This service is terminated.",
    }
}

fn adopt(view: &ServiceView, command: &Command) -> Judgement {
    if view.link.is_some() {
        return Refuse(
            RefusalCode::AlreadyProvisioned,
            "This service has a linked machine already.".to_owned(),
        );
    }
    if view.line().next().is_some() {
        return Refuse(
            RefusalCode::Held,
            "Another operation of this service is under way.".to_owned(),
        );
    }
    with_platform(Some(view), command, Go)
}
