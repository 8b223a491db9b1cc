//! Loading what decisions are made from.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::case::Pace;
use domain::id::{OperationId, ServiceId};
use domain::record::{Call, FactRecord, Operation, OperationKind, ProductPolicy, Question, Service};
use domain::{ActorKind, Case, Moment, ServiceView};

use super::MemoryStore;

/// How many operations of a service are loaded with it beside the open ones.
const RECENT: usize = 20;

impl MemoryStore {
    /// One operation and everything around it.
    pub fn case(&self, id: OperationId) -> Option<Case> {
        let operation = self.tables.operations.get(&id)?.clone();
        let service = self.tables.services.get(&operation.service)?.clone();
        let sending = self.tables.sending_of.get(&id).into_iter().flatten();
        let mut sending: Vec<Call> = sending
            .filter_map(|call| self.tables.sending.get(call).cloned())
            .collect();
        sending.sort_by_key(|call| (call.sent_at, call.id));
        Some(Case {
            unknown_version: None,
            installation: self.installation.clone(),
            platform: service.platform.map(|_| self.platform.clone()),
            attachment: service.platform.map(|_| self.attachment.clone()),
            link: self.tables.open_link(&service).cloned(),
            policy: self.policy(&service),
            sending,
            questions: self.questions(service.id),
            others: self
                .tables
                .open_of(service.id)
                .filter(|other| other.id != id)
                .cloned()
                .collect(),
            linked: self.linked(&service),
            machine: self.machine(service.id),
            operation,
            service,
        })
    }

    /// One service and everything around it.
    pub fn view(&self, billing_id: u64) -> Option<ServiceView> {
        let service = self.tables.service_of(billing_id)?.clone();
        let of_service = self.tables.of_service.get(&service.id).into_iter().flatten();
        let recent: Vec<Operation> = of_service
            .rev()
            .filter_map(|(_, id)| self.tables.operations.get(id))
            .filter(|operation| operation.kind != OperationKind::Refresh)
            .take(RECENT)
            .cloned()
            .collect();
        Some(ServiceView {
            installation: self.installation.clone(),
            platform: service.platform.map(|_| self.platform.clone()),
            attachment: service.platform.map(|_| self.attachment.clone()),
            link: self.tables.open_link(&service).cloned(),
            policy: self.policy(&service),
            open: self.tables.open_of(service.id).cloned().collect(),
            recent,
            questions: self.questions(service.id),
            machine: self.machine(service.id),
            service,
        })
    }

    /// When a service's client last wished for something of a pace.
    pub fn last_wished(&self, pace: &Pace) -> Option<Moment> {
        let of_service = self.tables.of_service.get(&pace.service).into_iter().flatten();
        let operations = of_service.filter_map(|(_, id)| self.tables.operations.get(id));
        let mut of_it = operations.filter(|operation| {
            operation.kind == pace.kind
                && operation.actor.kind == ActorKind::Client
                && pace.input.as_ref().is_none_or(|input| operation.input == *input)
        });
        of_it.next_back().map(|operation| operation.created_at)
    }

    fn policy(&self, service: &Service) -> ProductPolicy {
        self.policies
            .get(&service.product_id)
            .cloned()
            .unwrap_or_default()
    }

    fn questions(&self, service: ServiceId) -> Vec<Question> {
        self.open_questions(service).into_iter().cloned().collect()
    }

    fn machine(&self, service: ServiceId) -> Option<Arc<FactRecord>> {
        self.tables
            .facts
            .get(&(service, FactRecord::MACHINE.to_owned()))
            .cloned()
    }

    /// The machines that are linked to any service of the same client, or mapped in an old module's table.
    fn linked(&self, service: &Service) -> BTreeSet<String> {
        if service.platform.is_none() {
            return BTreeSet::new();
        }
        let siblings = self
            .tables
            .by_client
            .get(&service.client_id)
            .into_iter()
            .flatten();
        let mut linked = BTreeSet::new();
        for sibling in siblings {
            let open = self.tables.open_links.get(sibling).into_iter().flatten();
            let open = open.filter_map(|id| self.tables.links.get(id));
            linked.extend(open.map(|link| link.identity.id.clone()));
            let mapped = self.tables.services.get(sibling);
            linked.extend(mapped.and_then(|sibling| sibling.mapped_id.clone()));
        }
        linked
    }
}
