//! HTTP messages as the client and the proxy read and write them: one to a connection.

use std::fmt::Write;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// Ends the head.
const END: &[u8] = b"\r\n\r\n";

/// The first line and the headers, and the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    head: String,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Message {
    /// Puts one together. Its length is added, and that nothing follows it.
    pub(super) fn new(first_line: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Self {
        let mut head = format!("{first_line}\r\n");
        for (name, value) in headers {
            // Writing to a text does not fail.
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "Content-Length: {}\r\nConnection: close", body.len());
        Self { head, body }
    }

    /// Reads one. A request without a length has no body; an answer without one goes on to the end of the connection.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let at = loop {
            if let Some(at) = bytes.windows(END.len()).position(|window| window == END) {
                break at;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let body = bytes.split_off(at + END.len());
        bytes.truncate(at);
        let head = String::from_utf8_lossy(&bytes).into_owned();
        let mut message = Self { head, body };
        message.read_body(stream).await?;
        Ok(message)
    }

    async fn read_body(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        let is_answer = self.head.starts_with("HTTP/");
        let length = match self.header("Content-Length").map(str::parse::<usize>) {
            Some(length) => length.map_err(io::Error::other)?,
            None if is_answer && self.status() != Some(204) => usize::MAX,
            None => 0,
        };
        while self.body.len() < length {
            if stream.read_buf(&mut self.body).await? == 0 {
                let whole = length == usize::MAX;
                return whole
                    .then_some(())
                    .ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// The words of the first line.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.head.lines().next().unwrap_or_default().split(' ')
    }

    /// Of a request, the method.
    pub(super) fn method(&self) -> &str {
        self.words().next().unwrap_or_default()
    }

    /// Of a request, the path with the query.
    pub(super) fn path(&self) -> &str {
        self.words().nth(1).unwrap_or_default()
    }

    /// Of an answer, the status.
    pub(super) fn status(&self) -> Option<u16> {
        self.words().nth(1)?.parse().ok()
    }

    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The message for another connection, which ends with it.
    pub(super) fn for_one_connection(&self) -> Self {
        let kept = self.head.lines().filter(|line| {
            let name = line.split(':').next().unwrap_or_default();
            !name.eq_ignore_ascii_case("Connection") && !name.eq_ignore_ascii_case("Keep-Alive")
        });
        let mut head: Vec<&str> = kept.collect();
        head.push("Connection: close");
        Self {
            head: head.join("\r\n"),
            body: self.body.clone(),
        }
    }

    /// The bytes of the whole message.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), END, &self.body].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(text: &str) -> io::Result<Message> {
        Message::read(&mut text.as_bytes()).await
    }

    #[tokio::test]
    async fn a_message_is_read_to_its_length_and_not_beyond() {
        let request = read("PUT /a?b=c HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nok").await;
        let request = request.expect("it is whole");
        assert_eq!((request.method(), request.path()), ("PUT", "/a?b=c"));
        assert_eq!(
            (request.header("Host"), &request.body[..]),
            (Some("x"), &b"ok"[..])
        );
        assert!(
            read("PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nok")
                .await
                .is_err()
        );
        assert!(read("PUT / HTTP/1.1\r\n").await.is_err());
        let request = read("GET / HTTP/1.1\r\n\r\n").await.expect("it is whole");
        assert!(request.body.is_empty());
    }

    #[tokio::test]
    async fn an_answer_without_a_length_goes_on_to_the_end() {
        let answer = read("HTTP/1.1 200 OK\r\n\r\nall of it")
            .await
            .expect("it is whole");
        assert_eq!(
            (answer.status(), &answer.body[..]),
            (Some(200), &b"all of it"[..])
        );
    }

    #[test]
    fn a_message_for_one_connection_says_so_once() {
        let message = Message::new("GET / HTTP/1.1", &[("Keep-Alive", "5")], Vec::new());
        let text = String::from_utf8(message.for_one_connection().bytes()).expect("it is text");
        assert_eq!(
            text,
            "GET / HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
}
