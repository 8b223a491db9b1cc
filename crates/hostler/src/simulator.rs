//! `hostler sim`: a simulated platform by itself.
//!
//! It prints one line of JSON when it listens, which names its addresses and its token, and runs until it is told to
//! stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::{Clock, Moment};
use serde_json::{Value, json};
use sim::http::{Offer, Options, Running, serve_with};
use sim::katapult::{self, Katapult};
use sim::platform::Platform;
use sim::tls::TlsConfig;
use sim::virtfusion::{Panel, PanelConfig, Profile, Scope, Token};
use tokio_util::sync::CancellationToken;

use crate::cli::{KatapultArguments, PanelVersion, SimArguments, VirtfusionArguments};
use crate::clock::ProcessClock;
use crate::lifecycle::Signals;
use crate::terminal;

/// `hostler sim virtfusion`.
pub async fn virtfusion(arguments: VirtfusionArguments) -> Result<()> {
    let panel = Panel::new(panel_config(&arguments));
    serve(arguments.platform, Arc::new(panel), PanelConfig::TOKEN, |_, _| ()).await
}

/// `hostler sim katapult`.
pub async fn katapult(arguments: KatapultArguments) -> Result<()> {
    let platform = Arc::new(Katapult::new(katapult_config(&arguments)));
    let consoles = Arc::clone(&platform);
    // A driver takes a console for the platform's own only where it lies at the platform's address.
    let listening = move |now, address: &str| consoles.move_consoles(now, address);
    serve(arguments.platform, platform, katapult::Config::TOKEN, listening).await
}

/// Serves a platform, one of whose tokens is `usual` where the arguments name none, until the process is told to stop.
/// What depends on where it listens is told to `listening`, once that is known.
async fn serve(
    arguments: SimArguments,
    panel: Arc<dyn Platform>,
    usual: &str,
    listening: impl FnOnce(Moment, &str),
) -> Result<()> {
    let signals = Signals::listen()?;
    let clock = ProcessClock::of_the_system();
    let tls = if arguments.plain {
        None
    } else {
        Some(certificate(&arguments)?)
    };
    let token = arguments.token.as_deref().unwrap_or(usual);
    let offer = if arguments.control.is_some() {
        Offer::Platform
    } else {
        Offer::PlatformAndControl
    };
    let options = Options {
        tls,
        offer,
        ..Options::default()
    };
    let main = listen(&panel, &clock.port(), "--listen", arguments.listen, options).await?;
    let address = format!("{}://{}", scheme(&arguments), main.addr);
    listening(clock.port().now(), &address);
    let control = match arguments.control {
        Some(address) => {
            let options = Options {
                offer: Offer::Control,
                ..Options::default()
            };
            Some(listen(&panel, &clock.port(), "--control", address, options).await?)
        }
        None => None,
    };
    let mut said = json!({
        "panel": address,
        "control": control.as_ref().map_or_else(
            || address.clone(),
            |control| format!("http://{}", control.addr),
        ),
        "token": token,
        "ca": arguments.ca_out,
    });
    clock_door(&arguments, &clock, &mut said).await?;
    terminal::say(&said.to_string());

    let stop = CancellationToken::new();
    tokio::spawn(signals.obey(stop.clone()));
    stop.cancelled().await;
    main.shutdown().await;
    if let Some(control) = control {
        control.shutdown().await;
    }
    Ok(())
}

const fn scheme(arguments: &SimArguments) -> &'static str {
    if arguments.plain { "http" } else { "https" }
}

fn panel_config(arguments: &VirtfusionArguments) -> PanelConfig {
    let platform = &arguments.platform;
    let mut config = PanelConfig {
        seed: platform.seed,
        url: format!("{}://{}", scheme(platform), platform.listen),
        profile: match arguments.profile {
            PanelVersion::V6 => Profile::V6,
            PanelVersion::V7 => Profile::V7,
        },
        build: Duration::from_secs(platform.build_seconds),
        ..PanelConfig::default().with_example(9, 21)
    };
    if let Some(token) = &platform.token {
        config.tokens.push(Token::new(token, Scope::Full));
    }
    config
}

fn katapult_config(arguments: &KatapultArguments) -> katapult::Config {
    let platform = &arguments.platform;
    let mut config = katapult::Config {
        seed: platform.seed,
        ..katapult::Config::quick(Duration::from_secs(platform.build_seconds))
    };
    if arguments.recorded_times {
        config.timings = katapult::Timings::RECORDED;
    }
    if arguments.annotations_stay {
        config.annotations = katapult::Annotations::StayWithTheBuild;
    }
    if let Some(token) = &platform.token {
        let owner = katapult::Owner::Organization(katapult::Config::ORGANIZATION.to_owned());
        config
            .tokens
            .push(katapult::Token::new(token, owner, katapult::SCOPES));
    }
    config
}

/// A certificate for the address and the names, whose authority is written where the arguments say.
fn certificate(arguments: &SimArguments) -> Result<TlsConfig> {
    let mut names = vec![arguments.listen.ip().to_string(), "localhost".to_owned()];
    names.extend(arguments.names.iter().cloned());
    let (tls, authority) = TlsConfig::generated(&names)?;
    let path = arguments
        .ca_out
        .as_deref()
        .context("--ca-out: name a file for the certificate authority")?;
    std::fs::write(path, authority).with_context(|| {
        format!(
            "--ca-out {}: it cannot be written; name a writable file",
            path.display()
        )
    })?;
    Ok(tls)
}

async fn listen(
    panel: &Arc<dyn Platform>,
    clock: &Arc<dyn Clock>,
    argument: &str,
    address: SocketAddr,
    options: Options,
) -> Result<Running> {
    serve_with(Arc::clone(panel), Arc::clone(clock), address, options)
        .await
        .with_context(|| format!("{argument} {address}: it cannot be listened on; choose a free address"))
}

/// In test builds the simulator's clock can be moved: `POST /_sim/clock {"advance_seconds":60}`.
#[cfg(feature = "test-clock")]
async fn clock_door(arguments: &SimArguments, clock: &ProcessClock, said: &mut Value) -> Result<()> {
    #[derive(serde::Deserialize)]
    struct Forward {
        advance_seconds: i64,
    }
    let Some(address) = arguments.clock else {
        return Ok(());
    };
    let clock = clock.clone();
    let forward = async move |axum::Json(Forward { advance_seconds }): axum::Json<Forward>| {
        let now = clock.shift(advance_seconds);
        axum::Json(json!({ "now": now.to_string(), "micros": now.as_micros() }))
    };
    let router = axum::Router::new().route("/_sim/clock", axum::routing::post(forward));
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("--clock {address}: it cannot be listened on; choose a free address"))?;
    said["clock"] = json!(format!("http://{}", listener.local_addr()?));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

#[cfg(not(feature = "test-clock"))]
#[expect(clippy::unused_async, reason = "it is awaited in test builds")]
async fn clock_door(_: &SimArguments, _: &ProcessClock, _: &mut Value) -> Result<()> {
    Ok(())
}
