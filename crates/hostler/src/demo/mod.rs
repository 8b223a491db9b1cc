//! `hostler demo`: the engine, a simulated panel and a small shop in one process, with everything in a temporary
//! folder. `--smoke` takes one server through its whole life without a person; `--panel` uses another panel.
//!
//! The shop speaks to the engine over the bridge's port, signed, as any billing system does; the panel is spoken to
//! over HTTPS. Nothing here has a shortcut but the set-up, which does what an operator does on the command line.

mod catalogue;
mod panel;

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ::demo::{PanelAccess, Shop, ShopConfig, SmokeConfig, smoke};
use anyhow::{Context, Result};
use domain::id::{InstallationId, SecretId};
use domain::record::{CreateProtocol, Installation, InstallationSettings, PlatformKind};
use domain::{Actor, Secret};
use engine::{Engine, Proposal};
use tokio::net::TcpListener;

use crate::cli::DemoArguments;
use crate::clock::ProcessClock;
use crate::commands::fresh_key;
use crate::config::{Listen, Settings};
use crate::lifecycle::{Daemon, Signals, metrics};
use crate::{terminal, wiring};
use catalogue::Catalogue;
use panel::DemoPanel;

/// The name of the shop's installation.
const INSTALLATION: &str = "demo";
/// The shop's record of the panel.
const SERVER: u64 = 1;
/// When a smoke run has failed, at the latest.
const SMOKE_DEADLINE: Duration = Duration::from_mins(15);

