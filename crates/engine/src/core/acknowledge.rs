//! The billing system's word on an effect it fetched.

use std::time::Duration;

use domain::id::QuestionId;
use domain::record::{Effect, EffectBody, EffectClass, EffectState, Question, QuestionKind};
use domain::{Change, Commit, Moment};

use super::{World, backoff};

/// What the applier says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AckOutcome {
    /// Done.
    Applied,
    /// The guard said no.
    Refused,
    /// It did not work.
    Failed,
    /// It was claimed once and nobody knows whether it was done.
    Unknown,
}

/// Tries before a failing effect becomes a question.
const TRIES: u32 = 8;

/// What follows from an acknowledgement. `None` when the effect is final already: acknowledging twice changes nothing.
pub fn acknowledge(
    effect: &Effect,
    outcome: AckOutcome,
    reason: Option<String>,
    world: World<'_>,
) -> Option<Commit> {
    if effect.state != EffectState::Waiting {
        return None;
    }
    let now = world.now;
    let mut effect = effect.clone();
    effect.reason = reason;
    let mut changes = Vec::new();
    match outcome {
        AckOutcome::Applied => finish(&mut effect, EffectState::Applied, now),
        AckOutcome::Refused => finish(&mut effect, EffectState::Refused, now),
        AckOutcome::Unknown => match (&effect.body, effect.body.class()) {
            // A line told twice hurts nobody; a mail sent twice does, and one not sent does too.
            (EffectBody::LogActivity { .. } | EffectBody::LogModuleCall { .. }, _) => {
                finish(&mut effect, EffectState::Unknown, now);
                let mut again = effect.clone();
                again.id = domain::id::EffectId::at(now, world.random);
                again.state = EffectState::Waiting;
                again.tries = 0;
                again.due_at = now;
                again.finished_at = None;
                changes.push(Change::InsertEffect(again));
            }
            (_, EffectClass::Telling) => {
                finish(&mut effect, EffectState::Unknown, now);
                changes.push(ask(&effect, "it may or may not have gone out", world));
            }
            (_, EffectClass::Row | EffectClass::Guarded) => effect.due_at = now + Duration::from_secs(5),
        },
        AckOutcome::Failed if effect.tries >= TRIES => {
            finish(&mut effect, EffectState::Failed, now);
            let why = effect
                .reason
                .clone()
                .unwrap_or_else(|| "no reason given".to_owned());
            changes.push(ask(&effect, &why, world));
        }
        AckOutcome::Failed => effect.due_at = now + backoff(effect.tries, world.random),
    }
    changes.push(Change::PutEffect(effect));
    Some(Commit {
        changes,
        ..Commit::default()
    })
}

fn finish(effect: &mut Effect, state: EffectState, now: Moment) {
    effect.state = state;
    effect.finished_at = Some(now);
}

fn ask(effect: &Effect, why: &str, world: World<'_>) -> Change {
    let of = effect
        .service
        .map_or_else(String::new, |(_, billing_id)| format!(" of service {billing_id}"));
    Change::PutQuestion(Question {
        id: QuestionId::at(world.now, world.random),
        service: effect.service.map(|(service, _)| service),
        operation: None,
        kind: QuestionKind::EffectFailed,
        subject: None,
        text: format!(
            "The effect {} ({}){of} could not be settled: {why}.",
            effect.body.kind(),
            effect.id
        ),
        choices: vec![
            (format!("repeat:{}", effect.id), "do it once more".to_owned()),
            ("leave".to_owned(), "leave it as it is".to_owned()),
        ],
        host_only: false,
        opened_at: world.now,
        answered_at: None,
        answer: None,
        answered_by: None,
    })
}
