//! Packages, templates and backups.

use serde_json::{Value, json};

use super::compute::INSTALLED;
use super::config::PackageConfig;
use super::problem::Problem;
use super::route::{Ask, Dates, Handled, shown};
use super::servers::seen;
use super::state::State;

const NO_PACKAGE: Problem = Problem::Missing("package not found");

/// One operating-system template.
#[derive(Debug)]
pub struct Template {
    id: u64,
    group: u64,
    name: &'static str,
    version: &'static str,
    variant: Option<&'static str>,
    icon: &'static str,
    kind: &'static str,
    eol: bool,
    /// Whether it may be installed.
    pub enabled: bool,
}

const fn template(
    id: u64,
    group: u64,
    name: &'static str,
    version: &'static str,
    icon: &'static str,
) -> Template {
    Template {
        id,
        group,
        name,
        version,
        variant: None,
        icon,
        kind: "linux",
        eol: false,
        enabled: true,
    }
}

static TEMPLATES: &[Template] = &[
    Template {
        eol: true,
        ..template(8, 1, "Debian", "11 (Bullseye)", "debian_logo.png")
    },
    Template {
        variant: Some("Minimal"),
        ..template(46, 1, "Debian", "12 (Bookworm)", "debian_logo.png")
    },
    template(47, 1, "Debian", "13 (Trixie)", "debian_logo.png"),
    template(48, 2, "Ubuntu Server", "22.04", "ubuntu_logo.png"),
    template(49, 2, "Ubuntu Server", "24.04", "ubuntu_logo.png"),
    template(60, 3, "AlmaLinux", "9", "almalinux_logo.png"),
    Template {
        kind: "windows",
        ..template(70, 4, "Windows Server", "2022", "windows_logo.png")
    },
    Template {
        enabled: false,
        ..template(90, 3, "CentOS", "6", "centos_logo.png")
    },
];

static GROUPS: &[(u64, &str, &str)] = &[
    (1, "Debian", "debian_logo.png"),
    (2, "Ubuntu", "ubuntu_logo.png"),
    (3, "Enterprise Linux", "almalinux_logo.png"),
    (4, "Windows", "windows_logo.png"),
];

impl Template {
    /// Name and version.
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    fn render(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "variant": self.variant,
            "arch": 1,
            "description": format!("A minimal installation of {}.", self.title()),
            "icon": self.icon,
            "eol": self.eol,
            "eol_date": "2024-08-14 00:00:00",
            "eol_warning": self.eol,
            "deploy_type": 1,
            "vnc": self.kind == "windows",
            "type": self.kind,
        })
    }
}

impl State {
    /// A package.
    pub fn package(&self, id: u64) -> Option<&PackageConfig> {
        self.config.packages.iter().find(|package| package.id == id)
    }

    /// A template.
    #[expect(
        clippy::unused_self,
        reason = "the catalogue is the panel's, though all panels share it"
    )]
    pub fn template(&self, id: u64) -> Option<&'static Template> {
        TEMPLATES.iter().find(|template| template.id == id)
    }
}

fn render(package: &PackageConfig, dates: Dates) -> Value {
    json!({
        "id": package.id,
        "name": package.name,
        "description": null,
        "enabled": package.enabled,
        "memory": package.memory,
        "primaryStorage": package.storage,
        "traffic": package.traffic,
        "cpuCores": package.cores,
        "primaryNetworkSpeedIn": package.speed_in,
        "primaryNetworkSpeedOut": package.speed_out,
        "primaryDiskType": "inherit",
        "backupPlanId": 0,
        "primaryStorageReadBytesSec": null,
        "primaryStorageWriteBytesSec": null,
        "primaryStorageReadIopsSec": null,
        "primaryStorageWriteIopsSec": null,
        "primaryStorageProfile": package.storage_profile,
        "primaryNetworkProfile": 0,
        "created": dates.micros(INSTALLED),
    })
}

/// `GET /packages`.
pub fn packages(state: &mut State, ask: &Ask<'_>) -> Handled {
    let data: Vec<Value> = state
        .config
        .packages
        .iter()
        .map(|package| render(package, ask.dates))
        .collect();
    shown(200, &json!({ "data": data }))
}

/// `GET /packages/{id}`.
pub fn package(state: &mut State, ask: &Ask<'_>) -> Handled {
    let package = state.package(ask.id()).ok_or(NO_PACKAGE)?;
    shown(200, &json!({ "data": render(package, ask.dates) }))
}

fn templates() -> Value {
    let groups = GROUPS.iter().map(|(id, name, icon)| {
        let of_group = TEMPLATES
            .iter()
            .filter(|template| template.group == *id && template.enabled);
        let templates: Vec<Value> = of_group.map(Template::render).collect();
        let description = format!("The {name} family.");
        json!({ "name": name, "description": description, "icon": icon, "templates": templates, "id": id })
    });
    json!({ "data": groups.collect::<Vec<Value>>() })
}

/// `GET /media/templates/fromServerPackageSpec/{package}`.
pub fn package_templates(state: &mut State, ask: &Ask<'_>) -> Handled {
    state.package(ask.id()).ok_or(NO_PACKAGE)?;
    shown(200, &templates())
}

/// `GET /servers/{id}/templates`.
pub fn server_templates(state: &mut State, ask: &Ask<'_>) -> Handled {
    seen(state, ask)?;
    shown(200, &templates())
}

/// `GET /backups/server/{id}`. A built server has one complete backup for each of its first five days.
pub fn backups(state: &mut State, ask: &Ask<'_>) -> Handled {
    let server = seen(state, ask)?;
    let days = server
        .built
        .map_or(0, |built| state.now.since(built).as_secs() / 86_400)
        .min(5);
    let built = server.built.unwrap_or(server.created);
    let backup = |day: u64| {
        let taken = built + std::time::Duration::from_secs(day * 86_400);
        json!({
            "id": server.id * 10 + day,
            "serverId": server.id,
            "storage": { "id": 5, "name": "Backup Server 1", "enabled": true },
            "deleting": false,
            "restoring": false,
            "progress": false,
            "complete": true,
            "deleteAfter": null,
            "created": ask.dates.iso(taken),
            "updated": ask.dates.iso(taken + std::time::Duration::from_mins(1)),
        })
    };
    shown(
        200,
        &json!({ "data": (1..=days).map(backup).collect::<Vec<Value>>() }),
    )
}
