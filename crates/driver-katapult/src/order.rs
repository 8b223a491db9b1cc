//! What the billing system ordered, in Katapult's words.
//!
//! A choice comes as `permalink|Name`, of which only what stands before the bar counts. The client's choice comes before
//! the product's own setting.

use domain::order::Order;
use driver::Answered;

/// What a build needs, read from an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The package's permalink.
    pub package: String,
    /// The data center's permalink.
    pub data_center: String,
    /// The disk template's permalink.
    pub template: String,
    /// The system disk's size in GB; `None` for the package's own.
    pub disk: Option<u64>,
}

impl Wish {
    /// Reads an order; `Err` says what is missing or cannot be done.
    pub fn of(order: &Order) -> Result<Self, Answered> {
        if order.ssh_key.as_deref().is_some_and(|key| !key.trim().is_empty()) {
            return Err(Answered::permanent(
                "A machine on Katapult cannot be built with an SSH key of the client's own",
            ));
        }
        let missing = |what: &str| Answered::permanent(format!("The order names no Katapult {what}"));
        Ok(Self {
            package: package(order).ok_or_else(|| missing("package"))?,
            data_center: data_center(order).ok_or_else(|| missing("data center"))?,
            template: template(order).ok_or_else(|| missing("disk template"))?,
            disk: disk(order)?,
        })
    }
}

/// The package's permalink.
pub fn package(order: &Order) -> Option<String> {
    chosen(order, "package")
}

/// The data center's permalink.
pub fn data_center(order: &Order) -> Option<String> {
    chosen(order, "data_center")
}

/// The disk template's permalink: chosen as an option, or as the operating system.
pub fn template(order: &Order) -> Option<String> {
    let image = || order.image.as_deref().and_then(before_bar);
    choice(order, "disk_template")
        .or_else(image)
        .or_else(|| setting(order, "disk_template"))
}

/// The system disk's size in GB. Zero, in whatever form, and nothing mean the package's own.
pub fn disk(order: &Order) -> Result<Option<u64>, Answered> {
    let Some(text) = chosen(order, "disk_size") else {
        return Ok(None);
    };
    match text.parse::<u64>() {
        Ok(0) => Ok(None),
        Ok(size) => Ok(Some(size)),
        Err(_) => Err(Answered::permanent(format!(
            "\"{}\" is not the size of a disk in GB",
            text.chars().take(40).collect::<String>()
        ))),
    }
}

fn chosen(order: &Order, key: &str) -> Option<String> {
    choice(order, key).or_else(|| setting(order, key))
}

fn choice(order: &Order, key: &str) -> Option<String> {
    order.options.get(key).and_then(|text| before_bar(text))
}

fn setting(order: &Order, key: &str) -> Option<String> {
    order.settings.get(key).and_then(|text| before_bar(text))
}

fn before_bar(text: &str) -> Option<String> {
    let value = text.split('|').next().unwrap_or_default().trim();
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(options: &[(&str, &str)]) -> Order {
        Order {
            settings: [("package".to_owned(), "rock-3".to_owned())].into(),
            options: options
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            ..Order::default()
        }
    }

    const PLACE: [(&str, &str); 2] = [
        ("data_center", "uk-lon-01|London"),
        ("disk_template", "templates/ubuntu-22-04|Ubuntu"),
    ];

    #[test]
    fn kt_038_a_choice_is_what_stands_before_the_bar() {
        let wish = Wish::of(&order(&PLACE)).expect("complete");
        assert_eq!(
            (
                wish.package.as_str(),
                wish.data_center.as_str(),
                wish.template.as_str()
            ),
            ("rock-3", "uk-lon-01", "templates/ubuntu-22-04")
        );
        assert_eq!(wish.disk, None);
    }

    #[test]
    fn kt_024_kt_031_a_disks_size_is_a_number_or_a_choice_and_zero_is_the_packages_own() {
        for (text, expected) in [
            ("40", Some(40)),
            ("40|40 GB", Some(40)),
            ("0", None),
            ("0|Default", None),
            ("", None),
            (" 80 ", Some(80)),
        ] {
            assert_eq!(disk(&order(&[("disk_size", text)])), Ok(expected), "{text:?}");
        }
        for wrong in ["-5", "4.5", "large", "99999999999999999999"] {
            let refused = disk(&order(&[("disk_size", wrong)])).expect_err("no size");
            assert!(refused.reason.contains(wrong), "{}", refused.reason);
        }
    }

    #[test]
    fn kt_032_an_order_that_lacks_something_is_refused_by_its_name() {
        for (without, named) in [("data_center", "data center"), ("disk_template", "disk template")] {
            let rest: Vec<_> = PLACE.into_iter().filter(|(key, _)| *key != without).collect();
            let refused = Wish::of(&order(&rest)).expect_err("incomplete");
            assert!(refused.reason.contains(named), "{}", refused.reason);
        }
        let bare = Order {
            settings: std::collections::BTreeMap::new(),
            ..order(&PLACE)
        };
        assert!(
            Wish::of(&bare)
                .expect_err("no package")
                .reason
                .contains("package")
        );
    }

    #[test]
    fn the_operating_system_may_name_the_template_and_a_key_is_refused() {
        let mut chosen = order(&PLACE[..1]);
        chosen.image = Some("templates/debian-11".to_owned());
        assert_eq!(template(&chosen).as_deref(), Some("templates/debian-11"));
        chosen.ssh_key = Some("ssh-ed25519 AAAA".to_owned());
        assert!(Wish::of(&chosen).expect_err("no keys").reason.contains("SSH key"));
    }
}
