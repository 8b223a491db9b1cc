//! `hostler rdns`: diagnose, list, set, reconcile.

mod change;
mod diagnose;
mod list;
mod run;

use std::net::IpAddr;

use anyhow::{Result, bail};
use clap::Subcommand;
use domain::id::InstallationId;
use domain::record::{Platform, PlatformKind, PlatformState};
use engine::{Hostname, parse_address};
use serde::{Deserialize, Serialize};
use store::PageRequest;

use super::Desk;
use super::answer::Answer;
use super::service::Named;

/// What is said where names are nobody's business.
const NO_SERVER: &str = "reverse DNS is not set up: no name server is approved; hostler platform propose --kind powerdns, \
                         then hostler platform approve";

/// What can be asked about the names of addresses.
#[derive(Debug, Clone, Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RdnsCommand {
    /// Says everything that concerns an address's name: whose machine has it, what the hostname leads to by each resolver,
    /// which zone of which name server holds it, what is there, and what would be done. Nothing is changed.
    Diagnose {
        /// The address.
        address: String,
        /// A hostname to try in the place of the machine's own.
        #[arg(long)]
        host: Option<String>,
    },
    /// Lists the names of addresses as they were last seen. No name server is asked.
    List {
        /// Of this service (`svc_…`, INSTALLATION/ID, or the id alone); of all if none.
        service: Option<Named>,
        /// Only of this installation.
        #[arg(long)]
        installation: Option<InstallationId>,
        /// Reads them first.
        #[arg(long)]
        refresh: bool,
        /// Of how many services, at most 500.
        #[arg(long, default_value_t = 50)]
        limit: u64,
        /// Continues a listing that was cut.
        #[arg(long)]
        after: Option<String>,
    },
    /// Sets the name of one address of a service's machine, and waits until whoever answers for its zone has it. The
    /// hostname has to lead to the address.
    Set {
        /// Which one (`svc_…`, INSTALLATION/ID, or the id alone).
        service: Named,
        /// The address; one inside a prefix of the machine's, too.
        #[arg(value_parser = parse_address)]
        address: IpAddr,
        /// The hostname; without one the name is removed.
        host: Option<Hostname>,
        /// The service's installation, where there are several.
        #[arg(long)]
        installation: Option<InstallationId>,
    },
    /// Looks after names now, as is done once a day: writes those that are missing where the hostname leads back, leaves
    /// what is there, and waits until that is done.
    Reconcile {
        /// Of this service (`svc_…`, INSTALLATION/ID, or the id alone); of all if none.
        service: Option<Named>,
        /// Only of this installation.
        #[arg(long)]
        installation: Option<InstallationId>,
        /// Writes the machines' hostnames over whatever is there, also over what clients have set. Without --yes it is only
        /// shown what would be written over.
        #[arg(long)]
        reset: bool,
        /// Changes nothing, and shows what would be done.
        #[arg(long)]
        dry_run: bool,
        /// Writes over what is there.
        #[arg(long, requires = "reset", conflicts_with = "dry_run")]
        yes: bool,
        /// How many addresses are shown one by one, at most 5000: those that would change first. All are counted.
        #[arg(long, default_value_t = 500)]
        limit: u64,
    },
}

impl RdnsCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::Diagnose { address, host } => diagnose::diagnose(desk, &address, host.as_deref()).await,
            Self::List {
                service,
                installation,
                refresh,
                limit,
                after,
            } => {
                if refresh {
                    need_server(desk).await?;
                }
                let page = after.map_or(PageRequest::first(limit), |cursor| {
                    PageRequest::after(cursor, limit)
                });
                match service {
                    Some(service) => {
                        let view = service.view(desk, installation.as_ref()).await?;
                        list::of_one(desk, &view, refresh).await
                    }
                    None => list::of_all(desk, installation, refresh, &page).await,
                }
            }
            Self::Set {
                service,
                address,
                host,
                installation,
            } => {
                let view = service.view(desk, installation.as_ref()).await?;
                change::set(desk, &view.service, address, host).await
            }
            Self::Reconcile {
                service,
                installation,
                reset,
                dry_run,
                yes,
                limit,
            } => {
                let run = run::meant(desk, service, installation, reset).await?;
                need_server(desk).await?;
                if dry_run || (reset && !yes) {
                    run::preview(desk, &run, dry_run, limit).await
                } else {
                    run::carry_out(desk, &run).await
                }
            }
        }
    }
}

/// An error where there is no name server.
async fn need_server(desk: &Desk) -> Result<()> {
    let is_used = |one: &Platform| one.kind == PlatformKind::PowerDns && one.state == PlatformState::Approved;
    if desk.engine.store().platforms().await?.iter().any(is_used) {
        Ok(())
    } else {
        bail!("{NO_SERVER}")
    }
}

/// An error where nothing makes progress.
fn need_engine(desk: &Desk) -> Result<()> {
    if desk.is_running {
        Ok(())
    } else {
        bail!(
            "names are changed by a running engine, and none answers; start it with systemctl start hostler"
        )
    }
}
