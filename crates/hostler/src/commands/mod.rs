//! What the command line can ask of the engine.
//!
//! Each command is one function over a [`Desk`]. It is reached in two ways that make no difference to it: through the
//! control socket, inside the running engine, or directly, in a process that has opened the store itself because no
//! engine runs. The commands are therefore values that can be sent; what lies in files is read where the person is
//! ([`Command::gather`]), before they are.

pub mod answer;
mod approve;
mod audit;
pub mod backup;
mod installation;
mod operation;
mod options;
mod platform;
mod product;
mod rdns;
mod reconcile;
mod recover;
mod sent;
mod service;
mod stock;
mod why;

pub use self::stock::StockCommand;
pub use answer::Answer;
pub use audit::AuditCommand;
pub use installation::InstallationCommand;
pub(crate) use installation::fresh_key;
pub use operation::OperationCommand;
pub use platform::PlatformCommand;
pub use product::ProductCommand;
pub use rdns::RdnsCommand;
pub use recover::RecoverCommand;
pub use service::{ServiceCommand, ServiceName};

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;
use domain::Actor;
use engine::Engine;
use serde::{Deserialize, Serialize};

/// Where commands are carried out, and for whom.
#[derive(Clone)]
pub struct Desk {
    /// The engine; running, or only opened.
    pub engine: Engine,
    /// Who asks.
    pub actor: Actor,
    /// Whether the engine runs, so that operations make progress.
    pub is_running: bool,
}

/// A command that needs the engine.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Platforms: the accounts on which machines are made.
    #[command(subcommand)]
    Platform(PlatformCommand),
    /// Installations: the billing systems connected to the engine.
    #[command(subcommand)]
    Installation(InstallationCommand),
    /// Products: what the engine does for each.
    #[command(subcommand)]
    Product(ProductCommand),
    /// Stock: how many more of each product can be sold.
    #[command(subcommand)]
    Stock(StockCommand),
    /// Reverse DNS: what addresses are called.
    #[command(subcommand)]
    Rdns(RdnsCommand),
    /// Services: what clients bought.
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Operations: the changes under way, and the questions they ask.
    #[command(subcommand)]
    Operation(OperationCommand),
    /// The audit: who did what, in lines that are chained by hash.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Compares a restored store with platforms and billing systems, shows what is sure and what is not, and ends the
    /// recovery.
    Recover(RecoverCommand),
    /// Writes a backup: `hostler backup create`.
    #[command(skip)]
    Backup {
        /// The file.
        file: PathBuf,
    },
}

impl Command {
    /// Reads the files that the command names, on the person's side.
    pub fn gather(&mut self) -> Result<()> {
        match self {
            Self::Platform(command) => command.gather(),
            Self::Backup { file } => {
                // The engine has a working directory of its own.
                *file = std::path::absolute(&*file).context("the backup's file has no name")?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether it has to know first whether the store can be relied on, as an engine that starts.
    pub const fn begins_as_the_engine(&self) -> bool {
        matches!(self, Self::Recover(_))
    }

    /// Carries the command out.
    pub async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::Platform(command) => Box::pin(command.run(desk)).await,
            Self::Installation(command) => Box::pin(command.run(desk)).await,
            Self::Product(command) => Box::pin(command.run(desk)).await,
            Self::Stock(command) => Box::pin(command.run(desk)).await,
            Self::Rdns(command) => Box::pin(command.run(desk)).await,
            Self::Service(command) => Box::pin(command.run(desk)).await,
            Self::Operation(command) => Box::pin(command.run(desk)).await,
            Self::Audit(command) => Box::pin(command.run(desk)).await,
            Self::Recover(command) => Box::pin(command.run(desk)).await,
            Self::Backup { file } => Box::pin(backup::create(desk, &file)).await,
        }
    }
}
