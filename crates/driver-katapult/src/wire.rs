//! What Katapult sends, as far as we read it. Unknown fields are ignored; what a newer or older server might leave out is
//! optional, and what it means when it is missing is decided where it is used. A field of a wrong type makes the whole
//! answer unreadable: it proves nothing.

use domain::Secret;
use domain::http::Request;
use driver::Verdict;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::requests::PER_PAGE;

/// Where a page stands in its list.
#[derive(Debug, Deserialize)]
pub struct Pagination {
    /// This page, counted from 1.
    pub current_page: u64,
    /// How many there are; left out of large sets.
    #[serde(default)]
    pub total_pages: Option<u64>,
    /// How many rows a page has.
    #[serde(default)]
    pub per_page: Option<u64>,
}

/// A list with more pages than this has no end.
const MOST_PAGES: u64 = 2_000;

impl Pagination {
    /// The number of the page after the one that was asked for, where there is one. A server that answers with another
    /// page than that would be read for ever.
    pub fn next(&self, request: &Request, rows: usize) -> Result<Option<u64>, Verdict> {
        let asked = request.query.iter().find(|(key, _)| key == "page");
        let asked = asked.and_then(|(_, page)| page.parse().ok()).unwrap_or(1);
        let last = self.total_pages.unwrap_or(asked);
        if self.current_page != asked || last > MOST_PAGES || asked > MOST_PAGES {
            return Err(Verdict::Unknown(format!(
                "Katapult was asked for page {asked} of {} and answered with page {} of {last}",
                request.name, self.current_page
            )));
        }
        let full = rows as u64 >= self.per_page.unwrap_or(PER_PAGE) && rows > 0;
        let goes_on = match self.total_pages {
            Some(total) => asked < total,
            // Of a large set it is not told how many pages it has: the last is the first that is not full.
            None => full,
        };
        Ok(goes_on.then(|| asked.saturating_add(1)))
    }
}

/// A key and a value that were given to an object.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Annotation {
    /// The key.
    pub key: String,
    /// The value.
    #[serde(default)]
    pub value: Option<String>,
}

/// An organization.
#[derive(Debug, Clone, Deserialize)]
pub struct Organization {
    /// Its id (`org_…`).
    pub id: String,
    /// Its sub-domain.
    #[serde(default)]
    pub sub_domain: Option<String>,
    /// What its machines' names end in.
    #[serde(default)]
    pub infrastructure_domain: Option<String>,
    /// Whether it lies below another.
    #[serde(default)]
    pub managed: Option<bool>,
}

/// The answer to a read of one organization, and to making one.
#[derive(Debug, Deserialize)]
pub struct OneOrganization {
    /// The organization.
    pub organization: Organization,
}

/// The organizations that a token sees: all at once.
#[derive(Debug, Deserialize)]
pub struct Organizations {
    /// The rows.
    pub organizations: Vec<Organization>,
}

/// A page of organizations.
#[derive(Debug, Deserialize)]
pub struct ManagedPage {
    /// Where it stands.
    pub pagination: Pagination,
    /// The rows.
    pub organizations: Vec<Organization>,
}

/// Something of the catalogue.
#[derive(Debug, Clone, Deserialize)]
pub struct Article {
    /// By what it is ordered.
    #[serde(default)]
    pub permalink: Option<String>,
    /// What it is called.
    #[serde(default)]
    pub name: Option<String>,
    /// The least size of a disk with it, in GB.
    #[serde(default)]
    pub size_in_gb: Option<u64>,
}

/// The data centers: all at once.
#[derive(Debug, Deserialize)]
pub struct DataCenters {
    /// The rows.
    pub data_centers: Vec<Article>,
}

/// A page of the catalogue; each kind under its own name.
#[derive(Debug, Deserialize)]
pub struct ArticlePage {
    /// Where it stands.
    pub pagination: Pagination,
    /// The rows.
    #[serde(alias = "disk_templates", alias = "virtual_machine_packages")]
    pub articles: Vec<Article>,
}

/// The answer to a read of something of the catalogue; each kind under its own name.
#[derive(Debug, Deserialize)]
pub struct OneArticle {
    /// The article.
    #[serde(
        alias = "virtual_machine_package",
        alias = "data_center",
        alias = "disk_template"
    )]
    pub article: Article,
}

/// A machine as its build names it.
#[derive(Debug, Deserialize)]
pub struct Named {
    /// Its id.
    pub id: String,
}

/// A build.
#[derive(Debug, Deserialize)]
pub struct Build {
    /// Its id (`vmbuild_…`).
    pub id: String,
    /// How far it is.
    #[serde(default)]
    pub state: Option<String>,
    /// What it made, once that is there.
    #[serde(default)]
    pub virtual_machine: Option<Named>,
}

/// The answer to a build's order and to a read of it. Both names stand for the same; older servers send only one.
#[derive(Debug, Deserialize)]
pub struct OneBuild {
    /// The build.
    #[serde(default)]
    pub build: Option<Build>,
    /// The build.
    #[serde(default)]
    pub virtual_machine_build: Option<Build>,
    /// The name that the machine will have.
    #[serde(default)]
    pub hostname: Option<String>,
}

