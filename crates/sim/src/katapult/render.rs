//! How Katapult writes what it keeps.

use domain::Moment;
use serde_json::{Value, json};

use super::catalogue::{DataCenter, Package, SpeedProfile, Template};
use super::record::{
    Address, Annotation, Build, Disk, Machine, Organization, Policy, Schedule, Target, Task, Trash,
};
use super::route::Dates;
use super::state::State;

/// Annotations.
pub fn annotations(annotations: &[Annotation]) -> Value {
    let one = |annotation: &Annotation| json!({ "key": annotation.key, "value": annotation.value });
    annotations.iter().map(one).collect()
}

/// The country of a place, with all that is known.
fn country(place: &DataCenter) -> Value {
    let (id, name, two, three, zone) = &place.country;
    json!({
        "id": id, "name": name, "iso_code2": two, "iso_code3": three, "time_zone": zone, "eu": two == "NL",
    })
}

/// A place as an own answer shows it.
pub fn data_center(place: &DataCenter) -> Value {
    let (id, name, ..) = &place.country;
    json!({
        "id": place.id,
        "name": place.name,
        "permalink": place.permalink,
        "country": { "id": id, "name": name },
    })
}

/// A place inside of something else.
fn full_data_center(place: &DataCenter) -> Value {
    json!({
        "id": place.id,
        "name": place.name,
        "permalink": place.permalink,
        "country": country(place),
    })
}

/// A place inside of something brief.
pub fn brief_data_center(place: &DataCenter) -> Value {
    json!({ "id": place.id, "name": place.name, "permalink": place.permalink })
}

/// The zone of a place.
pub fn zone(place: &DataCenter) -> Value {
    json!({
        "id": place.zone_id(),
        "name": format!("{} 1", place.name),
        "permalink": place.zone_permalink(),
        "data_center": full_data_center(place),
    })
}

/// The network of a place, with `data_center` written the way that the answer asks for.
pub fn network(place: &DataCenter, data_center: &Value) -> Value {
    json!({
        "id": place.network_id(),
        "name": "Public Network",
        "permalink": place.network_permalink(),
        "default": true,
        "data_center": data_center,
    })
}

/// The network of a place, in full.
pub fn full_network(place: &DataCenter) -> Value {
    network(place, &full_data_center(place))
}

/// A package.
pub fn package(package: &Package) -> Value {
    json!({
        "id": package.id,
        "name": package.name,
        "permalink": package.permalink,
        "cpu_cores": package.cores,
        "ipv4_addresses": package.ipv4,
        "memory_in_gb": package.memory_in_gb,
        "storage_in_gb": package.storage_in_gb,
        "monthly_bandwidth_allowance_in_gb": package.bandwidth_in_gb,
        "privacy": "public",
        "icon": null,
        "use_dedicated_cpus": false,
        "group": { "id": super::catalogue::id_of("vmpkgrp", "standard"), "name": "Standard vCPU" },
    })
}

/// A template; `number` whether the latest version's number is told.
pub fn template(template: &Template, number: bool) -> Value {
    let latest = template.latest().map(|latest| {
        let id = template.version_id(latest);
        if number {
            json!({ "id": id, "number": latest })
        } else {
            json!({ "id": id })
        }
    });
    let mut system = json!({ "id": template.system_id(), "name": template.system });
    if !number {
        system["badge"] = Value::Null;
    }
    json!({
        "id": template.id,
        "name": template.name,
        "description": null,
        "permalink": template.permalink,
        "universal": template.owner.is_none(),
        "size_in_gb": template.size_in_gb,
        "latest_version": latest,
        "operating_system": system,
    })
}

/// A limit of network interfaces.
pub fn network_speed(profile: &SpeedProfile) -> Value {
    json!({
        "id": profile.id,
        "name": profile.name,
        "upload_speed_in_mbit": profile.speed,
        "download_speed_in_mbit": profile.speed,
        "permalink": profile.permalink,
    })
}

