//! `hostler service`: list, show, why, adopt.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use domain::case::ServiceView;
use domain::id::{InstallationId, NotA, PlatformId, ServiceId};
use domain::record::{Service, Standing};
use engine::Finding;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{PageRequest, ServiceFilter};

use super::answer::{Answer, fields};
use super::{Desk, operation, why};

/// A service as a person names it: `svc_…`, or by the billing system's own id, `main/12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceName {
    /// By our id.
    Ours(ServiceId),
    /// By the billing system's.
    Billed(InstallationId, u64),
}

impl FromStr for ServiceName {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        let not = || NotA {
            what: "service (svc_… or INSTALLATION/ID)",
            text: text.chars().take(80).collect(),
        };
        match text.split_once('/') {
            Some((installation, id)) => Ok(Self::Billed(
                installation.parse()?,
                id.parse().map_err(|_| not())?,
            )),
            None => text.parse().map(Self::Ours).map_err(|_| not()),
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(id) => id.fmt(f),
            Self::Billed(installation, id) => write!(f, "{installation}/{id}"),
        }
    }
}

impl Serialize for ServiceName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServiceName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl ServiceName {
    /// The service, with everything around it.
    pub(super) async fn view(&self, desk: &Desk) -> Result<ServiceView> {
        let (installation, billing_id) = match self {
            Self::Billed(installation, id) => (installation.clone(), *id),
            Self::Ours(id) => {
                let service = desk
                    .engine
                    .store()
                    .service(*id)
                    .await?
                    .with_context(|| missing(self))?;
                (service.installation, service.billing_id)
            }
        };
        desk.engine
            .view(&installation, billing_id)
            .await?
            .with_context(|| missing(self))
    }

    /// The service itself.
    pub(super) async fn find(&self, desk: &Desk) -> Result<Service> {
        Ok(self.view(desk).await?.service)
    }
}

/// A service, where its installation may go without saying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// With its installation, or by our id.
    Whole(ServiceName),
    /// By the billing system's id alone.
    Bare(u64),
}

impl FromStr for Named {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        text.parse()
            .map_or_else(|_| text.parse().map(Self::Whole), |id| Ok(Self::Bare(id)))
    }
}

impl Named {
    /// Whose service it is and its id there; a service of this installation, where one is named.
    pub(super) async fn service(
        &self,
        desk: &Desk,
        installation: Option<&InstallationId>,
    ) -> Result<(InstallationId, u64)> {
        match (self, installation) {
            (Self::Whole(name), _) => {
                let service = name.find(desk).await?;
                if let Some(other) = installation.filter(|named| **named != service.installation) {
                    bail!("service {name} is not of installation {other}; leave out --installation");
                }
                Ok((service.installation, service.billing_id))
            }
            (Self::Bare(id), Some(installation)) => Ok((installation.clone(), *id)),
            (Self::Bare(id), None) => {
                let all = desk.engine.store().installations().await?;
                let [only] = all.as_slice() else {
                    bail!(
                        "service {id}: there are {} installations; write INSTALLATION/{id}",
                        all.len()
                    );
                };
                Ok((only.id.clone(), *id))
            }
        }
    }

    /// The same with everything around it.
    pub(super) async fn view(
        &self,
        desk: &Desk,
        installation: Option<&InstallationId>,
    ) -> Result<ServiceView> {
        let (installation, id) = self.service(desk, installation).await?;
        ServiceName::Billed(installation, id).view(desk).await
    }
}

fn missing(name: &ServiceName) -> String {
    format!("there is no service {name}; `hostler service list` names them")
}

/// What can be asked about services.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceCommand {
    /// Lists services, the newest first.
    List {
        /// Only those of this installation.
        #[arg(long)]
        installation: Option<InstallationId>,
        /// Only those of this client.
        #[arg(long)]
        client: Option<u64>,
        /// Only those on this platform.
        #[arg(long)]
        platform: Option<PlatformId>,
        /// Only those that are vacant, building, live, suspended, ending or ended.
        #[arg(long)]
        standing: Option<Standing>,
        /// How many, at most 500.
        #[arg(long, default_value_t = 50)]
        limit: u64,
        /// Continues a listing that was cut.
        #[arg(long)]
        after: Option<String>,
    },
    /// Shows one service with its machine, operations and questions.
    Show {
        /// Which one (`svc_…` or INSTALLATION/ID).
        service: ServiceName,
    },
    /// Explains a service: of everything that is not final its cause, the calls that show it, what comes next and by
    /// when.
    Why {
        /// Which one (`svc_…` or INSTALLATION/ID).
        service: ServiceName,
    },
    /// Compares the machines that an old module made with the platforms, and links those that are clean.
    Adopt {
        /// The billing system.
        installation: InstallationId,
        /// Links the clean ones; without it only the report is shown.
        #[arg(long)]
        apply: bool,
    },
}

