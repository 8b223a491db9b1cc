//! A transition under construction: the operation and the service as they shall be, and what else changes.

use std::time::Duration;

use domain::case::Case;
use domain::http::{Outcome, Request};
use domain::id::{AuditId, CallId, EffectId, LinkId, OperationId, QuestionId, SecretId};
use domain::machine::{Identity, Machine};
use domain::record::{
    Alarm, AuditLine, Call, CallState, Effect, EffectBody, EffectState, FactRecord, Link, LinkRole,
    Operation, OperationInput, OperationKind, OperationState, Question, QuestionKind, Relation, Service,
    StepPhase, StepRecord,
};
use domain::{Actor, Change, Commit, Fact, Fence, Moment, Secret};

use driver::PlanInput;

use super::schedule::deadline;
use super::{PROOF_SERVICE, World, names};

/// One transition of an operation.
#[derive(Debug)]
pub struct Move {
    /// What changes, to be committed before `next` is done.
    pub commit: Commit,
    /// What to do when it is committed.
    pub next: Next,
}

/// What follows a committed transition.
#[derive(Debug, Clone)]
pub enum Next {
    /// Send this call, which stands committed in `sending`.
    Send(Box<Call>),
    /// Advance again at once: the operation is still due.
    Again,
    /// Nothing now: the operation waits for its `due_at`, is final, or asks.
    Rest,
}

/// The draft of a transition.
pub(super) struct Draft<'a> {
    pub case: &'a Case,
    pub world: World<'a>,
    pub operation: Operation,
    pub service: Service,
    pub link: Option<Link>,
    changes: Vec<Change>,
}

impl<'a> Draft<'a> {
    pub fn new(case: &'a Case, world: World<'a>) -> Self {
        Self {
            case,
            world,
            operation: case.operation.clone(),
            service: case.service.clone(),
            link: case.link.clone(),
            changes: Vec::new(),
        }
    }

    pub const fn now(&self) -> Moment {
        self.world.now
    }

    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// The step at work. Callers have found it through [`Operation::current`].
    pub fn step(&mut self, index: usize) -> &mut StepRecord {
        &mut self.operation.steps[index]
    }

    /// Sets when the operation is looked at next and why it waits.
    pub fn wait_until(&mut self, due: Moment, reason: impl Into<String>) {
        self.operation.due_at = Some(due);
        let reason = reason.into();
        if !reason.is_empty() {
            self.operation.reason = reason;
        }
    }

    pub fn effect(&mut self, body: EffectBody) {
        let effect = fresh_effect(&self.service, Some(self.operation.id), body, self.world);
        self.changes.extend(effect);
    }

    pub fn audit(&mut self, action: &str, detail: serde_json::Value) {
        let line = AuditLine {
            id: AuditId::at(self.now(), self.world.random),
            installation: Some(self.service.installation.clone()),
            at: self.now(),
            actor: self.operation.actor.clone(),
            action: action.to_owned(),
            subject: self.operation.id.to_string(),
            detail,
        };
        self.push(Change::Audit(line));
    }

    pub fn alarm(&mut self, name: String, text: String) {
        let raised_at = self.now();
        self.push(Change::RaiseAlarm(Alarm {
            name,
            text,
            raised_at,
        }));
    }

    /// Whether the operation has a question of this kind open.
    pub fn asks(&self, kind: QuestionKind) -> bool {
        let mut open = self.case.questions.iter();
        open.any(|question| question.operation == Some(self.operation.id) && question.kind == kind)
    }

