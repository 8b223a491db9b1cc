//! How answers steer what is sent next: pauses and the breaker.

use std::sync::Arc;
use std::time::Duration;

use domain::Secret;
use domain::http::{Lane, Method, Outcome, Request, RetryClass};
use domain::id::PlatformId;
use domain::ports::CountingRandom;
use outbound::{
    BreakerConfig, BreakerState, Credential, Endpoint, Limits, Outbound, OutboundConfig, PlainHttp,
};
use sim::katapult::{API_BASE, Config, Katapult};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::server::{
    FixedClock, NOW, always, assert_lost, assert_not_sent, call, endpoint, endpoint_of, once, outbound,
    patient, platform, quick, send, start,
};

fn read() -> Request {
    Request::get("get_server", "/servers/7")
}

#[tokio::test]
async fn a_429_closes_the_gate_of_every_lane_for_as_long_as_it_says() {
    for (answer, seconds) in [
        (
            "HTTP/1.1 429 Too Many\r\nRetry-After: 40\r\nContent-Length: 0\r\n\r\n",
            Some(40),
        ),
        (
            "HTTP/1.1 429 Too Many\r\nRetry-After: Fri, 20 Nov 2026 07:00:40 GMT\r\nContent-Length: 0\r\n\r\n",
            Some(40),
        ),
        (
            "HTTP/1.1 429 Too Many\r\nRetry-After: 9000\r\nContent-Length: 0\r\n\r\n",
            Some(9000),
        ),
        ("HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n", None),
    ] {
        let (address, seen) = always(answer).await;
        let outbound = outbound(patient());
        let limits = Limits {
            pause_without_hint: Duration::from_mins(1),
            ..Limits::default()
        };
        let endpoint = endpoint(address).with_limits(limits);
        let Outcome::Answered(response) = send(&outbound, &endpoint, &read()).await else {
            panic!("it is answered")
        };
        assert_eq!((response.status, response.retry_after), (429, seconds));
        let pause = match seconds {
            Some(40) => "pause of another 40 s",
            Some(_) => "pause of another 120 s",
            None => "pause of another 60 s",
        };
        for lane in Lane::ALL {
            let outcome = outbound
                .send(&endpoint, call(), &read(), *lane, NOW + Duration::from_secs(30))
                .await;
            assert_not_sent(outcome, pause);
        }
        assert_eq!(seen.count(), 1);
        assert_eq!(outbound.breaker(platform()), BreakerState::Closed);
    }
}

/// Sends a first request, and gives what becomes of a second in each lane that has a second to leave in.
async fn after_one(outbound: &Outbound, endpoint: &Endpoint, request: &Request) -> (Outcome, Vec<Outcome>) {
    let first = send(outbound, endpoint, request).await;
    let mut seconds = Vec::new();
    for lane in Lane::ALL {
        let latest = NOW + Duration::from_secs(1);
        seconds.push(outbound.send(endpoint, call(), request, *lane, latest).await);
    }
    (first, seconds)
}

