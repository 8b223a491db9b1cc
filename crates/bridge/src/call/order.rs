//! WHMCS's words for what was bought, in ours.

use std::collections::BTreeMap;

use domain::{Customer, Order};
use engine::core::Told;

use super::{Asked, ServiceParams};
use crate::rows;

/// The client's choices: our key, and the label that the option has unless the operator renamed it.
const OPTIONS: [(&str, &str); 11] = [
    ("ipv4", "IPv4"),
    ("packageId", "Package"),
    ("hypervisorId", "Location"),
    ("storage", "Storage"),
    ("memory", "Memory"),
    ("traffic", "Bandwidth"),
    ("networkSpeedInbound", "Inbound Network Speed"),
    ("networkSpeedOutbound", "Outbound Network Speed"),
    ("cpuCores", "CPU Cores"),
    ("networkProfile", "Network Type"),
    ("storageProfile", "Storage Type"),
];

/// The custom fields that a product of ours has.
pub mod fields {
    /// Names the operating system.
    pub const IMAGE: &str = "Initial Operating System";
    /// Holds the client's SSH key.
    pub const SSH_KEY: &str = "Initial SSH Key";
}

/// The order behind a call.
pub fn order(params: &ServiceParams) -> Order {
    Order {
        customer: customer(params),
        hostname: rows::hostname(&params.domain),
        image: field(params, fields::IMAGE),
        ssh_key: field(params, fields::SSH_KEY),
        settings: settings(params),
        options: options(params),
    }
}

/// What a call tells of its service.
pub fn told(asked: &Asked<'_>, params: &ServiceParams) -> Told {
    Told {
        client_id: params.userid,
        product_id: params.pid,
        module: asked.module.as_str().to_owned(),
        status: asked.status,
        hostname: rows::hostname(&params.domain),
        mapped_id: rows::mapped(params.mapped_id),
        called_again: asked.applying.is_some(),
    }
}

fn customer(params: &ServiceParams) -> Customer {
    let details = &params.clientsdetails;
    let name = format!("{} {}", details.firstname.trim(), details.lastname.trim());
    let name = match name.trim() {
        "" => details.companyname.trim(),
        name => name,
    };
    Customer {
        client_id: params.userid,
        name: name.to_owned(),
        email: details.email.trim().to_owned(),
    }
}

fn field(params: &ServiceParams, name: &str) -> Option<String> {
    let value = params.customfields.get(name)?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn settings(params: &ServiceParams) -> BTreeMap<String, String> {
    [
        ("group", params.configoption1.trim()),
        ("package", params.configoption2.trim()),
        ("ipv4", params.configoption3.trim()),
        ("self_service", leading_integer(&params.configoption4)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}

/// The number that a setting begins with, as `1|Hourly` does; `0` without one.
fn leading_integer(text: &str) -> &str {
    let text = text.trim();
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    match &text[..end] {
        "" => "0",
        digits => digits,
    }
}

fn options(params: &ServiceParams) -> BTreeMap<String, String> {
    OPTIONS
        .iter()
        .filter_map(|(key, label)| {
            let label = params.option_mapping.get(*key).map_or(*label, String::as_str);
            let value = params.configoptions.get(label)?;
            Some(((*key).to_owned(), value.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(change: impl FnOnce(&mut ServiceParams)) -> ServiceParams {
        let mut params: ServiceParams = serde_json::from_value(serde_json::json!({
            "serviceid": 501, "userid": 77, "pid": 3, "serverid": 2, "orderid": 9, "domain": " web1.example.test ",
            "configoption1": "5", "configoption2": "12", "configoption3": "1", "configoption4": "1|Hourly",
            "configoption5": "0", "configoption6": "100", "configoption7": "10",
            "configoptions": {}, "option_mapping": {},
            "customfields": { "Initial Operating System": "49", "Initial SSH Key": "  " },
            "clientsdetails": { "firstname": "Jane", "lastname": "Doe", "companyname": "Acme", "email": "j@example.test",
                                "country": "DE", "language": "" },
            "mapped_id": null,
        }))
        .unwrap();
        change(&mut params);
        params
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn vf_026_settings_come_from_the_products_positions() {
        let order = order(&params(|_| ()));
        let expected = map(&[
            ("group", "5"),
            ("package", "12"),
            ("ipv4", "1"),
            ("self_service", "1"),
        ]);
        assert_eq!(order.settings, expected);
        assert_eq!(order.hostname.as_deref(), Some("web1.example.test"));
        assert_eq!(order.image.as_deref(), Some("49"));
        assert_eq!(order.ssh_key, None);
        assert_eq!(order.customer.client_id, 77);
        assert_eq!(order.customer.name, "Jane Doe");
    }

    #[test]
    fn vf_003_the_self_service_mode_is_its_leading_number() {
        for (given, expected) in [
            ("1|Hourly", "1"),
            ("1", "1"),
            ("3|Both", "3"),
            ("", "0"),
            ("off", "0"),
        ] {
            assert_eq!(leading_integer(given), expected, "{given}");
        }
    }

    #[test]
    fn vf_027_the_eleven_labels_become_their_keys() {
        let choices = map(&[
            ("IPv4", "2"),
            ("Package", "13"),
            ("Location", "6"),
            ("Storage", "80"),
            ("Memory", "4"),
            ("Bandwidth", "1000"),
            ("Inbound Network Speed", "100"),
            ("Outbound Network Speed", "200"),
            ("CPU Cores", "2"),
            ("Network Type", "abc"),
            ("Storage Type", "1"),
            ("Backups", "yes"),
        ]);
        let expected = map(&[
            ("ipv4", "2"),
            ("packageId", "13"),
            ("hypervisorId", "6"),
            ("storage", "80"),
            ("memory", "4"),
            ("traffic", "1000"),
            ("networkSpeedInbound", "100"),
            ("networkSpeedOutbound", "200"),
            ("cpuCores", "2"),
            ("networkProfile", "abc"),
            ("storageProfile", "1"),
        ]);
        assert_eq!(
            order(&params(|params| params.configoptions = choices)).options,
            expected
        );
    }

    #[test]
    fn vf_028_the_operators_file_renames_single_labels() {
        let order = order(&params(|params| {
            params.option_mapping = map(&[("memory", "RAM")]);
            params.configoptions = map(&[("RAM", "8"), ("Memory", "4"), ("CPU Cores", "2")]);
        }));
        assert_eq!(order.options, map(&[("memory", "8"), ("cpuCores", "2")]));
    }

    #[test]
    fn a_client_without_a_name_goes_by_the_companys() {
        let order = order(&params(|params| {
            params.clientsdetails.firstname.clear();
            params.clientsdetails.lastname.clear();
        }));
        assert_eq!(order.customer.name, "Acme");
    }
}
