//! The relay: a browser's WebSocket on one side, a simulated panel's screen on the other.

use std::time::Duration;

use domain::Secret;
use domain::record::{OperationState, ServiceStatus};
use engine::core::Intent;
use engine::{Bearer, proof};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sim::screen;
use testkit::rig::Rig;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use tokio_util::sync::CancellationToken;
use web::{Relay, RelayLimits};

use crate::support::{SHORT, with_machine};

const SHOP: &str = "https://shop.example.test";
const SESSION: &str = "the-session-of-jane";
const USER: u64 = 1;

/// A relay that listens, and the engine behind it.
struct Site {
    rig: Rig,
    address: String,
    stop: CancellationToken,
    relay: Relay,
}

impl Site {
    async fn start() -> Self {
        Self::with(RelayLimits::default()).await
    }

    async fn with(limits: RelayLimits) -> Self {
        let (rig, _) = with_machine(501).await;
        let stop = CancellationToken::new();
        let relay = Relay::new(rig.engine.clone(), limits, stop.clone());
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("the test's own world works");
        let address = listener
            .local_addr()
            .expect("the test's own world works")
            .to_string();
        let router = relay.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            rig,
            address,
            stop,
            relay,
        }
    }

    /// A ticket for a service's console, as the bridge gives it to a page of a session.
    async fn ticket(&self, service: u64, session: &str) -> Secret {
        let mut wish = self.rig.wish(service, Intent::Console { open: true });
        wish.told.status = ServiceStatus::Active;
        let operation = self.rig.submit(wish).await;
        let ended = self.rig.ended(operation, SHORT).await;
        assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
        let view = self.rig.view(service).await;
        let bearer = Bearer {
            session: session.to_owned(),
            origin: SHOP.to_owned(),
            user: Some(USER),
            actor: domain::Actor::host("jane"),
        };
        let access = ended.secret.expect("the way to the screen");
        self.rig
            .engine
            .console_ticket(&view.service, access, bearer)
            .await
            .expect("the test's own world works")
    }

    /// What the bridge answers for a session that is signed in.
    async fn proof(&self, session: &str, service: u64, nonce: &str) -> String {
        let store = self.rig.engine.store();
        let installation = store
            .installation(self.rig.installation_id())
            .await
            .expect("the test's own world works")
            .expect("the test's own world works");
        let keys = store
            .bridge_keys(&installation)
            .await
            .expect("the test's own world works");
        proof(&keys[0], session, service, nonce).expect("a word of the relay's")
    }

    async fn knock(&self, origin: Option<&str>) -> Result<Viewer, Error> {
        let stream = TcpStream::connect(&self.address)
            .await
            .expect("the test's own world works");
        let mut request = format!("ws://{}/console", self.address).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert(
            "sec-websocket-protocol",
            "binary".parse().expect("the test's own world works"),
        );
        if let Some(origin) = origin {
            headers.insert("origin", origin.parse().expect("the test's own world works"));
        }
        let (socket, _) = client_async(request, stream).await?;
        Ok(Viewer(socket))
    }

    /// Comes in with a ticket, for a session.
    async fn come(&self, ticket: &Secret, session: &str) -> Viewer {
        let mut viewer = self.knock(Some(SHOP)).await.expect("the test's own world works");
        let nonce = viewer.asked().await;
        let proof = self.proof(session, 501, &nonce).await;
        viewer
            .say(&json!({ "ticket": ticket.expose(), "proof": proof }))
            .await;
        viewer
    }

    /// A viewer that sees the screen.
    async fn looking(&self) -> Viewer {
        let ticket = self.ticket(501, SESSION).await;
        let mut viewer = self.come(&ticket, SESSION).await;
        let password = viewer.told().await["password"]
            .as_str()
            .expect("the test's own world works")
            .to_owned();
        viewer.comes_in(&password).await;
        viewer
    }

    /// What was written down under a name, newest first.
    async fn written(&self, action: &str) -> Vec<Value> {
        let filter = store::AuditFilter::default();
        let page = store::PageRequest::first(1000);
        let lines = self
            .rig
            .engine
            .store()
            .audit_lines(&filter, &page)
            .await
            .expect("the test's own world works");
        let mine = lines.items.into_iter().filter(|line| line.action == action);
        mine.map(|line| line.detail).collect()
    }
}

/// A browser's end of the line.
struct Viewer(WebSocketStream<TcpStream>);

impl Viewer {
    async fn say(&mut self, value: &Value) {
        self.0
            .send(Message::Text(value.to_string().into()))
            .await
            .expect("the test's own world works");
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0
            .send(Message::Binary(Bytes::copy_from_slice(bytes)))
            .await
            .expect("the test's own world works");
    }

