//! Every request that the driver makes, with what repeating it means.

use domain::http::{Method, Request, RetryClass};
use domain::id::InstallationId;
use domain::machine::PowerAction;
use domain::record::Relation;
use serde_json::{Map, Value, json};

/// The table of requests and retry classes. The dry run and the sign-on are reads although they are POSTs: the first
/// has no effect by definition, the second leaves nothing but a token that dies unused within a minute.
pub const TABLE: &[(&str, RetryClass)] = &[
    ("read_user", RetryClass::Read),
    ("create_user", RetryClass::Convergent),
    ("delete_user", RetryClass::Convergent),
    ("list_user_servers", RetryClass::Read),
    ("list_servers", RetryClass::Read),
    ("read_server", RetryClass::Read),
    ("read_candidate", RetryClass::Read),
    ("read_stray", RetryClass::Read),
    ("read_package", RetryClass::Read),
    ("read_resources", RetryClass::Read),
    ("read_job", RetryClass::Read),
    ("list_ssh_keys", RetryClass::Read),
    ("create_ssh_key", RetryClass::Disruptive),
    ("dry_run", RetryClass::Read),
    ("create_server", RetryClass::Creating),
    ("change_owner", RetryClass::Convergent),
    ("build_server", RetryClass::Disruptive),
    ("suspend_server", RetryClass::Convergent),
    ("unsuspend_server", RetryClass::Convergent),
    ("power_boot", RetryClass::Convergent),
    ("power_shutdown", RetryClass::Convergent),
    ("power_poweroff", RetryClass::Convergent),
    ("power_restart", RetryClass::Disruptive),
    ("delete_server", RetryClass::Convergent),
    ("change_package", RetryClass::Convergent),
    ("modify_memory", RetryClass::Convergent),
    ("modify_cores", RetryClass::Convergent),
    ("modify_traffic", RetryClass::Convergent),
    ("rename_server", RetryClass::Convergent),
    ("reset_password", RetryClass::Disruptive),
    ("reset_user_password", RetryClass::Disruptive),
    ("list_templates", RetryClass::Read),
    ("read_traffic", RetryClass::Read),
    ("list_backups", RetryClass::Read),
    ("read_credit", RetryClass::Read),
    ("read_usage", RetryClass::Read),
    ("read_usage_report", RetryClass::Read),
    ("open_console", RetryClass::Convergent),
    ("close_console", RetryClass::Convergent),
    ("read_console", RetryClass::Read),
    ("sign_on", RetryClass::Read),
    ("connect", RetryClass::Read),
    ("list_groups", RetryClass::Read),
];

/// How a client is named on the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalId {
    /// The integer relation.
    Integer(u64),
    /// The text relation.
    Text(String),
}

