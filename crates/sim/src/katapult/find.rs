//! Which thing a request names, whether its caller may reach it, and whether it may be used.

use super::argument::Lookup;
use super::config::Owner;
use super::problem::Problem;
use super::record::{Address, Build, Disk, Key, Machine, Organization, Policy, Task, Trash};
use super::render;
use super::route::Ask;
use super::state::State;
use super::table::{Record, Table};

/// The fields by which an organization is named.
pub const ORGANIZATION: &[&str] = &["id", "sub_domain"];
/// The fields by which a machine is named.
pub const MACHINE: &[&str] = &["id", "fqdn"];
/// The fields by which what has a permalink is named.
pub const PERMALINK: &[&str] = &["id", "permalink"];
/// The only field of all else.
pub const ID: &[&str] = &["id"];
const ADDRESS: &[&str] = &["id", "address"];
const TRASH: &[&str] = &["id", "object_id"];

/// Whether the caller reaches an organization: its own, one that it manages, or, as a person, one that it may use.
pub fn reaches(state: &State, ask: &Ask<'_>, serial: u64) -> bool {
    let Some(organization) = state.organizations.get(serial) else {
        return false;
    };
    let parent = organization
        .parent
        .and_then(|parent| state.organizations.get(parent));
    let own = |sub_domain: &str| {
        organization.sub_domain == sub_domain || parent.is_some_and(|parent| parent.sub_domain == sub_domain)
    };
    match &state.config.tokens[ask.token].owner {
        Owner::Organization(sub_domain) => own(sub_domain),
        Owner::User { organizations, .. } => organizations.iter().any(|sub_domain| own(sub_domain)),
    }
}

/// The organization that a request names.
pub fn organization<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Organization, Problem> {
    let lookup = ask.arguments.lookup("organization", ORGANIZATION)?;
    named_organization(state, ask, &lookup)
}

/// The organization of a lookup: reached by the caller, activated and not suspended.
pub fn named_organization<'a>(
    state: &'a State,
    ask: &Ask<'_>,
    lookup: &Lookup,
) -> Result<&'a Organization, Problem> {
    let found = if lookup.field == "id" {
        state.organizations.seen_named(&lookup.value, ask.seen_at)
    } else {
        let mut all = state.organizations.all_seen(ask.seen_at);
        all.find(|organization| organization.sub_domain == lookup.value)
    };
    let organization = found
        .filter(|organization| reaches(state, ask, organization.serial))
        .ok_or_else(|| Problem::missing("organization_not_found"))?;
    let detail = serde_json::json!({});
    if organization.suspended {
        let text = "The organization is suspended";
        return Err(Problem::new(403, "organization_suspended", text, detail));
    }
    if !organization.activated {
        let text = "The organization is not activated";
        return Err(Problem::new(403, "organization_not_activated", text, detail));
    }
    Ok(organization)
}

fn reached<'a, T: Record>(
    state: &State,
    ask: &Ask<'_>,
    found: Option<&'a T>,
    missing: &'static str,
) -> Result<&'a T, Problem> {
    found
        .filter(|record| reaches(state, ask, record.organization()))
        .ok_or_else(|| Problem::missing(missing))
}

fn by_id<'a, T: Record>(
    state: &State,
    ask: &Ask<'_>,
    table: &'a Table<T>,
    argument: &str,
    missing: &'static str,
) -> Result<&'a T, Problem> {
    let lookup = ask.arguments.lookup(argument, ID)?;
    reached(state, ask, table.seen_named(&lookup.value, ask.seen_at), missing)
}

/// The machine that a request names, as a reader sees it, in the trash or not.
pub fn any_machine<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Machine, Problem> {
    let lookup = ask.arguments.lookup("virtual_machine", MACHINE)?;
    let found = if lookup.field == "id" {
        state.machines.seen_named(&lookup.value, ask.seen_at)
    } else {
        let mut all = state.machines.all_seen(ask.seen_at);
        all.find(|machine| render::fqdn(state, machine) == lookup.value)
    };
    reached(state, ask, found, "virtual_machine_not_found")
}

/// The machine that a request names, as a reader sees it, outside the trash.
pub fn machine<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Machine, Problem> {
    let machine = any_machine(state, ask)?;
    not_trashed(state, ask, machine)?;
    Ok(machine)
}

fn not_trashed(state: &State, ask: &Ask<'_>, machine: &Machine) -> Result<(), Problem> {
    match machine.trash {
        None => Ok(()),
        Some(serial) => {
            let trash = state.trash.get(serial);
            let shown = trash.map(|trash| render::trash(trash, ask.dates));
            Err(Problem::in_trash(&shown.unwrap_or_default()))
        }
    }
}

/// The machine that a change aims at: visible to the caller, still there, outside the trash.
pub fn changeable<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Machine, Problem> {
    let serial = machine(state, ask)?.serial;
    present(state, ask, serial)
}

