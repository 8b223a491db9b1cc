//! What stands in place of an address or a name while a page is masked for a screenshot. The page carries it beside the
//! text, so that the script only puts the one in the other's place.

/// What hides one letter.
const DOT: char = '•';

/// What hides the end of an IPv4 address.
const REST: &str = "•••.•••";

/// The masked form of an address, a network, a hostname, or a list of them; anything else is left as it is.
pub(crate) fn mask(text: &str) -> String {
    let parts: Vec<String> = text.split(',').map(|part| one(part.trim())).collect();
    parts.join(", ")
}

/// The masked form of a name that a person chose: each of its words.
pub(crate) fn veil(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(one).collect();
    words.join(" ")
}

fn one(text: &str) -> String {
    let (address, prefix) = text
        .split_once('/')
        .map_or((text, String::new()), |(address, length)| {
            (address, format!("/{length}"))
        });
    let is_length = prefix.bytes().skip(1).all(|digit| digit.is_ascii_digit());
    let hidden = ipv4(address).or_else(|| ipv6(address)).filter(|_| is_length);
    if let Some(hidden) = hidden {
        return hidden + &prefix;
    }
    hostname(text).unwrap_or_else(|| text.to_owned())
}

/// The first half stays.
fn ipv4(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('.').collect();
    let is_group = |group: &&str| (1..=3).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_digit());
    (groups.len() == 4 && groups.iter().all(is_group)).then(|| format!("{}.{}.{REST}", groups[0], groups[1]))
}

/// The first two groups stay, but none behind a gap: what stands there is the machine's own part.
fn ipv6(text: &str) -> Option<String> {
    let is_one = text.contains(':') && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    if !is_one {
        return None;
    }
    if text.bytes().all(|b| b == b':') {
        return Some(text.to_owned());
    }
    let network = text.split("::").next().unwrap_or_default();
    let groups = network.split(':').filter(|group| !group.is_empty()).take(2);
    let mut hidden: String = groups.flat_map(|group| [group, ":"]).collect();
    hidden.push_str("••••::•");
    Some(hidden)
}

/// The first letter of each label stays.
fn hostname(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !text.chars().all(plain) || !text.contains(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let label = |label: &str| -> String {
        let hide = |(at, letter)| if at == 0 { letter } else { DOT };
        label.chars().enumerate().map(hide).collect()
    };
    Some(text.split('.').map(label).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_204_addresses_and_hostnames_keep_their_beginning() {
        for (text, hidden) in [
            ("205.186.10.20", "205.186.•••.•••"),
            ("205.186.10.20/24", "205.186.•••.•••/24"),
            ("2602:2f3:0:5d::/64", "2602:2f3:••••::•/64"),
            ("2001:db8::1", "2001:db8:••••::•"),
            ("::", "::"),
            ("example.com", "e••••••.c••"),
            ("mail.example.co.uk", "m•••.e••••••.c•.u•"),
            ("a", "a"),
            ("VPS-01", "V•••••"),
            ("My VPS", "My VPS"),
            ("-", "-"),
            ("1.2.3", "1.2.3"),
            ("12345", "12345"),
            ("1.2.3.4, 5.6.7.8", "1.2.•••.•••, 5.6.•••.•••"),
            ("999.999.999.999", "999.999.•••.•••"),
            ("abc:def", "abc:def:••••::•"),
        ] {
            assert_eq!(mask(text), hidden, "{text}");
        }
    }

    #[test]
    fn vf_204_the_machines_own_part_of_an_address_is_never_shown() {
        for (text, hidden) in [
            ("fe80::1", "fe80:••••::•"),
            ("::1", "••••::•"),
            ("fe80::a1b2:c3d4/64", "fe80:••••::•/64"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:••••::•"),
        ] {
            assert_eq!(mask(text), hidden, "{text}");
        }
    }

    #[test]
    fn vf_204_every_word_of_a_name_is_hidden() {
        assert_eq!(veil("My VPS"), "M• V••");
        assert_eq!(veil(" web-01 "), "w•••••");
        assert_eq!(veil(""), "");
    }
}
