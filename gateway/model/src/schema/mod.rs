//! JSON Schema as APISIX means it: compiled once, defaults filled in while walking, the first failure reported in the
//! words its clients match on.
//!
//! Differences from the drafts, all on purpose: an empty object and an empty array are one and the same; a string that
//! is a reference (`$secret://…`, `$env://…`) passes where a string is expected; `default` is written into the value
//! before later rules look at it.

mod compile;
mod defaults;
mod equal;
mod format;
mod lazy;
mod node;
mod pattern;
mod text;
mod walk;

use serde_json::Value;

pub use lazy::LazySchema;
pub use pattern::Pattern;
pub use text::{number as number_text, quoted};

use node::Node;

/// A schema that is ready to run. Cheap to share, costs nothing to keep but its own bytes.
#[derive(Debug)]
pub struct Schema {
    nodes: Box<[Node]>,
}

/// Why a value does not fit: one thing that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Violation {
    /// One line, in the grammar of the Admin API.
    pub message: String,
    /// JSON pointer (RFC 6901) to the value at fault.
    pub path: String,
    /// Which rule failed, the schema keyword where there is one: `required`, `type`, `oneOf`.
    pub code: &'static str,
    /// What is wrong there, without the way to it; for people, where `message` is for programs that know its grammar.
    pub reason: String,
}

/// Most failures that are told of one value.
pub const MOST_VIOLATIONS: usize = 50;

/// A schema that can't be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("schema at {path}: {reason}")]
pub struct CompileError {
    /// JSON pointer into the schema, `/` for its root.
    pub path: String,
    /// What is wrong there.
    pub reason: String,
}

impl Schema {
    /// Compiles a schema: checks every keyword's form, compiles every pattern, resolves references within it
    /// (`#/definitions/x`).
    ///
    /// # Errors
    /// A keyword of the wrong form, a pattern that does not compile, a reference to elsewhere, nesting over 64.
    pub fn compile(schema: &Value) -> Result<Schema, CompileError> {
        compile::compile(schema).map(|nodes| Schema { nodes })
    }

    /// Checks `value` and fills the defaults into it. On an error it may already hold some of them.
    ///
    /// # Errors
    /// The first failure.
    pub fn check(&self, value: &mut Value) -> Result<(), Violation> {
        walk::check(&self.nodes, value)
    }

    /// The same for a value that a client sent: texts in it are texts, never references to secrets, which would pass unchecked.
    ///
    /// # Errors
    /// The first failure.
    pub fn check_untrusted(&self, value: &mut Value) -> Result<(), Violation> {
        walk::check_untrusted(&self.nodes, value)
    }

    /// Everything that is wrong with `value`, the failure of [`Schema::check`] first; at most [`MOST_VIOLATIONS`]. The value
    /// is of no use afterwards.
    pub fn violations(&self, value: &mut Value) -> Vec<Violation> {
        walk::violations(&self.nodes, value)
    }
}

#[cfg(test)]
mod tests;
