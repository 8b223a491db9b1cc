use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Moment;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

mod console;

use super::*;
use crate::fault::{Fault, FaultRule};
use crate::virtfusion::{Panel, PanelConfig};

const LOCAL: &str = "127.0.0.1:0";
const BRIEF: Duration = Duration::from_millis(200);

#[derive(Debug)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Moment {
        Moment::from_seconds(self.0.load(Ordering::SeqCst))
    }
}

/// A served panel.
struct Site {
    panel: Arc<Panel>,
    clock: Arc<HandClock>,
    running: Running,
}

impl Site {
    async fn with(options: Options) -> Self {
        let panel = Arc::new(Panel::default());
        let clock = Arc::new(HandClock(AtomicI64::new(1_795_158_000)));
        let (shared, time) = (Arc::clone(&panel), Arc::clone(&clock));
        let running = serve_with(shared, time, LOCAL.parse().unwrap(), options)
            .await
            .unwrap();
        Self {
            panel,
            clock,
            running,
        }
    }

    async fn new() -> Self {
        Self::with(Options {
            patience: BRIEF,
            ..Options::default()
        })
        .await
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.running.addr).await.unwrap()
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> Heard {
        hear(self.connect().await, &request(method, path, body)).await
    }

    fn users(&self) -> usize {
        self.panel.users(self.clock.now()).len()
    }
}

fn request(method: &str, path: &str, body: &str) -> String {
    let token = PanelConfig::TOKEN;
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: panel\r\nauthorization: Bearer {token}\r\nx-request-id: call_9\r\n\
         connection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// What came back until the connection ended, and how it ended.
#[derive(Debug)]
struct Heard {
    text: String,
    end: io::Result<()>,
}

impl Heard {
    fn status(&self) -> u16 {
        self.text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0)
    }

    fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap_or(Value::Null)
    }

    fn announced(&self) -> usize {
        let head = self.text.to_lowercase();
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned));
        line.and_then(|length| length.parse().ok()).unwrap_or(0)
    }

    fn is_reset(&self) -> bool {
        self.end
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionReset)
    }
}

