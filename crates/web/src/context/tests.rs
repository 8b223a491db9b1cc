//! Every template with every sample: it renders, it escapes, it holds nothing inline.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::language::Words;

mod language;

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
            HistoryPanel,
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
            StockPage,
            NamesPage,
            AdminInfo,
            AdminObject,
            AdminOptions,
            AdminState,
            AdminNames,
            AdminNameList,
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
                || tag.contains("type=\"checkbox\"")
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
fn kt_103_the_line_for_a_terminal_is_drawn_where_there_is_an_address_only() {
    let (templates, frame) = (templates(), Frame::sample());
    let mut pages = ClientPage::samples(frame.now).into_iter();
    let mut page = pages.find(|page| page.live.login.is_some()).expect("a login");
    for address in [Some("192.0.2.10".to_owned()), None] {
        let is_told = address.is_some();
        page.live.login.as_mut().expect("a login").address = address;
        let html = templates.render(&frame, &page).unwrap();
        assert_eq!(html.contains("ssh -l "), is_told);
    }
}

#[test]
fn vf_199_the_kernel_stands_beside_the_system_and_in_its_tooltip() {
    let (templates, frame) = (templates(), Frame::sample());
    let mut pages = ClientPage::samples(frame.now).into_iter();
    let mut page = pages
        .find(|page| page.live.panels.overview.system.is_some())
        .expect("a system");
    page.live.panels.overview.kernel = Some("6.1.0-38".to_owned());
    let html = templates.render(&frame, &page).unwrap();
    assert_eq!(html.matches("6.1.0-38").count(), 2);
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

/// Whether every panel is there, with its values.
fn is_complete(live: &ClientLive) -> bool {
    let panels = &live.panels;
    let figures = panels.figures.as_ref().is_some_and(|figures| figures.known);
    figures && panels.usage.is_some() && panels.reinstall.is_some() && panels.names.is_some()
}

/// A page as some values make it, whatever type they had.
#[derive(serde::Serialize)]
struct Raw(serde_json::Value);

impl Context for Raw {
    const TEMPLATE: &'static str = ClientPage::TEMPLATE;

    fn samples(_: Moment) -> Vec<Self> {
        Vec::new()
    }
}

/// What somebody with bad intentions puts into a name, a reason, a comment.
const PAYLOADS: [&str; 7] = [
    "\"><script>alert(1)</script>",
    "' onmouseover='alert(1)",
    "\" onfocus=\"alert(1)\" autofocus=\"",
    "</textarea></option></code><img src=x onerror=alert(1)>",
    "</summary><svg/onload=alert(1)>",
    "--><style>*{display:none}</style><!--",
    "javascript:alert(1)",
];

/// The path of every text of a document; of lists only the first two.
fn texts(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(_) => found.push(path.to_owned()),
        serde_json::Value::Array(items) => {
            for (at, item) in items.iter().take(2).enumerate() {
                texts(item, &format!("{path}/{at}"), found);
            }
        }
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                texts(field, &format!("{path}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// Fields that only the engine's own code fills, with the end of a message's key or a class.
const KEYS: [&str; 15] = [
    "/key", "/tone", "/unit", "/title", "/state", "/phase", "/note", "/who", "/action", "/level", "/percent",
    "/word", "/cause", "/guide", "/work",
];

#[test]
fn every_field_of_every_panel_is_text_whatever_is_in_it() {
    let templates = templates();
    let frame = Frame::sample();
    let samples = ClientLive::samples(frame.now);
    let complete = samples.iter().filter(|live| is_complete(live)).take(1);
    let offering = samples.iter().filter(|live| live.login.is_some()).take(1);
    let mut tried = 0;
    for live in complete.chain(offering) {
        let page = serde_json::to_value(ClientPage::new(live.clone())).unwrap();
        let mut paths = Vec::new();
        texts(&page, "", &mut paths);
        for path in paths {
            for payload in PAYLOADS {
                let mut hostile = page.clone();
                *hostile.pointer_mut(&path).unwrap() = payload.into();
                match templates.render(&frame, &Raw(hostile)) {
                    Ok(html) => holds_nothing_live(&html, &format!("{path}: {payload}")),
                    Err(error) => assert!(
                        KEYS.iter().any(|key| path.ends_with(key)),
                        "{path} is a text of others: {error}"
                    ),
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 700, "the samples do not try it: {tried}");
}

/// No element, attribute or address of a payload's own.
fn holds_nothing_live(html: &str, what: &str) {
    for tag in tags(html) {
        let words = names(tag);
        let element = words.first().map_or("", String::as_str);
        assert!(
            !matches!(element, "img" | "svg/onload" | "svg" | "style"),
            "{what}: {tag}"
        );
        assert!(
            element != "script" || tag.contains("hostler.js\""),
            "{what}: {tag}"
        );
        for attribute in &words[1..] {
            assert!(!attribute.starts_with("on"), "{what}: {tag}");
            assert!(attribute != "autofocus", "{what}: {tag}");
        }
        for place in ["href=\"javascript", "src=\"javascript", "action=\"javascript"] {
            assert!(!tag.contains(place), "{what}: {tag}");
        }
    }
}

#[test]
fn vf_194_vf_222_panels_come_in_their_order_and_the_navigation_names_each_of_them() {
    let templates = templates();
    let frame = Frame::sample();
    let live = ClientLive::samples(frame.now)
        .into_iter()
        .find(is_complete)
        .expect("a complete sample");
    let html = templates.render(&frame, &ClientPage::new(live)).unwrap();
    let order = [
        "maintenance",
        "progress",
        "secrets",
        "state",
        "addresses",
        "traffic",
        "figures",
        "power",
        "manage",
        "reinstall",
        "rdns",
        "resources",
        "usage",
        "history",
    ];
    let at: Vec<usize> = order
        .iter()
        .map(|panel| {
            html.find(&format!(" id=\"hostler-{panel}\""))
                .unwrap_or_else(|| panic!("{panel}"))
        })
        .collect();
    assert!(at.is_sorted(), "{at:?}");
    let targets: Vec<&str> = html
        .split("data-hostler-target=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(targets.len(), 11);
    for target in targets {
        let elsewhere = target == "vf-sec-billing";
        assert!(
            elsewhere || html.contains(&format!(" id=\"{target}\"")),
            "{target}"
        );
        assert!(html.contains(&format!("href=\"#{target}\"")), "{target}");
    }
}

#[test]
fn vf_219_a_figure_of_a_file_system_that_nobody_tells_is_said_to_be_unknown() {
    let templates = templates();
    let frame = Frame::sample();
    let live = ClientLive::samples(frame.now)
        .into_iter()
        .find(is_complete)
        .expect("a complete sample");
    let html = templates.render(&frame, &live).unwrap();
    let (_, row) = html.split_once("<code>&#x2f;silent</code>").expect("its row");
    let row = row.split("</dd>").next().expect("its figures");
    assert!(row.contains("0.00 B / not told"), "{row}");
    assert!(!row.contains('%'), "{row}");
}

#[test]
fn vf_201_vf_204_every_address_can_be_copied_and_carries_what_hides_it() {
    let templates = templates();
    let frame = Frame::sample();
    let live = ClientLive::new(&sample::live(frame.now), true, frame.now);
    let html = templates.render(&frame, &live).unwrap();
    for (address, hidden) in [
        ("192.0.2.10", "192.0.•••.•••"),
        ("192.0.2.11", "192.0.•••.•••"),
        ("2001:db8::10", "2001:db8:••••::•"),
    ] {
        assert!(
            html.contains(&format!("data-hostler-copy=\"{address}\"")),
            "{address}"
        );
        assert!(
            html.contains(&format!("data-hostler-masked=\"{hidden}\">{address}<")),
            "{address}"
        );
    }
}

#[test]
fn what_is_told_to_a_screen_reader_is_what_changes_for_a_reason_and_never_an_age() {
    let templates = templates();
    let frame = Frame::sample();
    let mut told = BTreeSet::new();
    for live in ClientLive::samples(frame.now) {
        let html = templates.render(&frame, &live).unwrap();
        for piece in html
            .split('<')
            .skip(1)
            .filter(|piece| piece.contains(" data-hostler-tell"))
        {
            let (tag, text) = piece.split_once('>').expect("a tag ends");
            assert!(!text.trim().is_empty(), "{tag} tells nothing");
            told.insert(tag.split(' ').next().unwrap_or_default().to_owned() + " " + id(tag));
            // What stands in it is text alone: a moment in it would be told with every poll.
            let (_, rest) = html.split_once(piece).expect("it is from there");
            assert!(rest.starts_with("</"), "{tag} holds more than text: {rest}");
        }
    }
    let expected = ["div hostler-maintenance", "p hostler-reason", "span "];
    assert_eq!(told.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let of = |live: &ClientLive| templates.render(&frame, live).unwrap();
    let running = ClientLive::samples(frame.now)
        .into_iter()
        .find(|live| live.progress.is_some());
    let html = of(&running.expect("something is under way"));
    assert!(
        html.contains("<span data-hostler-tell>1 of 3 steps done</span>"),
        "{html}"
    );
}

/// The id in a tag; nothing where it has none.
fn id(tag: &str) -> &str {
    tag.split_once(" id=\"")
        .and_then(|(_, rest)| rest.split('"').next())
        .unwrap_or_default()
}
