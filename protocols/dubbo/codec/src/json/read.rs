//! JSON as values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Number, Value};

use super::build::BadValue;
use super::declared::{Kind, Type, Types};
use super::time;
use crate::hessian::write;

/// Writes JSON as values of a body in hessian2, one after the other.
///
/// What nobody has named a type for is written so that a provider converts it without loss: whole numbers as int, long or (beyond
/// that) text, fractions as double or, where a double does not hold them, as `BigDecimal`; arrays as untyped lists, objects as untyped
/// maps.
#[derive(Debug)]
pub struct Encoder {
    out: Vec<u8>,
    /// Classes that were defined, in the order of their numbers.
    classes: Vec<&'static str>,
    class_keys: bool,
}

/// Why some JSON is no value of a type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// It is something else than the type takes.
    #[error("expected {expected} for {kind}, found {found}")]
    Type {
        /// The Java type that was asked for.
        kind: String,
        /// What it takes, in words.
        expected: &'static str,
        /// What stands there, in a word.
        found: &'static str,
    },
    /// Arrays and objects within each other, deeper than they may be.
    #[error("arrays and objects nest deeper than {0}")]
    TooDeep(u32),
    /// A number of so many digits that others would take too long to read it.
    #[error("a number of more than {0} characters")]
    Number(usize),
    /// A member `class`, by which a provider chooses the class of what it makes.
    #[error("a member \"class\", by which a client would choose a class of the provider's, is not allowed")]
    ClassKey,
    /// Objects with so many different sets of fields that they take long to be told apart.
    #[error("objects have more than {0} different sets of fields")]
    Shapes(usize),
}

/// Arrays and objects within each other.
pub(super) const MOST_DEPTH: u32 = 128;

/// The longest number, in characters: Java's time to read one is quadratic.
pub(super) const LONGEST_NUMBER: usize = 1024;

/// The largest exponent, either way. A short text may name a number that fills a provider's memory when it is written out.
const LARGEST_EXPONENT: i64 = 4096;

