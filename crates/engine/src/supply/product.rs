//! What a billing system sells: as much of a product as its stock depends on.

use std::collections::BTreeMap;

use domain::capacity::Demand;
use domain::order::Order;
use driver::Driver;
use serde::{Deserialize, Serialize};
use stock::Buffer;

/// The version of the stored document.
const VERSION: u32 = 1;

/// The setting that says how much is kept free, in per cent.
const BUFFER: &str = "buffer";

/// A product, as the billing system told of it last. A versioned document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SoldProduct {
    /// The document's version.
    pub version: u32,
    /// Its id in the billing system.
    pub product: u64,
    /// What it is called.
    pub name: String,
    /// Its module.
    pub module: String,
    /// Its settings, by the driver's keys.
    pub settings: BTreeMap<String, String>,
    /// The options of which one says where the machine is put: its key, and every value that a client can choose.
    pub places: Option<(String, Vec<String>)>,
    /// The server records on one of which its machines are made, the first choice first; any of its module's where none
    /// is named.
    pub servers: Vec<u64>,
    /// Whether the billing system counts its stock. One that it does not count is never touched.
    pub stock_control: bool,
    /// How many it said were left: its own number, which people can change.
    pub qty: i64,
}

impl SoldProduct {
    /// The version of what is written.
    pub const VERSION: u32 = VERSION;

    /// Reads the stored document; `None` where it is another version's, or cannot be read.
    pub fn parse(text: &str) -> Option<Self> {
        let read: Self = serde_json::from_str(text).ok()?;
        (read.version == VERSION).then_some(read)
    }

    /// What is kept free of each resource.
    pub fn buffer(&self) -> Buffer {
        self.settings
            .get(BUFFER)
            .map_or(Buffer::USUAL, |text| Buffer::read(text))
    }

    /// What an order of it with these choices takes; `None` where its platform does not tell how much room it has.
    pub fn demand(&self, driver: &dyn Driver, options: &BTreeMap<String, String>) -> Option<Demand> {
        driver.demand(&Order {
            settings: self.settings.clone(),
            options: options.clone(),
            ..Order::default()
        })
    }

    /// What an order takes at each place where its machine can be put, the product's own place first.
    pub fn demands(&self, driver: &dyn Driver) -> Vec<Demand> {
        let choices = self.places.iter().flat_map(|(key, values)| {
            values
                .iter()
                .map(|value| BTreeMap::from([(key.clone(), value.clone())]))
        });
        let mut demands: Vec<Demand> = Vec::new();
        for options in std::iter::once(BTreeMap::new()).chain(choices) {
            if let Some(demand) = self.demand(driver, &options)
                && demands.iter().all(|other| other.group != demand.group)
            {
                demands.push(demand);
            }
        }
        demands
    }
}

#[cfg(test)]
mod tests {
    use testkit::rig::RigOptions;

    use super::*;

    fn product(group: &str, places: &[&str]) -> SoldProduct {
        let settings = [("group", group), ("package", "9"), ("ipv4", "1")];
        SoldProduct {
            settings: settings
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            places: Some((
                "hypervisorId".to_owned(),
                places.iter().map(|place| (*place).to_owned()).collect(),
            )),
            ..SoldProduct::default()
        }
    }

    fn groups(product: &SoldProduct) -> Vec<Option<String>> {
        let demands = product.demands(RigOptions::default().driver.as_ref());
        demands.into_iter().map(|demand| demand.group).collect()
    }

    #[test]
    fn vf_233_groups_are_the_default_and_those_of_the_location_option_each_once() {
        let some = |all: &[&str]| all.iter().map(|id| Some((*id).to_owned())).collect::<Vec<_>>();
        assert_eq!(groups(&product("1", &["2", "1", "abc", "2"])), some(&["1", "2"]));
        assert_eq!(groups(&product("1", &[])), some(&["1"]));
        assert_eq!(groups(&product("", &[])), [None]);
        assert_eq!(
            groups(&product("", &["2", "3"])),
            [None, Some("2".to_owned()), Some("3".to_owned())]
        );
    }

    #[test]
    fn vf_227_the_buffer_is_the_products_own() {
        let mut product = product("1", &[]);
        assert_eq!(product.buffer(), Buffer::USUAL);
        product.settings.insert("buffer".to_owned(), "25".to_owned());
        assert_eq!(product.buffer(), Buffer::read("25"));
    }
}
