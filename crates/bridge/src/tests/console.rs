//! The screen of a machine: who is let in, what the page is given, and what closes it.

use std::sync::Arc;
use std::time::Duration;

use domain::console::{Console, Way};
use domain::ports::CountingRandom;
use domain::record::OperationKind;
use domain::{Clock, Secret};
use engine::{Closing, Opening};
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};
use testkit::clock::StandingClock;

use super::browser::{client, send, status, token, with};
use super::log::capture;
use super::rig::Rig;
use super::words::SESSION;
use crate::page::once;

/// Our own page of service 501: what it puts into a form.
struct OurPage {
    token: String,
    key: Secret,
    clock: Arc<StandingClock>,
    made: CountingRandom,
}

impl OurPage {
    async fn of(rig: &Rig) -> Self {
        let keys = rig.engine.store().bridge_keys(&rig.installation).await;
        Self {
            token: token(rig).await,
            key: keys.unwrap().remove(0),
            clock: rig.clock.clone(),
            made: CountingRandom::new(1),
        }
    }

    /// A one-time token as a page carries it that has just been made.
    fn once(&self) -> String {
        once::of(&self.key, SESSION, 501, self.clock.now(), &self.made)
    }
}

/// What a client posts about the console, each time from a page that was made anew.
fn posted(action: &str, page: &OurPage) -> Value {
    with(client(action, "POST"), |message| {
        message["form"] = json!({ "hostler_token": page.token, "hostler_once": page.once() });
        message["headers"]["origin"] = json!("https://shop.example.test");
    })
}

/// The answer of an action that is a page.
async fn page(rig: &Rig, message: &Value) -> (u64, String) {
    let (_, wire) = rig.post("/bridge/v1/page", message).await;
    let body = wire["body"].as_str().unwrap().to_owned();
    (wire["status"].as_u64().unwrap(), body)
}

/// The console that the pages were last given.
fn given(rig: &Rig) -> Console {
    rig.pages.1.lock().unwrap().last().unwrap().clone()
}

/// The bodies that the panel was sent to switch a console.
fn switches(rig: &Rig) -> Vec<Value> {
    let calls = rig.panel.calls();
    let mine = calls.iter().filter(|call| call.endpoint == "set_vnc");
    mine.map(|call| call.body.clone()).collect()
}

#[tokio::test]
async fn vf_134_no_action_gives_the_way_to_a_screen_as_data() {
    let rig = Rig::start().await;
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    for method in ["GET", "POST"] {
        let message = with(posted("vnc", &ours), |message| message["method"] = json!(method));
        let (code, body) = send(&rig, &message).await;
        assert_eq!((code, &body["errors"]), (400, &json!("There is no such action.")));
    }
    let (_, body) = send(&rig, &posted("toggleVnc", &ours)).await;
    assert!(!body.to_string().contains("vnc/?token"), "{body}");
    assert!(switches(&rig).len() == 1);
}

#[tokio::test]
async fn vf_135_a_viewer_goes_straight_to_the_panel_where_nobody_relays() {
    let rig = Rig::start().await;
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    assert_eq!(
        page(&rig, &posted("vncViewer", &ours)).await,
        (200, "<p>console</p>".to_owned())
    );
    assert_eq!(switches(&rig), [json!({ "action": "enable" })]);
    let console = given(&rig);
    assert_eq!(console.name, "web1.example.test");
    let Way::Direct(access) = console.way else {
        panic!("nobody relays");
    };
    let panel = rig.panel_address().replace("http://", "ws://");
    let address = access.address.expose();
    assert!(address.starts_with(&format!("{panel}/vnc/?token=")), "{address}");
    assert_eq!(access.password.expose().len(), 8);
    let written = audited(&rig, "console.opened").await;
    assert_eq!(written, [json!({ "service": 501, "way": "direct" })]);
}

