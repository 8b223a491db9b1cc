//! Reading the bodies of answers.

use domain::http::{Request, Response};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::Verdict;

/// The body of a 2xx as `T`; a body that is not what was asked for proves nothing.
#[expect(
    clippy::result_large_err,
    reason = "what ends the reading of an answer early is its verdict, made once per request; a box would only hide it"
)]
pub fn read<T: DeserializeOwned>(request: &Request, response: &Response) -> Result<T, Verdict> {
    let mut deserializer = serde_json::Deserializer::from_str(&response.body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| error.to_string());
    // Anything after the object is as suspicious as a cut-off one.
    value
        .and_then(|value| {
            deserializer
                .end()
                .map(|()| value)
                .map_err(|error| error.to_string())
        })
        .map_err(|error| {
            Verdict::Unknown(format!(
                "HTTP {} to {} with a body that cannot be read: {error}",
                response.status, request.name
            ))
        })
}

/// Whether the body is not the API's, or not all of it: something else than JSON, and not nothing either.
pub fn is_garbled(response: &Response) -> bool {
    !response.body.trim().is_empty() && serde_json::from_str::<IgnoredAny>(&response.body).is_err()
}

/// A platform's words as one line of at most 300 characters; `None` where nothing is said.
pub fn line(text: &str) -> Option<String> {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
