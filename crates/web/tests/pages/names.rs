//! The operator's page about the name of an address, with a real name server and a real resolver.

use domain::record::PlatformKind;
use domain::{Actor, Secret};
use engine::Proposal;
use testkit::dns::{Kind, NameServer, RecordSet, Resolver};
use testkit::rig::{Rig, RigOptions};

use super::support::{operator, pages, text};

#[tokio::test]
async fn vf_260_the_page_says_what_an_address_is_called_and_why_and_nothing_of_others_machines() {
    let server = NameServer::start("page").await;
    server.create_zone("example.test.", Kind::Native, &[]).await;
    let resolver = Resolver::start(&[("example.test", server.dns())]).await;
    let rig = Rig::with(RigOptions {
        resolvers: vec![resolver.dns()],
        ..RigOptions::default()
    })
    .await;
    let machine = rig
        .ready(501)
        .await
        .machine
        .and_then(|fact| fact.machine())
        .unwrap();
    let address = &machine.ipv4[0];
    let record = rig.engine.diagnose_name(address, None, None).await.unwrap().name;
    let (_, zone) = record.split_once('.').unwrap();
    let pointers = RecordSet::pointers(&record, &["mail.customer.example."]);
    server.create_zone(zone, Kind::Native, &[pointers]).await;
    let pages = pages(&rig);
    let asked = format!("names?address={address}&host=");

    let none = pages.serve(operator(None, &asked)).await;
    assert!(
        text(&none).contains("No name server is approved"),
        "{}",
        text(&none)
    );
    let actor = Actor::host("tester");
    let proposal = Proposal {
        server: None,
        kind: PlatformKind::PowerDns,
        endpoint: server.url(),
        account: String::new(),
        token: Secret::new(server.key()),
        name: "Names & <b>numbers</b>".to_owned(),
        actor: actor.clone(),
    };
    let proposed = rig.engine.propose_platform(proposal).await.unwrap();
    rig.engine.approve_platform(proposed.id, &actor).await.unwrap();

    let page = pages.serve(operator(None, &asked)).await;
    let shown = text(&page);
    for words in [
        &record,
        "(main/501)",
        "web.example.test. The hostname does not lead to the address: web.example.test has no A record",
        "mail.customer.example",
        "Another pointer is there already and stays",
    ] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert!(!page.body.contains("<b>numbers"), "{}", page.body);
    assert!(!page.body.contains(server.key()), "the key is shown nowhere");

    let other = "other".parse().unwrap();
    let foreign = text(&pages.serve(operator(Some(&other), &asked)).await);
    assert!(foreign.contains("none is known to have it"), "{foreign}");
    assert!(
        !foreign.contains("web.example.test") && !foreign.contains("501"),
        "{foreign}"
    );

    let wrong = pages
        .serve(operator(None, "names?address=<script>alert(1)</script>"))
        .await;
    assert_eq!(wrong.status, 200);
    assert!(!wrong.body.contains("<script>alert"), "{}", wrong.body);
    assert!(
        text(&wrong).contains("An address is written as"),
        "{}",
        text(&wrong)
    );
    let empty = pages.serve(operator(None, "names")).await;
    assert!(!empty.body.contains("alert-warning"), "nothing was asked yet");
}
