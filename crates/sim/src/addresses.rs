//! Blocks of IPv4 addresses, the lowest free one first.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// The first address of the first block (the range for benchmarks of RFC 2544).
pub const FIRST: u32 = 0xC612_0000;

/// One block.
#[derive(Debug)]
pub struct Block {
    first: u32,
    size: u32,
    untouched: u32,
    returned: BTreeSet<u32>,
}

impl Block {
    /// `size` free addresses from `first` on.
    pub const fn new(first: u32, size: u32) -> Self {
        Self {
            first,
            size,
            untouched: 0,
            returned: BTreeSet::new(),
        }
    }

    /// The first address of the block, free or not.
    pub const fn first(&self) -> u32 {
        self.first
    }

    /// How many are free.
    pub fn free(&self) -> u32 {
        self.size - self.untouched + u32::try_from(self.returned.len()).unwrap_or(u32::MAX)
    }

    /// Takes one.
    pub fn take(&mut self) -> Option<Ipv4Addr> {
        if let Some(address) = self.returned.pop_first() {
            return Some(Ipv4Addr::from(address));
        }
        if self.untouched == self.size {
            return None;
        }
        self.untouched += 1;
        Some(Ipv4Addr::from(self.first + self.untouched - 1))
    }

    /// Takes this one.
    pub fn hold(&mut self, address: Ipv4Addr) {
        let address = u32::from(address);
        let next = self.first + self.untouched;
        if address >= next {
            self.returned.extend(next..address);
            self.untouched = address - self.first + 1;
        } else {
            self.returned.remove(&address);
        }
    }

    /// Gives one back.
    pub fn give(&mut self, address: Ipv4Addr) {
        self.returned.insert(u32::from(address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_address_is_taken_and_one_may_be_held() {
        let mut block = Block::new(FIRST, 4);
        let at = |number: u32| Ipv4Addr::from(FIRST + number);
        block.hold(at(2));
        assert_eq!(
            (block.free(), block.take(), block.take()),
            (3, Some(at(0)), Some(at(1)))
        );
        block.give(at(0));
        block.hold(at(0));
        assert_eq!((block.take(), block.take(), block.free()), (Some(at(3)), None, 0));
    }
}
