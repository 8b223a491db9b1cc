//! Everything that Katapult keeps, and how time moves it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use domain::Moment;
use domain::ports::CountingRandom;

use super::catalogue::{DataCenter, Package, Template};
use super::config::{Config, OrganizationConfig};
use super::record::{Address, Annotation, Build, Key, Machine, Organization, Policy, Task, Totals, Trash};
use super::table::{Record as _, Table, Written};
use crate::addresses::{self, Block};
use crate::agenda::Agenda;
use crate::chance;
use crate::rate::Rate;
use crate::shelf::Sight;

mod builds;
mod machines;
mod restore;
mod tasks;

/// How many builds and how many tasks are remembered.
const REMEMBERED: usize = 5_000;

/// Something that time brings, by serial number.
#[derive(Debug, Clone, Copy)]
pub enum Due {
    /// The next step of a build.
    Build(u64),
    /// The first run of a machine.
    Boot(u64),
    /// A task begins.
    Begin(u64),
    /// A task ends.
    Finish(u64),
    /// A trash object has been kept long enough.
    Expire(u64),
    /// A purged trash object is not shown any more.
    Vanish(u64),
    /// A backup policy ends.
    EndPolicy(u64),
}

/// How the next builds fail.
#[derive(Debug, Clone, Copy, Default)]
pub struct Failing {
    /// How many of them.
    pub count: u32,
    /// Whether their machines exist already.
    pub with_machine: bool,
}

/// All of Katapult.
#[derive(Debug)]
pub struct State {
    pub config: Config,
    pub now: Moment,
    pub organizations: Table<Organization>,
    pub machines: Table<Machine>,
    pub builds: Table<Build>,
    pub tasks: Table<Task>,
    pub trash: Table<Trash>,
    pub policies: Table<Policy>,
    pub addresses: Table<Address>,
    pub keys: Table<Key>,
    /// The free addresses by data center.
    pub blocks: BTreeMap<String, Block>,
    /// GB of memory taken by data center.
    pub memory: BTreeMap<String, u64>,
    pub totals: Totals,
    pub failing_builds: Failing,
    /// How many of the next tasks fail.
    pub failing_tasks: u32,
    /// How far back readers must be able to look.
    pub look_back: Duration,
    /// The requests per token.
    pub rates: Vec<Rate>,
    /// Ids of machines that are gone, the last one at the end.
    pub used_ids: Vec<String>,
    /// The console sessions by the last part of their addresses: the machine, and when the address is no good any more.
    pub consoles: BTreeMap<String, (u64, Moment)>,
    /// Machines that were written since somebody asked.
    pub changed: BTreeSet<String>,
    /// Builds that have not ended.
    under_way: BTreeSet<u64>,
    /// Every machine that an organization had within memory, and the other way round.
    owned: BTreeMap<u64, BTreeSet<u64>>,
    owners: BTreeMap<u64, Vec<u64>>,
    agenda: Agenda<Due>,
    random: CountingRandom,
    /// The last serial number.
    pub last: u64,
}

impl State {
    /// A Katapult with nothing but the configured organizations.
    pub fn new(config: Config) -> Self {
        let mut state = Self::empty(config);
        let unmanaged = state.config.organizations.clone();
        for organization in &unmanaged {
            state.found(organization);
        }
        state
    }

    fn empty(config: Config) -> Self {
        let mut first = addresses::FIRST;
        let mut blocks = BTreeMap::new();
        for place in &config.catalogue.data_centers {
            blocks.insert(place.permalink.clone(), Block::new(first + 2, place.ipv4));
            first += (place.ipv4 + 3).next_multiple_of(256);
        }
        Self {
            now: Moment::from_micros(0),
            organizations: Table::default(),
            machines: Table::default(),
            builds: Table::default(),
            tasks: Table::default(),
            trash: Table::default(),
            policies: Table::default(),
            addresses: Table::default(),
            keys: Table::default(),
            blocks,
            memory: BTreeMap::new(),
            totals: Totals::default(),
            failing_builds: Failing::default(),
            failing_tasks: 0,
            look_back: Duration::ZERO,
            rates: vec![Rate::default(); config.tokens.len()],
            used_ids: Vec::new(),
            consoles: BTreeMap::new(),
            changed: BTreeSet::new(),
            under_way: BTreeSet::new(),
            owned: BTreeMap::new(),
            owners: BTreeMap::new(),
            agenda: Agenda::default(),
            random: CountingRandom::new(config.seed),
            last: 0,
            config,
        }
    }

