//! `hostler platform approve`.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use anyhow::{Result, bail};
use domain::id::{PlatformId, SecretId};
use domain::record::{Platform, PlatformKind, PlatformProfile};
use engine::ProposedChange;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Desk;
use super::answer::Answer;
use super::platform::{described, find, shown};
use super::sent::Sent;

/// The shortest time for which resolvers may keep a name, in seconds.
const SHORTEST_TTL: u32 = 60;

/// The longest: what the DNS has room for.
const LONGEST_TTL: u32 = 0x7fff_ffff;

/// Who answers for the zones of a name server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answering {
    /// Whoever the zones themselves name.
    Zone,
    /// This one, as it is kept: an address, or an address with a port.
    Server(String),
}

impl FromStr for Answering {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "zone" {
            return Ok(Self::Zone);
        }
        let address = text.parse::<IpAddr>().map(|address| address.to_string());
        address
            .or_else(|_| text.parse::<SocketAddr>().map(|address| address.to_string()))
            .map(Self::Server)
            .map_err(|_| {
                format!(
                    "\"{text}\" is neither zone nor an address, as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353"
                )
            })
    }
}

/// What `approve` may set.
pub(super) struct Approval {
    pub rate: Option<u32>,
    pub burst: Option<u32>,
    pub concurrency: Option<u32>,
    pub staging_domain: Option<String>,
    pub markers_reach_machines: Option<bool>,
    pub ttl: Option<u32>,
    pub answered_by: Vec<Answering>,
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
            self.ttl.is_some(),
            !self.answered_by.is_empty(),
            self.ca.is_some(),
            self.token.is_some(),
        ];
        self.accept_change || !named.contains(&true)
    }

    /// The platform's profile with what was given. A number of 0 would let nothing leave.
    fn apply(self, platform: &Platform) -> Result<PlatformProfile> {
        let mut profile = platform.profile.clone();
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
        names(platform, self.ttl, &self.answered_by, &mut profile)?;
        Ok(profile)
    }
}

/// What is set of names, which only name servers have.
fn names(
    platform: &Platform,
    ttl: Option<u32>,
    answered_by: &[Answering],
    profile: &mut PlatformProfile,
) -> Result<()> {
    let argument = [
        ("--ttl", ttl.is_some()),
        ("--answered-by", !answered_by.is_empty()),
    ];
    if let Some((argument, _)) = argument.into_iter().find(|(_, given)| *given)
        && platform.kind != PlatformKind::PowerDns
    {
        bail!("{argument}: a {} holds no names; leave it out", platform.kind);
    }
    if let Some(ttl) = ttl {
        if !(SHORTEST_TTL..=LONGEST_TTL).contains(&ttl) {
            bail!("--ttl {ttl}: write a number from {SHORTEST_TTL} to {LONGEST_TTL}");
        }
        profile.pointer_ttl = ttl;
    }
    let servers = answered_by.iter().filter_map(|one| match one {
        Answering::Server(server) => Some(server.clone()),
        Answering::Zone => None,
    });
    let servers: Vec<String> = servers.collect();
    match (answered_by.len(), servers.len()) {
        (0, _) => {}
        (1, 0) => profile.answered_by.clear(),
        (given, named) if given == named => profile.answered_by = servers,
        _ => bail!("--answered-by zone: it means that none is named; leave out the addresses or this word"),
    }
    Ok(())
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
    let profile = approval.apply(&present)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_for_the_zones_is_an_address_perhaps_with_a_port_or_the_zones_own() {
        let server = |text: &str| Ok(Answering::Server(text.to_owned()));
        for (text, read) in [
            ("zone", Ok(Answering::Zone)),
            ("192.0.2.53", server("192.0.2.53")),
            (" 192.0.2.53:5353 ", server("192.0.2.53:5353")),
            ("2001:DB8:0::53", server("2001:db8::53")),
            ("[2001:db8::53]:53", server("[2001:db8::53]:53")),
        ] {
            assert_eq!(text.parse(), read, "{text}");
        }
        for wrong in [
            "",
            "ns1.example.com",
            "192.0.2.53:",
            "192.0.2.53:70000",
            "zones",
            "[2001:db8::53]",
        ] {
            let refused = wrong.parse::<Answering>().unwrap_err();
            assert!(
                refused.contains("neither zone nor an address"),
                "{wrong}: {refused}"
            );
        }
    }
}
