//! An action's answer for people whose browser runs no script: a page of one sentence with the way back, or the address
//! that they asked for. Their forms say so by the field `hostler_return`, which the script takes out.

use serde_json::Value;

use super::{Asked, words};
use crate::html::escape;
use crate::page::{Message, PageAnswer};

/// The field of a form that wants a page.
const FIELD: &str = "hostler_return";

/// Whether a page is wanted.
pub fn is_wanted(message: &Message) -> bool {
    message.form.get(FIELD).is_some_and(|value| value == "1")
}

/// The answer as a page. One that the billing system puts a secret into stays what it is.
pub fn shown(asked: &Asked<'_>, answer: PageAnswer) -> PageAnswer {
    if answer.fill.is_some() {
        return answer;
    }
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
        return answer;
    };
    if let Some(address) = body["token_url"].as_str() {
        return PageAnswer::elsewhere(address);
    }
    let sentence = body["data"]["message"]
        .as_str()
        .or_else(|| body["errors"].as_str());
    let Some(sentence) = sentence else {
        return answer;
    };
    page(asked, answer.status, sentence, &body["data"]["secret"])
}

fn page(asked: &Asked<'_>, status: u16, sentence: &str, secret: &Value) -> PageAnswer {
    let message = asked.message;
    let text = escape(sentence);
    let parts: Vec<String> = ["name", "password"]
        .iter()
        .filter_map(|field| secret[*field].as_str())
        .map(|part| format!("<p><code>{}</code></p>", escape(part)))
        .collect();
    let secret = parts.concat();
    let back = match super::service_id(message) {
        super::ServiceId::Number(service) => {
            let folder = escape(message.context.folder());
            let label = escape(&asked.voice().tell(words::BACK));
            format!(
                "<p><a href=\"{folder}/clientarea.php?action=productdetails&amp;id={service}\">{label}</a></p>"
            )
        }
        _ => String::new(),
    };
    let language = asked.voice().markup();
    let mut answer = PageAnswer::sentence(status, &language, "");
    let language = escape(&language);
    answer.body = format!(
        "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{text}</title><p>{text}</p>{secret}{back}</html>"
    )
    .into_bytes();
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'",
        ),
        ("referrer-policy", "same-origin"),
    ] {
        answer.headers.push((name.to_owned(), value.to_owned()));
    }
    answer
}
