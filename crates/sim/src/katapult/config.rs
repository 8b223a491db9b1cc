//! What a simulated Katapult is made of, and which of the plausible answers it gives where only a live account could
//! tell.

use std::time::Duration;

use domain::{Moment, Secret};

use super::catalogue::Catalogue;
use crate::chance::{Lag, Span};

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// An organization's, by its sub-domain: it reaches the organization and those that it manages.
    Organization(String),
    /// A person's.
    User {
        /// First and last name.
        name: (String, String),
        /// The organizations that the person may use, by sub-domain, each with those that it manages.
        organizations: Vec<String>,
    },
}

/// One API token.
#[derive(Debug, Clone)]
pub struct Token {
    /// The text after `Bearer `.
    pub text: Secret,
    /// Whose it is.
    pub owner: Owner,
    /// What it may do: `virtual_machines`, `virtual_machines:read`, …
    pub scopes: Vec<String>,
    /// Requests per minute.
    pub per_minute: u32,
    /// From when it is not valid any more.
    pub expires: Option<Moment>,
    /// Whether requests come from an address that the token admits.
    pub network_authorized: bool,
}

impl Token {
    /// A token that may do all of `scopes`, a thousand times a minute.
    pub fn new(text: &str, owner: Owner, scopes: &[&str]) -> Self {
        Self {
            text: Secret::new(text),
            owner,
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            per_minute: 1000,
            expires: None,
            network_authorized: true,
        }
    }
}

/// An organization that is not managed by another.
#[derive(Debug, Clone)]
pub struct OrganizationConfig {
    /// Its name.
    pub name: String,
    /// Its sub-domain.
    pub sub_domain: String,
    /// How many organizations it may manage.
    pub managed_limit: u32,
}

/// Whether the annotations of a build become the machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Annotations {
    /// They do.
    #[default]
    ReachTheMachine,
    /// They stay with the build.
    StayWithTheBuild,
}

/// What becomes of a machine that is deleted while it is not stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeleteRunning {
    /// It is switched off and goes to the trash.
    #[default]
    SwitchesOff,
    /// The request is refused.
    Refused,
}

/// What a power action comes to that the machine's state makes pointless: starting a started machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PointlessAction {
    /// 406 `task_queueing_error`.
    #[default]
    Refused,
    /// A task that ends at once and changes nothing.
    Accepted,
}

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// From the request to a complete build. The build begins a twentieth into it, and its machine exists at half.
    pub build: Span,
    /// From a complete build to a started machine.
    pub boot: Span,
    /// Stop.
    pub stop: Span,
    /// Shutdown.
    pub shutdown: Span,
    /// Start.
    pub start: Span,
    /// Reset.
    pub reset: Span,
    /// Change of package.
    pub package: Span,
    /// Growing a disk.
    pub grow: Span,
    /// Shrinking a disk.
    pub shrink: Span,
    /// Purging trash.
    pub purge: Span,
    /// How long a task waits before it runs.
    pub queue: Duration,
    /// How long a purged trash object is still shown.
    pub purged: Duration,
}

impl Timings {
    /// As they were recorded on the real platform.
    pub const RECORDED: Self = Self {
        build: Span::seconds(17, 37, 67),
        boot: Span::seconds(2, 6, 20),
        stop: Span::seconds(2, 4, 28),
        shutdown: Span::seconds(4, 16, 38),
        start: Span::seconds(9, 12, 24),
        reset: Span::seconds(2, 4, 28),
        package: Span::seconds(2, 6, 29),
        grow: Span::seconds(3, 3, 8),
        shrink: Span::seconds(6, 8, 8),
        purge: Span::seconds(2, 4, 10),
        queue: Duration::from_secs(1),
        purged: Duration::from_secs(3),
    };

    /// A build of `build`, and two seconds for all else.
    pub const fn fixed(build: Duration) -> Self {
        let two = Span::fixed(Duration::from_secs(2));
        Self {
            build: Span::fixed(build),
            boot: two,
            stop: two,
            shutdown: two,
            start: two,
            reset: two,
            package: two,
            grow: two,
            shrink: two,
            purge: two,
            queue: Duration::from_secs(1),
            purged: Duration::from_secs(1),
        }
    }
}

