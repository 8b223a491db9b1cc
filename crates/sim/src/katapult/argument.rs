//! The arguments of a request: query and JSON body merged, the text of the path where neither names the thing, and
//! read the way the platform's framework reads them. Arguments that no endpoint knows are ignored.

use serde_json::{Map, Value};

use super::problem::{Issue, Problem};
use crate::wire::Incoming;

/// What names a thing: the field and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// `id`, `permalink`, `sub_domain`, …
    pub field: &'static str,
    /// Its value.
    pub value: String,
}

/// The arguments, or the fields of one of them.
#[derive(Debug, Clone, Default)]
pub struct Arguments {
    path: Vec<String>,
    values: Map<String, Value>,
}

impl Arguments {
    /// The arguments of a request, whose path holds `captures`.
    pub fn of(incoming: &Incoming, captures: &[(&str, &str)]) -> Result<Self, Problem> {
        let mut values = Value::Object(Map::new());
        for (key, value) in &incoming.query {
            place(&mut values, &segments(key), value);
        }
        let body = body(incoming, &values)?;
        merge(&mut values, body);
        let Value::Object(mut values) = values else {
            return Err(Problem::invalid_body("expected an object"));
        };
        values.remove("_arguments");
        for (name, text) in captures {
            if !values.contains_key(*name) {
                // The text of the path fills the first field of a lookup, which is always `id`.
                values.insert((*name).to_owned(), serde_json::json!({ "id": text }));
            }
        }
        Ok(Self {
            path: Vec::new(),
            values,
        })
    }

    fn at(&self, name: &str) -> Vec<String> {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        path
    }

    fn flaw(&self, name: &str, issue: Issue) -> Problem {
        Problem::invalid_argument(&self.at(name), issue, &[])
    }

    fn given(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// Whether the argument is there, null or not.
    pub fn names(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// What a lookup names, by one of `fields`.
    pub fn lookup(&self, name: &str, fields: &[&'static str]) -> Result<Lookup, Problem> {
        self.optional_lookup(name, fields)?
            .ok_or_else(|| Problem::missing_argument(&self.at(name)))
    }

    /// The same, where the argument may be missing.
    pub fn optional_lookup(&self, name: &str, fields: &[&'static str]) -> Result<Option<Lookup>, Problem> {
        let Some(value) = self.values.get(name) else {
            return Ok(None);
        };
        let object = value
            .as_object()
            .ok_or_else(|| self.flaw(name, Issue::ObjectExpected))?;
        let inside = Self {
            path: self.at(name),
            values: object.clone(),
        };
        let mut found = None;
        for field in fields {
            let Some(value) = inside.text(field)? else {
                continue;
            };
            if found.is_some() {
                return Err(self.flaw(name, Issue::AmbiguousLookupValues));
            }
            found = Some(Lookup { field, value });
        }
        found
            .ok_or_else(|| self.flaw(name, Issue::MissingLookupValue))
            .map(Some)
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.flaw(name, Issue::InvalidScalar)),
        }
    }

    /// A text that must be there.
    pub fn required_text(&self, name: &str) -> Result<String, Problem> {
        self.text(name)?
            .ok_or_else(|| Problem::missing_argument(&self.at(name)))
    }

    /// One of these texts.
    pub fn choice(&self, name: &str, known: &[&str]) -> Result<Option<String>, Problem> {
        let text = self.text(name)?;
        if text.as_deref().is_some_and(|text| !known.contains(&text)) {
            return Err(self.flaw(name, Issue::InvalidEnumValue));
        }
        Ok(text)
    }

    /// A whole number, as a number or as digits.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Problem> {
        let number = match self.given(name) {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        number.ok_or_else(|| self.flaw(name, Issue::ParseError)).map(Some)
    }

    /// A whole number that must be there.
    pub fn required_integer(&self, name: &str) -> Result<i64, Problem> {
        self.integer(name)?
            .ok_or_else(|| Problem::missing_argument(&self.at(name)))
    }

    /// A whole number within bounds, which the framework names when they are broken.
    pub fn bounded(&self, name: &str, most: i64, too_many: &'static str) -> Result<Option<u64>, Problem> {
        let number = self.integer(name)?;
        let broken = |rule| Problem::invalid_argument(&self.at(name), Issue::ValidationErrors, &[rule]);
        match number {
            Some(number) if number < 1 => Err(broken("greater_than_zero")),
            Some(number) if number > most => Err(broken(too_many)),
            _ => Ok(number.and_then(|number| u64::try_from(number).ok())),
        }
    }

    /// True or false, in any of the spellings.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, Problem> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(Value::String(text)) if ["true", "yes", "1"].contains(&text.as_str()) => Ok(Some(true)),
            Some(Value::String(text)) if ["false", "no", "0"].contains(&text.as_str()) => Ok(Some(false)),
            Some(Value::Number(number)) if number.as_i64() == Some(1) => Ok(Some(true)),
            Some(Value::Number(number)) if number.as_i64() == Some(0) => Ok(Some(false)),
            Some(_) => Err(self.flaw(name, Issue::ParseError)),
        }
    }

