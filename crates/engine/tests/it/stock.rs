//! Numbers that tell the truth: from a panel's room to what the billing system is told, with carts, orders and machines
//! in between, and a panel that answers in every way but the right one.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use domain::Clock;
use domain::record::{EffectBody, OperationState};
use engine::core::Intent;
use engine::supply::{CartLine, Holder, ProductStock, SoldProduct};
use sim::fault::{Fault, FaultRule};
use sim::platform::{Outage, Platform};
use sim::virtfusion::PanelConfig;
use testkit::rig::{Rig, RigOptions, order};

pub const HOUR: Duration = Duration::from_secs(3_600);

const NUMBERS: [u64; 8] = [66, 32, 15, 7, 3, 1, 32, 15];

/// The worked example alone: group 1, packages 1 to 8.
pub fn example() -> PanelConfig {
    PanelConfig {
        groups: Vec::new(),
        packages: Vec::new(),
        build: Duration::from_secs(30),
        ..PanelConfig::default()
    }
    .with_example(1, 1)
}

pub fn product(number: u64) -> SoldProduct {
    let settings = [
        ("package", number.to_string()),
        ("group", "1".to_owned()),
        ("ipv4", "1".to_owned()),
    ];
    SoldProduct {
        version: SoldProduct::VERSION,
        product: number,
        name: format!("VPS {number}"),
        module: "VirtFusionDirect".to_owned(),
        settings: settings.map(|(key, value)| (key.to_owned(), value)).into(),
        places: None,
        servers: Vec::new(),
        stock_control: true,
        qty: 5,
    }
}

pub async fn selling(panel: PanelConfig) -> Rig {
    selling_as(panel, product).await
}

/// An engine that begins when all eight products are known.
async fn selling_as(panel: PanelConfig, product: fn(u64) -> SoldProduct) -> Rig {
    let mut rig = Rig::with(RigOptions {
        panel,
        running: false,
        ..RigOptions::default()
    })
    .await;
    for number in 1..=8 {
        sell(&rig, &product(number)).await;
    }
    rig.run();
    rig
}

pub async fn sell(rig: &Rig, product: &SoldProduct) {
    let noted = rig.engine.note_product(rig.installation_id(), product).await;
    noted.expect("the product is kept");
}

pub async fn stock(rig: &Rig) -> Vec<ProductStock> {
    let stock = rig.engine.stock(rig.installation_id()).await;
    stock.expect("the stock can be read")
}

pub async fn left(rig: &Rig, number: u64) -> Option<u64> {
    let all = stock(rig).await;
    let own = all.iter().find(|stock| stock.product == number);
    own.expect("it is sold").sellable.count()
}

async fn numbers(rig: &Rig) -> Vec<Option<u64>> {
    stock(rig)
        .await
        .iter()
        .map(|stock| stock.sellable.count())
        .collect()
}

pub async fn known(rig: &Rig) {
    rig.until("all numbers", HOUR, async |rig: &Rig| {
        let all = numbers(rig).await;
        (all.len() == 8 && all.iter().all(Option::is_some)).then_some(())
    })
    .await;
}

/// What the billing system is told of stock, the last word of each product.
async fn told(rig: &Rig) -> BTreeMap<u64, (u64, u64, u64)> {
    let bodies = rig.told().await.into_iter();
    bodies
        .filter_map(|body| match body {
            EffectBody::SetStock {
                product_id,
                qty,
                after,
                counted,
            } => Some((product_id, (qty, after, counted))),
            _ => None,
        })
        .collect()
}

/// The same, once all eight products were told of.
async fn all_told(rig: &Rig) -> BTreeMap<u64, (u64, u64, u64)> {
    told_of(rig, 8).await
}

/// The same, once so many were.
async fn told_of(rig: &Rig, products: usize) -> BTreeMap<u64, (u64, u64, u64)> {
    let all = Mutex::new(BTreeMap::new());
    rig.until("the numbers", HOUR, async |rig: &Rig| {
        let some = told(rig).await;
        let mut all = all.lock().expect("nobody panics while holding it");
        all.extend(some);
        (all.len() >= products).then_some(())
    })
    .await;
    all.into_inner().expect("nobody panics while holding it")
}

fn readings(rig: &Rig) -> usize {
    let calls = rig.panel.calls();
    calls
        .iter()
        .filter(|call| call.endpoint == "group_resources")
        .count()
}

pub fn cart(numbers: &[u64]) -> Vec<CartLine> {
    let line = |product: &u64| CartLine {
        product: *product,
        options: BTreeMap::new(),
    };
    numbers.iter().map(line).collect()
}

pub fn holder(session: &str) -> Holder {
    Holder {
        session: Some(session.to_owned()),
        owner: format!("client of {session}"),
    }
}

pub async fn checked(rig: &Rig, session: &str, numbers: &[u64]) -> Vec<String> {
    let checked = rig
        .engine
        .check_cart(rig.installation_id(), &holder(session), &cart(numbers), true)
        .await;
    checked.expect("the cart is judged")
}

