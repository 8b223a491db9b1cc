//! Redaction of JSON by the name of its fields, for journals: what leaves here may be stored and shown.
//!
//! Every answer passes through here, so it is written anew while it is read, and no tree is built of it in between.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// What stands in the place of a secret.
pub const MASK: &str = "[secret]";

/// A field is secret when its name, in lower case and without anything but letters and digits, contains one of these.
/// Names are matched generously: a number too many masked costs a glance at the platform, one too few costs a machine.
const SECRET_PARTS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "privatekey",
    "apikey",
    "accesskey",
    "authorization",
    "authentication",
    "cookie",
];

/// Names that are secret as a whole, under the same rule.
const SECRET_NAMES: [&str; 6] = [
    "endpointcomplete",
    "pass",
    "accesshash",
    "userdata",
    "cloudinit",
    "vnckey",
];

/// A text inside a text inside a text is not read any further: each has a reader of its own upon the one around it.
const DEEPEST_TEXT: u8 = 3;

/// A body as a journal may keep it: where it is JSON, compact, the fields by name, with [`MASK`] in the place of every
/// secret; otherwise only its length, because nothing is known about what a page or an error text contains.
///
/// A field is secret at any depth by its name, or where `is_known` says so, which is what the platform's driver knows of
/// its answers. Nulls stay, and so do booleans and empty texts of which the driver does not know: that a password is missing
/// is what one looks for in a journal, and gives nothing away. A text that is itself a JSON object or list is redacted
/// inside, by names alone; one that only begins like that goes as a whole where it speaks of a secret.
#[must_use]
pub fn redact_body(body: &str, is_known: &dyn Fn(&str) -> bool) -> String {
    if body.trim().is_empty() {
        return String::new();
    }
    redacted(body, is_known, 0).unwrap_or_else(|_| format!("[not JSON, {} bytes]", body.len()))
}

fn redacted(json: &str, is_known: &dyn Fn(&str) -> bool, texts: u8) -> Result<String, serde_json::Error> {
    let mut redactor = Redactor {
        written: Vec::with_capacity(json.len()),
        is_known,
        texts,
        plain: Vec::new(),
    };
    let mut json = serde_json::Deserializer::from_str(json);
    redactor.deserialize(&mut json)?;
    json.end()?;
    String::from_utf8(redactor.written).map_err(Error::custom)
}

/// How much a value gives away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Null.
    None,
    /// A boolean, or an empty text.
    Little,
    /// Anything else.
    Full,
}

/// Writes what it reads, without its secrets.
struct Redactor<'a> {
    written: Vec<u8>,
    is_known: &'a dyn Fn(&str) -> bool,
    /// In how many texts this is.
    texts: u8,
    /// The name of the field that was looked at last, for [`is_secret`].
    plain: Vec<u8>,
}

impl Redactor<'_> {
    fn write(&mut self, value: &(impl Serialize + ?Sized)) {
        serde_json::to_writer(&mut self.written, value).expect("plain values can be written into memory");
    }

    /// A text without the secrets in it; `None` where it can stay.
    fn inside(&mut self, text: &str) -> Option<String> {
        if !text.trim_start().starts_with(['{', '[']) {
            return None;
        }
        if self.texts == DEEPEST_TEXT {
            return Some(MASK.to_owned());
        }
        match redacted(text, &|_| false, self.texts + 1) {
            Ok(inner) => Some(inner),
            Err(_) => is_secret(text, &mut self.plain).then(|| MASK.to_owned()),
        }
    }

    fn hides(&mut self, name: &str, weight: Weight) -> bool {
        match weight {
            Weight::None => false,
            Weight::Little => (self.is_known)(name),
            Weight::Full => (self.is_known)(name) || is_secret(name, &mut self.plain),
        }
    }

    /// Puts the fields that were written from `begin` on in the order of their names. Of several fields of one name the last
    /// one counts, as it does for whoever reads the answer.
    fn sort(&mut self, begin: usize, mut fields: Vec<(Cow<'_, str>, Range<usize>)>) {
        let written = self.written.split_off(begin);
        fields.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut fields = fields.into_iter().peekable();
        while let Some((name, Range { start, end })) = fields.next() {
            if fields.peek().is_some_and(|(next, _)| *next == name) {
                continue;
            }
            self.written
                .push(if self.written.len() == begin { b'{' } else { b',' });
            self.written
                .extend_from_slice(&written[start - begin..end - begin]);
        }
    }
}

