//! Where a changing request comes from.
//!
//! The browser's `Origin` alone decides where there is one; `Referer` stands in only where there is none. It has to
//! be the host that the request was sent to, or the billing system's own address, port included.

/// Why a request's origin is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// Neither header is there.
    Missing,
    /// It comes from elsewhere.
    Mismatch,
}

/// The origin of the page that a request comes from, as a browser would write it; `None` where the request does not say.
pub fn of(origin: Option<&str>, referer: Option<&str>) -> Option<String> {
    let place = Place::of_url(origin.or(referer)?)?;
    let scheme = if place.secure { "https" } else { "http" };
    Some(format!("{scheme}://{}", place.authority))
}

/// Judges where a request comes from.
pub fn judge(
    origin: Option<&str>,
    referer: Option<&str>,
    host: Option<&str>,
    system_url: Option<&str>,
) -> Result<(), Foreign> {
    let claimed = match (origin, referer) {
        (Some(origin), _) => origin,
        (None, Some(referer)) if !referer.trim().is_empty() => referer,
        (None, _) => return Err(Foreign::Missing),
    };
    let claimed = Place::of_url(claimed).ok_or(Foreign::Mismatch)?;
    let system = system_url.and_then(Place::of_url);
    // Where the billing system is served over TLS, a page that was not is anybody's.
    let downgraded = system.as_ref().is_some_and(|system| system.secure) && !claimed.secure;
    let sent_to = host.map(|host| host.trim().to_ascii_lowercase());
    let same = sent_to.is_some_and(|host| claimed.is_at(&host))
        || system.is_some_and(|system| system.authority == claimed.authority);
    if same && !downgraded {
        Ok(())
    } else {
        Err(Foreign::Mismatch)
    }
}

/// Scheme and authority of an address, in one spelling.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    secure: bool,
    authority: String,
}

impl Place {
    fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.trim().split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#', '\\']).next()?;
        if authority.is_empty() || authority.contains('@') {
            return None;
        }
        let authority = authority.to_ascii_lowercase();
        let standard = if secure { ":443" } else { ":80" };
        let authority = authority.strip_suffix(standard).unwrap_or(&authority).to_owned();
        Some(Self { secure, authority })
    }

    /// Whether a `Host` header, which has no scheme, names this place.
    fn is_at(&self, host: &str) -> bool {
        let standard = if self.secure { ":443" } else { ":80" };
        host.strip_suffix(standard).unwrap_or(host) == self.authority
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYSTEM: Option<&str> = Some("https://shop.example.test/whmcs/");
    const HOST: Option<&str> = Some("shop.example.test");
    const GOOD: Option<&str> = Some("https://shop.example.test/clientarea.php?x=1");

    #[test]
    fn vf_091_a_change_without_origin_and_referer_is_refused() {
        assert_eq!(judge(None, None, HOST, SYSTEM), Err(Foreign::Missing));
        assert_eq!(judge(None, Some(" "), HOST, SYSTEM), Err(Foreign::Missing));
        assert_eq!(judge(None, GOOD, HOST, SYSTEM), Ok(()));
    }

    #[test]
    fn vf_092_a_foreign_origin_is_refused_even_with_a_good_referer() {
        for foreign in [
            "https://evil.test",
            "https://shop.example.test.evil.test",
            "https://evil.test/shop.example.test",
            "https://shop.example.test@evil.test",
            "https://shop.example.test:8443",
            "http://shop.example.test",
            "ftp://shop.example.test",
            "shop.example.test",
            "",
        ] {
            assert_eq!(
                judge(Some(foreign), GOOD, HOST, SYSTEM),
                Err(Foreign::Mismatch),
                "{foreign}"
            );
        }
        assert_eq!(
            judge(None, Some("https://evil.test/"), HOST, SYSTEM),
            Err(Foreign::Mismatch)
        );
    }

    #[test]
    fn vf_093_the_host_and_the_system_url_are_good_in_any_case() {
        for good in [
            "https://shop.example.test",
            "https://SHOP.example.TEST",
            "https://shop.example.test:443",
        ] {
            assert_eq!(judge(Some(good), None, HOST, None), Ok(()), "{good}");
            assert_eq!(judge(Some(good), None, None, SYSTEM), Ok(()), "{good}");
            assert_eq!(
                judge(Some(good), None, Some("Shop.Example.Test:443"), SYSTEM),
                Ok(()),
                "{good}"
            );
        }
        let plain = Some("http://127.0.0.1:18580/");
        assert_eq!(
            judge(
                Some("http://127.0.0.1:18580"),
                None,
                Some("127.0.0.1:18580"),
                plain
            ),
            Ok(())
        );
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        assert_eq!(
            of(Some("https://Shop.Example.Test:443"), GOOD).as_deref(),
            Some("https://shop.example.test")
        );
        assert_eq!(of(None, GOOD).as_deref(), Some("https://shop.example.test"));
        assert_eq!(
            of(None, Some("http://127.0.0.1:8700/x")).as_deref(),
            Some("http://127.0.0.1:8700")
        );
        assert_eq!(of(None, None), None);
        assert_eq!(of(Some("null"), GOOD), None);
    }

    #[test]
    fn vf_094_origin_null_is_refused() {
        assert_eq!(judge(Some("null"), None, HOST, SYSTEM), Err(Foreign::Mismatch));
        assert_eq!(judge(Some("null"), GOOD, HOST, SYSTEM), Err(Foreign::Mismatch));
    }
}
