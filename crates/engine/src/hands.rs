//! Which platform may keep how many of the engine's hands.
//!
//! A hand is what drives one operation until it rests. A platform that takes calls and never answers, or one that is
//! asked slowly, keeps each hand for as long as its calls take. So no platform gets a further hand once it keeps as
//! many as are free: the first comes to half of them, the next to half of what is left, and some stay free for the
//! others. What no person waits for stops at half of what is free, so that a click finds a hand.
//!
//! Rejected: a fixed share per platform (it must be chosen, and enough slow platforms use up all shares).

use std::collections::HashMap;

use domain::id::PlatformId;
use store::Room;

/// The hands and who keeps them.
#[derive(Debug)]
pub(crate) struct Hands {
    free: usize,
    kept: HashMap<PlatformId, usize>,
}

impl Hands {
    /// All free.
    pub fn new(all: usize) -> Self {
        let kept = HashMap::new();
        Self { free: all, kept }
    }

    /// What may be claimed now. However the claimed are spread over the platforms, no platform comes above its part.
    pub fn room(&self) -> Room {
        let at_least = |part: usize| {
            let kept = self
                .kept
                .iter()
                .filter(move |(_, kept)| **kept * part >= self.free);
            kept.map(|(platform, _)| *platform).collect::<Vec<_>>()
        };
        let (full, crowded) = (at_least(1), at_least(2));
        let most = |part: usize, without: &[PlatformId]| {
            let open = self.kept.iter().filter(|(id, _)| !without.contains(*id));
            let most = open.map(|(_, kept)| *kept).max().unwrap_or(0);
            // The largest number n with (most + n) * part <= free - n, and one where that is none.
            (self.free.saturating_sub(most * part) / (part + 1)).max(1)
        };
        let limit = most(1, &full).min(most(2, &crowded)).min(self.free);
        Room {
            limit: u64::try_from(limit).unwrap_or(1),
            full,
            crowded,
        }
    }

    /// A hand is taken for an operation of a platform.
    pub fn take(&mut self, platform: Option<PlatformId>) {
        self.free = self.free.saturating_sub(1);
        if let Some(platform) = platform {
            *self.kept.entry(platform).or_default() += 1;
        }
    }

    /// A hand is free again.
    pub fn give_back(&mut self, platform: Option<PlatformId>) {
        self.free += 1;
        let Some(platform) = platform else { return };
        if let Some(kept) = self.kept.get_mut(&platform) {
            *kept -= 1;
            if *kept == 0 {
                self.kept.remove(&platform);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Moment;
    use domain::ports::CountingRandom;
    use proptest::prelude::*;

    use super::*;

    fn platforms(count: usize) -> Vec<PlatformId> {
        let random = CountingRandom::new(1);
        (0..count)
            .map(|_| PlatformId::at(Moment::from_micros(0), &random))
            .collect()
    }

    /// Claims for platforms that have more to do than there are hands, whether a person waits or not, until nothing
    /// more is to be had.
    fn fill(hands: &mut Hands, platforms: &[PlatformId], person: bool) {
        for turn in 0.. {
            let room = hands.room();
            let open = |id: &&PlatformId| !room.full.contains(id) && (person || !room.crowded.contains(id));
            let open: Vec<_> = platforms.iter().filter(open).collect();
            if open.is_empty() || room.limit == 0 {
                return;
            }
            // All of it goes to one platform: the claim does not choose.
            for _ in 0..room.limit {
                hands.take(Some(*open[turn % open.len()]));
            }
        }
    }

    #[test]
    fn one_platform_alone_comes_to_a_third_of_the_hands_and_with_clicks_to_half() {
        let alone = platforms(1);
        let mut hands = Hands::new(60);
        fill(&mut hands, &alone, false);
        assert_eq!((hands.kept[&alone[0]], hands.free), (20, 40));
        fill(&mut hands, &alone, true);
        assert_eq!((hands.kept[&alone[0]], hands.free), (30, 30));
        assert_eq!(hands.room().full, alone);
    }

    #[test]
    fn a_single_hand_is_given_to_anybody() {
        let both = platforms(2);
        let mut hands = Hands::new(1);
        assert_eq!(hands.room(), Room::of(1));
        hands.take(Some(both[0]));
        assert_eq!(hands.room().limit, 0);
        hands.give_back(Some(both[0]));
        assert_eq!(hands.room(), Room::of(1));
    }

    proptest! {
        #[test]
        fn whatever_hangs_leaves_hands_for_another_and_more_for_a_click(all in 40_usize..200, count in 1_u32..6) {
            let platforms = platforms(count as usize + 1);
            let (hanging, healthy) = platforms.split_at(count as usize);
            let mut hands = Hands::new(all);
            fill(&mut hands, hanging, false);
            let left = hands.free;
            let (thirds, halves) = (3_usize.pow(count), 2_usize.pow(count));
            prop_assert!((left + 2) * thirds >= (all + 2) * halves, "{left} of {all}");
            fill(&mut hands, hanging, true);
            let room = hands.room();
            prop_assert!(room.limit > 0 && !room.full.contains(&healthy[0]) && !room.crowded.contains(&healthy[0]));
            prop_assert!((hands.free + 1) * halves > all, "{} of {all}", hands.free);
        }

        #[test]
        fn what_is_given_back_is_free_again(all in 1_usize..100, taken in proptest::collection::vec(0_usize..4, 0..50)) {
            let mut hands = Hands::new(all);
            let of = platforms(3);
            let taken: Vec<_> = taken.into_iter().take(all).map(|which| of.get(which).copied()).collect();
            for platform in &taken {
                hands.take(*platform);
            }
            prop_assert_eq!(hands.free, all - taken.len());
            for platform in taken {
                hands.give_back(platform);
            }
            prop_assert_eq!(hands.free, all);
            prop_assert!(hands.kept.is_empty());
        }
    }
}
