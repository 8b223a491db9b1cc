//! What is said in another language than English, and in the operator's words.

use domain::record::{
    ActOutcome, Cause, Hindrance, Operation, OperationKind, OperationState, Standing, StepRecord,
};
use fluent_bundle::FluentArgs;

use super::*;

/// A frame of a German page.
fn german() -> Frame {
    Frame {
        lang: "de".to_owned(),
        ..Frame::sample()
    }
}

#[test]
fn every_cause_is_explained_in_every_language() {
    let words = Words::load().unwrap();
    let none = FluentArgs::new();
    for cause in Cause::ALL.iter().copied() {
        let key = format!("cause-{}", cause.key());
        let english = words.say("en", &key, &none).unwrap_or_else(|| panic!("{key}"));
        let german = words.own("de", &key).unwrap_or_else(|| panic!("{key} in German"));
        assert_ne!(english, german, "{key}");
    }
}

/// An operation in one state, in each way in which its steps can explain it; `said` is what staff reads.
fn in_every_way(kind: OperationKind, state: OperationState, said: &str, now: Moment) -> Vec<Operation> {
    let mut plain = sample::operation(kind, state, now);
    said.clone_into(&mut plain.reason);
    for step in &mut plain.steps {
        said.clone_into(&mut step.hint);
        "a step".clone_into(&mut step.label);
        step.refusal = None;
    }
    let of_steps: [fn(&mut StepRecord); 8] = [
        |_| (),
        |step| step.act_outcome = Some(ActOutcome::Lost),
        |step| step.act_outcome = Some(ActOutcome::Accepted),
        |step| (step.failures, step.hindrance) = (1, Some(Hindrance::Busy)),
        |step| (step.failures, step.hindrance) = (1, Some(Hindrance::Unreachable)),
        |step| step.failures = 1,
        |step| step.attempt = 0,
        |step| step.refusal = Some("HTTP 500".to_owned()),
    ];
    let of_the_whole: [fn(&mut Operation); 3] = [
        |operation| operation.interrupted_by = Some(operation.id),
        |operation| operation.finished_at = operation.finished_at.map(|_| operation.deadline),
        |operation| operation.steps.clear(),
    ];
    let mut all = Vec::new();
    for change in of_steps {
        let mut operation = plain.clone();
        operation.steps.iter_mut().for_each(change);
        all.push(operation);
    }
    for change in of_the_whole {
        let mut operation = plain.clone();
        change(&mut operation);
        all.push(operation);
    }
    all
}

#[test]
fn a_german_page_of_every_state_holds_no_english_reason_and_nothing_that_a_platform_said() {
    const SAID: [&str; 3] = ["the answer was lost", "HTTP 500", "waits for its platform"];
    let (templates, words, frame) = (templates(), Words::load().unwrap(), german());
    let mut explained = BTreeSet::new();
    for kind in OperationKind::ALL.iter().copied() {
        for state in OperationState::ALL.iter().copied() {
            for operation in in_every_way(kind, state, &SAID.join("; "), frame.now) {
                let mut view = sample::live(frame.now);
                if kind == OperationKind::Create {
                    view.service.standing = Standing::Building;
                }
                let cause = operation.cause();
                if state.is_final() {
                    view.recent.push(operation);
                } else {
                    view.open.push(operation);
                }
                let around = sample::around(&view, frame.now);
                let live = ClientLive::new(&view, true, frame.now).among(&around);
                let html = templates.render(&frame, &live).unwrap();
                for said in SAID {
                    assert!(!html.contains(said), "{kind} {state}: {html}");
                }
                for other in Cause::ALL.iter().copied() {
                    let none = FluentArgs::new();
                    let key = format!("cause-{}", other.key());
                    let english = words.say("en", &key, &none).unwrap();
                    assert!(!html.contains(&english), "{kind} {state}: {english}");
                }
                let opens = matches!(kind, OperationKind::Console | OperationKind::SignOn);
                let is_told = kind.changes() || (opens && state.is_final());
                if let Some(cause) = cause.filter(|_| is_told) {
                    let german = words.own("de", &format!("cause-{}", cause.key())).unwrap();
                    assert!(html.contains(&german), "{kind} {state}: {german} in {html}");
                    explained.insert(cause);
                }
            }
        }
    }
    let all: BTreeSet<_> = Cause::ALL.iter().copied().collect();
    assert_eq!(explained, all, "the states that are tried have every cause");
}

