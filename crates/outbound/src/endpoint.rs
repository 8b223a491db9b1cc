//! [`Endpoint`]: where a platform is and how it is asked. Parsed once, at the edge; a value that exists is safe to use.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use domain::Secret;
use domain::id::PlatformId;
use reqwest::Url;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::clients::Trust;
use crate::limits::Limits;

/// Why an endpoint is refused: the value, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It cannot be read as an address.
    #[error("\"{value}\" is not an address ({reason}); write it as https://panel.example.com/api/v1")]
    NotAnAddress {
        /// The value, without user information.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It would send the credential in the clear.
    #[error(
        "\"{value}\" does not use https; write https://, for plain http is allowed only towards this host itself \
         (127.0.0.1, [::1], localhost) and only where that is switched on"
    )]
    NotHttps {
        /// The value.
        value: String,
    },
    /// It contains a user name or password.
    #[error(
        "\"{value}\" contains a user name or password; remove it, the credential is a setting of its own"
    )]
    UserInfo {
        /// The value, without user information.
        value: String,
    },
    /// It goes on after the path.
    #[error("\"{value}\" contains a query or fragment; end the address with its path")]
    Query {
        /// The value.
        value: String,
    },
    /// The token cannot be sent in a header.
    #[error("the token is empty or contains spaces, line breaks or characters outside ASCII; copy it again")]
    Token,
    /// The additional certificates cannot be used.
    #[error(
        "the additional CA certificates cannot be used ({reason}); give one or more certificates as PEM text"
    )]
    Ca {
        /// What is wrong with them.
        reason: String,
    },
}

/// Whether plain HTTP is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// Never.
    Refused,
    /// Towards this host itself: simulators and tests.
    OnLoopback,
}

/// How to authenticate.
#[derive(Debug, Clone)]
pub enum Credential {
    /// `Authorization: Bearer <token>`.
    Bearer(Secret),
    /// A header of the platform's own, whose whole value is the key.
    Header(&'static str, Secret),
}

impl Credential {
    /// Whether a header can carry it.
    fn is_sendable(&self) -> bool {
        let (Self::Bearer(token) | Self::Header(_, token)) = self;
        !token.is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// One platform as `outbound` sees it.
#[derive(Clone)]
pub struct Endpoint {
    platform: PlatformId,
    kind: String,
    base: Url,
    credential: Credential,
    extra_ca: Option<Arc<str>>,
    limits: Limits,
}

impl Endpoint {
    /// Reads the address of a platform's API and takes its credential. The platform's kind is empty and its limits are
    /// the default ones until said otherwise.
    pub fn parse(
        platform: PlatformId,
        base: &str,
        credential: Credential,
        plain: PlainHttp,
    ) -> Result<Self, EndpointError> {
        if !credential.is_sendable() {
            return Err(EndpointError::Token);
        }
        let base = canonical(base, plain)?;
        Ok(Self {
            platform,
            kind: String::new(),
            base,
            credential,
            extra_ca: None,
            limits: Limits::default(),
        })
    }

    /// The one way to write an address, for comparing two of them: lower-case host without final dot, no default port,
    /// no slash at the end.
    pub fn canonical_base(base: &str, plain: PlainHttp) -> Result<String, EndpointError> {
        canonical(base, plain).map(|url| text_of(&url).to_owned())
    }

    /// With the platform's kind (`virtfusion`), a label of its metrics.
    #[must_use]
    pub fn with_kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = kind.into();
        self
    }

    /// With other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// With certificates (PEM) that are trusted in addition to the system's.
    pub fn with_extra_ca(mut self, pem: &str) -> Result<Self, EndpointError> {
        check_certificates(pem).map_err(|reason| EndpointError::Ca { reason })?;
        self.extra_ca = Some(Arc::from(pem));
        Ok(self)
    }

    /// The platform.
    pub const fn platform(&self) -> PlatformId {
        self.platform
    }

    /// The platform's kind.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The address in its canonical form.
    pub fn base(&self) -> &str {
        text_of(&self.base)
    }

    /// The limits.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) const fn credential(&self) -> &Credential {
        &self.credential
    }

    pub(crate) fn trust(&self) -> Trust {
        match &self.extra_ca {
            _ if self.base.scheme() == "http" => Trust::Nobody,
            Some(pem) => Trust::SystemAnd(Arc::clone(pem)),
            None => Trust::System,
        }
    }

