//! What a machine does at this moment.

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::machine::Power;

/// What a machine does at this moment, where it stands and what runs on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Whether it runs.
    pub power: Fact<Power>,
    /// How busy its processors are, in per cent.
    pub cpu_percent: Option<f64>,
    /// Its memory.
    pub memory: Memory,
    /// Bytes read from its system disk since it was switched on.
    pub disk_read: Option<u64>,
    /// Bytes written to it.
    pub disk_written: Option<u64>,
    /// Its file systems; `None` where nobody inside the machine tells.
    pub file_systems: Option<Vec<FileSystem>>,
    /// The system's name for itself.
    pub system: Option<String>,
    /// Its kernel's version.
    pub kernel: Option<String>,
    /// Where it stands.
    pub place: Option<Place>,
    /// Whether its host is being maintained.
    pub maintenance: Option<bool>,
}

/// A machine's memory, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// What it has.
    pub total: Option<u64>,
    /// What nothing uses.
    pub unused: Option<u64>,
    /// What could be had by whoever asked for it.
    pub available: Option<u64>,
    /// What the host keeps for it.
    pub resident: Option<u64>,
}

impl Memory {
    /// What is used, where both ends are known.
    pub fn used(&self) -> Option<u64> {
        Some(self.total?.saturating_sub(self.unused?))
    }
}

/// Where a machine stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `London`.
    pub name: String,
    /// The file name of its picture, where it has one.
    pub icon: Option<String>,
}

/// A file system of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystem {
    /// The device's name.
    pub name: String,
    /// Where it is mounted.
    pub mount: String,
    /// `ext4`, `NTFS`.
    pub kind: String,
    /// Bytes used, where they are told.
    pub used: Option<u64>,
    /// Bytes there are, where they are told.
    pub total: Option<u64>,
}

/// Kinds of file systems that hold nothing of a client's.
const PSEUDO: [&str; 25] = [
    "proc",
    "sysfs",
    "devtmpfs",
    "devpts",
    "tmpfs",
    "cgroup",
    "cgroup2",
    "pstore",
    "bpf",
    "mqueue",
    "debugfs",
    "tracefs",
    "securityfs",
    "configfs",
    "fusectl",
    "autofs",
    "hugetlbfs",
    "rpc_pipefs",
    "binfmt_misc",
    "overlay",
    "squashfs",
    "ramfs",
    "fuse.gvfsd-fuse",
    "efivarfs",
    "selinuxfs",
];

impl FileSystem {
    /// Whether it is one that a client keeps something in: neither of the kernel's own, nor one that only boots or runs
    /// the system.
    fn matters(&self) -> bool {
        let below = |place: &str| {
            let rest = self.mount.strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !PSEUDO.contains(&self.kind.as_str()) && !below("/boot") && !below("/run")
    }

    /// Those that a client keeps something in, the root first and the others by where they are mounted.
    pub fn of_clients(mut all: Vec<Self>) -> Vec<Self> {
        all.retain(Self::matters);
        all.sort_by(|one, other| {
            let order = |system: &Self| (system.mount != "/", system.mount.clone());
            order(one).cmp(&order(other))
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounted(mount: &str, kind: &str) -> FileSystem {
        FileSystem {
            name: "-".to_owned(),
            mount: mount.to_owned(),
            kind: kind.to_owned(),
            used: None,
            total: None,
        }
    }

    #[test]
    fn vf_112_file_systems_of_clients_are_kept_the_root_first() {
        let all = vec![
            mounted("/data", "ext4"),
            mounted("/", "ext4"),
            mounted("/boot", "ext4"),
            mounted("/boot/efi", "vfat"),
            mounted("/bootx", "ext4"),
            mounted("/run/user", "x"),
            mounted("/mnt", "tmpfs"),
            mounted("C:\\", "NTFS"),
        ];
        let shown: Vec<String> = FileSystem::of_clients(all)
            .into_iter()
            .map(|one| one.mount)
            .collect();
        assert_eq!(shown, ["/", "/bootx", "/data", "C:\\"]);
    }

    #[test]
    fn vf_209_used_memory_is_what_is_not_unused_and_unknown_where_an_end_is() {
        let memory = Memory {
            total: Some(2_048),
            unused: Some(900),
            ..Memory::default()
        };
        assert_eq!(memory.used(), Some(1_148));
        let odd = Memory {
            unused: Some(4_096),
            ..memory
        };
        assert_eq!(odd.used(), Some(0));
        let unknown = Memory {
            unused: None,
            ..memory
        };
        assert_eq!(unknown.used(), None);
    }
}