/// `hostler demo`.
pub async fn run(arguments: DemoArguments, settings: Settings) -> Result<ExitCode> {
    let signals = Signals::listen()?;
    let folder = tempfile::tempdir().context("no temporary folder can be made")?;
    let clock = ProcessClock::of_the_system();
    let usual = if arguments.smoke { 0 } else { settings.demo.port };
    let listener = shop_listener(arguments.port.unwrap_or(usual)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let settings = in_folder(settings, folder.path(), &url);

    let panel = DemoPanel::open(&arguments, clock.port()).await?;
    let engine = wiring::open(&settings, clock.port()).await?;
    let key = connect_shop(&engine, &url).await?;
    connect_panel(&engine, &panel).await?;
    let catalogue = Catalogue::read(&engine, &panel, arguments.group, arguments.package).await?;
    let daemon = Daemon::start(engine.clone(), clock.clone(), &settings, metrics::install()?).await?;
    tokio::spawn(signals.obey(daemon.stop().clone()));

    let bridge = daemon.bridge_address().context("the demo's bridge has no port")?;
    let template = catalogue.systems.first().map(|system| system.template);
    let config = shop_config(catalogue, &panel, bridge, key, &url);
    let shop = Shop::new(config, clock.port(), Arc::clone(engine.random()));
    let pages = shop.router().merge(daemon.operator_pages()).merge(daemon.relay());
    let serving = tokio::spawn(async move { axum::serve(listener, pages).await });
    let code = if arguments.smoke {
        beside(daemon, run_smoke(shop, template)).await?
    } else {
        let selling = tokio::spawn(async move { shop.run(std::future::pending()).await });
        greet(&url, &panel);
        daemon.run().await?;
        selling.abort();
        ExitCode::SUCCESS
    };
    serving.abort();
    panel.close().await;
    Ok(code)
}

fn greet(url: &str, panel: &DemoPanel) {
    let faults = if panel.is_simulated() {
        format!("\nWhat goes wrong there:   {url}faults")
    } else {
        String::new()
    };
    terminal::say(&format!(
        "The shop:                {url}\n\
         What the engine does:    {url}operator\n\
         The panel:               {}{faults}\n\
         Everything is gone when this ends: Ctrl-C.",
        panel.endpoint
    ));
}

/// Does something while the engine runs, and then stops it.
async fn beside(daemon: Daemon, work: impl Future<Output = ExitCode>) -> Result<ExitCode> {
    let stop = daemon.stop().clone();
    let running = tokio::spawn(daemon.run());
    let code = tokio::select! {
        code = work => code,
        () = stop.cancelled() => ExitCode::FAILURE,
    };
    stop.cancel();
    running.await.context("the engine broke")??;
    Ok(code)
}

/// One server's whole life; the last line says how it went.
async fn run_smoke(shop: Shop, template: Option<u64>) -> ExitCode {
    let report = smoke(SmokeConfig {
        shop,
        template,
        product: 1,
        upgrade: 2,
        hostname: "smoke.example.com".to_owned(),
        deadline: SMOKE_DEADLINE,
    })
    .await;
    for step in &report.steps {
        let mark = if step.ok { "ok" } else { "FAILED" };
        terminal::say(&format!(
            "{mark:<7} {:<16} {:>6} ms  {}",
            step.name, step.ms, step.detail
        ));
    }
    match serde_json::to_string(&report) {
        Ok(line) => terminal::say(&line),
        Err(error) => terminal::complain(&format!("the report cannot be written: {error}")),
    }
    if report.ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn shop_listener(port: u16) -> Result<TcpListener> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpListener::bind(address)
        .await
        .with_context(|| format!("demo.port = {port}: it cannot be listened on; choose another: --port"))
}

/// The same settings, with everything that is kept or listened on in a folder of its own, and consoles relayed beside the
/// shop's pages: no browser would trust the panel's certificate.
fn in_folder(mut settings: Settings, folder: &Path, url: &str) -> Settings {
    settings.database.url = format!("sqlite:{}", folder.join("hostler.db").display());
    settings.database.key_file = folder.join("key");
    settings.database.tide_file = None;
    settings.database.schema = None;
    settings.bridge.socket = folder.join("bridge.sock");
    settings.bridge.listen = Listen::At(SocketAddr::from(([127, 0, 0, 1], 0)));
    settings.operator.listen = Listen::Off;
    settings.console.listen = Listen::Off;
    settings.console.public_origin = Some(url.to_owned());
    settings.control.socket = folder.join("control.sock");
    settings
}

/// Adds the shop as an installation and returns its key.
async fn connect_shop(engine: &Engine, url: &str) -> Result<Secret> {
    let (clock, random) = (engine.clock().as_ref(), engine.random().as_ref());
    let key = fresh_key(random);
    let installation = Installation {
        id: installation()?,
        key: SecretId::new(clock, random),
        previous_key: None,
        enrol_until: None,
        settings: InstallationSettings {
            nudge_url: Some(format!("{url}nudge")),
            ..InstallationSettings::default()
        },
        created_at: clock.now(),
    };
    engine
        .store()
        .add_installation(&installation, &key, &actor())
        .await?;
    Ok(key)
}

/// Proposes, approves and tests the panel, as an operator does. The simulated one is known to take owner changes,
/// which is what the staging protocol needs; of another panel only a proof would say so.
async fn connect_panel(engine: &Engine, panel: &DemoPanel) -> Result<()> {
    let proposal = Proposal {
        server: Some((installation()?, SERVER)),
        kind: PlatformKind::VirtFusion,
        endpoint: panel.endpoint.clone(),
        account: String::new(),
        token: panel.token.clone(),
        name: "Demo panel".to_owned(),
        actor: actor(),
    };
    let platform = engine.propose_platform(proposal).await?;
    let mut profile = platform.profile.clone();
    profile.extra_ca.clone_from(&panel.ca);
    if panel.is_simulated() {
        profile.create_protocol = CreateProtocol::Staging;
        profile.staging_domain = Some("staging.example.com".to_owned());
        profile.rate_per_minute = 6000;
    }
    engine
        .store()
        .set_platform_profile(platform.id, profile, &actor())
        .await?;
    engine.approve_platform(platform.id, &actor()).await?;
    match engine.test_platform(platform.id).await? {
        Ok(()) => Ok(()),
        Err(sentence) => anyhow::bail!("--panel {}: {sentence}", panel.endpoint),
    }
}

fn installation() -> Result<InstallationId> {
    Ok(INSTALLATION.parse()?)
}

fn actor() -> Actor {
    Actor::host("demo")
}

fn shop_config(
    catalogue: Catalogue,
    panel: &DemoPanel,
    bridge: SocketAddr,
    key: Secret,
    url: &str,
) -> ShopConfig {
    ShopConfig {
        bridge: format!("http://{bridge}"),
        installation: INSTALLATION.to_owned(),
        key,
        url: url.to_owned(),
        panel: PanelAccess {
            server_id: SERVER,
            host: panel.host().to_owned(),
            token: None,
        },
        sim_control: panel.control(),
        operator_url: Some("/operator".to_owned()),
        products: catalogue.products,
        operating_systems: catalogue.systems,
    }
}
