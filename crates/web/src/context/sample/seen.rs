//! What a platform shows of a machine beside its state, with hostile texts wherever it may choose them.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use domain::case::ServiceView;
use domain::machine::Power;
use domain::observed::{
    Backup, BackupState, Backups, Currency, FileSystem, Live, Memory, Observed, Place, Spent, SshKey,
    SshKeys, Template, TemplateGroup, Templates, Traffic, TrafficMonth, Usage, UsagePeriod,
};
use domain::record::{
    FactRecord, NamePlace, NamePurpose, NameSeen, NameState, NameSubject, NameWish, NameWork, Operation,
    OperationInput, OperationKind, OperationState, Standing,
};
use domain::{Actor, ActorKind, Fact, Moment};
use engine::ShownName;

use super::super::ClientLive;
use super::super::client::{Around, SecretOffer, Seen};
use super::views::everything;
use super::{TEXT, operation, service, views};

/// A user of the client's account.
pub(crate) fn reader() -> Actor {
    Actor {
        kind: ActorKind::Client,
        id: "client 5, user 1".to_owned(),
        ip: None,
        correlation: None,
    }
}

/// Operations of all kinds, by everybody who can ask for any.
pub(crate) fn past(now: Moment) -> Vec<Operation> {
    let kinds = OperationKind::ALL.iter().copied();
    let states = OperationState::ALL.iter().copied().cycle();
    let askers = ActorKind::ALL.iter().copied().cycle();
    kinds
        .zip(states.zip(askers))
        .map(|(kind, (state, asker))| Operation {
            actor: Actor {
                kind: asker,
                ..reader()
            },
            ..operation(kind, state, now)
        })
        .collect()
}

/// One observation of each kind.
pub(crate) fn observed(now: Moment) -> Vec<Observed> {
    vec![
        Observed::Live(live()),
        Observed::Traffic(traffic(now)),
        Observed::Templates(templates()),
        Observed::SshKeys(keys(now)),
        Observed::Backups(backups(now)),
        Observed::Usage(usage(now)),
    ]
}

/// The same as facts of the service.
pub(crate) fn facts(now: Moment) -> Vec<FactRecord> {
    let record = |observed: &Observed| FactRecord {
        service: service(Standing::Live, now).id,
        kind: observed.kind().to_string(),
        value: observed.to_fact(),
        observed_at: now,
    };
    observed(now).iter().map(record).collect()
}

fn text() -> String {
    TEXT.to_owned()
}

fn live() -> Live {
    Live {
        power: Fact::Known(Power::On),
        cpu_percent: Some(93.25),
        memory: Memory {
            total: Some(2 << 30),
            unused: Some(1 << 29),
            ..Memory::default()
        },
        disk_read: Some(5_000_000_000),
        disk_written: Some(700),
        file_systems: Some(vec![
            FileSystem {
                name: text(),
                mount: text(),
                kind: text(),
                used: Some(80),
                total: Some(100),
            },
            FileSystem {
                name: "sdb".to_owned(),
                mount: "/silent".to_owned(),
                kind: "ext4".to_owned(),
                used: Some(0),
                total: None,
            },
        ]),
        system: Some(text()),
        kernel: Some(text()),
        place: Some(Place {
            name: text(),
            icon: Some("gb".to_owned()),
        }),
        maintenance: Some(true),
    }
}

fn traffic(now: Moment) -> Traffic {
    let month = |ago: u64| {
        let start = now - Duration::from_secs(ago * 2_629_800);
        TrafficMonth {
            start: Some(start),
            end: Some(start + Duration::from_secs(2_629_800)),
            received: Some(ago << 30),
            sent: (ago != 3).then_some(ago << 29),
            total: Some(ago << 30),
            limit_gb: Some(2_000),
        }
    };
    Traffic {
        months: (1..=14).map(month).collect(),
    }
}

fn templates() -> Templates {
    let template = |id: &str, name: &str, ended| Template {
        id: id.to_owned(),
        name: name.to_owned(),
        version: text(),
        variant: text(),
        description: text(),
        icon: Some(text()),
        family: text(),
        ended,
    };
    let group = |templates| TemplateGroup {
        name: text(),
        icon: Some(text()),
        templates,
    };
    Templates {
        groups: vec![
            group(vec![template("49", "Ubuntu", false), template(TEXT, TEXT, true)]),
            group(vec![template("1", "", false)]),
            group(Vec::new()),
        ],
    }
}

fn keys(now: Moment) -> SshKeys {
    let key = |id: &str, enabled| SshKey {
        id: id.to_owned(),
        name: text(),
        enabled,
        created: Some(now),
    };
    SshKeys {
        keys: vec![key(TEXT, true), key("2", false)],
    }
}

fn backups(now: Moment) -> Backups {
    let backup = |state: &BackupState| Backup {
        id: text(),
        state: *state,
        taken: Some(now - Duration::from_hours(30)),
        kept_until: Some(now + Duration::from_hours(30)),
        storage: Some(text()),
    };
    let all = BackupState::ALL.iter().cycle().take(13);
    Backups {
        backups: all.map(backup).collect(),
    }
}

