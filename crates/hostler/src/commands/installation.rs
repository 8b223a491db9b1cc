//! `hostler installation`: add, set, rotate-key, enrol, list.

use std::str::FromStr;
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
use super::answer::{Answer, fields};
use crate::nudge::Target;

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
        #[arg(long = "operator-role", alias = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// Terminations per hour over the bridge; the greater of 20 and 2 % of its services if none.
        #[arg(long, value_name = "NUMBER")]
        destructive_budget: Option<Budget>,
        /// Whether each platform request becomes a line of its module log: many lines, for finding a fault.
        #[arg(long, value_name = "TRUE_OR_FALSE")]
        module_log: Option<bool>,
        /// What its clients read as the name of the platform's panel; no name is shown to them if none.
        #[arg(long, value_name = "NAME")]
        panel_name: Option<String>,
    },
    /// Changes its settings. What is not named stays as it is.
    Set {
        /// Which one.
        name: InstallationId,
        /// Where a signed empty POST makes it fetch effects at once; an empty text for no such POST.
        #[arg(long)]
        nudge_url: Option<String>,
        /// A role of administrators that may use the operator's pages. May be repeated; replaces those of before.
        #[arg(long = "operator-role", alias = "role", value_name = "ROLE")]
        roles: Vec<String>,
        /// Terminations per hour over the bridge; "default" for the greater of 20 and 2 % of its services.
        #[arg(long, value_name = "NUMBER")]
        destructive_budget: Option<Budget>,
        /// Whether each platform request becomes a line of its module log: many lines, for finding a fault.
        #[arg(long, value_name = "TRUE_OR_FALSE")]
        module_log: Option<bool>,
        /// What its clients read as the name of the platform's panel; an empty text for no name at all.
        #[arg(long, value_name = "NAME")]
        panel_name: Option<String>,
    },
    /// Makes a new key and shows it, once. The one of before is accepted too until --finish.
    RotateKey {
        /// Which one.
        name: InstallationId,
        /// Ends the rotation: from here on only the new key is accepted.
        #[arg(long)]
        finish: bool,
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
                module_log,
                panel_name,
            } => {
                let change = Change {
                    nudge_url,
                    roles,
                    destructive_budget,
                    module_log,
                    panel_name,
                };
                add(desk, name, change.apply(InstallationSettings::default())?).await
            }
            Self::Set {
                name,
                nudge_url,
                roles,
                destructive_budget,
                module_log,
                panel_name,
            } => {
                let change = Change {
                    nudge_url,
                    roles,
                    destructive_budget,
                    module_log,
                    panel_name,
                };
                set(desk, &name, change).await
            }
            Self::RotateKey { name, finish: false } => rotate_key(desk, &name).await,
            Self::RotateKey { name, finish: true } => finish_rotation(desk, &name).await,
            Self::Enrol { name, minutes } => enrol(desk, &name, minutes).await,
            Self::List => list(desk).await,
        }
    }
}

/// How many terminations an hour. Not an `Option`: inside another one it would not survive the control socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budget {
    /// What grows with the number of services.
    Default,
    /// This many.
    Number(u32),
}

impl Budget {
    const fn number(self) -> Option<u32> {
        match self {
            Self::Default => None,
            Self::Number(number) => Some(number),
        }
    }
}

impl FromStr for Budget {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "default" {
            return Ok(Self::Default);
        }
        text.parse()
            .map(Self::Number)
            .map_err(|_| "write a number, or \"default\"")
    }
}

/// What `add` and `set` may name.
struct Change {
    nudge_url: Option<String>,
    roles: Vec<String>,
    destructive_budget: Option<Budget>,
    module_log: Option<bool>,
    panel_name: Option<String>,
}

/// No panel's name is longer, in characters.
const LONGEST_NAME: usize = 64;

