//! A private PostgreSQL: a cluster in a temporary folder, on a free port of loopback, gone with this program.

use std::io::{BufRead, BufReader, Read, sink};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::needs;
use crate::shell::{output, program, run, say};

/// A server that may forget: nothing waits for the disk.
const HASTY: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// What the server prints when it takes connections.
const READY: &str = "ready to accept connections";

/// A running server. Dropping it stops the server and removes its folder; should this program be killed, the kernel
/// tells the server to end.
#[derive(Debug)]
pub struct Postgres {
    server: Child,
    folder: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts it. Nothing of it outlives the run, so it is not synced to disk.
    pub fn start() -> Result<Self> {
        Self::start_with(&HASTY)
    }

    /// The same, with every commit synced to disk as an operator's server does it: to be measured.
    pub fn start_durable() -> Result<Self> {
        Self::start_with(&[])
    }

    fn start_with(settings: &[&str]) -> Result<Self> {
        needs::packages(&["postgresql"])?;
        let programs = programs()?;
        let owner = Owner::new()?;
        let folder = PathBuf::from(output(
            &mut owner.command("mktemp", &["-d", "/tmp/hostler-postgres-XXXXXX"]),
        )?);
        let data = folder.join("data").to_string_lossy().into_owned();
        let made = owner.command(
            &programs.join("initdb").to_string_lossy(),
            &[
                "-D",
                &data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
                "--no-sync",
            ],
        );
        let started = make(made).and_then(|()| serve(&owner, &programs, &folder, &data, settings));
        match started {
            Ok((server, port)) => {
                say(&format!(
                    "PostgreSQL is up on 127.0.0.1:{port}, in {}",
                    folder.display()
                ));
                Ok(Self { server, folder, port })
            }
            Err(error) => {
                remove(&folder);
                Err(error)
            }
        }
    }

    /// Where a program reaches it.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = run(&mut program("kill", &["-INT", &self.server.id().to_string()]))
            .and_then(|()| self.server.wait().context("the server cannot be waited for"));
        if let Err(error) = stopped {
            say(&format!("PostgreSQL could not be stopped: {error:#}"));
        }
        remove(&self.folder);
    }
}

/// Who the server runs as: it refuses root, so root becomes the user that Debian's package made.
struct Owner {
    prefix: Vec<&'static str>,
}

impl Owner {
    fn new() -> Result<Self> {
        let mut prefix = vec!["setpriv", "--pdeathsig", "INT"];
        if needs::is_root() {
            output(&mut program("id", &["-u", "postgres"]))
                .context("there is no user postgres on this machine")?;
            prefix.extend(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        }
        Ok(Self { prefix })
    }

    fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = program(self.prefix[0], &self.prefix[1..]);
        command.arg(name).args(arguments).current_dir("/");
        command
    }
}

fn make(mut initdb: Command) -> Result<()> {
    output(&mut initdb)
        .map(|_| ())
        .context("the cluster cannot be made")
}

fn serve(
    owner: &Owner,
    programs: &Path,
    folder: &Path,
    data: &str,
    settings: &[&str],
) -> Result<(Child, u16)> {
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let mut command = owner.command(&programs.join("postgres").to_string_lossy(), &["-D", data]);
    let here = [
        "listen_addresses=127.0.0.1",
        "max_connections=400",
        &format!("port={port}"),
        &format!("unix_socket_directories={}", folder.display()),
    ];
    for setting in here.iter().chain(settings) {
        command.args(["-c", setting]);
    }
    let mut server = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("PostgreSQL cannot be started")?;
    let log = server.stderr.take().context("the server's log is not readable")?;
    let mut log = BufReader::new(log);
    let mut said = String::new();
    while log.read_line(&mut said)? > 0 {
        if said.contains(READY) {
            // The pipe has to be emptied for as long as the server writes.
            std::thread::spawn(move || drain(&mut log));
            return Ok((server, port));
        }
    }
    server.wait()?;
    bail!("PostgreSQL ended while it started:\n{said}");
}

fn drain(log: &mut impl Read) {
    if let Err(error) = std::io::copy(log, &mut sink()) {
        say(&format!("the log of PostgreSQL cannot be read any more: {error}"));
    }
}

/// Where the server's programs are: Debian keeps them out of the path, a folder per version.
fn programs() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("there is no /usr/lib/postgresql")?;
    versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter_map(|path| Some((path.file_name()?.to_str()?.parse::<u32>().ok()?, path.join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .max_by_key(|(version, _)| *version)
        .map(|(_, programs)| programs)
        .context("no PostgreSQL server is installed below /usr/lib/postgresql")
}

fn remove(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder) {
        say(&format!("{} cannot be removed: {error}", folder.display()));
    }
}
