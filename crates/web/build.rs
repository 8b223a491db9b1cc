//! Takes into the room what browsers load: our scripts, each joined of its modules, and the viewer of screens, the file
//! that npm joined (`frontend/build.js`).
//!
//! A release has the viewer or is not built. Every other build goes without it where npm has not run, so that nobody needs
//! Node.js to work on the rest; its consoles then say what is missing.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[path = "build/join.rs"]
mod join;

/// The scripts that pages load, by the module that is each one's entry.
const SCRIPTS: [&str; 2] = ["hostler.js", "console.js"];

/// What is to be done where it is missing.
const REMEDY: &str = "the viewer of consoles is missing (frontend/dist/novnc.js); run `npm ci` in frontend/";

fn main() -> io::Result<()> {
    let room = env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    let frontend = room.join("../../frontend");
    for entry in SCRIPTS {
        script(&frontend.join("src"), entry, &out)?;
    }
    viewer(&frontend, &out)
}

fn script(sources: &Path, entry: &str, out: &Path) -> io::Result<()> {
    let joined = join::join(entry, |file| {
        let path = sources.join(file);
        watch(&path);
        fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    });
    // Cargo ends the build with what it is told; nothing is served of a script that is not understood.
    if let Err(problem) = &joined {
        tell("error", &format!("frontend/src: {problem}"));
    }
    fs::write(out.join(entry), joined.unwrap_or_default())
}

fn viewer(frontend: &Path, out: &Path) -> io::Result<()> {
    let joined = frontend.join("dist/novnc.js");
    let text = fs::read(&joined).unwrap_or_default();
    if text.is_empty() {
        // The whole folder, for npm makes the file; a file that is not there would have everything built each time.
        watch(frontend);
        let released = env::var("PROFILE").is_ok_and(|profile| profile == "release");
        tell(if released { "error" } else { "warning" }, REMEDY);
    } else {
        watch(&joined);
    }
    fs::write(out.join("novnc.js"), text)
}

fn watch(path: &Path) {
    tell("rerun-if-changed", &path.display().to_string());
}

fn tell(what: &str, text: &str) {
    println!("cargo::{what}={text}");
}
