//! One viewer's session: the handshake, and the messages that follow it.

use super::Screen;
use super::challenge;
use super::picture::{HEIGHT, Picture, WIDTH};

const VERSION: &[u8; 12] = b"RFB 003.008\n";
/// The one security type: VNC's password check.
const PASSWORD: u8 = 2;
/// What a viewer may paste at once.
const LONGEST_PASTE: usize = 64 * 1024;

/// What came of some bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What the viewer is sent.
    pub output: Vec<u8>,
    /// Why the session is over, if it is.
    pub ended: Option<&'static str>,
}

/// Where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Version,
    Security,
    Response,
    Shared,
    Open,
}

/// How the viewer wants its pixels: 32 bits, the colours at these shifts.
#[derive(Debug, Clone, Copy)]
struct Format {
    big_endian: bool,
    shifts: [u8; 3],
}

/// A part of the screen.
#[derive(Debug, Clone, Copy)]
struct Area {
    x: u16,
    y: u16,
    width: u16,
    height: u16,
}

/// One viewer's session.
#[derive(Debug)]
pub struct Session {
    screen: Screen,
    challenge: [u8; 16],
    stage: Stage,
    input: Vec<u8>,
    picture: Picture,
    format: Format,
    /// The area that the viewer wants to hear of when it changes.
    wanted: Option<Area>,
    /// Whether something changed since the viewer was last shown it.
    changed: bool,
}

impl Session {
    /// What the server says first.
    pub const GREETING: &'static [u8] = VERSION;

    /// A session that begins. The challenge is drawn by the caller.
    pub fn new(screen: Screen, challenge: [u8; 16]) -> Self {
        Self {
            picture: Picture::new(&screen.name, screen.running),
            screen,
            challenge,
            stage: Stage::Version,
            input: Vec::new(),
            format: Format {
                big_endian: false,
                shifts: [16, 8, 0],
            },
            wanted: None,
            changed: true,
        }
    }

    /// What is shown.
    pub const fn picture(&self) -> &Picture {
        &self.picture
    }

    /// Takes what the viewer sent.
    pub fn take(&mut self, bytes: &[u8]) -> Taken {
        self.input.extend_from_slice(bytes);
        let mut output = Vec::new();
        loop {
            match self.step(&mut output) {
                Ok(true) => {}
                Ok(false) => break,
                Err(reason) => {
                    return Taken {
                        output,
                        ended: Some(reason),
                    };
                }
            }
        }
        self.show(&mut output);
        Taken { output, ended: None }
    }

    /// Whether the machine runs, and what the viewer is sent because of it.
    pub fn set_running(&mut self, running: bool) -> Vec<u8> {
        self.changed |= self.picture.set_running(running);
        let mut output = Vec::new();
        self.show(&mut output);
        output
    }

