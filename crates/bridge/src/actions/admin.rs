//! `admin.php?serviceID=N&action=X`, for any administrator; the stock is that of all products, whatever the service.

use std::collections::BTreeMap;

use domain::ServiceView;
use domain::record::ServiceStatus;
use engine::core::Intent;
use engine::{EngineError, Goal, Submitted, Wish};
use serde_json::json;

use super::wish::patience;
use super::{Asked, Stop, gates, names, seen, server_data, words};
use crate::page::PageAnswer;
use crate::rows::ServiceRow;

/// Answers an administrator's action; `None` when it is not one of a service's.
pub(crate) async fn answer(asked: Asked<'_>) -> Option<Result<PageAnswer, Stop>> {
    match asked.message.target.name.as_str() {
        "" => Some(no_action(&asked)),
        "serverData" => Some(server_data(&asked).await),
        "updateServerObject" => Some(update(&asked).await),
        "rdnsStatus" => Some(names(&asked).await),
        "rdnsReconcile" => Some(reconcile_names(&asked).await),
        "stockRecalculate" => Some(recalculate(&asked).await),
        _ => None,
    }
}

fn no_action(asked: &Asked<'_>) -> Result<PageAnswer, Stop> {
    gates::signed_in(asked.message)?;
    Err(Stop::new(400, "No action was named."))
}

async fn server_data(asked: &Asked<'_>) -> Result<PageAnswer, Stop> {
    gates::signed_in(asked.message)?;
    let (row, view) = subject(asked).await?;
    let status = row.status();
    if matches!(
        status,
        ServiceStatus::Pending | ServiceStatus::Terminated | ServiceStatus::Cancelled | ServiceStatus::Fraud
    ) {
        return Err(words::inactive(status));
    }
    match view.filter(|view| view.reading().is_some()) {
        Some(view) => {
            let shown = seen::shown(asked, view).await?;
            Ok(PageAnswer::done(&server_data::of(&shown, asked.voice())))
        }
        None => Err(Stop::new(502, "Nothing is known of this service's machine yet.")),
    }
}

/// Has the machine read now.
async fn update(asked: &Asked<'_>) -> Result<PageAnswer, Stop> {
    let message = asked.message;
    gates::signed_in(message)?;
    gates::posted(message)?;
    let (row, _) = subject(asked).await?;
    if !gates::token_fits(asked, Some(row.service)) {
        return Err(Stop::said(403, words::OLD_PAGE));
    }
    let engine = asked.state.engine();
    let wish = Wish {
        installation: asked.admitted.installation.id.clone(),
        billing_id: row.service,
        server_id: None,
        told: row.told(),
        intent: Intent::Refresh { live: false },
        actor: message.context.actor(),
    };
    let fault = |error: EngineError| match &error {
        EngineError::Refused(refusal) => Stop::new(409, refusal.sentence.as_str()),
        error => Stop::fault(error),
    };
    let Submitted::Operation(operation) = engine.submit(wish).await.map_err(fault)? else {
        return Ok(PageAnswer::done(
            &json!({ "message": "The machine is being read." }),
        ));
    };
    let progress = engine
        .wait(operation, Goal::Final, patience(message))
        .await
        .map_err(fault)?;
    if progress.failed {
        return Err(Stop::new(502, progress.operation.reason));
    }
    let sentence = if progress.met {
        "The machine was read."
    } else {
        "The machine is being read."
    };
    Ok(PageAnswer::done(&json!({ "message": sentence })))
}

async fn names(asked: &Asked<'_>) -> Result<PageAnswer, Stop> {
    gates::signed_in(asked.message)?;
    let (_, view) = subject(asked).await?;
    names::staff::status(asked, view).await
}

async fn reconcile_names(asked: &Asked<'_>) -> Result<PageAnswer, Stop> {
    let message = asked.message;
    gates::signed_in(message)?;
    gates::posted(message)?;
    let (row, view) = subject(asked).await?;
    if !gates::token_fits(asked, Some(row.service)) {
        return Err(Stop::said(403, words::OLD_PAGE));
    }
    names::staff::reconcile(asked, view).await
}

/// Reads the platforms' room now and tells what changed: how many more of each product can be sold, `null` where nobody
/// knows.
async fn recalculate(asked: &Asked<'_>) -> Result<PageAnswer, Stop> {
    let message = asked.message;
    gates::signed_in(message)?;
    gates::posted(message)?;
    let engine = asked.state.engine();
    let installation = &asked.admitted.installation.id;
    let read = tokio::time::timeout(patience(message), engine.recalculate_stock(installation)).await;
    let all = match read {
        Ok(all) => all.map_err(|error| Stop::fault(&error))?,
        Err(_) => {
            return Err(Stop::new(
                504,
                "The platforms are still being read; ask again in a minute.",
            ));
        }
    };
    let counted = all.iter().filter(|stock| stock.stock_control);
    let numbers: BTreeMap<String, Option<u64>> = counted
        .map(|stock| (stock.product.to_string(), stock.sellable.count()))
        .collect();
    let count = |which: fn(&Option<u64>) -> bool| numbers.values().filter(|number| which(number)).count();
    let summary = json!({
        "total": numbers.len(),
        "updated": count(Option::is_some),
        "zeroed": count(|number| *number == Some(0)),
        "skipped": count(Option::is_none),
    });
    let actor = message.context.actor();
    engine
        .note(
            Some(installation.clone()),
            &actor,
            "stock.recalculate",
            installation.as_str(),
            summary,
        )
        .await
        .map_err(|error| Stop::fault(&error))?;
    // The callers of the module before us read an empty list where there is no product.
    let shown = if numbers.is_empty() {
        json!([])
    } else {
        json!(numbers)
    };
    Ok(PageAnswer::done(&shown))
}

async fn subject<'a>(asked: &Asked<'a>) -> Result<(&'a ServiceRow, Option<ServiceView>), Stop> {
    let row = gates::row(asked.message)?.ok_or_else(|| Stop::new(404, "There is no such service."))?;
    let view = asked
        .state
        .engine()
        .view(&asked.admitted.installation.id, row.service)
        .await
        .map_err(|error| Stop::fault(&error))?;
    Ok((row, view))
}