    /// Asks a person, unless the operation has the same question open already.
    pub fn ask(&mut self, kind: QuestionKind, text: impl Into<String>, choices: &[(&str, &str)]) {
        let text = text.into();
        self.operation.state = OperationState::Asking;
        self.let_suspension_pass();
        self.operation.reason.clone_from(&text);
        if self.asks(kind) {
            return;
        }
        self.audit(
            "question.opened",
            serde_json::json!({ "kind": kind.as_str(), "text": text }),
        );
        self.effect(EffectBody::Todo {
            title: format!("Hostler asks about service {}", self.service.billing_id),
            description: text.clone(),
        });
        let question = Question {
            id: QuestionId::at(self.now(), self.world.random),
            service: Some(self.service.id),
            operation: Some(self.operation.id),
            kind,
            subject: None,
            text,
            choices: choices
                .iter()
                .map(|(word, does)| ((*word).to_owned(), (*does).to_owned()))
                .collect(),
            host_only: false,
            opened_at: self.now(),
            answered_at: None,
            answer: None,
            answered_by: None,
        };
        self.push(Change::PutQuestion(question));
    }

    /// The next operation of the service, where it waits for this one.
    fn next_in_line(&self) -> Option<&'a Operation> {
        let changes = self.case.others.iter().filter(|other| other.kind.changes());
        changes
            .min_by_key(|other| other.sequence)
            .filter(|other| other.state == OperationState::Queued)
    }

    /// The next operation of the service becomes due.
    pub fn release_next(&mut self) {
        let Some(mut next) = self.next_in_line().cloned() else {
            return;
        };
        let now = self.now();
        let begins = match &next.input {
            OperationInput::Terminate {
                not_before: Some(moment),
            } => now.max(*moment),
            _ => now,
        };
        next.state = OperationState::Running;
        next.due_at = Some(begins);
        next.deadline = deadline(next.kind, begins);
        next.updated_at = now;
        self.push(Change::PutOperation(next));
    }

    /// A question holds what waits behind it, except a suspension. A create is brought to its end first.
    fn let_suspension_pass(&mut self) {
        let suspends = |next: &Operation| next.kind == OperationKind::Suspend;
        if self.operation.kind != OperationKind::Create && self.next_in_line().is_some_and(suspends) {
            self.release_next();
        }
    }

    /// Whether a suspension has gone past this operation's question and is at work.
    pub fn is_passed(&self) -> bool {
        self.case.others.iter().any(|other| {
            other.kind == OperationKind::Suspend
                && other.sequence > self.operation.sequence
                && other.state == OperationState::Running
        })
    }

    /// Closes the operation's open questions because the engine found the answer itself.
    pub fn settle_questions(&mut self) {
        let (now, id) = (self.now(), self.operation.id);
        for question in self.case.questions.iter().filter(|q| q.operation == Some(id)) {
            let mut closed = question.clone();
            closed.answered_at = Some(now);
            closed.answer = Some("settled".to_owned());
            closed.answered_by = Some(Actor::engine("settled by observation"));
            self.push(Change::PutQuestion(closed));
        }
        if self.operation.state == OperationState::Asking {
            self.operation.state = OperationState::Running;
        }
    }

    /// Stores what was read of the machine. Whether that is anything else than what was read last.
    pub fn fact(&mut self, machine: &Fact<Machine>) -> bool {
        let value = match machine {
            Fact::Known(machine) => machine.clone().into_document().map_or(Fact::Unknown, Fact::Known),
            Fact::Absent => Fact::Absent,
            Fact::Unknown => return false,
        };
        let last = self.case.machine.as_ref();
        let is_news = last.is_none_or(|last| last.value != value);
        if let (true, Fact::Known(machine)) = (self.world.naming.is_some(), machine) {
            let before = self.case.reading();
            let follow = names::follow(
                &self.service,
                before.as_ref(),
                machine,
                self.operation.sequence,
                self.world,
            );
            self.changes.extend(follow);
        }
        // A termination has its own way with the names of what it deletes.
        let ends = self.operation.kind == OperationKind::Terminate;
        if let (Fact::Absent, Some(before), false) = (machine, self.case.reading(), ends) {
            let sequence = self.operation.sequence;
            let gone = names::vanished(&self.service, &before, sequence, self.world);
            self.changes.extend(gone);
        }
        let observed_at = self.now();
        self.push(Change::PutFact(FactRecord {
            service: self.service.id,
            kind: FactRecord::MACHINE.to_owned(),
            value,
            observed_at,
        }));
        is_news
    }

    pub fn open_link(&mut self, identity: Identity) -> Option<Link> {
        let platform = self.case.platform.as_ref()?.id;
        let link = Link {
            id: LinkId::at(self.now(), self.world.random),
            service: self.service.id,
            generation: self.operation.generation,
            platform,
            role: LinkRole::Primary,
            resource: "instance".to_owned(),
            identity,
            opened_at: self.now(),
            closed_at: None,
            close_reason: None,
        };
        self.push(Change::PutLink(link.clone()));
        self.link = Some(link.clone());
        Some(link)
    }

    pub fn close_link(&mut self, why: &str) {
        if let Some(mut link) = self.link.take() {
            link.closed_at = Some(self.now());
            link.close_reason = Some(why.to_owned());
            self.push(Change::PutLink(link));
        }
    }

    /// A follow-up operation of the same service, due now.
    pub fn spawn(&mut self, kind: OperationKind, input: OperationInput, why: &str) {
        self.spawn_later(kind, input, why, Duration::ZERO);
    }

    /// A follow-up operation of the same service, due after a while.
    pub fn spawn_later(&mut self, kind: OperationKind, input: OperationInput, why: &str, after: Duration) {
        let actor = Actor::engine(why);
        let sequence = self.operation.sequence + 1;
        let mut operation = fresh_operation(&self.service, kind, input, actor, sequence, self.world);
        let begins = self.now() + after;
        operation.due_at = Some(begins);
        operation.deadline = deadline(kind, begins);
        operation.generation = self.operation.generation;
        if !after.is_zero() {
            operation.reason = format!("begins at {begins}");
        }
        self.push(Change::InsertOperation(operation));
    }

    /// Whether an operation of a kind has anything to do on this platform.
    pub fn plans(&self, kind: OperationKind, input: &OperationInput) -> bool {
        let (Some(driver), Some(platform)) = (self.world.driver, self.case.platform.as_ref()) else {
            return false;
        };
        let plan = driver.plan(&PlanInput {
            installation: &self.service.installation,
            kind,
            input,
            client_id: self.service.client_id,
            relation: self
                .case
                .attachment
                .as_ref()
                .map_or(Relation::Text, |attachment| attachment.relation),
            link: self.link.as_ref(),
            profile: &platform.profile,
            power_before_suspend: None,
            dry_run: false,
        });
        plan.is_ok_and(|plan| !plan.steps.is_empty())
    }

    pub fn secret(&mut self, purpose: &str, secret: Secret, lives: Duration) -> SecretId {
        let id = SecretId::at(self.now(), self.world.random);
        let expires = Some(self.now() + lives);
        self.push(Change::PutSecret {
            id,
            purpose: purpose.to_owned(),
            secret,
            expires,
        });
        id
    }

    /// The call that sends `request`, committed in `sending` before a byte leaves when it changes something. Reads
    /// are journalled with their answer: losing the record of one loses nothing.
    pub fn send(mut self, step: &str, request: Request) -> Move {
        let call = Call {
            id: CallId::at(self.now(), self.world.random),
            operation: self.operation.id,
            step: step.to_owned(),
            request,
            state: CallState::Sending,
            outcome: None,
            sent_at: self.now(),
            ended_at: None,
        };
        if call.request.changes() {
            self.push(Change::PutCall(call.clone()));
        }
        self.finish_with(Next::Send(Box::new(call)))
    }

    /// Ends a call with what became of it, known secrets masked.
    pub fn end_call(&mut self, call: &Call, outcome: &Outcome) {
        use domain::http::FailureKind;
        let mut ended = call.clone();
        ended.state = match outcome {
            Outcome::Answered(_) => CallState::Answered,
            Outcome::Failed(failure) if failure.kind == FailureKind::NotSent => CallState::NotSent,
            Outcome::Failed(_) => CallState::Unknown,
        };
        ended.outcome = Some(super::outcome::masked(self.world.driver, &call.request, outcome));
        ended.ended_at = Some(self.now());
        if self.case.installation.settings.module_log {
            self.log_call(&ended);
        }
        self.push(Change::PutCall(ended));
    }

    /// The call as a line of the billing system's module log. What is journalled has no secret in it.
    fn log_call(&mut self, call: &Call) {
        let request = &call.request;
        let response = match &call.outcome {
            Some(Outcome::Answered(response)) => {
                serde_json::json!({ "status": response.status, "body": response.body })
            }
            Some(Outcome::Failed(failure)) => serde_json::json!({ "failure": failure.message }),
            None => serde_json::Value::Null,
        };
        self.effect(EffectBody::LogModuleCall {
            action: request.name.clone(),
            request: serde_json::json!({
                "method": request.method, "path": request.path, "query": request.query, "body": request.body,
            }),
            response,
        });
    }

    pub fn rest(mut self) -> Move {
        self.operation.lease = None;
        self.finish_with(Next::Rest)
    }

    pub fn again(self) -> Move {
        self.finish_with(Next::Again)
    }

    fn finish_with(mut self, next: Next) -> Move {
        let mut fence = Fence::default().and_service(self.case.service.id, self.case.service.version);
        if let Some(lease) = self.case.operation.lease {
            fence.lease = Some((self.operation.id, lease.worker, lease.until));
        }
        self.operation.updated_at = self.now();
        let mut changes = Vec::with_capacity(self.changes.len() + 2);
        // The service is written each time, so that its version is raised by every transition: a command that read
        // this operation before cannot write it back as it was.
        self.service.updated_at = self.now();
        changes.push(Change::PutService(self.service));
        changes.append(&mut self.changes);
        if self.operation != self.case.operation {
            changes.push(Change::PutOperation(self.operation));
        }
        Move {
            commit: Commit { fence, changes },
            next,
        }
    }
}

