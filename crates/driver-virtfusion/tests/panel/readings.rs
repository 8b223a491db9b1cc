//! What is read for clients' eyes: of this panel's simulator, and of answers as panels give them.

use std::collections::VecDeque;
use std::time::Duration;

use domain::http::{Outcome, Request, Response};
use domain::machine::{Identity, Power};
use domain::observed::{
    Backup, BackupState, Currency, FactKind, FileSystem, Live, Memory, Observed, Place, Spent, Template,
    TrafficMonth, Usage,
};
use domain::record::{CreateProtocol, OperationInput, OperationKind, Relation};
use domain::{Fact, Moment};
use driver::Driver;
use driver_kit::reading::Ending;
use driver_kit::{PanelWire, Scene, Wire, read_fact};
use driver_virtfusion::VirtFusion;
use serde_json::{Value, json};
use sim::virtfusion::{Panel, Profile};

use super::scenes::{PROFILES, built, create, on, order, panel, play};

/// Answers in their order; none is left after the last.
struct Script(VecDeque<Value>);

impl Wire for Script {
    fn exchange(&mut self, _: Moment, _: &Request) -> (Outcome, Duration) {
        let outcome = match self.0.pop_front() {
            Some(body) => Outcome::Answered(Response {
                status: 200,
                body: body.to_string(),
                retry_after: None,
            }),
            None => Outcome::lost("nobody answers"),
        };
        (outcome, Duration::ZERO)
    }
}

fn linked() -> Identity {
    Identity {
        id: "70".to_owned(),
        unchangeable: "u-70".to_owned(),
        owner: "3".to_owned(),
    }
}

fn look(identity: &Identity) -> Scene {
    on(identity, OperationKind::Refresh, OperationInput::Nothing)
}

/// What is made of these answers.
fn told(kind: FactKind, answers: impl IntoIterator<Item = Value>) -> Ending {
    let script = Script(answers.into_iter().collect());
    read_fact(&VirtFusion, script, &look(&linked()), kind)
}

/// The linked server, with some fields.
fn server(more: &Value) -> Value {
    let mut server = json!({ "id": 70, "uuid": "u-70", "ownerId": 3 });
    for (name, value) in more.as_object().into_iter().flatten() {
        server[name] = value.clone();
    }
    json!({ "data": server })
}

/// What the list behind a look at the server is read as.
fn listed(kind: FactKind, list: &Value) -> Result<Observed, String> {
    let ending = told(kind, [server(&json!({})), list.clone()]);
    if ending.seen.is_ok() {
        assert_eq!(ending.identity, Some(linked()));
    }
    ending.seen.map(|observed| *observed)
}

fn live(more: &Value) -> Live {
    match told(FactKind::Live, [server(more)])
        .seen
        .map(|observed| *observed)
    {
        Ok(Observed::Live(live)) => live,
        other => panic!("{other:?}"),
    }
}

/// What a simulated panel shows of a machine, after a while.
fn shown(panel: &Panel, identity: &Identity, kind: FactKind, after: Duration) -> Observed {
    let mut scene = look(identity);
    scene.now = scene.now + after;
    let ending = read_fact(&VirtFusion, PanelWire::new(panel), &scene, kind);
    *ending.seen.unwrap_or_else(|why| panic!("{kind}: {why}"))
}

fn at(text: &str) -> Option<Moment> {
    Moment::parse(text)
}

#[test]
fn vf_106_vf_111_the_figures_of_a_running_machine_are_read() {
    let live = live(&json!({
        "remoteState": {
            "state": "running", "cpu": 12.3,
            "memory": { "actual": 2_097_152, "unused": 900_000, "available": 2_000_000, "rss": "1800000" },
            "disk": { "vda": { "rd.bytes": 123_456_789, "wr.bytes": 987_654_321 } },
            "agent": { "fsinfo": [{ "name": "vda1", "mountpoint": "/", "type": "ext4",
                                    "used-bytes": 5_000_000_000_u64, "total-bytes": 42_000_000_000_u64 }] },
        },
        "qemuAgent": { "os": { "pretty-name": "Debian GNU/Linux 12 (bookworm)", "kernel-release": "6.1.0" } },
        "hypervisor": { "groupId": 2, "maintenance": false, "group": { "name": "London", "icon": "gb.png" } },
    }));
    let expected = Live {
        power: Fact::Known(Power::On),
        cpu_percent: Some(12.3),
        memory: Memory {
            total: Some(2_097_152 * 1_024),
            unused: Some(900_000 * 1_024),
            available: Some(2_000_000 * 1_024),
            resident: Some(1_800_000 * 1_024),
        },
        disk_read: Some(123_456_789),
        disk_written: Some(987_654_321),
        file_systems: Some(vec![FileSystem {
            name: "vda1".to_owned(),
            mount: "/".to_owned(),
            kind: "ext4".to_owned(),
            used: Some(5_000_000_000),
            total: Some(42_000_000_000),
        }]),
        system: Some("Debian GNU/Linux 12 (bookworm)".to_owned()),
        kernel: Some("6.1.0".to_owned()),
        place: Some(Place {
            name: "London".to_owned(),
            icon: Some("gb.png".to_owned()),
        }),
        maintenance: Some(false),
    };
    assert_eq!(live, expected);
}

