//! What is on offer: places, networks, packages, templates, speeds.

use serde_json::{Value, json};

use super::argument::Lookup;
use super::catalogue::{DataCenter, Package, SpeedProfile, Template};
use super::find::{self, ID, PERMALINK};
use super::page::page;
use super::problem::Problem;
use super::record::Organization;
use super::render;
use super::route::{Ask, Handled, shown};
use super::state::State;

/// A place by id or permalink.
pub fn find_data_center<'a>(state: &'a State, lookup: &Lookup) -> Result<&'a DataCenter, Problem> {
    let places = state.config.catalogue.offered_data_centers();
    named(
        places,
        lookup,
        |place| (place.id.clone(), place.permalink.clone()),
        "data_center_not_found",
    )
}

/// The place whose zone has this id or permalink.
pub fn find_zone<'a>(state: &'a State, lookup: &Lookup) -> Result<&'a DataCenter, Problem> {
    let places = state.config.catalogue.offered_data_centers();
    named(
        places,
        lookup,
        |place| (place.zone_id(), place.zone_permalink()),
        "zone_not_found",
    )
}

/// The place whose network has this id or permalink.
pub fn find_network<'a>(state: &'a State, lookup: &Lookup) -> Result<&'a DataCenter, Problem> {
    let places = state.config.catalogue.offered_data_centers();
    named(
        places,
        lookup,
        |place| (place.network_id(), place.network_permalink()),
        "network_not_found",
    )
}

/// A package by id or permalink.
pub fn find_package<'a>(state: &'a State, lookup: &Lookup) -> Result<&'a Package, Problem> {
    let packages = state.config.catalogue.offered_packages();
    let names = |package: &Package| (package.id.clone(), package.permalink.clone());
    named(packages, lookup, names, "package_not_found")
}

/// A template that an organization may use, by id or permalink.
pub fn find_template<'a>(state: &'a State, lookup: &Lookup) -> Result<&'a Template, Problem> {
    let templates = state.config.catalogue.offered_templates();
    let names = |template: &Template| (template.id.clone(), template.permalink.clone());
    named(templates, lookup, names, "disk_template_not_found")
}

fn named<'a, T>(
    mut all: impl Iterator<Item = &'a T>,
    lookup: &Lookup,
    names: impl Fn(&T) -> (String, String),
    missing: &'static str,
) -> Result<&'a T, Problem> {
    let fits = |item: &&T| {
        let (id, permalink) = names(item);
        lookup.value == if lookup.field == "id" { id } else { permalink }
    };
    all.find(fits).ok_or_else(|| Problem::missing(missing))
}

fn asked<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a DataCenter, Problem> {
    find_data_center(state, &ask.arguments.lookup("data_center", PERMALINK)?)
}

/// `GET /data_centers`.
pub fn data_centers(state: &mut State, _: &Ask<'_>) -> Handled {
    let places = state.config.catalogue.offered_data_centers();
    shown(&json!({ "data_centers": places.map(render::data_center).collect::<Vec<Value>>() }))
}

/// `GET /data_centers/data_center`.
pub fn data_center(state: &mut State, ask: &Ask<'_>) -> Handled {
    shown(&json!({ "data_center": render::data_center(asked(state, ask)?) }))
}

/// `GET /data_centers/data_center/default_network`.
pub fn default_network(state: &mut State, ask: &Ask<'_>) -> Handled {
    let place = asked(state, ask)?;
    shown(&json!({ "network": render::network(place, &render::brief_data_center(place)) }))
}

/// `GET /zones`.
pub fn zones(state: &mut State, _: &Ask<'_>) -> Handled {
    let zone = |place: &DataCenter| {
        let mut zone = render::zone(place);
        zone["data_center"] = render::brief_data_center(place);
        zone
    };
    let zones: Vec<Value> = state.config.catalogue.offered_data_centers().map(zone).collect();
    shown(&json!({ "zones": zones }))
}

/// `GET /zones/zone`.
pub fn zone(state: &mut State, ask: &Ask<'_>) -> Handled {
    let place = find_zone(state, &ask.arguments.lookup("zone", PERMALINK)?)?;
    shown(&json!({ "zone": render::zone(place) }))
}

/// `GET /networks/network`.
pub fn network(state: &mut State, ask: &Ask<'_>) -> Handled {
    let place = find_network(state, &ask.arguments.lookup("network", PERMALINK)?)?;
    shown(&json!({ "network": render::full_network(place) }))
}

/// `GET /organizations/organization/available_networks`.
pub fn available_networks(state: &mut State, ask: &Ask<'_>) -> Handled {
    find::organization(state, ask)?;
    let network = |place: &DataCenter| render::network(place, &render::brief_data_center(place));
    let networks: Vec<Value> = state
        .config
        .catalogue
        .offered_data_centers()
        .map(network)
        .collect();
    shown(&json!({ "networks": networks, "virtual_networks": [] }))
}

fn speeds(
    state: &State,
    ask: &Ask<'_>,
    (name, profiles): (&str, &[SpeedProfile]),
    render: fn(&SpeedProfile) -> Value,
) -> Handled {
    find::organization(state, ask)?;
    let (pagination, items) = page(ask, profiles, usize::MAX, render)?;
    shown(&json!({ "pagination": pagination, name: items }))
}

/// `GET /organizations/organization/network_speed_profiles`.
pub fn network_speeds(state: &mut State, ask: &Ask<'_>) -> Handled {
    let profiles = (
        "network_speed_profiles",
        state.config.catalogue.network_speeds.as_slice(),
    );
    speeds(state, ask, profiles, render::network_speed)
}

