//! How operations end, and what their ends set in motion.

use domain::Change;
use domain::http::RetryClass;
use domain::machine::{MachineStatus, Power};
use domain::record::{
    Activation, BuildHook, EffectBody, Milestone, OperationInput, OperationKind, OperationState,
    QuestionKind, RerunFunction, ServiceStatus, Standing, StepPhase,
};

use super::draft::{Draft, Move};
use super::schedule::{ACCOUNTS_KEPT, WATCH_AFTER_QUESTION};
use super::{drift, look, names, suspension, tell};

/// The milestone that a product's policy wants before CreateAccount is answered with success.
pub(super) const fn wanted(activation: Activation) -> Milestone {
    match activation {
        Activation::Accepted => Milestone::Accepted,
        Activation::Created => Milestone::Created,
        Activation::Ready => Milestone::Ready,
    }
}

/// When a create of this service is answered with success.
fn activation(draft: &Draft<'_>) -> Activation {
    draft.case.policy.activation_in(&draft.service.module)
}

/// A create has come further.
pub(super) fn milestone(draft: &mut Draft<'_>, reached: Milestone) {
    if draft.operation.milestone >= Some(reached) {
        return;
    }
    if draft.operation.milestone.replace(reached).is_none() {
        tell::hook(draft, BuildHook::Requested, "");
    }
    draft.audit(
        "operation.milestone",
        serde_json::json!({ "milestone": reached.as_str() }),
    );
    if look::satisfies(Some(reached), wanted(activation(draft))) {
        call_again(draft);
    }
}

/// Makes the billing system call the function again that was answered with a sentence.
fn call_again(draft: &mut Draft<'_>) {
    let Some(function) = draft.operation.rerun.take() else {
        return;
    };
    let Ok(function) = function.parse::<RerunFunction>() else {
        return;
    };
    let status = draft.service.status.to_string();
    draft.effect(EffectBody::Rerun { function, status });
}

/// Every step is done and verified.
pub(super) fn succeeded(mut draft: Draft<'_>) -> Move {
    match draft.operation.kind {
        OperationKind::Create => created(&mut draft),
        OperationKind::Unsuspend => suspension::released(&mut draft),
        OperationKind::Suspend => suspension::held(&mut draft),
        OperationKind::Terminate => terminated(&mut draft),
        OperationKind::ChangePackage => tell::done(&mut draft, Some("package changed")),
        OperationKind::Adopt => adopted(&mut draft),
        OperationKind::RemoveStray => {
            tell::remark(&mut draft, "a late machine of an older attempt was removed");
        }
        OperationKind::Refresh => suspension::observed(&mut draft),
        OperationKind::Power | OperationKind::SignOn | OperationKind::Console => tell::done(&mut draft, None),
        OperationKind::Rename => tell::changed(&mut draft, "the machine was renamed"),
        OperationKind::Reinstall => tell::changed(&mut draft, "the machine was installed anew"),
        OperationKind::ResetPassword => tell::done(&mut draft, Some("the machine has a new password")),
        OperationKind::ResetAccountPassword => {
            tell::done(&mut draft, Some("the client's account has a new password"));
        }
        OperationKind::Validate | OperationKind::CloseAccounts | OperationKind::ReverseDns => {}
    }
    if let Some(platform) = &draft.case.platform {
        let name = format!("platform_credential:{}", platform.id);
        draft.push(Change::ClearAlarm { name });
    }
    let message = match draft.operation.kind {
        OperationKind::ReverseDns => names::report(&draft.operation),
        kind => format!("{kind}: done"),
    };
    call_again(&mut draft);
    end(draft, OperationState::Succeeded, &message)
}

/// A classified permanent fault. A create that has made its machine does not end with it: the machine is there and
/// paid for, so a person decides.
pub(super) fn failed(mut draft: Draft<'_>, reason: &str) -> Move {
    if draft.operation.kind != OperationKind::Create || draft.link.is_none() {
        return given_up(draft, reason);
    }
    tell::build_failed(&mut draft, QuestionKind::BuildFailed, reason);
    draft.ask(
        QuestionKind::BuildFailed,
        format!(
            "The machine of service {} exists and cannot be finished: {reason}",
            draft.service.billing_id
        ),
        &[
            ("send-again", "try this step once more"),
            ("give-up", "end this operation as failed; the machine stays"),
        ],
    );
    draft.operation.due_at = Some(draft.now() + WATCH_AFTER_QUESTION);
    draft.rest()
}

