use domain::capacity::{Closed, Hypervisor, Pool, Storage};
use domain::id::InstallationId;

use super::super::SoldProduct;
use super::*;

const AT: Moment = Moment::from_seconds(1_000);

const fn pool(max: u64, free: i64) -> Pool {
    Pool { max, free }
}

fn storage(code: u64, enabled: bool, max: u64, free: i64) -> Storage {
    Storage {
        code,
        name: format!("type {code}"),
        enabled,
        pool: Pool { max, free },
    }
}

fn hypervisor(id: &str) -> Hypervisor {
    Hypervisor {
        id: id.to_owned(),
        name: format!("hv-{id}"),
        closed: None,
        servers: Some(pool(0, -1)),
        memory: Some(pool(10_240, 10_240)),
        cores: Some(pool(0, -12)),
        local: Some(storage(0, true, 500, 400)),
        others: Vec::new(),
        ipv4_free: Some(470),
    }
}

fn package(memory: u64, cores: u64, storage: u64, storage_code: u64) -> Package {
    Package {
        enabled: true,
        need: Need {
            memory,
            cores,
            storage,
            storage_code,
            ipv4: 0,
        },
    }
}

fn known(seen: Seen) -> ItemState {
    ItemState::default().read(seen, AT)
}

fn group_item(id: &str) -> StockItem {
    StockItem::Group(id.to_owned())
}

fn package_item(id: &str) -> StockItem {
    StockItem::Package(id.to_owned())
}

fn warehouse(hypervisors: Vec<Hypervisor>, package: Package) -> Warehouse {
    let mut warehouse = Warehouse::default();
    let capacity = Capacity { hypervisors };
    warehouse
        .items
        .insert(group_item("1"), known(Seen::Group(capacity)));
    warehouse
        .items
        .insert(package_item("9"), known(Seen::Package(package)));
    warehouse
}

fn demand(group: &str, ipv4: u64) -> Demand {
    Demand {
        group: Some(group.to_owned()),
        package: Some("9".to_owned()),
        ipv4,
        ..Demand::default()
    }
}

fn product(buffer: &str) -> SoldProduct {
    SoldProduct {
        settings: [("buffer".to_owned(), buffer.to_owned())].into(),
        stock_control: true,
        name: "VPS".to_owned(),
        ..SoldProduct::default()
    }
}

fn sellable(warehouse: &Warehouse, demands: &[Demand]) -> Sellable {
    counted(warehouse, "0", demands, StockRule::default()).sellable
}

fn counted(warehouse: &Warehouse, buffer: &str, demands: &[Demand], rule: StockRule) -> ProductStock {
    warehouse.stock(&Line {
        installation: "shop".parse().expect("a name"),
        product: product(buffer),
        demands: demands.to_vec(),
        rule,
        in_use: 0,
    })
}

fn held(demand: Demand) -> Reservation {
    Reservation {
        installation: "shop".parse::<InstallationId>().expect("a name"),
        product: 3,
        demand,
        holder: "cart".to_owned(),
        owner: "client 7".to_owned(),
        service: None,
        made_at: AT,
        until: None,
    }
}

/// The group of the worked example: three hypervisors with storage of type 4, and a large pool of it that is switched off.
fn example() -> Vec<Hypervisor> {
    let of = |id: &str, max, free| Hypervisor {
        memory: Some(pool(max, free)),
        local: Some(storage(0, true, 500, 500)),
        others: vec![storage(4, true, 10_000, 9_000), storage(4, false, 90_000, 90_000)],
        ..hypervisor(id)
    };
    vec![
        of("A", 131_072, 47_000),
        of("B", 65_536, 25_000),
        of("C", 65_536, 22_000),
    ]
}

#[test]
fn vf_225_the_worked_example_gives_its_eight_numbers() {
    let sizes = [
        (1_024, 1, 20, 66),
        (2_048, 2, 40, 32),
        (4_096, 2, 80, 15),
        (8_192, 4, 160, 7),
        (16_384, 8, 320, 3),
        (32_768, 8, 640, 1),
        (2_048, 1, 200, 32),
        (4_096, 2, 400, 15),
    ];
    for (memory, cores, disk, expected) in sizes {
        let known = warehouse(example(), package(memory, cores, disk, 4));
        for policy in [StockPolicy::Joint, StockPolicy::Independent] {
            let rule = StockRule { policy, cap: None };
            let stock = counted(&known, "", &[demand("1", 1)], rule);
            assert_eq!(stock.sellable, Sellable::Known(expected), "{memory} MB, {policy}");
        }
    }
}

