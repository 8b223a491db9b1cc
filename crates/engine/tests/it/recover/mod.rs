//! Recovery: the store is put back, or lost, behind an engine that has lived on. Nothing that makes or disturbs a machine
//! leaves before it has ended, and afterwards each service has the machine that it had.

mod creates;
mod endings;
mod lost;
mod put_back;
mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Actor;
use domain::Clock;
use domain::id::OperationId;
use domain::record::{EffectBody, OperationState, ServiceStatus};
use domain::{Order, ServiceView};
use engine::core::{Intent, Told};
use engine::{AdoptionRow, EngineError, RecoveryReport, Ruling, Wish};
use testkit::rig::{Rig, SERVER, order};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTES: Duration = Duration::from_secs(900);
const A_WHILE: Duration = Duration::from_secs(90);

/// What the billing system has of each service: its client, its word for it, and its copy of the link.
#[derive(Default)]
struct Billing(BTreeMap<u64, Row>);

#[derive(Clone)]
struct Row {
    client: u64,
    status: ServiceStatus,
    copy: Option<String>,
}

impl Billing {
    /// Applies the effects of a service, as its cron does, and notes what the service is called.
    async fn hears(&mut self, rig: &Rig, service: u64, status: ServiceStatus) {
        let client = rig.view(service).await.service.client_id;
        let row = self.0.entry(service).or_insert(Row {
            client,
            status,
            copy: None,
        });
        row.status = status;
        for body in rig.drain_effects(service).await {
            if let EffectBody::SetLink { resource_id, .. } = body {
                row.copy = resource_id;
            }
        }
    }

    /// A service that it has ordered, of which it has heard nothing yet.
    fn waits_for(&mut self, service: u64, client: u64) {
        self.0.insert(
            service,
            Row {
                client,
                status: ServiceStatus::Pending,
                copy: None,
            },
        );
    }

    fn names(&mut self, service: u64, machine: u64) {
        self.0.get_mut(&service).expect("it has the service").copy = Some(machine.to_string());
    }

    /// Sends all its services.
    async fn sends_all(&self, rig: &Rig) {
        let rows = self.0.iter().map(|(service, row)| AdoptionRow {
            billing_id: *service,
            server_id: SERVER,
            told: Told {
                client_id: row.client,
                product_id: 1,
                module: "VirtFusionDirect".to_owned(),
                status: row.status,
                hostname: Some(host(*service)),
                mapped_id: row.copy.clone(),
                called_again: false,
            },
        });
        rig.engine
            .note_copies(rig.installation_id(), rows.collect())
            .await
            .expect("the copies are taken");
    }
}

fn host(service: u64) -> String {
    format!("web{service}.example.test")
}

fn person() -> Actor {
    Actor::host("tester")
}

/// The order of a service that has a client of its own.
fn order_of(service: u64) -> Order {
    let mut own = order();
    own.hostname = Some(host(service));
    own.customer.client_id = client_of(service);
    own.customer.email = format!("client{service}@example.test");
    own
}

const fn client_of(service: u64) -> u64 {
    10_000 + service
}

fn wish(rig: &Rig, service: u64, intent: Intent) -> Wish {
    let mut wish = rig.wish(service, intent);
    wish.told.client_id = client_of(service);
    wish
}

async fn create(rig: &Rig, service: u64) -> OperationId {
    rig.submit(wish(rig, service, Intent::Create(order_of(service))))
        .await
}

async fn succeeds(rig: &Rig, operation: OperationId) {
    // A search for what a lost create made takes its time, and a busy machine lets little happen in each minute.
    let ended = rig.ended(operation, HOUR * 4).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
}

/// Orders services and waits until they are ready and the billing system knows it.
async fn live(rig: &Rig, billing: &mut Billing, services: &[u64]) {
    let mut operations = Vec::new();
    for service in services {
        operations.push(create(rig, *service).await);
    }
    for operation in operations {
        succeeds(rig, operation).await;
    }
    for service in services {
        billing.hears(rig, *service, ServiceStatus::Active).await;
    }
}

async fn does(rig: &Rig, service: u64, intent: Intent) {
    let operation = rig.submit(wish(rig, service, intent)).await;
    succeeds(rig, operation).await;
}

