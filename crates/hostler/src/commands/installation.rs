//! `hostler installation`: add, enrol, list.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Subcommand;
use domain::id::{InstallationId, SecretId};
use domain::record::{Installation, InstallationSettings};
use domain::{Random, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Desk;
use super::answer::Answer;

/// What can be asked about installations.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstallationCommand {
    /// Connects a billing system and shows its key, once.
    Add {
        /// Its name: 1 to 32 of a-z, 0-9 and -, beginning with a letter.
        name: InstallationId,
        /// Where a signed empty POST makes it fetch effects at once.
        #[arg(long)]
        nudge_url: Option<String>,
        /// A role of administrators that may use the operator's pages. May be repeated; "Full Administrator" if none.
        #[arg(long = "role")]
        roles: Vec<String>,
        /// Terminations per hour over the bridge; the greater of 20 and 2 % of its services if none.
        #[arg(long)]
        destructive_budget: Option<u32>,
    },
    /// Opens a window in which the billing system's own proposals are approved at once.
    Enrol {
        /// Which one.
        name: InstallationId,
        /// How long, at most 240 minutes; 0 closes the window.
        #[arg(long, default_value_t = 15)]
        minutes: u32,
    },
    /// Lists the installations.
    List,
}

impl InstallationCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::Add {
                name,
                nudge_url,
                roles,
                destructive_budget,
            } => {
                let mut settings = InstallationSettings {
                    nudge_url,
                    destructive_budget,
                    ..Default::default()
                };
                if !roles.is_empty() {
                    settings.operator_roles = roles;
                }
                add(desk, name, settings).await
            }
            Self::Enrol { name, minutes } => enrol(desk, &name, minutes).await,
            Self::List => list(desk).await,
        }
    }
}

async fn add(desk: &Desk, name: InstallationId, settings: InstallationSettings) -> Result<Answer> {
    if let Some(url) = settings
        .nudge_url
        .as_deref()
        .filter(|url| !url.starts_with("https://") && !url.starts_with("http://"))
    {
        bail!("--nudge-url {url}: it is not a web address; write https://…/nudge.php");
    }
    let engine = &desk.engine;
    let (clock, random) = (engine.clock().as_ref(), engine.random().as_ref());
    let key = fresh_key(random);
    let installation = Installation {
        id: name,
        key: SecretId::new(clock, random),
        previous_key: None,
        enrol_until: None,
        settings,
        created_at: clock.now(),
    };
    engine
        .store()
        .add_installation(&installation, &key, &desk.actor)
        .await?;
    let text = format!(
        "Installation {} is added. Its key, shown this once; enter it in the billing system:\n{}",
        installation.id,
        key.expose()
    );
    let mut value = shown(&installation);
    value["key"] = json!(key.expose());
    Ok(Answer::new(text, value))
}

/// A fresh bridge key: 32 random bytes, as text that survives every form field.
pub(crate) fn fresh_key(random: &dyn Random) -> Secret {
    let mut bytes = [0_u8; 32];
    random.fill(&mut bytes);
    Secret::new(format!("hbk_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

async fn enrol(desk: &Desk, name: &InstallationId, minutes: u32) -> Result<Answer> {
    if minutes > 240 {
        bail!("--minutes {minutes}: a window this long is a standing door; write at most 240");
    }
    let store = desk.engine.store();
    store.installation(name).await?.with_context(|| {
        format!("there is no installation {name}; `hostler installation list` names them all")
    })?;
    let until =
        (minutes > 0).then(|| desk.engine.clock().now() + Duration::from_secs(u64::from(minutes) * 60));
    store.set_enrol_window(name, until, &desk.actor).await?;
    let text = until.map_or_else(
        || format!("The window of {name} is closed."),
        |until| format!("Until {until} what {name} proposes is approved at once."),
    );
    Ok(Answer::new(
        text,
        json!({ "installation": name, "enrol_until": until.map(|until| until.to_string()) }),
    ))
}

async fn list(desk: &Desk) -> Result<Answer> {
    let now = desk.engine.clock().now();
    let mut rows = Vec::new();
    let mut items = Vec::new();
    for installation in desk.engine.store().installations().await? {
        let services = desk.engine.store().count_services(&installation.id).await?;
        let window = installation.enrol_until.filter(|until| *until > now);
        rows.push(vec![
            installation.id.to_string(),
            services.to_string(),
            window.map_or_else(|| "closed".to_owned(), |until| format!("until {until}")),
            installation
                .settings
                .nudge_url
                .clone()
                .unwrap_or_else(|| "-".to_owned()),
            installation.settings.operator_roles.join(", "),
        ]);
        let mut item = shown(&installation);
        item["services"] = json!(services);
        items.push(item);
    }
    let heads = ["NAME", "SERVICES", "ENROL WINDOW", "NUDGE", "OPERATOR ROLES"];
    let nothing = "There is no installation. Connect a billing system: hostler installation add NAME";
    Ok(Answer::listing(nothing, &heads, &rows, items))
}

fn shown(installation: &Installation) -> Value {
    json!({
        "name": installation.id,
        "enrol_until": installation.enrol_until.map(|until| until.to_string()),
        "rotating": installation.previous_key.is_some(),
        "nudge_url": installation.settings.nudge_url,
        "operator_roles": installation.settings.operator_roles,
        "destructive_budget": installation.settings.destructive_budget,
        "created_at": installation.created_at.to_string(),
    })
}
