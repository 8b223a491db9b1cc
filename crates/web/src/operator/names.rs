//! Why an address is called what it is called, and looking after all names. It asks name servers and resolvers, because
//! somebody has asked for that.

use std::time::Duration;

use domain::record::{Platform, PlatformKind, PlatformState};
use engine::{EngineError, NameRun};
use serde_json::json;

use crate::answer::PageAnswer;
use crate::context::{NameRow, NamesPage, NamesPreview};
use crate::links::Links;
use crate::pages::{PagesError, Visit};
use crate::request::TargetKind;

/// How long a person is kept waiting for name servers that do not answer. Billing systems wait for 8 seconds, and are to be
/// told that it was too long, or what was begun.
const WITHIN: Duration = Duration::from_secs(6);

/// What is said in place of a number while a run still looks.
const LATER: &str = "later";

pub(super) async fn serve(visit: &Visit<'_>) -> Result<PageAnswer, PagesError> {
    let typed = |name| visit.request.parameter(name).trim().to_owned();
    let mut page = NamesPage {
        address: typed("address"),
        host: typed("host"),
        begun: visit.request.parameter("begun").parse().ok(),
        late: visit.request.parameter("begun") == LATER,
        ..NamesPage::default()
    };
    if let Some(run) = run(visit, visit.request.parameter("look")) {
        preview(visit, &run, &mut page).await?;
    } else if !page.address.is_empty() {
        diagnose(visit, &mut page).await?;
    }
    visit.render(&page)
}

async fn diagnose(visit: &Visit<'_>, page: &mut NamesPage) -> Result<(), PagesError> {
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
    Ok(())
}

async fn preview(visit: &Visit<'_>, run: &NameRun, page: &mut NamesPage) -> Result<(), PagesError> {
    let engine = visit.pages.engine();
    let is_used = |one: &Platform| one.kind == PlatformKind::PowerDns && one.state == PlatformState::Approved;
    if !engine.store().platforms().await?.iter().any(is_used) {
        page.problem = visit.say("names-no-server");
        return Ok(());
    }
    match tokio::time::timeout(WITHIN, engine.preview_names(run)).await {
        Ok(found) => page.preview = Some(NamesPreview::new(found?, run.reset)),
        Err(_) => page.problem = visit.say("names-look-late"),
    }
    Ok(())
}

/// Begins what a preview has shown, and goes back to the page. A run that is still looking then is not waited for and goes
/// on: it would otherwise end anywhere.
pub(super) async fn begin(visit: &Visit<'_>) -> Result<PageAnswer, PagesError> {
    let request = visit.request;
    let run = run(visit, request.field("look")).ok_or(PagesError::NotFound)?;
    let engine = visit.pages.engine().clone();
    if engine.recovering().is_some() {
        return Err(EngineError::Invalid(visit.say("names-recovering")).into());
    }
    let actor = request.actor.clone();
    let detail = json!({ "reset": run.reset });
    engine
        .note(
            run.installation.clone(),
            &actor,
            "reverse_dns.reconcile",
            "all",
            detail,
        )
        .await?;
    tracing::info!(reset = run.reset, actor = %actor.id, "names are looked after, as was asked on a page");
    let begun = tokio::spawn(async move {
        let begun = engine.look_after_names(&run, &actor).await;
        if let Err(error) = &begun {
            tracing::warn!(%error, "names were not looked after");
        }
        begun
    });
    let begun = match tokio::time::timeout(WITHIN, begun).await {
        Ok(Ok(begun)) => begun?.operations.len().to_string(),
        // Who panicked has told so; the page says no number that is not known.
        Ok(Err(_)) | Err(_) => LATER.to_owned(),
    };
    let links = Links::new(&request.base, None);
    let page = links.to(TargetKind::Page, "names", &[("begun", &begun)]);
    Ok(PageAnswer::see_other(&page))
}

/// The run that is meant by a word, among the machines that the operator may see.
fn run(visit: &Visit<'_>, word: &str) -> Option<NameRun> {
    let reset = match word {
        "plain" => false,
        "reset" => true,
        _ => return None,
    };
    Some(NameRun {
        reset,
        installation: visit.confined().cloned(),
        ..NameRun::default()
    })
}
