//! What stock is counted from: documents by the beginning of their names, replaced where they are still what they were,
//! services by product, and links that came and went.

use std::time::Duration;

use domain::Change;
use domain::record::ServiceStatus;

use super::Bench;
use crate::{PageRequest, Replacement};

#[tokio::test]
async fn documents_are_listed_by_the_beginning_of_their_names_page_by_page() {
    let bench = Bench::new().await;
    let store = bench.store();
    for (name, value) in [
        ("stock_item:a:1", "one"),
        ("stock_item:a:2", "two"),
        ("stock_item:a:3", "three"),
        // An underscore is no pattern, capitals are others, and what only begins like it is another's.
        ("stockXitem:a:4", "no"),
        ("STOCK_ITEM:a:5", "no"),
        ("stock_item:ab", "no"),
    ] {
        store.set_meta(name, value).await.unwrap();
    }
    let mut page = PageRequest::first(2);
    let mut all = Vec::new();
    loop {
        let found = store.metas("stock_item:a:", &page).await.unwrap();
        assert!(found.items.len() <= 2);
        all.extend(found.items.into_iter().map(|(_, value)| value));
        match found.next {
            Some(next) => page = PageRequest::after(next, 2),
            None => break,
        }
    }
    assert_eq!(all, ["one", "two", "three"]);
    assert!(
        store
            .metas("nothing", &PageRequest::first(2))
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

#[tokio::test]
async fn a_document_is_replaced_only_where_it_is_still_what_it_was() {
    let bench = Bench::new().await;
    let store = bench.store();
    let replace = async |former: Option<&str>, text: &str| {
        let value = Replacement {
            name: "book".to_owned(),
            former: former.map(ToOwned::to_owned),
            text: text.to_owned(),
        };
        store.replace_meta(&value).await.unwrap()
    };
    assert!(!replace(Some("one"), "two").await, "there is none");
    assert!(replace(None, "one").await);
    assert!(!replace(None, "two").await, "there is one");
    assert!(!replace(Some("other"), "two").await);
    assert!(replace(Some("one"), "two").await);
    assert_eq!(store.meta("book").await.unwrap().as_deref(), Some("two"));
}

#[tokio::test]
async fn services_are_counted_by_product_from_an_id_on() {
    let bench = Bench::new().await;
    let store = bench.store();
    let id = bench.installation.id.clone();
    assert_eq!(store.last_billing_id(&id).await.unwrap(), 0);
    for (billing_id, product, status) in [
        (501, 3, ServiceStatus::Active),
        (502, 3, ServiceStatus::Terminated),
        (503, 4, ServiceStatus::Suspended),
        (504, 3, ServiceStatus::Pending),
        (505, 4, ServiceStatus::Fraud),
    ] {
        let mut service = bench.service(billing_id);
        (service.product_id, service.status) = (product, status);
        bench.apply(vec![Change::InsertService(service)]).await.unwrap();
    }
    assert_eq!(store.last_billing_id(&id).await.unwrap(), 505);
    let all = store.count_by_product(&id, 0).await.unwrap();
    assert_eq!(all, [(3, (3, 2)), (4, (2, 1))].into());
    let late = store.count_by_product(&id, 503).await.unwrap();
    assert_eq!(late, [(3, (1, 1)), (4, (1, 0))].into());
    assert!(store.count_by_product(&id, 505).await.unwrap().is_empty());
    let other = "other".parse().unwrap();
    assert!(store.count_by_product(&other, 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn links_that_came_or_went_are_found_by_when_they_did() {
    let bench = Bench::new().await;
    let store = bench.store();
    let service = bench.stored_service(501).await;
    let mut link = bench.link(&service, "70");
    let opened = bench.now();
    bench.apply(vec![Change::PutLink(link.clone())]).await.unwrap();
    let relinked = async |since| {
        let found = store.relinked(bench.platform.id, since, 10).await.unwrap();
        found.into_iter().map(|(_, at)| at).collect::<Vec<_>>()
    };
    assert_eq!(relinked(opened).await, [opened]);
    let later = opened + Duration::from_secs(1);
    assert!(relinked(later).await.is_empty());
    bench.pass(Duration::from_secs(60));
    link.closed_at = Some(bench.now());
    link.close_reason = Some("it is gone".to_owned());
    bench.apply(vec![Change::PutLink(link)]).await.unwrap();
    assert_eq!(relinked(later).await, [bench.now()]);
    assert!(relinked(bench.now() + Duration::from_secs(1)).await.is_empty());
}