impl Encoder {
    /// Values that follow `out`, in which there are strings, numbers, dates and typed lists alone. `class_keys`: objects may have a
    /// member `class`. A provider takes it for the name of the class that it is to make of the object, so it is for clients that
    /// are trusted.
    pub fn new(out: Vec<u8>, class_keys: bool) -> Encoder {
        Encoder { out, classes: Vec::new(), class_keys }
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// What was written so far; more may be added that the restrictions of [`Encoder::new`] hold for.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Writes a value of no named type.
    ///
    /// # Errors
    /// It is deeper than it may be, or holds what it may not.
    pub fn value(&mut self, value: &Value) -> Result<(), Mismatch> {
        self.within(value, 0)
    }

    /// Writes a value for a parameter of a Java type, whose name is as in source (`int`, `java.util.Date`) or as `Class.getName`
    /// gives it (`[B`). Texts become numbers and the reverse where the type says so; a type that is not known is left to the provider.
    ///
    /// # Errors
    /// It is nothing that the type takes, and see [`Encoder::value`].
    pub fn typed(&mut self, value: &Value, kind: &str) -> Result<(), Mismatch> {
        match self.scalar(value, kind)? {
            true => Ok(()),
            false => self.value(value),
        }
    }

    /// Writes a value for a parameter whose type is known with all that it holds: as [`Encoder::value`] does, but for numbers that the
    /// parameter, or what stands within it, could not hold: a provider would cut them, or round them, and say nothing; and for what no
    /// provider makes a value of the type of (an object for a text). What numbers are to be a `BigDecimal` for keeps its digits. Where `kind` is told as well, the provider is told that type: see [`Encoder::typed`].
    ///
    /// # Errors
    /// Something is nothing that the type takes, and where; and see [`Encoder::typed`].
    pub fn known(&mut self, value: &Value, kind: Option<&str>, of: &Type, types: &Types) -> Result<(), BadValue> {
        match kind {
            Some(kind) if self.scalar(value, kind)? => Ok(()),
            _ => self.declared(value, of, types, 0),
        }
    }

    /// Writes a value of a type that holds no others. `false`: the type is none of these, and nothing was written.
    fn scalar(&mut self, value: &Value, kind: &str) -> Result<bool, Mismatch> {
        if value.is_null() {
            self.value(value)?;
            return Ok(true);
        }
        let fail = |expected| Err(Mismatch::Type { kind: kind.to_owned(), expected, found: found(value) });
        match kind {
            "byte" | "java.lang.Byte" => match whole(value, i8::MIN.into(), i8::MAX.into()) {
                Some(number) => self.whole(number),
                None => return fail("a whole number of 8 bits"),
            },
            "short" | "java.lang.Short" => match whole(value, i16::MIN.into(), i16::MAX.into()) {
                Some(number) => self.whole(number),
                None => return fail("a whole number of 16 bits"),
            },
            "int" | "java.lang.Integer" => match whole(value, i32::MIN.into(), i32::MAX.into()) {
                Some(number) => self.whole(number),
                None => return fail("a whole number of 32 bits"),
            },
            "long" | "java.lang.Long" => match whole(value, i64::MIN, i64::MAX) {
                Some(number) => write::long(&mut self.out, number),
                None => return fail("a whole number of 64 bits"),
            },
            "float" | "java.lang.Float" => match float(value) {
                Some(_) => write::double(&mut self.out, fraction(value).unwrap_or_default()),
                None => return fail("a number in its range"),
            },
            "double" | "java.lang.Double" => match fraction(value) {
                Some(number) => write::double(&mut self.out, number),
                None => return fail("a number in its range"),
            },
            "boolean" | "java.lang.Boolean" => match value {
                Value::Bool(_) => self.value(value)?,
                Value::String(text) if text == "true" || text == "false" => {
                    self.out.push(if text == "true" { b'T' } else { b'F' });
                }
                _ => return fail("true or false"),
            },
            "java.lang.String" | "java.lang.CharSequence" | "char" | "java.lang.Character" => match plain(value) {
                Some(text) if kind.ends_with("String") || kind.ends_with("Sequence") || one_unit(text) => {
                    write::text(&mut self.out, text);
                }
                Some(_) => return fail("a single character"),
                None => return fail("a text"),
            },
            "java.math.BigInteger" => match number_text(value)?.and_then(whole_digits) {
                Some(digits) => write::text(&mut self.out, &digits),
                None => return fail("a whole number"),
            },
            "java.math.BigDecimal" => match value {
                // A provider reads the digits as they are.
                Value::Number(number) => write::text(&mut self.out, checked(number)?),
                Value::String(text) if exponent(text).is_none() || text.len() > LONGEST_NUMBER => {
                    return fail("a number");
                }
                Value::String(text) => write::text(&mut self.out, text),
                _ => return fail("a number"),
            },
            "[B" | "byte[]" => self.bytes(value, kind)?,
            "java.util.Date" | "java.sql.Timestamp" | "java.sql.Date" | "java.sql.Time" | "java.time.Instant" => {
                let Some((seconds, nanos)) = point(value) else {
                    return fail("a time with its zone (ISO 8601) or milliseconds since 1970");
                };
                self.point(kind, seconds, nanos);
            }
            "java.util.UUID" => match value {
                Value::String(text) if is_uuid(text) => {
                    self.object("java.util.UUID", &["value"]);
                    write::text(&mut self.out, text);
                }
                _ => return fail("a UUID"),
            },
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn declared(&mut self, value: &Value, of: &Type, types: &Types, depth: u32) -> Result<(), BadValue> {
        if depth > MOST_DEPTH {
            return Err(Mismatch::TooDeep(MOST_DEPTH).into());
        }
        if let Some(expected) = super::refuted::refuted(value, of, types) {
            let kind = of.name.chars().take(120).collect();
            return Err(Mismatch::Type { kind, expected, found: found(value) }.into());
        }
        match (value, &of.kind) {
            (Value::Number(number), _) => self.number_of(value, number, of)?,
            (Value::Array(_) | Value::String(_), Kind::Bytes) => self.bytes(value, &of.name)?,
            (Value::Array(items), Kind::List { item, .. }) => {
                write::list_head(&mut self.out, items.len());
                for (n, inner) in items.iter().enumerate() {
                    let written = self.declared(inner, item, types, depth + 1);
                    written.map_err(|bad| bad.inside(&format!("[{n}]")))?;
                }
            }
            (Value::Object(members), Kind::Map { .. } | Kind::Class(_)) => {
                let any = Type::any();
                self.out.push(b'H');
                for (name, inner) in members {
                    let of = match &of.kind {
                        Kind::Map { value, .. } => Some(&**value),
                        Kind::Class(class) => types.field(class, name),
                        _ => None,
                    };
                    self.name(name)?;
                    let written = self.declared(inner, of.unwrap_or(&any), types, depth + 1);
                    written.map_err(|bad| bad.inside(name))?;
                }
                self.out.push(b'Z');
            }
            _ => self.within(value, depth)?,
        }
        Ok(())
    }

    /// A number that its provider makes one of this type of.
    fn number_of(&mut self, value: &Value, number: &Number, of: &Type) -> Result<(), Mismatch> {
        let digits = checked(number)?;
        let kind = || of.name.chars().take(120).collect();
        let fail = |expected| Err(Mismatch::Type { kind: kind(), expected, found: found(value) });
        let exact = || whole_digits(digits).and_then(|digits| digits.parse::<i64>().ok());
        match &of.kind {
            Kind::Int(from, to) => match exact().filter(|n| (i64::from(*from)..=i64::from(*to)).contains(n)) {
                Some(number) => self.whole(number),
                None if *to == i32::from(i8::MAX) => return fail("a whole number of 8 bits"),
                None if *to == i32::from(i16::MAX) => return fail("a whole number of 16 bits"),
                None => return fail("a whole number of 32 bits"),
            },
            Kind::Long => match exact() {
                Some(number) => self.whole(number),
                None => return fail("a whole number of 64 bits"),
            },
            Kind::BigInteger => match (exact(), whole_digits(digits)) {
                (Some(number), _) => self.whole(number),
                (None, Some(digits)) => write::text(&mut self.out, &digits),
                (None, None) => return fail("a whole number"),
            },
            Kind::Float if float(value).is_none() => return fail("a number in its range"),
            Kind::Double if fraction(value).is_none() => return fail("a number in its range"),
            Kind::Decimal => self.decimal(digits),
            Kind::Date | Kind::Sql(_) => match exact() {
                Some(number) => self.whole(number),
                None => return fail("a time with its zone (ISO 8601) or milliseconds since 1970"),
            },
            _ => self.number(number)?,
        }
        Ok(())
    }

    fn within(&mut self, value: &Value, depth: u32) -> Result<(), Mismatch> {
        if depth > MOST_DEPTH {
            return Err(Mismatch::TooDeep(MOST_DEPTH));
        }
        match value {
            Value::Null => self.out.push(b'N'),
            Value::Bool(value) => self.out.push(if *value { b'T' } else { b'F' }),
            Value::Number(number) => self.number(number)?,
            Value::String(text) => write::text(&mut self.out, text),
            Value::Array(items) => {
                write::list_head(&mut self.out, items.len());
                items.iter().try_for_each(|item| self.within(item, depth + 1))?;
            }
            Value::Object(members) => self.map(members, depth)?,
        }
        Ok(())
    }

    fn map(&mut self, members: &Map<String, Value>, depth: u32) -> Result<(), Mismatch> {
        self.out.push(b'H');
        for (key, value) in members {
            self.name(key)?;
            self.within(value, depth + 1)?;
        }
        self.out.push(b'Z');
        Ok(())
    }

    /// The name of a member.
    fn name(&mut self, name: &str) -> Result<(), Mismatch> {
        if name == "class" && !self.class_keys {
            return Err(Mismatch::ClassKey);
        }
        write::text(&mut self.out, name);
        Ok(())
    }

    fn decimal(&mut self, digits: &str) {
        self.object("java.math.BigDecimal", &["value"]);
        write::text(&mut self.out, digits);
    }

    fn number(&mut self, number: &Number) -> Result<(), Mismatch> {
        let digits = checked(number)?;
        if let Ok(number) = digits.parse::<i64>() {
            self.whole(number);
            return Ok(());
        }
        if digits.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            // A provider makes of text whatever number its parameter is; of other numbers it takes no more than 64 bits.
            write::text(&mut self.out, digits);
            return Ok(());
        }
        match digits.parse::<f64>() {
            Ok(double) if double.is_finite() && same(digits, &format!("{double:e}")) => {
                write::double(&mut self.out, double);
            }
            _ => self.decimal(digits),
        }
        Ok(())
    }

    /// An int where it fits into one; a provider widens it.
    fn whole(&mut self, number: i64) {
        match i32::try_from(number) {
            Ok(int) => write::int(&mut self.out, int),
            Err(_) => write::long(&mut self.out, number),
        }
    }

    fn bytes(&mut self, value: &Value, kind: &str) -> Result<(), Mismatch> {
        let expected = "base64, or an array of numbers of 8 bits,";
        let bytes = bytes(value).ok_or(Mismatch::Type { kind: kind.to_owned(), expected, found: found(value) })?;
        write::binary(&mut self.out, &bytes);
        Ok(())
    }

    /// A point in time.
    fn point(&mut self, kind: &str, seconds: i64, nanos: u32) {
        let millis = seconds.saturating_mul(1000).saturating_add(i64::from(nanos / 1_000_000));
        match kind {
            "java.util.Date" => write::date(&mut self.out, millis),
            "java.time.Instant" => {
                self.object("com.alibaba.com.caucho.hessian.io.java8.InstantHandle", &["seconds", "nanos"]);
                write::long(&mut self.out, seconds);
                write::int(&mut self.out, i32::try_from(nanos).unwrap_or_default());
            }
            _ => {
                let class = match kind {
                    "java.sql.Date" => "java.sql.Date",
                    "java.sql.Time" => "java.sql.Time",
                    _ => "java.sql.Timestamp",
                };
                self.object(class, &["value"]);
                write::date(&mut self.out, millis);
            }
        }
    }

    /// The beginning of an object; its fields follow.
    fn object(&mut self, class: &'static str, fields: &[&str]) {
        let known = self.classes.iter().position(|known| *known == class);
        let number = known.unwrap_or_else(|| {
            self.out.push(b'C');
            write::text(&mut self.out, class);
            write::int(&mut self.out, i32::try_from(fields.len()).unwrap_or(i32::MAX));
            fields.iter().for_each(|field| write::text(&mut self.out, field));
            self.classes.push(class);
            self.classes.len().saturating_sub(1)
        });
        // There are fewer classes here than have a form of their own.
        self.out.push(0x60 + u8::try_from(number).unwrap_or_default().min(0x0f));
    }
}

/// Bytes: base64, or an array of numbers of 8 bits, with or without sign.
pub(super) fn bytes(value: &Value) -> Option<Vec<u8>> {
    let byte = |item: &Value| match whole(item, -128, 255)? {
        negative @ ..0 => u8::try_from(negative + 256).ok(),
        byte => u8::try_from(byte).ok(),
    };
    match value {
        Value::String(text) => BASE64.decode(text).ok(),
        Value::Array(items) => items.iter().map(byte).collect(),
        _ => None,
    }
}

/// The text of a number that is not too long to be given to anybody.
pub(super) fn checked(number: &Number) -> Result<&str, Mismatch> {
    let digits = number.as_str();
    match exponent(digits) {
        Some(_) if digits.len() <= LONGEST_NUMBER => Ok(digits),
        _ => Err(Mismatch::Number(LONGEST_NUMBER)),
    }
}

/// All numbers in a value are such that they can be given to others as text.
pub(crate) fn bounded(value: &Value) -> Result<(), Mismatch> {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Number(number) => drop(checked(number)?),
            Value::Array(items) => waiting.extend(items),
            Value::Object(members) => waiting.extend(members.values()),
            _ => {}
        }
    }
    Ok(())
}

