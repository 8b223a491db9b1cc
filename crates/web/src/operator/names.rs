//! Why an address is called what it is called. It asks name servers and resolvers, because somebody has asked for that.

use std::time::Duration;

use engine::EngineError;

use crate::answer::PageAnswer;
use crate::context::{NameRow, NamesPage};
use crate::pages::{PagesError, Visit};

/// How long a person is kept waiting for name servers that do not answer.
const WITHIN: Duration = Duration::from_secs(12);

pub(super) async fn serve(visit: &Visit<'_>) -> Result<PageAnswer, PagesError> {
    let typed = |name| visit.request.parameter(name).trim().to_owned();
    let mut page = NamesPage {
        address: typed("address"),
        host: typed("host"),
        ..NamesPage::default()
    };
    if page.address.is_empty() {
        return visit.render(&page);
    }
    let host = Some(page.host.as_str()).filter(|host| !host.is_empty());
    let asked = visit
        .pages
        .engine()
        .diagnose_name(&page.address, host, visit.confined());
    match tokio::time::timeout(WITHIN, asked).await {
        Ok(Ok(found)) => page.found = Some(NameRow::new(found)),
        Ok(Err(EngineError::Invalid(sentence))) => page.problem = sentence,
        Ok(Err(error)) => return Err(PagesError::Engine(error)),
        Err(_) => page.problem = visit.say("names-late"),
    }
    visit.render(&page)
}