#[test]
fn vf_107_vf_111_what_nobody_says_is_unknown_and_never_zero() {
    for silent in [
        json!({}),
        json!({ "remoteState": false, "qemuAgent": [], "hypervisor": null }),
    ] {
        assert_eq!(live(&silent), Live::default(), "{silent}");
    }
    let off = live(&json!({ "remoteState": {
        "state": "shutoff", "cpu": 0, "memory": { "actual": 2_048 }, "disk": {},
    } }));
    let expected = Live {
        power: Fact::Known(Power::Off),
        cpu_percent: Some(0.0),
        memory: Memory {
            total: Some(2_048 * 1_024),
            ..Memory::default()
        },
        ..Live::default()
    };
    assert_eq!(off, expected);
    // What makes no sense spoils nothing but itself.
    let odd = live(&json!({ "remoteState": {
        "state": "running", "cpu": "busy", "memory": { "actual": -5, "unused": 7 }, "disk": { "vda": 3 }, "agent": 4,
    } }));
    let expected = Live {
        power: Fact::Known(Power::On),
        memory: Memory {
            unused: Some(7 * 1_024),
            ..Memory::default()
        },
        ..Live::default()
    };
    assert_eq!(odd, expected);
}

#[test]
fn vf_209_windows_has_figures_of_its_own_and_a_processor_is_at_most_fully_busy() {
    let live = live(&json!({ "remoteState": {
        "state": "running", "cpu": 104.7, "memory": { "memtotal": 4_096, "memfree": 1_024 },
    } }));
    assert_eq!(live.memory.used(), Some(3_072 * 1_024));
    assert_eq!(live.cpu_percent, Some(100.0));
}

#[test]
fn vf_112_file_systems_that_hold_nothing_of_a_clients_are_left_out() {
    let row = |mount: &str, kind: &str| json!({ "mountpoint": mount, "type": kind, "used-bytes": "7" });
    let silent =
        json!({ "mountpoint": "/silent", "type": "ext4", "used-bytes": null, "total-bytes": "many" });
    let live = live(&json!({ "remoteState": { "agent": { "fsinfo": {
        "0": row("/data", "xfs"), "1": "nonsense", "2": row("/boot/efi", "vfat"), "3": row("/run", "tmpfs"),
        "5": row("/", "ext4"), "6": silent,
    } } } }));
    let kept = live.file_systems.expect("somebody tells");
    let kept: Vec<(&str, Option<u64>, Option<u64>)> = kept
        .iter()
        .map(|one| (one.mount.as_str(), one.used, one.total))
        .collect();
    // A figure that nobody tells is unknown, and not none.
    assert_eq!(
        kept,
        [
            ("/", Some(7), None),
            ("/data", Some(7), None),
            ("/silent", None, None)
        ]
    );
}

#[test]
fn vf_080_vf_109_vf_133_traffic_is_told_month_by_month_the_newest_first() {
    let month = |number: u64, start: &str, total: u64| {
        json!({ "month": number, "start": start, "end": "2025-02-05 23:59:59", "rx": 1_847_110_337_u64,
                "tx": "1270421", "total": total, "limit": 20_000, "blocks": [{ "id": 2, "traffic": 100 }] })
    };
    let list = json!({ "data": { "monthly": [
        month(1, "2024-12-06 00:00:00", 1), month(2, "2025-01-06 00:00:00", 1_848_380_758),
    ] } });
    let Ok(Observed::Traffic(traffic)) = listed(FactKind::Traffic, &list) else {
        panic!("no traffic")
    };
    let newest = TrafficMonth {
        start: at("2025-01-06T00:00:00Z"),
        end: at("2025-02-05T23:59:59Z"),
        received: Some(1_847_110_337),
        sent: Some(1_270_421),
        total: Some(1_848_380_758),
        limit_gb: Some(20_000),
    };
    assert_eq!(traffic.months.len(), 2);
    assert_eq!(traffic.months[0], newest);
    for other in [json!({ "data": {} }), json!({ "data": [] }), server(&json!({}))] {
        let why = listed(FactKind::Traffic, &other).expect_err("no traffic");
        assert!(why.contains("read_traffic"), "{why}");
    }
}

