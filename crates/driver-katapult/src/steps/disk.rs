//! `disk`: another size of the system disk. Smaller is refused: what a disk holds is not to be cut off. The disk of a
//! machine that runs is grown in another way than that of one that is off, so that the machine is read before.

use domain::Fact;
use domain::http::{Outcome, Request};
use domain::machine::Power;
use domain::record::Notes;
use driver::{Answered, Findings, Phase, Prepared, StepContext, Verdict};
use serde_json::json;

use super::package::{progress, taken};
use crate::answer;
use crate::facts::{self, done, foreign, missing, note, ordered, pending, reached};
use crate::machine::{Look, Sight, look};
use crate::order;
use crate::requests;
use crate::wire::{Disk, DiskPage};

/// The note of whether the machine runs while its disk grows.
const ONLINE: &str = "online";

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let machine = facts::required_target(context)?;
    if context.phase == Phase::Look {
        return Ok(Prepared::Send(requests::list_disks(&machine, 1)));
    }
    let disk: Disk = facts::read(context.notes, "disk")
        .ok_or_else(|| Answered::permanent("The machine's system disk is not known"))?;
    let online = facts::read(context.notes, ONLINE).unwrap_or(false);
    Ok(Prepared::Send(requests::resize_disk(
        &disk.id,
        wanted(context)?,
        online,
    )))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "list_disks" => listed(context, request, outcome),
        "read_machine" => match look(request, outcome)? {
            Look::Here(sight) => Ok(done(to_grow(*sight))),
            Look::Trashed => Err(answer::gone(super::TRASHED)),
            Look::Gone => Err(answer::gone(super::GONE)),
        },
        // It was listed a moment ago, and is listed anew.
        "resize_disk" if answer::says(outcome, 404, "disk_not_found") => Ok(done(pending(
            "Katapult knows no such disk; reading the disks back",
        ))),
        "resize_disk" => taken(context, request, outcome),
        "read_task" => progress(request, outcome, "change the disk's size"),
        _ => Err(foreign(context, request)),
    }
}

fn wanted(context: &StepContext<'_>) -> Result<u64, Answered> {
    order::disk(ordered(context)?)?.ok_or_else(|| Answered::permanent("No size of the disk was ordered"))
}

/// A machine boots from its system disk; one that has a single disk boots from that.
fn listed(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let page: DiskPage = answer::data(request, outcome)?;
    let next = page.pagination.next(request, page.disks.len())?;
    let boots = page.disks.iter().find(|attached| attached.boot == Some(true));
    let only = || match page.disks.as_slice() {
        [only] if next.is_none() && page.pagination.current_page == 1 => Some(only),
        _ => None,
    };
    match (boots.or_else(only), next) {
        (Some(attached), _) => stands(context, &attached.disk),
        (None, Some(number)) => {
            let machine = facts::required_target(context).map_err(Verdict::Refused)?;
            Ok(Verdict::Next(
                requests::list_disks(&machine, number),
                Notes::new(),
            ))
        }
        (None, None) => Err(Verdict::Unknown(
            "Katapult does not say from which disk the machine boots".to_owned(),
        )),
    }
}

fn stands(context: &StepContext<'_>, disk: &Disk) -> Result<Verdict, Verdict> {
    let wanted = wanted(context).map_err(Verdict::Refused)?;
    let Some(size) = disk.size_in_gb else {
        return Err(Verdict::Unknown(format!(
            "Katapult does not say how large disk {} is",
            disk.id
        )));
    };
    if size > wanted {
        return Err(Verdict::Refused(Answered::permanent(format!(
            "A disk cannot be made smaller: it has {size} GB, and {wanted} GB were ordered"
        ))));
    }
    Ok(match facts::task(context) {
        _ if size == wanted => done(reached().note("disk", json!(disk))),
        Some(task) => Verdict::Next(requests::read_task(&task), Notes::new()),
        None => {
            let machine = facts::required_target(context).map_err(Verdict::Refused)?;
            Verdict::Next(requests::read_machine(&machine), note("disk", json!(disk)))
        }
    })
}

/// The disk has to grow, and the machine shows in which way.
fn to_grow(sight: Sight) -> Findings {
    let findings = match sight.machine.power {
        Fact::Known(power) => missing().note(ONLINE, power == Power::On),
        Fact::Absent | Fact::Unknown => pending("Katapult does not say whether the machine runs"),
    };
    findings.with_machine(sight.machine)
}