/// The text of a number, also in a text; `None`: it is none.
fn number_text(value: &Value) -> Result<Option<&str>, Mismatch> {
    match value {
        Value::Number(number) => checked(number).map(Some),
        Value::String(text) if text.len() <= LONGEST_NUMBER => Ok(Some(text)),
        _ => Ok(None),
    }
}

/// The digits of a whole number, however it is written (`1e3`, `1.0`); `None`: it is none.
fn whole_digits(text: &str) -> Option<String> {
    let (negative, mut digits, exponent) = significant(text)?;
    // No larger than exponents may be, and the digits that they are beside.
    let zeros = usize::try_from(exponent).ok()?;
    digits.extend(std::iter::repeat_n('0', zeros));
    match (digits.is_empty(), negative) {
        (true, _) => Some("0".into()),
        (false, true) => Some(format!("-{digits}")),
        (false, false) => Some(digits),
    }
}

/// The exponent of a decimal number, 0 if there is none written; `None`: it is too large, or this is no number.
pub(super) fn exponent(text: &str) -> Option<i64> {
    if !super::write::is_number(text) {
        return None;
    }
    let exponent = match text.split_once(['e', 'E']) {
        Some((_, exponent)) => exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?,
        None => 0i64,
    };
    (exponent.abs() <= LARGEST_EXPONENT).then_some(exponent)
}

