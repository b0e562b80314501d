//! Values in hessian2 as JSON, within its bounds and as a slow reading has them; JSON as values, which come back as the same JSON.
#![no_main]

use gateway_dubbo_codec::generic::{self, Answer, Mode};
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::tree::{Decoder, Node, NodeId, Tree};
use gateway_dubbo_codec::json::{Bytes, Dates, Encoder, Style, Types, write};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

const LIMITS: Limits = Limits { depth: 100, classes: 200, nodes: 1 << 16 };

fuzz_target!(|data: &[u8]| {
    let Some(([flags, size], bytes)) = data.split_first_chunk::<2>() else { return };
    if flags & 0x80 != 0 {
        return from_json(bytes);
    }
    let style = Style {
        dates: if flags & 1 != 0 { Dates::EpochMs } else { Dates::Iso },
        long_as_string: flags & 2 != 0,
        bytes: if flags & 0x40 != 0 { Bytes::Numbers } else { Bytes::Base64 },
        strip_class: flags & 4 != 0,
        beans: &[],
        limit: usize::from(*size) << 8,
        depth: u32::from(flags >> 3 & 7) << 4 | 8,
    };
    for mode in [Mode::RawReturn, Mode::Gson] {
        if let Ok(Answer::Value(json)) = generic::answer(bytes, mode, &style, LIMITS) {
            serde_json::from_slice::<Value>(&json).expect("JSON");
        }
    }
    let mut decoder = Decoder::new(bytes, LIMITS);
    while let Ok(id) = decoder.value() {
        if decoder.is_at_end() {
            return to_json(&decoder.into_tree(), id, &style);
        }
    }
});

fn to_json(tree: &Tree, id: NodeId, style: &Style<'_>) {
    let mut out = b"kept".to_vec();
    let written = write(tree, id, style, &mut out);
    let json = out.strip_prefix(b"kept").expect("what stands in front");
    if written.is_err() {
        return assert!(json.is_empty());
    }
    assert!(json.len() <= style.limit, "{} bytes", json.len());
    let read: Value = serde_json::from_slice(json).unwrap_or_else(|e| panic!("{e}: {}", json.escape_ascii()));
    let mut left = 1 << 14;
    if let Some(slow) = slow(tree, id, style, &mut left) {
        assert_eq!(read, slow);
    }
}

/// A value whose classes are none of the JDK's, keys of maps being texts; `None`: it is another, or large.
fn slow(tree: &Tree, id: NodeId, style: &Style<'_>, left: &mut u32) -> Option<Value> {
    *left = left.checked_sub(1)?;
    Some(match tree.node(id) {
        Node::Null => Value::Null,
        Node::Bool(value) => (*value).into(),
        Node::Int(int) => (*int).into(),
        Node::Long(long) if style.long_as_string && (*long > 1 << 53 || *long < -(1 << 53)) => long.to_string().into(),
        Node::Long(long) => (*long).into(),
        Node::Double(double) if double.is_finite() => serde_json::from_str(&format!("{double:?}")).expect("a number"),
        Node::Double(_) => return None,
        Node::Date(millis) if style.dates == Dates::EpochMs => (*millis).into(),
        Node::Date(_) | Node::Binary(_) => return None,
        Node::Text(text) => Value::String(text.to_string()),
        Node::List { items, .. } => {
            Value::Array(items.iter().map(|item| slow(tree, *item, style, left)).collect::<Option<_>>()?)
        }
        Node::Map { entries, .. } => {
            let mut members = Map::new();
            for (key, value) in entries {
                let key = tree.text(*key)?;
                if !(style.strip_class && key == "class") {
                    members.insert(key.to_owned(), slow(tree, *value, style, left)?);
                }
            }
            Value::Object(members)
        }
        Node::Object { class, fields } => {
            let class = tree.class(*class)?;
            let has = |name: &str| class.fields.iter().any(|field| **field == *name);
            let known = class.name.starts_with("java") || class.name.contains(".hessian.io.");
            if known || has("detailMessage") && has("stackTrace") {
                return None;
            }
            if let ([name], [value]) = (&class.fields[..], &fields[..])
                && **name == *"name"
                && let Some(text) = tree.text(*value)
            {
                return Some(text.into());
            }
            let mut members = Map::new();
            for (name, value) in class.fields.iter().zip(fields) {
                members.insert(name.to_string(), slow(tree, *value, style, left)?);
            }
            Value::Object(members)
        }
    })
}

fn from_json(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let mut encoder = Encoder::new(Vec::new(), true);
    if encoder.value(&value).is_err() {
        return;
    }
    let body = encoder.into_bytes();
    let mut decoder = Decoder::new(&body, Limits::default());
    let id = decoder.value().expect("a value");
    assert!(decoder.is_at_end());
    let mut out = Vec::new();
    write(&decoder.into_tree(), id, &Style::default(), &mut out).expect("JSON again");
    let back: Value = serde_json::from_slice(&out).expect("JSON");
    assert!(same(&value, &back), "{value} became {back}");
    let fields =
        [("a", "int"), ("b", "java.util.List<x.Y>"), ("c", "java.math.BigDecimal"), ("d", "byte[]"), ("e", "x.Y")];
    let types = Types::described([("x.Y", fields.into_iter())].into_iter());
    for of in ["x.Y", "java.util.Map<java.lang.String,x.Y>", "java.util.List<java.math.BigInteger>[]", "float", "byte"]
    {
        let mut encoder = Encoder::new(Vec::new(), true);
        if encoder.known(&value, None, &types.parse_any(of), &types).is_ok() {
            let body = encoder.into_bytes();
            let mut decoder = Decoder::new(&body, Limits::default());
            decoder.value().expect("a value");
            assert!(decoder.is_at_end());
        }
    }
    for kind in [
        "int",
        "long",
        "double",
        "java.lang.String",
        "java.math.BigDecimal",
        "java.math.BigInteger",
        "[B",
        "java.util.Date",
        "x.Y",
    ] {
        let mut encoder = Encoder::new(Vec::new(), true);
        if encoder.typed(&value, kind).is_ok() {
            let body = encoder.into_bytes();
            let mut decoder = Decoder::new(&body, Limits::default());
            decoder.value().expect("a value");
            assert!(decoder.is_at_end());
        }
    }
}

/// Numbers are the same digits but for zeros and the place of the point; what fits into no long is a text.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => plain(a.as_str()) == plain(b.as_str()),
        (Value::Number(a), Value::String(b)) => a.as_str() == b && a.as_i64().is_none(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && same(a, b))
        }
        (a, b) => a == b,
    }
}

/// A number written out, without zeros that say nothing.
fn plain(number: &str) -> String {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let exponent: i64 = exponent.parse().expect("an exponent");
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    let mut point = whole.len() as i64 + exponent;
    while point > digits.len() as i64 {
        digits.push('0');
    }
    while point < 0 {
        digits.insert(0, '0');
        point += 1;
    }
    let (whole, fraction) = digits.split_at(point as usize);
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.is_empty() && fraction.is_empty() { "0".into() } else { format!("{sign}{whole}.{fraction}") }
}
