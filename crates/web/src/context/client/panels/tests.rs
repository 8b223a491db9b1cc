//! Which panels there are, and what they make of what was read.

use std::time::Duration;

use domain::ActorKind;
use domain::Fact;
use domain::machine::MachineStatus;
use domain::observed::{
    Backup, BackupState, Backups, FileSystem, Live, Memory, Observed, TemplateGroup, Templates, Traffic,
    TrafficMonth,
};
use domain::record::{ClientRule, FactRecord, Operation, OperationState};

use super::*;
use crate::context::sample;

const NOW: Moment = Moment::from_seconds(1_800_000_000);

/// Facts as they are stored, read at this moment.
fn facts(observed: &[Observed]) -> Vec<FactRecord> {
    let record = |observed: &Observed| FactRecord {
        kind: observed.kind().to_string(),
        value: observed.to_fact(),
        observed_at: NOW,
        ..sample::facts(NOW).remove(0)
    };
    observed.iter().map(record).collect()
}

fn panels_of(view: &ServiceView, offers: Offers, observed: &[Observed]) -> Panels {
    let around = Around {
        view,
        offers,
        seen: Seen::of(&facts(observed)),
        rights: (true, true),
        reader: sample::reader(),
        secrets: Vec::new(),
        names: None,
        now: NOW,
    };
    ClientLive::new(view, true, NOW).among(&around).panels
}

fn panels(observed: &[Observed]) -> Panels {
    panels_of(&sample::live(NOW), sample::everything(), observed)
}

fn month(start: &str, received: u64, sent: u64) -> TrafficMonth {
    TrafficMonth {
        start: Moment::parse(start),
        received: Some(received),
        sent: Some(sent),
        total: Some(received + sent),
        limit_gb: Some(1_000),
        ..TrafficMonth::default()
    }
}

fn traffic(months: Vec<TrafficMonth>) -> Observed {
    Observed::Traffic(Traffic { months })
}

#[test]
fn vf_194_panels_are_there_by_what_is_offered_and_not_withheld() {
    let mut view = sample::live(NOW);
    let bare = panels_of(&view, Offers::default(), &sample::observed(NOW));
    assert!(bare.traffic.is_none() && bare.figures.is_none() && bare.usage.is_none());
    assert!(bare.reinstall.is_none() && bare.overview.rename.is_none());
    assert!(!bare.maintenance);
    let all = panels_of(&view, sample::everything(), &sample::observed(NOW));
    assert!(all.traffic.is_some() && all.figures.is_some() && all.usage.is_some());
    assert!(all.reinstall.is_some() && all.overview.rename.is_some() && all.manage.is_some());
    assert!(all.maintenance);
    for kind in [
        OperationKind::Reinstall,
        OperationKind::Rename,
        OperationKind::ResetPassword,
        OperationKind::SignOn,
    ] {
        let withheld = ClientRule {
            withheld: true,
            ..ClientRule::default()
        };
        view.policy.clients.insert(kind, withheld);
    }
    let withheld = panels_of(&view, sample::everything(), &sample::observed(NOW));
    assert!(withheld.reinstall.is_none() && withheld.overview.rename.is_none());
    assert_eq!(withheld.manage.expect("accounts are left").machine_password, None);
    assert_eq!(withheld.overview.sign_on, None);
}

#[test]
fn vf_195_mx_039_the_banner_is_there_while_the_host_is_maintained() {
    for (maintenance, shown) in [(Some(true), true), (Some(false), false), (None, false)] {
        let live = Live {
            maintenance,
            ..Live::default()
        };
        assert_eq!(
            panels(&[Observed::Live(live)]).maintenance,
            shown,
            "{maintenance:?}"
        );
    }
    assert!(!panels(&[]).maintenance);
}

#[test]
fn vf_198_a_healthy_machine_has_a_good_badge_whether_its_power_is_known_or_not() {
    let tone = |status, power| {
        let mut view = sample::live(NOW);
        let machine = domain::machine::Machine {
            status,
            ..sample::machine_with(power)
        };
        view.machine = Some(sample::fact(Fact::Known(machine), NOW).into());
        ClientLive::new(&view, true, NOW).badge.tone
    };
    let on = domain::machine::Power::On;
    assert_eq!(tone(MachineStatus::Ready, Fact::Unknown), "good");
    assert_eq!(tone(MachineStatus::Ready, Fact::Known(on)), "good");
    assert_eq!(tone(MachineStatus::Failed, Fact::Known(on)), "bad");
}

