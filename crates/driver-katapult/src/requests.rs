//! Every request that the driver makes, with what repeating it means.
//!
//! The last word of a path (`/virtual_machines/virtual_machine`) stands for an object that is named in the query of a
//! read and in the body of a change.

use std::time::Duration;

use domain::http::{Method, Request, RetryClass};
use domain::machine::PowerAction;
use serde_json::{Value, json};

/// The path prefix of the API.
pub const API_BASE: &str = "/core/v1";

/// Katapult answers at once, since whatever takes its time is a task. What has not come by then is looked for.
pub const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// How many rows a page has.
pub const PER_PAGE: u64 = 200;

/// The table of requests and retry classes. A console session is a read although it is a POST: it leaves nothing but an
/// address that dies by itself. An organization cannot be made twice, because its sub-domain is unique.
pub const TABLE: &[(&str, RetryClass)] = &[
    ("list_organizations", RetryClass::Read),
    ("read_parent", RetryClass::Read),
    ("read_organization", RetryClass::Read),
    ("list_managed", RetryClass::Read),
    ("create_organization", RetryClass::Convergent),
    ("list_data_centers", RetryClass::Read),
    ("list_templates", RetryClass::Read),
    ("list_packages", RetryClass::Read),
    ("read_package", RetryClass::Read),
    ("read_data_center", RetryClass::Read),
    ("read_template", RetryClass::Read),
    ("read_named", RetryClass::Read),
    ("build_machine", RetryClass::Creating),
    ("read_build", RetryClass::Read),
    ("list_machines", RetryClass::Read),
    ("read_machine", RetryClass::Read),
    ("read_candidate", RetryClass::Read),
    ("power_start", RetryClass::Convergent),
    ("power_shutdown", RetryClass::Convergent),
    ("power_stop", RetryClass::Convergent),
    ("power_reset", RetryClass::Disruptive),
    ("read_task", RetryClass::Read),
    ("change_package", RetryClass::Convergent),
    ("rename_machine", RetryClass::Convergent),
    ("list_disks", RetryClass::Read),
    ("resize_disk", RetryClass::Convergent),
    ("list_policies", RetryClass::Read),
    ("delete_policy", RetryClass::Convergent),
    ("delete_machine", RetryClass::Convergent),
    ("read_trash", RetryClass::Read),
    ("restore_machine", RetryClass::Convergent),
    ("create_console", RetryClass::Read),
];

/// Which of an organization's two names a text is: ids begin with `org_`, everything else is a sub-domain.
fn organization_field(organization: &str) -> &'static str {
    if organization.starts_with("org_") {
        "id"
    } else {
        "sub_domain"
    }
}

fn organization(organization: &str) -> Value {
    json!({ organization_field(organization): organization })
}

fn of_organization(request: Request, organization: &str) -> Request {
    let key = format!("organization[{}]", organization_field(organization));
    request.with_query(&key, organization)
}

fn paged(request: Request, page: u64) -> Request {
    request
        .with_query("page", page.to_string())
        .with_query("per_page", PER_PAGE.to_string())
}

fn of_machine(name: &str, path: &str, machine: &str) -> Request {
    Request::get(name, path).with_query("virtual_machine[id]", machine)
}

fn change(name: &str, method: Method, path: &str, body: Value) -> Request {
    Request::new(name, method, path, RetryClass::Convergent).with_body(body)
}

/// The organizations that the token sees.
pub fn list_organizations() -> Request {
    Request::get("list_organizations", "/organizations")
}

/// The operator's own organization, by id or sub-domain.
pub fn read_parent(parent: &str) -> Request {
    of_organization(Request::get("read_parent", "/organizations/organization"), parent)
}

/// A client's organization, by id or sub-domain.
pub fn read_organization(client: &str) -> Request {
    of_organization(
        Request::get("read_organization", "/organizations/organization"),
        client,
    )
}

/// One page of the organizations below the operator's.
pub fn list_managed(parent: &str, page: u64) -> Request {
    let request = Request::get("list_managed", "/organizations/organization/managed");
    paged(of_organization(request, parent), page)
}

/// A new organization below the operator's.
pub fn create_organization(parent: &str, name: &str, sub_domain: &str, annotations: &Value) -> Request {
    change(
        "create_organization",
        Method::Post,
        "/organizations/organization/managed",
        json!({
            "organization": organization(parent), "name": name, "sub_domain": sub_domain,
            "annotations": annotations,
        }),
    )
}

/// All data centers, on one page.
pub fn list_data_centers() -> Request {
    Request::get("list_data_centers", "/data_centers")
}

/// One page of the disk templates of an organization and of those that everybody may use.
pub fn list_templates(parent: &str, page: u64) -> Request {
    let request = Request::get("list_templates", "/organizations/organization/disk_templates");
    paged(of_organization(request, parent), page).with_query("include_universal", "true")
}

/// One page of the packages.
pub fn list_packages(page: u64) -> Request {
    paged(Request::get("list_packages", "/virtual_machine_packages"), page)
}

/// A package by its permalink.
pub fn read_package(permalink: &str) -> Request {
    Request::get(
        "read_package",
        "/virtual_machine_packages/virtual_machine_package",
    )
    .with_query("virtual_machine_package[permalink]", permalink)
}

/// A data center by its permalink.
pub fn read_data_center(permalink: &str) -> Request {
    Request::get("read_data_center", "/data_centers/data_center")
        .with_query("data_center[permalink]", permalink)
}

/// A disk template by its permalink.
pub fn read_template(permalink: &str) -> Request {
    Request::get("read_template", "/disk_templates/disk_template")
        .with_query("disk_template[permalink]", permalink)
}

