//! What is said of an address's name, by real name servers and a real resolver.

use std::collections::BTreeSet;
use std::net::IpAddr;

use domain::record::PlatformKind;
use engine::{Diagnosis, HeldBy, NameRun, ServerFinding};
use rdns::pointer_name;
use testkit::dns::{Kind, Mode, NameServer, RecordSet, Reply, Stage};

const HOST: &str = Stage::HOST;

fn reset_all() -> NameRun {
    NameRun {
        reset: true,
        ..NameRun::default()
    }
}

/// A rig with a machine, whose address's name a name server holds behind a proxy.
pub async fn stage() -> Stage {
    Stage::start().await
}

async fn diagnose(stage: &Stage) -> (Diagnosis, ServerFinding) {
    let found = stage
        .rig
        .engine
        .diagnose_name(&stage.address.to_string(), None, None)
        .await;
    let found = found.expect("the store can be read");
    let server = found.servers.first().expect("one is approved").clone();
    (found, server)
}

#[tokio::test]
async fn vf_260_vf_250_mx_061_a_diagnosis_says_whose_an_address_is_what_is_there_and_what_would_be_written() {
    let stage = stage().await;
    let before = stage.server.dump().await;
    let (found, server) = diagnose(&stage).await;
    let owner = found.owner.expect("the machine is ours");
    assert_eq!((owner.service, owner.installation.as_str()), (501, "main"));
    assert_eq!(found.name, stage.record);
    assert_eq!(found.wanted.as_deref(), Some(HOST));
    assert_eq!(found.forward[0].said, "missing");
    assert!(
        found
            .confirmed
            .expect("it has a hostname")
            .contains("no A record")
    );
    assert_eq!(server.zone.as_deref(), Some(stage.zone.as_str()));
    assert_eq!(server.record.as_deref(), Some(stage.record.as_str()));
    assert_eq!((server.held, server.zones), (HeldBy::Nothing, Some(1)));
    assert!(
        server.plain.contains("does not lead to the address"),
        "{}",
        server.plain
    );

    stage.confirm().await;
    let (found, server) = diagnose(&stage).await;
    assert_eq!(found.forward[0].said, "confirmed");
    assert_eq!(server.plain, format!("The pointer is set to {HOST}"));
    assert_eq!(stage.proxy.writes().len(), 0, "to explain is not to do");

    let forward = stage.server.dump().await;
    assert_eq!(
        forward.len(),
        before.len() + 1,
        "the hostname's own record, which the test made"
    );

    assert_eq!(server.caution, None);
    stage.server.hold_serial(&stage.zone).await;
    let (_, server) = diagnose(&stage).await;
    let caution = server.caution.expect("secondary servers never fetch a change");
    assert!(caution.contains("SOA-EDIT-API"), "{caution}");
}

#[tokio::test]
async fn vf_254_a_pointer_that_is_there_stays_unless_it_is_reset_and_one_of_several_values_is_seen() {
    let stage = stage().await;
    stage.confirm().await;
    stage.point_to(&["mail.customer.example."]).await;
    let (_, server) = diagnose(&stage).await;
    assert_eq!(
        server.held,
        HeldBy::Hosts(vec!["mail.customer.example".to_owned()])
    );
    assert_eq!(server.plain, "Another pointer is there already and stays");
    assert_eq!(server.reset, format!("The pointer is changed to {HOST}"));

    stage
        .point_to(&["a.customer.example.", "b.customer.example."])
        .await;
    let (_, server) = diagnose(&stage).await;
    assert!(
        matches!(&server.held, HeldBy::Hosts(hosts) if hosts.len() == 2),
        "{:?}",
        server.held
    );

    // A question for one name does not show it.
    let kept = RecordSet::pointers(&stage.record, &[]).and_disabled(&["kept.customer.example."]);
    stage.server.put(&stage.zone, &[kept]).await;
    let (_, server) = diagnose(&stage).await;
    let kept = vec!["kept.customer.example (not served)".to_owned()];
    assert_eq!(server.held, HeldBy::Hosts(kept));
    assert_eq!(server.plain, "Another pointer is there already and stays");

    stage.point_to(&[&format!("{HOST}.").to_uppercase()]).await;
    let (_, server) = diagnose(&stage).await;
    assert_eq!(server.plain, "The pointer is as it should be");
    assert_eq!(server.reset, server.plain);
}

