//! What a `send` leaves in the log and in the metrics, and what it does not.

use std::io::Write;
use std::sync::{Arc, Mutex};

use domain::http::{Method, Request, RetryClass};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tracing::Instrument;

use crate::server::{always, call, endpoint, outbound, patient, platform, send};

/// Collects log lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .expect("no test panics here")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn rename() -> Request {
    Request::new(
        "rename",
        Method::Put,
        "/servers/4711/name",
        RetryClass::Convergent,
    )
    .with_body(json!({"name": "private-name"}))
}

#[tokio::test]
async fn one_line_tells_what_happened_with_the_callers_correlation_and_without_contents() {
    let (address, _) =
        always("HTTP/1.1 404 E\r\nX-Note: in-a-header\r\nContent-Length: 9\r\n\r\nin-a-body").await;
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let span = tracing::info_span!("operation", correlation = "click-17");
    let outbound = outbound(patient());
    send(&outbound, &endpoint(address), &rename())
        .instrument(span)
        .await;
    drop(guard);

    let text = String::from_utf8(lines.0.lock().expect("no test panics here").clone()).expect("it is JSON");
    for hidden in [
        "s3cret-token",
        "private-name",
        "in-a-body",
        "in-a-header",
        "Bearer",
    ] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    let ours: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| {
            line["target"]
                .as_str()
                .is_some_and(|target| target.starts_with("outbound"))
        })
        .collect();
    assert_eq!(ours.len(), 1, "{text}");
    let fields = &ours[0]["fields"];
    assert_eq!(fields["request.name"], "rename");
    assert_eq!(fields["request.id"], call().to_string());
    assert_eq!(fields["platform.id"], platform().to_string());
    assert_eq!(
        (&fields["status"], &fields["outcome"]),
        (&json!(404), &json!("4xx"))
    );
    assert!(fields["duration_ms"].is_u64(), "{fields}");
    assert_eq!(ours[0]["span"]["correlation"], "click-17");
}

#[tokio::test]
async fn metrics_count_by_platform_request_and_outcome_and_name_no_service() {
    let (address, _) = always("HTTP/1.1 204 OK\r\n\r\n").await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let guard = metrics::set_default_local_recorder(&recorder);
    let outbound = outbound(patient());
    for _ in 0..2 {
        send(&outbound, &endpoint(address), &rename()).await;
    }
    drop(guard);
    let text = recorder.handle().render();
    let platform = format!("kind=\"virtfusion\",platform=\"{}\"", platform());
    for line in [
        format!("hostler_outbound_requests_total{{{platform},request=\"rename\",outcome=\"2xx\"}} 2"),
        format!("hostler_outbound_in_flight{{{platform}}} 0"),
        format!("hostler_outbound_breaker_state{{{platform}}} 0"),
        format!("hostler_outbound_wait_seconds_count{{{platform},lane=\"change\"}} 2"),
    ] {
        assert!(text.lines().any(|given| given == line), "{line} not in\n{text}");
    }
    assert!(
        !text.contains("4711") && !text.contains(&call().to_string()),
        "{text}"
    );
}
