//! A message from the wire as JSON, the way APISIX's users know it: names as in the definition, numbers of 64 bits and enums by
//! choice, `bytes` as text. Well-known types are messages like any other.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::borrow::Cow;
use std::io::Write;

use super::wire::{self, Fields, Item, Malformed};
use super::{Field, Kind, LENGTH, MAX_DEPTH, Message, MessageId, Scalar, Schema, Shape};

/// Which absent fields are written with their default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Defaults {
    /// Those of proto3 files.
    #[default]
    Proto3,
    /// All.
    All,
    /// None.
    None,
}

/// How integers of 64 bits are written that do not fit into 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Int64 {
    /// As a number.
    #[default]
    Number,
    /// `"#123"`.
    Text,
    /// `"#0x7B"`.
    Hex,
}

/// How messages are written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) enum_names: bool,
    pub(crate) int64: Int64,
    pub(crate) defaults: Defaults,
    /// The text may be so long, in bytes.
    pub(crate) limit: usize,
}

/// Why a message cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadError {
    /// The bytes are no message of that type.
    #[error("malformed")]
    Malformed,
    /// Nested too deep, or the text would be too long.
    #[error("over a limit")]
    Limit,
}

impl From<Malformed> for ReadError {
    fn from(_: Malformed) -> ReadError {
        ReadError::Malformed
    }
}

impl Output {
    /// Appends the message `bytes` as JSON.
    ///
    /// # Errors
    /// [`ReadError`]; what has been appended by then is of no use.
    pub(crate) fn message(
        &self,
        schema: &Schema,
        id: MessageId,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ReadError> {
        let end = out.len().saturating_add(self.limit);
        Writer { schema, how: self, end, out }.message(id, bytes, 0)
    }
}

struct Writer<'a> {
    schema: &'a Schema,
    how: &'a Output,
    end: usize,
    out: &'a mut Vec<u8>,
}

/// An item with the position of its field.
type Found<'a> = (u32, Item<'a>);

