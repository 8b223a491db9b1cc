//! Addresses of our own pages, below a path that somebody else has chosen.

use serde::Serialize;

use crate::request::TargetKind;

/// Where links lead: the entry file of the billing system's module, or the loopback listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Links {
    base: String,
    service: Option<u64>,
}

impl Links {
    /// Links below `base`, which may hold a query of its own. Links of a client's page carry the service.
    pub fn new(base: &str, service: Option<u64>) -> Self {
        Self {
            base: base.to_owned(),
            service,
        }
    }

    /// The address of a target, with further parameters; empty ones are left out.
    pub fn to(&self, kind: TargetKind, name: &str, parameters: &[(&str, &str)]) -> String {
        let mut address = self.base.clone();
        let mut separator = if address.contains('?') { '&' } else { '?' };
        let service = self
            .service
            .filter(|_| kind != TargetKind::Asset)
            .map(|id| id.to_string())
            .unwrap_or_default();
        let own = [("serviceID", service.as_str()), (kind.as_str(), name)];
        for (key, value) in own
            .iter()
            .chain(parameters)
            .filter(|(_, value)| !value.is_empty())
        {
            address.push(separator);
            address.push_str(key);
            address.push('=');
            encode(value, &mut address);
            separator = '&';
        }
        address
    }
}

/// Percent-encodes what is not plain in a query. A slash is, and makes names readable.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push_str(&hex::encode_upper([byte]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_query_of_their_base_and_carry_the_service() {
        let client = Links::new("/m/client.php", Some(12));
        assert_eq!(
            client.to(TargetKind::Action, "powerAction", &[]),
            "/m/client.php?serviceID=12&action=powerAction"
        );
        assert_eq!(
            client.to(TargetKind::Asset, "hostler-0a.css", &[]),
            "/m/client.php?asset=hostler-0a.css"
        );
        let addon = Links::new("/admin/addonmodules.php?module=hostler", None);
        assert_eq!(
            addon.to(TargetKind::Page, "services", &[("q", "a&b=c \"<"), ("after", "")]),
            "/admin/addonmodules.php?module=hostler&page=services&q=a%26b%3Dc%20%22%3C"
        );
    }
}
