//! The books, for the control endpoint.

use serde_json::{Value, json};

use super::record::{Build, Machine};
use super::render;
use super::state::State;
use crate::addresses::Block;

impl State {
    /// The books: the machines with their owners, marks, states, builds and places in the trash, and all else.
    pub fn written_books(&self) -> Value {
        let organization_id = |serial: u64| {
            self.organizations
                .get(serial)
                .map(|organization| organization.id.clone())
        };
        let machine = |machine: &Machine| {
            let trash = machine.trash.and_then(|serial| self.trash.get(serial));
            let mut value = json!(machine);
            value["fqdn"] = json!(render::fqdn(self, machine));
            value["organization_id"] = json!(organization_id(machine.organization));
            value["build_id"] = json!(
                machine
                    .build
                    .and_then(|serial| self.builds.get(serial))
                    .map(|build| &build.id)
            );
            value["trash_object"] = json!(trash);
            value
        };
        let build = |build: &Build| {
            let mut value = json!(build);
            value["organization_id"] = json!(organization_id(build.organization));
            let machine = build.machine.and_then(|serial| self.machines.get(serial));
            value["machine_id"] = json!(machine.map(|machine| &machine.id));
            value
        };
        let places = self.config.catalogue.data_centers.iter().map(|place| {
            json!({
                "permalink": place.permalink,
                "memory_in_gb": place.memory_in_gb,
                "memory_taken": self.memory.get(&place.permalink).copied().unwrap_or_default(),
                "ipv4_free": self.blocks.get(&place.permalink).map(Block::free),
            })
        });
        json!({
            "now": self.now,
            "last": self.last,
            "totals": self.totals,
            "organizations": self.organizations.all().collect::<Vec<_>>(),
            "machines": self.machines.all().map(machine).collect::<Vec<_>>(),
            "builds": self.builds.all().map(build).collect::<Vec<_>>(),
            "tasks": self.tasks.all().collect::<Vec<_>>(),
            "trash": self.trash.all().collect::<Vec<_>>(),
            "policies": self.policies.all().collect::<Vec<_>>(),
            "addresses": self.addresses.all().collect::<Vec<_>>(),
            "keys": self.keys.all().collect::<Vec<_>>(),
            "data_centers": places.collect::<Vec<_>>(),
        })
    }
}
