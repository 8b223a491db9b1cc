//! The panels that some platforms' machines add to the pages, over a whole engine and a simulated Katapult.

use domain::Clock;
use serde_json::Value;
use sim::katapult::{Act, Katapult};
use testkit::rig::{CLIENT, KatapultOptions, Rig};
use web::{PageAnswer, Pages, Principal};

use crate::support::{client_of, operator, pages, text};

async fn with_machine() -> (Rig<Katapult>, Pages) {
    let rig = Rig::katapult(KatapultOptions::default()).await;
    rig.ready(501).await;
    let pages = pages(&rig);
    (rig, pages)
}

async fn page(rig: &Rig<Katapult>, pages: &Pages) -> PageAnswer {
    let request = client_of(&rig.installation.id, CLIENT, 501, "client-area");
    let answer = pages.serve(request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

#[tokio::test]
async fn kt_100_kt_103_kt_104_a_client_sees_how_to_log_in_and_every_form_carries_both_tokens() {
    let (rig, pages) = with_machine().await;
    let answer = page(&rig, &pages).await;
    let shown = text(&answer);
    let machine = &rig.panel.machines(rig.clock.now())[0];
    assert!(shown.contains("ssh -l root "), "{shown}");
    assert!(!answer.body.contains(&machine.password));
    assert!(answer.body.contains("type=\"password\""));
    assert!(
        shown.contains("Reveal for 15s") && shown.contains("Launch console"),
        "{shown}"
    );
    assert!(answer.body.contains("<iframe name=\"hostler_console\""));
    let forms: Vec<&str> = answer.body.split("<form").skip(1).collect();
    // Four switches, the login, the console.
    assert_eq!(forms.len(), 6);
    for form in forms {
        assert!(form.contains("name=\"hostler_once\" value=\"0nce\""), "{form}");
        assert!(form.contains("name=\"hostler_token\" value=\"t0ken\""), "{form}");
        assert!(form.contains("method=\"post\""), "{form}");
    }
}

#[tokio::test]
async fn a_user_who_may_only_look_sees_no_way_to_change_anything() {
    let (rig, pages) = with_machine().await;
    let mut request = client_of(&rig.installation.id, CLIENT, 501, "live");
    if let Principal::Client { permissions, .. } = &mut request.principal {
        *permissions = vec!["products".to_owned()];
    }
    let answer = pages.serve(request).await;
    let buttons = answer.body.split("<button").skip(1);
    let changing = buttons.filter(|button| button.contains("type=\"submit\""));
    for button in changing {
        let tag = button.split('>').next().unwrap_or_default();
        assert!(tag.contains(" disabled"), "{tag}");
    }
}

#[tokio::test]
async fn kt_109_an_administrator_sees_the_state_first_and_an_error_where_the_machine_is_gone() {
    let (rig, pages) = with_machine().await;
    let rows = async || {
        let mut request = operator(Some(&rig.installation.id), "admin-tab");
        request.target = web::Target::new(web::TargetKind::Fragment, "admin-tab");
        request.service = Some(501);
        let answer = pages.serve(request).await;
        serde_json::from_str::<Vec<Value>>(&answer.body).expect("rows")
    };
    let state = rows().await.remove(0);
    assert_eq!(state["label"], "Virtual Machine State");
    let html = state["html"].as_str().expect("markup");
    assert!(html.contains("hostler-vm-state state--"), "{html}");
    assert!(html.contains("data-hostler-vm-state=\""), "{html}");
    let machine = rig.panel.machines(rig.clock.now())[0].id.clone();
    rig.act(Act::Delete { machine });
    let fact = domain::record::FactRecord {
        service: rig.view(501).await.service.id,
        kind: "machine".to_owned(),
        value: domain::Fact::Absent,
        observed_at: rig.clock.now(),
    };
    let commit = domain::Commit {
        changes: vec![domain::Change::PutFact(fact)],
        ..domain::Commit::default()
    };
    rig.engine.store().commit(commit).await.expect("it is kept");
    let error = rows().await.remove(0);
    assert_eq!(error["label"], "Error");
}
