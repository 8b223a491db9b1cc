//! What an addon of the billing system keeps about a name server: proposed, and nothing more.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use domain::record::{Platform, PlatformKind, PlatformState};
use domain::{Actor, Clock};
use http::StatusCode;
use serde_json::{Value, json};
use store::PLATFORM_CREDENTIAL;

use super::rig::Rig;
use crate::BridgeConfig;

const KEY: &str = "hunter2-hunter2";

/// A billing system with such an addon, and a place where the name server would be.
struct Desk {
    rig: Rig,
    place: TcpListener,
}

impl Desk {
    async fn start() -> Self {
        let place = TcpListener::bind("127.0.0.1:0").unwrap();
        place.set_nonblocking(true).unwrap();
        let rig = Rig::inert(BridgeConfig::default()).await;
        Self { rig, place }
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.place.local_addr().unwrap())
    }

    /// The settings as they are stored, changed by `change`.
    fn kept(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut kept = json!({
            "enabled": "on", "endpoint": self.endpoint(), "key": KEY, "key_decrypted": "", "server_id": "localhost",
            "ttl": "3600", "cache": "60",
        });
        change(&mut kept);
        kept
    }

    /// What the billing system is told once they are saved.
    async fn saved(&self, change: impl FnOnce(&mut Value)) -> Value {
        let body = json!({ "name_server": self.kept(change) });
        let (status, answer) = self.rig.event_by("admin", "settings_saved", &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(
            (&answer["result"], &answer["data"]["installation"]),
            (&json!("ok"), &json!("main"))
        );
        answer["data"]["name_server"].clone()
    }

    async fn name_servers(&self) -> Vec<Platform> {
        let mut all = self.rig.engine.store().platforms().await.unwrap();
        all.retain(|platform| platform.kind == PlatformKind::PowerDns);
        all
    }

    async fn the_one(&self) -> Platform {
        let mut all = self.name_servers().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    async fn key_of(&self, server: &Platform) -> String {
        let store = self.rig.engine.store();
        let key = store.read_secret(server.credential, PLATFORM_CREDENTIAL).await;
        key.unwrap().unwrap().expose().to_owned()
    }

    /// A person on the engine's host holds the enrol window open.
    async fn enrol(&self) {
        let until = self.rig.clock.now() + Duration::from_mins(15);
        let (store, host) = (self.rig.engine.store(), Actor::host("test"));
        let opened = store.set_enrol_window(&self.rig.installation.id, Some(until), &host);
        opened.await.unwrap();
    }

    fn nobody_came(&self) -> bool {
        let came = self.place.accept();
        came.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

#[tokio::test]
async fn vf_258_a_key_that_is_stored_plainly_or_encrypted_is_proposed_and_inert() {
    for (stored, decrypted) in [
        (KEY, ""),
        (KEY, "\u{fffd}\u{2}\u{fffd}"),
        ("c2VhbGVkIGJ5IHRoZSBzaG9w", KEY),
        (" hunter2-hunter2\n", " hunter2-hunter2\n"),
    ] {
        let desk = Desk::start().await;
        let said = desk
            .saved(|kept| {
                kept["key"] = json!(stored);
                kept["key_decrypted"] = json!(decrypted);
            })
            .await;
        let server = desk.the_one().await;
        let command = format!("`hostler platform approve {}`", server.id);
        assert!(said.as_str().unwrap().contains(&command), "{said}");
        assert_eq!(
            (server.state, &server.endpoint, server.account.as_str()),
            (PlatformState::Proposed, &desk.endpoint(), "")
        );
        assert_eq!(desk.key_of(&server).await, KEY, "{stored:?} {decrypted:?}");
        assert!(desk.nobody_came(), "a proposal makes no call");
    }
}

#[tokio::test]
async fn vf_258_the_server_id_is_its_account_and_the_lifetime_its_own() {
    for (id, ttl, account, lifetime) in [
        ("localhost", "7200", "", 7_200),
        (" ", "5", "", 60),
        ("ns1", "an hour", "ns1", 3_600),
    ] {
        let desk = Desk::start().await;
        desk.saved(|kept| {
            kept["server_id"] = json!(id);
            kept["ttl"] = json!(ttl);
        })
        .await;
        let server = desk.the_one().await;
        assert_eq!(
            (server.account.as_str(), server.profile.pointer_ttl),
            (account, lifetime),
            "{id:?} {ttl:?}"
        );
    }
}

#[tokio::test]
async fn vf_258_what_is_off_or_has_no_key_or_address_proposes_nothing() {
    let desk = Desk::start().await;
    for (field, value) in [
        ("enabled", ""),
        ("enabled", "off"),
        ("key", " "),
        ("endpoint", ""),
        ("endpoint", "/"),
    ] {
        let said = desk.saved(|kept| kept[field] = json!(value)).await;
        assert_eq!(said, Value::Null, "{field} {value:?}");
    }
    let unfinished = desk.saved(|kept| {
        kept["enabled"] = json!("");
        kept["endpoint"] = json!("ns1.example.com");
    });
    assert_eq!(unfinished.await, Value::Null, "nobody asks for it");
    let (_, answer) = desk.rig.event_by("admin", "settings_saved", &json!({})).await;
    assert_eq!(answer["data"].get("name_server"), None);
    assert!(desk.name_servers().await.is_empty());
}

#[tokio::test]
async fn vf_258_an_address_that_cannot_be_used_is_said_and_proposes_nothing() {
    let desk = Desk::start().await;
    for (endpoint, part) in [
        ("ns1.example.com:8081", "The endpoint is written as https://"),
        ("https://admin:hunter2@ns1.example.com", "without user name"),
        ("http://ns1.example.com:8081", "does not use https"),
    ] {
        let said = desk.saved(|kept| kept["endpoint"] = json!(endpoint)).await;
        let said = said.as_str().unwrap();
        assert!(
            said.starts_with("The name server was not taken over.") && said.contains(part),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
    }
    assert!(desk.name_servers().await.is_empty());
}

#[tokio::test]
async fn vf_258_gx_011_what_is_decided_on_the_host_is_not_changed_by_saving_again() {
    let desk = Desk::start().await;
    let again = async || {
        let said = desk
            .saved(|kept| {
                kept["key"] = json!("another key");
                kept["ttl"] = json!("120");
            })
            .await;
        said.as_str().unwrap().to_owned()
    };
    desk.saved(|_| ()).await;
    let proposed = desk.the_one().await;
    assert!(again().await.contains("is proposed as"));
    assert_eq!(desk.key_of(&desk.the_one().await).await, KEY);

    let (store, host) = (desk.rig.engine.store(), Actor::host("test"));
    let approved = desk.rig.engine.approve_platform(proposed.id, &host).await;
    approved.unwrap();
    let before = desk.the_one().await;
    let said = again().await;
    assert!(
        said.contains("is in use as platform plt_") && said.contains("--token-file"),
        "{said}"
    );
    assert_eq!(desk.the_one().await, before);

    let disabled = store.set_platform_state(proposed.id, PlatformState::Disabled, &host);
    disabled.await.unwrap();
    desk.enrol().await;
    let said = again().await;
    assert!(said.contains("taken out of use"), "{said}");
    assert_eq!(desk.the_one().await.state, PlatformState::Disabled);
    assert_eq!(desk.key_of(&before).await, KEY);
}

#[tokio::test]
async fn vf_258_inside_an_enrol_window_it_is_approved() {
    let desk = Desk::start().await;
    desk.enrol().await;
    let said = desk.saved(|_| ()).await;
    assert!(
        said.as_str().unwrap().contains("is in use as platform plt_"),
        "{said}"
    );
    assert_eq!(desk.the_one().await.state, PlatformState::Approved);
}

#[tokio::test]
async fn vf_258_no_client_proposes_a_name_server() {
    let desk = Desk::start().await;
    let body = json!({ "name_server": desk.kept(|_| ()) });
    let (status, answer) = desk.rig.event_by("client", "settings_saved", &body).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::FORBIDDEN, &json!("forbidden"))
    );
    assert!(desk.name_servers().await.is_empty());
}

#[tokio::test]
async fn vf_258_vf_272_a_name_servers_key_reaches_no_log_line_audit_or_answer() {
    let (_guard, log) = super::log::capture();
    let desk = Desk::start().await;
    let mut texts = vec![
        desk.saved(|kept| kept["key_decrypted"] = json!(KEY))
            .await
            .to_string(),
    ];
    let encrypted = desk.saved(|kept| {
        kept["key"] = json!("hunter2-encrypted");
        kept["key_decrypted"] = json!("hunter2-decrypted");
    });
    texts.push(encrypted.await.to_string());
    let strange = [
        json!({ "name_server": "hunter2-hunter2" }),
        json!({ "name_server": desk.kept(|kept| kept["ttl"] = json!({ "hunter2-hunter2": KEY })) }),
    ];
    for body in strange {
        let (status, refused) = desk.rig.event_by("admin", "settings_saved", &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
        texts.push(refused.to_string());
    }
    let lines = desk
        .rig
        .engine
        .store()
        .audit_lines(&store::AuditFilter::default(), &store::PageRequest::first(100))
        .await
        .unwrap();
    assert!(lines.items.iter().any(|line| line.action == "platform.proposed"));
    texts.extend([format!("{lines:?}"), log.text()]);
    for text in texts {
        assert!(!text.contains("hunter2"), "{text}");
    }
}
