use proptest::prelude::*;

use super::*;
use crate::hostname::is_same_host;
use crate::records::Target;
use crate::{Report, confirm};

const WEB: &str = "web.example.com";

fn host(text: &str) -> Hostname {
    text.parse().expect("a hostname")
}

fn held(targets: &[(&str, bool)]) -> Pointers {
    let targets = targets.iter().map(|(host, disabled)| Target {
        host: (*host).to_owned(),
        disabled: *disabled,
    });
    RecordSet::new(targets.collect(), 3_600).map_or(Pointers::Nothing, Pointers::Held)
}

fn one(host: &str) -> Pointers {
    held(&[(host, false)])
}

fn unreadable() -> Pointers {
    Pointers::Unknown("HTTP 502".to_owned())
}

fn missing() -> Confirmation {
    Confirmation::Missing("web.example.com has no A record".to_owned())
}

/// What is decided where the hostname is confirmed.
fn confirmed(purpose: Purpose<'_>, held: &Pointers) -> Decision {
    decide(purpose, held, Some(&host(WEB)), Some(&Confirmation::Confirmed))
}

fn write(replaces: bool) -> Decision {
    Decision::Write {
        target: host(WEB),
        replaces,
    }
}

const fn rename(old: &str) -> Purpose<'_> {
    Purpose::Rename { old: Some(old) }
}

/// Every purpose but the removal.
const WRITING: [Purpose<'static>; 6] = [
    Purpose::Create,
    Purpose::Rename { old: None },
    Purpose::Rename {
        old: Some("old.example.com"),
    },
    Purpose::Reconcile,
    Purpose::Reset,
    Purpose::Client,
];

#[test]
fn vf_250_a_new_servers_pointer_is_written_where_nothing_is_and_confirmed() {
    assert_eq!(confirmed(Purpose::Create, &Pointers::Nothing), write(false));
    for (confirmation, expected) in [
        (
            Some(missing()),
            Decision::ForwardMissing("web.example.com has no A record".to_owned()),
        ),
        (
            Some(Confirmation::Unknown("timed out".to_owned())),
            Decision::Wait("timed out".to_owned()),
        ),
        (None, Decision::Confirm),
    ] {
        let decision = decide(
            Purpose::Create,
            &Pointers::Nothing,
            Some(&host(WEB)),
            confirmation.as_ref(),
        );
        assert_eq!(decision, expected);
    }
}

/// The original wrote over whatever was there.
#[test]
fn vf_250_a_new_server_leaves_every_pointer_that_is_there() {
    for there in [
        one("mail.customer.example"),
        held(&[(WEB, true)]),
        held(&[(WEB, false), ("mail.customer.example", false)]),
        one(""),
    ] {
        assert_eq!(
            confirmed(Purpose::Create, &there),
            Decision::Preserve,
            "{there:?}"
        );
    }
    assert_eq!(
        confirmed(Purpose::Create, &one("Web.Example.com.")),
        Decision::Holds
    );
    assert_eq!(confirmed(Purpose::Create, &Pointers::NoZone), Decision::NoZone);
}

#[test]
fn vf_251_a_rename_changes_only_what_points_to_the_old_hostname() {
    let old = "old.example.com";
    for (there, expected) in [
        (one(old), write(true)),
        (one("Old.EXAMPLE.com."), write(true)),
        (Pointers::Nothing, write(false)),
        (one("mail.customer.example"), Decision::Preserve),
        (
            held(&[(old, false), ("mail.customer.example", false)]),
            Decision::Preserve,
        ),
        (
            held(&[(old, false), ("mail.customer.example", true)]),
            Decision::Preserve,
        ),
        (held(&[(old, true)]), Decision::Preserve),
        (one(WEB), Decision::Holds),
        (Pointers::NoZone, Decision::NoZone),
    ] {
        assert_eq!(confirmed(rename(old), &there), expected, "{there:?}");
    }
    // A label of the panel is no hostname that anything could point to.
    assert_eq!(confirmed(rename("My VPS"), &one(old)), Decision::Preserve);
    assert_eq!(
        confirmed(Purpose::Rename { old: None }, &one(old)),
        Decision::Preserve
    );
    assert_eq!(
        decide(rename(old), &one(old), Some(&host(WEB)), Some(&missing())),
        Decision::ForwardMissing("web.example.com has no A record".to_owned())
    );
}

/// The original took a failed read for an empty name and wrote.
#[test]
fn vf_252_what_could_not_be_read_is_not_written_over_nor_removed() {
    for purpose in WRITING.into_iter().chain([Purpose::Remove]) {
        assert_eq!(
            confirmed(purpose, &unreadable()),
            Decision::Wait("HTTP 502".to_owned()),
            "{purpose:?}"
        );
    }
    let removal = decide(Purpose::Client, &unreadable(), None, None);
    assert_eq!(removal, Decision::Wait("HTTP 502".to_owned()));
}

