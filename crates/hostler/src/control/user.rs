//! Names of local users, from the system's table.

use std::fs;

/// A user's name; the number where the table has none.
pub fn name_of(uid: u32) -> String {
    let table = fs::read_to_string("/etc/passwd").unwrap_or_default();
    find(&table, |name, id| (id == uid).then(|| name.to_owned())).unwrap_or_else(|| format!("uid {uid}"))
}

/// Looks through the lines of the table.
pub(crate) fn find<T>(table: &str, wanted: impl Fn(&str, u32) -> Option<T>) -> Option<T> {
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let id = fields.nth(1)?.parse().ok()?;
        wanted(name, id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_number() {
        let table =
            "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\nbroken line\n";
        let name = |wanted| find(table, |name, id| (id == wanted).then(|| name.to_owned()));
        assert_eq!(name(33).as_deref(), Some("www-data"));
        assert_eq!(name(0).as_deref(), Some("root"));
        assert_eq!(name(7), None);
    }
}
