use std::collections::BTreeSet;

use domain::capacity::{Hypervisor, Pool, Storage};
use proptest::prelude::*;

use super::*;
use crate::alone;

const fn limited(free: i64) -> Pool {
    Pool { max: 1_000, free }
}

fn hypervisor(memory: i64, disk: i64) -> Hypervisor {
    Hypervisor {
        id: String::new(),
        name: String::new(),
        closed: None,
        servers: None,
        memory: Some(limited(memory)),
        cores: Some(Pool { max: 0, free: 0 }),
        local: Some(Storage {
            code: 0,
            name: String::new(),
            enabled: true,
            pool: limited(disk),
        }),
        others: Vec::new(),
        ipv4_free: None,
    }
}

const fn need(memory: u64, storage: u64) -> Need {
    Need {
        memory,
        cores: 1,
        storage,
        storage_code: 0,
        ipv4: 1,
    }
}

fn group(hypervisors: impl Into<Vec<Hypervisor>>) -> Capacity {
    Capacity {
        hypervisors: hypervisors.into(),
    }
}

fn left(group: &Capacity, claims: &[(Need, u64)], of: Need) -> Count {
    let claims = claims.iter().map(|(need, count)| Claim {
        need: *need,
        count: *count,
    });
    Together::new(group, Buffer::NONE, claims).left(&of)
}

#[test]
fn without_promises_there_is_what_there_is_alone() {
    let group = group([hypervisor(100, 100), hypervisor(55, 900)]);
    for of in [need(10, 10), need(40, 1), need(1, 60), need(200, 1)] {
        assert_eq!(
            left(&group, &[], of),
            alone(&group, &of, Buffer::NONE).count,
            "{of:?}"
        );
    }
}

#[test]
fn a_promise_of_the_same_kind_takes_one_of_it() {
    let group = group([hypervisor(100, 900), hypervisor(55, 900)]);
    assert_eq!(left(&group, &[(need(10, 10), 4)], need(10, 10)), Count::Of(11));
    assert_eq!(left(&group, &[(need(10, 10), 20)], need(10, 10)), Count::NONE);
}

#[test]
fn a_large_promise_takes_as_many_small_ones_as_it_holds() {
    let group = group([hypervisor(100, 900), hypervisor(100, 900)]);
    assert_eq!(left(&group, &[(need(10, 10), 13)], need(40, 10)), Count::NONE);
    assert_eq!(left(&group, &[(need(10, 10), 12)], need(40, 10)), Count::Of(1));
    assert_eq!(left(&group, &[(need(40, 10), 1)], need(10, 10)), Count::Of(12));
}

#[test]
fn small_promises_take_large_ones_at_worst_one_of_each_hypervisor() {
    let group = group([hypervisor(100, 900), hypervisor(100, 900), hypervisor(100, 900)]);
    assert_eq!(left(&group, &[(need(1, 1), 2)], need(50, 10)), Count::Of(4));
    assert_eq!(left(&group, &[(need(1, 1), 40)], need(50, 10)), Count::Of(3));
}

#[test]
fn what_would_take_the_place_of_a_promise_is_not_promised() {
    let one = group([hypervisor(100, 900)]);
    assert_eq!(left(&one, &[(need(100, 10), 1)], need(1, 1)), Count::NONE);
    assert_eq!(left(&one, &[(need(90, 10), 1)], need(1, 1)), Count::Of(10));
    // What lies elsewhere takes nothing of it.
    let mut two_storages = hypervisor(0, 100);
    two_storages.memory = Some(Pool { max: 0, free: 0 });
    two_storages.others = vec![Storage {
        code: 4,
        name: String::new(),
        enabled: true,
        pool: Pool { max: 1_000, free: 50 },
    }];
    let elsewhere = Need {
        storage_code: 4,
        ..need(1, 10)
    };
    assert_eq!(
        left(&group([two_storages]), &[(need(1, 100), 1)], elsewhere),
        Count::Of(5)
    );
}

#[test]
fn addresses_that_are_promised_are_gone() {
    let mut hypervisor = hypervisor(100, 900);
    hypervisor.ipv4_free = Some(5);
    let group = group([hypervisor]);
    let two = Need {
        ipv4: 2,
        ..need(10, 10)
    };
    assert_eq!(left(&group, &[(two, 1)], two), Count::Of(1));
    assert_eq!(left(&group, &[(two, 1)], need(10, 10)), Count::Of(3));
    let none = Need {
        ipv4: 0,
        ..need(10, 10)
    };
    assert_eq!(left(&group, &[(two, 2)], none), Count::Of(8));
}

/// What is really there while machines are put.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Table {
    /// Memory, cores, servers, disks by code; `None` without a limit.
    hypervisors: Vec<[Option<i64>; 3]>,
    disks: Vec<Vec<(u64, Option<i64>)>>,
    waiting: Vec<Need>,
}

impl Table {
    fn of(group: &Capacity, waiting: Vec<Need>) -> Self {
        let free = |pool: &Pool| (pool.max > 0).then_some(pool.free);
        let missing = Some(0);
        let open = || group.hypervisors.iter().filter(|one| one.closed.is_none());
        let mut table = Self {
            hypervisors: open()
                .map(|one| {
                    [
                        one.memory.as_ref().map_or(missing, free),
                        one.cores.as_ref().map_or(missing, free),
                        one.servers.as_ref().and_then(free),
                    ]
                })
                .collect(),
            disks: open()
                .map(|one| {
                    let all = one.local.iter().chain(&one.others).filter(|disk| disk.enabled);
                    all.map(|disk| (disk.code, free(&disk.pool))).collect()
                })
                .collect(),
            waiting,
        };
        table.waiting.sort_unstable();
        table
    }

