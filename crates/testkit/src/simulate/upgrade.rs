//! Upgrades in the middle: every record goes through its stored JSON form, and the next program plans one more step.

use std::sync::Arc;

use domain::http::{Outcome, Request, RetryClass};
use domain::machine::{Identity, Machine};
use domain::record::{Notes, OperationKind, PlatformKind};
use driver::{Answered, Driver, Plan, PlanInput, Prepared, StepContext, StepSpec, Verdict};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::memory::Tables;

/// The step that only the next program has.
const AFTERWARDS: &str = "read_afterwards";

/// The driver of the next program: new operations look at their machine once more at their end. Those of before do
/// not know that step and finish without it.
struct Newer(Arc<dyn Driver>);

/// The driver of the next program.
pub fn newer(driver: Arc<dyn Driver>) -> Arc<dyn Driver> {
    Arc::new(Newer(driver))
}

impl Newer {
    /// The new step looks as the step `identify` does.
    fn translated<'a>(context: &StepContext<'a>) -> StepContext<'a> {
        if context.step == AFTERWARDS {
            StepContext {
                step: "identify",
                ..*context
            }
        } else {
            *context
        }
    }
}

impl Driver for Newer {
    fn kind(&self) -> PlatformKind {
        self.0.kind()
    }

    fn api_base(&self) -> &'static str {
        self.0.api_base()
    }

    fn requests(&self) -> &'static [(&'static str, RetryClass)] {
        self.0.requests()
    }

    fn plan(&self, input: &PlanInput<'_>) -> Result<Plan, Answered> {
        let mut plan = self.0.plan(input)?;
        let again = matches!(
            input.kind,
            OperationKind::Create
                | OperationKind::Suspend
                | OperationKind::Unsuspend
                | OperationKind::ChangePackage
        );
        let newest = plan.steps.iter().all(|step| step.name != AFTERWARDS);
        if again && newest {
            plan.steps.push(StepSpec::look(AFTERWARDS, "looking once more"));
        }
        Ok(plan)
    }

    fn prepare(&self, context: &StepContext<'_>) -> Prepared {
        self.0.prepare(&Self::translated(context))
    }

    fn interpret(&self, context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Verdict {
        self.0.interpret(&Self::translated(context), request, outcome)
    }

    fn may_have_made(&self, context: &StepContext<'_>, machine: &Machine) -> Option<bool> {
        self.0.may_have_made(&Self::translated(context), machine)
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

    fn probes(&self, account: &str) -> Vec<Request> {
        self.0.probes(account)
    }

    fn interpret_probe(&self, request: &Request, outcome: &Outcome) -> Result<(), String> {
        self.0.interpret_probe(request, outcome)
    }
}

fn through<T: Serialize + DeserializeOwned>(record: &T) -> Result<T, serde_json::Error> {
    serde_json::from_str(&serde_json::to_string(record)?)
}

/// Every record as the next program reads it.
pub fn through_stored_form(tables: &Tables) -> Result<Tables, serde_json::Error> {
    let mut read = tables.clone();
    read.services.values_mut().try_for_each(again)?;
    read.operations.values_mut().try_for_each(again)?;
    read.sending.values_mut().try_for_each(again)?;
    read.links.values_mut().try_for_each(again)?;
    for fact in read.facts.values_mut() {
        *fact = Arc::new(through(&**fact)?);
    }
    read.effects.values_mut().try_for_each(again)?;
    read.questions.values_mut().try_for_each(again)?;
    Ok(read)
}

fn again<T: Serialize + DeserializeOwned>(record: &mut T) -> Result<(), serde_json::Error> {
    *record = through(record)?;
    Ok(())
}
