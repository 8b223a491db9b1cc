//! The names of addresses on the command line, without a name server and with a real one.

use std::fs;

use serde_json::{Value, json};
use testkit::dns::{Kind, NameServer, RecordSet, Resolver};
use tokio::runtime::Runtime;

use crate::shop::{Shop, until};
use crate::support::Place;

/// Proposes a platform of a kind; its id.
fn proposed(place: &Place, kind: &str, endpoint: &str, token: &str) -> String {
    let file = place.path("platform-token");
    fs::write(&file, token).unwrap();
    let file = file.display().to_string();
    let what = ["platform", "propose", "--kind", kind];
    let where_it_is = ["--endpoint", endpoint, "--token-file", &file];
    let answer = place.ask_json(&[what, where_it_is].concat());
    answer["id"].as_str().unwrap().to_owned()
}

#[test]
fn how_long_names_are_kept_and_who_answers_for_them_is_set_for_name_servers_only() {
    let place = Place::new();
    let server = proposed(&place, "powerdns", "https://ns1.example.com:8081", "key-1");
    let approve = |platform: &str, more: &[&str]| {
        let arguments: Vec<String> = ["--json", "platform", "approve", platform]
            .iter()
            .chain(more)
            .map(|&argument| argument.to_owned())
            .collect();
        arguments
    };
    let set = |more: &[&str]| -> Value {
        let arguments = approve(&server, more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        serde_json::from_str(&place.ask(&arguments)).unwrap()
    };
    let refused = |platform: &str, more: &[&str]| {
        let arguments = approve(platform, more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        place.refused(&arguments)
    };
    let usual = set(&[]);
    assert_eq!(
        (&usual["pointer_ttl"], &usual["answered_by"]),
        (&json!(3600), &json!([]))
    );
    let both = set(&[
        "--ttl",
        "300",
        "--answered-by",
        "192.0.2.53,[2001:db8::53]:5353",
        "--answered-by",
        "192.0.2.54",
    ]);
    let answering = json!(["192.0.2.53", "[2001:db8::53]:5353", "192.0.2.54"]);
    assert_eq!(
        (&both["pointer_ttl"], &both["answered_by"]),
        (&json!(300), &answering)
    );
    let listed = place.ask(&["platform", "list"]);
    assert!(
        listed.contains("kept for 300 s, answered by 192.0.2.53, [2001:db8::53]:5353, 192.0.2.54."),
        "{listed}"
    );
    let zones = set(&["--answered-by", "zone"]);
    assert_eq!(
        (&zones["pointer_ttl"], &zones["answered_by"]),
        (&json!(300), &json!([]))
    );
    for (more, part) in [
        (["--ttl", "59"], "--ttl 59: write a number from 60"),
        (["--answered-by", "zone,192.0.2.53"], "--answered-by zone"),
        (
            ["--answered-by", "ns1.example.com"],
            "neither zone nor an address",
        ),
    ] {
        let said = refused(&server, &more);
        assert!(said.contains(part), "{more:?}: {said}");
    }

    let panel = proposed(&place, "virtfusion", "https://panel.example.com", "token-1");
    for more in [["--ttl", "300"], ["--answered-by", "zone"]] {
        let said = refused(&panel, &more);
        assert!(
            said.contains(more[0]) && said.contains("holds no names"),
            "{said}"
        );
    }
    let all = place.ask_json(&["platform", "list"]);
    let panels = all.as_array().unwrap().iter();
    let shown: Vec<&Value> = panels.filter(|one| one["kind"] == "virtfusion").collect();
    assert_eq!(shown.len(), 1);
    assert!(shown[0].get("pointer_ttl").is_none(), "{}", shown[0]);
}

#[test]
fn without_a_name_server_or_an_engine_names_are_listed_and_nothing_is_begun() {
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    assert_eq!(place.ask_json(&["rdns", "list"]), json!([]));
    for arguments in [
        vec!["rdns", "reconcile"],
        vec!["rdns", "reconcile", "--dry-run"],
        vec!["rdns", "reconcile", "--reset", "--yes"],
        vec!["rdns", "list", "--refresh"],
    ] {
        let refused = place.refused(&arguments);
        assert!(
            refused.contains("no name server is approved"),
            "{arguments:?}: {refused}"
        );
    }
    let server = proposed(&place, "powerdns", "http://127.0.0.1:9", "key-1");
    place.ask(&["platform", "approve", &server]);
    let refused = place.refused(&["rdns", "reconcile"]);
    assert!(refused.contains("systemctl start hostler"), "{refused}");
    let shown = place.ask(&["rdns", "reconcile", "--reset"]);
    assert!(
        shown.contains("No machine is known to have an address")
            && shown.contains("Nothing would be changed"),
        "{shown}"
    );
    for (arguments, part) in [
        (
            vec!["rdns", "set", "main/1", "203.0.113.5", "web.example.com"],
            "there is no service main/1",
        ),
        (
            vec!["rdns", "set", "1", "01.2.3.4"],
            "An address is written as 203.0.113.5",
        ),
        (
            vec!["rdns", "set", "1", "203.0.113.5", "no host"],
            "invalid value 'no host'",
        ),
        (
            vec!["rdns", "list", "--installation", "other"],
            "there is no installation other",
        ),
        (vec!["rdns", "reconcile", "--yes"], "--reset"),
        (
            vec!["rdns", "reconcile", "--reset", "--yes", "--dry-run"],
            "cannot be used with",
        ),
    ] {
        let refused = place.refused(&arguments);
        assert!(refused.contains(part), "{arguments:?}: {refused}");
    }
}

/// A shop with a machine, and the name server of the machine's network.
struct Named {
    runtime: Runtime,
    server: NameServer,
    resolver: Resolver,
    shop: Shop,
    address: String,
    record: String,
}

impl Named {
    fn open() -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(NameServer::start("program"));
        runtime.block_on(server.create_zone("example.test.", Kind::Native, &[]));
        let resolver = runtime.block_on(Resolver::start(&[("example.test", server.dns())]));
        let resolvers = format!("[outbound]\nresolvers = \"{}\"\n", resolver.dns());
        let shop = Shop::configured(1, &resolvers);
        shop.sell(501);
        let shown = shop.place.ask_json(&["service", "show", "main/501"]);
        let read = &shown["machine"]["value"]["value"]["ipv4"][0];
        let address = read.as_str().unwrap_or_else(|| panic!("{shown}")).to_owned();
        let octets: Vec<&str> = address.rsplit('.').collect();
        let record = format!("{}.in-addr.arpa.", octets.join("."));
        let (_, zone) = record.split_once('.').unwrap();
        runtime.block_on(server.create_zone(zone, Kind::Native, &[]));
        Self {
            runtime,
            server,
            resolver,
            shop,
            address,
            record,
        }
    }

    fn approve(&self) {
        let place = &self.shop.place;
        let id = proposed(place, "powerdns", &self.server.url(), self.server.key());
        let dns = self.server.dns().to_string();
        place.ask(&["platform", "approve", &id, "--answered-by", &dns]);
    }

    /// A hostname leads to the machine's address.
    fn lead(&self, host: &str) {
        let forward = RecordSet::new(&format!("{host}."), "A", &[&self.address]);
        self.runtime
            .block_on(self.server.put("example.test.", &[forward]));
        self.resolver.forget();
    }

    /// What the address points to.
    fn held(&self) -> Vec<String> {
        let dump = self.runtime.block_on(self.server.dump());
        let mut sets = dump
            .into_iter()
            .filter(|((_, name, kind), _)| *name == self.record && kind == "PTR");
        let values = sets.next().map(|(_, values)| values).unwrap_or_default();
        let hosts = values.iter().filter_map(|value| value.split_once(' '));
        hosts.map(|(_, host)| host.to_owned()).collect()
    }

    /// The machine's address among what is listed.
    fn listed(&self, arguments: &[&str]) -> Value {
        let all = self.shop.place.ask_json(arguments);
        let mut rows = all.as_array().unwrap().iter();
        let own = rows.find(|row| row["subject"] == self.address.as_str());
        own.unwrap_or_else(|| panic!("{all}")).clone()
    }
}

#[test]
fn vf_254_vf_255_names_are_set_listed_and_looked_after_on_a_real_name_server() {
    let mut named = Named::open();
    let address = named.address.clone();
    let set = |named: &Named, host: &str| {
        let arguments = ["rdns", "set", "501", &address, host];
        named.shop.place.ask_json(&arguments)
    };
    let refused = named
        .shop
        .place
        .refused(&["rdns", "set", "501", &address, "mail.example.test"]);
    assert!(refused.contains("no name server is approved"), "{refused}");
    named.approve();
    let refused = named
        .shop
        .place
        .refused(&["rdns", "set", "501", &address, "mail.example.test"]);
    assert!(
        refused.contains(&format!("mail.example.test does not lead to {address}")),
        "{refused}"
    );
    named.lead("mail.example.test");
    let done = set(&named, "mail.example.test");
    assert_eq!(
        (&done["state"], &done["kind"], &done["host"]),
        (
            &json!("succeeded"),
            &json!("reverse_dns"),
            &json!("mail.example.test")
        )
    );
    assert_eq!(named.held(), ["mail.example.test."]);
    let refused = named.shop.place.refused(&["rdns", "set", "main/501", &address]);
    assert!(refused.contains("a moment ago"), "{refused}");
    for arguments in [
        vec!["rdns", "list", "main/501"],
        vec!["rdns", "list", "501", "--refresh"],
        vec!["rdns", "list", "--installation", "main"],
    ] {
        let row = named.listed(&arguments);
        assert_eq!(
            (&row["state"], &row["hosts"], &row["service"]),
            (&json!("confirmed"), &json!(["mail.example.test"]), &json!(501)),
            "{arguments:?}"
        );
    }
    let listed = named.shop.place.ask(&["rdns", "list"]);
    assert!(
        listed.contains("confirmed") && listed.contains(" ago"),
        "{listed}"
    );

    named.lead("vps501.example.test");
    let place = &named.shop.place;
    let plain = place.ask_json(&["rdns", "reconcile", "--dry-run"]);
    assert_eq!(plain["totals"]["preserved"], 1, "{plain}");
    let shown = place.ask(&["rdns", "reconcile", "501", "--reset"]);
    for part in [
        "is changed to vps501.example.test",
        "1 reset",
        "hostler rdns reconcile main/501 --reset --yes",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(named.held(), ["mail.example.test."], "it was only shown");
    let reset = place.ask_json(&["rdns", "reconcile", "501", "--reset", "--yes"]);
    assert_eq!(
        (&reset["totals"]["reset"], &reset["done"]),
        (&json!(1), &json!(true)),
        "{reset}"
    );
    assert_eq!(named.held(), ["vps501.example.test."]);
    let again = place.ask(&["rdns", "reconcile"]);
    assert_eq!(again.trim(), "Names were looked after: 1 preserved.");

    until("the name may be changed again", || {
        let mut remove = place.hostler(&["rdns", "set", "501", &address]);
        remove.output().unwrap().status.success()
    });
    assert_eq!(named.held(), Vec::<String>::new());
    let added = place.ask_json(&["rdns", "reconcile", "--installation", "main"]);
    assert_eq!(added["totals"]["added"], 1, "{added}");
    assert_eq!(named.held(), ["vps501.example.test."]);

    named.shop.stop();
    let row = named.listed(&["rdns", "list", "main/501"]);
    assert_eq!(row["hosts"], json!(["vps501.example.test"]), "{row}");
    let refused = named
        .shop
        .place
        .refused(&["rdns", "set", "main/501", &address, "mail.example.test"]);
    assert!(refused.contains("systemctl start hostler"), "{refused}");
}
