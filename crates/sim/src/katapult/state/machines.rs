//! How machines come, change and go.

use domain::Moment;

use super::super::record::{
    Annotation, Disk, DiskOrder, Machine, Order, Policy, PolicyOrder, Power, Target, Trash,
};
use super::{Due, State};
use crate::addresses::Block;

/// Why no machine was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The data center's memory.
    Memory,
    /// The data center's addresses.
    Addresses,
}

impl State {
    /// Whether a data center has so many GB of memory left.
    pub fn has_memory(&self, data_center: &str, more: u64) -> bool {
        let most = self.data_center(data_center).and_then(|place| place.memory_in_gb);
        let taken = self.memory.get(data_center).copied().unwrap_or_default();
        most.is_none_or(|most| taken + more <= most)
    }

    fn has_room(&self, order: &Order) -> Result<(), Full> {
        if !self.has_memory(&order.data_center, order.memory_in_gb) {
            return Err(Full::Memory);
        }
        let free = self.blocks.get(&order.data_center).map_or(0, Block::free);
        if free < order.ipv4 {
            return Err(Full::Addresses);
        }
        Ok(())
    }

    /// Makes a machine, off, where there is room; its serial number.
    pub fn make_machine(
        &mut self,
        organization: u64,
        order: &Order,
        annotations: Vec<Annotation>,
        id: Option<String>,
    ) -> Result<u64, Full> {
        self.has_room(order)?;
        let serial = self.next();
        *self.memory.entry(order.data_center.clone()).or_default() += order.memory_in_gb;
        let addresses = (0..order.ipv4)
            .filter_map(|_| self.take_address(organization, &order.data_center, Some(serial)))
            .collect();
        let disks: Vec<Disk> = order.disks.iter().map(|disk| self.make_disk(disk)).collect();
        self.make_policies(organization, serial, order, &disks);
        let machine = Machine {
            serial,
            id: id.unwrap_or_else(|| self.fresh_id("vm")),
            organization,
            name: order.name.clone().unwrap_or_else(|| order.hostname.clone()),
            hostname: order.hostname.clone(),
            description: order.description.clone(),
            annotations,
            tags: order.tags.clone(),
            power: Power::Stopped,
            suspended: None,
            data_center: order.data_center.clone(),
            package: order.package.clone(),
            cores: order.cores,
            memory_in_gb: order.memory_in_gb,
            template: order.template.clone(),
            user_data: order.user_data.clone(),
            keys: order.keys.clone(),
            disks,
            addresses,
            password: self.secret(12),
            password_withheld: false,
            addresses_withheld: false,
            booting: false,
            ignores_shutdown: false,
            locked_until: None,
            task: None,
            build: None,
            trash: None,
            created: self.now,
        };
        self.note_owner(serial, organization);
        self.note_change(&machine.id);
        let written = self.written();
        self.machines.insert(machine, written);
        Ok(serial)
    }

    fn make_disk(&self, order: &DiskOrder) -> Disk {
        let wwn = self.uuid().replace('-', "");
        Disk {
            id: self.fresh_id("disk"),
            name: order.name.clone(),
            wwn: wwn[..16].to_owned(),
            size_in_gb: order.size_in_gb,
            boot: order.boot,
            speed: order.speed.clone(),
            created: self.now,
        }
    }

    fn make_policies(&mut self, organization: u64, machine: u64, order: &Order, disks: &[Disk]) {
        let of_disks = order.disks.iter().zip(disks).flat_map(|(order, disk)| {
            let target = |policy: &PolicyOrder| (Target::Disk(machine, disk.id.clone()), policy.clone());
            order.policies.iter().map(target).collect::<Vec<_>>()
        });
        let of_machine = order
            .policies
            .iter()
            .map(|policy| (Target::Machine(machine), policy.clone()));
        for (target, policy) in of_disks.chain(of_machine).collect::<Vec<_>>() {
            let policy = self.new_policy(organization, target, policy);
            self.insert_policy(policy);
        }
    }

    /// A fresh policy, not written yet.
    pub fn new_policy(&mut self, organization: u64, target: Target, order: PolicyOrder) -> Policy {
        Policy {
            serial: self.next(),
            id: self.fresh_id("dbp"),
            organization,
            target,
            retention: order.retention,
            schedule: order.schedule,
            ends: None,
        }
    }

    pub(super) fn note_change(&mut self, id: &str) {
        if self.config.notes_changes {
            self.changed.insert(id.to_owned());
        }
    }

    pub(super) fn note_owner(&mut self, serial: u64, organization: u64) {
        self.owned.entry(organization).or_default().insert(serial);
        self.owners.entry(serial).or_default().push(organization);
    }

    /// Changes a machine.
    pub fn change_machine(&mut self, serial: u64, change: impl FnOnce(&mut Machine)) {
        if let Some(id) = self.machines.get(serial).map(|machine| machine.id.clone()) {
            self.note_change(&id);
        }
        let written = self.written();
        self.machines.update(serial, written, change);
    }

    /// Gives a machine to another organization.
    pub fn move_machine(&mut self, serial: u64, organization: u64) {
        self.note_owner(serial, organization);
        self.change_machine(serial, |machine| machine.organization = organization);
    }

