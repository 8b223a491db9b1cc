//! Calling a module function, and what a billing system does when it was answered `success`.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::books::{CallNote, Service};
use crate::bridge::message::{CallAnswer, CallRequest, MODULE};
use crate::bridge::{BridgeError, message};
use crate::function::Function;
use crate::shop::{Principal, Shop};

/// The mail that follows a successful create.
pub const WELCOME: &str = "Dedicated/VPS Server Welcome Email";
/// The one sentence when the engine cannot be asked.
const SILENT: &str =
    "The provisioning engine is not reachable right now. Nothing was changed here; try again later.";

impl Shop {
    /// Calls a function for a service and does what follows. The result is `success` or a sentence; `None` when there
    /// is no such service.
    pub(crate) async fn perform(
        &self,
        service: u64,
        function: Function,
        principal: &Principal,
        applying: Option<&str>,
    ) -> Option<String> {
        let mut extra = Map::new();
        if function == Function::Suspend {
            extra.insert("suspendreason".to_owned(), json!("Suspended in the demo shop"));
        }
        let request = self.request(
            service,
            function.name(),
            extra,
            function.budget(),
            principal,
            applying,
        )?;
        self.set_running(service, Some(function.name()));
        let (result, operation) = self.ask(&request).await;
        self.note(service, function.name(), &result, operation, applying);
        if result == "success" {
            self.follow(service, function).await;
        }
        self.set_running(service, None);
        Some(result)
    }

    /// The client page that the engine draws: its markup, or the sentence instead.
    pub(crate) async fn client_area(&self, service: u64, principal: &Principal) -> Result<String, String> {
        let budget = Duration::from_millis(1500);
        let request = self
            .request(service, "ClientArea", Map::new(), budget, principal, None)
            .ok_or("There is no such service.")?;
        let answer = self.bridge.call(&request).await.map_err(|error| {
            tracing::warn!(%error, "the client page was not drawn");
            SILENT
        })?;
        let html = answer
            .data
            .as_ref()
            .and_then(|data| data["html"].as_str())
            .map(str::to_owned);
        self.keep(answer.effects);
        html.ok_or(answer.result)
    }

    /// Proposes or tests the panel; the function's result.
    pub(crate) async fn test_connection(&self, propose: bool, principal: &Principal) -> String {
        let panel = &self.config.panel;
        let token = panel.token.as_ref().filter(|_| propose);
        let request = CallRequest {
            module: MODULE,
            function: "TestConnection".to_owned(),
            params: json!({
                "serverid": panel.server_id,
                "serverhostname": panel.host,
                "serverpassword": token.map_or("", |token| token.expose()),
            }),
            domainstatus: String::new(),
            applying: None,
            budget_ms: 23_000,
            context: self.context(principal),
        };
        self.ask(&request).await.0
    }

    async fn ask(&self, request: &CallRequest) -> (String, Option<String>) {
        match self.bridge.call(request).await {
            Ok(CallAnswer {
                result,
                operation,
                effects,
                ..
            }) => {
                self.keep(effects);
                (result, operation)
            }
            Err(error) => {
                tracing::warn!(function = request.function, %error, "a module function was not answered");
                (sentence(&error), None)
            }
        }
    }

    fn request(
        &self,
        service: u64,
        function: &str,
        extra: Map<String, Value>,
        budget: Duration,
        principal: &Principal,
        applying: Option<&str>,
    ) -> Option<CallRequest> {
        let (mut params, domainstatus) = {
            let books = self.books();
            let service = books.services.get(&service)?;
            (
                self.block(service, books.clients.get(&service.client)?),
                service.status.word(),
            )
        };
        params.extend(extra);
        Some(CallRequest {
            module: message::MODULE,
            function: function.to_owned(),
            params: Value::Object(params),
            domainstatus: domainstatus.to_owned(),
            applying: applying.map(str::to_owned),
            budget_ms: u64::try_from(budget.as_millis()).unwrap_or(u64::MAX),
            context: self.context(principal),
        })
    }

    /// The service block of section 6.
    fn block(&self, service: &Service, client: &crate::books::Client) -> Map<String, Value> {
        let settings = self
            .product(service.product)
            .map(crate::config::Product::settings)
            .unwrap_or_default();
        let block = json!({
            "serviceid": service.id,
            "userid": service.client,
            "pid": service.product,
            "serverid": service.server,
            "orderid": service.order,
            "domain": service.domain,
            "configoptions": {},
            "option_mapping": {},
            "customfields": service.customfields,
            "clientsdetails": {
                "firstname": client.firstname,
                "lastname": client.lastname,
                "companyname": "",
                "email": client.email,
                "country": client.country,
                "language": "",
            },
            "mapped_id": service.mapped_id(),
        });
        let mut block = block.as_object().cloned().unwrap_or_default();
        for (position, setting) in settings.into_iter().enumerate() {
            block.insert(format!("configoption{}", position + 1), json!(setting));
        }
        block
    }

    /// What a billing system does by itself once a function succeeded.
    async fn follow(&self, service: u64, function: Function) {
        let event = {
            let mut books = self.books();
            let Some(found) = books.services.get_mut(&service) else {
                return;
            };
            if let Some(status) = function.leads_to() {
                found.status = status;
            }
            let order = found.order;
            json!({
                "function": function.word(),
                "service": books.row(service),
                "order": { "order": order, "status": books.order_status(order) },
                "siblings": [],
            })
        };
        if function == Function::Create {
            self.send_mail(service, None, None, true).await;
        }
        self.tell("module_done", event, &Principal::System).await;
    }

    fn set_running(&self, service: u64, function: Option<&'static str>) {
        if let Some(service) = self.books().services.get_mut(&service) {
            service.running = function;
        }
    }

    /// Writes down what a function, or an action of the client's page, was answered.
    pub(crate) fn note(
        &self,
        service: u64,
        function: &str,
        result: &str,
        operation: Option<String>,
        applying: Option<&str>,
    ) {
        let note = CallNote {
            at: self.now(),
            function: function.to_owned(),
            result: result.to_owned(),
            operation,
            applying: applying.map(str::to_owned),
        };
        if let Some(service) = self.books().services.get_mut(&service) {
            service.calls.push(note);
        }
    }
}

/// What a person reads when the engine did not answer, or not with a result.
fn sentence(error: &BridgeError) -> String {
    match error {
        BridgeError::Unreachable(_) => SILENT.to_owned(),
        BridgeError::Refused { message, .. } => message.clone(),
    }
}
