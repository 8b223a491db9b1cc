//! Start, probes, signals, and starting again after the worst.

use std::time::Duration;

use crate::support::{Place, mode};

#[test]
fn a_running_engine_answers_its_probes_and_its_metrics() {
    let place = Place::new();
    let engine = place.serve();
    assert_eq!(engine.get("/healthz").0, 200);
    assert_eq!(engine.get("/readyz").0, 200);
    place.ask(&["installation", "add", "main"]);
    let (status, metrics) = engine.get("/metrics");
    assert_eq!(status, 200);
    for name in [
        "hostler_operations_due",
        "hostler_operation_oldest_seconds",
        "hostler_calls_unknown",
        "hostler_effects_waiting",
    ] {
        assert!(metrics.contains(name), "{name} is missing:\n{metrics}");
    }
}

#[test]
fn sockets_have_the_configured_modes_and_the_control_socket_is_the_owners() {
    let place = Place::new();
    let _engine = place.serve();
    assert_eq!(mode(&place.path("run/bridge.sock")), 0o660);
    assert_eq!(mode(&place.path("run/control.sock")), 0o600);
    assert_eq!(mode(&place.path("hostler.db")), 0o600);
    assert_eq!(mode(&place.path("key")), 0o600);
}

#[test]
fn a_signal_ends_it_within_ten_seconds_and_takes_the_sockets_away() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let mut engine = place.serve();
        let (code, took) = engine.end_by(signal);
        assert_eq!(code, Some(0), "SIG{signal}");
        assert!(took < Duration::from_secs(10), "SIG{signal} took {took:?}");
        assert!(!place.path("run/bridge.sock").exists());
        assert!(!place.path("run/control.sock").exists());
    }
}

#[test]
fn after_a_kill_the_next_start_takes_the_stale_sockets_over() {
    let place = Place::new();
    let mut engine = place.serve();
    place.ask(&["installation", "add", "main"]);
    engine.end_by("KILL");
    assert!(
        place.path("run/bridge.sock").exists(),
        "a killed engine leaves its socket"
    );
    let engine = place.serve();
    assert_eq!(engine.get("/readyz").0, 200);
    let installations = place.ask_json(&["installation", "list"]);
    assert_eq!(installations[0]["name"], "main");
}

#[test]
fn two_engines_never_share_a_store() {
    let place = Place::new();
    let _engine = place.serve();
    let complaint = place.refused(&["serve"]);
    assert!(complaint.contains("in use by process"), "{complaint}");
    assert!(complaint.contains("hostler.db"), "{complaint}");
}

#[test]
fn a_port_that_is_taken_is_named_with_its_setting() {
    let place = Place::new();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", place.port)).unwrap();
    let complaint = place.refused(&["serve"]);
    assert!(
        complaint.contains("bridge.listen") && complaint.contains(&place.port.to_string()),
        "{complaint}"
    );
}

/// What the control socket answers to one line.
fn control(place: &Place, line: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::os::unix::net::UnixStream::connect(place.path("run/control.sock")).unwrap();
    stream.write_all(format!("{line}\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[cfg(not(feature = "test-clock"))]
#[test]
fn nobody_moves_the_clock_of_a_build_that_is_not_for_tests() {
    let place = Place::new();
    let _engine = place.serve();
    let answer = control(&place, r#"{"clock":{"advance_seconds":60}}"#);
    assert!(answer.starts_with("{\"failed\":"), "{answer}");
    assert!(answer.contains("not understood"), "{answer}");
}

#[cfg(feature = "test-clock")]
#[test]
fn a_test_moves_the_clock_through_the_control_socket() {
    let place = Place::new();
    let _engine = place.serve();
    let micros = |seconds: u64| -> i64 {
        let answer = control(&place, &format!(r#"{{"clock":{{"advance_seconds":{seconds}}}}}"#));
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        answer["done"]["value"]["micros"].as_i64().unwrap()
    };
    let before = micros(0);
    let ahead = (micros(3600) - before) / 1_000_000;
    assert!((3600..3660).contains(&ahead), "{ahead} s");
}
