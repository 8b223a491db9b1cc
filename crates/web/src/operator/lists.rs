//! Lists, page by page. A row of another installation's service is left out.

use domain::id::{OperationId, ServiceId};
use domain::record::{EffectState, OperationState, Service, Standing};
use store::{EffectFilter, OperationFilter, Page, PageRequest as Cursor, QuestionFilter, ServiceFilter};

use super::ROWS;
use crate::answer::PageAnswer;
use crate::context::{
    AlarmRow, EffectRow, EffectsPage, OperationRow, OperationsPage, OverviewPage, PlatformRow, PlatformsPage,
    ProductRow, ProductsPage, QuestionRow, QuestionsPage, RoomRow, ServiceRow, ServicesPage, StockPage,
    StockRow, When,
};
use crate::links::Links;
use crate::pages::{PagesError, Visit};
use crate::request::TargetKind;

type Answer = Result<PageAnswer, PagesError>;

pub(super) async fn overview(visit: &Visit<'_>) -> Answer {
    let (store, now) = (visit.pages.engine().store(), visit.frame.now);
    let counts = store.counts(now).await?;
    let when = |moment| When::new(now, moment);
    let open = OperationFilter {
        open: Some(true),
        ..OperationFilter::default()
    };
    let (questions, _) = question_rows(visit, true, &Cursor::first(ROWS)).await?;
    let (operations, _) = operation_rows(visit, &open, &Cursor::first(ROWS)).await?;
    visit.render(&OverviewPage {
        operations_open: counts.operations_open,
        operations_due: counts.operations_due,
        operations_asking: counts.operations_asking,
        oldest_operation: counts.oldest_operation.map(when),
        unknown_calls: counts.unknown_calls,
        effects_waiting: counts.effects_waiting,
        oldest_effect: counts.oldest_effect.map(when),
        questions_open: counts.questions_open,
        services_unread: counts.services_unread,
        alarms: store
            .alarms()
            .await?
            .iter()
            .map(|alarm| AlarmRow::new(alarm, now))
            .collect(),
        questions,
        operations,
    })
}

pub(super) async fn questions(visit: &Visit<'_>) -> Answer {
    let answered = visit.request.parameter("answered") == "1";
    let (questions, next) = question_rows(visit, !answered, &visit.cursor()).await?;
    visit.render(&QuestionsPage {
        answered,
        questions,
        next,
    })
}

async fn question_rows(
    visit: &Visit<'_>,
    only_open: bool,
    cursor: &Cursor,
) -> Result<(Vec<QuestionRow>, Option<String>), PagesError> {
    let filter = QuestionFilter {
        open: only_open.then_some(true),
        service: None,
    };
    let Page { items, next, .. } = visit.pages.engine().store().questions(&filter, cursor).await?;
    let services: Vec<_> = items.iter().filter_map(|question| question.service).collect();
    let named = visit.named(&services).await?;
    let rows = items
        .iter()
        .map(|question| (question, question.service.and_then(|id| named.get(&id))))
        .filter(|(_, service)| visit.sees(*service))
        .map(|(question, service)| QuestionRow::new(question, service, visit.frame.now))
        .collect();
    Ok((rows, next))
}

pub(super) async fn operations(visit: &Visit<'_>) -> Answer {
    let wanted = visit.request.parameter("state");
    let state = wanted.parse::<OperationState>().ok();
    let filter = OperationFilter {
        states: state.into_iter().collect(),
        open: matches!(wanted, "" | "open").then_some(true),
        ..OperationFilter::default()
    };
    let (operations, next) = operation_rows(visit, &filter, &visit.cursor()).await?;
    visit.render(&OperationsPage {
        state: match (state, filter.open) {
            (Some(state), _) => state.to_string(),
            (None, Some(_)) => "open".to_owned(),
            (None, None) => String::new(),
        },
        states: OperationState::ALL.iter().map(|state| state.as_str()).collect(),
        operations,
        next,
    })
}

pub(super) async fn operation_rows(
    visit: &Visit<'_>,
    filter: &OperationFilter,
    cursor: &Cursor,
) -> Result<(Vec<OperationRow>, Option<String>), PagesError> {
    let Page { items, next, .. } = visit.pages.engine().store().operations(filter, cursor).await?;
    let services: Vec<_> = items.iter().map(|operation| operation.service).collect();
    let named = visit.named(&services).await?;
    let rows = items
        .iter()
        .map(|operation| (operation, named.get(&operation.service)))
        .filter(|(_, service)| visit.sees(*service))
        .map(|(operation, service)| OperationRow::new(operation, service, visit.frame.now))
        .collect();
    Ok((rows, next))
}

