use domain::capacity::{Pool, Storage};
use proptest::prelude::*;

use super::*;

const GIB: u64 = 1_024;

fn storage(code: u64, max: u64, free: i64) -> Storage {
    Storage {
        code,
        name: format!("pool {code}"),
        enabled: true,
        pool: Pool { max, free },
    }
}

/// The hypervisor of the edge vectors.
fn usual() -> Hypervisor {
    Hypervisor {
        id: "1".to_owned(),
        name: "hv-1".to_owned(),
        closed: None,
        servers: None,
        memory: Some(Pool {
            max: 10_240,
            free: 10_240,
        }),
        cores: Some(Pool { max: 0, free: -12 }),
        local: Some(storage(0, 500, 400)),
        others: Vec::new(),
        ipv4_free: Some(470),
    }
}

const USUAL: Need = Need {
    memory: 1_024,
    cores: 1,
    storage: 10,
    storage_code: 0,
    ipv4: 1,
};

fn count(hypervisors: Vec<Hypervisor>, need: Need, buffer: Buffer) -> Count {
    alone(&Capacity { hypervisors }, &need, buffer).count
}

fn of_one(change: impl FnOnce(&mut Hypervisor)) -> Count {
    let mut hypervisor = usual();
    change(&mut hypervisor);
    count(vec![hypervisor], USUAL, Buffer::NONE)
}

/// Three hypervisors with a pool of type 4 and a disabled one of the same type.
fn cluster(code: u64) -> Vec<Hypervisor> {
    let of = |(number, max, free): (u64, u64, i64)| Hypervisor {
        id: number.to_string(),
        memory: Some(Pool { max, free }),
        local: None,
        others: vec![
            storage(code, 10_000, 9_000),
            Storage {
                enabled: false,
                ..storage(code, 90_000, 90_000)
            },
        ],
        ..usual()
    };
    [(1, 131_072, 47_000), (2, 65_536, 25_000), (3, 65_536, 22_000)]
        .map(of)
        .into()
}

const PACKAGES: [(u64, u64, u64, u64); 8] = [
    (1_024, 1, 20, 66),
    (2_048, 2, 40, 32),
    (4_096, 2, 80, 15),
    (8_192, 4, 160, 7),
    (16_384, 8, 320, 3),
    (32_768, 8, 640, 1),
    (2_048, 1, 200, 32),
    (4_096, 2, 400, 15),
];

#[test]
fn eight_packages_on_three_hypervisors_count_by_the_storages_type() {
    for (memory, cores, storage, expected) in PACKAGES {
        let need = Need {
            memory,
            cores,
            storage,
            storage_code: 4,
            ipv4: 1,
        };
        assert_eq!(
            count(cluster(4), need, Buffer::USUAL),
            Count::Of(expected),
            "{memory} MB"
        );
        // Compared with another number, such as a pool's own, all is sold out.
        assert_eq!(
            count(cluster(20), need, Buffer::USUAL),
            Count::NONE,
            "{memory} MB"
        );
    }
}

#[test]
fn vf_230_what_is_closed_switched_off_or_not_told_of_has_room_for_none() {
    assert_eq!(of_one(|_| ()), Count::Of(10));
    for closed in [Closed::Disabled, Closed::NotCommissioned, Closed::Prohibited] {
        assert_eq!(of_one(|hypervisor| hypervisor.closed = Some(closed)), Count::NONE);
    }
    assert_eq!(of_one(|hypervisor| hypervisor.memory = None), Count::NONE);
    assert_eq!(of_one(|hypervisor| hypervisor.cores = None), Count::NONE);
    assert_eq!(of_one(|hypervisor| hypervisor.local = None), Count::NONE);
    let switched_off = |hypervisor: &mut Hypervisor| {
        if let Some(local) = &mut hypervisor.local {
            local.enabled = false;
        }
    };
    assert_eq!(of_one(switched_off), Count::NONE);
    assert_eq!(count(Vec::new(), USUAL, Buffer::NONE), Count::NONE);
    let elsewhere = Need {
        storage_code: 4,
        ..USUAL
    };
    assert_eq!(count(vec![usual()], elsewhere, Buffer::NONE), Count::NONE);
}

