//! What `live/grpc` and `gatewayctl grpc` read: messages as JSON and back, descriptor sets, answers of reflection services.
#![no_main]

use std::sync::LazyLock;

use gateway_grpc::{Definitions, Described, MessageDescriptor, Talk, Wanted, missing, template, to_json, to_wire};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// All kinds, and what has a JSON of its own.
const SOURCE: &str = r#"
syntax = "proto3";
package t;
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum Color { NONE = 0; RED = 1; BLUE = -2; }
message All {
    double d = 1; float f = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6; sint32 s32 = 7; sint64 s64 = 8;
    fixed32 x32 = 9; fixed64 x64 = 10; sfixed32 y32 = 11; sfixed64 y64 = 12; bool b = 13; string s = 14; bytes y = 15; Color c = 16;
    All m = 17; repeated int32 ri = 18; repeated string rs = 19; repeated All rm = 20; repeated Color rc = 21;
    map<string, int64> ms = 22; map<sint32, All> mm = 23; oneof o { string os = 24; int32 oi = 25; All om = 26; }
    google.protobuf.Any any = 27; google.protobuf.Struct free = 28; google.protobuf.Timestamp at = 29;
    google.protobuf.Duration span = 30; google.protobuf.FieldMask mask = 31; google.protobuf.StringValue wrapped = 32;
    google.protobuf.Value value = 33; optional double sure = 34; repeated float rf = 35;
}
"#;

static KIND: LazyLock<MessageDescriptor> =
    LazyLock::new(|| Definitions::stored(SOURCE).expect("the definition").message("t.All").expect("its message"));

/// Bytes of JSON that a message may become.
const ROOM: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let Some((what, data)) = data.split_first() else { return };
    match what % 4 {
        0 => message(data, *what >= 128),
        1 => json(data, *what >= 128),
        2 => definitions(data),
        _ => reflection(data, *what >= 128),
    }
});

/// What a message became is read as one again, and becomes the same.
fn message(bytes: &[u8], defaults: bool) {
    let mut room = ROOM;
    let Ok(first) = to_json(&KIND, bytes, defaults, &mut room) else { return };
    let text = first.to_string();
    // The parts that are counted are written as they are here.
    assert_eq!(ROOM - room, text.len(), "{text}");
    // Within values of any form there are some that say nothing in JSON's terms, such as numbers that are none.
    let Ok(wire) = to_wire(&KIND, &first) else { return };
    let second = to_json(&KIND, &wire, defaults, &mut ROOM.clone()).expect("what was written is read");
    assert_eq!(second.to_string(), text);
}

fn json(bytes: &[u8], defaults: bool) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let Ok(wire) = to_wire(&KIND, &value) else { return };
    message(&wire, defaults);
}

/// A set is compiled or refused; what was compiled says the same as a set again.
fn definitions(bytes: &[u8]) {
    let Ok(known) = Definitions::set(bytes) else { return };
    told(&known);
    let again = Definitions::set(&known.encoded()).expect("what is known is a set");
    let names = |known: &Definitions| known.services().iter().map(|s| s.full_name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&known), names(&again));
}

fn told(known: &Definitions) {
    for service in known.services() {
        let described = Described::service(&service, None);
        described.document();
        assert!(described.text().starts_with("service "));
        assert!(known.defines(service.full_name()));
        for method in service.methods() {
            template(&method.input());
        }
    }
}

/// A talk ends, whatever the answers; of each service that is told of, it is known whether it is defined.
fn reflection(bytes: &[u8], all: bool) {
    let (mut talk, _) = Talk::new(if all { Wanted::All } else { Wanted::Symbol("a.B") });
    let mut rest = bytes;
    while let Some((length, behind)) = rest.split_first() {
        let (answer, behind) = behind.split_at(behind.len().min(usize::from(*length)));
        rest = behind;
        if !matches!(talk.heard(answer), Ok(Some(_))) {
            break;
        }
    }
    let reflected = talk.told();
    told(&reflected.definitions);
    let undefined = missing(&reflected).len();
    let defined = reflected.services.iter().filter(|name| reflected.definitions.service(name).is_some()).count();
    assert_eq!(undefined + defined, reflected.services.len());
}
