//! Every way in which an exchange can fail, and what is certain afterwards.

use std::time::Duration;

use domain::http::{Lane, Method, Outcome, Request, RetryClass};
use outbound::OutboundConfig;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::server::{
    NOW, always, assert_lost, assert_not_sent, call, endpoint, endpoint_at, once, outbound, patient, quick,
    send, start,
};

fn create() -> Request {
    Request::new("create_server", Method::Post, "/servers", RetryClass::Creating)
        .with_body(json!({"packageId": 1}))
}

fn read() -> Request {
    Request::get("get_server", "/servers/7")
}

#[tokio::test]
async fn a_refused_connection_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    assert_not_sent(
        send(&outbound(patient()), &endpoint(address), &create()).await,
        "refused",
    );
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_not_sent() {
    let endpoint = endpoint_at("https://panel.invalid/api/v1");
    assert_not_sent(
        send(&outbound(patient()), &endpoint, &create()).await,
        "cannot connect to panel.invalid",
    );
}

#[tokio::test]
async fn a_connection_that_opens_too_slowly_is_not_sent() {
    let (address, seen) = start(|_, stream, _| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(stream);
    })
    .await;
    let endpoint = endpoint_at(&format!("https://{address}/api/v1"));
    assert_not_sent(
        send(&outbound(quick()), &endpoint, &create()).await,
        "cannot connect",
    );
    assert_eq!(seen.count(), 0);
}

#[tokio::test]
async fn a_change_whose_connection_closes_before_the_head_is_lost_and_sent_once() {
    let (address, seen) = once(b"").await;
    assert_lost(
        send(&outbound(patient()), &endpoint(address), &create()).await,
        None,
        "closed",
    );
    assert_eq!(seen.count(), 1);
}

#[tokio::test]
async fn a_change_whose_connection_is_reset_before_the_head_is_lost_and_sent_once() {
    let (address, seen) = start(|_, mut stream, seen| async move {
        seen.read(&mut stream).await;
        stream.set_zero_linger().expect("the socket is open");
    })
    .await;
    assert_lost(
        send(&outbound(patient()), &endpoint(address), &create()).await,
        None,
        "reset",
    );
    assert_eq!(seen.count(), 1);
}

#[tokio::test]
async fn a_connection_reset_before_the_request_was_read_is_still_lost() {
    let (address, _) = start(|_, stream, _| async move {
        stream.set_zero_linger().expect("the socket is open");
    })
    .await;
    let outcome = send(&outbound(patient()), &endpoint(address), &create()).await;
    assert_lost(outcome, None, "");
}

