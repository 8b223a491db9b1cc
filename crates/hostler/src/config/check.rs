//! What reads well and cannot work.

use std::net::SocketAddr;
use std::path::Path;

use super::load::{Problem, without_password};
use super::settings::Settings;
use super::value::Listen;

impl Settings {
    /// Everything that is known to be wrong before anything is started. Looks at the disk and changes nothing.
    pub fn check(&self) -> Vec<Problem> {
        let mut found = Found::default();
        self.check_database(&mut found);
        self.check_sockets(&mut found);
        self.check_listeners(&mut found);
        self.check_numbers(&mut found);
        self.check_pages(&mut found);
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&self.log.filter) {
            let value = format!("\"{}\"", self.log.filter);
            found.add(
                "log.filter",
                value,
                &error.to_string(),
                "Write a level (error, warn, info, debug, trace) or levels by part",
            );
        }
        found.0
    }

    fn check_database(&self, found: &mut Found) {
        let url = &self.database.url;
        if let Some(path) = url.strip_prefix("sqlite:") {
            found.parent(
                "database.url",
                url,
                Path::new(path.strip_prefix("//").unwrap_or(path)),
            );
        } else if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            found.add(
                "database.url",
                format!("\"{}\"", without_password(url)),
                "it names neither SQLite nor PostgreSQL",
                "Write sqlite:/path/to/file or postgres://user@host/name",
            );
        }
        let key_file = &self.database.key_file;
        found.parent("database.key_file", &key_file.display().to_string(), key_file);
        if self.database.connections == Some(0) {
            found.add(
                "database.connections",
                "0".to_owned(),
                "nothing could be read",
                "Write at least 1",
            );
        }
    }

    fn check_sockets(&self, found: &mut Found) {
        if self.bridge.socket == self.control.socket {
            let value = format!("\"{}\"", self.control.socket.display());
            found.add(
                "control.socket",
                value,
                "it is the bridge's socket too",
                "Give each its own path",
            );
        }
        for (setting, path) in [
            ("bridge.socket", &self.bridge.socket),
            ("control.socket", &self.control.socket),
        ] {
            // The longest path that the system takes for a socket is 107 bytes.
            if path.as_os_str().len() > 107 {
                let value = format!("\"{}\"", path.display());
                found.add(
                    setting,
                    value,
                    "the path is longer than 107 bytes",
                    "Use a shorter directory",
                );
            }
        }
    }

    fn check_listeners(&self, found: &mut Found) {
        let (bridge, operator) = (self.bridge.listen, self.operator.listen);
        if !bridge.is_private() {
            found.listen(
                "bridge.listen",
                bridge,
                "passwords would cross a public network in the clear",
                "Use a loopback or private address",
            );
        }
        if !operator.is_loopback() {
            found.listen(
                "operator.listen",
                operator,
                "these pages have no login",
                "Use a loopback address, or the pages inside the billing system",
            );
        }
        let demo = Listen::At(SocketAddr::from(([127, 0, 0, 1], self.demo.port)));
        for (setting, listen, other, name) in [
            ("operator.listen", operator, bridge, "bridge.listen"),
            ("demo.port", demo, bridge, "bridge.listen"),
            ("demo.port", demo, operator, "operator.listen"),
        ] {
            if listen != Listen::Off && listen == other {
                found.listen(
                    setting,
                    listen,
                    &format!("it is the address of {name} too"),
                    "Give each its own port",
                );
            }
        }
    }

    fn check_numbers(&self, found: &mut Found) {
        let outbound = &self.outbound;
        for (setting, value, least, most) in [
            ("bridge.waiting_calls", self.bridge.waiting_calls, 1, 10_000),
            ("engine.workers", self.engine.workers, 1, 1000),
            (
                "engine.vanished_grace_hours",
                self.engine.vanished_grace_hours,
                24,
                8760,
            ),
            ("engine.stop_seconds", self.engine.stop_seconds, 1, 9),
            ("outbound.connect_seconds", outbound.connect_seconds, 1, 60),
            (
                "outbound.total_seconds",
                outbound.total_seconds,
                outbound.connect_seconds,
                600,
            ),
            (
                "outbound.create_seconds",
                outbound.create_seconds.unwrap_or(600),
                outbound.connect_seconds,
                600,
            ),
            ("runtime.threads", self.runtime.threads, 1, 256),
            ("database.wait_seconds", self.database.wait_seconds, 1, 300),
        ] {
            if !(least..=most).contains(&value) {
                let problem = format!("it is not between {least} and {most}");
                found.add(
                    setting,
                    value.to_string(),
                    &problem,
                    "Choose a number in that range",
                );
            }
        }
    }

    fn check_pages(&self, found: &mut Found) {
        if let Some(path) = self.pages.overrides.as_deref().filter(|path| !path.is_dir()) {
            let value = format!("\"{}\"", path.display());
            found.add(
                "pages.overrides",
                value,
                "there is no such directory",
                "Make it, or leave the setting out",
            );
        }
    }
}

#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, setting: &str, value: String, problem: &str, remedy: &str) {
        self.0.push(Problem {
            setting: setting.to_owned(),
            value,
            origin: None,
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    fn listen(&mut self, setting: &str, value: Listen, problem: &str, remedy: &str) {
        self.add(setting, format!("\"{value}\""), problem, remedy);
    }

    /// A file needs its directory.
    fn parent(&mut self, setting: &str, value: &str, path: &Path) {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
            let problem = format!("there is no directory {}", parent.display());
            let remedy = "Make it for the engine's user, or name a file elsewhere";
            self.add(setting, format!("\"{value}\""), &problem, remedy);
        }
    }
}