#[tokio::test]
async fn vf_225_mx_068_the_worked_example_reaches_the_billing_system_with_few_calls() {
    let rig = selling(example()).await;
    known(&rig).await;
    assert_eq!(numbers(&rig).await, NUMBERS.map(Some));
    let calls = rig.panel.calls();
    let of_stock = calls
        .iter()
        .filter(|call| matches!(call.endpoint, "group_resources" | "get_package"));
    assert!(of_stock.count() <= 9, "eight packages and one group, each once");
    let told = all_told(&rig).await;
    assert_eq!(told.values().map(|(qty, ..)| *qty).collect::<Vec<_>>(), NUMBERS);
    // What is as it was is not told again.
    rig.pass(Duration::from_secs(120)).await;
    assert_eq!(self::told(&rig).await, BTreeMap::new());
}

#[tokio::test]
async fn vf_224_a_product_whose_stock_is_not_counted_is_never_touched() {
    let rig = selling_as(example(), |number| SoldProduct {
        stock_control: number != 3,
        ..product(number)
    })
    .await;
    known(&rig).await;
    let mut told = told_of(&rig, 7).await;
    rig.pass(Duration::from_secs(60)).await;
    told.extend(self::told(&rig).await);
    assert_eq!(told.keys().copied().collect::<Vec<_>>(), [1, 2, 4, 5, 6, 7, 8]);
    // It is sold out to nobody, but what is ordered of it takes its room.
    assert_eq!(checked(&rig, "a", &[3]).await, Vec::<String>::new());
    assert_eq!(left(&rig, 6).await, Some(0));
}

#[tokio::test]
async fn vf_224_a_number_that_somebody_changed_in_the_shop_is_told_again() {
    let rig = selling(example()).await;
    known(&rig).await;
    assert_eq!(all_told(&rig).await.len(), 8);
    let shown = |qty| SoldProduct { qty, ..product(3) };
    sell(&rig, &shown(15)).await;
    rig.pass(Duration::from_secs(30)).await;
    assert_eq!(told(&rig).await, BTreeMap::new(), "it shows what it was told");
    sell(&rig, &shown(1_000)).await;
    let again = rig
        .until("the number", HOUR, async |rig: &Rig| {
            let told = told(rig).await;
            (!told.is_empty()).then_some(told)
        })
        .await;
    assert_eq!(again, [(3, (15, 0, 0))].into());
}

#[tokio::test]
async fn vf_234_mx_069_a_panel_that_fails_in_any_way_changes_no_number_and_raises_one_alarm() {
    let faults = [
        Fault::Refused,
        Fault::TimeoutBefore,
        Fault::ResetMidBody,
        Fault::TruncatedBody,
        Fault::TruncatedJson,
        Fault::InvalidJson,
        Fault::HtmlAnswer,
        Fault::ErrorBefore {
            status: 500,
            html: false,
        },
        Fault::ErrorBefore {
            status: 503,
            html: true,
        },
        Fault::WrongSuccess {
            status: 204,
            effect: true,
        },
        Fault::Conflict,
        Fault::Locked { seconds: 7_200 },
    ];
    let rig = selling(example()).await;
    known(&rig).await;
    assert_eq!(all_told(&rig).await.len(), 8);
    for fault in faults {
        let name = format!("{fault:?}");
        let rule = rig.panel.add_fault(FaultRule::at("group_resources", fault));
        rig.clock.advance(HOUR * 2);
        rig.until(&name, HOUR, async |rig: &Rig| {
            numbers(rig).await.iter().all(Option::is_none).then_some(())
        })
        .await;
        for stock in stock(&rig).await {
            let group = &stock.groups[0];
            assert!(
                group.observed_at.is_some() && group.trouble.is_some(),
                "{name}: {group:?}"
            );
        }
        assert_eq!(told(&rig).await, BTreeMap::new(), "{name}");
        rig.panel.remove_fault(rule);
        known(&rig).await;
    }
    assert_eq!(told(&rig).await, BTreeMap::new(), "they are as they were");

    let down = rig.clock.now();
    rig.panel.set_outage(Some((Outage::Refused, down + HOUR * 24)));
    // In small steps: a clock that leaps makes every duty late, which is another alarm.
    rig.until("the alarm", HOUR * 4, async |rig: &Rig| {
        let alarms = rig.engine.store().alarms().await.expect("alarms can be read");
        let mut texts = alarms.iter().map(|alarm| &alarm.text);
        texts.any(|text| text.contains("group 1")).then_some(())
    })
    .await;
    rig.pass(Duration::from_secs(600)).await;
    let alarms = rig.engine.store().alarms().await.expect("alarms can be read");
    let of_stock = alarms.iter().filter(|alarm| alarm.text.contains("group 1"));
    assert_eq!(of_stock.count(), 1, "{alarms:?}");
    rig.panel.set_outage(None);
    rig.until("its end", HOUR, async |rig: &Rig| {
        (!rig.is_raised("duty:stock").await).then_some(())
    })
    .await;
}

