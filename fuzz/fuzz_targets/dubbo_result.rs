//! JSON as values of declared types: what is taken comes back as the same JSON, as digit by digit as its type allows, and types are
//! read or refused.
#![no_main]

use std::sync::LazyLock;

use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::tree::{Decoder, Node};
use gateway_dubbo_codec::json::{Builder, Style, Types, write};
use gateway_dubbo_codec::result::{self, Form};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// Types of which JSON comes back as it was, and others.
const SAME: usize = 7;
const KINDS: [&str; 24] = [
    "java.lang.Object",
    "java.util.Map<String,java.lang.Long>",
    "java.util.List<java.lang.Boolean>",
    "java.math.BigDecimal",
    "a.Order",
    "java.util.Map<a.Status,String[]>",
    "long[]",
    "java.lang.String",
    "int",
    "float",
    "double",
    "byte[]",
    "java.math.BigInteger",
    "java.util.Date",
    "java.sql.Timestamp",
    "java.time.Instant",
    "java.time.LocalDateTime",
    "java.time.OffsetDateTime",
    "java.time.ZonedDateTime",
    "java.time.Duration",
    "java.util.UUID",
    "java.util.Map<java.lang.Integer,java.util.Set<char>>",
    "void",
    "b.Undeclared[]",
];

static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let classes = json!({"a.Order": {"id": "long", "total": "java.math.BigDecimal", "next": "a.Order", "status": "a.Status"}, "a.Status": "enum"});
    Types::new(classes.as_object().expect("an object")).expect("types")
});

fuzz_target!(|data: &[u8]| {
    let Some(([kind, flags], bytes)) = data.split_first_chunk::<2>() else { return };
    if *kind == 0xff {
        let _ = std::str::from_utf8(bytes).map(|text| TYPES.parse(text));
        return;
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let number = usize::from(*kind) % KINDS.len();
    let of = TYPES.parse(KINDS[number]).expect("a type");
    let generic = flags & 1 != 0;
    let mut builder = Builder::new(&TYPES, generic);
    let Ok(id) = builder.value(&value, &of) else { return };
    let tree = builder.into_tree();
    let body = result::returned(&value, &of, &TYPES, Form::default()).expect("it was a value");
    if matches!(tree.node(id), Node::Null) {
        return assert_eq!(body, b"\x92");
    }
    let mut decoder = Decoder::at(&body, 1, Limits { depth: 512, nodes: 1 << 22, ..Limits::default() });
    let read = decoder.value().expect("a value");
    assert!(decoder.is_at_end());
    let decoded = decoder.into_tree();
    if !generic {
        assert!(tree.same(id, &decoded, read));
    }
    let mut out = Vec::new();
    write(&decoded, read, &Style::default(), &mut out).expect("JSON again");
    let back: Value = serde_json::from_slice(&out).expect("JSON");
    if number < SAME && !generic && !odd(&value) {
        assert!(same(&value, &back), "{value} became {back}");
    }
});

/// What may come back in another spelling: beans with no other field than `name` look like enums, and null is no key.
fn odd(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.len() == 1 && members.contains_key("name")
                || ["stackTrace", "detailMessage"].iter().all(|name| members.contains_key(*name))
                || members.values().any(odd)
        }
        Value::Array(items) => items.iter().any(odd),
        _ => false,
    }
}

/// The same, where a number may be a text or the reverse, and have a fraction of zeros.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (Value::Number(_) | Value::String(_), Value::Number(_) | Value::String(_)) => match (digits(a), digits(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
        (a, b) => a == b,
    }
}

/// The digits of a number without zeros that say nothing, and the exponent of the last one.
fn digits(value: &Value) -> Option<(bool, String, i64)> {
    let text = match value {
        Value::Number(number) => number.as_str().to_owned(),
        Value::String(text) if text.len() < 2000 => text.clone(),
        _ => return None,
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let exponent: i64 = exponent.parse().ok()?;
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let mantissa = mantissa.strip_prefix('+').unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let kept = all.trim_end_matches('0');
    let scale = exponent.checked_sub(fraction.len() as i64)?.checked_add((all.len() - kept.len()) as i64)?;
    let kept = kept.trim_start_matches('0');
    Some(if kept.is_empty() { (false, String::new(), 0) } else { (negative, kept.to_owned(), scale) })
}
