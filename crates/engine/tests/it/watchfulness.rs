//! Poison that stops nobody, duties whose silence is heard, and explanations for everything that is not final.

use std::sync::Arc;
use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::id::ServiceId;
use domain::ports::CountingRandom;
use domain::record::{
    Alarm, EffectBody, OperationKind, OperationState, PlatformKind, QuestionKind, Service, ServiceStatus,
    Standing,
};
use domain::{Actor, Change, Clock, Commit, Moment};
use driver::{Answered, Driver, Plan, PlanInput, Prepared, StepContext, Verdict};
use engine::EngineConfig;
use engine::core::Intent;
use sim::fault::{Fault, FaultRule};
use sim::platform::Outage;
use store::{EffectFilter, PageRequest};
use testkit::explained::lacking;
use testkit::rig::{Rig, RigOptions, order};

const HOUR: Duration = Duration::from_secs(3_600);

/// How far the rig's clock moves while the watch over the duties, which looks all the time, has one turn: a step.
const TURN: Duration = Duration::from_secs(10);

/// How often alarms are told.
const ANNOUNCED_EVERY: Duration = Duration::from_secs(5);

/// Where a driver fails.
#[derive(Clone, Copy, PartialEq)]
enum Fails {
    /// It panics when an order for a host called poison is planned.
    Planning,
    /// It panics at every answer to such an order.
    Answer,
    /// It asks again and again what a refresh has shown.
    NeverEnds,
}

/// A driver that fails.
struct Fragile(Arc<dyn Driver>, Fails);

async fn fragile(fails: Fails) -> Rig {
    let usual = RigOptions::default();
    Rig::with(RigOptions {
        driver: Arc::new(Fragile(usual.driver, fails)),
        ..usual
    })
    .await
}

fn is_poison(input: &domain::record::OperationInput) -> bool {
    input
        .order()
        .and_then(|order| order.hostname.as_deref())
        .is_some_and(|hostname| hostname.starts_with("poison"))
}

impl Driver for Fragile {
    fn kind(&self) -> PlatformKind {
        self.0.kind()
    }
    fn api_base(&self) -> &'static str {
        self.0.api_base()
    }
    fn requests(&self) -> &'static [(&'static str, domain::http::RetryClass)] {
        self.0.requests()
    }
    fn plan(&self, input: &PlanInput<'_>) -> Result<Plan, Answered> {
        let fails = self.1 == Fails::Planning && is_poison(input.input);
        assert!(!fails, "this order is poison");
        self.0.plan(input)
    }
    fn prepare(&self, context: &StepContext<'_>) -> Prepared {
        self.0.prepare(context)
    }
    fn interpret(&self, context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Verdict {
        let fails = self.1 == Fails::Answer && is_poison(context.input);
        assert!(!fails, "this answer is poison");
        if self.1 == Fails::NeverEnds && context.kind == OperationKind::Refresh {
            return Verdict::Next(request.clone(), domain::record::Notes::new());
        }
        self.0.interpret(context, request, outcome)
    }
    fn probes(&self, account: &str) -> Vec<Request> {
        self.0.probes(account)
    }
    fn interpret_probe(&self, request: &Request, outcome: &Outcome) -> Result<(), String> {
        self.0.interpret_probe(request, outcome)
    }
}

#[tokio::test]
async fn mx_097_an_operation_that_panics_becomes_a_question_and_stops_nobody() {
    let rig = fragile(Fails::Planning).await;
    let mut poison = order();
    poison.hostname = Some("poison.example.test".to_owned());
    let stuck = rig.submit(rig.wish(666, Intent::Create(poison))).await;
    rig.ready(501).await;
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(666).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::Stuck);
    assert!(
        question.text.contains("this order is poison"),
        "{}",
        question.text
    );
    let alarms = rig.engine.store().alarms().await.expect("alarms can be read");
    assert!(
        alarms
            .iter()
            .any(|alarm| alarm.name == format!("operation_stuck:{stuck}"))
    );
    rig.ready(502).await;

    let in_vain = rig.engine.retry(stuck, &Actor::host("tester")).await;
    let why = in_vain.expect_err("nothing would be tried").to_string();
    assert!(why.contains("waits for an answer"), "{why}");
    rig.engine
        .answer(question.id, "give-up", &Actor::host("tester"))
        .await
        .expect("the answer is taken");
    let ended = rig.ended(stuck, HOUR).await;
    assert_eq!(ended.state, OperationState::Failed);
    assert!(
        rig.engine
            .store()
            .alarms()
            .await
            .expect("alarms can be read")
            .is_empty()
    );
}

