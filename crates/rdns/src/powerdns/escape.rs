//! Names inside of paths.

use std::fmt::Write;

use crate::DnsName;

/// The id by which PowerDNS knows a zone: its name, in which every byte that could mean something in a path is `=` and two
/// digits. The root, a lone dot, would be dropped from a path and is encoded as a whole.
pub fn zone_id(name: &DnsName) -> String {
    match name.as_str() {
        "." => "=2E".to_owned(),
        text => escaped(text, '=', |byte| matches!(byte, b'.' | b'-' | b'_')),
    }
}

/// One segment of a path.
pub fn segment(text: &str) -> String {
    escaped(text, '%', |byte| matches!(byte, b'-' | b'_' | b'.' | b'~'))
}

/// The text with all bytes as `mark` and two hexadecimal digits, but for letters, digits and what is `plain`.
fn escaped(text: &str, mark: char, plain: impl Fn(u8) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain(byte) {
            escaped.push(byte.into());
        } else {
            // Writing to a text does not fail.
            let _ = write!(escaped, "{mark}{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn vf_249_slashes_and_other_signs_of_a_zones_name_are_encoded() {
        for (name, id) in [
            ("113.0.203.in-addr.arpa", "113.0.203.in-addr.arpa."),
            ("64/26.113.0.203.in-addr.arpa.", "64=2F26.113.0.203.in-addr.arpa."),
            ("my_zone.example", "my_zone.example."),
            ("a=b.example", "a=3Db.example."),
            ("*.a%b?c#d.example", "=2A.a=25b=3Fc=23d.example."),
            (".", "=2E"),
        ] {
            assert_eq!(zone_id(&name.parse().expect("a name")), id);
        }
    }

    #[test]
    fn a_segment_of_a_path_is_percent_encoded() {
        assert_eq!(segment("localhost"), "localhost");
        assert_eq!(segment("ns 1/b~ü%"), "ns%201%2Fb~%C3%BC%25");
    }

    proptest! {
        #[test]
        fn an_id_fits_into_a_path_and_names_one_zone(one in "[!-~]{1,20}", other in "[!-~]{1,20}") {
            if let (Ok(one), Ok(other)) = (one.parse::<DnsName>(), other.parse::<DnsName>()) {
                let legal = |letter: char| letter.is_ascii_alphanumeric() || "=.-_".contains(letter);
                prop_assert!(zone_id(&one).chars().all(legal));
                prop_assert_eq!(zone_id(&one) == zone_id(&other), one == other);
            }
        }
    }
}
