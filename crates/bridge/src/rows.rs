//! Rows that several messages carry: section 5 of the protocol.

use std::collections::BTreeMap;

use domain::record::{Module, ServiceStatus};
use engine::core::Told;
use engine::supply::SoldProduct;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::vocabulary::Vocabulary;

/// The billing system's present state of one service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ServiceRow {
    /// Its id.
    pub service: u64,
    /// The owning client.
    pub client: u64,
    /// The product.
    pub product: u64,
    /// The server record; 0 when none.
    pub server: u64,
    /// The order; 0 when none.
    pub order: u64,
    /// The order's word.
    pub order_status: String,
    /// The product's module.
    pub module: String,
    /// The service's word.
    pub domainstatus: String,
    /// The hostname; may be empty.
    pub domain: String,
    /// The dedicated address; may be empty.
    pub address: String,
    /// The id in an old module's table.
    #[serde(default, deserialize_with = "mapped")]
    pub mapped_id: Option<String>,
}

impl ServiceRow {
    /// Whether one of our modules serves it.
    pub fn is_ours(&self) -> bool {
        self.module.parse::<Module>().is_ok()
    }

    /// The billing system's word as a type; an unknown word (WHMCS lets nobody invent one) counts as Pending.
    pub fn status(&self) -> ServiceStatus {
        status(&self.domainstatus)
    }

    /// What the row tells of the service.
    pub fn told(&self) -> Told {
        Told {
            client_id: self.client,
            product_id: self.product,
            module: self.module.clone(),
            status: self.status(),
            hostname: hostname(&self.domain),
            mapped_id: self.mapped_id.clone(),
            called_again: false,
        }
    }
}

/// A word of the billing system for a service. No word, or one we do not know, is the one that promises least.
pub fn status(word: &str) -> ServiceStatus {
    ServiceStatus::ALL
        .iter()
        .copied()
        .find(|status| status.as_str().eq_ignore_ascii_case(word))
        .unwrap_or(ServiceStatus::Pending)
}

/// A hostname where there is one.
pub fn hostname(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The old module's id as text, whether it numbers its machines or names them; 0 and an empty name are none.
pub fn mapped<'de, D: Deserializer<'de>>(given: D) -> Result<Option<String>, D::Error> {
    match Option::<Value>::deserialize(given)? {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(name.trim().to_owned()).filter(|name| !name.is_empty())),
        Some(Value::Number(number)) if number.is_u64() => {
            Ok(number.as_u64().filter(|id| *id > 0).map(|id| id.to_string()))
        }
        Some(_) => Err(D::Error::custom("expected the number or the name of a machine")),
    }
}

/// The billing system's present state of one product.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProductRow {
    /// Its id.
    pub product: u64,
    /// Its name.
    pub name: String,
    /// Its module.
    pub module: String,
    /// The name of its welcome mail.
    #[serde(default)]
    pub welcome_template: Option<String>,
    /// Its settings, by position.
    #[serde(default)]
    pub settings: Vec<String>,
    /// The values of its configurable options, by the option's label; of both only what stands before the bar.
    #[serde(default)]
    pub options: BTreeMap<String, Vec<String>>,
    /// Which of the module's options the operator named otherwise: our key, and the label.
    #[serde(default)]
    pub option_mapping: BTreeMap<String, String>,
    /// The server records on one of which its machines are made.
    #[serde(default)]
    pub servers: Vec<u64>,
    /// Whether its stock is counted.
    #[serde(default)]
    pub stock_control: bool,
    /// How many are left, as the billing system has it.
    #[serde(default)]
    pub qty: i64,
}

impl ProductRow {
    /// What its stock depends on; `None` for a product of no module of ours.
    pub fn sold(&self) -> Option<SoldProduct> {
        let words = Vocabulary::of(self.module.parse().ok()?);
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        let places = words.place_option.and_then(|key| {
            let values = self.options.get(words.label(key, &self.option_mapping)?)?;
            Some((key.to_owned(), values.clone()))
        });
        Some(SoldProduct {
            version: SoldProduct::VERSION,
            product: self.product,
            name: self.name.clone(),
            module: self.module.clone(),
            settings: (words.settings)(&settings),
            places,
            servers: self.servers.clone(),
            stock_control: self.stock_control,
            qty: self.qty,
        })
    }
}
