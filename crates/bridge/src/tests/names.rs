//! What a client sees of the names of its machine's addresses, and makes of them: on a real name server.

use std::net::Ipv6Addr;

use domain::record::{FactRecord, OperationKind};
use domain::{ActorKind, Change, Clock, Commit, Fact};
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::Act;
use testkit::dns::{Kind, Mode, RecordSet, Reply, Rule, Stage};
use testkit::rig::{RigOptions, SERVER};

use super::browser::{client, send, status, with};
use super::katapult;
use super::page_actions::posted;
use super::rig::Door;
use crate::BridgeConfig;

/// A door with an engine behind it that knows a name server.
pub struct House {
    pub door: Door,
    pub stage: Stage,
}

impl std::ops::Deref for House {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}

impl House {
    /// One with the machine of service 501, whose address has a zone.
    pub async fn start() -> Self {
        Self::in_use(Stage::unapproved(RigOptions::default()).await).await
    }

    /// The same, where no name server is in use.
    pub fn off(stage: Stage) -> Self {
        let rig = &stage.rig;
        let mut door = Door::new(
            &rig.engine,
            &rig.clock,
            &rig.installation,
            BridgeConfig::default(),
        );
        door.tick();
        Self { door, stage }
    }

    async fn in_use(stage: Stage) -> Self {
        stage.approve(&stage.proxy.url(), stage.server.key(), "").await;
        stage.answered_by(&[&stage.server.dns().to_string()]).await;
        let house = Self::off(stage);
        house
            .until("the name server is known", || async {
                house.engine.keeps_names()
            })
            .await;
        house
    }

    /// The machine's address as text.
    pub fn address(&self) -> String {
        self.stage.address.to_string()
    }

    /// Has the names read, whoever waits for it.
    pub async fn read(&self) {
        let read = self.engine.read_names(&self.installation.id, 501).await;
        read.unwrap().unwrap();
    }

    /// The list as it comes.
    async fn list(&self) -> Vec<Value> {
        let (code, body) = send(self, &client("rdnsList", "GET")).await;
        assert_eq!(code, 200, "{body}");
        assert_eq!(body["data"]["enabled"], true, "{body}");
        body["data"]["ips"].as_array().unwrap().clone()
    }

    /// The row of an address.
    async fn row(&self, address: &str) -> Value {
        let list = self.list().await;
        let row = list.iter().find(|row| row["ip"] == address);
        row.unwrap_or_else(|| panic!("{address} in {list:?}")).clone()
    }

    async fn edit(&self, address: &str, host: &str) -> (u64, Value) {
        let message = posted(self, "rdnsUpdate", &[("ip", address), ("ptr", host)]).await;
        send(self, &message).await
    }

    /// The lines of the audit about an action.
    pub async fn audit(&self, action: &str) -> Vec<domain::record::AuditLine> {
        let (filter, page) = (store::AuditFilter::default(), store::PageRequest::first(100));
        let found = self.engine.store().audit_lines(&filter, &page).await.unwrap();
        let lines = found.items.into_iter();
        lines.filter(|line| line.action == action).collect()
    }
}

#[tokio::test]
async fn vf_012_a_connection_is_tested_with_its_name_servers_and_only_where_there_are_some() {
    let test = async |house: &House| {
        let host = house.stage.rig.platform.endpoint.clone();
        let tested = house.result("TestConnection", |message| {
            message["params"]["serverid"] = json!(SERVER);
            message["params"]["serverhostname"] = json!(host);
            message["params"]["serverpassword"] = json!("");
        });
        tested.await
    };
    let off = House::off(Stage::unapproved(RigOptions::default()).await);
    off.stage.proxy.set(Mode::Close);
    assert_eq!(test(&off).await, "success");
    assert_eq!(off.stage.proxy.received(), 0);

    let house = House::start().await;
    assert_eq!(test(&house).await, "success");
    for (mode, says) in [
        (Mode::Close, "could not be asked"),
        (
            Mode::Answer(Reply::text(401, "Unauthorized")),
            "refuses the key (HTTP 401)",
        ),
        (Mode::Answer(Reply::text(404, "Not Found")), "(HTTP 404)"),
        (Mode::Answer(Reply::html(502)), "HTTP 502"),
    ] {
        house.stage.proxy.set(mode);
        let said = test(&house).await;
        assert!(said.contains("PowerDNS") && said.contains(says), "{said}");
        assert!(said.contains("hostler platform list"), "{said}");
    }
}

