//! [`NameServer`]: a PowerDNS authoritative server of a test's own.

use std::fs;
use std::net::SocketAddr;

use domain::http::{Outcome, Request};
use tempfile::TempDir;

use super::client::Client;
use super::configuration;
use super::port::Port;
use super::program::{Program, Tool};
use super::wait::{PATIENCE, within};

const PDNS_SERVER: Tool = Tool {
    path: "/usr/sbin/pdns_server",
    package: "pdns-server",
};

/// What every PowerDNS server calls itself.
const SERVER_ID: &str = "localhost";

/// A PowerDNS authoritative server with an HTTP API, an `SQLite` database in a temporary folder, and no cache.
#[derive(Debug)]
pub struct NameServer {
    /// None while it is down. It comes before what it uses, so that it has ended when that goes.
    program: Option<Program>,
    name: String,
    key: String,
    api: Port,
    dns: Port,
    folder: TempDir,
}

impl NameServer {
    /// Starts one that holds nothing. Its name tells it from others where a test fails, and is in its key.
    pub async fn start(name: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("hostler-pdns-")
            .tempdir()
            .expect("a temporary folder can be made");
        let mut server = Self {
            program: None,
            name: name.to_owned(),
            key: format!("{}-key-of-{name}-{}", sim::chance::PLANTED, std::process::id()),
            api: Port::claim(),
            dns: Port::claim(),
            folder,
        };
        let configuration =
            configuration::authoritative(server.folder.path(), server.dns(), server.api(), &server.key);
        let file = server.folder.path().join("pdns.conf");
        fs::write(file, configuration).expect("a test's own folder is writable");
        configuration::make_database(server.folder.path());
        server.start_again().await;
        server
    }

    /// Ends it, as a power cut would. What it holds is kept.
    pub fn stop(&mut self) {
        self.program = None;
    }

    /// Starts it again where it was, with all that it held.
    pub async fn start_again(&mut self) {
        let configured = format!("--config-dir={}", self.folder.path().display());
        let mut program = PDNS_SERVER.start(self.folder.path(), &[&configured]);
        let ping = Request::get("ping", Self::path(""));
        let client = self.client();
        let ready = within(PATIENCE, async || {
            program.assert_alive();
            // It listens for DNS before it answers here.
            matches!(client.send(&ping).await, Outcome::Answered(answer) if answer.status == 200)
                .then_some(())
        });
        if ready.await.is_none() {
            program.fail(&format!("{} does not answer", self.name));
        }
        self.program = Some(program);
    }

    /// Where its API is.
    pub fn api(&self) -> SocketAddr {
        self.api.address()
    }

    /// The endpoint as an operator enters it.
    pub fn url(&self) -> String {
        format!("http://{}", self.api())
    }

    /// The API's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its id in the API.
    pub const fn server_id(&self) -> &'static str {
        SERVER_ID
    }

    /// Where it answers DNS.
    pub fn dns(&self) -> SocketAddr {
        self.dns.address()
    }

    /// What sends requests to its API, with its key.
    pub fn client(&self) -> Client {
        Client::new(self.api(), &self.key)
    }

    /// Sends a request to its API.
    pub async fn send(&self, request: &Request) -> Outcome {
        self.client().send(request).await
    }

    /// Executes an SQL statement in its database, as those do who work past the API. The tables are PowerDNS's own:
    /// `domains`, `records`.
    pub fn execute(&self, statement: &str) {
        configuration::execute(self.folder.path(), &[statement]);
    }

    /// The path of the server in its API, with what follows.
    pub(super) fn path(rest: &str) -> String {
        format!("/api/v1/servers/{SERVER_ID}{rest}")
    }

    /// Sends a request that succeeds, and returns what its answer holds.
    pub(super) async fn succeed(&self, request: &Request) -> String {
        match self.send(request).await {
            Outcome::Answered(answer) if answer.is_success() => answer.body,
            other => panic!("{}: {} failed: {other:?}", self.name, request.name),
        }
    }
}
