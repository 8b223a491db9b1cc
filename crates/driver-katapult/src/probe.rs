//! What `platform test` asks, and what the answers mean for the person who set the platform up.

use domain::http::{Failure, Outcome, Request, Response};

use crate::answer;
use crate::requests;
use crate::wire::{ManagedPage, Organizations};

/// The id of no machine: whoever may read it is told that there is none.
const NOBODYS: &str = "vm_0000000000000000";

/// Whether the token is taken, and whether it may read the organizations below the operator's account, machines, and the
/// trash, without which no end could be proven.
pub fn probes(account: &str) -> Vec<Request> {
    let mut probes = vec![requests::list_organizations()];
    if !account.is_empty() {
        probes.push(requests::list_managed(account, 1));
    }
    probes.push(requests::read_machine(NOBODYS));
    probes.push(requests::read_trash(NOBODYS));
    probes
}

/// What a probe's answer means: `Ok`, or what is wrong and what to do.
pub fn interpret(request: &Request, outcome: &Outcome) -> Result<(), String> {
    let response = match outcome {
        Outcome::Answered(response) => response,
        Outcome::Failed(Failure { message, .. }) => {
            return Err(format!(
                "Katapult could not be reached: {message}. Check the hostname and the certificate."
            ));
        }
    };
    let absent = match request.name.as_str() {
        "read_machine" => Some(answer::NO_MACHINE),
        "read_trash" => Some(answer::NOT_IN_TRASH),
        _ => None,
    };
    if let Some(problem) = answer::problem(response) {
        if response.status == 404 && Some(problem.code.as_str()) == absent {
            return Ok(());
        }
        return Err(refused(request, response, &problem.code));
    }
    if !response.is_success() {
        return Err(format!(
            "The address answered HTTP {} and not as Katapult does. Check that it is that of Katapult's API.",
            response.status
        ));
    }
    let unreadable = || {
        format!(
            "The answer to {} cannot be read. Check that the address is that of Katapult's API.",
            request.name
        )
    };
    if absent.is_some() {
        // It has what cannot be there: whatever answers is not Katapult.
        return Err(unreadable());
    }
    if request.name == "list_managed" {
        return answer::data::<ManagedPage>(request, outcome)
            .map(|_| ())
            .map_err(|_| unreadable());
    }
    let seen: Organizations = answer::data(request, outcome).map_err(|_| unreadable())?;
    if seen.organizations.is_empty() {
        return Err(
            "The API token is taken, but sees no organization. Make one for the organization whose machines are sold."
                .to_owned(),
        );
    }
    Ok(())
}

fn refused(request: &Request, response: &Response, code: &str) -> String {
    let status = response.status;
    let words = answer::words(request, response);
    match code {
        "scope_not_granted" => format!(
            "The API token lacks a scope (HTTP {status}). Give it what is needed for {}: {words}",
            match request.name.as_str() {
                "list_managed" => "managed organizations",
                "read_machine" => "virtual machines",
                "read_trash" => "the trash, by which ends are proven",
                _ => "reading organizations",
            }
        ),
        "unauthorized_network_for_api_token" => format!(
            "The API token may not be used from this host's address (HTTP {status}). Add the address to the token: {words}"
        ),
        "missing_api_token" | "invalid_api_token" | "invalid_capabilities_token" => format!(
            "Katapult refuses the API token (HTTP {status}). Make a new token there and enter it: {words}"
        ),
        "organization_not_found" => format!(
            "The parent organization is not known to Katapult, or not to this token (HTTP {status}). Check its id or \
             sub-domain: {words}"
        ),
        _ => format!("Katapult answered HTTP {status}: {words}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn probe(request: &Request, status: u16, body: &str) -> Result<(), String> {
        let response = Response {
            status,
            body: body.to_owned(),
            retry_after: None,
        };
        interpret(request, &Outcome::Answered(response))
    }

    fn problem(code: &str) -> String {
        json!({ "error": { "code": code, "description": "no", "detail": {} } }).to_string()
    }

    #[test]
    fn kt_027_a_taken_token_a_refused_one_and_another_error_are_told_apart() {
        let request = &probes("")[0];
        let seen = json!({ "organizations": [{ "id": "org_1" }] }).to_string();
        assert_eq!(probe(request, 200, &seen), Ok(()));
        let refused = probe(request, 403, &problem("invalid_api_token")).expect_err("refused");
        assert!(
            refused.contains("403") && refused.contains("API token"),
            "{refused}"
        );
        let network =
            probe(request, 403, &problem("unauthorized_network_for_api_token")).expect_err("refused");
        assert!(network.contains("address"), "{network}");
        for (status, body) in [
            (200, "<html>"),
            (502, "<html>"),
            (404, ""),
            (200, "[]"),
            (500, "{}"),
        ] {
            let other = probe(request, status, body).expect_err("no Katapult");
            assert!(other.contains("Check that"), "{other}");
        }
        assert!(
            probe(request, 200, r#"{"organizations":[]}"#)
                .expect_err("none")
                .contains("no organization")
        );
    }

    #[test]
    fn the_configured_account_is_proven_with_the_scope_that_creates_need() {
        let request = &probes("acme")[1];
        assert_eq!(
            requests::asked(request, "organization", "sub_domain"),
            Some("acme")
        );
        let empty = json!({ "pagination": { "current_page": 1, "total_pages": 0 }, "organizations": [] });
        assert_eq!(probe(request, 200, &empty.to_string()), Ok(()));
        let scope = probe(request, 403, &problem("scope_not_granted")).expect_err("no scope");
        assert!(scope.contains("managed organizations"), "{scope}");
        let unknown = probe(request, 404, &problem("organization_not_found")).expect_err("unknown");
        assert!(unknown.contains("parent organization"), "{unknown}");
    }

    #[test]
    fn the_scopes_to_read_machines_and_the_trash_are_proven_by_asking_for_what_is_not_there() {
        let probes = probes("");
        for (request, code, named) in [
            (&probes[1], "virtual_machine_not_found", "virtual machines"),
            (&probes[2], "trash_object_not_found", "trash"),
        ] {
            assert_eq!(probe(request, 404, &problem(code)), Ok(()));
            let scope = probe(request, 403, &problem("scope_not_granted")).expect_err("no scope");
            assert!(scope.contains(named), "{scope}");
            for (status, body) in [
                (404, problem("route_not_found")),
                (200, "{}".to_owned()),
                (404, String::new()),
            ] {
                assert!(probe(request, status, &body).is_err(), "{status} {body}");
            }
        }
    }

    #[test]
    fn a_transport_failure_carries_its_own_words() {
        let error =
            interpret(&probes("")[0], &Outcome::not_sent("certificate has expired")).expect_err("no answer");
        assert!(error.contains("certificate has expired"), "{error}");
    }
}
