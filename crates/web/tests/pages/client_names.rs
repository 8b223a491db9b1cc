//! What addresses are called, on the client's page and in the billing system's own page of a service: on a real name server.

use std::time::Duration;

use domain::record::ServiceStatus;
use domain::{Actor, ActorKind, Clock};
use engine::NameEdit;
use engine::core::Intent;
use sim::virtfusion::Act;
use testkit::dns::Stage;
use testkit::rig::{CLIENT, Rig, RigOptions};
use web::{PageAnswer, PageRequest, Pages, Principal, Target, TargetKind};

use super::support::{SHORT, live, operator, pages, text};

/// A part of the billing system's own page of service 501, for any administrator.
fn embedded(stage: &Stage, name: &str) -> PageRequest {
    let mut request = operator(None, "");
    request.principal = Principal::Admin {
        installation: Some(stage.rig.installation_id().clone()),
        operator: false,
    };
    request.target = Target::new(TargetKind::Fragment, name);
    request.service = Some(501);
    request
}

/// The markup of the tab's row of a label; nothing where there is none.
async fn tab(stage: &Stage, pages: &Pages, label: &str) -> Option<String> {
    let answer = pages.serve(embedded(stage, "admin-tab")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&answer.body).expect("rows");
    let row = rows.into_iter().find(|row| row["label"] == label)?;
    Some(row["html"].as_str().expect("markup").to_owned())
}

