//! `POST /bridge/v1/call`: one function of a provisioning module: section 6 of the protocol.
//!
//! WHMCS knows `success` and an error text, nothing between. `success` is said only when the function's milestone is
//! committed; otherwise one sentence says what goes on, the operation goes on, and WHMCS is made to call again.

mod admin_tab;
mod buttons;
mod client_area;
mod create;
mod describe;
mod function;
mod lifecycle;
mod order;
mod params;
mod sentence;
mod sign_on;
mod test_connection;
mod unheard;
mod usage;

use std::time::Duration;

use domain::id::OperationId;
use domain::record::{Module, Operation, ServiceStatus};
use engine::core::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::actions::Voice;
use crate::context::Context;
use crate::effects;
use crate::gate::Admitted;
use crate::message;
use crate::problem::{Code, Problem};
use crate::rows;
use crate::state::BridgeState;
use crate::vocabulary::Vocabulary;

pub use function::Function;
pub use params::{ClientDetails, ServerParams, ServiceParams};
pub(crate) use sentence::{fault, plain, refused};
pub(crate) use unheard::repeat;

/// The message.
#[derive(Deserialize)]
struct Message {
    module: String,
    function: String,
    params: Box<RawValue>,
    #[serde(default)]
    domainstatus: String,
    /// The id of the effect that has the function called again.
    #[serde(default)]
    applying: Option<String>,
    #[serde(default)]
    budget_ms: u64,
    context: Context,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Answer {
    result: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    effects: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<OperationId>,
}

/// A call with what every function needs of it.
pub(crate) struct Asked<'a> {
    pub state: &'a BridgeState,
    pub admitted: &'a Admitted,
    pub module: Module,
    pub function: Function,
    pub status: ServiceStatus,
    /// The effect that has the function called again.
    pub applying: Option<&'a str>,
    pub context: &'a Context,
    patience: Duration,
}

impl Asked<'_> {
    /// How long the function may wait: its own time, but never so long that the other side stops listening.
    pub fn wait(&self, own: Duration) -> Duration {
        own.min(self.patience)
    }

    /// How a client is spoken to.
    pub fn voice(&self) -> Voice<'_> {
        Voice::of(self.state, self.admitted, self.context)
    }
}

/// The one result that is no sentence.
const SUCCESS: &str = "success";

/// What a function answers: the result and what belongs to it.
pub(crate) struct Said {
    pub result: String,
    pub data: Option<Value>,
    /// How far the operation is that answers it.
    pub operation: Option<Box<Operation>>,
    /// The rule by which it is a no.
    pub refusal: Option<Box<Refusal>>,
}

impl Said {
    pub fn success() -> Self {
        Self::sentence(SUCCESS)
    }

    pub fn sentence(text: impl Into<String>) -> Self {
        Self {
            result: text.into(),
            data: None,
            operation: None,
            refusal: None,
        }
    }

    /// A no by one of the rules.
    pub fn refused(refusal: Refusal) -> Self {
        let text = refusal.sentence.clone();
        Self {
            refusal: Some(Box::new(refusal)),
            ..Self::sentence(text)
        }
    }

    /// The same as the module says it.
    fn in_words_of(mut self, module: Module, function: Function) -> Self {
        if self.result != SUCCESS {
            let code = self.refusal.as_ref().map(|refusal| refusal.code);
            self.result = (Vocabulary::of(module).says)(function, code, self.result);
        }
        self
    }

    pub fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }

    pub fn of(mut self, operation: Operation) -> Self {
        self.operation = Some(Box::new(operation));
        self
    }
}