#[tokio::test]
async fn mx_097_an_operation_whose_answers_cannot_be_read_becomes_a_question() {
    let rig = fragile(Fails::Answer).await;
    let mut poison = order();
    poison.hostname = Some("poison.example.test".to_owned());
    rig.submit(rig.wish(666, Intent::Create(poison))).await;
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(666).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::Stuck);
    assert!(
        question.text.contains("this answer is poison"),
        "{}",
        question.text
    );
}

#[tokio::test]
async fn a_look_without_an_end_ends_with_its_operation() {
    let rig = fragile(Fails::NeverEnds).await;
    rig.ready(501).await;
    let refresh = rig.submit(rig.wish(501, Intent::Refresh { live: true })).await;
    let ended = rig.ended(refresh, HOUR).await;
    assert_eq!(ended.state, OperationState::Failed);
    assert!(ended.reason.contains("in time"), "{}", ended.reason);
}

/// A service in the store that is looked at next at `watch_due`.
fn watched(rig: &Rig, billing_id: u64, watch_due: Moment) -> Service {
    let now = rig.clock.now();
    Service {
        id: ServiceId::at(now, &CountingRandom::new(billing_id)),
        installation: rig.installation.id.clone(),
        billing_id,
        client_id: 77,
        product_id: 1,
        module: "VirtFusionDirect".to_owned(),
        platform: Some(rig.platform.id),
        generation: 1,
        status: ServiceStatus::Suspended,
        standing: Standing::Suspended,
        hostname: None,
        mapped_id: None,
        power_before_suspend: None,
        watch_due: Some(watch_due),
        unsettled_until: None,
        holds: Vec::new(),
        welcomed_generation: 1,
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

#[tokio::test]
async fn gx_004_all_suspended_machines_that_are_due_are_looked_at_in_one_run() {
    let mut rig = Rig::with(RigOptions {
        running: false,
        ..RigOptions::default()
    })
    .await;
    let now = rig.clock.now();
    let changes = (0..450).map(|n| Change::InsertService(watched(&rig, 10_000 + n, now)));
    let commit = Commit {
        changes: changes.collect(),
        ..Commit::default()
    };
    let store = rig.engine.store().clone();
    store.commit(commit).await.expect("services are stored");
    rig.run();
    // The clock stands: whatever is looked at is looked at by the first run.
    rig.at_once("a look at all of them", async |_: &Rig| {
        let due = store.watch_due(now, 1).await.expect("it is read");
        due.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_012_a_duty_that_stays_silent_is_an_alarm_and_a_todo_and_clears_itself() {
    let usual = RigOptions::default();
    let rig = Rig::with(RigOptions {
        engine: EngineConfig {
            reconcile_every: Duration::from_secs(60),
            ..usual.engine
        },
        ..usual
    })
    .await;
    rig.ready(501).await;
    rig.drain_effects(501).await;
    let name = "duty:reconcile";
    let silent = rig.clock.now() + HOUR * 24;
    rig.panel.set_outage(Some((Outage::Refused, silent)));
    let duty = |rig: &Rig| {
        let duties = rig.engine.freshness();
        let reconcile = duties.into_iter().find(|fresh| fresh.duty == "reconcile");
        reconcile.expect("it is a duty")
    };
    let raised = |rig: &Rig| {
        let store = rig.engine.store().clone();
        async move { store.alarm_is_raised(name).await.expect("alarms can be read") }
    };
    rig.until("the alarm", HOUR, async |rig: &Rig| {
        raised(rig).await.then_some(())
    })
    .await;
    let reconcile = duty(&rig);
    assert!(reconcile.trouble.is_some());
    let period = Duration::from_secs(reconcile.every_seconds);
    let broken = reconcile.last_success + Duration::from_secs(reconcile.alarm_after_seconds);
    let alarms = rig.engine.store().alarms().await.expect("alarms can be read");
    let alarm = alarms.iter().find(|alarm| alarm.name == name).expect("it stands");
    assert!(
        alarm.raised_at >= broken && alarm.raised_at <= broken + period + TURN,
        "the promise is broken since {broken}: {alarm:?}"
    );

    let todo = rig.until("the todo", HOUR, async |rig: &Rig| todo_about(rig, name).await);
    let (told_at, description) = todo.await;
    assert!(description.contains("cannot be listed"), "{description}");
    assert!(
        told_at <= alarm.raised_at + ANNOUNCED_EVERY + TURN,
        "raised at {}, told at {told_at}",
        alarm.raised_at
    );

    rig.panel.set_outage(None);
    let mended = rig.clock.now();
    rig.until("the end of the alarm", HOUR, async |rig: &Rig| {
        (!raised(rig).await).then_some(())
    })
    .await;
    // The platform has its turn, then the duty succeeds, then the watch sees it.
    let cleared = rig.clock.now();
    assert!(
        cleared <= mended + Duration::from_secs(60) + period + TURN,
        "mended at {mended}, cleared at {cleared}"
    );
    assert!(duty(&rig).trouble.is_none());
}

/// When a billing system was told of an alarm, and how.
async fn todo_about(rig: &Rig, alarm: &str) -> Option<(Moment, String)> {
    let waiting = rig.engine.effects(&rig.installation.id, None, 50).await;
    let mut waiting = waiting.expect("effects can be read").into_iter();
    waiting.find_map(|effect| match effect.body {
        EffectBody::Todo { title, description } if title.contains(alarm) => {
            Some((effect.created_at, description))
        }
        _ => None,
    })
}

#[tokio::test]
async fn gx_012_every_duty_has_a_promise_and_keeps_it() {
    let rig = Rig::start().await;
    rig.pass(Duration::from_secs(400)).await;
    let now = rig.clock.now();
    let duties = rig.engine.freshness();
    assert!(duties.len() >= 5, "{duties:?}");
    for duty in duties {
        let age = now.since(duty.last_success).as_secs();
        assert!(duty.alarm_after_seconds > duty.every_seconds, "{duty:?}");
        assert!(age <= 2 * duty.every_seconds + 10, "{} is {age} s old", duty.duty);
    }
    assert!(
        rig.engine
            .store()
            .alarms()
            .await
            .expect("alarms can be read")
            .is_empty()
    );
}

#[tokio::test]
async fn gx_012_the_running_engine_seals_the_audit_within_a_second_or_two() {
    let rig = Rig::start().await;
    for billing_id in 501..511 {
        rig.submit(rig.wish(billing_id, Intent::Create(order()))).await;
        let written = rig.clock.now();
        rig.clock.advance(Duration::from_secs(1));
        let counts = async || rig.engine.store().counts(rig.clock.now()).await.expect("counts");
        let mut patience = 2_000;
        while counts()
            .await
            .oldest_unsealed
            .is_some_and(|oldest| oldest <= written)
        {
            patience -= 1;
            assert!(
                patience > 0,
                "a line of {written} is not sealed two seconds later"
            );
            if patience == 1_800 {
                // A line that was decided before the duty ran and committed after it is sealed by the next run. The
                // clock moves no further than this: what is not sealed then never is.
                rig.clock.advance(Duration::from_secs(1));
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }
    let proof = rig
        .engine
        .store()
        .verify_audit()
        .await
        .expect("the audit can be read");
    assert!(proof.is_whole() && proof.lines() >= 10, "{proof:?}");
    assert!(proof.chains.iter().all(|chain| chain.late == 0), "{proof:?}");
}

/// The titles of all alarms that were told.
async fn told(rig: &Rig) -> Vec<String> {
    let filter = EffectFilter::default();
    let page = rig
        .engine
        .store()
        .effects(&filter, &PageRequest::first(500))
        .await;
    let bodies = page.expect("effects can be read").items;
    bodies
        .into_iter()
        .filter_map(|effect| match effect.body {
            EffectBody::Todo { title, .. } if title.starts_with("Hostler alarm") => Some(title),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn gx_012_an_alarm_is_told_once_however_often_the_engine_starts() {
    let mut rig = Rig::with(RigOptions {
        running: false,
        ..RigOptions::default()
    })
    .await;
    let alarm = Alarm {
        name: "raised_before_a_crash".to_owned(),
        text: "nobody has heard of it".to_owned(),
        raised_at: rig.clock.now(),
    };
    let store = rig.engine.store().clone();
    store.raise_alarm(&alarm).await.expect("it is raised");
    rig.run();
    rig.until("the todo", HOUR, async |rig: &Rig| {
        (told(rig).await.len() == 1).then_some(())
    })
    .await;
    rig.restart().await;
    rig.pass(Duration::from_secs(30)).await;
    assert_eq!(told(&rig).await.len(), 1);
    // A crash between the telling and its note.
    let store = rig.engine.store().clone();
    store
        .set_meta("alarms_told", "{}")
        .await
        .expect("it is forgotten");
    rig.pass(Duration::from_secs(30)).await;
    assert_eq!(told(&rig).await.len(), 1);
    // Raised anew it is told anew.
    store.clear_alarm(&alarm.name).await.expect("it is cleared");
    rig.pass(Duration::from_secs(30)).await;
    let again = Alarm {
        raised_at: rig.clock.now(),
        ..alarm
    };
    store.raise_alarm(&again).await.expect("it is raised");
    rig.pass(Duration::from_secs(30)).await;
    assert_eq!(told(&rig).await.len(), 2);
}

#[tokio::test]
async fn gx_012_effects_that_nobody_fetches_are_an_alarm_until_they_are_fetched() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let name = format!("effects_unfetched:{}", rig.installation.id);
    rig.pass(Duration::from_secs(600)).await;
    assert!(!rig.is_raised(&name).await);
    rig.until("the alarm", HOUR, async |rig: &Rig| {
        rig.is_raised(&name).await.then_some(())
    })
    .await;
    rig.until("the end of the alarm", HOUR, async |rig: &Rig| {
        let fetched = rig.engine.effects(&rig.installation.id, None, 50).await;
        fetched.expect("effects can be read");
        (!rig.is_raised(&name).await).then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_012_operations_that_nobody_works_on_are_an_alarm_until_they_have_ended() {
    let usual = RigOptions::default();
    let rig = Rig::with(RigOptions {
        engine: EngineConfig {
            workers: 0,
            ..usual.engine
        },
        ..usual
    })
    .await;
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.pass(Duration::from_secs(60)).await;
    assert!(!rig.is_raised("operations_overdue").await);
    rig.clock.advance(HOUR * 6 + Duration::from_secs(300));
    rig.until("the alarm", HOUR, async |rig: &Rig| {
        rig.is_raised("operations_overdue").await.then_some(())
    })
    .await;
    rig.engine
        .cancel(create, &Actor::host("tester"))
        .await
        .expect("it is taken back");
    rig.until("the end of the alarm", HOUR, async |rig: &Rig| {
        (!rig.is_raised("operations_overdue").await).then_some(())
    })
    .await;
}

/// What everything that is not final must say of itself.
async fn is_explained(rig: &Rig, billing_id: u64, with_calls: bool) {
    let why = rig
        .engine
        .why(&rig.installation.id, billing_id)
        .await
        .expect("the store works")
        .expect("the service is known");
    assert!(!why.open.is_empty(), "nothing is open: {why:?}");
    for one in &why.open {
        assert_eq!(lacking(one), None, "{one:?}");
    }
    let evidence = why.open.iter().any(|one| !one.evidence.is_empty());
    assert_eq!(evidence, with_calls, "{why:?}");
}

#[tokio::test]
async fn gx_013_whatever_is_not_final_says_why_and_what_comes_next() {
    let rig = Rig::with(RigOptions {
        running: false,
        ..RigOptions::default()
    })
    .await;
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    is_explained(&rig, 501, false).await;
    let mut rig = rig;
    rig.panel
        .add_fault(FaultRule::at("create_server", Fault::TimeoutBefore));
    rig.run();
    rig.until("a lost answer", HOUR, async |rig: &Rig| {
        let operation = rig.engine.operation(create).await.ok()?;
        operation.reason.contains("lost").then_some(())
    })
    .await;
    is_explained(&rig, 501, true).await;
    // Suspended while it is being made: the suspension is queued, and says behind what.
    let reason = "overdue".to_owned();
    rig.submit(rig.wish(501, Intent::Suspend { reason })).await;
    let why = rig
        .engine
        .why(&rig.installation.id, 501)
        .await
        .expect("the store works");
    let queued = why.expect("it is known").open;
    let queued = queued
        .iter()
        .find(|one| one.what.starts_with(OperationKind::Suspend.as_str()));
    assert!(queued.expect("it is open").next.contains(&create.to_string()));

    rig.panel.clear_faults();
    rig.ended(create, HOUR).await;
    rig.until("rest", HOUR, async |rig: &Rig| {
        rig.view(501).await.line().next().is_none().then_some(())
    })
    .await;
    let why = rig
        .engine
        .why(&rig.installation.id, 501)
        .await
        .expect("the store works");
    let last = why.expect("it is known").last.expect("something has ended");
    assert_eq!(
        (last.kind, last.state),
        (OperationKind::Suspend, OperationState::Succeeded)
    );
}

#[tokio::test]
async fn an_overdue_change_is_looked_at_and_not_made_until_the_person_has_answered() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let silent = rig.clock.now() + Duration::from_secs(16 * 60);
    rig.panel.set_outage(Some((Outage::Refused, silent)));
    let restart = Intent::Power(domain::machine::PowerAction::Restart);
    let operation = rig.submit(rig.wish(501, restart)).await;
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::Overdue);
    rig.pass(Duration::from_secs(30 * 60)).await;
    let open = rig.view(501).await.questions;
    assert_eq!(
        open.iter().map(|question| question.id).collect::<Vec<_>>(),
        [question.id],
        "it is one question all the time"
    );
    let restarts = |rig: &Rig| {
        let calls = rig.panel.calls();
        calls
            .iter()
            .filter(|call| call.endpoint == "power_restart")
            .count()
    };
    assert_eq!(
        restarts(&rig),
        0,
        "nobody restarts a machine half an hour later unasked"
    );
    rig.engine
        .answer(question.id, "go-on", &Actor::host("tester"))
        .await
        .expect("the answer is taken");
    assert_eq!(rig.ended(operation, HOUR).await.state, OperationState::Succeeded);
    assert_eq!(restarts(&rig), 1);
}