async fn shown(stage: &Stage, pages: &Pages) -> PageAnswer {
    let answer = pages.serve(live(&stage.rig, 501)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// The name server is in use, and known to be.
async fn approved(stage: &Stage) {
    stage.approve(&stage.proxy.url(), stage.server.key(), "").await;
    stage.answered_by(&[&stage.server.dns().to_string()]).await;
    stage
        .rig
        .until("the name server is known", SHORT, async |rig: &Rig| {
            let names = rig.engine.shown_names(&rig.view(501).await).await;
            names.expect("the store can be read").map(drop)
        })
        .await;
}

async fn read(stage: &Stage) {
    let read = stage
        .rig
        .engine
        .read_names(stage.rig.installation_id(), 501)
        .await;
    read.expect("the store can be read").expect("they were read");
}

/// The markup of the panel.
fn panel(answer: &PageAnswer) -> &str {
    let (_, rest) = answer
        .body
        .split_once(" id=\"hostler-rdns\"")
        .expect("a panel of names");
    rest.split(" id=\"hostler-resources\"").next().unwrap_or_default()
}

#[tokio::test]
async fn vf_218_vf_071_there_is_a_panel_and_a_row_of_the_tab_where_there_is_a_name_server() {
    let stage = Stage::unapproved(RigOptions::default()).await;
    let pages = pages(&stage.rig);
    assert!(!shown(&stage, &pages).await.body.contains("hostler-rdns-"));
    assert_eq!(tab(&stage, &pages, "Reverse DNS").await, None);
    assert_eq!(pages.serve(embedded(&stage, "admin-names")).await.status, 404);

    approved(&stage).await;
    stage.point_to(&["mail.example.test."]).await;
    read(&stage).await;
    let address = stage.address.to_string();
    let page = shown(&stage, &pages).await;
    let html = panel(&page);
    for piece in [
        format!("name=\"ip\" value=\"{address}\""),
        "name=\"ptr\" value=\"mail.example.test\"".to_owned(),
        "maxlength=\"253\"".to_owned(),
        "hostler-warning\">leads elsewhere<".to_owned(),
        format!("Create an A record for mail.example.test that leads to {address}, then save again."),
    ] {
        assert!(html.contains(&piece), "{piece} in {html}");
    }
    // What a resolver said is the staff's to read.
    assert!(!page.body.contains("no A record"), "{html}");
    let row = tab(&stage, &pages, "Reverse DNS").await.expect("a row");
    assert!(row.contains("no A record"), "{row}");
}

#[tokio::test]
async fn vf_261_vf_071_the_tab_lists_prefixes_by_their_label_with_buttons_until_the_service_ends() {
    let stage = Stage::unapproved(RigOptions::default()).await;
    let link = stage.rig.view(501).await.link.expect("a machine");
    let server: u64 = link.identity.id.parse().expect("a number");
    let now = stage.rig.clock.now();
    stage
        .rig
        .panel
        .hand(now)
        .act(Act::AddHostAddress { server })
        .expect("it has a subnet");
    let refresh = stage.rig.wish(501, Intent::Refresh { live: true });
    let refresh = stage.rig.submit(refresh).await;
    stage.rig.ended(refresh, SHORT).await;
    approved(&stage).await;
    stage.confirm().await;
    stage.point_to(&["web501.example.test."]).await;
    let subnet = stage.rig.panel.servers(now)[0].subnet(0);
    let pages = pages(&stage.rig);
    read(&stage).await;

    let row = tab(&stage, &pages, "Reverse DNS").await.expect("a row");
    for piece in [
        // A slash is escaped in markup.
        format!("{subnet}&#x2f;64"),
        "hostler-good\">confirmed<".to_owned(),
        ">network<".to_owned(),
        "data-hostler-fields=\"force=0&amp;preview=1\"".to_owned(),
        "data-hostler-first=\"force=1&amp;preview=1\" data-hostler-fields=\"force=1\"".to_owned(),
        "serviceID=501".to_owned(),
        "data-hostler-token=\"t0ken\"".to_owned(),
    ] {
        assert!(row.contains(&piece), "{piece} in {row}");
    }
    assert!(
        !row.contains("<form"),
        "it stands in a form of the billing system's"
    );
    let list = pages.serve(embedded(&stage, "admin-names")).await;
    assert_eq!(list.status, 200);
    assert!(
        list.body.contains(&stage.address.to_string()) && !list.body.contains("<script"),
        "{}",
        list.body
    );
    let page = shown(&stage, &pages).await;
    let html = panel(&page);
    assert!(html.contains("id=\"hostler-rdns-add-net-"), "{html}");
    assert!(html.contains("name=\"add\" value=\"1\""), "{html}");

    let mut end = stage.rig.wish(501, Intent::Terminate { window: None });
    end.told.status = ServiceStatus::Active;
    let end = stage.rig.submit(end).await;
    stage.rig.ended(end, Duration::from_mins(30)).await;
    assert_eq!(tab(&stage, &pages, "Reverse DNS").await, None);
    assert_eq!(pages.serve(embedded(&stage, "admin-names")).await.status, 404);
    assert!(!shown(&stage, &pages).await.body.contains("hostler-rdns-"));
}

#[tokio::test]
async fn vf_218_a_change_is_seen_on_the_page_while_it_is_made_and_when_it_is_done() {
    let stage = Stage::unapproved(RigOptions::default()).await;
    approved(&stage).await;
    stage.confirm().await;
    let pages = pages(&stage.rig);
    let edit = NameEdit {
        installation: stage.rig.installation_id().clone(),
        billing_id: 501,
        client_id: CLIENT,
        address: stage.address,
        host: Some(Stage::HOST.parse().expect("a hostname")),
        actor: Actor {
            kind: ActorKind::Client,
            ..Actor::host("test")
        },
    };
    let begun = stage.rig.engine.edit_name(&edit).await;
    let operation = begun.expect("the store can be read").expect("it is taken");
    let changing = shown(&stage, &pages).await;
    let before = text(&changing);
    // Whether it is over already by then is the engine's affair.
    if before.contains("It is being changed.") {
        assert!(changing.body.contains("data-hostler-every=\"2000\""));
    }
    stage.rig.ended(operation, SHORT).await;
    let done = shown(&stage, &pages).await;
    let html = panel(&done);
    assert!(html.contains("value=\"web501.example.test\""), "{html}");
    assert!(html.contains("hostler-good\">confirmed<"), "{html}");
    assert!(
        text(&done).contains("Name of an address: done"),
        "{}",
        text(&done)
    );
}
