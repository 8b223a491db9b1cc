//! The connection test, and hypervisor groups with their resources.

use domain::Moment;
use serde_json::{Value, json};

use super::books::{Group, Hypervisor};
use super::page::page;
use super::problem::Problem;
use super::route::{Ask, Dates, Handled, shown, shown_as};
use super::state::State;
use crate::written::Written;

const NO_GROUP: Problem = Problem::Missing("hypervisor group not found");

/// When the panel was installed: 2024-03-12T22:21:32Z.
pub const INSTALLED: Moment = Moment::from_seconds(1_710_282_092);

/// `GET /connect`.
pub fn connect(_: &mut State, _: &Ask<'_>) -> Handled {
    shown(200, &json!([]))
}

fn render(group: &Group, first: u64, dates: Dates) -> Value {
    json!({
        "id": group.id,
        "name": group.name,
        "label": null,
        "description": null,
        "distributionType": 5,
        "enabled": group.enabled,
        "default": group.id == first,
        "created": dates.iso(INSTALLED),
        "updated": dates.iso(INSTALLED),
    })
}

fn first(state: &State) -> u64 {
    state.books.groups.keys().next().copied().unwrap_or(0)
}

/// `GET /compute/hypervisors/groups`.
pub fn groups(state: &mut State, ask: &Ask<'_>) -> Handled {
    let first = first(state);
    let groups: Vec<&Group> = state.books.groups.values().collect();
    shown_as(
        200,
        page(ask, &state.config.url, &groups, |group| {
            Written::of(&render(group, first, ask.dates))
        })?,
    )
}

/// `GET /compute/hypervisors/groups/{id}`.
pub fn group(state: &mut State, ask: &Ask<'_>) -> Handled {
    let group = state.books.groups.get(&ask.id()).ok_or(NO_GROUP)?;
    shown(200, &json!({ "data": render(group, first(state), ask.dates) }))
}

/// `GET /compute/hypervisors/groups/{id}/resources`.
pub fn resources(state: &mut State, ask: &Ask<'_>) -> Handled {
    let group = state.books.groups.get(&ask.id()).ok_or(NO_GROUP)?.id;
    let free = state.books.free_addresses(group);
    let hypervisors: Vec<&Hypervisor> = state.books.in_group(group).collect();
    let render = |hypervisor: &&Hypervisor| {
        let mut resources = hypervisor.resources();
        resources["network"] = json!({ "total": { "ipv4": { "free": free } } });
        Written::of(&json!({
            "hypervisor": {
                "id": hypervisor.id,
                "name": hypervisor.name,
                "enabled": hypervisor.limits.enabled,
                "prohibit": hypervisor.limits.prohibit,
                "accept": false,
                "commissioned": hypervisor.limits.commissioned,
            },
            "resources": resources,
        }))
    };
    shown_as(200, page(ask, &state.config.url, &hypervisors, render)?)
}