#[tokio::test]
async fn mx_045_mx_048_where_the_engine_relays_the_page_is_given_a_ticket_and_no_address_of_the_panel() {
    let rig = Rig::start().await.relaying("wss://console.example.test/console");
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    assert_eq!(page(&rig, &posted("vncViewer", &ours)).await.0, 200);
    let Way::Relayed { address, ticket } = given(&rig).way else {
        panic!("the engine relays");
    };
    assert_eq!(address, "wss://console.example.test/console");
    assert!(ticket.expose().starts_with("sec_"), "it names a record");
    assert!(
        !format!("{:?}", given(&rig)).contains(ticket.expose()),
        "a secret is not printed"
    );
    assert_eq!(
        audited(&rig, "console.opened").await,
        [json!({ "service": 501, "way": "relayed" })]
    );
}

#[tokio::test]
async fn vf_135_a_panel_that_does_not_switch_is_asked_for_what_there_is() {
    let rig = Rig::start().await;
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    let broken = Fault::ErrorBefore {
        status: 500,
        html: false,
    };
    rig.panel.add_fault(FaultRule::at("set_vnc", broken));
    assert_eq!(page(&rig, &posted("vncViewer", &ours)).await.0, 200);
    assert!(matches!(given(&rig).way, Way::Direct(_)));
}

#[tokio::test]
async fn vf_138_where_neither_call_answers_there_is_a_page_that_says_so() {
    let rig = Rig::start().await;
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    for endpoint in ["set_vnc", "get_vnc"] {
        let broken = Fault::ErrorBefore {
            status: 500,
            html: true,
        };
        rig.panel.add_fault(FaultRule::at(endpoint, broken));
    }
    let (code, body) = page(&rig, &posted("vncViewer", &ours)).await;
    assert_eq!(code, 500);
    assert!(
        body.starts_with("<!doctype html>") && !body.contains("token="),
        "{body}"
    );
    assert!(rig.pages.1.lock().unwrap().is_empty());
}

#[tokio::test]
async fn vf_139_a_console_is_posted_and_opened_once_in_five_seconds() {
    let mut rig = Rig::start().await;
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    rig.door.stand();
    assert_eq!(page(&rig, &client("vncViewer", "GET")).await.0, 405);
    assert_eq!(page(&rig, &posted("vncViewer", &ours)).await.0, 200);
    for seconds in [0, 4] {
        rig.clock.advance(Duration::from_secs(seconds));
        let (code, body) = page(&rig, &posted("vncViewer", &ours)).await;
        assert_eq!(code, 429, "{body}");
        assert!(body.contains("a moment ago"), "{body}");
    }
    let reloaded = posted("vncViewer", &ours);
    assert_eq!(page(&rig, &reloaded).await.0, 429);
    assert_eq!(page(&rig, &reloaded).await.0, 403, "its token is spent");
    assert_eq!(switches(&rig).len(), 1, "the panel heard of one");
    rig.clock.advance(Duration::from_secs(1));
    assert_eq!(page(&rig, &posted("vncViewer", &ours)).await.0, 200);
}

#[tokio::test]
async fn vf_140_only_a_one_switches_the_console_on() {
    let mut rig = Rig::start().await;
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    rig.door.stand();
    let switch = |word: &str| {
        with(posted("toggleVnc", &ours), |message| {
            message["form"]["enabled"] = json!(word);
        })
    };
    for (word, on) in [
        ("1", true),
        ("0", false),
        ("true", false),
        ("", false),
        ("11", false),
    ] {
        let (code, body) = send(&rig, &switch(word)).await;
        assert_eq!(
            (code, &body["data"]["enabled"]),
            (200, &json!(on)),
            "{word}: {body}"
        );
        let action = if on { "enable" } else { "disable" };
        assert_eq!(
            switches(&rig).last(),
            Some(&json!({ "action": action })),
            "{word}"
        );
        assert_eq!(status(&rig, switch(word)).await, 429, "{word}");
        rig.clock.advance(Duration::from_secs(5));
    }
    let written = audited(&rig, "console.switched").await;
    let on = json!({ "service": 501, "open": true });
    assert_eq!(
        (
            written.len(),
            written.iter().filter(|detail| **detail == on).count()
        ),
        (5, 1)
    );
}

