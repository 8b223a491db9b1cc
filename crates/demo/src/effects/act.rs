//! Guarded and telling effects: what is done once, after its claim.

use super::Halt;
use super::body::Body;
use crate::books::{ModuleLine, Ticket};
use crate::bridge::effect::Effect;
use crate::function::Function;
use crate::shop::{Principal, Shop};

impl Shop {
    pub(super) async fn act(&self, effect: &Effect, body: Body) -> Result<(), Halt> {
        let service = effect.service;
        match body {
            Body::AcceptOrder { order, sendemail, .. } => self.accept(effect, order, sendemail).await,
            Body::Rerun { function } => self.rerun(effect, &function).await,
            Body::SendMail { template, vars } => {
                let applying = Some((effect.id.as_str(), &vars));
                let sent = self
                    .send_mail(service.unwrap_or(0), template.as_deref(), applying, false)
                    .await;
                if sent {
                    Ok(())
                } else {
                    Err(Halt::Failed("The mail was held back.".to_owned()))
                }
            }
            Body::LogActivity { message } => {
                self.log(service, &message);
                Ok(())
            }
            Body::LogModuleCall {
                action,
                request,
                response,
                processed,
                mask,
            } => {
                let masked = |text: String| mask.iter().fold(text, |text, word| hide(&text, word));
                let line = ModuleLine {
                    service,
                    action,
                    request: masked(request),
                    response: masked(response),
                    processed: masked(processed),
                };
                self.books().module_log.push(line);
                Ok(())
            }
            Body::RunHook { hook } => {
                if !(hook.starts_with("Hostler") || hook.starts_with("Katapult")) {
                    return Err(Halt::Refused(
                        "The engine runs only hooks of its own names.".to_owned(),
                    ));
                }
                self.books().hooks.push((service, hook));
                Ok(())
            }
            Body::OpenTicket {
                client,
                subject,
                message,
                priority,
            } => {
                self.books().tickets.push(Ticket {
                    client,
                    subject,
                    message,
                    priority,
                });
                Ok(())
            }
            _ => Err(Halt::Refused("This effect is no act.".to_owned())),
        }
    }

    async fn accept(&self, effect: &Effect, order: u64, sendemail: bool) -> Result<(), Halt> {
        let row = {
            let books = self.books();
            let row = effect.service.and_then(|service| books.row(service));
            row.filter(|row| row.order == order)
                .ok_or_else(|| Halt::Refused("The order is not the service's.".to_owned()))?
        };
        let service = row.service;
        let body = serde_json::json!({ "order": order, "services": [row] });
        self.tell("order_accepted", body, &Principal::System).await;
        if let Some(order) = self.books().orders.get_mut(&order) {
            "Active".clone_into(&mut order.status);
        }
        if sendemail {
            self.send_mail(service, Some("Order Confirmation"), None, false)
                .await;
        }
        Ok(())
    }

    /// Calls the function again. A sentence instead of `success` means that its time has not come: it may be tried
    /// again.
    async fn rerun(&self, effect: &Effect, function: &str) -> Result<(), Halt> {
        let function = Function::of_word(function)
            .ok_or_else(|| Halt::Refused("This function is never run again by an effect.".to_owned()))?;
        let service = effect.service.unwrap_or(0);
        match self
            .perform(service, function, &Principal::System, Some(&effect.id))
            .await
        {
            Some(result) if result == "success" => Ok(()),
            Some(sentence) => Err(Halt::Failed(sentence)),
            None => Err(Halt::Refused("There is no such service here.".to_owned())),
        }
    }
}

fn hide(text: &str, word: &str) -> String {
    if word.is_empty() {
        text.to_owned()
    } else {
        text.replace(word, "*****")
    }
}
