//! The faults of a world's platform: the whole matrix, with probabilities from the seed.

use domain::Random;
use domain::http::Method;
use sim::fault::{Fault, FaultRule, RetryAfter};
use sim::virtfusion::Panel;

use super::scenario::Scenario;

/// Endpoints that make or hand over something: what takes effect late there is hardest to bear.
const MAKING: [&str; 4] = ["create_server", "build_server", "create_user", "change_owner"];

/// Every fault that may strike any request; the ones that need an aim are set apart.
fn matrix(random: &dyn Random) -> Vec<Fault> {
    let seconds = |from: u64, most: u64| from + random.below(most - from);
    let skew = i64::try_from(random.below(240)).unwrap_or(0) - 120;
    vec![
        Fault::Refused,
        Fault::ConnectTimeout,
        Fault::TimeoutBefore,
        Fault::TimeoutAfter,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::ResetMidBody,
        Fault::TruncatedBody,
        Fault::ErrorBefore {
            status: 500,
            html: false,
        },
        Fault::ErrorBefore {
            status: 503,
            html: true,
        },
        Fault::ErrorAfter {
            status: 500,
            html: false,
        },
        Fault::ErrorAfter {
            status: 502,
            html: true,
        },
        Fault::Slow {
            seconds: seconds(2, 40),
        },
        Fault::SlowDrip {
            seconds: seconds(2, 40),
        },
        Fault::TruncatedJson,
        Fault::InvalidJson,
        Fault::HtmlAnswer,
        Fault::WrongSuccess {
            status: 202,
            effect: true,
        },
        Fault::WrongSuccess {
            status: 202,
            effect: false,
        },
        Fault::FalseNotFound,
        Fault::BareNotFound,
        Fault::Conflict,
        Fault::Locked {
            seconds: seconds(5, 60),
        },
        Fault::RateLimited {
            retry_after: RetryAfter::Missing,
        },
        Fault::RateLimited {
            retry_after: RetryAfter::Seconds(seconds(1, 30)),
        },
        Fault::RateLimited {
            retry_after: RetryAfter::Date(seconds(1, 30)),
        },
        Fault::StaleRead {
            seconds: seconds(5, 60),
        },
        Fault::DuplicatedAnswer,
        Fault::ClockSkew { seconds: skew },
    ]
}

/// Sets the faults of a world.
pub fn set(panel: &Panel, random: &dyn Random, scenario: &Scenario) {
    // The later the effect, the rarer: first come the rules that must not be shadowed by the others.
    for method in [Method::Post, Method::Put, Method::Delete] {
        let mut late = FaultRule::anywhere(Fault::EffectLater {
            seconds: 60 + random.below(1_740),
        });
        late.method = Some(method);
        // One in a hundred of the lost answers, which are about one in twenty in the harsh worlds.
        let share = [0.0, 0.0002, 0.0005, 0.001];
        panel.add_fault(late.with_probability(pick(&share, scenario.harshness), random.below(u64::MAX)));
    }
    if random.below(4) == 0 {
        for endpoint in MAKING {
            let seconds = 60 + random.below(1_740);
            let rule = FaultRule::at(endpoint, Fault::EffectLater { seconds });
            panel.add_fault(rule.with_probability(0.03, random.below(u64::MAX)));
        }
    }
    let reused = FaultRule::at("create_server", Fault::IdReused);
    panel.add_fault(reused.with_probability(0.2, random.below(u64::MAX)));
    let most = pick(&[1, 4, 10, 25], scenario.harshness);
    for fault in matrix(random) {
        #[expect(clippy::cast_precision_loss, reason = "a few thousandths")]
        let probability = random.below(most) as f64 / 1_000.0;
        panel.add_fault(FaultRule::anywhere(fault).with_probability(probability, random.below(u64::MAX)));
    }
}

fn pick<T: Copy>(of: &[T; 4], index: u64) -> T {
    of[usize::try_from(index.min(3)).unwrap_or(3)]
}

/// The name of a fault in statistics.
pub const fn name(fault: &Fault) -> &'static str {
    match fault {
        Fault::Refused => "refused",
        Fault::ConnectTimeout => "connect timeout",
        Fault::TimeoutBefore => "timeout before effect",
        Fault::TimeoutAfter => "timeout after effect",
        Fault::EffectLater { .. } => "effect later",
        Fault::ResetBefore => "reset before effect",
        Fault::ResetAfter => "reset after effect",
        Fault::ResetMidBody => "reset mid-body",
        Fault::TruncatedBody => "truncated body",
        Fault::ErrorBefore { .. } => "5xx before effect",
        Fault::ErrorAfter { .. } => "5xx after effect",
        Fault::Slow { .. } => "slow answer",
        Fault::SlowDrip { .. } => "slow drip",
        Fault::TruncatedJson => "truncated JSON",
        Fault::InvalidJson => "invalid JSON",
        Fault::HtmlAnswer => "HTML answer",
        Fault::WrongSuccess { effect: true, .. } => "wrong 2xx, effect",
        Fault::WrongSuccess { effect: false, .. } => "wrong 2xx, no effect",
        Fault::TrueNotFound => "true 404",
        Fault::FalseNotFound => "false 404",
        Fault::BareNotFound => "bare 404",
        Fault::Conflict => "409",
        Fault::Locked { .. } => "423",
        Fault::RateLimited { .. } => "429",
        Fault::StaleRead { .. } => "stale read",
        Fault::DuplicatedAnswer => "duplicated answer",
        Fault::IdReused => "id reused",
        Fault::ClockSkew { .. } => "clock skew",
    }
}
