//! What a check has found: the first fault, or all there are.

use serde_json::Value;

use super::{Invalid, run};
use crate::schema::{CompileError, MOST_VIOLATIONS, Schema};

/// Collects faults.
pub(super) struct Faults {
    all: bool,
    found: Vec<Invalid>,
}

/// Enough was found; the check ends.
pub(super) struct Enough;

/// `Err` ends a check early. Whether something is wrong is what [`Faults`] holds.
pub(super) type Checked = Result<(), Enough>;

impl Faults {
    /// Is content with the first.
    pub(super) fn first() -> Self {
        Faults { all: false, found: Vec::new() }
    }

    /// Wants all, in bounds.
    pub(super) fn all() -> Self {
        Faults { all: true, found: Vec::new() }
    }

    /// Keeps a fault.
    pub(super) fn note(&mut self, verdict: Result<(), Invalid>) -> Checked {
        let Err(invalid) = verdict else { return Ok(()) };
        self.found.push(invalid);
        if self.all && self.found.len() < MOST_VIOLATIONS { Ok(()) } else { Err(Enough) }
    }

    /// Runs a schema; `prefix` comes before its messages, and `place` is where its value lies in the object.
    pub(super) fn run(
        &mut self,
        schema: Result<&Schema, &CompileError>,
        value: &mut Value,
        prefix: &str,
        place: &str,
    ) -> Checked {
        let (true, Ok(compiled)) = (self.all, schema) else { return self.note(run(schema, value, prefix, place)) };
        // A walk that goes on after a failure leaves a value that later checks must not take for a checked one.
        let mut copy = value.clone();
        let violations = compiled.violations(&mut copy);
        if violations.is_empty() {
            *value = copy;
        }
        violations.into_iter().try_for_each(|violation| self.note(Err(Invalid::schema(violation, prefix, place))))
    }

    /// How many there are so far.
    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Puts words before the messages of those found since there were `before`.
    pub(super) fn prefix_since(&mut self, before: usize, prefix: &str) {
        for invalid in self.found.iter_mut().skip(before) {
            invalid.message.insert_str(0, prefix);
        }
    }

    /// Takes back what was found since there were `before`.
    pub(super) fn forget_since(&mut self, before: usize) {
        self.found.truncate(before);
    }

    /// The first fault, if there is one.
    pub(super) fn verdict(self) -> Result<(), Invalid> {
        self.found.into_iter().next().map_or(Ok(()), Err)
    }

    /// All of them.
    pub(super) fn found(self) -> Vec<Invalid> {
        self.found
    }
}
