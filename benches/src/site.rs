//! One installed engine: a folder, a configuration, a billing system and a platform, set up by the command line as an
//! operator does it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use domain::Secret;
use domain::id::InstallationId;
use engine::{SystemClock, SystemRandom};
use serde_json::Value;
use store::{Key, Store, StoreConfig};
use tempfile::TempDir;
use tokio::process::Command;

use crate::Bench;
use crate::panel::TOKEN;
use crate::process::Process;

/// The billing system's record of the panel.
pub const SERVER: u64 = 1;
/// The product that is ordered.
pub const PRODUCT: u64 = 1;

/// How fast the panel may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As every platform is asked unless its operator says otherwise: 600 requests a minute, 8 at once.
    Usual,
    /// As fast as it answers.
    Unpaced,
    /// So many requests a second, never two at once ahead of it.
    PerSecond(u32),
}

/// An installed engine. Its files are gone when this is dropped.
#[derive(Debug)]
pub struct Site {
    program: PathBuf,
    data: TempDir,
    /// Apart from the data: the path of a socket may have no more than 107 bytes.
    _sockets: TempDir,
    /// Where the bridge listens once the engine runs.
    pub port: u16,
    /// The billing system.
    pub installation: InstallationId,
    /// Its key.
    pub key: Secret,
}

impl Site {
    /// Writes the configuration. There is no database yet.
    pub fn empty(bench: &Bench) -> Result<Self> {
        let data = tempfile::Builder::new()
            .prefix("site-")
            .tempdir_in(&bench.folder)?;
        let sockets = tempfile::tempdir()?;
        // Free at this moment; the engine takes it a moment later.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        fs::write(
            data.path().join("hostler.toml"),
            configuration(data.path(), sockets.path(), port),
        )?;
        Ok(Self {
            program: bench.hostler.clone(),
            data,
            _sockets: sockets,
            port,
            installation: "bench".parse()?,
            key: Secret::new(""),
        })
    }

    /// Writes the configuration and adds the billing system.
    pub async fn install(bench: &Bench) -> Result<Self> {
        let mut site = Self::empty(bench)?;
        let added = site.ask(&["installation", "add", "bench"]).await?;
        let key = added["key"].as_str().context("the new installation has no key")?;
        site.key = Secret::new(key);
        Ok(site)
    }

    /// Proposes and approves the panel at `address`, the billing system's [`SERVER`].
    pub async fn connect(&self, address: std::net::SocketAddr, pace: Pace) -> Result<()> {
        self.connect_as(SERVER, address, pace).await
    }

    /// The same for another server record of the billing system.
    pub async fn connect_as(&self, server: u64, address: std::net::SocketAddr, pace: Pace) -> Result<()> {
        let token = self.path("token");
        fs::write(&token, TOKEN)?;
        let (endpoint, server) = (format!("http://{address}"), server.to_string());
        let token = token.to_string_lossy().into_owned();
        let proposed = self
            .ask(&[
                "platform",
                "propose",
                "--installation",
                "bench",
                "--server",
                &server,
                "--endpoint",
                &endpoint,
                "--token-file",
                &token,
            ])
            .await?;
        let id = proposed["id"].as_str().context("the platform has no id")?;
        let mut approval = vec!["platform", "approve", id];
        let rate;
        match pace {
            Pace::Usual => {}
            Pace::Unpaced => {
                approval.extend(["--rate", "6000000", "--burst", "100000", "--concurrency", "64"]);
            }
            Pace::PerSecond(requests) => {
                rate = (requests * 60).to_string();
                approval.extend(["--rate", &rate, "--burst", "1", "--concurrency", "8"]);
            }
        }
        self.ask(&approval).await?;
        Ok(())
    }

    /// Sets how long CreateAccount waits for a machine with an address.
    pub async fn wait_for_create(&self, seconds: u32) -> Result<()> {
        let (product, seconds) = (PRODUCT.to_string(), seconds.to_string());
        self.ask(&["product", "set", "bench", &product, "--wait-seconds", &seconds])
            .await?;
        Ok(())
    }

    /// Adds settings to the configuration, in sections that it does not have yet.
    pub fn configure(&self, settings: &str) -> Result<()> {
        let place = self.path("hostler.toml");
        let before = fs::read_to_string(&place)?;
        fs::write(&place, format!("{before}{settings}"))?;
        Ok(())
    }

    /// Starts the engine.
    pub async fn start(&self) -> Result<Process> {
        Process::start(
            &self.program,
            &self.path("hostler.toml"),
            self.port,
            &self.path("log"),
        )
        .await
    }

    /// The engine's store, while the engine does not run.
    pub async fn store(&self) -> Result<Store> {
        let random = Arc::new(SystemRandom);
        let key = Key::load_or_create(&self.path("key"), random.as_ref())?;
        let config = StoreConfig::new(format!("sqlite:{}", self.path("hostler.db").display()), key);
        Ok(Store::open(config, Arc::new(SystemClock), random).await?)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }

    /// Proposes and approves a name server, to be asked as fast as it answers, and whose zones are answered for at `dns`.
    pub async fn add_name_server(&self, endpoint: &str, key: &str, dns: std::net::SocketAddr) -> Result<()> {
        let file = self.path("name-server-key");
        fs::write(&file, key)?;
        let file = file.to_string_lossy().into_owned();
        let propose = ["platform", "propose", "--kind", "powerdns"];
        let named = ["--endpoint", endpoint, "--token-file", &file];
        let proposed = self.ask(&[propose, named].concat()).await?;
        let id = proposed["id"].as_str().context("the name server has no id")?;
        let dns = dns.to_string();
        let approve = ["platform", "approve", id, "--answered-by", &dns];
        let unpaced = ["--rate", "6000000", "--burst", "100000"];
        self.ask(&[&approve[..], &unpaced[..]].concat()).await?;
        Ok(())
    }

    /// Runs the command line.
    pub async fn ask(&self, arguments: &[&str]) -> Result<Value> {
        let output = Command::new(&self.program)
            .arg("--config")
            .arg(self.path("hostler.toml"))
            .arg("--json")
            .args(arguments)
            .env_clear()
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("{} cannot be started", self.program.display()))?;
        ensure!(
            output.status.success(),
            "hostler {} failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).context("the command line did not answer with JSON")
    }
}

fn configuration(data: &Path, sockets: &Path, port: u16) -> String {
    let (data, sockets) = (data.display(), sockets.display());
    format!(
        "[database]\n\
         url = \"sqlite:{data}/hostler.db\"\n\
         key_file = \"{data}/key\"\n\
         [bridge]\n\
         socket = \"{sockets}/bridge.sock\"\n\
         listen = \"127.0.0.1:{port}\"\n\
         [control]\n\
         socket = \"{sockets}/control.sock\"\n"
    )
}
