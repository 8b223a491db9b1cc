//! Carries out what a person does.

use std::time::Duration;

use super::act::{Act, Refused};
use super::catalogue::{DataCenter, Package, Template};
use super::organizations::annotate;
use super::record::{Annotation, Order, PolicyOrder, Power, Schedule, Target};
use super::state::{Failing, State};

type Done = Result<String, Refused>;

fn organization(state: &State, id: &str) -> Result<u64, Refused> {
    let found = state.organizations.named(id).or_else(|| state.of_sub_domain(id));
    found
        .map(|organization| organization.serial)
        .ok_or(Refused::Unknown("organization"))
}

fn machine(state: &State, id: &str) -> Result<u64, Refused> {
    let found = state.machines.named(id);
    found
        .map(|machine| machine.serial)
        .ok_or(Refused::Unknown("machine"))
}

fn build(state: &State, id: &str) -> Result<u64, Refused> {
    let found = state.builds.named(id);
    found.map(|build| build.serial).ok_or(Refused::Unknown("build"))
}

/// Carries out an act; the id of what it made or touched.
pub fn act(state: &mut State, act: Act) -> Done {
    match act {
        Act::CreateOrganization { .. }
        | Act::SuspendOrganization { .. }
        | Act::UnsuspendOrganization { .. }
        | Act::Restrict { .. }
        | Act::DeleteOrganization { .. } => on_organization(state, act),
        Act::CreateMachine {
            organization,
            package,
            hostname,
            reuse_id,
        } => create_machine(state, &organization, &package, hostname, reuse_id),
        Act::FailBuilds { count, with_machine } => {
            state.failing_builds = Failing { count, with_machine };
            Ok(String::new())
        }
        Act::FailTasks { count } => {
            state.failing_tasks = count;
            Ok(String::new())
        }
        Act::FailBuild { build: id } => {
            let serial = build(state, &id)?;
            if state
                .builds
                .get(serial)
                .is_some_and(|build| build.state.is_final())
            {
                return Err(Refused::Invalid("the build has ended"));
            }
            state.fail_build(serial);
            Ok(id)
        }
        Act::HoldBuild { build: id, held } => {
            let serial = build(state, &id)?;
            state.hold_build(serial, held);
            Ok(id)
        }
        Act::LoseBuild { build: id } => {
            let serial = build(state, &id)?;
            state.lose_build(serial);
            Ok(id)
        }
        Act::OfferDataCenter { .. }
        | Act::OfferTemplate { .. }
        | Act::OfferPackage { .. }
        | Act::Withdraw { .. }
        | Act::RenameOffer { .. }
        | Act::LimitMemory { .. } => on_catalogue(state, act),
        act => on_machine(state, act),
    }
}

fn on_organization(state: &mut State, act: Act) -> Done {
    match act {
        Act::CreateOrganization {
            parent,
            name,
            sub_domain,
        } => {
            let parent = organization(state, &parent)?;
            if state.of_sub_domain(&sub_domain).is_some() {
                return Err(Refused::Invalid("the sub-domain is taken"));
            }
            let serial = state.insert_organization(Some(parent), &name, &sub_domain, Vec::new());
            let made = state
                .organizations
                .get(serial)
                .map(|organization| organization.id.clone());
            made.ok_or(Refused::Unknown("organization"))
        }
        Act::SuspendOrganization { organization: id } => {
            let serial = organization(state, &id)?;
            state.change_organization(serial, |organization| organization.suspended = true);
            Ok(id)
        }
        Act::UnsuspendOrganization { organization: id } => {
            let serial = organization(state, &id)?;
            state.change_organization(serial, |organization| organization.suspended = false);
            Ok(id)
        }
        Act::Restrict {
            organization: id,
            reasons,
        } => {
            let serial = organization(state, &id)?;
            state.change_organization(serial, |organization| organization.restrictions = reasons);
            Ok(id)
        }
        Act::DeleteOrganization { organization: id } => {
            let serial = organization(state, &id)?;
            state.delete_organization(serial);
            Ok(id)
        }
        _ => Err(Refused::Invalid("not an act on an organization")),
    }
}

fn create_machine(state: &mut State, owner: &str, package: &str, hostname: String, reuse_id: bool) -> Done {
    let owner = organization(state, owner)?;
    let package = state
        .package(package)
        .cloned()
        .ok_or(Refused::Unknown("package"))?;
    if state.hostname_taken(owner, &hostname) {
        return Err(Refused::Invalid("the hostname is taken"));
    }
    let place = state.config.catalogue.data_centers.first();
    let order = Order {
        data_center: place.ok_or(Refused::Unknown("data center"))?.permalink.clone(),
        package: Some(package.permalink),
        cores: package.cores,
        memory_in_gb: package.memory_in_gb,
        template: None,
        options: Vec::new(),
        disks: vec![super::builds::system_disk(package.storage_in_gb)],
        ipv4: package.ipv4,
        hostname,
        name: None,
        description: None,
        tags: Vec::new(),
        keys: Vec::new(),
        user_data: None,
        policies: Vec::new(),
    };
    let id = if reuse_id { state.used_ids.pop() } else { None };
    let serial = state
        .make_machine(owner, &order, Vec::new(), id)
        .map_err(|_| Refused::Full)?;
    state.totals.machines_made_by_hand += 1;
    state.set_power(serial, Power::Started);
    let made = state.machines.get(serial).map(|machine| machine.id.clone());
    made.ok_or(Refused::Unknown("machine"))
}

