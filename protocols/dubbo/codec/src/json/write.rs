//! Values as JSON.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::shape::{Shape, Time};
use super::{Bytes, Dates, Style, big, time};
use crate::hessian::tree::{ClassId, Node, NodeId, Tree};

/// Why there is no JSON of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// JSON has no way to say so.
    #[error("a value holds itself")]
    Cycle,
    /// More than [`Style::limit`] bytes, or too much to do for what comes out.
    #[error("longer than the {0} bytes that are allowed")]
    TooLong(usize),
    /// Deeper than [`Style::depth`].
    #[error("more than {0} values within each other")]
    TooDeep(u32),
    /// An integer that takes too long to be written.
    #[error("a number of more than 32768 bits")]
    Number,
}

/// Appends a value of `tree` as JSON. Nothing is appended in case of an error.
///
/// What no number of JSON can say, NaN and the infinities, is text, as are binaries (base64), enums (their names), `UUID`, `Class`,
/// `Locale` and the types of `java.time` (ISO 8601). An exception is its class and its message alone.
///
/// # Errors
/// There is none of it within the limits.
pub fn write(tree: &Tree, id: NodeId, style: &Style<'_>, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let start = out.len();
    let mut writer = Writer { tree, style, out, start, charged: 0, shapes: Vec::new(), open: Vec::new() };
    let written = writer.value(id);
    if written.is_err() {
        out.truncate(start);
    }
    written
}

struct Writer<'w, 't> {
    tree: &'t Tree,
    style: &'w Style<'w>,
    out: &'w mut Vec<u8>,
    start: usize,
    /// What was done without writing anything, in bytes that could have been written: as much as is allowed to be written, so that
    /// the time is bounded, too, where values are referred to again and again.
    charged: usize,
    shapes: Vec<Option<Shape>>,
    /// Lists, maps and objects within each other, down to where it is.
    open: Vec<NodeId>,
}

impl Writer<'_, '_> {
    fn value(&mut self, id: NodeId) -> Result<(), JsonError> {
        let tree = self.tree;
        match tree.node(id) {
            Node::Null => self.raw(b"null"),
            Node::Bool(true) => self.raw(b"true"),
            Node::Bool(false) => self.raw(b"false"),
            Node::Int(int) => self.number(*int),
            Node::Long(long) => self.long(*long),
            Node::Double(double) => self.double(*double),
            Node::Date(millis) => self.date(*millis),
            Node::Text(text) => self.text(text),
            Node::Binary(bytes) if self.style.bytes == Bytes::Numbers => {
                self.raw(b"[")?;
                for (n, byte) in bytes.iter().enumerate() {
                    self.comma(n > 0)?;
                    self.number(byte.cast_signed())?;
                }
                self.raw(b"]")
            }
            Node::Binary(bytes) => {
                self.room(bytes.len().saturating_add(2) / 3 * 4 + 2)?;
                self.out.push(b'"');
                self.out.extend_from_slice(BASE64.encode(bytes).as_bytes());
                self.out.push(b'"');
                Ok(())
            }
            _ => self.compound(id),
        }
    }

    /// A value that holds others.
    fn compound(&mut self, id: NodeId) -> Result<(), JsonError> {
        if self.open.contains(&id) {
            return Err(JsonError::Cycle);
        }
        if self.open.len() as u64 >= u64::from(self.style.depth) {
            return Err(JsonError::TooDeep(self.style.depth));
        }
        self.open.push(id);
        let tree = self.tree;
        match tree.node(id) {
            Node::List { items, .. } => {
                self.raw(b"[")?;
                for (n, item) in items.iter().enumerate() {
                    self.comma(n > 0)?;
                    self.value(*item)?;
                }
                self.raw(b"]")?;
            }
            Node::Map { entries, .. } => self.map(entries)?,
            Node::Object { class, fields } => self.object(id, *class, fields)?,
            _ => {}
        }
        self.open.pop();
        Ok(())
    }

    fn map(&mut self, entries: &[(NodeId, NodeId)]) -> Result<(), JsonError> {
        self.raw(b"{")?;
        let mut some = false;
        for (key, value) in entries {
            if self.style.strip_class && self.tree.text(*key) == Some("class") {
                self.charge(1)?;
                continue;
            }
            self.comma(some)?;
            self.key(*key)?;
            self.raw(b":")?;
            self.value(*value)?;
            some = true;
        }
        self.raw(b"}")
    }