#[tokio::test]
async fn vf_144_vf_146_without_a_name_server_the_list_is_off_and_nothing_is_changed() {
    let house = House::off(Stage::unapproved(RigOptions::default()).await);
    let calls = house.stage.rig.panel.calls().len();
    let (code, body) = send(&house, &client("rdnsList", "GET")).await;
    assert_eq!(
        (code, &body["data"]),
        (200, &json!({ "enabled": false, "ips": [] }))
    );
    let (code, body) = house.edit(&house.address(), "mail.example.test").await;
    assert_eq!(
        (code, &body["errors"]),
        (400, &json!("Reverse DNS is not set up."))
    );
    assert_eq!(house.stage.rig.panel.calls().len(), calls);
}

#[tokio::test]
async fn vf_144_vf_146_a_list_is_for_services_in_use_or_held_and_a_change_for_those_in_use() {
    let house = House::start().await;
    let list = |word: &str| {
        with(client("rdnsList", "GET"), |message| {
            message["row"]["domainstatus"] = json!(word);
        })
    };
    for word in ["Active", "Suspended"] {
        assert_eq!(status(&house, list(word)).await, 200, "{word}");
    }
    for word in ["Pending", "Terminated", "Cancelled", "Fraud"] {
        let (code, body) = send(&house, &list(word)).await;
        assert_eq!(code, 400, "{word}");
        assert!(body["errors"].as_str().unwrap().contains(word), "{body}");
    }
    let address = house.address();
    for word in ["Suspended", "Pending", "Terminated", "Cancelled", "Fraud"] {
        let fields = [("ip", address.as_str()), ("ptr", "mail.example.test")];
        let message = with(posted(&house, "rdnsUpdate", &fields).await, |message| {
            message["row"]["domainstatus"] = json!(word);
        });
        let (code, body) = send(&house, &message).await;
        assert_eq!(code, 400, "{word}");
        assert!(body["errors"].as_str().unwrap().contains(word), "{body}");
    }
    assert_eq!(house.stage.proxy.writes().len(), 0);
}

#[tokio::test]
async fn vf_257_each_address_has_its_status_with_its_age_and_no_platform_is_asked() {
    let house = House::start().await;
    let address = house.address();
    house.stage.confirm().await;
    let mut seen = Vec::new();
    for hosts in [
        &[][..],
        &["web501.example.test."],
        &["elsewhere.example.test."],
        &["a.example.test.", "b.example.test."],
    ] {
        if !hosts.is_empty() {
            house.stage.point_to(hosts).await;
        }
        house.read().await;
        let calls = house.stage.rig.panel.calls().len();
        let row = house.row(&address).await;
        assert_eq!(house.stage.rig.panel.calls().len(), calls);
        assert!(row["age"].as_u64().is_some(), "{row}");
        assert_eq!(row["hosts"].as_array().unwrap().len(), hosts.len(), "{row}");
        let named: Vec<String> = hosts
            .iter()
            .map(|host| host.trim_end_matches('.').to_owned())
            .collect();
        let ptr = row["ptr"].as_str().map(str::to_owned);
        assert!(
            ptr.as_ref().map_or(named.is_empty(), |ptr| named.contains(ptr)),
            "{row}"
        );
        seen.push(row["status"].as_str().unwrap().to_owned());
        if ptr.is_some() {
            assert_eq!(
                (&row["ttl"], &row["zone"]),
                (&json!(60), &json!(house.stage.zone))
            );
        }
        if row["status"] == "unverified" {
            let why = row["why"].as_str().unwrap();
            assert!(
                why.contains(&address) && !why.contains("no A record"),
                "what to do: {why}"
            );
        }
    }
    assert_eq!(seen, ["missing", "ok", "unverified", "unverified"]);
}

