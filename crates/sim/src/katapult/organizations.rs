//! Organizations, those that they manage, and the person behind a token.

use serde_json::{Value, json};

use super::argument::Arguments;
use super::config::Owner;
use super::find;
use super::page::page;
use super::problem::Problem;
use super::record::{Annotation, Organization};
use super::render;
use super::route::{Ask, Handled, changed, shown};
use super::state::State;

/// The annotations of a request.
pub fn annotations(arguments: &Arguments) -> Result<Vec<Annotation>, Problem> {
    let one = |item: &Arguments| {
        Ok(Annotation {
            key: item.required_text("key")?,
            value: item.text("value")?.unwrap_or_default(),
        })
    };
    arguments.objects("annotations")?.iter().map(one).collect()
}

/// The annotations that a list is filtered by: a key, and its value where one is given.
pub fn filters(arguments: &Arguments) -> Result<Vec<(String, Option<String>)>, Problem> {
    let one = |item: &Arguments| Ok((item.required_text("key")?, item.text("value")?));
    arguments.objects("annotations")?.iter().map(one).collect()
}

/// Whether an object has all that a list is filtered by.
pub fn admits(filters: &[(String, Option<String>)], annotations: &[Annotation]) -> bool {
    filters.iter().all(|(key, value)| {
        annotations
            .iter()
            .any(|one| one.key == *key && value.as_ref().is_none_or(|value| one.value == *value))
    })
}

/// Sets these annotations and leaves the others.
pub fn annotate(annotations: &mut Vec<Annotation>, more: Vec<Annotation>) {
    for one in more {
        match annotations.iter_mut().find(|present| present.key == one.key) {
            Some(present) => present.value = one.value,
            None => annotations.push(one),
        }
    }
}

/// `GET /organizations`: what the caller may use, those that nobody manages first.
pub fn list(state: &mut State, ask: &Ask<'_>) -> Handled {
    let lists_managed = state.config.lists_managed;
    let mut organizations: Vec<&Organization> = state
        .organizations
        .all_seen(ask.seen_at)
        .filter(|organization| lists_managed || organization.parent.is_none())
        .filter(|organization| find::reaches(state, ask, organization.serial))
        .collect();
    organizations.sort_by_key(|organization| organization.parent.is_some());
    let items = organizations
        .into_iter()
        .map(|organization| render::listed_organization(organization, ask.dates));
    shown(&json!({ "organizations": items.collect::<Vec<Value>>() }))
}

/// `GET /organizations/organization`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let organization = find::organization(state, ask)?;
    shown(&json!({ "organization": render::organization(state, organization, ask.dates) }))
}

/// `GET /organizations/organization/managed`.
pub fn managed(state: &mut State, ask: &Ask<'_>) -> Handled {
    let filters = filters(&ask.arguments)?;
    let parent = find::organization(state, ask)?.serial;
    let organizations: Vec<&Organization> = state
        .organizations
        .all_seen(ask.seen_at)
        .filter(|organization| {
            organization.parent == Some(parent) && admits(&filters, &organization.annotations)
        })
        .collect();
    let render = |organization: &&Organization| render::managed_organization(organization, ask.dates);
    let (pagination, items) = page(ask, &organizations, state.config.large_set, render)?;
    shown(&json!({ "pagination": pagination, "organizations": items }))
}

/// `POST /organizations/organization/managed`.
pub fn create(state: &mut State, ask: &Ask<'_>) -> Handled {
    let name = ask.arguments.required_text("name")?;
    let sub_domain = ask.arguments.required_text("sub_domain")?;
    let annotations = annotations(&ask.arguments)?;
    let parent = find::organization(state, ask)?;
    if parent.parent.is_some() {
        return Err(limit_reached());
    }
    let serial = parent.serial;
    let managed = state
        .organizations
        .all()
        .filter(|organization| organization.parent == Some(serial))
        .count();
    if managed >= parent.managed_limit as usize {
        return Err(limit_reached());
    }
    let mut errors = Vec::new();
    if name.trim().is_empty() {
        errors.push("Name can't be blank".to_owned());
    }
    if !super::builds::is_label(&sub_domain) {
        errors.push("Sub domain is invalid".to_owned());
    } else if state.of_sub_domain(&sub_domain).is_some() {
        errors.push("Sub domain has already been taken".to_owned());
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(&errors));
    }
    let made = state.insert_organization(Some(serial), &name, &sub_domain, annotations);
    state.totals.organizations_created += 1;
    let made = state
        .organizations
        .get(made)
        .ok_or_else(|| Problem::missing("organization_not_found"))?;
    let body = json!({
        "organization": render::organization(state, made, ask.dates),
        "annotations": render::annotations(&made.annotations),
    });
    changed(201, &body)
}