#[tokio::test]
async fn half_a_head_is_lost_without_a_status() {
    let (address, _) = once(b"HTTP/1.1 201 Crea").await;
    assert_lost(
        send(&outbound(patient()), &endpoint(address), &create()).await,
        None,
        "",
    );
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_lost() {
    let (address, _) = once(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await;
    assert_lost(
        send(&outbound(patient()), &endpoint(address), &create()).await,
        None,
        "",
    );
}

#[tokio::test]
async fn a_truncated_body_is_lost_with_its_status() {
    for answer in [
        &b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"data\":"[..],
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"data\":\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\x02\x03",
    ] {
        let (address, seen) = once(answer).await;
        assert_lost(send(&outbound(patient()), &endpoint(address), &create()).await, Some(201), "cut short");
        assert_eq!(seen.count(), 1);
    }
}

#[tokio::test]
async fn vf_014_silence_is_lost_after_the_total_time() {
    let (address, seen) = start(|_, mut stream, seen| async move {
        seen.read(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    })
    .await;
    assert_lost(
        send(&outbound(quick()), &endpoint(address), &create()).await,
        None,
        "within 0.3 s",
    );
    assert_eq!(seen.count(), 1);
}

#[tokio::test]
async fn a_body_that_drips_beyond_the_total_time_is_lost_with_its_status() {
    let (address, _) = start(|_, mut stream, seen| async move {
        seen.read(&mut stream).await;
        drop(
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                .await,
        );
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_lost(
        send(&outbound(quick()), &endpoint(address), &create()).await,
        Some(200),
        "within 0.3 s",
    );
}

#[tokio::test]
async fn a_class_may_have_a_time_of_its_own_and_the_deadline_bounds_it() {
    let (address, _) = start(|_, mut stream, seen| async move {
        seen.read(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    })
    .await;
    let config = OutboundConfig {
        totals: vec![(RetryClass::Read, Duration::from_millis(100))],
        ..patient()
    };
    let outbound = outbound(config);
    assert_lost(
        send(&outbound, &endpoint(address), &read()).await,
        None,
        "within 0.1 s",
    );
    let soon = NOW + Duration::from_millis(200);
    let outcome = outbound
        .send(&endpoint(address), call(), &create(), Lane::Change, soon)
        .await;
    assert_lost(outcome, None, "within 0.2 s");
}

#[tokio::test]
async fn an_answer_larger_than_the_cap_is_lost_with_its_status() {
    let (address, _) = once(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}").await;
    let capped = |largest_body| {
        outbound(OutboundConfig {
            largest_body,
            ..patient()
        })
    };
    let outcome = send(&capped(11), &endpoint(address), &read()).await;
    assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    assert_lost(
        send(&capped(10), &endpoint(address), &read()).await,
        Some(200),
        "larger than 10 bytes",
    );
}

/// `{"ok":true}`, compressed.
const COMPRESSED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 31\r\n\r\n\
    \x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\xcf\x56\xb2\x2a\x29\x2a\x4d\xad\x05\x00\x90\x5f\xd4\xa7\x0b\x00\x00\x00";

#[tokio::test]
async fn compressed_answers_are_read_and_capped_by_their_true_size() {
    let (address, seen) = once(COMPRESSED).await;
    let Outcome::Answered(response) = send(&outbound(patient()), &endpoint(address), &read()).await else {
        panic!("it is answered")
    };
    assert_eq!(response.body, "{\"ok\":true}");
    assert!(
        seen.all()[0].contains("accept-encoding: gzip\r\n"),
        "{}",
        seen.all()[0]
    );
    let config = OutboundConfig {
        largest_body: 10,
        ..patient()
    };
    assert_lost(
        send(&outbound(config), &endpoint(address), &read()).await,
        Some(200),
        "larger",
    );
}

/// Answers the first request of the first connection, reads the second and closes; later connections answer.
async fn stale_after_the_first() -> (std::net::SocketAddr, crate::server::Seen) {
    start(|number, mut stream, seen| async move {
        while seen.read(&mut stream).await.is_some() {
            if number == 0 && seen.count() > 1 {
                return;
            }
            drop(
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                    .await,
            );
        }
    })
    .await
}

#[tokio::test]
async fn a_change_on_a_stale_connection_is_lost_and_never_repeated() {
    let (address, seen) = stale_after_the_first().await;
    let outbound = outbound(patient());
    assert!(matches!(
        send(&outbound, &endpoint(address), &read()).await,
        Outcome::Answered(_)
    ));
    assert_lost(
        send(&outbound, &endpoint(address), &create()).await,
        None,
        "closed",
    );
    assert_eq!(seen.count(), 2);
}

#[tokio::test]
async fn a_connection_that_closed_while_idle_is_replaced_and_the_change_is_sent_once() {
    let (address, seen) = once(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
    let outbound = outbound(patient());
    for _ in 0..5 {
        let outcome = send(&outbound, &endpoint(address), &create()).await;
        assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
        // The close has to arrive; only a socket can say so.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(seen.count(), 5);
}

#[tokio::test]
async fn a_read_on_a_stale_connection_is_repeated_once() {
    let (address, seen) = stale_after_the_first().await;
    let outbound = outbound(patient());
    for _ in 0..2 {
        let outcome = send(&outbound, &endpoint(address), &read()).await;
        assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    }
    assert_eq!(seen.count(), 3);
}

#[tokio::test]
async fn a_read_is_repeated_no_more_than_once() {
    let (address, seen) = once(b"").await;
    assert_lost(
        send(&outbound(patient()), &endpoint(address), &read()).await,
        None,
        "closed",
    );
    assert_eq!(seen.count(), 2);
}

#[tokio::test]
async fn vf_014_redirects_are_answers_and_are_not_followed() {
    let (target, at_target) = always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
    let (address, seen) = start(move |_, mut stream, seen| async move {
        seen.read(&mut stream).await;
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: http://{target}/\r\nContent-Length: 0\r\n\r\n");
        drop(stream.write_all(answer.as_bytes()).await);
    })
    .await;
    for request in [read(), create()] {
        let Outcome::Answered(response) = send(&outbound(patient()), &endpoint(address), &request).await
        else {
            panic!("it is answered")
        };
        assert_eq!(response.status, 302);
    }
    assert_eq!((seen.count(), at_target.count()), (2, 0));
}

#[tokio::test]
async fn what_cannot_be_written_or_comes_too_late_is_not_sent() {
    let (address, seen) = always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
    let elsewhere = Request::get("get_server", "/../../admin");
    assert_not_sent(
        send(&outbound(patient()), &endpoint(address), &elsewhere).await,
        "/../../admin",
    );
    let strict = outbound(OutboundConfig::default());
    let soon = NOW + Duration::from_millis(900);
    let outcome = strict
        .send(&endpoint(address), call(), &create(), Lane::Click, soon)
        .await;
    assert_not_sent(outcome, "deadline");
    let past = NOW - Duration::from_secs(5);
    let outcome = strict
        .send(&endpoint(address), call(), &create(), Lane::Click, past)
        .await;
    assert_not_sent(outcome, "deadline");
    assert_eq!(seen.count(), 0);
}