/// The machine of a name, to find out whether the name is free.
pub fn read_named(fqdn: &str) -> Request {
    Request::get("read_named", "/virtual_machines/virtual_machine").with_query("virtual_machine[fqdn]", fqdn)
}

/// Makes and builds a machine.
pub fn build_machine(body: Value) -> Request {
    let path = "/organizations/organization/virtual_machines/build";
    Request::new("build_machine", Method::Post, path, RetryClass::Creating).with_body(body)
}

/// A build.
pub fn read_build(build: &str) -> Request {
    Request::get("read_build", "/virtual_machines/builds/virtual_machine_build")
        .with_query("virtual_machine_build[id]", build)
}

/// One page of an organization's machines; with `annotation` only those that bear it.
pub fn list_machines(organization: &str, annotation: Option<(&str, &str)>, page: u64) -> Request {
    let request = Request::get("list_machines", "/organizations/organization/virtual_machines");
    let mut request = request.with_query("organization[id]", organization);
    if let Some((key, value)) = annotation {
        request = request
            .with_query("annotations[][key]", key)
            .with_query("annotations[][value]", value);
    }
    paged(request, page)
}

/// A machine.
pub fn read_machine(machine: &str) -> Request {
    of_machine("read_machine", "/virtual_machines/virtual_machine", machine)
}

/// A machine that may be what a create made.
pub fn read_candidate(machine: &str) -> Request {
    of_machine("read_candidate", "/virtual_machines/virtual_machine", machine)
}

/// A power action.
pub fn power(machine: &str, action: PowerAction) -> Request {
    let (name, word, class) = match action {
        PowerAction::Boot => ("power_start", "start", RetryClass::Convergent),
        PowerAction::Shutdown => ("power_shutdown", "shutdown", RetryClass::Convergent),
        PowerAction::PowerOff => ("power_stop", "stop", RetryClass::Convergent),
        PowerAction::Restart => ("power_reset", "reset", RetryClass::Disruptive),
    };
    let path = format!("/virtual_machines/virtual_machine/{word}");
    Request::new(name, Method::Post, path, class).with_body(json!({ "virtual_machine": { "id": machine } }))
}

/// A task.
pub fn read_task(task: &str) -> Request {
    Request::get("read_task", "/tasks/task").with_query("task[id]", task)
}

/// Gives a machine another package.
pub fn change_package(machine: &str, permalink: &str) -> Request {
    change(
        "change_package",
        Method::Put,
        "/virtual_machines/virtual_machine/package",
        json!({ "virtual_machine": { "id": machine }, "virtual_machine_package": { "permalink": permalink } }),
    )
}

/// Gives a machine another name. Its hostname is something else and stays.
pub fn rename_machine(machine: &str, name: &str) -> Request {
    change(
        "rename_machine",
        Method::Patch,
        "/virtual_machines/virtual_machine",
        json!({ "virtual_machine": { "id": machine }, "properties": { "name": name } }),
    )
}

/// One page of a machine's disks.
pub fn list_disks(machine: &str, page: u64) -> Request {
    let path = "/virtual_machines/virtual_machine/disks";
    paged(of_machine("list_disks", path, machine), page)
}

/// Gives a disk another size in GB. Katapult does not find out by itself whether the machine runs meanwhile.
pub fn resize_disk(disk: &str, size: u64, online: bool) -> Request {
    let method = if online { "online" } else { "offline" };
    change(
        "resize_disk",
        Method::Put,
        "/disks/disk/resize",
        json!({ "disk": { "id": disk }, "size_in_gb": size, "resize_method": method }),
    )
}

/// One page of the backup policies of a machine and of its disks.
pub fn list_policies(machine: &str, page: u64) -> Request {
    let path = "/virtual_machines/virtual_machine/disk_backup_policies";
    paged(
        of_machine("list_policies", path, machine).with_query("include_disks", "true"),
        page,
    )
}

/// Deletes a backup policy.
pub fn delete_policy(policy: &str) -> Request {
    change(
        "delete_policy",
        Method::Delete,
        "/disk_backup_policies/disk_backup_policy",
        json!({ "disk_backup_policy": { "id": policy } }),
    )
}

/// Puts a machine into the trash.
pub fn delete_machine(machine: &str) -> Request {
    change(
        "delete_machine",
        Method::Delete,
        "/virtual_machines/virtual_machine",
        json!({ "virtual_machine": { "id": machine } }),
    )
}

/// What lies in the trash of a machine's id.
pub fn read_trash(machine: &str) -> Request {
    Request::get("read_trash", "/trash_objects/trash_object").with_query("trash_object[object_id]", machine)
}

/// Fetches a machine back from the trash.
pub fn restore_machine(machine: &str) -> Request {
    change(
        "restore_machine",
        Method::Post,
        "/trash_objects/trash_object/restore",
        json!({ "trash_object": { "object_id": machine } }),
    )
}

/// A session on a machine's console.
pub fn create_console(machine: &str) -> Request {
    let path = "/virtual_machines/virtual_machine/console_sessions";
    Request::new("create_console", Method::Post, path, RetryClass::Read)
        .with_body(json!({ "virtual_machine": { "id": machine } }))
}

/// The name under which a request asked for its object: the value of a field of the object `thing`, in query or body.
pub fn asked<'a>(request: &'a Request, thing: &str, field: &str) -> Option<&'a str> {
    let key = format!("{thing}[{field}]");
    let in_query = request.query.iter().find(|(name, _)| *name == key);
    in_query.map(|(_, value)| value.as_str()).or_else(|| {
        let object = request.body.as_ref()?.get(thing)?;
        object.get(field)?.as_str()
    })
}