#[tokio::test]
async fn vf_252_vf_253_what_a_server_does_not_answer_for_is_unknown_and_nothing_follows_from_it() {
    let stage = stage().await;
    stage.confirm().await;
    let modes = [
        Mode::Hang,
        Mode::Close,
        Mode::Truncated,
        Mode::Answer(Reply::error(500, "it is on fire")),
        Mode::Answer(Reply::html(502)),
        Mode::Answer(Reply::html(200)),
        Mode::Answer(Reply::json(200, &serde_json::json!({}))),
        Mode::Answer(Reply::text(401, "Unauthorized")),
        Mode::Answer(Reply::text(404, "Not Found")),
    ];
    for mode in modes {
        let name = format!("{mode:?}");
        stage.proxy.set(mode);
        let (_, server) = diagnose(&stage).await;
        assert!(matches!(server.held, HeldBy::Unknown(_)), "{name}: {server:?}");
        assert_eq!(server.zones, None, "{name}");
        assert!(
            server.plain.contains("not enough is known"),
            "{name}: {}",
            server.plain
        );
        assert_eq!(server.reset, server.plain, "{name}");
        stage.proxy.set(Mode::Pass);
        let (_, server) = diagnose(&stage).await;
        assert_eq!(server.zones, Some(1), "{name}: what failed is not remembered");
    }
}

#[tokio::test]
async fn vf_246_a_hostname_that_no_resolver_can_tell_of_is_neither_confirmed_nor_missing() {
    let mut stage = stage().await;
    stage.confirm().await;
    stage.resolver.stop();
    let (found, server) = diagnose(&stage).await;
    assert_eq!(found.forward[0].said, "unknown");
    assert!(server.plain.contains("not enough is known"), "{}", server.plain);
    stage.resolver.start_again().await;
    // By way of aliases, of which five are followed.
    let alias = |from: &str, to: &str| {
        RecordSet::new(
            &format!("{from}.example.test."),
            "CNAME",
            &[&format!("{to}.example.test.")],
        )
    };
    let chain = [
        alias("one", "two"),
        alias("two", "three"),
        alias("three", "four"),
        alias("four", "five"),
        alias("five", "web501"),
        alias("zero", "one"),
        alias("x", "y"),
        alias("y", "x"),
    ];
    stage.server.put("example.test.", &chain).await;
    stage.resolver.forget();
    for (host, said) in [("one", "confirmed"), ("zero", "missing"), ("web502", "missing")] {
        let host = format!("{host}.example.test");
        let found = stage
            .rig
            .engine
            .diagnose_name(&stage.address.to_string(), Some(&host), None)
            .await;
        let found = found.expect("the store can be read");
        assert_eq!(found.forward[0].said, said, "{host}: {:?}", found.forward[0].why);
    }
    let host = Some("x.example.test");
    let found = stage
        .rig
        .engine
        .diagnose_name(&stage.address.to_string(), host, None)
        .await;
    assert_ne!(
        found.expect("the store can be read").forward[0].said,
        "confirmed",
        "a loop"
    );
}

#[tokio::test]
async fn vf_259_a_name_server_is_tested_like_a_platform_and_says_what_is_wrong() {
    let stage = stage().await;
    let platforms = stage
        .rig
        .engine
        .store()
        .platforms()
        .await
        .expect("they can be read");
    let server = platforms
        .iter()
        .find(|one| one.kind == PlatformKind::PowerDns)
        .expect("it is kept");
    let tested = stage
        .rig
        .engine
        .test_platform(server.id)
        .await
        .expect("it is known");
    assert_eq!(tested, Ok(()));
    stage.approve(&stage.server.url(), "a-wrong-key", "").await;
    let platforms = stage
        .rig
        .engine
        .store()
        .platforms()
        .await
        .expect("they can be read");
    let wrong = platforms
        .iter()
        .find(|one| one.endpoint == stage.server.url())
        .expect("it is kept");
    let refused = stage
        .rig
        .engine
        .test_platform(wrong.id)
        .await
        .expect("it is known");
    let refused = refused.expect_err("the key is wrong");
    assert!(refused.contains("key"), "{refused}");
}

#[tokio::test]
async fn what_is_no_address_or_no_hostname_is_refused_in_words() {
    let stage = stage().await;
    for (address, host) in [
        ("1.2.3", None),
        ("01.2.3.4", None),
        ("203.0.113.5", Some("no host")),
        ("203.0.113.5", Some("alone")),
    ] {
        let refused = stage.rig.engine.diagnose_name(address, host, None).await;
        let words = refused.expect_err("it is none").to_string();
        assert!(words.contains(host.unwrap_or(address)), "{words}");
    }
}

