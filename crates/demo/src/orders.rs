//! Ordering, and changing what was ordered.

use serde_json::json;

use crate::function::Function;
use crate::shop::{Principal, Shop};

/// What a person ordered.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The product.
    pub product: u64,
    /// The hostname.
    pub hostname: String,
    /// The template of the operating system; `None` for the panel's choice.
    pub template: Option<u64>,
    /// A public SSH key; may be empty.
    pub ssh_key: String,
}

impl Shop {
    /// Enters an order; the new service's id, or what is wrong with it.
    pub(crate) fn enter(&self, client: u64, wanted: &Wanted) -> Result<u64, &'static str> {
        if self.product(wanted.product).is_none() {
            return Err("This product is not for sale.");
        }
        if !is_hostname(&wanted.hostname) {
            return Err(
                "A hostname has at least two parts of letters, digits and hyphens, like web1.example.test.",
            );
        }
        if wanted.ssh_key.len() > 4096 {
            return Err("An SSH key has at most 4096 characters.");
        }
        let mut books = self.books();
        let shelf = books.shelves.get_mut(&wanted.product);
        if let Some(left) = shelf.and_then(|shelf| shelf.stock.as_mut()) {
            *left = left.checked_sub(1).ok_or("This product is sold out.")?;
        }
        let id = books.order(
            client,
            wanted.product,
            self.config.panel.server_id,
            &wanted.hostname,
        );
        if let Some(service) = books.services.get_mut(&id) {
            let template = wanted
                .template
                .map_or_else(String::new, |template| template.to_string());
            service
                .customfields
                .insert("Initial Operating System".to_owned(), template);
            service
                .customfields
                .insert("Initial SSH Key".to_owned(), wanted.ssh_key.trim().to_owned());
        }
        Ok(id)
    }

    /// What happens once an order is paid: the engine is told and the server is asked for.
    pub(crate) async fn activate(&self, service: u64) -> Option<String> {
        let row = self.books().row(service)?;
        let (order, client) = (row.order, row.client);
        let services = json!([row]);
        let checkout = json!({ "order": order, "client": client, "invoice": order, "services": services });
        self.tell("checkout_done", checkout.clone(), &Principal::System)
            .await;
        self.tell("order_paid", checkout, &Principal::System).await;
        self.perform(service, Function::Create, &Principal::System, None)
            .await
    }

    /// Gives a service another product and asks for the change; the function's result.
    pub(crate) async fn upgrade(&self, service: u64, product: u64, principal: &Principal) -> Option<String> {
        self.product(product)?;
        self.books().services.get_mut(&service)?.product = product;
        let result = self
            .perform(service, Function::ChangePackage, principal, None)
            .await?;
        let row = self.books().row(service)?;
        let body = json!({ "upgrade": row.order, "type": "product", "service": row });
        self.tell("upgrade_done", body, principal).await;
        Some(result)
    }
}

fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostnames_are_checked_before_they_are_ordered() {
        for good in ["web1.example.test", "a.b", "x-1.example.test"] {
            assert!(is_hostname(good), "{good}");
        }
        for bad in [
            "",
            "web1",
            "web1.",
            "-a.example",
            "a_b.example",
            "<b>.example",
            "a..b",
        ] {
            assert!(!is_hostname(bad), "{bad}");
        }
    }
}
