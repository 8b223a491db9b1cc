//! What a client ordered, in words that belong to no billing system and to no platform.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The person or company that owns a service, as far as a platform account needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Customer {
    /// The billing system's client id.
    pub client_id: u64,
    /// First and last name, or the company's.
    pub name: String,
    /// The address for the platform account.
    pub email: String,
}

/// What a service shall be: the input of create, change package and dry-run validation.
///
/// `settings` are the product's own (`package`, `group`, `ipv4`, …) and `options` what the client chose; the keys are
/// the driver's vocabulary, the values are passed as the billing system holds them and parsed by the driver.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Order {
    /// Who owns the service.
    pub customer: Customer,
    /// The hostname that the client chose; never invented here.
    #[serde(default)]
    pub hostname: Option<String>,
    /// The operating-system image or template, as the platform names it.
    #[serde(default)]
    pub image: Option<String>,
    /// The client's SSH key: a public key, or the platform's id of one.
    #[serde(default)]
    pub ssh_key: Option<String>,
    /// Product settings by the driver's key.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// The client's choices by the driver's key.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

impl Order {
    /// The self-service mode of the product: 0 is off, and so is a mode that is not told or no number. Billing systems send
    /// `1` or `1|Hourly`.
    pub fn self_service(&self) -> i64 {
        let text = self.settings.get("self_service").map_or("", |text| text.trim());
        let number = text.split(|c: char| !c.is_ascii_digit()).next();
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_003_self_service_mode_is_read_with_and_without_its_label() {
        for (text, mode) in [
            ("1|Hourly", 1),
            ("1", 1),
            (" 2 ", 2),
            ("3|Both", 3),
            ("0|Disabled", 0),
            ("", 0),
            ("off", 0),
            ("99999999999999999999", 0),
        ] {
            let order = Order {
                settings: [("self_service".to_owned(), text.to_owned())].into(),
                ..Order::default()
            };
            assert_eq!(order.self_service(), mode, "{text}");
        }
        assert_eq!(Order::default().self_service(), 0, "not told");
    }
}
