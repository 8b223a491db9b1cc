//! Builds: from a package, from a specification, and how they stand.

use serde_json::{Value, json};

use super::argument::{Arguments, Lookup};
use super::find::{self, ID, PERMALINK};
use super::offers::{find_data_center, find_network, find_package, find_template, find_zone, may_use};
use super::organizations::annotations;
use super::problem::Problem;
use super::record::{Annotation, DiskOrder, Order, Organization};
use super::render;
use super::route::{Ask, Handled, changed, shown};
use super::spec;
use super::state::State;

/// Whether a text can be a label in the DNS, as the platform wants it: lower case.
pub fn is_label(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&text.len())
        && text.chars().all(legal)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// What is wrong with a hostname in an organization.
pub fn hostname_errors(state: &State, organization: u64, hostname: &str) -> Vec<String> {
    if !is_label(hostname) {
        vec!["Hostname is invalid".to_owned()]
    } else if state.hostname_taken(organization, hostname) {
        vec!["Hostname has already been taken".to_owned()]
    } else {
        Vec::new()
    }
}

/// The body of `POST …/build`, read and not judged yet.
struct Body {
    zone: Option<Lookup>,
    data_center: Option<Lookup>,
    package: Lookup,
    template: Option<Lookup>,
    network: Option<Lookup>,
    options: Vec<Annotation>,
    disks: Vec<DiskBody>,
    hostname: Option<String>,
    annotations: Vec<Annotation>,
}

struct DiskBody {
    name: Option<String>,
    size_in_gb: i64,
    system: bool,
    profile: Option<Lookup>,
    speed: Option<String>,
}

impl DiskBody {
    fn read(arguments: &Arguments) -> Result<Self, Problem> {
        arguments.choice("initial_file_system", &["ext4", "xfs"])?;
        Ok(Self {
            name: arguments.text("name")?,
            size_in_gb: arguments.required_integer("size_in_gb")?,
            system: arguments.boolean("system")?.unwrap_or(false),
            profile: arguments.optional_lookup("io_profile", PERMALINK)?,
            speed: arguments.choice("storage_speed", &["nvme", "ssd"])?,
        })
    }
}

impl Body {
    fn read(arguments: &Arguments) -> Result<Self, Problem> {
        let option = |item: &Arguments| {
            Ok(Annotation {
                key: item.required_text("key")?,
                value: item.text("value")?.unwrap_or_default(),
            })
        };
        Ok(Self {
            zone: arguments.optional_lookup("zone", PERMALINK)?,
            data_center: arguments.optional_lookup("data_center", PERMALINK)?,
            package: arguments.lookup("package", PERMALINK)?,
            template: arguments.optional_lookup("disk_template", PERMALINK)?,
            network: arguments.optional_lookup("network", PERMALINK)?,
            options: arguments
                .objects("disk_template_options")?
                .iter()
                .map(option)
                .collect::<Result<_, Problem>>()?,
            disks: arguments
                .objects("disks")?
                .iter()
                .map(DiskBody::read)
                .collect::<Result<_, _>>()?,
            hostname: arguments.text("hostname")?,
            annotations: annotations(arguments)?,
        })
    }
}

/// `POST /organizations/organization/virtual_machines/build`.
pub fn create(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body = Body::read(&ask.arguments)?;
    let organization = find::organization(state, ask)?;
    may_create(state, organization)?;
    let serial = organization.serial;
    let (order, mut errors) = ordered(state, organization, &body)?;
    errors.extend(order_errors(state, serial, &order));
    if !errors.is_empty() {
        return Err(Problem::invalid(&errors));
    }
    let xml = spec::written(state, &order);
    begin(state, ask, serial, order, xml, body.annotations)
}

/// `POST /organizations/organization/virtual_machines/build_from_spec`.
pub fn create_from_spec(state: &mut State, ask: &Ask<'_>) -> Handled {
    let xml = ask.arguments.required_text("xml")?;
    let annotations = annotations(&ask.arguments)?;
    let organization = find::organization(state, ask)?;
    may_create(state, organization)?;
    let serial = organization.serial;
    let order = spec::read(state, organization, &xml).map_err(|errors| {
        let text = "The XML of the specification is not valid";
        Problem::new(400, "invalid_spec_xml", text, json!({ "errors": errors }))
    })?;
    let errors = order_errors(state, serial, &order);
    if !errors.is_empty() {
        return Err(Problem::invalid(&errors));
    }
    begin(state, ask, serial, order, xml, annotations)
}

/// Whether an organization may create a machine now.
fn may_create(state: &State, organization: &Organization) -> Result<(), Problem> {
    let mut errors = organization.restrictions.clone();
    let machines = state.machines_of(organization.serial, state.now).count();
    if machines >= state.config.machine_limit as usize {
        errors.push("The limit of virtual machines has been reached".to_owned());
    }
    if errors.is_empty() {
        return Ok(());
    }
    let text = "The organization may not create resources";
    Err(Problem::new(
        403,
        "resource_creation_restricted",
        text,
        json!({ "errors": errors }),
    ))
}

