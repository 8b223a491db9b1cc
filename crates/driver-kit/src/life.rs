//! A machine's life: operations one after the other, each on what the one before left.

use std::time::Duration;

use domain::record::{Notes, OperationInput, OperationKind};
use driver::Driver;

use crate::player::{Ended, Heard, Player};
use crate::scene::Scene;
use crate::wire::Wire;

/// Plays operations one after the other on one machine, a minute apart, each step once or twice: how each ended, what
/// was heard, and the last scene. A create that did not end well is the last.
pub fn live<D: Driver + ?Sized, W: Wire>(
    driver: &D,
    mut wire: W,
    life: Vec<Scene>,
    twice: bool,
) -> (Vec<Ended>, Vec<Heard>, Scene) {
    let (mut ended, mut heard) = (Vec::new(), Vec::new());
    let mut last: Option<Scene> = None;
    for mut scene in life {
        if let Some(last) = last.take() {
            scene.link = last.link;
            scene.now = last.now + Duration::from_mins(1);
        }
        let player = Player::new(driver, &mut wire, scene);
        let mut player = if twice { player.twice() } else { player };
        ended.push(player.run());
        heard.append(&mut player.heard);
        let is_over = player.scene.kind == OperationKind::Create && ended.last() != Some(&Ended::Done);
        last = Some(player.scene);
        if is_over {
            break;
        }
    }
    (ended, heard, last.expect("a life has an operation"))
}

/// The termination of a scene's machine.
pub fn termination(scene: &Scene) -> Scene {
    let mut end = scene.clone();
    end.kind = OperationKind::Terminate;
    end.input = OperationInput::Terminate { not_before: None };
    end.notes = Notes::new();
    end
}
