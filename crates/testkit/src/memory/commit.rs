//! Applying a decision whole, or refusing it whole, by the rules of the real store.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::change::Refused;
use domain::id::{OperationId, ServiceId};
use domain::record::{Effect, Lease, Link, LinkRole, Operation, Service};
use domain::{Change, Commit, Fence};

use super::MemoryStore;

/// What a commit has done to a service's version.
#[derive(Debug, Default, Clone, Copy)]
struct Touched {
    written: bool,
    raised: bool,
}

/// What a commit is fenced by, and which services it has touched.
struct Applying {
    lease: Option<(OperationId, Lease)>,
    fenced: Option<ServiceId>,
    touched: BTreeMap<ServiceId, Touched>,
}

impl MemoryStore {
    /// Applies a commit whole, or refuses it whole. It is pending until the next sync.
    pub fn commit(&mut self, commit: Commit) -> Result<(), Refused> {
        self.check_fence(&commit.fence)?;
        let mark = self.undo.len();
        let mut applying = Applying {
            lease: commit
                .fence
                .lease
                .map(|(id, worker, until)| (id, Lease { worker, until })),
            fenced: commit.fence.service.map(|(id, _)| id),
            touched: BTreeMap::new(),
        };
        for change in commit.changes {
            if let Err(refused) = self.apply(change, &mut applying) {
                self.take_back(mark);
                return Err(refused);
            }
        }
        let raised = applying.touched.into_iter().filter(|(_, touched)| touched.raised);
        for (id, _) in raised {
            if let Some(mut service) = self.tables.services.get(&id).cloned() {
                service.version += 1;
                self.put_service(service);
            }
        }
        Ok(())
    }

    fn check_fence(&self, fence: &Fence) -> Result<(), Refused> {
        if let Some((id, worker, until)) = fence.lease {
            let lease = self
                .tables
                .operations
                .get(&id)
                .and_then(|operation| operation.lease);
            if lease != Some(Lease { worker, until }) {
                return Err(Refused::LeaseLost(id));
            }
        }
        if let Some((id, version)) = fence.service
            && self.tables.services.get(&id).map(|service| service.version) != Some(version)
        {
            return Err(Refused::ServiceChanged(id));
        }
        Ok(())
    }

    fn apply(&mut self, change: Change, applying: &mut Applying) -> Result<(), Refused> {
        let undo = match change {
            Change::InsertService(service) => return self.insert_service(service, applying),
            Change::PutService(service) => return self.replace_service(service, applying),
            Change::InsertOperation(operation) => {
                applying.raises(operation.service);
                return self.write_operation(operation);
            }
            Change::PutOperation(operation) => return self.replace_operation(operation, applying),
            Change::PutLink(link) => {
                applying.raises(link.service);
                self.check_link(&link)?;
                self.tables.set_link(link.id, Some(link))
            }
            Change::InsertEffect(effect) => {
                self.insert_effect(effect);
                return Ok(());
            }
            Change::PutEffect(mut effect) => {
                // Its place in the queue was given by the store and stays.
                if let Some(old) = self.tables.effects.get(&effect.id) {
                    effect.sequence = old.sequence;
                }
                self.tables.set_effect(effect.id, Some(effect))
            }
            Change::PutCall(call) => self.tables.set_call(call.id, call.operation, Some(call)),
            Change::PutFact(fact) => self
                .tables
                .set_fact((fact.service, fact.kind.clone()), Some(Arc::new(fact))),
            Change::PutQuestion(question) => self.tables.set_question(question.id, Some(question)),
            Change::RaiseAlarm(alarm) if self.tables.alarms.contains_key(&alarm.name) => return Ok(()),
            Change::RaiseAlarm(alarm) => self.tables.set_alarm(alarm.name.clone(), Some(alarm)),
            Change::ClearAlarm { name } if self.tables.alarms.contains_key(&name) => {
                self.tables.set_alarm(name, None)
            }
            // Nobody reads these here; a line of the audit and a secret are as durable as what they came with.
            Change::ClearAlarm { .. } | Change::Audit(_) | Change::PutSecret { .. } => return Ok(()),
        };
        self.undo.push(undo);
        Ok(())
    }

