//! Takes the viewer of screens into the room: the file that npm joined (`frontend/build.js`).
//!
//! A release has it or is not built. Every other build goes without it where npm has not run, so that nobody needs Node.js
//! to work on the rest; its consoles then say what is missing.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// What is to be done where it is missing.
const REMEDY: &str = "the viewer of consoles is missing (frontend/dist/novnc.js); run `npm ci` in frontend/";

fn main() -> std::io::Result<()> {
    let room = env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    let frontend = room.join("../../frontend");
    let joined = frontend.join("dist/novnc.js");
    let text = fs::read(&joined).unwrap_or_default();
    if text.is_empty() {
        // The whole folder, for npm makes the file; a file that is not there would have everything built each time.
        watch(&frontend);
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