    fn found(&mut self, organization: &OrganizationConfig) {
        let serial = self.insert_organization(None, &organization.name, &organization.sub_domain, Vec::new());
        let limit = organization.managed_limit;
        self.change_organization(serial, |organization| organization.managed_limit = limit);
    }

    /// The next serial number.
    pub fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// A fresh id of a kind.
    pub fn fresh_id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.text(16))
    }

    /// Letters and digits.
    pub fn text(&self, length: usize) -> String {
        chance::text(&self.random, length)
    }

    /// A secret.
    pub fn secret(&self, length: usize) -> String {
        chance::secret(&self.random, length)
    }

    /// A version 4 UUID.
    pub fn uuid(&self) -> String {
        chance::uuid(&self.random)
    }

    const fn sight(&self) -> Sight {
        Sight {
            lag: self.config.lag,
            history: self.config.history,
        }
    }

    /// What holds for a change that is written now.
    fn written(&self) -> Written {
        Written {
            visible: self.sight().visible(self.now, &self.random),
            keep: self.sight().keep(self.now, self.look_back),
        }
    }

    /// Carries time forward.
    pub fn advance(&mut self, now: Moment) {
        while let Some((at, due)) = self.agenda.next(now) {
            self.now = self.now.max(at);
            match due {
                Due::Build(serial) => self.step_build(serial),
                Due::Boot(serial) => self.boot(serial),
                Due::Begin(serial) => self.begin_task(serial),
                Due::Finish(serial) => self.finish_task(serial),
                Due::Expire(serial) => self.expire(serial),
                Due::Vanish(serial) => {
                    let written = self.written();
                    self.trash.remove(serial, written);
                }
                Due::EndPolicy(serial) => self.end_policy(serial),
            }
        }
        self.now = self.now.max(now);
        self.forget();
    }

    fn forget(&mut self) {
        let keep = self.sight().keep(self.now, self.look_back);
        for serial in self.machines.forget(keep) {
            for owner in self.owners.remove(&serial).unwrap_or_default() {
                if let Some(owned) = self.owned.get_mut(&owner) {
                    owned.remove(&serial);
                }
            }
        }
        self.organizations.forget(keep);
        self.builds.forget(keep);
        self.tasks.forget(keep);
        self.trash.forget(keep);
        self.policies.forget(keep);
        self.addresses.forget(keep);
        self.keys.forget(keep);
    }

    /// Plans what comes `after` from now.
    fn plan(&mut self, after: Duration, due: Due) {
        self.agenda.plan(self.now + after, due);
    }

    /// A data center on offer.
    pub fn data_center(&self, permalink: &str) -> Option<&DataCenter> {
        let mut places = self.config.catalogue.data_centers.iter();
        places.find(|place| place.permalink == permalink)
    }

    /// A package on offer.
    pub fn package(&self, permalink: &str) -> Option<&Package> {
        let mut packages = self.config.catalogue.packages.iter();
        packages.find(|package| package.permalink == permalink)
    }

    /// A template on offer.
    pub fn template(&self, permalink: &str) -> Option<&Template> {
        let mut templates = self.config.catalogue.templates.iter();
        templates.find(|template| template.permalink == permalink)
    }

    /// Writes an organization for the first time; its serial number.
    pub fn insert_organization(
        &mut self,
        parent: Option<u64>,
        name: &str,
        sub_domain: &str,
        annotations: Vec<Annotation>,
    ) -> u64 {
        let organization = Organization {
            serial: self.next(),
            id: self.fresh_id("org"),
            uuid: self.uuid(),
            parent,
            name: name.to_owned(),
            sub_domain: sub_domain.to_owned(),
            annotations,
            suspended: false,
            activated: true,
            restrictions: Vec::new(),
            managed_limit: 0,
            created: self.now,
        };
        let serial = organization.serial;
        let written = self.written();
        self.organizations.insert(organization, written);
        serial
    }

    /// Changes an organization.
    pub fn change_organization(&mut self, serial: u64, change: impl FnOnce(&mut Organization)) {
        let written = self.written();
        self.organizations.update(serial, written, change);
    }

    /// The builds of an organization that have not ended.
    pub fn builds_of(&self, organization: u64) -> impl Iterator<Item = &Build> {
        let builds = self
            .under_way
            .iter()
            .filter_map(|serial| self.builds.get(*serial));
        builds.filter(move |build| build.organization == organization)
    }

    /// Removes an organization with its builds, machines and addresses.
    pub fn delete_organization(&mut self, serial: u64) {
        let builds: Vec<u64> = self.builds_of(serial).map(|build| build.serial).collect();
        for build in builds {
            self.lose_build(build);
        }
        let machines: Vec<u64> = self
            .machines_of(serial, Moment::from_micros(i64::MAX))
            .map(|machine| machine.serial)
            .collect();
        for machine in machines {
            self.remove_machine(machine);
        }
        let addresses = self
            .addresses
            .all()
            .filter(|address| address.organization == serial);
        for address in addresses.map(|address| address.serial).collect::<Vec<u64>>() {
            self.release_address(address);
        }
        let written = self.written();
        self.organizations.remove(serial, written);
    }

    /// The organization with this sub-domain, in its newest state.
    pub fn of_sub_domain(&self, sub_domain: &str) -> Option<&Organization> {
        self.organizations
            .all()
            .find(|organization| organization.sub_domain == sub_domain)
    }

    /// Takes a free address for an organization; its serial number.
    pub fn take_address(
        &mut self,
        organization: u64,
        data_center: &str,
        machine: Option<u64>,
    ) -> Option<u64> {
        let address: Ipv4Addr = self.blocks.get_mut(data_center)?.take()?;
        let serial = self.next();
        let record = Address {
            serial,
            id: self.fresh_id("ip"),
            organization,
            address,
            data_center: data_center.to_owned(),
            reverse_dns: None,
            label: None,
            vip: false,
            machine,
        };
        let written = self.written();
        self.addresses.insert(record, written);
        Some(serial)
    }

    /// Changes an address.
    pub fn change_address(&mut self, serial: u64, change: impl FnOnce(&mut Address)) {
        let written = self.written();
        self.addresses.update(serial, written, change);
    }

    /// Gives an address back to its data center.
    pub fn release_address(&mut self, serial: u64) {
        let written = self.written();
        if let Some(address) = self.addresses.remove(serial, written)
            && let Some(block) = self.blocks.get_mut(&address.data_center)
        {
            block.give(address.address);
        }
    }

    /// Writes a backup policy.
    pub fn insert_policy(&mut self, policy: Policy) {
        let written = self.written();
        self.policies.insert(policy, written);
    }

    /// Changes a backup policy.
    pub fn change_policy(&mut self, serial: u64, change: impl FnOnce(&mut Policy)) {
        let written = self.written();
        self.policies.update(serial, written, change);
    }

    /// Deletes a backup policy at `at`.
    pub fn end_policy_at(&mut self, serial: u64, at: Moment) {
        self.change_policy(serial, |policy| policy.ends = Some(at));
        self.agenda.plan(at, Due::EndPolicy(serial));
    }

    fn end_policy(&mut self, serial: u64) {
        let due = self.policies.get(serial).and_then(|policy| policy.ends);
        if due.is_some_and(|at| at <= self.now) {
            self.delete_policy(serial);
        }
    }

    /// Deletes a backup policy.
    pub fn delete_policy(&mut self, serial: u64) {
        let written = self.written();
        self.policies.remove(serial, written);
    }

    /// Writes a key.
    pub fn insert_key(&mut self, key: Key) {
        let written = self.written();
        self.keys.insert(key, written);
    }

    /// Deletes a key.
    pub fn delete_key(&mut self, serial: u64) {
        let written = self.written();
        self.keys.remove(serial, written);
    }

    /// The machines that a reader at `view` sees with this owner, those in the trash too.
    pub fn machines_of(&self, organization: u64, view: Moment) -> impl Iterator<Item = &Machine> {
        let serials = self.owned.get(&organization).into_iter().flatten();
        serials
            .filter_map(move |serial| self.machines.seen(*serial, view))
            .filter(move |machine| machine.organization() == organization)
    }

    /// Whether an organization has a machine, or a build on the way to one, with this hostname. The trash counts.
    pub fn hostname_taken(&self, organization: u64, hostname: &str) -> bool {
        let serials = self.owned.get(&organization).into_iter().flatten();
        let machine = serials
            .filter_map(|serial| self.machines.get(*serial))
            .any(|machine| machine.organization == organization && machine.hostname == hostname);
        machine
            || self
                .builds_of(organization)
                .any(|build| build.machine.is_none() && build.order.hostname == hostname)
    }
}
