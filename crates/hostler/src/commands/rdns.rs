//! `hostler rdns`: diagnose, preview.

use anyhow::Result;
use clap::Subcommand;
use engine::{Diagnosis, HeldBy, Preview, PreviewRow, ServerFinding};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Desk;
use super::answer::{Answer, table};

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
    /// Says what the daily look would do with all addresses of all machines: where a pointer would be written, and why not.
    /// Nothing is changed.
    Preview {
        /// What a forced reset would do instead: it writes over what is there, where the hostname leads back.
        #[arg(long)]
        reset: bool,
    },
}

impl RdnsCommand {
    /// Carries it out.
    pub(super) async fn run(self, desk: &Desk) -> Result<Answer> {
        match self {
            Self::Diagnose { address, host } => {
                let found = desk.engine.diagnose_name(&address, host.as_deref(), None).await?;
                Ok(Answer::new(told(&found), json!(found)))
            }
            Self::Preview { reset } => {
                let preview = desk.engine.preview_names(reset).await?;
                Ok(Answer::new(listed(&preview), json!(preview)))
            }
        }
    }
}

fn listed(preview: &Preview) -> String {
    if preview.rows.is_empty() {
        return "No machine is known to have an address.".to_owned();
    }
    let heads = ["SERVICE", "ADDRESS", "ZONE", "THERE IS", "WOULD BE DONE"];
    let rows: Vec<Vec<String>> = preview.rows.iter().map(row).collect();
    format!("{}\n\n{}", table(&heads, &rows), preview.totals.words())
}

fn row(row: &PreviewRow) -> Vec<String> {
    let address = row.address.map(|address| address.to_string());
    let prefix = row
        .prefix
        .as_ref()
        .map(|prefix| format!("{prefix} (a whole prefix)"));
    vec![
        format!("{}/{}", row.owner.installation, row.owner.service),
        address.or(prefix).unwrap_or_default(),
        row.zone.clone().unwrap_or_default(),
        row.held.as_ref().map(there).unwrap_or_default(),
        row.decision.clone().unwrap_or_default(),
    ]
}

fn there(held: &HeldBy) -> String {
    match held {
        HeldBy::Unknown(_) => "not known".to_owned(),
        HeldBy::NoZone | HeldBy::Nothing => "nothing".to_owned(),
        HeldBy::Hosts(hosts) => hosts.join(", "),
    }
}

fn told(found: &Diagnosis) -> String {
    let mut lines = vec![format!("{} is looked for as {}", found.address, found.name)];
    lines.push(found.owner.as_ref().map_or_else(
        || "No machine is known to have it.".to_owned(),
        |owner| {
            format!(
                "It is of service {}/{}, machine \"{}\".",
                owner.installation, owner.service, owner.machine
            )
        },
    ));
    match (&found.wanted, &found.confirmed) {
        (Some(host), Some(confirmed)) => lines.push(format!("Hostname {host}: {confirmed}.")),
        _ => lines.push("It has no hostname that can be pointed to; try one with --host.".to_owned()),
    }
    for heard in &found.forward {
        let why = heard
            .why
            .as_ref()
            .map_or_else(String::new, |why| format!(": {why}"));
        lines.push(format!("  resolver {}: {}{why}", heard.resolver, heard.said));
    }
    if found.servers.is_empty() {
        lines.push(
            "No name server is approved: hostler platform propose --kind powerdns, then approve.".to_owned(),
        );
    }
    for server in &found.servers {
        lines.extend(of_server(server));
    }
    lines.join("\n")
}

fn of_server(found: &ServerFinding) -> Vec<String> {
    let zones = match found.zones {
        Some(1) => "1 zone of addresses".to_owned(),
        Some(zones) => format!("{zones} zones of addresses"),
        None => "zones not known".to_owned(),
    };
    let mut lines = vec![format!("Name server {} ({zones}):", found.server)];
    if let (Some(zone), Some(record)) = (&found.zone, &found.record) {
        lines.push(format!("  zone {zone}, record {record}"));
    }
    lines.push(match &found.held {
        HeldBy::Unknown(why) => format!("  what is there is not known: {why}"),
        HeldBy::NoZone => "  it has no zone for the address".to_owned(),
        HeldBy::Nothing => "  there is no pointer".to_owned(),
        HeldBy::Hosts(hosts) => format!("  there is: {}", hosts.join(", ")),
    });
    lines.push(format!("  the daily look: {}", found.plain));
    lines.push(format!("  a forced reset: {}", found.reset));
    lines
}
