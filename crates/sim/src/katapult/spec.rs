//! Build specifications: XML that says all about a machine, and what it orders.

use super::argument::Lookup;
use super::builds::{random_hostname, system_disk};
use super::offers::{find_data_center, find_network, find_package, find_template, find_zone, may_use};
use super::record::{Annotation, DiskOrder, Order, Organization, PolicyOrder, Schedule};
use super::state::State;
use super::table::Record as _;
use super::xml::{self, Element};

/// What may stand in a specification.
const PARTS: &[&str] = &[
    "Zone",
    "DataCenter",
    "Resources",
    "DiskTemplate",
    "CloudInit",
    "SystemDisks",
    "SharedDisks",
    "NetworkInterfaces",
    "Hostname",
    "Name",
    "Description",
    "Group",
    "AuthorizedKeys",
    "BackupPolicies",
    "Tags",
    "ISO",
];

/// What a specification orders, or what is wrong with it.
pub fn read(state: &State, organization: &Organization, text: &str) -> Result<Order, String> {
    let spec = xml::read(text)?;
    if spec.name != "VirtualMachineSpec" {
        return Err(format!("{} is not a VirtualMachineSpec", spec.name));
    }
    if let Some(part) = spec
        .children
        .iter()
        .find(|part| !PARTS.contains(&part.name.as_str()))
    {
        return Err(format!("{} is not known in a VirtualMachineSpec", part.name));
    }
    let place = place(state, &spec)?;
    let (package, cores, memory_in_gb, storage) = resources(state, &spec)?;
    let hostname = match spec.child("Hostname").and_then(|part| part.child("Hostname")) {
        Some(name) if name.attribute("type") != Some("random") => name.text.clone(),
        _ => random_hostname(state),
    };
    let (template, options) = template(state, organization, &spec)?;
    let text_of = |name: &str| spec.text_of(name).map(ToOwned::to_owned);
    let tags = spec.child("Tags").into_iter().flat_map(|tags| &tags.children);
    Ok(Order {
        ipv4: addresses(state, &spec)?,
        data_center: place,
        package,
        cores,
        memory_in_gb,
        template,
        options,
        disks: disks(&spec, storage)?,
        hostname,
        name: text_of("Name"),
        description: text_of("Description"),
        tags: tags.map(|tag| tag.text.clone()).collect(),
        keys: keys(state, organization, &spec)?,
        user_data: spec
            .child("CloudInit")
            .and_then(|part| part.text_of("UserData"))
            .map(ToOwned::to_owned),
        policies: policies(&spec)?,
    })
}

/// What an element refers to, by its id or by what its attribute says.
fn reference(element: &Element) -> Lookup {
    let field = match element.attribute("by") {
        Some("permalink") => "permalink",
        _ => "id",
    };
    Lookup {
        field,
        value: element.text.clone(),
    }
}

fn place(state: &State, spec: &Element) -> Result<String, String> {
    let found = match (spec.child("Zone"), spec.child("DataCenter")) {
        (Some(zone), _) => find_zone(state, &reference(zone)),
        (None, Some(place)) => find_data_center(state, &reference(place)),
        (None, None) => return Err("Zone or DataCenter is required".to_owned()),
    };
    found
        .map(|place| place.permalink.clone())
        .map_err(|_| "The location does not exist".to_owned())
}

/// The package, cores, GB of memory and GB of the disk that comes with it.
fn resources(state: &State, spec: &Element) -> Result<(Option<String>, u64, u64, u64), String> {
    let resources = spec.child("Resources").ok_or("Resources is required")?;
    if let Some(package) = resources.child("Package") {
        let package = find_package(state, &reference(package)).map_err(|_| "The package does not exist")?;
        let permalink = Some(package.permalink.clone());
        return Ok((
            permalink,
            package.cores,
            package.memory_in_gb,
            package.storage_in_gb,
        ));
    }
    let memory = number(resources, "Memory")?.ok_or("Resources needs a Package, or Memory and CPUCores")?;
    let cores = number(resources, "CPUCores")?.ok_or("Resources needs a Package, or Memory and CPUCores")?;
    Ok((None, cores, memory, 25))
}

fn number(element: &Element, name: &str) -> Result<Option<u64>, String> {
    let number = |text: &str| text.parse().map_err(|_| format!("{name} is not a number"));
    element.text_of(name).map(number).transpose()
}

type Chosen = (Option<(String, u64)>, Vec<Annotation>);

fn template(state: &State, organization: &Organization, spec: &Element) -> Result<Chosen, String> {
    let Some(part) = spec.child("DiskTemplate") else {
        return Ok((None, Vec::new()));
    };
    let missing = "The disk template does not exist";
    let name = part
        .child("DiskTemplate")
        .ok_or("DiskTemplate names no template")?;
    let template = find_template(state, &reference(name))
        .ok()
        .filter(|template| may_use(organization, template))
        .ok_or(missing)?;
    let number = match part.child("Version") {
        None => template.latest(),
        Some(version) => template.versions.iter().copied().find(|number| {
            if version.attribute("by") == Some("number") {
                version.text == number.to_string()
            } else {
                version.text == template.version_id(*number)
            }
        }),
    };
    let number = number.ok_or("The version of the disk template does not exist")?;
    let options = part.children.iter().filter(|child| child.name == "Option");
    let option = |option: &Element| Annotation {
        key: option.attribute("key").unwrap_or_default().to_owned(),
        value: option.text.clone(),
    };
    Ok((
        Some((template.permalink.clone(), number)),
        options.map(option).collect(),
    ))
}

