//! A store in memory that refuses what the real one refuses: for simulation, where thousands of commits a second are
//! made and a crash may come between any two of them. Whatever a commit applied is durable, as with
//! `synchronous=FULL`; what was not committed is gone with the worker.

use std::collections::{BTreeMap, BTreeSet};

use domain::change::Refused;
use domain::id::{CallId, EffectId, OperationId, QuestionId, ServiceId, WorkerId};
use domain::record::{
    Alarm, Attachment, AuditLine, Call, CallState, Effect, EffectState, FactRecord, Installation, Lease,
    Link, LinkRole, Operation, OperationKind, Platform, ProductPolicy, Question, Service,
};
use domain::{Case, Change, Commit, Fence, Moment, ServiceView};

/// Everything that is kept.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    /// The one billing system.
    pub installation: Installation,
    /// The one platform.
    pub platform: Platform,
    /// How the installation names it.
    pub attachment: Attachment,
    /// The one policy.
    pub policy: ProductPolicy,
    /// Services.
    pub services: BTreeMap<ServiceId, Service>,
    by_billing: BTreeMap<u64, ServiceId>,
    /// Operations.
    pub operations: BTreeMap<OperationId, Operation>,
    of_service: BTreeMap<ServiceId, Vec<OperationId>>,
    open: BTreeMap<ServiceId, BTreeSet<OperationId>>,
    /// Calls.
    pub calls: BTreeMap<CallId, Call>,
    sending: BTreeMap<OperationId, BTreeSet<CallId>>,
    /// Links.
    pub links: Vec<Link>,
    /// Facts.
    pub facts: BTreeMap<(ServiceId, String), FactRecord>,
    /// Effects in order of insertion.
    pub effects: BTreeMap<EffectId, Effect>,
    sequence: i64,
    /// Questions.
    pub questions: BTreeMap<QuestionId, Question>,
    /// The audit.
    pub audit: Vec<AuditLine>,
    /// Alarms that are raised.
    pub alarms: BTreeMap<String, Alarm>,
}

impl MemoryStore {
    /// An empty store for one installation and one platform.
    pub fn new(
        installation: Installation,
        platform: Platform,
        attachment: Attachment,
        policy: ProductPolicy,
    ) -> Self {
        Self {
            installation,
            platform,
            attachment,
            policy,
            services: BTreeMap::new(),
            by_billing: BTreeMap::new(),
            operations: BTreeMap::new(),
            of_service: BTreeMap::new(),
            open: BTreeMap::new(),
            calls: BTreeMap::new(),
            sending: BTreeMap::new(),
            links: Vec::new(),
            facts: BTreeMap::new(),
            effects: BTreeMap::new(),
            sequence: 0,
            questions: BTreeMap::new(),
            audit: Vec::new(),
            alarms: BTreeMap::new(),
        }
    }

    /// Applies a commit whole, or refuses it whole.
    pub fn commit(&mut self, commit: Commit) -> Result<(), Refused> {
        self.check_fence(&commit.fence)?;
        for change in &commit.changes {
            self.check(change)?;
        }
        for change in commit.changes {
            self.apply(change, commit.fence.lease.map(|(operation, ..)| operation));
        }
        Ok(())
    }

    fn check_fence(&self, fence: &Fence) -> Result<(), Refused> {
        if let Some((id, worker, until)) = fence.lease {
            let lease = self.operations.get(&id).and_then(|operation| operation.lease);
            if lease != Some(Lease { worker, until }) {
                return Err(Refused::LeaseLost(id));
            }
        }
        if let Some((id, version)) = fence.service
            && self.services.get(&id).map(|service| service.version) != Some(version)
        {
            return Err(Refused::ServiceChanged(id));
        }
        Ok(())
    }

