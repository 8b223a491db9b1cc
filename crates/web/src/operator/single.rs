//! The page of one service and of one operation.

use domain::http::RetryClass;
use domain::id::{OperationId, ServiceId};
use domain::record::{Operation, Service, StepPhase};
use store::{AuditFilter, EffectFilter, OperationFilter, Page, PageRequest as Cursor, QuestionFilter};

use super::ROWS;
use super::lists::operation_rows;
use crate::answer::PageAnswer;
use crate::context::{
    AuditRow, CallRow, EffectRow, FactRow, LinkRow, OperationPage, OperationRow, PlatformRow, QuestionRow,
    ServicePage, ServiceRow, StepRow, WhyRow, shown,
};
use crate::pages::{PagesError, Visit};

/// How often the page of an operation under way is fetched again, in milliseconds.
const EVERY: u32 = 2_000;

pub(super) async fn service(visit: &Visit<'_>, id: &str) -> Result<PageAnswer, PagesError> {
    let id: ServiceId = id.parse().map_err(|_| PagesError::NotFound)?;
    let (engine, now) = (visit.pages.engine(), visit.frame.now);
    let store = engine.store();
    let service = store
        .service(id)
        .await?
        .filter(|service| visit.sees(Some(service)));
    let service = service.ok_or(PagesError::NotFound)?;
    let of_service = OperationFilter {
        service: Some(id),
        ..OperationFilter::default()
    };
    let (operations, next) = operation_rows(visit, &of_service, &visit.cursor()).await?;
    let platform = match service.platform {
        Some(platform) => store.platform(platform).await?,
        None => None,
    };
    visit.render(&ServicePage {
        platform: platform
            .map(|platform| PlatformRow::new(&platform, &[], engine.breaker_open_until(&platform), now)),
        links: store
            .links(id)
            .await?
            .iter()
            .map(|link| LinkRow::new(link, now))
            .collect(),
        why: why(visit, &service, None).await?,
        questions: questions(visit, &service, None).await?,
        operations,
        next,
        facts: store
            .facts(id)
            .await?
            .iter()
            .map(|fact| FactRow::new(fact, now))
            .collect(),
        effects: effects(visit, &service, None).await?,
        audit: audit(visit, &id.to_string()).await?,
        service: ServiceRow::new(&service, now),
    })
}

pub(super) async fn operation(visit: &Visit<'_>, id: &str) -> Result<PageAnswer, PagesError> {
    let id: OperationId = id.parse().map_err(|_| PagesError::NotFound)?;
    let (store, now) = (visit.pages.engine().store(), visit.frame.now);
    let operation = store.operation(id).await?.ok_or(PagesError::NotFound)?;
    let service = store
        .service(operation.service)
        .await?
        .filter(|service| visit.sees(Some(service)));
    let service = service.ok_or(PagesError::NotFound)?;
    let Page {
        items: calls, next, ..
    } = store.calls(id, &visit.cursor()).await?;
    let facts = store.facts(service.id).await?;
    visit.render(&OperationPage {
        input: document(&operation.input),
        notes: if operation.notes.is_empty() {
            String::new()
        } else {
            document(&operation.notes)
        },
        steps: operation.steps.iter().map(StepRow::new).collect(),
        cancellable: cancellable(&operation),
        why: why(visit, &service, Some(id)).await?,
        questions: questions(visit, &service, Some(id)).await?,
        calls: calls.iter().map(|call| CallRow::new(call, now)).collect(),
        next,
        facts: facts.iter().map(|fact| FactRow::new(fact, now)).collect(),
        effects: effects(visit, &service, Some(id)).await?,
        audit: audit(visit, &id.to_string()).await?,
        // An older page of calls does not change, and fetching again would show the first one in its place.
        every: if operation.state.is_final() || !visit.request.parameter("after").is_empty() {
            0
        } else {
            EVERY
        },
        operation: OperationRow::new(&operation, Some(&service), now),
    })
}

fn document(value: &impl serde::Serialize) -> String {
    shown(&serde_json::to_value(value).unwrap_or_default())
}

/// Whether nothing was sent that acts. The engine decides; this spares a button that would be refused.
fn cancellable(operation: &Operation) -> bool {
    let acted = |step: &domain::record::StepRecord| {
        step.attempt > 0 || (step.phase == StepPhase::Done && step.class != RetryClass::Read)
    };
    !operation.state.is_final() && !operation.steps.iter().any(acted)
}

/// Everything about a service that is not final, or only one of its operations.
async fn why(
    visit: &Visit<'_>,
    service: &Service,
    operation: Option<OperationId>,
) -> Result<Vec<WhyRow>, PagesError> {
    let engine = visit.pages.engine();
    let Some(found) = engine.why(&service.installation, service.billing_id).await? else {
        return Ok(Vec::new());
    };
    let rows = found
        .open
        .iter()
        .chain(&found.waiting)
        .filter(|why| operation.is_none() || (why.operation == operation && why.kind.is_some()))
        .map(|why| WhyRow::new(why, visit.frame.now));
    Ok(rows.collect())
}

async fn questions(
    visit: &Visit<'_>,
    service: &Service,
    operation: Option<OperationId>,
) -> Result<Vec<QuestionRow>, PagesError> {
    let filter = QuestionFilter {
        open: Some(true),
        service: Some(service.id),
    };
    let found = visit
        .pages
        .engine()
        .store()
        .questions(&filter, &Cursor::first(ROWS))
        .await?;
    let rows = found
        .items
        .iter()
        .filter(|question| operation.is_none() || question.operation == operation)
        .map(|question| QuestionRow::new(question, Some(service), visit.frame.now));
    Ok(rows.collect())
}

async fn effects(
    visit: &Visit<'_>,
    service: &Service,
    operation: Option<OperationId>,
) -> Result<Vec<EffectRow>, PagesError> {
    let filter = EffectFilter {
        service: Some(service.id),
        ..EffectFilter::default()
    };
    // A service has few effects; those of one operation are among its newest.
    let found = visit
        .pages
        .engine()
        .store()
        .effects(&filter, &Cursor::first(200))
        .await?;
    let rows = found
        .items
        .iter()
        .filter(|effect| operation.is_none() || effect.operation == operation)
        .take(usize::try_from(ROWS).unwrap_or(usize::MAX))
        .map(|effect| EffectRow::new(effect, visit.frame.now));
    Ok(rows.collect())
}

async fn audit(visit: &Visit<'_>, subject: &str) -> Result<Vec<AuditRow>, PagesError> {
    let filter = AuditFilter {
        subject: Some(subject.to_owned()),
    };
    let found = visit
        .pages
        .engine()
        .store()
        .audit_lines(&filter, &Cursor::first(ROWS))
        .await?;
    Ok(found
        .items
        .iter()
        .map(|line| AuditRow::new(line, visit.frame.now))
        .collect())
}