fn disks(spec: &Element, storage: u64) -> Result<Vec<DiskOrder>, String> {
    let listed = spec.child("SystemDisks").map_or(&[][..], |disks| &disks.children);
    if listed.is_empty() {
        return Ok(vec![system_disk(storage)]);
    }
    let mut disks = Vec::new();
    for (index, disk) in listed.iter().enumerate() {
        let speed = disk.text_of("Speed").unwrap_or("ssd");
        if !["ssd", "nvme"].contains(&speed) {
            return Err(format!("{speed} is not a speed of disks"));
        }
        let name = if index == 0 {
            "System Disk".to_owned()
        } else {
            format!("Disk #{}", index + 1)
        };
        disks.push(DiskOrder {
            name: disk.text_of("Name").map_or(name, ToOwned::to_owned),
            size_in_gb: number(disk, "Size")?.ok_or("Size of a disk is required")?,
            boot: index == 0,
            speed: speed.to_owned(),
            policies: policies(disk)?,
        });
    }
    Ok(disks)
}

fn policies(element: &Element) -> Result<Vec<PolicyOrder>, String> {
    let listed = element
        .child("BackupPolicies")
        .map_or(&[][..], |policies| &policies.children);
    listed.iter().map(policy).collect()
}

fn policy(element: &Element) -> Result<PolicyOrder, String> {
    let empty = Element::default();
    let schedule = element.child("Schedule").unwrap_or(&empty);
    let interval = schedule.text_of("Interval").unwrap_or("daily");
    if !super::policies::INTERVALS.contains(&interval) {
        return Err(format!("{interval} is not an interval of backups"));
    }
    Ok(PolicyOrder {
        retention: number(element, "Retention")?.ok_or("Retention of a backup policy is required")?,
        schedule: Schedule {
            interval: interval.to_owned(),
            frequency: number(schedule, "Frequency")?.unwrap_or(1),
            time: number(schedule, "Time")?.unwrap_or(0),
            minute: number(schedule, "Minute")?.unwrap_or(0),
        },
    })
}

/// How many IPv4 addresses the network interfaces ask for; one, where none says.
fn addresses(state: &State, spec: &Element) -> Result<u32, String> {
    let Some(interfaces) = spec.child("NetworkInterfaces") else {
        return Ok(1);
    };
    let mut count = 0;
    for interface in &interfaces.children {
        if let Some(network) = interface.child("Network") {
            find_network(state, &reference(network)).map_err(|_| "The network does not exist")?;
        }
        let new = interface.children.iter().filter(|child| {
            child.name == "IPAddressAllocation"
                && child.attribute("type") == Some("new")
                && child.text_of("Version").is_none_or(|version| version == "4")
        });
        count += u32::try_from(new.count()).unwrap_or(u32::MAX);
    }
    Ok(count.max(1))
}

/// The ids of the keys that get in: those that are named, or all of the organization.
fn keys(state: &State, organization: &Organization, spec: &Element) -> Result<Vec<String>, String> {
    let Some(keys) = spec
        .child("AuthorizedKeys")
        .and_then(|part| part.child("SSHKeys"))
    else {
        return Ok(Vec::new());
    };
    let own: Vec<String> = state
        .keys
        .all()
        .filter(|key| key.organization() == organization.serial)
        .map(|key| key.id.clone())
        .collect();
    if keys.attribute("all") == Some("yes") {
        return Ok(own);
    }
    let key = |element: &Element| {
        let found = own.contains(&element.text).then(|| element.text.clone());
        found.ok_or_else(|| "The SSH key does not exist".to_owned())
    };
    keys.children.iter().map(key).collect()
}

/// An order as a specification.
pub fn written(state: &State, order: &Order) -> String {
    let mut lines = vec![
        "<?xml version=\"1.0\"?>".to_owned(),
        "<VirtualMachineSpec>".to_owned(),
    ];
    let place = state
        .data_center(&order.data_center)
        .map(|place| place.id.clone());
    lines.push(format!(
        "  <DataCenter>{}</DataCenter>",
        place.unwrap_or_default()
    ));
    let package = order
        .package
        .as_deref()
        .and_then(|package| state.package(package));
    if let Some(package) = package {
        lines.push(format!(
            "  <Resources><Package>{}</Package></Resources>",
            package.id
        ));
    }
    if let Some((template, number)) = &order.template {
        let template = state
            .template(template)
            .map(|template| template.id.clone())
            .unwrap_or_default();
        let option = |option: &Annotation| {
            let (key, value) = (xml::escaped(&option.key), xml::escaped(&option.value));
            format!("<Option key=\"{key}\">{value}</Option>")
        };
        let options: String = order.options.iter().map(option).collect();
        let part = format!(
            "<DiskTemplate>{template}</DiskTemplate><Version by=\"number\">{number}</Version>{options}"
        );
        lines.push(format!("  <DiskTemplate>{part}</DiskTemplate>"));
    }
    let disk = |disk: &DiskOrder| {
        let name = xml::escaped(&disk.name);
        format!("<Disk><Name>{name}</Name><Size>{}</Size></Disk>", disk.size_in_gb)
    };
    let disks: String = order.disks.iter().map(disk).collect();
    lines.push(format!("  <SystemDisks>{disks}</SystemDisks>"));
    lines.push(format!(
        "  <Hostname><Hostname>{}</Hostname></Hostname>",
        xml::escaped(&order.hostname)
    ));
    lines.push("</VirtualMachineSpec>\n".to_owned());
    lines.join("\n")
}
