//! When to look again: the engine's clockwork, as functions of counts and moments.

use std::time::Duration;

use domain::http::RetryClass;
use domain::record::{OperationKind, StepRecord};
use domain::{Moment, Random};

/// After a lost creating or disruptive act, the platform is read this long after the act was sent.
const LOST_LOOKS: [u64; 7] = [0, 15, 30, 60, 120, 300, 600];

/// From here on an unsettled act is a person's question; the watch goes on.
pub const UNSETTLED_AFTER: Duration = Duration::from_secs(15 * 60);

/// How often a change looks whether a suspension that went past its question has ended.
pub const BEHIND_SUSPENSION: Duration = Duration::from_secs(10);

/// How often an operation that became a question is still looked at.
pub const WATCH_AFTER_QUESTION: Duration = Duration::from_secs(5 * 60);

/// How long an ended service's unsettled create is watched for a machine that appears late.
pub const WATCH_ENDED_CREATE: Duration = Duration::from_secs(2 * 3600);

/// One candidate must stand alone for this long.
pub const CANDIDATE_ALONE: Duration = Duration::from_secs(30);

/// Two observations of absence must lie this far apart.
pub const ABSENCE_APART: Duration = Duration::from_secs(60);

/// What is to be deleted has to be gone in two looks this far apart.
pub const GONE_AGAIN: Duration = Duration::from_secs(5);

/// How long the accounts of a create's attempts are kept after its end.
pub const ACCOUNTS_KEPT: Duration = Duration::from_secs(24 * 3600);

/// How long the first password of a new machine waits for the billing system to fetch it.
pub const LOGIN_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// What was just made becomes visible within this.
pub const VISIBLE_WITHIN: Duration = Duration::from_secs(600);

/// How long a secret that an operation brings is kept for whoever asked: what opens something by itself as short as it
/// lives upstream, passwords until they have been looked at, those of a new system until it is installed.
pub const fn secret_kept(kind: OperationKind) -> Duration {
    Duration::from_secs(match kind {
        OperationKind::Reinstall => 3 * 3600,
        OperationKind::ResetPassword | OperationKind::ResetAccountPassword => 1800,
        _ => 60,
    })
}

/// Back-off after `failures` failures in a row: 1 s doubling to 60 s, with jitter of up to a quarter.
pub fn backoff(failures: u32, random: &dyn Random) -> Duration {
    let base = 1_000_u64
        .saturating_mul(1 << failures.saturating_sub(1).min(6))
        .min(60_000);
    Duration::from_millis(base + random.below(base / 4))
}

/// How long to wait before looking again at something that is on its way: 1 s growing to 20 s.
pub fn poll(looks: u32) -> Duration {
    Duration::from_millis((1_000 + 500 * u64::from(looks)).min(20_000))
}

/// When an act whose answer was lost is looked for next: the first moment of the schedule that lies ahead, then every
/// five minutes.
pub fn lost_look(acted_at: Moment, now: Moment) -> Moment {
    LOST_LOOKS
        .iter()
        .map(|offset| acted_at + Duration::from_secs(*offset))
        .find(|moment| *moment > now)
        .unwrap_or(now + WATCH_AFTER_QUESTION)
}

/// Whether the schedule after a lost act has run through: its last look has been made.
pub fn lost_looks_done(step: &StepRecord, now: Moment) -> bool {
    let last = Duration::from_secs(LOST_LOOKS[LOST_LOOKS.len() - 1]);
    step.acted_at.is_some_and(|acted| now >= acted + last)
}

/// Whether absence has been observed twice, far enough apart.
pub fn absence_proven(step: &StepRecord, now: Moment) -> bool {
    step.missing_since
        .is_some_and(|since| now >= since + ABSENCE_APART)
}

/// Whether a step's act must not be repeated after a lost answer by itself.
pub const fn settles_by_search(class: RetryClass) -> bool {
    matches!(class, RetryClass::Creating | RetryClass::Disruptive)
}

/// When an operation becomes a question (or, when it changes nothing, ends).
pub fn deadline(kind: OperationKind, begins: Moment) -> Moment {
    let minutes = match kind {
        OperationKind::Create => 6 * 60,
        OperationKind::Suspend
        | OperationKind::Unsuspend
        | OperationKind::Terminate
        | OperationKind::RemoveStray
        | OperationKind::CloseAccounts
        | OperationKind::ReverseDns => 24 * 60,
        OperationKind::ChangePackage | OperationKind::Reinstall => 2 * 60,
        OperationKind::Power
        | OperationKind::Rename
        | OperationKind::ResetPassword
        | OperationKind::ResetAccountPassword => 15,
        OperationKind::Refresh | OperationKind::Validate | OperationKind::Adopt => 5,
        OperationKind::SignOn | OperationKind::Console => 1,
    };
    begins + Duration::from_secs(minutes * 60)
}

#[cfg(test)]
mod tests {
    use domain::ports::CountingRandom;

    use super::*;

    #[test]
    fn backoff_grows_to_a_cap() {
        let random = CountingRandom::new(3);
        let waits: Vec<_> = (1..=12).map(|failures| backoff(failures, &random)).collect();
        assert!(waits[0] >= Duration::from_secs(1) && waits[0] < Duration::from_millis(1_250));
        assert!(
            waits.iter().all(|wait| *wait <= Duration::from_secs(75)),
            "{waits:?}"
        );
        assert!(waits[11] >= Duration::from_secs(60));
    }

    #[test]
    fn a_lost_act_is_looked_for_at_the_schedule_and_then_every_five_minutes() {
        let acted = Moment::from_seconds(1_000);
        let mut now = acted;
        let mut offsets = Vec::new();
        for _ in 0..8 {
            now = lost_look(acted, now);
            offsets.push(now.since(acted).as_secs());
        }
        assert_eq!(offsets, [15, 30, 60, 120, 300, 600, 900, 1_200]);
    }
}
