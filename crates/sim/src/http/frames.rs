//! WebSocket as a server speaks it: the handshake's key, and frames in both directions.
//!
//! It is the simulator's own, for the same reason as its wire types: were it the engine's, both would share the same
//! mistake. It is strict about what a client must do (mask, keep control frames whole and short) and bounded.

use base64::Engine as _;
use sha1::{Digest as _, Sha1};

/// The largest message that is taken.
const LARGEST: usize = 1 << 20;

/// Opcodes.
const CONTINUED: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What the server answers to the client's key.
pub fn accepted(key: &str) -> String {
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes());
    base64::engine::general_purpose::STANDARD.encode(digest)
}

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Message {
    /// Bytes.
    Binary(Vec<u8>),
    /// A question whether anybody is there, to be answered with the same bytes.
    Ping(Vec<u8>),
    /// The client is done.
    Close,
}

/// Puts frames together again.
#[derive(Debug, Default)]
pub struct Frames {
    input: Vec<u8>,
    /// The message under way, when it comes in several frames.
    parts: Option<Vec<u8>>,
}

/// One frame, unmasked.
struct Frame {
    last: bool,
    opcode: u8,
    payload: Vec<u8>,
}

impl Frames {
    /// Takes bytes, and gives the messages that are whole by now.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<Message>, &'static str> {
        self.input.extend_from_slice(bytes);
        let mut messages = Vec::new();
        while let Some(frame) = self.frame()? {
            messages.extend(self.message(frame)?);
        }
        Ok(messages)
    }

    fn message(&mut self, frame: Frame) -> Result<Option<Message>, &'static str> {
        match (frame.opcode, self.parts.take()) {
            (PING, parts) => {
                self.parts = parts;
                Ok(Some(Message::Ping(frame.payload)))
            }
            (PONG, parts) => {
                self.parts = parts;
                Ok(None)
            }
            (CLOSE, _) => Ok(Some(Message::Close)),
            (TEXT, _) => Err("the screen is spoken to in bytes"),
            (BINARY, None) => Ok(self.joined(frame.last, frame.payload)),
            (CONTINUED, Some(mut parts)) => {
                parts.extend(frame.payload);
                if parts.len() > LARGEST {
                    return Err("the message is too large");
                }
                Ok(self.joined(frame.last, parts))
            }
            _ => Err("the frames do not follow one another"),
        }
    }

    fn joined(&mut self, last: bool, bytes: Vec<u8>) -> Option<Message> {
        if last {
            return Some(Message::Binary(bytes));
        }
        self.parts = Some(bytes);
        None
    }

    /// Cuts one frame off, if it is whole.
    fn frame(&mut self) -> Result<Option<Frame>, &'static str> {
        let [first, second, rest @ ..] = self.input.as_slice() else {
            return Ok(None);
        };
        let (last, opcode) = (first & 0x80 != 0, first & 0x0F);
        if first & 0x70 != 0 {
            return Err("the frame uses what was not agreed upon");
        }
        if second & 0x80 == 0 {
            return Err("a client's frame is masked");
        }
        let (wide, length) = match second & 0x7F {
            126 => (2, number(rest, 2)),
            127 => (8, number(rest, 8)),
            short => (0, Some(u64::from(short))),
        };
        let Some(length) = length else { return Ok(None) };
        if opcode >= CLOSE && (!last || length > 125) {
            return Err("a control frame is whole and short");
        }
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= LARGEST)
            .ok_or("the message is too large")?;
        let head = 2 + wide + 4;
        if self.input.len() < head + length {
            return Ok(None);
        }
        let mut whole: Vec<u8> = self.input.drain(..head + length).collect();
        let mut payload = whole.split_off(head);
        let mask = &whole[head - 4..];
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        Ok(Some(Frame {
            last,
            opcode,
            payload,
        }))
    }
}

fn number(bytes: &[u8], wide: usize) -> Option<u64> {
    let bytes = bytes.get(..wide)?;
    Some(bytes.iter().fold(0, |all, byte| (all << 8) | u64::from(*byte)))
}

/// A message of bytes as a frame.
pub fn binary(payload: &[u8]) -> Vec<u8> {
    frame(BINARY, payload)
}

/// The answer to a ping.
pub fn pong(payload: &[u8]) -> Vec<u8> {
    frame(PONG, payload)
}

/// The end, with a code.
pub fn close(code: u16) -> Vec<u8> {
    frame(CLOSE, &code.to_be_bytes())
}

fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    let length = payload.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => frame.push(short),
        (_, Ok(middle)) => {
            frame.push(126);
            frame.extend(middle.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's frame.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [7, 11, 13, 17];
        let mut frame = vec![first];
        match u8::try_from(payload.len()) {
            Ok(short) if short < 126 => frame.push(0x80 | short),
            _ => {
                frame.push(0x80 | 0x7E);
                frame.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
            }
        }
        frame.extend(mask);
        frame.extend(
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        frame
    }

    #[test]
    fn the_key_is_answered_as_the_standard_says() {
        assert_eq!(
            accepted("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
    }

    #[test]
    fn messages_are_put_together_from_frames_and_bytes() {
        let long = vec![b'x'; 300];
        let sent = [
            masked(0x82, b"one"),
            masked(0x02, b"tw"),
            masked(0x89, b"there?"),
            masked(0x80, b"o"),
            masked(0x8A, b""),
            masked(0x82, &long),
            masked(0x88, &[]),
        ]
        .concat();
        let mut frames = Frames::default();
        let mut heard = Vec::new();
        for byte in sent {
            heard.extend(frames.take(&[byte]).unwrap());
        }
        let expected = [
            Message::Binary(b"one".to_vec()),
            Message::Ping(b"there?".to_vec()),
            Message::Binary(b"two".to_vec()),
            Message::Binary(long),
            Message::Close,
        ];
        assert_eq!(heard, expected);
    }

    #[test]
    fn what_a_client_must_not_do_is_refused() {
        for wrong in [
            &[0x82, 1, 0][..],
            &masked(0xC2, b"x"),
            &masked(0x81, b"text"),
            &masked(0x80, b"continued"),
            &masked(0x09, b"ping in parts"),
            &[0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0],
            &masked(0x89, &[0; 126]),
        ] {
            assert!(Frames::default().take(wrong).is_err(), "{wrong:?}");
        }
        let mut frames = Frames::default();
        frames.take(&masked(0x02, b"one")).unwrap();
        assert!(frames.take(&masked(0x82, b"another")).is_err());
    }

    #[test]
    fn frames_of_every_length_say_it() {
        assert_eq!(binary(b"hi"), [0x82, 2, b'h', b'i']);
        assert_eq!(binary(&[0; 300])[..4], [0x82, 126, 1, 44]);
        assert_eq!(
            binary(&vec![0; 70_000])[..10],
            [0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]
        );
        assert_eq!(pong(b""), [0x8A, 0]);
        assert_eq!(close(1000), [0x88, 2, 3, 0xE8]);
    }
}
