//! From the content of a proto to a [`Schema`]: source text, or a descriptor set in base64.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, MessageDescriptor, Syntax, Value};

use super::{Enum, Field, Kind, Message, MessageId, Method, Scalar, Schema, Shape};

/// Compiles the content of a proto.
///
/// # Errors
/// `invalid content: …`, with what the parser says.
pub(crate) fn compile(content: &str) -> Result<Schema, String> {
    gateway_grpc::pool(content).map(|pool| Tables::of(&pool)).map_err(|error| format!("invalid content: {error}"))
}

/// A schema that is being made.
#[derive(Default)]
struct Tables {
    schema: Schema,
    enums: HashMap<String, usize>,
}

impl Tables {
    fn of(pool: &DescriptorPool) -> Schema {
        let mut tables = Tables::default();
        // Named first: messages refer to each other.
        let messages: Vec<MessageDescriptor> = pool.all_messages().collect();
        for (at, message) in messages.iter().enumerate() {
            tables.schema.names.insert(message.full_name().into(), at);
        }
        for message in &messages {
            let made = tables.message(message);
            tables.schema.messages.push(made);
        }
        for service in pool.services() {
            let methods = service.methods().filter_map(|method| {
                let made = Method {
                    input: tables.schema.message_named(method.input().full_name())?,
                    output: tables.schema.message_named(method.output().full_name())?,
                    server_streaming: method.is_server_streaming(),
                    path: format!("/{}/{}", service.full_name(), method.name()).into_bytes().into(),
                };
                Some((method.name().into(), made))
            });
            let methods = methods.collect();
            tables.schema.services.insert(service.full_name().into(), methods);
        }
        tables.schema
    }

    fn message(&mut self, message: &MessageDescriptor) -> Message {
        let oneofs: Vec<String> = message.oneofs().map(|o| o.full_name().to_owned()).collect();
        let mut fields: Vec<Field> = message.fields().map(|field| self.field(&field, &oneofs)).collect();
        fields.sort_by_key(|f| f.number);
        Message { fields: fields.into(), proto3: message.parent_file().syntax() == Syntax::Proto3 }
    }

    fn field(&mut self, field: &FieldDescriptor, oneofs: &[String]) -> Field {
        let kind = self.kind(field);
        let shape = match (field.is_map(), field.is_list()) {
            (true, _) => Shape::Map,
            (_, true) => Shape::List,
            _ => Shape::Single,
        };
        let oneof = field.containing_oneof();
        let oneof = oneof.and_then(|o| oneofs.iter().position(|name| name == o.full_name()));
        Field {
            number: field.number(),
            name: field.name().into(),
            key: format!("{}:", serde_json::Value::from(field.name())).into_bytes().into(),
            kind,
            shape,
            packed: field.is_packed() && kind.packable(),
            oneof: oneof.and_then(|at| u16::try_from(at).ok()),
            presence: field.supports_presence(),
            default: if shape == Shape::Single { default(field, kind) } else { Scalar::Bits(0) },
        }
    }

    fn kind(&mut self, field: &FieldDescriptor) -> Kind {
        use prost_reflect::Kind as Their;
        let id = |tables: &Tables, message: &MessageDescriptor| {
            // Every message of the pool has been named.
            tables.schema.message_named(message.full_name()).unwrap_or(MessageId(usize::MAX))
        };
        match field.kind() {
            Their::Double => Kind::Double,
            Their::Float => Kind::Float,
            Their::Int32 => Kind::Int32,
            Their::Int64 => Kind::Int64,
            Their::Uint32 => Kind::Uint32,
            Their::Uint64 => Kind::Uint64,
            Their::Sint32 => Kind::Sint32,
            Their::Sint64 => Kind::Sint64,
            Their::Fixed32 => Kind::Fixed32,
            Their::Fixed64 => Kind::Fixed64,
            Their::Sfixed32 => Kind::Sfixed32,
            Their::Sfixed64 => Kind::Sfixed64,
            Their::Bool => Kind::Bool,
            Their::String => Kind::String,
            Their::Bytes => Kind::Bytes,
            Their::Message(message) if field.is_group() => Kind::Group(id(self, &message)),
            Their::Message(message) => Kind::Message(id(self, &message)),
            Their::Enum(values) => Kind::Enum(self.enumeration(&values)),
        }
    }

    fn enumeration(&mut self, values: &EnumDescriptor) -> usize {
        if let Some(&at) = self.enums.get(values.full_name()) {
            return at;
        }
        let mut made = Enum::default();
        for value in values.values() {
            made.names.insert(value.name().into(), value.number());
            // Of aliases the first one names the number.
            let json = serde_json::Value::from(value.name()).to_string().into_bytes();
            made.numbers.entry(value.number()).or_insert_with(|| json.into());
        }
        self.schema.enums.push(made);
        let at = self.schema.enums.len() - 1;
        self.enums.insert(values.full_name().to_owned(), at);
        at
    }
}

/// A field's default as it would lie on the wire.
fn default(field: &FieldDescriptor, kind: Kind) -> Scalar {
    match field.default_value() {
        Value::Bool(value) => Scalar::Bits(value.into()),
        Value::I32(value) if kind == Kind::Sint32 => Scalar::Bits(super::write::zigzag(value.into())),
        Value::I32(value) | Value::EnumNumber(value) => Scalar::Bits(i64::from(value).cast_unsigned()),
        Value::I64(value) if kind == Kind::Sint64 => Scalar::Bits(super::write::zigzag(value)),
        Value::I64(value) => Scalar::Bits(value.cast_unsigned()),
        Value::U32(value) => Scalar::Bits(value.into()),
        Value::U64(value) => Scalar::Bits(value),
        Value::F32(value) => Scalar::Bits(value.to_bits().into()),
        Value::F64(value) => Scalar::Bits(value.to_bits()),
        Value::String(value) => Scalar::Bytes(value.into_bytes().into()),
        Value::Bytes(value) => Scalar::Bytes(value.to_vec().into()),
        Value::Message(_) | Value::List(_) | Value::Map(_) => Scalar::Bits(0),
    }
}
