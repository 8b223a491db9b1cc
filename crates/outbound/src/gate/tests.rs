//! The gate under tokio's paused clock: no test here waits for real time.

use domain::ports::CountingRandom;
use tokio::task::JoinHandle;
use tokio::time::advance;

use super::*;
use crate::limits::Rate;

type Departures = Arc<Mutex<Vec<(&'static str, Duration)>>>;

fn gate(limits: &Limits) -> Arc<Gate> {
    let breaker = BreakerConfig {
        cool_down: Duration::from_secs(15),
        ..BreakerConfig::default()
    };
    Arc::new(Gate::new(
        limits.clone(),
        breaker,
        Arc::new(CountingRandom::new(1)),
    ))
}

/// As good as unlimited, but for what a test sets.
fn generous() -> Limits {
    Limits::default().with_rate(Rate::per_second(1_000_000), 1_000_000)
}

fn in_time(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// Lets every task run until it waits.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// A request that notes when it leaves and is under way for a while.
fn request(
    gate: &Arc<Gate>,
    limits: &Limits,
    lane: Lane,
    name: &'static str,
    takes: Duration,
    departures: &Departures,
) -> JoinHandle<Result<(), Refusal>> {
    let (gate, limits, departures, start) = (
        Arc::clone(gate),
        limits.clone(),
        Arc::clone(departures),
        Instant::now(),
    );
    tokio::spawn(async move {
        let permit = gate.enter(&limits, lane, in_time(3600)).await?;
        departures
            .lock()
            .expect("no test panics here")
            .push((name, start.elapsed()));
        tokio::time::sleep(takes).await;
        drop(permit);
        Ok(())
    })
}

fn names(departures: &Departures) -> Vec<&'static str> {
    departures
        .lock()
        .expect("no test panics here")
        .iter()
        .map(|(name, _)| *name)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn clicks_leave_before_changes_and_changes_before_background_work() {
    let limits = Limits {
        concurrency: 1,
        ..generous()
    };
    let (gate, departures) = (gate(&limits), Departures::default());
    let held = gate
        .enter(&limits, Lane::Background, in_time(1))
        .await
        .expect("the gate is free");
    let mut tasks = Vec::new();
    for (lane, name) in [
        (Lane::Background, "background 1"),
        (Lane::Background, "background 2"),
        (Lane::Change, "change"),
        (Lane::Click, "click 1"),
        (Lane::Click, "click 2"),
    ] {
        tasks.push(request(
            &gate,
            &limits,
            lane,
            name,
            Duration::from_secs(1),
            &departures,
        ));
        settle().await;
    }
    assert_eq!(names(&departures), Vec::<&str>::new());
    drop(held);
    for task in tasks {
        task.await.expect("it does not panic").expect("it leaves");
    }
    assert_eq!(
        names(&departures),
        ["click 1", "click 2", "change", "background 1", "background 2"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_click_overtakes_background_work_that_waits_for_the_rate() {
    let limits = Limits::default().with_rate(Rate::per_second(1), 1);
    let (gate, departures) = (gate(&limits), Departures::default());
    let sweep: Vec<_> = (0..5)
        .map(|_| {
            request(
                &gate,
                &limits,
                Lane::Background,
                "sweep",
                Duration::ZERO,
                &departures,
            )
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let click = request(&gate, &limits, Lane::Click, "click", Duration::ZERO, &departures);
    click.await.expect("it does not panic").expect("it leaves");
    assert_eq!(names(&departures), ["sweep", "sweep", "click"]);
    for task in sweep {
        task.await.expect("it does not panic").expect("it leaves");
    }
    let last = departures
        .lock()
        .expect("no test panics here")
        .last()
        .expect("five left")
        .1;
    assert!(
        last >= Duration::from_secs(5) && last < Duration::from_millis(5020),
        "{last:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_thousand_requests_take_their_number_over_the_rate() {
    let limits = Limits {
        queue: 2000,
        ..Limits::default().with_rate(Rate::per_second(50), 10)
    };
    let (gate, departures) = (gate(&limits), Departures::default());
    let start = Instant::now();
    let tasks: Vec<_> = (0..1000)
        .map(|_| {
            request(
                &gate,
                &limits,
                Lane::Background,
                "sweep",
                Duration::from_millis(30),
                &departures,
            )
        })
        .collect();
    for task in tasks {
        task.await.expect("it does not panic").expect("it leaves");
    }
    let (ideal, taken) = (1000.0 / 50.0, start.elapsed().as_secs_f64());
    assert!(
        (taken - ideal).abs() <= ideal * 0.05,
        "{taken} s for an ideal of {ideal} s"
    );
    let times: Vec<_> = departures
        .lock()
        .expect("no test panics here")
        .iter()
        .map(|(_, at)| *at)
        .collect();
    let crowded = times
        .windows(61)
        .filter(|span| span[60].saturating_sub(span[0]) < Duration::from_secs(1))
        .count();
    assert_eq!(crowded, 0, "never more than rate and burst in a second");
}

#[tokio::test(start_paused = true)]
async fn the_last_slot_is_kept_for_clicks() {
    let limits = Limits {
        concurrency: 2,
        ..generous()
    };
    let gate = gate(&limits);
    let _change = gate
        .enter(&limits, Lane::Change, in_time(1))
        .await
        .expect("the gate is free");
    let second = gate.enter(&limits, Lane::Change, in_time(1)).await.err();
    assert_eq!(second, Some(Refusal::TooLate));
    assert!(gate.enter(&limits, Lane::Click, in_time(1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_sends_the_least_urgent_away() {
    let limits = Limits {
        concurrency: 1,
        queue: 2,
        ..generous()
    };
    let (gate, departures) = (gate(&limits), Departures::default());
    let held = gate
        .enter(&limits, Lane::Click, in_time(1))
        .await
        .expect("the gate is free");
    let first = request(
        &gate,
        &limits,
        Lane::Background,
        "first",
        Duration::ZERO,
        &departures,
    );
    settle().await;
    let second = request(
        &gate,
        &limits,
        Lane::Background,
        "second",
        Duration::ZERO,
        &departures,
    );
    settle().await;
    let third = gate.enter(&limits, Lane::Background, in_time(9)).await.err();
    assert_eq!(third, Some(Refusal::QueueFull { waiting: 2 }));
    let click = request(&gate, &limits, Lane::Click, "click", Duration::ZERO, &departures);
    let second = second.await.expect("it does not panic");
    assert!(matches!(second, Err(Refusal::QueueFull { .. })), "{second:?}");
    drop(held);
    click.await.expect("it does not panic").expect("it leaves");
    first.await.expect("it does not panic").expect("it leaves");
    assert_eq!(names(&departures), ["click", "first"]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_beyond_the_deadline_or_for_a_turn_that_cannot_come() {
    let limits = Limits {
        concurrency: 1,
        ..generous()
    };
    let gate_ = gate(&limits);
    let held = gate_
        .enter(&limits, Lane::Click, in_time(1))
        .await
        .expect("the gate is free");
    let start = Instant::now();
    assert_eq!(
        gate_.enter(&limits, Lane::Click, in_time(3)).await.err(),
        Some(Refusal::TooLate)
    );
    assert!(start.elapsed() >= Duration::from_secs(3) && start.elapsed() < Duration::from_millis(3010));
    drop(held);

    let slow = Limits::default().with_rate(Rate::per_minute(1), 1);
    let gate_ = gate(&slow);
    gate_
        .enter(&slow, Lane::Click, in_time(1))
        .await
        .expect("the gate is free");
    let start = Instant::now();
    assert_eq!(
        gate_.enter(&slow, Lane::Click, in_time(30)).await.err(),
        Some(Refusal::TooLate)
    );
    assert_eq!(
        start.elapsed(),
        Duration::ZERO,
        "the turn in 60 s is known not to come in 30"
    );
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_gives_up_hands_its_turn_on() {
    let limits = Limits::default().with_rate(Rate::per_second(1), 1);
    let (gate, departures) = (gate(&limits), Departures::default());
    gate.enter(&limits, Lane::Click, in_time(1))
        .await
        .expect("the gate is free");
    let next = request(
        &gate,
        &limits,
        Lane::Change,
        "gave up",
        Duration::ZERO,
        &departures,
    );
    settle().await;
    let after = request(&gate, &limits, Lane::Change, "after", Duration::ZERO, &departures);
    settle().await;
    next.abort();
    tokio::time::timeout(Duration::from_secs(2), after)
        .await
        .expect("in time")
        .expect("no panic")
        .expect("it leaves");
    assert_eq!(names(&departures), ["after"]);
}

#[tokio::test(start_paused = true)]
async fn mx_098_after_a_429_requests_leave_at_half_the_rate_and_in_smaller_bursts() {
    let limits = Limits::default().with_rate(Rate::per_second(10), 1);
    let gate = gate(&limits);
    let ten = async || {
        let start = Instant::now();
        for _ in 0..10 {
            let permit = gate.enter(&limits, Lane::Change, in_time(60)).await;
            drop(permit.expect("its turn comes"));
        }
        start.elapsed()
    };
    let whole = ten().await;
    assert!(
        whole >= Duration::from_millis(900) && whole <= Duration::from_millis(1_010),
        "{whole:?}"
    );
    gate.throttle(Duration::ZERO);
    // The first leaves at the pace of before, each further one two tenths of a second after the one before.
    let halved = ten().await;
    assert!(
        halved >= Duration::from_millis(1_800) && halved <= Duration::from_millis(2_010),
        "{halved:?}"
    );
    advance(Duration::from_mins(2)).await;
    let recovered = ten().await;
    assert!(recovered <= Duration::from_millis(1_010), "{recovered:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_every_lane_and_is_capped() {
    let limits = generous();
    let gate = gate(&limits);
    gate.throttle(Duration::from_secs(100_000));
    gate.throttle(Duration::from_secs(1));
    for lane in Lane::ALL {
        let refused = gate.enter(&limits, *lane, in_time(60)).await.err();
        assert_eq!(
            refused,
            Some(Refusal::Paused {
                for_another: Duration::from_mins(2)
            }),
            "{lane}"
        );
    }
    let start = Instant::now();
    gate.enter(&limits, Lane::Background, in_time(300))
        .await
        .expect("the pause ends");
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_mins(2) && waited < Duration::from_millis(120_010),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_opening_breaker_sends_all_waiting_away_and_lets_one_probe_out_later() {
    let limits = Limits::default().with_rate(Rate::per_minute(1), 5);
    let (gate, departures) = (gate(&limits), Departures::default());
    let mut under_way = Vec::new();
    for _ in 0..5 {
        under_way.push(
            gate.enter(&limits, Lane::Change, in_time(1))
                .await
                .expect("the gate is free"),
        );
    }
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            request(
                &gate,
                &limits,
                Lane::Change,
                "waiting",
                Duration::ZERO,
                &departures,
            )
        })
        .collect();
    settle().await;
    for permit in under_way {
        permit.report(Health::Bad);
    }
    for task in waiting {
        let refused = task.await.expect("it does not panic");
        assert!(
            matches!(refused, Err(Refusal::BreakerOpen { for_another: Some(_) })),
            "{refused:?}"
        );
    }
    advance(Duration::from_mins(2)).await;
    let probe = gate
        .enter(&limits, Lane::Click, in_time(1))
        .await
        .expect("one may try");
    let other = gate.enter(&limits, Lane::Click, in_time(1)).await.err();
    assert_eq!(other, Some(Refusal::BreakerOpen { for_another: None }));
    drop(probe);
    let probe = gate
        .enter(&limits, Lane::Click, in_time(1))
        .await
        .expect("a probe without result is repeated");
    probe.report(Health::Good);
    assert_eq!(gate.breaker(), (None, true));
}

#[tokio::test(start_paused = true)]
async fn changed_limits_hold_from_the_next_request_on() {
    let slow = Limits::default().with_rate(Rate::per_minute(1), 1);
    let gate = gate(&slow);
    gate.enter(&slow, Lane::Click, in_time(1))
        .await
        .expect("the gate is free");
    assert!(gate.enter(&slow, Lane::Click, in_time(1)).await.is_err());
    let fast = slow.with_rate(Rate::per_minute(1), 100);
    assert!(gate.enter(&fast, Lane::Click, in_time(1)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn one_change_waits_for_another_and_not_beyond_its_deadline() {
    let gate = gate(&generous());
    let first = gate.change_alone(in_time(1)).await.expect("nothing changes");
    let too_late = gate.change_alone(in_time(5)).await;
    assert_eq!(too_late.err(), Some(Refusal::TooLate));
    let second = tokio::spawn({
        let gate = Arc::clone(&gate);
        async move { gate.change_alone(in_time(5)).await.is_ok() }
    });
    settle().await;
    assert!(!second.is_finished());
    drop(first);
    assert!(second.await.expect("it does not panic"));
}
