//! `hostler platform`: propose, approve, disable, list, test, reconcile.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use domain::id::{InstallationId, PlatformId};
use domain::record::{Platform, PlatformKind, PlatformState};
use engine::{Proposal, StagingProof};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, fields};
use super::approve::Answering;
use super::sent::{Sent, read_secret, read_text};
use super::{Desk, approve, options, reconcile};

/// What can be asked about platforms.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlatformCommand {
    /// Names a platform and its credential. It stays inert until it is approved.
    Propose {
        /// The billing system whose server record shall mean it.
        #[arg(long, requires = "server")]
        installation: Option<InstallationId>,
        /// The server's id in that billing system.
        #[arg(long, requires = "installation")]
        server: Option<u64>,
        /// The platform's address: `https://panel.example.com`.
        #[arg(long)]
        endpoint: String,
        /// Its kind.
        #[arg(long, default_value = "virtfusion")]
        kind: PlatformKind,
        /// The account there, where a token reaches several: a Katapult organization's id, or what a PowerDNS calls its
        /// server. The first that the token reaches, or `localhost`, where none is given.
        #[arg(long)]
        account: Option<String>,
        /// A name for people; the address's host where none is given.
        #[arg(long)]
        name: Option<String>,
        /// The file with the API token; `-` for standard input.
        #[arg(long)]
        #[serde(skip)]
        token_file: PathBuf,
        /// The token, once it is read.
        #[arg(skip)]
        token: Option<Sent>,
    },
    /// Lets a platform be used, and sets how. Repeat it to change a setting, or to take over a key or an account that was
    /// typed into the billing system: with nothing else named, or with --accept-change.
    Approve {
        /// Which one.
        platform: PlatformId,
        /// Requests per minute, at most.
        #[arg(long)]
        rate: Option<u32>,
        /// Requests that may leave at once after a pause.
        #[arg(long)]
        burst: Option<u32>,
        /// Requests open at once.
        #[arg(long)]
        concurrency: Option<u32>,
        /// The mail domain of staging accounts; nothing is ever sent there.
        #[arg(long)]
        staging_domain: Option<String>,
        /// Whether a marker that is given with an order is shown at the machine (Katapult's annotations). Where it is,
        /// lost orders settle themselves.
        #[arg(long)]
        markers_reach_machines: Option<bool>,
        /// How long resolvers keep the names that are written to a name server, in seconds; at least 60.
        #[arg(long, value_name = "SECONDS")]
        ttl: Option<u32>,
        /// Who answers for a name server's zones and is asked whether they have what was written: addresses, with a port
        /// where it is not 53, separated by commas or one by one; `zone` for whoever the zones themselves name.
        #[arg(long, value_name = "ADDRESS[:PORT]|zone", value_delimiter = ',')]
        #[serde(default)]
        answered_by: Vec<Answering>,
        /// A file with a further certificate authority (PEM).
        #[arg(long)]
        #[serde(skip)]
        ca_file: Option<PathBuf>,
        /// Its text, once it is read.
        #[arg(skip)]
        ca: Option<String>,
        /// A file with a new API token that replaces the present one; `-` for standard input.
        #[arg(long)]
        #[serde(skip)]
        token_file: Option<PathBuf>,
        /// The token, once it is read.
        #[arg(skip)]
        token: Option<Sent>,
        /// Also takes over what was typed into the billing system, whatever else is named.
        #[arg(long, conflicts_with = "token_file")]
        accept_change: bool,
    },
    /// Takes a platform out of use: nothing leaves for it until it is approved again. Its operations wait.
    Disable {
        /// Which one.
        platform: PlatformId,
    },
    /// Lists the platforms.
    List,
    /// Tries a platform's address and credential.
    Test {
        /// Which one.
        platform: PlatformId,
        /// Also creates, hands over and deletes one smallest machine. Where that works, lost creates settle
        /// themselves from then on. Needs --domain, --group, --package and --image.
        #[arg(long, requires_all = ["domain", "group", "package", "image"])]
        write: bool,
        /// The mail domain of staging accounts; nothing is ever sent there.
        #[arg(long)]
        domain: Option<String>,
        /// The hypervisor group of that machine.
        #[arg(long)]
        group: Option<String>,
        /// The package of that machine: the smallest.
        #[arg(long)]
        package: Option<String>,
        /// The operating-system template of that machine.
        #[arg(long)]
        image: Option<String>,
    },
    /// Shows what a platform has on offer, as it was read last: what the billing system's options are made of.
    Options {
        /// Which one.
        platform: PlatformId,
        /// Reads it anew first, and brings the billing systems' options into step.
        #[arg(long)]
        sync: bool,
    },
    /// Compares the complete lists of platforms with the links now, and not only when their turn comes. What two lists
    /// a minute apart show becomes a question.
    Reconcile {
        /// Which one; all that are approved where none is named.
        platform: Option<PlatformId>,
    },
}

