//! Which rows there are, how each stands, and what can be done about it.

use domain::Moment;
use domain::record::{NameWish, NameWork, OperationInput, OperationState, Standing};

use super::*;
use crate::context::client::ClientLive;
use crate::context::{Panels, sample};

const NOW: Moment = Moment::from_seconds(1_800_000_000);

fn live(names: Option<Vec<ShownName>>, change: impl FnOnce(&mut domain::ServiceView)) -> ClientLive {
    let mut view = sample::live(NOW);
    change(&mut view);
    let around = Around {
        names,
        ..sample::around(&view, NOW)
    };
    ClientLive::new(&view, true, NOW).among(&around)
}

fn panel(names: Vec<ShownName>) -> NamesPanel {
    live(Some(names), |_| ()).panels.names.expect("a panel")
}

/// An address as it was seen.
fn shown(address: &str, state: NameState, hosts: &[&str]) -> ShownName {
    ShownName {
        subject: address.parse().expect("an address"),
        within: None,
        seen: Some(NameSeen {
            state,
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            ttl: None,
            place: None,
            why: Some("what staff reads".to_owned()),
        }),
        seen_at: Some(NOW),
        under_way: None,
    }
}

fn work_on(address: &str, purpose: NamePurpose, sequence: i64) -> Operation {
    let wish = NameWish {
        subject: address.parse().expect("an address"),
        service: sample::live(NOW).service.id,
        host: None,
        seen: Vec::new(),
        confirmed_at: None,
    };
    Operation {
        input: OperationInput::Names(NameWork {
            purpose,
            former: None,
            wishes: vec![wish],
            place: None,
        }),
        sequence,
        ..sample::operation(OperationKind::ReverseDns, OperationState::Running, NOW)
    }
}

#[test]
fn vf_218_there_is_a_panel_where_there_is_a_name_server_and_a_machine() {
    let names = || Some(sample::names(NOW));
    let has = |names, change: fn(&mut domain::ServiceView)| live(names, change).panels.names.is_some();
    assert!(has(names(), |_| ()));
    assert!(!has(None, |_| ()));
    assert!(!has(names(), |view| view.link = None));
    assert!(!has(names(), |view| view.service.standing = Standing::Ended));
    assert_eq!(Panels::default().names, None);
    assert!(panel(Vec::new()).lines.is_empty(), "no address is known yet");
}

#[test]
fn vf_218_each_state_has_its_badge_and_says_what_can_be_done() {
    let (none, one, two): (&[&str], &[&str], &[&str]) =
        (&[], &["a.example.com"], &["a.example.com", "b.example.com"]);
    let elsewhere = NameState::Unconfirmed;
    for (state, hosts, key, tone, guide) in [
        (NameState::Confirmed, one, "confirmed", "good", None),
        (elsewhere, one, "unconfirmed", "warning", Some("unconfirmed")),
        (elsewhere, two, "unconfirmed", "warning", Some("several")),
        (elsewhere, none, "unconfirmed", "warning", Some("no-forward")),
        (NameState::Unchecked, one, "unchecked", "quiet", Some("unchecked")),
        (NameState::Missing, none, "missing", "quiet", None),
        (
            NameState::NoForward,
            none,
            "no-forward",
            "warning",
            Some("no-forward"),
        ),
        (NameState::NoZone, none, "no-zone", "bad", Some("no-zone")),
    ] {
        let line = panel(vec![shown("192.0.2.10", state, hosts)]).lines.remove(0);
        assert_eq!((line.state, line.tone, line.guide), (key, tone, guide), "{state}");
        assert_eq!(line.host, hosts.first().copied().unwrap_or_default());
        assert_eq!(line.several.is_some(), hosts.len() > 1);
        assert_eq!(line.enabled, state != NameState::NoZone, "{state}");
    }
    let mut unseen = shown("192.0.2.10", NameState::Missing, &[]);
    (unseen.seen, unseen.seen_at) = (None, None);
    let line = panel(vec![unseen]).lines.remove(0);
    assert_eq!((line.state, line.as_of, line.enabled), ("unseen", None, true));
}

#[test]
fn vf_218_a_prefix_comes_with_the_names_inside_and_every_row_has_ids_of_its_own() {
    let lines = panel(sample::names(NOW)).lines;
    let (prefix, host) = (&lines[0], &lines[1]);
    assert_eq!(
        (prefix.subject.as_str(), prefix.at.as_str()),
        ("2001:db8:7::/64", "net-2001-db8-7---64")
    );
    assert!(prefix.prefix && !prefix.inside && prefix.state == "prefix");
    assert!(!host.prefix && host.inside);
    assert_eq!((host.at.as_str(), host.record), ("2001-db8-7--1", "AAAA"));
    assert!(
        lines[2..]
            .iter()
            .all(|line| line.record == "A" && !line.inside && !line.prefix)
    );
    let ids: std::collections::BTreeSet<_> = lines.iter().map(|line| &line.at).collect();
    assert_eq!(ids.len(), lines.len());
}

#[test]
fn vf_218_who_may_not_change_a_name_reads_why_and_a_busy_machine_keeps_nobody_from_it() {
    let standing = |standing| {
        let live = live(Some(sample::names(NOW)), |view| view.service.standing = standing);
        let panel = live.panels.names.expect("a panel");
        (panel.note, panel.lines.iter().any(|line| line.enabled))
    };
    assert_eq!(standing(Standing::Live), (None, true));
    assert_eq!(standing(Standing::Suspended), (Some("suspended"), false));
    assert_eq!(standing(Standing::Building), (Some("building"), false));
    let busy = live(Some(sample::names(NOW)), |view| {
        let restart = sample::operation(OperationKind::Power, OperationState::Running, NOW);
        view.open.push(restart);
    });
    assert_eq!(busy.panels.names.expect("a panel").note, None);
    assert_eq!(busy.power.note, Some("busy"));
}

#[test]
fn vf_218_what_is_done_about_a_name_is_said_and_an_edit_is_watched_closely() {
    let address = "192.0.2.10";
    let names = || Some(vec![shown(address, NameState::NoForward, &[])]);
    let work = |works: Vec<Operation>| {
        let live = live(names(), |view| view.open = works);
        (live.panels.names.expect("a panel").lines[0].work, live.every)
    };
    assert_eq!(work(Vec::new()), (None, super::super::EVERY_QUIET));
    // A hostname that does not lead anywhere may be waited for very long.
    let waits = work_on(address, NamePurpose::Create, 1);
    assert_eq!(
        work(vec![waits.clone()]),
        (Some("waiting"), super::super::EVERY_QUIET)
    );
    let edit = work_on(address, NamePurpose::Edit, 2);
    assert_eq!(
        work(vec![edit.clone(), waits]),
        (Some("changing"), super::super::EVERY_BUSY)
    );
    let other = work_on("192.0.2.11", NamePurpose::Lost, 3);
    assert_eq!(work(vec![other]), (None, super::super::EVERY_QUIET));
    // What somebody wished for is in the history, what the engine does for itself is not.
    let history = |purpose| {
        let done = Operation {
            state: OperationState::Succeeded,
            ..work_on(address, purpose, 1)
        };
        live(names(), |view| view.recent = vec![done])
            .panels
            .history
            .rows
            .len()
    };
    assert_eq!((history(NamePurpose::Edit), history(NamePurpose::Create)), (1, 0));
}
