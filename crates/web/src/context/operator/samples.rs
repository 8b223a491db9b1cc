//! Rows made from sample records.

use domain::Moment;
use domain::fact::Fact;
use domain::id::{AuditId, EffectId};
use domain::ports::CountingRandom;
use domain::record::{
    AuditLine, Effect, EffectBody, EffectState, OperationKind, OperationState, PlatformState, Standing,
};

use super::{AuditRow, EffectRow, FactRow, LinkRow, OperationRow, PlatformRow, QuestionRow};
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
    vec![
        QuestionRow::new(&open, Some(&service), now),
        QuestionRow::new(&host_only, None, now),
        QuestionRow::new(&answered, Some(&service), now),
    ]
}

pub(super) fn effects(now: Moment) -> Vec<EffectRow> {
    let service = sample::service(Standing::Live, now);
    let effect = |state: EffectState| Effect {
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
    };
    EffectState::ALL
        .iter()
        .map(|state| EffectRow::new(&effect(*state), now))
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
