//! The faults of the matrix, each with its parameters and the heading of its column.

use sim::fault::{Fault, RetryAfter};

/// Every fault of the matrix, with its column's heading.
#[rustfmt::skip]
pub fn all() -> Vec<(&'static str, Fault)> {
    vec![
        ("refused", Fault::Refused),
        ("connect timeout", Fault::ConnectTimeout),
        ("timeout before", Fault::TimeoutBefore),
        ("timeout after", Fault::TimeoutAfter),
        ("effect 20 min later", Fault::EffectLater { seconds: 1_200 }),
        ("reset before", Fault::ResetBefore),
        ("reset after", Fault::ResetAfter),
        ("reset mid-body", Fault::ResetMidBody),
        ("body cut off", Fault::TruncatedBody),
        ("500 JSON before", Fault::ErrorBefore { status: 500, html: false }),
        ("502 HTML before", Fault::ErrorBefore { status: 502, html: true }),
        ("500 JSON after", Fault::ErrorAfter { status: 500, html: false }),
        ("502 HTML after", Fault::ErrorAfter { status: 502, html: true }),
        ("slow 12 s", Fault::Slow { seconds: 12 }),
        ("drip 12 s", Fault::SlowDrip { seconds: 12 }),
        ("drip 45 s", Fault::SlowDrip { seconds: 45 }),
        ("JSON cut off", Fault::TruncatedJson),
        ("no JSON", Fault::InvalidJson),
        ("HTML 200", Fault::HtmlAnswer),
        ("202 done", Fault::WrongSuccess { status: 202, effect: true }),
        ("202 not done", Fault::WrongSuccess { status: 202, effect: false }),
        ("true 404", Fault::TrueNotFound),
        ("false 404", Fault::FalseNotFound),
        ("bare 404", Fault::BareNotFound),
        ("409", Fault::Conflict),
        ("423 for 90 s", Fault::Locked { seconds: 90 }),
        ("429", Fault::RateLimited { retry_after: RetryAfter::Missing }),
        ("429, 30 s", Fault::RateLimited { retry_after: RetryAfter::Seconds(30) }),
        ("429, date", Fault::RateLimited { retry_after: RetryAfter::Date(45) }),
        ("stale 60 s", Fault::StaleRead { seconds: 60 }),
        ("answer twice", Fault::DuplicatedAnswer),
        ("id reused", Fault::IdReused),
        ("clock +1 h", Fault::ClockSkew { seconds: 3_600 }),
        ("clock -1 h", Fault::ClockSkew { seconds: -3_600 }),
    ]
}

/// A fault's heading; its parameters where it is none of the matrix.
pub fn words(fault: &Fault) -> String {
    let known = all().into_iter().find(|(_, one)| one == fault);
    known.map_or_else(|| format!("{fault:?}"), |(words, _)| words.to_owned())
}