    /// Puts another machine, fresh and off, under a machine's id and in its place.
    pub fn replace_machine(&mut self, serial: u64) {
        let written = self.written();
        self.abandon_task(serial);
        let Some(mut machine) = self.machines.remove(serial, written) else {
            return;
        };
        machine.serial = self.next();
        machine.power = Power::Stopped;
        machine.booting = false;
        machine.annotations.clear();
        machine.password = self.secret(12);
        machine.build = None;
        machine.trash = None;
        machine.created = self.now;
        for address in machine.addresses.clone() {
            let machine = machine.serial;
            self.change_address(address, |address| address.machine = Some(machine));
        }
        self.note_owner(machine.serial, machine.organization);
        self.note_change(&machine.id);
        self.machines.insert(machine, written);
    }

    /// Changes cores and memory, if the data center has the room; whether it has.
    pub fn resize_machine(&mut self, serial: u64, change: impl FnOnce(&mut Machine)) -> bool {
        let Some(before) = self.machines.get(serial).cloned() else {
            return false;
        };
        let mut after = before.clone();
        change(&mut after);
        let grows = after.memory_in_gb.saturating_sub(before.memory_in_gb);
        if !self.has_memory(&before.data_center, grows) {
            return false;
        }
        let taken = self.memory.entry(before.data_center).or_default();
        *taken = (*taken + after.memory_in_gb).saturating_sub(before.memory_in_gb);
        self.change_machine(serial, |machine| *machine = after);
        true
    }

    /// The first run of a machine that nobody has touched since its build.
    pub(super) fn boot(&mut self, serial: u64) {
        if self.machines.get(serial).is_some_and(|machine| machine.booting) {
            self.set_power(serial, Power::Started);
        }
    }

    /// Sets the power at once; whatever was on the way to the first run is over.
    pub fn set_power(&mut self, serial: u64, power: Power) {
        self.change_machine(serial, |machine| {
            machine.power = power;
            machine.booting = false;
        });
    }

    /// Puts a machine into the trash, off.
    pub fn trash_machine(&mut self, serial: u64) -> Option<u64> {
        let machine = self
            .machines
            .get(serial)
            .filter(|machine| machine.trash.is_none())?;
        let (organization, machine_id) = (machine.organization, machine.id.clone());
        let trash = Trash {
            serial: self.next(),
            id: self.fresh_id("trsh"),
            organization,
            machine: serial,
            machine_id,
            keep_until: self.now + self.config.trash,
            purging: false,
        };
        let object = trash.serial;
        let written = self.written();
        self.trash.insert(trash, written);
        self.abandon_task(serial);
        self.set_power(serial, Power::Stopped);
        self.change_machine(serial, |machine| machine.trash = Some(object));
        self.plan(self.config.trash, Due::Expire(object));
        self.totals.machines_trashed += 1;
        Some(object)
    }

    /// Takes a machine out of the trash, off.
    pub fn restore_machine(&mut self, object: u64) {
        let written = self.written();
        if let Some(trash) = self.trash.remove(object, written) {
            self.change_machine(trash.machine, |machine| machine.trash = None);
        }
    }

    /// Notes that a trash object is on its way out.
    pub fn mark_purging(&mut self, object: u64) {
        let written = self.written();
        self.trash.update(object, written, |trash| trash.purging = true);
    }

    /// A purge that failed leaves the object in the trash.
    pub(super) fn unmark_purging(&mut self, machine: u64) {
        if let Some(object) = self.machines.get(machine).and_then(|machine| machine.trash) {
            let written = self.written();
            self.trash.update(object, written, |trash| trash.purging = false);
        }
    }

    pub(super) fn expire(&mut self, object: u64) {
        if let Some(machine) = self.trash.get(object).map(|trash| trash.machine) {
            self.remove_machine(machine);
        }
    }

    /// Removes a machine for good, with its addresses, its policies and its trash object.
    pub fn remove_machine(&mut self, serial: u64) {
        let written = self.written();
        self.abandon_task(serial);
        let Some(machine) = self.machines.remove(serial, written) else {
            return;
        };
        self.note_change(&machine.id);
        if let Some(taken) = self.memory.get_mut(&machine.data_center) {
            *taken = taken.saturating_sub(machine.memory_in_gb);
        }
        for address in &machine.addresses {
            self.release_address(*address);
        }
        self.delete_policies(|policy| policy.target.machine() == serial);
        if let Some(object) = machine.trash {
            self.plan(self.config.timings.purged, Due::Vanish(object));
        }
        self.used_ids.push(machine.id);
        self.totals.machines_purged += 1;
    }

    /// Removes a disk for good, with its policies.
    pub fn remove_disk(&mut self, machine: u64, disk: &str) {
        let target = Target::Disk(machine, disk.to_owned());
        self.delete_policies(|policy| policy.target == target);
        self.change_machine(machine, |machine| machine.disks.retain(|own| own.id != disk));
    }

    fn delete_policies(&mut self, wanted: impl Fn(&Policy) -> bool) {
        let policies = self.policies.all().filter(|policy| wanted(policy));
        for policy in policies.map(|policy| policy.serial).collect::<Vec<u64>>() {
            self.delete_policy(policy);
        }
    }

    /// Locks a machine against tasks.
    pub fn lock_machine(&mut self, serial: u64, until: Moment) {
        self.change_machine(serial, |machine| machine.locked_until = Some(until));
    }
}
