//! A sweep over ten thousand services on a panel that permits 1,200 requests a minute, under tokio's paused clock: real
//! seconds for what takes nine minutes. Gate, driver, order of readings and rounds are the engine's own; the panel is the
//! simulated one, in process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::http::{Lane, Outcome, Request, Timeouts};
use domain::id::{InstallationId, LinkId, PlatformId, ServiceId};
use domain::machine::Identity;
use domain::observed::FactKind;
use domain::ports::CountingRandom;
use domain::record::{Link, LinkRole, Notes, Relation};
use domain::{Moment, Secret};
use driver::{Driver, Reading, ReadingContext};
use driver_virtfusion::VirtFusion;
use engine::core::{Ages, Attention, Due, Known, Round, Subject, Turn, Went, due};
use futures_util::future::join_all;
use outbound::{BreakerConfig, Gate, Health, Limits, Rate};
use sim::virtfusion::{GroupConfig, HypervisorConfig, Panel, PanelConfig};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// Services on the panel.
const SERVICES: u64 = 10_000;

/// Machines on one hypervisor.
const PER_HOST: u64 = 200;

/// Requests that the operator allows in a second.
const RATE: u32 = 20;

/// Hands of a sweep: two fewer than may be under way at once.
const HANDS: usize = 6;

/// How long an answer takes.
const LATENCY: Duration = Duration::from_millis(100);

/// How long a hypervisor that is dead lets the panel wait.
const TIMEOUT: Duration = Duration::from_secs(30);

struct World {
    panel: Panel,
    gate: Arc<Gate>,
    limits: Limits,
    start: Instant,
    dead: u64,
    calls: AtomicUsize,
    refused: AtomicUsize,
    timed_out: AtomicUsize,
}

impl World {
    fn new() -> Self {
        let mut config = PanelConfig {
            groups: vec![GroupConfig {
                id: 1,
                name: "London".to_owned(),
                enabled: true,
                ipv4: 20_000,
                hypervisors: vec![
                    HypervisorConfig {
                        memory: 0,
                        cores: 0,
                        storage: 0,
                        servers: PER_HOST,
                        ..HypervisorConfig::default()
                    };
                    usize::try_from(SERVICES / PER_HOST).expect("few")
                ],
            }],
            history: Duration::ZERO,
            log_capacity: 0,
            ..PanelConfig::default()
        };
        for token in &mut config.tokens {
            token.per_minute = Some(RATE * 60);
        }
        let limits = Limits::default().with_rate(Rate::per_second(RATE), 1);
        let random = Arc::new(CountingRandom::new(1));
        let world = Self {
            panel: Panel::new(config),
            gate: Arc::new(Gate::new(limits.clone(), BreakerConfig::default(), random)),
            limits,
            start: Instant::now(),
            dead: 0,
            calls: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            timed_out: AtomicUsize::new(0),
        };
        let hand = world.panel.hand(world.now());
        let owner = hand.create_user("Jane Doe", "jane@example.test").expect("a user");
        for _ in 0..SERVICES {
            hand.create_server(owner, 1, 1).expect("there is room");
        }
        let dead = world.panel.servers(world.now())[0].hypervisor;
        Self { dead, ..world }
    }

    fn now(&self) -> Moment {
        Moment::from_seconds(1_800_000_007) + self.start.elapsed()
    }