fn present<'a>(state: &'a State, ask: &Ask<'_>, serial: u64) -> Result<&'a Machine, Problem> {
    let machine = state
        .machines
        .get(serial)
        .ok_or_else(|| Problem::missing("virtual_machine_not_found"))?;
    not_trashed(state, ask, machine)?;
    let suspended = state
        .organizations
        .get(machine.organization)
        .is_none_or(|organization| organization.suspended);
    if suspended {
        return Err(Problem::denied("The organization is suspended"));
    }
    Ok(machine)
}

/// Like [`changeable`], and a task can be queued on it.
pub fn idle<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Machine, Problem> {
    let machine = changeable(state, ask)?;
    free(state, machine)?;
    Ok(machine)
}

/// Whether a task can be queued on a machine.
pub fn free(state: &State, machine: &Machine) -> Result<(), Problem> {
    unoccupied(state, machine)?;
    if machine.suspended.is_some() {
        return Err(Problem::not_queued("The virtual machine is suspended"));
    }
    Ok(())
}

/// Whether nothing is under way on a machine, suspended or not.
pub fn unoccupied(state: &State, machine: &Machine) -> Result<(), Problem> {
    if machine.task.is_some() || machine.locked_until.is_some_and(|until| state.now < until) {
        return Err(Problem::not_queued(
            "Another task is under way on the virtual machine",
        ));
    }
    let building = machine
        .build
        .and_then(|build| state.builds.get(build))
        .is_some_and(|build| !build.state.is_final());
    if building {
        return Err(Problem::not_queued("The virtual machine is being built"));
    }
    Ok(())
}

/// The build that a request names.
pub fn build<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Build, Problem> {
    by_id(
        state,
        ask,
        &state.builds,
        "virtual_machine_build",
        "build_not_found",
    )
}

/// The task that a request names.
pub fn task<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Task, Problem> {
    by_id(state, ask, &state.tasks, "task", "task_not_found")
}

/// The key that a request names.
pub fn key<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Key, Problem> {
    by_id(state, ask, &state.keys, "ssh_key", "ssh_key_not_found")
}

/// The backup policy that a request names; not where its machine lies in the trash.
pub fn policy<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Policy, Problem> {
    let missing = "disk_backup_policy_not_found";
    let policy = by_id(state, ask, &state.policies, "disk_backup_policy", missing)?;
    if let Some(machine) = state.machines.seen(policy.target.machine(), ask.seen_at) {
        not_trashed(state, ask, machine)?;
    }
    Ok(policy)
}

/// The disk that a request names, with its machine; not where that lies in the trash.
pub fn disk<'a>(state: &'a State, ask: &Ask<'_>) -> Result<(&'a Machine, &'a Disk), Problem> {
    let lookup = ask.arguments.lookup("disk", ID)?;
    let has = |machine: &'a Machine| {
        let disk = machine.disks.iter().find(|disk| disk.id == lookup.value)?;
        Some((machine, disk))
    };
    let found = state.machines.all_seen(ask.seen_at).find_map(has);
    let (machine, disk) = found
        .filter(|(machine, _)| reaches(state, ask, machine.organization))
        .ok_or_else(|| Problem::missing("disk_not_found"))?;
    not_trashed(state, ask, machine)?;
    Ok((machine, disk))
}

/// The machine of the disk that a change aims at, which takes tasks, and the disk's id.
pub fn idle_disk<'a>(state: &'a State, ask: &Ask<'_>) -> Result<(&'a Machine, &'a Disk), Problem> {
    let (machine, disk) = disk(state, ask)?;
    let (serial, id) = (machine.serial, disk.id.clone());
    let machine = present(state, ask, serial)?;
    free(state, machine)?;
    let disk = machine.disks.iter().find(|disk| disk.id == id);
    disk.map(|disk| (machine, disk))
        .ok_or_else(|| Problem::missing("disk_not_found"))
}

/// The address that a request names.
pub fn address<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Address, Problem> {
    let lookup = ask.arguments.lookup("ip_address", ADDRESS)?;
    let found = if lookup.field == "id" {
        state.addresses.seen_named(&lookup.value, ask.seen_at)
    } else {
        let mut all = state.addresses.all_seen(ask.seen_at);
        all.find(|address| address.address.to_string() == lookup.value)
    };
    reached(state, ask, found, "ip_address_not_found")
}

/// The trash object that a request names.
pub fn trash<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Trash, Problem> {
    let lookup = ask.arguments.lookup("trash_object", TRASH)?;
    let found = if lookup.field == "id" {
        state.trash.seen_named(&lookup.value, ask.seen_at)
    } else {
        let mut all = state.trash.all_seen(ask.seen_at);
        all.find(|trash| trash.machine_id == lookup.value)
    };
    reached(state, ask, found, "trash_object_not_found")
}
