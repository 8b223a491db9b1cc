//! The words of `katapult`.

use engine::core::RefusalCode;

use super::{Home, Vocabulary, full_name, keyed};
use crate::actions::{Action, Ask};
use crate::call::{ClientDetails, Function};

pub(super) const WORDS: Vocabulary = Vocabulary {
    options: &[
        ("data_center", "Data Center"),
        ("disk_template", "Disk Template"),
        ("disk_size", "Custom Disk Size (GB)"),
    ],
    place_option: None,
    image_field: None,
    ssh_key_field: None,
    settings: |by_position| keyed(by_position.iter().take(1).map(|package| ("package", *package))),
    name,
    machine_field: ("Virtual Machine ID", 1),
    is_machine: |id| is_id("vm_", id),
    actions: &[
        Action::ServerData,
        Action::Power,
        Action::Console,
        Action::RevealLogin,
        Action::Ask(Ask::Rename),
        Action::Names,
        Action::EditName,
    ],
    one_time: true,
    hooks: "KatapultVirtualMachine",
    says,
    home: Some(Home {
        is_own,
        is_account: |text| is_id("org_", text),
        unknown: "No Katapult account is known yet. Set the API key on the 'Other' tab of a product of this module, and \
                  approve it on the engine's host.",
    }),
};

/// `First Last (Company)`, or what there is of it.
fn name(details: &ClientDetails) -> String {
    let company = details.companyname.trim();
    match (full_name(details), company) {
        (name, "") => name,
        (name, company) if name.is_empty() => company.to_owned(),
        (name, company) => format!("{name} ({company})"),
    }
}

fn is_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Katapult's own host, one below it, or the simulated one on this machine.
fn is_own(address: &str) -> bool {
    let is_name = !address.contains(['/', '@', ':']);
    (is_name && (address == "katapult.io" || address.ends_with(".katapult.io")))
        || address.starts_with("http://127.0.0.1:")
}

/// What the original returned, where it had a sentence for it, behind its own opening.
fn says(function: Function, refusal: Option<RefusalCode>, sentence: String) -> String {
    let opening = match function {
        Function::CreateAccount => "Create Account: ",
        Function::TestConnection
        | Function::ClientArea
        | Function::DescribeVm
        | Function::AdminServicesTabFields
        | Function::AdminServicesTabFieldsSave => return sentence,
        _ => "Module command: ",
    };
    let known = match (function, refusal) {
        (Function::CreateAccount, Some(RefusalCode::AlreadyProvisioned)) => {
            "There is a VM ID set for this service already, build previously completed"
        }
        (_, Some(RefusalCode::NotProvisioned)) => "There is no VM ID set for this service",
        (_, Some(RefusalCode::NotActive)) => "This service is not currently active",
        _ => return format!("{opening}{sentence}"),
    };
    format!("{opening}{known}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kt_034_an_organization_bears_the_clients_name_and_company() {
        let named = |first: &str, last: &str, company: &str| {
            let details = serde_json::json!({ "firstname": first, "lastname": last, "companyname": company,
                                              "email": "", "country": "", "language": "" });
            name(&serde_json::from_value(details).unwrap())
        };
        assert_eq!(named("Ada", "Lovelace", ""), "Ada Lovelace");
        assert_eq!(
            named(" Ada ", "Lovelace", " Engines Ltd "),
            "Ada Lovelace (Engines Ltd)"
        );
        assert_eq!(named("", "", "Engines Ltd"), "Engines Ltd");
        assert_eq!(named("", "", ""), "");
    }

    #[test]
    fn kt_046_kt_077_kt_078_refusals_are_said_in_the_originals_words_and_others_in_their_own() {
        let said = |function, code| says(function, Some(code), "Something else.".to_owned());
        assert_eq!(
            said(Function::CreateAccount, RefusalCode::AlreadyProvisioned),
            "Create Account: There is a VM ID set for this service already, build previously completed"
        );
        assert_eq!(
            said(Function::StartVm, RefusalCode::NotActive),
            "Module command: This service is not currently active"
        );
        assert_eq!(
            said(Function::TerminateAccount, RefusalCode::NotProvisioned),
            "Module command: There is no VM ID set for this service"
        );
        for code in [RefusalCode::Held, RefusalCode::TooSoon, RefusalCode::Replayed] {
            assert_eq!(said(Function::StopVm, code), "Module command: Something else.");
        }
    }

    #[test]
    fn only_katapults_own_hosts_and_the_simulated_one_are_taken_from_a_server_record() {
        for own in ["api.katapult.io", "katapult.io", "http://127.0.0.1:9000"] {
            assert!(is_own(own), "{own}");
        }
        for other in [
            "",
            "server1",
            "evilkatapult.io",
            "katapult.io.evil.test",
            "evil.test/.katapult.io",
            "me@x.katapult.io",
            "https://127.0.0.1",
        ] {
            assert!(!is_own(other), "{other}");
        }
        assert!(is_id("org_", "org_3fKq9ZxT7bLm2WcA"));
        assert!(!is_id("org_", "org_") && !is_id("org_", "acme") && !is_id("org_", "org_a b"));
    }
}
