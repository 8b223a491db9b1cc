//! The bodies that the panel accepts: its own types, strict about unknown and missing fields, types and ranges.

use std::ops::RangeInclusive;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use super::problem::{Flaw, Problem};
use crate::wire::Incoming;

/// GB a month, in every body that carries it.
pub const TRAFFIC: RangeInclusive<u64> = 0..=999_999_999;
/// MB, in every body that carries it.
pub const MEMORY: RangeInclusive<u64> = 256..=16_777_216;
/// Cores, in every body that carries them.
pub const CORES: RangeInclusive<u64> = 1..=600;

/// A field that may be left out but not be null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// `POST /servers`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateServer {
    pub package_id: u64,
    pub user_id: u64,
    pub hypervisor_id: u64,
    #[serde(default, deserialize_with = "present")]
    pub ipv4: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    pub storage: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub traffic: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub memory: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub cpu_cores: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub network_speed_inbound: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub network_speed_outbound: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub storage_profile: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub network_profile: Option<u64>,
    #[serde(default)]
    pub firewall_rulesets: Vec<i64>,
    #[serde(default)]
    pub hypervisor_asset_groups: Vec<i64>,
    #[serde(default, rename = "additionalStorage1Enable")]
    pub additional_storage_1_enable: bool,
    #[serde(default, rename = "additionalStorage2Enable")]
    pub additional_storage_2_enable: bool,
    #[serde(default, rename = "additionalStorage1Profile", deserialize_with = "present")]
    pub additional_storage_1_profile: Option<u64>,
    #[serde(default, rename = "additionalStorage2Profile", deserialize_with = "present")]
    pub additional_storage_2_profile: Option<u64>,
    #[serde(default, rename = "additionalStorage1Capacity", deserialize_with = "present")]
    pub additional_storage_1_capacity: Option<u64>,
    #[serde(default, rename = "additionalStorage2Capacity", deserialize_with = "present")]
    pub additional_storage_2_capacity: Option<u64>,
}

impl CreateServer {
    /// The GB of the additional disks, where switched on.
    pub fn additional(&self) -> Vec<u64> {
        let first = (
            self.additional_storage_1_enable,
            self.additional_storage_1_capacity,
        );
        let second = (
            self.additional_storage_2_enable,
            self.additional_storage_2_capacity,
        );
        [first, second]
            .into_iter()
            .filter(|(on, _)| *on)
            .filter_map(|(_, capacity)| capacity)
            .collect()
    }

    fn check(&self, check: &mut Check) {
        check.range("memory", self.memory, &MEMORY);
        check.range("cpuCores", self.cpu_cores, &CORES);
        check.range("traffic", self.traffic, &TRAFFIC);
        check.range("storage", self.storage, &(1..=1_000_000));
        check.range("ipv4", self.ipv4.map(u64::from), &(0..=1_000));
        check.range(
            "networkSpeedInbound",
            self.network_speed_inbound,
            &(0..=100_000_000),
        );
        check.range(
            "networkSpeedOutbound",
            self.network_speed_outbound,
            &(0..=100_000_000),
        );
        let disks = [
            (
                "additionalStorage1",
                self.additional_storage_1_enable,
                self.additional_storage_1_capacity,
            ),
            (
                "additionalStorage2",
                self.additional_storage_2_enable,
                self.additional_storage_2_capacity,
            ),
        ];
        for (name, enabled, capacity) in disks {
            let field = format!("{name}Capacity");
            check.range(&field, capacity, &(1..=1_000_000));
            check.that(
                &field,
                !enabled || capacity.is_some(),
                "is required when the storage is enabled",
            );
        }
        let profiles = [
            self.additional_storage_1_profile,
            self.additional_storage_2_profile,
        ];
        for (profile, field) in profiles
            .into_iter()
            .zip(["additionalStorage1Profile", "additionalStorage2Profile"])
        {
            check.range(field, profile, &(0..=u64::from(u32::MAX)));
        }
        check.that(
            "firewallRulesets",
            self.firewall_rulesets.iter().all(|id| *id == -1),
            "Invalid or disabled firewall ruleset",
        );
        check.that(
            "hypervisorAssetGroups",
            self.hypervisor_asset_groups.iter().all(|id| *id == -1),
            "Invalid or disabled hypervisor asset group",
        );
    }
}

/// `POST /servers/{id}/build`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuildServer {
    pub operating_system_id: u64,
    #[serde(default, deserialize_with = "present")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub hostname: Option<String>,
    #[serde(default)]
    pub ssh_keys: Vec<u64>,
    #[serde(default)]
    pub vnc: bool,
    #[serde(default)]
    pub ipv6: bool,
    #[serde(default)]
    pub email: bool,
    #[serde(default, deserialize_with = "present")]
    pub swap: Option<f64>,
}

