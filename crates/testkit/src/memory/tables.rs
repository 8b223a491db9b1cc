//! The records with the indexes over them. Every write goes through a `set_…`, which keeps the indexes and hands out
//! what takes it back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::Moment;
use domain::id::{CallId, EffectId, LinkId, OperationId, QuestionId, ServiceId};
use domain::record::{
    Alarm, Call, CallState, Effect, EffectState, FactRecord, Link, LinkRole, Operation, Question, Service,
};

/// The records by id.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// Services.
    pub services: BTreeMap<ServiceId, Service>,
    pub(super) by_billing: BTreeMap<u64, ServiceId>,
    pub(super) by_client: BTreeMap<u64, BTreeSet<ServiceId>>,
    pub(super) watch: BTreeSet<(Moment, ServiceId)>,
    /// Operations.
    pub operations: BTreeMap<OperationId, Operation>,
    pub(super) of_service: BTreeMap<ServiceId, BTreeSet<(i64, OperationId)>>,
    pub(super) open: BTreeMap<ServiceId, BTreeSet<(i64, OperationId)>>,
    pub(super) exclusive: BTreeMap<String, OperationId>,
    /// Open operations by the moment from which they can be claimed.
    pub(super) due: BTreeSet<(Moment, OperationId)>,
    /// Calls that stand in `sending`; an ended one is only counted.
    pub sending: BTreeMap<CallId, Call>,
    pub(super) sending_of: BTreeMap<OperationId, BTreeSet<CallId>>,
    /// How many calls of an operation are journalled.
    pub journalled: BTreeMap<OperationId, u32>,
    /// Links.
    pub links: BTreeMap<LinkId, Link>,
    pub(super) links_by_service: BTreeMap<ServiceId, BTreeSet<LinkId>>,
    pub(super) open_links: BTreeMap<ServiceId, BTreeSet<LinkId>>,
    /// Which open primary link names a machine.
    pub linked: BTreeMap<String, LinkId>,
    /// Facts, shared with whoever has read them.
    pub facts: BTreeMap<(ServiceId, String), Arc<FactRecord>>,
    /// Effects.
    pub effects: BTreeMap<EffectId, Effect>,
    pub(super) waiting: BTreeMap<Option<ServiceId>, BTreeMap<i64, EffectId>>,
    pub(super) last_effect: BTreeMap<Option<ServiceId>, i64>,
    /// Questions.
    pub questions: BTreeMap<QuestionId, Question>,
    pub(super) open_questions: BTreeMap<ServiceId, BTreeSet<QuestionId>>,
    /// Alarms that are raised.
    pub alarms: BTreeMap<String, Alarm>,
}

/// What takes one change back.
#[derive(Debug, Clone)]
pub(super) enum Undo {
    Service(ServiceId, Option<Box<Service>>),
    Operation(OperationId, Option<Box<Operation>>),
    Call(CallId, OperationId, Option<Box<Call>>, u32),
    Link(LinkId, Option<Box<Link>>),
    Fact((ServiceId, String), Option<Arc<FactRecord>>),
    Effect(EffectId, Option<Box<Effect>>),
    Question(QuestionId, Option<Box<Question>>),
    Alarm(String, Option<Alarm>),
}

fn swap<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, key: &K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key.clone(), value),
        None => map.remove(key),
    }
}

fn take_out<K: Ord, V: Ord>(index: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(set) = index.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            index.remove(key);
        }
    }
}

/// From when an operation can be claimed.
fn claimable(operation: &Operation) -> Option<Moment> {
    let due = operation.due_at.filter(|_| !operation.state.is_final())?;
    Some(operation.lease.map_or(due, |lease| due.max(lease.until)))
}