pub(super) async fn services(visit: &Visit<'_>) -> Answer {
    let request = visit.request;
    let q = request.parameter("q").trim();
    // An operation's id is looked for as well, because that is what support is told.
    if let Ok(id) = q.parse::<OperationId>() {
        let links = Links::new(&request.base, None);
        return Ok(PageAnswer::see_other(&links.to(
            TargetKind::Page,
            &format!("operations/{id}"),
            &[],
        )));
    }
    let standing = request.parameter("standing").parse::<Standing>().ok();
    let unadopted = request.parameter("unadopted") == "1" || request.target.name == "adoption";
    let filter = ServiceFilter {
        installation: visit.confined().cloned(),
        standing: if unadopted {
            Some(Standing::Vacant)
        } else {
            standing
        },
        mapped: unadopted.then_some(true),
        ..ServiceFilter::default()
    };
    let found = search(visit, q, &filter).await?;
    visit.render(&ServicesPage {
        q: q.to_owned(),
        standing: filter
            .standing
            .map(|standing| standing.to_string())
            .unwrap_or_default(),
        standings: Standing::ALL.iter().map(|standing| standing.as_str()).collect(),
        unadopted,
        services: found
            .items
            .iter()
            .map(|service| ServiceRow::new(service, visit.frame.now))
            .collect(),
        next: found.next,
    })
}

/// By our own id, by the billing system's number, by the client's number, or all.
async fn search(visit: &Visit<'_>, q: &str, filter: &ServiceFilter) -> Result<Page<Service>, PagesError> {
    let store = visit.pages.engine().store();
    if q.is_empty() {
        return Ok(store.services(filter, &visit.cursor()).await?);
    }
    if let Ok(id) = q.parse::<ServiceId>() {
        let items = store
            .service(id)
            .await?
            .into_iter()
            .filter(|service| visit.sees(Some(service)));
        return Ok(Page {
            items: items.collect(),
            next: None,
            damaged: 0,
        });
    }
    let Ok(number) = q.parse::<u64>() else {
        return Ok(Page {
            items: Vec::new(),
            next: None,
            damaged: 0,
        });
    };
    let mut items = Vec::new();
    if visit.request.parameter("after").is_empty() {
        for installation in store.installations().await? {
            if visit.confined().is_none_or(|name| *name == installation.id) {
                let view = store.service_view(&installation.id, number).await?;
                items.extend(view.map(|view| view.service));
            }
        }
    }
    let of_client = ServiceFilter {
        client_id: Some(number),
        ..filter.clone()
    };
    let Page {
        items: others,
        next,
        damaged,
    } = store.services(&of_client, &visit.cursor()).await?;
    let known: Vec<_> = items.iter().map(|service| service.id).collect();
    items.extend(others.into_iter().filter(|service| !known.contains(&service.id)));
    Ok(Page { items, next, damaged })
}

pub(super) async fn effects(visit: &Visit<'_>) -> Answer {
    let state = visit.request.parameter("state").parse::<EffectState>().ok();
    let filter = EffectFilter {
        installation: visit.confined().cloned(),
        state,
        service: None,
    };
    let Page { items, next, .. } = visit
        .pages
        .engine()
        .store()
        .effects(&filter, &visit.cursor())
        .await?;
    visit.render(&EffectsPage {
        state: state.map(|state| state.to_string()).unwrap_or_default(),
        states: EffectState::ALL.iter().map(|state| state.as_str()).collect(),
        effects: items
            .iter()
            .map(|effect| EffectRow::new(effect, visit.frame.now))
            .collect(),
        next,
    })
}

pub(super) async fn platforms(visit: &Visit<'_>) -> Answer {
    let engine = visit.pages.engine();
    let mut attachments = engine.store().attachments(None).await?;
    attachments.retain(|attachment| {
        visit
            .confined()
            .is_none_or(|name| *name == attachment.installation)
    });
    let row = |platform: &domain::record::Platform| {
        PlatformRow::new(
            platform,
            &attachments,
            engine.breaker_open_until(platform),
            visit.frame.now,
        )
    };
    visit.render(&PlatformsPage {
        platforms: engine.store().platforms().await?.iter().map(row).collect(),
    })
}

pub(super) async fn products(visit: &Visit<'_>) -> Answer {
    let store = visit.pages.engine().store();
    let mut products = Vec::new();
    for installation in store.installations().await? {
        if visit.confined().is_none_or(|name| *name == installation.id) {
            products.extend(
                store
                    .products(&installation.id)
                    .await?
                    .iter()
                    .map(ProductRow::new),
            );
        }
    }
    visit.render(&ProductsPage { products })
}

pub(super) async fn stock(visit: &Visit<'_>) -> Answer {
    let (engine, now) = (visit.pages.engine(), visit.frame.now);
    let mut products = Vec::new();
    for installation in engine.store().installations().await? {
        if visit.confined().is_none_or(|name| *name == installation.id) {
            let all = engine.stock(&installation.id).await?;
            products.extend(all.iter().map(|stock| StockRow::new(&installation.id, stock)));
        }
    }
    let rooms = engine.rooms(visit.confined()).await?;
    visit.render(&StockPage {
        products,
        rooms: rooms.iter().map(|room| RoomRow::new(now, room)).collect(),
    })
}