    /// The fields of an argument.
    pub fn object(&self, name: &str) -> Result<Option<Self>, Problem> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Object(values)) => Ok(Some(Self {
                path: self.at(name),
                values: values.clone(),
            })),
            Some(_) => Err(self.flaw(name, Issue::ObjectExpected)),
        }
    }

    /// The fields of an argument that must be there.
    pub fn required_object(&self, name: &str) -> Result<Self, Problem> {
        self.object(name)?
            .ok_or_else(|| Problem::missing_argument(&self.at(name)))
    }

    /// A list of objects; empty where there is none.
    pub fn objects(&self, name: &str) -> Result<Vec<Self>, Problem> {
        let items = self.items(name)?;
        let object = |(index, value): (usize, &Value)| match value {
            Value::Object(values) => Ok(Self {
                path: [self.at(name), vec![index.to_string()]].concat(),
                values: values.clone(),
            }),
            _ => Err(self.flaw(name, Issue::ObjectExpected)),
        };
        items.iter().enumerate().map(object).collect()
    }

    /// A list of texts, where there is one.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Problem> {
        if self.given(name).is_none() {
            return Ok(None);
        }
        let text = |value: &Value| {
            value
                .as_str()
                .map(ToOwned::to_owned)
                .ok_or_else(|| self.flaw(name, Issue::InvalidScalar))
        };
        self.items(name)?
            .iter()
            .map(text)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn items(&self, name: &str) -> Result<&[Value], Problem> {
        match self.given(name) {
            None => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.flaw(name, Issue::ArrayExpected)),
        }
    }
}

/// The JSON of a request: its body, or the argument that may hold it instead.
fn body(incoming: &Incoming, query: &Value) -> Result<Value, Problem> {
    let is_json = incoming
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"));
    let text: &[u8] = if is_json {
        &incoming.body
    } else {
        query["_arguments"].as_str().unwrap_or_default().as_bytes()
    };
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let value: Value =
        serde_json::from_slice(text).map_err(|error| Problem::invalid_body(&error.to_string()))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Problem::invalid_body("expected an object"))
    }
}

/// `a[b][]` in its parts.
fn segments(key: &str) -> Vec<&str> {
    let (name, rest) = key.split_once('[').unwrap_or((key, ""));
    let mut segments = vec![name];
    if key.len() > name.len() {
        segments.extend(rest.trim_end_matches(']').split("]["));
    }
    segments
}

fn place(slot: &mut Value, segments: &[&str], text: &str) {
    let Some((first, rest)) = segments.split_first() else {
        *slot = Value::String(text.to_owned());
        return;
    };
    if !first.is_empty() {
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        return place(&mut slot[*first], rest, text);
    }
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    let Value::Array(items) = slot else {
        return;
    };
    // A field that the last item has already begins the next one.
    let goes_on = rest
        .first()
        .is_some_and(|field| items.last().is_some_and(|last| last.get(*field).is_none()));
    if !goes_on {
        items.push(Value::Null);
    }
    if let Some(last) = items.last_mut() {
        place(last, rest, text);
    }
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (_, Value::Null) => {}
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(&key) {
                    Some(slot) if slot.is_object() && value.is_object() => merge(slot, value),
                    _ => {
                        into.insert(key, value);
                    }
                }
            }
        }
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::http::Method;
    use serde_json::json;

    use super::*;

    fn arguments(query: &[(&str, &str)], body: &str) -> Value {
        let mut headers = BTreeMap::new();
        headers.insert(
            "content-type".to_owned(),
            "application/json; charset=utf-8".to_owned(),
        );
        let incoming = Incoming {
            method: Method::Post,
            path: String::new(),
            query: query
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            headers,
            body: body.as_bytes().to_vec(),
        };
        let arguments = Arguments::of(&incoming, &[("thing", "from_path")]).unwrap();
        Value::Object(arguments.values)
    }

    #[test]
    fn nested_queries_are_read_and_the_body_wins() {
        let query = [
            ("thing[id]", "a"),
            ("page", "2"),
            ("annotations[][key]", "one"),
            ("annotations[][value]", "1"),
            ("annotations[][key]", "two"),
            ("names[]", "x"),
            ("names[]", "y"),
        ];
        let got = arguments(&query, r#"{"page":3,"thing":{"name":"b"},"empty":null}"#);
        let expected = json!({
            "thing": {"id": "a", "name": "b"},
            "page": 3,
            "annotations": [{"key": "one", "value": "1"}, {"key": "two"}],
            "names": ["x", "y"],
            "empty": null,
        });
        assert_eq!(got, expected);
    }

    #[test]
    fn the_path_names_the_thing_only_where_nothing_else_does() {
        assert_eq!(arguments(&[], "")["thing"], json!({"id": "from_path"}));
        assert_eq!(arguments(&[], r#"{"thing":null}"#)["thing"], Value::Null);
        let alternative = arguments(&[("_arguments", r#"{"thing":{"id":"b"}}"#)], "");
        assert_eq!(
            alternative["thing"],
            json!({"id": "from_path"}),
            "a JSON body comes first"
        );
    }
}