#[tokio::test]
async fn vf_254_vf_255_a_preview_counts_what_would_become_of_every_address_and_reads_each_zone_once() {
    let stage = stage().await;
    let mut addresses = vec![stage.address];
    for service in [502, 503] {
        addresses.push(Stage::machine(&stage.rig, service).await);
    }
    let in_zone = |address: &IpAddr| pointer_name(*address).to_string().ends_with(&stage.zone);
    assert!(addresses.iter().all(in_zone), "{addresses:?}");
    stage.confirm().await;
    stage.point_to(&["mail.customer.example."]).await;
    let forward = RecordSet::new("web502.example.test.", "A", &[&addresses[1].to_string()]);
    stage.server.put("example.test.", &[forward]).await;
    stage.resolver.forget();
    let before = stage.server.dump().await;

    let asked = stage.proxy.passed().len();
    let preview = stage
        .rig
        .engine
        .preview_names(&NameRun::default())
        .await
        .expect("it can be read");
    assert_eq!(
        preview.totals.words(),
        "1 added, 1 preserved, 1 without a hostname that leads back"
    );
    let whole = stage.proxy.passed();
    let whole = whole[asked..].iter().filter(|one| one.path.contains("/zones/"));
    assert_eq!(whole.count(), 1, "three addresses in one zone");
    let services: Vec<u64> = preview.rows.iter().map(|row| row.owner.service).collect();
    let mut sorted = services.clone();
    sorted.sort_unstable();
    assert_eq!(services, sorted);
    let of = |service: u64| {
        let mut rows = preview.rows.iter();
        rows.find(|row| row.owner.service == service && row.address.is_some())
            .expect("it has an address")
    };
    assert_eq!(
        of(501).held,
        Some(HeldBy::Hosts(vec!["mail.customer.example".to_owned()]))
    );
    assert_eq!(
        of(502).decision.as_deref(),
        Some("The pointer is set to web502.example.test")
    );
    assert!(
        of(503)
            .decision
            .as_ref()
            .expect("an address")
            .contains("no A record")
    );

    let reset = stage
        .rig
        .engine
        .preview_names(&reset_all())
        .await
        .expect("it can be read");
    assert_eq!(
        reset.totals.words(),
        "1 added, 1 reset, 1 without a hostname that leads back"
    );

    stage.proxy.set(Mode::Answer(Reply::error(500, "it is on fire")));
    let unknown = stage
        .rig
        .engine
        .preview_names(&reset_all())
        .await
        .expect("the store can be read");
    assert_eq!(unknown.totals.words(), "3 not known");
    stage.proxy.set(Mode::Pass);
    assert_eq!(stage.server.dump().await, before, "nothing was changed");
    assert_eq!(stage.proxy.writes().len(), 0);
}

#[tokio::test]
async fn vf_245_of_two_servers_the_one_with_the_narrower_zone_holds_the_pointer_and_a_fetched_zone_is_not_changed()
 {
    let stage = stage().await;
    stage.confirm().await;
    let mut other = NameServer::start("other").await;
    let (_, wider) = stage.zone.split_once('.').expect("a name");
    other.create_zone(wider, Kind::Native, &[]).await;
    let fetched = Kind::Secondary {
        primary: stage.server.dns(),
    };
    other.create_zone(&stage.zone, fetched, &[]).await;
    stage.approve(&other.url(), other.key(), "").await;
    let preview = stage
        .rig
        .engine
        .preview_names(&NameRun::default())
        .await
        .expect("it can be read");
    let row = preview
        .rows
        .iter()
        .find(|row| row.address == Some(stage.address))
        .expect("it is ours");
    assert_eq!(row.zone.as_deref(), Some(stage.zone.as_str()));
    assert_eq!(row.server.as_deref(), stage.proxy.url().strip_prefix("http://"));
    let found = stage
        .rig
        .engine
        .diagnose_name(&stage.address.to_string(), None, None)
        .await;
    let servers = found.expect("it can be read").servers.into_iter();
    let zones: BTreeSet<_> = servers.map(|one| one.zone.expect("each has one")).collect();
    assert_eq!(
        zones,
        [stage.zone.clone(), wider.to_owned()].into(),
        "each says where it would look"
    );

    // A zone's text may be longer and the zone wider: by size the whole network, by length a quarter of it.
    let octet = stage
        .record
        .split('.')
        .next()
        .expect("a name")
        .parse::<u8>()
        .expect("an octet");
    let quarter = format!("{}/26.{}", octet / 64 * 64, stage.zone);
    stage.server.create_zone(&quarter, Kind::Native, &[]).await;
    other
        .create_zone(&format!("000/256.{}", stage.zone), Kind::Native, &[])
        .await;
    let of_address = async || {
        let preview = stage
            .rig
            .engine
            .preview_names(&NameRun::default())
            .await
            .expect("it can be read");
        let mut rows = preview.rows.into_iter();
        rows.find(|row| row.address == Some(stage.address))
            .expect("it is ours")
    };
    assert_eq!(of_address().await.zone, Some(quarter));
    // Whoever does not answer may have a narrower one.
    other.stop();
    let row = of_address().await;
    assert!(matches!(row.held, Some(HeldBy::Unknown(_))), "{row:?}");
}
