//! The simulation as a test: the first worlds of each create protocol, so that every change runs some of them, and the
//! tests of the tester.

use testkit::simulate::broken::Broken;
use testkit::simulate::statistics::{Ask, Statistics};
use testkit::simulate::{Kept, Report, Scenario, Wanted, run, run_one};

fn worlds(first_seed: u64, seeds: u64, threads: usize) -> Report {
    let wanted = Wanted {
        first_seed,
        seeds,
        creates: None,
        threads,
        store: Kept::InMemory,
    };
    run(wanted).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn gx_001_one_machine_per_paid_service_in_simulated_worlds() {
    let statistics = worlds(1, 16, 2).statistics;
    assert!(statistics.of("creates") >= 150, "{statistics}");
    assert!(statistics.of("creates that became ready") >= 100, "{statistics}");
    assert!(
        statistics.of("faults") >= 500,
        "the worlds were quiet:\n{statistics}"
    );
}