/// An operation that is due now.
pub(super) fn fresh_operation(
    service: &Service,
    kind: OperationKind,
    input: OperationInput,
    actor: Actor,
    sequence: i64,
    world: World<'_>,
) -> Operation {
    Operation {
        id: OperationId::at(world.now, world.random),
        service: service.id,
        generation: service.generation,
        kind,
        version: kind.format(),
        sequence,
        input,
        actor,
        state: OperationState::Running,
        steps: Vec::new(),
        notes: domain::record::Notes::new(),
        due_at: Some(world.now),
        deadline: deadline(kind, world.now),
        lease: None,
        exclusive: None,
        interrupted_by: None,
        held_by: None,
        identified_at: None,
        milestone: None,
        reason: "accepted".to_owned(),
        secret: None,
        rerun: None,
        created_at: world.now,
        updated_at: world.now,
        finished_at: None,
    }
}

/// An effect of a service, for its billing system; `None` where that knows nothing of the service.
pub(super) fn fresh_effect(
    service: &Service,
    operation: Option<OperationId>,
    body: EffectBody,
    world: World<'_>,
) -> Option<Change> {
    if service.billing_id >= PROOF_SERVICE {
        return None;
    }
    Some(Change::InsertEffect(Effect {
        id: EffectId::at(world.now, world.random),
        installation: service.installation.clone(),
        service: Some((service.id, service.billing_id)),
        operation,
        sequence: 0,
        body,
        state: EffectState::Waiting,
        tries: 0,
        due_at: world.now,
        reason: None,
        created_at: world.now,
        finished_at: None,
    }))
}

/// Marks a step as begun at its look.
pub(super) fn begin(step: &mut StepRecord, now: Moment) {
    step.phase = StepPhase::Look;
    step.begun_at.get_or_insert(now);
}
