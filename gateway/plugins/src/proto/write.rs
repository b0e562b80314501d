//! A message for the wire out of JSON: fields by their names in the definition, others passed over. Numbers may be written as
//! texts, so that arguments of a query are as good as a JSON body.

use serde_json::{Map, Number, Value};

use super::wire::put_varint;
use super::{Field, Kind, LENGTH, MAX_DEPTH, Message, MessageId, Schema, Shape};

/// How messages are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Input {
    /// A message may be so long on the wire, in bytes.
    pub(crate) limit: usize,
}

/// Why an object is no message, in words for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WriteError {
    /// A value does not fit its field.
    #[error("field {0}: {1}")]
    Field(String, &'static str),
    /// Two fields of which one at most may be set.
    #[error("field {0}: another field of its oneof is set")]
    Oneof(String),
    /// Nested too deep, or too long.
    #[error("over a limit")]
    Limit,
}

impl Input {
    /// Appends the message that `object` is.
    ///
    /// # Errors
    /// [`WriteError`]; what has been appended by then is of no use.
    pub(crate) fn message(
        &self,
        schema: &Schema,
        id: MessageId,
        object: &Map<String, Value>,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let end = out.len().saturating_add(self.limit);
        Encoder { schema, end, out }.message(id, object, 0)
    }
}

struct Encoder<'a> {
    schema: &'a Schema,
    end: usize,
    out: &'a mut Vec<u8>,
}

impl<'a> Encoder<'a> {
    fn message(&mut self, id: MessageId, object: &Map<String, Value>, depth: usize) -> Result<(), WriteError> {
        if depth >= MAX_DEPTH {
            return Err(WriteError::Limit);
        }
        let message: &'a Message = self.schema.message(id).ok_or(WriteError::Limit)?;
        let mut oneofs = Vec::new();
        for field in &message.fields {
            let Some(value) = object.get(&*field.name).filter(|v| !v.is_null()) else { continue };
            if let Some(oneof) = field.oneof {
                if oneofs.contains(&oneof) {
                    return Err(WriteError::Oneof(field.name.to_string()));
                }
                oneofs.push(oneof);
            }
            match field.shape {
                Shape::Single => self.single(field, value, depth)?,
                Shape::List => self.list(field, value, depth)?,
                Shape::Map => self.map(field, value, depth)?,
            }
            if self.out.len() > self.end {
                return Err(WriteError::Limit);
            }
        }
        Ok(())
    }

    fn single(&mut self, field: &Field, value: &Value, depth: usize) -> Result<(), WriteError> {
        let start = self.out.len();
        self.tagged(field, field.number, value, depth)?;
        if !field.presence && field.kind.message().is_none() && self.is_default(field, start) {
            // Absent says the same.
            self.out.truncate(start);
        }
        Ok(())
    }

    /// The value behind the tag that begins at `start` is zero or empty.
    fn is_default(&self, field: &Field, start: usize) -> bool {
        let mut rest = self.out.get(start..).unwrap_or_default();
        let _ = super::wire::varint(&mut rest);
        match field.kind.wire() {
            LENGTH => rest == [0],
            _ => rest.iter().all(|b| *b == 0),
        }
    }

    fn list(&mut self, field: &Field, value: &Value, depth: usize) -> Result<(), WriteError> {
        let one = std::slice::from_ref(value);
        let items = value.as_array().map_or(one, Vec::as_slice);
        if !field.packed {
            return items.iter().try_for_each(|item| self.tagged(field, field.number, item, depth));
        }
        if items.is_empty() {
            return Ok(());
        }
        self.tag(field.number, LENGTH);
        let start = self.out.len();
        for item in items {
            self.scalar(field, item)?;
            self.bounded()?;
        }
        self.close(start);
        Ok(())
    }

    fn map(&mut self, field: &Field, value: &Value, depth: usize) -> Result<(), WriteError> {
        let wrong = |what| WriteError::Field(field.name.to_string(), what);
        let entries = value.as_object().ok_or_else(|| wrong("an object is expected"))?;
        let entry: &'a Message =
            field.kind.message().and_then(|id| self.schema.message(id)).ok_or(WriteError::Limit)?;
        let [name, content] = &*entry.fields else { return Err(WriteError::Limit) };
        for (key, value) in entries.iter().filter(|(_, v)| !v.is_null()) {
            self.tag(field.number, LENGTH);
            let start = self.out.len();
            self.tagged(name, 1, &Value::from(key.as_str()), depth + 1)?;
            self.tagged(content, 2, value, depth + 1)?;
            self.close(start);
            self.bounded()?;
        }
        Ok(())
    }

    /// A value behind its tag.
    fn tagged(&mut self, field: &Field, number: u32, value: &Value, depth: usize) -> Result<(), WriteError> {
        self.bounded()?;
        self.tag(number, field.kind.wire());
        let Some(id) = field.kind.message() else { return self.scalar(field, value) };
        let wrong = || WriteError::Field(field.name.to_string(), "an object is expected");
        let object = value.as_object().ok_or_else(wrong)?;
        let start = self.out.len();
        self.message(id, object, depth + 1)?;
        match field.kind {
            Kind::Group(_) => self.tag(number, super::GROUP_END),
            _ => self.close(start),
        }
        Ok(())
    }