#[test]
fn vf_128_what_can_be_installed_comes_in_the_groups_of_a_gallery() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        let Observed::Templates(templates) = shown(&panel, &identity, FactKind::Templates, Duration::ZERO)
        else {
            panic!("no templates")
        };
        let groups: Vec<(&str, Vec<&str>)> = templates
            .groups
            .iter()
            .map(|group| {
                let ids = group.templates.iter().map(|template| template.id.as_str());
                (group.name.as_str(), ids.collect())
            })
            .collect();
        let expected = [
            ("Debian", vec!["8", "46", "47"]),
            ("Ubuntu", vec!["48", "49"]),
            ("Other", vec!["60", "70"]),
        ];
        assert_eq!(groups, expected, "{profile:?}");
        let debian = &templates.groups[0];
        assert_eq!(debian.icon.as_deref(), Some("debian_logo.png"));
        assert!(debian.templates[0].ended);
        let minimal = Template {
            id: "46".to_owned(),
            name: "Debian".to_owned(),
            version: "12 (Bookworm)".to_owned(),
            variant: "Minimal".to_owned(),
            description: "A minimal installation of Debian 12 (Bookworm).".to_owned(),
            icon: Some("debian_logo.png".to_owned()),
            family: "linux".to_owned(),
            ended: false,
        };
        assert_eq!(debian.templates[1], minimal);
        assert_eq!(templates.groups[2].templates[1].family, "windows");
    }
}

#[test]
fn vf_132_vf_216_backups_are_told_with_their_state_the_newest_first() {
    let row = |id: u64, flag: &str, value: Value| {
        let mut row = json!({
            "id": id, "serverId": 70, "storage": { "id": 5, "name": "Backup Server 1" }, "deleting": false,
            "restoring": false, "progress": false, "complete": false, "deleteAfter": null,
            "created": format!("2026-03-0{id}T20:25:01+00:00"),
        });
        row[flag] = value;
        row
    };
    let list = json!({ "data": [
        row(1, "complete", json!(true)), row(2, "progress", json!(45)), row(3, "restoring", json!(1)),
        row(4, "deleting", json!("1")), row(5, "complete", json!(0)),
    ] });
    let backups = match listed(FactKind::Backups, &list) {
        Ok(Observed::Backups(backups)) => backups,
        other => panic!("{other:?}"),
    };
    let states: Vec<BackupState> = backups.backups.iter().map(|backup| backup.state).collect();
    let expected = [
        BackupState::Incomplete,
        BackupState::Deleting,
        BackupState::Restoring,
        BackupState::Running,
        BackupState::Complete,
    ];
    assert_eq!(states, expected);
    let oldest = Backup {
        id: "1".to_owned(),
        state: BackupState::Complete,
        taken: at("2026-03-01T20:25:01Z"),
        kept_until: None,
        storage: Some("Backup Server 1".to_owned()),
    };
    assert_eq!(backups.backups[4], oldest);

    let (panel, identity) = built(Profile::V7);
    let later = Duration::from_secs(3 * 86_400);
    let Observed::Backups(three) = shown(&panel, &identity, FactKind::Backups, later) else {
        panic!("no backups")
    };
    assert_eq!(three.backups.len(), 3);
}

#[test]
fn vf_113_an_answer_about_another_machine_shows_nothing() {
    let list = json!({ "data": [{ "id": 1, "serverId": 71, "complete": true }] });
    let why = listed(FactKind::Backups, &list).expect_err("another's backup");
    assert!(why.contains("server 71"), "{why}");
    let other = json!({ "data": { "id": 71, "uuid": "u-71", "ownerId": 3 } });
    for kind in FactKind::ALL.iter().filter(|kind| kind.is_of_machine()) {
        let ending = told(*kind, [other.clone()]);
        assert!(ending.seen.is_err(), "{kind}: {:?}", ending.seen);
        assert_eq!(ending.asked.len(), 1, "{kind}: nothing more is asked");
    }
    // The same id, used again for somebody else's.
    let again = json!({ "data": { "id": 70, "uuid": "u-99", "ownerId": 9 } });
    let ending = told(FactKind::Traffic, [again, json!({ "data": { "monthly": [] } })]);
    let whose = ending
        .identity
        .map(|identity| (identity.unchangeable, identity.owner));
    assert_eq!(whose, Some(("u-99".to_owned(), "9".to_owned())));
}

