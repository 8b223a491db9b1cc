//! `hostler platform reconcile`.

use anyhow::{Result, bail};
use domain::id::PlatformId;
use domain::record::{Platform, PlatformState};
use engine::Reconciled;
use serde_json::{Value, json};

use super::Desk;
use super::answer::Answer;
use super::platform::find;

/// Compares one platform, or all that are approved, with the links now.
pub(super) async fn reconcile(desk: &Desk, wanted: Option<PlatformId>) -> Result<Answer> {
    if desk.engine.store().recovery().await?.is_some() {
        bail!("a recovery is under way, which makes this comparison and more: hostler recover");
    }
    let platforms = match wanted {
        Some(id) => vec![find(desk, id).await?],
        None => desk.engine.store().platforms().await?,
    };
    let mut texts = Vec::new();
    let mut items = Vec::new();
    for platform in platforms {
        if platform.state == PlatformState::Approved {
            match desk.engine.reconcile_now(&platform).await? {
                Ok(found) => {
                    texts.push(text(&platform, &found));
                    items.push(shown(&platform, &found));
                }
                Err(why) => bail!("platform {} could not be listed: {why}", platform.name),
            }
        } else if wanted.is_some() {
            bail!(
                "platform {} is {}: nothing was sent; let it be used: hostler platform approve {}",
                platform.name,
                platform.state,
                platform.id
            );
        }
    }
    let text = if texts.is_empty() {
        "There is no approved platform.".to_owned()
    } else {
        texts.join("\n")
    };
    Ok(Answer::new(text, Value::Array(items)))
}

fn text(platform: &Platform, found: &Reconciled) -> String {
    let mut lines = vec![format!(
        "{}: {} services compared.",
        platform.name, found.compared
    )];
    if found.suspected.is_empty() && found.believed.is_empty() {
        lines.push("The list shows what the links say.".to_owned());
    }
    if !found.believed.is_empty() {
        lines.push("Seen twice, and asked about (hostler operation answer):".to_owned());
        lines.extend(found.believed.iter().map(|what| format!("- {what}")));
    }
    if !found.suspected.is_empty() {
        lines.push(
            "Seen in this list, and looked at again before it is believed, by the running engine within two minutes:"
                .to_owned(),
        );
        lines.extend(found.suspected.iter().map(|what| format!("- {what}")));
    }
    lines.join("\n")
}

fn shown(platform: &Platform, found: &Reconciled) -> Value {
    json!({
        "platform": platform.id,
        "compared": found.compared,
        "suspected": found.suspected,
        "believed": found.believed,
    })
}
