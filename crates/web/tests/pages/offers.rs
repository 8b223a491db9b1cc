//! The panels that some platforms' machines add to the pages, over a whole engine and a simulated Katapult.

use std::time::Duration;

use domain::Clock;
use domain::machine::PowerAction;
use domain::record::{BuildHook, EffectBody, OperationState};
use engine::core::Intent;
use serde_json::Value;
use sim::fault::{Fault, FaultRule};
use sim::katapult::{Act, Katapult, Power, Span};
use testkit::rig::{CLIENT, KatapultOptions, Rig, katapult_order};
use web::{PageAnswer, Pages, Principal};

use crate::support::{client_of, operator, pages, text};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_mins(30);

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
    // Four switches, the login, the console, the name.
    assert_eq!(forms.len(), 7);
    for form in forms {
        assert!(form.contains("name=\"hostler_once\" value=\"0nce\""), "{form}");
        assert!(form.contains("name=\"hostler_token\" value=\"t0ken\""), "{form}");
        assert!(form.contains("method=\"post\""), "{form}");
    }
}

/// The opening tags of the buttons that send something.
fn sending(answer: &PageAnswer) -> Vec<&str> {
    let tags = answer.body.split("<button").skip(1);
    let tags = tags.map(|button| button.split('>').next().unwrap_or_default());
    tags.filter(|tag| tag.contains("type=\"submit\"")).collect()
}

#[tokio::test]
async fn a_user_who_may_only_look_sees_no_way_to_change_anything() {
    let (rig, pages) = with_machine().await;
    let mut request = client_of(&rig.installation.id, CLIENT, 501, "live");
    let owners = pages.serve(request.clone()).await;
    let enabled = sending(&owners)
        .iter()
        .filter(|tag| !tag.contains(" disabled"))
        .count();
    assert!(enabled >= 3, "the owner can press some: {:?}", sending(&owners));
    if let Principal::Client { permissions, .. } = &mut request.principal {
        *permissions = vec!["products".to_owned()];
    }
    let answer = pages.serve(request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tags = sending(&answer);
    // Four switches, the login, the console, the name.
    assert_eq!(tags.len(), 7, "{tags:?}");
    for tag in tags {
        assert!(tag.contains(" disabled"), "{tag}");
    }
}

#[tokio::test]
async fn kt_102_the_badge_of_a_machine_on_its_way_has_the_platforms_word_as_its_class_and_with_spaces() {
    let mut options = KatapultOptions::default();
    options.platform.timings.shutdown = Span::fixed(Duration::from_mins(1));
    let rig = Rig::katapult(options).await;
    rig.ready(501).await;
    rig.until("its first run", LONG, async |rig: &Rig<Katapult>| {
        (rig.panel.machines(rig.clock.now())[0].power == Power::Started).then_some(())
    })
    .await;
    rig.submit(rig.wish(501, Intent::Power(PowerAction::Shutdown)))
        .await;
    let pages = pages(&rig);
    let body = rig
        .until("the word", LONG, async |rig: &Rig<Katapult>| {
            let shown = page(rig, &pages).await.body;
            shown.contains("state--shutting_down").then_some(shown)
        })
        .await;
    let badge = "<span class=\"hostler-badge hostler-vm-state state--shutting_down\">shutting down</span>";
    assert!(body.contains(badge), "{body}");
}

#[tokio::test]
async fn kt_107_while_the_platform_is_out_of_reach_a_client_sees_the_last_reading_and_its_age() {
    let (rig, pages) = with_machine().await;
    let word = |answer: &PageAnswer| {
        let (_, rest) = answer.body.split_once(" state--").expect("a state");
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let before = page(&rig, &pages).await;
    assert!(!text(&before).contains("The platform has not answered for a while."));
    rig.panel.add_fault(FaultRule::anywhere(Fault::Refused));
    rig.clock.advance(LONG);
    let shown = page(&rig, &pages).await;
    assert_eq!(word(&shown), word(&before));
    let shown = text(&shown);
    assert!(
        shown.contains("The platform has not answered for a while."),
        "{shown}"
    );
    assert!(shown.contains("ssh -l root "), "{shown}");
}

/// The rows of an administrator's service page.
async fn rows(rig: &Rig<Katapult>) -> Vec<Value> {
    let mut request = operator(Some(&rig.installation.id), "admin-tab");
    request.target = web::Target::new(web::TargetKind::Fragment, "admin-tab");
    request.service = Some(501);
    let answer = pages(rig).serve(request).await;
    serde_json::from_str(&answer.body).expect("rows")
}

/// The first row, which is the machine's state.
async fn state_row(rig: &Rig<Katapult>) -> String {
    let state = rows(rig).await.remove(0);
    assert_eq!(state["label"], "Virtual Machine State");
    state["html"].as_str().expect("markup").to_owned()
}

#[tokio::test]
async fn kt_109_an_administrator_sees_the_state_first_and_an_error_where_the_machine_is_gone() {
    let (rig, _) = with_machine().await;
    let html = state_row(&rig).await;
    assert!(html.contains("hostler-vm-state state--"), "{html}");
    assert!(html.contains("data-hostler-vm-state=\""), "{html}");
    let machine = rig.panel.machines(rig.clock.now())[0].id.clone();
    rig.act(Act::Delete { machine });
    let refresh = rig.submit(rig.wish(501, Intent::Refresh { live: true })).await;
    rig.ended(refresh, LONG).await;
    let error = rows(&rig).await.remove(0);
    assert_eq!(error["label"], "Error");
}

/// While pages are looked at no engine works, so that whoever asks the platform would be the page.
#[tokio::test]
async fn kt_071_a_page_view_asks_nobody_and_shows_a_build_that_was_finished_meanwhile() {
    let mut rig = Rig::katapult(KatapultOptions::default()).await;
    let create = rig
        .submit(rig.wish(501, Intent::Create(katapult_order(CLIENT))))
        .await;
    rig.until("the build", LONG, async |rig: &Rig<Katapult>| {
        let builds = rig.panel.builds(rig.clock.now());
        (!builds.is_empty()).then_some(())
    })
    .await;
    rig.stop().await;
    // Done on the platform, and nobody has seen it yet.
    rig.clock.advance(LONG);
    let heard = rig.calls();
    let client = page(&rig, &pages(&rig)).await;
    assert!(client.body.contains("state--building"), "{}", client.body);
    assert!(state_row(&rig).await.contains("state--building"));
    assert_eq!(rig.calls(), heard, "a page asks nobody");

    rig.restart().await;
    let ended = rig.ended(create, LONG).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    rig.stop().await;
    let heard = rig.calls();
    let client = page(&rig, &pages(&rig)).await;
    assert!(!client.body.contains("state--building"), "{}", client.body);
    assert!(text(&client).contains("ssh -l root "), "{}", client.body);
    assert!(!state_row(&rig).await.contains("state--building"));
    assert_eq!(rig.calls(), heard, "a page asks nobody");
    let effects = rig.drain_effects(501).await;
    let built = BuildHook::Built.to_string();
    let fired = effects
        .iter()
        .filter(|effect| matches!(effect, EffectBody::RunHook { hook, .. } if *hook == built));
    assert_eq!(fired.count(), 1, "{effects:?}");
}
