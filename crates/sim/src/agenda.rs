//! What time brings, in the order in which it comes due; what comes due together keeps the order of its planning.

use std::collections::BTreeMap;

use domain::Moment;

/// Things to do by their moment.
#[derive(Debug)]
pub struct Agenda<D> {
    items: BTreeMap<(Moment, u64), D>,
    planned: u64,
}

impl<D> Default for Agenda<D> {
    fn default() -> Self {
        Self {
            items: BTreeMap::new(),
            planned: 0,
        }
    }
}

impl<D> Agenda<D> {
    /// Plans something for `at`.
    pub fn plan(&mut self, at: Moment, due: D) {
        self.planned += 1;
        self.items.insert((at, self.planned), due);
    }

    /// Takes out the first thing that is due by `now`, with its moment.
    pub fn next(&mut self, now: Moment) -> Option<(Moment, D)> {
        let entry = self.items.first_entry()?;
        let at = entry.key().0;
        (at <= now).then(|| (at, entry.remove()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_comes_in_order_and_what_is_not_stays() {
        let at = Moment::from_seconds;
        let mut agenda = Agenda::default();
        for (second, name) in [(20, "c"), (10, "a"), (10, "b"), (30, "d")] {
            agenda.plan(at(second), name);
        }
        let due: Vec<_> = std::iter::from_fn(|| agenda.next(at(20))).collect();
        assert_eq!(due, [(at(10), "a"), (at(10), "b"), (at(20), "c")]);
        assert_eq!(agenda.next(at(29)), None);
        assert_eq!(agenda.next(at(30)), Some((at(30), "d")));
    }
}
