//! The simulation as a test: the first worlds of each create protocol, so that every change runs some of them, and the
//! tests of the tester: each broken protocol has to be caught.

use testkit::simulate::broken::Broken;
use testkit::simulate::statistics::Ask;
use testkit::simulate::{Kept, Report, Scenario, Wanted, run, run_one};

fn worlds(first_seed: u64, seeds: u64, threads: usize) -> Report {
    let wanted = Wanted {
        first_seed,
        seeds,
        creates: None,
        threads,
        store: Kept::InMemory,
        keep_going: false,
    };
    run(wanted, |_| ()).held(wanted.store)
}

#[test]
fn gx_001_one_machine_per_paid_service_in_simulated_worlds() {
    let statistics = worlds(5, 16, 2).statistics;
    assert!(statistics.of("creates") >= 150, "{statistics}");
    assert!(statistics.of("creates that became ready") >= 100, "{statistics}");
    assert!(
        statistics.of("faults") >= 500 && statistics.of("losses of power") > 0,
        "the worlds were quiet:\n{statistics}"
    );
}

#[test]
fn gx_002_unknown_outcomes_settle_without_a_person_where_the_protocol_need_not_ask() {
    let statistics = worlds(40, 20, 2).statistics;
    let (all, alone) = statistics.settled(Ask::Never);
    assert!(all >= 80, "too few outcomes became unknown:\n{statistics}");
    assert!(
        alone * 1_000 >= all * 999,
        "{alone} of {all} settled without a person:\n{statistics}"
    );
}

#[test]
fn mx_094_mx_096_a_crash_at_any_point_resumes_from_the_stored_intent() {
    let seeds = 60..72;
    let mut worlds = Vec::new();
    for seed in seeds {
        // Each changing request is looked up in the store as it leaves: not durable there, the world fails.
        let scenario = Scenario {
            one_blow_in: 60,
            services: 10,
            ..Scenario::of(seed)
        };
        worlds.push(run_one(scenario, Kept::InMemory, false).unwrap_or_else(|failure| panic!("{failure}")));
    }
    for point in [
        "crashes before a commit",
        "crashes between sync and send",
        "crashes between lease check and first byte",
        "crashes between send and answer",
        "freezes between lease check and first byte",
    ] {
        let times: u64 = worlds.iter().map(|world| world.statistics.of(point)).sum();
        assert!(times >= 3, "{point}: only {times}");
    }
}

#[test]
fn the_same_seed_has_the_same_history_whatever_the_number_of_threads() {
    let (one, two) = (worlds(7, 6, 1), worlds(7, 6, 2));
    assert_eq!(one, two);
    let twice = [
        run_one(Scenario::of(9), Kept::InMemory, true),
        run_one(Scenario::of(9), Kept::InMemory, true),
    ]
    .map(|world| world.unwrap_or_else(|failure| panic!("{failure}")));
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn the_same_seed_has_the_same_history_on_the_real_store() {
    // A loss of power takes nothing here, as the real store has made durable whatever it has committed.
    let scenario = Scenario {
        forgets: false,
        services: 3,
        ..Scenario::of(17)
    };
    let [memory, real] = [Kept::InMemory, Kept::OnSqlite]
        .map(|store| run_one(scenario.clone(), store, false).unwrap_or_else(|failure| panic!("{failure}")));
    assert_eq!(memory, real);
}

/// Runs worlds with a protocol broken until a rule notices, at most a hundred; which rule, and after how many.
#[expect(
    clippy::print_stdout,
    reason = "after how many seeds it was caught is the point"
)]
fn caught(broken: Broken) -> &'static str {
    for seeds in 1..=100 {
        let scenario = broken.scenario(seeds);
        if let Err(failure) = run_one(scenario.clone(), Kept::InMemory, false) {
            // It is the protocol that was caught: with it as it is, the same world holds every rule.
            let whole = Scenario {
                broken: None,
                ..scenario
            };
            run_one(whole, Kept::InMemory, false).unwrap_or_else(|failure| panic!("{failure}"));
            println!(
                "{broken:?} was caught after {seeds} seeds: {}: {}",
                failure.rule, failure.what
            );
            return failure.rule;
        }
    }
    panic!("{broken:?} was not caught within 100 seeds");
}

#[test]
fn sending_before_the_commit_is_caught() {
    assert_eq!(caught(Broken::SendBeforeCommit), "intent-before-effect");
}

#[test]
fn resending_on_a_timeout_is_caught() {
    let rule = caught(Broken::ResendOnTimeout);
    assert!(
        ["one-machine-within-reach", "late-machine-is-removed"].contains(&rule),
        "{rule}"
    );
}

#[test]
fn closing_a_link_on_one_404_is_caught() {
    let rule = caught(Broken::OneNotFound);
    assert!(
        [
            "nothing-left-after-terminate",
            "late-machine-is-removed",
            "no-orphan"
        ]
        .contains(&rule),
        "{rule}"
    );
}

#[test]
fn adopting_without_comparing_is_caught() {
    assert_eq!(caught(Broken::AdoptUnseen), "no-strangers-machine");
}

#[test]
fn applying_effects_twice_is_caught() {
    assert_eq!(caught(Broken::ApplyTwice), "effects-single");
}

/// A decision from before overwrites what was decided since: that is forgotten, or done once more.
#[test]
fn engines_without_fencing_are_caught() {
    let rule = caught(Broken::NoFencing);
    let forgotten = ["as-wished", "nothing-stuck", "called-again-begins-nothing"];
    let done_again = [
        "one-welcome-mail",
        "one-machine-within-reach",
        "late-machine-is-removed",
    ];
    assert!(forgotten.contains(&rule) || done_again.contains(&rule), "{rule}");
}

#[test]
fn a_lease_not_checked_before_the_call_is_caught() {
    assert_eq!(caught(Broken::LeaseUnchecked), "acts-under-a-lease");
}

/// What was done after the copy was made is done once more, where it was under way then, and forgotten, where it was not
/// begun.
#[test]
fn working_on_a_restored_store_without_recovery_is_caught() {
    let rule = caught(Broken::RestoreUnrecovered);
    let done_again = [
        "one-machine-within-reach",
        "one-machine-billed",
        "one-welcome-mail",
        "called-again-begins-nothing",
    ];
    let forgotten = [
        "as-wished",
        "no-orphan",
        "late-machine-is-removed",
        "nothing-stuck",
    ];
    assert!(done_again.contains(&rule) || forgotten.contains(&rule), "{rule}");
}