impl ExternalId {
    /// The name of an installation's client.
    pub fn of(relation: Relation, installation: &InstallationId, client_id: u64) -> Self {
        match relation {
            Relation::Integer => Self::Integer(client_id),
            Relation::Text => Self::Text(format!("{installation}:{client_id}")),
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/users/{self}/{rest}")
    }

    /// A read of the user's self-service.
    fn self_service(&self, name: &str, what: &str) -> Request {
        self.on(Request::get(
            name,
            format!("/selfService/{what}/byUserExtRelationId/{self}"),
        ))
    }

    fn on(&self, request: Request) -> Request {
        match self {
            Self::Integer(_) => request,
            Self::Text(_) => request.with_query("relStr", "true"),
        }
    }

    /// The field of a user's body and its value.
    pub fn field(&self) -> (&'static str, Value) {
        match self {
            Self::Integer(id) => ("extRelationId", json!(id)),
            Self::Text(text) => ("relStr", json!(text)),
        }
    }
}

impl std::fmt::Display for ExternalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(id) => write!(f, "{id}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

fn post(name: &str, path: impl Into<String>, class: RetryClass) -> Request {
    Request::new(name, Method::Post, path, class)
}

fn put(name: &str, path: impl Into<String>) -> Request {
    Request::new(name, Method::Put, path, RetryClass::Convergent)
}

/// The user behind an external relation.
pub fn read_user(who: &ExternalId) -> Request {
    who.on(Request::get("read_user", who.path("byExtRelation")))
}

/// A new user.
pub fn create_user(body: Map<String, Value>) -> Request {
    post("create_user", "/users", RetryClass::Convergent).with_body(Value::Object(body))
}

/// The removal of a user, which a panel refuses as long as the user has servers.
pub fn delete_user(who: &ExternalId) -> Request {
    let path = who.path("byExtRelation");
    who.on(Request::new(
        "delete_user",
        Method::Delete,
        path,
        RetryClass::Convergent,
    ))
}

/// The servers of a user. The first page is asked for without a page number, since most panels send all at once.
pub fn list_user_servers(user: u64, page: Option<u64>) -> Request {
    let request = Request::get("list_user_servers", format!("/servers/user/{user}"));
    match page {
        Some(page) => request.with_query("page", page.to_string()),
        None => request,
    }
}

/// One page of all servers.
pub fn list_servers(page: u64) -> Request {
    Request::get("list_servers", "/servers")
        .with_query("type", "full")
        .with_query("results", "200")
        .with_query("page", page.to_string())
}

/// A server, without asking its hypervisor.
pub fn read_server(server: u64) -> Request {
    Request::get("read_server", format!("/servers/{server}"))
}

/// A server and whether it runs.
pub fn read_server_live(server: u64) -> Request {
    read_server(server).with_query("remoteState", "true")
}

/// A server that may be what a lost create made.
pub fn read_candidate(server: u64) -> Request {
    Request::get("read_candidate", format!("/servers/{server}"))
}

/// A server that an older attempt made.
pub fn read_stray(server: u64) -> Request {
    Request::get("read_stray", format!("/servers/{server}"))
}

/// A package.
pub fn read_package(package: u64) -> Request {
    Request::get("read_package", format!("/packages/{package}"))
}

/// One page of the hypervisors of a group with what each has left.
pub fn read_resources(group: u64, page: u64) -> Request {
    Request::get(
        "read_resources",
        format!("/compute/hypervisors/groups/{group}/resources"),
    )
    .with_query("results", "200")
    .with_query("page", page.to_string())
}

/// A job.
pub fn read_job(job: u64) -> Request {
    Request::get("read_job", format!("/queue/{job}"))
}

/// A user's SSH keys.
pub fn list_ssh_keys(user: u64) -> Request {
    Request::get("list_ssh_keys", format!("/ssh_keys/user/{user}"))
}

/// A new SSH key.
pub fn create_ssh_key(user: u64, name: &str, public_key: &str) -> Request {
    post("create_ssh_key", "/ssh_keys", RetryClass::Disruptive)
        .with_body(json!({"userId": user, "name": name, "publicKey": public_key}))
}

/// Whether a create would be accepted.
pub fn dry_run(body: Map<String, Value>) -> Request {
    post("dry_run", "/servers", RetryClass::Read)
        .with_query("dryRun", "true")
        .with_body(Value::Object(body))
}

/// A new server.
pub fn create_server(body: Map<String, Value>) -> Request {
    post("create_server", "/servers", RetryClass::Creating).with_body(Value::Object(body))
}

/// Hands a server to a user.
pub fn change_owner(server: u64, user: u64) -> Request {
    put("change_owner", format!("/servers/{server}/owner/{user}"))
}

/// Installs an operating system.
pub fn build_server(server: u64, body: Map<String, Value>) -> Request {
    post(
        "build_server",
        format!("/servers/{server}/build"),
        RetryClass::Disruptive,
    )
    .with_body(Value::Object(body))
}

/// Holds a server.
pub fn suspend_server(server: u64) -> Request {
    post(
        "suspend_server",
        format!("/servers/{server}/suspend"),
        RetryClass::Convergent,
    )
}

/// Lets a server go.
pub fn unsuspend_server(server: u64) -> Request {
    post(
        "unsuspend_server",
        format!("/servers/{server}/unsuspend"),
        RetryClass::Convergent,
    )
}

/// A power action.
pub fn power(server: u64, action: PowerAction) -> Request {
    let (name, class) = match action {
        PowerAction::Boot => ("power_boot", RetryClass::Convergent),
        PowerAction::Shutdown => ("power_shutdown", RetryClass::Convergent),
        PowerAction::PowerOff => ("power_poweroff", RetryClass::Convergent),
        PowerAction::Restart => ("power_restart", RetryClass::Disruptive),
    };
    post(name, format!("/servers/{server}/power/{action}"), class)
}

/// Deletes a server now. The undo window is the engine's: it runs before this request, so that it can be taken back.
pub fn delete_server(server: u64) -> Request {
    Request::new(
        "delete_server",
        Method::Delete,
        format!("/servers/{server}"),
        RetryClass::Convergent,
    )
    .with_query("delay", "0")
}

/// Gives a server another package.
pub fn change_package(server: u64, package: u64) -> Request {
    put("change_package", format!("/servers/{server}/package/{package}"))
}

/// Sets a server's memory in MB.
pub fn modify_memory(server: u64, memory: u64) -> Request {
    put("modify_memory", format!("/servers/{server}/modify/memory")).with_body(json!({"memory": memory}))
}

/// Sets a server's cores. The path says `cpuCores`, the field is `cores`.
pub fn modify_cores(server: u64, cores: u64) -> Request {
    put("modify_cores", format!("/servers/{server}/modify/cpuCores")).with_body(json!({"cores": cores}))
}

/// Sets a server's monthly traffic in GB; 0 is unmetered.
pub fn modify_traffic(server: u64, traffic: u64) -> Request {
    put("modify_traffic", format!("/servers/{server}/modify/traffic")).with_body(json!({"traffic": traffic}))
}

/// Gives a server another name.
pub fn rename_server(server: u64, name: &str) -> Request {
    put("rename_server", format!("/servers/{server}/modify/name")).with_body(json!({"name": name}))
}

/// Gives a user inside a server's system a new password, which the panel mails to the server's owner as well: whoever
/// closes the page before it is shown is not locked out.
pub fn reset_password(server: u64, user: &str) -> Request {
    post(
        "reset_password",
        format!("/servers/{server}/resetPassword"),
        RetryClass::Disruptive,
    )
    .with_body(json!({"user": user, "sendMail": true}))
}

/// Gives a user of the panel a new password.
pub fn reset_user_password(who: &ExternalId) -> Request {
    who.on(post(
        "reset_user_password",
        who.path("byExtRelation/resetPassword"),
        RetryClass::Disruptive,
    ))
}

/// What can be installed on a server, by its package.
pub fn list_templates(server: u64) -> Request {
    Request::get("list_templates", format!("/servers/{server}/templates"))
}

/// What a server has transferred, month by month.
pub fn read_traffic(server: u64) -> Request {
    Request::get("read_traffic", format!("/servers/{server}/traffic"))
}

/// A server's backups.
pub fn list_backups(server: u64) -> Request {
    Request::get("list_backups", format!("/backups/server/{server}"))
}

/// What is left of a user's self-service credit, and what the month has come to.
pub fn read_credit(who: &ExternalId) -> Request {
    who.self_service("read_credit", "hourlyStats")
}

/// What a user's self-service has used, by period.
pub fn read_usage(who: &ExternalId) -> Request {
    who.self_service("read_usage", "usage")
}

/// The report on a user's self-service in the present month.
pub fn read_usage_report(who: &ExternalId) -> Request {
    who.self_service("read_usage_report", "report")
}

/// A server's console as it is.
pub fn read_console(server: u64) -> Request {
    Request::get("read_console", format!("/servers/{server}/vnc"))
}

/// Opens a server's console, under a new token, or closes it.
pub fn switch_console(server: u64, open: bool) -> Request {
    let action = if open { "enable" } else { "disable" };
    console(server, open, json!({ "action": action }))
}

/// The same for panels that read the switch from another field.
pub fn switch_console_by_flag(server: u64, open: bool) -> Request {
    console(server, open, json!({ "vnc": open }))
}

fn console(server: u64, open: bool, body: Value) -> Request {
    let name = if open { "open_console" } else { "close_console" };
    post(name, format!("/servers/{server}/vnc"), RetryClass::Convergent).with_body(body)
}

/// A one-time sign-on of a client to a server's page.
pub fn sign_on(who: &ExternalId, server: u64) -> Request {
    who.on(post(
        "sign_on",
        who.path(&format!("serverAuthenticationTokens/{server}")),
        RetryClass::Read,
    ))
}

/// Whether the panel answers and takes the token.
pub fn connect() -> Request {
    Request::get("connect", "/connect")
}

/// Whether the token may read hypervisor groups.
pub fn list_groups() -> Request {
    Request::get("list_groups", "/compute/hypervisors/groups").with_query("results", "1")
}
