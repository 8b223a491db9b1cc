//! A place for one engine: a folder, a configuration, and the command line as an operator uses it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use domain::Secret;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

/// The billing system's name.
pub const INSTALLATION: &str = "chaos";

/// Names a folder where engines' logs are kept beyond their places: a run of the tests searches it for secrets.
const KEPT: &str = "HOSTLER_TEST_OUTPUT";

/// A configured place. Its files are gone when it is dropped.
#[derive(Debug)]
pub struct Place {
    program: PathBuf,
    folder: TempDir,
    /// Apart from the data: the path of a socket may have no more than 107 bytes.
    sockets: TempDir,
    /// Where probes are answered while the engine runs.
    pub port: u16,
    /// The bridge's key, once the installation was added.
    pub key: Secret,
}

impl Place {
    /// Writes the configuration of an engine whose platform requests may take `total_seconds`.
    pub fn new(program: &Path, total_seconds: u32) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("chaos-").tempdir()?;
        let sockets = tempfile::tempdir()?;
        // Free at this moment; the engine takes it a moment later.
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let place = Self {
            program: program.to_owned(),
            folder,
            sockets,
            port,
            key: Secret::new(""),
        };
        fs::write(place.path("hostler.toml"), place.configuration(total_seconds))?;
        Ok(place)
    }

    fn configuration(&self, total_seconds: u32) -> String {
        let (data, sockets) = (self.folder.path().display(), self.sockets.path().display());
        let port = self.port;
        format!(
            "[database]\nurl = \"sqlite:{data}/hostler.db\"\nkey_file = \"{data}/key\"\n\
             [bridge]\nsocket = \"{sockets}/bridge.sock\"\nlisten = \"127.0.0.1:{port}\"\n\
             [control]\nsocket = \"{sockets}/control.sock\"\n\
             [outbound]\nconnect_seconds = 1\ntotal_seconds = {total_seconds}\n\
             [log]\nformat = \"json\"\nfilter = \"warn,hostler=info\"\n"
        )
    }

    /// Adds the billing system, which may end as many machines as it likes, and keeps its key.
    pub async fn install(&mut self) -> Result<()> {
        let added = self
            .ask(&[
                "installation",
                "add",
                INSTALLATION,
                "--destructive-budget",
                "1000000",
            ])
            .await?;
        let key = added["key"].as_str().context("the new installation has no key")?;
        self.key = Secret::new(key);
        Ok(())
    }

    /// Proposes the panel at `endpoint` as the billing system's server and approves it; its id.
    pub async fn connect(&self, server: u64, endpoint: &str, token: &str) -> Result<String> {
        let file = self.path("token");
        fs::write(&file, token)?;
        let (server, file) = (server.to_string(), file.to_string_lossy().into_owned());
        let proposed = self
            .ask(&[
                "platform",
                "propose",
                "--installation",
                INSTALLATION,
                "--server",
                &server,
                "--endpoint",
                endpoint,
                "--token-file",
                &file,
            ])
            .await?;
        let id = proposed["id"]
            .as_str()
            .context("the platform has no id")?
            .to_owned();
        let pace = ["--rate", "60000", "--burst", "1000", "--concurrency", "64"];
        let approval: Vec<&str> = ["platform", "approve", &id].into_iter().chain(pace).collect();
        self.ask(&approval).await?;
        Ok(id)
    }

    /// A file of this place.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of database, key and configuration.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.path("hostler.db")
    }

    /// The bridge's socket.
    pub fn bridge(&self) -> PathBuf {
        self.sockets.path().join("bridge.sock")
    }

    /// The control socket.
    pub fn control(&self) -> PathBuf {
        self.sockets.path().join("control.sock")
    }

    /// Lets the folder stay when this is dropped: what went wrong in it can then be looked at.
    pub fn keep(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }

    /// Has another build of the engine run from the next start on.
    pub fn change_program(&mut self, program: &Path) {
        program.clone_into(&mut self.program);
    }

    /// The program with this place's configuration, without the settings of whoever runs it.
    pub fn hostler(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--config")
            .arg(self.path("hostler.toml"))
            .args(arguments)
            .env_clear()
            .kill_on_drop(true);
        command
    }

    /// The same behind a line of the shell that ends in `exec "$0" "$@"`: for limits that a process inherits.
    pub fn hostler_under(&self, shell: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", shell])
            .arg(&self.program)
            .arg("--config")
            .arg(self.path("hostler.toml"))
            .args(arguments)
            .env_clear()
            .kill_on_drop(true);
        command
    }

    /// Runs the command line and reads its JSON.
    pub async fn ask(&self, arguments: &[&str]) -> Result<Value> {
        let all: Vec<&str> = std::iter::once("--json")
            .chain(arguments.iter().copied())
            .collect();
        let output = self
            .hostler(&all)
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

    /// Runs the command line, which has to refuse; what it says.
    pub async fn refused(&self, arguments: &[&str]) -> Result<String> {
        let output = self.hostler(arguments).output().await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(
            !output.status.success(),
            "hostler {} was not refused",
            arguments.join(" ")
        );
        Ok(said)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(folder) = std::env::var_os(KEPT) {
            let name = format!("engine-{}-{}.log", std::process::id(), self.port);
            // A place whose engine never started has no log.
            let _ = fs::copy(self.path("log"), Path::new(&folder).join(name));
        }
    }
}
