//! `powerAction`: boot, shut down, restart, power off.

use domain::machine::PowerAction;
use domain::record::{Operation, StepRecord};
use engine::Goal;
use engine::core::Intent;
use serde_json::json;

use super::gates::Subject;
use super::wish::carried_out;
use super::words::{self, Sentence};
use super::{Asked, Stop};
use crate::page::{Message, PageAnswer};

/// The switch that a form asks for.
pub fn asked_for(message: &Message) -> Option<PowerAction> {
    message.form.get("powerAction").and_then(|word| read(word))
}

/// Reads the form's word: whatever is no letter is dropped, as the original does.
fn read(word: &str) -> Option<PowerAction> {
    let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
    letters.parse().ok()
}

/// Has the machine's power changed.
pub async fn answer(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let message = asked.message;
    let Some(action) = asked_for(message) else {
        return Err(Stop::new(
            400,
            "Choose one of the power actions boot, shutdown, restart and poweroff.",
        ));
    };
    let progress = carried_out(asked, subject, Intent::Power(action), Goal::Accepted).await?;
    let Some(progress) = progress else {
        return Ok(done(asked, action));
    };
    if !progress.met && is_held_up(&progress.operation) {
        return Err(Stop::new(409, asked.voice().stands(&progress.operation)));
    }
    Ok(done(asked, action))
}

/// The platform said no for now: it is locked, busy, or cannot be reached.
fn is_held_up(operation: &Operation) -> bool {
    let current = operation.current().map(|index| &operation.steps[index]);
    current.is_some_and(StepRecord::is_held_up)
}

fn done(asked: &Asked<'_>, action: PowerAction) -> PageAnswer {
    let message = asked.voice().tell(said(action));
    PageAnswer::done(&json!({ "action": action, "message": message }))
}

const fn said(action: PowerAction) -> Sentence {
    match action {
        PowerAction::Boot => words::BOOTS,
        PowerAction::Shutdown => words::SHUTS_DOWN,
        PowerAction::Restart => words::RESTARTS,
        PowerAction::PowerOff => words::POWERS_OFF,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_116_four_power_actions_are_known_and_only_letters_count() {
        assert_eq!(read("boot"), Some(PowerAction::Boot));
        assert_eq!(read("shut-down!"), Some(PowerAction::Shutdown));
        assert_eq!(read("restart"), Some(PowerAction::Restart));
        assert_eq!(read("poweroff"), Some(PowerAction::PowerOff));
        for bad in ["", "Boot", "reset", "bootboot", "12"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_sentence_names_the_action() {
        for action in PowerAction::ALL.iter().copied() {
            assert_eq!(said(action).key, format!("said-power-{action}"));
        }
    }
}