impl BuildServer {
    fn check(&self, check: &mut Check) {
        const SWAP: [f64; 11] = [256.0, 512.0, 768.0, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0];
        check.length("name", self.name.as_deref());
        check.length("hostname", self.hostname.as_deref());
        let known = self.swap.is_none_or(|swap| SWAP.contains(&swap));
        check.that("swap", known, "The selected swap is invalid.");
        let hostname = self.hostname.as_deref().unwrap_or("localhost");
        let legal = hostname
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
        check.that("hostname", legal, "The hostname format is invalid.");
    }
}

/// `POST /users`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateUser {
    pub name: String,
    pub email: String,
    #[serde(default, deserialize_with = "present")]
    pub ext_relation_id: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    pub rel_str: Option<String>,
    #[serde(default)]
    pub self_service: u8,
    #[serde(default)]
    pub self_service_hourly_credit: bool,
    #[serde(default)]
    pub self_service_hourly_group_profiles: Vec<u64>,
    #[serde(default)]
    pub self_service_resource_group_profiles: Vec<u64>,
    #[serde(default, deserialize_with = "present")]
    pub self_service_hourly_resource_pack: Option<u64>,
    #[serde(default)]
    pub send_mail: bool,
}

impl CreateUser {
    fn check(&self, check: &mut Check) {
        check.length("name", Some(&self.name));
        check.email("email", &self.email);
        check.length("relStr", self.rel_str.as_deref());
        check.range("extRelationId", self.ext_relation_id, &(1..=u64::from(u32::MAX)));
        check.range("selfService", Some(u64::from(self.self_service)), &(0..=3));
        let profiles =
            self.self_service_hourly_group_profiles.len() + self.self_service_resource_group_profiles.len();
        check.that(
            "selfServiceHourlyGroupProfiles",
            profiles == 0,
            "The selected profile is invalid.",
        );
        let pack = self.self_service_hourly_resource_pack;
        check.that(
            "selfServiceHourlyResourcePack",
            pack.is_none(),
            "The selected pack is invalid.",
        );
        let credit = self.self_service_hourly_credit && self.self_service == 0;
        check.that(
            "selfServiceHourlyCredit",
            !credit,
            "Credit needs self service to be enabled.",
        );
    }
}

/// `PUT /users/{ext}/byExtRelation`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ModifyUser {
    #[serde(deserialize_with = "present")]
    pub name: Option<String>,
    #[serde(deserialize_with = "present")]
    pub email: Option<String>,
    #[serde(deserialize_with = "present")]
    pub self_service: Option<u8>,
    #[serde(deserialize_with = "present")]
    pub self_service_hourly_credit: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub enabled: Option<bool>,
}

impl ModifyUser {
    fn check(&self, check: &mut Check) {
        check.length("name", self.name.as_deref());
        if let Some(email) = &self.email {
            check.email("email", email);
        }
        check.range("selfService", self.self_service.map(u64::from), &(0..=3));
        let credit = self.self_service_hourly_credit == Some(true) && self.self_service == Some(0);
        check.that(
            "selfServiceHourlyCredit",
            !credit,
            "Credit needs self service to be enabled.",
        );
    }
}

/// `POST /ssh_keys`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateKey {
    pub user_id: u64,
    pub name: String,
    pub public_key: String,
}

impl CreateKey {
    fn check(&self, check: &mut Check) {
        check.length("name", Some(&self.name));
        let mut parts = self.public_key.split(' ');
        let kind = parts.next().unwrap_or_default();
        let known = ["ssh-", "ecdsa-", "sk-"]
            .iter()
            .any(|prefix| kind.starts_with(prefix));
        let blob = parts.next().unwrap_or_default();
        let encoded = blob.starts_with("AAAA") && blob.len() >= 16;
        check.that("publicKey", known && encoded, "The public key is invalid.");
    }
}

/// `PUT /servers/{id}/package/{package}`; what is left out is updated.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ChangePackage {
    #[serde(deserialize_with = "present")]
    pub backup_plan: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub cpu: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub memory: Option<bool>,
    #[serde(rename = "primaryDiskReadIOPS", deserialize_with = "present")]
    pub primary_disk_read_iops: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub primary_disk_read_throughput: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub primary_disk_size: Option<bool>,
    #[serde(rename = "primaryDiskWriteIOPS", deserialize_with = "present")]
    pub primary_disk_write_iops: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub primary_disk_write_throughput: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub primary_network_inbound_speed: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub primary_network_outbound_speed: Option<bool>,
    #[serde(deserialize_with = "present")]
    pub primary_network_traffic: Option<bool>,
}

