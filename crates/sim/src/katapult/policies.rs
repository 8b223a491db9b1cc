//! Backup policies of machines and of disks.

use domain::Moment;
use serde_json::{Value, json};

use super::argument::Arguments;
use super::find;
use super::page::page;
use super::problem::Problem;
use super::record::{Policy, PolicyOrder, Schedule, Target};
use super::render;
use super::route::{Ask, Handled, changed, shown};
use super::state::State;

/// How often backups are made.
pub const INTERVALS: &[&str] = &["hourly", "daily", "weekly", "monthly"];

fn listed(state: &State, ask: &Ask<'_>, wanted: impl Fn(&Policy) -> bool) -> Handled {
    let policies: Vec<&Policy> = state
        .policies
        .all_seen(ask.seen_at)
        .filter(|policy| wanted(policy))
        .collect();
    let render = |policy: &&Policy| render::listed_policy(state, policy, state.now);
    let (pagination, items) = page(ask, &policies, usize::MAX, render)?;
    shown(&json!({ "pagination": pagination, "disk_backup_policies": items }))
}

/// `GET /virtual_machines/virtual_machine/disk_backup_policies`, with those of its disks where asked for.
pub fn of_machine(state: &mut State, ask: &Ask<'_>) -> Handled {
    let disks = ask.arguments.boolean("include_disks")?.unwrap_or(false);
    let serial = find::machine(state, ask)?.serial;
    listed(state, ask, |policy| match &policy.target {
        Target::Machine(machine) => *machine == serial,
        Target::Disk(machine, _) => disks && *machine == serial,
    })
}

/// `GET /disks/disk/disk_backup_policies`.
pub fn of_disk(state: &mut State, ask: &Ask<'_>) -> Handled {
    let (machine, disk) = find::disk(state, ask)?;
    let target = Target::Disk(machine.serial, disk.id.clone());
    listed(state, ask, |policy| policy.target == target)
}

/// `GET /organizations/organization/disk_backup_policies`.
pub fn list(state: &mut State, ask: &Ask<'_>) -> Handled {
    let organization = find::organization(state, ask)?.serial;
    let seen = |policy: &Policy| state.machines.seen(policy.target.machine(), ask.seen_at);
    listed(state, ask, |policy| {
        // What belongs to trash lies in the trash.
        policy.organization == organization && seen(policy).is_some_and(|machine| machine.trash.is_none())
    })
}

/// `GET /disk_backup_policies/disk_backup_policy`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let policy = find::policy(state, ask)?;
    shown(&json!({ "disk_backup_policy": render::policy(state, policy, state.now, ask.dates) }))
}

/// `properties`, read and judged; what is left out stays as `before` has it.
fn properties(arguments: &Arguments, before: Option<&Policy>) -> Result<PolicyOrder, Problem> {
    let properties = arguments.required_object("properties")?;
    let retention = properties.integer("retention")?;
    let schedule = properties.object("schedule")?.unwrap_or_default();
    let interval = schedule.choice("interval", INTERVALS)?;
    let numbers = [
        ("frequency", schedule.integer("frequency")?, 1, 1..=100),
        ("time", schedule.integer("time")?, 0, 0..=23),
        ("minute", schedule.integer("minute")?, 0, 0..=59),
    ];
    let mut errors = Vec::new();
    let old = before.map(|policy| &policy.schedule);
    let mut read = Vec::new();
    for (name, number, default, range) in numbers {
        let kept = old.map(|old| match name {
            "frequency" => old.frequency,
            "time" => old.time,
            _ => old.minute,
        });
        match number {
            Some(number) if !range.contains(&number) => {
                errors.push(format!("Schedule {name} is out of range"));
            }
            _ => {}
        }
        read.push(
            number
                .and_then(|number| u64::try_from(number).ok())
                .or(kept)
                .unwrap_or(default),
        );
    }
    let retention = retention.and_then(|number| u64::try_from(number).ok());
    let retention = retention.or(before.map(|policy| policy.retention));
    if retention.is_none_or(|retention| retention == 0) {
        errors.push("Retention must be greater than 0".to_owned());
    }
    let interval = interval.or(old.map(|old| old.interval.clone()));
    if interval.is_none() {
        errors.push("Schedule interval can't be blank".to_owned());
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(&errors));
    }
    Ok(PolicyOrder {
        retention: retention.unwrap_or_default(),
        schedule: Schedule {
            interval: interval.unwrap_or_default(),
            frequency: read[0],
            time: read[1],
            minute: read[2],
        },
    })
}