#[test]
fn the_keys_that_a_client_may_bring_along_are_those_of_his_account() {
    let panel = panel(Profile::V7);
    let mut wanted = order();
    let text = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a";
    wanted.ssh_key = Some(text.to_owned());
    let (_, player) = play(&panel, create(wanted, CreateProtocol::List));
    let identity = player.scene.link.expect("a link").identity;
    let Observed::SshKeys(keys) = shown(&panel, &identity, FactKind::SshKeys, Duration::ZERO) else {
        panic!("no keys")
    };
    let names: Vec<(&str, bool)> = keys
        .keys
        .iter()
        .map(|key| (key.name.as_str(), key.enabled))
        .collect();
    assert_eq!(names, [("WHMCS-2027-01-15", true)]);
    let ownerless = json!({ "data": { "id": 70, "uuid": "u-70" } });
    let why = told(FactKind::SshKeys, [ownerless])
        .seen
        .expect_err("nobody's keys");
    assert!(why.contains("to whom"), "{why}");
}

/// What self-service has used: credit, periods, report.
fn used(relation: u64) -> [Value; 3] {
    let spent = |hours: Value, tokens: f64| json!({ "hours": hours, "token": tokens, "tokenReal": tokens });
    [
        json!({ "data": {
            "period": "November 2026", "monthlyTotal": { "hours": 12, "value": "3.40", "tokens": false },
            "servers": 2, "credit": { "value": 17.5 },
            "currency": { "code": "EUR", "prefix": "", "suffix": " €", "value": 1 },
        } }),
        json!({ "data": {
            "user": { "id": 3, "relationalId": relation },
            "periods": [{ "start": "2026-11-01T00:00:00+00:00", "end": "2026-11-30T23:59:59+00:00",
                          "currentPeriod": true, "usageServersBillable": spent(json!("7.25"), 1.5) }],
        } }),
        json!({ "data": { "usage": { "addonsTotal": { "hours": 0, "value": 0.3, "tokens": false } } } }),
    ]
}

#[test]
fn vf_141_vf_220_what_self_service_has_used_is_told_as_the_panel_wrote_it() {
    let Ok(Observed::Usage(usage)) = told(FactKind::Usage, used(77)).seen.map(|observed| *observed) else {
        panic!("no usage")
    };
    let text = |text: &str| Some(text.to_owned());
    let period = &usage.periods[0];
    assert_eq!(
        (period.start, period.end, period.current),
        (at("2026-11-01T00:00:00Z"), at("2026-11-30T23:59:59Z"), true)
    );
    let of_period = Spent {
        hours: text("7.25"),
        value: None,
        tokens: text("1.5"),
    };
    assert_eq!(period.spent, of_period);
    let expected = Usage {
        credit: text("17.5"),
        currency: Some(Currency {
            code: "EUR".to_owned(),
            prefix: String::new(),
            suffix: " €".to_owned(),
        }),
        month: text("November 2026"),
        servers: Some(2),
        total: Spent {
            hours: text("12"),
            value: text("3.40"),
            tokens: None,
        },
        addons: Spent {
            hours: text("0"),
            value: text("0.3"),
            tokens: None,
        },
        periods: usage.periods.clone(),
    };
    assert_eq!(usage, expected);
}

#[test]
fn vf_141_usage_is_asked_for_by_the_clients_name_and_another_clients_is_not_told() {
    let ending = told(FactKind::Usage, used(77));
    let paths: Vec<&str> = ending
        .asked
        .iter()
        .map(|asked| asked.request.path.as_str())
        .collect();
    let expected =
        ["hourlyStats", "usage", "report"].map(|what| format!("/selfService/{what}/byUserExtRelationId/77"));
    assert_eq!(paths, expected);
    let why = told(FactKind::Usage, used(78))
        .seen
        .expect_err("another client's");
    assert!(why.contains("client 78"), "{why}");

    let mut scene = look(&linked());
    scene.relation = Relation::Text;
    let script = Script(used(1).into());
    let ending = read_fact(&VirtFusion, script, &scene, FactKind::Usage);
    assert!(ending.seen.is_ok(), "{:?}", ending.seen);
    for asked in &ending.asked {
        assert!(asked.request.path.ends_with("/main:77"), "{}", asked.request.path);
        let named = ("relStr".to_owned(), "true".to_owned());
        assert!(asked.request.query.contains(&named), "{}", asked.request.name);
    }
}

