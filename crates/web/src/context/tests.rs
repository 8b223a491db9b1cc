//! Every template with every sample: it renders, it escapes, it holds nothing inline.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::language::Words;

fn templates() -> Templates {
    Templates::new(&Arc::new(Words::load().unwrap()), None)
}

/// Every template rendered with every sample, as a document and as a fragment.
fn rendered() -> Vec<(String, String)> {
    let templates = templates();
    let mut all = Vec::new();
    for embedded in [false, true] {
        let frame = Frame {
            embedded,
            token: sample::TEXT.to_owned(),
            once: sample::TEXT.to_owned(),
            ..Frame::sample()
        };
        macro_rules! each {
            ($($context:ty),+ $(,)?) => {$(
                for (number, page) in <$context>::samples(frame.now).iter().enumerate() {
                    let html = templates.render(&frame, page).unwrap();
                    all.push((format!("{} {number}", <$context>::TEMPLATE), html));
                }
            )+};
        }
        each!(
            Notice,
            ClientPage,
            ClientLive,
            ScreenPage,
            OverviewPage,
            QuestionsPage,
            ServicesPage,
            ServicePage,
            OperationsPage,
            OperationPage,
            EffectsPage,
            PlatformsPage,
            ProductsPage,
            AdminInfo,
            AdminObject,
            AdminOptions,
            AdminState,
            ModulePanel,
        );
    }
    all
}

/// The tags of a text, without what is between them.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag))
}

/// A tag's element and attribute names, in lower case, without the values.
fn names(tag: &str) -> Vec<String> {
    let outside: String = tag.split('"').step_by(2).collect();
    let word = |word: &str| word.trim_end_matches('=').to_ascii_lowercase();
    outside.split_whitespace().map(word).collect()
}

#[test]
fn every_template_renders_with_every_sample() {
    assert_eq!(check_all(&templates()), Vec::new());
    assert!(rendered().len() > 150);
}

#[test]
fn every_template_belongs_to_a_context_or_is_part_of_one() {
    let used: BTreeSet<_> = rendered()
        .into_iter()
        .map(|(name, _)| name.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    let texts: Vec<_> = Templates::names()
        .iter()
        .filter_map(|name| Templates::built_in(name))
        .collect();
    for name in Templates::names() {
        let included = texts.iter().any(|text| text.contains(&format!("\"{name}\"")));
        assert!(used.contains(&name) || included, "{name} is used by nothing");
    }
}

#[test]
fn what_others_choose_is_text_and_never_markup() {
    for (name, html) in rendered() {
        assert!(!html.contains("<script>"), "{name}");
        assert!(!html.contains("alert(1)</script>"), "{name}");
        for tag in tags(&html) {
            for word in names(tag) {
                let plain = |c: char| c.is_ascii_alphanumeric() || "-!/=".contains(c);
                assert!(word.chars().all(plain), "{name}: an attribute is broken: {tag}");
            }
        }
    }
    let shown = rendered();
    let places = shown
        .iter()
        .filter(|(_, html)| html.contains("&lt;script&gt;"))
        .count();
    assert!(places > 100, "the samples do not try it: {places}");
}

#[test]
fn no_template_holds_an_inline_script_style_or_handler() {
    for (name, html) in rendered() {
        for tag in tags(&html) {
            let mut words = names(tag).into_iter();
            let element = words.next().unwrap_or_default();
            assert!(element != "style", "{name}");
            assert!(element != "script" || tag.contains(" src=\""), "{name}: {tag}");
            for attribute in words {
                assert!(attribute != "style", "{name}: {tag}");
                assert!(!attribute.starts_with("on"), "{name}: {tag}");
            }
            assert!(!tag.contains("javascript:"), "{name}: {tag}");
        }
    }
}

#[test]
fn every_form_that_changes_carries_the_token() {
    for (name, html) in rendered() {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            let changes = form.contains("method=\"post\"");
            assert_eq!(changes, form.contains("name=\"hostler_token\""), "{name}: {form}");
        }
    }
}

#[test]
fn no_client_page_names_a_platform() {
    for (name, html) in rendered().iter().filter(|(name, _)| name.starts_with("client/")) {
        for kind in PlatformKind::ALL {
            assert!(!html.to_ascii_lowercase().contains(kind.as_str()), "{name}");
        }
    }
}

#[test]
fn ids_are_unique_and_what_is_described_exists() {
    for (name, html) in rendered() {
        let mut ids = BTreeSet::new();
        for tag in tags(&html) {
            let attribute = |wanted: &str| {
                let rest = tag.split_once(&format!(" {wanted}=\""))?.1;
                rest.split_once('"').map(|(value, _)| value.to_owned())
            };
            if let Some(id) = attribute("id") {
                // Samples repeat one record; what carries a record's id repeats with it.
                assert!(ids.insert(id.clone()) || id.contains('_'), "{name}: {id} twice");
            }
            if let Some(described) = attribute("aria-describedby") {
                assert!(
                    html.contains(&format!("id=\"{described}\"")),
                    "{name}: {described}"
                );
            }
        }
    }
}

#[test]
fn every_control_has_a_name() {
    for (name, html) in rendered() {
        for button in html.split("<button").skip(1) {
            let text = button
                .split_once('>')
                .map_or("", |(_, rest)| rest.split("</button>").next().unwrap_or(""));
            assert!(!text.trim().is_empty() || button.contains("aria-label"), "{name}");
        }
        for tag in tags(&html).filter(|tag| tag.starts_with("input ") && !tag.contains("\"hidden\"")) {
            let labelled = tag.contains("aria-label")
                || tag.contains("checkbox")
                || tag.split_once("id=\"").is_some_and(|(_, rest)| {
                    let id = rest.split('"').next().unwrap_or_default();
                    html.contains(&format!("for=\"{id}\""))
                });
            assert!(labelled, "{name}: {tag}");
        }
    }
}

#[test]
fn clients_do_not_read_which_platform_it_is() {
    assert_eq!(
        for_clients("VirtFusion says: KATAPULT-like ünïcode"),
        "platform says: platform-like ünïcode"
    );
}

#[test]
fn kt_100_kt_108_every_form_of_a_clients_page_carries_a_one_time_token_as_text() {
    let mut forms = 0;
    for (name, html) in rendered().iter().filter(|(name, _)| name.starts_with("client/")) {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            assert!(
                form.contains("name=\"hostler_once\" value=\"&lt;script&gt;"),
                "{name}: {form}"
            );
            forms += 1;
        }
    }
    assert!(forms > 50, "{forms}");
}
