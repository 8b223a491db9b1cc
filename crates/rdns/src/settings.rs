//! [`Settings`]: what an operator enters about a PowerDNS server, read once where it comes in.

use std::time::Duration;

use domain::Secret;
use http::Uri;

/// The shortest lifetime of a pointer in seconds, whatever is entered.
pub const SHORTEST_TTL: u32 = 60;

/// The lifetime in seconds where none is entered.
const USUAL_TTL: u32 = 3_600;

/// The longest lifetime that the DNS knows, in seconds.
const LONGEST_TTL: u32 = 0x7fff_ffff;

/// How long zones and confirmations are kept at least, in seconds.
const SHORTEST_CACHE: u32 = 10;

/// How long they are kept where nothing is entered, in seconds.
const USUAL_CACHE: u32 = 60;

/// What every PowerDNS server calls itself, unless somebody has taken pains.
const USUAL_SERVER: &str = "localhost";

/// An endpoint that nothing can be asked at. Its text is not repeated, for it may contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "The endpoint is written as https://ns1.example.com:8081, with http or https and without user name, query or fragment"
)]
pub struct NotAnEndpoint;

/// The settings as they were entered. It cannot be printed, because the key is still a plain text.
#[derive(Clone, Copy)]
pub struct Entered<'a> {
    /// Whether reverse DNS is wanted: `on`, `yes`, `1` or `true` in any case.
    pub enabled: &'a str,
    /// Where the API is, below which `/api/v1` lies.
    pub endpoint: &'a str,
    /// The API key in plain text; whether what was stored had to be decrypted is decided before.
    pub key: &'a str,
    /// The server's id.
    pub server_id: &'a str,
    /// The lifetime of pointers in seconds.
    pub ttl: &'a str,
    /// How long zones and confirmations are kept, in seconds.
    pub cache: &'a str,
}

/// A PowerDNS server and how it is used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether reverse DNS is wanted.
    pub enabled: bool,
    /// Where the API is, without slashes at its end; empty where none is entered.
    pub endpoint: String,
    /// The API key; empty where none is entered.
    pub key: Secret,
    /// The server's id; never empty.
    pub server_id: String,
    /// The lifetime of pointers in seconds, at least [`SHORTEST_TTL`].
    pub ttl: u32,
    /// How long zones and confirmations are kept, at least ten seconds.
    pub cache: Duration,
}

impl Settings {
    /// Reads what was entered. Only an endpoint can be wrong; a number that is none is the usual one.
    pub fn read(entered: &Entered<'_>) -> Result<Self, NotAnEndpoint> {
        let enabled = entered.enabled.trim().to_ascii_lowercase();
        let cache = seconds(entered.cache, USUAL_CACHE, SHORTEST_CACHE, u32::MAX);
        Ok(Self {
            enabled: matches!(enabled.as_str(), "on" | "yes" | "1" | "true"),
            endpoint: endpoint(entered.endpoint)?,
            key: Secret::new(entered.key.trim()),
            server_id: match entered.server_id.trim() {
                "" => USUAL_SERVER.to_owned(),
                id => id.to_owned(),
            },
            ttl: seconds(entered.ttl, USUAL_TTL, SHORTEST_TTL, LONGEST_TTL),
            cache: Duration::from_secs(cache.into()),
        })
    }

    /// Whether there is reverse DNS: wanted, and with all that it takes.
    pub fn is_on(&self) -> bool {
        self.enabled && !self.endpoint.is_empty() && !self.key.is_empty()
    }
}

fn endpoint(text: &str) -> Result<String, NotAnEndpoint> {
    let text = text.trim().trim_end_matches('/');
    if text.is_empty() {
        return Ok(String::new());
    }
    let uri: Uri = text.parse().map_err(|_| NotAnEndpoint)?;
    let authority = uri.authority().ok_or(NotAnEndpoint)?;
    let host = authority.host();
    // Besides a user name this finds a port that is no number, which is otherwise passed over.
    let plain = match authority.port() {
        Some(port) => authority.as_str() == format!("{host}:{port}"),
        None => authority.as_str() == host,
    };
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    // A fragment is no part of a `Uri` and would be dropped in silence.
    if is_http && plain && !host.is_empty() && !text.contains(['?', '#']) {
        Ok(text.to_owned())
    } else {
        Err(NotAnEndpoint)
    }
}

