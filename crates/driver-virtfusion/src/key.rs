//! The client's SSH key: a pasted public key of any OpenSSH type, or the panel's id of one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use driver::Answered;

/// What the client gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyWish {
    /// The panel's id of a key, which must belong to the client's account.
    Existing(u64),
    /// A public key.
    Pasted(PublicKey),
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// Type, key and comment, trimmed.
    pub text: String,
    /// Type and key: what makes two keys the same.
    material: (String, String),
}

impl KeyWish {
    /// Reads the billing system's field; `None` when it is blank. What cannot be a key is refused before anything is
    /// made, because a machine without the key that was asked for is not what was ordered.
    pub fn read(field: Option<&str>) -> Result<Option<Self>, Answered> {
        let text = field.unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().all(|c| c.is_ascii_digit()) {
            return match text.parse() {
                Ok(id) if id > 0 => Ok(Some(Self::Existing(id))),
                _ => Err(Answered::permanent(format!(
                    "There can be no SSH key with the id {text}"
                ))),
            };
        }
        PublicKey::read(text).map(|key| Some(Self::Pasted(key)))
    }
}

impl PublicKey {
    /// Reads `type base64 [comment]`. The type stands again inside the key, so a cut or mixed-up one is noticed.
    pub fn read(text: &str) -> Result<Self, Answered> {
        let refuse = |why: &str| Answered::permanent(format!("The SSH key cannot be used: {why}"));
        let text = text.trim();
        if text.contains("PRIVATE KEY") {
            return Err(refuse("it is a private key; the public one is needed"));
        }
        if text.contains(['\n', '\r']) {
            return Err(refuse("it has more than one line"));
        }
        let mut words = text.split_ascii_whitespace();
        let (Some(kind), Some(key)) = (words.next(), words.next()) else {
            return Err(refuse("it is not of the form \"type key comment\""));
        };
        if !["ssh-", "ecdsa-", "sk-"]
            .iter()
            .any(|prefix| kind.starts_with(prefix))
        {
            return Err(refuse("its type is not one of OpenSSH's"));
        }
        let inside = STANDARD
            .decode(key)
            .map_err(|_| refuse("its second word is not base64; it may have been cut"))?;
        let length = u32::try_from(kind.len()).unwrap_or_default().to_be_bytes();
        if inside
            .strip_prefix(&length)
            .and_then(|rest| rest.strip_prefix(kind.as_bytes()))
            .is_none()
        {
            return Err(refuse("its type does not match its content"));
        }
        Ok(Self {
            text: text.to_owned(),
            material: (kind.to_owned(), key.to_owned()),
        })
    }

    /// Whether a key's text from the panel is the same key, whatever its comment.
    pub fn is_same(&self, other: &str) -> bool {
        let mut words = other.split_ascii_whitespace();
        words.next() == Some(&self.material.0) && words.next() == Some(&self.material.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kind: &str) -> String {
        let mut inside = u32::try_from(kind.len()).unwrap().to_be_bytes().to_vec();
        inside.extend_from_slice(kind.as_bytes());
        inside.extend_from_slice(&[0, 0, 0, 4, 1, 2, 3, 4]);
        format!("{kind} {} me@home", STANDARD.encode(inside))
    }

    #[test]
    fn vf_043_every_openssh_type_is_taken_also_with_spaces_around_it() {
        for kind in [
            "ssh-ed25519",
            "ssh-rsa",
            "ecdsa-sha2-nistp256",
            "sk-ssh-ed25519@openssh.com",
            "sk-ecdsa-sha2-nistp256@openssh.com",
        ] {
            let padded = format!("  {} \n", key(kind));
            let Ok(Some(KeyWish::Pasted(read))) = KeyWish::read(Some(&padded)) else {
                panic!("{kind} was refused");
            };
            assert_eq!(read.text, key(kind));
        }
    }

    #[test]
    fn vf_043_what_is_no_key_is_refused_in_words() {
        for (text, why) in [
            ("-----BEGIN OPENSSH PRIVATE KEY-----", "private"),
            ("ssh-rsa", "form"),
            ("ssh-rsa AAAA%%", "base64"),
            ("pgp-key AAAA", "type"),
            ("ssh-ed25519 AAAAB3NzaC1yc2E=", "match"),
            ("0", "id"),
        ] {
            let refused = KeyWish::read(Some(text)).unwrap_err();
            assert!(refused.reason.contains(why), "{text}: {}", refused.reason);
        }
        let two = format!("{}\n{}", key("ssh-rsa"), key("ssh-rsa"));
        assert!(KeyWish::read(Some(&two)).is_err());
    }

    #[test]
    fn keys_are_the_same_by_type_and_content() {
        let one = PublicKey::read(&key("ssh-ed25519")).unwrap();
        assert!(one.is_same(&key("ssh-ed25519").replace("me@home", "other")));
        assert!(!one.is_same(&key("ssh-rsa")));
        assert!(!one.is_same(""));
        assert_eq!(KeyWish::read(Some(" 17 ")), Ok(Some(KeyWish::Existing(17))));
        assert_eq!(KeyWish::read(Some("  ")), Ok(None));
    }
}