/// Answers a call.
pub async fn serve(state: &BridgeState, admitted: &Admitted) -> Result<Answer, Problem> {
    let message: Message = message::read(&admitted.body)?;
    message.context.note();
    let module: Module = message
        .module
        .parse()
        .map_err(|_| Problem::new(Code::UnknownModule, "No module of this name."))?;
    let function = Function::of(module, &message.function)?;
    let asked = Asked {
        state,
        admitted,
        module,
        function,
        status: rows::status(&message.domainstatus),
        applying: message.applying.as_deref(),
        context: &message.context,
        patience: patience(message.budget_ms),
    };
    if function == Function::TestConnection {
        let params = message::parse(message.params.get().as_bytes())?;
        let said = Box::pin(test_connection::answer(&asked, params)).await?;
        return Ok(written(said, Vec::new()));
    }
    if function == Function::UsageUpdate {
        let params = message::parse(message.params.get().as_bytes())?;
        let said = Box::pin(usage::answer(&asked, params)).await?;
        return Ok(written(said, Vec::new()));
    }
    let params: ServiceParams = message::parse(message.params.get().as_bytes())?;
    params.check(module, function)?;
    let said = Box::pin(answer(&asked, &params))
        .await?
        .in_words_of(module, function);
    tracing::info!(
        bridge.function = message.function,
        service.billing_id = params.serviceid,
        operation.id = said.operation.as_ref().map(|operation| operation.id.to_string()),
        "module function answered: {}",
        said.result
    );
    let effects = effects::courtesy(state, &admitted.installation.id, Some(params.serviceid)).await?;
    Ok(written(said, effects))
}

async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    match asked.function {
        Function::CreateAccount => create::answer(asked, params).await,
        Function::SuspendAccount
        | Function::UnsuspendAccount
        | Function::TerminateAccount
        | Function::ChangePackage => lifecycle::answer(asked, params).await,
        Function::UpdateServerObject
        | Function::ValidateServerConfig
        | Function::StartVm
        | Function::StopVm
        | Function::ShutdownVm
        | Function::ResetVm => buttons::answer(asked, params).await,
        Function::DescribeVm => describe::answer(asked, params).await,
        Function::AdminServicesTabFields => admin_tab::fields(asked, params).await,
        Function::AdminServicesTabFieldsSave => admin_tab::save(asked, params).await,
        Function::ServiceSingleSignOn => sign_on::answer(asked, params).await,
        Function::ClientArea => client_area::answer(asked, params).await,
        // Answered before: they are about no service, or about many.
        Function::TestConnection | Function::UsageUpdate => Ok(Said::success()),
    }
}

fn written(said: Said, effects: Vec<Value>) -> Answer {
    Answer {
        result: said.result,
        data: said.data,
        effects,
        operation: said.operation.map(|operation| operation.id),
    }
}

/// The engine answers 3 s before the other side stops listening, or 0.3 s where it listens for less than 3.3 s.
fn patience(budget_ms: u64) -> Duration {
    let before = if budget_ms < 3300 { 300 } else { 3000 };
    Duration::from_millis(budget_ms.saturating_sub(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_comes_before_the_other_side_stops_listening() {
        assert_eq!(patience(23_000), Duration::from_secs(20));
        assert_eq!(patience(6000), Duration::from_secs(3));
        assert_eq!(patience(1500), Duration::from_millis(1200));
        assert_eq!(patience(100), Duration::ZERO);
    }

    #[test]
    fn every_golden_call_is_read_and_unknown_functions_are_refused() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../../../tests/vectors/calls.json")).unwrap();
        for vector in vectors["vectors"].as_array().unwrap() {
            let body = vector["request"].to_string();
            let message: Message = message::read(body.as_bytes()).unwrap();
            let module: Module = message.module.parse().unwrap();
            let function = Function::of(module, &message.function).unwrap();
            let params = message.params.get().as_bytes();
            match function {
                Function::TestConnection => drop(message::parse::<ServerParams>(params).unwrap()),
                Function::UsageUpdate => drop(message::parse::<usage::UsageParams>(params).unwrap()),
                _ => message::parse::<ServiceParams>(params)
                    .unwrap()
                    .check(module, function)
                    .unwrap(),
            }
        }
        let unknown = "ListAccounts".parse::<Function>().unwrap_err();
        assert_eq!(unknown.code, Code::UnknownFunction);
    }
}
