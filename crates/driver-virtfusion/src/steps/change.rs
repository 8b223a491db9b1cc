//! `package`, and `memory`, `cores`, `traffic` for what the client chose beyond it.
//!
//! The server object does not name its package. So the package's resources are compared after the change was sent, and
//! what differs is told as a remark: the panel says itself what it left as it was.

use domain::http::{Outcome, Request};
use domain::machine::Machine;
use domain::order::Order;
use driver::facts::foreign;
use driver::{Answered, Findings, Phase, Prepared, StepContext, Verdict};
use serde_json::json;

use super::candidate::PackageResources;
use super::list_create::package;
use crate::addresses::primary;
use crate::answer;
use crate::facts::{self, accepted, done, known, missing, ordered, reached};
use crate::machine::{Sight, present};
use crate::order;
use crate::requests;
use crate::wire::Remarks;

pub fn prepare_package(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    let package = order::package(ordered(context)?)
        .ok_or_else(|| Answered::permanent("The product names no VirtFusion package"))?;
    Ok(Prepared::Send(match context.phase {
        Phase::Act => requests::change_package(server, package),
        Phase::Look => requests::read_package(package),
    }))
}

pub fn interpret_package(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "change_package" => {
            let response = answer::success(request, outcome)?;
            let remarks: Remarks = serde_json::from_str(&response.body).unwrap_or_default();
            Ok(done(
                accepted(context, "the panel took the package; reading it back")
                    .note("remarks", json!(remarks.info)),
            ))
        }
        "read_package" => {
            let server = facts::required_target(context).map_err(Verdict::Refused)?;
            let package = package(request, outcome)?;
            Ok(Verdict::Next(
                requests::read_server(server),
                facts::note("package", json!(package)),
            ))
        }
        "read_server" => compare(context, present(request, outcome)?),
        _ => Err(foreign(context, request)),
    }
}

/// Reached is a change that was sent and whose resources the server shows. What the panel says it left as it was is
/// told and not asked for again. Two packages may be alike in all that a server shows; then only the panel's taking it
/// tells that the change was made.
fn compare(context: &StepContext<'_>, sight: Sight) -> Result<Verdict, Verdict> {
    let order = ordered(context).map_err(Verdict::Refused)?;
    let said: Vec<String> = facts::read(context.notes, "remarks").unwrap_or_default();
    let differences = differences(
        order,
        &PackageResources::noted(context).unwrap_or_default(),
        &sight.machine,
    );
    let is_explained = |word: &str| said.iter().any(|line| line.to_lowercase().contains(word));
    if context.acted_at.is_none() {
        let alike = differences.is_empty();
        return Ok(done(missing().note("alike", alike).with_machine(sight.machine)));
    }
    let was_taken = facts::was_accepted(context);
    let was_alike = facts::read(context.notes, "alike").unwrap_or(true);
    if differences.iter().any(|word| !was_taken || !is_explained(word)) || (was_alike && !was_taken) {
        return Ok(done(missing().with_machine(sight.machine)));
    }
    let mut findings = reached();
    findings.remarks = unchangeable(order, &sight);
    findings.remarks.extend(said);
    Ok(done(findings.with_machine(sight.machine)))
}

/// Resources that are not the package's: each as the word that the panel's remarks have for it. What the client chose
/// himself is left out, since a step of its own sets it afterwards; so is the disk, which never shrinks.
fn differences(order: &Order, package: &PackageResources, machine: &Machine) -> Vec<&'static str> {
    [
        ("memory", "memory", package.memory, machine.memory_mb),
        ("cpuCores", "cpu", package.cores, machine.cores),
        ("traffic", "traffic", package.traffic, machine.traffic_gb),
    ]
    .into_iter()
    .filter(|(key, ..)| order::amount(order, key).is_none())
    .filter_map(|(_, word, wanted, shown)| {
        let (wanted, shown) = (wanted?, shown?);
        (wanted != shown).then_some(word)
    })
    .collect()
}

/// Choices that differ from what the server has and that no request can change.
fn unchangeable(order: &Order, sight: &Sight) -> Vec<String> {
    let interface = sight
        .server
        .network
        .as_ref()
        .and_then(|network| network.interfaces.first());
    let addresses = u64::try_from(primary(&sight.server).ipv4.len()).ok();
    let shown = [
        ("storage", "Storage", sight.machine.storage_gb),
        ("ipv4", "The number of IPv4 addresses", addresses),
        (
            "hypervisorId",
            "The location",
            crate::machine::group(&sight.server),
        ),
        (
            "networkSpeedInbound",
            "The inbound speed",
            interface.and_then(|interface| interface.in_average),
        ),
        (
            "networkSpeedOutbound",
            "The outbound speed",
            interface.and_then(|interface| interface.out_average),
        ),
        ("networkProfile", "The network type", None),
        ("storageProfile", "The storage type", None),
    ];
    shown
        .into_iter()
        .filter(|(key, _, shown)| {
            let wanted = order::amount(order, key);
            shown.is_some() && wanted.is_some() && wanted != *shown
        })
        .map(|(_, what, _)| format!("{what} was not changed: the panel has no request for it"))
        .collect()
}

pub fn prepare_resource(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    let Some(wanted) = wanted(context)? else {
        return Ok(known(reached()));
    };
    Ok(Prepared::Send(match (context.phase, context.step) {
        (Phase::Look, _) => requests::read_server(server),
        (Phase::Act, "memory") => requests::modify_memory(server, wanted),
        (Phase::Act, "cores") => requests::modify_cores(server, wanted),
        (Phase::Act, _) => requests::modify_traffic(server, wanted),
    }))
}

pub fn interpret_resource(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_server" => resource(context, present(request, outcome)?.machine),
        "modify_memory" | "modify_cores" | "modify_traffic" => {
            answer::success(request, outcome)?;
            Ok(done(accepted(context, "the panel took it; reading it back")))
        }
        _ => Err(foreign(context, request)),
    }
}

fn resource(context: &StepContext<'_>, machine: Machine) -> Result<Verdict, Verdict> {
    let shown = match context.step {
        "memory" => machine.memory_mb,
        "cores" => machine.cores,
        _ => machine.traffic_gb,
    };
    let findings: Findings = match (shown, wanted(context).map_err(Verdict::Refused)?) {
        (Some(shown), Some(wanted)) if shown == wanted => reached(),
        (Some(_), Some(_)) => missing(),
        (None, Some(_)) => {
            return Err(Verdict::Unknown(format!(
                "The panel does not show the server's {}",
                context.step
            )));
        }
        (_, None) => reached(),
    };
    Ok(done(findings.with_machine(machine)))
}

/// What the client chose of this step's resource.
fn wanted(context: &StepContext<'_>) -> Result<Option<u64>, Answered> {
    let key = match context.step {
        "memory" => "memory",
        "cores" => "cpuCores",
        _ => "traffic",
    };
    Ok(order::amount(ordered(context)?, key))
}
