//! What PowerDNS sends, as far as it is used. Fields that are not named are passed over.

use serde::Deserialize;

/// The type of record that points from an address to a host.
pub const POINTER: &str = "PTR";

/// A zone in a list.
#[derive(Deserialize)]
pub struct ListedZone {
    pub name: String,
    pub kind: Option<String>,
}

/// A zone with what it holds.
#[derive(Deserialize)]
pub struct WholeZone {
    pub name: String,
    /// How a change through the API makes the serial higher; empty or missing where it does not.
    pub soa_edit_api: Option<String>,
    pub rrsets: Vec<RecordSet>,
}

/// All records of one name and type.
#[derive(Deserialize)]
pub struct RecordSet {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub ttl: u32,
    pub records: Vec<Record>,
}

/// One record.
#[derive(Deserialize)]
pub struct Record {
    pub content: String,
    #[serde(default)]
    pub disabled: bool,
}

/// What the server says where it refuses.
#[derive(Deserialize)]
pub struct Refusal {
    pub error: String,
}
