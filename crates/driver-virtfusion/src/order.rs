//! What the billing system ordered, in the panel's fields and units.

use domain::given::Reinstall;
use domain::order::Order;
use driver::Answered;
use serde_json::{Map, Value, json};

/// The client's choices that a create passes on, by the panel's field name, which is also the option's key.
const OPTIONS: [&str; 11] = [
    "ipv4",
    "packageId",
    "hypervisorId",
    "storage",
    "memory",
    "traffic",
    "networkSpeedInbound",
    "networkSpeedOutbound",
    "cpuCores",
    "networkProfile",
    "storageProfile",
];

/// Mbit/s, in which products are sold, to kB/s, which the panel takes.
const KILOBYTES_PER_MEGABIT: f64 = 125.0;

/// The body of a create: the product's settings, overridden and extended by the client's choices.
pub fn server_body(order: &Order, user: Option<u64>) -> Result<Map<String, Value>, Answered> {
    let mut body = Map::new();
    for (field, setting, name) in [
        ("packageId", "package", "package"),
        ("hypervisorId", "group", "hypervisor group"),
    ] {
        let chosen = order
            .options
            .get(field)
            .is_some_and(|choice| !choice.trim().is_empty());
        match order.settings.get(setting).and_then(|text| leading_integer(text)) {
            Some(id) => body.insert(field.to_owned(), json!(id)),
            None if chosen => None,
            None => {
                return Err(Answered::permanent(format!(
                    "The product names no VirtFusion {name}"
                )));
            }
        };
    }
    let addresses = order.settings.get("ipv4").and_then(|text| leading_integer(text));
    body.insert("ipv4".to_owned(), json!(addresses.unwrap_or(1)));
    if let Some(user) = user {
        body.insert("userId".to_owned(), json!(user));
    }
    for key in OPTIONS {
        if let Some(value) = order.options.get(key).and_then(|choice| field(key, choice)) {
            body.insert(key.to_owned(), value);
        }
    }
    Ok(body)
}

/// A choice in the panel's unit: a number where it is one, otherwise the text unchanged; nothing where it is blank.
fn field(key: &str, choice: &str) -> Option<Value> {
    let trimmed = choice.trim();
    if trimmed.is_empty() {
        return None;
    }
    Some(match numeric(trimmed) {
        Some(number) => json!(in_panel_unit(key, number)),
        None => json!(choice),
    })
}

fn in_panel_unit(key: &str, number: f64) -> i64 {
    whole(match key {
        "memory" if number < 1024.0 => number * 1024.0,
        "networkSpeedInbound" | "networkSpeedOutbound" => number * KILOBYTES_PER_MEGABIT,
        _ => number,
    })
}

/// A choice as the whole number that the panel takes; `None` where it is no number or negative.
pub fn amount(order: &Order, key: &str) -> Option<u64> {
    let number = numeric(order.options.get(key)?.trim())?;
    u64::try_from(in_panel_unit(key, number)).ok()
}

/// The package of an order: the client's choice, otherwise the product's.
pub fn package(order: &Order) -> Option<u64> {
    chosen(order, "packageId", "package")
}

/// The hypervisor group of an order.
pub fn group(order: &Order) -> Option<u64> {
    chosen(order, "hypervisorId", "group")
}

/// How many IPv4 addresses an order has.
pub fn addresses(order: &Order) -> u64 {
    chosen(order, "ipv4", "ipv4").unwrap_or(1)
}

fn chosen(order: &Order, option: &str, setting: &str) -> Option<u64> {
    amount(order, option).or_else(|| {
        let number = order
            .settings
            .get(setting)
            .and_then(|text| leading_integer(text))?;
        u64::try_from(number).ok()
    })
}

/// The number at the beginning of a text.
fn leading_integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

fn numeric(text: &str) -> Option<f64> {
    let starts_like_one = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    let number = text.parse::<f64>().ok()?;
    (starts_like_one && number.is_finite()).then_some(number)
}

/// Without its fraction; numbers that no field takes end at the bounds, where the panel refuses them.
fn whole(number: f64) -> i64 {
    format!("{:.0}", number.trunc())
        .parse()
        .unwrap_or(if number < 0.0 { i64::MIN } else { i64::MAX })
}

/// The hostname that the client chose, if it is one: letters, digits, hyphens and dots.
pub fn hostname(order: &Order) -> Option<&str> {
    let name = order.hostname.as_deref()?.trim();
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    (!name.is_empty() && name.chars().all(legal)).then_some(name)
}

/// The operating system's id. The billing system holds it as `49` or as `49|Ubuntu 24.04`.
pub fn image(order: &Order) -> Result<u64, Answered> {
    system_id(order.image.as_deref().unwrap_or_default())
}