/// A limit of disks.
pub fn disk_speed(profile: &SpeedProfile) -> Value {
    json!({
        "id": profile.id,
        "name": profile.name,
        "permalink": profile.permalink,
        "speed_in_mb": profile.speed,
        "iops": profile.iops,
    })
}

/// An organization, in full.
pub fn organization(state: &State, organization: &Organization, dates: Dates) -> Value {
    let mut value = listed_organization(organization, dates);
    let nothing = [
        "billing_name",
        "address1",
        "address2",
        "address3",
        "address4",
        "postcode",
        "vat_number",
        "phone_number",
        "country",
        "country_state",
    ];
    for field in nothing {
        value[field] = Value::Null;
    }
    value["currency"] = json!({
        "id": super::catalogue::id_of("cur", "GBP"), "name": "British Pound", "iso_code": "GBP", "symbol": "£",
    });
    if state.config.newer_fields {
        value["uuid"] = json!(organization.uuid);
    }
    value
}

/// An organization in the list of all.
pub fn listed_organization(organization: &Organization, dates: Dates) -> Value {
    let created = dates.unix(organization.created);
    json!({
        "id": organization.id,
        "name": organization.name,
        "sub_domain": organization.sub_domain,
        "infrastructure_domain": organization.domain(),
        "created_at": created,
        "activated_at": organization.activated.then_some(created),
        "suspended": organization.suspended,
        "managed": organization.parent.is_some(),
    })
}

/// An organization in the list of those that another manages.
pub fn managed_organization(organization: &Organization, dates: Dates) -> Value {
    json!({
        "id": organization.id,
        "name": organization.name,
        "sub_domain": organization.sub_domain,
        "infrastructure_domain": organization.domain(),
        "created_at": dates.unix(organization.created),
        "managed": true,
    })
}

/// A machine's name in the DNS.
pub fn fqdn(state: &State, machine: &Machine) -> String {
    let domain = state
        .organizations
        .get(machine.organization)
        .map(Organization::domain)
        .unwrap_or_default();
    format!("{}.{domain}", machine.hostname)
}

/// A machine inside of a build or a console session.
pub fn brief_machine(state: &State, machine: &Machine) -> Value {
    json!({
        "id": machine.id,
        "name": machine.name,
        "hostname": machine.hostname,
        "fqdn": fqdn(state, machine),
        "state": machine.power.word(),
    })
}

fn addresses<'a>(state: &'a State, machine: &'a Machine, view: Moment) -> impl Iterator<Item = &'a Address> {
    let withheld = machine.addresses_withheld;
    let serials = machine.addresses.iter().filter(move |_| !withheld);
    serials.filter_map(move |serial| state.addresses.seen(*serial, view))
}

/// A machine in the list of all.
pub fn listed_machine(state: &State, machine: &Machine, view: Moment, dates: Dates) -> Value {
    let package = machine
        .package
        .as_deref()
        .and_then(|permalink| state.package(permalink));
    let address = |address: &Address| json!({ "address": address.address });
    json!({
        "id": machine.id,
        "name": machine.name,
        "hostname": machine.hostname,
        "fqdn": fqdn(state, machine),
        "created_at": dates.unix(machine.created),
        "zone": state.data_center(&machine.data_center).map(zone),
        "package": package.map(|package| json!({ "name": package.name })),
        "gpu_type": null,
        "ip_addresses": addresses(state, machine, view).map(address).collect::<Vec<Value>>(),
    })
}

fn tag(name: &str, created: i64) -> Value {
    json!({
        "id": super::catalogue::id_of("tag", name), "name": name, "color": "aqua", "created_at": created,
    })
}

