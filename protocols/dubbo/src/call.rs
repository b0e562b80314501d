//! A call's body, read once: into the exchange goes what routes, plugins and logs look at. And what is looked up in it later.

mod fields;
mod lookup;
mod memo;
mod reveal;
mod rewrite;

pub(crate) use fields::{fit, open, read};
pub(crate) use lookup::READER;
pub(crate) use memo::Memo;
pub(crate) use rewrite::{Fixed, rewritten};

use gateway_dubbo_codec::hessian::{Error, Limits};

/// Why a call is not taken in.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// Its body is not what it should be.
    Body(Error),
    /// What is wrong with it otherwise.
    Other(&'static str),
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Unfit {
        Unfit::Body(error)
    }
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unfit::Body(error) => write!(f, "the call cannot be read: {error}"),
            Unfit::Other(what) => f.write_str(what),
        }
    }
}

/// What may be read of a body.
pub(crate) fn limits(depth: u32) -> Limits {
    Limits { depth, ..Limits::default() }
}