/// The name of a field, borrowed where it stands in the answer as it is.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for &mut Redactor<'_> {
    type Value = Weight;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Weight, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Redactor<'_> {
    type Value = Weight;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Weight, E> {
        self.write(&());
        Ok(Weight::None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Weight, E> {
        self.write(&value);
        Ok(Weight::Little)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Weight, E> {
        self.write(&value);
        Ok(Weight::Full)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Weight, E> {
        self.write(&value);
        Ok(Weight::Full)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Weight, E> {
        self.write(&value);
        Ok(Weight::Full)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Weight, E> {
        let inner = self.inside(text);
        self.write(inner.as_deref().unwrap_or(text));
        Ok(if text.is_empty() {
            Weight::Little
        } else {
            Weight::Full
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Weight, A::Error> {
        self.written.push(b'[');
        let begin = self.written.len();
        loop {
            let end = self.written.len();
            if end > begin {
                self.written.push(b',');
            }
            if items.next_element_seed(&mut *self)?.is_none() {
                self.written.truncate(end);
                break;
            }
        }
        self.written.push(b']');
        Ok(Weight::Full)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Weight, A::Error> {
        let begin = self.written.len();
        let mut fields: Vec<(Cow<'de, str>, Range<usize>)> = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            self.written.push(if fields.is_empty() { b'{' } else { b',' });
            let start = self.written.len();
            self.write(&*name);
            self.written.push(b':');
            let value = self.written.len();
            let weight = map.next_value_seed(&mut *self)?;
            if self.hides(&name, weight) {
                self.written.truncate(value);
                self.write(MASK);
            }
            fields.push((name, start..self.written.len()));
        }
        if fields.is_empty() {
            self.written.push(b'{');
        }
        if !fields.is_sorted_by(|(one, _), (next, _)| one < next) {
            self.sort(begin, fields);
        }
        self.written.push(b'}');
        Ok(Weight::Full)
    }
}

/// `plain` is room for the name without what does not count in it: every field of every answer is asked.
fn is_secret(name: &str, plain: &mut Vec<u8>) -> bool {
    plain.clear();
    plain.extend(
        name.bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| byte.to_ascii_lowercase()),
    );
    let has = |part: &[u8]| {
        let mut windows = plain.windows(part.len());
        windows.any(|window| window[0] == part[0] && window == part)
    };
    SECRET_PARTS.iter().any(|part| has(part.as_bytes()))
        || SECRET_NAMES
            .iter()
            .any(|name| plain.as_slice() == name.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn redacted(json: &Value) -> Value {
        serde_json::from_str(&redact_body(&json.to_string(), &|_| false)).expect("JSON")
    }

    #[test]
    fn the_secrets_of_platform_answers_are_masked_and_the_rest_stays() {
        let answer = json!({
            "data": {
                "id": 7, "email": "a@example.com", "publicKey": "ssh-ed25519 AAAA", "password": "hunter2",
                "decryptedPassword": "hunter2", "ENCRYPTED_PASSWORD": "hunter2", "expectedPassword": "hunter2",
                "authentication": {"endpoint": "/x", "endpoint_complete": "https://p/x?t=hunter2",
                                   "tokens": {"1": "hunter2", "2": "hunter2"}},
                "vnc": {"port": 5901, "password": "hunter2", "enabled": true},
                "keys": [{"x-access-token": "hunter2"}, {"Private-Key": "hunter2"}],
                "log": "{\"password\":\"hunter2\",\"step\":3}",
            }
        });
        let redacted = redacted(&answer);
        assert!(!redacted.to_string().contains("hunter2"), "{redacted}");
        let data = &redacted["data"];
        assert_eq!(data["id"], 7);
        assert_eq!(data["email"], "a@example.com");
        assert_eq!(data["publicKey"], "ssh-ed25519 AAAA");
        assert_eq!(data["vnc"]["port"], 5901);
        assert_eq!(data["vnc"]["password"], MASK);
        assert_eq!(data["log"], "{\"password\":\"[secret]\",\"step\":3}");
    }

    #[test]
    fn that_a_secret_is_missing_stays_visible() {
        let answer = json!({"password": null, "token": "", "passwordAuthentication": false});
        assert_eq!(redacted(&answer), answer);
    }

    #[test]
    fn a_body_that_is_not_json_is_reduced_to_its_length() {
        let kept = |body| redact_body(body, &|_| false);
        assert_eq!(kept("<p>password hunter2</p>"), "[not JSON, 23 bytes]");
        assert_eq!(kept("{\"token\": \"hunter2\"}"), "{\"token\":\"[secret]\"}");
        assert_eq!(kept("{\"token\": \"hunter2"), "[not JSON, 18 bytes]");
        assert_eq!(kept(" "), "");
    }

    #[test]
    fn a_text_that_only_begins_like_json_goes_where_it_speaks_of_a_secret() {
        let kept = |text: &str| redacted(&json!([text]))[0].clone();
        assert_eq!(kept("{\"password\":\"hunter2"), MASK);
        assert_eq!(kept("[hint] the Password is hunter2"), MASK);
        assert_eq!(kept("[info] started"), "[info] started");
        assert_eq!(kept("the password is missing"), "the password is missing");
    }

    #[test]
    fn texts_in_texts_are_read_so_far_and_no_further() {
        let wrapped = |times: usize| {
            let inner = "{\"step\":1}".to_owned();
            (0..times).fold(inner, |inner, _| json!([inner]).to_string())
        };
        let kept = |times| redact_body(&wrapped(times), &|_| false);
        assert_eq!(kept(3), wrapped(3));
        assert!(kept(4).contains(MASK) && !kept(4).contains("step"));
        assert!(kept(12).len() < wrapped(12).len());
    }

    #[test]
    fn what_the_driver_knows_to_be_secret_is_replaced_unless_it_is_null() {
        let kept = |body| redact_body(body, &|name| name == "pin");
        assert_eq!(
            kept("{\"pin\":4711,\"token\":\"t\"}"),
            "{\"pin\":\"[secret]\",\"token\":\"[secret]\"}"
        );
        assert_eq!(
            kept("[{\"pin\":\"\"},{\"pin\":false},{\"pin\":{\"a\":[1]}},{\"pin\":null}]"),
            "[{\"pin\":\"[secret]\"},{\"pin\":\"[secret]\"},{\"pin\":\"[secret]\"},{\"pin\":null}]"
        );
        // Inside a text only names count.
        assert_eq!(kept("[\"{\\\"pin\\\": 1}\"]"), "[\"{\\\"pin\\\":1}\"]");
    }

    #[test]
    fn a_body_is_kept_compact_with_its_fields_by_name_and_the_last_of_one_name() {
        let kept = |body| redact_body(body, &|_| false);
        assert_eq!(
            kept(
                " { \"b\" : 1.50, \"a\\u0062\": { \"z\": [ ], \"y\": { } }, \"b\": [ -2, \"\\u00e9\\n\" ] } "
            ),
            "{\"ab\":{\"y\":{},\"z\":[]},\"b\":[-2,\"é\\n\"]}"
        );
        assert_eq!(kept("\"text\""), "\"text\"");
        assert_eq!(kept("{\"a\":1} {"), "[not JSON, 9 bytes]");
        assert_eq!(kept("{\"token\":1e999}"), "[not JSON, 15 bytes]");
    }

    const NEEDLE: &str = "zq9needle";

    fn secret_name() -> impl Strategy<Value = String> {
        let stems = prop::sample::select(vec![
            "password",
            "decryptedPassword",
            "expected_password",
            "token",
            "tokens",
            "clientSecret",
            "API-Key",
            "authentication",
            "endpoint_complete",
            "privateKey",
            "access_token",
            "Set-Cookie",
            "userData",
        ]);
        (stems, any::<bool>()).prop_map(|(stem, upper)| {
            if upper {
                stem.to_uppercase()
            } else {
                stem.to_owned()
            }
        })
    }

    fn secret_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(json!(NEEDLE)),
            Just(json!([NEEDLE, {"x": NEEDLE}])),
            Just(json!({NEEDLE: 1, "inner": {"deep": NEEDLE}})),
        ]
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            Just(Value::Null),
            "[a-y]{0,8}".prop_map(Value::from),
            (secret_name(), secret_value()).prop_map(|(name, value)| json!({ name: value })),
            (secret_name(), secret_value())
                .prop_map(|(name, value)| json!(json!({ name: value }).to_string())),
        ];
        leaf.prop_recursive(4, 48, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-d]{1,6}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_masked_value_survives_at_any_depth(json in tree()) {
            let once = redacted(&json);
            prop_assert!(!once.to_string().contains(NEEDLE), "{once}");
            prop_assert_eq!(redacted(&once), once.clone());
        }

        #[test]
        fn what_is_kept_is_written_as_its_values_are(json in tree()) {
            let kept = redact_body(&json.to_string(), &|_| false);
            let read: Value = serde_json::from_str(&kept).expect("JSON");
            prop_assert_eq!(read.to_string(), kept);
        }

        #[test]
        fn json_without_secret_names_is_untouched(names in prop::collection::vec("[a-f]{1,6}", 1..6), n in any::<i64>()) {
            let json = names.iter().fold(json!(n), |inner, name| json!({ name.clone(): [inner] }));
            prop_assert_eq!(redacted(&json), json);
        }
    }
}
