//! What the panel sends, as far as we read it. Unknown fields are ignored; every field that a panel version might leave
//! out is optional, and what it means when it is missing is decided where it is used.

mod network;
mod page;
pub mod resources;

use domain::Secret;
use domain::http::Request;
use driver::Verdict;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::loose;
use crate::machine::{ADMINISTRATOR, WINDOWS_ADMINISTRATOR, is_windows};

pub use network::{HostAddress, Interface, Ipv6, Network};
pub use page::{Backup, Currency, HourlyStats, Report, Spent, Traffic, TrafficMonth, Usage, UsagePeriod};

/// The envelope of single objects.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub struct Single<T> {
    /// The object.
    pub data: T,
}

/// The envelope of lists, paged or not.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub struct List<T> {
    /// The rows. Required: a list without it is no empty list.
    pub data: Vec<T>,
    /// This page, where the list has pages.
    #[serde(default, deserialize_with = "loose::amount")]
    pub current_page: Option<u64>,
    /// The last page, where the list has pages.
    #[serde(default, deserialize_with = "loose::amount")]
    pub last_page: Option<u64>,
}

/// A list with more pages than this has no end.
const MOST_PAGES: u64 = 2_000;

impl<T> List<T> {
    /// The number of the page after the one that was asked for, where there is one. A panel that answers with another
    /// page than that would be read for ever.
    pub fn next_page(&self, request: &Request) -> Result<Option<u64>, Verdict> {
        let (Some(current), Some(last)) = (self.current_page, self.last_page) else {
            return Ok(None);
        };
        let asked = request.query.iter().find(|(key, _)| key == "page");
        let asked = asked.and_then(|(_, page)| page.parse().ok()).unwrap_or(1);
        if current != asked || last > MOST_PAGES {
            return Err(Verdict::Unknown(format!(
                "The panel was asked for page {asked} of {} and answered with page {current} of {last}",
                request.name
            )));
        }
        Ok((current < last).then(|| current.saturating_add(1)))
    }
}

/// What tells one server in a list from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The server's id, which the panel may use again.
    #[serde(deserialize_with = "loose::id")]
    pub id: u64,
    /// Its uuid, which never changes, where the list shows it.
    #[serde(default, deserialize_with = "loose::text")]
    pub uuid: Option<String>,
}

impl Row {
    /// Whether both may be the same server: the same id, and no two uuids that differ.
    pub fn may_be(&self, other: &Self) -> bool {
        let differ = self.uuid.is_some() && other.uuid.is_some() && self.uuid != other.uuid;
        self.id == other.id && !differ
    }
}

/// A user.
#[derive(Debug, Deserialize)]
pub struct User {
    /// Its id.
    #[serde(deserialize_with = "loose::id")]
    pub id: u64,
    /// The integer relation.
    #[serde(default, rename = "extRelationId", deserialize_with = "loose::text")]
    pub relation: Option<String>,
    /// Its address.
    #[serde(default, deserialize_with = "loose::text")]
    pub email: Option<String>,
}

