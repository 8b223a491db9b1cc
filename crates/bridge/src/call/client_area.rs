//! `ClientArea` and what the client sees of a service.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Asked, Said, ServiceParams};
use crate::page::{PageAnswer, Principal, PrincipalKind, TargetKind, Tokens, embedded};
use crate::problem::Problem;

/// The fragment that the client's product page embeds.
pub const FRAGMENT: &str = "client-area";

/// The parts of the page for the billing system's own navigation: where a link leads, and its words.
fn sections(asked: &Asked<'_>) -> Vec<Value> {
    let language = asked.context.language.as_deref().unwrap_or_default();
    let sections = asked.state.pages().sections(language).into_iter();
    sections
        .map(|(id, label)| json!({ "id": id, "label": label }))
        .collect()
}

/// The client's product page: printed as it is by the module.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    let view = super::lifecycle::view(asked, params).await?;
    if let Err(said) = super::lifecycle::speaks(asked, params, view.as_ref()) {
        return Ok(said);
    }
    let html = fragment(asked, params, PrincipalKind::Client, FRAGMENT).await;
    Ok(match html {
        Some(html) => Said::success()
            .with_data(json!({ "html": html, "rdns_enabled": false, "sections": sections(asked) })),
        None => Said::sentence("The details of this service cannot be shown at present."),
    })
}

/// A fragment for a page of the billing system's own.
pub async fn fragment(
    asked: &Asked<'_>,
    params: &ServiceParams,
    kind: PrincipalKind,
    name: &str,
) -> Option<String> {
    let installation = &asked.admitted.installation;
    let principal = Principal::new(kind, asked.context, &installation.settings.operator_roles);
    let tokens = Tokens::of(asked.state, asked.admitted, asked.context, Some(params.serviceid));
    let request = embedded(
        &installation.id,
        principal,
        params.serviceid,
        name,
        tokens,
        asked.context,
        asked.module.as_str(),
    );
    debug_assert_eq!(
        request.target.kind,
        TargetKind::Fragment,
        "module functions embed fragments"
    );
    let made = asked.state.pages().serve(request);
    let answer = tokio::time::timeout(asked.wait(Duration::MAX), made)
        .await
        .unwrap_or_else(|_| PageAnswer::sentence(503, "en", "The page took too long."));
    if answer.status != 200 {
        tracing::warn!(
            page = name,
            status = answer.status,
            "a fragment for the billing system failed"
        );
        return None;
    }
    String::from_utf8(answer.body).ok()
}
