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
    serde_json::from_str(&response.body).map_err(|error| {
        Verdict::Unknown(format!(
            "HTTP {} to {} with a body that cannot be read: {}",
            response.status,
            request.name,
            at_its_field::<T>(&response.body, &error)
        ))
    })
}

/// What is wrong with a body, and in which field. To keep track of fields costs as much as the reading itself, so only a
/// body with something wrong is read that way. What follows after the object, as suspicious as a cut-off one, is in none.
fn at_its_field<T: DeserializeOwned>(body: &str, error: &serde_json::Error) -> String {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    serde_path_to_error::deserialize::<_, T>(&mut deserializer)
        .map_or_else(|located| located.to_string(), |_| error.to_string())
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