fn on_catalogue(state: &mut State, act: Act) -> Done {
    let offers = &mut state.config.catalogue;
    match act {
        Act::OfferDataCenter { permalink, name } => {
            let land = ("United Kingdom", "GB", "GBR", "Europe/London");
            let place = DataCenter::at(&permalink, &name, land);
            let block = crate::addresses::Block::new(0xC613_0002, place.ipv4);
            offers.data_centers.push(place);
            state.blocks.insert(permalink.clone(), block);
            Ok(permalink)
        }
        Act::OfferTemplate { permalink, name } => {
            offers
                .templates
                .push(Template::universal(&permalink, &name, &name));
            Ok(permalink)
        }
        Act::OfferPackage {
            permalink,
            cores,
            memory,
            storage,
        } => {
            offers
                .packages
                .push(Package::sized(&permalink, cores, memory, storage));
            Ok(permalink)
        }
        Act::Withdraw { permalink } => {
            offers.withdrawn.insert(permalink.clone());
            Ok(permalink)
        }
        Act::RenameOffer { permalink, name } => {
            let places = offers.data_centers.iter_mut();
            let places = places.map(|place| (&place.permalink, &mut place.name));
            let templates = offers.templates.iter_mut();
            let templates = templates.map(|template| (&template.permalink, &mut template.name));
            let found = places.chain(templates).find(|(key, _)| **key == permalink);
            *found.ok_or(Refused::Unknown("data center or template"))?.1 = name;
            Ok(permalink)
        }
        Act::LimitMemory { data_center, memory } => {
            let mut places = offers.data_centers.iter_mut();
            let place = places.find(|place| place.permalink == data_center);
            place.ok_or(Refused::Unknown("data center"))?.memory_in_gb = Some(memory);
            Ok(data_center)
        }
        _ => Err(Refused::Invalid("not an act on what is on offer")),
    }
}

fn on_machine(state: &mut State, act: Act) -> Done {
    let id = act
        .machine()
        .ok_or(Refused::Invalid("not an act on one machine"))?
        .to_owned();
    let serial = machine(state, &id)?;
    let now = state.now;
    match act {
        Act::Start { .. } => state.set_power(serial, Power::Started),
        Act::Stop { .. } => state.set_power(serial, Power::Stopped),
        Act::Break { .. } => state.set_power(serial, Power::Failed),
        Act::Suspend { .. } => {
            state.set_power(serial, Power::Stopped);
            state.change_machine(serial, |machine| machine.suspended = Some(now));
        }
        Act::Trash { .. } => {
            let object = state.trash_machine(serial);
            object.ok_or(Refused::Invalid("the machine is in the trash"))?;
        }
        Act::Restore { .. } => {
            let object = state.machines.get(serial).and_then(|machine| machine.trash);
            state.restore_machine(object.ok_or(Refused::Invalid("the machine is not in the trash"))?);
        }
        Act::Delete { .. } => state.remove_machine(serial),
        Act::Move { organization: to, .. } => {
            let to = organization(state, &to)?;
            state.move_machine(serial, to);
        }
        Act::Replace { .. } => state.replace_machine(serial),
        Act::AddPolicy { disk, .. } => add_policy(state, serial, disk)?,
        act => state.change_machine(serial, |machine| match act {
            Act::Unsuspend { .. } => machine.suspended = None,
            Act::Rename { hostname, .. } => {
                machine.name.clone_from(&hostname);
                machine.hostname = hostname;
            }
            Act::Annotate { key, value, .. } => {
                annotate(&mut machine.annotations, vec![Annotation { key, value }]);
            }
            Act::ClearAnnotations { .. } => machine.annotations.clear(),
            Act::Withhold {
                password, addresses, ..
            } => {
                machine.password_withheld = password;
                machine.addresses_withheld = addresses;
            }
            Act::Lock { seconds, .. } => machine.locked_until = Some(now + Duration::from_secs(seconds)),
            Act::IgnoreShutdown { ignore, .. } => machine.ignores_shutdown = ignore,
            _ => {}
        }),
    }
    Ok(id)
}

fn add_policy(state: &mut State, serial: u64, disk: Option<String>) -> Result<(), Refused> {
    let machine = state.machines.get(serial).ok_or(Refused::Unknown("machine"))?;
    let organization = machine.organization;
    let target = match disk {
        None => Target::Machine(serial),
        Some(disk) if machine.disks.iter().any(|own| own.id == disk) => Target::Disk(serial, disk),
        Some(_) => return Err(Refused::Unknown("disk")),
    };
    let order = PolicyOrder {
        retention: 7,
        schedule: Schedule {
            interval: "daily".to_owned(),
            frequency: 1,
            time: 3,
            minute: 0,
        },
    };
    let policy = state.new_policy(organization, target, order);
    state.insert_policy(policy);
    Ok(())
}
