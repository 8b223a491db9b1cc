//! Telling the engine what happens here, in order and each occurrence once; asking it what must be decided at once; and
//! mails, which are both.

use std::time::Duration;

use serde_json::{Value, json};

use crate::books::Mail;
use crate::bridge::BridgeError;
use crate::bridge::fresh;
use crate::bridge::message::{EventAnswer, EventRequest};
use crate::module::WELCOME;
use crate::shop::{Principal, Shop};

/// How long an event may take.
const EVENT: Duration = Duration::from_secs(10);
/// How long a question may take.
const QUESTION: Duration = Duration::from_millis(300);

impl Shop {
    /// Stores an event and delivers what is stored.
    pub(crate) async fn tell(&self, kind: &str, body: Value, principal: &Principal) {
        let event = self.event(kind, body, principal);
        self.books().events.push_back(event);
        self.deliver_events().await;
    }

    /// Delivers stored events in order. One that cannot be delivered now holds those behind it; one that the engine
    /// will never take is written to the activity log and forgotten.
    pub(crate) async fn deliver_events(&self) {
        let _order = self.delivering.lock().await;
        loop {
            let Some(event) = self.books().events.front().cloned() else {
                return;
            };
            match self.bridge.event(&event, EVENT).await {
                Ok(answer) => {
                    if answer.result != "ok" {
                        self.log(
                            None,
                            &format!("The event {} was answered: {}", event.kind, answer.result),
                        );
                    }
                    self.keep(answer.effects);
                }
                Err(error) if error.may_pass() => {
                    tracing::debug!(kind = event.kind, %error, "an event waits");
                    return;
                }
                Err(error) => self.log(None, &format!("The event {} was not taken: {error}", event.kind)),
            }
            self.books().events.pop_front();
        }
    }

    /// The connection check: what the engine says of itself.
    pub(crate) async fn check_connection(&self, principal: &Principal) -> Result<Value, BridgeError> {
        self.ask_event("settings_saved", json!({}), principal).await
    }

    /// Sends an event that is not worth storing; the answer's data.
    pub(crate) async fn ask_event(
        &self,
        kind: &str,
        body: Value,
        principal: &Principal,
    ) -> Result<Value, BridgeError> {
        let event = self.event(kind, body, principal);
        let answer = self.bridge.event(&event, EVENT).await?;
        self.keep(answer.effects);
        Ok(answer.data.unwrap_or_default())
    }

    /// Sends a mail about a service, unless the engine holds it back; whether it went out. `template` is the product's
    /// welcome mail when absent; `applying` the `send_mail` effect behind it.
    pub(crate) async fn send_mail(
        &self,
        service: u64,
        template: Option<&str>,
        applying: Option<(&str, &std::collections::BTreeMap<String, String>)>,
        create_ran: bool,
    ) -> bool {
        let template = template.unwrap_or(WELCOME);
        let effect = applying.map(|(id, _)| id);
        if self.is_held(service, template, create_ran, effect).await {
            self.log(
                Some(service),
                &format!(
                    "The mail \"{template}\" was held back; the engine sends it when the server is ready."
                ),
            );
            return false;
        }
        let empty = std::collections::BTreeMap::new();
        let fields = applying.map_or(&empty, |(_, fields)| fields);
        let mut books = self.books();
        let Some((found, client)) = books
            .services
            .get(&service)
            .and_then(|found| Some((found, books.clients.get(&found.client)?)))
        else {
            return false;
        };
        let mut text = if template == WELCOME {
            format!(
                "Dear {}, {} is ready. Its address is {}.",
                client.firstname, found.domain, found.dedicatedip
            )
        } else {
            format!("Dear {}, this is about {}.", client.firstname, found.domain)
        };
        for (name, value) in fields {
            text = format!("{text}\n{name}: {value}");
        }
        let mail = Mail {
            at: self.now(),
            service,
            to: client.email.clone(),
            template: template.to_owned(),
            text,
        };
        books.mails.push(mail);
        true
    }

    async fn is_held(&self, service: u64, template: &str, create_ran: bool, applying: Option<&str>) -> bool {
        let body = json!({
            "service": self.books().row(service),
            "template": template,
            "welcome_template": WELCOME,
            "create_ran_in_this_request": create_ran,
            "applying": applying,
        });
        let event = self.event("mail_pre_send", body, &Principal::System);
        let without_engine = create_ran && template == WELCOME;
        match self.bridge.event(&event, QUESTION).await {
            Ok(EventAnswer { data, effects, .. }) => {
                self.keep(effects);
                data.as_ref()
                    .and_then(|data| data["hold"].as_bool())
                    .unwrap_or(without_engine)
            }
            Err(_) => without_engine,
        }
    }

    /// Writes a line to the activity log.
    pub(crate) fn log(&self, service: Option<u64>, message: &str) {
        let line = crate::books::Line {
            at: self.now(),
            service,
            message: message.to_owned(),
        };
        self.books().activity.push(line);
    }

    fn event(&self, kind: &str, body: Value, principal: &Principal) -> EventRequest {
        EventRequest {
            event_id: fresh(self.random.as_ref()),
            kind: kind.to_owned(),
            occurred_at: self.now().as_seconds(),
            body,
            context: self.context(principal),
        }
    }
}