fn create(state: &mut State, ask: &Ask<'_>, organization: u64, target: Target) -> Handled {
    let order = properties(&ask.arguments, None)?;
    let policy = state.new_policy(organization, target, order);
    let body = render::policy(state, &policy, state.now, ask.dates);
    state.insert_policy(policy);
    changed(200, &json!({ "disk_backup_policy": body }))
}

/// `POST /virtual_machines/virtual_machine/disk_backup_policies`.
pub fn create_for_machine(state: &mut State, ask: &Ask<'_>) -> Handled {
    ask.arguments.required_object("properties")?;
    let machine = find::changeable(state, ask)?;
    let (organization, target) = (machine.organization, Target::Machine(machine.serial));
    create(state, ask, organization, target)
}

/// `POST /disks/disk/disk_backup_policies`.
pub fn create_for_disk(state: &mut State, ask: &Ask<'_>) -> Handled {
    ask.arguments.required_object("properties")?;
    let (machine, disk) = find::disk(state, ask)?;
    let (organization, target) = (
        machine.organization,
        Target::Disk(machine.serial, disk.id.clone()),
    );
    create(state, ask, organization, target)
}

/// The policy that a change aims at, which is still there.
fn present(state: &State, ask: &Ask<'_>) -> Result<u64, Problem> {
    let serial = find::policy(state, ask)?.serial;
    let policy = state.policies.get(serial);
    policy
        .map(|policy| policy.serial)
        .ok_or_else(|| Problem::missing("disk_backup_policy_not_found"))
}

/// `PATCH /disk_backup_policies/disk_backup_policy`.
pub fn update(state: &mut State, ask: &Ask<'_>) -> Handled {
    ask.arguments.required_object("properties")?;
    let serial = present(state, ask)?;
    let order = properties(&ask.arguments, state.policies.get(serial))?;
    state.change_policy(serial, |policy| {
        policy.retention = order.retention;
        policy.schedule = order.schedule;
    });
    let policy = state
        .policies
        .get(serial)
        .map(|policy| render::policy(state, policy, state.now, ask.dates));
    let policy = policy.unwrap_or_default();
    let body = json!({
        "id": policy["id"],
        "retention": policy["retention"],
        "target": policy["target"],
        "schedule": policy["schedule"],
    });
    changed(200, &json!({ "disk_backup_policy": body }))
}

/// `DELETE /disk_backup_policies/disk_backup_policy`.
pub fn remove(state: &mut State, ask: &Ask<'_>) -> Handled {
    let serial = present(state, ask)?;
    let id: Value = state
        .policies
        .get(serial)
        .map(|policy| json!({ "id": policy.id }))
        .unwrap_or_default();
    state.delete_policy(serial);
    state.totals.policies_deleted += 1;
    changed(200, &json!({ "disk_backup_policy": id }))
}

/// `DELETE /disk_backup_policies/disk_backup_policy/schedule`: gone at a time to come.
pub fn schedule_removal(state: &mut State, ask: &Ask<'_>) -> Handled {
    let at = Moment::from_seconds(ask.arguments.required_integer("timestamp")?);
    let serial = present(state, ask)?;
    if at <= state.now {
        let text = "The timestamp has to be in the future";
        return Err(Problem::new(400, "invalid_timestamp", text, json!({})));
    }
    state.end_policy_at(serial, at);
    let policy = state
        .policies
        .get(serial)
        .map(|policy| render::policy(state, policy, state.now, ask.dates));
    let policy = policy.unwrap_or_default();
    let body = json!({
        "id": policy["id"],
        "target": policy["target"],
        "auto_move_to_trash_at": policy["auto_move_to_trash_at"],
    });
    changed(200, &json!({ "disk_backup_policy": body }))
}
