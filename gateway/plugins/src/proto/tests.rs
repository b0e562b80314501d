use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const SOURCE: &str = r#"
syntax = "proto3";
package t;
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";

service Echo {
    rpc Say (All) returns (All) {}
    rpc Watch (Inner) returns (stream Inner) {}
}

enum Color { NONE = 0; RED = 1; BLUE = 2; }
message Inner { string name = 1; int32 age = 2; Inner next = 3; }
message All {
    double d = 1; float f = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6;
    sint32 s32 = 7; sint64 s64 = 8; fixed32 x32 = 9; fixed64 x64 = 10; sfixed32 y32 = 11; sfixed64 y64 = 12;
    bool b = 13; string s = 14; bytes y = 15; Color c = 16; Inner m = 17;
    repeated int32 ri = 18; repeated string rs = 19; repeated Inner rm = 20; repeated Color rc = 21;
    map<string, int64> ms = 22; map<int32, Inner> mm = 23; map<bool, Color> mc = 28;
    oneof o { string os = 24; int32 oi = 25; Inner om = 26; }
    optional int32 p = 27;
    google.protobuf.Struct st = 30; google.protobuf.Timestamp ts = 31;
}
"#;

fn schema() -> Schema {
    compile(SOURCE).unwrap()
}

const PLAIN: Output = Output { enum_names: true, int64: Int64::Number, defaults: Defaults::None, limit: 1 << 20 };

fn encode(schema: &Schema, message: &str, value: &Value) -> Result<Vec<u8>, String> {
    let id = schema.message_named(message).unwrap();
    let mut out = Vec::new();
    let object: &Map<String, Value> = value.as_object().unwrap();
    Input { limit: 1 << 20 }.message(schema, id, object, &mut out).map(|()| out).map_err(|e| e.to_string())
}

fn decode(schema: &Schema, how: &Output, message: &str, bytes: &[u8]) -> Result<Value, String> {
    let id = schema.message_named(message).unwrap();
    let mut out = Vec::new();
    how.message(schema, id, bytes, &mut out).map_err(|e| e.to_string())?;
    Ok(serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out))))
}

#[track_caller]
fn both(value: Value) {
    let schema = schema();
    let bytes = encode(&schema, "t.All", &value).unwrap();
    assert_eq!(decode(&schema, &PLAIN, "t.All", &bytes), Ok(value));
}

#[test]
fn every_kind_goes_out_and_comes_back() {
    both(json!({"d": 1.5, "f": -0.25, "i32": -1, "i64": i64::MIN, "u32": u32::MAX, "u64": u64::MAX}));
    both(json!({"s32": i32::MIN, "s64": i64::MAX, "x32": 7, "x64": u64::MAX, "y32": -7, "y64": i64::MIN}));
    both(json!({"b": true, "s": "é\n\"", "y": "raw", "c": "BLUE", "m": {"name": "a", "next": {"age": 3}}}));
    both(json!({"ri": [0, -1, 2], "rs": ["", "a"], "rm": [{}, {"age": 1}], "rc": ["NONE", "RED"]}));
    both(json!({"ms": {"a": 1, "": -2}, "mm": {"5": {"name": "x"}, "-6": {}}, "mc": {"true": "RED"}}));
    both(json!({"oi": 0}));
    both(json!({"om": {}, "p": 0}));
    // Well-known types are messages like any other.
    both(
        json!({"st": {"fields": {"foo": {"string_value": "xxx"}, "bar": {"number_value": 666}}}, "ts": {"seconds": 5}}),
    );
}

