//! A server's networks, in readings and in full lists alike.

use serde::Deserialize;
use serde_json::Value;

use crate::loose;

/// A server's networks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Network {
    /// Its primary interfaces.
    #[serde(default, deserialize_with = "loose::list")]
    pub interfaces: Vec<Interface>,
    /// Its further ones.
    #[serde(default, deserialize_with = "loose::list")]
    pub secondary_interfaces: Vec<Interface>,
}

/// An interface.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interface {
    /// Its IPv4 addresses.
    #[serde(default, deserialize_with = "loose::list")]
    pub ipv4: Vec<Ipv4>,
    /// Its IPv6 subnets.
    #[serde(default, deserialize_with = "loose::list")]
    pub ipv6: Vec<Ipv6>,
    /// Incoming speed in kB/s.
    #[serde(default, deserialize_with = "loose::amount")]
    pub in_average: Option<u64>,
    /// Outgoing speed in kB/s.
    #[serde(default, deserialize_with = "loose::amount")]
    pub out_average: Option<u64>,
}

/// An IPv4 address.
#[derive(Debug, Deserialize)]
pub struct Ipv4 {
    /// The address.
    #[serde(default, deserialize_with = "loose::text")]
    pub address: Option<String>,
}

/// An IPv6 subnet.
#[derive(Debug, Deserialize)]
pub struct Ipv6 {
    /// The first address.
    #[serde(default, deserialize_with = "loose::text")]
    pub subnet: Option<String>,
    /// The prefix length as it is sent, which may be none that there is.
    #[serde(default, deserialize_with = "loose::text")]
    pub cidr: Option<String>,
    /// What is in use of it.
    #[serde(default, deserialize_with = "loose::list")]
    pub addresses: Vec<HostAddress>,
}

/// An address inside a subnet: a text, or an object that has one. The panel's document shows neither, so anything else
/// is no address rather than an answer that cannot be read.
#[derive(Debug, Deserialize)]
#[serde(from = "Value")]
pub struct HostAddress(pub Option<String>);

impl From<Value> for HostAddress {
    fn from(value: Value) -> Self {
        let text = match &value {
            Value::Object(fields) => fields.get("address").and_then(Value::as_str),
            other => other.as_str(),
        };
        Self(text.map(ToOwned::to_owned))
    }
}