#[test]
fn vf_254_reconciling_adds_and_a_reset_writes_over_only_what_differs() {
    let other = one("mail.customer.example");
    for (there, reconciled, reset) in [
        (Pointers::Nothing, write(false), write(false)),
        (other.clone(), Decision::Preserve, write(true)),
        (one(WEB), Decision::Holds, Decision::Holds),
        (
            held(&[(WEB, false), ("b.example.com", false)]),
            Decision::Preserve,
            write(true),
        ),
        (held(&[(WEB, true)]), Decision::Preserve, write(true)),
        (Pointers::NoZone, Decision::NoZone, Decision::NoZone),
    ] {
        assert_eq!(confirmed(Purpose::Reconcile, &there), reconciled, "{there:?}");
        assert_eq!(confirmed(Purpose::Reset, &there), reset, "{there:?}");
    }
    for purpose in [Purpose::Reconcile, Purpose::Reset] {
        let decision = decide(purpose, &Pointers::Nothing, Some(&host(WEB)), Some(&missing()));
        assert!(matches!(decision, Decision::ForwardMissing(_)), "{purpose:?}");
    }
    let decision = decide(Purpose::Reset, &other, Some(&host(WEB)), Some(&missing()));
    assert!(matches!(decision, Decision::ForwardMissing(_)));
    // It never removes.
    assert_eq!(decide(Purpose::Reset, &other, None, None), Decision::NoHostname);
}

fn reported(
    purpose: Purpose<'_>,
    addresses: &[Pointers],
    wanted: Option<&Hostname>,
    forward: bool,
) -> Report {
    let confirmation = if forward {
        Confirmation::Confirmed
    } else {
        missing()
    };
    let mut report = Report::default();
    for there in addresses {
        report.count(&decide(purpose, there, wanted, Some(&confirmation)));
    }
    report
}

#[test]
fn vf_254_a_service_is_reported_by_what_became_of_its_addresses() {
    let none = Report::default();
    let wanted = Hostname::of_server(Some(WEB), None);
    let two = [Pointers::Nothing, one("mail.customer.example")];
    assert_eq!(
        reported(Purpose::Reconcile, &two, wanted.as_ref(), true),
        Report {
            added: 1,
            preserved: 1,
            ..none
        }
    );
    assert_eq!(
        reported(Purpose::Reset, &two[1..], wanted.as_ref(), true),
        Report { reset: 1, ..none }
    );
    assert_eq!(
        reported(Purpose::Reset, &two[1..], wanted.as_ref(), false),
        Report {
            forward_missing: 1,
            ..none
        }
    );
    assert_eq!(
        reported(Purpose::Reconcile, &two[..1], None, true),
        Report { errors: 1, ..none }
    );
    let by_name = Hostname::of_server(None, Some(WEB));
    assert_eq!(
        reported(Purpose::Reconcile, &two[..1], by_name.as_ref(), true),
        Report { added: 1, ..none }
    );
}

#[test]
fn a_clients_edit_writes_what_is_confirmed_and_removes_without_asking() {
    for (there, expected) in [
        (Pointers::Nothing, write(false)),
        (one("b.example.com"), write(true)),
        (
            held(&[("b.example.com", false), ("c.example.com", true)]),
            write(true),
        ),
        (one(WEB), Decision::Holds),
        (Pointers::NoZone, Decision::NoZone),
    ] {
        assert_eq!(confirmed(Purpose::Client, &there), expected, "{there:?}");
    }
    let edit = |there: &Pointers, wanted| decide(Purpose::Client, there, wanted, Some(&missing()));
    let web = host(WEB);
    assert!(matches!(
        edit(&one("b.example.com"), Some(&web)),
        Decision::ForwardMissing(_)
    ));
    assert_eq!(edit(&one("b.example.com"), None), Decision::Delete);
    assert_eq!(edit(&held(&[(WEB, true)]), None), Decision::Delete);
    assert_eq!(edit(&Pointers::Nothing, None), Decision::Holds);
    assert_eq!(edit(&Pointers::NoZone, None), Decision::NoZone);
}

#[test]
fn what_leaves_its_customer_loses_every_pointer() {
    let remove = |there: &Pointers| decide(Purpose::Remove, there, None, None);
    for there in [
        one(WEB),
        held(&[(WEB, false), ("b.example.com", false)]),
        held(&[(WEB, true)]),
    ] {
        assert_eq!(remove(&there), Decision::Delete, "{there:?}");
    }
    assert_eq!(remove(&Pointers::Nothing), Decision::Holds);
    assert_eq!(remove(&Pointers::NoZone), Decision::NoZone);
}

