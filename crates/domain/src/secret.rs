//! Secrets as a type. A [`Secret`] cannot be printed, logged, serialised or compared by accident; its text is reached
//! by one greppable method. At rest secrets are named by a [`crate::id::SecretId`] and encrypted by the store.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A text that must not be seen: a token, key or password. Wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself. Each caller is a place where a secret leaves its type: keep them few.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Secrets may come in as part of a message; they never go out as one.
impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_nothing_but_its_kind() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[secret]");
    }
}
