//! The grammar of messages, row by row, and what walking does to values.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn read(text: &str) -> Value {
    crate::json::parse(text.as_bytes()).unwrap()
}

fn verdict(schema: &Value, value: &Value) -> Result<Value, Violation> {
    let schema = Schema::compile(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
    let mut value = value.clone();
    schema.check(&mut value).map(|()| value)
}

#[test]
fn failures_are_worded_as_the_reference_words_them() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str)] = &[
        (r#"{"properties":{"x":{"type":"string"}}}"#, r#"{"x":1}"#, r#"property "x" validation failed: wrong type: expected string, got number"#),
        (r#"{"properties":{"x":{}},"required":["x"]}"#, r#"{"y":1}"#, r#"property "x" is required"#),
        (r#"{"required":["x"]}"#, r#"{}"#, r#"property "x" is required"#),
        (r#"{"type":"integer"}"#, "1.5", "wrong type: expected integer, got number"),
        (r#"{"type":"string"}"#, "null", "wrong type: expected string, got userdata"),
        (r#"{"type":"string"}"#, "[1]", "wrong type: expected string, got table"),
        (r#"{"type":"array"}"#, r#"{"a":1}"#, "wrong type: expected array, got table"),
        (r#"{"type":"boolean"}"#, r#""true""#, "wrong type: expected boolean, got string"),
        (r#"{"type":["string","integer"]}"#, "true", "wrong type: expected one of string, integer, got boolean"),
        (r#"{"additionalProperties":false,"properties":{"a":{}}}"#, r#"{"a":1,"x":1}"#, "additional properties forbidden, found x"),
        (r#"{"additionalProperties":{"type":"string"}}"#, r#"{"x":1}"#, "failed to validate additional property x: wrong type: expected string, got number"),
        (r#"{"minLength":2}"#, r#""é""#, "string too short, expected at least 2, got 1"),
        (r#"{"maxLength":2}"#, r#""ééé""#, "string too long, expected at most 2, got 3"),
        (r#"{"pattern":"^[a-zA-Z0-9-_]+$"}"#, r#""$\"\\""#, r#"failed to match pattern "^[a-zA-Z0-9-_]+$" with "$\"\\""#),
        (r#"{"pattern":"^\\d$"}"#, r#""x""#, r#"failed to match pattern "^\\d$" with "x""#),
        (r#"{"enum":["a",1]}"#, r#""b""#, "matches none of the enum values"),
        (r#"{"minimum":1}"#, "0", "expected 0 to be at least 1"),
        (r#"{"maximum":254}"#, "255", "expected 255 to be at most 254"),
        (r#"{"exclusiveMinimum":0}"#, "0", "expected 0 to be greater than 0"),
        (r#"{"exclusiveMaximum":0.1}"#, "1e15", "expected 1e+15 to be smaller than 0.1"),
        (r#"{"minimum":0,"exclusiveMinimum":true}"#, "0", "expected 0 to be greater than 0"),
        (r#"{"minimum":0.00001}"#, "0", "expected 0 to be at least 1e-05"),
        (r#"{"multipleOf":2}"#, "3", "expected 3 to be a multiple of 2"),
        (r#"{"minItems":1}"#, "[]", "expect array to have at least 1 items"),
        (r#"{"type":"array","minItems":1}"#, "{}", "expect array to have at least 1 items"),
        (r#"{"maxItems":1}"#, "[1,2]", "expect array to have at most 1 items"),
        (r#"{"uniqueItems":true}"#, "[1,1.0]", "expected unique items but items 1 and 2 are equal"),
        (r#"{"items":{"type":"string"}}"#, r#"["a",1]"#, "failed to validate item 2: wrong type: expected string, got number"),
        (r#"{"patternProperties":{".*":{"type":"string"}}}"#, r#"{"env":["x"]}"#, r#"failed to validate env (matching ".*"): wrong type: expected string, got table"#),
        (r#"{"minProperties":1}"#, "{}", "expect object to have at least 1 properties"),
        (r#"{"maxProperties":1}"#, r#"{"a":1,"b":2}"#, "expect object to have at most 1 properties"),
        (r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, "1", "object matches none of the required"),
        (r#"{"anyOf":[{"required":["active"]},{"required":["active","passive"]}]}"#, "{}", r#"object matches none of the required: ["active"] or ["active","passive"]"#),
        (r#"{"oneOf":[{"required":["a"]},{"required":["b"]}]}"#, "{}", "value should match only one schema, but matches none"),
        (r#"{"oneOf":[{"required":["a"]},{"required":["c"]},{"required":["b"]}]}"#, r#"{"a":1,"b":1}"#, "value should match only one schema, but matches both schemas 1 and 3"),
        (r#"{"allOf":[{},{"required":["a"]}]}"#, "{}", r#"allOf 2 failed: property "a" is required"#),
        (r#"{"if":{"required":["a"]},"then":{"required":["b"]}}"#, r#"{"a":1}"#, "then clause did not match"),
        (r#"{"if":{"required":["a"]},"else":{"required":["b"]}}"#, "{}", "else clause did not match"),
        (r#"{"not":{"required":["a"]}}"#, r#"{"a":1}"#, "value wasn't supposed to match schema"),
        (r#"{"contains":{"const":1}}"#, "[2]", "failed to check contains"),
        (r#"{"const":{"a":1}}"#, r#"{"a":2}"#, "failed to check const value"),
        (r#"{"format":"ipv4"}"#, r#""x""#, "expect valid ipv4 format but got: x"),
        (r#"{"items":[{}],"additionalItems":false}"#, "[1,2]", "found unexpected extra items in array"),
        (r#"{"items":[{}],"additionalItems":{"type":"string"}}"#, "[1,2]", "failed to validate additional item 2: wrong type: expected string, got number"),
        (r#"{"required":[]}"#, r#"{"a":1}"#, "the input data should be an empty table"),
        (r#"{"dependencies":{"a":["b"]}}"#, r#"{"a":1}"#, r#"property "b" is required when "a" is set"#),
        (r#"{"dependencies":{"a":{"required":["b"]}}}"#, r#"{"a":1}"#, r#"failed to validate dependent schema for "a": property "b" is required"#),
    ];
    for (schema, value, text) in cases {
        let result = verdict(&read(schema), &read(value));
        assert_eq!(result.map_err(|v| v.message), Err((*text).to_owned()), "{schema} {value}");
    }
}

#[test]
fn what_fits_passes() {
    #[rustfmt::skip]
    let cases: &[(&str, &str)] = &[
        (r#"{"type":"integer"}"#, "1.0"),
        (r#"{"type":"integer","minimum":1}"#, "1e3"),
        (r#"{"type":"array"}"#, "{}"),
        (r#"{"type":"object"}"#, "[]"),
        (r#"{"type":"null"}"#, "null"),
        (r#"{"enum":[{}]}"#, "[]"),
        (r#"{"const":1}"#, "1.0"),
        (r#"{"format":"no such"}"#, r#""x""#),
        (r#"{"minLength":5,"pattern":"x"}"#, "1"),
        (r#"{"required":[]}"#, "{}"),
        (r#"{"items":[{"type":"string"}]}"#, r#"["a",1]"#),
        ("true", "1"),
        ("{}", "null"),
    ];
    for (schema, value) in cases {
        assert!(verdict(&read(schema), &read(value)).is_ok(), "{schema} {value}");
    }
    assert_eq!(verdict(&json!(false), &json!(1)).unwrap_err().message, "expectation failed");
}

#[test]
fn references_pass_where_strings_do() {
    let strict = json!({"type": "string", "minLength": 64, "pattern": "^x$", "enum": ["x"]});
    let untyped = json!({"minLength": 64});
    for text in ["$secret://vault/1/a", "$ENV://A", "$env://A/b"] {
        assert!(verdict(&strict, &json!(text)).is_ok());
        assert!(verdict(&untyped, &json!(text)).is_ok());
        assert!(verdict(&json!({"type": "integer"}), &json!(text)).is_err());
    }
    assert!(verdict(&strict, &json!("$SECRET://vault")).is_err());
}

#[test]
fn defaults_are_filled_before_later_rules_look() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str)] = &[
        (r#"{"properties":{"a":{"default":1}}}"#, "{}", r#"{"a":1}"#),
        (r#"{"properties":{"a":{"default":1}},"required":["a"],"minProperties":1}"#, "{}", r#"{"a":1}"#),
        (r#"{"type":"object","properties":{"a":{"default":1}}}"#, "[]", r#"{"a":1}"#),
        (r#"{"properties":{"o":{"type":"object","properties":{"a":{"default":1}}}}}"#, r#"{"o":{}}"#, r#"{"o":{"a":1}}"#),
        (r#"{"properties":{"o":{"type":"object","default":{},"properties":{"a":{"default":1}}}}}"#, "{}", r#"{"o":{"a":1}}"#),
        (r#"{"items":{"properties":{"a":{"default":1}}}}"#, "[{},{\"a\":2}]", r#"[{"a":1},{"a":2}]"#),
        // The branch that applies fills its own, the others leave no trace.
        (r#"{"properties":{"p":{"default":"local"}},"if":{"properties":{"p":{"enum":["redis"]}}},"then":{"required":["host"]},"else":{"properties":{"n":{"default":1}}}}"#, "{}", r#"{"p":"local","n":1}"#),
        (r#"{"anyOf":[{"properties":{"x":{"default":1}},"required":["never"]},{"properties":{"y":{"default":2}}}]}"#, "{}", r#"{"y":2}"#),
        (r#"{"oneOf":[{"properties":{"x":{"default":1}},"required":["never"]},{"properties":{"y":{"default":2}}}]}"#, "{}", r#"{"y":2}"#),
        (r#"{"not":{"properties":{"x":{"default":1}},"required":["never"]}}"#, "{}", "{}"),
        (r#"{"dependencies":{"a":{"properties":{"b":{"default":1}}}}}"#, r#"{"a":1}"#, r#"{"a":1,"b":1}"#),
        // Integers are brought into one spelling.
        (r#"{"type":"integer"}"#, "1.0", "1"),
        (r#"{"type":"integer"}"#, "1e2", "100"),
    ];
    for (schema, value, filled) in cases {
        assert_eq!(verdict(&read(schema), &read(value)).unwrap().to_string(), read(filled).to_string(), "{schema}");
    }
}

#[test]
fn failures_tell_where_and_why() {
    let schema = json!({
        "properties": {"a/b": {"items": {"properties": {"c~": {"type": "string"}}}}, "t": {"then": {"required": ["x"]}, "if": {}}},
    });
    let violation = verdict(&schema, &json!({"a/b": [{}, {"c~": 1}]})).unwrap_err();
    assert_eq!((violation.path.as_str(), violation.code), ("/a~1b/1/c~0", "type"));
    let violation = verdict(&schema, &json!({"t": {}})).unwrap_err();
    assert_eq!(violation.message, "property \"t\" validation failed: then clause did not match");
    assert_eq!((violation.code, violation.reason.as_str()), ("then", "property \"x\" is required"));
}

#[test]
fn schemas_may_refer_to_themselves() {
    let tree = json!({"definitions": {"n": {"type": "object", "properties": {"next": {"$ref": "#/definitions/n"}}}},
        "$ref": "#/definitions/n"});
    assert!(verdict(&tree, &json!({"next": {"next": {}}})).is_ok());
    assert_eq!(
        verdict(&tree, &json!({"next": {"next": 1}})).unwrap_err().message,
        "property \"next\" validation failed: property \"next\" validation failed: wrong type: expected object, got number"
    );
    // Without end, or with alternatives that multiply: bounded.
    assert_eq!(verdict(&json!({"allOf": [{"$ref": "#"}]}), &json!(1)).unwrap_err().code, "limit");
    let multiplying = json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]});
    assert!(verdict(&multiplying, &json!(1)).is_err());
}

#[test]
fn what_is_no_schema_is_refused() {
    let cases = [
        json!(1),
        json!({"type": "strin"}),
        json!({"properties": 1}),
        json!({"properties": {"a": 1}}),
        json!({"required": "a"}),
        json!({"required": [1]}),
        json!({"pattern": "("}),
        json!({"patternProperties": {"(": {}}}),
        json!({"minimum": "1"}),
        json!({"minLength": -1}),
        json!({"enum": 1}),
        json!({"anyOf": {}, "x": 1}),
        json!({"$ref": "http://elsewhere/"}),
        json!({"$ref": "#/definitions/none"}),
    ];
    for schema in cases {
        assert!(Schema::compile(&schema).is_err(), "{schema}");
    }
    let mut deep = json!({});
    for _ in 0..200 {
        deep = json!({ "not": deep });
    }
    assert!(Schema::compile(&deep).unwrap_err().reason.contains("deep"));
    let error = Schema::compile(&json!({"properties": {"a": {"type": "x"}}})).unwrap_err();
    assert_eq!(error.to_string(), "schema at /properties/a: invalid JSON type: x");
}

proptest! {
    #[test]
    fn compiling_and_checking_never_panic(schema in schemas(), value in crate::check::arbitrary::json()) {
        if let Ok(schema) = Schema::compile(&schema) {
            let mut once = value;
            if schema.check(&mut once).is_ok() {
                let _ = schema.check(&mut once.clone());
            }
        }
        let _ = Schema::compile(&once_more(&schema));
    }

    #[test]
    fn filling_twice_fills_nothing_more(value in crate::check::arbitrary::json()) {
        for kind in crate::Kind::ALL {
            let Some(schema) = crate::schemas::of(kind) else { continue };
            let schema = schema.as_ref().unwrap();
            let mut once = value.clone();
            if schema.check(&mut once).is_ok() {
                let mut twice = once.clone();
                prop_assert_eq!(schema.check(&mut twice), Ok(()));
                prop_assert_eq!(once, twice);
            }
        }
    }
}

/// The schema as a value that is none.
fn once_more(schema: &Value) -> Value {
    json!({"properties": {"x": schema}, "items": [schema], "required": schema})
}

/// Schemas that are mostly well formed.
fn schemas() -> impl Strategy<Value = Value> {
    let kinds = proptest::sample::select(&["object", "array", "string", "integer", "number", "boolean"][..]);
    let leaf = prop_oneof![
        kinds.prop_map(|kind| json!({ "type": kind })),
        (-5i64..5).prop_map(|n| json!({ "minimum": n, "maxLength": n.unsigned_abs() })),
        any::<bool>().prop_map(Value::from),
        crate::check::arbitrary::json().prop_map(|value| json!({ "enum": [value.clone()], "default": value })),
        Just(json!({ "$ref": "#" })),
    ];
    leaf.prop_recursive(4, 30, 4, |inner| {
        let named = proptest::collection::vec((proptest::sample::select(&["id", "p", "uri"][..]), inner.clone()), 0..3)
            .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()));
        let list = proptest::collection::vec(inner.clone(), 1..3).prop_map(Value::from);
        prop_oneof![
            named.clone().prop_map(|p| json!({"properties": p, "required": ["id"]})),
            named.prop_map(|p| json!({"dependencies": p.clone(), "patternProperties": p})),
            list.clone().prop_map(|l| json!({ "anyOf": l })),
            list.clone().prop_map(|l| json!({ "oneOf": l })),
            list.prop_map(|l| json!({ "items": l })),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"if": a, "then": b})),
            inner.clone().prop_map(|a| json!({ "not": a })),
            inner.prop_map(|a| json!({"items": a.clone(), "additionalProperties": a})),
        ]
    })
}
