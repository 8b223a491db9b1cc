//! What happened, in order: always as a hash, and as lines where somebody wants to read it.

use std::fmt;

use domain::Moment;

/// The history of a world. The same seed gives the same hash.
#[derive(Debug)]
pub struct History {
    start: Moment,
    hash: u64,
    lines: Option<Vec<String>>,
}

impl History {
    /// An empty history; `kept` says whether its lines are kept.
    pub fn new(start: Moment, kept: bool) -> Self {
        Self {
            start,
            hash: 0xCBF2_9CE4_8422_2325,
            lines: kept.then(Vec::new),
        }
    }

    /// Adds a line.
    pub fn tell(&mut self, now: Moment, line: fmt::Arguments<'_>) {
        let at = now.since(self.start).as_millis();
        fmt::write(self, format_args!("{at} {line}\n")).expect("writing into a hash does not fail");
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>7}.{:03} s  {line}", at / 1000, at % 1000));
        }
    }

    /// The hash of everything told so far.
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// The lines, where they were kept.
    pub fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}

impl fmt::Write for History {
    /// FNV-1a.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        Ok(())
    }
}