    fn check(&self, change: &Change) -> Result<(), Refused> {
        let taken = |what: String| Err(Refused::Taken(what));
        match change {
            Change::InsertService(service) if self.by_billing.contains_key(&service.billing_id) => {
                taken(format!("service {} exists", service.billing_id))
            }
            Change::InsertOperation(operation) | Change::PutOperation(operation) => {
                let Some(key) = operation
                    .exclusive
                    .as_ref()
                    .filter(|_| !operation.state.is_final())
                else {
                    return Ok(());
                };
                let holder = self.operations.values().find(|other| {
                    other.id != operation.id
                        && other.exclusive.as_ref() == Some(key)
                        && !other.state.is_final()
                });
                holder.map_or(Ok(()), |other| taken(format!("{key} is held by {}", other.id)))
            }
            Change::PutLink(link) if link.closed_at.is_none() && link.role == LinkRole::Primary => {
                let other = self.links.iter().find(|other| {
                    other.id != link.id
                        && other.closed_at.is_none()
                        && other.role == LinkRole::Primary
                        && (other.identity.id == link.identity.id
                            || (other.service == link.service && other.generation == link.generation))
                });
                // A link closed by an earlier change of the same commit is not seen here: only the resource may clash.
                other
                    .filter(|other| other.service != link.service)
                    .map_or(Ok(()), |other| {
                        taken(format!(
                            "resource {} belongs to {}",
                            link.identity.id, other.service
                        ))
                    })
            }
            _ => Ok(()),
        }
    }

    fn apply(&mut self, change: Change, leased: Option<OperationId>) {
        match change {
            Change::InsertService(mut service) => {
                service.version = 1;
                self.by_billing.insert(service.billing_id, service.id);
                self.services.insert(service.id, service);
            }
            Change::PutService(mut service) => {
                service.version += 1;
                self.services.insert(service.id, service);
            }
            Change::InsertOperation(operation) => {
                self.of_service
                    .entry(operation.service)
                    .or_default()
                    .push(operation.id);
                self.note(&operation);
                self.operations.insert(operation.id, operation);
            }
            Change::PutOperation(mut operation) => {
                // Only the holder of a lease writes it.
                if leased != Some(operation.id) {
                    operation.lease = self.operations.get(&operation.id).and_then(|old| old.lease);
                }
                self.note(&operation);
                self.operations.insert(operation.id, operation);
            }
            Change::PutCall(call) => {
                let open = self.sending.entry(call.operation).or_default();
                if call.state == CallState::Sending {
                    open.insert(call.id);
                } else {
                    open.remove(&call.id);
                }
                self.calls.insert(call.id, call);
            }
            Change::PutFact(fact) => {
                self.facts.insert((fact.service, fact.kind.clone()), fact);
            }
            Change::PutLink(link) => match self.links.iter_mut().find(|other| other.id == link.id) {
                Some(old) => *old = link,
                None => self.links.push(link),
            },
            Change::InsertEffect(mut effect) => {
                self.sequence += 1;
                effect.sequence = self.sequence;
                self.effects.insert(effect.id, effect);
            }
            Change::PutEffect(effect) => {
                self.effects.insert(effect.id, effect);
            }
            Change::PutQuestion(question) => {
                self.questions.insert(question.id, question);
            }
            Change::Audit(line) => self.audit.push(line),
            Change::RaiseAlarm(alarm) => {
                self.alarms.entry(alarm.name.clone()).or_insert(alarm);
            }
            Change::ClearAlarm { name } => {
                self.alarms.remove(&name);
            }
            Change::PutSecret { .. } => {}
        }
    }

    /// Leases due operations to a worker.
    pub fn claim(&mut self, worker: WorkerId, now: Moment, lease: std::time::Duration) -> Vec<OperationId> {
        let mut due: Vec<(Moment, OperationId)> = self
            .all_open()
            .filter(|operation| operation.lease.is_none_or(|lease| lease.until <= now))
            .filter_map(|operation| {
                operation
                    .due_at
                    .filter(|due| *due <= now)
                    .map(|due| (due, operation.id))
            })
            .collect();
        due.sort_unstable();
        for (_, id) in &due {
            if let Some(operation) = self.operations.get_mut(id) {
                operation.lease = Some(Lease {
                    worker,
                    until: now + lease,
                });
            }
        }
        due.into_iter().map(|(_, id)| id).collect()
    }

    /// Gives up all leases of a worker, as a restart on one node does.
    pub fn release(&mut self, worker: WorkerId) {
        for operation in self.operations.values_mut() {
            if operation.lease.is_some_and(|lease| lease.worker == worker) {
                operation.lease = None;
            }
        }
    }

    /// When the next operation is due or its lease runs out; `None` when nothing is.
    pub fn next_due(&self) -> Option<Moment> {
        self.all_open()
            .filter_map(|operation| {
                let due = operation.due_at?;
                Some(operation.lease.map_or(due, |lease| due.max(lease.until)))
            })
            .min()
    }

