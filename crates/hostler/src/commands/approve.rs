//! `hostler platform approve`.

use anyhow::{Result, bail};
use domain::id::{PlatformId, SecretId};
use domain::record::PlatformProfile;
use engine::ProposedChange;
use serde::Serialize;
use serde_json::{Value, json};

use super::Desk;
use super::answer::Answer;
use super::platform::{described, find, shown};
use super::sent::Sent;

/// What `approve` may set.
pub(super) struct Approval {
    pub rate: Option<u32>,
    pub burst: Option<u32>,
    pub concurrency: Option<u32>,
    pub staging_domain: Option<String>,
    pub markers_reach_machines: Option<bool>,
    pub ca: Option<String>,
    pub token: Option<Sent>,
    pub accept_change: bool,
}

impl Approval {
    /// Whether what was typed into the billing system is taken over: whoever sets a limit may not know of it.
    fn takes_over(&self) -> bool {
        let named = [
            self.rate.is_some(),
            self.burst.is_some(),
            self.concurrency.is_some(),
            self.staging_domain.is_some(),
            self.markers_reach_machines.is_some(),
            self.ca.is_some(),
            self.token.is_some(),
        ];
        self.accept_change || !named.contains(&true)
    }

    /// The profile with what was given. A number of 0 would let nothing leave.
    fn apply(self, mut profile: PlatformProfile) -> Result<PlatformProfile> {
        let numbers = [
            ("--rate", self.rate, &mut profile.rate_per_minute),
            ("--burst", self.burst, &mut profile.burst),
            ("--concurrency", self.concurrency, &mut profile.concurrency),
        ];
        for (argument, given, setting) in numbers {
            if given == Some(0) {
                bail!("{argument} 0: no request could leave; write at least 1");
            }
            *setting = given.unwrap_or(*setting);
        }
        profile.staging_domain = self.staging_domain.or(profile.staging_domain);
        profile.markers_reach_machines = self
            .markers_reach_machines
            .unwrap_or(profile.markers_reach_machines);
        profile.extra_ca = self.ca.or(profile.extra_ca);
        Ok(profile)
    }
}

/// Lets a platform be used, with what was named, and says what became of what was typed into the billing system.
pub(super) async fn approve(desk: &Desk, id: PlatformId, mut approval: Approval) -> Result<Answer> {
    let present = find(desk, id).await?;
    let typed = desk.engine.proposed_change(id).await?;
    if approval.accept_change && typed.is_empty() {
        bail!("--accept-change: nothing that was typed into the billing system waits; leave it out");
    }
    let takes_over = approval.takes_over();
    let token = approval.token.take();
    let profile = approval.apply(present.profile.clone())?;
    let fate = settle_typed(desk, id, token, takes_over).await?;
    if profile != present.profile {
        desk.engine
            .store()
            .set_platform_profile(id, profile, &desk.actor)
            .await?;
    }
    let platform = desk.engine.approve_platform(id, &desk.actor).await?;
    let mut lines = vec![described(&platform)];
    let mut value = shown(&platform);
    value["change"] = Value::Null;
    if !typed.is_empty() {
        lines.push(fate.told(id, &typed));
        value["change"] = json!(fate);
    }
    lines.push(format!("Try it: hostler platform test {id}"));
    Ok(Answer::new(lines.join("\n"), value))
}

/// What becomes of what was typed into the billing system.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum TypedFate {
    Accepted,
    Dropped,
    Waits,
}

impl TypedFate {
    fn told(self, id: PlatformId, typed: &ProposedChange) -> String {
        let key = typed.credential.map(|_| "an API key".to_owned());
        let account = typed.account.as_ref().map(|account| match account.as_str() {
            "" => "no organization".to_owned(),
            account => format!("the organization {account}"),
        });
        let what: Vec<String> = key.into_iter().chain(account).collect();
        let what = what.join(" and ");
        match self {
            Self::Accepted => format!("In force now, as it was typed into the billing system: {what}."),
            Self::Dropped => format!(
                "Dropped, since a token was given here: {what}, as it was typed into the billing system."
            ),
            Self::Waits => format!(
                "Not in force: {what}, as it was typed into the billing system. Take it over: hostler platform approve \
                 {id} --accept-change"
            ),
        }
    }
}

/// A token that is given here outweighs what was typed there.
async fn settle_typed(
    desk: &Desk,
    id: PlatformId,
    token: Option<Sent>,
    takes_over: bool,
) -> Result<TypedFate> {
    let engine = &desk.engine;
    if let Some(Sent(token)) = token {
        let fresh = SecretId::new(engine.clock().as_ref(), engine.random().as_ref());
        let store = engine.store();
        store
            .set_platform_credential(id, fresh, &token, &desk.actor)
            .await?;
        engine.drop_change(id).await?;
        return Ok(TypedFate::Dropped);
    }
    if takes_over {
        engine.accept_change(id, &desk.actor).await?;
        return Ok(TypedFate::Accepted);
    }
    Ok(TypedFate::Waits)
}