impl ServiceCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::List {
                installation,
                client,
                platform,
                standing,
                limit,
                after,
            } => {
                let filter = ServiceFilter {
                    installation,
                    client_id: client,
                    platform,
                    standing,
                    mapped: None,
                };
                let page = after.map_or(PageRequest::first(limit), |cursor| {
                    PageRequest::after(cursor, limit)
                });
                list(desk, &filter, &page).await
            }
            Self::Show { service } => show(desk, &service).await,
            Self::Why { service } => why::explain(desk, &service).await,
            Self::Adopt { installation, apply } => adopt(desk, &installation, apply).await,
        }
    }
}

async fn list(desk: &Desk, filter: &ServiceFilter, page: &PageRequest) -> Result<Answer> {
    let found = desk.engine.store().services(filter, page).await?;
    let rows: Vec<Vec<String>> = found.items.iter().map(row).collect();
    let items = found.items.iter().map(summary).collect();
    let heads = [
        "SERVICE", "ID", "CLIENT", "PRODUCT", "STATUS", "STANDING", "HOSTNAME",
    ];
    let mut answer = Answer::listing("There is no such service.", &heads, &rows, items);
    if let Some(next) = found.next {
        answer.text = format!("{}\nThere are more: --after {next}", answer.text);
    }
    Ok(answer)
}

fn row(service: &Service) -> Vec<String> {
    vec![
        format!("{}/{}", service.installation, service.billing_id),
        service.id.to_string(),
        service.client_id.to_string(),
        service.product_id.to_string(),
        service.status.to_string(),
        service.standing.to_string(),
        service.hostname.clone().unwrap_or_default(),
    ]
}

fn summary(service: &Service) -> Value {
    json!({
        "id": service.id,
        "installation": service.installation,
        "billing_id": service.billing_id,
        "client_id": service.client_id,
        "product_id": service.product_id,
        "module": service.module,
        "platform": service.platform,
        "generation": service.generation,
        "status": service.status,
        "standing": service.standing,
        "hostname": service.hostname,
        "mapped_id": service.mapped_id,
        "created_at": service.created_at.to_string(),
    })
}

async fn show(desk: &Desk, name: &ServiceName) -> Result<Answer> {
    let view = name.view(desk).await?;
    let service = &view.service;
    let mut text = fields(&[
        (
            "service",
            format!("{}/{}", service.installation, service.billing_id),
        ),
        ("id", service.id.to_string()),
        ("client", service.client_id.to_string()),
        ("product", service.product_id.to_string()),
        ("status", service.status.to_string()),
        ("standing", service.standing.to_string()),
        ("generation", service.generation.to_string()),
        ("hostname", service.hostname.clone().unwrap_or_default()),
        (
            "platform",
            view.platform
                .as_ref()
                .map(|platform| platform.name.clone())
                .unwrap_or_default(),
        ),
        (
            "machine",
            view.link
                .as_ref()
                .map(|link| link.identity.id.clone())
                .unwrap_or_default(),
        ),
        ("old mapping", service.mapped_id.clone().unwrap_or_default()),
    ]);
    if !view.recent.is_empty() {
        text = format!("{text}\n\n{}", operation::rows(&view.recent));
    }
    for question in &view.questions {
        text = format!("{text}\n\nQuestion {}: {}", question.id, question.text);
    }
    let mut value = summary(service);
    value["link"] = json!(view.link);
    value["machine"] = json!(view.machine.as_deref());
    value["operations"] = view.recent.iter().map(operation::summary).collect();
    value["questions"] = json!(view.questions);
    Ok(Answer::new(text, value))
}

async fn adopt(desk: &Desk, installation: &InstallationId, apply: bool) -> Result<Answer> {
    let report = desk.engine.adoption_report(installation).await?;
    let rows: Vec<Vec<String>> = report
        .lines
        .iter()
        .map(|line| {
            let (finding, more) = found(&line.finding);
            vec![
                format!("{installation}/{}", line.billing_id),
                line.client_id.to_string(),
                finding.to_owned(),
                more,
            ]
        })
        .collect();
    let nothing = "No service waits for adoption. The billing system tells them: addon page, adoption.";
    let heads = ["SERVICE", "CLIENT", "FINDING", "MACHINE OR REASON"];
    let mut answer = Answer::listing(
        nothing,
        &heads,
        &rows,
        report.lines.iter().map(|line| json!(line)).collect(),
    );
    let clean = report.clean().count();
    if clean == 0 {
        return Ok(answer);
    }
    if apply {
        let linked = desk.engine.adopt(installation, &report, &desk.actor).await?.len();
        answer.text = format!(
            "{}\n{linked} services are being linked: hostler operation list --kind adopt",
            answer.text
        );
    } else {
        answer.text = format!(
            "{}\n{clean} can be linked: hostler service adopt {installation} --apply",
            answer.text
        );
    }
    Ok(answer)
}

/// A finding in a word, and what more there is to it.
fn found(finding: &Finding) -> (&'static str, String) {
    match finding {
        Finding::Matched { machine } => ("matched", machine.clone()),
        Finding::Shared { machine, with } => ("shared", format!("{machine}, with service {with}")),
        Finding::WrongOwner { machine, owner } => ("wrong owner", format!("{machine}, owned by {owner}")),
        Finding::Missing { machine } => ("missing", machine.clone()),
        Finding::Unreadable { reason } => ("unreadable", reason.clone()),
    }
}
