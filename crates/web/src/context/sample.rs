//! Records that samples are made from. Every text that somebody else may choose holds markup, so that rendering the
//! samples also shows whether a template escapes.

mod seen;
mod views;

use std::time::Duration;

use domain::http::{Outcome, Request, Response, RetryClass};
use domain::id::{CallId, InstallationId, OperationId, PlatformId, QuestionId, SecretId, ServiceId};
use domain::machine::{Identity, Machine, MachineStatus, Power, PowerAction};
use domain::ports::CountingRandom;
use domain::record::{
    Call, CallState, FORMAT_VERSION, FactRecord, Installation, InstallationSettings, Notes, Operation,
    OperationInput, OperationKind, OperationState, Platform, PlatformKind, PlatformProfile, PlatformState,
    Question, QuestionKind, Service, ServiceStatus, Standing, StepPhase, StepRecord,
};
use domain::{Actor, Fact, Moment, Order};

#[cfg(test)]
pub(crate) use seen::{around, facts, observed};
pub(crate) use seen::{complete, names, past, reader};
#[cfg(test)]
pub(crate) use views::everything;
pub(crate) use views::{live, offering, views};

/// A text as somebody with bad intentions would choose it.
pub(crate) const TEXT: &str = "<script>alert(1)</script> & \"it's\"";

fn main_installation() -> InstallationId {
    "main".parse().expect("the name keeps the rule of names")
}

pub(crate) fn installation(now: Moment) -> Installation {
    Installation {
        id: main_installation(),
        key: SecretId::at(now, &CountingRandom::new(1)),
        previous_key: None,
        enrol_until: None,
        settings: InstallationSettings::default(),
        created_at: now,
    }
}

pub(crate) fn platform(now: Moment) -> Platform {
    Platform {
        id: PlatformId::at(now, &CountingRandom::new(2)),
        kind: PlatformKind::VirtFusion,
        name: TEXT.to_owned(),
        endpoint: "https://panel.example".to_owned(),
        account: String::new(),
        state: PlatformState::Approved,
        credential: SecretId::at(now, &CountingRandom::new(3)),
        profile: PlatformProfile::default(),
        created_at: now,
        updated_at: now,
    }
}