/// A whole number of seconds between `least` and `most`, of however many digits; `usual` for everything else.
fn seconds(text: &str, usual: u32, least: u32, most: u32) -> u32 {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return usual;
    }
    if negative {
        return least;
    }
    digits.parse().unwrap_or(most).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENTERED: Entered<'static> = Entered {
        enabled: "on",
        endpoint: "https://ns1.example.com:8081",
        key: "secret",
        server_id: "localhost",
        ttl: "3600",
        cache: "60",
    };

    fn read(entered: &Entered<'_>) -> Settings {
        Settings::read(entered).expect("an endpoint")
    }

    fn endpoint_of(text: &str) -> Result<String, NotAnEndpoint> {
        let entered = Entered {
            endpoint: text,
            ..ENTERED
        };
        Settings::read(&entered).map(|settings| settings.endpoint)
    }

    #[test]
    fn vf_258_reverse_dns_is_on_where_it_is_wanted_and_has_an_endpoint_and_a_key() {
        for (enabled, on) in [
            ("on", true),
            ("YES", true),
            ("1", true),
            (" True ", true),
            ("off", false),
            ("", false),
            ("0", false),
            ("enabled", false),
        ] {
            assert_eq!(read(&Entered { enabled, ..ENTERED }).is_on(), on, "{enabled}");
        }
        assert!(
            !read(&Entered {
                endpoint: " / ",
                ..ENTERED
            })
            .is_on()
        );
        assert!(
            !read(&Entered {
                key: " \n",
                ..ENTERED
            })
            .is_on()
        );
    }

    #[test]
    fn vf_258_lifetimes_have_a_least_and_a_usual_value() {
        for (text, ttl, cache) in [
            ("3600", 3_600, 3_600),
            (" 86400 ", 86_400, 86_400),
            ("+300", 300, 300),
            ("59", 60, 59),
            ("0", 60, 10),
            ("9", 60, 10),
            ("-5", 60, 10),
            ("", 3_600, 60),
            ("an hour", 3_600, 60),
            ("60s", 3_600, 60),
            ("1.5", 3_600, 60),
            ("-", 3_600, 60),
            ("2147483648", 2_147_483_647, 2_147_483_648),
            ("99999999999999999999999", 2_147_483_647, 4_294_967_295),
        ] {
            let settings = read(&Entered {
                ttl: text,
                cache: text,
                ..ENTERED
            });
            assert_eq!(settings.ttl, ttl, "{text}");
            assert_eq!(settings.cache, Duration::from_secs(cache), "{text}");
        }
    }

    #[test]
    fn vf_258_keys_and_server_ids_are_trimmed_and_no_id_is_the_usual_one() {
        for (id, expected) in [
            ("localhost", "localhost"),
            (" ns1\n", "ns1"),
            ("", "localhost"),
            (" ", "localhost"),
        ] {
            assert_eq!(
                read(&Entered {
                    server_id: id,
                    ..ENTERED
                })
                .server_id,
                expected,
                "{id:?}"
            );
        }
        let settings = read(&Entered {
            key: " s3cret key\r\n",
            ..ENTERED
        });
        assert_eq!(settings.key.expose(), "s3cret key");
        assert!(!format!("{settings:?}").contains("s3cret"));
    }

    #[test]
    fn vf_258_an_endpoint_is_an_address_of_http_without_slashes_at_its_end() {
        for (text, expected) in [
            ("https://ns1.example.com:8081", "https://ns1.example.com:8081"),
            (" http://ns1.example.com:8081// ", "http://ns1.example.com:8081"),
            ("https://example.com/dns/", "https://example.com/dns"),
            ("http://192.0.2.1:8081", "http://192.0.2.1:8081"),
            ("http://[2001:db8::1]:8081/", "http://[2001:db8::1]:8081"),
            ("", ""),
        ] {
            assert_eq!(endpoint_of(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "ns1.example.com:8081",
            "ns1.example.com",
            "/api",
            "ftp://ns1.example.com",
            "https://",
            "https:///api",
            "https://:8081",
            "https://admin:pass@ns1.example.com",
            "https://admin@ns1.example.com:8081",
            "https://ns1.example.com:99999",
            "https://ns1.example.com:port",
            "https://ns1.example.com:",
            "https://ns1.example.com?a=b",
            "https://ns1.example.com/#a",
            "https://ns1 example.com",
            "https://ns1.example.com\\api",
        ] {
            assert_eq!(endpoint_of(text), Err(NotAnEndpoint), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_entered_is_read_or_refused(text in ".{0,40}|https?://.{0,40}|[+-]?[0-9]{0,30}") {
            if let Ok(endpoint) = endpoint_of(&text) {
                prop_assert_eq!(endpoint_of(&endpoint), Ok(endpoint.clone()));
            }
            let settings = read(&Entered { ttl: &text, cache: &text, server_id: &text, key: &text, enabled: &text, ..ENTERED });
            prop_assert!((60..=2_147_483_647).contains(&settings.ttl));
            prop_assert!(settings.cache >= Duration::from_secs(10));
            prop_assert!(!settings.server_id.is_empty());
        }
    }
}