    /// Sends a request through the gate as the engine's way out does.
    async fn send(&self, request: &Request, lane: Lane) -> Outcome {
        let latest = Instant::now() + Duration::from_secs(40);
        let permit = match self.gate.enter(&self.limits, lane, latest).await {
            Ok(permit) => permit,
            Err(refusal) => return Outcome::not_sent(refusal.to_string()),
        };
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.hangs(request) {
            self.timed_out.fetch_add(1, Ordering::Relaxed);
            sleep(TIMEOUT).await;
            permit.report(Health::Bad);
            return Outcome::lost("timed out waiting for the answer");
        }
        let token = Secret::new(PanelConfig::TOKEN);
        let base = VirtFusion.api_base();
        let incoming = sim::wire::Incoming::from_request(base, request, &token, None);
        let reply = self.panel.handle(self.now(), &incoming);
        let (outcome, took) = reply.outcome(self.now(), Timeouts::default(), LATENCY);
        sleep(took).await;
        if matches!(&outcome, Outcome::Answered(response) if response.status == 429) {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        permit.report(Health::Good);
        outcome
    }

    /// Whether the panel would have to ask the dead hypervisor.
    fn hangs(&self, request: &Request) -> bool {
        let asks = request.query.iter().any(|(name, _)| name == "remoteState");
        let id = request.path.rsplit('/').next().and_then(|id| id.parse().ok());
        let server = id
            .filter(|_| asks)
            .and_then(|id| self.panel.server(self.now(), id));
        server.is_some_and(|server| server.hypervisor == self.dead)
    }
}

/// A service of the sweep.
struct Member {
    link: Link,
    seen: Identity,
}

struct Sweep {
    world: World,
    round: Mutex<Round>,
    members: Mutex<BTreeMap<ServiceId, Member>>,
    over: Notify,
    installation: InstallationId,
    read: AtomicUsize,
}

impl Sweep {
    fn new(world: World) -> Self {
        let first = VirtFusion.list("").expect("a panel has a list");
        Self {
            world,
            round: Mutex::new(Round::new(Some(first), BTreeSet::new())),
            members: Mutex::default(),
            over: Notify::new(),
            installation: "main".parse().expect("a name"),
            read: AtomicUsize::new(0),
        }
    }

    fn round(&self) -> std::sync::MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hand(&self) {
        loop {
            let over = self.over.notified();
            tokio::pin!(over);
            over.as_mut().enable();
            let turn = self.round().turn();
            match turn {
                Turn::Done => return,
                Turn::Wait => {
                    over.await;
                    continue;
                }
                Turn::Page(request) => self.page(&request).await,
                Turn::Read(due) => {
                    let went = self.make(&due).await;
                    self.round().read(&due, went);
                }
            }
            self.over.notify_waiters();
        }
    }

    /// Of every machine its traffic is due, and of those on two hypervisors, one of them dead, also what they do.
    async fn page(&self, request: &Request) {
        let outcome = self.world.send(request, Lane::Background).await;
        let page = VirtFusion.read_list(request, &outcome).expect("the list is read");
        let (mut known, mut hosts) = (Vec::new(), BTreeMap::new());
        let now = self.world.now();
        for row in page.machines {
            let host = page.hosts.get(&row.identity.id).expect("the list tells").clone();
            let number: u64 = row.identity.id.parse().expect("a number");
            let service = ServiceId::at(Moment::EPOCH, &CountingRandom::new(number * 1_000));
            let near = host.parse::<u64>().expect("a number").abs_diff(self.world.dead) <= 1;
            let live = Subject::Fact(FactKind::Live);
            known.push(Known {
                service,
                shows: &[FactKind::Live, FactKind::Traffic],
                attention: Attention::Nobody,
                changed: false,
                seen: (!near).then_some((live, now)).into_iter().collect(),
                tried: BTreeMap::new(),
            });
            hosts.insert(service, host);
            let link = link(service, number, &row.identity);
            let member = Member {
                link,
                seen: row.identity,
            };
            self.members
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(service, member);
        }
        let due = due(&known, &Ages::default(), now);
        let more = page.next.into_iter().chain(page.more).collect();
        self.round().page_read(due, hosts, more);
    }

