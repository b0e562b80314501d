use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::hessian::Limits;
use crate::hessian::tree::{Decoder, Node, NodeId, Tree, tests::trees};

fn decode(bytes: &[u8]) -> (Tree, NodeId) {
    let mut decoder = Decoder::new(bytes, Limits::default());
    let id = decoder.value().unwrap();
    assert!(decoder.is_at_end());
    (decoder.into_tree(), id)
}

fn shown(bytes: &[u8], style: &Style<'_>) -> Result<String, JsonError> {
    let (tree, id) = decode(bytes);
    let mut out = Vec::new();
    write(&tree, id, style, &mut out).map(|()| String::from_utf8(out).unwrap())
}

fn plain(bytes: &[u8]) -> String {
    shown(bytes, &Style::default()).unwrap()
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), false);
    encoder.value(value).unwrap();
    encoder.into_bytes()
}

fn typed(value: Value, kind: &str) -> Result<Vec<u8>, String> {
    let mut encoder = Encoder::new(Vec::new(), false);
    encoder.typed(&value, kind).map_err(|e| e.to_string())?;
    Ok(encoder.into_bytes())
}

#[test]
fn every_kind_of_value() {
    let cases: &[(&[u8], &str)] = &[
        (b"N", "null"),
        (b"T", "true"),
        (b"F", "false"),
        (b"I\x80\0\0\0", "-2147483648"),
        (b"L\x7f\xff\xff\xff\xff\xff\xff\xff", "9223372036854775807"),
        (b"\x5b", "0.0"),
        (b"\x5f\0\0\x0c\xb2", "3.25"),
        (b"D\x7e\x37\xe4\x3c\x88\x00\x75\x9c", "1e300"),
        (b"D\x7f\xf8\0\0\0\0\0\0", "\"NaN\""),
        (b"D\x7f\xf0\0\0\0\0\0\0", "\"Infinity\""),
        (b"D\xff\xf0\0\0\0\0\0\0", "\"-Infinity\""),
        (b"J\0\0\x01\x8b\xcf\xe5\x68\x01", "\"2023-11-14T22:13:20.001Z\""),
        (b"K\0\0\0\0", "\"1970-01-01T00:00:00Z\""),
        (b"\x05a\"\\\n\x01", r#""a\"\\\n\u0001""#),
        (b"\x02\xed\xa0\xbd\xed\xb8\x80", "\"\u{1f600}\""),
        (b"\x24\x00\x01\x02\xff", "\"AAEC/w==\""),
        (b"\x7a\x90\x7a\x91\x92", "[0,[1,2]]"),
        (
            b"H\x91\x01oT\x01tN\x01nJ\0\0\0\0\0\0\0\0\x01d\x79\x90HZZ",
            r#"{"1":"o","true":"t","null":"n","1970-01-01T00:00:00Z":"d","[0]":{}}"#,
        ),
        (b"HH\x01a\x90Z\x91Z", r#"{"{\"a\":0}":1}"#),
        (b"C\x01c\x92\x01a\x01b\x60\x90\x91", r#"{"a":0,"b":1}"#),
        (b"C\x01c\x93\x01a\x01b\x01a\x60\x90\x91\x92", r#"{"b":1,"a":2}"#),
        (b"C\x01c\x90\x60", "{}"),
        (b"C\x01c\x91\x04name\x60\x03NEW", "\"NEW\""),
        (b"C\x01c\x91\x04name\x60\x90", r#"{"name":0}"#),
        (b"\x7aHZQ\x91", "[{},{}]"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(plain(bytes), *expected, "{}", bytes.escape_ascii());
    }
}

/// An object of a class, by the bytes of its fields' names and values.
fn object(class: &str, fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = vec![b'C'];
    crate::hessian::write::text(&mut out, class);
    crate::hessian::write::int(&mut out, fields.len() as i32);
    fields.iter().for_each(|(name, _)| crate::hessian::write::text(&mut out, name));
    out.push(0x60);
    fields.iter().for_each(|(_, value)| out.extend_from_slice(value));
    out
}

#[test]
fn classes_of_the_jdk() {
    let time = |kind: &str| format!("com.alibaba.com.caucho.hessian.io.java8.{kind}Handle");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (object("java.math.BigDecimal", &[("value", b"\x0612.340")]), "12.340"),
        (object("java.math.BigDecimal", &[("value", b"\x041E+3")]), "1E+3"),
        (object("java.math.BigDecimal", &[("value", b"\x0201")]), r#"{"value":"01"}"#),
        (object("java.math.BigInteger", &[("mag", b"\x71\x04[int\x91"), ("signum", b"\x8f")]), "-1"),
        (object("java.math.BigInteger", &[("mag", b"\x72\x04[int\x91\x90"), ("signum", b"\x91")]), "4294967296"),
        (object("java.math.BigInteger", &[("mag", b"\x70\x04[int"), ("signum", b"\x90")]), "0"),
        (object("java.math.BigInteger", &[("signum", b"\x90")]), r#"{"signum":0}"#),
        (object("java.util.UUID", &[("value", b"\x01u")]), "\"u\""),
        (object("java.lang.Class", &[("name", b"\x01C")]), "\"C\""),
        (object("com.caucho.hessian.io.LocaleHandle", &[("value", b"\x05fr_CA")]), "\"fr_CA\""),
        (object("java.sql.Timestamp", &[("value", b"K\0\0\0\x01")]), "\"1970-01-01T00:01:00Z\""),
        (object("java.util.concurrent.atomic.AtomicLong", &[("value", b"\xe1")]), "1"),
        (object(&time("Instant"), &[("nanos", b"\x90"), ("seconds", b"\xe0")]), "\"1970-01-01T00:00:00Z\""),
        (object(&time("Duration"), &[("nanos", b"\x90"), ("seconds", b"\xf8\x3c")]), "\"PT1M\""),
        (object(&time("Period"), &[("years", b"\x91"), ("months", b"\x90"), ("days", b"\x93")]), "\"P1Y3D\""),
        (object(&time("Period"), &[("years", b"\x90"), ("months", b"\x90"), ("days", b"\x90")]), "\"P0D\""),
        (object(&time("Year"), &[("year", b"\xcf\xe8")]), "\"2024\""),
        (object(&time("YearMonth"), &[("year", b"\xcf\xe8"), ("month", b"\x92")]), "\"2024-02\""),
        (object(&time("MonthDay"), &[("month", b"\x92"), ("day", b"\x93")]), "\"--02-03\""),
        (object(&time("ZoneOffset"), &[("seconds", b"\x90")]), "\"Z\""),
        (
            object(&time("LocalDate"), &[("day", b"\x90"), ("month", b"\x91"), ("year", b"\x91")]),
            r#"{"day":0,"month":1,"year":1}"#,
        ),
        (object(&time("Other"), &[("a", b"\x90")]), r#"{"a":0}"#),
        (
            object("x.E", &[("stackTrace", b"\x79\x01t"), ("detailMessage", b"\x02no"), ("cause", b"Q\x90")]),
            r#"{"class":"x.E","message":"no"}"#,
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(plain(&bytes), expected, "{}", bytes.escape_ascii());
    }
    let utc = Style { dates: Dates::EpochMs, ..Style::default() };
    assert_eq!(shown(b"J\0\0\x01\x8b\xcf\xe5\x68\x01", &utc).unwrap(), "1700000000001");
    let instant = object(&time("Instant"), &[("nanos", b"I\x07T\xd4\xc0"), ("seconds", b"\xe1")]);
    assert_eq!(shown(&instant, &utc).unwrap(), "1123");
}

#[test]
fn options() {
    let exact = Style { long_as_string: true, ..Style::default() };
    let long = |n: i64| {
        let mut out = Vec::new();
        crate::hessian::write::long(&mut out, n);
        shown(&out, &exact).unwrap()
    };
    assert_eq!(long(1 << 53), "9007199254740992");
    assert_eq!(long((1 << 53) + 1), "\"9007199254740993\"");
    assert_eq!(long(i64::MIN), "\"-9223372036854775808\"");
    let strip = Style { strip_class: true, ..Style::default() };
    assert_eq!(shown(b"H\x05class\x01c\x01aH\x05class\x01dZZ", &strip).unwrap(), r#"{"a":{}}"#);
    assert_eq!(plain(b"H\x05class\x01cZ"), r#"{"class":"c"}"#);
    let numbers = Style { bytes: Bytes::Numbers, ..Style::default() };
    assert_eq!(shown(b"\x23\x00\x7f\xff", &numbers).unwrap(), "[0,127,-1]");
    let beans = [Box::from("c")];
    let bean = Style { beans: &beans, ..Style::default() };
    assert_eq!(shown(b"C\x01c\x91\x04name\x60\x03NEW", &bean).unwrap(), r#"{"name":"NEW"}"#);
}

#[test]
fn what_json_cannot_say_or_is_too_much_is_an_error() {
    let style = Style { limit: 1000, depth: 4, ..Style::default() };
    assert_eq!(shown(b"H\x04selfQ\x90Z", &style), Err(JsonError::Cycle));
    assert_eq!(shown(b"\x79\x79\x79\x79\x78", &style), Err(JsonError::TooDeep(4)));
    assert_eq!(shown(b"\x79\x79\x79\x78", &style).unwrap(), "[[[[]]]]");
    let long = [&b"S\x03\xe7"[..], &[b'a'; 999]].concat();
    assert_eq!(shown(&long, &style), Err(JsonError::TooLong(1000)));
    let escaped = [&b"\x31\xf4"[..], &[1; 500]].concat();
    assert_eq!(shown(&escaped, &style), Err(JsonError::TooLong(1000)));
    let many =
        object("java.math.BigInteger", &[("mag", &[&b"X\xcc\x01"[..], &[0x91; 1025]].concat()), ("signum", b"\x91")]);
    assert_eq!(shown(&many, &Style::default()), Err(JsonError::Number));
}

#[test]
fn references_to_references_do_not_explode() {
    // Each list holds the one before ten times.
    let mut bomb = b"\x58\xc8\x65\x78".to_vec();
    for n in 1..=100u8 {
        bomb.extend([b'X', 0x9a]);
        bomb.extend([b'Q', 0x90 + n.min(47)].repeat(10));
    }
    let (tree, id) = decode(&bomb);
    let style = Style { limit: 1 << 16, ..Style::default() };
    let mut out = b"kept".to_vec();
    assert_eq!(write(&tree, id, &style, &mut out), Err(JsonError::TooLong(1 << 16)));
    assert_eq!(out, b"kept");
    // Members that are left out take time, too.
    let mut idle = b"\x58\xd4\x4e\x20H".to_vec();
    idle.extend(b"\x05classN".repeat(20_000));
    idle.push(b'Z');
    idle.extend(b"Q\x91".repeat(19_999));
    let strip = Style { strip_class: true, ..style };
    assert_eq!(shown(&idle, &strip), Err(JsonError::TooLong(1 << 16)));
}

#[test]
fn numbers_become_what_a_provider_converts_without_loss() {
    let decimal = b"C\x14java.math.BigDecimal\x91\x05value\x60";
    let cases: &[(&str, &[u8])] = &[
        ("0", b"\x90"),
        ("-0", b"\x90"),
        ("2147483647", b"I\x7f\xff\xff\xff"),
        ("2147483648", b"L\0\0\0\0\x80\0\0\0"),
        ("-9223372036854775808", b"L\x80\0\0\0\0\0\0\0"),
        ("9223372036854775808", b"\x139223372036854775808"),
        ("1.5", b"\x5f\0\0\x05\xdc"),
        ("1.50", b"\x5f\0\0\x05\xdc"),
        ("1e3", b"\x5e\x03\xe8"),
        ("0.30000000000000004", b"D\x3f\xd3\x33\x33\x33\x33\x33\x34"),
    ];
    for (text, expected) in cases {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(encoded(&value), *expected, "{text}");
    }
    for text in ["12345678901234567.89", "0.10000000000000000001"] {
        let value: Value = serde_json::from_str(text).unwrap();
        let bytes = encoded(&value);
        assert!(bytes.starts_with(decimal) && bytes.ends_with(text.as_bytes()), "{text}");
    }
    let twice: Value = serde_json::from_str("[1e400, 1e400]").unwrap();
    assert_eq!(plain(&encoded(&twice)), "[1e+400,1e+400]");
    for text in ["1e4097", "1e-99999999999999999999", &"9".repeat(1025)] {
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Encoder::new(Vec::new(), false).value(&value), Err(Mismatch::Number(1024)), "{text}");
    }
}

#[test]
fn arrays_and_objects() {
    assert_eq!(encoded(&json!({"a": [1, null, true], "b": {}})), b"H\x01a\x7b\x91NT\x01bHZZ");
    assert_eq!(encoded(&json!([1, 2, 3, 4, 5, 6, 7, 8])), b"X\x98\x91\x92\x93\x94\x95\x96\x97\x98");
    let classy = json!({"a": {"class": "x.Y"}});
    assert_eq!(Encoder::new(Vec::new(), false).value(&classy), Err(Mismatch::ClassKey));
    assert_eq!(Encoder::new(Vec::new(), true).value(&classy), Ok(()));
    let mut deep = json!(1);
    for _ in 0..129 {
        deep = json!([deep]);
    }
    assert_eq!(Encoder::new(Vec::new(), false).value(&deep), Err(Mismatch::TooDeep(128)));
}

#[test]
fn parameters_of_a_type() {
    let cases: &[(Value, &str, &[u8])] = &[
        (json!("5"), "int", b"\x95"),
        (json!(5), "long", b"\xe5"),
        (json!("-3"), "java.lang.Byte", b"\x8d"),
        (json!(1), "double", b"\x5c"),
        (json!("NaN"), "float", b"D\x7f\xf8\0\0\0\0\0\0"),
        (json!("true"), "boolean", b"T"),
        (json!(5), "java.lang.String", b"\x015"),
        (json!("x"), "char", b"\x01x"),
        (json!("1.10"), "java.math.BigDecimal", b"\x041.10"),
        (json!("AQI="), "[B", b"\x22\x01\x02"),
        (json!([1, -1, 255]), "byte[]", b"\x23\x01\xff\xff"),
        (json!("2023-11-14T22:13:20.001Z"), "java.util.Date", b"J\0\0\x01\x8b\xcf\xe5\x68\x01"),
        (json!(1_700_000_000_001i64), "java.util.Date", b"J\0\0\x01\x8b\xcf\xe5\x68\x01"),
        (json!("1700000000001"), "java.util.Date", b"J\0\0\x01\x8b\xcf\xe5\x68\x01"),
        (json!(null), "int", b"N"),
        (json!([1]), "java.util.List", b"\x79\x91"),
    ];
    for (value, kind, expected) in cases {
        assert_eq!(typed(value.clone(), kind).unwrap(), *expected, "{value} {kind}");
    }
    let exact: Value = serde_json::from_str("1.10").unwrap();
    assert_eq!(typed(exact, "java.math.BigDecimal").unwrap(), b"\x041.10");
    for (kind, back) in
        [("java.sql.Timestamp", "\"2023-11-14T22:13:20.001Z\""), ("java.time.Instant", "\"2023-11-14T22:13:20.001Z\"")]
    {
        assert_eq!(plain(&typed(json!(1_700_000_000_001i64), kind).unwrap()), back);
    }
    let uuid = "01234567-89ab-cdef-8877-665544332211";
    assert_eq!(plain(&typed(json!(uuid), "java.util.UUID").unwrap()), format!("\"{uuid}\""));
}

#[test]
fn what_a_parameter_does_not_take_is_refused_in_words() {
    let cases: &[(Value, &str)] = &[
        (json!("x"), "int"),
        (json!(1.5), "long"),
        (json!(2_147_483_648i64), "int"),
        (json!(40_000), "short"),
        (json!(200), "byte"),
        (json!({}), "double"),
        (json!("yes"), "boolean"),
        (json!([]), "java.lang.String"),
        (json!("ab"), "char"),
        (json!("1e99999"), "java.math.BigDecimal"),
        (json!("0x10"), "java.math.BigInteger"),
        (json!("!"), "[B"),
        (json!([256]), "[B"),
        (json!("yesterday"), "java.util.Date"),
        (json!("not-a-uuid"), "java.util.UUID"),
    ];
    for (value, kind) in cases {
        let error = typed(value.clone(), kind).unwrap_err();
        assert!(error.contains(kind) && error.starts_with("expected "), "{error}");
    }
}

/// JSON as it comes back from a provider that returns what it got.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |n| n.is_finite().then(|| json!(n))),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 9, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..9).prop_map(Value::from),
            proptest::collection::hash_map("[^c]{0,6}", inner, 0..9)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Numbers are the same, whatever digits they are written with.
fn close(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64() == b.as_f64(),
        },
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| close(a, b)))
        }
        (a, b) => a == b,
    }
}

proptest! {
    #[test]
    fn json_comes_back_as_it_was(value in json()) {
        let text = plain(&encoded(&value));
        let back: Value = serde_json::from_str(&text).unwrap();
        prop_assert!(close(&value, &back), "{} {}", value, back);
    }

    #[test]
    fn whatever_there_is_becomes_json_within_its_bounds((tree, id) in trees(), limit in 0usize..4000, depth in 0u32..20, flags: u8) {
        let style = Style {
            bytes: Bytes::default(),
            limit,
            depth,
            long_as_string: flags & 1 != 0,
            strip_class: flags & 2 != 0,
            dates: if flags & 4 != 0 { Dates::Iso } else { Dates::EpochMs },
            beans: &[],
        };
        let mut out = Vec::new();
        match write(&tree, id, &style, &mut out) {
            Ok(()) => {
                prop_assert!(out.len() <= limit);
                serde_json::from_slice::<Value>(&out).unwrap();
            }
            Err(_) => prop_assert!(out.is_empty()),
        }
    }

    #[test]
    fn typed_parameters_are_values_or_refused(value in json(), kind in 0usize..14) {
        let kinds = ["int", "long", "short", "byte", "double", "boolean", "char", "java.lang.String", "java.math.BigDecimal", "[B",
            "java.util.Date", "java.sql.Timestamp", "java.time.Instant", "x.Y"];
        if let Ok(bytes) = typed(value, kinds[kind]) {
            let (tree, id) = decode(&bytes);
            prop_assert!(!matches!(tree.node(id), Node::Long(_)) || kinds[kind] != "int");
        }
    }
}

/// Classes as a registry describes them.
fn described() -> Types {
    const ORDER: [(&str, &str); 8] = [
        ("id", "long"),
        ("count", "int"),
        ("score", "float"),
        ("total", "java.math.BigDecimal"),
        ("big", "java.math.BigInteger"),
        ("next", "a.Order"),
        ("items", "java.util.List<a.Order>"),
        ("odd", "what is this"),
    ];
    Types::described([("a.Order", ORDER.into_iter())].into_iter())
}

fn known(value: &str, kind: Option<&str>, of: &str) -> Result<String, String> {
    let types = described();
    let mut encoder = Encoder::new(Vec::new(), false);
    let value: Value = serde_json::from_str(value).unwrap();
    encoder.known(&value, kind, &types.parse_any(of), &types).map_err(|bad| bad.to_string())?;
    Ok(plain(&encoder.into_bytes()))
}

#[test]
fn a_number_that_its_provider_would_cut_is_refused_wherever_it_stands() {
    let map = "java.util.Map<java.lang.String,java.lang.Short>";
    for (value, of, expected) in [
        ("2147483648", "int", "expected a whole number of 32 bits for int, found another number"),
        ("1.5", "int", "expected a whole number of 32 bits for int, found another number"),
        ("-32769", "java.lang.Short", "expected a whole number of 16 bits for java.lang.Short, found another number"),
        ("128", "byte", "expected a whole number of 8 bits for byte, found another number"),
        ("9223372036854775808", "long", "expected a whole number of 64 bits for long, found another number"),
        ("1e400", "double", "expected a number in its range for double, found another number"),
        ("1e39", "float", "expected a number in its range for float, found another number"),
        ("0.5", "java.math.BigInteger", "expected a whole number for java.math.BigInteger, found another number"),
        ("1.5", "java.util.Date", "expected a time with its zone"),
        (r#"{"count":3000000000}"#, "a.Order", "count: expected a whole number of 32 bits"),
        (r#"{"items":[{},{"next":{"count":0.5}}]}"#, "a.Order", "items[1].next.count: expected a whole number"),
        ("[1,40000]", "short[]", "[1]: expected a whole number of 16 bits for short, found another number"),
        ("[1,300]", "byte[]", "expected base64, or an array of numbers of 8 bits, for byte[], found an array"),
        (r#"{"k":40000}"#, map, "k: expected a whole number of 16 bits"),
        (r#"[{"class":"x"}]"#, "java.util.List<a.Order>", "[0]: a member \"class\""),
        (&format!("1{}", "0".repeat(1024)), "java.math.BigDecimal", "a number of more than 1024 characters"),
        ("1e5000", "java.math.BigDecimal", "a number of more than 1024 characters"),
    ] {
        let refused = known(value, None, of).unwrap_err();
        assert!(refused.starts_with(expected), "{value} for {of}: {refused}");
    }
}

#[test]
fn a_number_that_is_one_of_its_type_keeps_its_digits() {
    for (value, of, expected) in [
        ("2147483647", "int", "2147483647"),
        ("1e3", "int", "1000"),
        ("-128.0", "byte", "-128"),
        ("9007199254740993", "java.math.BigDecimal", "9007199254740993"),
        ("1.10", "java.math.BigDecimal", "1.10"),
        ("1e+400", "java.math.BigDecimal", "1e+400"),
        ("1e2", "java.math.BigInteger", "100"),
        ("18446744073709551616", "java.math.BigInteger", "\"18446744073709551616\""),
        ("0.1", "double", "0.1"),
        ("\"7\"", "int", "\"7\""),
        ("null", "int", "null"),
        ("7", "b.Unknown", "7"),
        (r#"{"odd":1e3,"none":1.5}"#, "a.Order", r#"{"odd":1000.0,"none":1.5}"#),
        (r#"[{"total":9007199254740993}]"#, "java.util.List<a.Order>", r#"[{"total":9007199254740993}]"#),
        ("[1,255,-1]", "byte[]", "\"Af//\""),
    ] {
        assert_eq!(known(value, None, of).as_deref(), Ok(expected), "{value} for {of}");
    }
    // A type that the provider is told goes first, as it does where nobody describes anything.
    assert_eq!(known("\"7\"", Some("int"), "int").as_deref(), Ok("7"));
    assert!(known("\"x\"", Some("int"), "int").is_err());
    assert!(known("[3000000000]", Some("java.util.List"), "java.util.List<java.lang.Integer>").is_err());
}

#[test]
fn integers_of_any_size_are_given_by_their_digits() {
    let big = |value: Value| typed(value, "java.math.BigInteger").map(|bytes| plain(&bytes));
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    for (given, expected) in [
        (number("1e400"), format!("\"1{}\"", "0".repeat(400))),
        (number("-1.50e1"), "\"-15\"".into()),
        (number("0.0"), "\"0\"".into()),
        (number("9223372036854775808"), "\"9223372036854775808\"".into()),
        (json!("12"), "\"12\"".into()),
    ] {
        assert_eq!(big(given.clone()), Ok(expected), "{given}");
    }
    for none in [number("1.5"), number("1e-1"), number("1e5000"), json!("x"), json!(true)] {
        assert!(big(none.clone()).is_err(), "{none}");
    }
    assert!(typed(number("1e39"), "float").is_err() && typed(number("1e38"), "float").is_ok());
    assert!(typed(number("1e309"), "double").is_err());
}

proptest! {
    #[test]
    fn what_is_written_for_a_known_type_is_read_again(value in json(), of in 0..7_usize) {
        let of = ["int", "a.Order", "java.util.List<a.Order>", "byte[]", "java.util.Map<java.lang.String,float>", "java.math.BigInteger", "x"][of];
        let types = described();
        let mut encoder = Encoder::new(Vec::new(), true);
        if encoder.known(&value, None, &types.parse_any(of), &types).is_ok() {
            decode(&encoder.into_bytes());
        }
    }
}
