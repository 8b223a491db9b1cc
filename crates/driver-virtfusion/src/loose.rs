//! Reading what a PHP panel sends: numbers as text, flags as 0 and 1, `[]` or `false` where an object is missing.
//!
//! The functions are for `deserialize_with`. Each accepts the shapes in which panels send one thing and refuses the
//! rest, so that a wrong shape is reported with its path instead of being taken for a missing value. They are visitors
//! rather than a detour over a JSON value, because the path of an error is lost on the detour.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A scalar as text; `None` for null.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(Scalar)
}

/// A whole number, also as text or as a float without fraction; `None` for null and for empty text.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(text) = deserializer.deserialize_any(Scalar)? else {
        return Ok(None);
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let whole = text.strip_suffix(".0").unwrap_or(text);
    whole
        .parse::<i64>()
        .map(Some)
        .map_err(|_| Error::custom(format!("\"{}\" is not a whole number", shortened(text))))
}

/// A number that cannot be negative; `None` also for one that is.
pub fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(number(deserializer)?.and_then(|value| u64::try_from(value).ok()))
}

/// A decimal number in the panel's own digits, also one that it sends as text; `None` for null, for empty text and for
/// `false`, which panels send for what is not counted.
pub fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = deserializer.deserialize_any(Scalar)?;
    let Some(text) = text.filter(|text| !matches!(text.trim(), "" | "false")) else {
        return Ok(None);
    };
    let number: Option<f64> = text.trim().parse().ok();
    match number.filter(|number| number.is_finite()) {
        Some(_) => Ok(Some(text.trim().to_owned())),
        None => Err(Error::custom(format!("\"{}\" is not a number", shortened(&text)))),
    }
}

/// An id, which must be there.
pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match amount(deserializer)? {
        Some(value) if value > 0 => Ok(value),
        _ => Err(Error::custom("no id")),
    }
}

/// A flag: true and false, 1 and 0, also as text; `None` for null.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let Some(text) = deserializer.deserialize_any(Scalar)? else {
        return Ok(None);
    };
    match text.trim() {
        "" => Ok(None),
        "1" | "true" => Ok(Some(true)),
        "0" | "false" => Ok(Some(false)),
        other => Err(Error::custom(format!("\"{}\" is not a flag", shortened(other)))),
    }
}

/// An object; `None` for everything else, since panels send `null`, `false`, `""` and `[]` for a missing one.
pub fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(ObjectOrNothing(PhantomData))
}

/// A list, also one that a PHP panel sends as an object because its keys have gaps; empty for null.
pub fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(ListOrNothing(PhantomData))
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

struct Scalar;

impl Visitor<'_> for Scalar {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number or a flag")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(format!("{value:?}")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.to_owned()))
    }
}

struct ObjectOrNothing<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectOrNothing<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or nothing")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

struct ListOrNothing<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListOrNothing<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = seq.next_element()? {
            all.push(one);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some((_, one)) = map.next_entry::<IgnoredAny, T>()? {
            all.push(one);
        }
        Ok(all)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Sample {
        #[serde(default, deserialize_with = "super::number")]
        number: Option<i64>,
        #[serde(default, deserialize_with = "super::flag")]
        flag: Option<bool>,
        #[serde(default, deserialize_with = "super::object")]
        inner: Option<Inner>,
        #[serde(default, deserialize_with = "super::list")]
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        #[serde(deserialize_with = "super::id")]
        id: u64,
    }

    fn read(json: &str) -> Result<Sample, String> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_flags_objects_and_lists_are_read_in_every_shape_panels_send() {
        let expected = Sample {
            number: Some(7),
            flag: Some(true),
            inner: Some(Inner { id: 3 }),
            list: vec![Inner { id: 4 }],
        };
        for json in [
            r#"{"number":7,"flag":true,"inner":{"id":3},"list":[{"id":4}],"more":1}"#,
            r#"{"number":"7","flag":1,"inner":{"id":"3"},"list":{"5":{"id":4.0}}}"#,
            r#"{"number":7.0,"flag":"1","inner":{"id":3},"list":[{"id":"4"}]}"#,
        ] {
            assert_eq!(read(json).as_ref(), Ok(&expected), "{json}");
        }
    }

    #[test]
    fn what_is_missing_is_none_in_every_shape_panels_send() {
        let expected = Sample {
            number: None,
            flag: None,
            inner: None,
            list: Vec::new(),
        };
        for json in [
            "{}",
            r#"{"number":null,"flag":null,"inner":null,"list":null}"#,
            r#"{"number":"","flag":"","inner":[],"list":[]}"#,
            r#"{"inner":false}"#,
            r#"{"inner":""}"#,
        ] {
            assert_eq!(read(json).as_ref(), Ok(&expected), "{json}");
        }
    }

    #[test]
    fn a_wrong_shape_is_named_by_its_path() {
        let error = read(r#"{"inner":{"id":"x"}}"#).unwrap_err();
        assert!(error.contains("inner.id"), "{error}");
        let error = read(r#"{"list":[{"id":1},{"id":0}]}"#).unwrap_err();
        assert!(error.contains("list[1].id"), "{error}");
        assert!(read(r#"{"number":7.5}"#).is_err());
        assert!(read(r#"{"flag":"maybe"}"#).is_err());
    }
}