    fn put_service(&mut self, service: Service) {
        let undo = self.tables.set_service(service.id, Some(service));
        self.undo.push(undo);
    }

    fn insert_service(&mut self, mut service: Service, applying: &mut Applying) -> Result<(), Refused> {
        if self.tables.by_billing.contains_key(&service.billing_id) {
            return Err(Refused::Taken(format!(
                "service {} of installation {} is known already",
                service.billing_id, service.installation
            )));
        }
        service.version = 1;
        applying.touched(service.id).written = true;
        self.put_service(service);
        Ok(())
    }

    fn replace_service(&mut self, mut service: Service, applying: &mut Applying) -> Result<(), Refused> {
        let id = service.id;
        let stored = self.tables.services.get(&id).map_or(0, |stored| stored.version);
        let fenced = applying.fenced == Some(id);
        let touched = applying.touched(id);
        if touched.written {
            service.version = stored;
        } else {
            if !fenced && stored != service.version {
                return Err(Refused::ServiceChanged(id));
            }
            service.version = stored + 1;
            *touched = Touched {
                written: true,
                raised: false,
            };
        }
        self.put_service(service);
        Ok(())
    }

    fn replace_operation(
        &mut self,
        mut operation: Operation,
        applying: &mut Applying,
    ) -> Result<(), Refused> {
        applying.raises(operation.service);
        // Only its holder changes a lease: gives it back, or keeps and at most prolongs it.
        operation.lease = match applying.lease.filter(|(id, _)| *id == operation.id) {
            Some((_, own)) => operation.lease.map(|wanted| Lease {
                worker: own.worker,
                until: if wanted.worker == own.worker {
                    own.until.max(wanted.until)
                } else {
                    own.until
                },
            }),
            None => self
                .tables
                .operations
                .get(&operation.id)
                .and_then(|old| old.lease),
        };
        self.write_operation(operation)
    }

    fn write_operation(&mut self, operation: Operation) -> Result<(), Refused> {
        if let Some(key) = operation
            .exclusive
            .as_ref()
            .filter(|_| !operation.state.is_final())
            && self
                .tables
                .exclusive
                .get(key)
                .is_some_and(|holder| *holder != operation.id)
        {
            return Err(Refused::Taken(format!(
                "another open operation of the platform holds \"{key}\""
            )));
        }
        self.put_operation(operation.id, Some(operation));
        Ok(())
    }

    fn check_link(&self, link: &Link) -> Result<(), Refused> {
        if link.closed_at.is_some() || link.role != LinkRole::Primary {
            return Ok(());
        }
        let holder = self.tables.linked.get(&link.identity.id);
        if holder.is_some_and(|holder| *holder != link.id) {
            return Err(Refused::Taken(format!(
                "{} {} of {} belongs to another service",
                link.resource, link.identity.id, link.platform
            )));
        }
        let open = self.tables.open_links.get(&link.service).into_iter().flatten();
        let another = open
            .filter(|id| **id != link.id)
            .filter_map(|id| self.tables.links.get(id))
            .any(|other| other.generation == link.generation);
        if another {
            return Err(Refused::Taken(format!(
                "{} has another primary resource in generation {}",
                link.service, link.generation
            )));
        }
        Ok(())
    }

    fn insert_effect(&mut self, mut effect: Effect) {
        let queue = effect.service.map(|(service, _)| service);
        effect.sequence = self.tables.last_effect.get(&queue).map_or(0, |last| *last) + 1;
        self.put_effect(effect.id, Some(effect));
    }
}

impl Applying {
    fn touched(&mut self, id: ServiceId) -> &mut Touched {
        self.touched.entry(id).or_default()
    }

    /// A record of the service is written: its version rises, once.
    fn raises(&mut self, id: ServiceId) {
        let touched = self.touched(id);
        touched.raised = !touched.written;
    }
}
