//! Rows of questions, effects, facts, platforms and the audit.

use domain::record::{Alarm, AuditLine, Effect, FactRecord, Question, Service};
use domain::{Fact, Moment};
use serde::Serialize;

use super::calls::shown;
use super::rows::ServiceRow;
use crate::context::When;

/// A question with its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionRow {
    /// Our id.
    pub id: String,
    /// What it is about: the end of a message's key.
    pub kind: String,
    /// What happened and what is asked.
    pub text: String,
    /// The answers: word, and what it does.
    pub choices: Vec<(String, String)>,
    /// Whether only the command line answers.
    pub host_only: bool,
    /// The service, where there is one.
    pub service: Option<ServiceRow>,
    /// The operation that waits.
    pub operation: String,
    /// When it was asked.
    pub opened: When,
    /// The answer, once there is one.
    pub answer: String,
    /// Who answered.
    pub answered_by: String,
}

impl QuestionRow {
    /// From the record and its service.
    pub fn new(question: &Question, service: Option<&Service>, now: Moment) -> Self {
        Self {
            id: question.id.to_string(),
            kind: question.kind.as_str().replace('_', "-"),
            text: question.text.clone(),
            choices: question.choices.clone(),
            host_only: question.host_only,
            service: service.map(|service| ServiceRow::new(service, now)),
            operation: question.operation.map(|id| id.to_string()).unwrap_or_default(),
            opened: When::new(now, question.opened_at),
            answer: question.answer.clone().unwrap_or_default(),
            answered_by: question
                .answered_by
                .as_ref()
                .map(|actor| format!("{} {}", actor.kind, actor.id))
                .unwrap_or_default(),
        }
    }
}

/// An effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectRow {
    /// Our id.
    pub id: String,
    /// The billing system.
    pub installation: String,
    /// What is to be done.
    pub kind: &'static str,
    /// How it stays single.
    pub class: &'static str,
    /// Where it stands.
    pub state: &'static str,
    /// The service's billing id.
    pub billing_id: Option<u64>,
    /// The operation it came from.
    pub operation: String,
    /// How often it was fetched.
    pub tries: u32,
    /// Its arguments.
    pub body: String,
    /// Why it was refused or failed.
    pub reason: String,
    /// When it was committed.
    pub created: When,
    /// When it may be fetched, while it waits.
    pub due: Option<When>,
}

impl EffectRow {
    /// From the record.
    pub fn new(effect: &Effect, now: Moment) -> Self {
        let body = serde_json::to_value(&effect.body).unwrap_or_default();
        Self {
            id: effect.id.to_string(),
            installation: effect.installation.to_string(),
            kind: effect.body.kind(),
            class: effect.body.class().as_str(),
            state: effect.state.as_str(),
            billing_id: effect.service.map(|(_, billing_id)| billing_id),
            operation: effect.operation.map(|id| id.to_string()).unwrap_or_default(),
            tries: effect.tries,
            body: shown(&body),
            reason: effect.reason.clone().unwrap_or_default(),
            created: When::new(now, effect.created_at),
            due: effect
                .finished_at
                .is_none()
                .then(|| When::new(now, effect.due_at)),
        }
    }
}

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactRow {
    /// What was observed.
    pub kind: String,
    /// `known`, `absent` or `unknown`: the end of a message's key.
    pub state: &'static str,
    /// The value.
    pub value: String,
    /// When it was observed.
    pub observed: When,
}

impl FactRow {
    /// From the record.
    pub fn new(fact: &FactRecord, now: Moment) -> Self {
        let state = match &fact.value {
            Fact::Known(_) => "known",
            Fact::Absent => "absent",
            Fact::Unknown => "unknown",
        };
        Self {
            kind: fact.kind.clone(),
            state,
            value: fact.value.known().map(shown).unwrap_or_default(),
            observed: When::new(now, fact.observed_at),
        }
    }
}

/// A line of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// When.
    pub at: When,
    /// Who: kind and id.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// More.
    pub detail: String,
}

impl AuditRow {
    /// From the record.
    pub fn new(line: &AuditLine, now: Moment) -> Self {
        Self {
            at: When::new(now, line.at),
            actor: format!("{} {}", line.actor.kind, line.actor.id),
            action: line.action.clone(),
            detail: shown(&line.detail),
        }
    }
}

/// A promise broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlarmRow {
    /// Which.
    pub name: String,
    /// One sentence.
    pub text: String,
    /// Since when.
    pub since: When,
}

impl AlarmRow {
    /// From the record.
    pub fn new(alarm: &Alarm, now: Moment) -> Self {
        Self {
            name: alarm.name.clone(),
            text: alarm.text.clone(),
            since: When::new(now, alarm.raised_at),
        }
    }
}
