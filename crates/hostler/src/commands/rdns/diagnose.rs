//! `hostler rdns diagnose`.

use anyhow::Result;
use engine::{Diagnosis, HeldBy, ServerFinding};
use serde_json::json;

use super::super::Desk;
use super::super::answer::Answer;

/// Says all that there is to say of one address.
pub(super) async fn diagnose(desk: &Desk, address: &str, host: Option<&str>) -> Result<Answer> {
    let found = desk.engine.diagnose_name(address, host, None).await?;
    Ok(Answer::new(told(&found), json!(found)))
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
    lines.extend(found.caution.iter().map(|caution| format!("  {caution}")));
    lines
}
