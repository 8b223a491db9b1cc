//! What the machine does at this moment, and what it has used of what it has.

use domain::machine::Machine;
use domain::observed::{FileSystem, GB, Live, TrafficMonth, traffic_limit};
use domain::record::Standing;
use serde::Serialize;

use super::panels::Around;
use super::seen::Sight;
use crate::context::When;
use crate::context::amount::{bytes, gigabytes, in_gigabytes, level, number, percent};

/// How many file systems are shown.
const FILE_SYSTEMS: usize = 64;

/// Above so many per cent every bar alarms.
const ALARMS: f64 = 90.0;

/// A bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meter {
    /// Per cent, 0 to 100, with a point.
    pub percent: String,
    /// `ok`, `warning` or `danger`.
    pub level: &'static str,
}

/// A bar with its two ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Share {
    /// What is used.
    pub used: String,
    /// What there is.
    pub total: String,
    /// How much that is.
    pub meter: Meter,
}

/// The figures of the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FiguresPanel {
    /// Whether they were read.
    pub known: bool,
    /// When.
    pub as_of: Option<When>,
    /// The same in Unix seconds, for graphs.
    pub at: i64,
    /// How busy the processors are.
    pub cpu: Option<Meter>,
    /// How full the memory is.
    pub memory: Option<Share>,
    /// Bytes read since it was switched on, for graphs.
    pub read: Option<u64>,
    /// Bytes written.
    pub written: Option<u64>,
    /// The same for people.
    pub read_text: Option<String>,
    /// The same for people.
    pub written_text: Option<String>,
}

impl FiguresPanel {
    /// The panel; none where a reading has no figure in it.
    pub(super) fn new(around: &Around<'_>) -> Option<Self> {
        if around.view.service.standing != Standing::Live {
            return None;
        }
        let Some(Sight { value: live, at }) = &around.seen.live else {
            return Some(Self::unread());
        };
        let is_empty = live.cpu_percent.is_none() && live.memory.total.is_none() && live.disk_read.is_none();
        let text = |count: Option<u64>| count.map(|count| bytes(number(count)));
        (!is_empty).then(|| Self {
            known: true,
            as_of: Some(When::new(around.now, *at)),
            at: at.as_seconds(),
            cpu: live.cpu_percent.map(cpu),
            memory: memory(live),
            read: live.disk_read,
            written: live.disk_written,
            read_text: text(live.disk_read),
            written_text: text(live.disk_written),
        })
    }

    fn unread() -> Self {
        Self {
            known: false,
            as_of: None,
            at: 0,
            cpu: None,
            memory: None,
            read: None,
            written: None,
            read_text: None,
            written_text: None,
        }
    }
}

fn cpu(busy: f64) -> Meter {
    let busy = if busy.is_finite() {
        busy.clamp(0.0, 100.0)
    } else {
        0.0
    };
    Meter {
        percent: format!("{busy:.1}"),
        level: level(busy, 70.0, ALARMS),
    }
}

fn memory(live: &Live) -> Option<Share> {
    let (used, total) = (live.memory.used()?, live.memory.total?);
    Some(Share {
        used: bytes(number(used)),
        total: bytes(number(total)),
        meter: meter(percent(used, total)?, 75.0),
    })
}

fn meter(percent: u8, warns: f64) -> Meter {
    Meter {
        percent: percent.to_string(),
        level: level(f64::from(percent), warns, ALARMS),
    }
}

/// A file system and how full it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSystemRow {
    /// Where it is mounted.
    pub mount: String,
    /// `name (kind)`.
    pub device: String,
    /// How full it is; none where it has no size.
    pub share: Option<Share>,
}

/// What the machine has, and what is used of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourcesPanel {
    /// Memory in MB.
    pub memory_mb: Option<u64>,
    /// Processor cores.
    pub cores: Option<u64>,
    /// Disk in GB.
    pub storage_gb: Option<u64>,
    /// The present month's traffic.
    pub traffic: Option<Share>,
    /// Whether traffic is not counted.
    pub unmetered: bool,
    /// The file systems, where somebody inside the machine tells of them.
    pub file_systems: Vec<FileSystemRow>,
    /// When those were read.
    pub as_of: Option<When>,
}

impl ResourcesPanel {
    /// The panel; none where nothing is known of the machine.
    pub(super) fn new(around: &Around<'_>, machine: Option<&Machine>) -> Option<Self> {
        let machine = machine?;
        let present = around.seen.traffic.as_ref();
        let present = present.and_then(|sight| sight.value.present());
        let limit = traffic_limit(present, Some(machine));
        let used = present.and_then(TrafficMonth::used);
        let traffic = limit
            .zip(used)
            .filter(|(limit, _)| *limit > 0)
            .and_then(|(limit, used)| {
                let total = limit.saturating_mul(GB);
                Some(Share {
                    used: gigabytes(in_gigabytes(used)),
                    total: gigabytes(number(limit)),
                    meter: meter(percent(used, total)?, 70.0),
                })
            });
        let live = around.seen.live.as_ref();
        let systems = live.and_then(|sight| sight.value.file_systems.as_deref());
        let systems = systems.unwrap_or_default();
        Some(Self {
            memory_mb: machine.memory_mb,
            cores: machine.cores,
            storage_gb: machine.storage_gb,
            traffic,
            unmetered: limit == Some(0),
            file_systems: systems.iter().take(FILE_SYSTEMS).map(row).collect(),
            as_of: live
                .filter(|_| !systems.is_empty())
                .map(|sight| When::new(around.now, sight.at)),
        })
    }
}

fn row(system: &FileSystem) -> FileSystemRow {
    FileSystemRow {
        mount: system.mount.clone(),
        device: format!("{} ({})", system.name, system.kind),
        share: percent(system.used, system.total).map(|percent| Share {
            used: bytes(number(system.used)),
            total: bytes(number(system.total)),
            meter: meter(percent, 75.0),
        }),
    }
}