pub(crate) fn service(standing: Standing, now: Moment) -> Service {
    Service {
        id: ServiceId::at(now, &CountingRandom::new(4)),
        installation: main_installation(),
        billing_id: 12,
        client_id: 5,
        product_id: 3,
        module: "VirtFusionDirect".to_owned(),
        platform: Some(platform(now).id),
        generation: 1,
        status: ServiceStatus::Active,
        standing,
        hostname: Some(TEXT.to_owned()),
        mapped_id: Some(TEXT.to_owned()),
        power_before_suspend: None,
        watch_due: None,
        unsettled_until: None,
        holds: Vec::new(),
        welcomed_generation: 1,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

fn identity() -> Identity {
    Identity {
        id: "4711".to_owned(),
        unchangeable: TEXT.to_owned(),
        owner: "9".to_owned(),
    }
}

pub(crate) fn machine_with(power: Fact<Power>) -> Machine {
    Machine {
        identity: identity(),
        status: MachineStatus::Ready,
        name: TEXT.to_owned(),
        hostname: Some(TEXT.to_owned()),
        suspended: Fact::Known(false),
        power,
        busy: false,
        ipv4: vec!["192.0.2.10".to_owned(), "192.0.2.11".to_owned()],
        ipv6: vec!["2001:db8::10".to_owned()],
        package: Some(TEXT.to_owned()),
        location: Some(TEXT.to_owned()),
        memory_mb: Some(2_048),
        cores: Some(2),
        storage_gb: Some(40),
        traffic_gb: Some(0),
        os: Some(TEXT.to_owned()),
        created: Some(now_of_samples()),
        raw: serde_json::json!({ "name": TEXT }),
    }
}

const fn now_of_samples() -> Moment {
    Moment::from_seconds(1_799_000_000)
}

pub(crate) fn fact(value: Fact<Machine>, now: Moment) -> FactRecord {
    FactRecord {
        service: service(Standing::Live, now).id,
        kind: FactRecord::MACHINE.to_owned(),
        value: value.map(|machine| serde_json::to_value(machine).unwrap_or_default()),
        observed_at: now - Duration::from_secs(12),
    }
}

fn step(name: &str, phase: StepPhase, now: Moment) -> StepRecord {
    StepRecord {
        name: name.to_owned(),
        label: format!("{name} {TEXT}"),
        class: RetryClass::Convergent,
        harms: false,
        resendable: false,
        insists: false,
        milestone: None,
        phase,
        attempt: 1,
        turned_away: 0,
        looks: 2,
        failures: 0,
        acted_at: Some(now),
        act_outcome: None,
        missing_since: None,
        absent_since: None,
        candidate: None,
        begun_at: Some(now),
        done_at: (phase == StepPhase::Done).then_some(now),
        hint: TEXT.to_owned(),
        hindrance: None,
        refusal: Some(TEXT.to_owned()),
        told_late: false,
    }
}

pub(crate) fn operation(kind: OperationKind, state: OperationState, now: Moment) -> Operation {
    let input = match kind {
        OperationKind::Power => OperationInput::Power {
            action: PowerAction::Restart,
        },
        OperationKind::Terminate => OperationInput::Terminate {
            not_before: Some(now + Duration::from_hours(2)),
        },
        OperationKind::Create | OperationKind::ChangePackage => OperationInput::Order(Order::default()),
        _ => OperationInput::Nothing,
    };
    let steps = match kind {
        OperationKind::Terminate => Vec::new(),
        _ => vec![
            step("order", StepPhase::Done, now),
            step("build", StepPhase::Look, now),
            step("verify", StepPhase::Waiting, now),
        ],
    };
    Operation {
        id: OperationId::at(now, &CountingRandom::new(5)),
        service: service(Standing::Live, now).id,
        generation: 1,
        kind,
        version: FORMAT_VERSION,
        sequence: 1,
        input,
        actor: Actor::host(TEXT),
        state,
        steps,
        notes: Notes::default(),
        due_at: (!state.is_final()).then_some(now + Duration::from_secs(5)),
        deadline: now + Duration::from_hours(1),
        lease: None,
        exclusive: None,
        interrupted_by: None,
        held_by: None,
        identified_at: None,
        milestone: None,
        reason: TEXT.to_owned(),
        secret: None,
        rerun: None,
        created_at: now - Duration::from_secs(40),
        updated_at: now,
        finished_at: state.is_final().then_some(now - Duration::from_secs(20)),
    }
}

pub(crate) fn question(now: Moment) -> Question {
    Question {
        id: QuestionId::at(now, &CountingRandom::new(6)),
        service: Some(service(Standing::Live, now).id),
        operation: Some(operation(OperationKind::Create, OperationState::Asking, now).id),
        kind: QuestionKind::UnsettledCreate,
        subject: None,
        text: TEXT.to_owned(),
        choices: vec![(TEXT.to_owned(), TEXT.to_owned())],
        host_only: false,
        opened_at: now,
        answered_at: None,
        answer: None,
        answered_by: None,
    }
}

pub(crate) fn calls(now: Moment) -> Vec<Call> {
    let call = |state, outcome, ended_at| Call {
        id: CallId::at(now, &CountingRandom::new(8)),
        operation: operation(OperationKind::Create, OperationState::Running, now).id,
        step: "order".to_owned(),
        request: Request::get("read_server", "/servers/1").with_query("q", TEXT),
        state,
        outcome,
        sent_at: now,
        ended_at,
    };
    let answer = Outcome::Answered(Response {
        status: 200,
        body: TEXT.to_owned(),
        retry_after: None,
    });
    vec![
        call(
            CallState::Answered,
            Some(answer),
            Some(now + Duration::from_millis(37)),
        ),
        call(CallState::Unknown, Some(Outcome::lost(TEXT)), Some(now)),
        call(CallState::Sending, None, None),
    ]
}
