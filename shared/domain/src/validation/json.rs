//! JSON from outside, read as every other reader would.
//!
//! RFC 8259 does not say what two equal keys mean, and most readers let the last one win silently.
//! Here a [`Payload`] remembers them, and gives its value only if there are none.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;
use std::fmt;

/// The mark of UTF-8 that some programs put at the beginning (RFC 8259, 8.1 lets a reader ignore
/// it).
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// JSON that came from outside, with the fields that it names more than once.
#[derive(Clone, Default, PartialEq)]
pub struct Payload {
    value: Value,
    repeated: Repeated,
}

/// The top-level fields that are there twice, or in which some object has a field twice. They are
/// the sender's own words: only a known name may be shown.
#[derive(Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("an object has a field twice")]
pub struct Repeated(BTreeSet<String>);

/// Why bytes are not a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON (RFC 8259) in UTF-8, or with more than 127 brackets open at once.
    #[error("this is not JSON")]
    NotJson,
    /// An object names a field twice.
    #[error(transparent)]
    Repeated(#[from] Repeated),
}

/// Reads a value that names each field once. A byte order mark at the beginning is ignored.
///
/// # Errors
/// [`Unreadable`], which repeats nothing of the input.
pub fn read(bytes: &[u8]) -> Result<Value, Unreadable> {
    Ok(Payload::read(bytes)?.into_value()?)
}

/// The JSON of a value of our own, the same text every time.
///
/// # Panics
/// If a key of a map is not a text, or one of our types refuses to be written. No other text may
/// replace its JSON: with an empty text all of them would be alike.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a text that stands for something else would be believed: better no answer"
)]
pub fn text(made_here: &impl Serialize) -> String {
    serde_json::to_string(made_here).expect("what is made here can be written")
}

/// A value of our own as JSON.
///
/// # Panics
/// As [`text`].
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "as above: what cannot be told is not told as nothing"
)]
pub fn value(made_here: &impl Serialize) -> Value {
    serde_json::to_value(made_here).expect("what is made here can be written")
}

impl Payload {
    /// Reads bytes, including equal keys. A byte order mark at the beginning is ignored.
    ///
    /// # Errors
    /// [`Unreadable::NotJson`].
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        serde_json::from_slice(bytes).map_err(|_| Unreadable::NotJson)
    }

    /// The value.
    ///
    /// # Errors
    /// [`Repeated`] if an object in it has a field twice.
    pub fn value(&self) -> Result<&Value, &Repeated> {
        if self.repeated.0.is_empty() {
            Ok(&self.value)
        } else {
            Err(&self.repeated)
        }
    }

    /// The value, consuming the payload.
    ///
    /// # Errors
    /// [`Repeated`] if an object in it has a field twice.
    pub fn into_value(self) -> Result<Value, Repeated> {
        if self.repeated.0.is_empty() {
            Ok(self.value)
        } else {
            Err(self.repeated)
        }
    }

    /// The value, which has the last of any equal keys, and the paths of those keys, for callers
    /// that refuse them field by field.
    #[must_use]
    pub fn into_parts(self) -> (Value, Repeated) {
        (self.value, self.repeated)
    }
}

impl Repeated {
    /// Whether a top-level field is there twice, or contains a field twice.
    #[must_use]
    pub fn holds(&self, field: &str) -> bool {
        self.0.contains(field)
    }

    /// The first that is one of the known names.
    #[must_use]
    pub fn among<'a>(&self, known: &[&'a str]) -> Option<&'a str> {
        known.iter().copied().find(|name| self.holds(name))
    }
}

/// A value of our own has each field once.
impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self {
            value,
            repeated: Repeated::default(),
        }
    }
}

/// Debug output shows nothing of what was sent.
impl fmt::Debug for Payload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Payload(..)")
    }
}

/// Debug output shows nothing of what was sent.
impl fmt::Debug for Repeated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Repeated(..)")
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut repeated = Repeated::default();
        let value = Node(&mut repeated.0).deserialize(deserializer)?;
        Ok(Self { value, repeated })
    }
}

