//! What can be set.

use std::path::{Path, PathBuf};

use confique::Config;

use super::value::{Listen, LogFormat, Mode, ResolverList};

/// Hostler's configuration. Every setting has a default; a line is only needed for what shall differ.
///
/// Durations are named with their unit. A relative path is relative to the working directory.
#[derive(Debug, Clone, Config)]
pub struct Settings {
    /// Where the records are kept.
    #[config(nested)]
    pub database: DatabaseSettings,
    /// Where billing systems reach the engine.
    #[config(nested)]
    pub bridge: BridgeSettings,
    /// The operator's pages on this host.
    #[config(nested)]
    pub operator: OperatorSettings,
    /// The consoles of machines, relayed by the engine.
    #[config(nested)]
    pub console: ConsoleSettings,
    /// How the command line reaches a running engine.
    #[config(nested)]
    pub control: ControlSettings,
    /// How operations are driven.
    #[config(nested)]
    pub engine: EngineSettings,
    /// How platforms are asked.
    #[config(nested)]
    pub outbound: OutboundSettings,
    /// Katapult, as it is proposed from a billing system.
    #[config(nested)]
    pub katapult: KatapultSettings,
    /// What the pages are made from.
    #[config(nested)]
    pub pages: PageSettings,
    /// What is logged, and how.
    #[config(nested)]
    pub log: LogSettings,
    /// The process.
    #[config(nested)]
    pub runtime: RuntimeSettings,
    /// The demonstration: `hostler demo`.
    #[config(nested)]
    pub demo: DemoSettings,
}

/// Where the records are kept.
#[derive(Debug, Clone, Config)]
pub struct DatabaseSettings {
    /// `sqlite:/path/to/file` for one engine, or `postgres://user@host/name` for several side by side.
    #[config(env = "HOSTLER_DATABASE_URL", default = "sqlite:/var/lib/hostler/hostler.db")]
    pub url: String,
    /// The schema of PostgreSQL, where it is not the user's own first one.
    #[config(env = "HOSTLER_DATABASE_SCHEMA")]
    pub schema: Option<String>,
    /// The file with the key that encrypts credentials. It is made at the first start. Back it up, apart from the
    /// database: without it every stored credential is lost.
    #[config(env = "HOSTLER_DATABASE_KEY_FILE", default = "/var/lib/hostler/key")]
    pub key_file: PathBuf,
    /// A small file outside the database by which one that was restored behind the engine's back is recognised. Without
    /// a path it lies beside the SQLite database and has its name (`hostler.tide`); on PostgreSQL it is `tide` beside
    /// the key file, and each engine needs its own.
    #[config(env = "HOSTLER_DATABASE_TIDE_FILE")]
    pub tide_file: Option<PathBuf>,
    /// Connections open at once; without a number 4 for SQLite and 10 for PostgreSQL.
    #[config(env = "HOSTLER_DATABASE_CONNECTIONS")]
    pub connections: Option<u32>,
    /// How long a query waits for a connection or for the write lock, in seconds.
    #[config(env = "HOSTLER_DATABASE_WAIT_SECONDS", default = 10)]
    pub wait_seconds: u32,
}

impl DatabaseSettings {
    /// The file of a `SQLite` database.
    pub fn sqlite_file(&self) -> Option<&Path> {
        let path = self.url.strip_prefix("sqlite:")?;
        Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
    }

    /// Where the database's tide mark is kept.
    pub fn tide(&self) -> PathBuf {
        self.tide_file
            .clone()
            .unwrap_or_else(|| match self.sqlite_file() {
                Some(database) => database.with_extension("tide"),
                None => self.key_file.with_file_name("tide"),
            })
    }
}

/// Where billing systems reach the engine.
#[derive(Debug, Clone, Config)]
pub struct BridgeSettings {
    /// The Unix socket for a billing system on this host.
    #[config(env = "HOSTLER_BRIDGE_SOCKET", default = "/run/hostler/bridge.sock")]
    pub socket: PathBuf,
    /// The socket's mode. Every message is signed, so the mode may let all local users in.
    #[config(env = "HOSTLER_BRIDGE_SOCKET_MODE", default = "0666")]
    pub socket_mode: Mode,
    /// The mode of the socket's directory, where the engine makes it.
    #[config(env = "HOSTLER_BRIDGE_DIRECTORY_MODE", default = "0755")]
    pub directory_mode: Mode,
    /// The address for billing systems in jails and containers, with `/healthz`, `/readyz` and `/metrics`; `off` for
    /// none. Messages are signed but not encrypted: only loopback and private addresses are accepted.
    #[config(env = "HOSTLER_BRIDGE_LISTEN", default = "127.0.0.1:8701")]
    pub listen: Listen,
    /// How many calls of one installation may wait for their milestone at once; further ones are answered at once with
    /// a sentence.
    #[config(env = "HOSTLER_BRIDGE_WAITING_CALLS", default = 64)]
    pub waiting_calls: u32,
}