    /// Every way to put one of those that wait, wherever it fits.
    fn put(&self, which: usize) -> Vec<Self> {
        let need = self.waiting[which];
        let takes = [need.memory, need.cores, 1].map(|taken| i64::try_from(taken).unwrap());
        let fits = |left: Option<i64>, taken: i64| taken == 0 || left.is_none_or(|left| left >= taken);
        let mut ways = Vec::new();
        for (at, rooms) in self.hypervisors.iter().enumerate() {
            if !rooms.iter().zip(takes).all(|(left, taken)| fits(*left, taken)) {
                continue;
            }
            let size = i64::try_from(need.storage).unwrap();
            let disks = self.disks[at].iter().enumerate();
            let mut places: Vec<Option<usize>> = disks
                .filter(|(_, (code, left))| *code == need.storage_code && fits(*left, size))
                .map(|(disk, _)| Some(disk))
                .collect();
            if size == 0 {
                places = vec![None];
            }
            for disk in places {
                let mut next = self.clone();
                next.waiting.remove(which);
                for (left, taken) in next.hypervisors[at].iter_mut().zip(takes) {
                    *left = left.map(|left| left - taken);
                }
                if let Some(disk) = disk {
                    let left = &mut next.disks[at][disk].1;
                    *left = left.map(|left| left - size);
                }
                ways.push(next);
            }
        }
        ways
    }

    /// Whether all find their place, in whatever order they come and wherever they are put.
    fn holds(&self, seen: &mut BTreeSet<Self>) -> bool {
        if !seen.insert(self.clone()) {
            return true;
        }
        (0..self.waiting.len()).all(|which| {
            let ways = self.put(which);
            !ways.is_empty() && ways.iter().all(|next| next.holds(seen))
        })
    }
}

prop_compose! {
    fn pools(most: i64)(limited in prop::bool::weighted(0.85), free in -1_i64..most) -> Pool {
        Pool { max: if limited { 100 } else { 0 }, free }
    }
}

prop_compose! {
    fn hypervisors()(
        memory in pools(12),
        cores in prop::option::weighted(0.5, pools(8)),
        servers in prop::option::weighted(0.3, pools(5)),
        local in pools(12),
        others in prop::collection::vec((1_u64..3, pools(12)), 0..3),
    ) -> Hypervisor {
        let of = |code, pool| Storage { code, name: String::new(), enabled: true, pool };
        Hypervisor {
            memory: Some(memory),
            cores: Some(cores.unwrap_or(Pool { max: 0, free: 0 })),
            servers,
            local: Some(of(0, local)),
            others: others.into_iter().map(|(code, pool)| of(code, pool)).collect(),
            ..hypervisor(0, 0)
        }
    }
}

prop_compose! {
    fn needs()(memory in 0_u64..6, cores in 0_u64..3, storage in 0_u64..5, storage_code in 0_u64..2) -> Need {
        Need { memory, cores, storage, storage_code, ipv4: 0 }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_promised_finds_its_place_wherever_the_platform_puts_the_others(
        all in prop::collection::vec(hypervisors(), 1..4), kinds in prop::collection::vec(needs(), 1..4),
        wishes in prop::collection::vec(0_usize..3, 1..6),
    ) {
        let group = group(all);
        // Promises are made one after the other, each where one is left.
        let mut promised: Vec<Need> = Vec::new();
        for wish in wishes {
            let kind = kinds[wish % kinds.len()];
            let claims = promised.iter().map(|need| Claim { need: *need, count: 1 });
            if Together::new(&group, Buffer::NONE, claims).left(&kind) > Count::NONE {
                promised.push(kind);
            }
        }
        let table = Table::of(&group, promised.clone());
        prop_assert!(table.holds(&mut BTreeSet::new()), "{promised:?}");
    }

    #[test]
    fn a_number_is_what_can_be_promised_at_once(
        all in prop::collection::vec(hypervisors(), 1..3), first in needs(), second in needs(), count in 0_u64..3,
    ) {
        let group = group(all);
        let more = left(&group, &[(first, count)], second);
        let before = left(&group, &[], first);
        if before >= Count::Of(count) {
            let more = more.capped(4);
            let mut waiting = vec![second; usize::try_from(more).unwrap()];
            waiting.extend(vec![first; usize::try_from(count).unwrap()]);
            prop_assert!(Table::of(&group, waiting).holds(&mut BTreeSet::new()));
        }
    }

    #[test]
    fn a_number_falls_with_every_promise_and_never_rises(
        all in prop::collection::vec(hypervisors(), 1..5), kinds in prop::collection::vec((needs(), 0_u64..4), 0..4), of in needs(), extra in needs(),
    ) {
        let group = group(all);
        let now = left(&group, &kinds, of);
        prop_assert!(now <= alone(&group, &of, Buffer::NONE).count);
        let mut more = kinds.clone();
        more.push((extra, 1));
        prop_assert!(left(&group, &more, of) <= now);
        // One promised is one less.
        if let Count::Of(now @ 1..) = now {
            let mut own = kinds;
            own.push((of, 1));
            prop_assert_eq!(left(&group, &own, of), Count::Of(now - 1));
        }
    }

    #[test]
    fn the_order_of_hypervisors_and_promises_does_not_matter(
        all in prop::collection::vec(hypervisors(), 1..5), kinds in prop::collection::vec((needs(), 0_u64..4), 0..5), of in needs(),
    ) {
        let backwards = |group: &[Hypervisor]| group.iter().rev().cloned().collect::<Vec<_>>();
        let reversed: Vec<_> = kinds.iter().rev().copied().collect();
        prop_assert_eq!(
            left(&group(all.clone()), &kinds, of),
            left(&group(backwards(&all)), &reversed, of)
        );
    }
}
