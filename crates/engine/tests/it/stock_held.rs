//! Room that is held: from a cart over an order to the machine, and let go where nothing comes of it.

use std::time::Duration;

use domain::Order;
use domain::record::OperationState;
use engine::core::Intent;
use engine::supply::{Holder, MOST_HELD, Sellable};
use sim::fault::{Fault, FaultRule};
use testkit::rig::{Rig, RigOptions, order};

use super::stock::{HOUR, cart, checked, example, holder, known, left, product, sell, selling, stock};

#[tokio::test]
async fn mx_070_of_two_carts_at_the_last_moment_one_goes_through() {
    let rig = selling(example()).await;
    known(&rig).await;
    assert_eq!(left(&rig, 6).await, Some(1));
    let (one, two) = tokio::join!(checked(&rig, "a", &[6]), checked(&rig, "b", &[6]));
    let passed = [&one, &two].iter().filter(|said| said.is_empty()).count();
    assert_eq!(passed, 1, "{one:?} {two:?}");
    let refused = one.first().or(two.first()).expect("one is refused");
    assert!(
        refused.contains("VPS 6") && refused.contains("sold out"),
        "{refused}"
    );
    // Whoever holds it may look at the cart again, and nobody else may have it for an hour.
    let (mine, other) = if one.is_empty() { ("a", "b") } else { ("b", "a") };
    assert_eq!(checked(&rig, mine, &[6]).await, Vec::<String>::new());
    rig.pass(Duration::from_secs(3_500)).await;
    assert_eq!(checked(&rig, other, &[6]).await.len(), 1);
    rig.pass(Duration::from_secs(200)).await;
    assert_eq!(checked(&rig, other, &[6]).await, Vec::<String>::new());
}

#[tokio::test]
async fn mx_070_a_cart_holds_no_more_than_it_may_and_lets_go_of_what_is_taken_out() {
    let rig = selling(example()).await;
    known(&rig).await;
    let many = vec![1; MOST_HELD + 5];
    assert_eq!(checked(&rig, "a", &many).await, Vec::<String>::new());
    assert_eq!(left(&rig, 1).await, Some(66 - MOST_HELD as u64));
    // What is not held counts all the same while its cart is judged.
    let too_many = checked(&rig, "a", &[1; 68]).await;
    assert_eq!(too_many.len(), 2, "{too_many:?}");
    assert_eq!(checked(&rig, "a", &[1]).await, Vec::<String>::new());
    assert_eq!(left(&rig, 1).await, Some(65));
    // Without a session nothing is held, and another shop's products are nobody's here.
    let nobody = Holder {
        session: None,
        owner: "address 192.0.2.7".to_owned(),
    };
    let looked = rig
        .engine
        .check_cart(rig.installation_id(), &nobody, &cart(&[1, 99]), true)
        .await;
    assert_eq!(looked.expect("it is judged"), Vec::<String>::new());
    assert_eq!(left(&rig, 1).await, Some(65));
}

#[tokio::test]
async fn mx_073_a_cart_page_knows_at_which_places_a_product_is_sold_out() {
    let usual = RigOptions::default();
    let rig = Rig::with(RigOptions {
        panel: usual.panel.with_example(9, 21),
        ..usual
    })
    .await;
    let places = |values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Some(("hypervisorId".to_owned(), values))
    };
    // Packages of the example lie on storage of type 4, which only its own group has.
    let mut spread = product(21);
    spread.settings.insert("group".to_owned(), "2".to_owned());
    spread.places = places(&["9", "2", "3", "77"]);
    sell(&rig, &spread).await;
    let shown = async || {
        let shown = rig.engine.places_sold_out(rig.installation_id(), 21).await;
        shown.expect("the store works")
    };
    assert_eq!(shown().await, Vec::<String>::new(), "nothing is known");
    rig.until("what can be known", HOUR, async |_: &Rig| {
        (shown().await.len() == 3).then_some(())
    })
    .await;
    assert_eq!(shown().await, ["2", "3", "77"]);
    let nobody = rig.engine.places_sold_out(rig.installation_id(), 99).await;
    assert_eq!(nobody.expect("the store works"), Vec::<String>::new());
}