#[tokio::test]
async fn mx_046_the_gates_of_a_console_are_those_of_every_action_and_the_page_says_which() {
    let rig = Rig::start().await;
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    let refused = [
        (
            with(posted("vncViewer", &ours), |message| {
                message["form"]["hostler_token"] = json!("");
            }),
            403,
        ),
        (
            with(posted("vncViewer", &ours), |message| {
                message["form"].as_object_mut().unwrap().remove("hostler_once");
            }),
            403,
        ),
        (
            with(posted("vncViewer", &ours), |message| {
                message["context"]["session"] = json!("a".repeat(64));
            }),
            403,
        ),
        (
            with(posted("vncViewer", &ours), |message| {
                message["headers"]["origin"] = json!("https://evil.example");
            }),
            403,
        ),
        (
            with(posted("vncViewer", &ours), |message| {
                message["context"]["client_id"] = json!(99);
            }),
            403,
        ),
        (
            with(posted("vncViewer", &ours), |message| {
                message["context"]["permissions"] = json!(["products", "manageproducts"]);
            }),
            403,
        ),
        (
            with(posted("vncViewer", &ours), |message| {
                message["row"]["domainstatus"] = json!("Suspended");
            }),
            400,
        ),
        (
            with(posted("vncViewer", &ours), |message| {
                message["context"]["user_id"] = Value::Null;
            }),
            401,
        ),
    ];
    for (message, code) in refused {
        let (status, body) = page(&rig, &message).await;
        assert_eq!(status, code, "{body}");
        assert!(body.starts_with("<!doctype html>"), "a window shows it: {body}");
    }
    assert_eq!(rig.result("SuspendAccount", |_| ()).await, "success");
    // The billing system's word is still Active: the engine knows better.
    assert_eq!(page(&rig, &posted("vncViewer", &ours)).await.0, 400);
    assert_eq!(
        switches(&rig),
        Vec::<Value>::new(),
        "the panel heard of none of this"
    );
    let view = rig.view(501).await.unwrap();
    assert!(
        view.recent
            .iter()
            .all(|operation| operation.kind != OperationKind::Console)
    );
}

#[tokio::test]
async fn mx_046_the_relays_word_is_answered_for_the_session_that_is_signed_in_and_as_long_as_it_may_look() {
    let rig = Rig::start().await;
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    let word = "0123456789abcdef0123456789abcdef";
    let vouch = |nonce: &str| {
        with(posted("consoleProof", &ours), |message| {
            message["form"]["nonce"] = json!(nonce);
        })
    };
    let (code, body) = send(&rig, &vouch(word)).await;
    let keys = rig.engine.store().bridge_keys(&rig.installation).await.unwrap();
    let expected = engine::proof(&keys[0], SESSION, 501, word).unwrap();
    assert_eq!((code, &body["data"]["proof"]), (200, &json!(expected)));
    // One page answers again and again, so its one-time token is not spent on it.
    let again = with(vouch(word), |message| {
        message["form"]["hostler_once"] = json!("spent");
    });
    assert_eq!(status(&rig, again).await, 200);
    assert_eq!(
        status(&rig, vouch("browser-token")).await,
        400,
        "nothing else is signed"
    );
    assert_eq!(status(&rig, client("consoleProof", "GET")).await, 405);
    let elsewhere = with(vouch(word), |message| {
        message["context"]["session"] = json!("b".repeat(64));
    });
    assert_eq!(status(&rig, elsewhere).await, 403);
    let held = with(vouch(word), |message| {
        message["row"]["domainstatus"] = json!("Suspended");
    });
    assert_eq!(status(&rig, held).await, 400);
    rig.withhold(OperationKind::Console).await;
    assert_eq!(status(&rig, vouch(word)).await, 409, "the operator withholds it");
    assert_eq!(rig.result("SuspendAccount", |_| ()).await, "success");
    assert_eq!(
        status(&rig, vouch(word)).await,
        400,
        "the engine's own word counts too"
    );
}

