//! Disks: lists, reads, sizes.

use serde_json::{Value, json};

use super::find;
use super::organizations::filters;
use super::page::page;
use super::problem::Problem;
use super::record::{Disk, Machine, Work};
use super::render;
use super::route::{Ask, Handled, changed, shown};
use super::state::State;

/// `GET /virtual_machines/virtual_machine/disks`.
pub fn of_machine(state: &mut State, ask: &Ask<'_>) -> Handled {
    let machine = find::machine(state, ask)?;
    let on = machine.power.is_on();
    let render = |disk: &Disk| render::machine_disk(disk, on, ask.dates);
    let (pagination, items) = page(ask, &machine.disks, usize::MAX, render)?;
    shown(&json!({ "pagination": pagination, "disks": items }))
}

/// `GET /organizations/organization/disks`. The list has the name of one.
pub fn list(state: &mut State, ask: &Ask<'_>) -> Handled {
    let filters = filters(&ask.arguments)?;
    let organization = find::organization(state, ask)?.serial;
    let disks: Vec<(&Machine, &Disk)> = state
        .machines_of(organization, ask.seen_at)
        // Nothing is ever written onto disks here.
        .filter(|machine| machine.trash.is_none() && filters.is_empty())
        .flat_map(|machine| machine.disks.iter().map(move |disk| (machine, disk)))
        .collect();
    let render = |(machine, disk): &(&Machine, &Disk)| render::listed_disk(state, machine, disk);
    let (pagination, items) = page(ask, &disks, usize::MAX, render)?;
    shown(&json!({ "pagination": pagination, "disk": items }))
}

/// `GET /disks/disk`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let (machine, disk) = find::disk(state, ask)?;
    shown(&json!({ "disk": render::disk(state, machine, disk, ask.dates), "annotations": [] }))
}

/// `PUT /disks/disk/resize`: a running machine's disk only grows, and only where that is asked for.
pub fn resize(state: &mut State, ask: &Ask<'_>) -> Handled {
    let size = ask.arguments.required_integer("size_in_gb")?;
    let method = ask.arguments.choice("resize_method", &["offline", "online"])?;
    let online = method.as_deref() == Some("online");
    let (machine, disk) = find::disk(state, ask)?;
    let template = machine
        .template
        .as_ref()
        .and_then(|(template, _)| state.template(template));
    let least = template
        .filter(|_| disk.boot)
        .map_or(1, |template| template.size_in_gb);
    let size = u64::try_from(size).unwrap_or(0);
    let mut errors = Vec::new();
    if !(least..=100_000).contains(&size) {
        errors.push(format!("Size must be between {least}GB and 100000GB"));
    }
    if size == disk.size_in_gb {
        errors.push("Size is the same as before".to_owned());
    }
    if online && size < disk.size_in_gb {
        errors.push("A disk cannot be shrunk while its virtual machine runs".to_owned());
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(&errors));
    }
    let (machine, disk) = find::idle_disk(state, ask)?;
    if machine.power.is_on() != online {
        let details = if online {
            "The virtual machine is not running"
        } else {
            "The virtual machine is running"
        };
        return Err(Problem::not_queued(details));
    }
    let (serial, organization, id) = (machine.serial, machine.organization, disk.id.clone());
    let body: Value = render::disk(state, machine, disk, ask.dates);
    let task = state.queue_task(organization, Some(serial), Work::Resize(id, size, online));
    let task = state
        .tasks
        .get(task)
        .map(|task| render::task(task, state.now, ask.dates));
    changed(200, &json!({ "disk": body, "task": task }))
}