/// An order of product 1 that the platform builds.
async fn ordered(rig: &Rig, service: u64, session: &str) {
    let of = (service, 1);
    let noted = rig
        .engine
        .note_ordered(rig.installation_id(), of, &holder(session))
        .await;
    noted.expect("the order is noted");
}

#[tokio::test]
async fn gx_006_an_order_is_counted_once_from_the_cart_to_the_machine() {
    let rig = selling(example()).await;
    known(&rig).await;
    assert_eq!(checked(&rig, "a", &[1]).await, Vec::<String>::new());
    assert_eq!(left(&rig, 1).await, Some(65));
    ordered(&rig, 501, "a").await;
    assert_eq!(left(&rig, 1).await, Some(65));
    let paid = rig.engine.note_paid(rig.installation_id(), 501).await;
    paid.expect("it is noted");
    rig.pass(HOUR + Duration::from_secs(60)).await;
    assert_eq!(
        left(&rig, 1).await,
        Some(65),
        "what is paid is held until it is built"
    );
    let building = rig
        .engine
        .note_building(rig.installation_id(), (501, 1), &order())
        .await;
    building.expect("it is noted");
    rig.ready(501).await;
    let seen = rig
        .until("the platform's own count", HOUR, async |rig: &Rig| {
            let stock = stock(rig).await;
            let group = &stock[0].groups[0];
            (group.promised == 0).then(|| stock[0].sellable.clone())
        })
        .await;
    assert_eq!(seen, Sellable::Known(65));
    // A cancelled order's room is free again, and so is an unpaid one's after its hour.
    ordered(&rig, 502, "b").await;
    ordered(&rig, 503, "c").await;
    assert_eq!(left(&rig, 1).await, Some(63));
    let dropped = rig.engine.note_dropped(rig.installation_id(), 502).await;
    dropped.expect("it is noted");
    assert_eq!(left(&rig, 1).await, Some(64));
    rig.pass(HOUR + Duration::from_secs(10)).await;
    rig.until(
        "the unpaid one's room",
        Duration::from_secs(300),
        async |rig: &Rig| (left(rig, 1).await == Some(65)).then_some(()),
    )
    .await;
}

#[tokio::test]
async fn gx_006_a_create_that_fails_gives_its_room_back() {
    let rig = selling(example()).await;
    known(&rig).await;
    let refused = Order {
        settings: [
            ("package".to_owned(), "77".to_owned()),
            ("group".to_owned(), "1".to_owned()),
        ]
        .into(),
        ..order()
    };
    let building = rig
        .engine
        .note_building(rig.installation_id(), (501, 1), &refused)
        .await;
    building.expect("it is noted");
    // Nobody knows how large that is.
    assert_eq!(left(&rig, 1).await, None);
    let create = rig.submit(rig.wish(501, Intent::Create(refused))).await;
    let ended = rig.ended(create, HOUR).await;
    assert_ne!(ended.state, OperationState::Succeeded);
    rig.until("its room", HOUR, async |rig: &Rig| {
        (left(rig, 1).await == Some(66)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_006_a_create_that_never_begins_holds_its_room_for_an_hour_and_one_under_way_for_as_long_as_it_takes()
 {
    let rig = selling(example()).await;
    known(&rig).await;
    rig.panel
        .add_fault(FaultRule::at("create_server", Fault::Locked { seconds: 7_000 }));
    for service in [501, 502] {
        let building = rig
            .engine
            .note_building(rig.installation_id(), (service, 1), &order())
            .await;
        building.expect("it is noted");
    }
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    assert_eq!(left(&rig, 1).await, Some(64));
    rig.pass(HOUR + Duration::from_secs(30)).await;
    let under_way = rig.engine.operation(create).await.expect("it exists");
    assert!(!under_way.state.is_final(), "{}", under_way.reason);
    rig.until(
        "the room of the one that did not begin",
        Duration::from_secs(300),
        async |rig: &Rig| (left(rig, 1).await == Some(65)).then_some(()),
    )
    .await;
    rig.pass(Duration::from_secs(600)).await;
    assert_eq!(left(&rig, 1).await, Some(65), "the one that began");
}