/// A machine, in full.
pub fn machine(state: &State, machine: &Machine, view: Moment, dates: Dates) -> Value {
    let owner = state.organizations.get(machine.organization);
    let created = dates.unix(machine.created);
    let package_of = |permalink: &str| state.package(permalink).map(package);
    let tags: Vec<Value> = machine.tags.iter().map(|name| tag(name, created)).collect();
    let shown = addresses(state, machine, view).map(|one| address(state, one));
    let mut value = json!({
        "id": machine.id,
        "name": machine.name,
        "hostname": machine.hostname,
        "fqdn": fqdn(state, machine),
        "description": machine.description,
        "created_at": created,
        "initial_root_password": (!machine.password_withheld).then_some(&machine.password),
        "state": machine.power.word(),
        "zone": state.data_center(&machine.data_center).map(zone),
        "organization": owner.map(|owner| organization(state, owner, dates)),
        "group": null,
        "package": machine.package.as_deref().and_then(package_of),
        "attached_iso": null,
        "memory_in_gb": machine.memory_in_gb,
        "cpu_cores": machine.cores,
        "use_dedicated_cpus": false,
        "gpu_type": null,
        "gpus": [],
        "tags": tags,
        "tag_names": machine.tags,
        "ip_addresses": shown.collect::<Vec<Value>>(),
    });
    if state.config.newer_fields {
        value["suspended"] = json!(machine.suspended.is_some());
        value["suspended_at"] = json!(machine.suspended.map(|at| dates.unix(at)));
    }
    value
}

/// The name of an address in the DNS.
pub fn reverse_dns(state: &State, address: &Address) -> String {
    let machine = address.machine.and_then(|serial| state.machines.get(serial));
    match (&address.reverse_dns, machine) {
        (Some(name), _) => name.clone(),
        (None, Some(machine)) => fqdn(state, machine),
        (None, None) => format!(
            "{}.rdns.katapult.io",
            address.address.to_string().replace('.', "-")
        ),
    }
}

/// The machine of an address: its id and its type.
fn allocation(state: &State, address: &Address) -> (Option<String>, Option<&'static str>) {
    let machine = address.machine.and_then(|serial| state.machines.get(serial));
    let id = machine.map(|machine| machine.id.clone());
    let kind = id.is_some().then_some("VirtualMachine");
    (id, kind)
}

/// An address, in full.
pub fn address(state: &State, address: &Address) -> Value {
    let place = state.data_center(&address.data_center);
    let (id, kind) = allocation(state, address);
    let mut value = json!({
        "id": address.id,
        "address": address.address,
        "reverse_dns": reverse_dns(state, address),
        "vip": address.vip,
        "label": address.label,
        "address_with_mask": format!("{}/22", address.address),
        "network": place.map(full_network),
        "allocation_id": id,
        "allocation_type": kind,
    });
    if state.config.newer_fields {
        let first = u32::from(address.address) & !0x3FF;
        value["subnet"] = json!({
            "id": super::catalogue::id_of("sbnt", &format!("{} {first}", address.data_center)),
            "address": std::net::Ipv4Addr::from(first),
            "gateway": std::net::Ipv4Addr::from(first + 0x3FE),
            "mask": 22,
            "billable": true,
            "version": 4,
        });
    }
    value
}

/// An address in the list of all.
pub fn listed_address(state: &State, address: &Address) -> Value {
    let (id, kind) = allocation(state, address);
    json!({
        "id": address.id,
        "address": address.address,
        "reverse_dns": reverse_dns(state, address),
        "vip": address.vip,
        "allocation_id": id,
        "allocation_type": kind,
    })
}

/// A disk of a machine in the machine's list.
pub fn machine_disk(disk: &Disk, on: bool, dates: Dates) -> Value {
    json!({
        "disk": {
            "id": disk.id,
            "name": disk.name,
            "size_in_gb": disk.size_in_gb,
            "wwn": disk.wwn,
            "state": "built",
            "created_at": dates.unix(disk.created),
        },
        "attach_on_boot": true,
        "boot": disk.boot,
        "state": if on { "attached" } else { "detached" },
    })
}

/// A disk in the list of all.
pub fn listed_disk(state: &State, machine: &Machine, disk: &Disk) -> Value {
    json!({
        "id": disk.id,
        "name": disk.name,
        "size_in_gb": disk.size_in_gb,
        "wwn": disk.wwn,
        "state": "built",
        "virtual_machine_disk": { "virtual_machine": { "id": machine.id, "fqdn": fqdn(state, machine) } },
    })
}