impl Writer<'_> {
    fn message(&mut self, id: MessageId, bytes: &[u8], depth: usize) -> Result<(), ReadError> {
        if depth >= MAX_DEPTH {
            return Err(ReadError::Limit);
        }
        let message = self.schema.message(id).ok_or(ReadError::Malformed)?;
        let (found, chosen) = collect(message, bytes)?;
        let mut found = found.as_slice();
        self.out.push(b'{');
        let mut first = true;
        for (at, field) in message.fields.iter().enumerate() {
            let mine = found.iter().take_while(|(f, _)| *f as usize == at).count();
            let (items, rest) = found.split_at_checked(mine).unwrap_or((found, &[]));
            found = rest;
            let other = field.oneof.is_some_and(|oneof| !chosen.contains(&(oneof, at)));
            if (items.is_empty() || other) && !self.defaulted(message, field) {
                continue;
            }
            if !std::mem::take(&mut first) {
                self.out.push(b',');
            }
            self.out.extend_from_slice(&field.key);
            self.field(field, if other { &[] } else { items }, depth)?;
            if self.out.len() > self.end {
                return Err(ReadError::Limit);
            }
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Whether a field that is absent is written nevertheless.
    fn defaulted(&self, message: &Message, field: &Field) -> bool {
        let wanted = match self.how.defaults {
            Defaults::All => true,
            Defaults::Proto3 => message.proto3,
            Defaults::None => false,
        };
        // What has presence in proto3 is `optional` on purpose.
        let plain = field.shape != Shape::Single || (field.kind.message().is_none() && field.oneof.is_none());
        wanted && plain && !(message.proto3 && field.presence)
    }

    fn field(&mut self, field: &Field, items: &[Found<'_>], depth: usize) -> Result<(), ReadError> {
        match field.shape {
            Shape::List => self.list(field, items, depth),
            Shape::Map => self.map(field, items, depth),
            Shape::Single => match (field.kind.message(), items) {
                (Some(id), [(_, item)]) => self.message(id, inside(item), depth + 1),
                // Several are one message, merged; so are their bytes one behind the other.
                (Some(id), several) => {
                    let merged: Vec<u8> = several.iter().flat_map(|(_, item)| inside(item)).copied().collect();
                    self.message(id, &merged, depth + 1)
                }
                (None, []) => {
                    match &field.default {
                        Scalar::Bits(bits) => self.scalar(field.kind, Item::Bits(*bits)),
                        Scalar::Bytes(bytes) => self.scalar(field.kind, Item::Bytes(bytes)),
                    }
                    Ok(())
                }
                (None, [.., (_, last)]) => {
                    self.scalar(field.kind, *last);
                    Ok(())
                }
            },
        }
    }

    fn list(&mut self, field: &Field, items: &[Found<'_>], depth: usize) -> Result<(), ReadError> {
        self.out.push(b'[');
        let mut first = true;
        let mut comma = |out: &mut Vec<u8>| {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
        };
        for (_, item) in items {
            match (*item, field.kind.message()) {
                (item, Some(id)) => {
                    comma(self.out);
                    self.message(id, inside(&item), depth + 1)?;
                }
                (Item::Bytes(packed), None) if field.kind.packable() => {
                    for item in Packed::of(field.kind, packed) {
                        comma(self.out);
                        self.scalar(field.kind, item?);
                        self.bounded()?;
                    }
                }
                (item, None) => {
                    comma(self.out);
                    self.scalar(field.kind, item);
                }
            }
            self.bounded()?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn map(&mut self, field: &Field, items: &[Found<'_>], depth: usize) -> Result<(), ReadError> {
        if depth + 1 >= MAX_DEPTH {
            return Err(ReadError::Limit);
        }
        let entry = field.kind.message().and_then(|id| self.schema.message(id)).ok_or(ReadError::Malformed)?;
        let [key, value] = &*entry.fields else { return Err(ReadError::Malformed) };
        // Of entries with one key the last counts.
        let mut entries: Vec<(Vec<u8>, Option<Item<'_>>)> = Vec::with_capacity(items.len());
        let mut places = std::collections::HashMap::with_capacity(items.len());
        for (_, item) in items {
            let (mut name, mut content) = (None, None);
            for part in Fields::of(inside(item)) {
                match part? {
                    (1, wire, part) if wire == key.kind.wire() => name = Some(part),
                    (2, wire, part) if wire == value.kind.wire() => content = Some(part),
                    _ => {}
                }
            }
            let name = self.key(key, name);
            match places.get(&name) {
                Some(&at) => {
                    if let Some((_, old)) = entries.get_mut::<usize>(at) {
                        *old = content;
                    }
                }
                None => {
                    places.insert(name.clone(), entries.len());
                    entries.push((name, content));
                }
            }
        }
        self.out.push(b'{');
        for (at, (name, content)) in entries.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(name);
            self.out.push(b':');
            match (value.kind.message(), content) {
                (Some(id), content) => self.message(id, content.as_ref().map_or(&[], inside), depth + 2)?,
                (None, Some(item)) => self.scalar(value.kind, *item),
                (None, None) => {
                    let absent = [];
                    self.field(value, &absent, depth)?;
                }
            }
            self.bounded()?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// A map's key as a JSON string.
    fn key(&mut self, field: &Field, item: Option<Item<'_>>) -> Vec<u8> {
        let start = self.out.len();
        let item = item.unwrap_or(match &field.default {
            Scalar::Bits(bits) => Item::Bits(*bits),
            Scalar::Bytes(bytes) => Item::Bytes(bytes),
        });
        self.scalar(field.kind, item);
        let text = self.out.split_off(start);
        if text.first() == Some(&b'"') { text } else { [b"\"", &*text, b"\""].concat() }
    }

    fn bounded(&self) -> Result<(), ReadError> {
        if self.out.len() > self.end { Err(ReadError::Limit) } else { Ok(()) }
    }

    // Truncation is how narrow numbers are read from wide varints.
    #[allow(clippy::cast_possible_truncation)]
    fn scalar(&mut self, kind: Kind, item: Item<'_>) {
        let (bits, bytes) = match item {
            Item::Bits(bits) => (bits, &[][..]),
            Item::Bytes(bytes) | Item::Group(bytes) => (0, bytes),
        };
        match kind {
            Kind::Double => self.double(f64::from_bits(bits)),
            Kind::Float => self.float(f32::from_bits(bits as u32)),
            Kind::Int32 | Kind::Sfixed32 => self.number(i64::from(bits as i32)),
            Kind::Sint32 => self.number(i64::from(unzigzag(u64::from(bits as u32)) as i32)),
            Kind::Uint32 | Kind::Fixed32 => self.number(i64::from(bits as u32)),
            Kind::Int64 | Kind::Sfixed64 => self.wide(i128::from(bits.cast_signed())),
            Kind::Sint64 => self.wide(i128::from(unzigzag(bits))),
            Kind::Uint64 | Kind::Fixed64 => self.wide(i128::from(bits)),
            Kind::Bool => self.out.extend_from_slice(if bits == 0 { b"false" } else { b"true" }),
            Kind::Enum(at) => {
                let number = bits as i32;
                let name = self.schema.enums.get(at).and_then(|e| e.numbers.get(&number));
                match name.filter(|_| self.how.enum_names) {
                    Some(name) => self.out.extend_from_slice(name),
                    None => self.number(number.into()),
                }
            }
            Kind::String => text(&String::from_utf8_lossy(bytes), self.out),
            Kind::Bytes | Kind::Message(_) | Kind::Group(_) => binary(bytes, self.out),
        }
    }

    fn number(&mut self, number: i64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// A number of 64 bits.
    fn wide(&mut self, number: i128) {
        let fits = (i128::from(i32::MIN)..=i128::from(u32::MAX)).contains(&number);
        let sign = if number < 0 { "-" } else { "" };
        // A `Vec` takes what is written to it.
        let _ = match self.how.int64 {
            Int64::Text if !fits => write!(self.out, "\"#{sign}{}\"", number.unsigned_abs()),
            Int64::Hex if !fits => write!(self.out, "\"#{sign}0x{:X}\"", number.unsigned_abs()),
            _ => write!(self.out, "{number}"),
        };
    }

    fn double(&mut self, number: f64) {
        // What is whole is written so; below 10^15 that is exact.
        #[allow(clippy::cast_possible_truncation)]
        if number.fract() == 0.0 && number.abs() < 1e15 && (number != 0.0 || number.is_sign_positive()) {
            return self.number(number as i64);
        }
        let written = if number.is_finite() { serde_json::to_writer(&mut *self.out, &number).is_ok() } else { false };
        if !written {
            unreal(number, self.out);
        }
    }

    fn float(&mut self, number: f32) {
        if number.fract() == 0.0 && number.abs() < 1e7 {
            return self.double(number.into());
        }
        let written = if number.is_finite() { serde_json::to_writer(&mut *self.out, &number).is_ok() } else { false };
        if !written {
            unreal(number.into(), self.out);
        }
    }
}

/// The items of known fields, by field; and which field of each oneof came last.
#[allow(clippy::type_complexity)]
fn collect<'a>(message: &Message, bytes: &'a [u8]) -> Result<(Vec<Found<'a>>, Vec<(u16, usize)>), ReadError> {
    let mut found: Vec<Found<'_>> = Vec::new();
    let mut chosen: Vec<(u16, usize)> = Vec::new();
    for item in Fields::of(bytes) {
        let (number, wire, item) = item?;
        let Ok(at) = message.fields.binary_search_by_key(&number, |f| f.number) else { continue };
        let Some(field) = message.fields.get(at) else { continue };
        let packed = wire == LENGTH && field.shape == Shape::List && field.kind.packable();
        if wire != field.kind.wire() && !packed {
            // Of another type than it should be: an unknown field.
            continue;
        }
        if let Some(oneof) = field.oneof {
            chosen.retain(|(other, _)| *other != oneof);
            chosen.push((oneof, at));
        }
        // Fields of a message are fewer than 2^29.
        found.push((u32::try_from(at).unwrap_or(u32::MAX), item));
    }
    found.sort_by_key(|(at, _)| *at);
    Ok((found, chosen))
}

fn inside<'a>(item: &Item<'a>) -> &'a [u8] {
    match item {
        Item::Bytes(bytes) | Item::Group(bytes) => bytes,
        Item::Bits(_) => &[],
    }
}

/// Packed numbers, one after another.
struct Packed<'a> {
    wire: u8,
    rest: &'a [u8],
}

impl<'a> Packed<'a> {
    fn of(kind: Kind, rest: &'a [u8]) -> Packed<'a> {
        Packed { wire: kind.wire(), rest }
    }
}

impl<'a> Iterator for Packed<'a> {
    type Item = Result<Item<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let item = wire::value(&mut self.rest, self.wire);
        if item.is_err() {
            self.rest = &[];
        }
        Some(item)
    }
}

fn unzigzag(bits: u64) -> i64 {
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}

/// Appends a text as a JSON string.
pub(crate) fn text(text: &str, out: &mut Vec<u8>) {
    // A string can always be written to a `Vec`.
    let _ = serde_json::to_writer(out, text);
}

/// Appends bytes as a JSON string: those that are text as they are, others in base64.
pub(crate) fn binary(bytes: &[u8], out: &mut Vec<u8>) {
    let shown = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(BASE64.encode(bytes)),
    };
    text(&shown, out);
}

/// What JSON has no number for, as protobuf's own JSON spells it.
fn unreal(number: f64, out: &mut Vec<u8>) {
    let shown = match number {
        n if n.is_nan() => "\"NaN\"",
        n if n > 0.0 => "\"Infinity\"",
        _ => "\"-Infinity\"",
    };
    out.extend_from_slice(shown.as_bytes());
}
