//! What can be installed on a machine, in the groups of a gallery.

use serde::{Deserialize, Serialize};

/// What can be installed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Templates {
    /// In the order of the gallery.
    pub groups: Vec<TemplateGroup>,
}

/// A group of operating systems.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateGroup {
    /// Its name.
    pub name: String,
    /// The file name of its picture, where it has one.
    pub icon: Option<String>,
    /// What is in it.
    pub templates: Vec<Template>,
}

/// An operating system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The platform's id, as a reinstallation names it.
    pub id: String,
    /// `Debian`.
    pub name: String,
    /// `12 (Bookworm)`.
    pub version: String,
    /// `Minimal`.
    pub variant: String,
    /// What there is to say about it.
    pub description: String,
    /// The file name of its picture, where it has one.
    pub icon: Option<String>,
    /// `linux`, `windows`.
    pub family: String,
    /// Whether its maker has ended it.
    pub ended: bool,
}

/// The group of those that are alone in theirs.
const OTHER: &str = "Other";

impl Templates {
    /// The groups of a gallery: a family with two or more is a group of its own; what is alone in its family comes to one
    /// last group, whose picture is that of a family of its name that came to it.
    pub fn grouped(families: Vec<TemplateGroup>) -> Self {
        let (mut groups, small): (Vec<_>, Vec<_>) = families
            .into_iter()
            .partition(|family| family.templates.len() > 1);
        for group in groups.iter_mut().filter(|group| group.name.is_empty()) {
            "Unknown".clone_into(&mut group.name);
        }
        let named = small.iter().find(|family| family.name == OTHER);
        let icon = named.and_then(|family| family.icon.clone());
        let templates: Vec<Template> = small.into_iter().flat_map(|family| family.templates).collect();
        if !templates.is_empty() {
            groups.push(TemplateGroup {
                name: OTHER.to_owned(),
                icon,
                templates,
            });
        }
        Self { groups }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(name: &str, icon: &str, ids: &[&str]) -> TemplateGroup {
        TemplateGroup {
            name: name.to_owned(),
            icon: Some(icon.to_owned()),
            templates: ids
                .iter()
                .map(|id| Template {
                    id: (*id).to_owned(),
                    ..Template::default()
                })
                .collect(),
        }
    }

    fn shown(groups: &[TemplateGroup]) -> Vec<(&str, Option<&str>, Vec<&str>)> {
        groups
            .iter()
            .map(|group| {
                let ids = group.templates.iter().map(|template| template.id.as_str());
                (group.name.as_str(), group.icon.as_deref(), ids.collect())
            })
            .collect()
    }

    #[test]
    fn vf_128_what_is_alone_in_its_family_comes_to_a_last_group() {
        let grouped = Templates::grouped(vec![
            family("Ubuntu", "u.png", &["48", "49"]),
            family("Arch", "a.png", &["1"]),
            family("Empty", "e.png", &[]),
            family("", "x.png", &["5", "6"]),
            family("Other", "o.png", &["7"]),
        ]);
        assert_eq!(
            shown(&grouped.groups),
            [
                ("Ubuntu", Some("u.png"), vec!["48", "49"]),
                ("Unknown", Some("x.png"), vec!["5", "6"]),
                ("Other", Some("o.png"), vec!["1", "7"]),
            ]
        );
    }

    #[test]
    fn vf_128_a_real_family_of_that_name_stays_and_gives_no_picture() {
        let grouped = Templates::grouped(vec![
            family("Other", "o.png", &["1", "2"]),
            family("Arch", "a.png", &["3"]),
        ]);
        assert_eq!(
            shown(&grouped.groups),
            [
                ("Other", Some("o.png"), vec!["1", "2"]),
                ("Other", None, vec!["3"])
            ]
        );
        assert_eq!(Templates::grouped(Vec::new()), Templates::default());
    }
}
