//! The front page and the order form.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::view;
use super::visitor::{CLIENT, Posted, Visitor};
use crate::orders::Wanted;
use crate::shop::Shop;

pub async fn front(State(shop): State<Shop>) -> Html<String> {
    let mut values = {
        let books = shop.books();
        let services = books
            .services
            .values()
            .rev()
            .map(|service| view::service(&shop, &books, service));
        json!({ "services": services.collect::<Vec<Value>>() })
    };
    values["products"] = json!(products(&shop));
    shop.views.page("front.html", &shop, &values)
}

pub async fn form(
    State(shop): State<Shop>,
    visitor: Visitor,
    Query(query): Query<BTreeMap<String, String>>,
) -> Html<String> {
    let product = query
        .get("product")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let number = shop.books().services.len() + 1;
    let wanted = Wanted {
        product,
        hostname: format!("web{number}.example.test"),
        ..Wanted::default()
    };
    ask(&shop, &visitor, &wanted, None)
}

/// Enters the order and leaves the creation to itself: the browser goes on to the service's page at once.
pub async fn order(State(shop): State<Shop>, posted: Posted) -> Response {
    let wanted = Wanted {
        product: posted.number("product").unwrap_or(0),
        hostname: posted.field("hostname").to_owned(),
        template: posted.number("template"),
        ssh_key: posted.field("ssh_key").to_owned(),
    };
    match shop.enter(CLIENT, &wanted) {
        Ok(service) => {
            let task = shop.clone();
            super::service::begin(async move { task.activate(service).await }).await;
            Redirect::to(&super::service::address(service)).into_response()
        }
        Err(problem) => {
            let page = ask(&shop, &posted.visitor, &wanted, Some(problem));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    }
}

fn ask(shop: &Shop, visitor: &Visitor, wanted: &Wanted, problem: Option<&str>) -> Html<String> {
    let systems = shop.config.operating_systems.iter();
    let systems = systems.map(|system| json!({ "template": system.template, "name": system.name }));
    let values = json!({
        "csrf": visitor.token(shop),
        "products": products(shop),
        "systems": systems.collect::<Vec<Value>>(),
        "product": wanted.product,
        "hostname": wanted.hostname,
        "template": wanted.template,
        "ssh_key": wanted.ssh_key,
        "problem": problem,
    });
    shop.views.page("order.html", shop, &values)
}

/// The products as pages show them.
pub fn products(shop: &Shop) -> Vec<Value> {
    let books = shop.books();
    let product = |product: &crate::config::Product| {
        json!({
            "left": books.shelves.get(&product.id).and_then(|shelf| shelf.stock),
            "id": product.id,
            "name": product.name,
            "description": product.description,
            "price": product.price,
        })
    };
    shop.config.products.iter().map(product).collect()
}
