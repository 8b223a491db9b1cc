//! `ClientArea` and what the client sees of a service.

use std::time::Duration;

use domain::ServiceView;
use serde_json::{Value, json};

use super::{Asked, Said, ServiceParams, describe};
use crate::actions::ON_THIS_PAGE;
use crate::page::{PageAnswer, Principal, PrincipalKind, TargetKind, Tokens, embedded};
use crate::problem::Problem;

/// The fragment that the client's product page embeds.
pub const FRAGMENT: &str = "client-area";

/// What the billing system prints, and what it prints beside it: the navigation in the client's language, and what an
/// operator's own frame may say of the machine.
fn data(asked: &Asked<'_>, (id, state): (Value, Value), has_names: bool, html: &str) -> Value {
    let voice = asked.voice();
    let sections = voice.pages.sections(voice.language).into_iter();
    let sections = sections.map(|(id, label)| json!({ "id": id, "label": label }));
    json!({
        "html": html,
        "rdns_enabled": has_names,
        "sections": sections.collect::<Vec<_>>(),
        "sections_title": voice.tell(ON_THIS_PAGE),
        "vm_id": id,
        "vm_state": state,
    })
}

/// The client's product page: printed as it is by the module.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    let view = super::lifecycle::view(asked, params).await?;
    if let Err(said) = super::lifecycle::speaks(asked, params, view.as_ref()) {
        return Ok(said);
    }
    let machine = (
        json!(describe::id(view.as_ref())),
        json!(describe::state(view.as_ref())),
    );
    let has_names = view.is_some() && asked.state.engine().keeps_names();
    let html = fragment(asked, (params, view), PrincipalKind::Client, FRAGMENT).await;
    Ok(match html {
        Some(html) => Said::success().with_data(data(asked, machine, has_names, &html)),
        None => Said::sentence("The details of this service cannot be shown at present."),
    })
}

/// A fragment for a page of the billing system's own.
pub async fn fragment(
    asked: &Asked<'_>,
    (params, view): (&ServiceParams, Option<ServiceView>),
    kind: PrincipalKind,
    name: &str,
) -> Option<String> {
    let installation = &asked.admitted.installation;
    let principal = Principal::new(kind, asked.context, &installation.settings.operator_roles);
    let tokens = Tokens::of(asked.state, asked.admitted, asked.context, Some(params.serviceid));
    let request = embedded(
        &installation.id,
        principal,
        (params.serviceid, view),
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
