//! The client's page: the whole of it, the part that is fetched again, and further pages of its history.

use std::collections::BTreeMap;

use domain::case::ServiceView;
use engine::Shown;
use store::{OperationFilter, PageRequest as Cursor};

use crate::answer::PageAnswer;
use crate::context::{Around, ClientLive, ClientPage, HISTORY, HistoryPanel, SecretOffer, Seen, When};
use crate::pages::{PagesError, Visit};
use crate::request::{Principal, TargetKind};

/// The permission that a user of a client's account needs for changes.
const MANAGE: &str = "manageproducts";

/// The permission that it needs for signing on.
const SIGN_ON: &str = "productsso";

/// Answers a client's request about one of its services.
pub(crate) async fn serve(visit: &mut Visit<'_>, client_id: u64) -> Result<PageAnswer, PagesError> {
    let Principal::Client { installation, .. } = &visit.request.principal else {
        return Err(PagesError::NotFound);
    };
    let billing_id = visit.request.service.ok_or(PagesError::NotFound)?;
    let engine = visit.pages.engine();
    let shown = match visit.view.take() {
        Some(view) => Some(engine.shown_of(*view).await?),
        None => engine.shown(installation, billing_id).await?,
    };
    // The bridge has compared the owner that the billing system names; this is the owner that the engine knows.
    if shown
        .as_ref()
        .is_some_and(|shown| shown.view.service.client_id != client_id)
    {
        return Err(PagesError::Forbidden("refused-foreign"));
    }
    visit.frame.panel = shown.as_ref().and_then(panel_name);
    let visit = &*visit;
    let target = &visit.request.target;
    match (target.kind, target.name.as_str()) {
        (TargetKind::Fragment, "live") => {
            if visit.request.parameter("watch") == "1" {
                interested(visit, shown.as_ref()).await;
            }
            visit.render(&live(visit, shown.as_ref(), billing_id).await?)
        }
        (TargetKind::Fragment, "client-area") => {
            interested(visit, shown.as_ref()).await;
            let live = live(visit, shown.as_ref(), billing_id).await?;
            visit.render(&ClientPage::new(live))
        }
        (TargetKind::Fragment, "history") => {
            let shown = shown.ok_or(PagesError::NotFound)?;
            visit.render(&history(visit, &shown.view).await?)
        }
        _ => Err(PagesError::NotFound),
    }
}

/// Whoever looks at a machine wants fresh figures of it, and one that is being built wants to be seen when it is there. That
/// this cannot be told keeps no page from being shown.
async fn interested(visit: &Visit<'_>, shown: Option<&Shown>) {
    let Some(view) = shown.map(|shown| &shown.view) else {
        return;
    };
    let told = visit.pages.engine().show_interest(view).await;
    if let Err(error) = told {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            service.billing_id = view.service.billing_id,
            "that a page is open could not be told"
        );
    }
}

async fn live(visit: &Visit<'_>, shown: Option<&Shown>, billing_id: u64) -> Result<ClientLive, PagesError> {
    let principal = &visit.request.principal;
    let (may, may_open) = (principal.may(MANAGE), principal.may(SIGN_ON));
    let Some(shown) = shown else {
        return Ok(ClientLive::unknown(billing_id, None));
    };
    let view = &shown.view;
    let live = ClientLive::new(view, may, visit.frame.now).seen(confirmed(shown), shown.is_stale());
    let Some(platform) = &view.platform else {
        return Ok(live);
    };
    let engine = visit.pages.engine();
    let (offers, hosting) = (engine.offers(platform.kind), engine.hosting(view));
    let live = live.offering(view, offers, hosting, (may, may_open));
    let around = Around {
        view,
        offers,
        seen: Seen::of(shown.facts.values()),
        rights: (may, may_open),
        reader: visit.request.actor.clone(),
        secrets: secrets(visit, view).await?,
        names: engine.shown_names(view).await?,
        now: visit.frame.now,
    };
    let mut live = live.among(&around);
    live.panels.without(&had(visit.request.parameter("have")));
    Ok(live)
}

/// What the operator calls the panel for clients.
fn panel_name(shown: &Shown) -> Option<String> {
    shown.view.installation.settings.panel_name.clone()
}

/// Until when the reading that is shown is known to hold.
fn confirmed(shown: &Shown) -> Option<When> {
    shown.reading_held_at().map(|at| When::new(shown.now, at))
}

/// New passwords that wait for this user.
async fn secrets(visit: &Visit<'_>, view: &ServiceView) -> Result<Vec<SecretOffer>, PagesError> {
    let (engine, actor) = (visit.pages.engine(), &visit.request.actor);
    let untold = engine.untold(view.service.id, actor).await?;
    Ok(untold
        .iter()
        .map(|operation| SecretOffer::new(operation, visit.frame.now))
        .collect())
}

/// A further page of the history.
async fn history(visit: &Visit<'_>, view: &ServiceView) -> Result<HistoryPanel, PagesError> {
    let limit = u64::try_from(HISTORY).unwrap_or(u64::MAX);
    let cursor = match visit.request.parameter("after") {
        "" => Cursor::first(limit),
        after => Cursor::after(after.to_owned(), limit),
    };
    let filter = OperationFilter {
        service: Some(view.service.id),
        ..OperationFilter::default()
    };
    let page = visit.pages.engine().store().operations(&filter, &cursor).await?;
    Ok(HistoryPanel::new(&page.items, page.next, &visit.request.actor))
}

/// `hostler-history:0a1b,hostler-reinstall:2c3d`: what whoever asks has already.
fn had(text: &str) -> BTreeMap<&str, &str> {
    text.split(',')
        .take(8)
        .filter_map(|pair| pair.split_once(':'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_has_is_read_and_bounded() {
        let had = had("hostler-history:0a,hostler-reinstall:1b,odd,x:y:z");
        assert_eq!(had["hostler-history"], "0a");
        assert_eq!(had["hostler-reinstall"], "1b");
        assert_eq!(had["x"], "y:z");
        assert_eq!(super::had(&"a:b,".repeat(100)).len(), 1);
        assert!(super::had("").is_empty());
    }
}