/// A data center inside a zone.
#[derive(Debug, Clone, Deserialize)]
pub struct DataCenter {
    /// By what it is ordered.
    #[serde(default)]
    pub permalink: Option<String>,
}

/// Where a machine stands.
#[derive(Debug, Clone, Deserialize)]
pub struct Zone {
    /// Its data center.
    #[serde(default)]
    pub data_center: Option<DataCenter>,
}

/// A machine's package.
#[derive(Debug, Clone, Deserialize)]
pub struct Package {
    /// By what it is ordered; lists leave it out.
    #[serde(default)]
    pub permalink: Option<String>,
    /// GB a month; null is unmetered or not told.
    #[serde(default)]
    pub monthly_bandwidth_allowance_in_gb: Option<u64>,
}

/// An address of a machine.
#[derive(Debug, Clone, Deserialize)]
pub struct IpAddress {
    /// The address.
    pub address: String,
}

/// A machine, in a read by id and, with fewer fields, in a list.
#[derive(Debug, Clone, Deserialize)]
pub struct VirtualMachine {
    /// Its id (`vm_…`), which is never used again.
    pub id: String,
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its hostname.
    #[serde(default)]
    pub hostname: Option<String>,
    /// Its whole name.
    #[serde(default)]
    pub fqdn: Option<String>,
    /// When it was made, in seconds.
    #[serde(default)]
    pub created_at: Option<i64>,
    /// Its first password. The one secret here; see [`crate::machine::Sight::login`].
    #[serde(default, deserialize_with = "hidden")]
    pub initial_root_password: Option<Secret>,
    /// What it does at present.
    #[serde(default)]
    pub state: Option<String>,
    /// Where it stands.
    #[serde(default)]
    pub zone: Option<Zone>,
    /// Whose it is.
    #[serde(default)]
    pub organization: Option<Organization>,
    /// Its package.
    #[serde(default)]
    pub package: Option<Package>,
    /// Its memory.
    #[serde(default)]
    pub memory_in_gb: Option<u64>,
    /// Its processor cores.
    #[serde(default)]
    pub cpu_cores: Option<u64>,
    /// Its addresses, the first one first.
    #[serde(default)]
    pub ip_addresses: Option<Vec<IpAddress>>,
}

/// A secret text. What is said of one that cannot be read must not repeat it.
fn hidden<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(Some(Secret::new(text))),
        Value::Null => Ok(None),
        _ => Err(D::Error::custom("not a text")),
    }
}

/// The answer to a read of one machine.
#[derive(Debug, Deserialize)]
pub struct OneMachine {
    /// The machine.
    pub virtual_machine: VirtualMachine,
    /// What was written to it.
    #[serde(default)]
    pub annotations: Vec<Annotation>,
}

/// A page of machines.
#[derive(Debug, Deserialize)]
pub struct MachinePage {
    /// Where it stands.
    pub pagination: Pagination,
    /// The rows.
    pub virtual_machines: Vec<VirtualMachine>,
}

/// What lies in the trash.
#[derive(Debug, Clone, Deserialize)]
pub struct TrashObject {
    /// What it was.
    #[serde(default)]
    pub object_id: Option<String>,
    /// Until when it can be fetched back, in seconds.
    #[serde(default)]
    pub keep_until: Option<i64>,
}

/// The answer to a read of the trash.
#[derive(Debug, Deserialize)]
pub struct OneTrashObject {
    /// What lies there.
    pub trash_object: TrashObject,
}

/// A task.
#[derive(Debug, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// How far it is.
    #[serde(default)]
    pub status: Option<String>,
}

/// The answer to a change that takes time, and to a read of its task.
#[derive(Debug, Deserialize)]
pub struct OneTask {
    /// The task.
    pub task: Task,
}

/// A disk of a machine.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Disk {
    /// Its id.
    pub id: String,
    /// Its size.
    #[serde(default)]
    pub size_in_gb: Option<u64>,
}

/// A disk, and how the machine has it.
#[derive(Debug, Deserialize)]
pub struct AttachedDisk {
    /// The disk.
    pub disk: Disk,
    /// Whether the machine boots from it.
    #[serde(default)]
    pub boot: Option<bool>,
}

/// A page of a machine's disks.
#[derive(Debug, Deserialize)]
pub struct DiskPage {
    /// Where it stands.
    pub pagination: Pagination,
    /// The rows.
    pub disks: Vec<AttachedDisk>,
}

/// A backup policy.
#[derive(Debug, Deserialize)]
pub struct Policy {
    /// Its id.
    pub id: String,
}

/// A page of backup policies.
#[derive(Debug, Deserialize)]
pub struct PolicyPage {
    /// Where it stands.
    pub pagination: Pagination,
    /// The rows.
    pub disk_backup_policies: Vec<Policy>,
}

/// A session on a console.
#[derive(Debug, Deserialize)]
pub struct ConsoleSession {
    /// Where it is. A secret.
    #[serde(deserialize_with = "hidden")]
    pub url: Option<Secret>,
    /// Whose console it is.
    #[serde(default)]
    pub virtual_machine: Option<Named>,
}

/// The answer to asking for a session.
#[derive(Debug, Deserialize)]
pub struct OneConsole {
    /// The session.
    pub console_session: ConsoleSession,
}
