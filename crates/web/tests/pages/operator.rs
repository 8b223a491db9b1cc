//! The operator's pages over a whole engine.

use std::time::Duration;

use crate::support::{SHORT, operator, posting, resting, text, with_machine};
use domain::machine::PowerAction;
use domain::record::{OperationState, ServiceStatus};
use engine::core::Intent;
use engine::supply::SoldProduct;
use testkit::rig::order;

const POLICY: &str = "content-security-policy";

#[tokio::test]
async fn an_operation_shows_steps_calls_facts_effects_and_audit() {
    let (rig, pages) = with_machine(501).await;
    let view = rig.view(501).await;
    let create = view
        .recent
        .iter()
        .find(|operation| operation.input.order().is_some())
        .unwrap();
    let answer = pages
        .serve(operator(None, &format!("operations/{}", create.id)))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let shown = text(&answer);
    for step in &create.steps {
        assert!(shown.contains(&step.label), "{} in {shown}", step.label);
    }
    for word in [
        "POST",
        "HTTP 20",
        "machine: known",
        "set_hosting",
        "operation.accepted",
    ] {
        assert!(shown.contains(word), "{word} in {shown}");
    }
    assert!(
        !answer.body.contains(sim::virtfusion::PanelConfig::TOKEN),
        "the credential is shown"
    );
    assert!(answer.headers[POLICY].contains("default-src 'none'"));
    assert!(!answer.headers[POLICY].contains("unsafe"));
    assert!(answer.body.starts_with("<!doctype html>"));
}

#[tokio::test]
async fn lists_lead_to_services_and_operations() {
    let (rig, pages) = with_machine(501).await;
    let service = rig.view(501).await.service;
    let found = pages.serve(operator(None, "services?q=501")).await;
    assert!(found.body.contains(&service.id.to_string()), "{}", found.body);
    let of_client = pages.serve(operator(None, "services?q=77")).await;
    assert!(of_client.body.contains(&service.id.to_string()));
    let nothing = pages.serve(operator(None, "services?q=nosuch")).await;
    assert!(text(&nothing).contains("No services."));
    let single = pages
        .serve(operator(None, &format!("services/{}", service.id)))
        .await;
    assert_eq!(single.status, 200);
    assert!(text(&single).contains("web.example.test"), "{}", text(&single));
    let all = pages.serve(operator(None, "operations?state=succeeded")).await;
    assert!(text(&all).contains("Setting up"), "{}", text(&all));
    let none = pages.serve(operator(None, "operations?state=failed")).await;
    assert!(text(&none).contains("No operations."));
    for page in [
        "overview",
        "questions",
        "effects",
        "platforms",
        "products",
        "stock",
        "names",
        "adoption",
    ] {
        let answer = pages.serve(operator(None, page)).await;
        assert_eq!(answer.status, 200, "{page}: {}", answer.body);
    }
    for missing in [
        "nothing",
        "operations/op_1",
        "services/x",
        "operations/op_0199aa00000070008000000000000000",
    ] {
        assert_eq!(
            pages.serve(operator(None, missing)).await.status,
            404,
            "{missing}"
        );
    }
}

#[tokio::test]
async fn lists_are_paged() {
    let (rig, pages) = resting().await;
    for billing_id in 1..=60 {
        rig.submit(rig.wish(billing_id, Intent::Create(order()))).await;
    }
    let first = pages.serve(operator(None, "services")).await;
    assert_eq!(first.body.matches("services&#x2f;svc_").count(), 50);
    let next = first
        .body
        .split("after=")
        .nth(1)
        .unwrap()
        .split(['"', '&'])
        .next()
        .unwrap();
    let second = pages
        .serve(operator(None, &format!("services?after={next}")))
        .await;
    assert_eq!(second.body.matches("services&#x2f;svc_").count(), 10);
    assert!(!second.body.contains("rel=\"next\""));
}