impl Tables {
    pub(super) fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Service(id, old) => drop(self.set_service(id, old.map(|old| *old))),
            Undo::Operation(id, old) => drop(self.set_operation(id, old.map(|old| *old))),
            Undo::Call(id, operation, old, journalled) => {
                drop(self.set_call(id, operation, old.map(|old| *old)));
                self.journalled.insert(operation, journalled);
            }
            Undo::Link(id, old) => drop(self.set_link(id, old.map(|old| *old))),
            Undo::Fact(key, old) => drop(self.set_fact(key, old)),
            Undo::Effect(id, old) => drop(self.set_effect(id, old.map(|old| *old))),
            Undo::Question(id, old) => drop(self.set_question(id, old.map(|old| *old))),
            Undo::Alarm(name, old) => drop(self.set_alarm(name, old)),
        }
    }

    pub(super) fn set_service(&mut self, id: ServiceId, new: Option<Service>) -> Undo {
        if let Some(old) = self.services.get(&id) {
            self.by_billing.remove(&old.billing_id);
            take_out(&mut self.by_client, &old.client_id, &id);
            if let Some(due) = old.watch_due {
                self.watch.remove(&(due, id));
            }
        }
        if let Some(new) = &new {
            self.by_billing.insert(new.billing_id, id);
            self.by_client.entry(new.client_id).or_default().insert(id);
            self.watch.extend(new.watch_due.map(|due| (due, id)));
        }
        Undo::Service(id, swap(&mut self.services, &id, new).map(Box::new))
    }

    pub(super) fn set_operation(&mut self, id: OperationId, new: Option<Operation>) -> Undo {
        if let Some(old) = self.operations.get(&id) {
            if let Some(due) = claimable(old) {
                self.due.remove(&(due, id));
            }
            let place = (old.sequence, id);
            if new.is_none() {
                take_out(&mut self.of_service, &old.service, &place);
            }
            take_out(&mut self.open, &old.service, &place);
            if let Some(key) = old.exclusive.as_ref().filter(|_| !old.state.is_final()) {
                self.exclusive.remove(key);
            }
        }
        if let Some(new) = &new {
            let place = (new.sequence, id);
            self.due.extend(claimable(new).map(|due| (due, id)));
            self.of_service.entry(new.service).or_default().insert(place);
            if !new.state.is_final() {
                self.open.entry(new.service).or_default().insert(place);
                self.exclusive.extend(new.exclusive.clone().map(|key| (key, id)));
            }
        }
        Undo::Operation(id, swap(&mut self.operations, &id, new).map(Box::new))
    }

    /// `None` or an ended call leaves only its count.
    pub(super) fn set_call(&mut self, id: CallId, operation: OperationId, new: Option<Call>) -> Undo {
        let journalled = self.journalled.entry(operation).or_default();
        let before = *journalled;
        let new = new.filter(|call| call.state == CallState::Sending);
        let old = swap(&mut self.sending, &id, new);
        let of = self.sending_of.entry(operation).or_default();
        if self.sending.contains_key(&id) {
            of.insert(id);
        } else {
            of.remove(&id);
        }
        if old.is_none() {
            *journalled += 1;
        }
        Undo::Call(id, operation, old.map(Box::new), before)
    }

    pub(super) fn set_link(&mut self, id: LinkId, new: Option<Link>) -> Undo {
        let counts = |link: &&Link| link.closed_at.is_none() && link.role == LinkRole::Primary;
        if let Some(old) = self.links.get(&id).filter(counts) {
            take_out(&mut self.open_links, &old.service, &id);
            self.linked.remove(&old.identity.id);
        }
        if let Some(new) = &new {
            self.links_by_service.entry(new.service).or_default().insert(id);
        } else if let Some(old) = self.links.get(&id) {
            take_out(&mut self.links_by_service, &old.service, &id);
        }
        if let Some(new) = new.as_ref().filter(counts) {
            self.open_links.entry(new.service).or_default().insert(id);
            self.linked.insert(new.identity.id.clone(), id);
        }
        Undo::Link(id, swap(&mut self.links, &id, new).map(Box::new))
    }

    pub(super) fn set_fact(&mut self, key: (ServiceId, String), new: Option<Arc<FactRecord>>) -> Undo {
        let old = swap(&mut self.facts, &key, new);
        Undo::Fact(key, old)
    }

    pub(super) fn set_effect(&mut self, id: EffectId, new: Option<Effect>) -> Undo {
        let queue = |effect: &Effect| effect.service.map(|(service, _)| service);
        if let Some(old) = self.effects.get(&id)
            && let Some(waiting) = self.waiting.get_mut(&queue(old))
        {
            waiting.remove(&old.sequence);
            if waiting.is_empty() {
                self.waiting.remove(&queue(old));
            }
        }
        if let Some(new) = &new {
            let last = self.last_effect.entry(queue(new)).or_default();
            *last = (*last).max(new.sequence);
            if new.state == EffectState::Waiting {
                self.waiting
                    .entry(queue(new))
                    .or_default()
                    .insert(new.sequence, id);
            }
        }
        Undo::Effect(id, swap(&mut self.effects, &id, new).map(Box::new))
    }

    pub(super) fn set_question(&mut self, id: QuestionId, new: Option<Question>) -> Undo {
        if let Some(service) = self.questions.get(&id).and_then(|old| old.service) {
            take_out(&mut self.open_questions, &service, &id);
        }
        if let Some(new) = &new
            && let Some(service) = new.service
            && new.answered_at.is_none()
        {
            self.open_questions.entry(service).or_default().insert(id);
        }
        Undo::Question(id, swap(&mut self.questions, &id, new).map(Box::new))
    }

    pub(super) fn set_alarm(&mut self, name: String, new: Option<Alarm>) -> Undo {
        let old = swap(&mut self.alarms, &name, new);
        Undo::Alarm(name, old)
    }

    /// Every operation that is not final.
    pub fn all_open(&self) -> impl Iterator<Item = &Operation> {
        let open = self.open.values().flatten();
        open.filter_map(|(_, id)| self.operations.get(id))
    }

    /// The open operations of a service, by sequence.
    pub fn open_of(&self, service: ServiceId) -> impl Iterator<Item = &Operation> {
        let open = self.open.get(&service).into_iter().flatten();
        open.filter_map(|(_, id)| self.operations.get(id))
    }

    /// All links of a service, closed ones included.
    pub fn links_of(&self, service: ServiceId) -> impl Iterator<Item = &Link> {
        let ids = self.links_by_service.get(&service).into_iter().flatten();
        ids.filter_map(|id| self.links.get(id))
    }

    /// Every open question about a service.
    pub fn open_questions(&self) -> impl Iterator<Item = &Question> {
        let open = self.open_questions.values().flatten();
        open.filter_map(|id| self.questions.get(id))
    }

    /// A service by its id in the billing system.
    pub fn service_of(&self, billing_id: u64) -> Option<&Service> {
        self.services.get(self.by_billing.get(&billing_id)?)
    }

    /// The open primary link of a service's present generation.
    pub fn open_link(&self, service: &Service) -> Option<&Link> {
        let open = self.open_links.get(&service.id)?.iter();
        open.filter_map(|id| self.links.get(id))
            .find(|link| link.generation == service.generation)
    }

    /// Whether anything waits in the outbox.
    pub fn has_waiting_effects(&self) -> bool {
        !self.waiting.is_empty()
    }
}