#[test]
fn vf_228_a_buffer_is_kept_of_memory_cores_and_storage() {
    assert_eq!(count(vec![usual()], USUAL, Buffer::read("33.3")), Count::Of(6));
    let mut small = usual();
    small.cores = Some(Pool { max: 10, free: 6 });
    assert_eq!(count(vec![small], USUAL, Buffer::USUAL), Count::Of(5));
    let mut small = usual();
    small.local = Some(storage(0, 500, 90));
    assert_eq!(count(vec![small], USUAL, Buffer::USUAL), Count::Of(4));
}

#[test]
fn vf_232_addresses_are_of_the_whole_group_and_nobody_waits_for_what_is_not_needed() {
    let with = |free: Option<u64>| Hypervisor {
        ipv4_free: free,
        ..usual()
    };
    let two = Need { ipv4: 2, ..USUAL };
    let none = Need { ipv4: 0, ..USUAL };
    assert_eq!(
        count(vec![with(Some(6)), with(Some(6))], two, Buffer::NONE),
        Count::Of(3)
    );
    assert_eq!(count(vec![with(Some(1))], two, Buffer::NONE), Count::NONE);
    assert_eq!(count(vec![with(Some(0))], USUAL, Buffer::NONE), Count::NONE);
    assert_eq!(count(vec![with(Some(0))], none, Buffer::NONE), Count::Of(10));
    assert_eq!(count(vec![with(None)], USUAL, Buffer::NONE), Count::Of(10));
    // What only a closed hypervisor tells of is no address that can be had.
    let closed = Hypervisor {
        closed: Some(Closed::Disabled),
        ..with(Some(9))
    };
    assert_eq!(count(vec![closed, with(None)], USUAL, Buffer::NONE), Count::NONE);
}

#[test]
fn vf_229_vf_239_what_needs_nothing_is_limited_by_addresses_alone() {
    let nothing = Need {
        ipv4: 1,
        ..Need::default()
    };
    for hypervisors in [vec![usual()], vec![usual(), usual()]] {
        assert_eq!(count(hypervisors, nothing, Buffer::NONE), Count::Of(470));
    }
    for hypervisors in [vec![usual()], vec![usual(), usual()]] {
        assert_eq!(
            count(hypervisors, Need::default(), Buffer::NONE),
            Count::Unlimited
        );
    }
}

#[test]
fn a_hypervisor_that_holds_only_so_many_machines_has_room_for_no_more() {
    let full = |free| Some(Pool { max: 20, free });
    assert_eq!(of_one(|hypervisor| hypervisor.servers = full(4)), Count::Of(4));
    assert_eq!(of_one(|hypervisor| hypervisor.servers = full(-1)), Count::NONE);
    let unlimited = Some(Pool { max: 0, free: -1 });
    assert_eq!(of_one(|hypervisor| hypervisor.servers = unlimited), Count::Of(10));
}

#[test]
fn every_place_says_what_limits_it() {
    let mut crowded = usual();
    crowded.local = Some(storage(0, 500, 35));
    let closed = Hypervisor {
        closed: Some(Closed::Prohibited),
        ..usual()
    };
    let group = Capacity {
        hypervisors: vec![usual(), crowded, closed],
    };
    let shown = alone(&group, &USUAL, Buffer::NONE);
    let limits: Vec<_> = shown
        .places
        .iter()
        .map(|place| (place.count, place.limit))
        .collect();
    let expected = [
        (Count::Of(10), Some(Limit::Short(Resource::Memory))),
        (Count::Of(3), Some(Limit::Short(Resource::Storage))),
        (Count::NONE, Some(Limit::Closed(Closed::Prohibited))),
    ];
    assert_eq!(limits, expected);
    assert_eq!((shown.count, shown.addresses), (Count::Of(13), Some(470)));
    let by = BTreeMap::from([(Resource::Memory, 10), (Resource::Storage, 40)]);
    assert_eq!(shown.places[0].by, by, "cores have no limit");
}

