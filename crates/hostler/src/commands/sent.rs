//! Secrets on their way to the engine.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::Secret;
use serde::{Deserialize, Serialize, Serializer};

/// A secret that the command line hands to the engine over the control socket, which only the engine's user can open.
/// It is the one secret that is ever serialised, and only into that socket.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Sent(pub Secret);

impl Serialize for Sent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

/// Reads a secret from a file, or from standard input for `-`. Never from an argument: those are seen by every user.
pub fn read_secret(setting: &str, path: &Path) -> Result<Sent> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin()
            .read_to_string(&mut text)
            .with_context(|| format!("{setting} -: standard input"))?;
    } else {
        text = read_text(setting, path)?;
    }
    let text = text.trim();
    if text.is_empty() {
        bail!(
            "{setting} {}: it is empty; write the token into it",
            path.display()
        );
    }
    Ok(Sent(Secret::new(text)))
}

/// Reads a file that an argument names.
pub fn read_text(setting: &str, path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| {
        format!(
            "{setting} {}: it cannot be read; name a readable file",
            path.display()
        )
    })
}