#[test]
fn vf_225_with_storages_told_apart_by_their_ids_the_whole_fleet_would_be_sold_out() {
    let mut by_id = example();
    for (id, storage) in (20..).zip(by_id.iter_mut().flat_map(|hypervisor| &mut hypervisor.others)) {
        storage.code = id;
    }
    let known = warehouse(by_id, package(1_024, 1, 20, 4));
    assert_eq!(sellable(&known, &[demand("1", 1)]), Sellable::Known(0));
}

#[test]
fn vf_226_every_edge_of_the_arithmetic_has_its_number() {
    let small = package(1_024, 1, 10, 0);
    let one = |change: fn(&mut Hypervisor)| {
        let mut only = hypervisor("1");
        change(&mut only);
        vec![only]
    };
    let two = |free| {
        let of = |id: &str| Hypervisor {
            ipv4_free: Some(free),
            ..hypervisor(id)
        };
        vec![of("1"), of("2")]
    };
    let nothing = package(0, 0, 0, 0);
    let no_addresses = |mut all: Vec<Hypervisor>| {
        for hypervisor in &mut all {
            hypervisor.ipv4_free = None;
        }
        all
    };
    let cases: Vec<(&str, Vec<Hypervisor>, Package, u64, u64)> = vec![
        ("as it is", one(|_| ()), small, 1, 10),
        (
            "no disks",
            one(|only| only.local = Some(storage(0, false, 500, 400))),
            small,
            1,
            0,
        ),
        ("another type", one(|_| ()), package(1_024, 1, 10, 4), 1, 0),
        (
            "closed",
            one(|only| only.closed = Some(Closed::Disabled)),
            small,
            1,
            0,
        ),
        (
            "prohibited",
            one(|only| only.closed = Some(Closed::Prohibited)),
            small,
            1,
            0,
        ),
        ("addresses are shared", two(6), small, 2, 3),
        ("none is left", one(|only| only.ipv4_free = Some(0)), small, 1, 0),
        // The module before us let a product without addresses need one.
        (
            "none is needed",
            one(|only| only.ipv4_free = Some(0)),
            small,
            0,
            10,
        ),
        (
            "nobody tells of any",
            one(|only| only.ipv4_free = None),
            small,
            1,
            10,
        ),
        (
            "one is too few",
            one(|only| only.ipv4_free = Some(1)),
            small,
            2,
            0,
        ),
        ("only addresses", one(|_| ()), nothing, 1, 470),
        ("only addresses, twice", two(470), nothing, 1, 470),
        // It told nine quintillions, or nothing.
        ("no limit", no_addresses(one(|_| ())), nothing, 1, MOST_TOLD),
        ("no limit, twice", no_addresses(two(1)), nothing, 1, MOST_TOLD),
        ("no hypervisor", Vec::new(), small, 1, 0),
        (
            "no memory is told of",
            one(|only| only.memory = None),
            small,
            1,
            0,
        ),
    ];
    for (name, hypervisors, package, ipv4, expected) in cases {
        let known = warehouse(hypervisors, package);
        for policy in [StockPolicy::Joint, StockPolicy::Independent] {
            let rule = StockRule { policy, cap: None };
            let stock = counted(&known, "0", &[demand("1", ipv4)], rule);
            assert_eq!(stock.sellable, Sellable::Known(expected), "{name}, {policy}");
        }
    }
    let stock = counted(
        &warehouse(one(|_| ()), small),
        "33.3",
        &[demand("1", 1)],
        StockRule::default(),
    );
    assert_eq!(stock.sellable, Sellable::Known(6), "a buffer of 33.3 %");
}