    /// Takes one message, if it is whole.
    fn step(&mut self, output: &mut Vec<u8>) -> Result<bool, &'static str> {
        match self.stage {
            Stage::Version => self.handshake(12, |session, said| {
                if said != VERSION {
                    return Err("the viewer does not speak version 3.8");
                }
                session.stage = Stage::Security;
                output.extend([1, PASSWORD]);
                Ok(())
            }),
            Stage::Security => self.handshake(1, |session, chosen| {
                if chosen != [PASSWORD] {
                    return Err("the viewer chose what was not offered");
                }
                session.stage = Stage::Response;
                output.extend(session.challenge);
                Ok(())
            }),
            Stage::Response => self.handshake(16, |session, given| {
                let right = challenge::response(session.screen.password.expose(), session.challenge);
                if given != right {
                    output.extend(1_u32.to_be_bytes());
                    text(output, "Authentication failed");
                    return Err("the viewer does not know the password");
                }
                session.stage = Stage::Shared;
                output.extend(0_u32.to_be_bytes());
                Ok(())
            }),
            Stage::Shared => self.handshake(1, |session, _| {
                session.stage = Stage::Open;
                session.introduce(output);
                Ok(())
            }),
            Stage::Open => self.message(),
        }
    }

    fn handshake(
        &mut self,
        length: usize,
        then: impl FnOnce(&mut Self, &[u8]) -> Result<(), &'static str>,
    ) -> Result<bool, &'static str> {
        let Some(said) = self.cut(length) else {
            return Ok(false);
        };
        then(self, &said).map(|()| true)
    }

    fn cut(&mut self, length: usize) -> Option<Vec<u8>> {
        (self.input.len() >= length).then(|| self.input.drain(..length).collect())
    }

    fn introduce(&self, output: &mut Vec<u8>) {
        output.extend(WIDTH.to_be_bytes());
        output.extend(HEIGHT.to_be_bytes());
        // 32 bits of which 24 count, little-endian, true colour, each colour to 255, red in the upper byte.
        output.extend([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
        text(output, &self.screen.name);
    }

    /// How long the message at the front is; `None` while that is not known.
    fn length(&self) -> Result<Option<usize>, &'static str> {
        let two = |at: usize| {
            Some(usize::from(u16::from_be_bytes([
                *self.input.get(at)?,
                *self.input.get(at + 1)?,
            ])))
        };
        Ok(match self.input.first() {
            None => None,
            Some(0) => Some(20),
            Some(2) => two(2).map(|count| 4 + 4 * count),
            Some(3) => Some(10),
            Some(4) => Some(8),
            Some(5) => Some(6),
            Some(6) => match (two(4), two(6)) {
                (Some(0), Some(length)) if length <= LONGEST_PASTE => Some(8 + length),
                (Some(_), Some(_)) => return Err("the viewer pastes too much at once"),
                _ => None,
            },
            Some(_) => return Err("the viewer sent a message that does not exist"),
        })
    }

    fn message(&mut self) -> Result<bool, &'static str> {
        let Some(message) = self.length()?.and_then(|length| self.cut(length)) else {
            return Ok(false);
        };
        let two = |at: usize| u16::from_be_bytes([message[at], message[at + 1]]);
        match message[0] {
            0 => self.format = format(&message)?,
            3 => {
                self.wanted = Some(Area {
                    x: two(2).min(WIDTH),
                    y: two(4).min(HEIGHT),
                    width: two(6),
                    height: two(8),
                });
                // Not only what changed is wanted.
                self.changed |= message[1] == 0;
            }
            4 => {
                let key = (u32::from(two(4)) << 16) | u32::from(two(6));
                self.picture.key(key, message[1] != 0);
                self.changed = true;
            }
            5 => {
                self.picture.point(two(2), two(4));
                self.changed = true;
            }
            6 => {
                self.picture.paste(&message[8..]);
                self.changed = true;
            }
            // Raw pixels are what every viewer takes, whatever else it would.
            _ => {}
        }
        Ok(true)
    }

    /// Sends the area that is wanted, if there is news. One request is answered once.
    fn show(&mut self, output: &mut Vec<u8>) {
        if !self.changed {
            return;
        }
        let Some(area) = self.wanted.take() else {
            return;
        };
        self.changed = false;
        let width = area.width.min(WIDTH - area.x);
        let height = area.height.min(HEIGHT - area.y);
        output.extend([0, 0, 0, 1]);
        for number in [area.x, area.y, width, height] {
            output.extend(number.to_be_bytes());
        }
        output.extend(0_u32.to_be_bytes());
        for y in area.y..area.y + height {
            for x in area.x..area.x + width {
                output.extend(self.format.bytes(self.picture.pixel(x, y)));
            }
        }
    }
}

impl Format {
    fn bytes(self, colour: u32) -> [u8; 4] {
        let [_, red, green, blue] = colour.to_be_bytes();
        let [at_red, at_green, at_blue] = self.shifts;
        let pixel =
            (u32::from(red) << at_red) | (u32::from(green) << at_green) | (u32::from(blue) << at_blue);
        if self.big_endian {
            pixel.to_be_bytes()
        } else {
            pixel.to_le_bytes()
        }
    }
}

/// Reads how the viewer wants its pixels.
fn format(message: &[u8]) -> Result<Format, &'static str> {
    let full = [0, 255, 0, 255, 0, 255];
    let shifts = [message[14], message[15], message[16]];
    let plain = message[4] == 32 && message[7] != 0 && message[8..14] == full;
    if !plain || shifts.iter().any(|shift| *shift > 24) {
        return Err("the viewer wants other pixels than 32-bit true colour");
    }
    Ok(Format {
        big_endian: message[6] != 0,
        shifts,
    })
}

/// A text with its length before it; at most 255 bytes of it.
fn text(output: &mut Vec<u8>, text: &str) {
    let bytes = &text.as_bytes()[..text.len().min(255)];
    output.extend([0, 0, 0, u8::try_from(bytes.len()).unwrap_or(u8::MAX)]);
    output.extend(bytes);
}

#[cfg(test)]
mod tests {
    use domain::Secret;

    use super::*;

    const CHALLENGE: [u8; 16] = *b"0123456789abcdef";

