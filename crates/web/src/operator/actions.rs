//! The operator's buttons: answer a question, look again now, take back, read the stock, look after names.

use std::time::Duration;

use domain::id::{OperationId, QuestionId};

use super::names;
use crate::answer::PageAnswer;
use crate::links::Links;
use crate::pages::{PagesError, Visit};
use crate::request::{Target, TargetKind};

/// Does what a posted form asks for, and goes back to where it was posted from.
pub(super) async fn serve(visit: &Visit<'_>, action: &str) -> Result<PageAnswer, PagesError> {
    let request = visit.request;
    if request.method != "POST" {
        return Err(PagesError::NotFound);
    }
    let (engine, actor) = (visit.pages.engine(), &request.actor);
    let back = match action {
        "answer" => {
            let question: QuestionId = id(request.field("question"))?;
            may_answer(visit, question).await?;
            engine.answer(question, request.field("word"), actor).await?;
            tracing::info!(question.id = %question, actor = %actor.id, "a question was answered on a page");
            Target::new(TargetKind::Page, request.field("back")).name
        }
        "retry" | "cancel" => {
            let operation: OperationId = id(request.field("operation"))?;
            may_touch(visit, operation).await?;
            if action == "retry" {
                engine.retry(operation, actor).await?;
            } else {
                engine.cancel(operation, actor).await?;
            }
            format!("operations/{operation}")
        }
        // Billing systems hand on the letters, digits and underscores of an action's name.
        "stock_recalculate" => {
            // What cannot be read that soon is read by the engine's own duty.
            let _ = tokio::time::timeout(PATIENCE, recalculate(visit)).await;
            "stock".to_owned()
        }
        "look_after_names" => return names::begin(visit).await,
        _ => return Err(PagesError::NotFound),
    };
    let links = Links::new(&request.base, None);
    Ok(PageAnswer::see_other(&links.to(TargetKind::Page, &back, &[])))
}

fn id<T: std::str::FromStr>(text: &str) -> Result<T, PagesError> {
    text.parse().map_err(|_| PagesError::NotFound)
}

/// How long a page waits for platforms.
const PATIENCE: Duration = Duration::from_secs(8);

/// Has the room of the platforms read that the operator's billing systems use.
async fn recalculate(visit: &Visit<'_>) -> Result<(), PagesError> {
    let engine = visit.pages.engine();
    for installation in engine.store().installations().await? {
        if visit.confined().is_none_or(|own| *own == installation.id) {
            engine.recalculate_stock(&installation.id).await?;
        }
    }
    Ok(())
}

/// An operator of one billing system does not touch what belongs to another's service.
async fn may_answer(visit: &Visit<'_>, id: QuestionId) -> Result<(), PagesError> {
    let store = visit.pages.engine().store();
    let question = store.question(id).await?.ok_or(PagesError::NotFound)?;
    let service = match question.service {
        Some(service) => store.service(service).await?,
        None => None,
    };
    visit
        .sees(service.as_ref())
        .then_some(())
        .ok_or(PagesError::NotFound)
}

async fn may_touch(visit: &Visit<'_>, id: OperationId) -> Result<(), PagesError> {
    let store = visit.pages.engine().store();
    let operation = store.operation(id).await?.ok_or(PagesError::NotFound)?;
    let service = store.service(operation.service).await?;
    visit
        .sees(service.as_ref())
        .then_some(())
        .ok_or(PagesError::NotFound)
}