/// What a body orders, and what is wrong with its disks.
fn ordered(state: &State, organization: &Organization, body: &Body) -> Result<(Order, Vec<String>), Problem> {
    let zone = body
        .zone
        .as_ref()
        .map(|zone| find_zone(state, zone))
        .transpose()?;
    let place = body
        .data_center
        .as_ref()
        .map(|place| find_data_center(state, place))
        .transpose()?;
    let place = zone.or(place).ok_or_else(|| {
        let text = "A zone or a data center is needed";
        Problem::new(422, "location_required", text, json!({}))
    })?;
    let package = find_package(state, &body.package)?;
    let template = body
        .template
        .as_ref()
        .map(|template| find_template(state, template))
        .transpose()?;
    if template.is_some_and(|template| !may_use(organization, template)) {
        return Err(Problem::missing("disk_template_not_found"));
    }
    let network = body
        .network
        .as_ref()
        .map(|network| find_network(state, network))
        .transpose()?;
    let mut errors = Vec::new();
    if network.is_some_and(|network| network.permalink != place.permalink) {
        errors.push("Network must be in the same data center".to_owned());
    }
    let disks = disks(state, body, package.storage_in_gb, &mut errors)?;
    let order = Order {
        data_center: place.permalink.clone(),
        package: Some(package.permalink.clone()),
        cores: package.cores,
        memory_in_gb: package.memory_in_gb,
        template: template.and_then(|template| Some((template.permalink.clone(), template.latest()?))),
        options: body.options.clone(),
        disks,
        ipv4: package.ipv4,
        hostname: body.hostname.clone().unwrap_or_else(|| random_hostname(state)),
        name: None,
        description: None,
        tags: Vec::new(),
        keys: Vec::new(),
        user_data: None,
        policies: Vec::new(),
    };
    Ok((order, errors))
}

/// The disks of a body, or the package's one. Where there are any exactly one of them is the system's.
fn disks(
    state: &State,
    body: &Body,
    storage: u64,
    errors: &mut Vec<String>,
) -> Result<Vec<DiskOrder>, Problem> {
    if body.disks.is_empty() {
        return Ok(vec![system_disk(storage)]);
    }
    if body.disks.iter().filter(|disk| disk.system).count() != 1 {
        let text = "Exactly one disk has to be the system disk";
        return Err(Problem::new(422, "one_system_disk_required", text, json!({})));
    }
    let mut disks = Vec::new();
    for (index, disk) in body.disks.iter().enumerate() {
        if let Some(profile) = &disk.profile {
            let mut profiles = state.config.catalogue.disk_speeds.iter();
            if !profiles.any(|known| profile.value == known.id || profile.value == known.permalink) {
                errors.push("Disk IO profile must exist".to_owned());
            }
        }
        let size_in_gb = u64::try_from(disk.size_in_gb).unwrap_or(0);
        if !(1..=100_000).contains(&size_in_gb) {
            errors.push("Disk size is out of range".to_owned());
        }
        let name = if disk.system {
            "System Disk".to_owned()
        } else {
            format!("Disk #{}", index + 1)
        };
        disks.push(DiskOrder {
            name: disk.name.clone().unwrap_or(name),
            size_in_gb,
            boot: disk.system,
            speed: disk.speed.clone().unwrap_or_else(|| "ssd".to_owned()),
            policies: Vec::new(),
        });
    }
    Ok(disks)
}

/// The one disk of a machine whose order names none.
pub fn system_disk(size_in_gb: u64) -> DiskOrder {
    DiskOrder {
        name: "System Disk".to_owned(),
        size_in_gb,
        boot: true,
        speed: "ssd".to_owned(),
        policies: Vec::new(),
    }
}

/// The hostname of a machine whose order names none.
pub fn random_hostname(state: &State) -> String {
    format!("vm-{}", state.text(10).to_lowercase())
}

/// What is wrong with an order as a whole.
fn order_errors(state: &State, organization: u64, order: &Order) -> Vec<String> {
    let mut errors = hostname_errors(state, organization, &order.hostname);
    let template = order
        .template
        .as_ref()
        .and_then(|(permalink, _)| state.template(permalink));
    let Some(template) = template else {
        return errors;
    };
    let small = |disk: &&DiskOrder| disk.boot && disk.size_in_gb < template.size_in_gb;
    if order.disks.iter().any(|disk| small(&disk)) {
        errors.push(format!("System disk must be at least {}GB", template.size_in_gb));
    }
    let given = |name: &str| {
        order
            .options
            .iter()
            .any(|option| option.key == name && !option.value.is_empty())
    };
    for field in &template.fields {
        if field.required && !given(&field.name) {
            errors.push(format!("Disk template option {} can't be blank", field.name));
        }
    }
    for option in &order.options {
        if !template.fields.iter().any(|field| field.name == option.key) {
            errors.push(format!("Disk template option {} is not known", option.key));
        }
    }
    errors
}

fn begin(
    state: &mut State,
    ask: &Ask<'_>,
    organization: u64,
    order: Order,
    xml: String,
    annotations: Vec<Annotation>,
) -> Handled {
    let machine_id = if ask.reuse_id { state.used_ids.pop() } else { None };
    let request_id = ask.incoming.header("x-request-id").map(ToOwned::to_owned);
    let serial = state.insert_build(organization, order, xml, annotations);
    state.change_build(serial, |build| {
        build.machine_id = machine_id;
        build.by_api = true;
        build.request_id = request_id;
    });
    state.totals.builds += 1;
    let build = state
        .builds
        .get(serial)
        .ok_or_else(|| Problem::missing("build_not_found"))?;
    let task = state
        .tasks
        .get(build.task)
        .map(|task| render::brief_task(task, state.now));
    let brief = json!({ "id": build.id, "state": build.state.word() });
    changed(
        201,
        &json!({
            "task": task,
            "build": brief,
            "virtual_machine_build": brief,
            "hostname": build.order.hostname,
            "annotations": render::annotations(&build.annotations),
        }),
    )
}

/// `GET /virtual_machines/builds/virtual_machine_build`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    ask.arguments.lookup("virtual_machine_build", ID)?;
    let build = find::build(state, ask)?;
    let body: Value = render::build(state, build, ask.seen_at, ask.dates);
    shown(&json!({ "virtual_machine_build": body, "annotations": render::annotations(&build.annotations) }))
}