    fn session() -> Session {
        let screen = Screen {
            name: "web.example.test".to_owned(),
            password: Secret::new("s3cret"),
            running: true,
        };
        Session::new(screen, CHALLENGE)
    }

    /// A viewer that has come in.
    fn open() -> Session {
        let mut session = session();
        assert_eq!(session.take(VERSION).output, [1, 2]);
        assert_eq!(session.take(&[2]).output, CHALLENGE);
        let answer = challenge::response("s3cret", CHALLENGE);
        assert_eq!(session.take(&answer).output, [0, 0, 0, 0]);
        let introduced = session.take(&[1]).output;
        assert_eq!(introduced[..4], [1, 64, 0, 200], "320 by 200");
        assert!(introduced.ends_with(b"web.example.test"));
        session
    }

    const ALL: [u8; 10] = [3, 0, 0, 0, 0, 0, 1, 64, 0, 200];
    const CHANGED: [u8; 10] = [3, 1, 0, 0, 0, 0, 1, 64, 0, 200];
    const WHOLE: usize = 4 + 12 + 320 * 200 * 4;

    #[test]
    fn a_viewer_with_the_password_sees_the_screen_and_what_it_types() {
        let mut session = open();
        let first = session.take(&ALL).output;
        assert_eq!(first.len(), WHOLE);
        assert_eq!(first[..16], [0, 0, 0, 1, 0, 0, 0, 0, 1, 64, 0, 200, 0, 0, 0, 0]);
        assert_eq!(session.take(&CHANGED), Taken::default(), "nothing has changed");
        let shown = session.take(&[4, 1, 0, 0, 0, 0, 0, b'a']).output;
        assert_eq!(shown.len(), WHOLE, "the waiting request is answered");
        assert_ne!(shown, first);
        assert_eq!(session.picture().typed(), [0x61]);
        assert!(session.take(&[4, 0, 0, 0, 0, 0, 0, b'a']).output.is_empty());
    }

    #[test]
    fn messages_may_come_byte_by_byte_and_many_at_once() {
        let mut session = open();
        let paste = [
            &[6, 0, 0, 0, 0, 0, 0, 2][..],
            b"hi",
            &[2, 0, 0, 1, 0, 0, 0, 0],
            &ALL,
        ]
        .concat();
        let mut output = Vec::new();
        for byte in &paste {
            let taken = session.take(&[*byte]);
            assert_eq!(taken.ended, None);
            output.extend(taken.output);
        }
        assert_eq!(output.len(), WHOLE);
        assert_eq!(session.picture().typed(), [u32::from(b'h'), u32::from(b'i')]);
    }

    #[test]
    fn pixels_come_in_the_order_that_was_asked_for() {
        let mut session = open();
        let pixel =
            |session: &mut Session| session.take(&[3, 0, 0, 0, 0, 0, 0, 1, 0, 1]).output[16..].to_vec();
        let [_, red, green, blue] = session.picture().pixel(0, 0).to_be_bytes();
        assert_eq!(pixel(&mut session), [blue, green, red, 0]);
        let turned = [
            0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0,
        ];
        session.take(&turned);
        assert_eq!(pixel(&mut session), [red, green, blue, 0]);
        let eight = [0, 0, 0, 0, 8, 8, 0, 1, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0];
        assert!(session.take(&eight).ended.is_some());
    }

    #[test]
    fn whoever_does_not_know_the_password_is_told_so_and_sees_nothing() {
        let mut session = session();
        session.take(VERSION);
        session.take(&[2]);
        let taken = session.take(&challenge::response("guess", CHALLENGE));
        assert_eq!(taken.output[..8], [0, 0, 0, 1, 0, 0, 0, 21]);
        assert_eq!(taken.ended, Some("the viewer does not know the password"));
        for wrong in [&b"RFB 003.003\n"[..], b"GET / HTTP/1"] {
            assert!(self::session().take(wrong).ended.is_some());
        }
        let mut chooser = self::session();
        chooser.take(VERSION);
        assert!(
            chooser.take(&[1]).ended.is_some(),
            "no password at all is not offered"
        );
    }

    #[test]
    fn what_does_not_exist_and_what_is_too_long_ends_the_session() {
        assert!(open().take(&[99]).ended.is_some());
        assert!(open().take(&[6, 0, 0, 0, 0, 1, 0, 0]).ended.is_some());
        let mut session = open();
        assert!(session.set_running(false).is_empty(), "nobody has asked");
        assert_eq!(session.take(&CHANGED).output.len(), WHOLE);
        assert_eq!(session.set_running(true).len(), 0, "one request is answered once");
    }
}