#[test]
fn vf_220_a_panel_without_self_service_says_why_there_is_nothing() {
    for answer in [
        json!({ "data": { "period": "x" } }),
        json!({ "data": { "credit": false } }),
    ] {
        let why = told(FactKind::Usage, [answer]).seen.expect_err("no credit");
        assert!(why.contains("read_credit"), "{why}");
    }
    let (panel, identity) = built(Profile::V7);
    let Observed::Usage(usage) = shown(&panel, &identity, FactKind::Usage, Duration::ZERO) else {
        panic!("no usage")
    };
    assert_eq!((usage.credit.as_deref(), usage.currency), (Some("0"), None));
    assert_eq!(usage.periods.len(), 1);
}

/// A reading of the linked server, of which something has just shown that this is behind its id.
fn after_a_list(kind: FactKind, seen: &Identity) -> Result<Request, String> {
    let scene = look(&linked());
    let context = driver::ReadingContext {
        seen: Some(seen),
        ..driver_kit::reading::context(&scene, kind)
    };
    VirtFusion.reading(&context)
}

#[test]
fn gx_007_what_a_list_has_just_shown_is_not_looked_at_again() {
    for (kind, name) in [
        (FactKind::Traffic, "read_traffic"),
        (FactKind::Templates, "list_templates"),
        (FactKind::Backups, "list_backups"),
        (FactKind::SshKeys, "list_ssh_keys"),
        // Which machine it is, is part of the answer.
        (FactKind::Live, "read_server"),
        (FactKind::Usage, "read_credit"),
    ] {
        let request = after_a_list(kind, &linked()).expect("it can be read");
        assert_eq!(request.name, name, "{kind}");
        // What was shown of another id says nothing about this one.
        let other = Identity {
            id: "71".to_owned(),
            ..linked()
        };
        let request = after_a_list(kind, &other).expect("it can be read");
        let looks = !matches!(kind, FactKind::Usage);
        assert_eq!(request.name == "read_server", looks, "{kind}");
    }
}

#[test]
fn gx_007_the_identity_that_a_list_showed_comes_with_what_is_read_after_it() {
    let scene = look(&linked());
    let another = Identity {
        unchangeable: "u-71".to_owned(),
        ..linked()
    };
    let context = driver::ReadingContext {
        seen: Some(&another),
        ..driver_kit::reading::context(&scene, FactKind::Traffic)
    };
    let request = VirtFusion.reading(&context).expect("it can be read");
    let body = json!({ "data": { "monthly": [] } }).to_string();
    let outcome = Outcome::Answered(Response {
        status: 200,
        body,
        retry_after: None,
    });
    let read = VirtFusion.read_fact(&context, &request, &outcome, &domain::record::Notes::new());
    let driver::Reading::Seen { identity, .. } = read else {
        panic!("{read:?}")
    };
    // The engine compares it with the link, and keeps nothing.
    assert_eq!(identity, Some(another));
}

#[test]
fn a_short_look_shows_the_server_and_never_a_missing_one() {
    let scene = look(&linked());
    let context = driver_kit::reading::context(&scene, FactKind::Live);
    let request = VirtFusion.glance(&context).expect("a server can be looked at");
    assert!(request.query.is_empty(), "its hypervisor is not asked");
    let answered = |status, body: &Value| {
        Outcome::Answered(Response {
            status,
            body: body.to_string(),
            retry_after: None,
        })
    };
    let read = |outcome: &Outcome| VirtFusion.read_glance(&context, &request, outcome);
    let seen = read(&answered(200, &server(&json!({ "name": "web" })))).expect("it is there");
    assert_eq!(
        (seen.identity, seen.name.as_str(), seen.power),
        (linked(), "web", Fact::Unknown)
    );
    for outcome in [
        answered(404, &json!({ "msg": "server not found" })),
        answered(200, &json!({ "data": { "id": 71 } })),
        answered(200, &json!([])),
        Outcome::lost("nobody answers"),
    ] {
        let why = read(&outcome).expect_err("it is not shown");
        assert!(!why.is_empty());
    }
}

#[test]
fn gx_007_the_list_tells_on_which_hypervisor_each_server_stands() {
    let request = VirtFusion.list("").expect("there is a list");
    let body = json!({
        "current_page": 1, "last_page": 1,
        "data": [
            { "id": 70, "uuid": "u-70", "ownerId": 3, "hypervisorId": 14 },
            { "id": 71, "uuid": "u-71", "ownerId": 3 },
        ],
    });
    let outcome = Outcome::Answered(Response {
        status: 200,
        body: body.to_string(),
        retry_after: None,
    });
    let page = VirtFusion.read_list(&request, &outcome).expect("a page");
    assert_eq!(page.machines.len(), 2);
    let hosts: Vec<_> = page
        .hosts
        .iter()
        .map(|(id, host)| (id.as_str(), host.as_str()))
        .collect();
    assert_eq!(hosts, [("70", "14")]);
}