#[test]
fn vf_234_whatever_is_unknown_makes_the_number_unknown_and_never_zero() {
    let usual = || warehouse(vec![hypervisor("1")], package(1_024, 1, 10, 0));
    let unknown = |known: &Warehouse, demands: &[Demand], why: &str| match sellable(known, demands) {
        Sellable::Unknown(said) => assert!(said.contains(why), "{said}"),
        Sellable::Known(count) => panic!("{count}, though {why}"),
    };
    for item in [group_item("1"), package_item("9")] {
        let mut failed = usual();
        let state = failed
            .items
            .remove(&item)
            .expect("it is known")
            .failed("HTTP 500".to_owned(), AT);
        failed.items.insert(item.clone(), state);
        unknown(&failed, &[demand("1", 1)], "HTTP 500");
        failed.items.remove(&item);
        unknown(&failed, &[demand("1", 1)], "not read yet");
    }
    let mut other = usual();
    other.items.insert(group_item("2"), ItemState::default());
    unknown(&other, &[demand("1", 1), demand("2", 1)], "not read yet");
    unknown(
        &usual(),
        &[Demand {
            group: None,
            ..demand("1", 1)
        }],
        "no group",
    );
    unknown(
        &usual(),
        &[Demand {
            package: None,
            ..demand("1", 1)
        }],
        "no package",
    );
    unknown(&usual(), &[], "does not tell");
}

#[test]
fn vf_235_a_package_that_is_gone_or_disabled_is_zero_and_a_group_that_is_gone_adds_nothing() {
    let mut known_all = warehouse(vec![hypervisor("1")], package(1_024, 1, 10, 0));
    let absent = known(Seen::Absent).read(Seen::Absent, AT + std::time::Duration::from_secs(60));
    known_all.items.insert(group_item("2"), absent.clone());
    assert_eq!(sellable(&known_all, &[demand("2", 1)]), Sellable::Known(0));
    assert_eq!(
        sellable(&known_all, &[demand("1", 1), demand("2", 1)]),
        Sellable::Known(10)
    );
    let disabled = Package {
        enabled: false,
        ..package(1_024, 1, 10, 0)
    };
    for state in [known(Seen::Package(disabled)), absent] {
        known_all.items.insert(package_item("9"), state);
        assert_eq!(sellable(&known_all, &[demand("1", 1)]), Sellable::Known(0));
        assert!(known_all.is_sold_out(&demand("1", 1), Buffer::NONE, StockRule::default()));
    }
}

#[test]
fn mx_071_what_is_promised_is_not_sold_again_to_any_product() {
    let mut known = warehouse(vec![hypervisor("1")], package(1_024, 1, 10, 0));
    known.items.insert(
        package_item("8"),
        self::known(Seen::Package(package(4_096, 1, 10, 0))),
    );
    let large = Demand {
        package: Some("8".to_owned()),
        ..demand("1", 1)
    };
    assert_eq!(sellable(&known, std::slice::from_ref(&large)), Sellable::Known(2));
    for (promised, small_left, large_left) in [(1, 6, 1), (2, 2, 0)] {
        known.ledger.hold(held(large.clone()));
        let stock = counted(&known, "0", &[demand("1", 1)], StockRule::default());
        assert_eq!(stock.sellable, Sellable::Known(small_left), "{promised} promised");
        assert_eq!(stock.groups[0].promised, promised);
        assert_eq!(
            sellable(&known, std::slice::from_ref(&large)),
            Sellable::Known(large_left)
        );
    }
    assert!(known.is_sold_out(&large, Buffer::NONE, StockRule::default()));
    assert!(!known.is_sold_out(&demand("1", 1), Buffer::NONE, StockRule::default()));
    let independent = StockRule {
        policy: StockPolicy::Independent,
        cap: None,
    };
    let plain = counted(&known, "0", &[demand("1", 1)], independent);
    assert_eq!(plain.sellable, Sellable::Known(10));
}

#[test]
fn a_promise_without_a_place_counts_everywhere_and_one_elsewhere_not_here() {
    let mut known = warehouse(vec![hypervisor("1")], package(1_024, 1, 10, 0));
    known.ledger.hold(held(demand("2", 1)));
    assert_eq!(sellable(&known, &[demand("1", 1)]), Sellable::Known(10));
    known.ledger.hold(held(Demand {
        group: None,
        ..demand("1", 1)
    }));
    assert_eq!(sellable(&known, &[demand("1", 1)]), Sellable::Known(9));
    // What one takes of which nobody knows the size is not known either.
    let odd = Demand {
        package: Some("77".to_owned()),
        ..demand("1", 1)
    };
    known.ledger.hold(held(odd));
    assert_eq!(sellable(&known, &[demand("1", 1)]).count(), None);
    assert!(!known.is_sold_out(&demand("1", 1), Buffer::NONE, StockRule::default()));
}

