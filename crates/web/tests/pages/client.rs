//! The client's page over a whole engine.

use std::time::Duration;

use crate::support::{SHORT, client, live, pages, posting, resting, text, with_machine};
use domain::machine::PowerAction;
use domain::record::{OperationState, ServiceStatus};
use engine::core::Intent;
use testkit::rig::{CLIENT, Rig, order};

/// How many of the four switches cannot be pressed.
fn disabled_switches(answer: &web::PageAnswer) -> usize {
    let tags = answer.body.split("id=\"hostler-power-").skip(1);
    let tags = tags.filter_map(|rest| rest.split('>').next());
    tags.filter(|tag| !tag.starts_with("note") && tag.contains(" disabled"))
        .count()
}

/// Whether the control of an id is there and cannot be pressed.
fn is_disabled(answer: &web::PageAnswer, id: &str) -> bool {
    let rest = answer.body.split_once(&format!("id=\"{id}\""));
    rest.and_then(|(_, rest)| rest.split('>').next())
        .is_some_and(|tag| tag.contains(" disabled"))
}

#[tokio::test]
async fn a_machine_that_is_up_shows_state_addresses_and_buttons() {
    let (rig, pages) = with_machine(501).await;
    let answer = pages.serve(client(&rig, CLIENT, 501, "client-area")).await;
    assert_eq!(answer.status, 200);
    let shown = text(&answer);
    let view = rig.view(501).await;
    let machine = view.machine.unwrap().value.known().cloned().unwrap();
    let address = machine["ipv4"][0].as_str().unwrap();
    assert!(shown.contains(address), "{shown}");
    assert!(shown.contains("as of"), "{shown}");
    for label in ["Start", "Restart", "Shut down", "Power off"] {
        assert!(shown.contains(label), "{shown}");
    }
    assert!(answer.body.contains(&format!("data-hostler-copy=\"{address}\"")));
    assert!(answer.body.contains("value=\"t0ken\""));
    assert_eq!(disabled_switches(&answer), 0, "{}", answer.body);
    // Links keep the entry file and the service; a slash is escaped in attributes.
    assert!(
        answer.body.contains("client.php?serviceID=501&amp;fragment=live"),
        "{}",
        answer.body
    );
    assert!(
        answer
            .body
            .contains("client.php?serviceID=501&amp;action=powerAction")
    );
}

#[tokio::test]
async fn an_order_is_watched_step_by_step_until_it_is_done() {
    let rig = Rig::start().await;
    let pages = pages(&rig);
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let seen = rig
        .until("a step", SHORT, async |_: &Rig| {
            let answer = pages.serve(live(&rig, 501)).await;
            answer.body.contains("aria-current=\"step\"").then_some(answer)
        })
        .await;
    let shown = text(&seen);
    assert!(shown.contains("Being set up"), "{shown}");
    assert!(shown.contains("Setting up: under way"), "{shown}");
    assert!(shown.contains("steps done"), "{shown}");
    assert!(shown.contains(&operation.to_string()), "{shown}");
    assert!(seen.body.contains("data-hostler-every=\"2000\""));
    assert!(
        shown.contains("The buttons work as soon as your server is set up."),
        "{shown}"
    );

    rig.ended(operation, Duration::from_mins(30)).await;
    let shown = text(&pages.serve(live(&rig, 501)).await);
    assert!(shown.contains("Setting up: done"), "{shown}");
    rig.clock.advance(Duration::from_mins(10));
    let later = text(&pages.serve(live(&rig, 501)).await);
    // What is left of it is its line in the history.
    assert_eq!(later.matches("Setting up").count(), 1, "{later}");
    assert!(!later.contains("steps done"), "{later}");
}

#[tokio::test]
async fn what_fails_shows_its_reason_and_what_happens_next() {
    let (rig, pages) = resting().await;
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.engine
        .cancel(operation, &domain::Actor::host("test"))
        .await
        .unwrap();
    let ended = rig.engine.operation(operation).await.unwrap();
    assert_eq!(ended.state, OperationState::Cancelled);
    let shown = text(&pages.serve(live(&rig, 501)).await);
    assert!(shown.contains("Setting up: taken back"), "{shown}");
    assert!(shown.contains("It was taken back."), "{shown}");
    assert!(!shown.contains(&ended.reason), "the staff's sentence: {shown}");
    assert!(shown.contains("Nothing more will happen."), "{shown}");
}

