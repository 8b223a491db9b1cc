//! What is read with one list: traffic, operating systems, keys, backups.

use std::cmp::Reverse;

use domain::http::{Outcome, Request};
use domain::observed::{
    Backup, BackupState, Backups, Observed, SshKey, SshKeys, Template, TemplateGroup, Templates, Traffic,
    TrafficMonth,
};
use domain::time::Moment;
use driver::Verdict;

use crate::answer;
use crate::wire::{self, List};

pub fn traffic(request: &Request, outcome: &Outcome) -> Result<Observed, Verdict> {
    let mut months = answer::data::<wire::Traffic>(request, outcome)?.monthly;
    months.sort_by_key(|month| Reverse(month.month));
    let month = |month: wire::TrafficMonth| TrafficMonth {
        start: moment(month.start.as_deref()),
        end: moment(month.end.as_deref()),
        received: month.received,
        sent: month.sent,
        total: month.total,
        limit_gb: month.limit,
    };
    let months = months.into_iter().map(month).collect();
    Ok(Observed::Traffic(Traffic { months }))
}

pub fn templates(request: &Request, outcome: &Outcome) -> Result<Observed, Verdict> {
    let families = list::<wire::TemplateGroup>(request, outcome)?;
    let template = |template: wire::Template| Template {
        id: template.id.to_string(),
        name: template.name.unwrap_or_default(),
        version: template.version.unwrap_or_default(),
        variant: template.variant.unwrap_or_default(),
        description: template.description.unwrap_or_default(),
        icon: template.icon.filter(|icon| !icon.is_empty()),
        family: template.family.unwrap_or_default(),
        ended: template.ended == Some(true),
    };
    let family = |family: wire::TemplateGroup| TemplateGroup {
        name: family.name.unwrap_or_default(),
        icon: family.icon.filter(|icon| !icon.is_empty()),
        templates: family.templates.into_iter().map(template).collect(),
    };
    let grouped = Templates::grouped(families.into_iter().map(family).collect());
    Ok(Observed::Templates(grouped))
}

pub fn ssh_keys(request: &Request, outcome: &Outcome) -> Result<Observed, Verdict> {
    let key = |key: wire::SshKey| SshKey {
        id: key.id.to_string(),
        name: key.name.unwrap_or_default(),
        enabled: key.enabled != Some(false),
        created: moment(key.created.as_deref()),
    };
    let keys = list::<wire::SshKey>(request, outcome)?;
    let keys = keys.into_iter().map(key).collect();
    Ok(Observed::SshKeys(SshKeys { keys }))
}

pub fn backups(request: &Request, outcome: &Outcome) -> Result<Observed, Verdict> {
    let rows = list::<wire::Backup>(request, outcome)?;
    for row in &rows {
        answer::is_about(request, "server", row.server)?;
    }
    let backup = |row: wire::Backup| Backup {
        id: row.id.to_string(),
        state: state(&row),
        taken: moment(row.created.as_deref()),
        kept_until: moment(row.delete_after.as_deref()),
        storage: row.storage.and_then(|storage| storage.name),
    };
    let mut backups: Vec<Backup> = rows.into_iter().map(backup).collect();
    backups.sort_by_key(|backup| Reverse(backup.taken));
    Ok(Observed::Backups(Backups { backups }))
}

/// What is being done to a backup comes before what it is.
fn state(row: &wire::Backup) -> BackupState {
    let is = |flag: Option<&str>| flag.is_some_and(wire::said);
    if is(row.deleting.as_deref()) {
        BackupState::Deleting
    } else if is(row.restoring.as_deref()) {
        BackupState::Restoring
    } else if is(row.complete.as_deref()) {
        BackupState::Complete
    } else if is(row.progress.as_deref()) {
        BackupState::Running
    } else {
        BackupState::Incomplete
    }
}

/// The rows of a list that the panel sends whole.
fn list<T: serde::de::DeserializeOwned>(request: &Request, outcome: &Outcome) -> Result<Vec<T>, Verdict> {
    let response = answer::success(request, outcome)?;
    answer::body::<List<T>>(request, response).map(|list| list.data)
}

fn moment(text: Option<&str>) -> Option<Moment> {
    text.and_then(Moment::parse)
}
