//! The page of one service: what it is, what the engine draws of it, and what can be done with it.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::visitor::{Posted, Visitor};
use super::{front, sorry, view};
use crate::forward::token_in;
use crate::function::Function;
use crate::shop::Shop;

/// The start that a function call gets before the browser goes on.
const START: Duration = Duration::from_millis(700);

/// Where a service's page is: the address that a WHMCS has for it, so that links of the engine's pages lead back.
pub fn address(service: u64) -> String {
    format!("/clientarea.php?action=productdetails&id={service}")
}

#[derive(Debug, Deserialize)]
pub struct Which {
    id: u64,
}

pub async fn page(State(shop): State<Shop>, visitor: Visitor, Query(which): Query<Which>) -> Response {
    let Some(mut values) = facts(&shop, which.id) else {
        return sorry(
            &shop,
            StatusCode::NOT_FOUND,
            "There is no such server in this shop.",
        );
    };
    let (panel, sentence) = match shop.client_area(which.id, &visitor.client()).await {
        Ok(html) => (html, None),
        Err(sentence) => (String::new(), Some(sentence)),
    };
    values["panel"] = json!(panel);
    values["panel_sentence"] = json!(sentence);
    values["csrf"] = json!(visitor.token(&shop));
    values["products"] = json!(front::products(&shop));
    shop.views.page("service.html", &shop, &values).into_response()
}

/// The parts of the page that change by themselves, for the module that keeps it up to date.
pub async fn live(State(shop): State<Shop>, Query(which): Query<Which>) -> Response {
    match facts(&shop, which.id) {
        Some(values) => shop.views.page("live.html", &shop, &values).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn facts(shop: &Shop, id: u64) -> Option<Value> {
    let books = shop.books();
    let service = books.services.get(&id)?;
    let buttons = view::buttons(service.status).iter();
    let shown = view::service(shop, &books, service);
    let stamp = format!(
        "{} {} {}",
        service.status.word(),
        service.dedicatedip,
        service.calls.len()
    );
    Some(json!({
        "service": shown,
        // When this changes, the engine's panel is worth drawing anew.
        "stamp": stamp,
        "records": view::records(&books, id),
        "buttons": buttons.map(|(action, label)| json!({ "action": action, "label": label })).collect::<Vec<Value>>(),
    }))
}

/// A button was pressed. What the engine answers is shown on the page that the browser goes back to; a function that
/// takes its time goes on without the browser.
pub async fn act(
    State(shop): State<Shop>,
    Path((id, action)): Path<(u64, String)>,
    posted: Posted,
) -> Response {
    if !shop.books().services.contains_key(&id) {
        return sorry(
            &shop,
            StatusCode::NOT_FOUND,
            "There is no such server in this shop.",
        );
    }
    let admin = posted.visitor.admin();
    let task = shop.clone();
    match (action.as_str(), Function::of_word(&action.replace('-', "_"))) {
        ("power", _) => power(&shop, id, &posted).await,
        (_, Some(Function::ChangePackage)) => {
            let product = posted.number("product").unwrap_or(0);
            if shop.product(product).is_none() {
                return sorry(
                    &shop,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "This product is not for sale.",
                );
            }
            begin(async move { task.upgrade(id, product, &admin).await }).await;
        }
        (_, Some(function)) => {
            begin(async move { task.perform(id, function, &admin, None).await }).await;
        }
        _ => return sorry(&shop, StatusCode::NOT_FOUND, "A server cannot do that."),
    }
    Redirect::to(&address(id)).into_response()
}

/// Begins something that goes on without the browser. It gets a moment's start, so that the page that the browser goes
/// on to shows the operation rather than its absence.
pub async fn begin<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) {
    let task = tokio::spawn(work);
    if let Ok(Err(error)) = tokio::time::timeout(START, task).await {
        tracing::error!(%error, "a function call did not end");
    }
}

/// The client's power action, sent as the engine's own page would send it.
async fn power(shop: &Shop, id: u64, posted: &Posted) {
    let client = posted.visitor.client();
    let action = posted.field("powerAction");
    let token = shop
        .client_area(id, &client)
        .await
        .ok()
        .and_then(|html| token_in(&html))
        .unwrap_or_default();
    let result = match shop.power(id, action, &token, &client).await {
        Ok(Ok(_)) => "success".to_owned(),
        Ok(Err(sentence)) => sentence,
        Err(error) => error.to_string(),
    };
    shop.note(id, &format!("power: {action}"), &result, None, None);
}
