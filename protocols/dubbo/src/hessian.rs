//! hessian2 as Dubbo speaks it: [`walk`]ed over in place, decoded into a [`tree`], or written.
//!
//! A body is one stream: class definitions, type names and references are numbered across all its values, from zero.

mod cursor;
mod text;
pub mod tree;
pub mod walk;
pub mod write;

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

impl Default for Limits {
    fn default() -> Limits {
        Limits { depth: 256, classes: 4096, nodes: 1 << 20 }
    }
}

/// Why some bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at byte {at}")]
pub struct Error {
    /// What the matter is.
    pub fault: Fault,
    /// Where, in bytes from the beginning of the body.
    pub at: usize,
}

/// What the matter with some bytes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A value, or what was announced of it, is not all there.
    #[error("the body ends within a value")]
    Truncated,
    /// Something else stands there.
    #[error("{found:#04x} instead of {expected}")]
    Unexpected {
        /// What should stand there.
        expected: &'static str,
        /// The byte that does.
        found: u8,
    },
    /// Characters in no encoding that Java would read or write.
    #[error("a string that is neither CESU-8 nor UTF-8")]
    Encoding,
    /// A number of a class, a type or an earlier value that there is not.
    #[error("{0} of a number that there is not")]
    Index(&'static str),
    /// More of something than [`Limits`] allow.
    #[error("more {0} than are allowed")]
    Limit(&'static str),
    /// What is not as it should be, in a few words.
    #[error("{0}")]
    Malformed(&'static str),
}