/// A server.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    /// Its id, which the panel may use again.
    #[serde(deserialize_with = "loose::id")]
    pub id: u64,
    /// Its uuid, which never changes.
    #[serde(default, deserialize_with = "loose::text")]
    pub uuid: Option<String>,
    /// The owning user's id.
    #[serde(default, deserialize_with = "loose::amount")]
    pub owner_id: Option<u64>,
    /// The owning user; in short list rows a bare id.
    #[serde(default, deserialize_with = "loose::object")]
    pub owner: Option<Owner>,
    /// The display name; empty until it is built.
    #[serde(default, deserialize_with = "loose::text")]
    pub name: Option<String>,
    /// The hostname.
    #[serde(default, deserialize_with = "loose::text")]
    pub hostname: Option<String>,
    /// 0 before the first build, 3 when built.
    #[serde(default, deserialize_with = "loose::number")]
    pub commission_status: Option<i64>,
    /// `allocated`, `queued`, `complete`, `failed`, or another word.
    #[serde(default, deserialize_with = "loose::text")]
    pub state: Option<String>,
    /// Whether it is held.
    #[serde(default, deserialize_with = "loose::flag")]
    pub suspended: Option<bool>,
    /// Whether its last build failed.
    #[serde(default, deserialize_with = "loose::flag")]
    pub build_failed: Option<bool>,
    /// When it was created.
    #[serde(default, deserialize_with = "loose::text")]
    pub created: Option<String>,
    /// When it was last built.
    #[serde(default, deserialize_with = "loose::text")]
    pub built: Option<String>,
    /// What its guest's agent says.
    #[serde(default, deserialize_with = "loose::object")]
    pub qemu_agent: Option<GuestAgent>,
    /// Its settings.
    #[serde(default, deserialize_with = "loose::object")]
    pub settings: Option<Settings>,
    /// Its processors.
    #[serde(default, deserialize_with = "loose::object")]
    pub cpu: Option<Cpu>,
    /// Its operating system.
    #[serde(default, deserialize_with = "loose::object")]
    pub os: Option<Os>,
    /// Its networks.
    #[serde(default, deserialize_with = "loose::object")]
    pub network: Option<Network>,
    /// Its disks.
    #[serde(default, deserialize_with = "loose::list")]
    pub storage: Vec<Disk>,
    /// Where it lies.
    #[serde(default, deserialize_with = "loose::object")]
    pub hypervisor: Option<Hypervisor>,
    /// The hypervisor's id.
    #[serde(default, deserialize_with = "loose::amount")]
    pub hypervisor_id: Option<u64>,
    /// What the panel does with it at present.
    #[serde(default, deserialize_with = "loose::object")]
    pub tasks: Option<Tasks>,
    /// What the hypervisor says; `false` unless it was asked and answered.
    #[serde(default, deserialize_with = "loose::object")]
    pub remote_state: Option<RemoteState>,
    /// The job that a change started, in answers to changes.
    #[serde(default, deserialize_with = "loose::amount")]
    pub queue_id: Option<u64>,
}

/// A server's owner.
#[derive(Debug, Deserialize)]
pub struct Owner {
    /// The user's id.
    #[serde(default, deserialize_with = "loose::amount")]
    pub id: Option<u64>,
}

/// A server's settings.
#[derive(Debug, Deserialize)]
pub struct Settings {
    /// What it was given.
    #[serde(default, deserialize_with = "loose::object")]
    pub resources: Option<Resources>,
}

/// What a server was given.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// MB.
    #[serde(default, deserialize_with = "loose::amount")]
    pub memory: Option<u64>,
    /// GB.
    #[serde(default, deserialize_with = "loose::amount")]
    pub storage: Option<u64>,
    /// GB a month; 0 is unmetered.
    #[serde(default, deserialize_with = "loose::amount")]
    pub traffic: Option<u64>,
    /// Processor cores.
    #[serde(default, deserialize_with = "loose::amount")]
    pub cpu_cores: Option<u64>,
}

/// A server's processors.
#[derive(Debug, Deserialize)]
pub struct Cpu {
    /// How many.
    #[serde(default, deserialize_with = "loose::amount")]
    pub cores: Option<u64>,
}

/// A server's operating system.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Os {
    /// The template's name.
    #[serde(default, deserialize_with = "loose::text")]
    pub template_name: Option<String>,
}

/// What a guest's agent says.
#[derive(Debug, Deserialize)]
pub struct GuestAgent {
    /// Its system.
    #[serde(default, deserialize_with = "loose::object")]
    pub os: Option<GuestSystem>,
}

/// A guest's system, in its own words.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct GuestSystem {
    /// `Debian GNU/Linux 12 (bookworm)`.
    #[serde(default, deserialize_with = "loose::text")]
    pub pretty_name: Option<String>,
    /// `debian`, `mswindows`.
    #[serde(default, deserialize_with = "loose::text")]
    pub id: Option<String>,
}

/// A disk.
#[derive(Debug, Deserialize)]
pub struct Disk {
    /// GB.
    #[serde(default, deserialize_with = "loose::amount")]
    pub capacity: Option<u64>,
    /// Whether it is the system disk.
    #[serde(default, deserialize_with = "loose::flag")]
    pub primary: Option<bool>,
}

/// Where a server lies.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hypervisor {
    /// The hypervisor group's id.
    #[serde(default, deserialize_with = "loose::amount")]
    pub group_id: Option<u64>,
}

