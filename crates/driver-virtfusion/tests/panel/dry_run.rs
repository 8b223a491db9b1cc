//! The panel's dry run: what it is sent, and what its answers refuse.

use std::time::Duration;

use domain::record::OperationKind;
use driver::{Phase, RefusalClass, Standing, Verdict};
use driver_kit::Ended;
use serde_json::json;
use sim::virtfusion::Profile;

use super::scenes::{answered, list, order, panel, play, start};

#[test]
fn vf_068_the_dry_run_sends_the_order_and_the_user_when_there_is_one() {
    let panel = panel(Profile::V7);
    let mut scene = list(order());
    scene.kind = OperationKind::Validate;
    let (ended, player) = play(&panel, scene.clone());
    assert!(
        matches!(&ended, Ended::Refused(refused) if refused.reason.contains("user")),
        "{ended:?}"
    );
    let body = player.last("dry_run").and_then(|request| request.body.clone());
    assert_eq!(body, Some(json!({"packageId": 2, "hypervisorId": 1, "ipv4": 1})));

    assert_eq!(play(&panel, list(order())).0, Ended::Done);
    scene.now = start() + Duration::from_mins(5);
    let before = panel.totals(scene.now).servers_created;
    let (ended, player) = play(&panel, scene);
    assert_eq!(ended, Ended::Done);
    let user = panel.users(player.scene.now)[0].id;
    let body = player.last("dry_run").and_then(|request| request.body.clone());
    assert_eq!(
        body,
        Some(json!({"packageId": 2, "hypervisorId": 1, "ipv4": 1, "userId": user}))
    );
    assert_eq!(
        panel.totals(player.scene.now).servers_created,
        before,
        "a dry run made a server"
    );
}

#[test]
fn vf_069_a_dry_run_reports_every_reason_or_the_message_or_the_code() {
    let mut scene = list(order());
    scene.kind = OperationKind::Validate;
    scene.notes.insert("owner".to_owned(), json!(3));
    for status in [200, 201] {
        let verdict = answered(&scene, "dry_run", Phase::Look, status, "{}");
        assert!(
            matches!(&verdict, Verdict::Done(found) if found.standing == Standing::Reached),
            "{verdict:?}"
        );
    }
    for (body, said) in [
        (
            r#"{"errors":["no memory","no address"]}"#,
            "no memory, no address (HTTP 422)",
        ),
        (
            r#"{"errors":{"memory":["too small"],"ipv4":["none left"]}}"#,
            "ipv4: none left, memory: too small (HTTP 422)",
        ),
        (r#"{"msg":"package not found"}"#, "package not found (HTTP 422)"),
        ("", "The panel answered HTTP 422 without a reason"),
    ] {
        let Verdict::Refused(refused) = answered(&scene, "dry_run", Phase::Look, 422, body) else {
            panic!("{body} was not refused");
        };
        assert_eq!(
            (refused.reason.as_str(), refused.class),
            (said, RefusalClass::Permanent)
        );
    }
}

/// A 404 names nothing that an order could lack.
#[test]
fn one_404_to_a_dry_run_refuses_nothing_and_a_second_one_does() {
    let mut scene = list(order());
    scene.kind = OperationKind::Validate;
    scene.notes.insert("owner".to_owned(), json!(3));
    let Verdict::Done(found) = answered(&scene, "dry_run", Phase::Look, 404, "{}") else {
        panic!("one 404 was believed");
    };
    assert!(matches!(found.standing, Standing::Pending { .. }), "{found:?}");
    scene.notes.extend(found.notes);
    let verdict = answered(&scene, "dry_run", Phase::Look, 404, "{}");
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
}

/// Of a panel that answers 404 to every dry run nobody learns what an order lacks; it is ordered all the same.
#[test]
fn a_create_goes_on_without_a_dry_run_where_the_panel_has_none() {
    let mut scene = list(order());
    scene.notes.insert("owner".to_owned(), json!(3));
    for body in ["", "{}", r#"{"msg":"not found"}"#] {
        let Verdict::Done(found) = answered(&scene, "validate", Phase::Look, 404, body) else {
            panic!("one 404 was believed");
        };
        assert!(matches!(found.standing, Standing::Pending { .. }), "{found:?}");
        let mut asked = scene.clone();
        asked.notes.extend(found.notes);
        let verdict = answered(&asked, "validate", Phase::Look, 404, body);
        assert!(
            matches!(&verdict, Verdict::Done(found) if found.standing == Standing::Reached),
            "{verdict:?}"
        );
    }
    let refused = answered(
        &scene,
        "validate",
        Phase::Look,
        422,
        r#"{"errors":["no memory"]}"#,
    );
    assert!(matches!(refused, Verdict::Refused(_)), "{refused:?}");
}
