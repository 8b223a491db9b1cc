//! A whole shop: a billing system, the engine, and a simulated panel.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::billing::Billing;
use crate::simulator::Simulator;
use crate::support::{Engine, Place};

/// An engine that sells machines of a simulated panel.
pub struct Shop {
    pub place: Place,
    pub simulator: Simulator,
    pub billing: Billing,
    engine: Option<Engine>,
}

impl Shop {
    pub fn open(build_seconds: u32) -> Self {
        Self::configured(build_seconds, "")
    }

    /// One whose engine has further settings.
    pub fn configured(build_seconds: u32, settings: &str) -> Self {
        let place = Place::new();
        place.configure(settings);
        let simulator = Simulator::building(&place, "v7", build_seconds);
        let billing = Billing::connect(&place);
        let id = simulator.propose_to(&place, &["--installation", "main", "--server", "1"]);
        let ca = place.path("ca.pem").display().to_string();
        place.ask(&["platform", "approve", &id, "--ca-file", &ca, "--rate", "6000"]);
        let engine = Some(place.serve());
        Self {
            place,
            simulator,
            billing,
            engine,
        }
    }

    pub fn stop(&mut self) {
        let (code, _) = self.engine.take().unwrap().end_by("TERM");
        assert_eq!(code, Some(0));
    }

    pub fn start(&mut self) {
        self.engine = Some(self.place.serve());
    }

    /// Sells a machine and waits until nothing is under way; the machine's id.
    pub fn sell(&self, service: u64) -> String {
        let answer = self.billing.create(service);
        assert_eq!(answer["result"], "success", "{answer}");
        until("the machine is built", || {
            self.place.ask_json(&["operation", "list"]) == json!([])
        });
        self.machine_of(service)
    }

    pub fn machine_of(&self, service: u64) -> String {
        let shown = self
            .place
            .ask_json(&["service", "show", &format!("main/{service}")]);
        shown["link"]["identity"]["id"].as_str().unwrap().to_owned()
    }

    pub fn file(&self, name: &str) -> String {
        self.place.path(name).display().to_string()
    }
}

/// Waits for something that the engine does by itself.
#[expect(
    clippy::disallowed_methods,
    reason = "the engine is another process, and asking it without a pause would only slow it down"
)]
pub fn until(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{what}: not within a minute"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}
