//! Generated options: what is said has to be there, and what the operator made of it stays.

use super::body::{GroupBody, OptionBody};
use crate::books::{Books, Choice, Group, Offer};

/// Sees to it that the group is there with its options and values, and that every product was given it once.
pub fn ensure(books: &mut Books, body: &GroupBody) {
    let products: Vec<u64> = books.shelves.keys().copied().collect();
    let group = books.groups.entry(body.key.clone()).or_insert_with(|| Group {
        label: body.label.clone(),
        ..Group::default()
    });
    for product in products {
        // One that the operator took it from does not get it again.
        if group.given.insert(product) {
            group.products.insert(product);
        }
    }
    for (place, option) in body.options.iter().enumerate() {
        ensure_option(group, place, option);
    }
}

/// Values come visible with a new option, and hidden to one that is there: the operator releases them.
fn ensure_option(group: &mut Group, place: usize, body: &OptionBody) {
    let is_new = !group.options.contains_key(&body.key);
    let offer = group.options.entry(body.key.clone()).or_insert_with(|| Offer {
        label: body.label.clone(),
        option_type: body.option_type.clone(),
        sort_order: place,
        values: std::collections::BTreeMap::new(),
    });
    for (place, value) in body.values.iter().enumerate() {
        let choice = offer.values.entry(value.key.clone());
        let choice = choice.or_insert_with(|| Choice {
            label: value.label.clone(),
            written: None,
            sort_order: place,
            hidden: !is_new,
            price: "0.00".to_owned(),
        });
        // A label that is not the one that was written last is the operator's.
        if choice.label == value.label || choice.written.as_ref() == Some(&choice.label) {
            choice.label.clone_from(&value.label);
            choice.written = Some(value.label.clone());
        }
    }
    for key in &body.withdrawn {
        if let Some(value) = offer.values.get_mut(key) {
            value.hidden = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::body::ValueBody;
    use super::*;
    use crate::books::Shelf;

    /// What happens to a shop's options.
    #[derive(Debug, Clone)]
    enum Happening {
        /// The engine says what has to be there.
        Said(GroupBody),
        /// The operator gives a value another name.
        Renamed(u8),
        /// The operator shows or hides a value.
        Turned(u8),
        /// The operator adds a value.
        Added(u8),
        /// The operator takes the group from a product.
        Taken(u64),
        /// There is a new product.
        Product(u64),
    }

    fn said() -> impl Strategy<Value = GroupBody> {
        (
            prop::collection::vec(0_u8..5, 0..5),
            prop::collection::vec(0_u8..5, 0..2),
            0_u8..3,
        )
            .prop_map(|(keys, gone, names)| GroupBody {
                key: "group".to_owned(),
                label: "Group".to_owned(),
                options: vec![OptionBody {
                    key: "place".to_owned(),
                    label: "Place".to_owned(),
                    option_type: "dropdown".to_owned(),
                    values: keys.iter().map(|key| value(*key, names)).collect(),
                    withdrawn: gone
                        .iter()
                        .filter(|key| !keys.contains(key))
                        .map(|key| format!("k{key}"))
                        .collect(),
                }],
            })
    }

    fn value(key: u8, names: u8) -> ValueBody {
        ValueBody {
            key: format!("k{key}"),
            label: format!("Name {key} of {names}"),
        }
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            4 => said().prop_map(Happening::Said),
            1 => (0_u8..5).prop_map(Happening::Renamed),
            1 => (0_u8..5).prop_map(Happening::Turned),
            1 => (5_u8..7).prop_map(Happening::Added),
            1 => (0_u64..3).prop_map(Happening::Taken),
            1 => (0_u64..3).prop_map(Happening::Product),
        ]
    }

    fn values(books: &mut Books) -> Option<&mut Offer> {
        books.groups.get_mut("group")?.options.get_mut("place")
    }

    /// What the operator does.
    fn happens(books: &mut Books, what: &Happening) {
        match what {
            Happening::Said(group) => ensure(books, group),
            Happening::Renamed(key) => {
                let offer = values(books);
                if let Some(value) = offer.and_then(|offer| offer.values.get_mut(&format!("k{key}"))) {
                    value.label = "renamed".to_owned();
                    value.price = "9.99".to_owned();
                }
            }
            Happening::Turned(key) => {
                let offer = values(books);
                if let Some(value) = offer.and_then(|offer| offer.values.get_mut(&format!("k{key}"))) {
                    value.hidden = !value.hidden;
                }
            }
            Happening::Added(key) => {
                if let Some(offer) = values(books) {
                    let own = Choice {
                        label: "own".to_owned(),
                        written: None,
                        sort_order: 99,
                        hidden: false,
                        price: "1.00".to_owned(),
                    };
                    offer.values.insert(format!("k{key}"), own);
                }
            }
            Happening::Taken(product) => {
                if let Some(group) = books.groups.get_mut("group") {
                    group.products.remove(product);
                }
            }
            Happening::Product(product) => {
                books.shelves.insert(*product, Shelf::default());
            }
        }
    }

    proptest! {
        #[test]
        fn kt_014_kt_020_kt_022_saying_it_again_changes_nothing_and_what_an_operator_made_stays(
            happenings in prop::collection::vec(happening(), 1..20),
        ) {
            let mut books = Books::default();
            for what in &happenings {
                let before = books.groups.get("group").cloned().unwrap_or_default();
                happens(&mut books, what);
                let Happening::Said(body) = what else { continue };
                let after = books.groups["group"].clone();
                // Again: nothing.
                ensure(&mut books, body);
                prop_assert_eq!(&books.groups["group"], &after);
                // Nothing is removed, priced or shown; only what is withdrawn is hidden, and a new name reaches what the
                // operator has not renamed.
                let (old, new) = (before.options.get("place"), &after.options["place"]);
                for (key, value) in old.iter().flat_map(|offer| &offer.values) {
                    let mut expected = value.clone();
                    expected.hidden |= body.options[0].withdrawn.contains(key);
                    let said = body.options[0].values.iter().find(|value| value.key == *key);
                    if let Some(said) = said.filter(|_| value.label != "renamed") {
                        expected.label.clone_from(&said.label);
                        expected.written = Some(said.label.clone());
                    }
                    prop_assert_eq!(new.values.get(key), Some(&expected));
                }
                // What came is what was said: visible with a new option, else hidden.
                let said: BTreeSet<String> = body.options[0].values.iter().map(|value| value.key.clone()).collect();
                for (key, value) in &new.values {
                    if old.is_none_or(|offer| !offer.values.contains_key(key)) {
                        prop_assert!(said.contains(key));
                        prop_assert_eq!((value.hidden, value.price.as_str()), (old.is_some(), "0.00"));
                    }
                }
                // Every product was given the group; one that lost it does not get it back.
                prop_assert!(books.shelves.keys().all(|product| after.given.contains(product)));
                let back = before.given.difference(&before.products);
                prop_assert!(back.clone().all(|product| !after.products.contains(product)));
            }
        }
    }
}