#[test]
fn vf_199_place_system_and_age_are_told_and_a_dash_is_no_place() {
    let overview = panels(&sample::observed(NOW)).overview;
    let place = overview.place.expect("a place");
    assert_eq!(place.flag.as_deref(), Some("🇬🇧"));
    assert!(overview.system.is_some() && overview.kernel.is_some());
    let created = overview.created.expect("an age");
    assert_eq!((created.n, created.unit), (1, "weeks"));
    let mut view = sample::live(NOW);
    let machine = domain::machine::Machine {
        location: Some("-".to_owned()),
        ..sample::machine_with(Fact::Unknown)
    };
    view.machine = Some(sample::fact(Fact::Known(machine), NOW).into());
    assert_eq!(panels_of(&view, sample::everything(), &[]).overview.place, None);
}

#[test]
fn vf_205_mx_035_twelve_months_come_oldest_first_with_the_year_where_they_span_two() {
    let months = (1..=14_u64).rev().map(|at| {
        let (year, month) = if at > 12 { (2_026, at - 12) } else { (2_025, at) };
        month_at(year, month, at)
    });
    let panel = panels(&[traffic(months.collect())]).traffic.expect("a panel");
    assert_eq!(panel.months.len(), 12);
    let label = |row: &crate::context::MonthRow| (row.month, row.year.clone());
    assert_eq!(label(&panel.months[0]), (Some(3), Some("25".to_owned())));
    assert_eq!(label(&panel.months[11]), (Some(2), Some("26".to_owned())));
    let one = panels(&[traffic(vec![month("2025-01-06 00:00:00", 1, 2)])])
        .traffic
        .expect("a panel");
    assert_eq!(label(&one.months[0]), (Some(1), None));
}

fn month_at(year: u64, number: u64, bytes: u64) -> TrafficMonth {
    month(&format!("{year}-{number:02}-06 00:00:00"), bytes, bytes)
}

#[test]
fn vf_206_tiles_tell_used_limit_and_rest_and_no_months_are_no_panel() {
    let tiles = |month: TrafficMonth| {
        let panel = panels(&[traffic(vec![month])]).traffic.expect("a panel");
        (panel.used, panel.limit, panel.remaining, panel.unmetered)
    };
    let some = |text: &str| Some(text.to_owned());
    let metered = month("2025-01-06 00:00:00", 100 << 30, 50 << 30);
    assert_eq!(
        tiles(metered.clone()),
        (some("150 GB"), some("1000 GB"), some("850 GB"), false)
    );
    let over = TrafficMonth {
        limit_gb: Some(10),
        ..metered.clone()
    };
    assert_eq!(tiles(over).2, some("0.00 GB"));
    let unmetered = TrafficMonth {
        limit_gb: Some(0),
        ..metered.clone()
    };
    assert_eq!(tiles(unmetered), (some("150 GB"), None, None, true));
    let silent = TrafficMonth {
        total: None,
        received: None,
        ..metered
    };
    assert_eq!((tiles(silent.clone()).0, tiles(silent).2), (None, None));
    assert!(panels(&[traffic(Vec::new())]).traffic.is_none());
    assert!(!panels(&[]).traffic.expect("a place for it").known);
}

fn figures(live: Live) -> Option<FiguresPanel> {
    panels(&[Observed::Live(live)]).figures
}

#[test]
fn vf_208_mx_034_figures_are_hidden_without_any_and_processors_are_bounded() {
    assert_eq!(figures(Live::default()), None);
    assert!(!panels(&[]).figures.expect("a place for them").known);
    for (busy, percent, level) in [
        (-3.0, "0.0", "ok"),
        (70.0, "70.0", "ok"),
        (70.1, "70.1", "warning"),
        (90.1, "90.1", "danger"),
        (250.0, "100.0", "danger"),
    ] {
        let panel = figures(Live {
            cpu_percent: Some(busy),
            ..Live::default()
        });
        let cpu = panel.expect("a panel").cpu.expect("a meter");
        assert_eq!((cpu.percent.as_str(), cpu.level), (percent, level));
    }
}

#[test]
fn vf_209_vf_210_memory_needs_both_ends_and_disks_tell_what_they_have() {
    let memory = |total, unused| {
        let memory = Memory {
            total,
            unused,
            ..Memory::default()
        };
        let live = Live {
            memory,
            disk_read: Some(1_024),
            ..Live::default()
        };
        figures(live).expect("a panel").memory
    };
    for (unused, percent, level) in [
        (25, "75", "ok"),
        (24, "76", "warning"),
        (9, "91", "danger"),
        (200, "0", "ok"),
    ] {
        let share = memory(Some(100), Some(unused)).expect("a share");
        assert_eq!(
            (share.meter.percent.as_str(), share.meter.level),
            (percent, level)
        );
    }
    assert_eq!(memory(Some(100), None), None);
    assert_eq!(memory(None, Some(100)), None);
    let panel = figures(Live {
        disk_read: Some(1_048_576),
        ..Live::default()
    });
    let panel = panel.expect("a panel");
    assert_eq!(panel.read_text.as_deref(), Some("1.00 MB"));
    assert_eq!((panel.written_text, panel.at), (None, NOW.as_seconds()));
}