    /// A key; one that is no text as it would be written as a value.
    fn key(&mut self, id: NodeId) -> Result<(), JsonError> {
        let start = self.out.len();
        self.value(id)?;
        if self.out.get(start) == Some(&b'"') {
            return Ok(());
        }
        let written = self.out.split_off(start);
        self.charge(written.len())?;
        // What was written is UTF-8.
        self.text(&String::from_utf8_lossy(&written))
    }

    fn object(&mut self, id: NodeId, class: ClassId, fields: &[NodeId]) -> Result<(), JsonError> {
        let at = usize::try_from(class.0).unwrap_or(usize::MAX);
        // As many as there are classes, which are limited.
        if self.shapes.len() <= at {
            self.shapes.resize(at.saturating_add(1), None);
        }
        let known = self.tree.class(class);
        let shape = self.shapes.get_mut(at).and_then(Option::take);
        let shape = shape.or_else(|| Some(Shape::of(known?, self.style))).unwrap_or(Shape::Bean { shown: None });
        let written = self.shaped(id, &shape, fields);
        let shown = match &shape {
            Shape::Bean { shown } => shown.as_deref(),
            _ => None,
        };
        let written = match written {
            Ok(false) => self.bean(class, fields, shown),
            other => other.map(drop),
        };
        if let Some(slot) = self.shapes.get_mut(at) {
            *slot = Some(shape);
        }
        written
    }

    /// A bean, or whatever has fields.
    fn bean(&mut self, class: ClassId, fields: &[NodeId], shown: Option<&[bool]>) -> Result<(), JsonError> {
        let tree = self.tree;
        let names = tree.class(class).map_or(&[][..], |class| &class.fields);
        self.raw(b"{")?;
        let mut some = false;
        for (n, (name, value)) in names.iter().zip(fields).enumerate() {
            if shown.is_some_and(|shown| shown.get(n) == Some(&false)) {
                self.charge(1)?;
                continue;
            }
            self.comma(some)?;
            self.text(name)?;
            self.raw(b":")?;
            self.value(*value)?;
            some = true;
        }
        self.raw(b"}")
    }

