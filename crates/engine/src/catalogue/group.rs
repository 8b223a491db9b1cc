//! A catalogue as the options that a billing system offers with each product of a module.
//!
//! What is said is what has to be there, by keys that never change; order and visibility are those of a first time only,
//! and so are labels, except a value's while it is the one that was written last. The rules by which it is applied are in `docs/bridge-protocol.md`, "Generated options".

use domain::catalogue::{Catalogue, Offer};
use domain::record::{Module, PlatformKind};
use serde::Serialize;

use super::state::News;

/// A group of options and the products that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OptionGroup {
    /// The module whose products have the group.
    pub module: Module,
    /// Names the group for ever, whatever it is called.
    pub key: &'static str,
    /// Under which name the original module remembered its group.
    pub original: &'static str,
    /// What the group is called at first.
    pub label: &'static str,
    /// Its options, in their first order.
    pub options: Vec<ProductOption>,
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProductOption {
    /// Names the option for ever.
    pub key: &'static str,
    /// Under which name the original module remembered its option.
    pub original: &'static str,
    /// What it is called at first.
    pub label: &'static str,
    /// `dropdown` or `quantity`, at first.
    pub option_type: &'static str,
    /// The values that have to be there, in their first order.
    pub values: Vec<OptionValue>,
    /// Keys of values that are to be hidden, once.
    pub withdrawn: Vec<String>,
}

/// One value of an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OptionValue {
    /// What stands before the bar sign, for ever.
    pub key: String,
    /// What stands behind it, as long as the operator has not named it otherwise.
    pub label: String,
}

/// The name of a platform kind in the billing system's log.
pub(super) const fn title(kind: PlatformKind) -> &'static str {
    match kind {
        PlatformKind::VirtFusion => "VirtFusion",
        PlatformKind::Katapult => "Katapult",
        PlatformKind::Contabo => "Contabo",
        PlatformKind::PowerDns => "PowerDNS",
    }
}

/// The module whose options come from catalogues of a kind; `None` where none does.
fn module(kind: PlatformKind) -> Option<Module> {
    let mut all = Module::ALL.iter().copied();
    all.find(|module| module.platform() == kind && module.has_generated_options())
}

/// The options of a catalogue; `None` where the kind has no generated options.
pub fn group(kind: PlatformKind, catalogue: &Catalogue, news: &News) -> Option<OptionGroup> {
    let dropdown = |key, original, label, offers: &[Offer], withdrawn: &[String]| ProductOption {
        key,
        original,
        label,
        option_type: "dropdown",
        values: values(offers),
        withdrawn: withdrawn.to_vec(),
    };
    Some(OptionGroup {
        module: module(kind)?,
        key: "group",
        original: "vm_config_option_group_id",
        label: "Katapult Virtual Machines",
        options: vec![
            dropdown(
                "data_center",
                "vm_config_option_datacenter_id",
                "Data Center",
                &catalogue.places,
                &news.withdrawn_places,
            ),
            dropdown(
                "disk_template",
                "vm_config_option_disk_template_id",
                "Disk Template",
                &catalogue.templates,
                &news.withdrawn_templates,
            ),
            ProductOption {
                key: "disk_size",
                original: "vm_config_option_custom_disk_size_id",
                label: "Custom Disk Size (GB)",
                option_type: "quantity",
                values: vec![OptionValue {
                    key: "price-per-gb".to_owned(),
                    label: "Price Per GB".to_owned(),
                }],
                withdrawn: Vec::new(),
            },
        ],
    })
}

/// One value per key: what a platform lists twice is one choice.
fn values(offers: &[Offer]) -> Vec<OptionValue> {
    let mut values: Vec<OptionValue> = Vec::with_capacity(offers.len());
    for offer in offers {
        if values.iter().all(|value| value.key != offer.key) {
            values.push(OptionValue {
                key: offer.key.clone(),
                label: offer.name.clone(),
            });
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn offers() -> impl Strategy<Value = Vec<Offer>> {
        let offer = ("[a-z]{1,3}", "[A-Za-z |]{0,6}").prop_map(|(key, name)| Offer {
            key,
            name,
            least_disk_gb: None,
        });
        prop::collection::vec(offer, 0..12)
    }

    proptest! {
        #[test]
        fn kt_016_kt_017_every_offer_is_one_value_under_its_key(places in offers(), templates in offers()) {
            let catalogue = Catalogue { places, templates, packages: Vec::new() };
            let made = group(PlatformKind::Katapult, &catalogue, &News::default()).expect("Katapult has options");
            for (option, offers) in made.options.iter().zip([&catalogue.places, &catalogue.templates]) {
                let keys: Vec<&str> = option.values.iter().map(|value| value.key.as_str()).collect();
                let unique: BTreeSet<&str> = keys.iter().copied().collect();
                prop_assert_eq!(unique.len(), keys.len());
                let offered: BTreeSet<&str> = offers.iter().map(|offer| offer.key.as_str()).collect();
                prop_assert_eq!(unique, offered);
                // Each keeps the first name that it is listed with, and the platform's order.
                for value in &option.values {
                    let first = offers.iter().find(|offer| offer.key == value.key).expect("it is offered");
                    prop_assert_eq!(&value.label, &first.name);
                }
            }
            prop_assert_eq!(group(PlatformKind::Katapult, &catalogue, &News::default()), Some(made));
        }
    }

    #[test]
    fn kt_014_kt_023_the_group_has_three_options_under_the_originals_names() {
        let made = group(PlatformKind::Katapult, &Catalogue::default(), &News::default()).expect("options");
        assert_eq!(
            (made.module, made.label),
            (Module::Katapult, "Katapult Virtual Machines")
        );
        let shown: Vec<_> = made
            .options
            .iter()
            .map(|option| (option.label, option.option_type, option.original))
            .collect();
        assert_eq!(
            shown,
            [
                ("Data Center", "dropdown", "vm_config_option_datacenter_id"),
                ("Disk Template", "dropdown", "vm_config_option_disk_template_id"),
                (
                    "Custom Disk Size (GB)",
                    "quantity",
                    "vm_config_option_custom_disk_size_id"
                ),
            ]
        );
        let size = &made.options[2].values;
        assert_eq!(
            (size.len(), size[0].key.as_str(), size[0].label.as_str()),
            (1, "price-per-gb", "Price Per GB")
        );
        assert_eq!(
            group(PlatformKind::VirtFusion, &Catalogue::default(), &News::default()),
            None
        );
    }
}
