//! The key that encrypts secrets at rest, kept in a file outside the database.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use domain::{Random, Secret};
use sha2::{Digest, Sha256};

use crate::error::StoreError;

const SETTING: &str = "key_file";

/// Thirty-two bytes that encrypt secrets at rest. Not printable and not serialisable.
#[derive(Clone)]
pub struct Key(Secret);

impl Key {
    /// From 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = hex::decode(text.trim()).ok()?;
        (bytes.len() == 32).then(|| Self(Secret::new(hex::encode(bytes))))
    }

    /// A fresh key.
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes = [0_u8; 32];
        random.fill(&mut bytes);
        Self(Secret::new(hex::encode(bytes)))
    }

    /// Reads the key from `path`; on the first start, when there is no such file, makes one that only its owner can
    /// read. Refuses a file that others can read: whoever has it and a backup has every credential.
    pub fn load_or_create(path: &Path, random: &dyn Random) -> Result<Self, StoreError> {
        match fs::metadata(path) {
            Ok(meta) => {
                refuse_loose_mode(path, meta.mode())?;
                let text = fs::read_to_string(path).map_err(|error| {
                    setting(
                        path,
                        format!("it cannot be read ({error})"),
                        "Let the engine's user read it",
                    )
                })?;
                Self::from_hex(&text).ok_or_else(|| {
                    setting(
                        path,
                        "it does not hold 64 hexadecimal digits".to_owned(),
                        "Restore the key file from its backup; a new key cannot read the stored credentials",
                    )
                })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Self::create(path, random),
            Err(error) => Err(setting(
                path,
                format!("it cannot be looked at ({error})"),
                "Let the engine's user enter its directory",
            )),
        }
    }

    fn create(path: &Path, random: &dyn Random) -> Result<Self, StoreError> {
        let key = Self::random(random);
        let failed = |error: std::io::Error| {
            setting(
                path,
                format!("it cannot be created ({error})"),
                "Make its directory writable for the engine's user, or name another file",
            )
        };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        file.write_all(format!("{}\n", key.0.expose()).as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        Ok(key)
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice(self.0.expose(), &mut bytes)
            .expect("a key is made from 32 bytes in hexadecimal");
        bytes
    }

    /// Bytes for one purpose, from which neither the key nor those for another purpose can be found.
    pub(crate) fn derived(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(purpose.as_bytes());
        hash.update([0]);
        hash.update(self.bytes());
        hash.finalize().into()
    }

    /// A name for the key that says nothing about it, stored beside each ciphertext.
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"hostler key id");
        hash.update(self.bytes());
        hex::encode(&hash.finalize()[..8])
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id())
    }
}

/// Whether neither group nor others may do anything with a file of this mode.
pub(crate) const fn is_private(mode: u32) -> bool {
    mode.trailing_zeros() >= 6
}

/// Refuses a file that its group or others may touch.
fn refuse_loose_mode(path: &Path, mode: u32) -> Result<(), StoreError> {
    if is_private(mode) {
        return Ok(());
    }
    Err(setting(
        path,
        format!("its mode {:04o} lets other users read it", mode & 0o7777),
        "Run chmod 600 on it; if others could have read it, replace the credentials it protects",
    ))
}

fn setting(path: &Path, problem: String, remedy: &str) -> StoreError {
    StoreError::Setting {
        setting: SETTING,
        value: path.display().to_string(),
        problem,
        remedy: remedy.to_owned(),
    }
}