    /// The next message that is said beside the screen.
    async fn told(&mut self) -> Value {
        loop {
            match self.0.next().await.expect("it is not over").expect("it is whole") {
                Message::Text(text) => {
                    return serde_json::from_str(text.as_str()).expect("the test's own world works");
                }
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    async fn asked(&mut self) -> String {
        self.told().await["nonce"].as_str().expect("a word").to_owned()
    }

    /// The next bytes of the screen.
    async fn seen(&mut self) -> Vec<u8> {
        loop {
            match self.0.next().await.expect("it is not over").expect("it is whole") {
                Message::Binary(bytes) => return bytes.to_vec(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The word that it was closed with.
    async fn closed(&mut self) -> String {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.reason.to_string(),
                Some(Ok(_)) => {}
                other => panic!("no reason was given: {other:?}"),
            }
        }
    }

    /// Answers for the session, and waits until that was heard: the picture that is asked for behind it comes later.
    async fn answers(&mut self, proof: &str, active: bool) {
        self.say(&json!({ "proof": proof, "active": active })).await;
        self.send(&[3, 0, 0, 0, 0, 0, 0, 1, 0, 1]).await;
        assert_eq!(self.seen().await.len(), 20);
    }

    async fn comes_in(&mut self, password: &str) {
        assert_eq!(self.seen().await, b"RFB 003.008\n");
        self.send(b"RFB 003.008\n").await;
        assert_eq!(self.seen().await, [1, 2]);
        self.send(&[2]).await;
        let challenge: [u8; 16] = self.seen().await.try_into().expect("the test's own world works");
        self.send(&screen::response(password, challenge)).await;
        assert_eq!(self.seen().await, [0, 0, 0, 0]);
        self.send(&[1]).await;
        assert_eq!(self.seen().await[..4], [1, 64, 0, 200]);
    }
}

#[tokio::test]
async fn mx_044_mx_048_a_screen_is_seen_and_typed_to_through_the_relay() {
    let site = Site::start().await;
    let mut viewer = site.looking().await;
    viewer.send(&[3, 0, 0, 0, 0, 0, 1, 64, 0, 200]).await;
    let shown = viewer.seen().await;
    assert_eq!(shown.len(), 16 + 320 * 200 * 4);
    viewer.send(&[3, 1, 0, 0, 0, 0, 1, 64, 0, 200]).await;
    viewer.send(&[4, 1, 0, 0, 0, 0, 0, b'x']).await;
    assert_ne!(viewer.seen().await, shown, "what was typed shows");
    assert_eq!(
        site.written("console.connected").await,
        [json!({ "service": 501 })]
    );
    viewer.0.close(None).await.expect("the test's own world works");
    site.rig
        .until("the end is written down", SHORT, async |_: &Rig| {
            (!site.written("console.closed").await.is_empty()).then_some(())
        })
        .await;
    assert_eq!(site.written("console.closed").await[0]["why"], "viewer");
}

#[tokio::test]
async fn mx_045_a_ticket_is_good_once_and_for_a_minute() {
    let site = Site::start().await;
    let ticket = site.ticket(501, SESSION).await;
    let mut first = site.come(&ticket, SESSION).await;
    assert!(first.told().await["password"].is_string());
    assert_eq!(site.come(&ticket, SESSION).await.closed().await, "no_ticket");
    let late = site.ticket(501, SESSION).await;
    site.rig.clock.advance(Duration::from_secs(61));
    assert_eq!(site.come(&late, SESSION).await.closed().await, "no_ticket");
    for made_up in ["", "x", "sec_00000000000000000000000000000000.00"] {
        let mut viewer = site.come(&Secret::new(made_up), SESSION).await;
        assert_eq!(viewer.closed().await, "no_ticket", "{made_up}");
    }
}

#[tokio::test]
async fn mx_046_a_stolen_ticket_is_worth_nothing_without_its_session() {
    let site = Site::start().await;
    let ticket = site.ticket(501, SESSION).await;
    let mut thief = site.knock(Some(SHOP)).await.expect("the test's own world works");
    thief.asked().await;
    thief
        .say(&json!({ "ticket": ticket.expose(), "proof": "00" }))
        .await;
    assert_eq!(thief.closed().await, "session");
    // A session of the thief's own vouches for itself only, and for its own service only.
    let ticket = site.ticket(501, SESSION).await;
    assert_eq!(site.come(&ticket, "another").await.closed().await, "session");
    let ticket = site.ticket(501, SESSION).await;
    let mut thief = site.knock(Some(SHOP)).await.expect("the test's own world works");
    let nonce = thief.asked().await;
    let proof = site.proof(SESSION, 502, &nonce).await;
    thief
        .say(&json!({ "ticket": ticket.expose(), "proof": proof }))
        .await;
    assert_eq!(thief.closed().await, "session");
    // An answer to another connection's word is none.
    let ticket = site.ticket(501, SESSION).await;
    let mut first = site.knock(Some(SHOP)).await.expect("the test's own world works");
    let word = first.asked().await;
    let mut second = site.knock(Some(SHOP)).await.expect("the test's own world works");
    second.asked().await;
    let proof = site.proof(SESSION, 501, &word).await;
    second
        .say(&json!({ "ticket": ticket.expose(), "proof": proof }))
        .await;
    assert_eq!(second.closed().await, "session");
    let refused = site.written("console.refused").await;
    assert_eq!(refused.len(), 4);
    assert!(
        refused.iter().all(|detail| detail["why"] == "session"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn mx_046_a_console_is_opened_from_the_page_that_it_was_made_for() {
    let site = Site::start().await;
    for origin in [None, Some("null"), Some("file://")] {
        let refused = site.knock(origin).await;
        let Err(Error::Http(answer)) = refused.map(|_| ()) else {
            panic!("{origin:?} was let in");
        };
        assert_eq!(answer.status().as_u16(), 403, "{origin:?}");
    }
    let ticket = site.ticket(501, SESSION).await;
    let mut viewer = site
        .knock(Some("https://evil.example"))
        .await
        .expect("the test's own world works");
    let nonce = viewer.asked().await;
    let proof = site.proof(SESSION, 501, &nonce).await;
    viewer
        .say(&json!({ "ticket": ticket.expose(), "proof": proof }))
        .await;
    assert_eq!(viewer.closed().await, "origin");
    assert_eq!(
        site.written("console.refused").await,
        [json!({ "service": 501, "why": "origin" })]
    );
}

#[tokio::test]
async fn mx_046_a_suspension_keeps_a_ticket_out_and_closes_what_is_open() {
    let site = Site::start().await;
    let mut viewer = site.looking().await;
    let reason = "unpaid".to_owned();
    let mut wish = site.rig.wish(501, Intent::Suspend { reason });
    wish.told.status = ServiceStatus::Active;
    // A ticket that was given a moment before.
    let ticket = site.ticket(501, SESSION).await;
    assert_eq!(
        viewer.closed().await,
        "platform",
        "the panel's old token has ended"
    );
    let mut again = site.come(&ticket, SESSION).await;
    assert!(again.told().await["password"].is_string());
    site.rig.submit(wish).await;
    assert_eq!(again.closed().await, "not_in_use");
    let closed = site.written("console.closed").await;
    assert!(
        closed.iter().any(|detail| detail["why"] == "not_in_use"),
        "{closed:?}"
    );
}

#[tokio::test]
async fn mx_046_a_service_that_was_suspended_after_its_ticket_was_made_shows_nothing() {
    let site = Site::start().await;
    let ticket = site.ticket(501, SESSION).await;
    let reason = "unpaid".to_owned();
    let mut wish = site.rig.wish(501, Intent::Suspend { reason });
    wish.told.status = ServiceStatus::Active;
    site.rig.submit(wish).await;
    assert_eq!(site.come(&ticket, SESSION).await.closed().await, "not_in_use");
    let terminated = site.ticket_is_refused().await;
    assert!(terminated.contains("suspended"), "{terminated}");
}

#[tokio::test]
async fn mx_046_another_owner_the_billing_systems_word_and_a_termination_close_what_is_open() {
    let site = Site::start().await;
    let mut viewer = site.looking().await;
    let mut told = site.rig.wish(501, Intent::SignOn).told;
    told.status = ServiceStatus::Cancelled;
    let installation = site.rig.installation_id();
    let host = domain::Actor::host("test");
    let learned = site.rig.engine.learn(installation, 501, &told, &host).await;
    learned.expect("it is taken over");
    assert_eq!(viewer.closed().await, "not_in_use");

    let site = Site::start().await;
    let mut viewer = site.looking().await;
    site.rig
        .execute("UPDATE services SET client_id = 78 WHERE billing_id = 501")
        .await;
    assert_eq!(viewer.closed().await, "anothers_now");

    let site = Site::start().await;
    let mut viewer = site.looking().await;
    let end = site.rig.wish(501, Intent::Terminate { window: None });
    site.rig.submit(end).await;
    assert_eq!(viewer.closed().await, "not_in_use");
}

impl Site {
    /// What the engine says to whoever wants a console now.
    async fn ticket_is_refused(&self) -> String {
        let mut wish = self.rig.wish(501, Intent::Console { open: true });
        wish.told.status = ServiceStatus::Active;
        self.rig
            .engine
            .submit(wish)
            .await
            .expect_err("it is refused")
            .to_string()
    }
}

#[tokio::test]
async fn mx_046_a_session_that_is_asked_again_and_does_not_answer_ends_its_console() {
    let site = Site::start().await;
    let mut viewer = site.looking().await;
    site.rig.clock.advance(Duration::from_secs(30));
    let nonce = viewer.asked().await;
    let proof = site.proof(SESSION, 501, &nonce).await;
    viewer.answers(&proof, true).await;
    site.rig.clock.advance(Duration::from_secs(30));
    // Asked again: the answer was taken. This time there is none.
    viewer.asked().await;
    site.rig.clock.advance(Duration::from_secs(15));
    assert_eq!(viewer.closed().await, "session_over");
}

#[tokio::test]
async fn mx_046_a_wrong_answer_and_one_that_nobody_asked_for_end_the_console() {
    let site = Site::start().await;
    let mut viewer = site.looking().await;
    site.rig.clock.advance(Duration::from_secs(30));
    let nonce = viewer.asked().await;
    let proof = site.proof("another", 501, &nonce).await;
    viewer.say(&json!({ "proof": proof, "active": true })).await;
    assert_eq!(viewer.closed().await, "session_over");
    let mut viewer = site.looking().await;
    viewer.say(&json!({ "proof": "00", "active": true })).await;
    assert_eq!(viewer.closed().await, "session_over");
    let mut viewer = site.looking().await;
    viewer.say(&json!({ "ticket": 1 })).await;
    assert_eq!(viewer.closed().await, "broken");
}

#[tokio::test]
async fn mx_046_signing_off_closes_the_persons_consoles_and_nobody_elses() {
    let site = Site::start().await;
    let mut viewer = site.looking().await;
    let installation = site.rig.installation_id();
    site.rig.engine.close_consoles_of_user(installation, USER + 1);
    let other = "other".parse().expect("the test's own world works");
    site.rig.engine.close_consoles_of_user(&other, USER);
    viewer.send(&[3, 0, 0, 0, 0, 0, 0, 1, 0, 1]).await;
    assert_eq!(viewer.seen().await.len(), 20, "it is still open");
    site.rig.engine.close_consoles_of_user(installation, USER);
    assert_eq!(viewer.closed().await, "signed_off");
}

#[tokio::test]
async fn mx_047_a_console_that_nobody_uses_is_closed_and_written_down() {
    let limits = RelayLimits {
        idle: Duration::from_secs(40),
        ..RelayLimits::default()
    };
    let site = Site::with(limits).await;
    let mut viewer = site.looking().await;
    site.rig.clock.advance(Duration::from_secs(30));
    let nonce = viewer.asked().await;
    let proof = site.proof(SESSION, 501, &nonce).await;
    // That the viewer asks for pictures is no sign of life.
    viewer.answers(&proof, false).await;
    site.rig.clock.advance(Duration::from_secs(10));
    assert_eq!(viewer.closed().await, "idle");
    let closed = site.written("console.closed").await;
    assert_eq!(closed, [json!({ "why": "idle", "seconds": 40 })]);
}

#[tokio::test]
async fn mx_046_there_are_as_many_consoles_as_may_be_and_a_service_has_one() {
    let limits = RelayLimits {
        most: 1,
        ..RelayLimits::default()
    };
    let site = Site::with(limits).await;
    site.rig.ready(502).await;
    let mut first = site.looking().await;
    let ticket = site.ticket(502, SESSION).await;
    let mut second = site.knock(Some(SHOP)).await.expect("the test's own world works");
    let nonce = second.asked().await;
    let proof = site.proof(SESSION, 502, &nonce).await;
    second
        .say(&json!({ "ticket": ticket.expose(), "proof": proof }))
        .await;
    assert_eq!(second.closed().await, "full");
    first.0.close(None).await.expect("the test's own world works");
    // Those who have not shown a ticket are bounded too: two for each console.
    let mut waiting = Vec::new();
    for _ in 0..2 {
        waiting.push(site.knock(Some(SHOP)).await.expect("the test's own world works"));
    }
    let refused = site.knock(Some(SHOP)).await.map(|_| ());
    let Err(Error::Http(answer)) = refused else {
        panic!("a third one was let in");
    };
    assert_eq!(answer.status().as_u16(), 503);
}

#[tokio::test]
async fn a_relay_that_stops_closes_what_is_open_and_lets_nobody_in() {
    let site = Site::start().await;
    let mut viewer = site.looking().await;
    site.stop.cancel();
    assert_eq!(viewer.closed().await, "stopping");
    site.relay.drained().await;
    assert_eq!(site.written("console.closed").await[0]["why"], "stopping");
    let refused = site.knock(Some(SHOP)).await.map(|_| ());
    assert!(matches!(refused, Err(Error::Http(answer)) if answer.status().as_u16() == 503));
}
