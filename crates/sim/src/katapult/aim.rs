//! What a request aims at, by what never changes of it.

use super::argument::Arguments;
use super::render;
use super::route;
use super::state::State;
use crate::wire::Incoming;

/// What a request aims at, by serial number. Organizations are not among it: what is gone from under a request takes
/// nothing else with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// A machine, also by its place in the trash.
    Machine(u64),
    /// A disk of a machine, by its id.
    Disk(u64, String),
    /// A build.
    Build(u64),
    /// A backup policy.
    Policy(u64),
    /// An address.
    Address(u64),
    /// A key.
    Key(u64),
}

/// The code of the 404 that says that what a request aims at does not exist.
pub fn missing_code(incoming: &Incoming) -> &'static str {
    match route::subject(incoming) {
        Some("virtual_machine") => "virtual_machine_not_found",
        Some("virtual_machine_build") => "build_not_found",
        Some("disk") => "disk_not_found",
        Some("disk_backup_policy") => "disk_backup_policy_not_found",
        Some("ip_address") => "ip_address_not_found",
        Some("ssh_key") => "ssh_key_not_found",
        Some("task") => "task_not_found",
        Some("trash_object") => "trash_object_not_found",
        Some("data_center") => "data_center_not_found",
        Some("zone") => "zone_not_found",
        Some("network") => "network_not_found",
        Some("virtual_machine_package") => "package_not_found",
        Some("disk_template") => "disk_template_not_found",
        Some("disk_template_version") => "disk_template_version_not_found",
        Some("organization") => "organization_not_found",
        _ => "route_not_found",
    }
}

impl State {
    /// What a request aims at, where it exists.
    pub fn aim(&self, incoming: &Incoming) -> Option<Aim> {
        let subject = route::subject(incoming)?;
        let arguments = route::arguments(incoming)?;
        let named = |field: &str| text_of(&arguments, subject, field);
        match subject {
            "virtual_machine" => self.aimed_machine(named("id"), named("fqdn")).map(Aim::Machine),
            "trash_object" => {
                let by_id = named("id")
                    .and_then(|id| self.trash.named(&id))
                    .map(|trash| trash.machine);
                by_id
                    .or_else(|| self.aimed_machine(named("object_id"), None))
                    .map(Aim::Machine)
            }
            "disk" => {
                let disk = named("id")?;
                let mut machines = self.machines.all();
                let machine = machines.find(|machine| machine.disks.iter().any(|own| own.id == disk))?;
                Some(Aim::Disk(machine.serial, disk))
            }
            "virtual_machine_build" => Some(Aim::Build(self.builds.named(&named("id")?)?.serial)),
            "disk_backup_policy" => Some(Aim::Policy(self.policies.named(&named("id")?)?.serial)),
            "ip_address" => Some(Aim::Address(self.addresses.named(&named("id")?)?.serial)),
            "ssh_key" => Some(Aim::Key(self.keys.named(&named("id")?)?.serial)),
            _ => None,
        }
    }

    fn aimed_machine(&self, id: Option<String>, fqdn: Option<String>) -> Option<u64> {
        let found = match (id, fqdn) {
            (Some(id), _) => self.machines.named(&id),
            (None, Some(fqdn)) => self
                .machines
                .all()
                .find(|machine| render::fqdn(self, machine) == fqdn),
            (None, None) => None,
        };
        found.map(|machine| machine.serial)
    }
}

fn text_of(arguments: &Arguments, subject: &str, field: &str) -> Option<String> {
    arguments.object(subject).ok()??.text(field).ok()?
}