/// Ends an operation as failed, whatever it has made.
pub(super) fn given_up(mut draft: Draft<'_>, reason: &str) -> Move {
    draft.settle_questions();
    if draft.operation.kind == OperationKind::Create {
        // Without a machine the next CreateAccount begins anew, unless an ending has been committed meanwhile.
        draft.service.standing = match (draft.service.standing, draft.link.is_some()) {
            (Standing::Building, true) => Standing::Live,
            (Standing::Building | Standing::Suspended, false) => Standing::Vacant,
            (standing, _) => standing,
        };
    }
    tell::failed(&mut draft, reason);
    draft.operation.rerun = None;
    end(draft, OperationState::Failed, reason)
}

/// Deciding the operation fails again and again: a person has to look.
pub fn set_aside(case: &domain::Case, why: &str, world: super::World<'_>) -> domain::Commit {
    let mut draft = Draft::new(case, world);
    let text = format!(
        "{} of service {} cannot go on: {why}. Nothing more is done about it until this is answered.",
        draft.operation.kind, draft.service.billing_id
    );
    draft.alarm(format!("operation_stuck:{}", draft.operation.id), text.clone());
    draft.ask(
        QuestionKind::Stuck,
        text,
        &[
            ("try-again", "go on where it stopped"),
            ("give-up", "end it as failed; what exists stays as it is"),
        ],
    );
    draft.operation.due_at = None;
    draft.rest().commit
}

/// Taken back before anything was done.
pub(super) fn cancelled(mut draft: Draft<'_>, reason: &str) -> Move {
    draft.settle_questions();
    draft.operation.rerun = None;
    draft.service.standing = match (draft.operation.kind, draft.link.is_some()) {
        (OperationKind::Create | OperationKind::Terminate, false) => Standing::Vacant,
        (OperationKind::Suspend | OperationKind::Terminate, true) => Standing::Live,
        _ => draft.service.standing,
    };
    end(draft, OperationState::Cancelled, reason)
}

/// Another operation takes over.
pub(super) fn superseded(mut draft: Draft<'_>) -> Move {
    draft.settle_questions();
    draft.operation.rerun = None;
    let by = draft.operation.interrupted_by;
    let mut others = draft.case.others.iter();
    let suspended = others.any(|other| Some(other.id) == by && other.kind == OperationKind::Suspend);
    let reason = if suspended {
        "a suspension takes over"
    } else {
        "a termination takes over"
    };
    end(draft, OperationState::Superseded, reason)
}

/// Writes the end and lets the next operation of the service begin.
fn end(mut draft: Draft<'_>, state: OperationState, reason: &str) -> Move {
    let now = draft.now();
    let operation = &mut draft.operation;
    operation.state = state;
    reason.clone_into(&mut operation.reason);
    operation.due_at = None;
    operation.exclusive = None;
    operation.finished_at = Some(now);
    let kind = operation.kind;
    if kind == OperationKind::Create {
        watch_what_is_left(&mut draft);
        close_accounts_later(&mut draft);
    }
    for alarm in ["operation_overdue", "operation_stuck"] {
        let name = format!("{alarm}:{}", draft.operation.id);
        draft.push(Change::ClearAlarm { name });
    }
    if let Some(changed) = names::changed(&draft.operation).cloned() {
        let detail = serde_json::json!({ "state": state.as_str(), "reason": reason, "changed": changed });
        draft.audit("reverse_dns.changed", detail);
    }
    if kind.changes() {
        draft.audit(
            "operation.ended",
            serde_json::json!({ "state": state.as_str(), "reason": reason }),
        );
        drift::watch_from(&mut draft);
        draft.release_next();
    }
    draft.rest()
}

/// A create that ends without its machine although what it sent may still take effect: what appears where only its
/// attempts can have put it is removed, and the next create shares no attempt's name with it.
fn watch_what_is_left(draft: &mut Draft<'_>) {
    // Only what was refused came to nothing. An attempt before the last may take effect as well, whatever became of that.
    let open = draft.operation.steps.iter().any(|step| {
        step.class == RetryClass::Creating
            && step.phase != StepPhase::Done
            && step.attempt > u32::from(step.refusal.is_some())
    });
    if draft.link.is_some() || !open {
        return;
    }
    let driver = draft.world.driver;
    if let Some(identity) = driver.and_then(|driver| driver.left_behind(&draft.operation.notes)) {
        let input = OperationInput::Resource { identity };
        draft.spawn(OperationKind::RemoveStray, input, "late machine");
    }
    if draft.service.standing == Standing::Vacant {
        draft.service.generation += 1;
    }
}