#[tokio::test]
async fn kt_120_what_an_answer_says_of_the_rate_holds_for_every_lane_from_then_on() {
    for (answer, status, then) in [
        (
            "HTTP/1.1 200 OK\r\nX-RateLimit-Permitted: 10\r\nX-RateLimit-Remaining: 9\r\nContent-Length: 2\r\n\r\n{}",
            200,
            "the turn did not come",
        ),
        (
            "HTTP/1.1 200 OK\r\nX-RateLimit-Permitted: 1000\r\nX-RateLimit-Remaining: 0\r\nContent-Length: 2\r\n\r\n{}",
            200,
            "pause of another 5 s",
        ),
        (
            "HTTP/1.1 404 No\r\nX-RateLimit-Permitted: 1000\r\nX-RateLimit-Remaining: 0\r\nContent-Length: 2\r\n\r\n{}",
            404,
            "pause of another 5 s",
        ),
        // A refusal says by itself how long to wait, or the endpoint does.
        (
            "HTTP/1.1 429 No\r\nX-RateLimit-Permitted: 1000\r\nX-RateLimit-Remaining: 0\r\nContent-Length: 2\r\n\r\n{}",
            429,
            "pause of another 60 s",
        ),
    ] {
        let (address, seen) = always(answer).await;
        let limits = Limits {
            pause_without_hint: Duration::from_mins(1),
            ..Limits::default()
        };
        let endpoint = endpoint(address).with_limits(limits);
        let (first, others) = after_one(&outbound(patient()), &endpoint, &read()).await;
        assert!(
            matches!(&first, Outcome::Answered(response) if response.status == status),
            "{first:?}"
        );
        for outcome in others {
            assert_not_sent(outcome, then);
        }
        assert_eq!(seen.count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn kt_120_the_rate_is_learnt_from_the_head_of_an_answer_that_is_cut_short_too() {
    let cut = b"HTTP/1.1 200 OK\r\nX-RateLimit-Permitted: 10\r\nX-RateLimit-Remaining: 9\r\nContent-Length: 9\r\n\r\n{";
    let (address, seen) = once(cut).await;
    let (first, others) = after_one(&outbound(patient()), &endpoint(address), &read()).await;
    assert_lost(first, Some(200), "cut short");
    for outcome in others {
        assert_not_sent(outcome, "the turn did not come");
    }
    assert_eq!(seen.count(), 1);
}

#[tokio::test]
async fn kt_120_katapults_own_headers_are_honoured_and_a_wide_limit_holds_nobody_up() {
    for (per_minute, then) in [
        (1_000_000, None),
        (10, Some("the turn did not come")),
        (1, Some("pause of another 5 s")),
    ] {
        let mut config = Config::default();
        config.tokens[0].per_minute = per_minute;
        let katapult = Arc::new(Katapult::new(config));
        let listen = ([127, 0, 0, 1], 0).into();
        let served = sim::http::serve(katapult.clone(), Arc::new(FixedClock), listen, None).await;
        let served = served.expect("loopback has free ports");
        let base = format!("http://{}{API_BASE}", served.addr);
        let token = Credential::Bearer(Secret::new(Config::TOKEN));
        let endpoint = Endpoint::parse(platform(), &base, token, PlainHttp::OnLoopback);
        let endpoint = endpoint.expect("a right address").with_kind("katapult");
        let request = Request::get("list_data_centers", "/data_centers");
        let (first, others) = after_one(&outbound(patient()), &endpoint, &request).await;
        assert!(
            matches!(&first, Outcome::Answered(response) if response.status == 200),
            "{first:?}"
        );
        for outcome in others {
            match then {
                Some(words) => assert_not_sent(outcome, words),
                None => assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}"),
            }
        }
        let heard = if then.is_some() { 1 } else { 1 + Lane::ALL.len() };
        assert_eq!(katapult.calls().len(), heard, "{per_minute}");
    }
}

#[tokio::test]
async fn a_retry_after_of_other_answers_is_passed_on_and_pauses_nothing() {
    let (address, seen) = always("HTTP/1.1 423 Locked\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n").await;
    let outbound = outbound(patient());
    for _ in 0..2 {
        let Outcome::Answered(response) = send(&outbound, &endpoint(address), &read()).await else {
            panic!("it is answered")
        };
        assert_eq!((response.status, response.retry_after), (423, Some(7)));
    }
    assert_eq!(seen.count(), 2);
}

#[tokio::test]
async fn five_answers_of_a_broken_platform_open_its_breaker_only() {
    for status in ["500 E", "502 E", "503 E", "504 E"] {
        let answer: &'static str = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").leak();
        let (address, seen) = always(answer).await;
        let outbound = outbound(patient());
        for _ in 0..5 {
            assert_eq!(outbound.breaker(platform()), BreakerState::Closed);
            assert!(matches!(
                send(&outbound, &endpoint(address), &read()).await,
                Outcome::Answered(_)
            ));
        }
        assert_not_sent(send(&outbound, &endpoint(address), &read()).await, "breaker open");
        assert_eq!(seen.count(), 5);
        let until = outbound.open_until(platform()).expect("it is open");
        let cool_down = until.since(NOW);
        assert!(
            cool_down > Duration::from_secs(11) && cool_down <= Duration::from_secs(18),
            "{cool_down:?}"
        );
    }
}

#[tokio::test]
async fn refusals_never_open_the_breaker() {
    for status in [
        "400 E", "401 E", "403 E", "404 E", "409 E", "422 E", "423 E", "501 E",
    ] {
        let answer: &'static str = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").leak();
        let (address, seen) = always(answer).await;
        let outbound = outbound(patient());
        for _ in 0..12 {
            assert!(matches!(
                send(&outbound, &endpoint(address), &read()).await,
                Outcome::Answered(_)
            ));
        }
        assert_eq!(
            (seen.count(), outbound.breaker(platform())),
            (12, BreakerState::Closed),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_platform_that_cannot_be_reached_opens_its_breaker() {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let outbound = outbound(patient());
    for _ in 0..5 {
        assert_not_sent(send(&outbound, &endpoint(address), &read()).await, "refused");
    }
    assert_not_sent(send(&outbound, &endpoint(address), &read()).await, "breaker open");
    assert!(outbound.open_until(platform()).is_some());
}

#[tokio::test]
async fn silence_opens_the_breaker_and_cut_answers_do_not() {
    let (silent, _) = start(|_, mut stream, seen| async move {
        seen.read(&mut stream).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    })
    .await;
    let breaker = BreakerConfig {
        failures: 2,
        ..BreakerConfig::default()
    };
    let short = OutboundConfig {
        breaker: breaker.clone(),
        ..quick()
    };
    let sender = outbound(short);
    for _ in 0..2 {
        assert_lost(send(&sender, &endpoint(silent), &read()).await, None, "within");
    }
    assert!(matches!(sender.breaker(platform()), BreakerState::Open { .. }));

    let (cutting, seen) = once(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{").await;
    let sender = outbound(OutboundConfig { breaker, ..patient() });
    for _ in 0..4 {
        assert_lost(
            send(&sender, &endpoint(cutting), &read()).await,
            Some(200),
            "cut short",
        );
    }
    assert_eq!(
        (seen.count(), sender.breaker(platform())),
        (4, BreakerState::Closed)
    );
}

#[tokio::test]
async fn after_the_cool_down_one_good_answer_closes_the_breaker() {
    let (address, seen) = start(|_, mut stream, seen| async move {
        while seen.read(&mut stream).await.is_some() {
            let answer: &[u8] = if seen.count() <= 2 {
                b"HTTP/1.1 503 E\r\nContent-Length: 0\r\n\r\n"
            } else {
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
            };
            drop(tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await);
        }
    })
    .await;
    let breaker = BreakerConfig {
        failures: 2,
        cool_down: Duration::from_millis(50),
        ..BreakerConfig::default()
    };
    let outbound = outbound(OutboundConfig { breaker, ..patient() });
    let change = Request::new(
        "suspend",
        Method::Post,
        "/servers/7/suspend",
        RetryClass::Convergent,
    );
    for _ in 0..2 {
        send(&outbound, &endpoint(address), &change).await;
    }
    assert!(matches!(outbound.breaker(platform()), BreakerState::Open { .. }));
    tokio::time::sleep(Duration::from_millis(70)).await;
    assert_eq!(outbound.breaker(platform()), BreakerState::HalfOpen);
    assert!(matches!(
        send(&outbound, &endpoint(address), &change).await,
        Outcome::Answered(_)
    ));
    assert_eq!(
        (seen.count(), outbound.breaker(platform())),
        (3, BreakerState::Closed)
    );
}

#[tokio::test]
async fn mx_098_a_throttled_and_a_dead_platform_slow_no_other() {
    let (throttling, _) =
        always("HTTP/1.1 429 Too Many\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n").await;
    let (good, seen) = always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has free ports");
    let dead = listener.local_addr().expect("it is bound");
    drop(listener);
    let of = |seed: u64, address: std::net::SocketAddr| {
        let platform = PlatformId::at(NOW, &CountingRandom::new(seed));
        endpoint_of(platform, &format!("http://{address}/api/v1"))
    };
    let (throttling, dead, good) = (of(11, throttling), of(12, dead), of(13, good));
    let outbound = outbound(patient());
    for _ in 0..6 {
        drop(send(&outbound, &dead, &read()).await);
    }
    drop(send(&outbound, &throttling, &read()).await);
    assert_not_sent(send(&outbound, &dead, &read()).await, "breaker open");
    assert_not_sent(send(&outbound, &throttling, &read()).await, "pause of another");

    // A whole burst of the third leaves at once, while others wait in the line of the throttled one.
    let outbound = Arc::new(outbound);
    let mut waiting = JoinSet::new();
    for _ in 0..8 {
        let (outbound, throttling) = (Arc::clone(&outbound), throttling.clone());
        let latest = NOW + Duration::from_mins(5);
        waiting.spawn(async move {
            outbound
                .send(&throttling, call(), &read(), Lane::Click, latest)
                .await
        });
    }
    let begun = tokio::time::Instant::now();
    let burst = good.limits().burst.get();
    for _ in 0..burst {
        let outcome = send(&outbound, &good, &read()).await;
        assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    }
    assert_eq!(seen.count(), burst as usize);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(waiting.try_join_next().is_none(), "the throttled one still waits");
}
