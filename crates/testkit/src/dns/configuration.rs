//! What the name servers are told: everything in files of their own, nothing from the machine's.

use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use super::program::Tool;

/// What every program of PowerDNS gets. Nothing leaves loopback, neither queries nor the question whether this version is
/// a safe one, and nobody else's user or folder is needed.
fn common(folder: &Path, dns: SocketAddr) -> String {
    format!(
        "daemon=no\n\
         write-pid=no\n\
         disable-syslog=yes\n\
         loglevel=4\n\
         socket-dir={folder}\n\
         security-poll-suffix=\n\
         query-local-address=127.0.0.1\n\
         local-address={address}\n\
         local-port={port}\n",
        folder = folder.display(),
        address = dns.ip(),
        port = dns.port(),
    )
}

/// Kinds of caches of an authoritative server. Without them a change is seen at once.
const CACHES: [&str; 6] = [
    "cache-ttl",
    "query-cache-ttl",
    "negquery-cache-ttl",
    "domain-metadata-cache-ttl",
    "zone-metadata-cache-ttl",
    "zone-cache-refresh-interval",
];

/// An authoritative server that is a primary and a secondary one at once, as its zones are. Of its secondary servers it
/// notifies those that a zone's metadata names: to find others it would look up the names of name servers, which in tests
/// lead nowhere.
pub(super) fn authoritative(folder: &Path, dns: SocketAddr, api: SocketAddr, key: &str) -> String {
    let mut text = common(folder, dns);
    let database = folder.join("zones.db");
    let _ = write!(
        text,
        "guardian=no\n\
         launch=gsqlite3\n\
         gsqlite3-database={database}\n\
         gsqlite3-pragma-synchronous=0\n\
         gsqlite3-pragma-journal-mode=WAL\n\
         receiver-threads=1\n\
         distributor-threads=1\n\
         retrieval-threads=1\n\
         primary=yes\n\
         secondary=yes\n\
         only-notify=\n\
         allow-notify-from=127.0.0.1\n\
         allow-axfr-ips=127.0.0.1\n\
         webserver=yes\n\
         webserver-address={address}\n\
         webserver-port={port}\n\
         webserver-allow-from=127.0.0.1\n\
         api=yes\n\
         api-key={key}\n",
        database = database.display(),
        address = api.ip(),
        port = api.port(),
    );
    for cache in CACHES {
        let _ = writeln!(text, "{cache}=0");
    }
    text
}

/// A resolver that asks these servers for these zones, and nobody for anything else.
pub(super) fn resolver(folder: &Path, dns: SocketAddr, zones: &[(&str, SocketAddr)]) -> String {
    let mut text = common(folder, dns);
    let forwarded: Vec<String> = zones
        .iter()
        .map(|(zone, server)| format!("{zone}={server}"))
        .collect();
    let _ = write!(
        text,
        "threads=1\n\
         allow-from=127.0.0.1\n\
         hint-file=no\n\
         serve-rfc1918=no\n\
         dont-query=\n\
         dnssec=off\n\
         disable-packetcache=yes\n\
         minimum-ttl-override=0\n\
         max-cache-ttl=15\n\
         max-negative-ttl=0\n\
         forward-zones={}\n",
        forwarded.join(", "),
    );
    text
}

/// Works on a server's database. It takes no other program than the server's own package has.
const PDNSUTIL: Tool = Tool {
    path: "/usr/bin/pdnsutil",
    package: "pdns-server",
};

/// The tables, as the package of the database's backend brings them.
const SCHEMA: &str = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

/// Makes the empty database of an authoritative server that is configured in the folder.
pub(super) fn make_database(folder: &Path) {
    let schema = fs::read_to_string(SCHEMA).unwrap_or_else(|error| {
        panic!(
            "{SCHEMA} cannot be read ({error}): install the Debian package pdns-backend-sqlite3 (`cargo xtask test` does so \
             as root and in CI)"
        )
    });
    fs::write(folder.join("zones.db"), "").expect("a test's own folder is writable");
    let statements = schema.split(';').map(str::trim);
    let statements: Vec<&str> = statements.filter(|statement| !statement.is_empty()).collect();
    execute(folder, &statements);
}

/// Executes statements in the database of an authoritative server that is configured in the folder.
pub(super) fn execute(folder: &Path, statements: &[&str]) {
    let configured = format!("--config-dir={}", folder.display());
    let mut arguments = vec![configured.as_str(), "backend-cmd", "gsqlite3"];
    arguments.extend(statements);
    PDNSUTIL.run(&arguments);
}