#[tokio::test]
async fn a_suspended_service_keeps_its_addresses_and_explains_its_buttons() {
    let (rig, pages) = with_machine(501).await;
    let mut wish = rig.wish(
        501,
        Intent::Suspend {
            reason: "unpaid".to_owned(),
        },
    );
    wish.told.status = ServiceStatus::Active;
    rig.submit(wish).await;
    // From the commit of the intent on, before the platform has done anything.
    let answer = pages.serve(live(&rig, 501)).await;
    let shown = text(&answer);
    assert!(shown.contains("Suspended"), "{shown}");
    assert!(shown.contains("This service is suspended."), "{shown}");
    assert_eq!(disabled_switches(&answer), 4);
    assert!(answer.body.contains("data-hostler-copy="));
}

#[tokio::test]
async fn reading_pages_makes_no_platform_call_and_works_with_the_platform_down() {
    let (mut rig, pages) = with_machine(501).await;
    rig.stop().await;
    let before = rig.panel.calls().len();
    for _ in 0..50 {
        assert_eq!(pages.serve(live(&rig, 501)).await.status, 200);
        assert_eq!(
            pages.serve(client(&rig, CLIENT, 501, "client-area")).await.status,
            200
        );
    }
    assert_eq!(rig.panel.calls().len(), before);
    // Nothing has answered for an hour: the page says so and shows what was last seen.
    rig.clock.advance(Duration::from_hours(1));
    let shown = text(&pages.serve(live(&rig, 501)).await);
    assert!(shown.contains("60 minutes ago"), "{shown}");
    assert!(
        shown.contains("The platform has not answered for a while."),
        "{shown}"
    );
}

#[tokio::test]
async fn another_clients_service_is_not_shown_even_if_the_bridge_let_it_pass() {
    let (rig, pages) = with_machine(501).await;
    for fragment in ["live", "client-area"] {
        let answer = pages.serve(client(&rig, CLIENT + 1, 501, fragment)).await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.body, "This service belongs to another client.");
    }
}

#[tokio::test]
async fn a_user_without_permission_looks_but_does_not_touch() {
    let (rig, pages) = with_machine(501).await;
    let mut request = live(&rig, 501);
    if let web::Principal::Client { permissions, .. } = &mut request.principal {
        *permissions = vec!["products".to_owned()];
    }
    let answer = pages.serve(request).await;
    assert_eq!(disabled_switches(&answer), 4);
    assert!(is_disabled(&answer, "hostler-console-open"));
    assert!(text(&answer).contains("may look at this server but not change it"));
}

#[tokio::test]
async fn a_service_never_seen_has_a_page_as_well() {
    let (rig, pages) = resting().await;
    let answer = pages.serve(live(&rig, 9)).await;
    assert_eq!(answer.status, 200);
    assert!(text(&answer).contains("Not set up"));
}

#[tokio::test]
async fn clients_reach_no_operators_page_and_no_action() {
    let (rig, pages) = with_machine(501).await;
    let operation = rig
        .submit(rig.wish(501, Intent::Power(PowerAction::Restart)))
        .await;
    for page in ["overview", "operations", "services", "admin-tab"] {
        assert_eq!(
            pages.serve(client(&rig, CLIENT, 501, page)).await.status,
            404,
            "{page}"
        );
    }
    let cancel = posting(
        live(&rig, 501),
        "cancel",
        &[("operation", &operation.to_string())],
    );
    assert_eq!(pages.serve(cancel).await.status, 404);
}

#[tokio::test]
async fn hostile_names_are_text() {
    let (rig, pages) = resting().await;
    let mut wish = rig.wish(501, Intent::Create(order()));
    wish.told.hostname = Some("<script>alert(1)</script>\"'".to_owned());
    if let Intent::Create(order) = &mut wish.intent {
        order.hostname.clone_from(&wish.told.hostname);
    }
    rig.submit(wish).await;
    let answer = pages.serve(client(&rig, CLIENT, 501, "client-area")).await;
    assert!(!answer.body.contains("<script>"), "{}", answer.body);
    assert!(answer.body.contains("&lt;script&gt;alert(1)"), "{}", answer.body);
}
