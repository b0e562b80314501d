//! Values of variables.

use std::borrow::Cow;

/// A value as expressions compare it and templates write it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text, the form of nearly all variables.
    Bytes(Cow<'a, [u8]>),
    /// A number whose variable is text by nature (`$status`, `$remote_port`): equal to the same digits written as text,
    /// and to the number.
    Int(u64),
    /// A number of a JSON document: equal to numbers only.
    Num(f64),
    /// A boolean of a JSON document.
    Bool(bool),
    /// Several values, asked with `has`.
    List(Vec<Value<'a>>),
    /// Raw text of a JSON object; equal to nothing.
    Json(Cow<'a, [u8]>),
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Bytes(Cow::Borrowed(text.as_bytes()))
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(bytes))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Bytes(Cow::Owned(text.into_bytes()))
    }
}

impl<'a> From<Cow<'a, [u8]>> for Value<'a> {
    fn from(bytes: Cow<'a, [u8]>) -> Self {
        Self::Bytes(bytes)
    }
}

impl Value<'_> {
    /// The value as a number, as Lua's `tonumber` reads text.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "comparison happens in double precision, as in Lua")]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Bytes(text) => number(text),
            Self::Int(n) => Some(*n as f64),
            Self::Num(n) => Some(*n),
            Self::Bool(_) | Self::List(_) | Self::Json(_) => None,
        }
    }

    /// Calls `f` with the text of a scalar value; `None` for booleans, lists and objects, which have no text to search.
    pub fn with_text<R>(&self, f: impl FnOnce(&[u8]) -> R) -> Option<R> {
        match self {
            Self::Bytes(text) => Some(f(text)),
            Self::Int(n) => Some(f(itoa::Buffer::new().format(*n).as_bytes())),
            Self::Num(n) => Some(f(num_text(*n).as_bytes())),
            Self::Bool(_) | Self::List(_) | Self::Json(_) => None,
        }
    }

    /// Appends the value's text as templates show it: lists and objects as JSON.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bytes(text) | Self::Json(text) => out.extend_from_slice(text),
            Self::Int(n) => out.extend_from_slice(itoa::Buffer::new().format(*n).as_bytes()),
            Self::Num(n) => out.extend_from_slice(num_text(*n).as_bytes()),
            Self::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Self::List(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    match item {
                        Self::Bytes(text) => super::json::write_string(text, out),
                        other => other.write_to(out),
                    }
                }
                out.push(b']');
            }
        }
    }

    /// The value's text as [`Self::write_to`] writes it, borrowed where it is text already.
    #[must_use]
    pub fn to_bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Bytes(text) | Self::Json(text) => Cow::Borrowed(text),
            other => {
                let mut out = Vec::new();
                other.write_to(&mut out);
                Cow::Owned(out)
            }
        }
    }

    /// The value without a borrow.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Bytes(text) => Value::Bytes(Cow::Owned(text.into_owned())),
            Self::Int(n) => Value::Int(n),
            Self::Num(n) => Value::Num(n),
            Self::Bool(b) => Value::Bool(b),
            Self::List(items) => Value::List(items.into_iter().map(Value::into_owned).collect()),
            Self::Json(text) => Value::Json(Cow::Owned(text.into_owned())),
        }
    }
}

/// Reads a number as Lua's `tonumber` does: white space around it, decimal or hexadecimal, an exponent. `inf` and `nan`
/// are text: a client must not compare with them.
pub(super) fn number(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return hexadecimal(hex).map(|n| if negative { -n } else { n });
    }
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    text.parse::<f64>().ok()
}

#[expect(clippy::cast_precision_loss, reason = "numbers are doubles, as in Lua")]
fn hexadecimal(digits: &str) -> Option<f64> {
    if digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, 16).ok().map(|n| n as f64)
}

/// Integers without a fraction, others as short as they can be.
fn num_text(n: f64) -> String {
    format!("{n}")
}
