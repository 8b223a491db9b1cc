//! Names that are made here: the sub-domain of a client's organization and the hostname of a machine.

use domain::id::InstallationId;

/// The longest hostname that is made from an order.
const HOSTNAME_LENGTH: usize = 18;

/// The sub-domain of a client's organization: the same whenever it is asked for, so that making it twice is refused, and
/// telling nobody the client's number. `turn` counts names that turned out to be somebody else's.
pub fn sub_domain(parent: &str, installation: &InstallationId, client_id: u64, turn: u32) -> String {
    base36(fnv1a(
        format!("{parent} {installation}:{client_id} {turn}").as_bytes(),
    ))
}

/// FNV-1a with 64 bits: spread, not secrecy, is what is needed.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn base36(mut number: u64) -> String {
    const DIGITS: [char; 36] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j',
        'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
    ];
    let mut digits = Vec::new();
    loop {
        let digit = usize::try_from(number % 36).unwrap_or_default();
        digits.push(DIGITS[digit]);
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

/// The hostname that is made from the name on an order: dots become hyphens, and what no hostname may have does too.
/// `turn`, from 1, counts names that are taken: the second is `web-2`. `None` leaves the name to Katapult.
pub fn hostname(ordered: Option<&str>, turn: u32) -> Option<String> {
    let plain: String = ordered?
        .trim()
        .chars()
        .map(|letter| match letter.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9') => letter,
            _ => '-',
        })
        .collect();
    let suffix = if turn > 1 {
        format!("-{turn}")
    } else {
        String::new()
    };
    let room = HOSTNAME_LENGTH.saturating_sub(suffix.len());
    let begins = plain.trim_start_matches('-');
    let base = begins.get(..room.min(begins.len())).unwrap_or_default();
    let base = base.trim_end_matches('-');
    (!base.is_empty()).then(|| format!("{base}{suffix}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn kt_040_kt_041_a_hostname_is_made_from_the_domain_or_left_to_the_platform() {
        for (domain, expected) in [
            ("www.my-long-host.example.com", Some("www-my-long-host-e")),
            ("a.b", Some("a-b")),
            ("abcdefghijklmnopq.example.com", Some("abcdefghijklmnopq")),
            ("-lead.example.com", Some("lead-example-com")),
            ("UPPER_case!.example.com", Some("upper-case--exampl")),
            ("bücher.example.com", Some("b-cher-example-com")),
            ("...", None),
            ("", None),
        ] {
            assert_eq!(hostname(Some(domain), 1).as_deref(), expected, "{domain}");
        }
        assert_eq!(hostname(None, 1), None);
        assert_eq!(
            hostname(Some("www.my-long-host.example.com"), 2).as_deref(),
            Some("www-my-long-host-2")
        );
    }

    proptest! {
        #[test]
        fn every_hostname_is_legal_and_short_whatever_was_ordered(ordered in ".{0,60}", turn in 1_u32..50) {
            if let Some(name) = hostname(Some(&ordered), turn) {
                let legal = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '-');
                prop_assert!(name.chars().all(legal), "{name}");
                prop_assert!(name.len() <= HOSTNAME_LENGTH && !name.starts_with('-') && !name.ends_with('-'), "{name}");
            }
        }
    }

    #[test]
    fn kt_033_a_clients_organization_has_one_name_and_no_two_clients_share_it() {
        let main: InstallationId = "main".parse().expect("a name");
        let other: InstallationId = "shop".parse().expect("a name");
        let name = sub_domain("org_a", &main, 77, 0);
        assert_eq!(name, sub_domain("org_a", &main, 77, 0));
        let mut seen: std::collections::BTreeSet<String> = (0..20_000)
            .map(|client| sub_domain("org_a", &main, client, 0))
            .collect();
        assert_eq!(seen.len(), 20_000);
        for another in [
            sub_domain("org_b", &main, 77, 0),
            sub_domain("org_a", &other, 77, 0),
            sub_domain("org_a", &main, 77, 1),
        ] {
            assert!(seen.insert(another));
        }
        let legal = |letter: char| matches!(letter, 'a'..='z' | '0'..='9');
        assert!(
            seen.iter()
                .all(|name| name.len() <= 13 && name.chars().all(legal))
        );
    }
}
