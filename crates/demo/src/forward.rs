//! What a client does on the page that the engine draws: forwarded as a module's entry file forwards it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::bridge::BridgeError;
use crate::bridge::message::{MODULE, PageAnswer, PageHeaders, PageRequest, Target};
use crate::shop::{Principal, Shop};

/// The path under which browsers reach the module's client page, as in a WHMCS.
pub const CLIENT_ENTRY: &str = "/modules/servers/VirtFusionDirect/client.php";
/// And its administrator's page.
pub const ADMIN_ENTRY: &str = "/modules/servers/VirtFusionDirect/admin.php";

impl Shop {
    /// Forwards a browser's request to the engine, as an entry file does.
    pub(crate) async fn forward(
        &self,
        surface: &'static str,
        target: Target,
        browser: Browser,
        principal: &Principal,
    ) -> Result<PageAnswer, BridgeError> {
        let id = browser
            .query
            .get("serviceID")
            .and_then(|text| text.trim().parse::<u64>().ok());
        let patient = surface == "admin" || (browser.method == "POST" && target.kind == "action");
        let request = PageRequest {
            module: MODULE,
            surface,
            target,
            row: id.and_then(|id| self.books().row(id)),
            method: browser.method,
            query: browser.query,
            form: browser.form,
            headers: browser.headers,
            base: if surface == "admin" {
                ADMIN_ENTRY
            } else {
                CLIENT_ENTRY
            }
            .to_owned(),
            budget_ms: if patient { 8000 } else { 1500 },
            context: self.context(principal),
        };
        let mut answer = self.bridge.page(&request).await?;
        self.keep(std::mem::take(&mut answer.effects));
        Ok(answer)
    }

    /// A power action of the client. `token` is the one that the engine put into the client page. The inner result is
    /// the engine's word, the outer one says that there is none.
    pub(crate) async fn power(
        &self,
        service: u64,
        action: &str,
        token: &str,
        principal: &Principal,
    ) -> Result<Result<String, String>, BridgeError> {
        let browser = Browser {
            method: "POST".to_owned(),
            query: BTreeMap::from([
                ("serviceID".to_owned(), service.to_string()),
                ("action".to_owned(), "powerAction".to_owned()),
            ]),
            form: BTreeMap::from([
                ("powerAction".to_owned(), action.to_owned()),
                ("hostler_token".to_owned(), token.to_owned()),
            ]),
            headers: self.own_headers(),
        };
        let target = Target {
            kind: "action",
            name: "powerAction".to_owned(),
        };
        let answer = self.forward("client", target, browser, principal).await?;
        Ok(opened(&answer))
    }

    /// The headers that a browser on one of our own pages would send.
    fn own_headers(&self) -> PageHeaders {
        let origin = self.config.url.trim_end_matches('/').to_owned();
        let host = origin.split_once("://").map(|(_, host)| host.to_owned());
        PageHeaders {
            origin: Some(origin),
            host,
            ..PageHeaders::default()
        }
    }
}

/// What an action's envelope says.
fn opened(answer: &PageAnswer) -> Result<String, String> {
    let envelope: Value = serde_json::from_str(&answer.body)
        .map_err(|_| format!("the action was answered {} without an envelope", answer.status))?;
    if envelope["success"] == json!(true) {
        let message = envelope["data"]["message"].as_str().unwrap_or("accepted");
        return Ok(message.to_owned());
    }
    Err(envelope["errors"]
        .as_str()
        .unwrap_or("refused without a sentence")
        .to_owned())
}

/// A browser's request, as far as it is forwarded.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    pub method: String,
    pub query: BTreeMap<String, String>,
    pub form: BTreeMap<String, String>,
    pub headers: PageHeaders,
}

/// The engine's token in a page that it drew: the value of the input field `hostler_token`.
pub(crate) fn token_in(html: &str) -> Option<String> {
    html.split('<').find_map(|tag| {
        let tag = tag.split('>').next()?;
        if attribute(tag, "name") != Some("hostler_token") {
            return None;
        }
        attribute(tag, "value")
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    })
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_wherever_its_field_stands_in_the_tag() {
        let html = "<form><input type=\"hidden\" name=\"other\" value=\"x\">\
                    <input value=\"ab12\" type=\"hidden\" name=\"hostler_token\"></form>";
        assert_eq!(token_in(html).as_deref(), Some("ab12"));
        assert_eq!(token_in("<input name=\"hostler_token\" value=\"\">"), None);
        assert_eq!(token_in("hostler_token=\"ab\""), None);
    }
}