/// The words, and the slip in them, are the platform's.
fn limit_reached() -> Problem {
    let text = "The maxmium number of organizations that can be created has been reached";
    Problem::new(422, "organization_limit_reached", text, json!({}))
}

/// What has to be gone before an organization can be deleted: the step, whether it is, and what it is about.
fn steps(state: &State, organization: u64) -> Vec<(&'static str, bool)> {
    let machines = || {
        state
            .machines
            .all()
            .filter(|machine| machine.organization == organization)
    };
    let live = machines().any(|machine| machine.trash.is_none());
    let builds = state.builds_of(organization).next().is_some();
    let addresses = state
        .addresses
        .all()
        .any(|address| address.organization == organization);
    let trashed = state.trash.all().any(|trash| trash.organization == organization);
    let manages = state
        .organizations
        .all()
        .any(|other| other.parent == Some(organization));
    let always = [
        "file_storage_volumes",
        "isos",
        "disk_templates",
        "load_balancers",
        "dns_zones",
        "virtual_networks",
        "object_storage",
        "ensure_zero_balance",
        "ensure_no_outstanding_invoices",
    ];
    let mut steps = vec![
        ("managed_organizations", !manages),
        ("virtual_machines", !live && !builds),
        ("disks", !live),
        (
            "disk_backup_policies",
            !state
                .policies
                .all()
                .any(|policy| policy.organization == organization),
        ),
        ("empty_trash", !trashed),
        ("ip_addresses", !addresses),
    ];
    steps.extend(always.map(|step| (step, true)));
    steps
}

/// `GET /organizations/organization/deletion_steps`.
pub fn deletion_steps(state: &mut State, ask: &Ask<'_>) -> Handled {
    let serial = find::organization(state, ask)?.serial;
    let steps: serde_json::Map<String, Value> = steps(state, serial)
        .into_iter()
        .map(|(step, satisfied)| {
            let text = format!("Nothing is left of {}", step.replace('_', " "));
            (
                step.to_owned(),
                json!({ "satisfied": satisfied, "description": text }),
            )
        })
        .collect();
    shown(&json!({ "steps": steps }))
}

/// `DELETE /managed_organizations/organization`.
pub fn remove(state: &mut State, ask: &Ask<'_>) -> Handled {
    let organization = find::organization(state, ask)?;
    let serial = organization.serial;
    if organization.parent.is_none() {
        let text = "Only a managed organization can be deleted";
        return Err(Problem::new(
            409,
            "managed_organization_required",
            text,
            json!({}),
        ));
    }
    if steps(state, serial).iter().any(|(_, satisfied)| !satisfied) {
        let text = "The steps that come before the deletion of an organization are not all done";
        return Err(Problem::new(409, "deletion_steps_not_satisfied", text, json!({})));
    }
    state.delete_organization(serial);
    changed(200, &json!({ "success": true }))
}

/// `GET /users/current`.
pub fn current_user(state: &mut State, ask: &Ask<'_>) -> Handled {
    let token = &state.config.tokens[ask.token];
    let Owner::User { name, organizations } = &token.owner else {
        let text = "No user belongs to this identity";
        return Err(Problem::new(
            404,
            "no_user_associated_with_identity",
            text,
            json!({}),
        ));
    };
    let whole = format!("{} {}", name.0, name.1);
    let item = |sub_domain: &String| {
        let organization = state.of_sub_domain(sub_domain)?;
        Some(
            json!({ "id": organization.id, "name": organization.name, "sub_domain": organization.sub_domain }),
        )
    };
    let organizations: Vec<Value> = organizations.iter().filter_map(item).collect();
    shown(&json!({
        "user": {
            "id": super::catalogue::id_of("user", &whole),
            "first_name": name.0,
            "last_name": name.1,
            "avatar_url": "https://example.com/avatar.png",
        },
        "organizations": organizations,
        "api_token_id": super::catalogue::id_of("apitok", &format!("{whole} {}", ask.token)),
    }))
}
