//! [`ask`]: one question to a DNS server, and its answer as text. Enough to see what the world sees, and no more.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::wait::{PATIENCE, within};

/// Types of records by their numbers.
const TYPES: [(u16, &str); 7] = [
    (1, "A"),
    (2, "NS"),
    (5, "CNAME"),
    (6, "SOA"),
    (12, "PTR"),
    (16, "TXT"),
    (28, "AAAA"),
];

/// How long one datagram is waited for. A resolver asks an authoritative server meanwhile.
const ONCE: Duration = Duration::from_secs(3);

/// The head of a message, before the question.
const HEAD: usize = 12;

/// The longest datagram to somebody who says nothing of longer ones.
const LONGEST: usize = 512;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What became of the question: 0 answered, 2 server failure, 3 no such name, 5 refused.
    pub code: u8,
    /// The records that answer it, in their order.
    pub records: Vec<Record>,
}

impl Answer {
    /// The values of all records of a type.
    pub fn values(&self, kind: &str) -> Vec<&str> {
        let records = self.records.iter().filter(|record| record.kind == kind);
        records.map(|record| record.value.as_str()).collect()
    }
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The name.
    pub name: String,
    /// The type: `PTR`.
    pub kind: String,
    /// The lifetime in seconds.
    pub ttl: u32,
    /// What it says: an address or a name; of an SOA record the serial; of others the bytes.
    pub value: String,
}

/// Asks a server for the records of a name and type. One that does not answer is asked again for twenty seconds; then the
/// test fails. It also fails with an answer that is too long for one datagram: nothing here is that long.
pub async fn ask(server: SocketAddr, name: &str, kind: &str) -> Answer {
    let answer = within(PATIENCE, async || ask_once(server, name, kind).await.ok()).await;
    answer.unwrap_or_else(|| panic!("{server} does not answer for {kind} of {name}"))
}

/// Asks once.
pub(super) async fn ask_once(server: SocketAddr, name: &str, kind: &str) -> io::Result<Answer> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    socket.connect(server).await?;
    socket.send(&question(name, kind)).await?;
    let mut bytes = [0; LONGEST];
    let length = timeout(ONCE, socket.recv(&mut bytes)).await??;
    Reader {
        bytes: &bytes[..length],
        at: 0,
    }
    .answer()
    .ok_or_else(|| ErrorKind::InvalidData.into())
}

/// One question, with recursion desired. Its number does not matter: each has a socket of its own.
fn question(name: &str, kind: &str) -> Vec<u8> {
    let number = TYPES.iter().find(|(_, word)| *word == kind);
    let (number, _) = number.unwrap_or_else(|| panic!("{kind} is no type of record that is known here"));
    let mut bytes = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.').filter(|label| !label.is_empty()) {
        bytes.push(u8::try_from(label.len()).expect("no label has more than 63 bytes"));
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes.extend(number.to_be_bytes());
    // The class of the Internet.
    bytes.extend([0, 1]);
    bytes
}

/// Reads a message. Everything is `None` where it ends too soon.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn answer(mut self) -> Option<Answer> {
        let is_cut = self.bytes.get(2)? & 0x02 != 0;
        if is_cut {
            return None;
        }
        let code = self.bytes.get(3)? & 0x0F;
        let count = u16::from_be_bytes([*self.bytes.get(6)?, *self.bytes.get(7)?]);
        // The question comes back before the answer.
        self.at = HEAD;
        self.name()?;
        self.take(4)?;
        let records = (0..count).map(|_| self.record()).collect::<Option<_>>()?;
        Some(Answer { code, records })
    }

    fn record(&mut self) -> Option<Record> {
        let name = self.name()?;
        let number = self.number()?;
        self.take(2)?;
        let ttl = (u32::from(self.number()?) << 16) | u32::from(self.number()?);
        let end = usize::from(self.number()?) + self.at;
        let word = TYPES.iter().find(|(known, _)| *known == number);
        let kind = word.map_or_else(|| number.to_string(), |(_, word)| (*word).to_owned());
        let value = match kind.as_str() {
            "A" => Ipv4Addr::from(<[u8; 4]>::try_from(self.bytes.get(self.at..end)?).ok()?).to_string(),
            "AAAA" => Ipv6Addr::from(<[u8; 16]>::try_from(self.bytes.get(self.at..end)?).ok()?).to_string(),
            "NS" | "CNAME" | "PTR" => self.name()?,
            "SOA" => {
                self.name()?;
                self.name()?;
                ((u32::from(self.number()?) << 16) | u32::from(self.number()?)).to_string()
            }
            _ => String::from_utf8_lossy(self.bytes.get(self.at..end)?).into_owned(),
        };
        self.at = end;
        Some(Record {
            name,
            kind,
            ttl,
            value,
        })
    }

    /// A name, whose end may stand elsewhere in the message.
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        let mut at = self.at;
        let mut after = None;
        // No name has more labels; one that refers to itself has no end.
        for _ in 0..128 {
            let length = usize::from(*self.bytes.get(at)?);
            if length >= 0xC0 {
                after.get_or_insert(at + 2);
                at = (length & 0x3F) << 8 | usize::from(*self.bytes.get(at + 1)?);
                continue;
            }
            at += 1;
            if length == 0 {
                self.at = after.unwrap_or(at);
                return Some(if name.is_empty() { ".".to_owned() } else { name });
            }
            name.push_str(&String::from_utf8_lossy(self.bytes.get(at..at + length)?));
            name.push('.');
            at += length;
        }
        None
    }

    fn number(&mut self) -> Option<u16> {
        let bytes = self.take(2)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let taken = self.bytes.get(self.at..self.at + length)?;
        self.at += length;
        Some(taken)
    }
}