#[tokio::test]
async fn vf_145_what_was_never_seen_is_no_empty_list_and_a_change_asks_the_platform_whose_it_is() {
    let house = House::start().await;
    house
        .stage
        .rig
        .panel
        .add_fault(FaultRule::anywhere(Fault::Refused));
    let (code, body) = house.edit(&house.address(), "").await;
    assert_eq!(code, 502, "{body}");
    assert!(!body.to_string().contains("VirtFusion"), "{body}");
    let service = house.view(501).await.unwrap().service.id;
    let forgotten = |kind: &str| {
        Change::PutFact(FactRecord {
            service,
            kind: kind.to_owned(),
            value: Fact::Unknown,
            observed_at: house.clock.now(),
        })
    };
    let commit = Commit {
        changes: [FactRecord::MACHINE, FactRecord::LISTED].map(forgotten).into(),
        ..Commit::default()
    };
    house.engine.store().commit(commit).await.unwrap();
    let (code, body) = send(&house, &client("rdnsList", "GET")).await;
    assert_eq!(code, 502, "{body}");
}

#[tokio::test]
async fn vf_147_what_is_no_address_or_no_hostname_is_refused_at_its_field() {
    let house = House::start().await;
    let address = house.address();
    let long = format!("{}example.test", "a.".repeat(121));
    assert_eq!(long.len(), 254);
    for (ip, ptr, field, words) in [
        ("203.0.113.05", "mail.example.test", "ip", "no address"),
        ("203.0.113.0/24", "mail.example.test", "ip", "no address"),
        ("", "mail.example.test", "ip", "no address"),
        (address.as_str(), "localhost", "ptr", "its domain"),
        (address.as_str(), "-a.example.test", "ptr", "hyphen"),
        (address.as_str(), "1.2.3.4", "ptr", "no hostname"),
        (address.as_str(), long.as_str(), "ptr", "253"),
    ] {
        let (code, body) = house.edit(ip, ptr).await;
        assert_eq!((code, &body["field"]), (400, &json!(field)), "{ip} {ptr}: {body}");
        assert!(body["errors"].as_str().unwrap().contains(words), "{body}");
    }
    assert_eq!(house.stage.proxy.writes().len(), 0);
}

#[tokio::test]
async fn vf_153_vf_154_a_name_is_written_and_removed_and_both_are_written_down() {
    let house = House::start().await;
    let (address, stage) = (house.address(), &house.stage);
    stage.lead("mail.example.test", &[stage.address]).await;
    let (code, body) = house.edit(&format!(" {address} "), " Mail.Example.TEST. ").await;
    assert_eq!(
        (code, &body["data"]["reason"]),
        (200, &json!("written")),
        "{body}"
    );
    assert_eq!(body["data"]["message"], "The name is set.");
    assert_eq!(stage.held(stage.address).await, ["mail.example.test."]);
    let row = house.row(&address).await;
    assert_eq!(
        (&row["status"], &row["ptr"]),
        (&json!("ok"), &json!("mail.example.test"))
    );

    house.clock.advance(std::time::Duration::from_secs(11));
    let (code, body) = house.edit(&address, "").await;
    assert_eq!(
        (code, &body["data"]["reason"]),
        (200, &json!("deleted")),
        "{body}"
    );
    assert_eq!(stage.held(stage.address).await, Vec::<String>::new());
    assert_eq!(house.row(&address).await["status"], "missing");
    let lines = house.audit("operation.accepted").await;
    let about: Vec<_> = lines
        .iter()
        .filter(|line| line.detail["kind"] == OperationKind::ReverseDns.as_str())
        .collect();
    assert_eq!(about.len(), 2);
    for line in about {
        assert_eq!(line.actor.kind, ActorKind::Client);
        assert!(
            line.detail.to_string().contains(&address),
            "{line:?} names the address"
        );
    }
}

#[tokio::test]
async fn vf_148_vf_154_anothers_address_is_refused_and_who_tried_is_written_down() {
    let house = House::start().await;
    let other = Stage::machine(&house.stage.rig, 502).await.to_string();
    for address in [other.as_str(), "198.51.100.77", "2001:db8::77"] {
        let (code, body) = house.edit(address, "").await;
        assert_eq!(code, 403, "{body}");
        assert!(body["errors"].as_str().unwrap().contains(address), "{body}");
    }
    let tried: Vec<String> = house
        .audit("reverse_dns.refused")
        .await
        .into_iter()
        .map(|line| line.subject)
        .collect();
    assert_eq!(tried.len(), 3, "{tried:?}");
    assert!(tried.contains(&other));
    assert_eq!(house.stage.proxy.writes().len(), 0);
}

/// The zone of a network of 64 bits.
fn zone_of(subnet: Ipv6Addr) -> String {
    let digits = format!("{:032x}", subnet.to_bits());
    let reversed: Vec<String> = digits[..16].chars().rev().map(String::from).collect();
    format!("{}.ip6.arpa.", reversed.join("."))
}

