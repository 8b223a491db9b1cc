//! What each kind of effect does.

use super::*;
use crate::books::Link;

#[tokio::test]
async fn the_class_of_every_golden_effect_is_known_and_its_body_readable() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 16);
    for vector in vectors {
        let effect: Effect = serde_json::from_value(vector.clone()).unwrap();
        let class = match class_of(&effect.kind).unwrap() {
            Class::Row => "row",
            Class::Guarded => "guarded",
            Class::Telling => "telling",
        };
        assert_eq!(json!(class), vector["class"], "{}", effect.kind);
        Body::read(&effect.kind, &effect.body).unwrap();
    }
}

#[tokio::test]
async fn row_effects_set_state_and_leave_a_chosen_hostname_alone() {
    let shop = shop();
    let acks = shop
        .apply_all(vec![
            golden("set_hosting"),
            golden("set_link"),
            golden("set_custom_field"),
            golden("set_usage"),
            golden("todo"),
        ])
        .await;
    assert!(acks.iter().all(|ack| ack.outcome == Outcome::Applied), "{acks:?}");
    let books = shop.books();
    let service = &books.services[&501];
    assert_eq!(service.dedicatedip, "192.0.2.50");
    assert_eq!(service.assignedips, "192.0.2.51\n2001:db8::1");
    assert_eq!(service.domain, "web1.example.test");
    assert_eq!(service.username, "jane@example.test");
    assert_eq!(service.customfields["Initial Operating System"], "49");
    assert_eq!((service.usage.diskusage, service.usage.bwlimit), (1024, 0));
    assert_eq!(service.mapped_id(), Some(70));
    let Some(Link {
        generation,
        ref upstream_id,
        closed,
        ..
    }) = service.link
    else {
        panic!("no link")
    };
    assert_eq!((generation, upstream_id.as_str(), closed), (1, "70", false));
    let todo = &books.todos["qst_0199c0de00007000a000000000000001"];
    assert_eq!((todo.due.as_str(), todo.done), ("2026-11-21", false));
    assert!(todo.title.contains("501") && todo.description.contains("Two machines"));
}

#[tokio::test]
async fn stock_is_set_only_while_it_is_controlled() {
    let shop = shop();
    shop.books().shelves.get_mut(&3).unwrap().stock = None;
    assert_eq!(
        shop.apply_all(vec![golden("set_stock")]).await[0].outcome,
        Outcome::Refused
    );
    shop.books().shelves.get_mut(&3).unwrap().stock = Some(0);
    let other = changed("set_stock", |effect| effect.id = "eff_d".to_owned());
    assert_eq!(shop.apply_all(vec![other]).await[0].outcome, Outcome::Applied);
    assert_eq!(shop.books().shelves[&3].stock, Some(7));
    let since = changed("set_stock", |effect| {
        effect.id = "eff_e".to_owned();
        effect.body["after"] = json!(0);
    });
    let ordered = shop
        .books()
        .services
        .values()
        .filter(|service| service.product == 3)
        .count() as u64;
    assert!(ordered > 0);
    assert_eq!(shop.apply_all(vec![since]).await[0].outcome, Outcome::Applied);
    assert_eq!(
        shop.books().shelves[&3].stock,
        Some(7_u64.saturating_sub(ordered))
    );
}

#[tokio::test]
async fn kt_020_options_are_made_once_and_what_the_operator_made_of_them_stays() {
    let shop = shop();
    shop.apply_all(vec![golden("upsert_option")]).await;
    {
        let mut books = shop.books();
        let group = books.groups.get_mut("group").unwrap();
        group.label = "Sizes".to_owned();
        let memory = group.options.get_mut("memory").unwrap();
        memory.values.get_mut("4096").unwrap().label = "Four".to_owned();
    }
    let later = changed("upsert_option", |effect| {
        effect.id = "eff_e".to_owned();
        effect.body["options"][0]["label"] = json!("RAM");
        effect.body["options"][0]["values"][0]["label"] = json!("2 GiB");
        effect.body["options"][0]["values"][1]["label"] = json!("4 GiB");
        let more = json!({ "key": "8192", "label": "8 GB" });
        effect.body["options"][0]["values"]
            .as_array_mut()
            .unwrap()
            .push(more);
        effect.body["options"][0]["withdrawn"] = json!(["4096"]);
    });
    shop.apply_all(vec![later]).await;
    let books = shop.books();
    let group = &books.groups["group"];
    assert_eq!((group.label.as_str(), group.products.len()), ("Sizes", 1));
    let memory = &group.options["memory"];
    assert_eq!(
        (memory.label.as_str(), memory.option_type.as_str()),
        ("Memory", "dropdown")
    );
    let shown = |key: &str| (memory.values[key].label.as_str(), memory.values[key].hidden);
    assert_eq!(shown("2048"), ("2 GiB", false), "nobody but us has named it");
    assert_eq!(shown("4096"), ("Four", true));
    assert_eq!(shown("8192"), ("8 GB", true));
    assert_eq!(memory.values["8192"].price, "0.00");
}

#[tokio::test]
async fn log_lines_tickets_and_hooks_are_recorded_and_secrets_masked() {
    let shop = shop();
    let call = changed("log_module_call", |effect| {
        effect.body["request"] = json!("token the-panel-token");
    });
    let acks = shop
        .apply_all(vec![call, golden("run_hook"), golden("open_ticket")])
        .await;
    assert!(acks.iter().all(|ack| ack.outcome == Outcome::Applied), "{acks:?}");
    let books = shop.books();
    let line = &books.module_log[0];
    assert_eq!((line.service, line.action.as_str()), (Some(501), "CreateAccount"));
    assert_eq!(
        (line.request.as_str(), line.response.as_str()),
        ("token *****", "201")
    );
    assert_eq!(line.processed, "linked 70");
    assert_eq!(books.hooks, [(Some(501), "HostlerServiceReady".to_owned())]);
    assert_eq!(
        (books.tickets[0].client, books.tickets[0].priority.as_str()),
        (Some(77), "Low")
    );
    assert_eq!(
        (
            books.tickets[0].subject.as_str(),
            books.tickets[0].message.as_str()
        ),
        ("Your server is ready", "It is.")
    );
}

#[tokio::test]
async fn a_password_that_cannot_be_redeemed_is_a_failure_that_may_be_tried_again() {
    let shop = shop();
    let acks = shop.apply_all(vec![golden("set_password")]).await;
    assert_eq!(acks[0].outcome, Outcome::Failed);
    assert!(acks[0].reason.contains("not reachable"), "{}", acks[0].reason);
    assert!(shop.books().services[&501].password.is_none());
}
