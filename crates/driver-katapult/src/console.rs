//! Where a console session may lie: on the platform's own hosts.

use domain::Secret;

/// Whether an address is Katapult's own: an https address on the endpoint's host, or on another host of the domain that
/// the endpoint lies in (`console.katapult.io` beside `api.katapult.io`). A browser is sent there with nothing else
/// known about it, so whatever could be read in two ways is refused.
pub fn is_own(endpoint: &str, address: &Secret) -> bool {
    let Some((our_scheme, our_authority)) = split(endpoint) else {
        return false;
    };
    let Some((scheme, authority)) = split(address.expose()) else {
        return false;
    };
    if scheme == our_scheme && authority.eq_ignore_ascii_case(our_authority) {
        return true;
    }
    scheme == "https" && our_scheme == "https" && is_beside(our_authority, &authority.to_ascii_lowercase())
}

/// Scheme and authority of an address without anything suspicious in it.
fn split(address: &str) -> Option<(&str, &str)> {
    let suspicious = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    if address.contains(suspicious) {
        return None;
    }
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let is_plain = !authority.is_empty() && authority.chars().all(plain);
    (matches!(scheme, "https" | "http") && is_plain).then_some((scheme, authority))
}

/// Whether a host lies in the domain of ours: everything behind the first label, which has to be a domain itself.
fn is_beside(ours: &str, host: &str) -> bool {
    let ours = ours.to_ascii_lowercase();
    let Some((_, domain)) = ours.split_once('.') else {
        return false;
    };
    let is_address = ours.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ':'));
    let is_domain = domain.contains('.') && !domain.contains(':') && !is_address;
    is_domain
        && host
            .strip_suffix(domain)
            .is_some_and(|label| label.len() > 1 && label.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kt_092_a_console_lies_on_the_platforms_own_hosts_or_is_refused() {
        let own = |address: &str| is_own("https://api.katapult.io", &Secret::new(address));
        for address in [
            "https://api.katapult.io/console/abc",
            "https://console.katapult.io/x?token=1",
            "https://eu.console.katapult.io/x",
        ] {
            assert!(own(address), "{address}");
        }
        for address in [
            "http://console.katapult.io/x",
            "https://katapult.io.evil.example/x",
            "https://evilkatapult.io/x",
            "https://console.katapult.io@evil.example/x",
            "https://console.katapult.io:8443/x",
            "https://evil.example\\.katapult.io/x",
            "https://evil.example/.katapult.io",
            "https://evil.example#.katapult.io",
            "https://.katapult.io/",
            "//console.katapult.io/x",
            "javascript://console.katapult.io/%0aalert(1)",
            "",
        ] {
            assert!(!own(address), "{address}");
        }
    }

    #[test]
    fn an_endpoint_without_a_domain_has_no_host_beside_it() {
        let local = "http://127.0.0.1:8080";
        assert!(is_own(local, &Secret::new("http://127.0.0.1:8080/console")));
        for address in [
            "http://127.0.0.2:8080/x",
            "http://127.0.0.1/x",
            "https://9.0.0.1/x",
        ] {
            assert!(!is_own(local, &Secret::new(address)), "{address}");
        }
        assert!(!is_own("https://192.0.2.1", &Secret::new("https://7.0.2.1/x")));
        assert!(!is_own("https://katapult.io", &Secret::new("https://evil.io/x")));
    }
}
