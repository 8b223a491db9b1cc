//! The engine over a real store and real HTTP to the simulated Katapult: what the tests of each part of a machine's life
//! there begin with.

use std::time::Duration;

use domain::record::{Operation, OperationState, Question, QuestionKind};
use domain::{Actor, Clock, Moment};
use engine::Wish;
use engine::core::Intent;
use sim::katapult::{Katapult, Machine, Policy};
use testkit::rig::{KatapultOptions, Rig, katapult_order};

/// An engine on Katapult.
pub type Kat = Rig<Katapult>;

/// Longer than anything here takes.
pub const HOUR: Duration = Duration::from_secs(3_600);

/// Builds of 30 s, on a platform where annotations reach machines.
pub async fn usual() -> Kat {
    Rig::katapult(KatapultOptions::default()).await
}

pub fn now(rig: &Kat) -> Moment {
    rig.clock.now()
}

/// A wish about a client's service, from the engine's host: nobody's budget is used up by it.
pub fn wish(rig: &Kat, service: u64, client: u64, intent: Intent) -> Wish {
    let mut wish = rig.wish(service, intent);
    wish.told.client_id = client;
    wish.actor = Actor::host("test");
    wish
}

/// A wish for a client's machine.
pub fn order(rig: &Kat, service: u64, client: u64) -> Wish {
    wish(rig, service, client, Intent::Create(katapult_order(client)))
}

pub fn suspension() -> Intent {
    Intent::Suspend {
        reason: "overdue".to_owned(),
    }
}

pub const END: Intent = Intent::Terminate { window: None };

/// Waits for an operation's success.
pub async fn succeeds(rig: &Kat, operation: domain::id::OperationId) -> Operation {
    let ended = rig.ended(operation, HOUR * 3).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    ended
}

/// Gives a wish of the billing system and waits for its success.
pub async fn done(rig: &Kat, service: u64, intent: Intent) -> Operation {
    let operation = rig.submit(rig.wish(service, intent)).await;
    succeeds(rig, operation).await
}

/// Waits for a question about a service.
pub async fn asked(rig: &Kat, service: u64, kind: QuestionKind) -> Question {
    rig.until("the question", HOUR, async |rig: &Kat| {
        let questions = rig.view(service).await.questions;
        questions.into_iter().find(|question| question.kind == kind)
    })
    .await
}

/// The machines outside the trash.
pub fn machines(rig: &Kat) -> Vec<Machine> {
    let all = rig.panel.machines(now(rig)).into_iter();
    all.filter(|machine| machine.trash.is_none()).collect()
}

/// The backup policies of machines outside the trash, and of machines that are gone.
pub fn policies(rig: &Kat) -> Vec<Policy> {
    let all = rig.panel.machines(now(rig));
    let lies_in_trash = |serial| {
        let mut all = all.iter();
        all.any(|machine| machine.serial == serial && machine.trash.is_some())
    };
    let policies = rig.panel.policies(now(rig)).into_iter();
    policies
        .filter(|policy| !lies_in_trash(policy.target.machine()))
        .collect()
}

/// How many builds were asked for.
pub fn builds(rig: &Kat) -> u64 {
    rig.panel.totals(now(rig)).builds
}

/// The id of the machine that a service is linked to.
pub async fn linked(rig: &Kat, service: u64) -> String {
    let view = rig.view(service).await;
    view.link.expect("a link").identity.id
}

/// Whether the service's machine runs, or is about to.
pub fn runs(rig: &Kat, machine: &str) -> bool {
    let machine = rig.panel.machine(now(rig), machine).expect("it is there");
    machine.power.is_on() || machine.booting
}
