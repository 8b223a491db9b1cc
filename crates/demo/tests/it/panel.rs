//! The control endpoint of a fake simulator.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get};
use serde_json::{Value, json};

use crate::fake::Fake;

pub fn routes() -> Router<Fake> {
    Router::new()
        .route(
            "/_sim/faults",
            get(list_faults).post(add_fault).delete(clear_faults),
        )
        .route("/_sim/faults/{id}", delete(remove_fault))
        .route("/_sim/books", get(books))
        .route("/_sim/hand", axum::routing::post(hand))
        .route("/_sim/outage", any(|| async { axum::Json(json!({})) }))
}

async fn list_faults(State(fake): State<Fake>) -> Response {
    axum::Json(fake.mind().faults.clone()).into_response()
}

async fn add_fault(State(fake): State<Fake>, axum::Json(rule): axum::Json<Value>) -> Response {
    let mut mind = fake.mind();
    let id = mind.faults.len() + 1;
    mind.faults
        .push(json!({ "id": id, "rule": rule, "matched": 0, "struck": 0 }));
    axum::Json(json!({ "id": id })).into_response()
}

async fn remove_fault(State(fake): State<Fake>, Path(id): Path<u64>) -> Response {
    fake.mind().faults.retain(|state| state["id"] != json!(id));
    axum::Json(json!({})).into_response()
}

async fn clear_faults(State(fake): State<Fake>) -> Response {
    fake.mind().faults.clear();
    axum::Json(json!({})).into_response()
}

async fn hand(State(fake): State<Fake>, axum::Json(act): axum::Json<Value>) -> Response {
    fake.mind().hands.push(act);
    axum::Json(json!({ "id": 70 })).into_response()
}

async fn books(State(fake): State<Fake>) -> Response {
    axum::Json(json!({ "totals": { "servers_created": fake.mind().machines } })).into_response()
}