#[tokio::test]
async fn an_operator_of_one_billing_system_sees_nothing_of_another() {
    let (rig, pages) = with_machine(501).await;
    let view = rig.view(501).await;
    let other = "other".parse().unwrap();
    let own = Some(rig.installation_id());
    let service = format!("services/{}", view.service.id);
    let operation = format!("operations/{}", view.recent[0].id);
    for page in [service.as_str(), operation.as_str()] {
        assert_eq!(pages.serve(operator(own, page)).await.status, 200, "{page}");
        assert_eq!(
            pages.serve(operator(Some(&other), page)).await.status,
            404,
            "{page}"
        );
    }
    for page in [
        "overview",
        "services",
        "services?q=501",
        "operations?state=all",
        "effects?state=all",
        "questions",
    ] {
        let answer = pages.serve(operator(Some(&other), page)).await;
        for id in [
            view.service.id.to_string(),
            view.recent[0].id.to_string(),
            "Service 501".to_owned(),
        ] {
            assert!(!answer.body.contains(&id), "{page}: {id}");
        }
    }
    let posted = posting(
        operator(Some(&other), ""),
        "retry",
        &[("operation", &view.recent[0].id.to_string())],
    );
    assert_eq!(pages.serve(posted).await.status, 404);
}

#[tokio::test]
async fn administrators_without_a_listed_role_see_no_page_and_do_nothing() {
    let (rig, pages) = resting().await;
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let unlisted = |mut request: web::PageRequest| {
        request.principal = web::Principal::Admin {
            installation: Some(rig.installation_id().clone()),
            operator: false,
        };
        request
    };
    for page in ["overview", "services", "platforms"] {
        assert_eq!(
            pages.serve(unlisted(operator(None, page))).await.status,
            403,
            "{page}"
        );
    }
    let fields = [("operation", operation.to_string())];
    let fields = fields.each_ref().map(|(key, value)| (*key, value.as_str()));
    let cancel = posting(unlisted(operator(None, "")), "cancel", &fields);
    assert_eq!(pages.serve(cancel).await.status, 403);
    assert!(!rig.engine.operation(operation).await.unwrap().state.is_final());
}

#[tokio::test]
async fn an_operation_is_taken_back_by_a_button_and_only_by_post() {
    let (rig, pages) = resting().await;
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let id = operation.to_string();
    let page = pages.serve(operator(None, &format!("operations/{id}"))).await;
    assert!(text(&page).contains("Take it back"), "{}", text(&page));
    let cancel = posting(operator(None, ""), "cancel", &[("operation", &id)]);
    let mut by_get = cancel.clone();
    by_get.method = "GET".to_owned();
    assert_eq!(pages.serve(by_get).await.status, 404);
    assert!(!rig.engine.operation(operation).await.unwrap().state.is_final());
    let answer = pages.serve(cancel).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.headers["location"].ends_with(&format!("page=operations/{id}")));
    let ended = rig.engine.operation(operation).await.unwrap();
    assert_eq!(ended.state, OperationState::Cancelled);
    let audit = text(&pages.serve(operator(None, &format!("operations/{id}"))).await);
    assert!(audit.contains("admin test"), "{audit}");
}

