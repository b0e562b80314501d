use super::*;
use crate::hessian::Limits;
use crate::hessian::tree::Decoder;
use crate::hessian::write::Writer;
use crate::json::{Style, write};
use proptest::prelude::*;
use serde_json::json;

fn types() -> Types {
    let declared = json!({
        "a.Order": {"id": "long", "total": "java.math.BigDecimal", "status": "a.Status", "items": "java.util.List<a.Item>",
                    "createdAt": "java.util.Date", "blob": "byte[]"},
        "a.Item": {"price": "java.math.BigDecimal", "quantity": "int"},
        "a.Status": "enum",
    });
    Types::new(declared.as_object().unwrap()).unwrap()
}

/// What becomes of JSON, as a tree and as JSON again.
fn built(text: &str, of: &str, generic: bool) -> Result<(Tree, NodeId, String), String> {
    let types = types();
    let of = types.parse(of).unwrap();
    let mut builder = Builder::new(&types, generic);
    let id = builder.value(&serde_json::from_str(text).unwrap(), &of).map_err(|error| error.to_string())?;
    let tree = builder.into_tree();
    let mut writer = Writer::new(&tree, Vec::new());
    writer.value(id);
    let bytes = writer.into_bytes();
    let mut decoder = Decoder::new(&bytes, Limits::default());
    let read = decoder.value().unwrap();
    assert!(decoder.is_at_end());
    let mut out = Vec::new();
    let decoded = decoder.into_tree();
    write(&decoded, read, &Style::default(), &mut out).unwrap();
    Ok((decoded, read, String::from_utf8(out).unwrap()))
}

fn same(text: &str, of: &str) {
    assert_eq!(built(text, of, false).unwrap().2, text, "{of}");
}

fn refused(text: &str, of: &str, expected: &str) {
    let error = built(text, of, false).map(|it| it.2).unwrap_err();
    assert_eq!(error, expected, "{text}");
}

#[test]
fn values_come_back_as_they_went() {
    for (text, of) in [
        ("7", "byte"),
        ("-128", "java.lang.Byte"),
        ("9223372036854775807", "long"),
        ("5", "java.lang.Object"),
        ("9223372036854775808", "java.lang.Object"),
        ("-123456789012345678901234567890", "java.math.BigInteger"),
        ("0", "java.math.BigInteger"),
        ("1.10", "java.math.BigDecimal"),
        ("39.99", "double"),
        ("1.5", "float"),
        ("true", "boolean"),
        ("\"x\"", "char"),
        ("\"café 😀\"", "java.lang.String"),
        ("\"AAEC/w==\"", "byte[]"),
        ("\"2023-11-14T22:13:20.001Z\"", "java.util.Date"),
        ("\"2023-11-14T22:13:20.001Z\"", "java.sql.Timestamp"),
        ("\"2023-11-14T22:13:20.123Z\"", "java.time.Instant"),
        ("\"2024-02-29\"", "java.time.LocalDate"),
        ("\"13:14:15.016\"", "java.time.LocalTime"),
        ("\"2024-02-29T13:14:15.016\"", "java.time.LocalDateTime"),
        ("\"2024-02-29T13:14:15+01:00\"", "java.time.OffsetDateTime"),
        ("\"2024-02-29T13:14:15+01:00[Europe/Paris]\"", "java.time.ZonedDateTime"),
        ("\"2024-02-29T13:14:15Z\"", "java.time.ZonedDateTime"),
        ("\"PT1M30.5S\"", "java.time.Duration"),
        ("\"01234567-89ab-cdef-8877-665544332211\"", "java.util.UUID"),
        ("\"PAID\"", "a.Status"),
        ("[1,null,3]", "java.util.List<java.lang.Long>"),
        ("[\"a\",\"b\"]", "java.util.Set<String>"),
        ("[[\"a\"],[\"b\",\"c\"]]", "String[][]"),
        ("{\"1\":\"one\"}", "java.util.Map<java.lang.Integer,String>"),
        ("{\"PAID\":1}", "java.util.Map<a.Status,java.lang.Integer>"),
        (
            "{\"id\":7,\"total\":4.50,\"status\":\"PAID\",\"items\":[{\"price\":1.50,\"quantity\":3,\"sku\":\"s\"}],\"blob\":\"AA==\"}",
            "a.Order",
        ),
        ("{\"int\":7,\"none\":null,\"list\":[1,2.5,{\"a\":{}}]}", "java.util.Map"),
        ("null", "a.Order"),
    ] {
        same(text, of);
    }
    for (text, of, expected) in [
        ("\"7\"", "long", "7"),
        ("7.0", "int", "7"),
        ("7", "java.lang.String", "\"7\""),
        ("[0,-1,255]", "byte[]", "\"AP//\""),
        ("1700000000001", "java.util.Date", "\"2023-11-14T22:13:20.001Z\""),
        ("\"NaN\"", "double", "\"NaN\""),
        ("{\"a\":1}", "void", "null"),
    ] {
        assert_eq!(built(text, of, false).unwrap().2, expected, "{text}");
    }
}

