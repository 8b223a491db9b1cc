//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::Command;

/// Hostler: provisioning engine for hosting companies.
#[derive(Debug, Parser)]
#[command(name = "hostler", version, about, max_term_width = 110)]
pub struct CommandLine {
    /// The configuration file; /etc/hostler/hostler.toml if there is one.
    #[arg(long, global = true, env = "HOSTLER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Answers as JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Runs the engine.
    Serve,
    /// Runs the engine with a simulated panel and a small shop, to look at.
    Demo(DemoArguments),
    /// Runs a simulated platform.
    #[command(subcommand)]
    Sim(SimTask),
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigTask),
    /// Looks for what keeps billing systems from reaching the engine.
    Doctor {
        /// Also tries the bridge as this user: the one that PHP runs as. May be repeated.
        #[arg(long = "as", value_name = "USER")]
        users: Vec<String>,
    },
    /// Backups of a SQLite database.
    #[command(subcommand)]
    Backup(BackupTask),
    /// The operator's own templates, stylesheets and messages.
    #[command(subcommand)]
    Templates(TemplatesTask),
    /// Prints the OpenAPI document of the bridge.
    Openapi,
    /// Connects to a socket, for `doctor`.
    #[command(hide = true)]
    Knock {
        /// The socket.
        socket: PathBuf,
    },
    /// What the engine answers.
    #[command(flatten)]
    Engine(Command),
}

/// `hostler config`.
#[derive(Debug, Subcommand)]
pub enum ConfigTask {
    /// Checks file and environment, and says what is wrong with which setting.
    Check,
    /// Prints every setting with its explanation and default.
    Template,
}

/// `hostler templates`.
#[derive(Debug, Subcommand)]
pub enum TemplatesTask {
    /// Renders every template with samples and reads every message, and says which of the operator's own files is broken
    /// or overrides nothing.
    Check {
        /// The folder; `pages.overrides` if none.
        folder: Option<PathBuf>,
    },
    /// Writes the built-in files as a beginning. What is there is never written over.
    Export {
        /// The folder; `pages.overrides` if none.
        #[arg(long)]
        folder: Option<PathBuf>,
        /// Only these: a file or what its path begins with, as `templates/client/` or `locales/de`.
        only: Vec<String>,
    },
}

/// `hostler backup`.
#[derive(Debug, Subcommand)]
pub enum BackupTask {
    /// Writes a backup, also while the engine runs, and looks it through.
    Create {
        /// The file. It must not exist yet, and the engine's user must be able to write to its folder.
        file: PathBuf,
    },
    /// Looks a backup through and changes nothing: whether it is whole, of this key, and what is in it.
    Verify {
        /// The file.
        file: PathBuf,
    },
    /// Puts a backup into the place of the database, which is kept beside it. The engine must be stopped; when it is
    /// started, it is in recovery.
    Restore {
        /// The file.
        file: PathBuf,
    },
}

/// `hostler demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Where the shop listens on 127.0.0.1.
    #[arg(long)]
    pub port: Option<u16>,
    /// Takes one server through its whole life without a person, and ends.
    #[arg(long)]
    pub smoke: bool,
    /// Uses this VirtFusion panel in place of the simulated one: `https://panel.example.com`.
    #[arg(long, requires = "token", value_name = "URL")]
    pub panel: Option<String>,
    /// Its API token.
    #[arg(long, requires = "panel", env = "HOSTLER_DEMO_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// A file with a further certificate authority that its certificate is checked by.
    #[arg(long, requires = "panel", value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The hypervisor group to order in.
    #[arg(long, default_value_t = 1)]
    pub group: u64,
    /// The package to order.
    #[arg(long, default_value_t = 1)]
    pub package: u64,
}

/// `hostler sim`.
#[derive(Debug, Subcommand)]
pub enum SimTask {
    /// A VirtFusion panel.
    Virtfusion(VirtfusionArguments),
    /// Katapult's core API.
    Katapult(KatapultArguments),
}

/// What every simulated platform is told.
#[derive(Debug, Args)]
pub struct SimArguments {
    /// Where the platform listens.
    #[arg(long, default_value = "127.0.0.1:8443")]
    pub listen: std::net::SocketAddr,
    /// Where faults, outages, books and calls are asked for; the platform's own address, below /_sim/, if none.
    #[arg(long)]
    pub control: Option<std::net::SocketAddr>,
    /// Where the simulator's clock can be moved, at /_sim/clock. Only in test builds.
    #[cfg(feature = "test-clock")]
    #[arg(long)]
    pub clock: Option<std::net::SocketAddr>,
    /// Speaks plain HTTP.
    #[arg(long, conflicts_with = "ca_out")]
    pub plain: bool,
    /// Where the certificate authority of its certificate is written to (PEM).
    #[arg(long, value_name = "FILE", required_unless_present = "plain")]
    pub ca_out: Option<PathBuf>,
    /// The names and addresses of its certificate, beside the one it listens on. May be repeated.
    #[arg(long = "name")]
    pub names: Vec<String>,
    /// What its ids, passwords and delays follow from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The API token with all scopes.
    #[arg(long)]
    pub token: Option<String>,
    /// How long a build takes, in seconds.
    #[arg(long, default_value_t = 8)]
    pub build_seconds: u64,
}

/// `hostler sim virtfusion`.
#[derive(Debug, Args)]
pub struct VirtfusionArguments {
    /// What every simulated platform is told.
    #[command(flatten)]
    pub platform: SimArguments,
    /// The panel's generation.
    #[arg(long, value_enum, default_value_t = PanelVersion::V7)]
    pub profile: PanelVersion,
}

/// `hostler sim katapult`.
#[derive(Debug, Args)]
pub struct KatapultArguments {
    /// What every simulated platform is told.
    #[command(flatten)]
    pub platform: SimArguments,
    /// The annotations of a build stay with the build and do not reach its machine.
    #[arg(long)]
    pub annotations_stay: bool,
    /// Builds and tasks take as long as on the real platform, whatever the build's seconds say.
    #[arg(long)]
    pub recorded_times: bool,
}

/// The generations of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PanelVersion {
    /// 6.2.
    V6,
    /// 7.0.
    V7,
}