#[tokio::test]
async fn vf_235_a_group_that_is_missing_once_changes_nothing_and_twice_is_no_room() {
    let rig = selling(example()).await;
    known(&rig).await;
    all_told(&rig).await;
    rig.panel
        .add_fault(FaultRule::at("group_resources", Fault::TrueNotFound));
    rig.clock.advance(HOUR * 2);
    // With a clock that stands, so that there can be no second look.
    rig.at_once("the first look", async |rig: &Rig| {
        left(rig, 1).await.is_none().then_some(())
    })
    .await;
    // What a clock that leaps makes late is told besides.
    let waiting = rig.engine.effects(rig.installation_id(), None, 50).await;
    let mut waiting = waiting.expect("effects can be read").into_iter();
    assert!(waiting.all(|effect| !matches!(effect.body, EffectBody::SetStock { .. })));
    rig.until("the second look", HOUR, async |rig: &Rig| {
        (left(rig, 1).await == Some(0)).then_some(())
    })
    .await;
    let told = all_told(&rig).await;
    assert!(told.values().all(|(qty, ..)| *qty == 0), "{told:?}");
}

#[tokio::test]
async fn vf_172_every_machine_that_comes_or_goes_is_seen_and_a_burst_is_read_few_times() {
    let rig = selling(example()).await;
    known(&rig).await;
    rig.allow_destructive(100).await;
    let before = readings(&rig);
    let began = rig.clock.now();
    for service in 501..506 {
        rig.ready(service).await;
    }
    rig.until("all five", HOUR, async |rig: &Rig| {
        (left(rig, 1).await == Some(61)).then_some(())
    })
    .await;
    let took = rig.clock.now().since(began).as_secs();
    let most = usize::try_from(took / 30).expect("a small number") + 2;
    assert!(
        readings(&rig) - before <= most,
        "{} in {took} s",
        readings(&rig) - before
    );
    let end = rig
        .submit(rig.wish(503, Intent::Terminate { window: None }))
        .await;
    assert_eq!(rig.ended(end, HOUR).await.state, OperationState::Succeeded);
    rig.until("the room of the one", HOUR, async |rig: &Rig| {
        (left(rig, 1).await == Some(62)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_machine_that_gets_other_resources_is_seen_too() {
    let rig = selling(example()).await;
    rig.ready(501).await;
    rig.until("it", HOUR, async |rig: &Rig| {
        (left(rig, 1).await == Some(65)).then_some(())
    })
    .await;
    let mut larger = order();
    larger.settings.insert("package".to_owned(), "4".to_owned());
    let change = rig.submit(rig.wish(501, Intent::ChangePackage(larger))).await;
    assert_eq!(rig.ended(change, HOUR).await.state, OperationState::Succeeded);
    // Seven GB more.
    rig.until("its size", Duration::from_secs(300), async |rig: &Rig| {
        (left(rig, 1).await? < 65).then_some(())
    })
    .await;
}

#[tokio::test]
async fn vf_172_what_happened_right_before_a_crash_is_not_lost() {
    let mut rig = selling(example()).await;
    known(&rig).await;
    rig.ready(501).await;
    rig.restart().await;
    rig.until("it", HOUR, async |rig: &Rig| {
        (left(rig, 1).await == Some(65)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn vf_161_who_asks_for_it_has_what_is_old_read_and_the_rest_left_alone() {
    let rig = selling(example()).await;
    known(&rig).await;
    let again = async || {
        let asked = rig.engine.recalculate_stock(rig.installation_id()).await;
        asked.expect("the store works")
    };
    // What was read at the start is read once more a minute later, and then not for two hours.
    rig.pass(Duration::from_secs(100)).await;
    let before = readings(&rig);
    again().await;
    assert_eq!(readings(&rig), before, "it is younger than two minutes");
    rig.clock.advance(Duration::from_secs(120));
    let all = again().await;
    assert_eq!(readings(&rig), before + 1);
    let shown: Vec<_> = all.iter().map(|stock| stock.sellable.count()).collect();
    assert_eq!(shown, NUMBERS.map(Some));
}

#[tokio::test]
async fn gx_006_a_number_accounts_for_the_services_that_were_known_when_it_was_computed() {
    let rig = selling(example()).await;
    known(&rig).await;
    assert_eq!(all_told(&rig).await.get(&1), Some(&(66, 0, 0)));
    rig.ready(501).await;
    rig.ready(502).await;
    let told = rig
        .until("both", HOUR, async |rig: &Rig| {
            let told = told(rig).await;
            told.get(&1).filter(|(qty, ..)| *qty == 64).copied()
        })
        .await;
    // Two services are behind 2, the last 500 ids that may have been ordered meanwhile.
    assert_eq!(told, (64, 2, 2));
}
