//! A thousand builds under way on a platform that permits 200 requests a minute, under tokio's paused clock: real seconds
//! for what takes a quarter of an hour.

use std::sync::atomic::AtomicUsize;

use domain::http::Request;
use domain::ports::CountingRandom;
use domain::{Moment, Secret};
use serde_json::{Value, json};
use sim::katapult::{API_BASE, Config, Katapult};
use sim::wire::{Answer, Incoming, Reply};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::*;
use crate::limits::Rate;

/// What the platform permits in a minute.
const PERMITTED: u32 = 200;

/// Builds under way at once.
const BUILDS: usize = 1_000;

/// How many operations the engine drives at once.
const HANDS: usize = 32;

/// How often a build is looked at, at most: the engine's longest pause between two looks.
const LOOKED_AT: Duration = Duration::from_secs(20);

/// A build's way to its end: the build is read until it is complete, then its machine.
const READINGS: u32 = 2;

/// How long an answer takes.
const LATENCY: Duration = Duration::from_millis(20);

struct World {
    katapult: Katapult,
    gate: Arc<Gate>,
    limits: Limits,
    start: Instant,
    refused: AtomicUsize,
}

impl World {
    fn now(&self) -> Moment {
        Moment::from_seconds(1_800_000_007) + self.start.elapsed()
    }

    /// What the platform answers to whoever holds a token.
    fn answer(&self, request: &Request, token: &str) -> Answer {
        let incoming = Incoming::from_request(API_BASE, request, &Secret::new(token), None);
        match self.katapult.handle(self.now(), &incoming) {
            Reply::Answer(answer) => answer,
            other => panic!("the platform behaves: {other:?}"),
        }
    }

    /// Sends a request through the gate as [`Outbound`](crate::Outbound) does; `None` where its turn did not come.
    async fn send(&self, request: &Request, lane: Lane) -> Option<Value> {
        let latest = Instant::now() + Duration::from_secs(60);
        let permit = self.gate.enter(&self.limits, lane, latest).await.ok()?;
        let answer = self.answer(request, Config::TOKEN);
        sleep(LATENCY).await;
        let number = |name: &str| answer.header(name)?.parse::<u32>().ok();
        let permitted = number("x-ratelimit-permitted").and_then(std::num::NonZeroU32::new);
        self.gate.allowed(Allowance {
            permitted: permitted.expect("every answer says it"),
            remaining: number("x-ratelimit-remaining"),
        });
        if answer.status == 429 {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        permit.report(Health::Good);
        answer.value()
    }

    /// Follows a build to its machine, and gives when it was seen to be built.
    async fn follow(&self, hands: &Semaphore, build: &str) -> Duration {
        let read = Request::get("read_build", "/virtual_machines/builds/virtual_machine_build")
            .with_query("virtual_machine_build[id]", build);
        let mut request = read.clone();
        loop {
            let answer = {
                let _hand = hands.acquire().await.expect("nobody closes it");
                self.send(&request, Lane::Change).await
            };
            let Some(answer) = answer else {
                sleep(LOOKED_AT).await;
                continue;
            };
            if answer.get("virtual_machine").is_some() {
                return self.start.elapsed();
            }
            let build = &answer["virtual_machine_build"];
            if build["state"] == "complete" {
                let machine = build["virtual_machine"]["id"].as_str().expect("it has a machine");
                request = Request::get("read_machine", "/virtual_machines/virtual_machine")
                    .with_query("virtual_machine[id]", machine);
            } else {
                sleep(LOOKED_AT).await;
            }
        }
    }
}

fn world() -> Arc<World> {
    let mut config = Config {
        machine_limit: 2_000,
        ..Config::default()
    };
    // The builds are made beforehand, with another token, which has a limit of its own.
    for token in &mut config.tokens {
        let is_ours = token.text.expose() == Config::TOKEN;
        token.per_minute = if is_ours { PERMITTED } else { u32::MAX };
    }
    // As a platform is set up that nobody has told the limit of.
    let limits = Limits::default().with_rate(Rate::per_minute(600), 20);
    let gate = Gate::new(
        limits.clone(),
        BreakerConfig::default(),
        Arc::new(CountingRandom::new(1)),
    );
    Arc::new(World {
        katapult: Katapult::new(config),
        gate: Arc::new(gate),
        limits,
        start: Instant::now(),
        refused: AtomicUsize::new(0),
    })
}

fn ordered(world: &World, number: usize) -> String {
    let path = "/organizations/organization/virtual_machines/build";
    let class = domain::http::RetryClass::Creating;
    let body = json!({
        "organization": { "sub_domain": Config::ORGANIZATION }, "data_center": { "permalink": "uk-lon-01" },
        "package": { "permalink": "rock-1" }, "disk_template": { "permalink": "templates/debian-11" },
        "hostname": format!("web-{number}"),
    });
    let order = Request::new("build_machine", domain::http::Method::Post, path, class).with_body(body);
    let answer = world.answer(&order, Config::USER_TOKEN);
    let value = answer.value().unwrap_or_default();
    let build = value["build"]["id"].as_str();
    build
        .unwrap_or_else(|| panic!("the order is taken: {answer:?}"))
        .to_owned()
}

#[tokio::test(start_paused = true)]
async fn kt_120_a_thousand_builds_at_200_requests_a_minute_meet_no_429_and_leave_clicks_a_second() {
    let world = world();
    let hands = Arc::new(Semaphore::new(HANDS));
    let mut followed = JoinSet::new();
    for number in 0..BUILDS {
        let build = ordered(&world, number);
        let (world, hands) = (Arc::clone(&world), Arc::clone(&hands));
        followed.spawn(async move { world.follow(&hands, &build).await });
    }
    let clicking = {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let click = Request::get("list_organizations", "/organizations");
            let mut slowest = Duration::ZERO;
            loop {
                sleep(Duration::from_secs(7)).await;
                let begun = Instant::now();
                let answer = world.send(&click, Lane::Click).await;
                assert!(answer.is_some(), "a click's turn comes");
                slowest = slowest.max(begun.elapsed());
                if world.start.elapsed() > Duration::from_mins(10) {
                    return slowest;
                }
            }
        })
    };
    let mut ends = Vec::new();
    while let Some(end) = followed.join_next().await {
        ends.push(end.expect("no build is lost"));
    }
    assert_eq!(ends.len(), BUILDS);
    assert_eq!(world.refused.load(Ordering::Relaxed), 0, "refused as too many");
    let slowest = clicking.await.expect("every click is answered");
    assert!(slowest <= Duration::from_secs(1), "{slowest:?}");
    // Each build is read once more than it needs, since it was under way at the first look: all of that at the rate that
    // keeps within the limit, and two pauses between looks, is the longest that any of them takes.
    let rate = f64::from(PERMITTED - 20) / 60.0;
    let requests = f64::from(READINGS + 2) * 1_000.0;
    let longest = Duration::from_secs_f64(requests / rate) + LOOKED_AT * 2 + Duration::from_mins(2);
    let last = ends.iter().max().copied().unwrap_or_default();
    assert!(
        last <= longest,
        "the last ends after {last:?}, and {longest:?} are enough"
    );
}
