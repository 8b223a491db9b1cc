//! Rows made from sample records.

use domain::Moment;
use domain::fact::Fact;
use domain::id::{AuditId, EffectId};
use domain::ports::CountingRandom;
use domain::record::{
    AuditLine, Effect, EffectBody, EffectState, OperationKind, OperationState, PlatformState, QuestionKind,
    Standing,
};

use engine::core::{explain, explain_effects, explain_operation};

use super::{AuditRow, EffectRow, FactRow, LinkRow, OperationRow, PlatformRow, QuestionRow, WhyRow};
use crate::context::sample;

pub(super) fn operations(now: Moment) -> Vec<OperationRow> {
    let service = sample::service(Standing::Live, now);
    OperationState::ALL
        .iter()
        .map(|state| sample::operation(OperationKind::Power, *state, now))
        .map(|operation| OperationRow::new(&operation, Some(&service), now))
        .collect()
}

pub(super) fn questions(now: Moment) -> Vec<QuestionRow> {
    let service = sample::service(Standing::Live, now);
    let open = sample::question(now);
    let mut host_only = open.clone();
    host_only.host_only = true;
    host_only.operation = None;
    let mut answered = open.clone();
    answered.answered_at = Some(now);
    answered.answer = Some(sample::TEXT.to_owned());
    answered.answered_by = Some(domain::Actor::host(sample::TEXT));
    let of_each_kind = QuestionKind::ALL.iter().map(|kind| domain::record::Question {
        kind: *kind,
        ..open.clone()
    });
    of_each_kind
        .map(|question| QuestionRow::new(&question, Some(&service), now))
        .chain([
            QuestionRow::new(&host_only, None, now),
            QuestionRow::new(&answered, Some(&service), now),
        ])
        .collect()
}

/// An operation in each state and of each kind, one that is asked about, questions of each kind, and effects.
pub(super) fn why(now: Moment) -> Vec<WhyRow> {
    let calls = sample::calls(now);
    let quiet = |kind, state| {
        let operation = sample::operation(kind, state, now);
        explain_operation(&operation, &[], &[], &calls, now)
    };
    let states = OperationState::ALL
        .iter()
        .filter(|state| !state.is_final())
        .map(|state| quiet(OperationKind::Create, *state));
    let kinds = OperationKind::ALL
        .iter()
        .map(|kind| quiet(*kind, OperationState::Running));
    let question = sample::question(now);
    let host_only = domain::record::Question {
        host_only: true,
        ..question.clone()
    };
    let asking = sample::operation(OperationKind::Create, OperationState::Asking, now);
    let asked = [question.clone(), host_only];
    let asked = explain_operation(&asking, &[], &asked, &[], now);
    let mut view = sample::live(now);
    view.open = Vec::new();
    view.questions = QuestionKind::ALL
        .iter()
        .map(|kind| domain::record::Question {
            kind: *kind,
            ..question.clone()
        })
        .collect();
    states
        .chain(kinds)
        .chain([asked])
        .chain(explain(&view, &calls, now))
        .chain(explain_effects(&[effect(EffectState::Waiting, now)], now))
        .map(|why| WhyRow::new(&why, now))
        .collect()
}

fn effect(state: EffectState, now: Moment) -> Effect {
    let service = sample::service(Standing::Live, now);
    Effect {
        id: EffectId::at(now, &CountingRandom::new(10)),
        installation: service.installation.clone(),
        service: Some((service.id, service.billing_id)),
        operation: Some(sample::operation(OperationKind::Create, OperationState::Running, now).id),
        sequence: 1,
        body: EffectBody::LogActivity {
            message: sample::TEXT.to_owned(),
        },
        state,
        tries: 1,
        due_at: now,
        reason: Some(sample::TEXT.to_owned()),
        created_at: now,
        finished_at: (state != EffectState::Waiting).then_some(now),
    }
}

pub(super) fn effects(now: Moment) -> Vec<EffectRow> {
    EffectState::ALL
        .iter()
        .map(|state| EffectRow::new(&effect(*state, now), now))
        .collect()
}

pub(super) fn facts(now: Moment) -> Vec<FactRow> {
    [
        Fact::Known(sample::machine_with(Fact::Unknown)),
        Fact::Absent,
        Fact::Unknown,
    ]
    .map(|value| FactRow::new(&sample::fact(value, now), now))
    .into()
}

pub(super) fn audit(now: Moment) -> Vec<AuditRow> {
    let line = AuditLine {
        id: AuditId::at(now, &CountingRandom::new(11)),
        installation: None,
        at: now,
        actor: domain::Actor::engine(sample::TEXT),
        action: "operation.accepted".to_owned(),
        subject: sample::TEXT.to_owned(),
        detail: serde_json::json!({ "text": sample::TEXT }),
    };
    vec![AuditRow::new(&line, now)]
}

pub(super) fn links(now: Moment) -> Vec<LinkRow> {
    let open = sample::live(now).link;
    let closed = open.clone().map(|mut link| {
        link.closed_at = Some(now);
        link.close_reason = Some(sample::TEXT.to_owned());
        link
    });
    [open, closed]
        .iter()
        .flatten()
        .map(|link| LinkRow::new(link, now))
        .collect()
}

pub(super) fn platforms(now: Moment) -> Vec<PlatformRow> {
    PlatformState::ALL
        .iter()
        .map(|state| {
            let mut platform = sample::platform(now);
            platform.state = *state;
            let attachment = domain::record::Attachment {
                installation: sample::installation(now).id,
                server_id: 3,
                platform: platform.id,
                relation: domain::record::Relation::Integer,
            };
            let closed = now + std::time::Duration::from_secs(30);
            PlatformRow::new(&platform, &[attachment], Some(closed), now)
        })
        .collect()
}
