//! JSON and hessian2, each out of the other, without knowing classes.
//!
//! [`write()`] makes JSON of values: numbers keep all their digits, dates and the types of `java.time` become text, and what a
//! value refers to again is written again, so the length of what comes out is bounded by [`Style::limit`]. [`Encoder`] makes values
//! of JSON, such as a provider takes in a generic call: it converts them to the types of its parameters. [`Builder`] makes values of
//! declared types, such as a consumer reads that knows the classes.

mod big;
mod build;
mod civil;
mod declared;
mod read;
mod refuted;
mod shape;
mod time;
mod write;

pub use build::{BadValue, Builder};
pub use declared::{BadType, Type, Types};
pub(crate) use read::bounded;
pub use read::{Encoder, Mismatch};
pub use write::{JsonError, write};

/// How values are shown as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Style<'s> {
    /// How points in time are shown.
    pub dates: Dates,
    /// Integers that a double does not hold (beyond ±2^53) are texts.
    pub long_as_string: bool,
    /// How arrays of bytes are shown.
    pub bytes: Bytes,
    /// Members `class` of maps, as generic calls put them beside a bean's fields, are left out.
    pub strip_class: bool,
    /// Classes whose objects have one field `name` and are no enums: in raw answers the two look the same.
    pub beans: &'s [Box<str>],
    /// The longest JSON, in bytes.
    pub limit: usize,
    /// Arrays and objects within each other.
    pub depth: u32,
}

impl Default for Style<'_> {
    fn default() -> Self {
        Style {
            dates: Dates::Iso,
            long_as_string: false,
            bytes: Bytes::Base64,
            strip_class: false,
            beans: &[],
            limit: 64 << 20,
            depth: 256,
        }
    }
}

/// How points in time are shown (`java.util.Date`, `java.sql.Timestamp`, `java.time.Instant`, …).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dates {
    /// ISO 8601 in UTC: `2023-11-14T22:13:20.001Z`.
    #[default]
    Iso,
    /// Milliseconds since 1970.
    EpochMs,
}

/// How arrays of bytes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bytes {
    /// A text, base64 of RFC 4648 §4 with padding.
    #[default]
    Base64,
    /// An array of numbers from -128 to 127, as Java has them.
    Numbers,
}

#[cfg(test)]
mod tests;
