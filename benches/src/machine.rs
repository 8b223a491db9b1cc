//! What the figures were measured on, as the machine itself says.

use std::fs;
use std::path::Path;

use serde::Serialize;
use tokio::process::Command;

/// The machine.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The processor's model.
    pub processor: String,
    /// Threads that can run at once.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The device and file system of the measured folder.
    pub disk: String,
    /// The kernel.
    pub kernel: String,
    /// The distribution.
    pub system: String,
    /// The compiler.
    pub compiler: String,
    /// The load of the last minute before the run: a busy machine gives worse figures.
    pub load: String,
}

impl Machine {
    /// This machine, with the disk below `folder`.
    pub async fn of(folder: &Path) -> Self {
        let load = read("/proc/loadavg");
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name", ':'),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: field(&read("/proc/meminfo"), "MemTotal", ':')
                .split(' ')
                .next()
                .and_then(|kib| kib.parse::<u64>().ok())
                .map_or(0, |kib| kib / 1024),
            disk: disk(&read("/proc/self/mounts"), folder),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            system: field(&read("/etc/os-release"), "PRETTY_NAME", '=')
                .trim_matches('"')
                .to_owned(),
            compiler: compiler().await,
            load: load.split(' ').next().unwrap_or_default().to_owned(),
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The value of the first line that begins with `name`; empty without one.
fn field(text: &str, name: &str, separator: char) -> String {
    text.lines()
        .filter_map(|line| line.split_once(separator))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

/// The mount that holds the folder: the longest mount point that is a beginning of its path.
fn disk(mounts: &str, folder: &Path) -> String {
    let holding = mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?, words.next()?))
        })
        .filter(|(_, point, _)| folder.starts_with(point))
        .max_by_key(|(_, point, _)| point.len());
    let Some((device, point, system)) = holding else {
        return "unknown".to_owned();
    };
    format!("{system} on {device}, mounted at {point}")
}

async fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output().await;
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_that_of_the_longest_mount_point() {
        let mounts = "/dev/a / ext4 rw 0 0\n/dev/b /srv xfs rw 0 0\n/dev/c /srv/other xfs rw 0 0\n";
        assert_eq!(
            disk(mounts, Path::new("/srv/x")),
            "xfs on /dev/b, mounted at /srv"
        );
        assert_eq!(disk(mounts, Path::new("/home")), "ext4 on /dev/a, mounted at /");
    }

    #[test]
    fn a_field_is_the_value_of_its_line() {
        assert_eq!(field("a : 1\nab\t: two words\n", "ab", ':'), "two words");
        assert_eq!(field("a: 1", "b", ':'), "");
    }
}
