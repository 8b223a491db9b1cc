//! What a service of a restored store becomes once it is known which machine it has: each in one commit, so that
//! whatever comes in between finds it as it was before or as it is afterwards.

use domain::case::ServiceView;
use domain::id::{AuditId, EffectId, OperationId};
use domain::machine::{Machine, Power};
use domain::record::{
    AuditLine, Effect, EffectBody, EffectState, Operation, OperationInput, OperationKind, OperationState,
    Service, ServiceStatus, Standing,
};
use domain::{Actor, Change, Commit, Fact, Fence};

use super::World;
use super::draft::fresh_operation;
use super::look::link_copy;
use super::suspension::WATCH_INTERVAL;

/// The service gets a machine that it is not linked to: what it was linked to is gone, what was under way in the restored
/// store has been overtaken, and an adoption reads the machine and its owner before it links it.
pub fn adopt_anew(view: &ServiceView, machine: &Machine, actor: &Actor, world: World<'_>) -> Commit {
    let mut mend = Mend::new(view, actor, world);
    mend.overtake("overtaken: after the backup the service got another machine");
    if mend.close_link("the store was restored, and the machine is gone") {
        mend.service.generation += 1;
    }
    mend.service.standing = Standing::Vacant;
    mend.service.mapped_id = Some(machine.identity.id.clone());
    let mut identity = machine.identity.clone();
    // To whom it belongs is for the adoption to read.
    identity.owner.clear();
    mend.audit("link.given_back", serde_json::json!({ "resource": identity }));
    mend.begin(OperationKind::Adopt, OperationInput::Resource { identity });
    mend.commit()
}

/// A person says that the linked machine stays the service's: what was under way in the restored store is dropped, but
/// for a create, which goes on with it.
pub fn keep(view: &ServiceView, machine: &Machine, actor: &Actor, world: World<'_>) -> Commit {
    let mut mend = Mend::new(view, actor, world);
    mend.end_all(
        |operation| operation.kind != OperationKind::Create,
        "overtaken: a person says that the machine stays as it is",
    );
    mend.service.mapped_id = Some(machine.identity.id.clone());
    mend.audit("link.kept", serde_json::json!({ "resource": machine.identity }));
    mend.copy_link(Some(machine));
    if !mend.open.is_empty() {
        return mend.commit();
    }
    let held = machine.suspended == Fact::Known(true);
    if mend.service.status == ServiceStatus::Suspended || held {
        mend.suspended();
    } else {
        mend.live();
    }
    if held && mend.service.status != ServiceStatus::Suspended {
        mend.begin(OperationKind::Unsuspend, OperationInput::Nothing);
    }
    mend.commit()
}

/// Platform and billing system agree that the service was suspended, or released, after the backup was taken. `None`
/// where they do not, or where the store says the same.
pub fn followed(
    view: &ServiceView,
    suspended: Fact<bool>,
    actor: &Actor,
    world: World<'_>,
) -> Option<Commit> {
    let becomes = turned(view.service.standing, view.service.status, suspended)?;
    let mut mend = Mend::new(view, actor, world);
    mend.end_all(
        |operation| matches!(operation.kind, OperationKind::Suspend | OperationKind::Unsuspend),
        "overtaken: platform and billing system say the contrary",
    );
    mend.audit(
        "standing.followed",
        serde_json::json!({ "standing": becomes.as_str() }),
    );
    if becomes == Standing::Suspended {
        mend.suspended();
    } else {
        mend.live();
    }
    Some(mend.commit())
}

/// What a service has become, where platform and billing system agree on it and the store does not.
fn turned(standing: Standing, status: ServiceStatus, suspended: Fact<bool>) -> Option<Standing> {
    match (standing, status, suspended) {
        (Standing::Live, ServiceStatus::Suspended, Fact::Known(true)) => Some(Standing::Suspended),
        (Standing::Suspended, ServiceStatus::Active, Fact::Known(false)) => Some(Standing::Live),
        _ => None,
    }
}

/// A person says that the service has no machine: nothing stays linked, here and on the billing side, and the next
/// create begins anew.
pub fn unbind(view: &ServiceView, actor: &Actor, world: World<'_>) -> Commit {
    let mut mend = Mend::new(view, actor, world);
    mend.overtake("overtaken: a person says that the service has no machine");
    mend.close_link("the store was restored, and a person says that the service has no machine");
    let ended = matches!(
        mend.service.status,
        ServiceStatus::Terminated | ServiceStatus::Cancelled | ServiceStatus::Fraud
    );
    if ended {
        mend.service.standing = Standing::Ended;
        mend.service.generation += 1;
    } else {
        mend.service.standing = Standing::Vacant;
    }
    mend.service.mapped_id = None;
    mend.forget_holding();
    mend.audit("link.gone", serde_json::Value::Null);
    mend.copy_link(None);
    mend.commit()
}

