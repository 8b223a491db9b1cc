//! One run: load, kills, the end, the comparison.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use domain::{Clock, Random, ports::CountingRandom};
use engine::SystemClock;
use tokio_util::sync::CancellationToken;

use crate::compare::{Findings, compare};
use crate::load::Load;
use crate::look::{CHANGING, Hit, View};
use crate::process::{Engine, end_of};
use crate::report::{Kills, Minima, Report};
use crate::scene::Scene;
use crate::settle::{Haste, settle};

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Everything random follows from it.
    pub seed: u64,
    /// How long the engine is killed.
    pub minutes: f64,
    /// The engine.
    pub program: PathBuf,
    /// How the end is reached.
    pub haste: Haste,
    /// Services at work at once.
    pub lanes: u64,
    /// The longest that an undisturbed answer of the panel takes, in milliseconds.
    pub slowest: u64,
    /// How many requests of each kind are lost without effect that take ten minutes and more to settle.
    pub slow_faults: u32,
    /// How many creates take effect only after their attempt was given up. Only a hastened end waits for them.
    pub late_creates: u32,
    /// Whether one of two panels has proved the staging protocol; else there is one, under the list protocol.
    pub staging: bool,
    /// What the run must reach to count.
    pub minima: Minima,
}

/// Does all of it. An error is a run that could not be made; what a run found wrong is in its report.
pub async fn run(plan: &Plan) -> Result<Report> {
    let mut scene = Scene::set(&plan.program, plan.seed, plan.slowest, plan.staging).await?;
    for site in &scene.sites {
        let seed = plan.seed.wrapping_add(site.server * 1_000);
        site.host.delay_creates(plan.late_creates, seed);
        site.host.go_wrong(seed, plan.slow_faults);
    }
    let load = Load {
        lanes: plan.lanes,
        servers: scene.sites.iter().map(|site| site.server).collect(),
    };
    let stop = CancellationToken::new();
    let (billing, until) = (scene.billing.clone(), stop.clone());
    let clients = tokio::spawn(async move { load.run(&billing, &until).await });
    let (billing, until) = (scene.billing.clone(), stop.clone());
    let effects = tokio::spawn(async move { billing.run_effects(&until).await });
    let killed = kill_again_and_again(&scene, plan).await;
    stop.cancel();
    clients.await?;
    effects.await?;
    let kills =
        killed.with_context(|| format!("the engine's log ends:\n{}", end_of(&scene.place.path("log"))))?;
    let faults = struck(&scene);
    let settled = settle(&mut scene, &plan.haste).await?;
    let findings = compare(&scene, &settled).await?;
    let mut violations = findings.lines();
    violations.extend(histories(&scene, &findings).await?);
    if !violations.is_empty() {
        violations.push(format!(
            "the engine's folder is kept: {}",
            scene.place.keep().display()
        ));
    }

    let mut view = View::open(&scene.place.database()).await?;
    let finished_by_kind = view.finished().await?;
    let questions = view.questions().await?;
    view.close().await?;
    let changing = finished_by_kind
        .iter()
        .filter(|(kind, _)| CHANGING.contains(&format!("'{kind}'")));
    let finished = changing.flat_map(|(_, states)| states.values()).sum();
    let strays = finished_by_kind.get("remove_stray");
    let late_machines_removed = strays.and_then(|states| states.get("succeeded")).copied();
    let machines = scene
        .sites
        .iter()
        .map(|site| site.host.panel.servers(site.host.now()).len());
    let machines = machines.sum();
    let books = scene.billing.books();
    Ok(Report {
        seed: plan.seed,
        minutes: plan.minutes,
        optimised: !cfg!(debug_assertions),
        ready: kills.ready(),
        first_work: kills.work(),
        kills,
        finished,
        finished_by_kind,
        services: books.services.len(),
        machines,
        accepted: books.accepted.len(),
        calls: books.calls,
        effects: books.applied,
        mails: books.mails.len(),
        faults,
        lost: count(&findings.lost),
        doubled: count(&findings.doubled),
        unsettled: findings.unsettled.len(),
        late_machines_removed: late_machines_removed.unwrap_or(0),
        questions,
        settled,
        minima: plan.minima,
        violations,
    })
}

fn count(lines: &[String]) -> u64 {
    u64::try_from(lines.len()).unwrap_or(u64::MAX)
}

/// Starts and kills the engine until the time is over, and looks at its store after each kill.
async fn kill_again_and_again(scene: &Scene, plan: &Plan) -> Result<Kills> {
    let random = CountingRandom::new(plan.seed);
    let until = Instant::now() + Duration::from_secs_f64(plan.minutes * 60.0);
    let mut kills = Kills::default();
    while Instant::now() < until {
        let engine = Engine::start(&scene.place).await?;
        tokio::time::sleep(life(&random)).await;
        let (ready, started) = (engine.ready_in, engine.started_at);
        let killed = SystemClock.now();
        engine.kill().await?;
        kills.count(ready, look(scene, started, killed).await?);
    }
    Ok(kills)
}

/// From 0.05 to 5 s, as many short as long ones by orders of magnitude.
fn life(random: &CountingRandom) -> Duration {
    let thousandths = u32::try_from(random.below(1_000)).unwrap_or(0);
    Duration::from_secs_f64(0.05 * 100_f64.powf(f64::from(thousandths) / 1_000.0))
}

async fn look(scene: &Scene, started: domain::Moment, killed: domain::Moment) -> Result<Hit> {
    let mut view = View::open(&scene.place.database()).await?;
    let hit = view.hit(started, killed).await?;
    view.close().await?;
    Ok(hit)
}

/// What the panels did wrong, by kind of fault.
fn struck(scene: &Scene) -> BTreeMap<String, u64> {
    let mut struck = BTreeMap::new();
    for state in scene.sites.iter().flat_map(|site| site.host.panel.faults()) {
        let kind = serde_json::to_value(&state.rule.fault).unwrap_or_default();
        let kind = kind["kind"].as_str().unwrap_or("unknown").to_owned();
        *struck.entry(kind).or_default() += state.struck;
    }
    struck
}

/// The operations of the services that something is wrong with, as the command line shows them.
async fn histories(scene: &Scene, findings: &Findings) -> Result<Vec<String>> {
    /// Beyond these the rest says nothing new.
    const MOST: usize = 10;
    let mut view = View::open(&scene.place.database()).await?;
    let held = view.services().await?;
    let mut shown = Vec::new();
    for service in findings.services.iter().take(MOST) {
        let Some(held) = held.get(service) else { continue };
        shown.push(format!("history of service {service} ({})", held.id));
        for operation in view.operations_of(&held.id).await? {
            let output = scene
                .place
                .hostler(&["operation", "show", &operation])
                .output()
                .await?;
            shown.push(String::from_utf8_lossy(&output.stdout).into_owned());
        }
    }
    view.close().await?;
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_last_from_a_twentieth_of_a_second_to_five_seconds_half_of_them_below_one_half() {
        let random = CountingRandom::new(7);
        let mut lives: Vec<Duration> = (0..2_000).map(|_| life(&random)).collect();
        lives.sort_unstable();
        assert!(lives[0] >= Duration::from_millis(50), "{:?}", lives[0]);
        assert!(lives[1_999] < Duration::from_secs(5), "{:?}", lives[1_999]);
        let half = lives[1_000];
        assert!(
            half > Duration::from_millis(400) && half < Duration::from_millis(620),
            "{half:?}"
        );
    }
}