    fn open_link(&self, service: &Service) -> Option<Link> {
        self.links
            .iter()
            .find(|link| {
                link.service == service.id && link.closed_at.is_none() && link.role == LinkRole::Primary
            })
            .cloned()
    }

    fn open_operations(&self, service: ServiceId) -> Vec<Operation> {
        let mut open: Vec<Operation> = self
            .open
            .get(&service)
            .into_iter()
            .flatten()
            .filter_map(|id| self.operations.get(id))
            .cloned()
            .collect();
        open.sort_by_key(|operation| operation.sequence);
        open
    }

    /// Every operation that is not final.
    fn all_open(&self) -> impl Iterator<Item = &Operation> {
        self.open
            .values()
            .flatten()
            .filter_map(|id| self.operations.get(id))
    }

    /// Keeps the list of open operations.
    fn note(&mut self, operation: &Operation) {
        let open = self.open.entry(operation.service).or_default();
        if operation.state.is_final() {
            open.remove(&operation.id);
        } else {
            open.insert(operation.id);
        }
    }

    fn open_questions(&self, service: ServiceId) -> Vec<Question> {
        self.questions
            .values()
            .filter(|q| q.service == Some(service) && q.answer.is_none())
            .cloned()
            .collect()
    }

    /// One operation and everything around it.
    pub fn case(&self, id: OperationId) -> Option<Case> {
        let operation = self.operations.get(&id)?.clone();
        let service = self.services.get(&operation.service)?.clone();
        let sending = self
            .sending
            .get(&id)
            .into_iter()
            .flatten()
            .filter_map(|call| self.calls.get(call).cloned());
        let mut sending: Vec<Call> = sending.collect();
        sending.sort_by_key(|call| call.sent_at);
        let of_client = |link: &&Link| {
            self.services
                .get(&link.service)
                .is_some_and(|other| other.client_id == service.client_id)
        };
        let linked: BTreeSet<String> = self
            .links
            .iter()
            .filter(|link| link.closed_at.is_none())
            .filter(of_client)
            .map(|link| link.identity.id.clone())
            .collect();
        Some(Case {
            unknown_version: None,
            installation: self.installation.clone(),
            platform: service.platform.map(|_| self.platform.clone()),
            attachment: Some(self.attachment.clone()),
            link: self.open_link(&service),
            policy: self.policy.clone(),
            sending,
            questions: self.open_questions(service.id),
            others: self
                .open_operations(service.id)
                .into_iter()
                .filter(|other| other.id != id)
                .collect(),
            linked,
            machine: self.facts.get(&(service.id, "machine".to_owned())).cloned(),
            operation,
            service,
        })
    }

    /// One service and everything around it.
    pub fn view(&self, billing_id: u64) -> Option<ServiceView> {
        let service = self.services.get(self.by_billing.get(&billing_id)?)?.clone();
        // Operations of a service are made in the order of their sequence, so the newest are the last.
        let of_service = self.of_service.get(&service.id).map_or(&[][..], Vec::as_slice);
        let mut recent: Vec<Operation> = of_service
            .iter()
            .rev()
            .filter_map(|id| self.operations.get(id))
            .filter(|operation| operation.kind != OperationKind::Refresh)
            .take(20)
            .cloned()
            .collect();
        recent.sort_by_key(|operation| std::cmp::Reverse(operation.sequence));
        Some(ServiceView {
            installation: self.installation.clone(),
            platform: service.platform.map(|_| self.platform.clone()),
            attachment: Some(self.attachment.clone()),
            link: self.open_link(&service),
            policy: self.policy.clone(),
            open: self.open_operations(service.id),
            recent,
            questions: self.open_questions(service.id),
            machine: self.facts.get(&(service.id, "machine".to_owned())).cloned(),
            service,
        })
    }

    /// Effects that wait, in order.
    pub fn waiting_effects(&self) -> Vec<Effect> {
        let mut waiting: Vec<Effect> = self
            .effects
            .values()
            .filter(|effect| effect.state == EffectState::Waiting)
            .cloned()
            .collect();
        waiting.sort_by_key(|effect| effect.sequence);
        waiting
    }
}
