//! Snapshots: every service of ours, in pages. What differs from the engine's picture is learnt; what vanished or
//! ended is suspended and ended after its grace, unless so much did that a person has to look first.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::QuestionId;
use domain::record::{EffectBody, Question, QuestionKind, RerunFunction, Service, ServiceStatus, Standing};
use domain::{Change, Commit};
use engine::AdoptionRow;
use serde_json::json;
use store::{PageRequest, ServiceFilter};

use super::bodies::SnapshotPage;
use super::runs::{Purpose, Run};
use super::{Heard, Told, services, stock};
use crate::call::fault;
use crate::gate::unavailable;
use crate::problem::Problem;
use crate::rows::ServiceRow;

/// So many may end by one snapshot without a person's look, or this share of all.
const FREELY: usize = 5;
/// One in so many.
const SHARE: usize = 100;
/// Snapshots come daily and on demand; what follows from them is not repeated with each.
const HALF_A_DAY: Duration = Duration::from_hours(12);

/// Answers a page of a snapshot.
pub async fn hear(told: &Told<'_>, page: SnapshotPage) -> Result<Heard, Problem> {
    for product in &page.products {
        services::product(told, product).await?;
    }
    if page.page == 1 {
        // The first page has all products.
        stock::all_products(told, &page.products).await?;
    }
    let Some(run) = take(told, Purpose::Compare, page)? else {
        return Ok(Heard::default());
    };
    let recovering = told.state.engine().recovering().is_some();
    if recovering {
        copies(told, &run).await?;
    }
    compare(told, &run, recovering).await?;
    Ok(Heard::default())
}

/// In a recovery the billing side's copies of the links are worth more than what the store remembers.
async fn copies(told: &Told<'_>, run: &Run) -> Result<(), Problem> {
    told.state
        .engine()
        .note_copies(&told.admitted.installation.id, rows(run))
        .await
        .map_err(|error| fault(&error))
}

/// Answers a page of an adoption batch: the services are noted, and the admin page shows what becomes of them.
pub async fn adoption(told: &Told<'_>, page: SnapshotPage) -> Result<Heard, Problem> {
    let Some(run) = take(told, Purpose::Adopt, page)? else {
        return Ok(Heard::default());
    };
    told.state
        .engine()
        .note_existing(&told.admitted.installation.id, rows(&run))
        .await
        .map_err(|error| fault(&error))?;
    Ok(Heard::data(json!({ "report_page": "adoption" })))
}

/// Our services among the items of a run.
fn rows(run: &Run) -> Vec<AdoptionRow> {
    run.items
        .iter()
        .filter(|row| row.is_ours())
        .map(|row| AdoptionRow {
            billing_id: row.service,
            server_id: row.server,
            told: row.told(),
        })
        .collect()
}

fn take(told: &Told<'_>, purpose: Purpose, page: SnapshotPage) -> Result<Option<Run>, Problem> {
    let runs = told.state.snapshots();
    runs.take(&told.admitted.installation.id, purpose, page, told.state.now())
}

