//! The rows that the billing system's own page of a service shows to administrators.

use domain::case::ServiceView;
use engine::ShownName;
use serde_json::json;

use crate::answer::PageAnswer;
use crate::context::{
    AdminInfo, AdminNameList, AdminNames, AdminObject, AdminOptions, AdminState, StateWord, is_over,
};
use crate::pages::{PagesError, Visit};
use crate::templates::RenderError;

/// The rows as JSON: `[{"label": …, "html": …}]`.
pub(super) async fn serve(visit: &Visit<'_>) -> Result<PageAnswer, PagesError> {
    let installation = visit.confined().ok_or(PagesError::NotFound)?;
    let billing_id = visit.request.service.ok_or(PagesError::NotFound)?;
    let read = match &visit.view {
        Some(_) => None,
        None => visit.pages.engine().view(installation, billing_id).await?,
    };
    let view = visit.view.as_deref().or(read.as_ref());
    let names = match view {
        Some(view) => names(visit, view).await?,
        None => None,
    };
    let rows: Vec<_> = rows(visit, view, names.as_deref())?
        .into_iter()
        .map(|(label, html)| json!({ "label": label, "html": html }))
        .collect();
    Ok(PageAnswer::data(&json!(rows)))
}

/// The list of what addresses are called, by itself.
pub(super) async fn name_list(visit: &Visit<'_>) -> Result<PageAnswer, PagesError> {
    let installation = visit.confined().ok_or(PagesError::NotFound)?;
    let billing_id = visit.request.service.ok_or(PagesError::NotFound)?;
    let view = visit.pages.engine().view(installation, billing_id).await?;
    let view = view.ok_or(PagesError::NotFound)?;
    let names = names(visit, &view).await?.ok_or(PagesError::NotFound)?;
    visit.render(&AdminNameList::new(&names, visit.frame.now))
}

/// What the addresses of a service are called: where there is a name server, and until the service is terminated.
async fn names(visit: &Visit<'_>, view: &ServiceView) -> Result<Option<Vec<ShownName>>, PagesError> {
    if is_over(view) {
        return Ok(None);
    }
    Ok(visit.pages.engine().shown_names(view).await?)
}

/// Label and markup of each row, beside the machine's id: its state, where the platform has a word for it, Server Info and
/// Server Object always, Options until the service is terminated, and the names of its addresses where there are any.
fn rows(
    visit: &Visit<'_>,
    view: Option<&ServiceView>,
    names: Option<&[ShownName]>,
) -> Result<Vec<(String, String)>, RenderError> {
    let info = view.map_or_else(AdminInfo::unseen, |view| AdminInfo::new(view, visit.frame.now));
    let object = view.map(AdminObject::new).unwrap_or_default();
    let states = view.filter(|view| {
        let kind = view.platform.as_ref().map(|platform| platform.kind);
        kind.is_some_and(|kind| visit.pages.engine().offers(kind).states)
    });
    let mut rows = Vec::new();
    if let Some(view) = states {
        rows.push(state(visit, view)?);
    }
    rows.extend([
        (visit.say("server-info"), visit.html(&info)?),
        (visit.say("server-object"), visit.html(&object)?),
    ]);
    if let Some(options) = view.and_then(AdminOptions::new) {
        rows.push((visit.say("options"), visit.html(&options)?));
    }
    if let Some((view, names)) = view.zip(names) {
        let page = AdminNames {
            service: view.service.billing_id,
            list: AdminNameList::new(names, visit.frame.now),
        };
        rows.push((visit.say("section-rdns"), visit.html(&page)?));
    }
    Ok(rows)
}

/// The machine's state. One that the platform does not know any more is an error, and said to be one.
fn state(visit: &Visit<'_>, view: &ServiceView) -> Result<(String, String), RenderError> {
    let gone = view.machine.as_ref().is_some_and(|fact| fact.value.is_absent());
    if gone && view.link.is_some() {
        return Ok((visit.say("error"), visit.say("machine-absent")));
    }
    let page = AdminState {
        state: StateWord::of(view),
    };
    Ok((visit.say("vm-state"), visit.html(&page)?))
}