    async fn make(&self, due: &Due) -> Went {
        let Subject::Fact(kind) = due.subject else {
            panic!("no list showed a change");
        };
        let (link, seen) = {
            let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
            let member = &members[&due.service];
            (member.link.clone(), member.seen.clone())
        };
        let context = ReadingContext {
            kind,
            link: &link,
            installation: &self.installation,
            client_id: 77,
            relation: Relation::Integer,
            seen: Some(&seen),
        };
        let mut request = VirtFusion.reading(&context).expect("it can be read");
        let mut notes = Notes::new();
        loop {
            let outcome = self.world.send(&request, Lane::Background).await;
            match VirtFusion.read_fact(&context, &request, &outcome, &notes) {
                Reading::Seen { .. } => {
                    self.read.fetch_add(1, Ordering::Relaxed);
                    return Went::Answered;
                }
                Reading::Next(next, known) => (request, notes) = (next, known),
                Reading::Failed(_) if matches!(outcome, Outcome::Failed(_)) => return Went::Silent,
                Reading::Failed(why) => panic!("it can be read: {why}"),
            }
        }
    }
}

fn link(service: ServiceId, number: u64, identity: &Identity) -> Link {
    let random = CountingRandom::new(number);
    Link {
        id: LinkId::at(Moment::EPOCH, &random),
        service,
        generation: 1,
        platform: PlatformId::at(Moment::EPOCH, &CountingRandom::new(1)),
        role: LinkRole::Primary,
        resource: "instance".to_owned(),
        identity: identity.clone(),
        opened_at: Moment::EPOCH,
        closed_at: None,
        close_reason: None,
    }
}

/// Somebody clicks every two seconds; the times until the click's request left and was answered.
async fn click(sweep: &Sweep, until: &AtomicUsize) -> Vec<Duration> {
    let mut probes = VirtFusion.probes("").into_iter();
    let probe = probes.next().expect("a panel can be probed");
    let mut times = Vec::new();
    while until.load(Ordering::Relaxed) > 0 {
        sleep(Duration::from_millis(2_017)).await;
        let begun = Instant::now();
        let outcome = sweep.world.send(&probe, Lane::Click).await;
        assert!(
            matches!(outcome, Outcome::Answered(_)),
            "a click's turn comes: {outcome:?}"
        );
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times
}

#[tokio::test(start_paused = true)]
async fn gx_007_ten_thousand_services_take_calls_over_rate_meet_no_429_and_a_dead_node_costs_one_timeout() {
    let sweep = Sweep::new(World::new());
    let hands = AtomicUsize::new(HANDS);
    let begun = Instant::now();
    let work = async {
        let hand = |_| async {
            sweep.hand().await;
            hands.fetch_sub(1, Ordering::Relaxed);
        };
        join_all((0..HANDS).map(hand)).await;
        begun.elapsed()
    };
    let (took, clicks) = tokio::join!(work, click(&sweep, &hands));

    let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    let tally = sweep.round().tally();
    let services = usize::try_from(SERVICES).expect("few");
    let per_host = usize::try_from(PER_HOST).expect("few");
    assert_eq!(of(&sweep.world.refused), 0, "429");
    assert_eq!(of(&sweep.world.timed_out), 1, "a dead node costs one time-out");
    assert_eq!((tally.silent, tally.spared), (1, per_host - 1));
    assert!(
        of(&sweep.read) >= services + per_host,
        "every machine that can be read is read"
    );
    assert_eq!(tally.answered, of(&sweep.read));

    let calls = u32::try_from(of(&sweep.world.calls)).expect("few");
    let expected = Duration::from_secs_f64(f64::from(calls) / f64::from(RATE));
    let off = took.as_secs_f64() / expected.as_secs_f64() - 1.0;
    assert!(
        off.abs() <= 0.05,
        "{calls} calls took {took:?}, and {expected:?} is the rate"
    );

    assert!(clicks.len() > 200, "{}", clicks.len());
    let p99 = clicks[clicks.len() * 99 / 100];
    let alone = LATENCY + Duration::from_millis(u64::from(1_000 / RATE));
    assert!(p99 <= alone + Duration::from_millis(5), "{p99:?} beside a sweep");
}