#[tokio::test]
async fn mx_046_the_pages_ticket_opens_the_console_and_signing_off_closes_it() {
    let mut rig = Rig::start().await.relaying("wss://console.example.test/console");
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    // A ticket lives for a minute, which is little where the clock is fast.
    rig.door.stand();
    assert_eq!(page(&rig, &posted("vncViewer", &ours)).await.0, 200);
    let Way::Relayed { ticket, .. } = given(&rig).way else {
        panic!("the engine relays");
    };
    let nonce = "0123456789abcdef0123456789abcdef";
    let vouch = with(posted("consoleProof", &ours), |message| {
        message["form"]["nonce"] = json!(nonce);
    });
    let (_, body) = send(&rig, &vouch).await;
    let opening = Opening {
        ticket: &ticket,
        nonce,
        proof: body["data"]["proof"].as_str().unwrap(),
        origin: "https://shop.example.test",
    };
    let (opened, mut seat) = rig.engine.open_console(&opening, 1).await.expect("it is let in");
    assert_eq!(opened.password().expose().len(), 8);
    assert_eq!(
        audited(&rig, "console.connected").await,
        [json!({ "service": 501 })]
    );
    for user in [2, 1] {
        let left = json!({ "user": user, "client": 77 });
        assert_eq!(rig.event("user_logout", &left).await.0, http::StatusCode::OK);
    }
    assert_eq!(seat.told().await, Closing::SignedOff);
}

#[tokio::test]
async fn mx_045_nothing_of_a_consoles_secrets_is_logged_written_down_told_or_answered_again() {
    let mut rig = Rig::start().await.relaying("wss://console.example.test/console");
    rig.create().await;
    let ours = OurPage::of(&rig).await;
    rig.door.stand();
    let (_guard, log) = capture();
    tracing::trace!("everything is kept");
    assert_eq!(page(&rig, &posted("vncViewer", &ours)).await.0, 200);
    let Way::Relayed { ticket, .. } = given(&rig).way else {
        panic!("the engine relays");
    };
    let (_, word) = ticket.expose().split_once('.').expect("its word is a secret");
    let (panel_token, password) = rig.panel.servers(rig.clock.now())[0].console_secret.clone();
    // Whoever asks once more is not given what was given before.
    let (code, reloaded) = page(&rig, &posted("vncViewer", &ours)).await;
    assert_eq!(code, 429);
    let nonce = "0123456789abcdef0123456789abcdef";
    let vouch = with(posted("consoleProof", &ours), |message| {
        message["form"]["nonce"] = json!(nonce);
    });
    let (_, vouched) = send(&rig, &vouch).await;
    let proof = vouched["data"]["proof"].as_str().unwrap();
    let opening = Opening {
        ticket: &ticket,
        nonce,
        proof,
        origin: "https://shop.example.test",
    };
    let (opened, _seat) = rig.engine.open_console(&opening, 1).await.expect("it is let in");
    assert_eq!(opened.password().expose(), password);
    rig.engine.dial(&opened).await.expect("the screen is there");
    let again = rig.engine.open_console(&opening, 1).await.map(drop).unwrap_err();
    let left = [
        log.text(),
        reloaded,
        format!("{opened:?} {again:?}"),
        kept(&rig).await,
    ];
    assert!(left.iter().all(|text| !text.is_empty()));
    for hidden in [word, panel_token.as_str(), password.as_str(), proof] {
        for text in &left {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
}

/// What the store keeps in the open: operations and their journal, effects, the audit.
async fn kept(rig: &Rig) -> String {
    let (store, all) = (rig.engine.store(), store::PageRequest::first(1000));
    let effects = store
        .effects(&store::EffectFilter::default(), &all)
        .await
        .unwrap();
    let audit = store
        .audit_lines(&store::AuditFilter::default(), &all)
        .await
        .unwrap();
    let mut texts = vec![format!("{:?} {:?}", effects.items, audit.items)];
    let view = rig.view(501).await.unwrap();
    let consoles = view
        .recent
        .iter()
        .filter(|operation| operation.kind == OperationKind::Console);
    for operation in consoles {
        let calls = store.calls(operation.id, &all).await.unwrap().items;
        assert!(
            calls.len() > 1,
            "it was read whose machine it is, and its console was opened"
        );
        texts.push(format!("{operation:?} {calls:?}"));
    }
    texts.join("\n")
}

/// The details of what was written down under a name.
async fn audited(rig: &Rig, action: &str) -> Vec<Value> {
    let filter = store::AuditFilter::default();
    let page = store::PageRequest::first(1000);
    let lines = rig
        .engine
        .store()
        .audit_lines(&filter, &page)
        .await
        .unwrap()
        .items;
    let mine = lines.into_iter().filter(|line| line.action == action);
    mine.map(|line| line.detail).collect()
}
