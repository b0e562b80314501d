//! What can be wrong with a body.

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
    #[error("a string in another encoding than it may be")]
    Encoding,
    /// A number of a class, a type or an earlier value that there is not.
    #[error("{0} of a number that there is not")]
    Index(&'static str),
    /// More of something than [`Limits`](crate::hessian::Limits) allow.
    #[error("more {0} than are allowed")]
    Limit(&'static str),
    /// What is not as it should be, in a few words.
    #[error("{0}")]
    Malformed(&'static str),
}