    /// The address of a request below the base; the reason when `path` leads elsewhere.
    pub(crate) fn url(&self, path: &str, query: &[(String, String)]) -> Result<Url, String> {
        if !path.starts_with('/')
            || path.contains(['?', '#', '\\'])
            || path.contains(|c: char| !c.is_ascii_graphic())
        {
            return Err(format!(
                "the path \"{path}\" is not an encoded path beginning with a slash"
            ));
        }
        let mut url =
            Url::parse(&format!("{}{path}", self.base())).map_err(|e| format!("the path \"{path}\": {e}"))?;
        if text_of(&url) != format!("{}{path}", self.base()).trim_end_matches('/') {
            return Err(format!("the path \"{path}\" does not stay as it is written"));
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("platform", &self.platform)
            .field("kind", &self.kind)
            .field("base", &self.base())
            .field("extra_ca", &self.extra_ca.is_some())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// An address without the slash that `Url` puts at the end of an empty path.
fn text_of(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

fn canonical(text: &str, plain: PlainHttp) -> Result<Url, EndpointError> {
    let text = text.trim();
    let refuse = |reason: &str| EndpointError::NotAnAddress {
        value: shown(text),
        reason: reason.to_owned(),
    };
    // `Url` drops tabs and line breaks and reads a backslash as a slash; a person did not mean either.
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(refuse("it contains spaces, control characters or backslashes"));
    }
    let mut url = Url::parse(text).map_err(|error| refuse(&error.to_string()))?;
    if !matches!(url.scheme(), "https" | "http") || url.cannot_be_a_base() {
        return Err(refuse("it begins neither with https:// nor with http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointError::UserInfo { value: shown(text) });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(EndpointError::Query { value: shown(text) });
    }
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned();
    if host.is_empty() {
        return Err(refuse("it names no host"));
    }
    if url.host_str() != Some(host.as_str()) {
        url.set_host(Some(&host))
            .map_err(|error| refuse(&error.to_string()))?;
    }
    if url.scheme() == "http" && !(plain == PlainHttp::OnLoopback && is_loopback(&host)) {
        return Err(EndpointError::NotHttps { value: shown(text) });
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A value as an error may show it: shortened, and without what stands before an `@`.
fn shown(text: &str) -> String {
    let without = match text.rsplit_once('@') {
        Some((before, after)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            if scheme.is_empty() {
                format!("…@{after}")
            } else {
                format!("{scheme}://…@{after}")
            }
        }
        None => text.to_owned(),
    };
    without.chars().take(120).collect()
}

/// Whether the text holds certificates, all of which can be trust anchors.
fn check_certificates(pem: &str) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        Err("they contain no certificate".to_owned())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::Moment;
    use domain::ports::CountingRandom;

    use super::*;

    fn token(text: &str) -> Credential {
        Credential::Bearer(Secret::new(text))
    }

    fn endpoint(base: &str, plain: PlainHttp) -> Result<Endpoint, EndpointError> {
        let platform = PlatformId::at(Moment::from_seconds(0), &CountingRandom::new(1));
        Endpoint::parse(platform, base, token("abc"), plain)
    }

    #[test]
    fn an_address_has_one_canonical_form() {
        for (given, canonical) in [
            (
                "https://Panel.Example.COM/api/v1",
                "https://panel.example.com/api/v1",
            ),
            (
                "https://panel.example.com.:443/api/v1//",
                "https://panel.example.com/api/v1",
            ),
            (
                " https://panel.example.com:8443 ",
                "https://panel.example.com:8443",
            ),
            (
                "https://bücher.example/api/v1",
                "https://xn--bcher-kva.example/api/v1",
            ),
            ("https://[2001:DB8::1]/api/v1", "https://[2001:db8::1]/api/v1"),
        ] {
            assert_eq!(
                Endpoint::canonical_base(given, PlainHttp::Refused).as_deref(),
                Ok(canonical),
                "{given}"
            );
        }
    }

    #[test]
    fn plain_http_is_for_loopback_and_only_where_switched_on() {
        for host in ["127.0.0.1:8080", "[::1]:8080", "localhost"] {
            let base = format!("http://{host}/api/v1");
            assert!(endpoint(&base, PlainHttp::OnLoopback).is_ok(), "{base}");
            assert!(
                matches!(
                    endpoint(&base, PlainHttp::Refused),
                    Err(EndpointError::NotHttps { .. })
                ),
                "{base}"
            );
        }
        for base in [
            "http://panel.example.com/api/v1",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
        ] {
            let refused = endpoint(base, PlainHttp::OnLoopback);
            assert!(matches!(refused, Err(EndpointError::NotHttps { .. })), "{base}");
        }
    }

    #[test]
    fn an_error_names_the_value_and_the_remedy_and_no_password() {
        let error = |base| {
            endpoint(base, PlainHttp::Refused)
                .expect_err("it is wrong")
                .to_string()
        };
        let with_password = error("https://admin:hunter2@panel.example.com/api/v1");
        assert!(
            with_password.contains("panel.example.com") && with_password.contains("remove"),
            "{with_password}"
        );
        assert!(
            !with_password.contains("hunter2") && !with_password.contains("admin"),
            "{with_password}"
        );
        assert!(!error("https//admin:hunter2@panel").contains("hunter2"));
        assert!(error("https://panel.example.com/api?x=1").contains("query"));
        assert!(error("panel.example.com").contains("https://"));
        assert!(error("ftp://panel.example.com").contains("ftp://panel.example.com"));
        assert!(error("https://pan\nel.example.com").contains("control"));
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_refused() {
        let platform = PlatformId::at(Moment::from_seconds(0), &CountingRandom::new(1));
        for bad in ["", "two words", "line\nbreak", "schlüssel"] {
            let refused = Endpoint::parse(platform, "https://a.example", token(bad), PlainHttp::Refused);
            assert_eq!(refused.err(), Some(EndpointError::Token), "{bad:?}");
        }
    }

    #[test]
    fn extra_certificates_must_be_certificates() {
        let endpoint = endpoint("https://a.example", PlainHttp::Refused).expect("it is right");
        for bad in [
            "",
            "trust me",
            "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
        ] {
            assert!(
                matches!(endpoint.clone().with_extra_ca(bad), Err(EndpointError::Ca { .. })),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_path_stays_below_the_base() {
        let endpoint = endpoint("https://a.example/api/v1", PlainHttp::Refused).expect("it is right");
        let url = endpoint
            .url("/servers/7", &[("type".into(), "a b&c".into())])
            .expect("it is right");
        assert_eq!(url.as_str(), "https://a.example/api/v1/servers/7?type=a+b%26c");
        for bad in [
            "servers",
            "/../../admin",
            "/a?b=c",
            "/a#b",
            "/a/./b",
            "/a b",
            "/%2e%2e/x",
            "/a\\b",
        ] {
            assert!(endpoint.url(bad, &[]).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_credential() {
        let endpoint = endpoint("https://a.example", PlainHttp::Refused).expect("it is right");
        assert!(!format!("{endpoint:?}").contains("abc"));
    }
}
