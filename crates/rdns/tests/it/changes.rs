//! Changes, and that nothing else changes.

use rdns::{Pointers, pointer_name};
use testkit::dns::{ask, differences};

use crate::world::{
    PART, ZONE, ZONE_6, address, change, delete, furnished, host, place, read, refused, replace,
};

/// What a change does to the SOA record of a zone that has been changed so often before.
fn serial(zone: &str, before: u32) -> String {
    let soa = |serial| format!("60 ns.test. hostmaster.test. {serial} 3600 600 604800 0");
    format!("{zone}: {zone} SOA: {} -> {}", soa(before), soa(before + 1))
}

#[tokio::test]
async fn vf_247_vf_248_many_changes_of_a_zone_are_one_request_and_nothing_else_changes() {
    let server = furnished().await;
    let before = server.dump().await;
    let changes = [
        replace(&format!("1.{ZONE}"), "one.example.test", 3_600),
        replace(&format!("6.{ZONE}"), "six.example.test", 300),
        replace(&format!("7.{ZONE}"), "seven.example.test", 300),
        delete(&format!("5.{ZONE}")),
        delete(&format!("200.{ZONE}")),
    ];
    assert_eq!(change(&server, ZONE, &changes).await, Ok(()));
    assert_eq!(
        differences(&before, &server.dump().await),
        [
            format!("{ZONE}: 1.{ZONE} PTR: nothing -> 3600 one.example.test."),
            serial(ZONE, 2),
            format!("{ZONE}: 5.{ZONE} PTR: 60 five.example.test. -> nothing"),
            format!(
                "{ZONE}: 6.{ZONE} PTR: 60 a.example.test. + 60 b.example.test. + 60 old.example.test. (disabled) -> 300 \
                 six.example.test."
            ),
            format!("{ZONE}: 7.{ZONE} PTR: 60 off.example.test. (disabled) -> 300 seven.example.test."),
        ]
    );
    let seen = ask(server.dns(), &format!("6.{ZONE}"), "PTR").await;
    assert_eq!(seen.values("PTR"), ["six.example.test."]);
    assert_eq!(ask(server.dns(), &format!("5.{ZONE}"), "PTR").await.code, 3);
}

#[tokio::test]
async fn vf_247_a_pointer_lives_for_a_minute_at_least_and_ends_with_one_dot_however_it_was_entered() {
    let server = furnished().await;
    for (entered, ttl, lives) in [
        ("New.Example.TEST", 0, 60),
        ("new.example.test.", 59, 60),
        ("new.example.test", 61, 61),
        ("new.example.test", 0x7fff_ffff, 0x7fff_ffff),
    ] {
        let one = replace(&format!("5.{ZONE}"), entered, ttl);
        assert_eq!(change(&server, ZONE, &[one]).await, Ok(()), "{ttl}");
        let seen = ask(server.dns(), &format!("5.{ZONE}"), "PTR").await;
        let [record] = &seen.records[..] else {
            panic!("one value and no other: {seen:?}");
        };
        assert_eq!((record.value.as_str(), record.ttl), ("new.example.test.", lives));
        let Pointers::Held(set) = read(&server, &place(5)).await else {
            panic!("it was written");
        };
        assert!(set.serves_only(&host("new.example.test")) && set.ttl() == lives);
    }
}

#[tokio::test]
async fn vf_247_vf_249_mx_057_a_pointer_in_a_part_of_a_network_is_found_from_the_addresss_own_name() {
    let server = furnished().await;
    let before = server.dump().await;
    let one = replace(&format!("70.{PART}"), "seventy.example.test", 60);
    assert_eq!(change(&server, PART, &[one]).await, Ok(()));
    assert_eq!(
        differences(&before, &server.dump().await),
        [
            serial(PART, 2),
            format!("{PART}: 70.{PART} PTR: nothing -> 60 seventy.example.test."),
        ]
    );
    let seen = ask(
        server.dns(),
        pointer_name(address("203.0.113.70")).as_str(),
        "PTR",
    )
    .await;
    assert_eq!(
        (seen.values("CNAME"), seen.values("PTR")),
        (
            vec!["70.64/26.113.0.203.in-addr.arpa."],
            vec!["seventy.example.test."]
        )
    );
}

#[tokio::test]
async fn vf_247_vf_248_pointers_of_ipv6_addresses_are_written_and_removed() {
    let server = furnished().await;
    let before = server.dump().await;
    let (one, five) = (
        pointer_name(address("2001:db8::1")),
        pointer_name(address("2001:db8::5")),
    );
    let changes = [
        replace(one.as_str(), "one.example.test", 60),
        delete(five.as_str()),
    ];
    assert_eq!(change(&server, ZONE_6, &changes).await, Ok(()));
    let mut expected = [
        format!("{ZONE_6}: {one} PTR: nothing -> 60 one.example.test."),
        format!("{ZONE_6}: {five} PTR: 60 six.example.test. -> nothing"),
        serial(ZONE_6, 2),
    ];
    expected.sort();
    let mut found = differences(&before, &server.dump().await);
    found.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn vf_247_what_the_server_refuses_it_refuses_as_a_whole_and_in_its_words() {
    let server = furnished().await;
    let before = server.dump().await;
    let good = replace(&format!("1.{ZONE}"), "one.example.test", 60);
    for (bad, words) in [
        (
            "5.114.0.203.in-addr.arpa.",
            "RRset 5.114.0.203.in-addr.arpa. IN PTR: Name is out of zone (HTTP 422)",
        ),
        // Of 113.0.203.in-addr.arpa by its text, but not by its labels.
        (
            "5.1113.0.203.in-addr.arpa.",
            "RRset 5.1113.0.203.in-addr.arpa. IN PTR: Name is out of zone (HTTP 422)",
        ),
        // There is an alias.
        (
            "9.113.0.203.in-addr.arpa.",
            "RRset 9.113.0.203.in-addr.arpa. IN PTR: Conflicts with pre-existing RRset (HTTP 422)",
        ),
        // It was changed already.
        (
            "1.113.0.203.in-addr.arpa.",
            "Duplicate RRset 1.113.0.203.in-addr.arpa. IN PTR with changetype: REPLACE (HTTP 422)",
        ),
    ] {
        let changes = [good.clone(), replace(bad, "bad.example.test", 60)];
        assert_eq!(refused(change(&server, ZONE, &changes).await), words);
    }
    assert_eq!(differences(&before, &server.dump().await), Vec::<String>::new());
}

/// A server says 204 to whatever it is to remove, also where it cannot have it.
#[tokio::test]
async fn vf_248_to_remove_what_is_not_there_succeeds_and_only_moves_the_serial() {
    let server = furnished().await;
    let part = format!("66.{PART}");
    for (removals, record) in (0..).zip([&format!("200.{ZONE}"), &part, "5.114.0.203.in-addr.arpa."]) {
        let before = server.dump().await;
        assert_eq!(change(&server, ZONE, &[delete(record)]).await, Ok(()));
        assert_eq!(
            differences(&before, &server.dump().await),
            [serial(ZONE, 2 + removals)],
            "{record}"
        );
    }
}

#[tokio::test]
async fn vf_247_a_change_of_a_zone_that_is_not_there_is_refused() {
    let server = furnished().await;
    let before = server.dump().await;
    let one = replace("5.114.0.203.in-addr.arpa.", "five.example.test", 60);
    let refusal = refused(change(&server, "114.0.203.in-addr.arpa.", &[one]).await);
    assert_eq!(refusal, "Not Found (HTTP 404)");
    assert_eq!(differences(&before, &server.dump().await), Vec::<String>::new());
}
