//! [`Server`]: every request that is made to a PowerDNS server, with what repeating it means.

use domain::http::{Method, Request, RetryClass};
use serde_json::{Value, json};

use super::escape::{segment, zone_id};
use super::wire::POINTER;
use crate::settings::SHORTEST_TTL;
use crate::{DnsName, Hostname, Place};

/// The header that carries the API key.
pub const KEY_HEADER: &str = "X-API-Key";

/// One change in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The host becomes the only pointer at a name.
    Replace {
        /// The name.
        record: DnsName,
        /// The host.
        target: Hostname,
        /// How long resolvers keep it, in seconds; less than a minute is a minute.
        ttl: u32,
    },
    /// All pointers at a name are removed.
    Delete {
        /// The name.
        record: DnsName,
    },
}

impl Change {
    fn body(&self) -> Value {
        match self {
            Self::Replace { record, target, ttl } => json!({
                "name": record.as_str(),
                "type": POINTER,
                "ttl": (*ttl).max(SHORTEST_TTL),
                "changetype": "REPLACE",
                "records": [{ "content": target.name().as_str(), "disabled": false }],
            }),
            Self::Delete { record } => json!({
                "name": record.as_str(),
                "type": POINTER,
                "changetype": "DELETE",
            }),
        }
    }
}

/// One PowerDNS server: what its API calls a server, which an endpoint has one of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    base: String,
}

impl Server {
    /// The server of that id, usually `localhost`. All paths begin with `/api/v1/servers/` and the id.
    pub fn new(id: &str) -> Self {
        Self {
            base: format!("/api/v1/servers/{}", segment(id)),
        }
    }

    /// Whether the server is there and takes the key.
    pub fn ping(&self) -> Request {
        Request::get("ping", self.base.clone())
    }

    /// All zones. What the server would have to compute for each is left out, which matters where there are thousands.
    pub fn list_zones(&self) -> Request {
        Request::get("list_zones", format!("{}/zones", self.base)).with_query("dnssec", "false")
    }

    /// The pointers at one name. Servers before 4.7 do not know how to leave out the rest, and answer with the whole zone.
    pub fn read_pointers(&self, place: &Place) -> Request {
        Request::get("read_pointers", self.zone(&place.zone))
            .with_query("rrset_name", place.record.as_str())
            .with_query("rrset_type", POINTER)
    }

    /// All that a zone holds.
    pub fn read_whole(&self, zone: &DnsName) -> Request {
        Request::get("read_whole", self.zone(zone))
    }

    /// Changes of one zone, of which at most one is for each name. The server makes all of them or none.
    pub fn change(&self, zone: &DnsName, changes: &[Change]) -> Request {
        let bodies: Vec<Value> = changes.iter().map(Change::body).collect();
        Request::new("change", Method::Patch, self.zone(zone), RetryClass::Convergent)
            .with_body(json!({ "rrsets": bodies }))
    }

    /// Tells the zone's secondary servers to fetch it. For after a change that was made.
    pub fn notify(&self, zone: &DnsName) -> Request {
        let path = format!("{}/notify", self.zone(zone));
        Request::new("notify", Method::Put, path, RetryClass::Convergent)
    }

    fn zone(&self, zone: &DnsName) -> String {
        format!("{}/zones/{}", self.base, zone_id(zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "/api/v1/servers/localhost";

    fn name(text: &str) -> DnsName {
        text.parse().expect("a name")
    }

    fn server() -> Server {
        Server::new("localhost")
    }

    #[test]
    fn reads_change_nothing_and_name_what_they_ask_for() {
        let place = Place {
            zone: name("64/26.113.0.203.in-addr.arpa"),
            record: name("70.64/26.113.0.203.in-addr.arpa"),
        };
        let zone = format!("{BASE}/zones/64=2F26.113.0.203.in-addr.arpa.");
        for (request, path, query) in [
            (server().ping(), BASE.to_owned(), vec![]),
            (
                server().list_zones(),
                format!("{BASE}/zones"),
                vec![("dnssec", "false")],
            ),
            (
                server().read_pointers(&place),
                zone.clone(),
                vec![
                    ("rrset_name", "70.64/26.113.0.203.in-addr.arpa."),
                    ("rrset_type", "PTR"),
                ],
            ),
            (server().read_whole(&place.zone), zone, vec![]),
        ] {
            let sent: Vec<(&str, &str)> = request
                .query
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect();
            assert_eq!((&request.path, sent), (&path, query));
            assert_eq!((request.method, &request.body), (Method::Get, &None));
            assert!(!request.changes());
        }
        assert_eq!(Server::new("ns 1").ping().path, "/api/v1/servers/ns%201");
    }

    #[test]
    fn vf_247_a_pointer_is_written_as_the_only_one_with_a_dot_and_a_minute_at_least() {
        let change = |ttl| Change::Replace {
            record: name("70.64/64.100.51.198.in-addr.arpa"),
            target: "Host.example.com.".parse().expect("a hostname"),
            ttl,
        };
        for (ttl, sent) in [(3_600, 3_600), (60, 60), (59, 60), (0, 60)] {
            let request = server().change(&name("64/64.100.51.198.in-addr.arpa"), &[change(ttl)]);
            let body = json!({"rrsets": [{
                "name": "70.64/64.100.51.198.in-addr.arpa.",
                "type": "PTR",
                "ttl": sent,
                "changetype": "REPLACE",
                "records": [{"content": "host.example.com.", "disabled": false}],
            }]});
            assert_eq!(request.body, Some(body));
            assert_eq!(
                request.path,
                format!("{BASE}/zones/64=2F64.100.51.198.in-addr.arpa.")
            );
            assert_eq!(
                (request.method, request.class),
                (Method::Patch, RetryClass::Convergent)
            );
        }
    }

    #[test]
    fn vf_248_a_pointer_is_removed_without_lifetime_and_records() {
        let change = Change::Delete {
            record: name("5.113.0.203.in-addr.arpa"),
        };
        let request = server().change(&name("113.0.203.in-addr.arpa"), &[change]);
        let body = json!({"rrsets": [{
            "name": "5.113.0.203.in-addr.arpa.",
            "type": "PTR",
            "changetype": "DELETE",
        }]});
        assert_eq!(request.body, Some(body));
    }

    #[test]
    fn many_changes_of_a_zone_are_one_request() {
        let delete = |octet: u8| Change::Delete {
            record: name(&format!("{octet}.113.0.203.in-addr.arpa")),
        };
        let request = server().change(&name("113.0.203.in-addr.arpa"), &[delete(1), delete(2)]);
        let names: Vec<Option<&str>> = request
            .body
            .iter()
            .flat_map(|body| body["rrsets"].as_array().expect("a list"))
            .map(|one| one["name"].as_str())
            .collect();
        assert_eq!(
            names,
            [
                Some("1.113.0.203.in-addr.arpa."),
                Some("2.113.0.203.in-addr.arpa.")
            ]
        );
    }

    #[test]
    fn vf_247_vf_248_the_secondary_servers_are_told_without_a_body() {
        let request = server().notify(&name("64/26.113.0.203.in-addr.arpa"));
        assert_eq!(
            request.path,
            format!("{BASE}/zones/64=2F26.113.0.203.in-addr.arpa./notify")
        );
        assert_eq!((request.method, &request.body), (Method::Put, &None));
        assert_eq!(request.class, RetryClass::Convergent);
    }
}