/// A simulated Katapult.
#[derive(Debug, Clone)]
pub struct Config {
    /// Ids, passwords, times and lags follow from it.
    pub seed: u64,
    /// The API tokens.
    pub tokens: Vec<Token>,
    /// The organizations that nobody manages.
    pub organizations: Vec<OrganizationConfig>,
    /// Locations, packages, templates.
    pub catalogue: Catalogue,
    /// How long things take.
    pub timings: Timings,
    /// How long the trash keeps what is put into it.
    pub trash: Duration,
    /// Whether a build's annotations reach its machine.
    pub annotations: Annotations,
    /// What becomes of a running machine that is deleted.
    pub delete_running: DeleteRunning,
    /// What a pointless power action comes to.
    pub pointless: PointlessAction,
    /// Whether an organization's token lists the organizations that it manages beside its own.
    pub lists_managed: bool,
    /// Whether answers carry the fields that are younger than the published document.
    pub newer_fields: bool,
    /// The most machines of one organization.
    pub machine_limit: u32,
    /// How many items a list has before it is a large set, whose totals are left out.
    pub large_set: usize,
    /// Scheme and host of console sessions.
    pub console_url: String,
    /// How long a console session may be opened.
    pub console: Duration,
    /// How long changes stay unseen.
    pub lag: Option<Lag>,
    /// How long past states are kept for stale reads.
    pub history: Duration,
    /// How many calls the log keeps.
    pub log_capacity: usize,
    /// Whether the ids of changed machines are kept until they are asked for.
    pub notes_changes: bool,
    /// How long an undisturbed answer takes in process.
    pub latency: Duration,
}

/// Every scope that the served endpoints ask for.
pub const SCOPES: &[&str] = &[
    "organizations:read",
    "organizations:delete",
    "managed_organizations",
    "managed_organizations:delete",
    "disk_templates",
    "virtual_machine_packages:read",
    "virtual_machines",
    "disks",
    "disk_backup_policies",
    "ip_addresses",
    "tasks",
    "trash_objects:read",
    "trash_objects:purge",
    "trash_objects:restore",
];

/// The scopes of one who may only look.
pub const READING: &[&str] = &[
    "organizations:read",
    "managed_organizations",
    "disk_templates:read",
    "virtual_machine_packages:read",
    "virtual_machines:read",
    "disks:read",
    "disk_backup_policies:read",
    "ip_addresses:read",
    "tasks:read",
    "trash_objects:read",
];

impl Config {
    /// The sub-domain of the default organization.
    pub const ORGANIZATION: &'static str = "acme";
    /// The default organization's token with all scopes.
    pub const TOKEN: &'static str = "sim-organization-token";
    /// A person's token with all scopes.
    pub const USER_TOKEN: &'static str = "sim-user-token";
    /// The default organization's token that may only read. (It may also make managed organizations, whose list has no
    /// scope of its own.)
    pub const READ_TOKEN: &'static str = "sim-read-token";
    /// The token of another organization.
    pub const OTHER_TOKEN: &'static str = "sim-other-token";

    /// The default with recorded times replaced by fixed ones.
    pub fn quick(build: Duration) -> Self {
        Self {
            timings: Timings::fixed(build),
            ..Self::default()
        }
    }
}

impl Default for Config {
    /// Two organizations, four tokens, Katapult's own catalogue, recorded times.
    fn default() -> Self {
        let organization = |name: &str, sub_domain: &str| OrganizationConfig {
            name: name.to_owned(),
            sub_domain: sub_domain.to_owned(),
            managed_limit: 100_000,
        };
        let acme = || Owner::Organization(Self::ORGANIZATION.to_owned());
        let person = Owner::User {
            name: ("Ada".to_owned(), "Lovelace".to_owned()),
            organizations: vec![Self::ORGANIZATION.to_owned()],
        };
        Self {
            seed: 1,
            tokens: vec![
                Token::new(Self::TOKEN, acme(), SCOPES),
                Token::new(Self::USER_TOKEN, person, SCOPES),
                Token::new(Self::READ_TOKEN, acme(), READING),
                Token::new(
                    Self::OTHER_TOKEN,
                    Owner::Organization("globex".to_owned()),
                    SCOPES,
                ),
            ],
            organizations: vec![
                organization("Acme Hosting", Self::ORGANIZATION),
                organization("Globex", "globex"),
            ],
            catalogue: Catalogue::default(),
            timings: Timings::RECORDED,
            trash: Duration::from_hours(48),
            annotations: Annotations::default(),
            delete_running: DeleteRunning::default(),
            pointless: PointlessAction::default(),
            lists_managed: true,
            newer_fields: true,
            machine_limit: 1000,
            large_set: 1000,
            console_url: "https://console.example.com".to_owned(),
            console: Duration::from_mins(15),
            lag: None,
            history: Duration::from_mins(2),
            log_capacity: 10_000,
            notes_changes: false,
            latency: Duration::from_millis(20),
        }
    }
}