/// The operator's pages on this host.
#[derive(Debug, Clone, Config)]
pub struct OperatorSettings {
    /// The address of the operator's pages, loopback only because there is no login; `off` for none. Operators reach
    /// the same pages through their billing system.
    #[config(env = "HOSTLER_OPERATOR_LISTEN", default = "off")]
    pub listen: Listen,
}

/// The consoles of machines, relayed by the engine.
#[derive(Debug, Clone, Config)]
pub struct ConsoleSettings {
    /// The address for browsers that look at consoles, behind a web server that speaks TLS; `off` for none, and browsers
    /// go straight to the panel. What is typed is not encrypted here: only loopback and private addresses are accepted.
    #[config(env = "HOSTLER_CONSOLE_LISTEN", default = "off")]
    pub listen: Listen,
    /// Where browsers reach `/console` of that address: `https://console.example.com`, or the billing system's own
    /// `https://shop.example.com` where its web server hands that path on.
    #[config(env = "HOSTLER_CONSOLE_PUBLIC_ORIGIN")]
    pub public_origin: Option<String>,
    /// After how many minutes a console is closed that nobody uses, relayed or not; at most 1440.
    #[config(env = "HOSTLER_CONSOLE_IDLE_MINUTES", default = 15)]
    pub idle_minutes: u32,
    /// After how many hours every console is closed, relayed or not; at most 168.
    #[config(env = "HOSTLER_CONSOLE_TOTAL_HOURS", default = 8)]
    pub total_hours: u32,
    /// How many consoles the engine relays at once.
    #[config(env = "HOSTLER_CONSOLE_AT_ONCE", default = 50)]
    pub at_once: u32,
}

/// How the command line reaches a running engine.
#[derive(Debug, Clone, Config)]
pub struct ControlSettings {
    /// The Unix socket of the command line. Only the engine's user and root can use it.
    #[config(env = "HOSTLER_CONTROL_SOCKET", default = "/run/hostler/control.sock")]
    pub socket: PathBuf,
}

/// How operations are driven.
#[derive(Debug, Clone, Config)]
pub struct EngineSettings {
    /// Operations driven at once, at most half of them for one platform.
    #[config(env = "HOSTLER_ENGINE_WORKERS", default = 64)]
    pub workers: u32,
    /// How long a machine whose service vanished from the billing system, or whose order was cancelled, is kept
    /// suspended before it is ended, in hours; at least 24.
    #[config(env = "HOSTLER_ENGINE_VANISHED_GRACE_HOURS", default = 72)]
    pub vanished_grace_hours: u32,
    /// How often each platform's complete list is compared with the links, in minutes; 5 to 1440.
    #[config(env = "HOSTLER_ENGINE_RECONCILE_MINUTES", default = 60)]
    pub reconcile_minutes: u32,
    /// Whether what pages show is read in the background, before anybody opens a page.
    #[config(env = "HOSTLER_ENGINE_SWEEP", default = true)]
    pub sweep: bool,
    /// How old a machine's state may become before the platform's list is read again, in minutes; 1 to 1440.
    #[config(env = "HOSTLER_ENGINE_STATE_MINUTES", default = 10)]
    pub state_minutes: u32,
    /// How old a machine's traffic may become before it is read again, in minutes; 5 to 10080. It costs one request per
    /// machine.
    #[config(env = "HOSTLER_ENGINE_TRAFFIC_MINUTES", default = 60)]
    pub traffic_minutes: u32,
    /// How old what a machine's guest says of its disks may become while no page is open, in hours; 0 to 720, 0 for no
    /// such reading. It costs one request per machine, for which the platform asks the machine's hypervisor.
    #[config(env = "HOSTLER_ENGINE_DISK_HOURS", default = 24)]
    pub disk_hours: u32,
    /// How old what is known of platforms' room may become where nothing happens, in minutes; 5 to 1440. What changes is read
    /// at once.
    #[config(env = "HOSTLER_ENGINE_STOCK_SWEEP_MINUTES", default = 120)]
    pub stock_sweep_minutes: u32,
    /// How long a hostname that does not lead to its address yet is looked up again, after a machine got the address or the
    /// hostname, in hours; 1 to 168.
    #[config(env = "HOSTLER_ENGINE_NAMES_PATIENCE_HOURS", default = 24)]
    pub names_patience_hours: u32,
    /// How often the names of all addresses are looked after where there is a name server, in hours; 1 to 168.
    #[config(env = "HOSTLER_ENGINE_NAMES_HOURS", default = 24)]
    pub names_hours: u32,
    /// How long finished refreshes of what pages show are kept, in hours; at most 720.
    #[config(env = "HOSTLER_ENGINE_KEEP_REFRESHES_HOURS", default = 1)]
    pub keep_refreshes_hours: u32,
    /// How long finished operations, settled effects and answered questions stay at hand, in days; at most 3650. The
    /// operations then go to the archive.
    #[config(env = "HOSTLER_ENGINE_KEEP_OPERATIONS_DAYS", default = 90)]
    pub keep_operations_days: u32,
    /// After how many days finished operations are removed from the archive; no less than `keep_operations_days`, at
    /// most 36500.
    #[config(env = "HOSTLER_ENGINE_KEEP_ARCHIVE_DAYS", default = 730)]
    pub keep_archive_days: u32,
    /// How long a stopping engine lets open platform requests end, in seconds; at most 9.
    #[config(env = "HOSTLER_ENGINE_STOP_SECONDS", default = 8)]
    pub stop_seconds: u32,
}

