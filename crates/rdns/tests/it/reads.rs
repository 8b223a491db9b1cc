//! What is read of a name: alone, and in its whole zone.

use rdns::powerdns::{Server, answer};
use rdns::{DnsName, Place, Pointers, pointer_name};
use serde_json::Value;
use testkit::dns::ask;

use crate::world::{
    PART, ZONE, ZONE_6, address, api, body, furnished, held, name, place, pointers, read, read_in_whole,
};

#[tokio::test]
async fn vf_252_a_name_is_read_with_all_values_that_are_served_and_without_the_rest_of_its_zone() {
    let server = furnished().await;
    assert_eq!(held(&read(&server, &place(5)).await), ["five.example.test"]);
    assert_eq!(
        held(&read(&server, &place(6)).await),
        ["a.example.test", "b.example.test"]
    );
    let in_part = Place {
        zone: name(PART),
        record: name(&format!("66.{PART}")),
    };
    assert_eq!(held(&read(&server, &in_part).await), ["part.example.test"]);
    let in_6 = Place {
        zone: name(ZONE_6),
        record: pointer_name(address("2001:db8::5")),
    };
    assert_eq!(held(&read(&server, &in_6).await), ["six.example.test"]);
    let outcome = server.send(&api().read_pointers(&place(5))).await;
    let answer: Value = serde_json::from_str(body(&outcome)).expect("JSON");
    assert_eq!(answer["rrsets"].as_array().map(Vec::len), Some(1), "{answer}");
}

#[tokio::test]
async fn vf_252_a_name_without_pointers_holds_nothing_and_a_zone_that_is_not_there_is_unknown() {
    let server = furnished().await;
    // Nothing at all, another type, an alias.
    for octet in [200, 8, 9] {
        assert_eq!(read(&server, &place(octet)).await, Pointers::Nothing, "{octet}");
        assert_eq!(read_in_whole(&server, &place(octet)).await, Pointers::Nothing);
    }
    let elsewhere = Place {
        zone: name("114.0.203.in-addr.arpa"),
        record: name("5.114.0.203.in-addr.arpa"),
    };
    for held in [
        read(&server, &elsewhere).await,
        read_in_whole(&server, &elsewhere).await,
    ] {
        assert_eq!(held, Pointers::Unknown("Not Found (HTTP 404)".to_owned()));
    }
    let other = Server::new("other").read_pointers(&place(5));
    let held = pointers(&server.send(&other).await, &place(5));
    assert!(matches!(held, Pointers::Unknown(_)), "{held:?}");
}

/// Whoever writes after a limited read writes over what is disabled without having seen it.
#[tokio::test]
async fn vf_252_a_server_of_4_7_leaves_what_is_disabled_out_of_a_limited_read_and_tells_it_in_a_whole_one() {
    let server = furnished().await;
    assert_eq!(read(&server, &place(7)).await, Pointers::Nothing);
    assert_eq!(
        held(&read_in_whole(&server, &place(7)).await),
        ["off.example.test (disabled)"]
    );
    assert_eq!(
        held(&read_in_whole(&server, &place(6)).await),
        ["a.example.test", "b.example.test", "old.example.test (disabled)"]
    );
    // The parameter that later versions have for it is not known yet, and does no harm.
    let request = api().read_pointers(&place(7));
    let request = request.with_query("include_disabled", "true");
    let held = pointers(&server.send(&request).await, &place(7));
    assert_eq!(held, Pointers::Nothing);
}

/// No resolver ever sees it either: PowerDNS looks for names in lower case only.
#[tokio::test]
async fn vf_252_a_name_that_stands_in_the_database_in_capitals_is_told_in_a_whole_read_only() {
    let server = furnished().await;
    server.execute(&format!(
        "INSERT INTO records (domain_id, name, type, content, ttl) SELECT id, '1.113.0.203.IN-ADDR.ARPA', 'PTR', \
         'Loud.example.test', 60 FROM domains WHERE name = '{}'",
        ZONE.trim_end_matches('.')
    ));
    assert_eq!(read(&server, &place(1)).await, Pointers::Nothing);
    assert_eq!(
        held(&read_in_whole(&server, &place(1)).await),
        ["Loud.example.test"]
    );
    let seen = ask(server.dns(), place(1).record.as_str(), "PTR").await;
    assert_eq!(seen.values("PTR"), Vec::<&str>::new());
}

#[tokio::test]
async fn a_whole_zone_has_all_pointers_and_no_other_records() {
    let server = furnished().await;
    let outcome = server.send(&api().read_whole(&name(ZONE))).await;
    let content = answer::whole(&outcome, &name(ZONE)).expect("readable");
    let names: Vec<&str> = content.names().map(DnsName::as_str).collect();
    let expected = [5, 6, 7].map(|octet| format!("{octet}.{ZONE}"));
    assert_eq!(names, expected);
}
