//! The operator's pages: what there is, what needs a person, and the few buttons.

mod actions;
mod lists;
mod names;
mod panel;
mod single;
mod tab;

use std::collections::HashMap;

use domain::id::{InstallationId, ServiceId};
use domain::record::Service;
use store::PageRequest as Cursor;

use crate::answer::PageAnswer;
use crate::pages::{PagesError, Visit};
use crate::request::{Principal, TargetKind};

/// Rows of a list on one page.
const ROWS: u64 = 50;

/// Serves an administrator.
pub(crate) async fn serve(visit: &Visit<'_>) -> Result<PageAnswer, PagesError> {
    let request = visit.request;
    let (page, id) = request.target.parts();
    if request.target.kind == TargetKind::Fragment && page == "admin-tab" {
        return tab::serve(visit).await;
    }
    if request.target.kind == TargetKind::Fragment && page == "admin-names" {
        return tab::name_list(visit).await;
    }
    if request.target.kind == TargetKind::Fragment && page == "module-settings" {
        return panel::serve(visit).await;
    }
    if !matches!(request.principal, Principal::Admin { operator: true, .. }) {
        return Err(PagesError::Forbidden("refused-operators"));
    }
    if request.target.kind == TargetKind::Action {
        return actions::serve(visit, page).await;
    }
    match (page, id) {
        ("" | "overview", None) => lists::overview(visit).await,
        ("questions", None) => lists::questions(visit).await,
        ("services" | "adoption", None) => lists::services(visit).await,
        ("operations", None) => lists::operations(visit).await,
        ("effects", None) => lists::effects(visit).await,
        ("platforms", None) => lists::platforms(visit).await,
        ("products", None) => lists::products(visit).await,
        ("stock", None) => lists::stock(visit).await,
        ("names", None) => names::serve(visit).await,
        ("services", Some(id)) => single::service(visit, id).await,
        ("operations", Some(id)) => single::operation(visit, id).await,
        _ => Err(PagesError::NotFound),
    }
}

impl Visit<'_> {
    /// The billing system that the operator is confined to.
    fn confined(&self) -> Option<&InstallationId> {
        match &self.request.principal {
            Principal::Admin { installation, .. } => installation.as_ref(),
            Principal::Client { installation, .. } => Some(installation),
        }
    }

    /// Whether the operator may see what belongs to a service. What belongs to none is everybody's.
    fn sees(&self, service: Option<&Service>) -> bool {
        let confined = self.confined();
        service.is_none_or(|service| confined.is_none_or(|name| *name == service.installation))
    }

    /// The page of the list that is asked for.
    fn cursor(&self) -> Cursor {
        match self.request.parameter("after") {
            "" => Cursor::first(ROWS),
            after => Cursor::after(after.to_owned(), ROWS),
        }
    }

    /// The services that a list names, each read once.
    async fn named(&self, ids: &[ServiceId]) -> Result<HashMap<ServiceId, Service>, PagesError> {
        let mut named = HashMap::new();
        for &id in ids {
            if named.contains_key(&id) {
                continue;
            }
            if let Some(service) = self.pages.engine().store().service(id).await? {
                named.insert(id, service);
            }
        }
        Ok(named)
    }
}