/// A house whose machine has a subnet with a zone, or without one, and the subnet.
async fn with_subnet(has_zone: bool) -> (House, Ipv6Addr) {
    let stage = Box::pin(Stage::unapproved(RigOptions::default())).await;
    let link = stage.rig.view(501).await.link.unwrap();
    let server: u64 = link.identity.id.parse().unwrap();
    let now = stage.rig.clock.now();
    let hand = stage.rig.panel.hand(now);
    hand.act(Act::AddHostAddress { server }).unwrap();
    let servers = stage.rig.panel.servers(now);
    let subnet = servers.iter().find(|one| one.id == server).unwrap().subnet(0);
    if has_zone {
        stage
            .server
            .create_zone(&zone_of(subnet), Kind::Native, &[])
            .await;
    }
    (House::in_use(stage).await, subnet)
}

#[tokio::test]
async fn vf_149_vf_148_mx_056_a_host_inside_the_own_prefix_may_be_named_in_any_spelling_and_none_outside() {
    let (house, subnet) = with_subnet(true).await;
    let host = Ipv6Addr::from_bits(subnet.to_bits() | 0x55);
    let forward = RecordSet::new("mail.example.test.", "AAAA", &[&host.to_string()]);
    house.stage.server.put("example.test.", &[forward]).await;
    house.stage.resolver.forget();
    let outside = Ipv6Addr::from_bits(subnet.to_bits() + (1 << 64));
    let (code, body) = house.edit(&outside.to_string(), "mail.example.test").await;
    assert_eq!(code, 403, "{body}");

    let groups = host.segments().map(|group| format!("{group:04X}"));
    let (code, body) = house.edit(&groups.join(":"), "mail.example.test").await;
    assert_eq!(
        (code, &body["data"]["reason"]),
        (200, &json!("written")),
        "{body}"
    );
    let held = house.stage.server.dump().await;
    let written = |((_, name, kind), values): (&(String, String, String), &Vec<String>)| {
        kind == "PTR" && name.ends_with("ip6.arpa.") && values[0].ends_with(" mail.example.test.")
    };
    assert_eq!(held.iter().filter(|entry| written(*entry)).count(), 1);
    let list = house.list().await;
    assert_eq!(
        (&list[0]["status"], &list[0]["subnet"], &list[0]["cidr"]),
        (&json!("subnet-only"), &json!(subnet.to_string()), &json!(64))
    );
    let row = house.row(&host.to_string()).await;
    assert_eq!(
        (&row["status"], &row["within"]),
        (&json!("ok"), &json!(format!("{subnet}/64")))
    );
}

#[tokio::test]
async fn vf_150_vf_152_a_hostname_that_leads_elsewhere_and_an_address_without_a_zone_are_refused() {
    let (house, subnet) = with_subnet(false).await;
    let address = house.address();
    let other = "198.51.100.9".parse().unwrap();
    house.stage.lead("mail.example.test", &[other]).await;
    let (code, body) = house.edit(&address, "mail.example.test").await;
    assert_eq!((code, &body["field"]), (400, &json!("ptr")), "{body}");
    let said = body["errors"].as_str().unwrap();
    assert!(
        said.contains("mail.example.test") && said.contains(&address),
        "{said}"
    );
    let host = Ipv6Addr::from_bits(subnet.to_bits() | 1);
    let (code, body) = house.edit(&host.to_string(), "mail.example.test").await;
    assert_eq!(code, 400, "{body}");
    assert!(
        body["errors"].as_str().unwrap().contains(&host.to_string()),
        "{body}"
    );
    assert_eq!(house.stage.proxy.writes().len(), 0);
}

#[tokio::test]
async fn vf_151_a_second_change_within_ten_seconds_is_too_soon_and_what_was_refused_costs_no_turn() {
    let mut house = House::start().await;
    let address = house.address();
    house
        .stage
        .lead("mail.example.test", &[house.stage.address])
        .await;
    house.door.stand();
    // What is under way at a standing clock is not waited for.
    let soon = async |host: &str| {
        let fields = [("ip", address.as_str()), ("ptr", host)];
        let message = with(posted(&house, "rdnsUpdate", &fields).await, |message| {
            message["budget_ms"] = json!(3_000);
        });
        send(&house, &message).await
    };
    let (code, body) = soon("nowhere.example.test").await;
    assert_eq!(code, 400, "{body}");
    let (code, body) = soon("mail.example.test").await;
    assert_eq!(code, 200, "{body}");
    let (code, body) = soon("mail.example.test").await;
    assert_eq!(code, 429, "{body}");
    house.clock.advance(std::time::Duration::from_secs(10));
    let (code, body) = soon("mail.example.test").await;
    assert_eq!(code, 200, "{body}");
}

