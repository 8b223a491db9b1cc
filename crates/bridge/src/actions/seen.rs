//! What was read of a machine for its client's eyes, as data: from the store, with its age. No request asks the platform.

use domain::observed::{FactKind, Observed, Template, TemplateGroup};
use domain::{Moment, ServiceView};
use engine::Shown;
use serde_json::{Value, json};

use super::gates::Subject;
use super::{Asked, Stop};
use crate::page::PageAnswer;

/// What can be looked at, by the original's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// What can be installed.
    Systems,
    /// Traffic, month by month.
    Traffic,
    /// Backups.
    Backups,
    /// What self-service has used.
    Usage,
    /// The same, period by period.
    Report,
}

impl Look {
    /// The action's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Systems => "osTemplates",
            Self::Traffic => "trafficStats",
            Self::Backups => "backups",
            Self::Usage => "selfServiceUsage",
            Self::Report => "selfServiceReport",
        }
    }

    const fn kind(self) -> FactKind {
        match self {
            Self::Systems => FactKind::Templates,
            Self::Traffic => FactKind::Traffic,
            Self::Backups => FactKind::Backups,
            Self::Usage | Self::Report => FactKind::Usage,
        }
    }
}

/// What pages show of a service that was read.
pub async fn shown(asked: &Asked<'_>, view: ServiceView) -> Result<Shown, Stop> {
    let shown = asked.state.engine().shown_of(view).await;
    shown.map_err(|error| Stop::fault(&error))
}

/// The observation of a kind, where it is known.
pub fn observation(shown: &Shown, kind: FactKind) -> Option<(Observed, Moment)> {
    let fact = shown.facts.get(&kind)?;
    let observed = Observed::of_fact(&fact.value).known()?.clone();
    (observed.kind() == kind).then_some((observed, fact.observed_at))
}

/// Answers with what is known; `null` where nothing is.
pub async fn answer(asked: &Asked<'_>, subject: Subject<'_>, look: Look) -> Result<PageAnswer, Stop> {
    let shown = shown(asked, subject.view).await?;
    let seen = observation(&shown, look.kind());
    let at = seen.as_ref().map(|(_, at)| at.to_string());
    let data = seen.map(|(observed, _)| written(&observed));
    Ok(PageAnswer::json(
        200,
        &json!({ "success": true, "data": data, "observed_at": at }),
    ))
}

fn written(observed: &Observed) -> Value {
    match observed {
        Observed::Templates(templates) => json!({
            // Pictures are the platform's; its address is not shown.
            "baseUrl": "",
            "categories": templates.groups.iter().map(category).collect::<Vec<_>>(),
        }),
        Observed::Live(value) => json!(value),
        Observed::Traffic(value) => json!(value),
        Observed::SshKeys(value) => json!(value),
        Observed::Backups(value) => json!(value),
        Observed::Usage(value) => json!(value),
    }
}

fn category(group: &TemplateGroup) -> Value {
    json!({
        "name": group.name,
        "icon": group.icon,
        "templates": group.templates.iter().map(template).collect::<Vec<_>>(),
    })
}

fn template(template: &Template) -> Value {
    json!({
        "id": template.id.parse::<u64>().map_or_else(|_| json!(template.id), |id| json!(id)),
        "name": template.name,
        "version": template.version,
        "variant": template.variant,
        "icon": template.icon,
        "eol": template.ended,
        "type": template.family,
        "description": template.description,
    })
}

#[cfg(test)]
mod tests {
    use domain::observed::{Backup, BackupState, Backups, Templates};

    use super::*;

    #[test]
    fn vf_128_systems_have_the_originals_shape_and_ids_are_numbers_where_they_are() {
        let one = |id: &str| Template {
            id: id.to_owned(),
            name: "Debian".to_owned(),
            family: "linux".to_owned(),
            ended: true,
            ..Template::default()
        };
        let data = written(&Observed::Templates(Templates {
            groups: vec![TemplateGroup {
                name: "Debian".to_owned(),
                icon: None,
                templates: vec![one("46"), one("img_1")],
            }],
        }));
        assert_eq!(data["baseUrl"], "");
        let templates = &data["categories"][0]["templates"];
        assert_eq!(
            (&templates[0]["id"], &templates[1]["id"]),
            (&json!(46), &json!("img_1"))
        );
        assert_eq!(
            templates[0],
            json!({ "id": 46, "name": "Debian", "version": "", "variant": "", "icon": null, "eol": true,
                    "type": "linux", "description": "" })
        );
    }

    #[test]
    fn vf_132_the_list_of_backups_is_passed_on_row_by_row() {
        let backup = |id: &str, state, taken| Backup {
            id: id.to_owned(),
            state,
            taken,
            kept_until: None,
            storage: Some("Backup Server 1".to_owned()),
        };
        let backups = vec![
            backup("8", BackupState::Running, None),
            backup(
                "7",
                BackupState::Complete,
                Some(Moment::from_seconds(1_700_000_000)),
            ),
        ];
        let row = |id, state, taken: Option<i64>| {
            json!({ "id": id, "state": state, "taken": taken, "kept_until": null,
                    "storage": "Backup Server 1" })
        };
        assert_eq!(
            written(&Observed::Backups(Backups { backups })),
            json!({ "backups": [row("8", "running", None), row("7", "complete", Some(1_700_000_000_000_000))] })
        );
    }
}
