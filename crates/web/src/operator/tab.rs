//! The rows that the billing system's own page of a service shows to administrators.

use domain::case::ServiceView;
use serde_json::json;

use crate::answer::PageAnswer;
use crate::context::{AdminInfo, AdminObject, AdminOptions};
use crate::pages::{PagesError, Visit};
use crate::templates::RenderError;

/// The rows as JSON: `[{"label": …, "html": …}]`.
pub(super) async fn serve(visit: &Visit<'_>) -> Result<PageAnswer, PagesError> {
    let installation = visit.confined().ok_or(PagesError::NotFound)?;
    let billing_id = visit.request.service.ok_or(PagesError::NotFound)?;
    let view = visit.pages.engine().view(installation, billing_id).await?;
    let rows: Vec<_> = rows(visit, view.as_ref())?
        .into_iter()
        .map(|(label, html)| json!({ "label": label, "html": html }))
        .collect();
    Ok(PageAnswer::data(&json!(rows)))
}

/// Label and markup of each row, beside the Server ID: Server Info and Server Object always, Options until the service
/// is terminated.
fn rows(visit: &Visit<'_>, view: Option<&ServiceView>) -> Result<Vec<(String, String)>, RenderError> {
    let info = view.map_or_else(AdminInfo::unseen, |view| AdminInfo::new(view, visit.frame.now));
    let object = view.map(AdminObject::new).unwrap_or_default();
    let mut rows = vec![
        (visit.say("server-info"), visit.html(&info)?),
        (visit.say("server-object"), visit.html(&object)?),
    ];
    if let Some(options) = view.and_then(AdminOptions::new) {
        rows.push((visit.say("options"), visit.html(&options)?));
    }
    Ok(rows)
}