#[test]
fn money_stands_with_its_sign_where_the_language_wants_it() {
    let templates = templates();
    let live = |frame: &Frame, sign: Option<&str>, code: Option<&str>| {
        let samples = ClientLive::samples(frame.now);
        let mut live = samples.into_iter().find(is_complete).expect("a complete sample");
        let usage = live.panels.usage.as_mut().expect("a panel");
        usage.credit = Some("1234.50".to_owned());
        usage.total.value = Some(Money {
            amount: "12.50".to_owned(),
            sign: sign.map(str::to_owned),
            code: code.map(str::to_owned),
        });
        templates.render(frame, &live).unwrap()
    };
    let (english, german) = (Frame::sample(), german());
    for (frame, sign, code, shown) in [
        (&english, Some("€"), None, "<span>€12.50</span>"),
        (&english, None, Some("EUR"), "<span>EUR\u{a0}12.50</span>"),
        (&english, None, None, "<span>12.50</span>"),
        (&german, Some("€"), None, "<span>12,50\u{a0}€</span>"),
        (&german, None, Some("EUR"), "<span>12,50\u{a0}EUR</span>"),
        (&german, None, None, "<span>12,50</span>"),
    ] {
        let html = live(frame, sign, code);
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert!(live(&german, None, None).contains("<dd>1234,50</dd>"));
}

#[test]
fn the_panel_has_the_name_that_the_operator_gives_it_and_none_by_default() {
    let templates = templates();
    let page = |lang: &str, panel: Option<&str>| {
        let frame = Frame {
            lang: lang.to_owned(),
            panel: panel.map(str::to_owned),
            ..Frame::sample()
        };
        let live = ClientLive::samples(frame.now).into_iter().find(is_complete);
        templates
            .render(&frame, &live.expect("a complete sample"))
            .unwrap()
    };
    for (lang, panel, shown) in [
        ("en", None, ">Open the control panel</button>"),
        ("en", Some("Cloud <Panel>"), ">Open Cloud &lt;Panel&gt;</button>"),
        ("en", Some("7"), ">New password for 7</button>"),
        (
            "de",
            None,
            ">Neues Passwort für die Verwaltungsoberfläche</button>",
        ),
        ("de", Some("Cloud"), ">Cloud öffnen</button>"),
    ] {
        let html = page(lang, panel);
        assert!(html.contains(shown), "{lang} {panel:?}: {shown} in {html}");
    }
}

#[test]
fn numbers_have_the_mark_of_the_pages_language() {
    let templates = templates();
    let live = |lang: &str| {
        let frame = Frame {
            lang: lang.to_owned(),
            ..Frame::sample()
        };
        let samples = ClientLive::samples(frame.now);
        let live = samples.iter().find(|live| is_complete(live)).unwrap();
        templates.render(&frame, live).unwrap()
    };
    let (english, german) = (live("en"), live("de"));
    assert!(
        english.contains("1.50 GB / 2.00 GB") && english.contains("93.2 %"),
        "{english}"
    );
    assert!(
        german.contains("1,50 GB / 2,00 GB") && german.contains("93,2 %"),
        "{german}"
    );
    assert!(
        german.contains("Neu installieren") && !german.contains("Reinstall<"),
        "{german}"
    );
    // A bar's own value is for programs.
    assert!(german.contains("value=\"93.2\""));
}
