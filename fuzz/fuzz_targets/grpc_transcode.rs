//! Protobuf messages as JSON and back: another reader agrees on what is a message, and a message that became JSON comes back
//! as the same JSON.
#![no_main]

use std::sync::LazyLock;

use gateway_plugins::fuzz::Proto;
use libfuzzer_sys::fuzz_target;
use prost_reflect::{DescriptorPool, DynamicMessage};
use protox::Compiler;
use protox::file::{File, FileResolver};
use serde_json::{Map, Value};

/// All kinds; in proto2, where zero is not the same as absent.
const SOURCE: &str = r#"
syntax = "proto2";
package t;
enum Color { NONE = 0; RED = 1; BLUE = -2; }
message All {
    optional double d = 1; optional float f = 2; optional int32 i32 = 3; optional int64 i64 = 4; optional uint32 u32 = 5;
    optional uint64 u64 = 6; optional sint32 s32 = 7; optional sint64 s64 = 8; optional fixed32 x32 = 9;
    optional fixed64 x64 = 10; optional sfixed32 y32 = 11; optional sfixed64 y64 = 12; optional bool b = 13;
    optional string s = 14; optional bytes y = 15; optional Color c = 16 [default = RED]; optional All m = 17;
    repeated int32 ri = 18 [packed = true]; repeated string rs = 19; repeated All rm = 20; repeated sint64 rc = 21;
    map<string, int64> ms = 22; map<sint32, All> mm = 23;
    oneof o { string os = 24; int32 oi = 25; All om = 26; }
    optional group G = 27 { optional int32 h = 28; optional All a = 29; }
}
"#;

/// Maps as they are on the wire: the other reader takes an entry of a map without looking at its wire type.
static ENTRIES: LazyLock<String> = LazyLock::new(|| {
    SOURCE.replace(
        "map<string, int64> ms = 22; map<sint32, All> mm = 23;",
        "message S { optional string key = 1; optional int64 value = 2; } repeated S ms = 22;
         message M { optional sint32 key = 1; optional All value = 2; } repeated M mm = 23;",
    )
});

const ALL: &str = "t.All";

static OURS: LazyLock<Proto> = LazyLock::new(|| Proto::compile(SOURCE).expect("the definition"));
static THEIRS: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let mut compiler = Compiler::with_file_resolver(Only);
    compiler.open_file("t.proto").expect("the definition");
    compiler.descriptor_pool()
});

struct Only;

impl FileResolver for Only {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        File::from_source(name, &ENTRIES)
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((style, data)) = data.split_first() else { return };
    message(data, *style);
    if let Ok(Value::Object(object)) = serde_json::from_slice(data)
        && let Some(wire) = OURS.to_wire(ALL, &object)
    {
        assert!(theirs(&wire), "what was made of JSON is no message");
        message(&wire, *style);
    }
    if let Some(content) = std::str::from_utf8(data).ok().filter(|text| text.len() < 4096) {
        // Source, and descriptor sets in base64.
        let _ = Proto::compile(content);
    }
});

fn message(bytes: &[u8], style: u8) {
    let Some(first) = OURS.to_json(ALL, bytes, style & 0x7F) else {
        // They read no deeper than we do, and no longer texts come of short messages.
        assert!(!theirs(bytes) || bytes.len() > 200, "another reader accepts it");
        return;
    };
    let Some(object) = parse(&first) else { return };
    let wire = OURS.to_wire(ALL, &object).expect("what was written as a message is read as one");
    assert!(theirs(&wire), "what comes back is no message");
    let second = OURS.to_json(ALL, &wire, style & 0x7F).expect("and is written again");
    assert_eq!(parse(&second).map(Value::Object), Some(Value::Object(object)));
    // With defaults it is JSON as well.
    if let Some(text) = OURS.to_json(ALL, bytes, style | 0x80) {
        parse(&text);
    }
}

/// An object without its empty lists, which are as good as none; `None` where the other reader of JSON does not go as deep.
fn parse(text: &[u8]) -> Option<Map<String, Value>> {
    fn prune(value: &mut Value) {
        match value {
            Value::Object(object) => {
                object.values_mut().for_each(prune);
                object.retain(|_, v| v.as_array().is_none_or(|list| !list.is_empty()));
            }
            Value::Array(list) => list.iter_mut().for_each(prune),
            _ => {}
        }
    }
    let mut value = match serde_json::from_slice(text) {
        Ok(value) => value,
        Err(error) => {
            assert!(error.to_string().contains("recursion limit"), "no JSON: {error}");
            return None;
        }
    };
    prune(&mut value);
    let Value::Object(object) = value else { panic!("no object") };
    Some(object)
}

fn theirs(bytes: &[u8]) -> bool {
    let Some(kind) = THEIRS.get_message_by_name(ALL) else { return false };
    DynamicMessage::decode(kind, bytes).is_ok()
}
