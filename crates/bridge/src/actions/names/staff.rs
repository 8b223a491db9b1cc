//! `rdnsStatus` and `rdnsReconcile`: what administrators see of the names of a machine's addresses, and have done about them.

use std::time::Duration;

use domain::ServiceView;
use engine::{EngineError, Goal, NameRun, NamesBegun, Report};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::{list, shown};
use crate::actions::wish::patience;
use crate::actions::{Asked, Stop, words};
use crate::page::{Message, PageAnswer};

/// Reads the names now and lists them.
pub async fn status(asked: &Asked<'_>, view: Option<ServiceView>) -> Result<PageAnswer, Stop> {
    let view = view.ok_or_else(unknown)?;
    if shown(asked, &view).await?.is_none() {
        return Ok(PageAnswer::done(&list::off()));
    }
    let service = &view.service;
    let engine = asked.state.engine();
    let reading = Box::pin(engine.read_names(&service.installation, service.billing_id));
    let read = in_time(patience(asked.message), reading).await?;
    if let Err(why) = read {
        return Err(Stop::new(502, format!("The names could not be read: {why}.")));
    }
    let names = shown(asked, &view).await?.unwrap_or_default();
    let list = list::of(&names, asked.state.now(), |_, seen| seen.why.clone());
    Ok(PageAnswer::done(&list))
}

/// Has the names of a machine's addresses looked after and reports what became of them, or what would.
pub async fn reconcile(asked: &Asked<'_>, view: Option<ServiceView>) -> Result<PageAnswer, Stop> {
    let view = view.ok_or_else(unknown)?;
    let (message, engine) = (asked.message, asked.state.engine());
    if !engine.keeps_names() {
        return Err(Stop::new(400, "Reverse DNS is not set up."));
    }
    let run = NameRun {
        reset: is_set(message, "force"),
        installation: Some(view.service.installation.clone()),
        service: Some(view.service.billing_id),
        ..NameRun::default()
    };
    let (begun, patience) = (Instant::now(), patience(message));
    if is_set(message, "preview") {
        let preview = in_time(patience, engine.preview_names(&run)).await?;
        let words = format!("Preview: {}.", preview.totals.words());
        return Ok(PageAnswer::done(&counted(preview.totals, true, words)));
    }
    if engine.recovering().is_some() {
        return Err(Stop::new(
            409,
            "A recovery is under way: what is known of machines is not relied on.",
        ));
    }
    noted(asked, &view, run.reset).await?;
    let names = look_after(asked, run, patience).await?;
    let left = patience.saturating_sub(begun.elapsed());
    let (report, done) = ended(asked, &names, left).await?;
    let words = if done {
        format!("{}.", report.words())
    } else {
        format!(
            "Under way, so far: {}. The rest goes on by itself.",
            report.words()
        )
    };
    Ok(PageAnswer::done(&counted(report, done, words)))
}

/// What became of it, as far as it is over in time.
async fn ended(asked: &Asked<'_>, names: &NamesBegun, within: Duration) -> Result<(Report, bool), Stop> {
    let (engine, begun) = (asked.state.engine(), Instant::now());
    let mut failed = None;
    for operation in &names.operations {
        let left = within.saturating_sub(begun.elapsed());
        let waited = engine.wait(*operation, Goal::Final, left).await;
        let progress = waited.map_err(|error| Stop::fault(&error))?;
        failed = failed.or(progress.failed.then_some(progress.operation.reason));
    }
    let stands = engine.names_done(names).await;
    let (report, done) = stands.map_err(|error| Stop::fault(&error))?;
    match failed {
        None => Ok((report, done)),
        Some(reason) => {
            let words = report.words();
            let sentence = format!("{words}, and not all could be done: {reason}.");
            Err(Stop::new(500, sentence))
        }
    }
}

/// Begins it. A run that is still looking when nobody waits for it any more goes on: it would otherwise end anywhere.
async fn look_after(asked: &Asked<'_>, run: NameRun, patience: Duration) -> Result<NamesBegun, Stop> {
    let (engine, actor) = (asked.state.engine().clone(), asked.message.context.actor());
    let running = tokio::spawn(async move { engine.look_after_names(&run, &actor).await });
    match timeout(patience, running).await {
        Ok(Ok(begun)) => begun.map_err(|error| Stop::fault(&error)),
        // Who panicked has told so.
        Ok(Err(_)) => Err(Stop::said(500, words::FAILED)),
        Err(_) => Err(late()),
    }
}

/// What was counted, in numbers and in words.
fn counted(report: Report, done: bool, words: String) -> Value {
    let mut told = json!(report);
    told["done"] = done.into();
    told["message"] = words.into();
    told
}

/// Writes down that names are looked after, and by whom; what becomes of each is noted with its operation.
async fn noted(asked: &Asked<'_>, view: &ServiceView, reset: bool) -> Result<(), Stop> {
    let (engine, actor) = (asked.state.engine(), asked.message.context.actor());
    let detail = json!({ "service": view.service.billing_id, "reset": reset });
    let installation = Some(view.service.installation.clone());
    let id = view.service.id.to_string();
    let note = engine.note(installation, &actor, "reverse_dns.reconcile", &id, detail);
    note.await.map_err(|error| Stop::fault(&error))
}

/// A flag of a form, as PHP reads one.
fn is_set(message: &Message, name: &str) -> bool {
    message
        .form
        .get(name)
        .is_some_and(|text| !text.is_empty() && text != "0")
}

/// What comes in time. Name servers are not waited for longer than the administrator's browser waits.
async fn in_time<T>(
    patience: Duration,
    asked: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, Stop> {
    match timeout(patience, asked).await {
        Ok(answer) => answer.map_err(|error| Stop::fault(&error)),
        Err(_) => Err(late()),
    }
}

fn late() -> Stop {
    Stop::new(
        504,
        "The name servers are still being asked; look again in a minute.",
    )
}

fn unknown() -> Stop {
    Stop::new(502, "Nothing is known of this service's machine yet.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_160_a_flag_is_set_by_what_is_neither_empty_nor_nought() {
        let mut message: Message = serde_json::from_value(json!({
            "module": "VirtFusionDirect", "surface": "admin", "target": { "kind": "action", "name": "rdnsReconcile" },
            "method": "POST", "base": "/admin.php", "context": { "actor": "admin" },
        }))
        .unwrap();
        assert!(!is_set(&message, "force"));
        for (text, set) in [
            ("", false),
            ("0", false),
            ("1", true),
            ("false", true),
            ("00", true),
        ] {
            message.form.insert("force".to_owned(), text.to_owned());
            assert_eq!(is_set(&message, "force"), set, "{text:?}");
        }
    }

    #[test]
    fn vf_261_a_report_has_its_counters_and_says_only_those_that_are_not_nought() {
        let report = Report {
            added: 1,
            no_zone: 2,
            ..Report::default()
        };
        let told = counted(report, true, format!("{}.", report.words()));
        assert_eq!(told["message"], "1 added, 2 without a zone.");
        for (field, count) in [
            ("added", 1),
            ("reset", 0),
            ("preserved", 0),
            ("forward_missing", 0),
            ("no_zone", 2),
            ("removed", 0),
            ("unknown", 0),
            ("errors", 0),
        ] {
            assert_eq!(told[field], count, "{field}");
        }
        assert_eq!(Report::default().words(), "no changes needed");
    }
}
