//! What clients ask for on their own page: whether service, product and platform let them, whether it is too soon, and
//! what becomes of it beside what is under way.
//!
//! The reason that lasts longest is told first. How often something may be asked for is judged by the service's own
//! operations, however many came since: whoever is refused has used up nothing, and of two at once one is refused,
//! because the other's commit changed the service.

use domain::ActorKind;
use domain::case::ServiceView;
use domain::record::{
    Operation, OperationKind, OperationState, QuestionKind, Relation, ServiceStatus, Standing,
};
use driver::{Driver, Offers, PlanInput};

use super::rules::Judgement::{self, Anew, Go, Join, Refuse, TooSoon};
use super::rules::with_machine;
use super::{Command, Intent, RefusalCode};
use crate::core::World;

pub(super) fn judge(view: &ServiceView, command: &Command, world: World<'_>) -> Judgement {
    denied(view, command, world)
        .or_else(|| too_soon(view, command, world))
        .unwrap_or_else(|| beside(view, command))
}

/// What refuses it however long whoever wishes waits.
pub(super) fn denied(view: &ServiceView, command: &Command, world: World<'_>) -> Option<Judgement> {
    if let refused @ Refuse(..) = with_machine(view, &[Standing::Live]) {
        return Some(refused);
    }
    withheld(view, command, world).or_else(|| impossible(view, command, world))
}

fn offers(world: World<'_>) -> Offers {
    world.driver.map(Driver::offers).unwrap_or_default()
}

/// What only an active service has is refused also where nobody but the billing system calls it suspended or ended: the
/// switches to everybody, the rest to its client.
pub(super) fn inactive(command: &Command) -> Option<Judgement> {
    let needs_active = match command.intent {
        Intent::Power(_) => true,
        Intent::Rename(_)
        | Intent::ResetPassword
        | Intent::ResetAccountPassword
        | Intent::Reinstall(_)
        | Intent::Console { .. }
        | Intent::SignOn => command.actor.kind == ActorKind::Client,
        _ => false,
    };
    let status = command.told.status;
    (needs_active && status != ServiceStatus::Active)
        .then(|| Refuse(RefusalCode::NotActive, format!("This service is {status}.")))
}

fn withheld(view: &ServiceView, command: &Command, world: World<'_>) -> Option<Judgement> {
    let is_client = command.actor.kind == ActorKind::Client;
    let withheld = is_client && offers(world).withheld(&view.policy, command.intent.kind());
    withheld.then(|| {
        Refuse(
            RefusalCode::Withheld,
            "This is not offered for this service.".to_owned(),
        )
    })
}

/// What the platform cannot do, or not with what was given, is refused before anything is written down.
fn impossible(view: &ServiceView, command: &Command, world: World<'_>) -> Option<Judgement> {
    let (driver, platform) = (world.driver?, view.platform.as_ref()?);
    let kind = command.intent.kind();
    if !driver.offers().acts.contains(&kind) {
        return Some(Refuse(
            RefusalCode::Unsupported,
            "This cannot be done with machines of this kind.".to_owned(),
        ));
    }
    let input = command.intent.input();
    let attachment = view.attachment.as_ref();
    let planned = driver.plan(&PlanInput {
        kind,
        input: &input,
        installation: &view.service.installation,
        client_id: view.service.client_id,
        relation: attachment.map_or(Relation::Text, |attachment| attachment.relation),
        link: view.link.as_ref(),
        profile: &platform.profile,
        power_before_suspend: None,
        dry_run: false,
    });
    planned
        .err()
        .map(|refused| Refuse(RefusalCode::Invalid, refused.reason))
}

/// Clients wait between two wishes of a kind, as the command's pace has it.
fn too_soon(view: &ServiceView, command: &Command, world: World<'_>) -> Option<Judgement> {
    let interval = offers(world).interval(&view.policy, command.intent.kind());
    let free = command.last_wished? + interval;
    (world.now < free).then(|| TooSoon(free.since(world.now)))
}

/// The same at the end of the line is joined, unless it brings what only whoever asked for it is shown. What wipes a machine
/// runs alone, and nothing is done to one that is being wiped; everything else comes behind what is under way.
fn beside(view: &ServiceView, command: &Command) -> Judgement {
    let kind = command.intent.kind();
    if !kind.changes() {
        return Go;
    }
    let last = view.line().max_by_key(|operation| operation.sequence);
    let is_same = |last: &&Operation| last.kind == kind && last.input == command.intent.input();
    if let Some(lost) = unanswered(view, kind) {
        return Anew(Box::new(lost.clone()));
    }
    if let Some(same) = last.filter(is_same) {
        if kind.brings_password() && !same.actor.is_same(&command.actor) {
            return busy(
                "Somebody else has asked for the same, and is shown the password that it brings. Try again when that has \
                 ended.",
            );
        }
        return Join(same.id);
    }
    let wiping = |operation: &Operation| operation.kind == OperationKind::Reinstall;
    if view.line().any(wiping) {
        return busy("This server is being installed anew. Try again when that has ended.");
    }
    if kind == OperationKind::Reinstall && last.is_some() {
        return busy("Something else is under way for this server. Try again when that has ended.");
    }
    Go
}

fn busy(sentence: &str) -> Judgement {
    Refuse(RefusalCode::Busy, sentence.to_owned())
}

/// A new password whose answer was lost, and about which a person is asked since nothing shows whether it was set. Whoever
/// asks for another one has answered: the newest holds, whatever became of the one before. Only where nothing waits behind
/// it, which would have to be begun first.
pub(super) fn unanswered(view: &ServiceView, kind: OperationKind) -> Option<&Operation> {
    if !matches!(
        kind,
        OperationKind::ResetPassword | OperationKind::ResetAccountPassword
    ) {
        return None;
    }
    let asks = |operation: &&Operation| {
        let mut questions = view.questions.iter();
        questions.any(|question| {
            question.operation == Some(operation.id)
                && matches!(
                    question.kind,
                    QuestionKind::BuildFailed | QuestionKind::UnsettledChange
                )
        })
    };
    let mut line = view.line();
    let only = line.next().filter(|_| line.next().is_none())?;
    Some(only)
        .filter(|operation| operation.kind == kind && operation.state == OperationState::Asking)
        .filter(asks)
}