impl PlatformCommand {
    /// Reads the files that it names.
    pub(super) fn gather(&mut self) -> Result<()> {
        match self {
            Self::Propose {
                token_file, token, ..
            } => {
                *token = Some(read_secret("--token-file", token_file)?);
            }
            Self::Approve {
                ca_file,
                ca,
                token_file,
                token,
                ..
            } => {
                *ca = ca_file
                    .as_deref()
                    .map(|path| read_text("--ca-file", path))
                    .transpose()?;
                *token = token_file
                    .as_deref()
                    .map(|path| read_secret("--token-file", path))
                    .transpose()?;
            }
            Self::Disable { .. }
            | Self::List
            | Self::Test { .. }
            | Self::Options { .. }
            | Self::Reconcile { .. } => {}
        }
        Ok(())
    }

    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::Propose {
                installation,
                server,
                endpoint,
                kind,
                account,
                name,
                token,
                ..
            } => {
                let account = account.unwrap_or_default();
                let has_accounts = matches!(kind, PlatformKind::Katapult | PlatformKind::PowerDns);
                if !has_accounts && !account.is_empty() {
                    bail!("--account {account}: a {kind} token means one account; leave it out");
                }
                let proposal = Proposal {
                    server: installation.zip(server),
                    kind,
                    account,
                    name: name.unwrap_or_default(),
                    endpoint,
                    token: token
                        .context("--token-file: the token did not arrive; name its file")?
                        .0,
                    actor: desk.actor.clone(),
                };
                propose(desk, proposal).await
            }
            Self::Approve {
                platform,
                rate,
                burst,
                concurrency,
                staging_domain,
                markers_reach_machines,
                ttl,
                answered_by,
                ca,
                token,
                accept_change,
                ..
            } => {
                let approval = approve::Approval {
                    rate,
                    burst,
                    concurrency,
                    staging_domain,
                    markers_reach_machines,
                    ttl,
                    answered_by,
                    ca,
                    token,
                    accept_change,
                };
                approve::approve(desk, platform, approval).await
            }
            Self::Disable { platform } => disable(desk, platform).await,
            Self::List => list(desk).await,
            Self::Options { platform, sync } => options::options(desk, platform, sync).await,
            Self::Reconcile { platform } => reconcile::reconcile(desk, platform).await,
            Self::Test {
                platform,
                write: false,
                ..
            } => test(desk, platform).await,
            Self::Test {
                platform,
                domain,
                group,
                package,
                image,
                ..
            } => {
                let given = |argument: &str, value: Option<String>| {
                    value.with_context(|| format!("{argument}: --write needs it; name one"))
                };
                let proof = StagingProof {
                    domain: given("--domain", domain)?,
                    group: given("--group", group)?,
                    package: given("--package", package)?,
                    image: given("--image", image)?,
                };
                prove(desk, platform, &proof).await
            }
        }
    }
}

async fn propose(desk: &Desk, proposal: Proposal) -> Result<Answer> {
    let platform = desk.engine.propose_platform(proposal).await?;
    let id = platform.id;
    let text = format!(
        "{}\nNothing is sent to it before it is approved: hostler platform approve {id}",
        described(&platform)
    );
    Ok(Answer::new(text, shown(&platform)))
}

async fn disable(desk: &Desk, id: PlatformId) -> Result<Answer> {
    find(desk, id).await?;
    let platform = desk
        .engine
        .store()
        .set_platform_state(id, PlatformState::Disabled, &desk.actor)
        .await?;
    let text = format!(
        "{}\nNothing leaves for it any more but what is under way this instant. Its operations wait, new ones are refused.\n\
         Use it again: hostler platform approve {id}",
        described(&platform)
    );
    Ok(Answer::new(text, shown(&platform)))
}

