//! Addresses of an organization.

use serde_json::{Value, json};

use super::find::{self, PERMALINK};
use super::offers::find_network;
use super::page::page;
use super::problem::Problem;
use super::record::Address;
use super::render;
use super::route::{Ask, Handled, changed, shown};
use super::state::State;

const MISSING: &str = "ip_address_not_found";

/// `GET /organizations/organization/ip_addresses`.
pub fn list(state: &mut State, ask: &Ask<'_>) -> Handled {
    let allocated = ask.arguments.boolean("allocated")?;
    let organization = find::organization(state, ask)?.serial;
    let addresses: Vec<&Address> = state
        .addresses
        .all_seen(ask.seen_at)
        .filter(|address| address.organization == organization)
        .filter(|address| allocated.is_none_or(|wanted| wanted == address.machine.is_some()))
        .collect();
    let render = |address: &&Address| render::listed_address(state, address);
    let (pagination, items) = page(ask, &addresses, state.config.large_set, render)?;
    shown(&json!({ "pagination": pagination, "ip_addresses": items }))
}

/// `POST /organizations/organization/ip_addresses`. There are no IPv6 addresses here.
pub fn create(state: &mut State, ask: &Ask<'_>) -> Handled {
    let network = ask.arguments.lookup("network", PERMALINK)?;
    let version = ask.arguments.choice("version", &["ipv4", "ipv6"])?;
    let version = version.ok_or_else(|| Problem::missing_argument(&["version".to_owned()]))?;
    let vip = ask.arguments.boolean("vip")?.unwrap_or(false);
    let label = ask.arguments.text("label")?;
    let organization = find::organization(state, ask)?.serial;
    let place = find_network(state, &network)?.permalink.clone();
    if vip && label.is_none() {
        return Err(Problem::invalid(&["Label can't be blank".to_owned()]));
    }
    let taken = if version == "ipv4" {
        state.take_address(organization, &place, None)
    } else {
        None
    };
    let serial = taken.ok_or_else(|| {
        let text = "There are no more addresses";
        Problem::new(503, "no_available_addresses", text, json!({}))
    })?;
    state.change_address(serial, |address| {
        address.vip = vip;
        address.label = label;
    });
    rendered(state, serial)
}

fn rendered(state: &State, serial: u64) -> Handled {
    let address = state
        .addresses
        .get(serial)
        .ok_or_else(|| Problem::missing(MISSING))?;
    changed(200, &json!({ "ip_address": render::address(state, address) }))
}

/// `GET /ip_addresses/ip_address`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let address = find::address(state, ask)?;
    let machine = address.machine.and_then(|serial| state.machines.get(serial));
    let allocation: Option<Value> = machine.map(
        |machine| json!({ "type": "VirtualMachine", "value": { "id": machine.id, "name": machine.name } }),
    );
    shown(&json!({ "ip_address": render::address(state, address), "allocation": allocation }))
}

/// The address that a change aims at, which is still there.
fn present<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Address, Problem> {
    let serial = find::address(state, ask)?.serial;
    state
        .addresses
        .get(serial)
        .ok_or_else(|| Problem::missing(MISSING))
}

/// `PATCH /ip_addresses/ip_address`.
pub fn update(state: &mut State, ask: &Ask<'_>) -> Handled {
    let vip = ask.arguments.boolean("vip")?;
    let label = ask.arguments.text("label")?;
    let reverse_dns = ask.arguments.text("reverse_dns")?;
    let serial = present(state, ask)?.serial;
    if let Some(name) = &reverse_dns
        && !is_name(name)
    {
        return Err(Problem::invalid(&["Reverse dns is invalid".to_owned()]));
    }
    state.change_address(serial, |address| {
        address.vip = vip.unwrap_or(address.vip);
        address.label = label.or_else(|| address.label.clone());
        address.reverse_dns = reverse_dns.or_else(|| address.reverse_dns.clone());
    });
    rendered(state, serial)
}

fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label)
}

/// `DELETE /ip_addresses/ip_address`: back to the platform, away from its machine too.
pub fn release(state: &mut State, ask: &Ask<'_>) -> Handled {
    let serial = present(state, ask)?.serial;
    detach(state, serial);
    state.release_address(serial);
    changed(200, &json!({}))
}

/// `POST /ip_addresses/ip_address/unallocate`.
pub fn unallocate(state: &mut State, ask: &Ask<'_>) -> Handled {
    let address = present(state, ask)?;
    let serial = address.serial;
    if address.machine.is_none() {
        let text = "The address is not allocated";
        return Err(Problem::new(422, "no_allocation", text, json!({})));
    }
    detach(state, serial);
    changed(200, &json!({}))
}

fn detach(state: &mut State, serial: u64) {
    if let Some(machine) = state.addresses.get(serial).and_then(|address| address.machine) {
        state.change_machine(machine, |machine| {
            machine.addresses.retain(|address| *address != serial);
        });
    }
    state.change_address(serial, |address| address.machine = None);
}

/// `POST /virtual_machines/virtual_machine/allocate_ip`.
pub fn allocate(state: &mut State, ask: &Ask<'_>) -> Handled {
    let machine = find::changeable(state, ask)?;
    let (machine, organization, place) = (machine.serial, machine.organization, machine.data_center.clone());
    let address = present(state, ask)?;
    let serial = address.serial;
    if address.machine.is_some() {
        let text = "The address is allocated already";
        return Err(Problem::new(422, "ip_already_allocated", text, json!({})));
    }
    if address.organization != organization || address.data_center != place {
        let text = "The virtual machine has no interface for this address";
        return Err(Problem::new(422, "no_interface_available", text, json!({})));
    }
    state.change_address(serial, |address| address.machine = Some(machine));
    state.change_machine(machine, |machine| machine.addresses.push(serial));
    rendered(state, serial)
}
