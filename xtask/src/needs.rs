//! What a part needs on the machine: found, installed where that is allowed, named exactly where it is not.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell::{cargo, output, program, run, say, succeeds};

/// A tool of cargo: the subcommand and the version that is installed where there is none.
#[derive(Debug, Clone, Copy)]
pub struct CargoTool {
    name: &'static str,
    version: &'static str,
}

/// Runs the Rust tests.
pub const NEXTEST: CargoTool = CargoTool {
    name: "nextest",
    version: "0.9.143",
};

/// Checks licences, banned crates and sources.
pub const DENY: CargoTool = CargoTool {
    name: "deny",
    version: "0.20.2",
};

/// Makes texts up.
const FUZZ: CargoTool = CargoTool {
    name: "fuzz",
    version: "0.13.2",
};

/// Makes sure that the tool is there.
pub fn cargo_tool(tool: CargoTool) -> Result<()> {
    if succeeds(&mut cargo(&[tool.name, "--version"])) {
        return Ok(());
    }
    let package = format!("cargo-{}@{}", tool.name, tool.version);
    say(&format!(
        "Installing {package} (it is built from source, which takes some minutes)."
    ));
    // Unoptimised: it is built in half the time, and what it does takes seconds either way.
    run(&mut cargo(&["install", "--debug", "--locked", &package]))
}

/// Makes sure that there is a fuzzer: cargo's tool, and a C++ compiler for the library that makes texts up.
pub fn fuzzer() -> Result<()> {
    if !succeeds(&mut program("c++", &["--version"])) {
        packages(&["g++"])?;
    }
    cargo_tool(FUZZ)
}

/// Makes sure that there is a C compiler: SQLite and the cryptography library are built from source.
pub fn compiler() -> Result<()> {
    if succeeds(&mut program("cc", &["--version"])) {
        return Ok(());
    }
    packages(&["gcc", "libc6-dev"])
}

/// Makes sure that the Debian packages are there.
pub fn packages(names: &[&str]) -> Result<()> {
    let missing: Vec<&str> = names.iter().copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let Some(privilege) = privilege() else {
        bail!("these Debian packages are missing: {list}. Install them as root: apt-get install {list}");
    };
    say(&format!("Installing Debian packages: {list}"));
    run(&mut installing(privilege, &["apt-get", "update", "-q"]))?;
    let mut arguments = vec!["sh", "-c", WITHOUT_SERVICES, "sh"];
    arguments.extend(["apt-get", "install", "-q", "-y", "--no-install-recommends"]);
    arguments.extend(missing);
    run(&mut installing(privilege, &arguments))
}

/// Runs a command while no service that it installs is started: a name server on port 53 and a database are nothing that
/// tests leave behind on somebody's machine. Every test starts its own, as its own user, in its own folder.
const WITHOUT_SERVICES: &str = "policy=/usr/sbin/policy-rc.d; if [ ! -e $policy ]; then \
    trap 'rm -f $policy' EXIT; trap 'exit 1' HUP INT TERM; \
    printf '#!/bin/sh\\nexit 101\\n' > $policy; chmod +x $policy; fi; \"$@\"";

/// Makes sure that there are name servers and a resolver, for the tests of reverse DNS.
pub fn name_servers() -> Result<()> {
    packages(&["pdns-server", "pdns-backend-sqlite3", "pdns-recursor"])
}

/// The file that the engine's build takes the viewer of consoles from.
const VIEWER: &str = "frontend/dist/novnc.js";

/// Makes sure that what a release of the engine is built from is there: a C compiler, and the viewer of consoles, which
/// npm joins into one file when it installs.
pub fn release() -> Result<()> {
    compiler()?;
    if !Path::new(VIEWER).is_file() {
        node(Path::new("frontend"))?;
    }
    Ok(())
}

/// The oldest Node.js that the front end's tests run on.
const NODE: u32 = 20;

/// Installs what the front end's tests need into `folder`, and returns the path on which they find it. Debian's own
/// Node.js may be too old; then one comes from npm, into the same folder.
pub fn node(folder: &Path) -> Result<OsString> {
    if !succeeds(&mut program("npm", &["--version"])) {
        packages(&["nodejs", "npm"])?;
    }
    run(program("npm", &["ci", "--no-audit", "--no-fund"]).current_dir(folder))?;
    let present = output(&mut program("node", &["--version"])).unwrap_or_default();
    let major = present
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    let path = std::env::var_os("PATH").unwrap_or_default();
    if major.is_some_and(|major: u32| major >= NODE) {
        return Ok(path);
    }
    say(&format!(
        "Node.js here is {present}; installing version {NODE} from npm into {}",
        folder.display()
    ));
    let version = format!("node@{NODE}");
    run(program(
        "npm",
        &["install", "--no-save", "--no-audit", "--no-fund", &version],
    )
    .current_dir(folder))?;
    let own = std::env::current_dir()?.join(folder).join("node_modules/.bin");
    let paths = std::iter::once(own).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(paths)?)
}

/// Makes sure that there is a browser, and what puts readings into a store for its tests. A browser is Debian's: none is
/// ever downloaded past the package manager.
pub fn chromium() -> Result<()> {
    packages(&["chromium", "python3"])
}

/// Lets the WHMCS stand-in install its Debian packages; its own script names them.
pub fn whmcs() -> Result<()> {
    let setup = "tests/whmcs/setup.sh";
    match privilege() {
        Some(Privilege::Sudo) => run(&mut program("sudo", &["-n", setup, "--packages"])),
        Some(Privilege::Root) | None => run(&mut program(setup, &["--packages"])),
    }
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    output(&mut program("id", &["-u"])).is_ok_and(|id| id == "0")
}

fn is_installed(package: &str) -> bool {
    let mut query = program("dpkg-query", &["-W", "-f=${Status}", package]);
    succeeds(&mut program("dpkg-query", &["-W", package]))
        && output(&mut query).is_ok_and(|status| status.ends_with("ok installed"))
}

/// How packages may be installed here: as root, or in CI through sudo that asks nothing.
#[derive(Debug, Clone, Copy)]
enum Privilege {
    Root,
    Sudo,
}

fn privilege() -> Option<Privilege> {
    if is_root() {
        return Some(Privilege::Root);
    }
    let in_ci = std::env::var_os("CI").is_some();
    (in_ci && succeeds(&mut program("sudo", &["-n", "true"]))).then_some(Privilege::Sudo)
}

fn installing(privilege: Privilege, arguments: &[&str]) -> Command {
    let mut command = match privilege {
        Privilege::Root => program("env", &["DEBIAN_FRONTEND=noninteractive"]),
        Privilege::Sudo => program("sudo", &["-n", "env", "DEBIAN_FRONTEND=noninteractive"]),
    };
    command.args(arguments);
    command
}
