//! What keeps effects single, in order and ours.

use super::*;
use crate::books::Status;

#[tokio::test]
async fn an_effect_handed_out_again_is_acknowledged_again_and_not_applied_again() {
    let shop = shop();
    let first = shop
        .apply_all(vec![golden("send_mail"), golden("log_activity")])
        .await;
    shop.books().services.get_mut(&501).unwrap().dedicatedip = "kept".to_owned();
    let again = shop
        .apply_all(vec![golden("send_mail"), golden("log_activity")])
        .await;
    assert_eq!(first, again);
    assert!(
        first.iter().all(|ack| ack.outcome == Outcome::Applied),
        "{first:?}"
    );
    assert_eq!(shop.books().mails.len(), 1);
    assert_eq!(shop.books().activity.len(), 1);
}

#[tokio::test]
async fn a_telling_effect_that_was_begun_is_acknowledged_as_unknown_and_never_repeated() {
    let shop = shop();
    let mail = golden("send_mail");
    shop.books()
        .ledger
        .claim(&mail.id, "send_mail", Some(501), Noon.now());
    for _ in 0..2 {
        let acks = shop.apply_all(vec![golden("send_mail")]).await;
        assert_eq!(acks[0].outcome, Outcome::Unknown);
    }
    assert!(shop.books().mails.is_empty());
}

#[tokio::test]
async fn a_guarded_effect_that_was_begun_starts_again_at_its_guard() {
    let shop = shop();
    let accept = || changed("accept_order", |effect| effect.body["order"] = json!(1));
    shop.books()
        .ledger
        .claim(&accept().id, "accept_order", Some(501), Noon.now());
    let acks = shop.apply_all(vec![accept()]).await;
    assert_eq!(acks[0].outcome, Outcome::Applied, "{acks:?}");
    assert_eq!(shop.books().order_status(1), "Active");
    // The engine could not be told; the event waits.
    assert_eq!(shop.books().events.front().unwrap().kind, "order_accepted");
    let other = changed("accept_order", |effect| {
        effect.id = "eff_other".to_owned();
        effect.body["order"] = json!(1);
    });
    let acks = shop.apply_all(vec![other]).await;
    assert_eq!(
        (acks[0].outcome, acks[0].reason.as_str()),
        (Outcome::Refused, "The order's status is \"Active\".")
    );
}

#[tokio::test]
async fn a_rerun_whose_guard_no_longer_holds_is_refused_without_a_call() {
    let shop = shop();
    shop.books().services.get_mut(&501).unwrap().status = Status::Terminated;
    let acks = shop.apply_all(vec![golden("rerun")]).await;
    assert_eq!(acks[0].outcome, Outcome::Refused);
    assert!(shop.books().services[&501].calls.is_empty());
    shop.books().services.get_mut(&501).unwrap().status = Status::Pending;
    "Cancelled".clone_into(&mut shop.books().orders.get_mut(&1).unwrap().status);
    let acks = shop
        .apply_all(vec![changed("rerun", |effect| effect.id = "eff_b".to_owned())])
        .await;
    assert_eq!(
        (acks[0].outcome, acks[0].reason.as_str()),
        (Outcome::Refused, "The order's status is \"Cancelled\".")
    );
}

#[tokio::test]
async fn a_failed_effect_holds_those_behind_it_of_its_service_only_and_may_be_tried_again() {
    let shop = shop();
    let field = || {
        changed("set_custom_field", |effect| {
            effect.body["name"] = json!("Nickname");
        })
    };
    let acks = shop
        .apply_all(vec![
            field(),
            golden("set_hosting"),
            golden("todo"),
            golden("ensure_custom_field"),
        ])
        .await;
    let outcomes: Vec<(&str, Outcome)> = acks.iter().map(|ack| (&ack.id[32..], ack.outcome)).collect();
    assert_eq!(
        outcomes,
        [
            ("0109", Outcome::Applied),
            ("0103", Outcome::Applied),
            ("0104", Outcome::Failed)
        ]
    );
    let add = changed("ensure_custom_field", |effect| {
        effect.id = "eff_c".to_owned();
        effect.body["name"] = json!("Nickname");
    });
    shop.apply_all(vec![add]).await;
    let acks = shop.apply_all(vec![field(), golden("set_hosting")]).await;
    assert!(acks.iter().all(|ack| ack.outcome == Outcome::Applied), "{acks:?}");
    assert_eq!(shop.books().services[&501].customfields["Nickname"], "49");
    let books = shop.books();
    let field = &books.shelves[&3].fields["Nickname"];
    assert!(field.show_on_order && !field.field.required);
    assert_eq!((field.field.kind.as_str(), field.sort_order), ("text", 0));
}

#[tokio::test]
async fn a_service_that_is_being_worked_on_is_left_alone() {
    let shop = shop();
    let lock = shop.lock_of(501);
    let held = lock.lock().await;
    assert_eq!(shop.apply_all(vec![golden("set_hosting")]).await, []);
    drop(held);
    assert_eq!(shop.apply_all(vec![golden("set_hosting")]).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_ours_or_not_known_is_refused() {
    let shop = shop();
    for effect in [
        changed("set_hosting", |effect| effect.module = "cpanel".to_owned()),
        changed("set_hosting", |effect| effect.service = Some(77)),
        changed("set_hosting", |effect| effect.service = None),
        changed("set_stock", |effect| effect.body["product"] = json!(99)),
        changed("set_hosting", |effect| effect.kind = "drop_tables".to_owned()),
        changed("run_hook", |effect| effect.body["hook"] = json!("AfterCronJob")),
        changed("accept_order", |effect| effect.guard = None),
    ] {
        let shown = format!("{effect:?}");
        let acks = shop.apply_all(vec![changed("todo", |todo| *todo = effect)]).await;
        assert_eq!(acks[0].outcome, Outcome::Refused, "{shown}");
        shop.books().ledger = crate::books::Ledger::default();
    }
    let broken = changed("set_hosting", |effect| effect.body = json!({ "dedicatedip": 7 }));
    assert_eq!(shop.apply_all(vec![broken]).await[0].outcome, Outcome::Failed);
}
