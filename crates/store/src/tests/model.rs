//! Random commits against a simple model: the same ones are refused, and the same things are there afterwards.

use std::collections::BTreeMap;

use domain::id::ServiceId;
use domain::record::{Link, Service, Standing};
use domain::{Change, Fence};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::Bench;
use crate::{PageRequest, ServiceFilter, StoreError};

const SERVICES: usize = 4;

/// One change, by index into what there is.
#[derive(Debug, Clone)]
enum Act {
    Insert(u64),
    Put { service: usize, stale: bool, live: bool },
    Link { service: usize, upstream: u8 },
    Close { link: usize },
}

/// Some changes in one commit, fenced by a service's version or by one that is long gone.
#[derive(Debug, Clone)]
struct Step {
    fence: Option<(usize, bool)>,
    acts: Vec<Act>,
}

fn step() -> impl Strategy<Value = Step> {
    let act =
        prop_oneof![
            (1_u64..=SERVICES as u64).prop_map(Act::Insert),
            (0..SERVICES, prop::bool::weighted(0.2), any::<bool>())
                .prop_map(|(service, stale, live)| Act::Put { service, stale, live }),
            (0..SERVICES, 0_u8..3).prop_map(|(service, upstream)| Act::Link { service, upstream }),
            (0_usize..6).prop_map(|link| Act::Close { link }),
        ];
    let fence = prop::option::weighted(0.3, (0..SERVICES, prop::bool::weighted(0.8)));
    (fence, prop::collection::vec(act, 1..4)).prop_map(|(fence, acts)| Step { fence, acts })
}

/// What should be in the store.
#[derive(Debug, Clone, Default)]
struct Model {
    services: Vec<Service>,
    links: Vec<Link>,
}

impl Model {
    fn service(&mut self, id: ServiceId) -> Option<&mut Service> {
        self.services.iter_mut().find(|service| service.id == id)
    }

    /// Applies the changes, or says no.
    fn commit(&mut self, fence: Fence, changes: &[Change]) -> bool {
        let before = self.clone();
        let mut next = self.clone();
        if let Some((id, version)) = fence.service
            && !before
                .services
                .iter()
                .any(|service| (service.id, service.version) == (id, version))
        {
            return false;
        }
        let mut raised = BTreeMap::new();
        for change in changes {
            if !next.apply(&before, fence, change, &mut raised) {
                return false;
            }
        }
        for (id, version) in raised {
            if let Some(service) = next.service(id) {
                service.version = version;
            }
        }
        *self = next;
        true
    }

    fn apply(
        &mut self,
        before: &Self,
        fence: Fence,
        change: &Change,
        raised: &mut BTreeMap<ServiceId, i64>,
    ) -> bool {
        let known = |id: ServiceId| before.services.iter().find(|service| service.id == id);
        match change {
            Change::InsertService(service) => {
                let free = self
                    .services
                    .iter()
                    .all(|other| other.billing_id != service.billing_id);
                self.services.push(service.clone());
                raised.insert(service.id, 1);
                free
            }
            Change::PutService(service) => {
                let fenced = fence.service.is_some_and(|(id, _)| id == service.id);
                let (Some(old), Some(slot)) = (known(service.id), self.service(service.id)) else {
                    return false;
                };
                *slot = service.clone();
                raised.insert(service.id, old.version + 1);
                fenced || service.version == old.version
            }
            Change::PutLink(link) => {
                match known(link.service) {
                    Some(old) => {
                        raised.insert(link.service, old.version + 1);
                    }
                    None if raised.contains_key(&link.service) => {}
                    None => return false,
                }
                self.links.retain(|other| other.id != link.id);
                self.links.push(link.clone());
                let open: Vec<&Link> = self
                    .links
                    .iter()
                    .filter(|link| link.closed_at.is_none())
                    .collect();
                let clash = |a: &Link, b: &Link| {
                    a.id != b.id && (a.identity.id == b.identity.id || a.service == b.service)
                };
                !open.iter().any(|a| open.iter().any(|b| clash(a, b)))
            }
            _ => unreachable!("the strategy makes no other change"),
        }
    }
}

/// The changes that a step means, given what there is.
fn changes(bench: &Bench, model: &Model, step: &Step) -> (Fence, Vec<Change>) {
    let fence = step
        .fence
        .and_then(|(index, right)| model.services.get(index).map(|service| (service, right)))
        .map_or_else(Fence::default, |(service, right)| {
            Fence::service(
                service.id,
                if right {
                    service.version
                } else {
                    service.version - 1
                },
            )
        });
    let mut put = Vec::new();
    let mut changes = Vec::new();
    for act in &step.acts {
        match act {
            Act::Insert(billing_id) => changes.push(Change::InsertService(bench.service(*billing_id))),
            Act::Put { service, stale, live } => {
                let Some(mut service) = model.services.get(*service).cloned() else {
                    continue;
                };
                if put.contains(&service.id) {
                    continue;
                }
                put.push(service.id);
                service.version -= i64::from(*stale);
                service.standing = if *live { Standing::Live } else { Standing::Building };
                changes.push(Change::PutService(service));
            }
            Act::Link { service, upstream } => {
                let Some(service) = model.services.get(*service) else {
                    continue;
                };
                changes.push(Change::PutLink(bench.link(service, &upstream.to_string())));
            }
            Act::Close { link } => {
                let Some(mut link) = model.links.get(*link).cloned() else {
                    continue;
                };
                link.closed_at = Some(bench.now());
                changes.push(Change::PutLink(link));
            }
        }
    }
    (fence, changes)
}

async fn run(steps: Vec<Step>) {
    let bench = Bench::new().await;
    let mut model = Model::default();
    for step in &steps {
        let (fence, changes) = changes(&bench, &model, step);
        let expected = model.commit(fence, &changes);
        let result = bench.apply_fenced(fence, changes.clone()).await;
        match &result {
            Ok(_) | Err(StoreError::Refused(_)) => {}
            Err(other) => panic!("{other}"),
        }
        assert_eq!(result.is_ok(), expected, "{result:?} for {fence:?} {changes:#?}");
    }
    let page = bench
        .store()
        .services(&ServiceFilter::default(), &PageRequest::first(500))
        .await
        .unwrap();
    let by_id = |services: Vec<Service>| {
        services
            .into_iter()
            .map(|s| (s.id, s))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(by_id(page.items), by_id(model.services.clone()));
    for service in &model.services {
        let mut expected: Vec<Link> = model
            .links
            .iter()
            .filter(|link| link.service == service.id)
            .cloned()
            .collect();
        expected.sort_by_key(|link| link.id);
        let mut stored = bench.store().links(service.id).await.unwrap();
        stored.sort_by_key(|link| link.id);
        assert_eq!(stored, expected);
    }
}

#[test]
fn random_commits_end_as_in_the_model() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&prop::collection::vec(step(), 1..60), |steps| {
            runtime.block_on(run(steps));
            Ok(())
        })
        .unwrap();
}