#[test]
fn known_bytes() {
    let schema = schema();
    let cases: [(Value, &[u8]); 8] = [
        (json!({"name": "world"}), b"\x0a\x05world"),
        (json!({"age": 150}), b"\x10\x96\x01"),
        (json!({"age": -1}), b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        (json!({"next": {"next": {"age": 1}}}), b"\x1a\x04\x1a\x02\x10\x01"),
        // Zero says nothing in proto3, unknown fields and null neither.
        (json!({"name": "", "age": 0, "other": 1}), b""),
        (json!({"name": null, "next": null}), b""),
        (json!({"next": {}}), b"\x1a\x00"),
        (json!({"age": "150", "name": 5}), b"\x0a\x015\x10\x96\x01"),
    ];
    for (value, bytes) in cases {
        assert_eq!(encode(&schema, "t.Inner", &value).as_deref(), Ok(bytes), "{value}");
    }
    // Numbers in a list are packed.
    assert_eq!(encode(&schema, "t.All", &json!({"ri": [1, 2, 300]})).unwrap(), b"\x92\x01\x04\x01\x02\xac\x02");
}

#[test]
fn texts_as_queries_have_them() {
    let schema = schema();
    let cases = [
        (json!({"i32": "-12"}), json!({"i32": -12})),
        (json!({"i64": "#9007199254740993"}), json!({"i64": 9007199254740993i64})),
        (json!({"u64": "0xff"}), json!({"u64": 255})),
        (json!({"i32": 3.0}), json!({"i32": 3})),
        (json!({"d": "1.5", "f": "-2"}), json!({"d": 1.5, "f": -2})),
        (json!({"d": "NaN", "f": "-Infinity"}), json!({"d": "NaN", "f": "-Infinity"})),
        (json!({"b": "true"}), json!({"b": true})),
        (json!({"b": 1}), json!({"b": true})),
        (json!({"c": "2"}), json!({"c": "BLUE"})),
        (json!({"c": 7}), json!({"c": 7})),
        (json!({"rs": "one"}), json!({"rs": ["one"]})),
        (json!({"rm": {"age": 1}}), json!({"rm": [{"age": 1}]})),
    ];
    for (value, expected) in cases {
        let bytes = encode(&schema, "t.All", &value).unwrap_or_else(|e| panic!("{value}: {e}"));
        assert_eq!(decode(&schema, &PLAIN, "t.All", &bytes), Ok(expected), "{value}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let schema = schema();
    for value in [
        json!({"i32": 2147483648u32}),
        json!({"i32": 1.5}),
        json!({"i32": "1x"}),
        json!({"i32": ""}),
        json!({"i32": "0x"}),
        json!({"i32": "--1"}),
        json!({"i32": true}),
        json!({"u32": -1}),
        json!({"u64": "18446744073709551616"}),
        json!({"c": "GREEN"}),
        json!({"b": "maybe"}),
        json!({"s": true}),
        json!({"s": ["a", "b"]}),
        json!({"m": "x"}),
        json!({"m": []}),
        json!({"rm": [1]}),
        json!({"ri": [null]}),
        json!({"ms": [1]}),
        json!({"mm": {"x": {}}}),
        json!({"os": "a", "oi": 1}),
    ] {
        assert!(encode(&schema, "t.All", &value).is_err(), "{value}");
    }
}

#[test]
fn absent_fields_by_choice() {
    let schema = schema();
    let of = |defaults, message| decode(&schema, &Output { defaults, ..PLAIN }, message, b"").unwrap();
    assert_eq!(of(Defaults::None, "t.Inner"), json!({}));
    for defaults in [Defaults::Proto3, Defaults::All] {
        assert_eq!(of(defaults, "t.Inner"), json!({"name": "", "age": 0}));
        let all = of(defaults, "t.All");
        assert_eq!(all["ri"], json!([]));
        assert_eq!(all["ms"], json!({}));
        assert_eq!(all["c"], json!("NONE"));
        assert_eq!(all["b"], json!(false));
        for absent in ["m", "os", "oi", "om", "p", "st"] {
            assert_eq!(all.get(absent), None, "{absent}");
        }
    }
    let two = "syntax = \"proto2\"; message M { optional int32 a = 1 [default = -7]; optional string b = 2 [default = \"x\"]; \
               optional sint32 c = 3 [default = -2]; optional float d = 4 [default = 0.5]; required bool e = 5; repeated bool f = 6; \
               optional group G = 7 { optional int32 h = 8; } }";
    let schema = compile(two).unwrap();
    let of = |defaults, bytes| decode(&schema, &Output { defaults, ..PLAIN }, "M", bytes).unwrap();
    assert_eq!(of(Defaults::Proto3, b""), json!({}));
    assert_eq!(of(Defaults::All, b""), json!({"a": -7, "b": "x", "c": -2, "d": 0.5, "e": false, "f": []}));
    assert_eq!(of(Defaults::None, b"\x3b\x40\x05\x3c"), json!({"g": {"h": 5}}));
    // With presence, zero is something.
    let bytes = encode(&schema, "M", &json!({"a": 0, "g": {"h": 5}})).unwrap();
    assert_eq!(bytes, b"\x08\0\x3b\x40\x05\x3c");
}

#[test]
fn wide_integers_and_enums_by_choice() {
    let schema = schema();
    let bytes = encode(&schema, "t.All", &json!({"i64": 2251799813685261i64, "s64": -4294967296i64, "u64": 3, "c": 2}))
        .unwrap();
    let of = |int64, enum_names| decode(&schema, &Output { int64, enum_names, ..PLAIN }, "t.All", &bytes).unwrap();
    let (i, s) = (2251799813685261i64, -4294967296i64);
    assert_eq!(of(Int64::Number, true), json!({"i64": i, "s64": s, "u64": 3, "c": "BLUE"}));
    assert_eq!(of(Int64::Text, false), json!({"i64": "#2251799813685261", "s64": "#-4294967296", "u64": 3, "c": 2}));
    assert_eq!(of(Int64::Hex, true), json!({"i64": "#0x800000000000D", "s64": "#-0x100000000", "u64": 3, "c": "BLUE"}));
}

#[test]
fn forms_of_the_wire_that_mean_the_same() {
    let schema = schema();
    let of = |bytes: &[u8]| decode(&schema, &PLAIN, "t.All", bytes);
    // Not packed, in any order, mixed with other fields, unknown ones and ones of another type.
    assert_eq!(
        of(b"\x90\x01\x02\x18\x05\x92\x01\x02\x03\x04\xfa\x3f\x01x\x1a\x01a\x90\x01\x06"),
        Ok(json!({"i32": 5, "ri": [2, 3, 4, 6]}))
    );
    // The last of several counts; messages are merged.
    assert_eq!(of(b"\x18\x05\x18\x06"), Ok(json!({"i32": 6})));
    assert_eq!(of(b"\x8a\x01\x02\x10\x01\x8a\x01\x03\x0a\x01a"), Ok(json!({"m": {"name": "a", "age": 1}})));
    // Of a oneof the last one, of a map the last entry of a key.
    assert_eq!(of(b"\xc2\x01\x01a\xc8\x01\x07"), Ok(json!({"oi": 7})));
    assert_eq!(
        of(b"\xb2\x01\x04\x0a\x00\x10\x01\xb2\x01\x02\x10\x02\xb2\x01\x03\x0a\x01a"),
        Ok(json!({"ms": {"": 2, "a": 0}}))
    );
    // Bytes that are no text.
    assert_eq!(of(b"\x7a\x02\xff\xfe"), Ok(json!({"y": "//4="})));
}

#[test]
fn what_is_no_message_is_refused() {
    let schema = schema();
    for bytes in [
        &b"\x18"[..],
        b"\x0a\x05wor",
        b"\x00\x01",
        b"\x1f\x01",
        b"\x92\x01\x01\xff",
        b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        b"\x9c\x01",
        b"\x13\x18\x05",
    ] {
        assert_eq!(decode(&schema, &PLAIN, "t.All", bytes), Err("malformed".into()), "{bytes:02x?}");
    }
}

#[test]
fn depth_and_length_are_bounded() {
    let schema = schema();
    let nested = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({"next": inner}));
    let deep = encode(&schema, "t.Inner", &nested(MAX_DEPTH - 1)).unwrap();
    assert!(decode(&schema, &PLAIN, "t.Inner", &deep).is_ok());
    assert_eq!(encode(&schema, "t.Inner", &nested(MAX_DEPTH)), Err("over a limit".into()));
    let mut wire = deep;
    let mut wrapped = vec![0x1a];
    wire::put_varint(wire.len() as u64, &mut wrapped);
    wrapped.append(&mut wire);
    assert_eq!(decode(&schema, &PLAIN, "t.Inner", &wrapped), Err("over a limit".into()));

    // Two bytes on the wire can be a page of defaults.
    let many = b"\xa2\x01\x00".repeat(1000);
    let how = Output { defaults: Defaults::All, limit: 1000, ..PLAIN };
    assert_eq!(decode(&schema, &how, "t.All", &many), Err("over a limit".into()));
    let id = schema.message_named("t.All").unwrap();
    let object = json!({"s": "x".repeat(100)});
    let written = Input { limit: 50 }.message(&schema, id, object.as_object().unwrap(), &mut Vec::new());
    assert!(written.is_err());
}

#[test]
fn methods() {
    let schema = schema();
    let say = schema.method("t.Echo", "Say").unwrap();
    assert_eq!((&*say.path, say.server_streaming), (&b"/t.Echo/Say"[..], false));
    assert!(schema.method("t.Echo", "Watch").unwrap().server_streaming);
    assert!(schema.method("t.Echo", "Nothing").is_none() && schema.method("Echo", "Say").is_none());
}

#[test]
fn contents() {
    // `protoc -o` of a file that imports struct.proto, with and without the import in the set.
    let message = "syntax = \"proto3\"; package echo; import \"google/protobuf/struct.proto\";\
                   message M { google.protobuf.Struct data = 1; }";
    assert!(compile(message).unwrap().message_named("echo.M").is_some());
    let set = "CmoKCmVjaG8ucHJvdG8SBGVjaG8aHGdvb2dsZS9wcm90b2J1Zi9zdHJ1Y3QucHJvdG8iMAoBTRIrCgRkYXRhGAEgASgLMhcuZ29vZ2xlLnByb3RvYnVmLlN0cnVjdFIEZGF0YWIGcHJvdG8z";
    let schema = compile(set).unwrap();
    let bytes = encode(&schema, "echo.M", &json!({"data": {"fields": {"a": {"bool_value": true}}}})).unwrap();
    assert_eq!(decode(&schema, &PLAIN, "echo.M", &bytes), Ok(json!({"data": {"fields": {"a": {"bool_value": true}}}})));

    for (content, expected) in [
        ("syntax = \"proto3\"; message M { Nothing a = 1; }", "Nothing"),
        ("syntax = \"proto3\"; import \"other.proto\";", "other.proto"),
        ("syntax = \"proto3\"; message M { int32 a = 1; int32 b = 1; }", "invalid content: "),
        ("message", "invalid content: "),
        ("", "invalid content: "),
    ] {
        match compile(content) {
            Ok(_) if content.is_empty() => {}
            Ok(_) => panic!("{content}"),
            Err(error) => {
                assert!(error.starts_with("invalid content: ") && error.contains(expected), "{content}: {error}")
            }
        }
    }
}

/// Values of `t.Inner`.
fn inner() -> impl Strategy<Value = Value> {
    let leaf = (".{0,6}", any::<i32>()).prop_map(|(name, age)| {
        let mut object = Map::new();
        if !name.is_empty() {
            object.insert("name".into(), name.into());
        }
        if age != 0 {
            object.insert("age".into(), age.into());
        }
        Value::Object(object)
    });
    leaf.prop_recursive(4, 16, 1, |inner| {
        (0i32..9, inner)
            .prop_map(|(age, next)| if age == 0 { json!({"next": next}) } else { json!({"age": age, "next": next}) })
    })
}

proptest! {
    #[test]
    fn values_come_back(m in inner(), ri in prop::collection::vec(any::<i32>(), 1..5), s64 in any::<i64>(), x64 in any::<u64>(),
        ms in prop::collection::btree_map(".{0,4}", any::<i64>(), 1..4), rm in prop::collection::vec(inner(), 1..3)) {
        let mut value = json!({"m": m, "ri": ri, "ms": ms, "rm": rm});
        if s64 != 0 { value["s64"] = s64.into(); }
        if x64 != 0 { value["x64"] = x64.into(); }
        let schema = schema();
        let bytes = encode(&schema, "t.All", &value).unwrap();
        prop_assert_eq!(decode(&schema, &PLAIN, "t.All", &bytes).unwrap(), value);
    }

    #[test]
    fn any_bytes_are_a_message_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let schema = schema();
        for how in [PLAIN, Output { defaults: Defaults::All, int64: Int64::Hex, ..PLAIN }] {
            // What is written is JSON.
            let _ = decode(&schema, &how, "t.All", &bytes);
        }
    }
}

#[test]
fn a_set_that_no_compiler_would_write_is_refused() {
    use base64::Engine;
    use prost_reflect::prost::Message as _;
    use prost_reflect::prost_types::{FileDescriptorProto, FileDescriptorSet};
    for syntax in ["go=o3", "proto4", "editions"] {
        let file = FileDescriptorProto {
            name: Some("a.proto".to_owned()),
            syntax: Some(syntax.to_owned()),
            ..FileDescriptorProto::default()
        };
        let set = FileDescriptorSet { file: vec![file] }.encode_to_vec();
        let content = base64::engine::general_purpose::STANDARD.encode(set);
        let Err(error) = compile::compile(&content) else { panic!("{syntax} is compiled") };
        assert!(error.contains("is not known"), "{error}");
    }
}
