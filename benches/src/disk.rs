//! What the disk can do: 4 KiB written and made durable, again and again, one after the other.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use crate::Bench;
use crate::statistics::{Times, per_second};

const BLOCK: usize = 4096;
/// The file is written over from the start after so many blocks, as the write-ahead log of `SQLite` is.
const BLOCKS: usize = 1000;

/// The disk's own pace.
#[derive(Debug, Serialize)]
pub struct Disk {
    /// Writes of 4 KiB made durable per second.
    pub fsyncs_per_second: f64,
    /// How long one takes.
    pub times: Times,
}

/// Measures the disk of the folder.
pub fn measure(bench: &Bench) -> Result<Disk> {
    let path = bench.folder.join("fsync.tmp");
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .open(&path)?;
    let block = [0x5a_u8; BLOCK];
    let lasting = Duration::from_millis(bench.pick(500, 2000));
    let begun = Instant::now();
    let mut times = Vec::new();
    while begun.elapsed() < lasting {
        if times.len().is_multiple_of(BLOCKS) {
            file.seek(SeekFrom::Start(0))?;
        }
        let one = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(one.elapsed());
    }
    let whole = begun.elapsed();
    std::fs::remove_file(&path)?;
    Ok(Disk {
        fsyncs_per_second: per_second(times.len() as u64, whole),
        times: Times::of(times)?,
    })
}