    /// What stands for all of an object; `false`: its fields are not what they should be, and nothing was written.
    fn shaped(&mut self, id: NodeId, shape: &Shape, fields: &[NodeId]) -> Result<bool, JsonError> {
        if !matches!(shape, Shape::Bean { .. }) {
            // Fields are looked for by their names.
            self.charge(fields.len())?;
        }
        let tree = self.tree;
        let text = |name| tree.field(id, name).and_then(|id| tree.text(id));
        match shape {
            Shape::Bean { .. } => return Ok(false),
            Shape::Enum => match text("name") {
                Some(name) => self.text(name)?,
                None => return Ok(false),
            },
            Shape::One(name) => match tree.field(id, name) {
                Some(inner) => self.value(inner)?,
                None => return Ok(false),
            },
            Shape::Decimal => match text("value") {
                Some(digits) if is_number(digits) => self.raw(digits.as_bytes())?,
                _ => return Ok(false),
            },
            Shape::BigInteger => return self.big_integer(id),
            Shape::Date => match ["value", "date"].into_iter().find_map(|name| match tree.node(tree.field(id, name)?) {
                Node::Date(millis) => Some(*millis),
                _ => None,
            }) {
                Some(millis) => self.date(millis)?,
                None => return Ok(false),
            },
            Shape::Throwable => {
                self.raw(b"{\"class\":")?;
                self.text(tree.class_of(id).unwrap_or_default())?;
                self.raw(b",\"message\":")?;
                match text("detailMessage") {
                    Some(message) => self.text(message)?,
                    None => self.raw(b"null")?,
                }
                self.raw(b"}")?;
            }
            Shape::Time(Time::Instant) => match (self.long_field(id, "seconds"), self.nanos(id, "nanos")) {
                (Some(seconds), Some(nanos)) => self.instant(seconds, nanos)?,
                _ => return Ok(false),
            },
            Shape::Time(kind) => match self.time(id, *kind, 0)? {
                Some(shown) => self.text(&shown)?,
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    fn big_integer(&mut self, id: NodeId) -> Result<bool, JsonError> {
        let tree = self.tree;
        if let Some(digits) = tree.field(id, "value").and_then(|id| tree.text(id)).filter(|text| is_number(text)) {
            self.big_digits(digits)?;
            return Ok(true);
        }
        let Some(Node::List { items, .. }) = tree.field(id, "mag").map(|id| tree.node(id)) else { return Ok(false) };
        if items.len() > big::MOST_WORDS {
            return Err(JsonError::Number);
        }
        self.charge(items.len().saturating_mul(items.len()) / 32)?;
        let word = |id: &NodeId| match tree.node(*id) {
            Node::Int(word) => Some(word.cast_unsigned()),
            _ => None,
        };
        let Some(words) = items.iter().map(word).collect::<Option<Vec<u32>>>() else { return Ok(false) };
        let mut digits = big::digits(words);
        if matches!(self.int_field(id, "signum"), Some(sign) if sign < 0) && digits != "0" {
            digits.insert(0, '-');
        }
        self.big_digits(&digits)?;
        Ok(true)
    }

    fn big_digits(&mut self, digits: &str) -> Result<(), JsonError> {
        let fits = digits.parse::<i64>().is_ok_and(|n| n.unsigned_abs() <= EXACT);
        if self.style.long_as_string && !fits { self.text(digits) } else { self.raw(digits.as_bytes()) }
    }

    /// A type of `java.time` as ISO 8601 has it; `None`: its fields are not what they should be.
    fn time(&mut self, id: NodeId, kind: Time, within: u32) -> Result<Option<String>, JsonError> {
        // No type holds others that hold others that hold others.
        if within > 2 {
            return Ok(None);
        }
        let tree = self.tree;
        let mut inner = |name: &str, kind: Time| -> Result<Option<String>, JsonError> {
            let Some(inner) = tree.field(id, name) else { return Ok(None) };
            let Node::Object { fields, .. } = tree.node(inner) else { return Ok(None) };
            self.charge(fields.len())?;
            self.time(inner, kind, within + 1)
        };
        Ok(match kind {
            Time::DateTime => join(inner("date", Time::Date)?, "T", inner("time", Time::Time)?),
            Time::OffsetDateTime => join(inner("dateTime", Time::DateTime)?, "", inner("offset", Time::Offset)?),
            Time::OffsetTime => join(inner("localTime", Time::Time)?, "", inner("zoneOffset", Time::Offset)?),
            Time::ZonedDateTime => {
                let offset = inner("offset", Time::Offset)?;
                let zone = tree.field(id, "zoneId").and_then(|id| tree.text(id));
                let zone = zone.filter(|zone| offset.as_deref() != Some(zone) && !zone.is_empty());
                let shown = join(inner("dateTime", Time::DateTime)?, "", offset);
                match (shown, zone) {
                    (Some(shown), Some(zone)) => Some(format!("{shown}[{zone}]")),
                    (shown, _) => shown,
                }
            }
            kind => self.plain_time(id, kind),
        })
    }

    /// A type of `java.time` whose fields are numbers.
    fn plain_time(&self, id: NodeId, kind: Time) -> Option<String> {
        let int = |name| self.int_field(id, name);
        let small = |name, from, to| int(name).filter(|n| (from..=to).contains(n));
        let (month, day) = (|| small("month", 1, 12), || small("day", 1, 31));
        let year = || int("year").map(|year| time::Year(i64::from(year)));
        Some(match kind {
            Time::Date => format!("{}-{:02}-{:02}", year()?, month()?, day()?),
            Time::YearMonth => format!("{}-{:02}", year()?, month()?),
            Time::MonthDay => format!("--{:02}-{:02}", month()?, day()?),
            Time::Year => year()?.to_string(),
            Time::Time => {
                let (hour, minute, second) = (small("hour", 0, 23)?, small("minute", 0, 59)?, small("second", 0, 59)?);
                let mut text = format!("{hour:02}:{minute:02}:{second:02}");
                time::fraction(&mut text, self.nanos(id, "nano")?);
                text
            }
            Time::Offset => time::offset(int("seconds")?),
            Time::Duration => time::duration(self.long_field(id, "seconds")?, self.nanos(id, "nanos")?),
            Time::Period => match (int("years")?, int("months")?, int("days")?) {
                (0, 0, 0) => "P0D".into(),
                parts => [(parts.0, 'Y'), (parts.1, 'M'), (parts.2, 'D')].iter().filter(|(n, _)| *n != 0).fold(
                    String::from("P"),
                    |mut text, (n, unit)| {
                        text.push_str(&n.to_string());
                        text.push(*unit);
                        text
                    },
                ),
            },
            _ => return None,
        })
    }

    fn int_field(&self, id: NodeId, name: &str) -> Option<i32> {
        match self.tree.node(self.tree.field(id, name)?) {
            Node::Int(int) => Some(*int),
            _ => None,
        }
    }

    fn long_field(&self, id: NodeId, name: &str) -> Option<i64> {
        match self.tree.node(self.tree.field(id, name)?) {
            Node::Int(int) => Some(i64::from(*int)),
            Node::Long(long) => Some(*long),
            _ => None,
        }
    }

    /// Nanoseconds within a second.
    fn nanos(&self, id: NodeId, name: &str) -> Option<u32> {
        self.int_field(id, name).and_then(|n| u32::try_from(n).ok()).filter(|n| *n < 1_000_000_000)
    }

    fn date(&mut self, millis: i64) -> Result<(), JsonError> {
        // Both are what they are by the remainder.
        let nanos = u32::try_from(millis.rem_euclid(1000)).unwrap_or_default() * 1_000_000;
        match self.style.dates {
            Dates::EpochMs => self.number(millis),
            Dates::Iso => self.text(&time::instant(millis.div_euclid(1000), nanos)),
        }
    }

    fn instant(&mut self, seconds: i64, nanos: u32) -> Result<(), JsonError> {
        let millis = seconds.checked_mul(1000).and_then(|ms| ms.checked_add(i64::from(nanos / 1_000_000)));
        match (self.style.dates, millis) {
            (Dates::EpochMs, Some(millis)) => self.number(millis),
            _ => self.text(&time::instant(seconds, nanos)),
        }
    }

    fn long(&mut self, long: i64) -> Result<(), JsonError> {
        match self.style.long_as_string && long.unsigned_abs() > EXACT {
            true => self.text(&long.to_string()),
            false => self.number(long),
        }
    }

    fn double(&mut self, double: f64) -> Result<(), JsonError> {
        if double.is_finite() {
            return self.shown(format_args!("{double:?}"));
        }
        self.text(if double.is_nan() {
            "NaN"
        } else if double > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
    }

    fn number(&mut self, number: impl Into<i64>) -> Result<(), JsonError> {
        self.shown(format_args!("{}", number.into()))
    }

    /// A number, of which none is long.
    fn shown(&mut self, number: std::fmt::Arguments<'_>) -> Result<(), JsonError> {
        self.room(25)?;
        // To write to memory does not fail.
        let _ = self.out.write_fmt(number);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), JsonError> {
        self.room(text.len().saturating_add(2))?;
        let _ = serde_json::to_writer(&mut *self.out, text);
        // Escapes are longer than what they stand for.
        self.room(0)
    }

    fn comma(&mut self, some: bool) -> Result<(), JsonError> {
        if some { self.raw(b",") } else { Ok(()) }
    }

    fn raw(&mut self, bytes: &[u8]) -> Result<(), JsonError> {
        self.room(bytes.len())?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// There is room for so many more bytes.
    fn room(&self, more: usize) -> Result<(), JsonError> {
        let written = self.out.len().saturating_sub(self.start);
        if written.saturating_add(more) > self.style.limit {
            return Err(JsonError::TooLong(self.style.limit));
        }
        Ok(())
    }

    fn charge(&mut self, more: usize) -> Result<(), JsonError> {
        self.charged = self.charged.saturating_add(more);
        if self.charged > self.style.limit.saturating_add(CHARGED) {
            Err(JsonError::TooLong(self.style.limit))
        } else {
            Ok(())
        }
    }
}

/// The largest integer up to which a double holds all.
const EXACT: u64 = 1 << 53;

/// What may be done beyond what is written: for answers whose limit is small.
const CHARGED: usize = 1 << 20;

fn join(a: Option<String>, between: &str, b: Option<String>) -> Option<String> {
    Some(format!("{}{between}{}", a?, b?))
}

/// Whether a text is a number of JSON (RFC 8259 §6).
pub(super) fn is_number(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || whole > 1 && rest.starts_with('0') {
        return false;
    }
    let mut rest = rest.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let len = digits(fraction);
        if len == 0 {
            return false;
        }
        rest = fraction.get(len..).unwrap_or_default();
    }
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else { return rest.is_empty() };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let len = digits(exponent);
    len > 0 && len == exponent.len()
}