/// `GET /organizations/organization/disk_io_profiles`.
pub fn disk_speeds(state: &mut State, ask: &Ask<'_>) -> Handled {
    let profiles = ("disk_io_profiles", state.config.catalogue.disk_speeds.as_slice());
    speeds(state, ask, profiles, render::disk_speed)
}

/// `GET /virtual_machine_packages`; an organization may be named.
pub fn packages(state: &mut State, ask: &Ask<'_>) -> Handled {
    if let Some(lookup) = ask
        .arguments
        .optional_lookup("organization", find::ORGANIZATION)?
    {
        find::named_organization(state, ask, &lookup)?;
    }
    let packages: Vec<&Package> = state.config.catalogue.offered_packages().collect();
    let (pagination, items) = page(ask, &packages, usize::MAX, |package| render::package(package))?;
    shown(&json!({ "pagination": pagination, "virtual_machine_packages": items }))
}

/// `GET /virtual_machine_packages/virtual_machine_package`.
pub fn package(state: &mut State, ask: &Ask<'_>) -> Handled {
    let package = find_package(
        state,
        &ask.arguments.lookup("virtual_machine_package", PERMALINK)?,
    )?;
    shown(&json!({ "virtual_machine_package": render::package(package) }))
}

/// Whether an organization may use a template; those of its manager it may not.
pub fn may_use(organization: &Organization, template: &Template) -> bool {
    template
        .owner
        .as_ref()
        .is_none_or(|owner| *owner == organization.sub_domain)
}

/// `GET /organizations/organization/disk_templates`: the organization's own, and all others only where asked for.
pub fn templates(state: &mut State, ask: &Ask<'_>) -> Handled {
    let universal = ask.arguments.boolean("include_universal")?.unwrap_or(false);
    let system = ask.arguments.optional_lookup("operating_system", ID)?;
    let organization = find::organization(state, ask)?;
    let all: Vec<&Template> = state.config.catalogue.offered_templates().collect();
    if let Some(system) = &system
        && !all.iter().any(|template| template.system_id() == system.value)
    {
        return Err(Problem::missing("operating_system_not_found"));
    }
    let wanted = |template: &&Template| {
        may_use(organization, template)
            && (universal || template.owner.is_some())
            && system
                .as_ref()
                .is_none_or(|system| template.system_id() == system.value)
    };
    let templates: Vec<&Template> = all.into_iter().filter(wanted).collect();
    let (pagination, items) = page(ask, &templates, usize::MAX, |template| {
        render::template(template, true)
    })?;
    shown(&json!({ "pagination": pagination, "disk_templates": items }))
}

fn asked_template<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Template, Problem> {
    find_template(state, &ask.arguments.lookup("disk_template", PERMALINK)?)
}

/// `GET /disk_templates/disk_template`.
pub fn template(state: &mut State, ask: &Ask<'_>) -> Handled {
    shown(&json!({ "disk_template": render::template(asked_template(state, ask)?, false) }))
}

fn render_version(template: &Template, number: u64) -> Value {
    json!({
        "id": template.version_id(number),
        "number": number,
        "stable": true,
        "size_in_gb": template.size_in_gb,
    })
}

fn brief_template(template: &Template) -> Value {
    json!({ "id": template.id, "name": template.name, "permalink": template.permalink })
}

/// `GET /disk_templates/disk_template/versions`.
pub fn versions(state: &mut State, ask: &Ask<'_>) -> Handled {
    let template = asked_template(state, ask)?;
    let render = |number: &u64| render_version(template, *number);
    let (pagination, items) = page(ask, &template.versions, usize::MAX, render)?;
    shown(&json!({
        "disk_template": brief_template(template),
        "pagination": pagination,
        "disk_template_versions": items,
    }))
}

fn asked_version<'a>(state: &'a State, ask: &Ask<'_>) -> Result<(&'a Template, Value), Problem> {
    let lookup = ask.arguments.lookup("disk_template_version", ID)?;
    let version = |template: &'a Template| {
        let mut numbers = template.versions.iter();
        let number = numbers.find(|number| template.version_id(**number) == lookup.value)?;
        let mut version = render_version(template, *number);
        version["disk_template"] = brief_template(template);
        Some((template, version))
    };
    let mut templates = state.config.catalogue.templates.iter();
    templates
        .find_map(version)
        .ok_or_else(|| Problem::missing("disk_template_version_not_found"))
}

/// `GET /disk_template_versions/disk_template_version`.
pub fn version(state: &mut State, ask: &Ask<'_>) -> Handled {
    let (_, version) = asked_version(state, ask)?;
    shown(&json!({ "disk_template_version": version }))
}

/// `GET /disk_template_versions/disk_template_version/spec`: what a build has to say about it.
pub fn version_spec(state: &mut State, ask: &Ask<'_>) -> Handled {
    let (template, version) = asked_version(state, ask)?;
    let fields: Vec<Value> = template
        .fields
        .iter()
        .map(|field| {
            json!({
                "name": field.name,
                "type": field.kind,
                "label": field.name,
                "description": null,
                "required": field.required,
                "placeholder": null,
                "prefill": null,
            })
        })
        .collect();
    shown(&json!({ "disk_template_version": version, "spec": { "fields": fields } }))
}

/// `GET /operating_systems`.
pub fn systems(state: &mut State, ask: &Ask<'_>) -> Handled {
    let mut systems: Vec<Value> = Vec::new();
    for template in &state.config.catalogue.templates {
        let system = json!({ "id": template.system_id(), "name": template.system });
        if !systems.contains(&system) {
            systems.push(system);
        }
    }
    let (pagination, items) = page(ask, &systems, usize::MAX, Value::clone)?;
    shown(&json!({ "pagination": pagination, "operating_systems": items }))
}