#[test]
fn vf_231_a_disk_lies_in_one_pool_and_the_largest_fit_counts() {
    let mut hypervisor = usual();
    hypervisor.others = vec![storage(4, 500, 25), storage(4, 500, 70), storage(5, 900, 900)];
    let need = Need {
        storage_code: 4,
        ..USUAL
    };
    assert_eq!(count(vec![hypervisor], need, Buffer::NONE), Count::Of(7));
}

prop_compose! {
    fn pools()(max in 0_u64..40, free in -5_i64..40) -> Pool {
        Pool { max: max * GIB, free: free * 1_000 }
    }
}

prop_compose! {
    fn hypervisors()(
        closed in prop::option::weighted(0.2, Just(Closed::Disabled)),
        memory in prop::option::weighted(0.95, pools()),
        cores in prop::option::weighted(0.95, pools()),
        servers in prop::option::of(pools()),
        local in prop::option::of(pools()),
        others in prop::collection::vec((1_u64..3, any::<bool>(), pools()), 0..3),
        ipv4_free in prop::option::of(0_u64..100),
    ) -> Hypervisor {
        let of = |code, enabled, pool| Storage { code, name: String::new(), enabled, pool };
        Hypervisor {
            id: String::new(),
            name: String::new(),
            closed,
            servers,
            memory,
            cores,
            local: local.map(|pool| of(0, true, pool)),
            others: others.into_iter().map(|(code, enabled, pool)| of(code, enabled, pool)).collect(),
            ipv4_free,
        }
    }
}

prop_compose! {
    fn needs()(memory in 0_u64..9, cores in 0_u64..5, storage in 0_u64..9, storage_code in 0_u64..3, ipv4 in 0_u64..3) -> Need {
        Need { memory: memory * 512, cores, storage, storage_code, ipv4 }
    }
}

fn each_pool(hypervisor: &mut Hypervisor, mut change: impl FnMut(&mut Pool)) {
    let Hypervisor {
        memory,
        cores,
        servers,
        local,
        others,
        ..
    } = hypervisor;
    [memory, cores, servers]
        .into_iter()
        .flatten()
        .for_each(&mut change);
    let storages = local.iter_mut().chain(others);
    storages.for_each(|storage| change(&mut storage.pool));
}

proptest! {
    #[test]
    fn more_room_is_never_less_stock_and_more_need_or_buffer_never_more(
        group in prop::collection::vec(hypervisors(), 0..5), need in needs(), percent in 0_u32..100,
        more in 0_u64..3_000,
    ) {
        let buffer = Buffer::read(&percent.to_string());
        let now = count(group.clone(), need, buffer);
        let mut roomier = group.clone();
        for hypervisor in &mut roomier {
            each_pool(hypervisor, |pool| pool.free += i64::try_from(more).unwrap());
            hypervisor.ipv4_free = hypervisor.ipv4_free.map(|free| free + more);
        }
        prop_assert!(count(roomier, need, buffer) >= now);
        prop_assert!(count(group.clone(), need, Buffer::read(&(percent + 1).to_string())) <= now);
        for larger in [
            Need { memory: need.memory + more, ..need },
            Need { cores: need.cores + more, ..need },
            Need { storage: need.storage + more, ..need },
            Need { ipv4: need.ipv4 + more, ..need },
        ] {
            prop_assert!(count(group.clone(), larger, buffer) <= now, "{larger:?}");
        }
    }

    #[test]
    fn the_order_of_hypervisors_does_not_matter(
        group in prop::collection::vec(hypervisors(), 0..6).prop_flat_map(|group| (Just(group.clone()), Just(group).prop_shuffle())),
        need in needs(),
    ) {
        let (one, two) = group;
        prop_assert_eq!(count(one, need, Buffer::USUAL), count(two, need, Buffer::USUAL));
    }
}
