//! The client's account on the panel: found or made before the machine, and refused by name.

use domain::record::Relation;
use driver::{Phase, Standing, Verdict};
use driver_kit::Ended;
use serde_json::json;
use sim::virtfusion::{Act, Profile};

use super::scenes::{answered, list, order, panel, play, start};

#[test]
fn vf_021_an_unknown_client_gets_an_account_with_name_address_and_relation() {
    let panel = panel(Profile::V7);
    let (ended, player) = play(&panel, list(order()));
    assert_eq!(ended, Ended::Done);
    let body = player
        .last("create_user")
        .and_then(|request| request.body.clone());
    assert_eq!(
        body,
        Some(json!({"name": "Ada Lovelace", "email": "ada@example.com", "extRelationId": 77}))
    );
    let users = panel.users(player.scene.now);
    assert_eq!(
        users.iter().map(|user| user.relation).collect::<Vec<_>>(),
        [Some(77)]
    );
}

#[test]
fn vf_020_an_existing_account_is_used_and_none_is_made() {
    let panel = panel(Profile::V7);
    let act = Act::CreateUser {
        name: "Ada".to_owned(),
        email: "old@example.com".to_owned(),
        relation: Some(77),
        relation_text: None,
    };
    let user = panel.hand(start()).act(act).unwrap();
    let (ended, player) = play(&panel, list(order()));
    assert_eq!(ended, Ended::Done);
    assert!(!player.changes().contains(&"create_user"));
    let owners: Vec<u64> = panel
        .servers(player.scene.now)
        .iter()
        .map(|server| server.owner)
        .collect();
    assert_eq!(owners, [user]);
}

#[test]
fn a_second_installation_names_its_clients_by_text_and_never_meets_the_first() {
    let panel = panel(Profile::V7);
    assert_eq!(play(&panel, list(order())).0, Ended::Done);
    let mut other = list(order());
    other.relation = Relation::Text;
    other.marker.installation = "second".parse().unwrap();
    let domain::record::OperationInput::Order(order) = &mut other.input else {
        panic!("no order");
    };
    order.customer.email = "grace@example.com".to_owned();
    let (ended, player) = play(&panel, other);
    assert_eq!(ended, Ended::Done);
    let relations: Vec<_> = panel
        .users(player.scene.now)
        .into_iter()
        .map(|user| (user.relation, user.relation_text))
        .collect();
    assert_eq!(
        relations,
        [(Some(77), None), (None, Some("second:77".to_owned()))]
    );
}

#[test]
fn vf_022_self_service_is_sent_only_when_it_is_on() {
    for (mode, fields) in [
        ("0|Disabled", (None, None)),
        ("1|Hourly", (Some(json!(1)), Some(json!(true)))),
        ("2", (Some(json!(2)), Some(json!(false)))),
        ("3|Both", (Some(json!(3)), Some(json!(true)))),
    ] {
        let mut order = order();
        order.settings.insert("self_service".to_owned(), mode.to_owned());
        let panel = panel(Profile::V7);
        let (_, player) = play(&panel, list(order));
        let body = player
            .last("create_user")
            .and_then(|request| request.body.clone())
            .unwrap();
        let sent = (
            body.get("selfService").cloned(),
            body.get("selfServiceHourlyCredit").cloned(),
        );
        assert_eq!(sent, fields, "{mode}");
    }
}

#[test]
fn vf_023_a_refused_account_ends_the_create_with_the_code_and_without_a_server() {
    let panel = panel(Profile::V7);
    panel
        .hand(start())
        .create_user("Somebody else", "ada@example.com")
        .unwrap();
    let (ended, player) = play(&panel, list(order()));
    let Ended::Refused(refused) = ended else {
        panic!("{ended:?}");
    };
    assert!(
        refused.reason.contains("already been taken"),
        "{}",
        refused.reason
    );
    assert!(refused.reason.contains("422"), "{}", refused.reason);
    assert!(!player.changes().contains(&"create_server"));
}

#[test]
fn an_account_that_another_order_of_the_client_has_just_made_is_waited_for() {
    let scene = list(order());
    let refused = |field: &str| {
        let body = format!(r#"{{"errors":{{"email":["taken"],"{field}":["has already been taken"]}}}}"#);
        answered(&scene, "account", Phase::Act, 422, &body)
    };
    let Verdict::Done(findings) = refused("extRelationId") else {
        panic!("refused");
    };
    assert!(
        matches!(findings.standing, Standing::Pending { .. }),
        "{findings:?}"
    );
    assert!(matches!(refused("name"), Verdict::Refused(_)));
}

#[test]
fn vf_024_a_failed_look_up_of_the_account_is_unknown_and_names_the_code() {
    let verdict = answered(&list(order()), "account", Phase::Look, 500, "{}");
    assert!(
        matches!(&verdict, Verdict::Unknown(text) if text.contains("500")),
        "{verdict:?}"
    );
    let missing = answered(
        &list(order()),
        "account",
        Phase::Look,
        404,
        r#"{"msg":"ext_relation_id not found"}"#,
    );
    assert!(
        matches!(&missing, Verdict::Done(found) if found.standing == Standing::Missing),
        "{missing:?}"
    );
    let another = answered(
        &list(order()),
        "account",
        Phase::Look,
        200,
        r#"{"data":{"id":9,"extRelationId":78}}"#,
    );
    assert!(matches!(another, Verdict::Unknown(_)), "{another:?}");
}

#[test]
fn vf_025_a_client_without_name_or_address_is_refused_by_id() {
    let mut order = order();
    order.customer.name = " ".to_owned();
    let panel = panel(Profile::V7);
    let (ended, player) = play(&panel, list(order));
    let Ended::Refused(refused) = ended else {
        panic!("{ended:?}");
    };
    assert!(refused.reason.contains("77"), "{}", refused.reason);
    assert_eq!(player.changes(), Vec::<&str>::new());
}