#[tokio::test]
async fn vf_152_a_name_server_that_turns_it_down_is_a_500_with_the_reason_in_the_clients_words() {
    let house = House::start().await;
    let stage = &house.stage;
    stage.confirm().await;
    let no = Mode::Answer(Reply::error(422, "RRset has too many monkeys"));
    stage.proxy.add(Rule::new(no).method(domain::http::Method::Patch));
    let (code, body) = house.edit(&house.address(), Stage::HOST).await;
    assert_eq!(
        (code, &body["errors"]),
        (500, &json!("It was turned down.")),
        "{body}"
    );
    assert!(!body.to_string().contains("monkeys"), "{body}");
}

#[tokio::test]
async fn vf_146_a_page_names_each_address_once_and_every_gate_stands_before_it() {
    let house = House::start().await;
    let address = house.address();
    let good = posted(&house, "rdnsUpdate", &[("ip", &address), ("ptr", "")]).await;
    let but = |change: fn(&mut Value)| with(good.clone(), change);
    for (code, message) in [
        (405, but(|message| message["method"] = json!("GET"))),
        (403, but(|message| message["headers"]["origin"] = Value::Null)),
        (403, but(|message| message["form"]["hostler_token"] = json!(""))),
        (
            403,
            but(|message| message["context"]["permissions"] = json!(["products"])),
        ),
        (403, but(|message| message["context"]["client_id"] = json!(99))),
        (401, but(|message| message["context"]["user_id"] = Value::Null)),
    ] {
        assert_eq!(status(&house, message).await, code);
    }
    // The token was spent on this address by a login that may not; another page has one of its own.
    assert_eq!(status(&house, good.clone()).await, 403);
    let other = with(good, |message| message["form"]["ip"] = json!("198.51.100.77"));
    let (code, body) = send(&house, &other).await;
    assert_eq!(code, 403);
    assert!(
        body["errors"].as_str().unwrap().contains("198.51.100.77"),
        "the token is good once for each address: {body}"
    );
    assert_eq!(house.edit(&address, "").await.0, 200);
}

#[tokio::test]
async fn vf_146_what_is_not_over_in_time_goes_on_and_says_so() {
    let house = House::start().await;
    house.stage.confirm().await;
    // The change is lost on its way for now, whatever is tried.
    let lost = Rule::new(Mode::Answer(Reply::error(503, "later"))).method(domain::http::Method::Patch);
    house.stage.proxy.add(lost);
    let address = house.address();
    let fields = [("ip", address.as_str()), ("ptr", Stage::HOST)];
    let message = with(posted(&house, "rdnsUpdate", &fields).await, |message| {
        message["budget_ms"] = json!(2_000);
    });
    let (code, body) = send(&house, &message).await;
    assert_eq!(
        (code, &body["data"]["reason"]),
        (200, &json!("pending")),
        "{body}"
    );
    assert_eq!(house.row(&address).await["under_way"], true);
    house.stage.proxy.set(Mode::Pass);
    let named = format!("{}.", Stage::HOST);
    house
        .until("the name is written", || async {
            house.stage.held(house.stage.address).await == [named.clone()]
        })
        .await;
}

#[tokio::test]
async fn the_client_page_says_whether_there_are_names() {
    let house = House::start().await;
    let area = house.call("ClientArea", |_| ()).await;
    assert_eq!(area["data"]["rdns_enabled"], true, "{area}");
}

#[tokio::test]
async fn the_other_module_lists_names_as_well() {
    let rig = katapult::Rig::start().await;
    rig.create().await;
    let list = with(client("rdnsList", "GET"), |message| {
        message["module"] = json!("katapult");
        message["row"] = katapult::service_row();
    });
    let (code, body) = send(&rig, &list).await;
    assert_eq!((code, &body["data"]["enabled"]), (200, &json!(false)), "{body}");
}
