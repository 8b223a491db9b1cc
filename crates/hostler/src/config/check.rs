//! What reads well and cannot work.

use std::net::SocketAddr;
use std::path::Path;

use outbound::{Endpoint, PlainHttp};

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
        self.check_consoles(&mut found);
        self.check_numbers(&mut found);
        self.check_pages(&mut found);
        self.check_katapult(&mut found);
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

    fn check_katapult(&self, found: &mut Found) {
        let host = &self.katapult.api_host;
        let base = if host.contains("://") {
            host.clone()
        } else {
            format!("https://{host}")
        };
        if let Err(error) = Endpoint::canonical_base(&base, PlainHttp::OnLoopback) {
            found.add(
                "katapult.api_host",
                format!("\"{host}\""),
                &error.to_string(),
                "Write a host, perhaps with a port",
            );
        }
    }

    fn check_database(&self, found: &mut Found) {
        let url = &self.database.url;
        if let Some(path) = self.database.sqlite_file() {
            found.parent("database.url", url, path);
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
        self.check_tide(found);
        if self.database.connections == Some(0) {
            found.add(
                "database.connections",
                "0".to_owned(),
                "nothing could be read",
                "Write at least 1",
            );
        }
    }

    /// The tide mark's file is replaced each minute: it may be nothing else besides.
    fn check_tide(&self, found: &mut Found) {
        let tide = self.database.tide();
        let shown = tide.display().to_string();
        if self.database.tide_file.is_some() {
            found.parent("database.tide_file", &shown, &tide);
        }
        if Some(tide.as_path()) == self.database.sqlite_file() || tide == self.database.key_file {
            found.add(
                "database.tide_file",
                format!("\"{shown}\""),
                "it is the database or the key file too",
                "Name a file of its own",
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
        let console = self.console.listen;
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
            ("console.listen", console, bridge, "bridge.listen"),
            ("console.listen", console, operator, "operator.listen"),
            ("demo.port", demo, console, "console.listen"),
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

    fn check_consoles(&self, found: &mut Found) {
        let (listen, origin) = (self.console.listen, &self.console.public_origin);
        if !listen.is_private() {
            found.listen(
                "console.listen",
                listen,
                "what is typed would cross a public network in the clear",
                "Use a loopback or private address, and a web server with TLS before it",
            );
        }
        match origin {
            None if listen != Listen::Off => found.listen(
                "console.listen",
                listen,
                "browsers are not told where they reach it",
                "Set console.public_origin",
            ),
            Some(origin) if listen == Listen::Off => found.add(
                "console.public_origin",
                format!("\"{origin}\""),
                "nothing listens there",
                "Set console.listen, or leave this out",
            ),
            Some(origin) if relay_address(origin).is_none() => found.add(
                "console.public_origin",
                format!("\"{origin}\""),
                "it is not an origin: https, a host, perhaps a port, and nothing else",
                "Write it like https://console.example.com",
            ),
            _ => {}
        }
    }

    fn check_numbers(&self, found: &mut Found) {
        let (engine, outbound) = (&self.engine, &self.outbound);
        for (setting, value, least, most) in [
            ("bridge.waiting_calls", self.bridge.waiting_calls, 1, 10_000),
            ("console.idle_minutes", self.console.idle_minutes, 1, 1440),
            ("console.total_hours", self.console.total_hours, 1, 168),
            ("console.at_once", self.console.at_once, 1, 10_000),
            ("engine.workers", engine.workers, 1, 1000),
            (
                "engine.vanished_grace_hours",
                engine.vanished_grace_hours,
                24,
                8760,
            ),
            ("engine.stop_seconds", engine.stop_seconds, 1, 9),
            ("engine.reconcile_minutes", engine.reconcile_minutes, 5, 1440),
            ("engine.state_minutes", engine.state_minutes, 1, 1440),
            ("engine.traffic_minutes", engine.traffic_minutes, 5, 10_080),
            ("engine.disk_hours", engine.disk_hours, 0, 720),
            ("engine.stock_sweep_minutes", engine.stock_sweep_minutes, 5, 1440),
            ("engine.names_patience_hours", engine.names_patience_hours, 1, 168),
            ("engine.names_hours", engine.names_hours, 1, 168),
            ("engine.keep_refreshes_hours", engine.keep_refreshes_hours, 1, 720),
            (
                "engine.keep_operations_days",
                engine.keep_operations_days,
                1,
                3650,
            ),
            (
                "engine.keep_archive_days",
                engine.keep_archive_days,
                engine.keep_operations_days.min(36_500),
                36_500,
            ),
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

/// Where browsers reach the relay of consoles under an origin; `None` for what is none. Plain HTTP is for this host only.
pub fn relay_address(origin: &str) -> Option<String> {
    let canonical = Endpoint::canonical_base(origin, PlainHttp::OnLoopback).ok()?;
    let rest = canonical.strip_prefix("http")?;
    let (_, place) = rest.split_once("://")?;
    (!place.contains('/')).then(|| format!("ws{rest}{}", web::RELAY_PATH))
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

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;

    /// What is said of a file with these lines.
    fn found(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hostler.toml");
        std::fs::write(&path, text).unwrap();
        let settings = load(Some(&path), &|_| None).unwrap();
        settings.check().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn kt_028_the_host_of_katapults_api_may_be_another_and_must_be_one() {
        for host in ["api.katapult.io", "api.example.test:8443", "http://127.0.0.1:9"] {
            let said = found(&format!("[katapult]\napi_host = \"{host}\"\n"));
            assert!(!said.iter().any(|one| one.contains("katapult")), "{said:?}");
        }
        for host in ["", "http://api.example.test", "a b"] {
            let said = found(&format!("[katapult]\napi_host = \"{host}\"\n"));
            assert!(
                said.iter().any(|one| one.contains("katapult.api_host")),
                "{host:?}: {said:?}"
            );
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hostler.toml");
        std::fs::write(&path, "").unwrap();
        let variable =
            |name: &str| (name == "HOSTLER_KATAPULT_API_HOST").then(|| "api.example.test".to_owned());
        assert_eq!(
            load(Some(&path), &variable).unwrap().katapult.api_host,
            "api.example.test"
        );
    }

    #[test]
    fn consoles_are_relayed_where_browsers_are_told_and_nothing_is_in_the_clear() {
        let wrong = |lines: &str| {
            let said = found(&format!("[console]\n{lines}\n"));
            said.into_iter()
                .filter(|line| line.contains("console."))
                .collect::<Vec<_>>()
        };
        let listen = "listen = \"127.0.0.1:8703\"";
        for right in [
            String::new(),
            format!("{listen}\npublic_origin = \"https://console.example.com\""),
            format!("{listen}\npublic_origin = \"https://shop.example.com:8443/\""),
            format!("{listen}\npublic_origin = \"http://127.0.0.1:8703\""),
        ] {
            assert_eq!(wrong(&right), Vec::<String>::new(), "{right}");
        }
        for (lines, part) in [
            (listen.to_owned(), "browsers are not told"),
            (
                "public_origin = \"https://console.example.com\"".to_owned(),
                "nothing listens there",
            ),
            (
                "listen = \"203.0.113.1:80\"\npublic_origin = \"https://a.example\"".to_owned(),
                "in the clear",
            ),
            (
                format!("{listen}\npublic_origin = \"http://console.example.com\""),
                "not an origin",
            ),
            (
                format!("{listen}\npublic_origin = \"https://a.example/console\""),
                "not an origin",
            ),
            (
                format!("{listen}\npublic_origin = \"wss://a.example\""),
                "not an origin",
            ),
            ("idle_minutes = 0".to_owned(), "console.idle_minutes = 0"),
            (
                "listen = \"127.0.0.1:8701\"\npublic_origin = \"https://a.example\"".to_owned(),
                "it is the address of bridge.listen too",
            ),
        ] {
            let said = wrong(&lines);
            assert!(said.iter().any(|line| line.contains(part)), "{lines}: {said:?}");
        }
        assert_eq!(
            relay_address("https://Console.Example.com:443/").as_deref(),
            Some("wss://console.example.com/console")
        );
        assert_eq!(
            relay_address("http://127.0.0.1:8700").as_deref(),
            Some("ws://127.0.0.1:8700/console")
        );
    }

    #[test]
    fn ages_and_rhythms_have_a_least_and_a_most() {
        let said = found(
            "[engine]\nreconcile_minutes = 4\nkeep_refreshes_hours = 0\nkeep_operations_days = 100\n\
             keep_archive_days = 99\nnames_patience_hours = 0\nnames_hours = 169\n",
        );
        for part in [
            "engine.names_patience_hours = 0: it is not between 1 and 168",
            "engine.names_hours = 169: it is not between 1 and 168",
            "engine.reconcile_minutes = 4: it is not between 5 and 1440",
            "engine.keep_refreshes_hours = 0: it is not between 1 and 720",
            "engine.keep_archive_days = 99: it is not between 100 and 36500",
        ] {
            assert!(said.iter().any(|line| line.contains(part)), "{part}: {said:?}");
        }
        assert!(
            !said.iter().any(|line| line.contains("keep_operations_days =")),
            "{said:?}"
        );
    }

    #[test]
    fn the_tide_marks_file_is_neither_the_database_nor_the_key() {
        for (text, is_wrong) in [
            ("", false),
            ("[database]\nurl = \"sqlite:/tmp/a.tide\"\n", true),
            (
                "[database]\nurl = \"sqlite:///tmp/a.db\"\ntide_file = \"/tmp/a.db\"\n",
                true,
            ),
            (
                "[database]\nkey_file = \"/tmp/key\"\ntide_file = \"/tmp/key\"\n",
                true,
            ),
            (
                "[database]\nurl = \"postgres://me@db/x\"\nkey_file = \"/tmp/tide\"\n",
                true,
            ),
        ] {
            let said = found(text);
            let wrong = said.iter().any(|line| line.contains("Name a file of its own"));
            assert_eq!(wrong, is_wrong, "{text}: {said:?}");
        }
    }

    #[test]
    fn the_tide_mark_lies_beside_the_database_or_the_key() {
        let tide = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("hostler.toml");
            std::fs::write(&path, text).unwrap();
            load(Some(&path), &|_| None).unwrap().database.tide()
        };
        assert_eq!(tide(""), Path::new("/var/lib/hostler/hostler.tide"));
        assert_eq!(
            tide("[database]\nurl = \"postgres://me@db/x\"\n"),
            Path::new("/var/lib/hostler/tide")
        );
        assert_eq!(
            tide("[database]\ntide_file = \"/srv/mark\"\n"),
            Path::new("/srv/mark")
        );
    }
}