async fn compare(told: &Told<'_>, run: &Run, recovering: bool) -> Result<(), Problem> {
    let ours = all_services(told).await?;
    let by_id: BTreeMap<u64, &ServiceRow> = run
        .items
        .iter()
        .filter(|row| row.is_ours())
        .map(|row| (row.service, row))
        .collect();
    let ended: Vec<(u64, &'static str)> = ours
        .iter()
        // What was ordered while the pages were on their way may be missing from them.
        .filter(|service| holds_a_machine(service) && service.created_at < run.began)
        .filter_map(|service| {
            let why = ended_there(by_id.get(&service.billing_id).copied())?;
            Some((service.billing_id, why))
        })
        .collect();
    for service in &ours {
        if let Some(row) = by_id.get(&service.billing_id) {
            services::learn(told, row).await?;
            if row.status() == ServiceStatus::Pending && service.standing == Standing::Live {
                call_create_again(told, service).await?;
            }
        }
    }
    if recovering {
        // Which machine is whose is being found out: what has ended is ended by the first snapshot afterwards.
        return Ok(());
    }
    if ended.len() > FREELY.max(ours.len() / SHARE) {
        return ask(told, &ended).await;
    }
    for (service, why) in ended {
        services::end(told, service, why).await?;
    }
    Ok(())
}

/// A machine is in use here and its service still pending there: the answer to its create was lost on the way, and so
/// was the promise to have it called again.
async fn call_create_again(told: &Told<'_>, service: &Service) -> Result<(), Problem> {
    let engine = told.state.engine();
    let due = engine.take_rate("rerun_create", service.id, HALF_A_DAY).await;
    if !due.map_err(|error| fault(&error))? {
        return Ok(());
    }
    let body = EffectBody::Rerun {
        function: RerunFunction::CreateAccount,
        status: ServiceStatus::Pending.to_string(),
    };
    let installation = &told.admitted.installation.id;
    engine
        .tell(installation, Some((service.id, service.billing_id)), body)
        .await
        .map(drop)
        .map_err(|error| fault(&error))
}

/// Whether the engine has, or is making, a machine that nobody is ending yet.
const fn holds_a_machine(service: &Service) -> bool {
    matches!(
        service.standing,
        Standing::Building | Standing::Live | Standing::Suspended
    )
}

/// Why a service has ended in the billing system, where it has.
fn ended_there(row: Option<&ServiceRow>) -> Option<&'static str> {
    let Some(row) = row else {
        return Some("it vanished from the billing system");
    };
    match row.status() {
        ServiceStatus::Cancelled => Some("the billing system calls it cancelled"),
        ServiceStatus::Fraud => Some("the billing system calls it fraud"),
        ServiceStatus::Terminated => Some("the billing system calls it terminated"),
        ServiceStatus::Pending
        | ServiceStatus::Active
        | ServiceStatus::Suspended
        | ServiceStatus::Completed => None,
    }
}

async fn all_services(told: &Told<'_>) -> Result<Vec<Service>, Problem> {
    let store = told.state.engine().store();
    let filter = ServiceFilter {
        installation: Some(told.admitted.installation.id.clone()),
        ..ServiceFilter::default()
    };
    let mut page = PageRequest::first(500);
    let mut all = Vec::new();
    loop {
        let found = store
            .services(&filter, &page)
            .await
            .map_err(|error| unavailable(&error))?;
        all.extend(found.items);
        match found.next {
            Some(cursor) => page = PageRequest::after(cursor, 500),
            None => return Ok(all),
        }
    }
}

/// One question for all of them, and nothing ends. A restored or emptied billing database looks just like this.
async fn ask(told: &Told<'_>, ended: &[(u64, &'static str)]) -> Result<(), Problem> {
    let engine = told.state.engine();
    let installation = &told.admitted.installation.id;
    let some: Vec<String> = ended.iter().take(20).map(|(id, _)| id.to_string()).collect();
    let name = format!("snapshot:{installation}");
    let due = engine
        .store()
        .take_rate(&name, told.state.now(), HALF_A_DAY)
        .await;
    if !due.map_err(|error| unavailable(&error))? {
        return Ok(());
    }
    let question = Question {
        id: QuestionId::new(engine.clock().as_ref(), engine.random().as_ref()),
        service: None,
        operation: None,
        kind: QuestionKind::Vanished,
        subject: None,
        text: format!(
            "A snapshot of installation {installation} says that {} services with machines ended or vanished at once \
             (among them {}). None was touched. Where they have really ended, terminate them in the billing system.",
            ended.len(),
            some.join(", ")
        ),
        choices: vec![("keep".to_owned(), "leave the machines as they are".to_owned())],
        host_only: true,
        opened_at: told.state.now(),
        answered_at: None,
        answer: None,
        answered_by: None,
    };
    let commit = Commit {
        changes: vec![Change::PutQuestion(question)],
        ..Commit::default()
    };
    match engine.store().commit(commit).await {
        Ok(_) => Ok(()),
        Err(error) => Err(unavailable(&error)),
    }
}
