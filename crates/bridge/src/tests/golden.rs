//! Every golden message is understood.

use http::StatusCode;
use serde_json::Value;

use super::rig::{Door, Rig};

async fn send_all(file: &str, path: &str) {
    let rig = Rig::start().await;
    answers_all(&rig, file, path).await;
}

async fn answers_all(rig: &Door, file: &str, path: &str) {
    let vectors: Value = serde_json::from_str(file).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 9, "the vectors were cut");
    for vector in vectors {
        let (status, answer) = rig.post(path, &vector["request"]).await;
        assert_eq!(status, StatusCode::OK, "{}: {answer}", vector["name"]);
        let fields: Vec<&String> = vector["answer"].as_object().unwrap().keys().collect();
        for field in fields
            .into_iter()
            .filter(|field| *field != "data" && *field != "operation")
        {
            assert!(answer.get(field).is_some(), "{} has no {field}", vector["name"]);
        }
    }
}

#[tokio::test]
async fn every_golden_call_is_answered() {
    send_all(
        include_str!("../../../../tests/vectors/calls.json"),
        "/bridge/v1/call",
    )
    .await;
}

#[tokio::test]
async fn every_golden_call_of_katapult_is_answered() {
    let rig = super::katapult::Rig::start().await;
    let file = include_str!("../../../../tests/vectors/katapult.json");
    answers_all(&rig, file, "/bridge/v1/call").await;
}

#[tokio::test]
async fn every_golden_event_is_heard() {
    send_all(
        include_str!("../../../../tests/vectors/events.json"),
        "/bridge/v1/event",
    )
    .await;
}

#[tokio::test]
async fn every_golden_page_is_answered() {
    send_all(
        include_str!("../../../../tests/vectors/pages.json"),
        "/bridge/v1/page",
    )
    .await;
}

#[tokio::test]
async fn golden_refusals_of_actions_have_the_golden_status_and_words() {
    let rig = Rig::start().await;
    let vectors: Value = serde_json::from_str(include_str!("../../../../tests/vectors/pages.json")).unwrap();
    let refused = vectors["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|vector| vector["answer"]["status"] != 200);
    let mut seen = 0;
    for vector in refused {
        let (_, answer) = rig.post("/bridge/v1/page", &vector["request"]).await;
        assert_eq!(answer["status"], vector["answer"]["status"], "{}", vector["name"]);
        assert_eq!(
            answer["headers"], vector["answer"]["headers"],
            "{}",
            vector["name"]
        );
        let body = |value: &Value| serde_json::from_str::<Value>(value["body"].as_str().unwrap()).unwrap();
        assert_eq!(body(&answer), body(&vector["answer"]), "{}", vector["name"]);
        seen += 1;
    }
    assert!(seen >= 4);
}
