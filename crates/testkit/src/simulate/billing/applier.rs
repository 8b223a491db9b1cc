//! The applier of effects: a cron run fetches what waits, applies it by its class, and acknowledges. A run may die
//! anywhere, and its acknowledgement may be lost.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::EffectId;
use domain::record::{Effect, EffectBody, EffectClass};
use engine::core::AckOutcome;

/// The table in which the applier keeps effect ids.
#[derive(Debug, Default)]
pub struct Desk {
    outcomes: BTreeMap<EffectId, AckOutcome>,
    claimed: BTreeSet<EffectId>,
    /// How often each effect was carried out; what the rules look at.
    pub carried_out: BTreeMap<EffectId, u32>,
    /// Services that a run is at work on.
    pub locked: BTreeSet<u64>,
}

/// One run of the applier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The one service whose effects it fetches; all where `None`.
    pub only: Option<u64>,
    /// How many rounds it still makes.
    pub rounds: u32,
    /// Services that it holds.
    pub holds: Vec<u64>,
    /// What it has to acknowledge.
    pub acks: Vec<(EffectId, AckOutcome)>,
}

/// What becomes of an effect at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// It was settled before: this is acknowledged again.
    Settled(AckOutcome),
    /// It was begun before and nobody knows how it ended.
    BegunBefore,
    /// It is to be carried out.
    ToDo,
}

impl Desk {
    /// What the table says of an effect. A telling or guarded effect is claimed with that.
    pub fn take(&mut self, effect: &Effect) -> Handling {
        if let Some(outcome) = self.outcomes.get(&effect.id) {
            return Handling::Settled(*outcome);
        }
        let begun = effect.body.class() != EffectClass::Row && !self.claimed.insert(effect.id);
        // Repeating a guarded effect meets its guard; a telling one has none.
        if begun && effect.body.class() == EffectClass::Telling {
            Handling::BegunBefore
        } else {
            Handling::ToDo
        }
    }

    /// The effect is carried out. A row effect and its outcome are one transaction.
    pub fn carry_out(&mut self, effect: &Effect) {
        *self.carried_out.entry(effect.id).or_default() += 1;
        if effect.body.class() == EffectClass::Row {
            self.settle(effect.id, AckOutcome::Applied);
        }
    }

    /// The outcome of an effect is written down.
    pub fn settle(&mut self, id: EffectId, outcome: AckOutcome) {
        self.outcomes.insert(id, outcome);
    }

    /// A table that forgets what was done: the broken applier of a test.
    pub fn forget(&mut self, id: EffectId) {
        self.outcomes.remove(&id);
        self.claimed.remove(&id);
    }
}

/// Whether carrying an effect out twice would be noticed by somebody.
pub const fn counts(body: &EffectBody) -> bool {
    !matches!(body.class(), EffectClass::Guarded)
}
