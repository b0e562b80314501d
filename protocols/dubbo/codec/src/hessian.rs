//! hessian2 as Dubbo speaks it: [`walk`]ed over in place, decoded into a [`tree`], or written.
//!
//! A body is one stream: class definitions, type names and references are numbered across all its values, from zero.

pub mod copy;
mod cursor;
mod text;
pub mod tree;
pub mod walk;
pub mod write;

pub use crate::error::{Error, Fault};
pub use text::{Binary, Text};

pub(crate) use cursor::{Cursor, Scalar};
pub(crate) use text::TextSpan;

/// What a body may ask of its reader. Whatever these say, a length or a count is never believed beyond the bytes that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lists, maps and objects within each other.
    pub depth: u32,
    /// Class definitions in a body.
    pub classes: u32,
    /// Values, names of fields and of types in a [`tree`].
    pub nodes: u32,
}

/// What [`Limits::depth`] is about, in errors.
const NESTED: &str = "values within each other";

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 256, classes: 4096, nodes: 1 << 20 }
    }
}
