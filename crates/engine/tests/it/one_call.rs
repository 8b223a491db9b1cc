//! What the engine does with drivers of platforms that make and build in one call: an order that was taken long before
//! there is a machine, builds that end badly without one, first passwords, lists that call for further lists, and answers
//! that are waited for no longer than the driver says.

use std::sync::Arc;
use std::time::Duration;

use domain::http::{Outcome, Request, RetryClass};
use domain::machine::{Identity, Machine};
use domain::record::{
    EffectBody, Milestone, Notes, OperationKind, OperationState, PlatformKind, QuestionKind,
};
use domain::{Actor, Clock, Secret};
use driver::{
    Answered, Driver, Findings, ListPage, Login, Phase, Plan, PlanInput, Prepared, Standing, StepContext,
    Verdict,
};
use engine::FOR_BILLING;
use engine::core::Intent;
use sim::fault::{Fault, FaultRule};
use testkit::rig::{Rig, RigOptions, order};

const HOUR: Duration = Duration::from_secs(3_600);

/// Longer than what was made may take to be shown on platforms that make and build in two calls.
const LONG: Duration = Duration::from_secs(1_500);

/// How a build goes.
#[derive(Clone, Copy, PartialEq)]
enum Builds {
    /// It takes its time and ends well.
    Long,
    /// It ends badly.
    Badly,
    /// As usual, and answers are waited for a tenth of a second only.
    Hastily,
}

/// The usual driver, as if its platform made and built in one call.
struct OneCall(Arc<dyn Driver>, Builds);

async fn one_call(builds: Builds) -> Rig {
    let usual = RigOptions::default();
    Rig::with(RigOptions {
        driver: Arc::new(OneCall(usual.driver, builds)),
        ..usual
    })
    .await
}

impl OneCall {
    /// What a look at a build that was sent shows instead of the machine.
    fn instead(&self, context: &StepContext<'_>) -> Option<Findings> {
        let sent = context.acted_at.filter(|_| context.phase == Phase::Look)?;
        match self.1 {
            _ if context.step != "machine" => None,
            Builds::Hastily => None,
            Builds::Badly => Some(Findings::of(Standing::Broken("the build has failed".to_owned()))),
            Builds::Long if context.now.since(sent) >= LONG => None,
            Builds::Long => {
                let mut findings = driver::facts::pending("the build is under way");
                findings.milestone = Some(Milestone::Accepted);
                Some(findings)
            }
        }
    }
}

impl Driver for OneCall {
    fn kind(&self) -> PlatformKind {
        self.0.kind()
    }
    fn api_base(&self) -> &'static str {
        self.0.api_base()
    }
    fn requests(&self) -> &'static [(&'static str, RetryClass)] {
        self.0.requests()
    }
    fn exchange_within(&self) -> Option<Duration> {
        (self.1 == Builds::Hastily).then_some(Duration::from_millis(100))
    }
    fn plan(&self, input: &PlanInput<'_>) -> Result<Plan, Answered> {
        self.0.plan(input)
    }
    fn prepare(&self, context: &StepContext<'_>) -> Prepared {
        self.0.prepare(context)
    }
    fn interpret(&self, context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Verdict {
        if let Some(findings) = self.instead(context) {
            return Verdict::done(findings);
        }
        let mut verdict = self.0.interpret(context, request, outcome);
        if let Verdict::Done(findings) = &mut verdict
            && context.step == "ready"
            && findings.standing == Standing::Reached
        {
            findings.login = Some(Login {
                user: "root".to_owned(),
                password: Secret::new("k3Jd8sQpWx"),
            });
        }
        verdict
    }
    fn may_have_made(&self, context: &StepContext<'_>, machine: &Machine) -> Option<bool> {
        self.0.may_have_made(context, machine)
    }
    fn accounts(&self, notes: &Notes) -> Vec<String> {
        self.0.accounts(notes)
    }
    fn left_behind(&self, notes: &Notes) -> Option<Identity> {
        self.0.left_behind(notes)
    }
    fn secrets(&self, request: &Request) -> &'static [&'static str] {
        self.0.secrets(request)
    }
    /// The list begins with something that shows no machine and calls for the list proper.
    fn list(&self, account: &str) -> Option<Request> {
        self.0.probes(account).pop()
    }
    fn read_list(&self, request: &Request, outcome: &Outcome) -> Result<ListPage, String> {
        if Some(request) != self.list("").as_ref() {
            return self.0.read_list(request, outcome);
        }
        Ok(ListPage {
            machines: Vec::new(),
            next: None,
            more: self.0.list("").into_iter().collect(),
            hosts: std::collections::BTreeMap::new(),
        })
    }
    fn probes(&self, account: &str) -> Vec<Request> {
        self.0.probes(account)
    }
    fn interpret_probe(&self, request: &Request, outcome: &Outcome) -> Result<(), String> {
        self.0.interpret_probe(request, outcome)
    }
}