fn usage(now: Moment) -> Usage {
    let spent = Spent {
        hours: Some(text()),
        value: Some(text()),
        tokens: Some(text()),
    };
    let period = |current| UsagePeriod {
        start: Some(now - Duration::from_hours(24)),
        end: Some(now),
        current,
        spent: spent.clone(),
    };
    Usage {
        credit: Some(text()),
        currency: Some(Currency {
            code: text(),
            prefix: text(),
            suffix: text(),
        }),
        month: Some(text()),
        servers: Some(2),
        total: spent.clone(),
        addons: Spent::default(),
        periods: vec![period(true), period(false), UsagePeriod::default()],
    }
}

/// The host inside of the prefix that names are shown of.
fn host() -> NameSubject {
    NameSubject::Address(Ipv6Addr::new(0x2001, 0xdb8, 7, 0, 0, 0, 0, 1).into())
}

/// A client's edit of its name.
fn edit(now: Moment) -> Operation {
    let wish = NameWish {
        subject: host(),
        service: service(Standing::Live, now).id,
        host: Some(text()),
        seen: Vec::new(),
        confirmed_at: None,
    };
    Operation {
        input: OperationInput::Names(NameWork {
            purpose: NamePurpose::Edit,
            former: None,
            wishes: vec![wish],
            place: None,
        }),
        actor: reader(),
        ..operation(OperationKind::ReverseDns, OperationState::Running, now)
    }
}

/// What addresses are called: in each state, and a prefix with a host inside.
pub(crate) fn names(now: Moment) -> Vec<ShownName> {
    let seen = |state, hosts: &[&str]| NameSeen {
        state,
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        ttl: Some(3_600),
        place: Some(NamePlace {
            server: super::platform(now).id,
            zone: text(),
        }),
        why: Some(text()),
    };
    let prefix = NameSubject::Prefix(Ipv6Addr::new(0x2001, 0xdb8, 7, 0, 0, 0, 0, 0), 64);
    let shown = |subject, within, seen: Option<NameSeen>| ShownName {
        subject,
        within,
        seen_at: seen.as_ref().map(|_| now - Duration::from_secs(40)),
        seen,
        under_way: within.map(|_| text()),
    };
    let several = seen(NameState::Unconfirmed, &[TEXT, "b.example.com"]);
    let mut all = vec![
        shown(prefix, None, None),
        shown(host(), Some(prefix), Some(several)),
    ];
    for (last, state) in (1..).zip(NameState::ALL.iter().copied()) {
        let hosts: &[&str] = match state {
            NameState::Confirmed | NameState::Unconfirmed | NameState::Unchecked => &[TEXT],
            NameState::Missing | NameState::NoForward | NameState::NoZone => &[],
        };
        let address = NameSubject::Address(Ipv4Addr::new(192, 0, 2, last).into());
        all.push(shown(address, None, Some(seen(state, hosts))));
    }
    let unseen = NameSubject::Address(Ipv4Addr::new(192, 0, 2, 99).into());
    all.push(shown(unseen, None, None));
    all
}

/// What panels of a service are made from, where nothing was read and everything may be asked for.
pub(crate) fn around(view: &ServiceView, now: Moment) -> Around<'_> {
    Around {
        view,
        offers: everything(),
        seen: Seen::default(),
        rights: (true, true),
        reader: reader(),
        secrets: Vec::new(),
        names: None,
        now,
    }
}

/// The page with every panel, with none of their values, with values that say nothing, and for a user who may only look;
/// in each situation of a service.
pub(crate) fn complete(now: Moment) -> Vec<ClientLive> {
    // One service of each standing, and readings of each kind: the rest is the same to these panels.
    let mut situations = views(now);
    situations.truncate(Standing::ALL.len() + 7);
    for view in &mut situations {
        view.recent.extend(past(now));
        view.open.push(edit(now));
    }
    let empty = [
        Observed::Live(Live::default()),
        Observed::Traffic(Traffic::default()),
        Observed::Templates(Templates::default()),
        Observed::SshKeys(SshKeys::default()),
        Observed::Backups(Backups::default()),
        Observed::Usage(Usage::default()),
    ];
    let nothing: Vec<FactRecord> = facts(now)
        .into_iter()
        .zip(empty)
        .map(|(fact, observed)| FactRecord {
            value: observed.to_fact(),
            ..fact
        })
        .collect();
    let mut all = Vec::new();
    for view in &situations {
        for (facts, names, may) in [
            (facts(now), Some(names(now)), true),
            (facts(now), Some(names(now)), false),
            (nothing.clone(), Some(Vec::new()), true),
            (Vec::new(), None, true),
        ] {
            let around = Around {
                seen: Seen::of(&facts),
                rights: (may, may),
                names,
                secrets: vec![SecretOffer::new(
                    &operation(OperationKind::ResetPassword, OperationState::Succeeded, now),
                    now,
                )],
                ..around(view, now)
            };
            all.push(ClientLive::new(view, may, now).among(&around));
        }
    }
    let with_panel = |live: &ClientLive| Some((live.clone(), live.panels.reinstall.clone()?.rev));
    if let Some((mut known, rev)) = all.iter().find_map(with_panel) {
        known
            .panels
            .without(&[("hostler-reinstall", rev.as_str())].into());
        all.push(known);
    }
    all
}
