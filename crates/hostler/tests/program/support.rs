//! Starting the program in a folder of its own, and speaking to it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A configured place for one engine.
pub struct Place {
    pub folder: TempDir,
    pub port: u16,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let text = format!(
            "[database]\nurl = \"sqlite:{}\"\nkey_file = \"{}\"\n\
             [bridge]\nsocket = \"{}\"\nsocket_mode = \"0660\"\nlisten = \"127.0.0.1:{port}\"\n\
             [control]\nsocket = \"{}\"\n[log]\nformat = \"json\"\n",
            path("hostler.db"),
            path("key"),
            path("run/bridge.sock"),
            path("run/control.sock"),
        );
        fs::write(folder.path().join("hostler.toml"), text).unwrap();
        Self { folder, port }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Adds settings to the configuration, in sections that it does not have yet.
    pub fn configure(&self, settings: &str) {
        let file = self.path("hostler.toml");
        let before = fs::read_to_string(&file).unwrap();
        fs::write(file, before + settings).unwrap();
    }

    /// The program with this place's configuration.
    pub fn hostler(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .arg("--config")
            .arg(self.path("hostler.toml"))
            .args(arguments);
        command
    }

    /// Runs a command that must succeed, and returns what it said.
    pub fn ask(&self, arguments: &[&str]) -> String {
        let output = self.hostler(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, as JSON.
    pub fn ask_json(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        serde_json::from_str(&self.ask(&all)).unwrap()
    }

    /// Runs a command that must fail, and returns its complaint.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.hostler(arguments).output().unwrap();
        assert!(
            !output.status.success(),
            "{arguments:?} succeeded: {}",
            said(&output)
        );
        said(&output)
    }

    /// Starts the engine and waits until it is ready.
    pub fn serve(&self) -> Engine {
        let child = self
            .hostler(&["serve"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut engine = Engine {
            child,
            port: self.port,
        };
        engine.wait_until_ready();
        engine
    }
}

/// The program, without the settings of whoever runs the tests.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hostler"));
    let settings = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HOSTLER_"));
    for (name, _) in settings {
        command.env_remove(name);
    }
    command
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A running engine, killed when dropped.
pub struct Engine {
    pub child: Child,
    port: u16,
}

impl Engine {
    /// Reads the log until it says that the engine is ready; the rest of the log is the test's own.
    fn wait_until_ready(&mut self) {
        let mut log = BufReader::new(self.child.stderr.take().unwrap());
        let mut seen = String::new();
        while log.read_line(&mut seen).unwrap() > 0 {
            if seen.contains("hostler is ready") {
                std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::stderr()));
                return;
            }
        }
        panic!("the engine did not start:\n{seen}");
    }

    /// Sends a signal and waits for the end: exit code and how long it took.
    pub fn end_by(&mut self, signal: &str) -> (Option<i32>, Duration) {
        let begun = Instant::now();
        let sent = Command::new("kill")
            .args([format!("-{signal}"), self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        let status = self.child.wait().unwrap();
        (status.code(), begun.elapsed())
    }

    /// A GET request: status and body.
    pub fn get(&self, path: &str) -> (u16, String) {
        get(&format!("127.0.0.1:{}", self.port), path)
    }
}

/// A GET request to an address: status and body.
pub fn get(address: &str, path: &str) -> (u16, String) {
    exchange(address, &format!("GET {path} HTTP/1.1\r\n"), "")
}

/// A POST request of JSON, with a bearer token: status and body.
pub fn post(address: &str, path: &str, token: &str, body: &Value) -> (u16, String) {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n",
        body.len()
    );
    exchange(address, &head, &body)
}

fn exchange(address: &str, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "{head}host: localhost\r\nconnection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, body.to_owned())
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A test that failed must not leave a process behind; one that ended it already did what this would do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
