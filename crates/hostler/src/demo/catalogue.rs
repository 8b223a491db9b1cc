//! What the shop sells: read from the panel itself, so that any panel will do.

use std::time::Duration;

use ::demo::{OperatingSystem, Product};
use anyhow::{Context, Result, bail};
use domain::Secret;
use domain::http::{Lane, Outcome, Request};
use domain::id::{CallId, PlatformId};
use engine::Engine;
use outbound::{Credential, Endpoint, PlainHttp};
use serde_json::Value;

use super::panel::DemoPanel;

/// How long the panel may take for one list.
const PATIENCE: Duration = Duration::from_secs(40);

/// Products and operating systems, the ones to begin with first.
pub struct Catalogue {
    /// At least two: an order is changed to the second.
    pub products: Vec<Product>,
    /// May be empty: the panel then chooses.
    pub systems: Vec<OperatingSystem>,
}

/// One package, as far as a shop has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Package {
    id: u64,
    name: String,
    memory: u64,
    cores: u64,
    storage: u64,
}

impl Catalogue {
    /// Reads the panel's packages and the templates that fit the wanted one.
    pub async fn read(engine: &Engine, panel: &DemoPanel, group: u64, package: u64) -> Result<Self> {
        let endpoint = endpoint(engine, panel)?;
        let packages = list(engine, &endpoint, "list_packages", "/packages".to_owned()).await?;
        let packages: Vec<Package> = packages.iter().filter_map(package_of).collect();
        let chosen = offered(&packages, package);
        let Some(chosen) = chosen else {
            let known = packages
                .iter()
                .map(|package| format!("{} ({})", package.id, package.name))
                .collect::<Vec<_>>();
            bail!(
                "--package {package}: the panel has no such enabled package; it has {}",
                known.join(", ")
            );
        };
        let path = format!("/media/templates/fromServerPackageSpec/{package}");
        let systems = list(engine, &endpoint, "list_templates", path).await;
        let systems = systems.unwrap_or_else(|error| {
            tracing::warn!(
                error = format!("{error:#}"),
                "no templates to offer; the panel chooses"
            );
            Vec::new()
        });
        let products = chosen
            .iter()
            .zip(1..)
            .map(|(package, id)| product(package, id, group))
            .collect();
        Ok(Self {
            products,
            systems: systems.iter().flat_map(systems_of).take(12).collect(),
        })
    }
}

/// The wanted package and those that a machine of it can be changed to: a disk never shrinks. Where there are none,
/// the wanted one again, so that a change can still be asked for.
fn offered(packages: &[Package], wanted: u64) -> Option<Vec<Package>> {
    let wanted = packages.iter().find(|package| package.id == wanted)?;
    let mut others: Vec<Package> = packages
        .iter()
        .filter(|package| package.id != wanted.id && package.storage >= wanted.storage)
        .cloned()
        .collect();
    others.sort_by_key(|package| (package.storage, package.memory, package.id));
    others.truncate(3);
    if others.is_empty() {
        others.push(wanted.clone());
    }
    others.insert(0, wanted.clone());
    Some(others)
}

fn product(package: &Package, id: u64, group: u64) -> Product {
    let Package {
        memory,
        cores,
        storage,
        ..
    } = package;
    Product {
        id,
        name: package.name.clone(),
        description: format!(
            "{cores} {}, {memory} MB memory, {storage} GB disk",
            if *cores == 1 { "core" } else { "cores" }
        ),
        price: format!("{}.00 a month", 4 * id),
        group,
        package: package.id,
        ipv4: 1,
    }
}

fn endpoint(engine: &Engine, panel: &DemoPanel) -> Result<Endpoint> {
    let platform = PlatformId::new(engine.clock().as_ref(), engine.random().as_ref());
    let base = format!("{}/api/v1", panel.endpoint.trim_end_matches('/'));
    let token = Credential::Bearer(Secret::new(panel.token.expose()));
    let endpoint = Endpoint::parse(platform, &base, token, PlainHttp::OnLoopback).context("--panel")?;
    match &panel.ca {
        Some(pem) => endpoint.with_extra_ca(pem).context("--ca"),
        None => Ok(endpoint),
    }
}

/// One of the panel's plain lists.
async fn list(engine: &Engine, endpoint: &Endpoint, name: &str, path: String) -> Result<Vec<Value>> {
    let call = CallId::new(engine.clock().as_ref(), engine.random().as_ref());
    let latest = engine.clock().now() + PATIENCE;
    let request = Request::get(name, path.clone());
    let outcome = engine
        .outbound()
        .send(endpoint, call, &request, Lane::Click, latest)
        .await;
    let Outcome::Answered(response) = outcome else {
        bail!(
            "--panel {}: {}. Is the address right, and its certificate trusted (--ca)?",
            endpoint.base(),
            outcome.summary()
        );
    };
    let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
    match body.get("data").and_then(Value::as_array) {
        Some(rows) if response.status == 200 => Ok(rows.clone()),
        _ => bail!(
            "--panel {}: {path} was answered with {}. Is the token right?",
            endpoint.base(),
            response.status
        ),
    }
}

/// A number, also where it came as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn package_of(row: &Value) -> Option<Package> {
    if row["enabled"] == Value::Bool(false) {
        return None;
    }
    let id = number(&row["id"])?;
    Some(Package {
        id,
        name: row["name"]
            .as_str()
            .map_or_else(|| format!("Package {id}"), str::to_owned),
        memory: number(&row["memory"]).unwrap_or(0),
        cores: number(&row["cpuCores"]).unwrap_or(0),
        storage: number(&row["primaryStorage"]).unwrap_or(0),
    })
}

/// The templates of one group that need no licence.
fn systems_of(group: &Value) -> Vec<OperatingSystem> {
    let templates = group["templates"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    templates
        .iter()
        .filter(|template| template["type"] != "windows" && template["eol"] != Value::Bool(true))
        .filter_map(|template| {
            let words = ["name", "version", "variant"].map(|key| template[key].as_str().unwrap_or_default());
            Some(OperatingSystem {
                template: number(&template["id"])?,
                name: words.join(" ").trim().to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(id: u64, storage: u64) -> Package {
        Package {
            id,
            name: format!("p{id}"),
            memory: id * 1024,
            cores: 1,
            storage,
        }
    }

    #[test]
    fn a_change_never_shrinks_the_disk() {
        let packages = [package(1, 80), package(2, 40), package(3, 160), package(4, 80)];
        let ids = |wanted| -> Vec<u64> {
            let offered = offered(&packages, wanted).unwrap();
            offered.iter().map(|package| package.id).collect()
        };
        assert_eq!(ids(1), [1, 4, 3]);
        assert_eq!(ids(3), [3, 3]);
        assert_eq!(offered(&packages, 9), None);
    }

    #[test]
    fn packages_and_templates_are_read_loosely() {
        let row = json!({ "id": "7", "name": "S", "memory": "1024", "primaryStorage": 20, "enabled": true });
        assert_eq!(
            package_of(&row).map(|package| (package.id, package.memory)),
            Some((7, 1024))
        );
        assert_eq!(package_of(&json!({ "id": 7, "enabled": false })), None);
        let group = json!({ "templates": [
            { "id": 70, "name": "Windows", "type": "windows" },
            { "id": 46, "name": "Debian", "version": "12", "variant": null, "type": "linux" },
        ] });
        let systems = systems_of(&group);
        assert_eq!(systems.len(), 1);
        assert_eq!((systems[0].template, systems[0].name.as_str()), (46, "Debian 12"));
    }
}