/// What the panel does with a server.
#[derive(Debug, Deserialize)]
pub struct Tasks {
    /// Whether anything runs.
    #[serde(default, deserialize_with = "loose::flag")]
    pub active: Option<bool>,
}

/// What the hypervisor says.
#[derive(Debug, Deserialize)]
pub struct RemoteState {
    /// `running`, `shutoff`, …
    #[serde(default, deserialize_with = "loose::text")]
    pub state: Option<String>,
}

/// A package.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Package {
    /// Its id.
    #[serde(default, deserialize_with = "loose::amount")]
    pub id: Option<u64>,
    /// MB.
    #[serde(default, deserialize_with = "loose::amount")]
    pub memory: Option<u64>,
    /// GB.
    #[serde(default, deserialize_with = "loose::amount")]
    pub primary_storage: Option<u64>,
    /// GB a month; 0 is unmetered.
    #[serde(default, deserialize_with = "loose::amount")]
    pub traffic: Option<u64>,
    /// Processor cores.
    #[serde(default, deserialize_with = "loose::amount")]
    pub cpu_cores: Option<u64>,
    /// Whether it can be ordered.
    #[serde(default, deserialize_with = "loose::flag")]
    pub enabled: Option<bool>,
    /// The code of the storage's type; 0 is the hypervisor's own disks.
    #[serde(default, deserialize_with = "loose::amount")]
    pub primary_storage_profile: Option<u64>,
}

/// An SSH key.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SshKey {
    /// Its id.
    #[serde(deserialize_with = "loose::id")]
    pub id: u64,
    /// Its name.
    #[serde(default, deserialize_with = "loose::text")]
    pub name: Option<String>,
    /// Since when it is there.
    #[serde(default, deserialize_with = "loose::text")]
    pub created: Option<String>,
    /// The key's text; missing in the answer to an upload.
    #[serde(default, deserialize_with = "loose::text")]
    pub public_key: Option<String>,
    /// Whether it may be used.
    #[serde(default, deserialize_with = "loose::flag")]
    pub enabled: Option<bool>,
}

/// A family of operating systems.
#[derive(Debug, Deserialize)]
pub struct TemplateGroup {
    /// Its name.
    #[serde(default, deserialize_with = "loose::text")]
    pub name: Option<String>,
    /// The file name of its picture.
    #[serde(default, deserialize_with = "loose::text")]
    pub icon: Option<String>,
    /// What can be installed of it. Required: a list of something else is no list of families.
    #[serde(deserialize_with = "loose::list")]
    pub templates: Vec<Template>,
}

/// An operating system that can be installed.
#[derive(Debug, Deserialize)]
pub struct Template {
    /// Its id.
    #[serde(deserialize_with = "loose::id")]
    pub id: u64,
    /// `Debian`.
    #[serde(default, deserialize_with = "loose::text")]
    pub name: Option<String>,
    /// `12 (Bookworm)`.
    #[serde(default, deserialize_with = "loose::text")]
    pub version: Option<String>,
    /// `Minimal`.
    #[serde(default, deserialize_with = "loose::text")]
    pub variant: Option<String>,
    /// What there is to say about it.
    #[serde(default, deserialize_with = "loose::text")]
    pub description: Option<String>,
    /// The file name of its picture.
    #[serde(default, deserialize_with = "loose::text")]
    pub icon: Option<String>,
    /// Whether its maker has ended it.
    #[serde(default, rename = "eol", deserialize_with = "loose::flag")]
    pub ended: Option<bool>,
    /// `linux`, `windows`.
    #[serde(default, rename = "type", deserialize_with = "loose::text")]
    pub family: Option<String>,
}

impl Template {
    /// The user inside a machine of this system who may do everything.
    pub fn administrator(&self) -> &'static str {
        match self.family.as_deref().map(is_windows) {
            Some(true) => WINDOWS_ADMINISTRATOR,
            _ => ADMINISTRATOR,
        }
    }
}

/// The answer to a build.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Built {
    /// The job, where it is named.
    #[serde(default, deserialize_with = "loose::amount")]
    pub queue_id: Option<u64>,
    #[serde(default, deserialize_with = "loose::object")]
    settings: Option<BuiltSettings>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuiltSettings {
    #[serde(default)]
    decrypted_password: Option<Secret>,
}