/// One value while it is read, and the names of what is there twice in it.
struct Node<'a>(&'a mut BTreeSet<String>);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Node(self.0))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let mut within = BTreeSet::new();
            let value = object.next_value_seed(Node(&mut within))?;
            if fields.contains_key(&name) || !within.is_empty() {
                self.0.insert(name.clone());
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::{Payload, Unreadable, read, text};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    #[test]
    #[should_panic(expected = "what is made here can be written")]
    fn what_cannot_be_written_is_not_written_as_nothing() {
        let _ = text(&BTreeMap::from([((1, 2), "no key of JSON")]));
    }

    #[test]
    fn equal_keys_are_refused_at_any_depth_and_however_they_are_spelt() {
        for (sent, field) in [
            (
                r#"{"email":"a@example.org","email":"b@example.org"}"#,
                "email",
            ),
            (
                r#"{"email":"a@example.org","email":"a@example.org"}"#,
                "email",
            ),
            (r#"{"email":null,"x":1,"em\u0061il":null}"#, "email"),
            (
                r#"{"identifiers":[{"type":"email","value":"a"},{"type":"email","value":"a","value":"b"}]}"#,
                "identifiers",
            ),
            (r#"{"data":{"profile":{"a":{},"a":{}}}}"#, "data"),
            (r#"{"":1,"":2}"#, ""),
        ] {
            let payload = Payload::read(sent.as_bytes()).unwrap();
            let repeated = payload.value().unwrap_err();
            assert!(repeated.holds(field), "{sent}");
            assert_eq!(repeated.among(&["other", field]), Some(field));
            assert_eq!(repeated.among(&["other"]), None);
            assert!(matches!(
                read(sent.as_bytes()),
                Err(Unreadable::Repeated(_))
            ));
            assert!(!format!("{payload:?}{repeated:?}{repeated}").contains("example.org"));
        }
        assert!(matches!(
            read(br#"[{"a":1,"a":2}]"#),
            Err(Unreadable::Repeated(_))
        ));
        assert!(read(br#"{"a":{"b":1},"b":{"b":1},"c":[{"b":1},{"b":1}]}"#).is_ok());
    }

    #[test]
    fn a_byte_order_mark_is_passed_over_once_and_only_in_front() {
        assert_eq!(read("\u{feff}{\"a\":1}".as_bytes()), Ok(json!({"a": 1})));
        for sent in ["\u{feff}\u{feff}{}", "{}\u{feff}", "{\u{feff}}", "\u{feff}"] {
            assert_eq!(read(sent.as_bytes()), Err(Unreadable::NotJson), "{sent:?}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        let deep = "[".repeat(128) + &"]".repeat(128);
        for sent in [
            "",
            "{",
            "{} {}",
            "{a:1}",
            "{'a':1}",
            "1e400",
            "NaN",
            r#""\ud800""#,
            "[1,]",
            &deep,
        ] {
            assert_eq!(read(sent.as_bytes()), Err(Unreadable::NotJson), "{sent}");
        }
        assert_eq!(read(b"\"\xff\""), Err(Unreadable::NotJson));
        assert!(read(("[".repeat(127) + &"]".repeat(127)).as_bytes()).is_ok());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn with_each_field_once_it_is_what_serde_reads(value in any_json()) {
            let sent = value.to_string();
            prop_assert_eq!(read(sent.as_bytes()).unwrap(), serde_json::from_str::<Value>(&sent).unwrap());
            prop_assert_eq!(Payload::from(value.clone()), Payload::read(value.to_string().as_bytes()).unwrap());
        }

        #[test]
        fn any_bytes_are_read_as_serde_reads_them_or_have_a_field_twice(sent in r#"[\[\]{}:, "\\a0-9u.e-]{0,16}"#) {
            match (read(sent.as_bytes()), serde_json::from_str::<Value>(&sent)) {
                (Ok(read), Ok(value)) => prop_assert_eq!(read, value),
                (Err(Unreadable::NotJson), Err(_)) | (Err(Unreadable::Repeated(_)), Ok(_)) => {}
                (read, value) => prop_assert!(false, "{:?} {:?}", read, value),
            }
        }

        #[test]
        fn an_object_anywhere_with_a_field_twice_is_refused(value in any_json(), depth in 0_usize..4) {
            let twice = format!(r#"{{"k":{value},"k":{value}}}"#);
            let sent = (0..depth).fold(twice, |inner, level| {
                if level % 2 == 0 { format!(r#"{{"n{level}":{inner}}}"#) } else { format!("[{inner}]") }
            });
            prop_assert!(matches!(read(sent.as_bytes()), Err(Unreadable::Repeated(_))));
        }
    }
}
