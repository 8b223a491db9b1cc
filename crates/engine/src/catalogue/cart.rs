//! What a cart may be told about the choices in it, by what is known of the platforms.
//!
//! Only what is known to be wrong is objected to: a catalogue that was never read, or a choice that is not in it, stops
//! nobody from ordering.

use domain::catalogue::Catalogue;

/// One choice, as the cart has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The generated option's key; empty for an option of the operator's own.
    pub key: String,
    /// What kind of option it is now: an operator may have made a dropdown of a quantity.
    pub is_quantity: bool,
    /// What was entered: a quantity, or the number of the chosen value.
    pub entered: String,
    /// The name of the chosen value, `key|label`; empty for a quantity.
    pub chosen: String,
}

/// Why a machine with these choices could not be built; `None` when nothing speaks against it.
pub fn objection(catalogues: &[Catalogue], choices: &[Choice]) -> Option<String> {
    let of = |key: &str| choices.iter().find(|choice| choice.key == key);
    let size = of("disk_size")?;
    let text = size.size();
    if text.is_empty() {
        return None;
    }
    let Ok(size) = text.parse::<u64>() else {
        let shown: String = text.chars().take(40).collect();
        return Some(format!("\"{shown}\" is not the size of a disk in GB"));
    };
    let template = of("disk_template")?;
    let key = before_bar(&template.chosen);
    let least = catalogues
        .iter()
        .flat_map(|catalogue| &catalogue.templates)
        .find(|offer| offer.key == key)?
        .least_disk_gb?;
    (size > 0 && size < least).then(|| {
        format!(
            "Custom disk size must be at least {least}GB for {}",
            template.label()
        )
    })
}

impl Choice {
    /// The size that was chosen, as text: zero and nothing mean the package's own.
    fn size(&self) -> &str {
        if self.is_quantity {
            self.entered.trim()
        } else {
            before_bar(&self.chosen)
        }
    }

    /// What the client reads: the name behind the bar, or the key where there is none.
    fn label(&self) -> &str {
        match self.chosen.split_once('|') {
            Some((_, label)) if !label.trim().is_empty() => label.trim(),
            _ => before_bar(&self.chosen),
        }
    }
}

/// What stands before the bar in `raw|friendly`: all of it where there is none.
pub fn before_bar(text: &str) -> &str {
    text.split('|').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use domain::catalogue::Offer;

    use super::*;

    fn known() -> Vec<Catalogue> {
        let template = |key: &str, least| Offer {
            key: key.to_owned(),
            name: "as Katapult calls it".to_owned(),
            least_disk_gb: least,
        };
        vec![
            Catalogue::default(),
            Catalogue {
                templates: vec![
                    template("templates/ubuntu-22-04", Some(10)),
                    template("templates/old", None),
                ],
                ..Catalogue::default()
            },
        ]
    }

    fn quantity(entered: &str) -> Choice {
        Choice {
            key: "disk_size".to_owned(),
            is_quantity: true,
            entered: entered.to_owned(),
            // A quantity may be the number of some value; it is none all the same.
            chosen: "price-per-gb|Price Per GB".to_owned(),
        }
    }

    fn value(key: &str, chosen: &str) -> Choice {
        Choice {
            key: key.to_owned(),
            is_quantity: false,
            entered: "17".to_owned(),
            chosen: chosen.to_owned(),
        }
    }

    fn ubuntu() -> Choice {
        value("disk_template", "templates/ubuntu-22-04|Ubuntu 22.04")
    }

    #[test]
    fn kt_030_a_size_below_the_templates_minimum_is_objected_to_in_the_originals_words() {
        let said = |choices: &[Choice]| objection(&known(), choices);
        let expected = "Custom disk size must be at least 10GB for Ubuntu 22.04";
        assert_eq!(said(&[quantity("5"), ubuntu()]).as_deref(), Some(expected));
        assert_eq!(
            said(&[ubuntu(), value("disk_size", "9|9 GB")]).as_deref(),
            Some(expected)
        );
        assert_eq!(said(&[quantity("10"), ubuntu()]), None);
        assert_eq!(said(&[quantity("200"), ubuntu()]), None);
        let bare = value("disk_template", "templates/ubuntu-22-04");
        assert_eq!(
            said(&[quantity("5"), bare]).as_deref(),
            Some("Custom disk size must be at least 10GB for templates/ubuntu-22-04")
        );
    }

    #[test]
    fn kt_031_zero_in_whatever_form_means_the_packages_own_size() {
        for size in [
            quantity("0"),
            quantity(""),
            quantity(" 0 "),
            value("disk_size", "0|Default"),
            value("disk_size", "0"),
            value("disk_size", ""),
        ] {
            assert_eq!(objection(&known(), &[size.clone(), ubuntu()]), None, "{size:?}");
        }
    }

    #[test]
    fn kt_032_what_is_not_known_stops_nobody_and_what_is_no_size_is_said() {
        assert_eq!(objection(&[], &[quantity("5"), ubuntu()]), None, "no catalogue");
        assert_eq!(objection(&known(), &[quantity("5")]), None, "no template chosen");
        assert_eq!(objection(&known(), &[ubuntu()]), None, "no size offered");
        assert_eq!(objection(&known(), &[]), None);
        for other in ["templates/unknown|X", "templates/old|Y", "", "|"] {
            let chosen = value("disk_template", other);
            assert_eq!(objection(&known(), &[quantity("5"), chosen]), None, "{other:?}");
        }
        let wrong = objection(&known(), &[quantity("-3"), ubuntu()]);
        assert_eq!(wrong.as_deref(), Some("\"-3\" is not the size of a disk in GB"));
    }
}
