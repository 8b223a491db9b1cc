//! [`Resolver`]: a PowerDNS recursor of a test's own.

use std::fs;
use std::net::SocketAddr;

use tempfile::TempDir;

use super::configuration;
use super::port::Port;
use super::program::{Program, Tool};
use super::question::ask_once;
use super::wait::{PATIENCE, within};

const PDNS_RECURSOR: Tool = Tool {
    path: "/usr/sbin/pdns_recursor",
    package: "pdns-recursor",
};

const REC_CONTROL: Tool = Tool {
    path: "/usr/bin/rec_control",
    package: "pdns-recursor",
};

/// A PowerDNS recursor. It asks the servers that it was told for the zones that it was told, and knows nothing else: every
/// other name is a server failure.
///
/// It forgets nothing but what does not exist: a record stays for its lifetime, up to 15 seconds, the least that the
/// recursor can be told. Records without lifetime are never kept, and [`Resolver::forget`] drops the rest.
#[derive(Debug)]
pub struct Resolver {
    /// None while it is down. It comes before what it uses, so that it has ended when that goes.
    program: Option<Program>,
    dns: Port,
    folder: TempDir,
}

impl Resolver {
    /// Starts one that asks each server for its zones, and for what lies below them.
    pub async fn start(zones: &[(&str, SocketAddr)]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("hostler-recursor-")
            .tempdir()
            .expect("a temporary folder can be made");
        let mut resolver = Self {
            program: None,
            dns: Port::claim(),
            folder,
        };
        let configuration = configuration::resolver(resolver.folder.path(), resolver.dns(), zones);
        let file = resolver.folder.path().join("recursor.conf");
        fs::write(file, configuration).expect("a test's own folder is writable");
        resolver.start_again().await;
        resolver
    }

    /// Where it answers.
    pub fn dns(&self) -> SocketAddr {
        self.dns.address()
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.program = None;
    }

    /// Starts it again where it was.
    pub async fn start_again(&mut self) {
        let mut program = PDNS_RECURSOR.start(self.folder.path(), &[&self.configured()]);
        let ready = within(PATIENCE, async || {
            program.assert_alive();
            // It answers this one by itself.
            ask_once(self.dns(), "localhost.", "A").await.ok()
        });
        if ready.await.is_none() {
            program.fail("it does not answer");
        }
        self.program = Some(program);
    }

    /// Drops all that it has kept.
    pub fn forget(&self) {
        REC_CONTROL.run(&[&self.configured(), "wipe-cache", "$"]);
    }

    fn configured(&self) -> String {
        format!("--config-dir={}", self.folder.path().display())
    }
}