#[test]
fn vf_214_vf_215_new_passwords_are_there_where_the_platform_sets_them_and_wait_for_nothing_else() {
    let manage = |view: &ServiceView| {
        panels_of(view, sample::everything(), &[])
            .manage
            .expect("a panel")
    };
    let mut view = sample::live(NOW);
    assert_eq!(manage(&view).machine_password, Some(true));
    assert_eq!(manage(&view).account_password, Some(true));
    view.open = vec![sample::operation(
        OperationKind::Power,
        OperationState::Running,
        NOW,
    )];
    assert_eq!(
        (manage(&view).machine_password, manage(&view).note),
        (Some(true), None)
    );
    view.open = vec![sample::operation(
        OperationKind::Reinstall,
        OperationState::Running,
        NOW,
    )];
    assert_eq!(
        (manage(&view).machine_password, manage(&view).note),
        (Some(false), Some("busy"))
    );
    view.open.clear();
    view.service.standing = Standing::Suspended;
    assert_eq!(
        (manage(&view).machine_password, manage(&view).note),
        (Some(false), Some("suspended"))
    );
}

#[test]
fn vf_216_ten_backups_are_shown_and_the_others_behind_them() {
    let backup = |state| Backup {
        id: "1".to_owned(),
        state,
        taken: Some(NOW - Duration::from_hours(3)),
        kept_until: None,
        storage: None,
    };
    let states = BackupState::ALL.iter().copied().cycle().take(250);
    let backups = Backups {
        backups: states.map(backup).collect(),
    };
    let manage = panels(&[Observed::Backups(backups)]).manage.expect("a panel");
    assert_eq!((manage.backups.len(), manage.older.len()), (10, 190));
    let good = manage.backups.iter().filter(|row| row.good);
    assert_eq!(good.count(), 2);
    assert_eq!(manage.backups[0].taken.as_deref(), Some("2027-01-15 05:00 UTC"));
}

#[test]
fn vf_217_a_system_can_be_installed_only_where_nothing_else_is_under_way() {
    let panel = |view: &ServiceView| {
        let panels = panels_of(view, sample::everything(), &sample::observed(NOW));
        panels.reinstall.expect("a panel")
    };
    let mut view = sample::live(NOW);
    let shown = panel(&view);
    assert!(shown.known && shown.enabled && shown.note.is_none());
    // The group without systems and the key that may not be used are left out.
    assert_eq!((shown.groups.len(), shown.keys.len()), (2, 1));
    assert_eq!(shown.groups[0].systems[0].brand, "ubuntu");
    view.open = vec![sample::operation(
        OperationKind::Power,
        OperationState::Running,
        NOW,
    )];
    assert_eq!((panel(&view).enabled, panel(&view).note), (false, Some("busy")));
    assert_eq!(panel(&view).rev, shown.rev, "what is chosen stays as it is");
    let unread = panels_of(&sample::live(NOW), sample::everything(), &[])
        .reinstall
        .expect("a panel");
    assert!(!unread.known && !unread.enabled);
    let empty = TemplateGroup {
        name: "Linux".to_owned(),
        icon: None,
        templates: Vec::new(),
    };
    for groups in [Vec::new(), vec![empty]] {
        let panel = panels(&[Observed::Templates(Templates { groups })])
            .reinstall
            .expect("a panel");
        assert!(panel.known && !panel.enabled, "there is nothing to install");
    }
}

#[test]
fn vf_219_resources_warn_above_their_thresholds_and_list_file_systems() {
    let live = Live {
        file_systems: Some(vec![
            file_system(Some(75), Some(100)),
            file_system(Some(76), Some(100)),
            file_system(Some(91), Some(100)),
            file_system(Some(0), Some(0)),
        ]),
        ..Live::default()
    };
    let used = |percent: u64| {
        let month = month("2025-01-06 00:00:00", percent * (10 << 30), 0);
        let panel = panels(&[traffic(vec![month]), Observed::Live(live.clone())]).resources;
        panel.expect("a panel")
    };
    for (percent, level) in [(70, "ok"), (71, "warning"), (91, "danger"), (150, "danger")] {
        let meter = used(percent).traffic.expect("a share").meter;
        assert_eq!(meter.level, level, "{percent}");
    }
    let rows = used(1).file_systems;
    let levels: Vec<_> = rows
        .iter()
        .map(|row| row.meter.as_ref().map(|meter| meter.level))
        .collect();
    assert_eq!(levels, [Some("ok"), Some("warning"), Some("danger"), None]);
    assert_eq!(rows[0].device, "sda1 (ext4)");
}

