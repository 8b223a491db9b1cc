//! Lines to the screens of a simulated panel's machines.

use std::sync::Arc;

use bytes::Bytes;
use domain::http::Method;
use domain::{Clock, Moment, Secret};
use outbound::{Endpoint, LineError};
use serde_json::json;
use sim::http::{Options, Running, serve_with};
use sim::screen;
use sim::tls::TlsConfig;
use sim::virtfusion::{Act, Panel, PanelConfig};
use sim::wire::{Incoming, Reply};

use crate::server::{endpoint_at, outbound, patient};

/// A clock that stands still.
struct Still;

impl Clock for Still {
    fn now(&self) -> Moment {
        Moment::from_seconds(1_795_158_000)
    }
}

/// A panel with a machine whose console is open.
struct Screens {
    panel: Arc<Panel>,
    running: Running,
    server: u64,
}

impl Screens {
    async fn open(tls: Option<TlsConfig>) -> Self {
        let panel = Arc::new(Panel::new(PanelConfig::default()));
        let hand = panel.hand(Still.now());
        let owner = hand
            .create_user("Jane Doe", "jane@example.test")
            .expect("a free address");
        let server = hand.create_server(owner, 1, 1).expect("room");
        let name = "web".to_owned();
        hand.act(Act::Build { server, name }).expect("it is there");
        let options = Options {
            tls,
            ..Options::default()
        };
        let listen = ([127, 0, 0, 1], 0).into();
        let running = serve_with(panel.clone(), Arc::new(Still), listen, options)
            .await
            .expect("a free port");
        Self {
            panel,
            running,
            server,
        }
    }

    /// Opens the console anew: the path of its WebSocket, and the password.
    fn console(&self) -> (String, String) {
        let incoming = Incoming {
            method: Method::Post,
            path: format!("/api/v1/servers/{}/vnc", self.server),
            query: Vec::new(),
            headers: [
                (
                    "authorization".to_owned(),
                    format!("Bearer {}", PanelConfig::TOKEN),
                ),
                ("content-type".to_owned(), "application/json".to_owned()),
            ]
            .into(),
            body: json!({ "vnc": true }).to_string().into_bytes(),
        };
        let Reply::Answer(answer) = self.panel.handle(Still.now(), &incoming) else {
            panic!("the panel is well");
        };
        let shown = answer.value().expect("JSON");
        let console = shown["data"]["vnc"].clone();
        assert!(console.is_object(), "{shown}");
        let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
        (text(&console["wss"]["url"]), text(&console["password"]))
    }

    fn address(&self, scheme: &str, path: &str) -> Secret {
        Secret::new(format!("{scheme}://{}{path}", self.running.addr))
    }

    fn endpoint(&self, scheme: &str) -> Endpoint {
        endpoint_at(&format!("{scheme}://{}/api/v1", self.running.addr))
    }
}

async fn looks(screens: &Screens, scheme: &str, endpoint: &Endpoint) {
    let (path, password) = screens.console();
    let line = outbound(patient())
        .dial(endpoint, &screens.address(scheme, &path))
        .await;
    let (mut reader, mut writer) = line.expect("the console is open").split();
    assert_eq!(reader.next().await.as_deref(), Some(&b"RFB 003.008\n"[..]));
    assert!(writer.send(Bytes::from_static(b"RFB 003.008\n")).await);
    assert_eq!(reader.next().await.as_deref(), Some(&[1, 2][..]));
    assert!(writer.send(Bytes::from_static(&[2])).await);
    let challenge = reader.next().await.expect("a challenge");
    let challenge: [u8; 16] = challenge.as_ref().try_into().expect("16 bytes");
    let answer = screen::response(&password, challenge);
    assert!(writer.send(Bytes::copy_from_slice(&answer)).await);
    assert_eq!(reader.next().await.as_deref(), Some(&[0, 0, 0, 0][..]));
    // A fresh token ends whoever looks by the old one.
    screens.console();
    assert_eq!(reader.next().await, None);
    writer.close().await;
}

#[tokio::test]
async fn a_line_carries_the_screens_bytes_both_ways_until_the_console_closes() {
    let screens = Screens::open(None).await;
    looks(&screens, "ws", &screens.endpoint("http")).await;
}

#[tokio::test]
async fn a_line_over_tls_trusts_whom_the_platforms_requests_trust() {
    let (tls, authority) = TlsConfig::generated(&["127.0.0.1"]).expect("a certificate");
    let screens = Screens::open(Some(tls)).await;
    let plain = screens.endpoint("https");
    let (path, _) = screens.console();
    let refused = outbound(patient())
        .dial(&plain, &screens.address("wss", &path))
        .await;
    assert!(
        matches!(refused, Err(LineError::Unreachable(_))),
        "nobody vouches for it"
    );
    let trusting = plain.with_extra_ca(&authority).expect("a certificate");
    looks(&screens, "wss", &trusting).await;
}

#[tokio::test]
async fn a_line_that_cannot_be_opened_says_why_and_names_no_token() {
    let screens = Screens::open(None).await;
    let endpoint = screens.endpoint("http");
    let wrong = screens.address("ws", "/vnc/?token=hunter2");
    let refused = outbound(patient())
        .dial(&endpoint, &wrong)
        .await
        .expect_err("no such console");
    assert_eq!(refused, LineError::Refused("it answered HTTP 403".to_owned()));
    let elsewhere = Secret::new("ws://127.0.0.1:1/vnc/?token=hunter2");
    let refused = outbound(patient())
        .dial(&endpoint, &elsewhere)
        .await
        .expect_err("another host");
    assert_eq!(refused, LineError::Elsewhere);
    let (path, _) = screens.console();
    let address = screens.address("ws", &path);
    screens.running.shutdown().await;
    let refused = outbound(patient())
        .dial(&endpoint, &address)
        .await
        .expect_err("nobody listens");
    assert!(
        matches!(&refused, LineError::Unreachable(why) if !why.contains("token")),
        "{refused}"
    );
}
