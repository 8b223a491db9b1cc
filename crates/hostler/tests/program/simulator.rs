//! The simulator by itself, and an engine that tests its platform against it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::support::{Place, get, post, program};

/// The token of simulators here, which no output may hold.
const TOKEN: &str = "Pl4nTd-a-token";

/// A running simulator, killed when dropped.
pub struct Simulator {
    child: Child,
    said: Value,
}

impl Simulator {
    fn start(place: &Place, profile: &str) -> Self {
        Self::building(place, profile, 8)
    }

    /// One whose builds take so many seconds.
    pub fn building(place: &Place, profile: &str, seconds: u32) -> Self {
        let ca = place.path("ca.pem").display().to_string();
        let seconds = seconds.to_string();
        Self::of(
            "virtfusion",
            &["--profile", profile, "--build-seconds", &seconds, "--ca-out", &ca],
        )
    }

    /// One of this kind.
    fn of(kind: &str, more: &[&str]) -> Self {
        let mut child = program()
            .args(["sim", kind, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"])
            .args(["--token", TOKEN])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said = serde_json::from_str(&line).unwrap();
        Self { child, said }
    }

    fn endpoint(&self) -> &str {
        self.said["panel"].as_str().unwrap()
    }

    fn books(&self) -> Value {
        let control = self.said["control"].as_str().unwrap();
        let (_, books) = get(control.trim_start_matches("http://"), "/_sim/books");
        serde_json::from_str(&books).unwrap()
    }

    /// How many machines it has made.
    pub fn machines(&self) -> u64 {
        self.books()["totals"]["servers_created"].as_u64().unwrap()
    }

    /// Proposes it as a platform, and more about it; the platform's id.
    pub fn propose_to(&self, place: &Place, more: &[&str]) -> String {
        self.propose(place, TOKEN, more)
    }

    fn propose(&self, place: &Place, token: &str, more: &[&str]) -> String {
        fs::write(place.path("token"), token).unwrap();
        let file = place.path("token").display().to_string();
        let mut all = vec![
            "platform",
            "propose",
            "--endpoint",
            self.endpoint(),
            "--token-file",
            &file,
        ];
        all.extend(more);
        place.ask_json(&all)["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // See the engine of the other tests: nothing is left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Proposes the simulator as a platform and returns its id.
fn proposed(place: &Place, simulator: &Simulator, token: &str) -> String {
    simulator.propose(place, token, &[])
}

#[test]
fn a_platform_test_proves_address_certificate_and_token() {
    for profile in ["v6", "v7"] {
        let place = Place::new();
        let simulator = Simulator::start(&place, profile);
        let id = proposed(&place, &simulator, TOKEN);
        place.ask(&["platform", "approve", &id]);
        let untrusted = place.refused(&["platform", "test", &id]);
        assert!(untrusted.contains("certificate"), "{profile}: {untrusted}");
        let ca = place.path("ca.pem").display().to_string();
        place.ask(&["platform", "approve", &id, "--ca-file", &ca]);
        assert!(
            place.ask(&["platform", "test", &id]).contains("answers"),
            "{profile}"
        );
        fs::write(place.path("token"), "another").unwrap();
        let file = place.path("token").display().to_string();
        place.ask(&["platform", "approve", &id, "--token-file", &file]);
        let refused = place.refused(&["platform", "test", &id]);
        assert!(refused.contains("token"), "{profile}: {refused}");
    }
}

#[test]
fn a_simulated_katapult_answers_and_keeps_its_books() {
    let simulator = Simulator::of("katapult", &["--plain", "--recorded-times", "--annotations-stay"]);
    let address = simulator.endpoint().trim_start_matches("http://");
    let (status, answer) = get(address, "/core/v1/data_centers");
    assert_eq!(status, 400);
    assert!(answer.contains("missing_api_token"), "{answer}");
    let books = simulator.books();
    assert_eq!(books["organizations"][0]["sub_domain"], "acme");
    assert_eq!(books["machines"], json!([]));
}

#[test]
fn kt_092_a_console_of_a_simulated_katapult_lies_at_its_own_address() {
    let simulator = Simulator::of("katapult", &["--plain"]);
    let control = simulator.said["control"].as_str().unwrap();
    let order =
        json!({ "do": "create_machine", "organization": "acme", "package": "rock-1", "hostname": "web" });
    let (status, made) = post(control.trim_start_matches("http://"), "/_sim/hand", "", &order);
    assert_eq!(status, 200, "{made}");
    let made: Value = serde_json::from_str(&made).unwrap();
    let (status, opened) = post(
        simulator.endpoint().trim_start_matches("http://"),
        "/core/v1/virtual_machines/virtual_machine/console_sessions",
        TOKEN,
        &json!({ "virtual_machine": { "id": made["id"] } }),
    );
    assert_eq!(status, 201, "{opened}");
    let opened: Value = serde_json::from_str(&opened).unwrap();
    let address = opened["console_session"]["url"].as_str().unwrap();
    assert!(
        address.starts_with(&format!("{}/", simulator.endpoint())),
        "{address}"
    );
    let page = address.trim_start_matches(simulator.endpoint());
    let (status, _) = get(simulator.endpoint().trim_start_matches("http://"), page);
    assert_eq!(status, 200);
}

#[test]
fn kt_011_options_are_shown_as_they_were_read_and_read_anew_on_demand() {
    let simulator = Simulator::of("katapult", &["--plain"]);
    let place = Place::new();
    place.ask(&["installation", "add", "main"]);
    std::fs::write(place.path("token"), TOKEN).unwrap();
    let token = place.path("token").display().to_string();
    let proposed = place.ask_json(&[
        "platform",
        "propose",
        "--kind",
        "katapult",
        "--installation",
        "main",
        "--server",
        "1",
        "--endpoint",
        simulator.endpoint(),
        "--token-file",
        &token,
    ]);
    let id = proposed["id"].as_str().unwrap();
    let inert = place.refused(&["platform", "options", id, "--sync"]);
    assert!(inert.contains("nothing was sent"), "{inert}");
    place.ask(&["platform", "approve", id]);
    let unread = place.refused(&["platform", "options", id]);
    assert!(unread.contains("--sync"), "{unread}");
    let read = place.ask_json(&["platform", "options", id, "--sync"]);
    assert_eq!(read["catalogue"]["places"][0]["key"], "uk-lon-01");
    assert_eq!(read["trouble"], Value::Null);
    let shown = place.ask(&["platform", "options", id]);
    assert!(shown.contains("templates/ubuntu-22-04 (Ubuntu 22.04)"), "{shown}");
    let approved = place.ask_json(&["platform", "list"]);
    assert_eq!(approved[0]["change_proposed"], false);
}

#[test]
fn machines_are_only_made_by_a_running_engine() {
    let place = Place::new();
    let simulator = Simulator::start(&place, "v7");
    let id = proposed(&place, &simulator, TOKEN);
    let refused = place.refused(&[
        "platform",
        "test",
        &id,
        "--write",
        "--domain",
        "staging.example.com",
        "--group",
        "1",
        "--package",
        "1",
        "--image",
        "46",
    ]);
    assert!(refused.contains("systemctl start hostler"), "{refused}");
}

#[test]
fn the_write_test_switches_the_platform_to_the_staging_protocol() {
    let place = Place::new();
    let simulator = Simulator::start(&place, "v7");
    let _engine = place.serve();
    place.ask(&["installation", "add", "main"]);
    let ca = place.path("ca.pem").display().to_string();
    let id = simulator.propose_to(&place, &["--installation", "main", "--server", "1"]);
    let id = id.as_str();
    place.ask(&["platform", "approve", id, "--ca-file", &ca, "--rate", "6000"]);
    assert_eq!(
        place.ask_json(&["platform", "list"])[0]["create_protocol"],
        "list"
    );
    place.ask(&[
        "platform",
        "test",
        id,
        "--write",
        "--domain",
        "staging.example.com",
        "--group",
        "1",
        "--package",
        "1",
        "--image",
        "46",
    ]);
    assert_eq!(
        place.ask_json(&["platform", "list"])[0]["create_protocol"],
        "staging"
    );
}
