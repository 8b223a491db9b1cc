//! When a worker may act on an operation: the rules of leases, for the runner and the simulation alike.
//!
//! A lease is the right to advance an operation until a moment. Every commit of a transition is fenced by it; these
//! rules are about what no fence can hold back: a request that leaves.

use std::time::Duration;

use domain::Moment;
use domain::record::{Lease, Operation};

/// No call begins when less of the lease than this is left.
pub const LEAST_LEASE: Duration = Duration::from_secs(45);

/// What is kept between the end of a call's time and the end of the lease, to commit the answer.
pub const COMMIT_MARGIN: Duration = Duration::from_secs(10);

/// Whether an operation is still held by this very lease. The worker's name alone is not enough: a worker that was
/// frozen past a lease may have claimed the operation anew, and would drive it twice.
pub fn holds(operation: &Operation, held: Lease, now: Moment) -> bool {
    operation.lease == Some(held) && held.until > now
}

/// Whether a lease is too short to begin a call under it, so that it is to be renewed first.
pub fn is_short(lease: Lease, now: Moment) -> bool {
    lease.until <= now + LEAST_LEASE
}

/// The latest moment at which a call that begins now may end, so that its answer can be committed under the lease;
/// `None` when too little is left, and the call must not begin.
pub fn latest_end(lease: Lease, now: Moment) -> Option<Moment> {
    let latest = lease.until - COMMIT_MARGIN;
    (now + LEAST_LEASE / 2 <= latest).then_some(latest)
}

#[cfg(test)]
mod tests {
    use domain::id::WorkerId;
    use domain::ports::CountingRandom;

    use super::*;

    fn lease(seconds: i64) -> Lease {
        Lease {
            worker: WorkerId::at(Moment::EPOCH, &CountingRandom::new(1)),
            until: Moment::from_seconds(seconds),
        }
    }

    #[test]
    fn a_call_begins_only_under_enough_of_a_lease_and_ends_before_it() {
        let now = Moment::from_seconds(1_000);
        assert_eq!(latest_end(lease(1_120), now), Some(Moment::from_seconds(1_110)));
        assert_eq!(latest_end(lease(1_033), now), Some(Moment::from_seconds(1_023)));
        assert_eq!(latest_end(lease(1_032), now), None);
        assert_eq!(latest_end(lease(900), now), None);
    }

    #[test]
    fn a_lease_is_renewed_before_it_is_too_short_for_a_call() {
        let now = Moment::from_seconds(1_000);
        assert!(is_short(lease(1_045), now) && !is_short(lease(1_046), now));
    }
}
