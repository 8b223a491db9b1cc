//! What `platform test` asks, and what the answers mean for the person who set the platform up.

use domain::http::{Failure, Outcome, Request, Response};

/// What a probe's answer means: `Ok`, or what is wrong and what to do.
pub fn interpret(request: &Request, outcome: &Outcome) -> Result<(), String> {
    let response = match outcome {
        Outcome::Answered(response) => response,
        Outcome::Failed(Failure { message, .. }) => {
            return Err(format!(
                "The panel could not be reached: {message}. Check the hostname, the port and the certificate."
            ));
        }
    };
    match request.name.as_str() {
        "connect" => connected(response),
        _ => may_read_groups(response),
    }
}

fn connected(response: &Response) -> Result<(), String> {
    match response.status {
        200 => Ok(()),
        401 => Err(
            "The panel refuses the API token (HTTP 401). Make a new token on the panel and enter it."
                .to_owned(),
        ),
        code => Err(format!(
            "The panel answered HTTP {code} where 200 was expected. Check that the address is that of a VirtFusion panel."
        )),
    }
}

fn may_read_groups(response: &Response) -> Result<(), String> {
    match response.status {
        200 => Ok(()),
        code @ (401 | 403) => Err(format!(
            "The API token may not read hypervisor groups (HTTP {code}), so stock control cannot work. Give it the scope \
             to read compute resources."
        )),
        code => Err(format!(
            "The panel answered HTTP {code} when it was asked for its hypervisor groups."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests;

    fn probe(request: &Request, status: u16) -> Result<(), String> {
        let response = Response {
            status,
            body: "[]".to_owned(),
            retry_after: None,
        };
        interpret(request, &Outcome::Answered(response))
    }

    #[test]
    fn vf_009_a_refused_token_and_a_wrong_address_are_told_apart_by_their_codes() {
        assert_eq!(probe(&requests::connect(), 200), Ok(()));
        assert!(probe(&requests::connect(), 401).unwrap_err().contains("token"));
        let wrong = probe(&requests::connect(), 502).unwrap_err();
        assert!(wrong.contains("502") && !wrong.contains("token"), "{wrong}");
    }

    #[test]
    fn vf_008_a_transport_failure_carries_its_own_words() {
        let error = interpret(
            &requests::connect(),
            &Outcome::not_sent("certificate has expired"),
        )
        .unwrap_err();
        assert!(error.contains("certificate has expired"), "{error}");
    }

    #[test]
    fn vf_010_a_missing_scope_and_a_failing_panel_name_their_codes() {
        for status in [401, 403] {
            let error = probe(&requests::list_groups(), status).unwrap_err();
            assert!(
                error.contains("scope") && error.contains(&status.to_string()),
                "{error}"
            );
        }
        let error = probe(&requests::list_groups(), 500).unwrap_err();
        assert!(error.contains("500") && !error.contains("scope"), "{error}");
    }
}
