//! After the last kill: the panel behaves, the billing system asks again for what was not done, an operator answers
//! what only a person can settle, and the engine works everything off.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sim::virtfusion::Stage;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::look::{Remaining, View};
use crate::process::Engine;
use crate::report::Settled;
use crate::scene::Scene;

/// The longest that it may take.
const PATIENCE: Duration = Duration::from_secs(360);
/// One move of the clocks: within the lease of an operation, and within the tolerance of a signature.
const MOVE: i64 = 30;
/// So far the clocks are moved at least, so that what the panel still has up its sleeve shows.
const LEAST_MOVE: i64 = 1_500;
/// What is due within this is waited for.
const ALMOST_DUE: Duration = Duration::from_millis(200);
/// Within this a lost request that had its effect is settled under either protocol.
const LOST_SHOWS: Duration = Duration::from_secs(45);
/// Calls of the billing system at once.
const ASKING: usize = 8;

/// How the end is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Haste {
    /// In real time.
    None,
    /// With a build of the engine whose clock can be moved; it is started in place of the one that was killed.
    Moving(PathBuf),
}

/// Has everything come to its end. What has not by then is left for the comparison to find.
pub async fn settle(scene: &mut Scene, haste: &Haste) -> Result<Settled> {
    for site in &scene.sites {
        site.host.panel.clear_faults();
    }
    let mut settled = Settled::default();
    if let Haste::Moving(program) = haste {
        scene.place.change_program(program);
        settled.hastened = true;
    }
    let engine = Engine::start(&scene.place).await?;
    if settled.hastened {
        // A process begins with the system's time, wherever the clocks had been moved to before.
        advance_engine(scene, scene.clock.offset()).await?;
    }
    let begun = Instant::now();
    let stop = CancellationToken::new();
    let (billing, until) = (scene.billing.clone(), stop.clone());
    let effects = tokio::spawn(async move { billing.run_effects(&until).await });
    let worked = work_off(scene, &mut settled, begun).await;
    stop.cancel();
    effects.await?;
    worked?;
    engine.stop().await?;
    settled.took_seconds = begun.elapsed().as_secs();
    Ok(settled)
}