async fn hear(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> Heard {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let mut piece = [0_u8; 4096];
    let end = loop {
        match timeout(Duration::from_secs(10), stream.read(&mut piece))
            .await
            .expect("an end")
        {
            Ok(0) => break Ok(()),
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
            Err(error) => break Err(error),
        }
    };
    Heard {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        end,
    }
}

const USER: &str = r#"{"name":"Jane Doe","email":"jane@example.com","extRelationId":7}"#;

#[tokio::test]
async fn a_request_over_a_socket_is_answered_and_logged() {
    let site = Site::new().await;
    let heard = site.send("POST", "/api/v1/users?", USER).await;
    assert_eq!((heard.status(), heard.body().len()), (201, heard.announced()));
    assert_eq!(heard.json()["data"]["extRelationId"], json!(7));
    assert!(
        heard.text.contains("date: Fri, 20 Nov 2026 07:00:00 GMT"),
        "{}",
        heard.text
    );
    let call = &site.panel.calls()[0];
    assert_eq!(
        (call.endpoint, call.status, call.effect.happened()),
        ("create_user", Some(201), true)
    );
    assert_eq!(call.request_id.as_deref(), Some("call_9"));
    assert_eq!(call.body["email"], json!("jane@example.com"));
}

#[tokio::test]
async fn a_connection_carries_several_requests() {
    let site = Site::new().await;
    let both = [
        request("GET", "/api/v1/connect", ""),
        request("GET", "/api/v1/packages/1", ""),
    ];
    let first = both[0].replace("connection: close\r\n", "");
    let heard = hear(site.connect().await, &format!("{first}{}", both[1])).await;
    assert_eq!(heard.text.matches("HTTP/1.1 200 OK").count(), 2);
    assert!(heard.text.contains("VPS-1"));
}

#[tokio::test]
async fn resets_reach_the_client_before_or_after_the_effect() {
    let site = Site::new().await;
    for (fault, users) in [
        (Fault::ResetBefore, 0),
        (Fault::Refused, 0),
        (Fault::ResetAfter, 1),
    ] {
        site.panel
            .add_fault(FaultRule::once("create_user", fault.clone()));
        let heard = site.send("POST", "/api/v1/users", USER).await;
        assert!(heard.is_reset() && heard.text.is_empty(), "{fault:?}: {heard:?}");
        assert_eq!(site.users(), users, "{fault:?}");
    }
}

#[tokio::test]
async fn a_reset_in_mid_body_comes_after_the_head() {
    let site = Site::new().await;
    site.panel
        .add_fault(FaultRule::once("create_user", Fault::ResetMidBody));
    let heard = site.send("POST", "/api/v1/users", USER).await;
    assert!(heard.is_reset(), "{heard:?}");
    assert_eq!(heard.status(), 201);
    assert!(heard.body().len() < heard.announced(), "{heard:?}");
    assert_eq!(site.users(), 1);
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_announced_and_ends_in_order() {
    let site = Site::new().await;
    site.panel
        .add_fault(FaultRule::once("create_user", Fault::TruncatedBody));
    let heard = site.send("POST", "/api/v1/users", USER).await;
    assert!(heard.end.is_ok(), "{heard:?}");
    assert_eq!((heard.status(), heard.body().len()), (201, heard.announced() / 2));
    assert_eq!(site.users(), 1);
}

#[tokio::test]
async fn truncated_json_is_a_whole_answer() {
    let site = Site::new().await;
    site.panel
        .add_fault(FaultRule::once("create_user", Fault::TruncatedJson));
    let heard = site.send("POST", "/api/v1/users", USER).await;
    assert_eq!((heard.status(), heard.body().len()), (201, heard.announced()));
    assert_eq!(heard.json(), Value::Null);
}

#[tokio::test]
async fn silence_ends_with_the_patience_of_the_listener() {
    let site = Site::new().await;
    site.panel
        .add_fault(FaultRule::once("create_user", Fault::TimeoutAfter));
    let begun = tokio::time::Instant::now();
    let heard = site.send("POST", "/api/v1/users", USER).await;
    assert!(heard.text.is_empty() && heard.end.is_ok(), "{heard:?}");
    assert!(
        begun.elapsed() >= BRIEF && begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(site.users(), 1);
}

#[tokio::test]
async fn slow_answers_come_whole() {
    let site = Site::new().await;
    for fault in [Fault::SlowDrip { seconds: 60 }, Fault::Slow { seconds: 60 }] {
        site.panel
            .add_fault(FaultRule::once("list_packages", fault.clone()));
        let begun = tokio::time::Instant::now();
        let heard = site.send("GET", "/api/v1/packages", "").await;
        assert_eq!(
            (heard.status(), heard.body().len()),
            (200, heard.announced()),
            "{fault:?}"
        );
        assert!(begun.elapsed() >= BRIEF / 2, "{fault:?}: {:?}", begun.elapsed());
        assert!(heard.json()["data"].is_array());
    }
}

#[tokio::test]
async fn an_outage_refuses_connections_until_it_ends() {
    let site = Site::new().await;
    let mut open = site.connect().await;
    site.panel
        .set_outage(Some((Outage::Refused, site.clock.now() + Duration::from_mins(1))));
    let mut piece = [0_u8; 16];
    let cut = timeout(Duration::from_secs(5), open.read(&mut piece))
        .await
        .expect("the open connection is cut");
    assert!(cut.is_err() || cut.is_ok_and(|count| count == 0));
    let refused = TcpStream::connect(site.running.addr).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    site.clock.0.fetch_add(60, Ordering::SeqCst);
    assert_eq!(back(&site).await.status(), 200);
}

#[tokio::test]
async fn an_unreachable_platform_lets_connecting_time_out() {
    let site = Site::new().await;
    site.panel.set_outage(Some((
        Outage::Unreachable,
        site.clock.now() + Duration::from_mins(1),
    )));
    let mut timed_out = false;
    for _ in 0..50 {
        timed_out |= timeout(BRIEF, TcpStream::connect(site.running.addr))
            .await
            .is_err();
        if timed_out {
            break;
        }
    }
    assert!(timed_out);
    site.panel.set_outage(None);
    assert_eq!(back(&site).await.status(), 200);
}

/// The first answer after an outage; the listener looks every 50 ms.
async fn back(site: &Site) -> Heard {
    for _ in 0..100 {
        if let Ok(Ok(stream)) = timeout(BRIEF, TcpStream::connect(site.running.addr)).await {
            let heard = hear(stream, &request("GET", "/api/v1/connect", "")).await;
            if heard.status() != 0 {
                return heard;
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the platform does not come back");
}

#[tokio::test]
async fn tls_is_trusted_through_its_own_authority_only() {
    let (tls, pem) = TlsConfig::generated(&["localhost", "127.0.0.1"]).unwrap();
    let options = Options {
        tls: Some(tls),
        patience: BRIEF,
        ..Options::default()
    };
    let site = Site::with(options).await;
    let connect = async |trusted: bool, name: &'static str| {
        let mut roots = rustls::RootCertStore::empty();
        if trusted {
            roots
                .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
                .unwrap();
        } else {
            let (_, other) = TlsConfig::generated(&["localhost"]).unwrap();
            roots
                .add(CertificateDer::from_pem_slice(other.as_bytes()).unwrap())
                .unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        connector
            .connect(ServerName::try_from(name).unwrap(), site.connect().await)
            .await
    };
    let heard = hear(
        connect(true, "localhost").await.unwrap(),
        &request("GET", "/api/v1/connect", ""),
    )
    .await;
    assert_eq!((heard.status(), heard.body()), (200, "[]"));
    assert!(connect(true, "127.0.0.1").await.is_ok());
    assert!(connect(false, "localhost").await.is_err());
    assert!(connect(true, "elsewhere").await.is_err());
    site.panel
        .add_fault(FaultRule::once("create_user", Fault::ResetAfter));
    let heard = hear(
        connect(true, "localhost").await.unwrap(),
        &request("POST", "/api/v1/users", USER),
    )
    .await;
    assert!(heard.is_reset(), "{heard:?}");
    assert_eq!(site.users(), 1);
}

#[tokio::test]
async fn the_control_endpoint_sets_faults_and_shows_calls_and_books() {
    let site = Site::with(Options {
        offer: Offer::PlatformAndControl,
        ..Options::default()
    })
    .await;
    let rule =
        r#"{"endpoint":"create_user","times":1,"fault":{"kind":"error_after","status":502,"html":true}}"#;
    let id = site.send("POST", "/_sim/faults", rule).await.json()["id"].clone();
    let heard = site.send("POST", "/api/v1/users", USER).await;
    assert_eq!(
        (heard.status(), heard.body().starts_with("<!DOCTYPE html>")),
        (502, true)
    );
    let faults = site.send("GET", "/_sim/faults", "").await.json();
    assert_eq!((&faults[0]["id"], &faults[0]["struck"]), (&id, &json!(1)));
    let calls = site.send("GET", "/_sim/calls", "").await.json();
    assert_eq!(
        (&calls[0]["endpoint"], &calls[0]["status"]),
        (&json!("create_user"), &json!(502))
    );
    assert_eq!(calls[0]["fault"]["kind"], json!("error_after"));
    assert!(calls[0]["effect"]["done"].is_i64());
    let books = site.send("GET", "/_sim/books", "").await.json();
    assert_eq!(books["users"][0]["email"], json!("jane@example.com"));
    assert_eq!(books["hypervisors"].as_array().unwrap().len(), 24);
    let act = r#"{"do":"create_server","owner":1,"group":1,"package":2}"#;
    assert_eq!(
        site.send("POST", "/_sim/hand", act).await.json(),
        json!({"id": 1})
    );
    assert_eq!(site.panel.servers(site.clock.now())[0].memory, 2048);
    assert_eq!(
        site.send("DELETE", &format!("/_sim/faults/{id}"), "")
            .await
            .status(),
        200
    );
    assert_eq!(
        site.send("DELETE", &format!("/_sim/faults/{id}"), "")
            .await
            .status(),
        400
    );
    assert_eq!(site.send("DELETE", "/_sim/calls", "").await.status(), 200);
    assert!(site.panel.calls().is_empty());
}

#[tokio::test]
async fn the_control_endpoint_refuses_what_would_do_nothing() {
    let site = Site::with(Options {
        offer: Offer::Control,
        ..Options::default()
    })
    .await;
    let typo = r#"{"endpoint":"create_sever","fault":{"kind":"refused"}}"#;
    assert_eq!(site.send("POST", "/_sim/faults", typo).await.status(), 400);
    assert_eq!(
        site.send("POST", "/_sim/faults", r#"{"fault":{"kind":"gremlin"}}"#)
            .await
            .status(),
        400
    );
    assert_eq!(
        site.send("POST", "/_sim/hand", r#"{"do":"boot","server":5}"#)
            .await
            .status(),
        400
    );
    assert_eq!(site.send("GET", "/_sim/else", "").await.status(), 404);
    assert_eq!(site.send("GET", "/api/v1/connect", "").await.status(), 404);
    let outage = r#"{"outage":"refused","seconds":60}"#;
    assert_eq!(site.send("POST", "/_sim/outage", outage).await.status(), 200);
    let told = site.send("GET", "/_sim/", "").await.json();
    assert_eq!(told["outage"], json!("refused"));
    assert!(
        told["endpoints"]
            .as_array()
            .unwrap()
            .contains(&json!("create_server"))
    );
    assert_eq!(site.send("DELETE", "/_sim/outage", "").await.status(), 200);
    assert_eq!(site.panel.calls().len(), 0);
}

#[tokio::test]
async fn without_the_flag_there_is_no_control_endpoint() {
    let site = Site::new().await;
    assert_eq!(site.send("GET", "/_sim/books", "").await.status(), 404);
    assert_eq!(site.panel.calls()[0].endpoint, "unknown");
}

#[tokio::test]
async fn strange_requests_are_answered_in_order() {
    let site = Site::new().await;
    assert_eq!(site.send("OPTIONS", "/api/v1/connect", "").await.status(), 400);
    let large = "x".repeat(2 << 20);
    let heard = hear_all(&site, &request("POST", "/api/v1/users", &large)).await;
    assert!(heard.is_none_or(|status| status == 400));
    assert!(site.panel.calls().is_empty());
}

/// The status of an answer that may come before the request is read whole.
async fn hear_all(site: &Site, request: &str) -> Option<u16> {
    let stream = site.connect().await;
    let (mut read, mut write) = stream.into_split();
    let text = Mutex::new(String::new());
    let sending = async {
        // The panel may hang up before it has read everything.
        let _ = write.write_all(request.as_bytes()).await;
    };
    let hearing = async {
        let mut piece = [0_u8; 1024];
        if let Ok(Ok(count)) = timeout(Duration::from_secs(5), read.read(&mut piece)).await {
            text.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&piece[..count]));
        }
    };
    tokio::join!(sending, hearing);
    let text = text.into_inner().unwrap();
    text.split(' ').nth(1).and_then(|status| status.parse().ok())
}

#[tokio::test]
async fn a_login_link_redirects_once() {
    let site = Site::new().await;
    site.send("POST", "/api/v1/users", USER).await;
    let tokens = site
        .send("POST", "/api/v1/users/7/authenticationTokens", "")
        .await
        .json();
    let link = tokens["data"]["authentication"]["endpoint_complete"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(site.send("GET", &link, "").await.status(), 302);
    assert_eq!(site.send("GET", &link, "").await.status(), 403);
}

#[tokio::test]
async fn a_listener_that_is_shut_down_is_gone() {
    let site = Site::new().await;
    let addr = site.running.addr;
    site.running.shutdown().await;
    assert!(TcpStream::connect(addr).await.is_err());
}