/// What the attempts of a create needed on the platform is removed a day later, when nothing can appear there any more.
fn close_accounts_later(draft: &mut Draft<'_>) {
    let attempts = draft
        .operation
        .steps
        .iter()
        .map(|step| step.attempt)
        .max()
        .unwrap_or(0);
    let wanted = draft.plans(
        OperationKind::CloseAccounts,
        &OperationInput::Accounts { attempts },
    );
    if attempts > 0 && wanted {
        let input = OperationInput::Accounts { attempts };
        draft.spawn_later(
            OperationKind::CloseAccounts,
            input,
            "empty accounts",
            ACCOUNTS_KEPT,
        );
    }
}

fn created(draft: &mut Draft<'_>) {
    milestone(draft, Milestone::Ready);
    if draft.service.standing == Standing::Building {
        draft.service.standing = Standing::Live;
    }
    tell::done(draft, Some("the machine is ready"));
    tell::hook(draft, BuildHook::Built, "");
    if draft.service.standing == Standing::Suspended {
        suspended_unbuilt(draft);
    }
    welcome(draft);
}

/// The service was suspended while there was nothing to switch off yet.
fn suspended_unbuilt(draft: &mut Draft<'_>) {
    // It was nobody's to switch off: however far its first run has come, it shall run once it is released.
    draft.service.power_before_suspend = Some(Power::On);
    let mut others = draft.case.others.iter();
    if !others.any(|other| other.kind == OperationKind::Suspend) {
        let reason = "suspended during its build".to_owned();
        draft.spawn(
            OperationKind::Suspend,
            OperationInput::Suspend { reason },
            "suspended during its build",
        );
    }
}

/// The welcome mail: once per generation, when the machine is ready, has an address and its service is in use.
pub(super) fn welcome(draft: &mut Draft<'_>) {
    let generation = draft.operation.generation;
    let due = draft.service.welcomed_generation < generation && draft.service.standing == Standing::Live;
    if !due || activation(draft) == Activation::Accepted {
        return;
    }
    draft.service.welcomed_generation = generation;
    let template = draft.case.policy.welcome_template.clone();
    draft.effect(EffectBody::SendMail {
        template,
        fields: std::collections::BTreeMap::new(),
    });
}

fn adopted(draft: &mut Draft<'_>) {
    draft.service.standing = match draft.service.status {
        ServiceStatus::Suspended => Standing::Suspended,
        _ => Standing::Live,
    };
    if draft.service.standing == Standing::Suspended {
        suspension::held(draft);
    }
    if draft.service.status == ServiceStatus::Pending {
        // Made by us before the store was lost, and not delivered yet.
        if is_installed(draft) {
            welcome(draft);
        } else {
            tell_unfinished(draft);
        }
    } else {
        // The client had a welcome mail from the module before us.
        draft.service.welcomed_generation = draft.operation.generation;
    }
    tell::remark(draft, "the existing machine was adopted");
}

/// Whether the machine that the operation read has its operating system.
fn is_installed(draft: &Draft<'_>) -> bool {
    let machine = draft.case.reading();
    machine.is_some_and(|machine| machine.status == MachineStatus::Ready)
}

/// The create that made the machine is not known any more, and nobody else installs it.
fn tell_unfinished(draft: &mut Draft<'_>) {
    draft.effect(EffectBody::Todo {
        title: format!("The machine of service {} is not installed", draft.service.billing_id),
        description: "It was made before the store was lost and is linked to its service again, but it has no operating \
                      system, or the panel is still installing it. Finish it on the platform, and send the welcome mail."
            .to_owned(),
    });
}

fn terminated(draft: &mut Draft<'_>) {
    names::machine_gone(draft);
    tell::done(draft, Some("the machine is gone"));
    life_ended(draft, "terminated");
    draft.service.standing = Standing::Ended;
}

/// A life of the service is over: nothing of it is known of the next one, which has markers and a welcome of its own.
pub(super) fn life_ended(draft: &mut Draft<'_>, why: &str) {
    draft.close_link(why);
    draft.effect(look::set_link(draft, None));
    draft.effect(EffectBody::SetHosting {
        dedicatedip: Some(String::new()),
        assignedips: Some(String::new()),
        domain_if_empty: None,
        domain: None,
        username: None,
    });
    draft.service.generation += 1;
    draft.service.mapped_id = None;
    draft.service.power_before_suspend = None;
    draft.service.watch_due = None;
    draft.service.holds.clear();
}