fn suspend() -> Intent {
    Intent::Suspend {
        reason: "overdue".to_owned(),
    }
}

const fn terminate() -> Intent {
    Intent::Terminate { window: None }
}

async fn machine_of(rig: &Rig, service: u64) -> u64 {
    let link = rig.view(service).await.link.expect("a link");
    link.identity.id.parse().expect("a number")
}

/// Every machine of the panel: its id, identity and owner, its name, its package, whether it is suspended, whether it runs.
type Book = (u64, String, u64, String, u64, bool, bool);

fn books(rig: &Rig) -> Vec<Book> {
    let servers = rig.panel.servers(rig.clock.now());
    servers
        .into_iter()
        .map(|server| {
            (
                server.id,
                server.uuid,
                server.owner,
                server.name,
                server.package,
                server.suspended,
                server.running,
            )
        })
        .collect()
}

/// An hour passes in which the engine is given time to work now and then.
async fn an_hour_passes(rig: &Rig) {
    for _ in 0..12 {
        rig.clock.advance(Duration::from_secs(290));
        rig.pass(Duration::from_secs(10)).await;
    }
}

/// Waits until the engine knows that its store is not to be trusted.
async fn in_recovery(rig: &Rig) {
    rig.until("the recovery", MINUTES, async |rig: &Rig| {
        rig.engine.recovering().map(drop)
    })
    .await;
}

async fn recover(rig: &Rig, apply: bool) -> RecoveryReport {
    let report = rig.engine.recover(apply, &person()).await;
    report.expect("the recovery can be looked at")
}

/// Puts right what is sure, and waits until that is done.
async fn put_right(rig: &Rig) -> RecoveryReport {
    recover(rig, true).await;
    rig.until("what is sure to be put right", MINUTES, async |rig: &Rig| {
        let report = recover(rig, false).await;
        (report.relinked.is_empty() && report.followed.is_empty()).then_some(report)
    })
    .await
}

async fn end(rig: &Rig) -> Result<RecoveryReport, EngineError> {
    rig.engine.end_recovery(false, &person()).await
}

async fn end_is_refused(rig: &Rig, why: &[&str]) {
    let refused = end(rig).await.expect_err("it cannot end yet").to_string();
    for part in why {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert!(rig.engine.recovering().is_some());
}

async fn try_link(rig: &Rig, service: u64, machine: u64) -> Result<(), EngineError> {
    let ruling = Ruling::Link {
        installation: rig.installation_id().clone(),
        service,
        machine: machine.to_string(),
    };
    rig.engine.rule(ruling, &person()).await
}

async fn link(rig: &Rig, service: u64, machine: u64) {
    try_link(rig, service, machine)
        .await
        .expect("the ruling is taken");
}

async fn none(rig: &Rig, service: u64) {
    try_none(rig, service).await.expect("the ruling is taken");
}

async fn try_none(rig: &Rig, service: u64) -> Result<(), EngineError> {
    let ruling = Ruling::NoMachine {
        installation: rig.installation_id().clone(),
        service,
    };
    rig.engine.rule(ruling, &person()).await
}

/// The services that something unsure is about.
fn unsure(report: &RecoveryReport) -> Vec<String> {
    let mut services: Vec<String> = report
        .unsure
        .iter()
        .filter_map(|unsure| unsure.service.clone())
        .collect();
    services.sort_unstable();
    services
}

fn words(report: &RecoveryReport) -> String {
    let words = report
        .unsure
        .iter()
        .map(|unsure| format!("{} [{}]\n", unsure.what, unsure.decide.join("; ")));
    words.collect()
}

/// Each of the services is linked to a machine of the panel, no two to the same.
async fn one_machine_each(rig: &Rig, services: &[u64]) -> Vec<ServiceView> {
    let mut views = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for service in services {
        let view = rig.view(*service).await;
        let linked = view.link.clone().expect("a link").identity;
        let server = rig
            .panel
            .server(rig.clock.now(), linked.id.parse().expect("a number"))
            .expect("its machine is on the panel");
        assert_eq!(server.uuid, linked.unchangeable, "service {service}");
        assert_eq!(server.name, host(*service));
        assert!(seen.insert(linked.id), "service {service} shares its machine");
        views.push(view);
    }
    views
}
