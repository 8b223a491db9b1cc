//! What is done to a service in its life.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::{Moment, Random};

use crate::simulate::scenario::Scenario;

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// The order is set up (and set up again, by a double click or a retry).
    Create,
    /// An invoice is overdue.
    Suspend,
    /// It is paid.
    Unsuspend,
    /// The service is ended.
    Terminate,
    /// The client orders another package.
    ChangePackage(u64),
    /// The client presses a power button.
    Press(PowerAction),
    /// Somebody switches the machine on in the panel.
    BootByHand,
}

/// The deeds of a service's life, drawn from the seed: all within the time of trouble.
pub fn life(random: &dyn Random, scenario: &Scenario, start: Moment) -> Vec<(Moment, Deed)> {
    let whole = u64::try_from(scenario.trouble.as_millis()).unwrap_or(u64::MAX);
    let millis = Duration::from_millis;
    let chance = |percent: u64| random.below(100) < percent;
    let ordered = start + millis(random.below(whole / 3));
    let mut deeds = vec![(ordered, Deed::Create)];
    if chance(30) {
        deeds.push((ordered + millis(random.below(3_000)), Deed::Create));
    }
    if chance(20) {
        deeds.push((ordered + millis(random.below(whole / 3)), Deed::Create));
    }
    if chance(12) {
        // Ended while it is being made.
        deeds.push((ordered + millis(random.below(120_000)), Deed::Terminate));
        if chance(30) {
            deeds.push((
                ordered + millis(whole / 3 + random.below(whole / 3)),
                Deed::Create,
            ));
        }
        return deeds;
    }
    let mut at = ordered + millis(random.below(whole / 3));
    if chance(15) {
        deeds.push((at, Deed::Press(PowerAction::Restart)));
    }
    if chance(12) {
        deeds.push((at + millis(random.below(60_000)), Deed::ChangePackage(2)));
    }
    if chance(20) {
        at = held(random, &mut deeds, at, whole);
    }
    if chance(25) {
        deeds.push((at + millis(random.below(whole / 6)), Deed::Terminate));
        if chance(20) {
            // Ordered anew, or taken back where there is a window.
            deeds.push((at + millis(whole / 6 + random.below(whole / 3)), Deed::Create));
        }
    }
    deeds
}

/// A suspension with what people try meanwhile.
fn held(random: &dyn Random, deeds: &mut Vec<(Moment, Deed)>, at: Moment, whole: u64) -> Moment {
    let millis = Duration::from_millis;
    let chance = |percent: u64| random.below(100) < percent;
    deeds.push((at, Deed::Suspend));
    if chance(30) {
        deeds.push((at + millis(random.below(whole / 6)), Deed::BootByHand));
    }
    if chance(50) {
        let press = Deed::Press(PowerAction::Boot);
        deeds.push((at + millis(random.below(whole / 6)), press));
    }
    let mut at = at + millis(random.below(whole / 6));
    if chance(75) {
        deeds.push((at, Deed::Unsuspend));
        at = at + millis(random.below(60_000));
        match random.below(10) {
            0..=2 => deeds.push((at, Deed::Suspend)),
            3 | 4 => deeds.push((at, Deed::Press(PowerAction::Shutdown))),
            _ => {}
        }
    }
    at
}