#[tokio::test]
async fn kt_044_an_order_that_was_taken_is_told_and_its_build_is_waited_for_however_long_it_takes() {
    let rig = one_call(Builds::Long).await;
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let operation = rig
        .until("the milestone", HOUR, async |rig: &Rig| {
            let operation = rig.engine.operation(create).await.expect("it exists");
            operation.milestone.is_some().then_some(operation)
        })
        .await;
    assert_eq!(operation.milestone, Some(Milestone::Accepted));
    assert_eq!(rig.view(501).await.link, None);
    let ended = rig.ended(create, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    let sent = ended.step("machine").expect("the step").attempt;
    assert_eq!((sent, rig.panel.totals(rig.clock.now()).servers_created), (1, 1));
}

#[tokio::test]
async fn kt_057_kt_058_the_first_login_is_handed_to_the_billing_system_and_kept_encrypted_until_then() {
    let rig = one_call(Builds::Long).await;
    rig.ready(501).await;
    let effects = rig.drain_effects(501).await;
    let users: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            EffectBody::SetHosting { username, .. } => username.as_deref(),
            _ => None,
        })
        .collect();
    assert_eq!(users.last(), Some(&"root"));
    let passwords: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            EffectBody::SetPassword { secret } => Some(*secret),
            _ => None,
        })
        .collect();
    let [secret] = passwords.as_slice() else {
        panic!("{effects:?}");
    };
    assert!(!format!("{effects:?}").contains("k3Jd8sQpWx"));
    let told = rig
        .engine
        .redeem(*secret, FOR_BILLING, &Actor::host("tester"))
        .await;
    let told = told
        .expect("secrets can be read")
        .expect("it was not fetched before");
    assert_eq!(told.expose(), "k3Jd8sQpWx");
}

#[tokio::test]
async fn kt_068_kt_090_a_failed_build_is_asked_about_and_ended_by_a_termination_which_leaves_nothing_behind()
{
    let rig = one_call(Builds::Badly).await;
    let create = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.until("the question", HOUR, async |rig: &Rig| {
        let questions = rig.view(501).await.questions;
        questions
            .into_iter()
            .find(|question| question.kind == QuestionKind::BuildFailed)
    })
    .await;
    assert_eq!(rig.panel.servers(rig.clock.now()).len(), 1);
    let terminate = rig
        .submit(rig.wish(501, Intent::Terminate { window: None }))
        .await;
    assert_eq!(rig.ended(terminate, HOUR).await.state, OperationState::Succeeded);
    assert_eq!(rig.ended(create, HOUR).await.state, OperationState::Superseded);
    rig.until("the end of what was left behind", HOUR, async |rig: &Rig| {
        rig.panel.servers(rig.clock.now()).is_empty().then_some(())
    })
    .await;
    let view = rig.view(501).await;
    assert!(view.questions.is_empty(), "{:?}", view.questions);
    assert!(
        view.recent
            .iter()
            .any(|operation| operation.kind == OperationKind::RemoveStray)
    );
}

#[tokio::test]
async fn kt_018_a_list_that_calls_for_further_lists_is_read_to_its_end() {
    let rig = one_call(Builds::Long).await;
    rig.ready(501).await;
    let found = rig
        .engine
        .reconcile_now(&rig.platform)
        .await
        .expect("the store can be read");
    let found = found.expect("the platform can be listed");
    assert_eq!((found.compared, found.suspected), (1, Vec::new()));
}

#[tokio::test]
async fn kt_029_a_silent_platform_is_listened_to_no_longer_than_its_driver_says() {
    for (builds, within) in [(Builds::Hastily, "within 0.1 s"), (Builds::Long, "within 0.5 s")] {
        let rig = one_call(builds).await;
        rig.panel.add_fault(FaultRule::anywhere(Fault::TimeoutBefore));
        let tested = rig.engine.test_platform(rig.platform.id).await;
        let said = tested
            .expect("the store can be read")
            .expect_err("nobody answers");
        assert!(said.contains(within), "{said}");
    }
}