impl Change {
    fn apply(self, mut settings: InstallationSettings) -> Result<InstallationSettings> {
        if let Some(url) = self.nudge_url {
            if !url.is_empty() {
                Target::parse(&url).with_context(|| format!("--nudge-url {url}"))?;
            }
            settings.nudge_url = Some(url).filter(|url| !url.is_empty());
        }
        if self.roles.iter().any(|role| role.trim().is_empty()) {
            bail!("--operator-role \"\": it is empty; write the name of a role of administrators");
        }
        if !self.roles.is_empty() {
            settings.operator_roles = self.roles;
        }
        if let Some(budget) = self.destructive_budget {
            settings.destructive_budget = budget.number();
        }
        if let Some(module_log) = self.module_log {
            settings.module_log = module_log;
        }
        if let Some(name) = self.panel_name {
            let name = name.trim();
            if name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
                bail!("--panel-name: write at most {LONGEST_NAME} characters in one line");
            }
            settings.panel_name = Some(name.to_owned()).filter(|name| !name.is_empty());
        }
        Ok(settings)
    }
}

async fn set(desk: &Desk, name: &InstallationId, change: Change) -> Result<Answer> {
    let store = desk.engine.store();
    let mut installation = find(desk, name).await?;
    let settings = change.apply(installation.settings.clone())?;
    if settings != installation.settings {
        store
            .set_installation_settings(name, settings.clone(), &desk.actor)
            .await?;
    }
    installation.settings = settings;
    Ok(Answer::new(described(&installation), shown(&installation)))
}

async fn rotate_key(desk: &Desk, name: &InstallationId) -> Result<Answer> {
    if find(desk, name).await?.previous_key.is_some() {
        bail!(
            "{name}: its key is being rotated already, and a second new one would lock out whoever still signs with \
             the first. When the billing system has the new key: hostler installation rotate-key {name} --finish"
        );
    }
    let engine = &desk.engine;
    let (clock, random) = (engine.clock().as_ref(), engine.random().as_ref());
    let key = fresh_key(random);
    engine
        .store()
        .rotate_key(name, SecretId::new(clock, random), &key, &desk.actor)
        .await?;
    let text = format!(
        "The new key of {name}, shown this once; enter it in the billing system:\n{}\n\
         The one of before is accepted too, until: hostler installation rotate-key {name} --finish",
        key.expose()
    );
    let mut value = shown(&find(desk, name).await?);
    value["key"] = json!(key.expose());
    Ok(Answer::new(text, value))
}

async fn finish_rotation(desk: &Desk, name: &InstallationId) -> Result<Answer> {
    if find(desk, name).await?.previous_key.is_none() {
        bail!("{name}: its key is not being rotated; begin with hostler installation rotate-key {name}");
    }
    desk.engine.store().finish_key_rotation(name, &desk.actor).await?;
    let text = format!("From here on only the new key of {name} is accepted.");
    Ok(Answer::new(text, shown(&find(desk, name).await?)))
}

async fn find(desk: &Desk, name: &InstallationId) -> Result<Installation> {
    let installation = desk.engine.store().installation(name).await?;
    installation.with_context(|| {
        format!("there is no installation {name}; `hostler installation list` names them all")
    })
}

async fn add(desk: &Desk, name: InstallationId, settings: InstallationSettings) -> Result<Answer> {
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
    find(desk, name).await?;
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

fn described(installation: &Installation) -> String {
    let settings = &installation.settings;
    let nudge = settings.nudge_url.as_deref().unwrap_or("none");
    let terminations = settings.destructive_budget.map_or_else(
        || "the greater of 20 and 2 % of its services".to_owned(),
        |number| number.to_string(),
    );
    fields(&[
        ("installation", installation.id.to_string()),
        ("nudge URL", nudge.to_owned()),
        ("operator roles", settings.operator_roles.join(", ")),
        ("terminations an hour", terminations),
        (
            "module log",
            if settings.module_log {
                "every request"
            } else {
                "off"
            }
            .to_owned(),
        ),
        (
            "panel's name for clients",
            settings.panel_name.clone().unwrap_or_else(|| "none".to_owned()),
        ),
    ])
}

fn shown(installation: &Installation) -> Value {
    json!({
        "name": installation.id,
        "enrol_until": installation.enrol_until.map(|until| until.to_string()),
        "rotating": installation.previous_key.is_some(),
        "nudge_url": installation.settings.nudge_url,
        "operator_roles": installation.settings.operator_roles,
        "destructive_budget": installation.settings.destructive_budget,
        "module_log": installation.settings.module_log,
        "panel_name": installation.settings.panel_name,
        "created_at": installation.created_at.to_string(),
    })
}
