//! The parts of the page, for whoever links to them: its own navigation and the billing system's.

use serde::Serialize;

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its id on the page.
    pub id: &'static str,
    /// The key of its name.
    pub key: &'static str,
}

const fn section(id: &'static str, key: &'static str) -> Section {
    Section { id, key }
}

/// All of them in the page's order. What is not on the page is hidden by its script; the last is the billing module's own.
pub const SECTIONS: [Section; 11] = [
    section("hostler-state", "section-state"),
    section("hostler-traffic", "section-traffic"),
    section("hostler-figures", "section-figures"),
    section("hostler-power", "section-power"),
    section("hostler-manage", "section-manage"),
    section("hostler-reinstall", "section-reinstall"),
    section("hostler-rdns", "section-rdns"),
    section("hostler-resources", "section-resources"),
    section("hostler-usage", "section-usage"),
    section("hostler-history", "section-history"),
    section("vf-sec-billing", "section-billing"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fluent_bundle::FluentArgs;

    use super::*;
    use crate::language::Words;

    #[test]
    fn vf_192_every_section_of_the_page_has_a_link_of_its_own() {
        let words = Words::load().unwrap();
        let ids: BTreeSet<_> = SECTIONS.iter().map(|section| section.id).collect();
        assert_eq!(ids.len(), SECTIONS.len());
        for Section { id, key } in SECTIONS {
            let part = id.strip_prefix("hostler-").unwrap_or("billing");
            assert_eq!(key, format!("section-{part}"), "{id}");
            assert!(words.say("en", key, &FluentArgs::new()).is_some(), "{key}");
        }
    }
}
