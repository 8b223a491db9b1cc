//! What a command has to say: for people and for programs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The outcome of a command, in both forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// For a person, without a line break at the end.
    pub text: String,
    /// For a program (`--json`).
    pub value: Value,
}

impl Answer {
    /// One sentence or block, and its value.
    pub fn new(text: impl Into<String>, value: Value) -> Self {
        Self {
            text: text.into(),
            value,
        }
    }

    /// A listing: rows below their heads, and an array. `nothing` is said in place of an empty table.
    pub fn listing(nothing: &str, heads: &[&str], rows: &[Vec<String>], items: Vec<Value>) -> Self {
        let text = if rows.is_empty() {
            nothing.to_owned()
        } else {
            table(heads, rows)
        };
        Self {
            text,
            value: Value::Array(items),
        }
    }
}

/// Columns, each as wide as its widest cell.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            let cells = std::iter::once(&heads).chain(rows);
            cells
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(&heads)
        .chain(rows)
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Lines of `name: value`, with the values below each other. Empty values are left out.
pub fn fields(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
    filled
        .map(|(name, value)| format!("{:<width$} {value}", format!("{name}:")))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![
            vec!["a".to_owned(), "bb".to_owned()],
            vec!["cccc".to_owned(), String::new()],
        ];
        assert_eq!(table(&["x", "yyy"], &rows), "x     yyy\na     bb\ncccc");
    }

    #[test]
    fn an_empty_listing_says_so_and_is_an_empty_array() {
        let answer = Answer::listing("There is no platform.", &["id"], &[], Vec::new());
        assert_eq!(answer.text, "There is no platform.");
        assert_eq!(answer.value, Value::Array(Vec::new()));
    }

    #[test]
    fn empty_fields_are_left_out() {
        let text = fields(&[
            ("id", "7".to_owned()),
            ("reason", String::new()),
            ("state", "due".to_owned()),
        ]);
        assert_eq!(text, "id:     7\nstate:  due");
    }
}
