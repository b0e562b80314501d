//! Protobuf definitions: what `protos` hold, compiled once when they change, and messages between protobuf's wire form and JSON.
//!
//! Both directions walk the message and a compact table of its fields; no message is built up in memory on the way.

mod compile;
mod read;
mod wire;
mod write;

use std::collections::HashMap;

pub(crate) use self::compile::compile;
pub(crate) use self::read::{Defaults, Int64, Output, binary, text};
pub(crate) use self::wire::{Fields, Item};
pub(crate) use self::write::Input;

/// Messages may nest so deep (protobuf's own default).
const MAX_DEPTH: usize = 100;

/// Everything a definition's files say.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    messages: Vec<Message>,
    enums: Vec<Enum>,
    names: HashMap<Box<str>, usize>,
    services: HashMap<Box<str>, HashMap<Box<str>, Method>>,
}

impl Schema {
    /// A method by the full name of its service and its own.
    pub(crate) fn method(&self, service: &str, method: &str) -> Option<&Method> {
        self.services.get(service)?.get(method)
    }

    /// A message by its full name.
    pub(crate) fn message_named(&self, name: &str) -> Option<MessageId> {
        self.names.get(name).copied().map(MessageId)
    }

    fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(id.0)
    }
}

/// Which message of a [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageId(usize);

/// A method.
#[derive(Debug)]
pub(crate) struct Method {
    /// What it takes.
    pub(crate) input: MessageId,
    /// What it answers.
    pub(crate) output: MessageId,
    /// It answers with any number of messages.
    pub(crate) server_streaming: bool,
    /// `/package.Service/Method`.
    pub(crate) path: Box<[u8]>,
}

#[derive(Debug)]
struct Message {
    /// By number.
    fields: Box<[Field]>,
    proto3: bool,
}

#[derive(Debug)]
struct Field {
    number: u32,
    name: Box<str>,
    /// The name as a JSON string with its colon.
    key: Box<[u8]>,
    kind: Kind,
    shape: Shape,
    packed: bool,
    /// Which oneof of its message it is in.
    oneof: Option<u16>,
    /// Absent is something else than the default.
    presence: bool,
    default: Scalar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Single,
    List,
    /// The kind is the entry's: a message of key and value.
    Map,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Message(MessageId),
    Group(MessageId),
    Enum(usize),
}

/// How a value lies on the wire (the low three bits of a tag).
const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;
const GROUP: u8 = 3;
const GROUP_END: u8 = 4;
const FIXED32: u8 = 5;

impl Kind {
    fn wire(self) -> u8 {
        match self {
            Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => FIXED64,
            Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => FIXED32,
            Kind::String | Kind::Bytes | Kind::Message(_) => LENGTH,
            Kind::Group(_) => GROUP,
            _ => VARINT,
        }
    }

    /// A list of it may be packed.
    fn packable(self) -> bool {
        !matches!(self.wire(), LENGTH | GROUP)
    }

    fn message(self) -> Option<MessageId> {
        match self {
            Kind::Message(id) | Kind::Group(id) => Some(id),
            _ => None,
        }
    }
}

/// A default, as it would lie on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scalar {
    Bits(u64),
    Bytes(Box<[u8]>),
}

#[derive(Debug, Default)]
struct Enum {
    names: HashMap<Box<str>, i32>,
    /// Names as JSON strings.
    numbers: HashMap<i32, Box<[u8]>>,
}

#[cfg(test)]
mod tests;
