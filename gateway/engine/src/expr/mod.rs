//! Variables, the expressions over them (`vars` of routes, `filter` and `match` of plugins) and templates (`"$host-x"`).
//!
//! All three are parsed when the configuration changes: names become [`Var`]s, regular expressions and address lists are
//! compiled, errors are found then. On the way of a request an expression asks a [`Lookup`] for the values it needs, one
//! at a time, and allocates nothing itself.
//!
//! The modules [`args`], [`body`] and [`graphql`] hold what a `Lookup` needs to answer from raw bytes.

pub mod args;
pub mod body;
mod eval;
pub mod graphql;
pub mod json;
mod jsonpath;
mod multipart;
mod parse;
mod template;
mod value;
mod var;

pub use eval::{EvalError, Looked};
pub use jsonpath::{BadPath, BodyPath};
pub use parse::{Expr, ExprError};
pub use template::{Rendered, Template};
pub use value::Value;
pub use var::{HeaderVar, Var};

/// Where the values of variables come from: an exchange, or in tests a table.
pub trait Lookup {
    /// The value of a variable in this request; `None` when there is none (nil).
    fn var(&self, var: &Var) -> Option<Value<'_>>;
}