impl Built {
    /// The new system's first password, where the panel shows it.
    pub fn password(self) -> Option<Secret> {
        let password = self.settings?.decrypted_password?;
        (!password.is_empty()).then_some(password)
    }
}

/// The answer to a new password inside a machine.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordReset {
    /// The job; null when there was nothing to do.
    #[serde(default, deserialize_with = "loose::amount")]
    pub queue_id: Option<u64>,
    /// The password, once the job is done.
    #[serde(default)]
    pub expected_password: Option<Secret>,
}

/// The answer to a new password of an account.
#[derive(Debug, Deserialize)]
pub struct AccountReset {
    /// What the account is signed in with.
    pub email: String,
    /// The password.
    pub password: Secret,
}

/// A console, in its envelope.
#[derive(Debug, Deserialize)]
pub struct Console {
    /// The console.
    pub vnc: Vnc,
}

/// How a console is reached.
#[derive(Debug, Deserialize)]
pub struct Vnc {
    /// What it asks for.
    #[serde(default)]
    pub password: Option<Secret>,
    /// Where it is reached over the web.
    #[serde(default, deserialize_with = "loose::object")]
    pub wss: Option<ConsoleSocket>,
}

/// Where a console is reached over the web.
#[derive(Debug, Deserialize)]
pub struct ConsoleSocket {
    /// The path below the panel's own address, with its token.
    #[serde(default)]
    pub url: Option<Secret>,
}

/// The job that a change started.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    /// Its id; null when there was nothing to do.
    #[serde(default, deserialize_with = "loose::amount")]
    pub queue_id: Option<u64>,
}

/// A job of the panel.
#[derive(Debug, Deserialize)]
pub struct Job {
    /// When it ended, well or badly.
    #[serde(default, deserialize_with = "loose::text")]
    pub finished: Option<String>,
    /// When, or whether, it failed.
    #[serde(default, deserialize_with = "loose::text")]
    pub failed: Option<String>,
    /// 0 to 100.
    #[serde(default, deserialize_with = "loose::amount")]
    pub progress: Option<u64>,
}

impl Job {
    /// Whether it failed: the panel sends a date, a flag or a number.
    pub fn has_failed(&self) -> bool {
        self.failed.as_deref().is_some_and(said)
    }

    /// Whether it ended well.
    pub fn has_finished(&self) -> bool {
        self.finished.as_deref().is_some_and(said) && !self.has_failed()
    }
}

/// Whether a text that stands for a moment or a flag says yes.
pub fn said(text: &str) -> bool {
    !matches!(text.trim(), "" | "0" | "false")
}

/// The remarks of a package change.
#[derive(Debug, Default, Deserialize)]
pub struct Remarks {
    /// One sentence each.
    #[serde(default, deserialize_with = "loose::list")]
    pub info: Vec<String>,
}

/// A one-time sign-on.
#[derive(Debug, Deserialize)]
pub struct SignOn {
    /// Its parts.
    pub authentication: Authentication,
}

/// A sign-on's parts.
#[derive(Debug, Deserialize)]
pub struct Authentication {
    /// The path with its query, below the panel's own address.
    pub endpoint_complete: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests;

    fn page(current: u64, last: u64) -> List<Row> {
        List {
            data: Vec::new(),
            current_page: Some(current),
            last_page: Some(last),
        }
    }

    #[test]
    fn the_next_page_is_the_one_after_the_one_that_was_asked_for() {
        assert_eq!(page(1, 3).next_page(&requests::list_servers(1)), Ok(Some(2)));
        assert_eq!(page(3, 3).next_page(&requests::list_servers(3)), Ok(None));
        let unnumbered = requests::list_user_servers(7, None);
        assert_eq!(page(1, 2).next_page(&unnumbered), Ok(Some(2)));
    }

    #[test]
    fn a_panel_that_ignores_the_page_or_has_no_last_one_is_not_read_for_ever() {
        for (asked, current, last) in [(2, 1, 3), (3, 2, 3), (1, 1, u64::MAX)] {
            let next = page(current, last).next_page(&requests::list_servers(asked));
            assert!(matches!(next, Err(Verdict::Unknown(_))), "{next:?}");
        }
    }
}
