//! Messages between protobuf's wire form and its canonical JSON.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use http::HeaderMap;
use prost_reflect::prost::Message as _;
use prost_reflect::{
    DeserializeOptions, DynamicMessage, MessageDescriptor, ReflectMessage as _, SerializeOptions, Value as Field,
};
use serde::de::value::{Error as DeError, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

/// Messages may nest so deep, those packed into a `google.protobuf.Any` included (protobuf's own default).
const MAX_DEPTH: usize = 100;

/// The fields of a head or of trailers as JSON: a text a name, or a list of them. What is no text has its strange bytes replaced.
pub fn fields(headers: &HeaderMap) -> Value {
    let mut told = Map::new();
    for name in headers.keys() {
        let mut values: Vec<Value> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into()).collect();
        let value = if values.len() == 1 { values.remove(0) } else { Value::Array(values) };
        told.insert(name.to_string(), value);
    }
    Value::Object(told)
}

/// The message that JSON says, for the wire. Fields are named as in the definition or in camel case; unknown ones are refused.
///
/// # Errors
/// The JSON says no message of that type; in words.
pub fn to_wire(kind: &MessageDescriptor, json: &Value) -> Result<Vec<u8>, String> {
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let read = || DynamicMessage::deserialize_with_options(kind.clone(), Plain(json), &options);
    let message = catch_unwind(AssertUnwindSafe(read)).map_err(|_| "it cannot be read".to_owned())?;
    message.map(|message| message.encode_to_vec()).map_err(|error| error.to_string())
}

/// A message from the wire as JSON; with `defaults` also the fields that are not set. `room` is how many bytes of JSON there may be;
/// what the message takes is taken from it.
///
/// # Errors
/// The bytes are no message of that type, or it would be too long or too deep; in words.
pub fn to_json(kind: &MessageDescriptor, bytes: &[u8], defaults: bool, room: &mut usize) -> Result<Value, String> {
    let options = SerializeOptions::new().skip_default_fields(!defaults);
    let write = || {
        let message = DynamicMessage::decode(kind.clone(), bytes).map_err(|error| error.to_string())?;
        if kind.parent_pool().get_message_by_name(ANY).is_some() {
            depth(&message, 0)?;
        }
        // Short messages may be long texts: packed lists of values with long names.
        let mut counted = serde_json::Serializer::new(Room(*room));
        message.serialize_with_options(&mut counted, &options).map_err(|error| error.to_string())?;
        *room = counted.into_inner().0;
        message.serialize_with_options(serde_json::value::Serializer, &options).map_err(|error| error.to_string())
    };
    catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|_| Err("it cannot be written".to_owned()))
}

const ANY: &str = "google.protobuf.Any";

/// Looks whether a message nests too deep, where messages are packed into messages: each is decoded with a depth of its own.
fn depth(message: &DynamicMessage, at: usize) -> Result<(), String> {
    if at >= MAX_DEPTH {
        return Err(format!("messages nest deeper than {MAX_DEPTH}"));
    }
    if message.descriptor().full_name() == ANY {
        let part = |number| message.get_field_by_number(number);
        let (Some(url), Some(bytes)) = (part(1), part(2)) else { return Ok(()) };
        let (Some(url), Some(bytes)) = (url.as_str(), bytes.as_bytes()) else { return Ok(()) };
        let name = url.rsplit('/').next().unwrap_or_default();
        let Some(kind) = message.descriptor().parent_pool().get_message_by_name(name) else { return Ok(()) };
        let inner = DynamicMessage::decode(kind, bytes.clone()).map_err(|error| error.to_string())?;
        return depth(&inner, at + 1);
    }
    let mut fields = message.fields();
    fields.try_for_each(|(_, value)| match value {
        Field::Message(message) => depth(message, at + 1),
        Field::List(list) => list.iter().filter_map(Field::as_message).try_for_each(|message| depth(message, at + 1)),
        Field::Map(map) => map.values().filter_map(Field::as_message).try_for_each(|message| depth(message, at + 1)),
        _ => Ok(()),
    })
}

/// Takes so many bytes, and keeps none.
struct Room(usize);

impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let rest = self.0.checked_sub(bytes.len());
        self.0 = rest.ok_or_else(|| io::Error::other("it is too long as JSON"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A JSON value whose numbers are numbers: as `serde_json` keeps them, they are texts in a map to everybody else.
#[derive(Clone, Copy)]
struct Plain<'v>(&'v Value);

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'v> IntoDeserializer<'v, DeError> for Plain<'v> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Plain<'de> {
    type Error = DeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, Some(number)) if number.is_finite() => visitor.visit_f64(number),
                _ => Err(DeError::custom(format!("the number {number} is beyond a double"))),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Plain))),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.as_str(), Plain(value)));
                visitor.visit_map(MapDeserializer::new(fields))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::Definitions;

    const SOURCE: &str = "syntax = \"proto3\"; package t; import \"google/protobuf/any.proto\"; import \"google/protobuf/struct.proto\";
        import \"google/protobuf/timestamp.proto\";
        enum Color { NONE = 0; A_COLOR_WITH_A_LONG_NAME_THAT_TAKES_ROOM = 1; }
        message M { double d = 1; float f = 2; int64 i = 3; uint32 u = 4; bytes y = 5; Color c = 6; M next = 7; repeated Color many = 8;
            map<string, double> scores = 9; google.protobuf.Any any = 10; google.protobuf.Struct free = 11;
            google.protobuf.Timestamp at = 12; string some_text = 13; oneof o { bool yes = 14; string no = 15; } }";

    fn kind() -> MessageDescriptor {
        Definitions::stored(SOURCE).unwrap().pool().get_message_by_name("t.M").unwrap()
    }

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn json_goes_out_and_comes_back() {
        let kind = kind();
        for (typed, back) in [
            (r#"{"d":1.10,"f":1e3,"i":-5,"u":7}"#, json!({"d": 1.1, "f": 1000.0, "i": "-5", "u": 7})),
            (
                r#"{"i":"9007199254740993","y":"AAE=","c":1}"#,
                json!({"i": "9007199254740993", "y": "AAE=", "c": "A_COLOR_WITH_A_LONG_NAME_THAT_TAKES_ROOM"}),
            ),
            (r#"{"some_text":"x","scores":{"a":2.5}}"#, json!({"someText": "x", "scores": {"a": 2.5}})),
            (r#"{"someText":"é","next":{"yes":false}}"#, json!({"someText": "é", "next": {"yes": false}})),
            (
                r#"{"at":"2024-01-02T03:04:05Z","free":{"x":[1.25,null,true]},"d":"NaN"}"#,
                json!({"at": "2024-01-02T03:04:05Z", "free": {"x": [1.25, null, true]}, "d": "NaN"}),
            ),
            (
                r#"{"any":{"@type":"type.googleapis.com/t.M","u":1}}"#,
                json!({"any": {"@type": "type.googleapis.com/t.M", "u": 1}}),
            ),
            ("{}", json!({})),
        ] {
            let wire = to_wire(&kind, &json(typed)).unwrap_or_else(|error| panic!("{typed}: {error}"));
            assert_eq!(
                to_json(&kind, &wire, false, &mut (1 << 22)).unwrap().to_string().len(),
                back.to_string().len(),
                "{typed}"
            );
            let told = to_json(&kind, &wire, false, &mut (1 << 22)).unwrap();
            for (name, value) in back.as_object().unwrap() {
                assert_eq!(told[name].to_string(), value.to_string(), "{typed}");
            }
        }
        let defaults = to_json(&kind, b"", true, &mut (1 << 22)).unwrap();
        assert_eq!((&defaults["u"], &defaults["someText"], &defaults["many"]), (&json!(0), &json!(""), &json!([])));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let kind = kind();
        for (typed, why) in [
            (r#"{"x":1}"#, "x"),
            (r#"{"u":-1}"#, ""),
            (r#"{"u":"a"}"#, ""),
            (r#"{"c":"RED"}"#, ""),
            (r#"{"y":"*"}"#, ""),
            (r#"{"yes":true,"no":"a"}"#, ""),
            ("[]", ""),
            ("7", ""),
            (r#"{"d":1e999}"#, "beyond a double"),
        ] {
            let error = to_wire(&kind, &json(typed)).expect_err(typed);
            assert!(error.contains(why), "{typed}: {error}");
        }
        assert!(to_json(&kind, b"\x3a\x05", false, &mut (1 << 22)).is_err());
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let kind = kind();
        // Each Any holds the next.
        let mut wire = Vec::new();
        for _ in 0..3000 {
            let url = b"x/t.M";
            let mut any = vec![0x0a, u8::try_from(url.len()).unwrap()];
            any.extend(url);
            any.push(0x12);
            prost_reflect::prost::encoding::encode_varint(wire.len() as u64, &mut any);
            any.extend(&wire);
            let mut outer = vec![0x52];
            prost_reflect::prost::encoding::encode_varint(any.len() as u64, &mut outer);
            outer.extend(any);
            wire = outer;
        }
        assert!(to_json(&kind, &wire, false, &mut (1 << 22)).unwrap_err().contains("deeper"));
        let mut many = vec![0x42];
        prost_reflect::prost::encoding::encode_varint(1 << 20, &mut many);
        many.resize(many.len() + (1 << 20), 1);
        assert!(to_json(&kind, &many, false, &mut (1 << 22)).unwrap_err().contains("too long"));
    }

    proptest! {
        /// What is taken is written, and read again as the same.
        #[test]
        fn any_bytes_are_a_message_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80), defaults in any::<bool>()) {
            let kind = kind();
            if let Ok(told) = to_json(&kind, &bytes, defaults, &mut (1 << 22)) {
                let wire = to_wire(&kind, &told).unwrap();
                prop_assert_eq!(to_json(&kind, &wire, defaults, &mut (1 << 22)).unwrap().to_string(), told.to_string());
            }
        }

        #[test]
        fn numbers_come_back(d in any::<f64>(), f in any::<f32>(), i in any::<i64>(), u in any::<u32>()) {
            prop_assume!(d.is_finite() && f.is_finite());
            let kind = kind();
            let typed = json(&format!("{{\"d\":{d:e},\"f\":{f:e},\"i\":{i},\"u\":{u}}}"));
            let told = to_json(&kind, &to_wire(&kind, &typed).unwrap(), true, &mut (1 << 22)).unwrap();
            prop_assert_eq!((told["d"].as_f64(), told["i"].as_str().unwrap().parse().ok()), (Some(d), Some(i)));
            prop_assert_eq!(told["u"].as_u64(), Some(u.into()));
        }
    }
}
