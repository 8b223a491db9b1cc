//! The simulation as a test: the first worlds of each create protocol, so that every change runs some of them.

use testkit::simulate::run;

#[test]
fn gx_001_one_machine_per_paid_service_in_simulated_worlds() {
    let summary = run(1, 16).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(summary.creates >= 150, "{summary}");
    assert!(summary.ready >= 100, "{summary}");
    assert!(
        summary.crashes >= 40 && summary.unknown >= 1_000,
        "the worlds were quiet: {summary}"
    );
}