async fn list(desk: &Desk) -> Result<Answer> {
    let platforms = desk.engine.store().platforms().await?;
    let attachments = desk.engine.store().attachments(None).await?;
    let mut rows = Vec::new();
    let mut items = Vec::new();
    for platform in &platforms {
        let servers: Vec<String> = attachments
            .iter()
            .filter(|attachment| attachment.platform == platform.id)
            .map(|attachment| format!("{}/{}", attachment.installation, attachment.server_id))
            .collect();
        let change = desk.engine.proposed_change(platform.id).await?;
        let state = if change.is_empty() {
            platform.state.to_string()
        } else {
            format!("{}, a change is proposed", platform.state)
        };
        rows.push(vec![
            platform.id.to_string(),
            platform.kind.to_string(),
            state,
            created_by(platform).unwrap_or("-").to_owned(),
            servers.join(" "),
            platform.endpoint.clone(),
            platform.name.clone(),
        ]);
        let mut item = shown(platform);
        item["servers"] = json!(servers);
        item["change_proposed"] = json!(!change.is_empty());
        items.push(item);
    }
    let heads = ["ID", "KIND", "STATE", "CREATES", "SERVERS", "ADDRESS", "NAME"];
    let mut answer = Answer::listing("There is no platform.", &heads, &rows, items);
    for platform in platforms.iter().filter(|one| one.kind == PlatformKind::PowerDns) {
        let (ttl, answering) = names(platform);
        answer.text = format!(
            "{}\nNames on {}: kept for {ttl}, answered by {answering}.",
            answer.text, platform.name
        );
    }
    Ok(answer)
}

/// How machines are made there; `None` where there are none.
fn created_by(platform: &Platform) -> Option<&'static str> {
    (platform.kind != PlatformKind::PowerDns).then(|| platform.profile.create_protocol.as_str())
}

/// How long the names on a name server are kept, and who answers for its zones.
fn names(platform: &Platform) -> (String, String) {
    let profile = &platform.profile;
    let answering = if profile.answered_by.is_empty() {
        "whoever its zones name".to_owned()
    } else {
        profile.answered_by.join(", ")
    };
    (format!("{} s", profile.pointer_ttl), answering)
}

async fn test(desk: &Desk, id: PlatformId) -> Result<Answer> {
    match desk.engine.test_platform(id).await? {
        Ok(()) => Ok(Answer::new(
            "The platform answers and takes the credential.",
            json!({ "ok": true }),
        )),
        Err(sentence) => bail!("{sentence}"),
    }
}

async fn prove(desk: &Desk, id: PlatformId, proof: &StagingProof) -> Result<Answer> {
    if !desk.is_running {
        bail!(
            "--write: machines are made by a running engine, and none answers; start it with systemctl start hostler"
        );
    }
    let lines = desk.engine.prove_staging(id, proof, &desk.actor).await?;
    Ok(Answer::new(
        lines.join("\n"),
        json!({ "ok": true, "steps": lines }),
    ))
}

pub(super) async fn find(desk: &Desk, id: PlatformId) -> Result<Platform> {
    let platform = desk.engine.store().platform(id).await?;
    platform.with_context(|| format!("there is no platform {id}; `hostler platform list` names them all"))
}

pub(super) fn described(platform: &Platform) -> String {
    let profile = &platform.profile;
    let (ttl, answering) = if platform.kind == PlatformKind::PowerDns {
        names(platform)
    } else {
        (String::new(), String::new())
    };
    fields(&[
        ("platform", platform.id.to_string()),
        ("name", platform.name.clone()),
        ("kind", platform.kind.to_string()),
        ("address", platform.endpoint.clone()),
        ("state", platform.state.to_string()),
        ("creates", created_by(platform).unwrap_or_default().to_owned()),
        ("names kept", ttl),
        ("answered by", answering),
        (
            "rate",
            format!(
                "{} per minute, {} at once",
                profile.rate_per_minute, profile.burst
            ),
        ),
    ])
}

pub(super) fn shown(platform: &Platform) -> Value {
    let profile = &platform.profile;
    let mut value = json!({
        "id": platform.id,
        "kind": platform.kind,
        "name": platform.name,
        "endpoint": platform.endpoint,
        "account": platform.account,
        "state": platform.state,
        "create_protocol": profile.create_protocol,
        "staging_domain": profile.staging_domain,
        "markers_reach_machines": profile.markers_reach_machines,
        "extra_ca": profile.extra_ca.is_some(),
        "rate_per_minute": profile.rate_per_minute,
        "burst": profile.burst,
        "concurrency": profile.concurrency,
        "created_at": platform.created_at.to_string(),
    });
    if platform.kind == PlatformKind::PowerDns {
        value["pointer_ttl"] = json!(profile.pointer_ttl);
        value["answered_by"] = json!(profile.answered_by);
    }
    value
}
