//! WHMCS's words for what was bought, in ours.

use domain::record::Module;
use domain::{Customer, Order};
use engine::core::Told;

use super::{Asked, ServiceParams};
use crate::rows;
use crate::vocabulary::Vocabulary;

/// The order behind a call.
pub fn order(module: Module, params: &ServiceParams) -> Order {
    let words = Vocabulary::of(module);
    let field = |name: Option<&str>| {
        let value = params.customfields.get(name?)?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    Order {
        customer: Customer {
            client_id: params.userid,
            name: (words.name)(&params.clientsdetails),
            email: params.clientsdetails.email.trim().to_owned(),
        },
        hostname: rows::hostname(&params.domain),
        image: field(words.image_field),
        ssh_key: field(words.ssh_key_field),
        settings: (words.settings)(&params.settings()),
        options: words.chosen(&params.configoptions, &params.option_mapping),
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
        mapped_id: params.mapped(),
        called_again: asked.applying.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn ordered(params: &ServiceParams) -> Order {
        order(Module::VirtFusionDirect, params)
    }

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
        let order = ordered(&params(|_| ()));
        let expected = map(&[
            ("group", "5"),
            ("package", "12"),
            ("ipv4", "1"),
            ("self_service", "1"),
            ("buffer", "10"),
        ]);
        assert_eq!(order.settings, expected);
        assert_eq!(order.hostname.as_deref(), Some("web1.example.test"));
        assert_eq!(order.image.as_deref(), Some("49"));
        assert_eq!(order.ssh_key, None);
        assert_eq!(order.customer.client_id, 77);
        assert_eq!(order.customer.name, "Jane Doe");
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
            ordered(&params(|params| params.configoptions = choices)).options,
            expected
        );
    }

    #[test]
    fn vf_028_the_operators_file_renames_single_labels() {
        let order = ordered(&params(|params| {
            params.option_mapping = map(&[("memory", "RAM")]);
            params.configoptions = map(&[("RAM", "8"), ("Memory", "4"), ("CPU Cores", "2")]);
        }));
        assert_eq!(order.options, map(&[("memory", "8"), ("cpuCores", "2")]));
    }

    #[test]
    fn a_client_without_a_name_goes_by_the_companys() {
        let order = ordered(&params(|params| {
            params.clientsdetails.firstname.clear();
            params.clientsdetails.lastname.clear();
        }));
        assert_eq!(order.customer.name, "Acme");
    }

    #[test]
    fn kt_038_kt_024_a_katapult_order_has_its_package_and_what_the_client_chose() {
        let params: ServiceParams = serde_json::from_value(serde_json::json!({
            "serviceid": 501, "userid": 77, "pid": 3, "serverid": 0, "orderid": 9, "domain": "web1.example.test",
            "configoption1": "rock-3",
            "configoptions": { "Data Center": "uk-lon-01", "Image": "templates/ubuntu-22-04", "Custom Disk Size (GB)": "40" },
            "option_mapping": { "disk_template": "Image" }, "customfields": { "Initial SSH Key": "ssh-ed25519 AAAA" },
            "clientsdetails": { "firstname": "Jane", "lastname": "Doe", "companyname": "Acme", "email": "j@example.test",
                                "country": "DE", "language": "" },
            "mapped_id": null, "mapped_build": "vmbuild_1",
        }))
        .unwrap();
        params
            .check(Module::Katapult, crate::call::Function::CreateAccount)
            .unwrap();
        let order = order(Module::Katapult, &params);
        assert_eq!(order.settings, map(&[("package", "rock-3")]));
        let expected = map(&[
            ("data_center", "uk-lon-01"),
            ("disk_template", "templates/ubuntu-22-04"),
            ("disk_size", "40"),
        ]);
        assert_eq!(order.options, expected);
        assert_eq!(order.customer.name, "Jane Doe (Acme)");
        assert_eq!((order.image, order.ssh_key), (None, None));
        assert_eq!(params.mapped().as_deref(), Some("vmbuild_1"));
    }

    #[test]
    fn a_module_has_its_own_settings_and_fields_and_no_others() {
        let params = params(|_| ());
        let function = crate::call::Function::CreateAccount;
        assert!(params.check(Module::VirtFusionDirect, function).is_ok());
        assert!(params.check(Module::Katapult, function).is_err());
    }
}