/// `PUT …/modify/name` and `PATCH …/name`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    pub name: String,
}

/// `PUT …/modify/memory`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    pub memory: u64,
}

/// `PUT …/modify/cpuCores`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cores {
    pub cores: u64,
}

/// `PUT …/modify/traffic`. The published document calls it a string and shows a number.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traffic {
    #[serde(deserialize_with = "number_or_digits")]
    pub traffic: u64,
}

fn number_or_digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Number(number) => number.as_u64(),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| D::Error::custom("expected an integer"))
}

/// `POST …/resetPassword`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResetPassword {
    pub user: String,
    #[serde(default = "yes")]
    pub send_mail: bool,
}

const fn yes() -> bool {
    true
}

/// `POST …/vnc` as published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleAction {
    pub action: Switch,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    Enable,
    Disable,
}

/// `POST …/vnc` as one client sends it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleFlag {
    pub vnc: bool,
}

/// A body that is checked beyond its types.
pub trait Checked {
    /// Adds what is wrong.
    fn check(&self, check: &mut Check);
}

macro_rules! checked {
    ($($body:ident => |$this:ident, $check:ident| $rule:expr),+ $(,)?) => {$(
        impl Checked for $body {
            fn check(&self, $check: &mut Check) {
                let $this = self;
                $rule;
            }
        }
    )+};
}

checked! {
    CreateServer => |this, check| CreateServer::check(this, check),
    BuildServer => |this, check| BuildServer::check(this, check),
    CreateUser => |this, check| CreateUser::check(this, check),
    ModifyUser => |this, check| ModifyUser::check(this, check),
    CreateKey => |this, check| CreateKey::check(this, check),
    Name => |this, check| check.length("name", Some(&this.name)),
    Memory => |this, check| check.range("memory", Some(this.memory), &MEMORY),
    Cores => |this, check| check.range("cores", Some(this.cores), &CORES),
    Traffic => |this, check| check.range("traffic", Some(this.traffic), &TRAFFIC),
    ResetPassword => |this, check| check.that(
        "user",
        this.user == "root" || this.user == "Administrator",
        "The selected user is invalid.",
    ),
}

/// Collects flaws.
#[derive(Debug, Default)]
pub struct Check(Vec<Flaw>);

impl Check {
    fn that(&mut self, field: &str, holds: bool, text: &str) {
        if !holds {
            self.0.push(Flaw::new(field, text));
        }
    }

    fn range(&mut self, field: &str, value: Option<u64>, range: &RangeInclusive<u64>) {
        let holds = value.is_none_or(|value| range.contains(&value));
        let (from, to) = (range.start(), range.end());
        self.that(
            field,
            holds,
            &format!("The {field} must be between {from} and {to}."),
        );
    }

    fn length(&mut self, field: &str, text: Option<&str>) {
        let holds = text.is_none_or(|text| !text.trim().is_empty() && text.chars().count() <= 255);
        self.that(
            field,
            holds,
            &format!("The {field} must have 1 to 255 characters."),
        );
    }

    fn email(&mut self, field: &str, text: &str) {
        let parts = text.split_once('@');
        let holds = parts.is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
        });
        self.that(
            field,
            holds,
            &format!("The {field} must be a valid email address."),
        );
    }
}

/// Reads a body by its type alone.
pub fn read<T: DeserializeOwned>(incoming: &Incoming) -> Result<T, Problem> {
    let json = incoming
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    if !json {
        return Err(Problem::NotJson);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(&incoming.body);
    let body = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| flaw(&error))?;
    deserializer
        .end()
        .map_err(|_| Problem::invalid("body", "The body must be one JSON object."))?;
    Ok(body)
}

/// Reads a body and checks it.
pub fn checked<T: DeserializeOwned + Checked>(incoming: &Incoming) -> Result<T, Problem> {
    let body: T = read(incoming)?;
    let mut check = Check::default();
    body.check(&mut check);
    if check.0.is_empty() {
        Ok(body)
    } else {
        Err(Problem::Invalid(check.0))
    }
}

/// The field that an error is about: its path, or the name in the message for unknown and missing fields.
fn flaw(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let text = error.inner().to_string();
    let path = error.path().to_string();
    let missing = text.starts_with("missing field");
    let named = text
        .split('`')
        .nth(1)
        .filter(|_| missing || text.starts_with("unknown field"));
    let field = named
        .unwrap_or(if path == "." { "body" } else { &path })
        .to_owned();
    let says = if missing {
        format!("The {field} field is required.")
    } else if named.is_some() {
        format!("The {field} field is not allowed.")
    } else {
        format!("The {field} field is invalid.")
    };
    Problem::invalid(&field, says)
}
