//! What decisions are made from.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::record::{
    Attachment, CallState, FORMAT_VERSION, LinkRole, OperationKind, OperationState, Product, ProductPolicy,
    Relation,
};
use domain::{Actor, Change, Fence};
use sea_orm::{ConnectionTrait, EntityTrait};

use super::Bench;
use crate::Room;

#[tokio::test]
async fn a_case_holds_the_open_neighbours_and_the_calls_that_are_on_their_way() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let operation = bench.stored_operation(&service, 2).await;
    let earlier = bench.stored_operation(&service, 1).await;
    let mut done = bench.operation(&service, 3);
    done.state = OperationState::Succeeded;
    let sending = bench.call(&operation, CallState::Sending);
    bench
        .apply(vec![
            Change::InsertOperation(done.clone()),
            Change::PutCall(sending.clone()),
            Change::PutCall(bench.call(&operation, CallState::Answered)),
            Change::PutCall(bench.call(&earlier, CallState::Sending)),
        ])
        .await
        .unwrap();
    let case = bench.store().case(operation.id).await.unwrap().unwrap();
    assert_eq!(case.others, std::slice::from_ref(&earlier));
    assert_eq!(case.sending, [sending]);
    assert_eq!(case.service.version, 4);
    let view = bench
        .store()
        .service_view(&bench.installation.id, 1)
        .await
        .unwrap()
        .unwrap();
    let sequences: Vec<i64> = view.recent.iter().map(|operation| operation.sequence).collect();
    assert_eq!(sequences, [3, 2, 1]);
    assert_eq!(view.open, [earlier, operation]);
    assert_eq!(
        bench
            .store()
            .service_view(&bench.installation.id, 2)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        bench.store().case(bench.operation(&service, 9).id).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_case_knows_the_clients_other_machines_on_the_platform() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let operation = bench.stored_operation(&service, 1).await;
    let sibling = bench.stored_service(2).await;
    let mut mapped = bench.service(3);
    mapped.mapped_id = Some("30".to_owned());
    let mut stranger = bench.service(4);
    stranger.client_id = 8;
    let mut closed = bench.link(&sibling, "21");
    closed.closed_at = Some(bench.now());
    let mut key = bench.link(&sibling, "22");
    key.role = LinkRole::Attached;
    bench
        .apply(vec![
            Change::InsertService(mapped),
            Change::InsertService(stranger.clone()),
            Change::PutLink(bench.link(&sibling, "20")),
            Change::PutLink(closed),
            Change::PutLink(key),
            Change::PutLink(bench.link(&stranger, "40")),
        ])
        .await
        .unwrap();
    let case = bench.store().case(operation.id).await.unwrap().unwrap();
    assert_eq!(case.linked, BTreeSet::from(["20".to_owned(), "30".to_owned()]));
    assert_eq!(case.link, None);
}

#[tokio::test]
async fn a_case_holds_what_the_operator_decided() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let operation = bench.stored_operation(&service, 1).await;
    let case = bench.store().case(operation.id).await.unwrap().unwrap();
    assert_eq!(case.policy, ProductPolicy::default());
    assert_eq!(case.attachment, None);
    let policy = ProductPolicy {
        undo_minutes: 60,
        ..ProductPolicy::default()
    };
    let attachment = Attachment {
        installation: bench.installation.id.clone(),
        server_id: 5,
        platform: bench.platform.id,
        relation: Relation::Text,
    };
    let root = Actor::host("root");
    bench.store().attach(&attachment, &root).await.unwrap();
    let product = Product {
        installation: bench.installation.id.clone(),
        product_id: service.product_id,
        policy: policy.clone(),
    };
    bench.store().set_product_policy(&product, &root).await.unwrap();
    let case = bench.store().case(operation.id).await.unwrap().unwrap();
    assert_eq!(case.policy, policy);
    assert_eq!(case.attachment, Some(attachment.clone()));
    let placement = bench.store().placement(&bench.installation.id, 5).await.unwrap();
    assert_eq!(placement, Some((bench.platform.clone(), attachment)));
    assert_eq!(
        bench.store().placement(&bench.installation.id, 6).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn an_operation_of_a_later_format_loads_and_keeps_its_documents() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let operation = bench.stored_operation(&service, 1).await;
    let later = FORMAT_VERSION + 1;
    let documents = r#"{"kind":"teleport","where":"moon"}"#;
    bench
        .store()
        .db()
        .execute_unprepared(&format!(
            "UPDATE operations SET format = {later}, kind = 'teleport', input = '{documents}', steps = '[{{\"x\":1}}]'"
        ))
        .await
        .unwrap();
    let case = bench.store().case(operation.id).await.unwrap().unwrap();
    assert_eq!(case.unknown_version, Some(later));
    assert!(case.operation.steps.is_empty());
    assert!(
        case.operation.kind.changes(),
        "nothing may run beside what is not understood"
    );

    let worker = bench.worker();
    let lease = bench
        .store()
        .claim(worker, bench.now(), Duration::from_mins(1), &Room::of(1))
        .await
        .unwrap()[0]
        .lease;
    let mut asked = case.operation;
    asked.state = OperationState::Asking;
    asked.kind = OperationKind::Refresh;
    asked.lease = None;
    bench
        .apply_fenced(
            Fence::lease(operation.id, worker, lease.until),
            vec![Change::PutOperation(asked)],
        )
        .await
        .unwrap();
    let row = crate::entity::operation::Entity::find_by_id(operation.id.to_string());
    let row = row.one(bench.store().db()).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.kind.as_str()), ("asking", "teleport"));
    assert_eq!((row.input.as_str(), row.format), (documents, i64::from(later)));
}

#[tokio::test]
async fn a_damaged_row_is_named_and_not_guessed() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let operation = bench.stored_operation(&service, 1).await;
    bench
        .store()
        .db()
        .execute_unprepared("UPDATE operations SET steps = '{broken'")
        .await
        .unwrap();
    let error = bench.store().case(operation.id).await.unwrap_err().to_string();
    assert!(
        error.contains(&operation.id.to_string()) && error.contains("steps"),
        "{error}"
    );
}
