//! `hostler platform options`.

use anyhow::{Result, bail};
use domain::catalogue::Offer;
use domain::id::PlatformId;
use domain::record::PlatformState;
use engine::catalogue::News;
use serde_json::json;

use super::Desk;
use super::answer::Answer;
use super::platform::find;

/// Shows what a platform has on offer; reads it anew first where that is wished.
pub(super) async fn options(desk: &Desk, id: PlatformId, sync: bool) -> Result<Answer> {
    let platform = find(desk, id).await?;
    if !desk.engine.has_catalogue(&platform) {
        bail!(
            "platform {id}: the options of a {} are not read from it",
            platform.kind
        );
    }
    let news = if sync {
        if platform.state != PlatformState::Approved {
            bail!(
                "platform {} is {}: nothing was sent; let it be used: hostler platform approve {id}",
                platform.name,
                platform.state
            );
        }
        match desk.engine.sync_catalogue(&platform).await? {
            Ok(news) => Some(news),
            Err(why) => bail!("platform {}: its options could not be read: {why}", platform.name),
        }
    } else {
        None
    };
    let state = desk.engine.catalogue_state(id).await?;
    let Some(catalogue) = &state.catalogue else {
        bail!(
            "platform {}: nothing was read yet{}; read it now: hostler platform options {id} --sync",
            platform.name,
            state.trouble.map(|why| format!(" ({why})")).unwrap_or_default()
        );
    };
    let read = state.observed_at.map(|at| at.to_string()).unwrap_or_default();
    let mut lines = vec![format!("{}: read at {read}", platform.name)];
    for (what, offers) in [
        ("data centers", &catalogue.places),
        ("disk templates", &catalogue.templates),
        ("packages", &catalogue.packages),
    ] {
        lines.push(format!("{what}: {}", listed(offers)));
    }
    lines.extend(
        state
            .trouble
            .iter()
            .map(|why| format!("The last try failed: {why}")),
    );
    lines.extend(news.as_ref().and_then(News::line));
    let value = json!({
        "platform": id,
        "read_at": read,
        "catalogue": catalogue,
        "trouble": state.trouble,
        "news": news,
    });
    Ok(Answer::new(lines.join("\n"), value))
}

fn listed(offers: &[Offer]) -> String {
    let named: Vec<String> = offers
        .iter()
        .map(|offer| format!("{} ({})", offer.key, offer.name))
        .collect();
    if named.is_empty() {
        "none".to_owned()
    } else {
        named.join(", ")
    }
}
