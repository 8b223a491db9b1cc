//! What events mean for stock: room is held for what is being ordered, and let go of when nothing comes of it.

use std::collections::BTreeMap;

use domain::record::Module;
use engine::catalogue::before_bar;
use engine::supply::{CartLine, Holder};
use serde_json::json;

use super::bodies::{CartItem, CartPage, CheckoutValidate};
use super::{Heard, Told};
use crate::call::fault;
use crate::problem::Problem;
use crate::rows::{ProductRow, ServiceRow};
use crate::vocabulary::Vocabulary;

/// What in a cart is sold out, a sentence each; room for the rest is held where the order is being placed.
pub async fn check(told: &Told<'_>, body: &CheckoutValidate) -> Result<Vec<String>, Problem> {
    let engine = told.state.engine();
    let installation = &told.admitted.installation.id;
    let cart: Vec<CartLine> = body.items.iter().filter_map(line).collect();
    engine
        .check_cart(installation, &holder(told), &cart, body.placing)
        .await
        .map_err(|error| fault(&error))
}

/// `None` for a product of no module of ours.
fn line(item: &CartItem) -> Option<CartLine> {
    let words = Vocabulary::of(item.module.parse::<Module>().ok()?);
    let by_label: BTreeMap<String, String> = item
        .choices
        .iter()
        .filter_map(|choice| {
            let value = if choice.is_quantity() {
                choice.entered.as_str()
            } else {
                before_bar(choice.chosen.as_deref()?)
            };
            Some((before_bar(&choice.label).to_owned(), value.to_owned()))
        })
        .collect();
    Some(CartLine {
        product: item.product,
        options: words.chosen(&by_label, &item.option_mapping),
    })
}

/// Whose cart it is.
fn holder(told: &Told<'_>) -> Holder {
    let context = told.context;
    let session = context.session.clone();
    match (context.client_id, &context.ip) {
        (Some(client), _) => Holder::client(client, session),
        (None, ip) => Holder {
            session,
            owner: ip
                .as_ref()
                .map_or_else(|| "nobody".to_owned(), |ip| format!("address {ip}")),
        },
    }
}

/// What was ordered.
pub async fn ordered(told: &Told<'_>, services: &[ServiceRow]) -> Result<(), Problem> {
    for row in services.iter().filter(|row| row.is_ours()) {
        let of = Holder::client(row.client, told.context.session.clone());
        told.state
            .engine()
            .note_ordered(&told.admitted.installation.id, (row.service, row.product), &of)
            .await
            .map_err(|error| fault(&error))?;
    }
    Ok(())
}

/// What is paid is built, whenever that is.
pub async fn paid(told: &Told<'_>, services: &[ServiceRow]) -> Result<(), Problem> {
    ordered(told, services).await?;
    let installation = &told.admitted.installation.id;
    for row in services.iter().filter(|row| row.is_ours()) {
        told.state
            .engine()
            .note_paid(installation, row.service)
            .await
            .map_err(|error| fault(&error))?;
    }
    Ok(())
}

/// What nothing comes of.
pub async fn dropped(told: &Told<'_>, services: &[ServiceRow]) -> Result<(), Problem> {
    let installation = &told.admitted.installation.id;
    for row in services.iter().filter(|row| row.is_ours()) {
        told.state
            .engine()
            .note_dropped(installation, row.service)
            .await
            .map_err(|error| fault(&error))?;
    }
    Ok(())
}

/// Answers `cart_page`: at which places the product is sold out, from what is known.
pub async fn places(told: &Told<'_>, page: &CartPage) -> Result<Heard, Problem> {
    let sold_out = told
        .state
        .engine()
        .places_sold_out(&told.admitted.installation.id, page.product)
        .await
        .map_err(|error| fault(&error))?;
    Ok(Heard::data(json!({ "sold_out": sold_out })))
}

/// These are all products of our modules that there are.
pub async fn all_products(told: &Told<'_>, rows: &[ProductRow]) -> Result<(), Problem> {
    let all: Vec<u64> = rows.iter().map(|row| row.product).collect();
    told.state
        .engine()
        .note_all_products(&told.admitted.installation.id, &all)
        .await
        .map_err(|error| fault(&error))
}

/// A product as it is sold.
pub async fn product(told: &Told<'_>, row: &ProductRow) -> Result<(), Problem> {
    let Some(sold) = row.sold() else {
        return Ok(());
    };
    told.state
        .engine()
        .note_product(&told.admitted.installation.id, &sold)
        .await
        .map_err(|error| fault(&error))
}
