//! What slots cost those who take them.

/// Where several resources are compared, prices and payments are in parts of one slot: so many are one. Prices are rounded
/// down and payments up, so that rounding never promises more.
pub const SLOT: u128 = 1 << 32;

/// What the slots of one kind of machine cost machines of other kinds.
///
/// A hypervisor has a rest into which no whole machine fits. With a rest of `r` the first slot is lost when others take
/// `r + 1`, and each further one when they take the size of one machine more. A machine is put on one hypervisor only, so
/// that no more hypervisors lose a first slot than there are machines.
#[derive(Debug)]
pub struct Ladder {
    /// What the first slots cost, the cheapest first, each with those before it.
    firsts: Vec<u128>,
    /// So many first slots are not dearer than a further one.
    cheap: usize,
    /// What a further slot costs.
    further: u128,
}

impl Ladder {
    pub fn new(mut firsts: Vec<u128>, further: u128) -> Self {
        firsts.sort_unstable();
        let cheap = firsts.partition_point(|price| *price <= further);
        let mut sum = 0_u128;
        for price in &mut firsts {
            sum = sum.saturating_add(*price);
            *price = sum;
        }
        Self {
            firsts,
            cheap,
            further,
        }
    }

    /// The most slots that are lost for a payment of so many machines: the cheapest first, and no first slot that is dearer
    /// than a further one, unless there is no further one without it.
    pub fn lost(&self, payment: u128, payers: u64) -> u64 {
        let payers = usize::try_from(payers).unwrap_or(usize::MAX);
        let most = self.cheap.max(1).min(payers).min(self.firsts.len());
        let firsts = self.firsts[..most].partition_point(|sum| *sum <= payment);
        let Some(paid) = firsts.checked_sub(1).map(|last| self.firsts[last]) else {
            return 0;
        };
        let further = u64::try_from((payment - paid) / self.further).unwrap_or(u64::MAX);
        further.saturating_add(firsts as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_are_lost_first_and_no_more_first_ones_than_there_are_machines() {
        let ladder = Ladder::new(vec![7, 1, 4], 10);
        for (payment, payers, lost) in [
            (0, 9, 0),
            (1, 9, 1),
            (4, 9, 1),
            (5, 9, 2),
            (12, 9, 3),
            (22, 9, 4),
            (22, 1, 3),
        ] {
            assert_eq!(ladder.lost(payment, payers), lost, "{payment} by {payers}");
        }
        assert_eq!(ladder.lost(100, 0), 0);
        assert_eq!(Ladder::new(Vec::new(), 10).lost(100, 9), 0);
    }

    #[test]
    fn a_dear_first_slot_is_paid_only_where_there_is_no_other_way() {
        let ladder = Ladder::new(vec![50, 70], 10);
        assert_eq!(ladder.lost(49, 9), 0);
        assert_eq!(ladder.lost(130, 9), 9);
    }
}