#[test]
fn without_a_hostname_nothing_is_written_until_there_is_one() {
    for purpose in [
        Purpose::Create,
        rename("old.example.com"),
        Purpose::Reconcile,
        Purpose::Reset,
    ] {
        let decision = decide(purpose, &Pointers::Nothing, None, Some(&Confirmation::Confirmed));
        assert_eq!(decision, Decision::NoHostname, "{purpose:?}");
    }
}

#[test]
fn every_decision_says_what_it_is() {
    for (decision, words) in [
        (write(false), "The pointer is set to web.example.com"),
        (write(true), "The pointer is changed to web.example.com"),
        (Decision::Delete, "The pointer is removed"),
        (Decision::Preserve, "Another pointer is there already and stays"),
        (Decision::Holds, "The pointer is as it should be"),
        (
            Decision::ForwardMissing("web.example.com has no A record".to_owned()),
            "The hostname does not lead to the address: web.example.com has no A record",
        ),
        (
            Decision::Wait("HTTP 502".to_owned()),
            "Nothing is changed, because not enough is known: HTTP 502",
        ),
        (Decision::NoZone, "The name servers have no zone for the address"),
        (
            Decision::NoHostname,
            "The server has no hostname that an address can point to",
        ),
        (
            Decision::Confirm,
            "It has yet to be found out whether the hostname leads to the address",
        ),
    ] {
        assert_eq!(decision.explain(), words);
    }
}

fn hosts() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        WEB,
        "WEB.example.com.",
        "old.example.com",
        "Old.Example.com",
        "mail.customer.example",
        "",
    ])
}

fn pointers() -> impl Strategy<Value = Pointers> {
    prop_oneof![
        1 => Just(unreadable()),
        1 => Just(Pointers::NoZone),
        6 => prop::collection::vec((hosts(), any::<bool>()), 0..4).prop_map(|targets| held(&targets)),
    ]
}

fn purposes() -> impl Strategy<Value = Purpose<'static>> {
    prop::sample::select([&WRITING[..], &[Purpose::Remove]].concat())
}

fn confirmations() -> impl Strategy<Value = Option<Confirmation>> {
    prop::option::of(prop_oneof![
        Just(Confirmation::Confirmed),
        Just(missing()),
        Just(confirm::together(&[])),
    ])
}

fn changes(decision: &Decision) -> bool {
    matches!(decision, Decision::Write { .. } | Decision::Delete)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_not_known_never_leads_to_a_change(
        purpose in purposes(), there in pointers(), named in any::<bool>(), confirmation in confirmations(),
    ) {
        let wanted = named.then(|| host(WEB));
        let decision = decide(purpose, &there, wanted.as_ref(), confirmation.as_ref());
        if matches!(there, Pointers::Unknown(_) | Pointers::NoZone) {
            prop_assert!(!changes(&decision), "{decision:?}");
        }
        if matches!(decision, Decision::Write { .. }) {
            prop_assert_eq!(confirmation, Some(Confirmation::Confirmed));
        }
    }

    #[test]
    fn only_a_reset_a_client_and_a_removal_touch_what_is_not_the_old_hostname(
        purpose in purposes(), there in pointers(), named in any::<bool>(), confirmation in confirmations(),
    ) {
        let wanted = named.then(|| host(WEB));
        let decision = decide(purpose, &there, wanted.as_ref(), confirmation.as_ref());
        let strangers = match &there {
            Pointers::Held(set) => set.targets().iter().any(|target| match purpose {
                Purpose::Rename { old: Some(old) } => !is_same_host(&target.host, old),
                _ => true,
            }),
            _ => false,
        };
        let may = matches!(purpose, Purpose::Reset | Purpose::Client | Purpose::Remove);
        prop_assert!(may || !strangers || !changes(&decision), "{decision:?}");
        let removes = matches!(purpose, Purpose::Remove) || (purpose == Purpose::Client && !named);
        prop_assert!(removes || decision != Decision::Delete);
    }

    #[test]
    fn nobody_is_asked_where_the_answer_would_not_matter(
        purpose in purposes(), there in pointers(), named in any::<bool>(),
    ) {
        let wanted = named.then(|| host(WEB));
        let of = |confirmation: Option<Confirmation>| decide(purpose, &there, wanted.as_ref(), confirmation.as_ref());
        let (yes, no) = (of(Some(Confirmation::Confirmed)), of(Some(missing())));
        let first = of(None);
        prop_assert_eq!(first == Decision::Confirm, yes != no);
        prop_assert!(first == Decision::Confirm || first == yes);
    }
}
