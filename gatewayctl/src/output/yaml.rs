//! JSON values as YAML: the numbers as they are, the order as it is, nothing that a terminal could obey.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Number, Value};

use super::clean;

/// One YAML document, ending in a line break.
///
/// # Errors
/// A value that YAML cannot hold; none is known.
pub(crate) fn to_string(value: &Value) -> Result<String, String> {
    let mut text = serde_saphyr::to_string(&Document(value)).map_err(|error| error.to_string())?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(unquote(&unmark(&text)))
}

/// Numbers that the writer would give another form were handed to it as texts between two control characters.
fn unquote(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split("\"\\x03");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part.split_once("\\x03\"") {
            Some((number, rest)) => {
                plain.push_str(number);
                plain.push_str(rest);
            }
            None => plain.push_str(part),
        }
    }
    plain
}

/// Characters that reorder text or are not to be seen are printable to the writer. They are handed to it as a control
/// character, their code and another control character, which it escapes, and become an escape of their own in what it wrote.
fn mark(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_marked) && !text.contains("\\x0") {
        return Cow::Borrowed(text);
    }
    let mut marked = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        // Also what looks like such an escape.
        let looks = c == '\\' && text.get(at..).is_some_and(|rest| rest.starts_with("\\x0"));
        if looks || is_marked(c) {
            let _ = write!(marked, "\u{1}{:04x}\u{2}", u32::from(c));
        } else {
            marked.push(c);
        }
    }
    Cow::Owned(marked)
}

fn unmark(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split("\\x01");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let marked = part.split_once("\\x02").and_then(|(code, rest)| {
            let code = Some(code).filter(|code| code.len() >= 4)?;
            let c = char::from_u32(u32::from_str_radix(code, 16).ok()?).filter(|c| *c == '\\' || is_marked(*c))?;
            Some((c, rest))
        });
        match marked {
            Some((c, rest)) if u32::from(c) > 0xffff => {
                let _ = write!(plain, "\\U{:08x}{rest}", u32::from(c));
            }
            Some((c, rest)) => {
                let _ = write!(plain, "\\u{:04x}{rest}", u32::from(c));
            }
            None => {
                plain.push_str("\\x01");
                plain.push_str(part);
            }
        }
    }
    plain
}

/// Those, and the three control characters that mean something here, so that none stands for itself.
fn is_marked(c: char) -> bool {
    matches!(c, '\u{1}' | '\u{2}' | '\u{3}') || (!c.is_control() && clean::is_dangerous(c))
}

/// `serde_json`'s own `Serialize` hands numbers of arbitrary precision to other formats as a private struct.
struct Document<'a>(&'a Value);

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Number(number) => serialize_number(number, serializer),
            Value::String(text) => serializer.serialize_str(&mark(text)),
            Value::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(&Document(item))?;
                }
                sequence.end()
            }
            Value::Object(map) => {
                let mut mapping = serializer.serialize_map(Some(map.len()))?;
                for (key, inner) in map {
                    mapping.serialize_entry(&*mark(key), &Document(inner))?;
                }
                mapping.end()
            }
        }
    }
}

fn serialize_number<S: Serializer>(number: &Number, serializer: S) -> Result<S::Ok, S::Error> {
    let text = number.to_string();
    match (number.as_i64(), number.as_u64()) {
        (Some(integer), _) if integer.to_string() == text => serializer.serialize_i64(integer),
        (_, Some(integer)) => serializer.serialize_u64(integer),
        // As it is written, by [`unquote`].
        _ => serializer.serialize_str(&format!("\u{3}{}\u{3}", agreed(&text))),
    }
}

/// A number with an exponent so that readers of YAML 1.1 take it for one, too: with a point and a sign.
fn agreed(text: &str) -> Cow<'_, str> {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return Cow::Borrowed(text) };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    Cow::Owned(format!("{mantissa}{point}e{sign}{exponent}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::files::parse::parse_yaml;

    #[test]
    fn reads_like_configuration() {
        let value = json!({"id":"1","methods":["GET","POST"],"nodes":{"127.0.0.1:80":1},"priority":0,"rate":0.5,
            "on":"yes","empty":{},"none":[],"null":null,"text":"two\nlines\n","number":"12","date":"2026-01-01","big":18446744073709551615u64});
        insta::assert_snapshot!(to_string(&value).unwrap());
    }

    #[test]
    fn numbers_that_every_reader_takes_for_the_same() {
        for (json, yaml) in
            [("1e21", "1.0e+21"), ("-1.5E3", "-1.5e+3"), ("2e-7", "2.0e-7"), ("1.10", "1.10"), ("-0.0", "-0.0")]
        {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(to_string(&value).unwrap(), format!("{yaml}\n"));
            let read = parse_yaml(&to_string(&json!({ "a": value })).unwrap()).unwrap().pop().unwrap().value;
            assert!(crate::normal::same(&read, &json!({ "a": value })), "{json} {read}");
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1_000_000i32..1_000_000).prop_map(|n| Value::from(f64::from(n) / 64.0 + 0.0078125)),
            any::<String>().prop_map(Value::from),
            "[ -~\n\t]{0,40}".prop_map(Value::from),
            "-?[1-9][0-9]{0,30}(\\.[0-9]{1,5})?"
                .prop_map(|text| text.parse::<Number>().map_or(Value::Null, Value::Number)),
            "[-+.0-9xobeEA-F_]{1,8}".prop_map(Value::from),
            "[\"\\\\x0123\u{1}\u{2}\u{3}]{0,12}".prop_map(Value::from),
            "[a\u{1}\u{2}0-9\u{ad}\u{200d}\u{e0041}\u{200e}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{2028}]{0,6}"
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map("[ -~äß\u{80}-\u{a0}]{0,12}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in values().prop_filter("nothing is no document", |value| !value.is_null())) {
            let text = to_string(&value).unwrap();
            prop_assert!(!text.chars().any(|c| c != '\n' && c != '\t' && clean::is_dangerous(c)), "{:?}", text);
            let read = parse_yaml(&text).unwrap();
            let read: Vec<Value> = read.into_iter().map(|document| document.value).collect();
            prop_assert_eq!(read, vec![value], "{}", text);
        }
    }
}
