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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_body_is_told_with_its_field_and_its_place() {
        let request = Request::get("read", "/1");
        let told = |body: &str| {
            let response = Response {
                status: 200,
                body: body.to_owned(),
                retry_after: None,
            };
            match read::<BTreeMap<String, Vec<u8>>>(&request, &response) {
                Ok(value) => format!("{value:?}"),
                Err(Verdict::Unknown(text)) => text,
                Err(verdict) => panic!("{verdict:?}"),
            }
        };
        let unread = "HTTP 200 to read with a body that cannot be read";
        assert_eq!(told(r#"{"a":[1]} "#), r#"{"a": [1]}"#);
        let located = told(r#"{"a":[1],"b":[2,"x"]}"#);
        let expected = format!("{unread}: b[1]: invalid type: string \"x\", expected u8 at line 1");
        assert!(located.starts_with(&expected), "{located}");
        assert_eq!(
            told(r#"{"a":[1]}}"#),
            format!("{unread}: trailing characters at line 1 column 10")
        );
        assert_eq!(
            told(""),
            format!("{unread}: EOF while parsing a value at line 1 column 0")
        );
    }
}
