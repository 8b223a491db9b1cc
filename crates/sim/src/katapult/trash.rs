//! The trash: lists, restore, purge.

use serde_json::json;

use super::find;
use super::page::page;
use super::problem::Problem;
use super::record::{Trash, Work};
use super::render;
use super::route::{Ask, Handled, changed, shown};
use super::state::State;

/// `GET /organizations/organization/trash_objects`.
pub fn list(state: &mut State, ask: &Ask<'_>) -> Handled {
    let organization = find::organization(state, ask)?.serial;
    let objects: Vec<&Trash> = state
        .trash
        .all_seen(ask.seen_at)
        .filter(|trash| trash.organization == organization)
        .collect();
    let (pagination, items) = page(ask, &objects, usize::MAX, |trash| render::trash(trash, ask.dates))?;
    shown(&json!({ "pagination": pagination, "trash_objects": items }))
}

/// `GET /trash_objects/trash_object`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let trash = find::trash(state, ask)?;
    shown(&json!({ "trash_object": render::trash(trash, ask.dates) }))
}

/// The trash object that a change aims at, which is not on its way out already.
fn kept<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Trash, Problem> {
    let serial = find::trash(state, ask)?.serial;
    let missing = || Problem::missing("trash_object_not_found");
    let trash = state.trash.get(serial).ok_or_else(missing)?;
    state.machines.get(trash.machine).ok_or_else(missing)?;
    if trash.purging {
        return Err(Problem::denied("The object is being purged"));
    }
    Ok(trash)
}

fn purge_these(state: &mut State, ask: &Ask<'_>, organization: u64, objects: Vec<(u64, u64)>) -> Handled {
    for (object, _) in &objects {
        state.mark_purging(*object);
    }
    let machines = objects.into_iter().map(|(_, machine)| machine).collect();
    let task = state.queue_task(organization, None, Work::Purge(machines));
    let task = state
        .tasks
        .get(task)
        .map(|task| render::task(task, state.now, ask.dates));
    changed(200, &json!({ "task": task }))
}

/// `DELETE /trash_objects/trash_object`.
pub fn purge(state: &mut State, ask: &Ask<'_>) -> Handled {
    let trash = kept(state, ask)?;
    let (organization, object) = (trash.organization, (trash.serial, trash.machine));
    purge_these(state, ask, organization, vec![object])
}

/// `POST /organizations/organization/trash_objects/purge_all`.
pub fn purge_all(state: &mut State, ask: &Ask<'_>) -> Handled {
    let organization = find::organization(state, ask)?.serial;
    let objects: Vec<(u64, u64)> = state
        .trash
        .all()
        .filter(|trash| trash.organization == organization && !trash.purging)
        .map(|trash| (trash.serial, trash.machine))
        .collect();
    if objects.is_empty() {
        return Err(Problem::not_queued("There is nothing in the trash"));
    }
    purge_these(state, ask, organization, objects)
}

/// `POST /trash_objects/trash_object/restore`: the machine comes back, off.
pub fn restore(state: &mut State, ask: &Ask<'_>) -> Handled {
    let trash = kept(state, ask)?;
    let (serial, body) = (trash.serial, render::trash(trash, ask.dates));
    state.restore_machine(serial);
    changed(200, &json!({ "trash_object": body }))
}