#[test]
fn nothing_is_made_to_fit() {
    refused("128", "byte", "expected a whole number in its range for byte, found another number");
    refused("null", "int", "expected a value for int, found null");
    refused(
        "2147483648",
        "java.lang.Integer",
        "expected a whole number in its range for java.lang.Integer, found another number",
    );
    refused("9223372036854775808", "long", "expected a whole number of 64 bits for long, found another number");
    refused("1.5", "long", "expected a whole number of 64 bits for long, found another number");
    refused("1e400", "double", "expected a number in its range for double, found another number");
    refused("1e39", "float", "expected a number in its range for float, found another number");
    refused("\"yes\"", "boolean", "expected true or false for boolean, found another text");
    refused("{}", "java.lang.String", "expected a text for java.lang.String, found an object");
    refused(
        "\"2024-02-29\"",
        "java.time.LocalDateTime",
        "expected a day and a time without zone (ISO 8601) for java.time.LocalDateTime, found another text",
    );
    refused("1", "a.Status", "expected the name of one for a.Status, found another number");
    refused("[]", "a.Order", "expected an object for a.Order, found an array");
    refused("{}", "java.util.List<String>", "expected an array for java.util.List<String>, found an object");
    refused(
        "{\"x\":1}",
        "java.util.Map<java.lang.Integer,String>",
        "x: expected a whole number in its range for java.lang.Integer, found another text",
    );
    refused(
        "{\"items\":[{\"price\":\"1\"},{\"price\":\"dear\"}]}",
        "a.Order",
        "items[1].price: expected a number for java.math.BigDecimal, found another text",
    );
    let long = "9".repeat(2000);
    refused(&long, "java.lang.Object", "a number of more than 1024 characters");
}

#[test]
fn generic_calls_get_maps_with_classes() {
    let text = "{\"id\":7,\"class\":\"evil\",\"status\":\"PAID\",\"items\":[{\"price\":1.50}]}";
    let expected =
        "{\"id\":7,\"status\":\"PAID\",\"items\":[{\"price\":1.50,\"class\":\"a.Item\"}],\"class\":\"a.Order\"}";
    let (tree, id, shown) = built(text, "a.Order", true).unwrap();
    assert_eq!(shown, expected);
    assert!(matches!(tree.node(id), Node::Map { .. }));
}

#[test]
fn many_sets_of_fields_are_refused() {
    let items: Vec<_> = (0..2000).map(|n| json!({ format!("f{n}"): n })).collect();
    let text = serde_json::to_string(&items).unwrap();
    refused(&text, "java.util.List<b.Odd>", "[1025]: objects have more than 1024 different sets of fields");
}

proptest! {
    #[test]
    fn whatever_json_says_comes_back(value in json_value()) {
        let text = value.to_string();
        let shown = built(&text, "java.lang.Object", false).unwrap().2;
        let back: Value = serde_json::from_str(&shown).unwrap();
        prop_assert_eq!(back, value);
    }

    #[test]
    fn whatever_comes_is_a_value_or_refused(value in json_value(), of in 0usize..16) {
        let all = [
            "int", "long", "float", "double", "boolean", "char", "String", "java.math.BigDecimal", "java.math.BigInteger", "byte[]",
            "java.util.Date", "java.time.ZonedDateTime", "java.util.List<a.Order>", "java.util.Map<java.lang.Long,String[]>", "a.Order",
            "java.util.Set<java.util.UUID>",
        ];
        let _ = built(&value.to_string(), all[of], of % 2 == 0);
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-zé😀]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,6}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
