//! `ClientArea` and what the client sees of a service.

use std::time::Duration;

use domain::ServiceView;
use serde_json::{Value, json};

use super::{Asked, Said, ServiceParams, describe};
use crate::page::{PageAnswer, Principal, PrincipalKind, TargetKind, Tokens, embedded};
use crate::problem::Problem;

/// The fragment that the client's product page embeds.
pub const FRAGMENT: &str = "client-area";

/// The words above the links to the panels.
const ON_THIS_PAGE: (&str, &str) = ("sections", "On this page");

/// The panels of the page, in its order, for the billing system's own navigation: where a link leads, and its words. What
/// is not on the page is hidden there by the page's script.
const SECTIONS: [(&str, &str, &str); 11] = [
    ("hostler-state", "section-state", "Overview"),
    ("hostler-traffic", "section-traffic", "Traffic"),
    ("hostler-figures", "section-figures", "Live figures"),
    ("hostler-power", "section-power", "Power"),
    ("hostler-manage", "section-manage", "Manage"),
    ("hostler-reinstall", "section-reinstall", "Reinstall"),
    ("hostler-rdns", "section-rdns", "Reverse DNS"),
    ("hostler-resources", "section-resources", "Resources"),
    ("hostler-usage", "section-usage", "Usage"),
    ("hostler-history", "section-history", "History"),
    ("vf-sec-billing", "section-billing", "Billing overview"),
];

/// What the billing system prints, and what it prints beside it: the navigation in the client's language, and what an
/// operator's own frame may say of the machine.
fn data(asked: &Asked<'_>, view: Option<&ServiceView>, html: &str) -> Value {
    let language = asked.context.language.as_deref().unwrap_or_default();
    let say = |key: &str, english: &str| {
        let said = asked.state.pages().say(language, key, &[]);
        said.unwrap_or_else(|| english.to_owned())
    };
    let section = |(id, key, english): (&str, &str, &str)| json!({ "id": id, "label": say(key, english) });
    let (title, english) = ON_THIS_PAGE;
    json!({
        "html": html,
        "rdns_enabled": false,
        "sections": SECTIONS.map(section),
        "sections_title": say(title, english),
        "vm_id": describe::id(view),
        "vm_state": describe::state(view),
    })
}

/// The client's product page: printed as it is by the module.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    let view = super::lifecycle::view(asked, params).await?;
    if let Err(said) = super::lifecycle::speaks(asked, params, view.as_ref()) {
        return Ok(said);
    }
    let html = fragment(asked, params, PrincipalKind::Client, FRAGMENT).await;
    Ok(match html {
        Some(html) => Said::success().with_data(data(asked, view.as_ref(), &html)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_192_every_section_of_the_page_has_a_link_of_its_own() {
        let ids: std::collections::BTreeSet<_> = SECTIONS.iter().map(|(id, ..)| id).collect();
        assert_eq!(ids.len(), SECTIONS.len());
        let english = include_str!("../../../../locales/en/client.ftl");
        let is_said = |key: &str, words: &str| english.contains(&format!("\n{key} = {words}\n"));
        for (id, key, label) in SECTIONS {
            let part = id.strip_prefix("hostler-").unwrap_or("billing");
            assert_eq!(key, format!("section-{part}"), "{id}");
            assert!(is_said(key, label), "{key}");
        }
        assert!(is_said(ON_THIS_PAGE.0, ON_THIS_PAGE.1));
    }
}