async fn work_off(scene: &Scene, settled: &mut Settled, begun: Instant) -> Result<()> {
    let mut view = View::open(&scene.place.database()).await?;
    let mut calm = 0;
    while begun.elapsed() < PATIENCE && calm < 3 {
        let busy = view.busy().await?;
        ask_again(scene, &busy).await;
        answer_questions(scene, &mut view, settled).await?;
        let remaining = view.remaining().await?;
        let stray = stray_machines(scene, &mut view).await?;
        let unsettled = if settled.hastened {
            BTreeSet::new()
        } else {
            view.unsettled().await?
        };
        let busy = view.busy().await?;
        let owed = {
            let books = scene.billing.books();
            let mut owing = books
                .services
                .values()
                .filter(|service| !unsettled.contains(&service.id));
            owing.any(|service| service.next().is_some())
        };
        let ended = if settled.hastened {
            settled.moved_seconds >= LEAST_MOVE && !stray
        } else {
            // What is lost without effect is left to the engine's schedule; what has an effect shows before this.
            unsettled.is_empty() || begun.elapsed() > LOST_SHOWS
        };
        let quiet = busy.is_subset(&unsettled) && remaining.effects == 0 && remaining.sending == 0;
        calm = if quiet && !owed && ended { calm + 1 } else { 0 };
        let at_rest = remaining.sending == 0
            && remaining
                .next_due
                .is_none_or(|due| due > scene.now() + ALMOST_DUE);
        if settled.hastened && at_rest && calm == 0 {
            move_clocks(scene, &remaining, settled).await?;
        } else {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
    view.close().await
}

/// The billing system asks for everything that is not as it was wished and that nobody is at work on.
async fn ask_again(scene: &Scene, busy: &BTreeSet<u64>) {
    let owed: Vec<_> = {
        let books = scene.billing.books();
        let services = books.services.values();
        services
            .filter(|service| !busy.contains(&service.id))
            .filter_map(|service| Some((service.id, service.next()?)))
            .collect()
    };
    for some in owed.chunks(ASKING) {
        let mut asking = JoinSet::new();
        for (service, function) in some.iter().copied() {
            let billing = scene.billing.clone();
            asking.spawn(async move { billing.perform(service, function, None).await });
        }
        // What came of each is in the books.
        asking.join_all().await;
    }
}

/// Whether a panel has a machine that no service holds.
async fn stray_machines(scene: &Scene, view: &mut View) -> Result<bool> {
    let linked: i64 = view
        .services()
        .await?
        .values()
        .map(|held| i64::try_from(held.links.len()).unwrap_or(0))
        .sum();
    let machines: usize = scene
        .sites
        .iter()
        .map(|site| site.host.panel.servers(site.host.now()).len())
        .sum();
    Ok(i64::try_from(machines).unwrap_or(i64::MAX) > linked)
}

/// An operator answers the open questions, having looked at the panel.
async fn answer_questions(scene: &Scene, view: &mut View, settled: &mut Settled) -> Result<()> {
    let open = scene.place.ask(&["operation", "answer"]).await?;
    for question in open.as_array().into_iter().flatten() {
        let id = question["id"].as_str().context("a question without an id")?;
        let Some(word) = word_for(scene, view, question).await? else {
            continue;
        };
        // A question that was settled meanwhile needs no answer any more.
        if scene.place.ask(&["operation", "answer", id, &word]).await.is_ok() {
            settled.answers += 1;
            settled.sent_again += u64::from(word == "send-again");
        }
    }
    Ok(())
}

/// What an operator answers; `None` to leave it to the watch.
async fn word_for(scene: &Scene, view: &mut View, question: &Value) -> Result<Option<String>> {
    let choices: Vec<&str> = question["choices"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|choice| choice[0].as_str())
        .collect();
    let offered = |word: &str| {
        choices
            .iter()
            .find(|choice| **choice == word || choice.starts_with(&format!("{word}:")))
            .map(|choice| (*choice).to_owned())
    };
    let operation = question["operation"].as_str().unwrap_or_default();
    let (kind, service) = view.operation(operation).await?.unwrap_or_default();
    let service = scene.billing.books().service(service);
    let nothing_came = match &service {
        Some(service) if question["kind"] == "unsettled_create" => {
            let linked = linked_ids(view, service.client, scene).await?;
            scene
                .machines_of_client(service)
                .iter()
                .all(|machine| linked.contains(&machine.id.to_string()))
        }
        Some(service) => scene
            .machines_of_client(service)
            .iter()
            .any(|machine| machine.stage == Stage::Allocated),
        None => false,
    };
    Ok(match question["kind"].as_str().unwrap_or_default() {
        "unsettled_create" if nothing_came => offered("send-again"),
        "unsettled_change" if kind == "create" && nothing_came => offered("send-again"),
        "unsettled_change" | "overdue" if kind == "power" => offered("give-up"),
        "effect_failed" => offered("repeat"),
        "overdue" => offered("go-on"),
        "vanished" | "identity_mismatch" => offered("look-again"),
        "build_failed" => offered("send-again"),
        "suspension_broken" => offered("hold"),
        _ => None,
    })
}

/// The machines that the services of a client hold.
async fn linked_ids(view: &mut View, client: u64, scene: &Scene) -> Result<Vec<String>> {
    let held = view.services().await?;
    let books = scene.billing.books();
    let theirs = books.services.values().filter(|service| service.client == client);
    Ok(theirs
        .filter_map(|service| held.get(&service.id))
        .flat_map(|held| held.links.iter().map(|link| link.upstream_id.clone()))
        .collect())
}

/// Moves the clocks of engine, panels and billing system to shortly before the next thing is due, a step at most.
async fn move_clocks(scene: &Scene, remaining: &Remaining, settled: &mut Settled) -> Result<()> {
    let ahead = remaining.next_due.map_or(MOVE, |due| {
        i64::try_from(due.since(scene.now()).as_secs()).unwrap_or(MOVE)
    });
    let seconds = ahead.clamp(1, MOVE);
    advance_engine(scene, seconds).await?;
    scene.clock.shift(seconds);
    settled.moved_seconds += seconds;
    // What came due is claimed within this.
    tokio::time::sleep(Duration::from_millis(150)).await;
    Ok(())
}

/// Moves the engine's clock over its control socket.
pub async fn advance_engine(scene: &Scene, seconds: i64) -> Result<()> {
    let mut stream = UnixStream::connect(scene.place.control()).await?;
    let line = format!("{}\n", json!({ "clock": { "advance_seconds": seconds } }));
    stream.write_all(line.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    ensure!(
        answer.starts_with("{\"done\""),
        "the engine's clock did not move: {answer}"
    );
    Ok(())
}
