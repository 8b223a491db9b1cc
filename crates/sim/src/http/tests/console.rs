//! A viewer that speaks WebSocket and RFB by hand.

use serde_json::json;

use super::*;
use crate::screen;
use crate::virtfusion::Act;
use crate::wire::Incoming;

/// A client's frame of bytes.
fn frame(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82, 0x80 | u8::try_from(payload.len()).unwrap(), 1, 2, 3, 4];
    frame.extend(
        payload
            .iter()
            .zip([1, 2, 3, 4].iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// A panel with a machine whose console is open: the machine, the console's token and its password.
async fn open() -> (Site, u64, String, String) {
    let site = Site::new().await;
    let now = site.clock.now();
    let hand = site.panel.hand(now);
    let owner = hand.create_user("Jane Doe", "jane@example.test").unwrap();
    let server = hand.create_server(owner, 1, 1).unwrap();
    let name = "web".to_owned();
    hand.act(Act::Build { server, name }).unwrap();
    let (token, password) = switch(&site, server, true);
    (site, server, token, password)
}

fn switch(site: &Site, server: u64, on: bool) -> (String, String) {
    let body = json!({ "vnc": on }).to_string().into_bytes();
    let incoming = Incoming {
        method: domain::http::Method::Post,
        path: format!("/api/v1/servers/{server}/vnc"),
        query: Vec::new(),
        headers: [
            (
                "authorization".to_owned(),
                format!("Bearer {}", PanelConfig::TOKEN),
            ),
            ("content-type".to_owned(), "application/json".to_owned()),
        ]
        .into(),
        body,
    };
    let crate::wire::Reply::Answer(answer) = site.panel.handle(site.clock.now(), &incoming) else {
        panic!("the panel is well");
    };
    let console = answer.value().unwrap()["data"]["vnc"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&console["wss"]["token"]), text(&console["password"]))
}

/// Asks for the WebSocket; the stream behind the answer's head, and its status line.
async fn asked(site: &Site, token: &str) -> (TcpStream, String) {
    let mut stream = site.connect().await;
    let request = format!(
        "GET /vnc/?token={token} HTTP/1.1\r\nhost: panel\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: binary\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    (stream, head)
}

/// The payload of the next frame, and its opcode.
async fn heard(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let opcode = stream.read_u8().await.unwrap() & 0x0F;
    let length = match stream.read_u8().await.unwrap() {
        126 => u64::from(stream.read_u16().await.unwrap()),
        127 => stream.read_u64().await.unwrap(),
        short => u64::from(short),
    };
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await.unwrap();
    (opcode, payload)
}

async fn said(stream: &mut TcpStream, payload: &[u8]) -> Vec<u8> {
    stream.write_all(&frame(payload)).await.unwrap();
    heard(stream).await.1
}

/// A viewer that has come in with a password.
async fn viewing(site: &Site, token: &str, password: &str) -> TcpStream {
    let (mut stream, head) = asked(site, token).await;
    assert!(head.starts_with("http/1.1 101"), "{head}");
    assert!(
        head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="),
        "{head}"
    );
    assert!(head.contains("sec-websocket-protocol: binary"), "{head}");
    assert_eq!(heard(&mut stream).await.1, b"RFB 003.008\n");
    assert_eq!(said(&mut stream, b"RFB 003.008\n").await, [1, 2]);
    let challenge: [u8; 16] = said(&mut stream, &[2]).await.try_into().unwrap();
    let answer = screen::response(password, challenge);
    assert_eq!(said(&mut stream, &answer).await, [0, 0, 0, 0]);
    assert_eq!(said(&mut stream, &[1]).await[..4], [1, 64, 0, 200]);
    stream
}

#[tokio::test]
async fn a_viewer_with_token_and_password_sees_the_machines_screen() {
    let (site, _, token, password) = open().await;
    let mut stream = viewing(&site, &token, &password).await;
    let all = [3, 0, 0, 0, 0, 0, 1, 64, 0, 200];
    assert_eq!(said(&mut stream, &all).await.len(), 16 + 320 * 200 * 4);
    stream
        .write_all(&frame(&[3, 1, 0, 0, 0, 0, 1, 64, 0, 200]))
        .await
        .unwrap();
    let typed = said(&mut stream, &[4, 1, 0, 0, 0, 0, 0, b'x']).await;
    assert_eq!(typed.len(), 16 + 320 * 200 * 4, "what is typed shows");
}

#[tokio::test]
async fn without_a_present_token_or_a_websocket_there_is_no_screen() {
    let (site, server, old, _) = open().await;
    let (_, head) = asked(&site, "").await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    let (_, head) = asked(&site, "00000000-0000-4000-8000-000000000000").await;
    assert!(head.starts_with("http/1.1 403"), "{head}");
    let (token, _) = switch(&site, server, true);
    assert!(
        asked(&site, &old).await.1.starts_with("http/1.1 403"),
        "the old one ends"
    );
    let mut stream = site.connect().await;
    let plain = format!("GET /vnc/?token={token} HTTP/1.1\r\nhost: panel\r\nconnection: close\r\n\r\n");
    stream.write_all(plain.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
}

#[tokio::test]
async fn a_fresh_token_a_closed_console_and_a_suspension_end_who_is_looking() {
    let (site, server, token, password) = open().await;
    let mut stream = viewing(&site, &token, &password).await;
    let (token, password) = switch(&site, server, true);
    assert_eq!(heard(&mut stream).await, (8, vec![3, 0xE9]));
    let mut stream = viewing(&site, &token, &password).await;
    site.panel.hand(site.clock.now()).suspend(server).unwrap();
    assert_eq!(heard(&mut stream).await, (8, vec![3, 0xE9]));
    assert!(asked(&site, &token).await.1.starts_with("http/1.1 403"));
}

#[tokio::test]
async fn a_wrong_password_is_told_and_ends_the_session() {
    let (site, _, token, _) = open().await;
    let (mut stream, _) = asked(&site, &token).await;
    heard(&mut stream).await;
    said(&mut stream, b"RFB 003.008\n").await;
    let challenge: [u8; 16] = said(&mut stream, &[2]).await.try_into().unwrap();
    let told = said(&mut stream, &screen::response("guess", challenge)).await;
    assert_eq!(told[..4], [0, 0, 0, 1]);
    assert_eq!(heard(&mut stream).await, (8, vec![3, 0xE8]));
}