/// How platforms are asked. Rates are set per platform: `hostler platform approve`.
#[derive(Debug, Clone, Config)]
pub struct OutboundSettings {
    /// How long opening a connection may take, in seconds.
    #[config(env = "HOSTLER_OUTBOUND_CONNECT_SECONDS", default = 10)]
    pub connect_seconds: u32,
    /// How long a request and its answer may take, in seconds. A platform that answers at once is given less: Katapult 5.
    #[config(env = "HOSTLER_OUTBOUND_TOTAL_SECONDS", default = 30)]
    pub total_seconds: u32,
    /// The same for requests that create something, where it shall differ; it holds for every platform.
    #[config(env = "HOSTLER_OUTBOUND_CREATE_SECONDS")]
    pub create_seconds: Option<u32>,
    /// Who is asked what a hostname leads to: addresses, with a port where it is not 53, separated by commas; or `system` for
    /// the system's own. Each is asked by itself, and what one does not confirm is not confirmed.
    #[config(env = "HOSTLER_OUTBOUND_RESOLVERS", default = "system")]
    pub resolvers: ResolverList,
}

/// Katapult, as it is proposed from a billing system.
#[derive(Debug, Clone, Config)]
pub struct KatapultSettings {
    /// The host of its API, for platforms whose key is typed into a billing system: people type the key there and never
    /// the address. Platforms that are known already keep theirs.
    #[config(env = "HOSTLER_KATAPULT_API_HOST", default = "api.katapult.io")]
    pub api_host: String,
}

/// What the pages are made from.
#[derive(Debug, Clone, Config)]
pub struct PageSettings {
    /// A directory with own `templates/` and `assets/`, which replace the built-in files of the same name, and
    /// `locales/<language>/*.ftl`, which replace the built-in messages one by one or add a language; all live.
    /// `hostler templates export` writes the built-in files there as a beginning, `hostler templates check` tries what is
    /// there. What is broken is told in the log, and the built-in file is used.
    #[config(env = "HOSTLER_PAGES_OVERRIDES")]
    pub overrides: Option<PathBuf>,
}

/// What is logged, and how.
#[derive(Debug, Clone, Config)]
pub struct LogSettings {
    /// `json`, `text`, or `auto`: text to a terminal, JSON otherwise.
    #[config(env = "HOSTLER_LOG_FORMAT", default = "auto")]
    pub format: LogFormat,
    /// Which lines: a level, or levels by part (`info,outbound=debug`).
    #[config(env = "HOSTLER_LOG_FILTER", default = "info")]
    pub filter: String,
}

/// The process.
#[derive(Debug, Clone, Config)]
pub struct RuntimeSettings {
    /// Threads that run the engine; fewer keep its memory small.
    #[config(env = "HOSTLER_RUNTIME_THREADS", default = 2)]
    pub threads: u32,
}

/// The demonstration: `hostler demo`.
#[derive(Debug, Clone, Config)]
pub struct DemoSettings {
    /// Where its shop listens on 127.0.0.1.
    #[config(env = "HOSTLER_DEMO_PORT", default = 8700)]
    pub port: u16,
}