    fn tag(&mut self, number: u32, wire: u8) {
        put_varint(u64::from(number) << 3 | u64::from(wire), self.out);
    }

    /// Puts the length in front of what lies from `start` on.
    fn close(&mut self, start: usize) {
        let end = self.out.len();
        put_varint((end - start) as u64, self.out);
        let prefix = self.out.len() - end;
        // The length was written behind the content: turned, it stands in front.
        if let Some(part) = self.out.get_mut(start..) {
            part.rotate_right(prefix);
        }
    }

    fn bounded(&self) -> Result<(), WriteError> {
        if self.out.len() > self.end { Err(WriteError::Limit) } else { Ok(()) }
    }

    fn scalar(&mut self, field: &Field, value: &Value) -> Result<(), WriteError> {
        let wrong = |what| WriteError::Field(field.name.to_string(), what);
        let whole = || integer(value).ok_or_else(|| wrong("an integer is expected"));
        let range = |low: i128, high: i128| {
            let number = whole()?;
            if (low..=high).contains(&number) { Ok(number) } else { Err(wrong("out of range")) }
        };
        let int32 = || range(i32::MIN.into(), i32::MAX.into());
        let int64 = || range(i64::MIN.into(), i64::MAX.into());
        let uint32 = || range(0, u32::MAX.into());
        let uint64 = || range(0, u64::MAX.into());
        // Each number below was found to be in the range of its type.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        match field.kind {
            Kind::Int32 => put_varint(int32()? as i64 as u64, self.out),
            Kind::Int64 => put_varint(int64()? as i64 as u64, self.out),
            Kind::Uint32 => put_varint(uint32()? as u64, self.out),
            Kind::Uint64 => put_varint(uint64()? as u64, self.out),
            Kind::Sint32 => put_varint(zigzag(int32()? as i64) & u64::from(u32::MAX), self.out),
            Kind::Sint64 => put_varint(zigzag(int64()? as i64), self.out),
            Kind::Fixed32 => self.out.extend_from_slice(&(uint32()? as u32).to_le_bytes()),
            Kind::Sfixed32 => self.out.extend_from_slice(&(int32()? as i32).to_le_bytes()),
            Kind::Fixed64 => self.out.extend_from_slice(&(uint64()? as u64).to_le_bytes()),
            Kind::Sfixed64 => self.out.extend_from_slice(&(int64()? as i64).to_le_bytes()),
            Kind::Double => {
                let number = real(value).ok_or_else(|| wrong("a number is expected"))?;
                self.out.extend_from_slice(&number.to_le_bytes());
            }
            Kind::Float => {
                let number = real(value).ok_or_else(|| wrong("a number is expected"))?;
                self.out.extend_from_slice(&(number as f32).to_le_bytes());
            }
            Kind::Bool => self.out.push(truth(value).ok_or_else(|| wrong("a boolean is expected"))?.into()),
            Kind::Enum(at) => {
                let named = value.as_str().and_then(|name| self.schema.enums.get(at)?.names.get(name));
                let number = match named {
                    Some(number) => i64::from(*number),
                    None => i64::from(
                        integer(value).and_then(|n| i32::try_from(n).ok()).ok_or_else(|| wrong("no such value"))?,
                    ),
                };
                put_varint(number as u64, self.out);
            }
            Kind::String | Kind::Bytes => match value {
                Value::String(text) => self.text(text),
                Value::Number(number) => self.text(&number.to_string()),
                _ => return Err(wrong("a string is expected")),
            },
            Kind::Message(_) | Kind::Group(_) => return Err(wrong("an object is expected")),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        put_varint(text.len() as u64, self.out);
        self.out.extend_from_slice(text.as_bytes());
    }
}

/// Zigzag form: small numbers of either sign are short.
pub(super) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

/// An integer: a number without fraction, or a text such as `12`, `-0x1F`, `#12` (the form in which large ones are answered).
fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => whole(number),
        Value::String(text) => {
            let text = text.strip_prefix('#').unwrap_or(text);
            let (negative, digits) = match text.strip_prefix('-') {
                Some(digits) => (true, digits),
                None => (false, text.strip_prefix('+').unwrap_or(text)),
            };
            let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
                // No second sign.
                Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u64::from_str_radix(hex, 16).ok()?,
                None if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse::<u64>().ok()?,
                _ => return None,
            };
            Some(if negative { -i128::from(number) } else { number.into() })
        }
        _ => None,
    }
}

fn whole(number: &Number) -> Option<i128> {
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let real = number.as_f64()?;
    // Below 2^53 a double without fraction is exact.
    #[allow(clippy::cast_possible_truncation)]
    (real.fract() == 0.0 && real.abs() < 9.0e15).then_some(real as i128)
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text if text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => text.parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => Some(number.as_f64()? != 0.0),
        Value::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
