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

/// How somebody gets in: what stands before the password, and the password. Kept and handed out as one secret.
#[derive(Debug, Clone)]
pub struct Access {
    /// The user on the machine, the address that an account is signed in with, or where a console is.
    pub name: String,
    /// The password.
    pub password: Secret,
}

impl Access {
    /// As one secret.
    pub fn seal(&self) -> Secret {
        Secret::new(serde_json::json!({ "name": self.name, "password": self.password.expose() }).to_string())
    }

    /// From the secret that it was kept as; `None` where it is something else.
    pub fn open(sealed: &Secret) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Sealed {
            name: String,
            password: Secret,
        }
        let Sealed { name, password } = serde_json::from_str(sealed.expose()).ok()?;
        Some(Self { name, password })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_nothing_but_its_kind() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[secret]");
    }

    #[test]
    fn an_access_is_one_secret_and_opens_again() {
        let access = Access {
            name: "root".to_owned(),
            password: Secret::new("hunter2"),
        };
        assert!(!format!("{access:?}").contains("hunter2"));
        let opened = Access::open(&access.seal()).expect("it was sealed");
        assert_eq!(
            (opened.name.as_str(), opened.password.expose()),
            ("root", "hunter2")
        );
        assert!(Access::open(&Secret::new("https://cp.example.test/?1=a")).is_none());
    }
}