/// A disk, in full.
pub fn disk(state: &State, machine: &Machine, disk: &Disk, dates: Dates) -> Value {
    json!({
        "id": disk.id,
        "name": disk.name,
        "size_in_gb": disk.size_in_gb,
        "wwn": disk.wwn,
        "state": "built",
        "created_at": dates.unix(disk.created),
        "storage_speed": disk.speed,
        "io_profile": null,
        "bus_type": "virtio",
        "data_center": state.data_center(&machine.data_center).map(brief_data_center),
        "virtual_machine_disk": {
            "virtual_machine": { "id": machine.id, "fqdn": fqdn(state, machine) },
            "attach_on_boot": true,
            "boot": disk.boot,
            "state": if machine.power.is_on() { "attached" } else { "detached" },
        },
        "installation": null,
    })
}

/// What a policy is for: a type and a value, whatever the document draws.
fn target(state: &State, target: &Target) -> Value {
    let machine = state.machines.get(target.machine());
    match target {
        Target::Machine(_) => json!({
            "type": "VirtualMachine",
            "value": machine.map(|machine| json!({ "id": machine.id, "name": machine.name })),
        }),
        Target::Disk(_, id) => {
            let disk = machine.and_then(|machine| machine.disks.iter().find(|disk| disk.id == *id));
            json!({ "type": "Disk", "value": disk.map(|disk| json!({ "id": disk.id, "name": disk.name })) })
        }
    }
}

fn next_invocation(schedule: &Schedule, now: Moment) -> i64 {
    let interval = match schedule.interval.as_str() {
        "hourly" => 3600,
        "daily" => 86_400,
        "weekly" => 7 * 86_400,
        _ => 30 * 86_400,
    };
    (now.as_seconds().div_euclid(interval) + 1) * interval
}

/// A backup policy in a list.
pub fn listed_policy(state: &State, policy: &Policy, now: Moment) -> Value {
    json!({
        "id": policy.id,
        "retention": policy.retention,
        "total_size": 0,
        "target": target(state, &policy.target),
        "schedule": {
            "interval": policy.schedule.interval,
            "next_invocation_at": next_invocation(&policy.schedule, now),
        },
    })
}

/// A backup policy, in full.
pub fn policy(state: &State, policy: &Policy, now: Moment, dates: Dates) -> Value {
    json!({
        "id": policy.id,
        "retention": policy.retention,
        "total_size": 0,
        "target": target(state, &policy.target),
        "schedule": {
            "frequency": policy.schedule.frequency,
            "interval": policy.schedule.interval,
            "minute": policy.schedule.minute,
            "next_invocation_at": next_invocation(&policy.schedule, now),
            "time": policy.schedule.time,
        },
        "auto_move_to_trash_at": policy.ends.map(|at| dates.unix(at)),
    })
}

/// A task as power actions and builds tell of it.
pub fn brief_task(task: &Task, view: Moment) -> Value {
    json!({ "id": task.id, "name": task.name, "status": task.status(view).0 })
}

/// A task, in full.
pub fn task(task: &Task, view: Moment, dates: Dates) -> Value {
    let (status, progress) = task.status(view);
    let ended = task.finished.filter(|at| *at <= view);
    json!({
        "id": task.id,
        "name": task.name,
        "status": status,
        "created_at": dates.unix(task.created),
        "started_at": (status != "pending").then(|| dates.unix(task.starts)),
        "finished_at": ended.map(|at| dates.unix(at)),
        "progress": progress,
    })
}

/// An object in the trash.
pub fn trash(trash: &Trash, dates: Dates) -> Value {
    json!({
        "id": trash.id,
        "keep_until": dates.unix(trash.keep_until),
        "object_id": trash.machine_id,
        "object_type": "VirtualMachine",
    })
}

/// A build.
pub fn build(state: &State, build: &Build, view: Moment, dates: Dates) -> Value {
    let machine = build.machine.and_then(|serial| state.machines.seen(serial, view));
    json!({
        "id": build.id,
        "spec_xml": build.spec_xml,
        "state": build.state.word(),
        "virtual_machine": machine.map(|machine| brief_machine(state, machine)),
        "created_at": dates.unix(build.created),
    })
}
