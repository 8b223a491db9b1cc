//! What a name server holds: made for a test, and told as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use domain::http::{Method, Request, RetryClass};
use serde::Deserialize;
use serde_json::{Value, json};

use super::NameServer;

/// How a zone is kept the same on several servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Not by DNS.
    Native,
    /// This server has it first; others fetch it here.
    Primary,
    /// This server fetches it from that one.
    Secondary {
        /// Where the one that has it first answers DNS.
        primary: SocketAddr,
    },
}

/// All records of one name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSet {
    name: String,
    kind: String,
    ttl: u32,
    records: Vec<Value>,
}

impl RecordSet {
    /// The records of a whole name, which ends with a dot, and of a type, with these values. They live for a minute.
    pub fn new(name: &str, kind: &str, values: &[&str]) -> Self {
        let set = Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            ttl: 60,
            records: Vec::new(),
        };
        set.and(values, false)
    }

    /// Pointers.
    pub fn pointers(name: &str, hosts: &[&str]) -> Self {
        Self::new(name, "PTR", hosts)
    }

    /// With another lifetime in seconds.
    #[must_use]
    pub const fn with_ttl(mut self, ttl: u32) -> Self {
        self.ttl = ttl;
        self
    }

    /// With values besides that are kept and not served.
    #[must_use]
    pub fn and_disabled(self, values: &[&str]) -> Self {
        self.and(values, true)
    }

    fn and(mut self, values: &[&str], disabled: bool) -> Self {
        let records = values
            .iter()
            .map(|value| json!({"content": value, "disabled": disabled}));
        self.records.extend(records);
        self
    }

    fn body(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.kind,
            "ttl": self.ttl,
            "changetype": "REPLACE",
            "records": self.records,
        })
    }
}

/// Everything a name server holds: by zone, name and type the values, each with its lifetime, and with a mark where it is
/// not served. Comments are values, too.
pub type Dump = BTreeMap<(String, String, String), Vec<String>>;

/// What is not the same in two dumps, a line for each name and type, in the order of zones and names.
pub fn differences(before: &Dump, after: &Dump) -> Vec<String> {
    let tell =
        |values: Option<&Vec<String>>| values.map_or("nothing".to_owned(), |values| values.join(" + "));
    let all: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    all.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| {
            let (zone, name, kind) = key;
            let (old, new) = (tell(before.get(key)), tell(after.get(key)));
            format!("{zone}: {name} {kind}: {old} -> {new}")
        })
        .collect()
}

impl NameServer {
    /// Makes a zone. One that is not fetched from elsewhere begins with an SOA record of serial 2 and an NS record, and
    /// each change through the API makes the serial one more, which is what makes others fetch it.
    pub async fn create_zone(&self, name: &str, kind: Kind, records: &[RecordSet]) {
        let (kind, primaries) = match kind {
            Kind::Native => ("Native", vec![]),
            Kind::Primary => ("Master", vec![]),
            Kind::Secondary { primary } => ("Slave", vec![primary.to_string()]),
        };
        let mut sets = Vec::new();
        if primaries.is_empty() {
            let head = [
                RecordSet::new(name, "SOA", &["ns.test. hostmaster.test. 1 3600 600 604800 0"]),
                RecordSet::new(name, "NS", &["ns.test."]),
            ];
            sets = head.iter().chain(records).map(RecordSet::body).collect();
        }
        let body = json!({
            "name": name,
            "kind": kind,
            "masters": primaries,
            "nameservers": [],
            "soa_edit_api": "INCREASE",
            "rrsets": sets,
        });
        let request = Self::request("make a zone", Method::Post, "/zones");
        self.succeed(&request.with_body(body)).await;
    }

    /// Puts records into a zone behind everybody's back, in place of others of their names and types.
    pub async fn put(&self, zone: &str, records: &[RecordSet]) {
        let sets: Vec<Value> = records.iter().map(RecordSet::body).collect();
        let request = Self::request("put records", Method::Patch, &Self::zone(zone));
        self.succeed(&request.with_body(json!({"rrsets": sets}))).await;
    }

    /// Everything it holds.
    pub async fn dump(&self) -> Dump {
        let mut dump = Dump::new();
        let listed: Vec<Listed> = self.read("/zones").await;
        for zone in listed {
            let content: Content = self.read(&format!("/zones/{}", zone.id)).await;
            for set in content.rrsets {
                let mut values: Vec<String> = set.records.iter().map(|record| record.tell(set.ttl)).collect();
                values.extend(set.comments.iter().map(|comment| format!("comment {comment}")));
                values.sort();
                dump.insert((zone.name.clone(), set.name, set.kind), values);
            }
        }
        dump
    }

    /// The serial of a zone that it has; `None` of one that it has yet to fetch.
    pub async fn serial(&self, zone: &str) -> Option<u32> {
        let listed: Vec<Listed> = self.read("/zones").await;
        let found = listed.into_iter().find(|listed| listed.name == zone)?;
        (found.serial > 0).then_some(found.serial)
    }

    pub(super) fn request(name: &str, method: Method, path: &str) -> Request {
        Request::new(name, method, Self::path(path), RetryClass::Convergent)
    }

    /// The path of a zone.
    pub(super) fn zone(name: &str) -> String {
        format!("/zones/{}", name.replace('/', "=2F"))
    }

    async fn read<T: for<'a> Deserialize<'a>>(&self, path: &str) -> T {
        let body = self.succeed(&Request::get("read", Self::path(path))).await;
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error} in {body}"))
    }
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    serial: u32,
}

#[derive(Deserialize)]
struct Content {
    rrsets: Vec<Held>,
}

#[derive(Deserialize)]
struct Held {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    ttl: u32,
    records: Vec<HeldRecord>,
    comments: Vec<Value>,
}

#[derive(Deserialize)]
struct HeldRecord {
    content: String,
    disabled: bool,
}

impl HeldRecord {
    fn tell(&self, ttl: u32) -> String {
        let mark = if self.disabled { " (disabled)" } else { "" };
        format!("{ttl} {}{mark}", self.content)
    }
}