struct Mend<'a> {
    view: &'a ServiceView,
    actor: &'a Actor,
    world: World<'a>,
    service: Service,
    changes: Vec<Change>,
    /// The operations that are left open.
    open: Vec<Operation>,
}

impl<'a> Mend<'a> {
    fn new(view: &'a ServiceView, actor: &'a Actor, world: World<'a>) -> Self {
        Self {
            view,
            actor,
            world,
            service: view.service.clone(),
            changes: Vec::new(),
            open: view.line().cloned().collect(),
        }
    }

    fn overtake(&mut self, why: &str) {
        self.end_all(|_| true, why);
    }

    fn end_all(&mut self, which: impl Fn(&Operation) -> bool, why: &str) {
        let (ended, left): (Vec<_>, Vec<_>) = std::mem::take(&mut self.open).into_iter().partition(which);
        self.open = left;
        for operation in ended {
            self.end(operation, why);
        }
    }

    fn end(&mut self, mut operation: Operation, why: &str) {
        let now = self.world.now;
        operation.state = OperationState::Superseded;
        why.clone_into(&mut operation.reason);
        operation.due_at = None;
        operation.exclusive = None;
        operation.lease = None;
        operation.rerun = None;
        operation.updated_at = now;
        operation.finished_at = Some(now);
        for question in &self.view.questions {
            if question.operation != Some(operation.id) {
                continue;
            }
            let mut closed = question.clone();
            closed.answered_at = Some(now);
            closed.answer = Some("settled".to_owned());
            closed.answered_by = Some(self.actor.clone());
            self.changes.push(Change::PutQuestion(closed));
        }
        for alarm in ["operation_overdue", "operation_stuck"] {
            let name = format!("{alarm}:{}", operation.id);
            self.changes.push(Change::ClearAlarm { name });
        }
        self.changes.push(Change::PutOperation(operation));
    }

    fn close_link(&mut self, why: &str) -> bool {
        let Some(mut link) = self.view.link.clone() else {
            return false;
        };
        link.closed_at = Some(self.world.now);
        link.close_reason = Some(why.to_owned());
        self.changes.push(Change::PutLink(link));
        true
    }

    fn suspended(&mut self) {
        self.service.standing = Standing::Suspended;
        self.service.watch_due = Some(self.world.now + WATCH_INTERVAL);
        // It ran when it was held: a service in use is only off by its client's wish, which the client can repeat.
        self.service.power_before_suspend.get_or_insert(Power::On);
    }

    fn live(&mut self) {
        self.service.standing = Standing::Live;
        self.forget_holding();
    }

    fn forget_holding(&mut self) {
        self.service.power_before_suspend = None;
        self.service.watch_due = None;
        self.service.holds.clear();
    }

    fn begin(&mut self, kind: OperationKind, input: OperationInput) {
        let sequence = self.operations().map(|operation| operation.sequence).max();
        let operation = fresh_operation(
            &self.service,
            kind,
            input,
            self.actor.clone(),
            sequence.unwrap_or(0) + 1,
            self.world,
        );
        self.changes.push(Change::InsertOperation(operation));
    }

    fn operations(&self) -> impl Iterator<Item = &'a Operation> + use<'a> {
        self.view.open.iter().chain(&self.view.recent)
    }

    /// Tells the billing system what the link is now.
    fn copy_link(&mut self, machine: Option<&Machine>) {
        let view = self.view;
        let link = machine.map(|machine| &machine.identity);
        let body: EffectBody = link_copy(
            &self.service,
            link,
            view.platform.as_ref(),
            view.attachment.as_ref(),
            None,
        );
        let newest: Option<OperationId> = self
            .operations()
            .max_by_key(|operation| operation.sequence)
            .map(|operation| operation.id);
        let now = self.world.now;
        self.changes.push(Change::InsertEffect(Effect {
            id: EffectId::at(now, self.world.random),
            installation: self.service.installation.clone(),
            service: Some((self.service.id, self.service.billing_id)),
            // It names the generation to the billing system.
            operation: newest,
            sequence: 0,
            body,
            state: EffectState::Waiting,
            tries: 0,
            due_at: now,
            reason: None,
            created_at: now,
            finished_at: None,
        }));
    }

    fn audit(&mut self, action: &str, detail: serde_json::Value) {
        self.changes.push(Change::Audit(AuditLine {
            id: AuditId::at(self.world.now, self.world.random),
            installation: Some(self.service.installation.clone()),
            at: self.world.now,
            actor: self.actor.clone(),
            action: action.to_owned(),
            subject: self.service.id.to_string(),
            detail,
        }));
    }

    fn commit(mut self) -> Commit {
        let fence = Fence::service(self.view.service.id, self.view.service.version);
        self.service.updated_at = self.world.now;
        self.changes.insert(0, Change::PutService(self.service));
        Commit {
            fence,
            changes: self.changes,
        }
    }
}
