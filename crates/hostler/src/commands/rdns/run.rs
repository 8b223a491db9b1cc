//! `hostler rdns reconcile`.

use std::time::Duration;

use anyhow::{Result, bail};
use domain::id::InstallationId;
use engine::{Goal, HeldBy, NameRun, NamesBegun, PreviewRow};
use serde_json::json;
use tokio::time::Instant;

use super::super::Desk;
use super::super::answer::{Answer, table};
use super::super::product::known;
use super::super::service::Named;
use super::need_engine;

/// How long a run is waited for. What a name server that is down keeps from being done is done later.
const WITHIN: Duration = Duration::from_secs(600);

/// Addresses that are shown one by one, at most: an answer has to fit into one line of the control socket.
const MOST_ROWS: usize = 5_000;

/// The run that is meant.
pub(super) async fn meant(
    desk: &Desk,
    service: Option<Named>,
    installation: Option<InstallationId>,
    reset: bool,
) -> Result<NameRun> {
    let (installation, service) = if let Some(named) = service {
        let service = named.view(desk, installation.as_ref()).await?.service;
        (Some(service.installation), Some(service.billing_id))
    } else {
        if let Some(installation) = &installation {
            known(desk, installation).await?;
        }
        (installation, None)
    };
    Ok(NameRun {
        reset,
        installation,
        service,
        ..NameRun::default()
    })
}

/// Says what would become of the names.
pub(super) async fn preview(desk: &Desk, run: &NameRun, asked: bool, limit: u64) -> Result<Answer> {
    let preview = desk.engine.preview_names(run).await?;
    let (mut rows, others): (Vec<_>, Vec<_>) = preview.rows.into_iter().partition(|row| row.changes);
    let changes = rows.len();
    rows.extend(others);
    let shown = usize::try_from(limit).unwrap_or(MOST_ROWS).min(MOST_ROWS);
    let more = rows.len().saturating_sub(shown);
    rows.truncate(shown);
    let mut lines = Vec::new();
    if !rows.is_empty() {
        let heads = ["SERVICE", "ADDRESS", "ZONE", "THERE IS", "WOULD BE DONE"];
        let cells: Vec<Vec<String>> = rows.iter().map(row).collect();
        lines.push(table(&heads, &cells));
    }
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    let totals = preview.totals;
    lines.push(match rows.as_slice() {
        [] if more == 0 => "No machine is known to have an address.".to_owned(),
        _ => format!("\n{}", totals.words()),
    });
    match changes {
        _ if asked => {}
        0 => lines.push("Nothing would be changed.".to_owned()),
        _ => lines.push(format!(
            "Nothing was changed. Write over what is there: {}",
            again(run)
        )),
    }
    let value = json!({ "totals": totals, "rows": rows, "more": more });
    Ok(Answer::new(lines.join("\n"), value))
}

/// The command that does what was shown.
fn again(run: &NameRun) -> String {
    let service = match (&run.installation, run.service) {
        (Some(installation), Some(service)) => format!(" {installation}/{service}"),
        (Some(installation), None) => format!(" --installation {installation}"),
        (None, _) => String::new(),
    };
    format!("hostler rdns reconcile{service} --reset --yes")
}

fn row(row: &PreviewRow) -> Vec<String> {
    let address = row.address.map(|address| address.to_string());
    let prefix = row
        .prefix
        .as_ref()
        .map(|prefix| format!("{prefix} (a whole prefix)"));
    vec![
        format!("{}/{}", row.owner.installation, row.owner.service),
        address.or(prefix).unwrap_or_default(),
        row.zone.clone().unwrap_or_default(),
        row.held.as_ref().map(there).unwrap_or_default(),
        row.decision.clone().unwrap_or_default(),
    ]
}

fn there(held: &HeldBy) -> String {
    match held {
        HeldBy::Unknown(_) => "not known".to_owned(),
        HeldBy::NoZone | HeldBy::Nothing => "nothing".to_owned(),
        HeldBy::Hosts(hosts) => hosts.join(", "),
    }
}

/// Looks after the names, and waits until that is done.
pub(super) async fn carry_out(desk: &Desk, run: &NameRun) -> Result<Answer> {
    need_engine(desk)?;
    if desk.engine.store().recovery().await?.is_some() {
        bail!(
            "a recovery is under way: what the store says of machines is not relied on; end it first: hostler recover"
        );
    }
    let subject = run
        .service
        .map_or_else(|| "all".to_owned(), |service| service.to_string());
    let detail = json!({ "service": run.service, "reset": run.reset });
    let (engine, installation) = (&desk.engine, run.installation.clone());
    engine
        .note(
            installation,
            &desk.actor,
            "reverse_dns.reconcile",
            &subject,
            detail,
        )
        .await?;
    let begun = engine.look_after_names(run, &desk.actor).await?;
    let failed = waited(desk, &begun).await?;
    let (report, done) = engine.names_done(&begun).await?;
    let words = report.words();
    if !failed.is_empty() {
        bail!(
            "{words}, and not all could be done:\n{}\nSee what became of each: hostler operation show op_…",
            failed.join("\n")
        );
    }
    let text = if done {
        format!("Names were looked after: {words}.")
    } else {
        format!(
            "Not all is done yet: {words} so far.\nThe rest goes on: hostler operation list --kind reverse_dns"
        )
    };
    let value = json!({ "totals": report, "done": done, "operations": begun.operations });
    Ok(Answer::new(text, value))
}

/// Waits for the operations of a run, and names those that ended without success.
async fn waited(desk: &Desk, begun: &NamesBegun) -> Result<Vec<String>> {
    let until = Instant::now() + WITHIN;
    let mut failed = Vec::new();
    for operation in &begun.operations {
        let left = until.saturating_duration_since(Instant::now());
        let progress = desk.engine.wait(*operation, Goal::Final, left).await?;
        if progress.failed {
            failed.push(format!("{operation}: {}", progress.operation.reason));
        }
    }
    Ok(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reset_that_was_shown_is_done_by_the_command_that_is_named() {
        let run = |installation: Option<&str>, service| NameRun {
            reset: true,
            installation: installation.map(|name| name.parse().unwrap()),
            service,
            ..NameRun::default()
        };
        for (run, command) in [
            (run(None, None), "hostler rdns reconcile --reset --yes"),
            (
                run(Some("main"), None),
                "hostler rdns reconcile --installation main --reset --yes",
            ),
            (
                run(Some("main"), Some(12)),
                "hostler rdns reconcile main/12 --reset --yes",
            ),
        ] {
            assert_eq!(again(&run), command);
        }
    }
}