#[test]
fn vf_219_a_figure_of_a_file_system_that_nobody_tells_is_not_shown_as_none_used() {
    let live = Live {
        file_systems: Some(vec![
            file_system(None, Some(100)),
            file_system(Some(7), None),
            file_system(Some(0), Some(100)),
        ]),
        ..Live::default()
    };
    let panel = panels(&[Observed::Live(live)]).resources.expect("a panel");
    let shown: Vec<_> = panel
        .file_systems
        .iter()
        .map(|row| (row.used.as_deref(), row.total.as_deref(), row.meter.is_some()))
        .collect();
    let (hundred, seven, none) = (Some("100 B"), Some("7.00 B"), Some("0.00 B"));
    assert_eq!(
        shown,
        [
            (None, hundred, false),
            (seven, None, false),
            (none, hundred, true)
        ]
    );
}

fn file_system(used: Option<u64>, total: Option<u64>) -> FileSystem {
    FileSystem {
        name: "sda1".to_owned(),
        mount: "/".to_owned(),
        kind: "ext4".to_owned(),
        used,
        total,
    }
}

#[test]
fn vf_220_usage_is_shown_to_the_cent_with_its_currency_and_not_where_there_is_none() {
    let shown = |prefix: &str, suffix: &str| {
        let usage = Observed::Usage(domain::observed::Usage {
            credit: Some("12.3400".to_owned()),
            currency: Some(domain::observed::Currency {
                code: "EUR".to_owned(),
                prefix: prefix.to_owned(),
                suffix: suffix.to_owned(),
            }),
            total: domain::observed::Spent {
                value: Some("0.1".to_owned()),
                ..domain::observed::Spent::default()
            },
            ..domain::observed::Usage::default()
        });
        panels(&[usage]).usage.expect("a panel")
    };
    let money = |prefix: &str, suffix: &str| {
        let money = shown(prefix, suffix).total.value.expect("an amount");
        (money.amount, money.sign, money.code)
    };
    assert_eq!(shown("€", "").credit.as_deref(), Some("12.34"));
    let some = |text: &str| Some(text.to_owned());
    for (prefix, suffix) in [("€", ""), ("", "€"), ("", " €"), ("€ ", " ")] {
        assert_eq!(
            money(prefix, suffix),
            ("0.10".to_owned(), some("€"), None),
            "{prefix}|{suffix}"
        );
    }
    for (prefix, suffix) in [("", ""), ("$", " USD")] {
        assert_eq!(
            money(prefix, suffix),
            ("0.10".to_owned(), None, some("EUR")),
            "{prefix}|{suffix}"
        );
    }
    assert_eq!(panels(&[]).usage, None);
}

#[test]
fn mx_114_the_history_tells_what_was_done_by_whom_and_nothing_of_the_engines_own() {
    let by = |kind, id: &str| Operation {
        actor: Actor {
            kind,
            id: id.to_owned(),
            ..sample::reader()
        },
        ..sample::operation(OperationKind::Power, OperationState::Failed, NOW)
    };
    let reader = sample::reader();
    let operations = vec![
        by(ActorKind::Client, &reader.id),
        by(ActorKind::Client, "client 5, user 2"),
        by(ActorKind::Admin, "admin 3"),
        by(ActorKind::Cron, "billing system"),
        sample::operation(OperationKind::Refresh, OperationState::Succeeded, NOW),
        sample::operation(OperationKind::RemoveStray, OperationState::Succeeded, NOW),
    ];
    let history = HistoryPanel::new(&operations, None, &reader);
    let who: Vec<_> = history.rows.iter().map(|row| row.who).collect();
    assert_eq!(who, ["you", "account", "staff", "system"]);
    let written = serde_json::to_string(&history).expect("a document");
    for hidden in ["user 2", "admin 3", "billing system"] {
        assert!(!written.contains(hidden), "{hidden}");
    }
    let asking = vec![sample::operation(
        OperationKind::Create,
        OperationState::Asking,
        NOW,
    )];
    assert_eq!(HistoryPanel::new(&asking, None, &reader).rows[0].cause, None);
    assert_eq!(history.rows[0].cause.as_deref(), Some("refused"));
    assert!(!written.contains("alert(1)"), "{written}");
}

#[test]
fn what_whoever_asks_has_already_comes_without_its_content() {
    let mut all = panels(&sample::observed(NOW));
    let rev = all.reinstall.as_ref().expect("a panel").rev.clone();
    all.without(&[("hostler-reinstall", rev.as_str()), ("hostler-history", "other")].into());
    assert!(all.reinstall.as_ref().is_some_and(|panel| panel.same));
    assert!(!all.history.same);
}
