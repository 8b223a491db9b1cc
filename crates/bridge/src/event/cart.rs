//! Whether what lies in a cart can be built, and whether there is room for it: judged by what is known, without a call.

use domain::record::PlatformKind;
use engine::catalogue::{Choice, objection};
use serde_json::json;

use super::bodies::{CartChoice, CheckoutValidate};
use super::{Heard, Told, stock};
use crate::call::fault;
use crate::problem::Problem;

/// Answers `checkout_validate`: one sentence per product that is sold out or could not be built.
pub async fn validate(told: &Told<'_>, body: &CheckoutValidate) -> Result<Heard, Problem> {
    let carts: Vec<Vec<Choice>> = body
        .items
        .iter()
        .map(|item| item.choices.iter().filter_map(choice).collect::<Vec<_>>())
        .filter(|choices| !choices.is_empty())
        .collect();
    let mut errors = stock::check(told, body).await?;
    if !carts.is_empty() {
        errors.extend(unbuildable(told, &carts).await?);
    }
    Ok(Heard::data(json!({ "errors": errors })))
}

/// What of the carts could not be built, by what is known of the platforms' catalogues.
async fn unbuildable(told: &Told<'_>, carts: &[Vec<Choice>]) -> Result<Vec<String>, Problem> {
    let installation = &told.admitted.installation.id;
    let known = told
        .state
        .engine()
        .catalogues(installation, PlatformKind::Katapult)
        .await
        .map_err(|error| fault(&error))?;
    let catalogues: Vec<_> = known
        .into_iter()
        .filter_map(|(_, state)| state.catalogue)
        .collect();
    Ok(carts
        .iter()
        .filter_map(|choices| objection(&catalogues, choices))
        .collect())
}

/// A choice of a generated option; others are the operator's own.
fn choice(choice: &CartChoice) -> Option<Choice> {
    Some(Choice {
        key: choice.key.clone()?,
        is_quantity: choice.is_quantity(),
        entered: choice.entered.clone(),
        chosen: choice.chosen.clone().unwrap_or_default(),
    })
}