#[test]
fn what_an_operator_caps_is_never_exceeded_and_serves_where_nothing_else_is_told() {
    let known = warehouse(vec![hypervisor("1")], package(1_024, 1, 10, 0));
    let capped = |demands: &[Demand], in_use| {
        let rule = StockRule {
            cap: Some(12),
            ..StockRule::default()
        };
        let line = Line {
            product: product("0"),
            rule,
            ..line(in_use, demands.to_vec(), rule)
        };
        known.stock(&line).sellable
    };
    let here = [demand("1", 1)];
    assert_eq!(capped(&here, 0), Sellable::Known(10));
    assert_eq!(capped(&here, 5), Sellable::Known(7));
    assert_eq!(capped(&here, 13), Sellable::Known(0));
    assert_eq!(capped(&[], 5), Sellable::Known(7));
}

#[test]
fn a_number_is_explained_by_what_limits_it_on_each_hypervisor() {
    let mut closed = hypervisor("2");
    closed.closed = Some(Closed::NotCommissioned);
    let known = warehouse(vec![hypervisor("1"), closed], package(1_024, 1, 10, 0));
    let stock = counted(&known, "0", &[demand("1", 1)], StockRule::default());
    let group = &stock.groups[0];
    assert_eq!((group.observed_at, &group.trouble), (Some(AT), &None));
    let alone = group.alone.as_ref().expect("it is known");
    let limits: Vec<_> = alone
        .places
        .iter()
        .map(|place| (place.name.as_str(), place.limit))
        .collect();
    assert_eq!(
        limits,
        [
            ("hv-1", Some(stock::Limit::Short(stock::Resource::Memory))),
            ("hv-2", Some(stock::Limit::Closed(Closed::NotCommissioned))),
        ]
    );
}

fn line(number: u64, demands: Vec<Demand>, rule: StockRule) -> Line {
    Line {
        installation: "shop".parse().expect("a name"),
        product: SoldProduct {
            product: number,
            ..product("10")
        },
        demands,
        rule,
        in_use: number,
    }
}

#[test]
fn counting_all_at_once_says_what_counting_each_says_whatever_was_counted_before() {
    let mut known = warehouse(example(), package(1_024, 1, 20, 4));
    known.items.insert(
        package_item("8"),
        self::known(Seen::Package(package(8_192, 4, 160, 4))),
    );
    let second = Capacity {
        hypervisors: vec![hypervisor("1")],
    };
    known
        .items
        .insert(group_item("2"), self::known(Seen::Group(second)));
    let large = |group: &str| Demand {
        package: Some("8".to_owned()),
        ..demand(group, 1)
    };
    let independent = StockRule {
        policy: StockPolicy::Independent,
        cap: Some(30),
    };
    let usual = StockRule::default();
    let lines = [
        line(1, vec![demand("1", 1), demand("2", 1)], usual),
        line(2, vec![large("1")], usual),
        line(3, vec![large("1")], independent),
        line(4, vec![demand("3", 1)], usual),
        line(5, Vec::new(), independent),
    ];
    let mut memo = Memo::default();
    let steps: [fn(&mut Warehouse); 4] = [
        |_| (),
        |known| known.ledger.hold(held(demand("1", 1))),
        |known| {
            let only = Capacity {
                hypervisors: example().into_iter().take(1).collect(),
            };
            let state = ItemState::default().read(Seen::Group(only), AT + std::time::Duration::from_secs(9));
            known.items.insert(group_item("1"), state);
        },
        |known| {
            let state = known.items.remove(&group_item("2")).expect("it is known");
            known
                .items
                .insert(group_item("2"), state.failed("HTTP 500".to_owned(), AT));
        },
    ];
    for (number, step) in steps.into_iter().enumerate() {
        step(&mut known);
        let each: Vec<Sellable> = lines.iter().map(|line| known.stock(line).sellable).collect();
        assert_eq!(known.count_all(&lines, &mut memo), each, "step {number}");
        assert_eq!(
            known.count_all(&lines, &mut memo),
            each,
            "step {number}, from memory"
        );
    }
}
