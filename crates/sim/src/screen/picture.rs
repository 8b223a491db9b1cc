//! What a screen shows.

/// The screen's width.
pub const WIDTH: u16 = 320;
/// The screen's height.
pub const HEIGHT: u16 = 200;

/// Keys that are remembered as held down; nobody has more fingers.
const MOST_HELD: usize = 16;

/// Cells of typed keys in a row, and rows.
const COLUMNS: u16 = 20;
const ROWS: u16 = 8;
/// The size of a cell and where the first one begins.
const CELL: u16 = 16;
const BEGIN: u16 = 56;

const CONTROL: u32 = 0xFFE3;
const ALT: u32 = 0xFFE9;
const DELETE: u32 = 0xFFFF;

/// A picture of 24-bit colours (`0xRRGGBB`).
#[derive(Debug, Clone)]
pub struct Picture {
    name: String,
    running: bool,
    typed: Vec<u32>,
    held: Vec<u32>,
    resets: u32,
    pointer: (u16, u16),
}

impl Picture {
    /// The picture of a machine nobody has typed to.
    pub fn new(name: &str, running: bool) -> Self {
        Self {
            name: name.to_owned(),
            running,
            typed: Vec::new(),
            held: Vec::new(),
            resets: 0,
            pointer: (0, 0),
        }
    }

    /// Whether the machine runs; whether that is news.
    pub fn set_running(&mut self, running: bool) -> bool {
        let news = self.running != running;
        self.running = running;
        news
    }

    /// A key goes down or up.
    pub fn key(&mut self, key: u32, down: bool) {
        if !down {
            self.held.retain(|held| *held != key);
            return;
        }
        // A key that is held comes down again and again.
        if !self.held.contains(&key) && self.held.len() < MOST_HELD {
            self.held.push(key);
        }
        if key == DELETE && self.held.contains(&CONTROL) && self.held.contains(&ALT) {
            self.typed.clear();
            self.resets += 1;
        } else if key < 0xFFE0 {
            self.put(key);
        }
    }

    /// Text is pasted.
    pub fn paste(&mut self, text: &[u8]) {
        for byte in text {
            self.put(u32::from(*byte));
        }
    }

    /// The pointer moves.
    pub const fn point(&mut self, x: u16, y: u16) {
        self.pointer = (x, y);
    }

    /// What was typed since the last reset, as far as it is shown.
    pub fn typed(&self) -> &[u32] {
        &self.typed
    }

    /// How often it was reset by Ctrl, Alt and Del.
    pub const fn resets(&self) -> u32 {
        self.resets
    }

    fn put(&mut self, key: u32) {
        if self.typed.len() == usize::from(COLUMNS * ROWS) {
            self.typed.remove(0);
        }
        self.typed.push(key);
    }

    /// The colour at a place.
    pub fn pixel(&self, x: u16, y: u16) -> u32 {
        if self.running && self.pointer != (0, 0) && near(self.pointer, (x, y)) {
            return 0x00FF_FFFF;
        }
        match y {
            // Sixteen stripes tell the machine apart from others.
            0..16 => colour(self.name.bytes().fold(u32::from(x / 20), |hash, byte| {
                hash.wrapping_mul(31).wrapping_add(u32::from(byte))
            })),
            // A bar that grows with each reset.
            24..32 if u32::from(x / 8) < self.resets => 0x00D0_0000,
            _ if !self.running => 0x0010_1010,
            _ => self.cell(x, y).unwrap_or(0x0000_1A40),
        }
    }

    /// The colour of the typed key at a place, with a gap between the cells.
    fn cell(&self, x: u16, y: u16) -> Option<u32> {
        let below = y.checked_sub(BEGIN)?;
        let (column, row) = (x / CELL, below / CELL);
        if column >= COLUMNS || row >= ROWS || x % CELL < 2 || below % CELL < 2 {
            return None;
        }
        let key = self.typed.get(usize::from(row * COLUMNS + column))?;
        Some(colour(*key))
    }
}

/// A light colour for a number, so that it shows on a dark ground.
const fn colour(number: u32) -> u32 {
    (number.wrapping_mul(0x009E_3779) & 0x00FF_FFFF) | 0x0040_4040
}

const fn near(one: (u16, u16), other: (u16, u16)) -> bool {
    one.0.abs_diff(other.0) < 3 && one.1.abs_diff(other.1) < 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_shows_and_ctrl_alt_del_resets() {
        let mut picture = Picture::new("web", true);
        let empty = picture.pixel(4, BEGIN + 4);
        picture.key(u32::from(b'a'), true);
        assert_ne!(picture.pixel(4, BEGIN + 4), empty);
        picture.paste(b"bc");
        assert_eq!(picture.typed(), [0x61, 0x62, 0x63]);
        for key in [CONTROL, ALT, DELETE] {
            picture.key(key, true);
        }
        assert_eq!((picture.typed().len(), picture.resets()), (0, 1));
        assert_eq!(picture.pixel(0, 24), 0x00D0_0000);
        for key in [DELETE, ALT, CONTROL] {
            picture.key(key, false);
        }
        picture.key(DELETE, true);
        assert_eq!(picture.resets(), 1, "Del alone resets nothing");
        for key in 0..1000 {
            picture.key(key, true);
        }
        assert!(
            picture.held.len() <= MOST_HELD,
            "what is never let go of is not remembered for ever"
        );
    }

    #[test]
    fn machines_look_different_and_one_that_is_off_is_dark() {
        let (one, mut other) = (Picture::new("one", true), Picture::new("other", true));
        let stripes = |picture: &Picture| (0..16_u16).map(|n| picture.pixel(n * 20, 8)).collect::<Vec<_>>();
        assert_ne!(stripes(&one), stripes(&other));
        let lit = other.pixel(100, 100);
        assert!(other.set_running(false) && !other.set_running(false));
        assert_ne!(other.pixel(100, 100), lit);
    }
}