#[tokio::test]
async fn mx_068_the_stock_page_says_why_a_number_is_what_it_is_and_reads_anew_by_a_button() {
    let (rig, pages) = with_machine(501).await;
    let settings = [("package", "1"), ("group", "1"), ("ipv4", "1")];
    let product = SoldProduct {
        version: SoldProduct::VERSION,
        product: 1,
        name: "Small & fast".to_owned(),
        module: "VirtFusionDirect".to_owned(),
        settings: settings
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        stock_control: true,
        ..SoldProduct::default()
    };
    rig.engine
        .note_product(rig.installation_id(), &product)
        .await
        .unwrap();
    let button = posting(operator(None, ""), "stock_recalculate", &[]);
    let mut by_get = button.clone();
    by_get.method = "GET".to_owned();
    assert_eq!(pages.serve(by_get).await.status, 404);
    let answer = pages.serve(button).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.headers["location"].ends_with("page=stock"));
    let page = pages.serve(operator(None, "stock")).await;
    let shown = text(&page);
    // A thousand addresses, of which the machine has one.
    for word in [
        "999",
        "There are addresses for 999",
        "hv-21",
        "memory",
        "of 65536 free",
    ] {
        assert!(shown.contains(word), "{word} in {shown}");
    }
    assert!(page.body.contains("Small &amp; fast"), "{}", page.body);
    let other = "other".parse().unwrap();
    let foreign = pages.serve(operator(Some(&other), "stock")).await;
    assert!(
        !foreign.body.contains("fast") && !foreign.body.contains("hv-1"),
        "{}",
        foreign.body
    );
}

#[tokio::test]
async fn what_the_engine_refuses_is_explained() {
    let (rig, pages) = with_machine(501).await;
    let done = rig
        .submit(rig.wish(501, Intent::Power(PowerAction::Restart)))
        .await;
    rig.ended(done, SHORT).await;
    let answer = pages
        .serve(posting(
            operator(None, ""),
            "cancel",
            &[("operation", &done.to_string())],
        ))
        .await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    assert!(text(&answer).contains("This did not work"), "{}", text(&answer));
    let answer = pages
        .serve(posting(
            operator(None, ""),
            "answer",
            &[("question", "qst_x"), ("word", "yes")],
        ))
        .await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn gx_012_the_first_screen_tells_what_was_not_read_for_a_day() {
    let (rig, pages) = with_machine(501).await;
    let told = async || text(&pages.serve(operator(None, "overview")).await);
    assert!(
        told().await.contains("Services not read for 24 h 0"),
        "{}",
        told().await
    );
    rig.clock.advance(Duration::from_hours(25));
    rig.execute("UPDATE facts SET observed_at = 0").await;
    assert!(
        told().await.contains("Services not read for 24 h 1"),
        "{}",
        told().await
    );
}

#[tokio::test]
async fn the_admin_tab_has_info_and_object_always_and_options_until_terminated() {
    let (rig, pages) = with_machine(501).await;
    let tab = |mut request: web::PageRequest| {
        request.principal = web::Principal::Admin {
            installation: Some(rig.installation_id().clone()),
            operator: false,
        };
        request.target = web::Target::new(web::TargetKind::Fragment, "admin-tab");
        request.service = Some(501);
        request
    };
    let rows = async || {
        let answer = pages.serve(tab(operator(None, ""))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str::<serde_json::Value>(&answer.body).unwrap()
    };
    let labels = |rows: &serde_json::Value| {
        let label = |row: &serde_json::Value| row["label"].as_str().unwrap().to_owned();
        rows.as_array().unwrap().iter().map(label).collect::<Vec<_>>()
    };
    let live = rows().await;
    assert_eq!(labels(&live), ["Server Info", "Server Object", "Options"]);
    let info = live[0]["html"].as_str().unwrap();
    for word in ["Hostname", "Memory", "CPU", "IPv4", "IPv6", "Storage", "Traffic"] {
        assert!(info.contains(word), "{word} in {info}");
    }
    assert!(live[1]["html"].as_str().unwrap().contains("disabled"));

    let mut wish = rig.wish(501, Intent::Terminate { window: None });
    wish.told.status = ServiceStatus::Active;
    let terminate = rig.submit(wish).await;
    rig.ended(terminate, std::time::Duration::from_mins(30)).await;
    assert_eq!(labels(&rows().await), ["Server Info", "Server Object"]);

    let mut never_seen = tab(operator(None, ""));
    never_seen.service = Some(9);
    let answer = pages.serve(never_seen).await;
    let unseen = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(labels(&unseen), ["Server Info", "Server Object"]);
}