/// Whether two decimal numbers are the same, however they are written.
pub(super) fn same(a: &str, b: &str) -> bool {
    match (significant(a), significant(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// Sign, digits without zeros at either end, and the exponent of the last digit.
fn significant(text: &str) -> Option<(bool, String, i64)> {
    let exponent = exponent(text)?;
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mantissa = rest.split(['e', 'E']).next()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let cut = digits.len() - kept.len();
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() {
        return Some((false, String::new(), 0));
    }
    let scale = i64::try_from(cut).ok()? - i64::try_from(fraction.len()).ok()?;
    Some((negative, kept.to_owned(), exponent + scale))
}

/// A whole number, also as text, within these bounds.
pub(super) fn whole(value: &Value, from: i64, to: i64) -> Option<i64> {
    let number = match value {
        Value::Number(number) => number.as_str().parse().ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number| (from..=to).contains(number))
}

pub(super) fn fraction(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_str().parse().ok().filter(|n: &f64| n.is_finite()),
        Value::String(text) => match &**text {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok().filter(|n: &f64| n.is_finite()),
        },
        _ => None,
    }
}

/// A number that a float holds, but for digits that it has no room for.
pub(super) fn float(value: &Value) -> Option<f64> {
    let exact = fraction(value)?;
    let text = match value {
        Value::Number(number) => number.as_str(),
        Value::String(text) if exact.is_finite() => text,
        _ => return Some(exact),
    };
    text.parse::<f32>().ok().filter(|number| number.is_finite()).map(f64::from)
}

/// The text that a single value is.
pub(super) fn plain(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.as_str()),
        Value::Bool(true) => Some("true"),
        Value::Bool(false) => Some("false"),
        _ => None,
    }
}

pub(super) fn one_unit(text: &str) -> bool {
    text.encode_utf16().count() == 1
}

/// A point in time, in seconds since 1970 and nanoseconds.
pub(super) fn point(value: &Value) -> Option<(i64, u32)> {
    let millis: i64 = match value {
        Value::String(text) => match time::parse(text) {
            Some(point) => return Some(point),
            None => text.parse().ok()?,
        },
        Value::Number(number) => number.as_str().parse().ok()?,
        _ => return None,
    };
    let nanos = u32::try_from(millis.rem_euclid(1000)).ok()? * 1_000_000;
    Some((millis.div_euclid(1000), nanos))
}

pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// What a value is, in a word.
pub(super) fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "another number",
        Value::String(_) => "another text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