/// The operating system of a reinstallation.
pub fn system(how: &Reinstall) -> Result<u64, Answered> {
    system_id(&how.image)
}

fn system_id(text: &str) -> Result<u64, Answered> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Answered::permanent(
            "No operating system was chosen, so the server cannot be built",
        ));
    }
    let number = text.split('|').next().unwrap_or_default().trim();
    let id = number.parse().ok().filter(|id| *id > 0);
    id.ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        Answered::permanent(format!(
            "\"{shown}\" is not the id of an operating system on the panel"
        ))
    })
}

/// The keys of the client's account that a reinstallation is to bring along.
pub fn key_ids(how: &Reinstall) -> Result<Vec<u64>, Answered> {
    let id = |text: &String| {
        let id = text.trim().parse().ok().filter(|id| *id > 0);
        id.ok_or_else(|| {
            let shown: String = text.chars().take(60).collect();
            Answered::permanent(format!("\"{shown}\" is not the id of an SSH key on the panel"))
        })
    };
    how.keys.iter().map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(settings: &[(&str, &str)], options: &[(&str, &str)]) -> Order {
        let pairs = |all: &[(&str, &str)]| {
            all.iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect()
        };
        Order {
            settings: pairs(settings),
            options: pairs(options),
            ..Order::default()
        }
    }

    const BASE: [(&str, &str); 3] = [("package", "12"), ("group", "5"), ("ipv4", "2")];

    fn body(options: &[(&str, &str)]) -> Value {
        Value::Object(server_body(&order(&BASE, options), Some(3)).expect("a body"))
    }

    #[test]
    fn vf_026_the_base_body_has_four_integers() {
        assert_eq!(
            body(&[]),
            json!({"packageId": 12, "userId": 3, "hypervisorId": 5, "ipv4": 2})
        );
    }

    #[test]
    fn vf_027_vf_031_eleven_choices_become_fields_numbers_as_integers_and_texts_unchanged() {
        let options = [
            ("ipv4", "3"),
            ("packageId", "14"),
            ("hypervisorId", "6"),
            ("storage", "80"),
            ("memory", "4"),
            ("traffic", "1000"),
            ("networkSpeedInbound", "100"),
            ("networkSpeedOutbound", "1000"),
            ("cpuCores", "2.9"),
            ("networkProfile", "1"),
            ("storageProfile", "abc"),
        ];
        assert_eq!(
            body(&options),
            json!({"packageId": 14, "userId": 3, "hypervisorId": 6, "ipv4": 3, "storage": 80, "memory": 4096,
                "traffic": 1000, "networkSpeedInbound": 12_500, "networkSpeedOutbound": 125_000, "cpuCores": 2,
                "networkProfile": 1, "storageProfile": "abc"})
        );
        assert_eq!(body(&[("memory", "2 GB")])["memory"], json!("2 GB"));
        assert_eq!(body(&[("somethingElse", "1")]).get("somethingElse"), None);
        assert_eq!(body(&[("storage", " ")]).get("storage"), None);
    }

    #[test]
    fn vf_029_location_package_and_addresses_override_the_product() {
        let chosen = body(&[("packageId", "7"), ("hypervisorId", "9"), ("ipv4", "0")]);
        assert_eq!(
            chosen,
            json!({"packageId": 7, "userId": 3, "hypervisorId": 9, "ipv4": 0})
        );
        let order = order(&BASE, &[("packageId", "7"), ("hypervisorId", "9"), ("ipv4", "0")]);
        assert_eq!(
            (package(&order), group(&order), addresses(&order)),
            (Some(7), Some(9), 0)
        );
    }

    #[test]
    fn vf_030_memory_below_1024_is_gigabytes() {
        for (choice, megabytes) in [("4", 4096), ("0.5", 512), ("1024", 1024), ("2048", 2048)] {
            assert_eq!(
                body(&[("memory", choice)])["memory"],
                json!(megabytes),
                "{choice}"
            );
        }
    }

    #[test]
    fn a_product_without_package_or_group_is_refused() {
        let refused = server_body(&order(&[("group", "1")], &[]), None).unwrap_err();
        assert!(refused.reason.contains("package"), "{}", refused.reason);
        let refused = server_body(&order(&[("package", "1")], &[]), None).unwrap_err();
        assert!(refused.reason.contains("group"), "{}", refused.reason);
    }

    #[test]
    fn numbers_out_of_bounds_do_not_wrap() {
        assert_eq!(body(&[("storage", "1e300")])["storage"], json!(i64::MAX));
        assert_eq!(body(&[("storage", "inf")])["storage"], json!("inf"));
        assert_eq!(amount(&order(&BASE, &[("memory", "-1")]), "memory"), None);
    }
}
