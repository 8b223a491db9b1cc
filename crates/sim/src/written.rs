//! JSON that is text from the start. What platforms answer most often is large: a tree of it, built to be written once,
//! costs more than all else that a simulated platform does.

use std::ops::Range;

use serde::Serialize;

/// A JSON value as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written(Vec<u8>);

impl Written {
    /// A value as text.
    pub fn of(value: &impl Serialize) -> Self {
        Self(serde_json::to_vec(value).expect("what platforms answer can be written"))
    }

    /// A list of values.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        let mut text = vec![b'['];
        for Self(item) in items {
            if text.len() > 1 {
                text.push(b',');
            }
            text.extend_from_slice(&item);
        }
        text.push(b']');
        Self(text)
    }

    /// The text.
    pub fn into_text(self) -> String {
        String::from_utf8(self.0).expect("JSON is written as UTF-8")
    }
}

/// An object under way. Its fields stand in the order of their names, as [`serde_json::Value`] has them.
#[derive(Debug, Default)]
pub struct Object {
    values: Vec<u8>,
    fields: Vec<(&'static str, Range<usize>)>,
}

impl Object {
    /// With one more field.
    #[must_use]
    pub fn with(self, name: &'static str, value: &(impl Serialize + ?Sized)) -> Self {
        self.add(name, |values| {
            serde_json::to_writer(values, value).expect("what platforms answer can be written");
        })
    }

    /// With one more field, whose value is text already.
    #[must_use]
    pub fn with_written(self, name: &'static str, value: &Written) -> Self {
        self.add(name, |values| values.extend_from_slice(&value.0))
    }

    fn add(mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let start = self.values.len();
        write(&mut self.values);
        self.fields.push((name, start..self.values.len()));
        self
    }

    /// The whole object.
    pub fn end(mut self) -> Written {
        self.fields.sort_unstable_by_key(|(name, _)| *name);
        let names: usize = self.fields.iter().map(|(name, _)| name.len() + 4).sum();
        let mut text = Vec::with_capacity(self.values.len() + names + 2);
        text.push(b'{');
        for (name, value) in self.fields {
            if text.len() > 1 {
                text.push(b',');
            }
            // The names of a platform's fields have nothing in them that JSON would escape.
            text.push(b'"');
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b"\":");
            text.extend_from_slice(&self.values[value]);
        }
        text.push(b'}');
        Written(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_what_a_tree_of_it_would_be() {
        let item = |n: u64| Object::default().with("n", &n).with("_n", "\"é\n").end();
        let written = Object::default()
            .with("speed.in", &1.5)
            .with("empty", &Written::list([]).into_text())
            .with_written("list", &Written::list([item(1), item(2)]))
            .with_written("none", &Object::default().end())
            .with("Zone", &None::<u64>)
            .end();
        let tree = json!({
            "speed.in": 1.5,
            "empty": "[]",
            "list": [{ "n": 1, "_n": "\"é\n" }, { "n": 2, "_n": "\"é\n" }],
            "none": {},
            "Zone": null,
        });
        assert_eq!(written, Written::of(&tree));
        assert_eq!(written.into_text(), tree.to_string());
    }
}
