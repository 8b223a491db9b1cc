//! The recorder of metrics. What is recorded stands with the rooms that record it.

use anyhow::{Context, Result};
use metrics::{describe_counter, describe_gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// The same where it takes minutes by its nature: how long it was not known what became of an act.
const LONG_BUCKETS: [f64; 12] = [
    1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
];

/// Installs the recorder. Once per process.
pub fn install() -> Result<PrometheusHandle> {
    let readings = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)
        .and_then(|builder| {
            let settled = Matcher::Full("hostler_unknown_settled_seconds".to_owned());
            builder.set_buckets_for_metric(settled, &LONG_BUCKETS)
        })
        .and_then(PrometheusBuilder::install_recorder)
        .context("metrics cannot be recorded")?;
    describe_gauge!("hostler_stock_left", "How many more of a product can be sold");
    describe_gauge!(
        "hostler_stock_unknown",
        "Products of which nobody knows how many more can be sold"
    );
    describe_gauge!(
        "hostler_stock_promised",
        "Machines that are promised and not built"
    );
    describe_gauge!(
        "hostler_stock_age_seconds",
        "How long ago the oldest of a platform's groups and packages was read"
    );
    describe_gauge!("hostler_operations_due", "Operations that could be advanced now");
    describe_gauge!("hostler_operations_open", "Operations that are not final");
    describe_gauge!(
        "hostler_operation_oldest_seconds",
        "Age of the oldest operation that is not final"
    );
    describe_gauge!(
        "hostler_calls_unknown",
        "Platform requests whose effect is not known"
    );
    describe_gauge!(
        "hostler_effects_waiting",
        "Effects that the billing system has not settled"
    );
    describe_gauge!(
        "hostler_records_damaged",
        "Stored records that cannot be read and are left out of lists"
    );
    describe_gauge!(
        "hostler_questions_open",
        "Questions that only a person can settle"
    );
    describe_counter!(
        "hostler_nudges_total",
        "Nudges to billing systems, by what came of them: taken, refused or unreached"
    );
    Ok(readings)
}
