//! Readings of what a platform shows of a machine beside its state, as the engine makes them.

use domain::http::{Outcome, Request};
use domain::machine::Identity;
use domain::observed::{FactKind, Observed};
use domain::record::Notes;
use driver::{Driver, Reading, ReadingContext};

use crate::scene::Scene;
use crate::wire::Wire;

/// No reading of any driver needs more requests.
const MOST: usize = 10;

/// One request of a reading, what was known before it, and what became of it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request.
    pub request: Request,
    /// What came with it.
    pub notes: Notes,
    /// What became of it.
    pub outcome: Outcome,
}

/// A reading that has come to its end.
#[derive(Debug, Clone)]
pub struct Ending {
    /// What was seen, or in a sentence why nothing was.
    pub seen: Result<Box<Observed>, String>,
    /// Of which machine.
    pub identity: Option<Identity>,
    /// What was asked.
    pub asked: Vec<Asked>,
}

/// Reads one fact of a scene's machine.
pub fn read_fact(driver: &dyn Driver, mut wire: impl Wire, scene: &Scene, kind: FactKind) -> Ending {
    let context = context(scene, kind);
    let mut ending = Ending {
        seen: Err("nothing was asked".to_owned()),
        identity: None,
        asked: Vec::new(),
    };
    let mut notes = Notes::new();
    let mut now = scene.now;
    let mut request = match driver.reading(&context) {
        Ok(request) => request,
        Err(why) => {
            ending.seen = Err(why);
            return ending;
        }
    };
    for _ in 0..MOST {
        let (outcome, took) = wire.exchange(now, &request);
        now = now + took;
        let reading = driver.read_fact(&context, &request, &outcome, &notes);
        ending.asked.push(Asked {
            request: request.clone(),
            notes: notes.clone(),
            outcome,
        });
        match reading {
            Reading::Seen {
                observed, identity, ..
            } => {
                (ending.seen, ending.identity) = (Ok(observed), identity);
                return ending;
            }
            Reading::Failed(why) => {
                ending.seen = Err(why);
                return ending;
            }
            Reading::Next(next, known) => (request, notes) = (next, known),
        }
    }
    panic!("the reading of {kind} has no end");
}

/// What the driver is asked with about a scene's machine.
pub fn context(scene: &Scene, kind: FactKind) -> ReadingContext<'_> {
    ReadingContext {
        kind,
        link: scene.link.as_ref().expect("a reading is about a machine"),
        installation: &scene.marker.installation,
        client_id: scene.client_id,
        relation: scene.relation,
        seen: None,
    }
}
