//! Where a nudge may go.

use std::net::IpAddr;

use anyhow::{Context, Result, bail};
use reqwest::Url;

use crate::config::is_private;

/// The parsed `nudge_url` of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// Reads it. A nudge carries nothing worth reading, but an eavesdropper on the public network should not learn
    /// when a shop sells: plain HTTP is for this host and private addresses, as for the bridge itself.
    pub fn parse(text: &str) -> Result<Self> {
        const EXAMPLE: &str = "write https://…/modules/addons/hostler/nudge.php";
        let url = Url::parse(text).with_context(|| format!("it is not a web address; {EXAMPLE}"))?;
        let Some(host) = url.host_str() else {
            bail!("it names no host; {EXAMPLE}");
        };
        if !url.username().is_empty() || url.password().is_some() {
            bail!("it contains a user name or password, which nudges do not need; leave them out");
        }
        let plain_is_fine = host == "localhost"
            || host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse::<IpAddr>()
                .is_ok_and(is_private);
        match url.scheme() {
            "https" => Ok(Self(url)),
            "http" if plain_is_fine => Ok(Self(url)),
            "http" => bail!("plain http is for this host and private addresses only; write https://"),
            _ => bail!("it is not a web address; {EXAMPLE}"),
        }
    }

    /// Whether the certificate of its host is checked.
    pub(super) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(super) fn into_url(self) -> Url {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_goes_anywhere_and_plain_http_stays_near() {
        for right in [
            "https://shop.example.com/modules/addons/hostler/nudge.php",
            "https://192.0.2.7/nudge.php?a=b",
            "http://127.0.0.1:8700/nudge",
            "http://[::1]/nudge.php",
            "http://localhost/nudge.php",
            "http://10.1.2.3/nudge.php",
        ] {
            assert!(Target::parse(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_write() {
        for (wrong, said) in [
            ("shop.example.com/nudge.php", "write https://"),
            ("ftp://shop.example.com/", "write https://"),
            ("http://shop.example.com/nudge.php", "plain http"),
            ("http://192.0.2.7/nudge.php", "plain http"),
            ("https://admin:secret@shop.example.com/", "leave them out"),
        ] {
            let error = format!("{:#}", Target::parse(wrong).unwrap_err());
            assert!(error.contains(said), "{wrong}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
